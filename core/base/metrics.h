/* SPDX-License-Identifier: Apache-2.0
 * Counters, gauges and histograms of one process, printed in the OpenMetrics text format.
 * Must never have a label whose value comes from a person or a document. The list of metrics is metrics.def.
 */
#ifndef POSTERN_BASE_METRICS_H
#define POSTERN_BASE_METRICS_H
#include <stdint.h>
#include "base/text.h"

enum metric {
#define METRIC_COUNTER(id, name, help) METRIC_##id,
#define METRIC_GAUGE(id, name, help) METRIC_##id,
#include "base/metrics.def"
#undef METRIC_COUNTER
#undef METRIC_GAUGE
	METRIC_COUNT_
};

struct metrics {
	int64_t value[METRIC_COUNT_];
};

void metrics_add(struct metrics *m, enum metric which, int64_t add);
void metrics_set(struct metrics *m, enum metric which, int64_t value);
/* Appends the whole exposition for one unit, without the closing "# EOF". */
void metrics_print(const struct metrics *m, const char *unit, struct text *out);
#endif

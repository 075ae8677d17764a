/* SPDX-License-Identifier: Apache-2.0
 * OpenMetrics exposition of a core's counters. Must never grow labels with personal values.
 */
#include "base/metrics.h"

#include <stdbool.h>

static const struct {
	const char *name, *help;
	bool counter;
} table[] = {
#define METRIC_COUNTER(id, name, help) { name, help, true },
#define METRIC_GAUGE(id, name, help) { name, help, false },
#include "base/metrics.def"
#undef METRIC_COUNTER
#undef METRIC_GAUGE
};

void metrics_add(struct metrics *m, enum metric which, int64_t add)
{
	m->value[which] += add;
}

void metrics_set(struct metrics *m, enum metric which, int64_t value)
{
	m->value[which] = value;
}

void metrics_print(const struct metrics *m, const char *unit, struct text *out)
{
	for (int i = 0; i < METRIC_COUNT_; i++) {
		text_add(out, "# TYPE %s %s\n# HELP %s %s.\n", table[i].name, table[i].counter ? "counter" : "gauge",
			table[i].name, table[i].help);
		text_add(out, "%s%s{unit=\"%s\"} %lld\n", table[i].name, table[i].counter ? "_total" : "", unit,
			(long long)m->value[i]);
	}
}

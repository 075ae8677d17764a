/* SPDX-License-Identifier: Apache-2.0
 * An import of texts in memory, whose lines and reasons are kept. Must never hide a reason that a test did not ask for.
 */
#ifndef POSTERN_TEST_LISTS_COLLECT_H
#define POSTERN_TEST_LISTS_COLLECT_H
#include "lists/lists.h"

enum { KEPT_MAX = 64, TOLD_MAX = 64 };

struct collected {
	char *line[KEPT_MAX];
	size_t lines;
	struct {
		unsigned file;
		uint64_t line;
		enum lists_reason reason;
	} told[TOLD_MAX];
	size_t tolds;
	struct lists_counts counts;
};

/* texts end with NULL; chunk: bytes that one read gives at most. */
int collect(enum lists_format format, const struct lists_options *options, const char *const *texts, size_t chunk,
	struct collected *out);
void collected_free(struct collected *c);
/* Fails the test unless exactly these lines came, in this order; NULL at the end. */
void expect_lines(const struct collected *c, const char *const *lines);
/* Was it told, of that line of the first file? */
bool was_told(const struct collected *c, uint64_t line, enum lists_reason reason);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a publisher's file of one format. Must never see a line that the watchlist's own reader refuses, a reason
 * that is none, or a broken file that is told of nothing.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lists/lists.h"
#include "watchlist/list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

struct bytes {
	const uint8_t *at;
	size_t left, chunk;
};

struct seen {
	uint64_t lines, told, fatal;
};

static ssize_t read_bytes(void *ctx, char *to, size_t size)
{
	struct bytes *b = ctx;
	size_t n = b->left < size ? b->left : size;
	n = n < b->chunk ? n : b->chunk;
	if (n > 0)
		memcpy(to, b->at, n);
	b->at += n;
	b->left -= n;
	return (ssize_t)n;
}

static int line(void *ctx, const char *text)
{
	char copy[LISTS_LINE_MAX], *columns[LIST_COLUMNS], *at = copy;
	struct list_entry e;
	size_t n = strlen(text);
	struct seen *s = ctx;
	MUST(n < sizeof copy && strpbrk(text, "\r\n\"") == NULL);
	memcpy(copy, text, n + 1);
	for (n = 0; n < LIST_COLUMNS && at != NULL; n++)
		columns[n] = strsep(&at, ",");
	MUST(n == LIST_COLUMNS && at == NULL);
	MUST(list_entry_read(columns, false, &e) && e.kind <= LIST_PERSON);
	s->lines++;
	return PN_OK;
}

static void told(void *ctx, unsigned file, uint64_t row, enum lists_reason reason)
{
	struct seen *s = ctx;
	MUST(file == 0 && row > 0 && reason < LISTS_REASONS);
	s->told++;
	s->fatal += lists_reason_fate(reason) == LISTS_FATAL;
}

static void progress(void *ctx, unsigned file, uint64_t bytes)
{
	(void)ctx;
	(void)file;
	(void)bytes;
}

/* Read in large pieces and in small ones: the same must come out. */
static void fuzz_lists(enum lists_format format, const uint8_t *data, size_t size)
{
	static const struct lists_options options = {
		.issuer = "x", .purpose = "p", .handling = "h", .weak_handling = "w"};
	struct lists_counts counts[2];
	struct seen seen[2] = {{0}};
	int r[2];
	for (int i = 0; i < 2; i++) {
		struct bytes b = {data, size, i == 0 ? 65536 : 5};
		struct lists_source source = {read_bytes, &b};
		struct lists_sink sink = {&seen[i], line, told, progress};
		r[i] = lists_import(format, &options, &source, 1, &sink, &counts[i]);
		MUST(r[i] == PN_OK || (r[i] == PN_EFORMAT && seen[i].fatal == 1));
		MUST(counts[i].lines == seen[i].lines);
	}
	MUST(r[0] == r[1]);
	/* expat may tell of a broken place before or after the entries that its piece holds */
	if (r[0] == PN_OK)
		MUST(memcmp(&counts[0], &counts[1], sizeof counts[0]) == 0 && seen[0].told == seen[1].told);
}

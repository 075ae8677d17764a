/* SPDX-License-Identifier: Apache-2.0
 * See collect.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collect.h"

struct text {
	const char *at;
	size_t left, chunk;
};

static ssize_t read_text(void *ctx, char *to, size_t size)
{
	struct text *t = ctx;
	size_t n = t->left < size ? t->left : size;
	n = n < t->chunk ? n : t->chunk;
	memcpy(to, t->at, n);
	t->at += n;
	t->left -= n;
	return (ssize_t)n;
}

static int keep_line(void *ctx, const char *line)
{
	struct collected *c = ctx;
	assert_true(c->lines < KEPT_MAX);
	assert_true(strlen(line) < LISTS_LINE_MAX);
	c->line[c->lines++] = strdup(line);
	return PN_OK;
}

static void keep_told(void *ctx, unsigned file, uint64_t line, enum lists_reason reason)
{
	struct collected *c = ctx;
	assert_true(c->tolds < TOLD_MAX);
	c->told[c->tolds].file = file;
	c->told[c->tolds].line = line;
	c->told[c->tolds++].reason = reason;
}

static void no_progress(void *ctx, unsigned file, uint64_t bytes)
{
	(void)ctx;
	(void)file;
	(void)bytes;
}

int collect(enum lists_format format, const struct lists_options *options, const char *const *texts, size_t chunk,
	struct collected *out)
{
	struct text text[8];
	struct lists_source source[8];
	struct lists_sink sink = {out, keep_line, keep_told, no_progress};
	size_t n = 0;
	memset(out, 0, sizeof *out);
	for (; texts[n] != NULL; n++) {
		text[n] = (struct text){texts[n], strlen(texts[n]), chunk};
		source[n] = (struct lists_source){read_text, &text[n]};
	}
	return lists_import(format, options, source, n, &sink, &out->counts);
}

void collected_free(struct collected *c)
{
	for (size_t i = 0; i < c->lines; i++)
		free(c->line[i]);
	c->lines = 0;
}

void expect_lines(const struct collected *c, const char *const *lines)
{
	size_t i = 0;
	for (; lines[i] != NULL && i < c->lines; i++)
		assert_string_equal(c->line[i], lines[i]);
	assert_null(lines[i]);
	assert_int_equal(c->lines, i);
}

bool was_told(const struct collected *c, uint64_t line, enum lists_reason reason)
{
	for (size_t i = 0; i < c->tolds; i++)
		if (c->told[i].file == 0 && c->told[i].line == line && c->told[i].reason == reason)
			return true;
	return false;
}

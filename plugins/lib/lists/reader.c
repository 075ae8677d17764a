/* SPDX-License-Identifier: Apache-2.0
 * Bytes into lines and rows, by a buffer of one row. Must never let one bad row take the next with it,
 * nor hold more than a row.
 */
#include <stdlib.h>
#include <string.h>

#include "lists/internal.h"

enum { PROGRESS_BYTES = 256 * 1024 };

int reader_open(struct reader *r, struct import *im, const struct lists_source *source, size_t limit)
{
	*r = (struct reader){.im = im, .source = source, .limit = limit, .next_line = 1};
	r->bytes = malloc(limit + READER_CHUNK + 1);
	return r->bytes != NULL ? PN_OK : PN_ENOMEM;
}

void reader_close(struct reader *r)
{
	if (r->bytes != NULL)
		explicit_bzero(r->bytes, r->most);
	free(r->bytes);
	r->bytes = NULL;
}

ssize_t reader_chunk(struct reader *r, char *to, size_t size)
{
	ssize_t n = r->source->read(r->source->ctx, to, size < READER_CHUNK ? size : READER_CHUNK);
	if (n < 0)
		r->failed = true;
	if (n <= 0)
		r->end = true;
	else
		r->read += (uint64_t)n;
	if (r->read >= r->told + PROGRESS_BYTES || r->end) {
		r->told = r->read;
		r->im->sink->progress(r->im->sink->ctx, r->im->file, r->read);
	}
	return n;
}

/* More bytes behind those that are there; false: no more, or no room. */
static bool fill(struct reader *r)
{
	ssize_t n;
	if (r->end)
		return false;
	if (r->at > 0) {
		memmove(r->bytes, r->bytes + r->at, r->have - r->at);
		r->have -= r->at;
		r->at = 0;
	}
	if (r->have > r->limit)
		return false;
	n = reader_chunk(r, r->bytes + r->have, READER_CHUNK);
	if (n <= 0)
		return false;
	if (r->read == (uint64_t)n && n >= 3 && memcmp(r->bytes, "\xEF\xBB\xBF", 3) == 0)
		r->at = 3;
	r->have += (size_t)n;
	r->most = r->have + 1 > r->most ? r->have + 1 : r->most;
	return true;
}

static size_t left(const struct reader *r)
{
	return r->have - r->at;
}

/* Passes what is left of a line that is too long. */
static void pass_line(struct reader *r)
{
	for (;;) {
		char *stop = memchr(r->bytes + r->at, '\n', left(r));
		if (stop != NULL) {
			r->at = (size_t)(stop - r->bytes) + 1;
			return;
		}
		r->at = r->have;
		if (!fill(r))
			return;
	}
}

int reader_line(struct reader *r, char **line, size_t *size)
{
	size_t seen = 0;
	char *stop = NULL;
	do {
		stop = memchr(r->bytes + r->at + seen, '\n', left(r) - seen);
		seen = left(r);
	} while (stop == NULL && seen <= r->limit && fill(r));
	if (r->failed)
		return PN_EIO;
	if (left(r) == 0)
		return PN_ENOTFOUND;
	r->line = r->next_line++;
	*line = r->bytes + r->at;
	*size = stop != NULL ? (size_t)(stop - *line) : left(r);
	if (*size > r->limit) {
		pass_line(r);
		return PN_ELIMIT;
	}
	r->at += *size + (stop != NULL);
	if (*size > 0 && (*line)[*size - 1] == '\r')
		--*size;
	(*line)[*size] = '\0';
	return PN_OK;
}

/* --- rows --- */

/* The length of the line's end at p, which is one; 0: not known before more has come. */
static size_t end_at(const struct reader *r, size_t p, bool all)
{
	if (r->bytes[p] == '\n')
		return 1;
	if (p + 1 < r->have)
		return r->bytes[p + 1] == '\n' ? 2 : 1;
	return all ? 1 : 0;
}

struct span {
	size_t size, end;      /* of the row, of its end */
	size_t line, line_end; /* of its first line */
	unsigned lines;
	bool wrong; /* no end was found outside of quotes, or too far away */
};

/* To the first end outside of quotes. all: no more will come. False: more bytes are needed. */
static bool span_of(const struct reader *r, struct span *s, bool all)
{
	bool quoted = false;
	*s = (struct span){0};
	for (size_t p = r->at, n; p < r->have; p += n) {
		n = 1;
		quoted = quoted != (r->bytes[p] == '"');
		if (r->bytes[p] != '\n' && r->bytes[p] != '\r')
			continue;
		n = end_at(r, p, all);
		if (n == 0)
			return false;
		if (s->lines++ == 0) {
			s->line = p - r->at;
			s->line_end = n;
		}
		if (!quoted) {
			s->size = p - r->at;
			s->end = n;
			s->wrong = s->size > CSV_ROW_MAX;
			return true;
		}
	}
	if (!all)
		return false;
	s->size = left(r);
	if (s->lines++ == 0)
		s->line = s->size;
	s->wrong = quoted || !r->end;
	return true;
}

static void next_span(struct reader *r, struct span *s)
{
	/* fill either brings bytes or comes to the end, so that all is true at last */
	while (!span_of(r, s, r->end || left(r) > CSV_ROW_MAX))
		(void)fill(r);
}

/* One line of a wrong row, so that the next row is not taken with it. */
static int wrong(struct reader *r, const struct span *s)
{
	r->next_line++;
	r->at += s->line + s->line_end;
	if (s->line_end == 0)
		pass_line(r);
	return PN_EFORMAT;
}

/* A row of nothing, or of the mark that OFAC's files end with (ASCII 26). */
static bool is_blank(const char *s, size_t n)
{
	return n == 0 || (n == 1 && s[0] == '\x1A');
}

int reader_row(struct reader *r, struct csv_row *row, char separator)
{
	struct csv_reader csv;
	struct span s;
	for (;;) {
		next_span(r, &s);
		if (r->failed)
			return PN_EIO;
		if (left(r) == 0)
			return PN_ENOTFOUND;
		r->line = r->next_line;
		if (s.wrong)
			return wrong(r, &s);
		if (!is_blank(r->bytes + r->at, s.size))
			break;
		r->next_line += s.lines;
		r->at += s.size + s.end;
	}
	csv_open(&csv, r->bytes + r->at, s.size);
	csv.separator = separator;
	csv.line = 1; /* '#' is no comment here */
	if (csv_next(&csv, row) != PN_OK || csv.at != csv.end)
		return wrong(r, &s);
	r->next_line += s.lines;
	r->at += s.size + s.end;
	return PN_OK;
}

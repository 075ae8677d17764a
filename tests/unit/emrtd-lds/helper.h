/* SPDX-License-Identifier: Apache-2.0
 * What the tests of the chip's files share: bytes from hexadecimal text, composed objects, notes, issued documents and the
 * reference data set. Must never hold an expected value.
 */
#ifndef POSTERN_TEST_LDS_HELPER_H
#define POSTERN_TEST_LDS_HELPER_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emrtd/lds/lds.h"
#include "sim/chip/passport.h"

struct bytes {
	uint8_t b[40000];
	size_t size;
};

static inline struct emrtd_bytes as(const struct bytes *s)
{
	return (struct emrtd_bytes){s->b, s->size};
}

/* Hexadecimal digits; blanks are skipped; what stands between apostrophes is text. */
static inline void add(struct bytes *s, const char *text)
{
	unsigned digits = 0;
	bool quoted = false;
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			quoted = !quoted;
		else if (quoted)
			s->b[s->size++] = (uint8_t)*text;
		else if (isxdigit((unsigned char)*text)) {
			unsigned d = (unsigned)(isdigit((unsigned char)*text) ? *text - '0' : tolower(*text) - 'a' + 10);
			s->b[s->size] = (uint8_t)(digits % 2 == 0 ? d << 4 : s->b[s->size] | d);
			s->size += digits++ % 2;
		}
	}
	assert_false(quoted);
	assert_int_equal(digits % 2, 0);
}

/* Wraps what stands from start on. */
static inline void wrap(struct bytes *s, size_t start, uint32_t tag)
{
	uint8_t head[EMRTD_TLV_HEADER_MAX];
	struct emrtd_writer w = {head, 0, sizeof head, false};
	emrtd_put_header(&w, tag, s->size - start);
	assert_false(w.full);
	memmove(s->b + start + w.size, s->b + start, s->size - start);
	memcpy(s->b + start, head, w.size);
	s->size += w.size;
}

static inline bool text_is(const struct lds_text *t, const char *expected)
{
	return t->utf8 && t->bytes.size == strlen(expected) && memcmp(t->bytes.bytes, expected, t->bytes.size) == 0;
}

static inline void clean(const struct lds_notes *n)
{
	if (n->count > 0)
		fail_msg("%s at byte %zu, tag %X", lds_problem_name(n->note[0].what), n->note[0].at, n->note[0].tag);
	assert_int_equal(n->unknown, 0);
}

/* The one note there is. */
static inline void only(const struct lds_notes *n, enum lds_problem what, size_t at, uint32_t tag)
{
	assert_int_equal(n->count, 1);
	assert_string_equal(lds_problem_name(n->note[0].what), lds_problem_name(what));
	assert_int_equal(n->note[0].at, at);
	assert_int_equal(n->note[0].tag, tag);
}

static inline bool noted(const struct lds_notes *n, enum lds_problem what)
{
	for (size_t i = 0; i < n->count && i < LDS_NOTES_MAX; i++)
		if (n->note[i].what == what)
			return true;
	return false;
}

/* A file of BSI's reference data set; false when POSTERN_TEST_BSI does not name its folder. */
static inline bool reference(const char *name, struct bytes *out)
{
	const char *folder = getenv("POSTERN_TEST_BSI");
	char path[1024];
	if (folder == NULL) {
		print_message("not run: POSTERN_TEST_BSI does not name the reference data set\n");
		return false;
	}
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	out->size = fread(out->b, 1, sizeof out->b, f);
	fclose(f);
	assert_true(out->size > 0);
	return true;
}

/* The file of a passport that hw/sim/chip has issued. */
static inline struct emrtd_bytes issued(const struct sim_passport *p, unsigned id)
{
	const struct sim_chip_config *c = sim_passport_chip(p);
	for (size_t i = 0; i < c->file_count; i++)
		if (c->files[i].id == id)
			return (struct emrtd_bytes){c->files[i].bytes, c->files[i].size};
	fail_msg("no file %04X", id);
	return (struct emrtd_bytes){NULL, 0};
}

static inline struct sim_passport *issue(const struct sim_passport_config *config)
{
	const struct sim_office_config office = {"UT", SIM_EC_P256, SIM_EC_P256, INT64_C(1767225600)};
	struct sim_office *o = sim_office_new(&office);
	struct sim_passport *p = NULL;
	assert_non_null(o);
	assert_int_equal(sim_passport_issue(o, config, &p), 0);
	sim_office_free(o);
	return p;
}
#endif

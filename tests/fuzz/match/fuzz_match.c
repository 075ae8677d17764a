/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as CSV of people: each field as a name, each row as a person, neighbours compared, all
 * put into an index. Must never see a letter outside A-Z, a score outside 0 to 1, or a name that the
 * stored form does not give back.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "match/people.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

enum { ROWS_TRIED = 40, FIELDS_TRIED = 8 };

static void is_of_zone(const char *s)
{
	MUST(s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ ")] == '\0');
	MUST(strstr(s, "  ") == NULL && s[0] != ' ');
}

static void as_name(const char *field, struct match_name *last)
{
	char text[MATCH_TEXT_SIZE], again[MATCH_TEXT_SIZE];
	struct match_name name, back;
	struct match_person nobody = {0};
	struct match_result ab, ba;
	if (match_transliterate(field, text, sizeof text) == PN_OK) {
		is_of_zone(text);
		MUST(match_transliterate(text, again, sizeof again) == PN_OK &&
			strcmp(text, again) == 0);
	}
	if (match_name_read_line(field, &name) != PN_OK)
		return;
	MUST(name.count > 0 && name.count <= MATCH_WORDS_MAX);
	for (size_t i = 0; i < name.count; i++)
		MUST(name.word[i].plain[0] != '\0' && name.word[i].folded[0] != '\0');
	match_name_write(&name, text, sizeof text);
	match_name_of_text(text, &back);
	match_name_write(&back, again, sizeof again);
	MUST(strcmp(text, again) == 0);
	name.truncated = false;
	if (last->count > 0) {
		match_compare(&name, &nobody, last, &nobody, NULL, &ab);
		match_compare(last, &nobody, &name, &nobody, NULL, &ba);
		MUST(ab.name_score >= 0 && ab.name_score <= 1.000001 && !isnan(ab.bits));
		MUST(ab.pair_count <= MATCH_WORDS_MAX && ba.pair_count <= MATCH_WORDS_MAX);
	}
	match_compare(&name, &nobody, &back, &nobody, NULL, &ab);
	MUST(ab.name_score >= 0 && ab.name_score <= 1.000001);
	*last = name;
}

static void rows(struct csv_reader *r, struct csv_row *row, struct match_index *x)
{
	struct people_columns c;
	struct match_name name, last = {.count = 0};
	struct match_person person;
	struct match_found found[4];
	const char *what;
	bool head = csv_next(r, row) == PN_OK && people_head(row, &c) == PN_OK;
	for (size_t i = 0; i < row->count && i < FIELDS_TRIED; i++)
		as_name(row->field[i], &last);
	for (unsigned n = 0; n < ROWS_TRIED && csv_next(r, row) == PN_OK; n++) {
		const char *at = NULL;
		for (size_t i = 0; i < row->count && i < FIELDS_TRIED; i++)
			as_name(row->field[i], &last);
		if (!head || people_read(row, &c, &name, &person, &what) != PN_OK)
			continue;
		MUST(match_index_add(x, &name, &person, n) == PN_OK);
		while (people_alias(row, &c, &at, &name) == PN_OK)
			MUST(match_index_add(x, &name, &person, n) == PN_OK);
	}
	MUST(match_index_build(x) == PN_OK);
	for (uint32_t i = 0; i < match_index_stats(x).names; i++) {
		match_index_entry(x, i, &name, &person);
		size_t n = match_index_find(x, &name, &person, found, 4);
		for (size_t k = 0; k < n; k++)
			MUST(found[k].result.pair_count > 0 &&
				found[k].at < match_index_stats(x).names);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct csv_reader r;
	struct csv_row *row = calloc(1, sizeof *row);
	struct match_index *x = NULL;
	char *bytes = malloc(size + 1);
	if (row != NULL && bytes != NULL && match_index_new(&x) == PN_OK) {
		if (size > 0)
			memcpy(bytes, data, size);
		csv_open(&r, bytes, size);
		rows(&r, row, x);
	}
	match_index_free(x);
	free(bytes);
	free(row);
	return 0;
}

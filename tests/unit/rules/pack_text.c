/* SPDX-License-Identifier: Apache-2.0
 * Packs made of texts in memory.
 */
#include "pack_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char all_fields[] = "direction, document.format, document.document_code, "
				 "document.issuer, document.nationality, "
				 "document.birth_date, document.expiry_date, document.age_years, "
				 "document.days_to_expiry, checks.name, "
				 "checks.result, checks.field, checks.reason, matches.entry_id, "
				 "matches.list_id, matches.handling_code, "
				 "matches.basis, matches.score_permille, watchlist_result, "
				 "list_stale, history_result, stays, "
				 "reference_date, clock_quality, lane";

static void add_file(struct signed_folder *f, const char *name, const char *text, size_t size)
{
	uint8_t *copy = malloc(size + 1);

	if (copy == NULL || f->count == SIGNED_FILES_MAX)
		abort();
	memcpy(copy, text, size);
	copy[size] = '\0';
	f->file[f->count].name = strdup(name);
	f->file[f->count].bytes = copy;
	f->file[f->count++].size = size;
}

int pack_from_text(
	const char *fields, const struct pack_text *files, struct pack **out, struct text *error)
{
	struct signed_folder *f = calloc(1, sizeof *f);
	char yaml[8192];
	struct text t;
	bool first = true;

	if (f == NULL)
		abort();
	text_init(&t, yaml, sizeof yaml);
	text_add(&t, "name: test\nversion: 1.0.0\npurpose: border\nfields: [%s]\nrules: [",
		fields != NULL ? fields : all_fields);
	for (; files->name != NULL; files++) {
		add_file(f, files->name, files->text,
			files->size > 0 ? files->size : strlen(files->text));
		if (strncmp(files->name, "rule", 4) == 0) {
			text_add(&t, "%s%.*s", first ? "" : ", ", (int)(strlen(files->name) - 4),
				files->name);
			first = false;
		}
	}
	text_add(&t, "]\n");
	add_file(f, "pack.yaml", yaml, t.len);
	return pack_read(f, out, error);
}

const Postern__CrossingFacts *ordinary_facts(void)
{
	static Postern__Date birth = {.base = PROTOBUF_C_MESSAGE_INIT(&postern__date__descriptor),
		.year = 1985,
		.month = 4,
		.day = 17};
	static Postern__Date expiry = {.base = PROTOBUF_C_MESSAGE_INIT(&postern__date__descriptor),
		.year = 2030,
		.month = 1,
		.day = 31};
	static Postern__Date today = {.base = PROTOBUF_C_MESSAGE_INIT(&postern__date__descriptor),
		.year = 2026,
		.month = 6,
		.day = 30};
	static Postern__Date in = {.base = PROTOBUF_C_MESSAGE_INIT(&postern__date__descriptor),
		.year = 2026,
		.month = 1,
		.day = 1};
	static Postern__Date left = {.base = PROTOBUF_C_MESSAGE_INIT(&postern__date__descriptor),
		.year = 2026,
		.month = 1,
		.day = 10};
	static Postern__Document document;
	static Postern__Check check[18], *checks[18];
	static Postern__Stay stay, *stays[1] = {&stay};
	static Postern__CrossingFacts facts;

	postern__document__init(&document);
	document.format = POSTERN__DOCUMENT_FORMAT__FORMAT_TD3;
	document.document_code = (char *)(uintptr_t) "P";
	document.issuer = (char *)(uintptr_t) "JPN";
	document.nationality = (char *)(uintptr_t) "JPN";
	document.number = (char *)(uintptr_t) "TK1234567";
	document.surname = (char *)(uintptr_t) "TANAKA";
	document.birth_date = &birth;
	document.expiry_date = &expiry;
	document.age_years = 41;
	document.days_to_expiry = 1311;
	for (size_t i = 0; i < PN_COUNT(check); i++) {
		postern__check__init(&check[i]);
		check[i].name = (char *)(uintptr_t) "mrz.check_digit.document_number";
		check[i].field = (char *)(uintptr_t) "number";
		check[i].result = POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL;
		checks[i] = &check[i];
	}
	postern__stay__init(&stay);
	stay.entry_date = &in;
	stay.exit_date = &left;
	postern__crossing_facts__init(&facts);
	facts.direction = POSTERN__DIRECTION__DIRECTION_ENTRY;
	facts.document = &document;
	facts.checks = checks;
	facts.n_checks = PN_COUNT(checks);
	facts.watchlist_result = POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL;
	facts.history_result = POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL;
	facts.stays = stays;
	facts.n_stays = 1;
	facts.reference_date = &today;
	facts.clock_quality = POSTERN__CLOCK_QUALITY__CLOCK_SYNCHRONISED;
	facts.lane = (char *)(uintptr_t) "lane-1";
	return &facts;
}

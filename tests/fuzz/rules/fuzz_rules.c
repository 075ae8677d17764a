/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a rule pack. What begins with "== NAME\n" is a folder, each such line beginning a
 * file; anything else is one rule of a pack that may read everything. A pack that loads is run.
 * Must never see a verdict that its findings do not bear out, a caught error that counts as clear,
 * or another answer when the same crossing is judged again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine_run.h"
#include "pack_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

enum { FILES_TRIED = 32, MARK = 3 };

static const char mark[] = "== ";

static void add_file(
	struct signed_folder *f, const char *name, size_t name_size, const char *text, size_t size)
{
	uint8_t *copy = malloc(size + 1);
	char *own = strndup(name, name_size);

	MUST(copy != NULL && own != NULL);
	memcpy(copy, text, size);
	copy[size] = '\0';
	f->file[f->count].name = own;
	f->file[f->count].bytes = copy;
	f->file[f->count++].size = size;
}

/* The next line that begins a file, or end. */
static const char *next_mark(const char *at, const char *end)
{
	const char *p = memmem(at, (size_t)(end - at), "\n== ", MARK + 1);

	return p != NULL ? p + 1 : end;
}

static struct signed_folder *folder(const char *at, const char *end)
{
	struct signed_folder *f = calloc(1, sizeof *f);

	MUST(f != NULL);
	while (at < end && f->count < FILES_TRIED) {
		const char *name = at + MARK, *line = memchr(at, '\n', (size_t)(end - at));

		if (line == NULL)
			break;
		at = next_mark(line, end);
		add_file(f, name, (size_t)(line - name), line + 1,
			(size_t)((at > line + 1 ? at : line + 1) - (line + 1)));
	}
	return f;
}

static int read_pack(const uint8_t *data, size_t size, struct pack **pack, struct text *error)
{
	const char *text = (const char *)data;
	char *copy;
	int r;

	if (size >= MARK && memcmp(text, mark, MARK) == 0)
		return pack_read(folder(text, text + size), pack, error);
	/* pack_text counts an empty rule with strlen, so it needs an end */
	copy = strndup(text, size);
	MUST(copy != NULL);
	r = pack_from_text(NULL,
		(const struct pack_text[]){{"rule.lua", size > 0 ? text : copy, size}, {0}}, pack,
		error);
	free(copy);
	return r;
}

static void is_sound(const struct pack *pack, const struct engine_result *r)
{
	Postern__Verdict most = POSTERN__VERDICT__VERDICT_CLEAR;
	unsigned errors = 0;

	MUST(r->finding_count <= pack->rule_count && r->field_count <= FIELDS_MAX);
	for (size_t i = 0; i < r->finding_count; i++) {
		const struct engine_finding *f = &r->finding[i];

		MUST(f->verdict == POSTERN__VERDICT__VERDICT_REFER ||
			f->verdict == POSTERN__VERDICT__VERDICT_STOP);
		MUST(f->exception > POSTERN__EXCEPTION_CLASS__EXCEPTION_NONE);
		MUST(f->code[0] != '\0' && f->arg_count <= ENGINE_ARGS_MAX);
		MUST(i == 0 || f->verdict <= r->finding[i - 1].verdict);
		most = f->verdict > most ? f->verdict : most;
		errors += strcmp(f->code, "rules.error") == 0;
	}
	MUST(r->verdict == most && errors >= r->errors);
}

static void is_same(const struct engine_result *a, const struct engine_result *b)
{
	/* Near its caps a rule may fail once and not again: that is told, and is a referral. */
	if (a->errors > 0 || b->errors > 0)
		return;
	MUST(a->verdict == b->verdict && a->finding_count == b->finding_count);
	MUST(a->field_count == b->field_count);
	for (size_t i = 0; i < a->finding_count; i++) {
		MUST(a->finding[i].rule == b->finding[i].rule);
		MUST(strcmp(a->finding[i].code, b->finding[i].code) == 0);
		MUST(a->finding[i].arg_count == b->finding[i].arg_count);
		for (size_t k = 0; k < a->finding[i].arg_count; k++)
			MUST(strcmp(a->finding[i].args[k], b->finding[i].args[k]) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct engine_result *first = calloc(1, sizeof *first), *again = calloc(1, sizeof *again);
	char message[512];
	struct text error;
	struct pack *pack = NULL;
	struct engine *engine = NULL;
	int r;

	MUST(first != NULL && again != NULL);
	text_init(&error, message, sizeof message);
	r = read_pack(data, size, &pack, &error);
	MUST((r == PN_OK) == (pack != NULL) && (r == PN_OK || message[0] != '\0'));
	if (pack != NULL && engine_open(pack, &engine, &error) == PN_OK) {
		engine_evaluate(engine, ordinary_facts(), first);
		is_sound(pack, first);
		engine_evaluate(engine, ordinary_facts(), again);
		is_sound(pack, again);
		is_same(first, again);
		MUST(engine->vm.lua == NULL || engine->vm.used <= VM_MEMORY_BYTES);
	}
	engine_close(engine);
	pack_free(pack);
	free(first);
	free(again);
	return 0;
}

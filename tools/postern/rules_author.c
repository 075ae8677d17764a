/* SPDX-License-Identifier: Apache-2.0
 * What a pack's author asks for beside the test: `postern rules lint`, `explain`, `coverage`,
 * `bench` and `annotations`. Must never ask for a signature, nor run a pack by anything but the engine of the
 * gates.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "json/json.h"
#include "pack_cases.h"
#include "texts.h"

enum { REPORT_BYTES = 64 * 1024, TIMES_MAX = 1000000 };

/* Loaded, or told on err. */
static struct pack *load(struct cli *cli, int *status)
{
	char message[1024];
	struct pack *pack = NULL;
	struct engine *engine = NULL;
	struct text error;

	text_init(&error, message, sizeof message);
	if (pack_load(cli->arguments[0], NULL, &pack, &error) == PN_OK &&
		engine_open(pack, &engine, &error) == PN_OK) {
		engine_close(engine);
		return pack;
	}
	pack_free(pack);
	*status = cli_fail(cli, CLI_FINDING, "%s", message);
	return NULL;
}

/* --- lint --- */

struct seen_fields {
	bool read[FIELDS_MAX];
	const struct pack *pack;
	struct texts_seen codes;
};

static void note_fields(void *ctx, const char *file, const char *name, unsigned round,
	const struct engine_result *result, uint64_t ns)
{
	struct seen_fields *s = ctx;

	(void)file;
	(void)name;
	(void)round;
	(void)ns;
	texts_note(&s->codes, result);
	for (size_t i = 0; i < result->field_count; i++)
		for (int k = 0; k < s->pack->tree.count; k++)
			if (strcmp(s->pack->tree.field[k].path, result->fields_read[i]) == 0)
				s->read[k] = true;
}

/* Declared is more than needed when nothing that begins with the path was read in any case. */
static bool is_read(const struct seen_fields *s, const char *path)
{
	size_t n = strlen(path);

	for (int k = 0; k < s->pack->tree.count; k++) {
		const char *own = s->pack->tree.field[k].path;
		if (s->read[k] && strncmp(own, path, n) == 0 && (own[n] == '\0' || own[n] == '.'))
			return true;
	}
	return false;
}

static int rules_lint(struct cli *cli)
{
	int status = CLI_OK;
	struct pack *pack = load(cli, &status);
	struct pack_cases cases = {0};
	struct seen_fields *seen = calloc(1, sizeof *seen);
	struct text report;
	char *bytes = malloc(REPORT_BYTES);
	unsigned faults = 0;

	if (pack == NULL || bytes == NULL || seen == NULL)
		goto out;
	seen->pack = pack;
	text_init(&report, bytes, REPORT_BYTES);
	cases = (struct pack_cases){.report = &report, .seen = note_fields, .ctx = seen};
	if (pack_cases_run(pack, &cases) != PN_OK) {
		status = cli_fail(cli, CLI_FINDING, "%s", bytes);
		goto out;
	}
	fprintf(cli->out, "%s %s: %zu rules, heard in this order:", pack->manifest->name,
		pack->manifest->version, pack->rule_count);
	for (size_t i = 0; i < pack->rule_count; i++)
		fprintf(cli->out, " %s", pack->rules[i].name);
	fputc('\n', cli->out);
	for (unsigned i = 0; i < pack->manifest->fields_count; i++)
		if (!is_read(seen, pack->manifest->fields[i])) {
			faults++;
			fprintf(cli->out, "pack.yaml: field '%s' is declared and read in no case\n",
				pack->manifest->fields[i]);
		}
	text_init(&report, bytes, REPORT_BYTES);
	faults += texts_lint(pack, &seen->codes, &report);
	fputs(bytes, cli->out);
	status = faults > 0 ? CLI_FINDING : CLI_OK;
out:
	free(seen);
	free(bytes);
	pack_free(pack);
	return status;
}

/* --- explain --- */

struct explained {
	struct cli *cli;
	const char *only; /* name of the one case wanted, or NULL */
	struct texts *texts; /* NULL: codes only */
	unsigned shown;
};

static void explain_case(void *ctx, const char *file, const char *name, unsigned round,
	const struct engine_result *result, uint64_t ns)
{
	struct explained *e = ctx;
	char line[512];
	struct text t;

	(void)round;
	(void)ns;
	if (e->only != NULL && strcmp(e->only, name) != 0)
		return;
	e->shown++;
	fprintf(e->cli->out, "%s: %s\n", file, name);
	if (result->finding_count == 0)
		fprintf(e->cli->out, "  clear\n");
	for (size_t i = 0; i < result->finding_count; i++) {
		text_init(&t, line, sizeof line);
		pack_cases_finding(&result->finding[i], &t);
		fprintf(e->cli->out, "  %s: %s\n", result->finding[i].rule, line);
		text_init(&t, line, sizeof line);
		if (e->texts != NULL && texts_say(e->texts, &result->finding[i], &t))
			fprintf(e->cli->out, "    %s\n", line);
	}
	fprintf(e->cli->out, "  read:");
	for (size_t i = 0; i < result->field_count; i++)
		fprintf(e->cli->out, " %s", result->fields_read[i]);
	fputc('\n', e->cli->out);
}

static int rules_explain(struct cli *cli)
{
	int status = CLI_OK;
	struct pack *pack = load(cli, &status);
	struct explained e = {.cli = cli, .only = cli_value(cli, "case")};
	char message[4096];
	struct text report;
	struct pack_cases cases = {.report = &report, .seen = explain_case, .ctx = &e};
	const char *language = cli_value(cli, "language");

	if (pack == NULL)
		return status;
	text_init(&report, message, sizeof message);
	if (language != NULL)
		e.texts = calloc(1, sizeof *e.texts);
	if (e.texts != NULL && texts_read(pack, language, e.texts, &report) != PN_OK)
		status = cli_fail(cli, CLI_FINDING, "%s", message);
	else if (pack_cases_run(pack, &cases) != PN_OK)
		status = cli_fail(cli, CLI_FINDING, "%s", message);
	else if (e.shown == 0)
		status = cli_fail(cli, CLI_FINDING, "no such case");
	free(e.texts);
	pack_free(pack);
	return status;
}

/* --- bench --- */

struct times {
	uint32_t *ns;
	size_t count;
};

static void note_time(void *ctx, const char *file, const char *name, unsigned round,
	const struct engine_result *result, uint64_t ns)
{
	struct times *t = ctx;

	(void)file;
	(void)name;
	(void)result;
	if (round > 0 && t->count < TIMES_MAX)
		t->ns[t->count++] = ns < UINT32_MAX ? (uint32_t)ns : UINT32_MAX;
}

static int by_time(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void print_times(struct cli *cli, const struct pack *pack, struct times *t)
{
	uint32_t p50, p99, max;
	struct json j;

	qsort(t->ns, t->count, sizeof *t->ns, by_time);
	p50 = t->ns[t->count / 2];
	p99 = t->ns[t->count * 99 / 100];
	max = t->ns[t->count - 1];
	if (!cli->json) {
		fprintf(cli->out,
			"%zu rules, %zu evaluations: p50 %.1f us, p99 %.1f us, longest %.1f us\n",
			pack->rule_count, t->count, p50 / 1e3, p99 / 1e3, max / 1e3);
		return;
	}
	json_begin(&j, cli->out, true);
	json_object(&j, NULL);
	json_unsigned(&j, "rules", pack->rule_count);
	json_unsigned(&j, "evaluations", t->count);
	json_unsigned(&j, "p50_ns", p50);
	json_unsigned(&j, "p99_ns", p99);
	json_unsigned(&j, "max_ns", max);
	json_end_object(&j);
	json_finish(&j);
}

static int rules_bench(struct cli *cli)
{
	int status = CLI_OK;
	long rounds;
	struct pack *pack = NULL;
	struct times t = {NULL, 0};
	char message[4096];
	struct text report;
	struct pack_cases cases = {.report = &report, .seen = note_time, .ctx = &t};

	if (cli_number(cli, "rounds", 1, 100000, 1000, &rounds) != 0)
		return CLI_USAGE;
	pack = load(cli, &status);
	if (pack == NULL)
		return status;
	cases.repeat = (unsigned)rounds;
	text_init(&report, message, sizeof message);
	t.ns = calloc(TIMES_MAX, sizeof *t.ns);
	if (t.ns == NULL)
		status = cli_fail(cli, CLI_UNAVAILABLE, "no memory");
	else if (pack_cases_run(pack, &cases) != PN_OK || t.count == 0)
		status = cli_fail(cli, CLI_FINDING, "%s", message[0] != '\0' ? message : "no case");
	else
		print_times(cli, pack, &t);
	free(t.ns);
	pack_free(pack);
	return status;
}

/* --- coverage --- */

/* The lines that no case has run, as "12 14-16". Returns how many can run. */
static unsigned uncovered(const struct coverage_rule *r, unsigned *ran, struct text *out)
{
	unsigned can = 0;

	*ran = 0;
	for (int i = 1; i < COVERAGE_LINES_MAX; i++) {
		if (!r->can[i])
			continue;
		can++;
		*ran += r->ran[i];
		if (!r->ran[i])
			text_add(out, " %d", i);
	}
	return can;
}

static bool print_rule(struct cli *cli, const struct coverage *c, size_t rule)
{
	unsigned ran, missed = coverage_missed(c, rule), can;
	char lines[1024];
	struct text t;

	text_init(&t, lines, sizeof lines);
	can = uncovered(&c->rule[rule], &ran, &t);
	fprintf(cli->out, "%s.lua: %u of %u lines", c->pack->rules[rule].name, ran, can);
	if (ran < can)
		fprintf(cli->out, ", not line%s%s", can - ran > 1 ? "s" : "", lines);
	if (missed > 0)
		fprintf(cli->out, ", %u function%s never entered", missed, missed > 1 ? "s" : "");
	fputc('\n', cli->out);
	return ran == can && missed == 0;
}

static int rules_coverage(struct cli *cli)
{
	int status = CLI_OK;
	struct pack *pack = load(cli, &status);
	struct coverage *c = calloc(1, sizeof *c);
	char message[4096];
	struct text report;
	struct pack_cases cases = {.report = &report, .coverage = c};

	if (pack == NULL || c == NULL)
		goto out;
	c->pack = pack;
	text_init(&report, message, sizeof message);
	if (pack_cases_run(pack, &cases) != PN_OK) {
		status = cli_fail(cli, CLI_FINDING, "%s", message);
		goto out;
	}
	for (size_t i = 0; i < pack->rule_count; i++)
		if (!print_rule(cli, c, i))
			status = CLI_FINDING;
out:
	free(c);
	pack_free(pack);
	return status;
}

/* --- annotations --- */

static const char *type_of(const struct field *f)
{
	switch (f->descriptor->type) {
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_ENUM:
		return "string";
	case PROTOBUF_C_TYPE_BOOL:
		return "boolean";
	default:
		return "integer";
	}
}

/* "Crossing" for the root, else the message's own name: "Document". */
static const char *class_of(const struct field *f)
{
	return f->descriptor == NULL ? "Crossing"
				     : ((const ProtobufCMessageDescriptor *)f->descriptor->descriptor)
					       ->short_name;
}

static bool opens(const struct fields *tree, int at)
{
	const struct field *f = &tree->field[at];
	bool any = f->permitted && !field_is_message(f);

	for (int i = f->first; field_is_message(f) && !any && i < f->first + f->count; i++)
		any = opens(tree, i);
	return any && f->permitted;
}

static void print_class(FILE *out, const struct fields *tree, int at)
{
	const struct field *f = &tree->field[at];

	fprintf(out, "\n---@class (exact) %s\n", class_of(f));
	for (int i = f->first; i < f->first + f->count; i++) {
		const struct field *below = &tree->field[i];
		if (!opens(tree, i))
			continue;
		fprintf(out, "---@field %s %s%s\n", below->descriptor->name,
			field_is_message(below) ? class_of(below) : type_of(below),
			field_is_list(below)      ? "[]"
			: field_is_message(below) ? "?"
						  : "");
	}
}

static void print_enum(FILE *out, const ProtobufCEnumDescriptor *e)
{
	fprintf(out, "\n-- %s: \"unspecified\"", e->short_name);
	for (unsigned i = 0; i < e->n_values; i++) {
		const char *word = strchr(e->values[i].name, '_');
		if (e->values[i].value == 0 || word == NULL)
			continue;
		fputs(", \"", out);
		for (word++; *word != '\0'; word++)
			fputc(tolower((unsigned char)*word), out);
		fputc('"', out);
	}
	fputc('\n', out);
}

/* Each message and enum once, although the tree holds one per place. */
static bool is_first(const struct fields *tree, int at)
{
	for (int i = 0; i < at; i++)
		if (tree->field[i].descriptor != NULL && opens(tree, i) &&
			tree->field[i].descriptor->descriptor == tree->field[at].descriptor->descriptor)
			return false;
	return true;
}

static int rules_annotations(struct cli *cli)
{
	static const char functions[] =
		"\n---@class Pack\npack = {}\n"
		"\n---@param list any\n---@param value any\n---@return boolean\nfunction has(list, value) end\n"
		"---@param list any\n---@param field string\n---@param value any\n---@return any\nfunction find(list, field, value) end\n"
		"\ndate = {}\n---@param from Date?\n---@param to Date?\n---@return integer?\nfunction date.days(from, to) end\n"
		"---@param day Date?\n---@param from? Date\n---@param to? Date\n---@return boolean?\nfunction date.within(day, from, to) end\n"
		"\nstay = {}\n---@param stays Stay[]\n---@param reference_date Date?\n---@return integer?\n"
		"function stay.used(stays, reference_date) end\n"
		"---@param stays Stay[]\n---@param reference_date Date?\n---@param limit integer\n---@return integer?\n"
		"function stay.days_left(stays, reference_date, limit) end\n"
		"---@param stays Stay[]\n---@param reference_date Date?\n---@param days integer\n---@return integer?\n"
		"function stay.entries(stays, reference_date, days) end\n"
		"---@param stays Stay[]\n---@return integer\nfunction stay.open(stays) end\n"
		"\nstr = {}\n---@param s string\n---@param from integer\n---@param to? integer\n---@return string\n"
		"function str.sub(s, from, to) end\n---@param s string\n---@return string\nfunction str.upper(s) end\n"
		"---@param s string\n---@param part string\n---@return boolean\nfunction str.starts(s, part) end\n"
		"---@param s string\n---@param part string\n---@return boolean\nfunction str.contains(s, part) end\n";
	const char *purpose = cli_value(cli, "purpose");
	struct fields *tree = calloc(1, sizeof *tree);
	char message[300];
	struct text error;
	int status = CLI_OK;

	text_init(&error, message, sizeof message);
	if (tree == NULL)
		return cli_fail(cli, CLI_UNAVAILABLE, "no memory");
	if (fields_open(tree, purpose != NULL ? purpose : "border", NULL, 0, &error) != PN_OK) {
		free(tree);
		return cli_fail(cli, CLI_USAGE, "%s", message);
	}
	fputs("---@meta\n-- Written by `postern rules annotations` from the schema. The field's words:\n",
		cli->out);
	for (int i = 1; i < tree->count; i++)
		if (opens(tree, i) && tree->field[i].descriptor->type == PROTOBUF_C_TYPE_ENUM &&
			is_first(tree, i))
			print_enum(cli->out, tree->field[i].descriptor->descriptor);
	print_class(cli->out, tree, FIELDS_ROOT);
	for (int i = 1; i < tree->count; i++)
		if (field_is_message(&tree->field[i]) && opens(tree, i) && is_first(tree, i))
			print_class(cli->out, tree, i);
	fputs(functions, cli->out);
	free(tree);
	return status;
}

const struct cli_command rules_author_commands[] = {
	{"rules", "new", "DIR", 1, 1, "Begin a rule pack", "Writes a pack of one rule with its cases.",
		{{0}}, rules_new},
	{"rules", "lint", "DIR", 1, 1, "Look over a rule pack",
		"Exit status 1 when it does not load, declares what no case reads, or lacks a text in a language.", {{0}},
		rules_lint},
	{"rules", "explain", "DIR", 1, 1, "Tell why each case of a rule pack ends as it does",
		"All findings, most restrictive first, and the fields that were read.",
		{{"case", "NAME", "this case only", false},
			{"language", "LANG", "say in this language what an officer reads", false}}, rules_explain},
	{"rules", "coverage", "DIR", 1, 1, "Tell which lines of a rule pack no case runs",
		"Exit status 1 when there is one.", {{0}}, rules_coverage},
	{"rules", "bench", "DIR", 1, 1, "Measure a rule pack on its cases", NULL,
		{{"rounds", "N", "evaluations of each case (default 1000)", false}}, rules_bench},
	{"rules", "replay", "DIR", 1, 1, "Tell whom a rule pack would have treated otherwise",
		"The verdicts of a journal, evaluated anew, where the key that opens them is. Exit status 1 "
		"when somebody\nwould have been treated otherwise. Travellers are named by their records.",
		{{"journal", "FILE", "the journal", true},
			{"key", "FILE", "the private key that opens its payloads (PEM)", true},
			{"from", "KEY", "first record: SEQ (of epoch 1) or EPOCH:SEQ", false},
			{"to", "KEY", "last record", false},
			{"show", "N", "how many records that differ to name, to 1000 (default 50)", false}},
		rules_replay},
	{"rules", "annotations", "", 0, 0, "Print the crossing's fields for an editor",
		"Annotations of the Lua language server, made of the schema.",
		{{"purpose", "NAME", "border (default), statistics or passenger", false}},
		rules_annotations},
	{0},
};

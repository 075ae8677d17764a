/* SPDX-License-Identifier: Apache-2.0
 * `postern match`: the watchlist's matcher by hand, on pairs of names, and on files of queries.
 * Must never weigh otherwise than the plugin does.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "commands.h"
#include "json/json.h"
#include "match_list.h"

static const size_t file_max = (size_t)1 << 30;

struct query {
	struct match_name name;
	struct match_person person;
};

static void print_field(FILE *out, const char *s)
{
	if (strpbrk(s, ",\"\r\n") == NULL) {
		fputs(s, out);
		return;
	}
	fputc('"', out);
	for (; *s != '\0'; s++) {
		if (*s == '"')
			fputc('"', out);
		fputc(*s, out);
	}
	fputc('"', out);
}

/* "ERIKSSON~ERICSSON:0.96 ..." and what else agreed or did not */
static void reasons_text(const struct query *q, const struct match_name *entry,
	const struct match_result *r, struct text *t)
{
	for (size_t i = 0; i < r->pair_count; i++) {
		const struct match_pair *p = &r->pair[i];
		text_add(t, "%s%s%s%s~%s%s%s:%.2f", i > 0 ? " " : "",
			q->name.word[p->of_query].plain, p->query_words > 1 ? "+" : "",
			p->query_words > 1 ? q->name.word[p->of_query + 1].plain : "",
			entry->word[p->of_entry].plain, p->entry_words > 1 ? "+" : "",
			p->entry_words > 1 ? entry->word[p->of_entry + 1].plain : "",
			(double)p->likeness);
	}
	if (r->query_missing > 0)
		text_add(t, " query_only:%zu", r->query_missing);
	if (r->entry_missing > 0)
		text_add(t, " entry_only:%zu", r->entry_missing);
	text_add(t, "%s birth:%s", r->order_differs ? " order" : "", match_birth_name(r->birth));
	if (r->sex_differs)
		text_add(t, " sex_differs");
	if (r->nationality_same || r->nationality_differs)
		text_add(t, " nationality_%s", r->nationality_same ? "same" : "differs");
}

static void print_pairs(struct json *j, const struct query *q, const struct match_name *entry,
	const struct match_result *r)
{
	json_array(j, "words");
	for (size_t i = 0; i < r->pair_count; i++) {
		const struct match_pair *p = &r->pair[i];
		json_object(j, NULL);
		json_string(j, "query", q->name.word[p->of_query].plain);
		json_string(j, "entry", entry->word[p->of_entry].plain);
		json_unsigned(j, "likeness_permille", (uint64_t)((double)p->likeness * 1000 + 0.5));
		json_number(j, "evidence_millibits", (int64_t)((double)p->bits * 1000));
		json_end_object(j);
	}
	json_end_array(j);
	json_unsigned(j, "query_only_words", r->query_missing);
	json_unsigned(j, "entry_only_words", r->entry_missing);
	json_string(j, "birth_date", match_birth_name(r->birth));
	json_number(j, "name_millibits", (int64_t)(r->name_bits * 1000));
	json_number(j, "birth_date_millibits", (int64_t)(r->birth_bits * 1000));
	json_number(j, "other_millibits", (int64_t)(r->other_bits * 1000));
	json_number(j, "chance_millibits", (int64_t)(r->chance_bits * 1000));
}

struct answer {
	const struct match_list *list;
	const struct query *query;
	const char *query_id;
	struct match_found found[MATCH_FOUND_MAX];
	size_t count;
	bool all;
};

static enum match_decision decision_of(const struct answer *a, size_t i)
{
	return match_decide(&match_policy_default, &a->found[i].result,
		match_index_stats(a->list->index).people);
}

static void print_json(struct json *j, const struct answer *a)
{
	json_object(j, NULL);
	json_string(j, "query", a->query_id);
	json_array(j, "candidates");
	for (size_t i = 0; i < a->count; i++) {
		const struct match_found *f = &a->found[i];
		struct match_name name;
		struct match_person person;
		char text[MATCH_TEXT_SIZE];
		if (!a->all && decision_of(a, i) == MATCH_NONE)
			continue;
		match_index_entry(a->list->index, f->at, &name, &person);
		match_name_write(&name, text, sizeof text);
		json_object(j, NULL);
		json_unsigned(j, "rank", i + 1);
		json_string(j, "entry_id", match_list_id(a->list, f->id));
		json_string(j, "name", text);
		json_unsigned(
			j, "score_permille", (uint64_t)(match_score(&f->result) * 1000 + 0.5));
		json_number(j, "evidence_millibits", (int64_t)(f->result.bits * 1000));
		json_string(j, "decision", match_decision_name(decision_of(a, i)));
		print_pairs(j, a->query, &name, &f->result);
		json_end_object(j);
	}
	json_end_array(j);
	json_end_object(j);
}

static void print_rows(FILE *out, const struct answer *a)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct match_found *f = &a->found[i];
		struct match_name name;
		struct match_person person;
		char reasons[1024];
		struct text t;
		if (!a->all && decision_of(a, i) == MATCH_NONE)
			continue;
		match_index_entry(a->list->index, f->at, &name, &person);
		text_init(&t, reasons, sizeof reasons);
		reasons_text(a->query, &name, &f->result, &t);
		print_field(out, a->query_id);
		fprintf(out, ",%zu,", i + 1);
		print_field(out, match_list_id(a->list, f->id));
		fprintf(out, ",%.3f,%.1f,%s,", match_score(&f->result), f->result.bits,
			match_decision_name(decision_of(a, i)));
		print_field(out, reasons);
		fputc('\n', out);
	}
}

static const char rows_head[] = "query,rank,entry_id,score,evidence_bits,decision,reasons\n";

static void find(struct answer *a, struct query *q, long limit)
{
	a->query = q;
	a->count = match_index_find(a->list->index, &q->name, &q->person, a->found, (size_t)limit);
}

static int explain(struct cli *cli, const struct match_list *list, long limit)
{
	const char *line = cli_value(cli, "explain"), *dob = cli_value(cli, "dob"),
		   *sex = cli_value(cli, "sex");
	const char *state = cli_value(cli, "nationality");
	struct query q = {0};
	struct answer a = {.list = list, .query_id = "1", .all = true};
	int r = match_name_read_line(line, &q.name);
	bool alert = false;
	if (r != PN_OK)
		return cli_fail(cli, CLI_USAGE,
			"--explain: a name in letters that are known is expected: %s",
			pn_err_name(r));
	if (!people_birth(dob != NULL ? dob : "", &q.person.birth))
		return cli_fail(
			cli, CLI_USAGE, "--dob %s: expected YYYY, YYYY-MM or YYYY-MM-DD", dob);
	if (sex != NULL && strcmp(sex, "M") != 0 && strcmp(sex, "F") != 0)
		return cli_fail(cli, CLI_USAGE, "--sex %s: expected M or F", sex);
	if (state != NULL &&
		(strlen(state) > 3 || strspn(state, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != strlen(state)))
		return cli_fail(cli, CLI_USAGE, "--nationality %s: expected an ICAO code", state);
	q.person.sex = sex != NULL ? sex[0] : '\0';
	if (state != NULL)
		memcpy(q.person.nationality, state, strlen(state));
	q.name.truncated = q.name.truncated || cli_flag(cli, "truncated");
	find(&a, &q, limit);
	for (size_t i = 0; i < a.count; i++)
		alert = alert || decision_of(&a, i) == MATCH_ALERT;
	if (cli->json) {
		struct json j;
		json_begin(&j, cli->out, true);
		print_json(&j, &a);
		json_finish(&j);
	} else {
		fputs(rows_head, cli->out);
		print_rows(cli->out, &a);
	}
	return alert ? CLI_FINDING : CLI_OK;
}

static int batch_rows(struct cli *cli, const struct match_list *list, struct csv_reader *reader,
	struct csv_row *row, long limit)
{
	const char *path = cli_value(cli, "batch"), *what = "row";
	struct people_columns columns;
	struct query q = {0};
	struct answer a = {.list = list, .all = cli_flag(cli, "all")};
	struct json j;
	unsigned unreadable = 0;
	int r = csv_next(reader, row);
	if (r == PN_OK && people_head(row, &columns) != PN_OK)
		return cli_fail(cli, CLI_USAGE, "%s line %u: no column is called name or surname",
			path, reader->line);
	if (cli->json)
		json_begin(&j, cli->out, false);
	if (cli->json)
		json_array(&j, NULL);
	else
		fputs(rows_head, cli->out);
	while (r == PN_OK && (r = csv_next(reader, row)) == PN_OK) {
		char number[24];
		snprintf(number, sizeof number, "%u", reader->line);
		r = people_read(row, &columns, &q.name, &q.person, &what);
		if (r != PN_OK) {
			match_file_fail(cli, path, reader->line, r, what);
			unreadable++;
			r = PN_OK;
			/* a wrong date: searched with its year, if it has one */
			if (strcmp(what, "birth date") != 0)
				continue;
		}
		a.query_id = people_field(row, &columns, PEOPLE_ID)[0] != '\0'
				     ? people_field(row, &columns, PEOPLE_ID)
				     : number;
		find(&a, &q, limit);
		if (cli->json)
			print_json(&j, &a);
		else
			print_rows(cli->out, &a);
	}
	if (cli->json) {
		json_end_array(&j);
		json_finish(&j);
	}
	if (r != PN_ENOTFOUND)
		return match_file_fail(cli, path, reader->line, r, "row");
	return unreadable > 0 ? CLI_FINDING : CLI_OK;
}

struct pair_columns {
	int name[2], birth[2];
};

/* Does the first row name the columns? */
static bool pair_head(const struct csv_row *row, struct pair_columns *c)
{
	static const struct {
		const char *name;
		int side;
		bool birth;
	} known[] = {{"name1", 0, false}, {"name_1", 0, false}, {"name_a", 0, false},
		{"left", 0, false}, {"query", 0, false}, {"query_name", 0, false}, {"a", 0, false},
		{"name2", 1, false}, {"name_2", 1, false}, {"name_b", 1, false},
		{"right", 1, false}, {"result", 1, false}, {"result_name", 1, false},
		{"candidate", 1, false}, {"b", 1, false}, {"dob1", 0, true}, {"dob_1", 0, true},
		{"dob2", 1, true}, {"dob_2", 1, true}, {"birth_date1", 0, true},
		{"birth_date2", 1, true}};
	*c = (struct pair_columns){{-1, -1}, {-1, -1}};
	for (size_t k = 0; k < row->count; k++)
		for (size_t i = 0; i < PN_COUNT(known); i++) {
			int *at = known[i].birth ? c->birth : c->name;
			if (strcasecmp(row->field[k], known[i].name) == 0 && at[known[i].side] < 0)
				at[known[i].side] = (int)k;
		}
	if (c->name[0] >= 0 && c->name[1] >= 0)
		return true;
	*c = (struct pair_columns){{0, 1}, {-1, -1}};
	return false;
}

static int read_side(
	const struct csv_row *row, const struct pair_columns *c, int side, struct query *q)
{
	int n = c->name[side], b = c->birth[side];
	memset(&q->person, 0, sizeof q->person);
	if (n < 0 || (size_t)n >= row->count)
		return PN_EINVAL;
	if (b >= 0 && (size_t)b < row->count && !people_birth(row->field[b], &q->person.birth))
		return PN_EFORMAT;
	return match_name_read_line(row->field[n], &q->name);
}

static void print_pair(struct cli *cli, struct json *j, unsigned line, const struct match_result *r,
	const char *reasons)
{
	const char *decision =
		r != NULL ? match_decision_name(match_decide_pair(r)) : "undetermined";
	if (cli->json) {
		json_object(j, NULL);
		json_unsigned(j, "line", line);
		if (r != NULL)
			json_unsigned(j, "score_permille", (uint64_t)(match_score(r) * 1000 + 0.5));
		else
			json_null(j, "score_permille");
		json_string(j, "decision", decision);
		json_string(j, "reasons", reasons);
		json_end_object(j);
		return;
	}
	fprintf(cli->out, "%u,", line);
	if (r != NULL)
		fprintf(cli->out, "%.3f", match_score(r));
	fprintf(cli->out, ",%s,", decision);
	print_field(cli->out, reasons);
	fputc('\n', cli->out);
}

static int pair_rows(struct cli *cli, struct csv_reader *reader, struct csv_row *row)
{
	const char *path = cli_value(cli, "pairs");
	struct pair_columns columns;
	struct query a = {0}, b = {0};
	struct match_result result;
	struct json j;
	unsigned unreadable = 0;
	int r = csv_next(reader, row);
	bool head = r == PN_OK && pair_head(row, &columns);
	if (cli->json)
		json_begin(&j, cli->out, false);
	if (cli->json)
		json_array(&j, NULL);
	else
		fputs("line,score,decision,reasons\n", cli->out);
	if (head)
		r = csv_next(reader, row);
	for (; r == PN_OK; r = csv_next(reader, row)) {
		char reasons[1024] = "";
		struct text t;
		int e = read_side(row, &columns, 0, &a);
		if (e == PN_OK)
			e = read_side(row, &columns, 1, &b);
		if (e != PN_OK) {
			match_file_fail(cli, path, reader->line, e, "name or birth date");
			unreadable++;
			print_pair(cli, &j, reader->line, NULL, "");
			continue;
		}
		match_compare(&a.name, &a.person, &b.name, &b.person, NULL, &result);
		text_init(&t, reasons, sizeof reasons);
		reasons_text(&a, &b.name, &result, &t);
		print_pair(cli, &j, reader->line, &result, reasons);
	}
	if (cli->json) {
		json_end_array(&j);
		json_finish(&j);
	}
	if (r != PN_ENOTFOUND)
		return match_file_fail(cli, path, reader->line, r, "row");
	return unreadable > 0 ? CLI_FINDING : CLI_OK;
}

static int match_file(struct cli *cli, const char *path, const struct match_list *list, long limit)
{
	struct csv_reader reader;
	struct csv_row *row = malloc(sizeof *row);
	uint8_t *bytes = NULL;
	size_t size = 0;
	int r = row == NULL ? PN_ENOMEM : cli_read_file(path, file_max, &bytes, &size);
	if (r != PN_OK) {
		r = cli_fail(cli, CLI_UNAVAILABLE, "%s: %s", path, pn_err_name(r));
	} else {
		csv_open(&reader, (const char *)bytes, size);
		r = list != NULL ? batch_rows(cli, list, &reader, row, limit)
				 : pair_rows(cli, &reader, row);
	}
	free(bytes);
	free(row);
	return r;
}

static int match_command(struct cli *cli)
{
	const char *line = cli_value(cli, "explain"), *batch = cli_value(cli, "batch"),
		   *pairs = cli_value(cli, "pairs");
	const char *path = cli_value(cli, "list");
	struct match_list list;
	long limit;
	int r;
	if (cli_number(cli, "limit", 1, MATCH_FOUND_MAX, 10, &limit) != PN_OK)
		return CLI_USAGE;
	if ((line != NULL) + (batch != NULL) + (pairs != NULL) != 1)
		return cli_fail(cli, CLI_USAGE, "one of --explain, --pairs and --batch is needed");
	if (pairs != NULL)
		return path == NULL ? match_file(cli, pairs, NULL, limit)
				    : cli_fail(cli, CLI_USAGE, "--pairs takes no --list");
	if (path == NULL)
		return cli_fail(cli, CLI_USAGE, "--list FILE is needed");
	r = match_list_read(cli, path, &list);
	if (r != CLI_OK)
		return r;
	r = line != NULL ? explain(cli, &list, limit) : match_file(cli, batch, &list, limit);
	match_list_free(&list);
	return r;
}

const struct cli_command match_commands[] = {
	{"match", NULL, "", 0, 0, "Compare names with each other, or people with a list",
		"One of --explain, --pairs and --batch. The comparison is the watchlist plugin's.\n"
		"postern-match(5) describes the files. Exit status 1: --explain found an alert, or "
		"a row could not be read.",
		{{"explain", "NAME", "one person: \"SURNAME<<GIVEN NAMES\" or \"Surname, Given\"",
			 false},
			{"dob", "DATE", "with --explain: YYYY, YYYY-MM or YYYY-MM-DD", false},
			{"sex", "M|F", "with --explain", false},
			{"nationality", "CODE", "with --explain: ICAO code", false},
			{"truncated", NULL, "with --explain: the zone may have cut the name",
				false},
			{"pairs", "FILE", "CSV, two names a row: score and decision of each",
				false},
			{"batch", "FILE", "CSV, a person a row: ranked entries of the list", false},
			{"list", "FILE", "CSV, a person a row; a watchlist file is one", false},
			{"limit", "N", "entries per person, 1 to 64 (default: 10)", false},
			{"all", NULL, "with --batch: also what is decided \"none\"", false}},
		match_command},
	{0},
};

/* SPDX-License-Identifier: Apache-2.0
 * `postern lists activate|status`: putting a signed list or its changes where the gate reads them, and telling what stands
 * there. Must never put in place what it has not verified and read to its end.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commands.h"
#include "json/json.h"
#include "lists_folder.h"

enum { MAX_AGE_S = 86400, AHEAD_S = 300, ISSUERS_MAX = 32 };

/* --- activate --- */

/* May it follow what stands there? */
static int may_follow(struct cli *cli, const struct lists_folder *f, const struct lists_file *new)
{
	const struct list *n = new->head, *now = f->list_state == PN_OK ? f->list.head : NULL;
	int64_t clock = (int64_t)time(NULL);
	if (n->expires_s != 0 && n->expires_s <= clock)
		return cli_fail(cli, CLI_FINDING, "%s: has expired", new->path);
	if (n->issued_s > clock + AHEAD_S)
		return cli_fail(cli, CLI_FINDING, "%s: was issued later than this machine's clock says it is", new->path);
	if (now != NULL && strcmp(now->id, n->id) != 0 && !cli_flag(cli, "new-list"))
		return cli_fail(cli, CLI_FINDING, "the list is %s; that in its place is %s (--new-list)", n->id, now->id);
	if (n->version < f->highest)
		return cli_fail(cli, CLI_FINDING, "version %" PRIu64 " is older than %" PRIu64 ", which stood there", n->version,
			f->highest);
	/* The same version may come again, issued later: an unchanged list that stays fresh. */
	if (n->version == f->highest && now != NULL && n->issued_s <= now->issued_s &&
		(f->list.size != new->size || memcmp(f->list.bytes, new->bytes, new->size) != 0))
		return cli_fail(cli, CLI_FINDING, "version %" PRIu64 " stood there already, with other content", n->version);
	if (n->base != 0 && (now == NULL || n->base != now->version))
		return cli_fail(cli, CLI_FINDING, "the changes are for version %" PRIu64 ", which is not the list's", n->base);
	return CLI_OK;
}

/* A list that was cut short on its way to the signer is signed all the same. */
static int has_not_shrunk(
	struct cli *cli, struct lists_folder *f, const struct lists_file *new, const struct lists_numbers *numbers)
{
	struct lists_numbers now;
	if (new->head->base != 0 || f->list_state != PN_OK || lists_file_count(&f->list, &now) != PN_OK ||
		numbers->lines >= now.lines / 2 || cli_flag(cli, "allow-shrink"))
		return CLI_OK;
	return cli_fail(cli, CLI_FINDING, "%" PRIu64 " lines where there were %" PRIu64 ": --allow-shrink if that is right",
		numbers->lines, now.lines);
}

struct line {
	const char *text; /* in its file's bytes */
	size_t size;
};

static int by_text(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	int c = memcmp(x->text, y->text, x->size < y->size ? x->size : y->size);
	return c != 0 ? c : (x->size > y->size) - (x->size < y->size);
}

/* The dismissals of a file that still last, sorted; freed by the caller. NULL: none, or no memory. */
static struct line *dismissals_of(struct lists_file *f, size_t *count)
{
	struct lists_numbers n;
	struct lists_row row;
	struct line *out = NULL;
	int year, month, day;
	*count = 0;
	cli_today(&year, &month, &day);
	if (lists_file_count(f, &n) == PN_OK && n.dismissals > 0)
		out = calloc(n.dismissals, sizeof *out);
	while (out != NULL && *count < n.dismissals && lists_file_next(f, &row) == PN_OK)
		if (row.entry.kind == LIST_NOT_THIS_PERSON &&
			row.entry.until >= (uint32_t)(year * 10000 + month * 100 + day))
			out[(*count)++] = (struct line){row.text, row.size};
	lists_file_rewind(f);
	if (*count > 1)
		qsort(out, *count, sizeof *out, by_text);
	return out;
}

/* How many of an officer's words, that still last, stand in the changes and not in what takes their place. */
static size_t ending(struct lists_folder *f, struct lists_file *new)
{
	size_t count, kept_count, ends = 0;
	struct line *now, *kept;
	if (!lists_folder_has_changes(f))
		return 0;
	now = dismissals_of(&f->changes, &count);
	kept = dismissals_of(new, &kept_count);
	for (size_t i = 0; now != NULL && i < count; i++)
		ends += kept == NULL || bsearch(&now[i], kept, kept_count, sizeof *kept, by_text) == NULL;
	free(now);
	free(kept);
	return ends;
}

static int put(struct cli *cli, struct lists_folder *f, struct lists_file *new)
{
	const char *name = new->head->base != 0 ? f->changes_name : f->list_name;
	struct lists_numbers numbers;
	size_t words;
	int status = may_follow(cli, f, new), r;
	if (status == CLI_OK && lists_file_count(new, &numbers) != PN_OK)
		status = cli_fail(cli, CLI_USAGE, "%s line %u: not a line of a list", new->path, new->line);
	if (status == CLI_OK)
		status = has_not_shrunk(cli, f, new, &numbers);
	if (status != CLI_OK)
		return status;
	words = ending(f, new);
	if (words > 0)
		fprintf(cli->err, "postern lists activate: %zu dismissals end: they are not in %s (import and diff keep them with "
				  "--dismissals)\n",
			words, new->path);
	r = lists_folder_put(f, name, new->bytes, new->size, new->signature, new->head->version);
	if (r != PN_OK)
		return cli_fail(cli, CLI_UNAVAILABLE, "%s/%s: %s", f->path, name, pn_err_name(r));
	fprintf(cli->out, "%s version %" PRIu64 ": %" PRIu64 " lines, in place as %s/%s\n", new->head->id,
		new->head->version, numbers.lines, f->path, name);
	return CLI_OK;
}

static int activate_command(struct cli *cli)
{
	struct lists_folder f = {.lock = -1};
	struct lists_file new = {0};
	int status = lists_file_open(cli, &new, cli->arguments[0], cli_value(cli, "trust"));
	if (status == CLI_OK)
		status = lists_folder_open(cli, &f, true);
	if (status == CLI_OK)
		status = put(cli, &f, &new);
	lists_folder_close(&f);
	lists_file_free(&new);
	return status;
}

/* --- status --- */

struct issuer {
	char name[40];
	uint64_t persons, documents;
};

struct standing {
	struct lists_numbers list, changes;
	struct issuer issuer[ISSUERS_MAX];
	size_t issuers, more; /* more: lines of issuers beyond */
	int64_t age_s;
	bool stale, bad;
};

static void count_issuers(struct lists_file *f, struct standing *s)
{
	struct lists_row row;
	lists_file_rewind(f);
	while (lists_file_next(f, &row) == PN_OK) {
		size_t i = 0;
		if (row.entry.kind > LIST_PERSON)
			continue;
		while (i < s->issuers && strcmp(s->issuer[i].name, row.entry.authority) != 0)
			i++;
		if (i == ISSUERS_MAX) {
			s->more++;
			continue;
		}
		if (i == s->issuers)
			snprintf(s->issuer[s->issuers++].name, sizeof s->issuer[0].name, "%s", row.entry.authority);
		s->issuer[i].persons += row.entry.kind == LIST_PERSON;
		s->issuer[i].documents += row.entry.kind == LIST_DOCUMENT;
	}
	explicit_bzero(&row, sizeof row);
}

static void look(struct lists_folder *f, long max_age, struct standing *s)
{
	const struct list *n = lists_folder_has_changes(f) ? f->changes.head : f->list.head;
	memset(s, 0, sizeof *s);
	s->bad = f->list_state != PN_OK || (f->changes_state != PN_OK && f->changes_state != PN_ENOTFOUND);
	if (f->list_state != PN_OK)
		return;
	s->age_s = (int64_t)time(NULL) - n->issued_s;
	s->stale = s->age_s > max_age || s->age_s < -AHEAD_S ||
		   (n->expires_s != 0 && n->issued_s + s->age_s >= n->expires_s);
	s->bad = lists_file_count(&f->list, &s->list) != PN_OK || s->bad;
	/* newer changes for another list are a mistake; older ones are what the list has taken in */
	if (f->changes_state == PN_OK)
		s->bad = s->bad || lists_file_count(&f->changes, &s->changes) != PN_OK ||
			 (!lists_folder_has_changes(f) && f->changes.head->version > f->list.head->version);
	s->bad = s->bad || lists_folder_version(f) < f->highest;
	count_issuers(&f->list, s);
}

static void status_json(struct cli *cli, const struct lists_folder *f, const struct standing *s)
{
	struct json j;
	bool there = f->list_state == PN_OK;
	char issued[32] = "";
	if (there)
		lists_time(f->list.head->issued_s, issued);
	json_begin(&j, cli->out, true);
	json_object(&j, NULL);
	json_string(&j, "list", there ? f->list.head->id : NULL);
	json_unsigned(&j, "version", lists_folder_version(f));
	json_unsigned(&j, "list_version", there ? f->list.head->version : 0);
	json_unsigned(&j, "highest_version", f->highest);
	json_string(&j, "issued", there ? issued : NULL);
	json_number(&j, "age_s", s->age_s);
	json_bool(&j, "stale", s->stale || !there);
	json_bool(&j, "good", !s->bad);
	json_string(&j, "list_state", pn_err_name(f->list_state));
	json_string(&j, "changes_state", pn_err_name(f->changes_state));
	json_bool(&j, "changes_count", lists_folder_has_changes(f));
	json_unsigned(&j, "persons", s->list.persons);
	json_unsigned(&j, "documents", s->list.documents);
	json_unsigned(&j, "dismissals", s->list.dismissals + s->changes.dismissals);
	json_unsigned(&j, "changed_lines", s->changes.lines);
	json_array(&j, "issuers");
	for (size_t i = 0; i < s->issuers; i++) {
		json_object(&j, NULL);
		json_string(&j, "issuer", s->issuer[i].name);
		json_unsigned(&j, "persons", s->issuer[i].persons);
		json_unsigned(&j, "documents", s->issuer[i].documents);
		json_end_object(&j);
	}
	json_end_array(&j);
	json_end_object(&j);
	json_finish(&j);
}

static void status_text(struct cli *cli, const struct lists_folder *f, const struct standing *s)
{
	FILE *out = cli->out;
	char issued[32];
	if (f->list_state != PN_OK) {
		fprintf(out, "%s/%s: no list that can be used: %s\n", f->path, f->list_name, pn_err_name(f->list_state));
		return;
	}
	lists_time(f->list.head->issued_s, issued);
	fprintf(out, "%s version %" PRIu64 ", issued %s, signed by %s\n", f->list.head->id, f->list.head->version, issued,
		f->list.key_id);
	fprintf(out, "  persons %" PRIu64 " lines, documents %" PRIu64 ", dismissals %" PRIu64 "\n", s->list.persons,
		s->list.documents, s->list.dismissals);
	for (size_t i = 0; i < s->issuers; i++)
		fprintf(out, "  issuer %s: persons %" PRIu64 " lines, documents %" PRIu64 "\n",
			s->issuer[i].name[0] != '\0' ? s->issuer[i].name : "(none)", s->issuer[i].persons,
			s->issuer[i].documents);
	if (s->more > 0)
		fprintf(out, "  other issuers: %zu lines\n", s->more);
	if (lists_folder_has_changes(f))
		fprintf(out, "  changes to version %" PRIu64 ": %" PRIu64 " lines, removed %" PRIu64 ", dismissals %" PRIu64 "\n",
			f->changes.head->version, s->changes.lines, s->changes.removed, s->changes.dismissals);
	else if (f->changes_state == PN_OK)
		fprintf(out, "  changes to version %" PRIu64 ", for another version of the list: not used\n",
			f->changes.head->version);
	else if (f->changes_state != PN_ENOTFOUND)
		fprintf(out, "  changes that cannot be used: %s\n", pn_err_name(f->changes_state));
	if (lists_folder_version(f) < f->highest)
		fprintf(out, "  version %" PRIu64 " stood there before: gates refuse this one\n", f->highest);
	fprintf(out, "  age %" PRId64 " h %02" PRId64 " min: %s\n", s->age_s / 3600, s->age_s / 60 % 60,
		s->stale ? "stale" : "fresh");
}

static int status_command(struct cli *cli)
{
	struct lists_folder f;
	struct standing s;
	long max_age;
	int status;
	if (cli_number(cli, "max-age", 60, 31536000, MAX_AGE_S, &max_age) != PN_OK)
		return CLI_USAGE;
	status = lists_folder_open(cli, &f, false);
	if (status == CLI_OK) {
		look(&f, max_age, &s);
		if (cli->json)
			status_json(cli, &f, &s);
		else
			status_text(cli, &f, &s);
		status = s.bad || s.stale ? CLI_FINDING : CLI_OK;
	}
	lists_folder_close(&f);
	return status;
}

const struct cli_command lists_life_commands[] = {
	{"lists", "activate", "LIST", 1, 1, "Put a signed list, or its changes, where a gate reads them",
		"Exit status 1: refused, with the reason; what stands there stays.",
		{LISTS_FOLDER_OPTIONS, {"new-list", NULL, "a list of another name takes its place", false},
			{"allow-shrink", NULL, "it may have less than half as many lines", false}},
		activate_command},
	{"lists", "status", "", 0, 0, "Tell which list stands where a gate reads it",
		"Exit status 1: none, stale, or something there cannot be used.",
		{LISTS_FOLDER_OPTIONS, {"max-age", "SECONDS", "stale when older (default 86400)", false}}, status_command},
	{0},
};

/* SPDX-License-Identifier: Apache-2.0
 * `postern lists diff`: what has become of the entries of a list, by their ids, and the changes that make the one of the
 * other. Must never call an entry the same of which one line differs.
 */
#include <errno.h>
#include <inttypes.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "json/json.h"
#include "lists_file.h"

enum { CHANGES_MAX = 16 * 1024 * 1024, SURNAME = 5, GIVEN = 6 };

struct item {
	const char *text; /* the line; it begins with the id */
	uint32_t size, id_size;
	uint64_t digest[2];
};

struct items {
	struct item *item;
	size_t count;
};

struct totals {
	uint64_t added, removed, changed, same;
};

struct diff {
	struct cli *cli;
	FILE *out; /* changes, or NULL */
	struct json json;
	struct totals totals;
};

static int by_id(const struct item *a, const struct item *b)
{
	size_t n = a->id_size < b->id_size ? a->id_size : b->id_size;
	int c = memcmp(a->text, b->text, n);
	return c != 0 ? c : (a->id_size > b->id_size) - (a->id_size < b->id_size);
}

/* Lines of one id stay in their order. */
static int in_order(const void *x, const void *y)
{
	const struct item *a = x, *b = y;
	int c = by_id(a, b);
	return c != 0 ? c : (a->text > b->text) - (a->text < b->text);
}

static int load(struct cli *cli, struct lists_file *f, struct items *out)
{
	struct lists_numbers n;
	struct lists_row row;
	uint8_t digest[SHA256_DIGEST_LENGTH];
	*out = (struct items){0};
	if (f->head->base != 0)
		return cli_fail(cli, CLI_USAGE, "%s: changes; expected a whole list", f->path);
	if (lists_file_count(f, &n) != PN_OK)
		return cli_fail(cli, CLI_USAGE, "%s line %u: not a line of a list", f->path, f->line);
	out->item = calloc(n.lines > 0 ? n.lines : 1, sizeof *out->item);
	if (out->item == NULL)
		return cli_fail(cli, CLI_UNAVAILABLE, "%s", pn_err_name(PN_ENOMEM));
	while (out->count < n.lines && lists_file_next(f, &row) == PN_OK) {
		struct item *i = &out->item[out->count++];
		SHA256((const uint8_t *)row.text, row.size, digest);
		*i = (struct item){.text = row.text, .size = (uint32_t)row.size, .id_size = (uint32_t)strlen(row.id)};
		memcpy(i->digest, digest, sizeof i->digest);
	}
	explicit_bzero(&row, sizeof row);
	qsort(out->item, out->count, sizeof *out->item, in_order);
	return CLI_OK;
}

/* The lines of one id from at: how many, and a digest of them in any order. */
static size_t group(const struct items *l, size_t at, uint64_t digest[2])
{
	size_t n = 0;
	digest[0] = digest[1] = 0;
	for (; at + n < l->count && by_id(&l->item[at], &l->item[at + n]) == 0; n++) {
		digest[0] += l->item[at + n].digest[0];
		digest[1] += l->item[at + n].digest[1];
	}
	return n;
}

static const char *field(const struct item *i, int which, int *size)
{
	const char *s = i->text, *end = i->text + i->size, *stop;
	for (; which > 0 && s < end; which--) {
		stop = memchr(s, ',', (size_t)(end - s));
		s = stop != NULL ? stop + 1 : end;
	}
	stop = memchr(s, ',', (size_t)(end - s));
	*size = (int)((stop != NULL ? stop : end) - s);
	return s;
}

static void tell(struct diff *d, char what, const struct item *i)
{
	int surname_size, given_size;
	const char *surname = field(i, SURNAME, &surname_size), *given = field(i, GIVEN, &given_size);
	if (!cli_flag(d->cli, "names"))
		return;
	if (d->cli->json) {
		json_object(&d->json, NULL);
		json_string(&d->json, "what", what == '+' ? "added" : what == '-' ? "removed" : "changed");
		json_text(&d->json, "entry_id", i->text, i->id_size);
		json_text(&d->json, "surname", surname, (size_t)surname_size);
		json_text(&d->json, "given_names", given, (size_t)given_size);
		json_end_object(&d->json);
	} else {
		fprintf(d->cli->out, "%c %.*s %.*s, %.*s\n", what, (int)i->id_size, i->text, surname_size, surname, given_size,
			given);
	}
}

static void write_group(struct diff *d, const struct items *l, size_t at, size_t n)
{
	for (size_t i = at; d->out != NULL && i < at + n; i++)
		fprintf(d->out, "%.*s\n", (int)l->item[i].size, l->item[i].text);
}

static void walk(struct diff *d, const struct items *old, const struct items *new)
{
	uint64_t before[2], after[2];
	for (size_t a = 0, b = 0; a < old->count || b < new->count;) {
		int c = a == old->count ? 1 : b == new->count ? -1 : by_id(&old->item[a], &new->item[b]);
		size_t n = c <= 0 ? group(old, a, before) : 0, m = c >= 0 ? group(new, b, after) : 0;
		if (c < 0) {
			d->totals.removed++;
			tell(d, '-', &old->item[a]);
			if (d->out != NULL)
				fprintf(d->out, "%.*s,removed,,,,,,,,,,,,,,\n", (int)old->item[a].id_size, old->item[a].text);
		} else if (c > 0) {
			d->totals.added++;
			tell(d, '+', &new->item[b]);
			write_group(d, new, b, m);
		} else if (before[0] != after[0] || before[1] != after[1] || n != m) {
			d->totals.changed++;
			tell(d, '~', &new->item[b]);
			write_group(d, new, b, m);
		} else {
			d->totals.same++;
		}
		a += n;
		b += m;
	}
}

/* Where the id's lines begin; count: there are none. */
static size_t find(const struct items *l, const char *id, size_t size)
{
	struct item key = {.text = id, .id_size = (uint32_t)size};
	size_t low = 0, high = l->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (by_id(&l->item[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < l->count && by_id(&l->item[low], &key) == 0 ? low : l->count;
}

/* An officer's words that the changes would take from the place where they stand: those that last, on entries that
 * the second list has, and has without them. */
static int keep_dismissals(struct diff *d, const struct items *new, const char *path)
{
	struct lists_file f;
	struct lists_row row;
	int year, month, day, r, status = lists_file_open(d->cli, &f, path, cli_value(d->cli, "trust"));
	if (status != CLI_OK)
		return status;
	cli_today(&year, &month, &day);
	while ((r = lists_file_next(&f, &row)) == PN_OK) {
		size_t at = find(new, row.id, strlen(row.id)), i = at;
		bool there = at == new->count || row.entry.kind != LIST_NOT_THIS_PERSON ||
			     row.entry.until < (uint32_t)(year * 10000 + month * 100 + day);
		for (; !there && i < new->count && by_id(&new->item[i], &new->item[at]) == 0; i++)
			there = new->item[i].size == row.size && memcmp(new->item[i].text, row.text, row.size) == 0;
		if (!there)
			fprintf(d->out, "%.*s\n", (int)row.size, row.text);
	}
	if (r != PN_ENOTFOUND)
		status = cli_fail(d->cli, CLI_USAGE, "%s line %u: not a line of a list", path, f.line);
	explicit_bzero(&row, sizeof row);
	lists_file_free(&f);
	return status;
}

static void numbers(struct diff *d)
{
	const struct totals *t = &d->totals;
	if (d->cli->json) {
		json_unsigned(&d->json, "added", t->added);
		json_unsigned(&d->json, "removed", t->removed);
		json_unsigned(&d->json, "changed", t->changed);
		json_unsigned(&d->json, "same", t->same);
		return;
	}
	fprintf(d->cli->out, "added %" PRIu64 ", removed %" PRIu64 ", changed %" PRIu64 ", same %" PRIu64 "\n", t->added,
		t->removed, t->changed, t->same);
}

static int compare(struct diff *d, const struct items *old, const struct items *new)
{
	if (d->cli->json) {
		json_begin(&d->json, d->cli->out, true);
		json_object(&d->json, NULL);
		json_array(&d->json, "entries");
	}
	walk(d, old, new);
	if (d->cli->json)
		json_end_array(&d->json);
	numbers(d);
	if (d->cli->json) {
		json_end_object(&d->json);
		json_finish(&d->json);
	}
	return CLI_OK;
}

/* Changes follow from one version of a list to a later one of the same. */
static int open_out(struct diff *d, const struct list *old, const struct list *new, const char *beside)
{
	char issued[32], expires[32];
	if (strcmp(old->id, new->id) != 0)
		return cli_fail(d->cli, CLI_USAGE, "changes are made between versions of one list, not of %s and %s", old->id,
			new->id);
	if (new->version <= old->version)
		return cli_fail(d->cli, CLI_USAGE, "the second list's version is not higher than the first's");
	d->out = fopen(beside, "we");
	if (d->out == NULL)
		return cli_fail(d->cli, CLI_UNAVAILABLE, "%s: %s", beside, strerror(errno));
	lists_time(new->issued_s, issued);
	lists_time(new->expires_s, expires);
	fprintf(d->out, "# list=%s version=%" PRIu64 " issued=%s%s%s base=%" PRIu64 "\n%s\n", new->id, new->version, issued,
		new->expires_s != 0 ? " expires=" : "", new->expires_s != 0 ? expires : "", old->version, lists_columns);
	return CLI_OK;
}

static int finish_out(struct diff *d, const char *beside, int status)
{
	const char *path = cli_value(d->cli, "out"), *key = cli_value(d->cli, "key");
	bool good = fflush(d->out) == 0 && !ferror(d->out);
	long size = ftell(d->out);
	fclose(d->out);
	if (status != CLI_OK) {
		unlink(beside);
		return status;
	}
	if (!good || rename(beside, path) != 0)
		return cli_fail(d->cli, CLI_UNAVAILABLE, "%s: %s", path, strerror(errno));
	if (size < 0 || size > CHANGES_MAX)
		return cli_fail(d->cli, CLI_FINDING, "%s: more than 16 MiB, which no gate takes: give out the whole list", path);
	if (key != NULL && signed_file_sign(path, key) != PN_OK)
		return cli_fail(d->cli, CLI_USAGE, "%s: expected an Ed25519 private key in PEM form", key);
	return CLI_OK;
}

static int diff_command(struct cli *cli)
{
	struct diff d = {.cli = cli};
	struct lists_file old = {0}, new = {0};
	struct items before = {0}, after = {0};
	const char *out = cli_value(cli, "out"), *trust = cli_value(cli, "trust");
	char beside[1100] = "";
	int status = CLI_OK;
	if (cli_value(cli, "dismissals") != NULL && (out == NULL || trust == NULL))
		status = cli_fail(cli, CLI_USAGE, "--dismissals goes with --out and --trust");
	if (status == CLI_OK)
		status = lists_file_open(cli, &old, cli->arguments[0], trust);
	if (status == CLI_OK)
		status = lists_file_open(cli, &new, cli->arguments[1], trust);
	if (status == CLI_OK)
		status = load(cli, &old, &before);
	if (status == CLI_OK)
		status = load(cli, &new, &after);
	if (status == CLI_OK && out != NULL && snprintf(beside, sizeof beside, "%s.new", out) >= (int)sizeof beside)
		status = cli_fail(cli, CLI_USAGE, "--out: too long");
	if (status == CLI_OK && out != NULL && (old.columns != LIST_COLUMNS || new.columns != LIST_COLUMNS))
		status = cli_fail(cli, CLI_USAGE, "changes are made between lists of the present format");
	if (status == CLI_OK && out != NULL)
		status = open_out(&d, old.head, new.head, beside);
	if (status == CLI_OK)
		status = compare(&d, &before, &after);
	if (status == CLI_OK && cli_value(cli, "dismissals") != NULL)
		status = keep_dismissals(&d, &after, cli_value(cli, "dismissals"));
	if (d.out != NULL)
		status = finish_out(&d, beside, status);
	free(before.item);
	free(after.item);
	lists_file_free(&old);
	lists_file_free(&new);
	return status;
}

const struct cli_command lists_diff_commands[] = {
	{"lists", "diff", "OLD NEW", 2, 2, "Tell what has become of a list's entries",
		"With --out: write the changes that make the one of the other, for a gate that has the first.",
		{{"names", NULL, "tell the entries, too", false},
			{"out", "FILE", "changes, as postern-watchlist(5) has them", false},
			{"key", "FILE", "sign them: Ed25519 private key (PEM)", false},
			{"dismissals", "FILE", "with --out: keep what these signed changes hold", false},
			{"trust", "DIR", "verify what is read", false}},
		diff_command},
	{0},
};

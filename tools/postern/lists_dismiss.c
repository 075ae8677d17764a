/* SPDX-License-Identifier: Apache-2.0
 * `postern lists dismiss`: an officer's word that the holder of a document is not the person of an entry, put into the signed
 * changes (postern-watchlist(5)). Must never weigh against a document that is itself listed.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "lists_folder.h"

enum { DAYS = 365, DAYS_MAX = 3650, NUMBER_MAX = 23, CHANGES_MAX = 16 * 1024 * 1024 };

#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

struct word {
	const char *entry, *issuer, *officer;
	char number[NUMBER_MAX + 2];
	char hash[LIST_HASH_DIGITS + 1], from[11], until[11];
};

static bool only(const char *s, const char *letters, size_t most)
{
	size_t n = strlen(s);
	return n > 0 && n <= most && strspn(s, letters) == n;
}

/* From the command line, or a line of standard input, which no list of processes shows. */
static bool number_of(const struct cli *cli, char out[NUMBER_MAX + 2])
{
	const char *s = cli_value(cli, "number");
	if (strcmp(s, "-") != 0)
		return strlen(s) <= NUMBER_MAX && memcpy(out, s, strlen(s) + 1) != NULL;
	if (fgets(out, NUMBER_MAX + 2, stdin) == NULL)
		return false;
	out[strcspn(out, "\n")] = '\0';
	return true;
}

static void day_text(time_t at, char out[11])
{
	struct tm t;
	gmtime_r(&at, &t);
	strftime(out, 11, "%Y-%m-%d", &t);
}

/* Seconds since 1970 of that day's begin; -1: no day. */
static time_t day_of(const char *s)
{
	struct tm t = {0};
	if (cli_date(s, &t.tm_year, &t.tm_mon, &t.tm_mday) != PN_OK)
		return -1;
	t.tm_year -= 1900;
	t.tm_mon--;
	return timegm(&t);
}

static int days_of(struct cli *cli, struct word *w)
{
	const char *from = cli_value(cli, "from"), *until = cli_value(cli, "until");
	const time_t day = 86400;
	time_t begin = from != NULL ? day_of(from) : time(NULL) / day * day, end = until != NULL ? day_of(until) : 0;
	long most;
	if (cli_number(cli, "max-days", 1, DAYS_MAX, DAYS, &most) != PN_OK)
		return CLI_USAGE;
	if (begin < 0 || end <= 0)
		return cli_fail(cli, CLI_USAGE, "--from and --until are days, YYYY-MM-DD");
	if (end < begin || end < time(NULL) / day * day)
		return cli_fail(cli, CLI_USAGE, "--until is over before it begins");
	if (end - begin > most * day)
		return cli_fail(cli, CLI_USAGE, "that is more than %ld days, the most for which gates let it count", most);
	day_text(begin, w->from);
	day_text(end, w->until);
	return CLI_OK;
}

static int word_of(struct cli *cli, struct word *w)
{
	static const char letters[] = CAPITALS "abcdefghijklmnopqrstuvwxyz0123456789._:/-";
	memset(w, 0, sizeof *w);
	w->entry = cli_value(cli, "entry");
	w->issuer = cli_value(cli, "document-issuer");
	w->officer = cli_value(cli, "officer");
	if (!only(w->entry, letters, 63) || !only(w->officer, letters, 39))
		return cli_fail(cli, CLI_USAGE, "--entry and --officer are of letters, digits and ._:/-");
	if (!only(w->issuer, CAPITALS, 3))
		return cli_fail(cli, CLI_USAGE, "--document-issuer is a code of up to three capitals, as the document has it");
	if (!number_of(cli, w->number) || !only(w->number, CAPITALS "0123456789", NUMBER_MAX))
		return cli_fail(cli, CLI_USAGE, "--number is of A-Z and digits, as in the machine readable zone");
	if (list_pair_hash(w->issuer, w->number, w->hash) != PN_OK)
		return cli_fail(cli, CLI_USAGE, "--number: too long");
	return days_of(cli, w);
}

struct seen {
	bool person, document; /* the entry; the traveller's document, itself on the list */
	bool replaced;	       /* by the changes */
};

static int look(struct cli *cli, struct lists_file *f, const struct word *w, struct seen *s)
{
	struct lists_row row;
	int r;
	lists_file_rewind(f);
	while ((r = lists_file_next(f, &row)) == PN_OK) {
		const struct list_entry *e = &row.entry;
		bool that = strcmp(e->id, w->entry) == 0;
		s->person = s->person || (that && e->kind == LIST_PERSON);
		s->replaced = s->replaced || (that && e->kind != LIST_NOT_THIS_PERSON);
		s->document = s->document || (e->kind == LIST_DOCUMENT && strcmp(e->number, w->number) == 0 &&
						     (e->issuer[0] == '\0' || strcmp(e->issuer, w->issuer) == 0));
	}
	explicit_bzero(&row, sizeof row);
	if (r == PN_ENOTFOUND)
		return CLI_OK;
	return cli_fail(cli, CLI_USAGE, "%s line %u: not a line of a list", f->path, f->line);
}

/* Is there such an entry, as the changes leave it, and is the document none of the list's? */
static int may_be(struct cli *cli, struct lists_folder *f, const struct word *w)
{
	struct seen list = {0}, changes = {0};
	int status = look(cli, &f->list, w, &list);
	if (status == CLI_OK && lists_folder_has_changes(f))
		status = look(cli, &f->changes, w, &changes);
	if (status != CLI_OK)
		return status;
	if (changes.replaced ? !changes.person : !list.person)
		return cli_fail(cli, CLI_FINDING, "the list has no person of that entry");
	if (list.document || changes.document)
		return cli_fail(cli, CLI_FINDING, "the document itself is on the list, which no dismissal outweighs");
	return CLI_OK;
}

/* What the changes hold but an older word on the same pair. */
static int copy_others(FILE *out, struct lists_file *f, const struct word *w)
{
	struct lists_row row;
	int r;
	lists_file_rewind(f);
	while ((r = lists_file_next(f, &row)) == PN_OK)
		if (row.entry.kind != LIST_NOT_THIS_PERSON || strcmp(row.entry.id, w->entry) != 0 ||
			strcmp(row.entry.number, w->hash) != 0)
			fprintf(out, "%.*s\n", (int)row.size, row.text);
	explicit_bzero(&row, sizeof row);
	return r == PN_ENOTFOUND ? PN_OK : r;
}

static int write_changes(FILE *out, struct lists_folder *f, const struct word *w, uint64_t version)
{
	char issued[32], expires[32];
	const struct list *now = lists_folder_has_changes(f) ? f->changes.head : f->list.head;
	int r = PN_OK;
	/* an officer's word makes nothing younger that the publisher has said */
	lists_time(now->issued_s, issued);
	lists_time(now->expires_s, expires);
	fprintf(out, "# list=%s version=%" PRIu64 " issued=%s%s%s base=%" PRIu64 "\n%s\n", f->list.head->id, version, issued,
		now->expires_s != 0 ? " expires=" : "", now->expires_s != 0 ? expires : "", f->list.head->version,
		lists_columns);
	if (lists_folder_has_changes(f))
		r = copy_others(out, &f->changes, w);
	fprintf(out, "%s,not_this_person,%s,,,,,,,,,%s,,,%s,%s\n", w->entry, w->hash, w->officer, w->from, w->until);
	return r == PN_OK && (fflush(out) != 0 || ferror(out)) ? PN_EIO : r;
}

/* Signed beside, read again, put in place. */
static int place(struct cli *cli, struct lists_folder *f, const char *beside, uint64_t version)
{
	struct lists_file signed_changes = {0};
	int r = signed_file_sign(beside, cli_value(cli, "key"));
	if (r != PN_OK)
		return cli_fail(cli, CLI_USAGE, "%s: expected an Ed25519 private key in PEM form", cli_value(cli, "key"));
	r = lists_file_load(&signed_changes, beside, &f->keys);
	if (r == PN_ECRYPTO)
		return cli_fail(cli, CLI_FINDING, "the key is none of %s: gates would refuse it", cli_value(cli, "trust"));
	if (r == PN_OK && signed_changes.size > CHANGES_MAX)
		r = PN_ELIMIT;
	if (r == PN_OK)
		r = lists_folder_put(f, f->changes_name, signed_changes.bytes, signed_changes.size, signed_changes.signature,
			version);
	lists_file_free(&signed_changes);
	return r == PN_OK ? CLI_OK
			  : cli_fail(cli, CLI_UNAVAILABLE, "%s/%s: %s", f->path, f->changes_name, pn_err_name(r));
}

static int dismiss(struct cli *cli, struct lists_folder *f, const struct word *w)
{
	char beside[1024], sig[1024];
	uint64_t version = f->highest + 1;
	FILE *out;
	int status, r;
	if (f->list_state != PN_OK)
		return cli_fail(cli, CLI_FINDING, "%s/%s: no list that can be used: %s", f->path, f->list_name,
			pn_err_name(f->list_state));
	if (f->changes_state != PN_OK && f->changes_state != PN_ENOTFOUND)
		return cli_fail(cli, CLI_FINDING, "%s/%s: changes that cannot be used: %s", f->path, f->changes_name,
			pn_err_name(f->changes_state));
	if (f->list.columns != LIST_COLUMNS)
		return cli_fail(cli, CLI_USAGE, "a list of the earlier format has no dismissals");
	status = may_be(cli, f, w);
	if (status != CLI_OK)
		return status;
	if (!lists_path(beside, sizeof beside, f->path, f->changes_name, ".next") ||
		!lists_path(sig, sizeof sig, f->path, f->changes_name, ".next.sig"))
		return cli_fail(cli, CLI_USAGE, "--folder: too long");
	out = fopen(beside, "we");
	if (out == NULL)
		return cli_fail(cli, CLI_UNAVAILABLE, "%s: %s", beside, strerror(errno));
	r = write_changes(out, f, w, version);
	fclose(out);
	status = r == PN_OK ? place(cli, f, beside, version)
			    : cli_fail(cli, CLI_UNAVAILABLE, "%s: %s", beside, pn_err_name(r));
	unlink(beside);
	unlink(sig);
	if (status == CLI_OK)
		fprintf(cli->out, "%s: not the holder of that document, by %s, %s to %s; changes version %" PRIu64 "\n", w->entry,
			w->officer, w->from, w->until, version);
	return status;
}

static int dismiss_command(struct cli *cli)
{
	struct lists_folder f = {.lock = -1};
	struct word w;
	int status = word_of(cli, &w);
	if (status == CLI_OK)
		status = lists_folder_open(cli, &f, true);
	if (status == CLI_OK)
		status = dismiss(cli, &f, &w);
	lists_folder_close(&f);
	explicit_bzero(&w, sizeof w);
	return status;
}

const struct cli_command lists_dismiss_commands[] = {
	{"lists", "dismiss", "", 0, 0, "Say of a document's holder that he is not the person of an entry",
		"Puts the officer's word into the signed changes of the list that stands in the folder.\n"
		"Exit status 1: refused, with the reason.",
		{LISTS_FOLDER_OPTIONS, {"entry", "ID", "the entry", true},
			{"document-issuer", "CODE", "of the traveller's document", true},
			{"number", "NUMBER", "its number; -: from standard input", true},
			{"officer", "NAME", "who says so", true},
			{"from", "DAY", "YYYY-MM-DD (default: today, UTC)", false},
			{"until", "DAY", "the last day", true},
			{"max-days", "DAYS", "the plugin's dismissal_days (default 365)", false},
			{"key", "FILE", "Ed25519 private key (PEM) that signs lists", true}},
		dismiss_command},
	{0},
};

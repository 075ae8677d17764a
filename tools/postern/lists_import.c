/* SPDX-License-Identifier: Apache-2.0
 * `postern lists import`: publishers' files into one list, not signed yet. Must never put a list in place that is
 * not whole, nor say of a person more than where in which file he stands.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "json/json.h"
#include "lists_file.h"
#include "lists_read.h"

enum { DAY_S = 86400, PROGRESS_S = 2 };

struct dismissal {
	char *text; /* the line */
	size_t id_size;
	bool seen; /* its entry is on the new list */
};

struct work {
	struct cli *cli;
	FILE *out;
	uint64_t refused, of_size, done, earlier;
	unsigned file;
	time_t next;
	bool all; /* tell parts too */
	struct dismissal *dismissals;
	size_t dismissal_count;
	uint64_t carried;
};

/* --- what comes from the reader --- */

static int by_id(const void *a, const void *b)
{
	const struct dismissal *x = a, *y = b;
	size_t n = x->id_size < y->id_size ? x->id_size : y->id_size;
	int c = memcmp(x->text, y->text, n);
	return c != 0 ? c : (x->id_size > y->id_size) - (x->id_size < y->id_size);
}

static void mark(struct work *w, const char *line)
{
	struct dismissal key = {(char *)(uintptr_t)line, strcspn(line, ","), false};
	size_t low = 0, high = w->dismissal_count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (by_id(&w->dismissals[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < w->dismissal_count && by_id(&w->dismissals[low], &key) == 0; low++)
		w->dismissals[low].seen = true;
}

static int take_line(void *ctx, const char *line)
{
	struct work *w = ctx;
	mark(w, line);
	return fprintf(w->out, "%s\n", line) > 0 ? PN_OK : PN_EIO;
}

static void take_told(void *ctx, unsigned file, uint64_t line, enum lists_reason reason)
{
	struct work *w = ctx;
	enum lists_fate fate = lists_reason_fate(reason);
	w->refused += fate == LISTS_REFUSED;
	if (fate == LISTS_REFUSED || fate == LISTS_FATAL || w->all)
		fprintf(w->cli->err, "%s:%" PRIu64 ": %s%s\n", w->cli->arguments[file], line,
			fate == LISTS_PASSED_OVER ? "passed over: " : fate == LISTS_LEFT_OUT ? "left out: " : "",
			lists_reason_text(reason));
}

static void take_progress(void *ctx, unsigned file, uint64_t bytes)
{
	struct work *w = ctx;
	time_t now = time(NULL);
	if (file != w->file) {
		w->earlier += w->done;
		w->file = file;
	}
	w->done = bytes;
	if (now < w->next)
		return;
	w->next = now + PROGRESS_S;
	fprintf(w->cli->err, "postern lists import: %" PRIu64 " of %" PRIu64 " MiB\n", (w->earlier + bytes) >> 20,
		w->of_size >> 20);
}

/* --- dismissals that are kept --- */

static int keep(struct work *w, const struct lists_row *row)
{
	struct dismissal *p = realloc(w->dismissals, (w->dismissal_count + 1) * sizeof *p);
	if (p == NULL)
		return PN_ENOMEM;
	w->dismissals = p;
	p += w->dismissal_count;
	*p = (struct dismissal){strndup(row->text, row->size), strlen(row->id), false};
	if (p->text == NULL)
		return PN_ENOMEM;
	w->dismissal_count++;
	return PN_OK;
}

static int load_dismissals(struct work *w)
{
	struct cli *cli = w->cli;
	const char *path;
	size_t at = 0;
	int year, month, day, status = CLI_OK;
	cli_today(&year, &month, &day);
	uint32_t today = (uint32_t)(year * 10000 + month * 100 + day);
	while (status == CLI_OK && (path = cli_each(cli, "dismissals", &at)) != NULL) {
		struct lists_file f;
		struct lists_row row;
		int r;
		if (cli_value(cli, "trust") == NULL)
			return cli_fail(cli, CLI_USAGE, "--dismissals are verified with --trust");
		status = lists_file_open(cli, &f, path, cli_value(cli, "trust"));
		if (status != CLI_OK)
			return status;
		while ((r = lists_file_next(&f, &row)) == PN_OK)
			if (row.entry.kind == LIST_NOT_THIS_PERSON && row.entry.until >= today && keep(w, &row) != PN_OK)
				break;
		if (r != PN_ENOTFOUND)
			status = cli_fail(cli, CLI_USAGE, "%s line %u: %s", path, f.line, pn_err_name(r == PN_OK ? PN_ENOMEM : r));
		lists_file_free(&f);
	}
	if (w->dismissal_count > 1)
		qsort(w->dismissals, w->dismissal_count, sizeof *w->dismissals, by_id);
	return status;
}

static int write_dismissals(struct work *w)
{
	for (size_t i = 0; i < w->dismissal_count; i++) {
		const struct dismissal *d = &w->dismissals[i];
		if (!d->seen || (i > 0 && strcmp(d->text, w->dismissals[i - 1].text) == 0))
			continue;
		if (fprintf(w->out, "%s\n", d->text) < 0)
			return PN_EIO;
		w->carried++;
	}
	return PN_OK;
}

/* --- the command --- */

/* Which of the names; -1: none. */
static int one_of(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(name, names[i]) == 0)
			return (int)i;
	return -1;
}

static int options_of(struct cli *cli, enum lists_format *format, struct lists_options *o)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/-";
	static const char *const formats[] = {"un", "ofac", "ftm", "csv"}, *const ways[] = {"mark", "keep", "drop"};
	const char *weak = cli_value(cli, "weak-handling"), *how = cli_value(cli, "weak"), *list = cli_value(cli, "list");
	int which = one_of(cli_value(cli, "format"), formats, PN_COUNT(formats));
	int way = how != NULL ? one_of(how, ways, PN_COUNT(ways)) : LISTS_WEAK_MARK;
	if (which < 0)
		return cli_fail(cli, CLI_USAGE, "--format is un, ofac, ftm or csv");
	if (way < 0)
		return cli_fail(cli, CLI_USAGE, "--weak is mark, keep or drop");
	*format = (enum lists_format)which;
	*o = (struct lists_options){.issuer = cli_value(cli, "issuer"), .purpose = cli_value(cli, "purpose"),
		.handling = cli_value(cli, "handling"), .weak_handling = weak != NULL ? weak : "weak-alias",
		.weak = (enum lists_weak)way, .topics = cli_value(cli, "topics")};
	if (o->issuer == NULL && *format != LISTS_CSV)
		return cli_fail(cli, CLI_USAGE, "--issuer is required but for --format csv");
	if (list != NULL && (list[0] == '\0' || strlen(list) > LISTS_ID_MAX || list[strspn(list, letters)] != '\0'))
		return cli_fail(cli, CLI_USAGE, "--list is of letters, digits and ._:/-, up to 63");
	if (o->issuer == NULL && list == NULL)
		return cli_fail(cli, CLI_USAGE, "--list is required without --issuer");
	return CLI_OK;
}

static int write_head(struct cli *cli, FILE *out)
{
	const char *id = cli_value(cli, "list");
	time_t now = time(NULL);
	struct tm t;
	char version[32], issued[32], expires[32];
	long given, days;
	gmtime_r(&now, &t);
	strftime(version, sizeof version, "%Y%m%d%H%M%S", &t);
	if (cli_number(cli, "version", 1, INT64_MAX, 0, &given) != PN_OK ||
		cli_number(cli, "expires-days", 1, 3650, 0, &days) != PN_OK)
		return CLI_USAGE;
	if (given > 0)
		snprintf(version, sizeof version, "%ld", given);
	lists_time(now, issued);
	lists_time(now + days * DAY_S, expires);
	fprintf(out, "# list=%s version=%s issued=%s%s%s\n%s\n", id != NULL ? id : cli_value(cli, "issuer"), version, issued,
		days > 0 ? " expires=" : "", days > 0 ? expires : "", lists_columns);
	return CLI_OK;
}

static void summary(struct cli *cli, const struct work *w, const struct lists_counts *c)
{
	struct json j;
	if (cli->json) {
		json_begin(&j, cli->out, true);
		json_object(&j, NULL);
		json_string(&j, "path", cli_value(cli, "out"));
		json_unsigned(&j, "rows", c->rows);
		json_unsigned(&j, "entries", c->entries);
		json_unsigned(&j, "lines", c->lines + w->carried);
		json_unsigned(&j, "names", c->names);
		json_unsigned(&j, "weak_names", c->weak_names);
		json_unsigned(&j, "documents", c->documents);
		json_unsigned(&j, "partial_birth_dates", c->partial_births);
		json_unsigned(&j, "first_of_january", c->dummy_births);
		json_unsigned(&j, "dismissals", w->carried);
		json_unsigned(&j, "refused", w->refused);
		json_object(&j, "reasons");
		for (int i = 0; i < LISTS_REASONS; i++)
			if (c->told[i] > 0)
				json_unsigned(&j, lists_reason_name((enum lists_reason)i), c->told[i]);
		json_end_object(&j);
		json_end_object(&j);
		json_finish(&j);
		return;
	}
	fprintf(cli->out, "%s: %" PRIu64 " entries of %" PRIu64 " rows on %" PRIu64 " lines\n", cli_value(cli, "out"), c->entries,
		c->rows, c->lines + w->carried);
	fprintf(cli->out, "  names %" PRIu64 ", weak names %" PRIu64 ", documents %" PRIu64 ", dismissals kept %" PRIu64 "\n",
		c->names, c->weak_names, c->documents, w->carried);
	fprintf(cli->out, "  birth dates without month or day %" PRIu64 ", of 1 January %" PRIu64 "\n", c->partial_births,
		c->dummy_births);
	for (int fate = 0; fate < LISTS_FATES; fate++)
		for (int i = 0; i < LISTS_REASONS; i++)
			if (c->told[i] > 0 && (int)lists_reason_fate((enum lists_reason)i) == fate)
				fprintf(cli->out, "  %s %" PRIu64 ": %s\n",
					fate == LISTS_REFUSED	    ? "refused"
					: fate == LISTS_PASSED_OVER ? "passed over"
					: fate == LISTS_LEFT_OUT    ? "left out"
								    : "ended",
					c->told[i], lists_reason_text((enum lists_reason)i));
}

static int failed(struct cli *cli, int r)
{
	switch (r) {
	case PN_EFORMAT:
		return cli_fail(cli, CLI_USAGE, "nothing was written: a file is not what it should be");
	case PN_EINVAL:
		return cli_fail(cli, CLI_USAGE, "codes are of letters, digits and ._:/-, up to 39; an issuer has up to 24");
	case PN_ECLOSED:
		return cli_fail(cli, CLI_USAGE, "nothing was written: the reading process was ended by its limits");
	default:
		return cli_fail(cli, CLI_UNAVAILABLE, "nothing was written: %s", pn_err_name(r));
	}
}

static int read_all(struct work *w, enum lists_format format, const struct lists_options *o, struct lists_counts *counts)
{
	struct cli *cli = w->cli;
	struct lists_sink sink = {w, take_line, take_told, take_progress};
	int files[LISTS_FILES_MAX], r;
	size_t count = 0;
	for (; count < cli->argument_count; count++) {
		bool standard = strcmp(cli->arguments[count], "-") == 0;
		files[count] = standard ? dup(STDIN_FILENO) : open(cli->arguments[count], O_RDONLY | O_CLOEXEC);
		if (files[count] < 0)
			break;
		off_t size = lseek(files[count], 0, SEEK_END);
		w->of_size += size > 0 ? (uint64_t)size : 0;
		if (size > 0)
			lseek(files[count], 0, SEEK_SET);
	}
	if (count < cli->argument_count)
		r = cli_fail(cli, CLI_UNAVAILABLE, "%s: %s", cli->arguments[count], strerror(errno));
	else if ((r = lists_read(format, o, files, count, &sink, counts)) != PN_OK)
		r = failed(cli, r);
	while (count > 0)
		close(files[--count]);
	return r;
}

/* The list beside its place, then in it. */
static int write_list(struct work *w, enum lists_format format, const struct lists_options *o, const char *beside)
{
	struct cli *cli = w->cli;
	struct lists_counts counts = {0};
	int status = write_head(cli, w->out);
	if (status == CLI_OK)
		status = read_all(w, format, o, &counts);
	if (status != CLI_OK)
		return status;
	if (write_dismissals(w) != PN_OK || fflush(w->out) != 0 || fsync(fileno(w->out)) != 0)
		return cli_fail(cli, CLI_UNAVAILABLE, "%s: %s", beside, strerror(errno));
	summary(cli, w, &counts);
	if (counts.lines == 0)
		return cli_fail(cli, CLI_USAGE, "nothing was written: no entry was found");
	if (w->refused > 0 && cli_flag(cli, "strict"))
		return cli_fail(cli, CLI_FINDING, "nothing was written: %" PRIu64 " rows were refused", w->refused);
	if (rename(beside, cli_value(cli, "out")) != 0)
		return cli_fail(cli, CLI_UNAVAILABLE, "%s: %s", cli_value(cli, "out"), strerror(errno));
	return w->refused > 0 ? CLI_FINDING : CLI_OK;
}

static int import_command(struct cli *cli)
{
	struct work w = {.cli = cli, .next = time(NULL) + PROGRESS_S, .all = cli_flag(cli, "details")};
	struct lists_options options;
	enum lists_format format = LISTS_CSV;
	char beside[1100];
	int fd, status = options_of(cli, &format, &options);
	if (status == CLI_OK && snprintf(beside, sizeof beside, "%s.new", cli_value(cli, "out")) >= (int)sizeof beside)
		status = cli_fail(cli, CLI_USAGE, "--out: too long");
	if (status == CLI_OK)
		status = load_dismissals(&w);
	if (status == CLI_OK) {
		fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
		w.out = fd >= 0 ? fdopen(fd, "w") : NULL;
		if (w.out == NULL)
			status = cli_fail(cli, CLI_UNAVAILABLE, "%s: %s", beside, strerror(errno));
	}
	if (w.out != NULL) {
		status = write_list(&w, format, &options, beside);
		fclose(w.out);
		unlink(beside);
	}
	for (size_t i = 0; i < w.dismissal_count; i++)
		free(w.dismissals[i].text);
	free(w.dismissals);
	return status;
}

const struct cli_command lists_import_commands[] = {
	{"lists", "import", "FILE...", 1, LISTS_FILES_MAX, "Make a list of what a publisher gives out",
		"Exit status 1: some rows were refused; the list is written unless --strict.",
		{{"format", "FORMAT", "un, ofac, ftm or csv", true},
			{"issuer", "CODE", "stands before every reference, and is the authority", false},
			{"purpose", "CODE", "what the entries may be used for", false},
			{"out", "LIST", "the list; it is not signed yet", true},
			{"list", "ID", "the list's name (default: the issuer)", false},
			{"version", "NUMBER", "default: the time, as YYYYMMDDhhmmss in UTC", false},
			{"expires-days", "DAYS", "past that the list is stale", false},
			{"handling", "CODE", "what the officer is told to do", false},
			{"weak", "HOW", "weak aliases: mark (default), keep, drop", false},
			{"weak-handling", "CODE", "of marked ones (default: weak-alias)", false},
			{"topics", "A,B", "ftm: only who has one of these topics", false},
			{"dismissals", "FILE...", "keep the dismissals of this signed list or changes", false},
			{"trust", "DIR", "with --dismissals: folder with lists.pub, lists-*.pub", false},
			{"strict", NULL, "write nothing when a row is refused", false},
			{"details", NULL, "tell also what was left out of rows, and passed over", false}},
		import_command},
	{0},
};

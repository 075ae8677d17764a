/* SPDX-License-Identifier: Apache-2.0
 * `postern stay`: the 90/180 calculation by hand, with the code that the rules run. Must never know
 * a person: it takes dates only.
 */
#include "rules-lua/stay.h"

#include <string.h>

#include "commands.h"
#include "json/json.h"

static void date_text(char out[16], int32_t day)
{
	struct stay_date d = stay_date_of(day);

	snprintf(out, 16, "%04d-%02d-%02d", d.year % 10000, d.month % 100, d.day % 100);
}

/* size characters of s as a date. */
static bool parse_date(const char *s, size_t size, struct stay_date *d)
{
	char text[11];

	if (size != 10)
		return false;
	memcpy(text, s, 10);
	text[10] = '\0';
	return cli_date(text, &d->year, &d->month, &d->day) == 0;
}

/* "ENTRY..EXIT,ENTRY..,..."; the number of stays, or -1. */
static int parse_history(const char *s, struct stay stays[STAYS_MAX])
{
	int count = 0;

	while (*s != '\0') {
		size_t size = strcspn(s, ",");
		if (count == STAYS_MAX || size < 12 || strncmp(s + 10, "..", 2) != 0 ||
			!parse_date(s, 10, &stays[count].entry))
			return -1;
		stays[count].exit = (struct stay_date){0, 0, 0};
		if (size > 12 && !parse_date(s + 12, size - 12, &stays[count].exit))
			return -1;
		count++;
		s += size;
		if (*s != ',')
			continue;
		s++;
		if (*s == '\0')
			return -1;
	}
	return count;
}

struct result {
	char from[16], at[16], last[16];
	int used, remaining;
	bool may_enter;
};

static void print(struct cli *cli, const struct result *r, long limit)
{
	struct json j;

	if (cli->json) {
		json_begin(&j, cli->out, true);
		json_object(&j, NULL);
		json_string(&j, "at", r->at);
		json_string(&j, "window_from", r->from);
		json_number(&j, "limit_days", limit);
		json_number(&j, "used_days", r->used);
		json_number(&j, "remaining_days", r->remaining);
		json_bool(&j, "may_enter", r->may_enter);
		json_string(&j, "last_day", r->may_enter ? r->last : NULL);
		json_end_object(&j);
		json_finish(&j);
		return;
	}
	fprintf(cli->out, "window     %s to %s (%d days)\nused       %d of %ld days, %d remain\n",
		r->from, r->at, STAY_WINDOW_DAYS, r->used, limit, r->remaining);
	if (r->may_enter)
		fprintf(cli->out, "last day   %s for somebody who enters on %s\n", r->last, r->at);
	else
		fprintf(cli->out, "last day   none: the limit is passed on the day of entry, %s\n",
			r->at);
}

static int stay_command(struct cli *cli)
{
	struct stay stays[STAYS_MAX];
	struct stay_date at;
	const char *date = cli_value(cli, "at"), *history = cli_value(cli, "history");
	struct result r;
	long limit;
	int count;
	int32_t day, last;

	if (cli_number(cli, "limit", 1, STAY_WINDOW_DAYS, STAY_LIMIT_DAYS, &limit) != 0)
		return CLI_USAGE;
	if (!parse_date(date, strlen(date), &at))
		return cli_fail(cli, CLI_USAGE, "--at %s: expected a date as YYYY-MM-DD", date);
	count = parse_history(history, stays);
	if (count < 0)
		return cli_fail(cli, CLI_USAGE,
			"--history: expected YYYY-MM-DD..YYYY-MM-DD,... (at most %d; no exit: "
			"still open)",
			STAYS_MAX);
	day = stay_day(at);
	r.used = stay_used(stays, (size_t)count, day);
	last = stay_last_day(stays, (size_t)count, day, (int)limit);
	if (r.used < 0 || last == INT32_MIN)
		return cli_fail(cli, CLI_USAGE, "--history: a stay ends before it begins");
	r.remaining = r.used < limit ? (int)limit - r.used : 0;
	r.may_enter = last >= day;
	date_text(r.from, stay_window_start(day));
	date_text(r.at, day);
	date_text(r.last, last);
	print(cli, &r, limit);
	return r.may_enter ? CLI_OK : CLI_FINDING;
}

const struct cli_command stay_commands[] = {
	{"stay", NULL, "", 0, 0, "Count days of stay in the 180-day window",
		"Regulation (EU) 2016/399, Article 6: the days of entry and exit both count, each "
		"day once. Stays\n"
		"under a permit or a long-stay visa are left out by whoever gives the history. "
		"Exit status 1 when\n"
		"the limit is passed on the day of entry.",
		{{"history", "STAYS", "entry..exit,entry..exit,... as YYYY-MM-DD; \"\" for none",
			 true},
			{"at", "DATE", "day of the control, and of entry", true},
			{"limit", "DAYS", "1 to 180 (default: 90)", false}},
		stay_command},
	{0},
};

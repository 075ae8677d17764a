/* SPDX-License-Identifier: Apache-2.0
 * postern-sim-travellers: prints the data a scenario's travellers need at the centre and on the lists: previous stays
 * (CSV for the registry), permits, travel authorisations and entry bans, and watchlist entries; and issues the passports that they carry. Must never be used with real
 * people's data: it has none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "passport.h"

enum command { STAYS, PERMITS, AUTHORISATIONS, BANS, LISTED, ALL, PASSPORTS, COMMANDS };

static const char *const names[COMMANDS] = {"stays", "permits", "authorisations", "bans", "listed", "all", "passports"};
/* First lines of what is a file of the registry's. */
static const char *const headers[COMMANDS] = {
	[STAYS] = "document_number,issuer,birth_date,entry,exit",
	[PERMITS] = "document_number,issuer,birth_date,kind,permit_issuer,valid_from,valid_until,entries_allowed,entries_used,stay_days",
	[AUTHORISATIONS] = "document_number,issuer,birth_date,status,valid_from,valid_until",
	[BANS] = "document_number,issuer,birth_date,ban_issuer,valid_until",
};

static void stays(const struct traveller *t)
{
	if (t->stay_entry.year == 0)
		return;
	printf("%s,%s,%04d-%02d-%02d,%04d-%02d-%02d,%04d-%02d-%02d\n", t->number, t->issuer, t->birth.year, t->birth.month,
		t->birth.day, t->stay_entry.year, t->stay_entry.month, t->stay_entry.day, t->stay_exit.year,
		t->stay_exit.month, t->stay_exit.day);
}

static void print_one(enum command what, const struct traveller *t, struct traveller_date today)
{
	char line[TRAVELLER_REGISTER_LINE];
	if (what == STAYS)
		stays(t);
	else if (what >= PERMITS && what <= BANS) {
		if (traveller_register_line(t, (enum traveller_register)(what - PERMITS), today, line, sizeof line))
			printf("%s\n", line);
	}
	else if (what == ALL)
		printf("%u %s %s\n%s\n%s\n\n", t->index, traveller_kind_name(t->kind), t->number, t->mrz[0], t->mrz[1]);
	else if (t->kind == TRAVELLER_LISTED)
		printf("%s,%s\n", t->number, t->issuer);
}

static bool whole_number(const char *text, uint32_t *out)
{
	char *end = NULL;
	unsigned long n = strtoul(text, &end, 10);
	*out = (uint32_t)n;
	return *text >= '0' && *text <= '9' && *end == '\0' && n <= 1000000000;
}

static int usage(void)
{
	fprintf(stderr, "usage: postern-sim-travellers stays|permits|authorisations|bans|listed|all SCENARIO.yaml COUNT [by-hand]\n"
			"       postern-sim-travellers passports SCENARIO.yaml COUNT FIRST FOLDER [FACES] [by-hand]\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct scenario s;
	char error[640];
	uint32_t count = 0, first = 0;
	int what = 0;
	bool by_hand = argc > 1 && strcmp(argv[argc - 1], "by-hand") == 0;
	argc -= by_hand;
	time_t wall = time(NULL);
	struct tm day;
	while (argc > 1 && what < COMMANDS && strcmp(argv[1], names[what]) != 0)
		what++;
	if (argc < 4 || what == COMMANDS || argc < (what == PASSPORTS ? 6 : 4) || argc > (what == PASSPORTS ? 7 : 4) || !whole_number(argv[3], &count) ||
		(what == PASSPORTS && !whole_number(argv[4], &first)))
		return usage();
	if (scenario_load(argv[2], &s, error, sizeof error) != 0) {
		fprintf(stderr, "postern-sim-travellers: %s\n", error);
		return 1;
	}
	gmtime_r(&wall, &day);
	const struct traveller_date today = { day.tm_year + 1900, day.tm_mon + 1, day.tm_mday };
	if (what == PASSPORTS) {
		if (passports_issue(&s, today, (int64_t)wall, first, count, by_hand, argv[5], argc == 7 ? argv[6] : NULL, stderr, error,
			    sizeof error) == 0)
			return 0;
		fprintf(stderr, "postern-sim-travellers: %s\n", error);
		return 1;
	}
	if (headers[what] != NULL)
		printf("%s\n", headers[what]);
	for (uint32_t i = 0; i < count; i++) {
		struct traveller t;
		traveller_make(&t, s.seed, i, &s.mix, s.own_state, today);
		print_one((enum command)what, &t, today);
	}
	for (int kind = 0; by_hand && kind < TRAVELLER_KINDS; kind++) {
		struct traveller t;
		traveller_by_hand(&t, s.seed, (enum traveller_kind)kind, s.own_state, today);
		print_one((enum command)what, &t, today);
	}
	return 0;
}

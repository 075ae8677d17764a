/* SPDX-License-Identifier: Apache-2.0
 * postern-sim-travellers: prints the data a scenario's travellers need at the centre and on the lists: previous stays
 * (CSV for the registry) and watchlist entries. Must never be used with real people's data: it has none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "scenario.h"

static void stays(const struct traveller *t)
{
	if (t->stay_entry.year == 0)
		return;
	printf("%s,%s,%04d-%02d-%02d,%04d-%02d-%02d,%04d-%02d-%02d\n", t->number, t->issuer, t->birth.year, t->birth.month,
		t->birth.day, t->stay_entry.year, t->stay_entry.month, t->stay_entry.day, t->stay_exit.year,
		t->stay_exit.month, t->stay_exit.day);
}

int main(int argc, char **argv)
{
	struct scenario s;
	char error[256];
	time_t wall = time(NULL);
	struct tm day;
	if (argc != 4 || (strcmp(argv[1], "stays") != 0 && strcmp(argv[1], "listed") != 0 && strcmp(argv[1], "all") != 0)) {
		fprintf(stderr, "usage: postern-sim-travellers stays|listed|all SCENARIO.yaml COUNT\n");
		return 2;
	}
	if (scenario_load(argv[2], &s, error, sizeof error) != 0) {
		fprintf(stderr, "postern-sim-travellers: %s\n", error);
		return 1;
	}
	gmtime_r(&wall, &day);
	if (strcmp(argv[1], "stays") == 0)
		printf("document_number,issuer,birth_date,entry,exit\n");
	for (uint32_t i = 0; i < (uint32_t)strtoul(argv[3], NULL, 10); i++) {
		struct traveller t;
		traveller_make(&t, s.seed, i, &s.mix, s.own_state,
			(struct traveller_date){ day.tm_year + 1900, day.tm_mon + 1, day.tm_mday });
		if (strcmp(argv[1], "stays") == 0)
			stays(&t);
		else if (strcmp(argv[1], "all") == 0)
			printf("%u %s %s\n%s\n%s\n\n", t.index, traveller_kind_name(t.kind), t.number, t.mrz[0], t.mrz[1]);
		else if (t.kind == TRAVELLER_LISTED)
			printf("%s,%s\n", t.number, t.issuer);
	}
	return 0;
}

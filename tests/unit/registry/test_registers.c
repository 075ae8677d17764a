/* SPDX-License-Identifier: Apache-2.0
 * Registers of permits, authorisations and bans on a real store, SQLite or PostgreSQL: what a line may say, what is answered,
 * and that a file is in force whole or not at all, whoever stops, fails or loads beside it. Must never look into the loader.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "csv.h"
#include "history_person.h"
#include "pg_server.h"
#include "registers.h"
#include "schema.h"

static const uint8_t key[HISTORY_KEY] = "thirty-two bytes of a test's key";
static const char p_head[] =
	"document_number,issuer,birth_date,kind,permit_issuer,valid_from,valid_until,entries_allowed,entries_used,stay_days\n";
static const char a_head[] = "document_number,issuer,birth_date,status,valid_from,valid_until\n";
static const char b_head[] = "document_number,issuer,birth_date,ban_issuer,valid_until\n";
enum { TODAY = 20261129, MANY = 3000 };

struct place {
	char folder[40], path[REGISTER_KINDS_][60], url[340];
	struct db *db, *query;
	struct registers *r;
	uint64_t now_ms;
	unsigned told_wrong, told_well;
	char where[64];
};

enum { ENTRIES, QUERIES };
static const struct db_sql queries[QUERIES] = {[ENTRIES] = {.sql = "SELECT COUNT(*) FROM register_entry"}};

static struct pg_server *server; /* of all tests; NULL: SQLite */

static void tell(void *self, bool wrong, const char *where)
{
	struct place *p = self;
	*(wrong ? &p->told_wrong : &p->told_well) += 1;
	snprintf(p->where, sizeof p->where, "%s", where);
}

static struct registers *another(struct place *p, const char *permits, uint32_t stale_hours)
{
	struct registers *r;
	struct registers_config c = {.tenant = "NOR", .history_key = key, .stale_hours = stale_hours, .tell = tell, .self = p};
	c.path[REGISTER_PERMITS] = permits;
	c.path[REGISTER_AUTHORISATIONS] = p->path[REGISTER_AUTHORISATIONS];
	c.path[REGISTER_BANS] = p->path[REGISTER_BANS];
	assert_int_equal(registers_new(&c, &r), 0);
	return r;
}

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof *p);
	char why[200] = "", folder[sizeof p->folder] = "/tmp/postern-registers-XXXXXX";
	assert_non_null(p);
	assert_non_null(mkdtemp(folder));
	memcpy(p->folder, folder, sizeof p->folder);
	for (int k = 1; k < REGISTER_KINDS_; k++)
		snprintf(p->path[k], sizeof p->path[k], "%s/%d.csv", folder, k);
	if (server != NULL) {
		struct db *db;
		snprintf(p->url, sizeof p->url, "postgresql:%s", pg_server_conninfo(server));
		assert_int_equal(db_open(p->url, queries, QUERIES, &db, NULL, 0), 0);
		assert_int_equal(db_script(db, "DROP SCHEMA public CASCADE; CREATE SCHEMA public"), 0);
		db_close(db);
	} else {
		snprintf(p->url, sizeof p->url, "sqlite:%s/registry.db", p->folder);
	}
	if (registry_store_open(p->url, &p->db, why, sizeof why) != 0)
		fail_msg("%s", why);
	assert_int_equal(db_open(p->url, queries, QUERIES, &p->query, NULL, 0), 0);
	p->r = another(p, p->path[REGISTER_PERMITS], 36);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;
	char command[80];
	registers_free(p->r);
	db_close(p->db);
	db_close(p->query);
	snprintf(command, sizeof command, "rm -rf %s", p->folder);
	assert_int_equal(system(command), 0);
	free(p);
	return 0;
}

/* As it should be replaced: whole, by renaming. */
static void put(const char *path, const char *head, const char *rest)
{
	char beside[80];
	snprintf(beside, sizeof beside, "%s.new", path);
	FILE *f = fopen(beside, "we");
	assert_non_null(f);
	fputs(head, f);
	fputs(rest, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(rename(beside, path), 0);
}

static void all_three(struct place *p)
{
	put(p->path[REGISTER_PERMITS], p_head,
		"C01X00T47,RKS,1964-08-12,short_stay_visa,NOR,2026-11-01,2026-12-24,2,1,30\n"
		"C01X00T47,RKS,1964-08-12,residence,SWE,2020-02-29,2026-11-28,0,0,0\n"
		"XI0000001,RKS,1980-00-00,long_stay_visa,D,2026-01-01,2027-01-01,0,7,0\n");
	put(p->path[REGISTER_AUTHORISATIONS], a_head,
		"A1,XOM,1990-01-01,granted,2026-01-01,2026-11-29\n"
		"A2,XOM,1990-01-01,granted,2026-01-01,2026-11-28\n"
		"A3,XOM,1990-01-01,revoked,2026-01-01,2027-01-01\n"
		"A4,XOM,1990-01-01,refused,2026-01-01,2027-01-01\n"
		"A4,XOM,1990-01-01,granted,2026-11-29,2027-01-01\n"
		"A4,XOM,1990-01-01,revoked,2026-01-01,2027-01-01\n");
	put(p->path[REGISTER_BANS], b_head, "B1,UTO,1970-05-05,FRA,2027-01-01\nB1,UTO,1970-05-05,NOR,\n");
}

static void turn_until_done(struct place *p, struct registers *r)
{
	bool more = true;
	p->now_ms += 10000;
	for (int i = 0; more; i++) {
		assert_int_equal(registers_turn(r, p->db, p->now_ms, &more), 0);
		assert_true(i < 1000);
	}
}

static int64_t now_s(const struct place *p)
{
	struct stat st;
	assert_int_equal(stat(p->path[REGISTER_PERMITS], &st), 0);
	return st.st_mtim.tv_sec + 60;
}

static void look(struct place *p, const char *number, const char *issuer, uint32_t birth, struct registers_answer *out)
{
	uint8_t person[HISTORY_PERSON];
	assert_int_equal(history_person(key, number, issuer, birth, person), 0);
	assert_int_equal(registers_look(p->r, p->db, "NOR", person, TODAY, now_s(p), out), 0);
}

static int number_row(void *self, const struct db_value *c, size_t count)
{
	assert_int_equal(count, 1);
	*(int64_t *)self = c[0].number;
	return 0;
}

static int64_t entries(struct place *p)
{
	int64_t n = -1;
	assert_int_equal(db_exec(p->query, ENTRIES, NULL, 0, number_row, &n), 0);
	return n;
}

static void lines(void **state)
{
	(void)state;
	static const struct {
		enum register_kind kind;
		bool good;
		const char *text;
	} cases[] = {
		{REGISTER_PERMITS, true, "N1,D,1964-08-12,residence,NOR,2024-02-29,2026-12-31,0,0,0\r\n"},
		{REGISTER_PERMITS, true, "N1,D,1964-00-00,local_border_traffic,NOR,2026-12-31,2026-12-31,9999,9999,9999"},
		{REGISTER_PERMITS, false, "N1,D,1964-08-12,residence,NOR,2023-02-29,2026-12-31,0,0,0\n"},
		{REGISTER_PERMITS, false, "N1,D,1964-08-12,residence,NOR,1900-02-29,2026-12-31,0,0,0\n"},
		{REGISTER_PERMITS, false, "N1,D,1964-08-12,residence,NOR,2026-04-31,2026-12-31,0,0,0\n"},
		{REGISTER_PERMITS, false, "N1,D,1964-08-12,residence,NOR,2026-12-31,2026-12-30,0,0,0\n"},
		{REGISTER_PERMITS, false, "N1,D,1964-08-12,residence,NOR,2026-12-31,,0,0,0\n"},
		{REGISTER_PERMITS, false, "N1,D,1964-08-12,Residence,NOR,2024-02-29,2026-12-31,0,0,0\n"},
		{REGISTER_PERMITS, false, "N1,D,1964-08-12,,NOR,2024-02-29,2026-12-31,0,0,0\n"},
		{REGISTER_PERMITS, false, "N1,D,1964-08-12,residence,nor,2024-02-29,2026-12-31,0,0,0\n"},
		{REGISTER_PERMITS, false, "N1,D,1964-08-12,residence,NORW,2024-02-29,2026-12-31,0,0,0\n"},
		{REGISTER_PERMITS, false, "N1,D,1964-08-12,residence,NOR,2024-02-29,2026-12-31,10000,0,0\n"},
		{REGISTER_PERMITS, false, "N1,D,1964-08-12,residence,NOR,2024-02-29,2026-12-31,-1,0,0\n"},
		{REGISTER_PERMITS, false, "N1,D,1964-08-12,residence,NOR,2024-02-29,2026-12-31,0,0,\n"},
		{REGISTER_PERMITS, false, "N1,D,1964-08-12,residence,NOR,2024-02-29,2026-12-31,0,0\n"},
		{REGISTER_PERMITS, false, "N1,D,1964-08-12,residence,NOR,2024-02-29,2026-12-31,0,0,0,0\n"},
		{REGISTER_PERMITS, false, ",D,1964-08-12,residence,NOR,2024-02-29,2026-12-31,0,0,0\n"},
		{REGISTER_PERMITS, false, "N|1,D,1964-08-12,residence,NOR,2024-02-29,2026-12-31,0,0,0\n"},
		{REGISTER_PERMITS, false, "N1,D,12.08.1964,residence,NOR,2024-02-29,2026-12-31,0,0,0\n"},
		{REGISTER_AUTHORISATIONS, true, "N1,XOM,1964-08-12,granted,2026-01-01,2026-12-31\n"},
		{REGISTER_AUTHORISATIONS, false, "N1,XOM,1964-08-12,valid,2026-01-01,2026-12-31\n"},
		{REGISTER_AUTHORISATIONS, false, "N1,XOM,1964-08-12,granted,,2026-12-31\n"},
		{REGISTER_BANS, true, "N1,XOM,1964-08-12,FRA,\n"},
		{REGISTER_BANS, true, "N1,XOM,1964-08-12,FRA,2026-12-31\n"},
		{REGISTER_BANS, false, "N1,XOM,1964-08-12,FRA\n"},
		{REGISTER_BANS, false, "N1,XOM,1964-08-12,,2026-12-31\n"},
		{REGISTER_BANS, false, "N1,XOM,1964-08-12,FRA,never\n"},
	};
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		char line[CSV_LINE_MAX];
		struct register_row row;
		snprintf(line, sizeof line, "%s", cases[i].text);
		int err = register_read(cases[i].kind, key, line, &row);
		if (err != (cases[i].good ? 0 : PN_EFORMAT))
			fail_msg("%s: %d", cases[i].text, err);
	}
}

static void nothing_is_vouched_for_before_a_file_is_whole(void **state)
{
	struct place *p = *state;
	struct registers_answer a;
	uint8_t person[HISTORY_PERSON] = {1};
	assert_int_equal(registers_look(p->r, p->db, "NOR", person, TODAY, 0, &a), 0);
	for (int k = 1; k < REGISTER_KINDS_; k++)
		assert_int_equal(a.result[k], POSTERN__CHECK_RESULT__CHECK_UNDETERMINED);
	assert_int_equal(registers_look(p->r, p->db, "SWE", person, TODAY, 0, &a), 0);
	for (int k = 1; k < REGISTER_KINDS_; k++)
		assert_int_equal(a.result[k], POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED);
	assert_int_equal(registers_look(NULL, p->db, "NOR", person, TODAY, 0, &a), 0);
	for (int k = 1; k < REGISTER_KINDS_; k++)
		assert_int_equal(a.result[k], POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED);
	turn_until_done(p, p->r);
	assert_int_equal(p->told_wrong, 3);
	assert_string_equal(p->where, "bans.no.file");
	turn_until_done(p, p->r);
	assert_int_equal(p->told_wrong, 3);
	all_three(p);
	turn_until_done(p, p->r);
	assert_int_equal(p->told_well, 1);
	assert_int_equal(registers_loaded(p->r), 3 + 6 + 2);
	assert_int_equal(registers_loaded(p->r), 0);
}

static void permits_are_told_as_written(void **state)
{
	struct place *p = *state;
	struct registers_answer a;
	all_three(p);
	turn_until_done(p, p->r);
	look(p, "C01X00T47", "RKS", 19640812, &a);
	assert_int_equal(a.result[REGISTER_PERMITS], POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	assert_int_equal(a.permits, 2);
	const Postern__Permit *v = a.permit_list[0], *w = a.permit_list[1];
	assert_int_equal(v->kind, POSTERN__PERMIT_KIND__PERMIT_SHORT_STAY_VISA);
	assert_string_equal(v->issuer, "NOR");
	assert_int_equal(v->valid_from->year * 10000 + v->valid_from->month * 100 + v->valid_from->day, 20261101);
	assert_int_equal(v->valid_until->year * 10000 + v->valid_until->month * 100 + v->valid_until->day, 20261224);
	assert_int_equal(v->entries_allowed, 2);
	assert_int_equal(v->entries_used, 1);
	assert_int_equal(v->stay_days, 30);
	assert_int_equal(w->kind, POSTERN__PERMIT_KIND__PERMIT_RESIDENCE);
	assert_string_equal(w->issuer, "SWE");
	assert_int_equal(w->valid_until->day, 28);
	look(p, "XI0000001", "RKS", 19800000, &a);
	assert_int_equal(a.permits, 1);
	assert_string_equal(a.permit_list[0]->issuer, "D");
	look(p, "XI0000001", "RKS", 19800101, &a);
	assert_int_equal(a.result[REGISTER_PERMITS], POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	assert_int_equal(a.permits, 0);
}

static void authorisations_are_judged_on_the_day(void **state)
{
	struct place *p = *state;
	struct registers_answer a;
	static const struct {
		const char *number;
		Postern__CheckResult expected;
	} cases[] = {{"A1", POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL}, {"A2", POSTERN__CHECK_RESULT__CHECK_FAILED},
		{"A3", POSTERN__CHECK_RESULT__CHECK_FAILED}, {"A4", POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL},
		{"A5", POSTERN__CHECK_RESULT__CHECK_FAILED}};
	all_three(p);
	turn_until_done(p, p->r);
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		look(p, cases[i].number, "XOM", 19900101, &a);
		assert_int_equal(a.result[REGISTER_AUTHORISATIONS], cases[i].expected);
	}
	uint8_t person[HISTORY_PERSON];
	assert_int_equal(history_person(key, "A1", "XOM", 19900101, person), 0);
	assert_int_equal(registers_look(p->r, p->db, "NOR", person, 0, now_s(p), &a), 0);
	assert_int_equal(a.result[REGISTER_AUTHORISATIONS], POSTERN__CHECK_RESULT__CHECK_UNDETERMINED);
	assert_int_equal(a.result[REGISTER_BANS], POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
}

static void bans_are_told_with_and_without_end(void **state)
{
	struct place *p = *state;
	struct registers_answer a;
	all_three(p);
	turn_until_done(p, p->r);
	look(p, "B1", "UTO", 19700505, &a);
	assert_int_equal(a.bans, 2);
	assert_string_equal(a.ban_list[0]->issuer, "FRA");
	assert_int_equal(a.ban_list[0]->valid_until->year, 2027);
	assert_string_equal(a.ban_list[1]->issuer, "NOR");
	assert_null(a.ban_list[1]->valid_until);
}

static void what_is_too_old_vouches_for_nothing(void **state)
{
	struct place *p = *state;
	struct registers_answer a;
	uint8_t person[HISTORY_PERSON] = {1};
	all_three(p);
	turn_until_done(p, p->r);
	int64_t made_s = now_s(p) - 60;
	assert_int_equal(registers_look(p->r, p->db, "NOR", person, TODAY, made_s + 36 * 3600, &a), 0);
	assert_int_equal(a.result[REGISTER_PERMITS], POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	assert_int_equal(registers_look(p->r, p->db, "NOR", person, TODAY, made_s + 36 * 3600 + 10, &a), 0);
	for (int k = 1; k < REGISTER_KINDS_; k++)
		assert_int_equal(a.result[k], POSTERN__CHECK_RESULT__CHECK_UNDETERMINED);
	/* The same content, made again: as new as its file. */
	struct timespec times[2] = {{.tv_sec = made_s + 86400}, {.tv_sec = made_s + 86400}};
	for (int k = 1; k < REGISTER_KINDS_; k++)
		assert_int_equal(utimensat(AT_FDCWD, p->path[k], times, 0), 0);
	turn_until_done(p, p->r);
	assert_int_equal(registers_look(p->r, p->db, "NOR", person, TODAY, made_s + 36 * 3600 + 10, &a), 0);
	for (int k = 1; k < REGISTER_BANS; k++)
		assert_int_not_equal(a.result[k], POSTERN__CHECK_RESULT__CHECK_UNDETERMINED);
	assert_int_equal(entries(p), 3 + 6 + 2);
}

static void a_wrong_line_leaves_what_was_in_force(void **state)
{
	struct place *p = *state;
	struct registers_answer a;
	all_three(p);
	turn_until_done(p, p->r);
	put(p->path[REGISTER_PERMITS], p_head,
		"Q1,RKS,1964-08-12,residence,NOR,2026-11-01,2026-12-24,0,0,0\n\nQ2,RKS,1964-08-12,residence,NOR,2026-11-01,soon,0,0,0\n");
	turn_until_done(p, p->r);
	assert_int_equal(p->told_wrong, 1);
	assert_string_equal(p->where, "permits.line.4");
	look(p, "C01X00T47", "RKS", 19640812, &a);
	assert_int_equal(a.permits, 2);
	look(p, "Q1", "RKS", 19640812, &a);
	assert_int_equal(a.permits, 0);
	static const char *const bad[] = {"", "document_number,issuer\n", a_head};
	for (size_t i = 0; i < PN_COUNT(bad); i++) {
		put(p->path[REGISTER_PERMITS], bad[i], "");
		turn_until_done(p, p->r);
		assert_int_equal(p->told_wrong, 2 + i);
	}
	put(p->path[REGISTER_PERMITS], p_head, "Q1,RKS,1964-08-12,residence,NOR,2026-11-01,2026-12-24,0,0,0\n");
	turn_until_done(p, p->r);
	assert_int_equal(p->told_well, 1);
	look(p, "Q1", "RKS", 19640812, &a);
	assert_int_equal(a.permits, 1);
	look(p, "C01X00T47", "RKS", 19640812, &a);
	assert_int_equal(a.permits, 0);
	assert_int_equal(entries(p), 1 + 6 + 2);
}

/* A register of MANY people that all have permits of one issuer. */
static void many(const char *path, const char *issuer)
{
	char *text = malloc(MANY * 80), *end = text;
	assert_non_null(text);
	for (int i = 0; i < MANY; i++)
		end += sprintf(end, "M%d,RKS,1964-08-12,residence,%s,2026-11-01,2026-12-24,0,0,0\n", i, issuer);
	put(path, p_head, text);
	free(text);
}

static const char *issuer_of(struct place *p, int i)
{
	static struct registers_answer a;
	char number[16];
	snprintf(number, sizeof number, "M%d", i);
	look(p, number, "RKS", 19640812, &a);
	assert_true(a.permits <= 1);
	return a.permits == 1 ? a.permit_list[0]->issuer : "";
}

static void a_register_changes_at_once(void **state)
{
	struct place *p = *state;
	bool more = true;
	unsigned turns = 0, new_ones = 0;
	all_three(p);
	many(p->path[REGISTER_PERMITS], "NOR");
	turn_until_done(p, p->r);
	many(p->path[REGISTER_PERMITS], "FIN");
	p->now_ms += 10000;
	while (more) {
		assert_int_equal(registers_turn(p->r, p->db, p->now_ms, &more), 0);
		bool first = strcmp(issuer_of(p, 0), "FIN") == 0, last = strcmp(issuer_of(p, MANY - 1), "FIN") == 0;
		assert_true(first == last);
		if (!first) {
			assert_string_equal(issuer_of(p, 0), "NOR");
			assert_int_equal(new_ones, 0);
		}
		new_ones += first;
		turns++;
	}
	assert_true(turns > 10 && new_ones > 1 && new_ones < turns);
	assert_int_equal(entries(p), MANY + 6 + 2);
}

static void whoever_stops_in_between_leaves_a_whole_register(void **state)
{
	struct place *p = *state;
	bool more;
	all_three(p);
	many(p->path[REGISTER_PERMITS], "NOR");
	turn_until_done(p, p->r);
	many(p->path[REGISTER_PERMITS], "FIN");
	p->now_ms += 10000;
	for (int i = 0; i < 6; i++)
		assert_int_equal(registers_turn(p->r, p->db, p->now_ms, &more), 0);
	registers_free(p->r);
	p->r = another(p, p->path[REGISTER_PERMITS], 36);
	assert_string_equal(issuer_of(p, 0), "NOR");
	assert_true(entries(p) > MANY + 8);
	turn_until_done(p, p->r);
	assert_string_equal(issuer_of(p, 0), "FIN");
	assert_string_equal(issuer_of(p, MANY - 1), "FIN");
	assert_int_equal(entries(p), MANY + 6 + 2);
}

/* Two registries before one store, turn by turn: with one content both load it together, with two the later begun counts. */
static void two_registries_do_not_undo_each_other(void **state)
{
	struct place *p = *state;
	char other_path[80];
	all_three(p);
	many(p->path[REGISTER_PERMITS], "NOR");
	snprintf(other_path, sizeof other_path, "%s/other.csv", p->folder);
	for (int round = 0; round < 2; round++) {
		bool more_a = true, more_b = true;
		many(other_path, round == 0 ? "NOR" : "FIN");
		struct registers *b = another(p, other_path, 36);
		p->now_ms += 10000;
		assert_int_equal(registers_turn(p->r, p->db, p->now_ms, &more_a), 0);
		while (more_a || more_b) {
			assert_int_equal(registers_turn(p->r, p->db, p->now_ms, &more_a), 0);
			assert_int_equal(registers_turn(b, p->db, p->now_ms, &more_b), 0);
		}
		for (int i = 0; i < MANY; i += 97)
			assert_string_equal(issuer_of(p, i), round == 0 ? "NOR" : "FIN");
		assert_int_equal(entries(p), MANY + 6 + 2);
		registers_free(b);
		many(p->path[REGISTER_PERMITS], "SWE");
	}
	assert_int_equal(p->told_wrong, 0);
}

static void too_many_for_an_answer_vouch_for_nothing(void **state)
{
	struct place *p = *state;
	char text[40 * 80], *end = text;
	struct registers_answer a;
	all_three(p);
	for (int i = 0; i < REGISTER_ENTRIES_MAX + 1; i++)
		end += sprintf(end, "B9,UTO,1970-05-05,NOR,20%d-01-01\n", 30 + i);
	put(p->path[REGISTER_BANS], b_head, text);
	turn_until_done(p, p->r);
	look(p, "B9", "UTO", 19700505, &a);
	assert_int_equal(a.result[REGISTER_BANS], POSTERN__CHECK_RESULT__CHECK_UNDETERMINED);
	assert_int_equal(a.result[REGISTER_PERMITS], POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		WITH_STORE(nothing_is_vouched_for_before_a_file_is_whole),
		WITH_STORE(permits_are_told_as_written),
		WITH_STORE(authorisations_are_judged_on_the_day),
		WITH_STORE(bans_are_told_with_and_without_end),
		WITH_STORE(what_is_too_old_vouches_for_nothing),
		WITH_STORE(a_wrong_line_leaves_what_was_in_force),
		WITH_STORE(a_register_changes_at_once),
		WITH_STORE(whoever_stops_in_between_leaves_a_whole_register),
		WITH_STORE(two_registries_do_not_undo_each_other),
		WITH_STORE(too_many_for_an_answer_vouch_for_nothing),
	};
	if (argc != 2) {
		fprintf(stderr, "usage: test-registers sqlite|postgresql\n");
		return 2;
	}
	if (strcmp(argv[1], "postgresql") == 0)
		server = pg_server_start(NULL);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	if (server != NULL)
		pg_server_stop(server);
	return failed;
}

/* SPDX-License-Identifier: Apache-2.0
 * The matcher against a list of generated people, on one core: latency, memory, build, recall, and
 * the curve of innocent travellers alerted against recall; beside it PostgreSQL's pg_trgm and a
 * plain Jaro-Winkler scan in the same run, and the watchlist's documents. tests/bench/match says
 * how it is run. Must never draw a query from anything the matcher was tuned on when --held is
 * given.
 */
#include <getopt.h>
#include <libpq-fe.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "match/match.h"
#include "match_people.h"
#include "matcher.h"
#include "pg_server.h"

struct settings {
	uint64_t seed;
	unsigned long entries, queries, innocents, documents;
	bool held, peers, bare, trace;
};

static double now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double resident_mb(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	long pages = 0;
	if (f == NULL || fscanf(f, "%*d %ld", &pages) != 1)
		pages = 0;
	if (f != NULL)
		fclose(f);
	return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

/* This thread's processor time: what the search costs when others use the machine too. */
static double processor_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double at(double *v, size_t n, double p)
{
	qsort(v, n, sizeof *v, by_value);
	size_t i = (size_t)((double)n * p / 100);
	return n == 0 ? 0 : v[i < n ? i : n - 1];
}

static void must(bool good, const char *what)
{
	if (!good) {
		fprintf(stderr, "bench-match: %s\n", what);
		exit(1);
	}
}

static void listed(const struct settings *s, uint64_t number, struct human *h)
{
	struct random r = {s->seed * 7919 + number};
	human_make(s->seed, number, h);
	human_list(&r, h);
}

static void read_person(const struct settings *s, const struct human *h, struct match_person *p)
{
	memset(p, 0, sizeof *p);
	p->birth = (struct match_birth){(uint16_t)h->year, (uint8_t)h->month, (uint8_t)h->day};
	if (!s->bare) {
		p->sex = h->sex;
		memcpy(p->nationality, h->state, sizeof p->nationality);
	}
}

static void read_human(const struct settings *s, const struct human *h, struct match_name *name,
	struct match_person *p)
{
	must(match_name_read(h->surname, h->given, name) == PN_OK,
		"a generated name cannot be read");
	read_person(s, h, p);
}

/* For tuning, one line a comparison, of people who do not exist: never with held-out noise. Tabs
 * between who, number, kind of noise, agreement of dates, bits beyond the list's size, name score,
 * bits by part, words left over, both names, pairs. */
static void trace(const struct settings *s, struct match_index *x, const char *who, unsigned long i,
	const char *kind, const struct match_name *query, const struct match_found *f)
{
	const struct match_result *r = &f->result;
	char asked[MATCH_TEXT_SIZE], listed[MATCH_TEXT_SIZE];
	struct match_name entry;
	struct match_person person;
	if (!s->trace || s->held)
		return;
	match_index_entry(x, f->at, &entry, &person);
	match_name_write(query, asked, sizeof asked);
	match_name_write(&entry, listed, sizeof listed);
	printf("trace\t%s\t%lu\t%s\t%s\t%.2f\t%.3f\t%.2f %.1f %.1f %.2f\t%zu %zu\t%s\t%s\t", who, i,
		kind, match_birth_name(r->birth), r->bits - log2((double)s->entries), r->name_score,
		r->name_bits, r->birth_bits, r->other_bits, r->chance_bits, r->query_missing,
		r->entry_missing, asked, listed);
	for (size_t k = 0; k < r->pair_count; k++)
		printf("%s~%s:%.3f:%.2f ", query->word[r->pair[k].of_query].plain,
			entry.word[r->pair[k].of_entry].plain, (double)r->pair[k].likeness,
			(double)r->pair[k].bits);
	printf("\n");
}

/* The noisy traveller who is entry `number`. */
struct traveller {
	struct human human;
	unsigned long number;
	enum noise_kind kind;
	bool cut;
};

static struct traveller wanted_traveller(const struct settings *s, unsigned long i)
{
	struct random r = {(s->seed ^ 0x5eed) * 104729 + i};
	struct traveller t = {.number = (unsigned long)(random_next(&r) % s->entries)};
	human_make(s->seed, t.number, &t.human);
	t.kind = human_noise(&r, s->held, &t.human, &t.cut);
	return t;
}

static void add_human(
	const struct settings *s, struct match_index *x, const struct human *h, uint32_t id)
{
	struct match_name name;
	struct match_person person;
	read_person(s, h, &person);
	must(match_name_read_plain(h->surname, h->given, &name) == PN_OK,
		"a generated name cannot be read");
	must(match_index_add(x, &name, &person, id) == PN_OK, "no memory");
}

/* People are drawn in batches, so that the clock is not read for each. */
enum { BATCH = 1000 };

static struct match_index *build(const struct settings *s)
{
	struct match_index *x;
	double reading = 0, begun, before = resident_mb();
	must(match_index_new(&x) == PN_OK, "no memory");
	for (unsigned long i = 0; i < s->entries; i += BATCH) {
		static struct human h[BATCH];
		for (unsigned long k = 0; k < BATCH; k++)
			listed(s, i + k, &h[k]);
		begun = processor_us();
		for (unsigned long k = 0; k < BATCH && i + k < s->entries; k++)
			add_human(s, x, &h[k], (uint32_t)(i + k));
		reading += processor_us() - begun;
	}
	double wall = now_us();
	begun = processor_us();
	must(match_index_build(x) == PN_OK, "no memory");
	double index = processor_us() - begun;
	wall = now_us() - wall;
	printf("build      processor time: names read %.2f s, index %.2f s (%.2f s on the clock), "
	       "together %.2f s per million\n",
		reading / 1e6, index / 1e6, wall / 1e6, (reading + index) / (double)s->entries);
	printf("memory     index %.1f MB, resident %.1f MB more than before; per million %.1f MB\n",
		(double)match_index_stats(x).bytes / 1e6, resident_mb() - before,
		(double)match_index_stats(x).bytes / (double)s->entries);
	return x;
}

/* How far beyond the list's size the evidence goes; -99 when the names are too unlike. */
static double margin(const struct settings *s, const struct match_found *f)
{
	if (f->result.name_score < match_policy_default.least_score[f->result.birth])
		return -99;
	return f->result.bits - log2((double)s->entries);
}

struct measured {
	double *us, *cpu, *margin;
	size_t count, in_ten, first;
	size_t of_kind[NOISE_KINDS], in_ten_of_kind[NOISE_KINDS], alerted_of_kind[NOISE_KINDS];
};

static void search_wanted(
	const struct settings *s, struct match_index *x, bool birth, struct measured *m)
{
	struct match_found *found = calloc(MATCH_FOUND_MAX, sizeof *found);
	for (unsigned long i = 0; i < s->queries; i++) {
		struct traveller t = wanted_traveller(s, i);
		struct match_name name;
		struct match_person person;
		double begun = now_us(), spent = processor_us();
		read_human(s, &t.human, &name, &person);
		name.truncated = t.cut;
		if (!birth)
			person.birth.year = 0;
		size_t n = match_index_find(x, &name, &person, found, 10);
		m->us[m->count] = now_us() - begun;
		m->cpu[m->count] = processor_us() - spent;
		m->margin[m->count] = -99;
		m->of_kind[t.kind]++;
		for (size_t k = 0; k < n; k++)
			if (found[k].id == t.number) {
				m->in_ten++;
				m->in_ten_of_kind[t.kind]++;
				m->first += k == 0;
				m->margin[m->count] = margin(s, &found[k]);
				if (birth)
					trace(s, x, "wanted", i, noise_name(t.kind), &name,
						&found[k]);
			}
		m->alerted_of_kind[t.kind] +=
			m->margin[m->count] >= match_policy_default.alert_bits;
		m->count++;
	}
	free(found);
}

static void search_innocent(const struct settings *s, struct match_index *x, struct measured *m)
{
	struct match_found *found = calloc(MATCH_FOUND_MAX, sizeof *found);
	for (unsigned long i = 0; i < s->innocents; i++) {
		struct human h;
		struct match_name name;
		struct match_person person;
		human_make(s->seed, (UINT64_C(1) << 40) + i, &h);
		double begun = now_us(), spent = processor_us();
		read_human(s, &h, &name, &person);
		size_t n = match_index_find(x, &name, &person, found, 10);
		m->us[m->count] = now_us() - begun;
		m->cpu[m->count] = processor_us() - spent;
		m->margin[m->count] = -99;
		for (size_t k = 0; k < n; k++) {
			trace(s, x, "innocent", i, "-", &name, &found[k]);
			if (margin(s, &found[k]) > m->margin[m->count])
				m->margin[m->count] = margin(s, &found[k]);
		}
		m->count++;
	}
	free(found);
}

static double share_from(const struct measured *m, double bits)
{
	size_t n = 0;
	for (size_t i = 0; i < m->count; i++)
		n += m->margin[i] >= bits;
	return m->count == 0 ? 0 : (double)n / (double)m->count;
}

/* The bits that the given share of m reaches. */
static double bits_of_share(const struct measured *m, double share)
{
	double *v = calloc(m->count + 1, sizeof *v);
	must(v != NULL, "no memory");
	memcpy(v, m->margin, m->count * sizeof *v);
	double bits = at(v, m->count, 100 * (1 - share));
	free(v);
	return bits;
}

static struct measured room_for(size_t n)
{
	struct measured m = {.us = calloc(n + 1, sizeof(double)),
		.cpu = calloc(n + 1, sizeof(double)),
		.margin = calloc(n + 1, sizeof(double))};
	must(m.us != NULL && m.cpu != NULL && m.margin != NULL, "no memory");
	return m;
}

static void tell(const char *what, struct measured *m)
{
	printf("%-10s p50 %.2f ms, p99 %.2f ms", what, at(m->us, m->count, 50) / 1e3,
		at(m->us, m->count, 99) / 1e3);
	if (m->cpu[0] > 0)
		printf(" (processor time %.2f, %.2f)", at(m->cpu, m->count, 50) / 1e3,
			at(m->cpu, m->count, 99) / 1e3);
	printf(", recall@10 %.4f, first %.4f (%zu queries)\n", (double)m->in_ten / (double)m->count,
		(double)m->first / (double)m->count, m->count);
}

static void forget(struct measured *m)
{
	free(m->us);
	free(m->cpu);
	free(m->margin);
}

static void run_ours(const struct settings *s)
{
	struct match_index *x = build(s);
	struct measured dated = room_for(s->queries), bare = room_for(s->queries),
			innocent = room_for(s->innocents);
	search_wanted(s, x, true, &dated);
	search_innocent(s, x, &innocent);
	tell("with date", &dated);
	search_wanted(s, x, false, &bare);
	tell("no date", &bare);
	printf("noise      kind, queries, in ten, alerted\n");
	for (unsigned k = 0; k < NOISE_KINDS; k++)
		printf("           %-18s %5zu %.3f %.3f\n", noise_name(k), dated.of_kind[k],
			(double)dated.in_ten_of_kind[k] /
				(double)(dated.of_kind[k] + !dated.of_kind[k]),
			(double)dated.alerted_of_kind[k] /
				(double)(dated.of_kind[k] + !dated.of_kind[k]));
	printf("curve      bits beyond the list's size, recall, innocents alerted (%zu; the "
	       "policy's is %.0f)\n",
		innocent.count, match_policy_default.alert_bits);
	for (double b = -8; b <= 14; b++)
		printf("           %4.0f  %.4f  %.4f\n", b, share_from(&dated, b),
			share_from(&innocent, b));
	double at_90 = bits_of_share(&dated, 0.90), at_1 = bits_of_share(&innocent, 0.01);
	printf("goal       at recall 0.90 (%.2f bits) %.4f of innocents alerted; at 0.01 of them "
	       "(%.2f bits) recall %.4f\n",
		at_90, share_from(&innocent, at_90), at_1, share_from(&dated, at_1));
	forget(&dated);
	forget(&bare);
	forget(&innocent);
	match_index_free(x);
}

static void whole_name(const struct human *h, char out[170])
{
	snprintf(out, 170, "%s %s", h->surname, h->given);
}

static void pg_do(PGconn *c, const char *sql)
{
	PGresult *r = PQexec(c, sql);
	must(PQresultStatus(r) == PGRES_COMMAND_OK || PQresultStatus(r) == PGRES_TUPLES_OK,
		PQerrorMessage(c));
	PQclear(r);
}

static void pg_fill(const struct settings *s, PGconn *c)
{
	char line[256], name[170];
	PGresult *r = PQexec(c, "COPY p FROM STDIN");
	must(PQresultStatus(r) == PGRES_COPY_IN, PQerrorMessage(c));
	PQclear(r);
	for (unsigned long i = 0; i < s->entries; i++) {
		struct human h;
		listed(s, i, &h);
		whole_name(&h, name);
		int n = snprintf(line, sizeof line, "%lu\t%s\t%u\n", i, name, h.year);
		must(PQputCopyData(c, line, n) == 1, PQerrorMessage(c));
	}
	must(PQputCopyEnd(c, NULL) == 1, PQerrorMessage(c));
	while ((r = PQgetResult(c)) != NULL)
		PQclear(r);
}

static void run_pg(const struct settings *s)
{
	struct pg_server *server =
		pg_server_start("shared_buffers=1GB fsync=off max_wal_size=4GB "
				"maintenance_work_mem=512MB max_parallel_workers_per_gather=0 "
				"max_parallel_maintenance_workers=0 work_mem=64MB jit=off");
	PGconn *c = PQconnectdb(pg_server_conninfo(server));
	must(PQstatus(c) == CONNECTION_OK, PQerrorMessage(c));
	pg_do(c, "CREATE EXTENSION pg_trgm");
	pg_do(c, "CREATE UNLOGGED TABLE p(id int, name text, year int)");
	pg_fill(s, c);
	double begun = now_us();
	pg_do(c, "CREATE INDEX ON p USING gin (name gin_trgm_ops)");
	printf("pg_trgm    index built in %.1f s\n", (now_us() - begun) / 1e6);
	pg_do(c, "ANALYZE p");
	static const char *const limits[] = {"0.3", "0.4", "0.5"};
	for (unsigned l = 0; l < 3; l++) {
		char sql[96];
		unsigned long tried = s->queries < 150 ? s->queries : 150;
		struct measured m = room_for(tried);
		snprintf(sql, sizeof sql, "SET pg_trgm.similarity_threshold = %s", limits[l]);
		pg_do(c, sql);
		for (unsigned long i = 0; i < tried; i++) {
			struct traveller t = wanted_traveller(s, i);
			char name[170], from[16], to[16];
			const char *values[] = {name, from, to};
			whole_name(&t.human, name);
			snprintf(from, sizeof from, "%u", t.human.year - 2);
			snprintf(to, sizeof to, "%u", t.human.year + 2);
			begun = now_us();
			PGresult *r = PQexecParams(c,
				"SELECT id FROM p WHERE name % $1 AND (year BETWEEN $2::int AND "
				"$3::int OR year = 0) ORDER BY similarity(name, $1) DESC LIMIT 10",
				3, NULL, values, NULL, NULL, 0);
			m.us[m.count++] = now_us() - begun;
			must(PQresultStatus(r) == PGRES_TUPLES_OK, PQerrorMessage(c));
			for (int k = 0; k < PQntuples(r); k++)
				if (strtoul(PQgetvalue(r, k, 0), NULL, 10) == t.number) {
					m.in_ten++;
					m.first += k == 0;
				}
			PQclear(r);
		}
		snprintf(sql, sizeof sql, "trgm %s", limits[l]);
		tell(sql, &m);
		forget(&m);
	}
	PQfinish(c);
	pg_server_stop(server);
}

/* Jaro-Winkler as the textbook has it, on its own. */
static double plain_jw(const char *a, const char *b)
{
	int n = (int)strlen(a), m = (int)strlen(b), window = (n > m ? n : m) / 2 - 1, common = 0,
	    moved = 0, prefix = 0;
	bool x[170] = {false}, y[170] = {false};
	for (int i = 0; i < n; i++)
		for (int k = i - window > 0 ? i - window : 0; k <= i + window && k < m; k++)
			if (!y[k] && a[i] == b[k]) {
				x[i] = y[k] = true;
				common++;
				break;
			}
	if (common == 0)
		return 0;
	for (int i = 0, k = 0; i < n; i++)
		if (x[i]) {
			while (!y[k])
				k++;
			moved += a[i] != b[k++];
		}
	double c = common, j = (c / n + c / m + (c - moved / 2.0) / c) / 3;
	while (prefix < 4 && prefix < n && prefix < m && a[prefix] == b[prefix])
		prefix++;
	return j + prefix * 0.1 * (1 - j);
}

static void run_scan(const struct settings *s)
{
	enum { TRIED = 20, TEN = 10 };
	char(*names)[64] = calloc(s->entries, sizeof *names);
	struct measured m = room_for(TRIED);
	must(names != NULL, "no memory");
	for (unsigned long i = 0; i < s->entries; i++) {
		struct human h;
		listed(s, i, &h);
		snprintf(names[i], sizeof names[i], "%.30s %.30s", h.surname, h.given);
	}
	for (unsigned long i = 0; i < TRIED; i++) {
		struct traveller t = wanted_traveller(s, i);
		char name[170];
		size_t better = 0;
		whole_name(&t.human, name);
		double begun = now_us(), own = plain_jw(name, names[t.number]);
		for (unsigned long k = 0; k < s->entries; k++)
			better += plain_jw(name, names[k]) > own;
		m.us[m.count++] = now_us() - begun;
		m.in_ten += better < TEN;
		m.first += better == 0;
	}
	tell("JW scan", &m);
	forget(&m);
	free(names);
}

static void document_number(uint64_t seed, unsigned long i, char out[16])
{
	struct random r = {seed + i * 31};
	snprintf(out, 16, "%c%08u", 'A' + (int)random_below(&r, 26), random_below(&r, 100000000));
}

enum { LINE = 256 };
static const char list_head[] =
	"# list=bench version=1 issued=2026-06-30T12:00:00Z\nentry_id,kind,document_number,issuer,"
	"document_status,surname,given_names,aliases,birth_date,sex,nationality,authority,purpose,"
	"handling_code,valid_from,valid_until\n";

static size_t document_line(const struct settings *s, unsigned long i, char *line)
{
	char number[16];
	document_number(s->seed, i, number);
	return (size_t)snprintf(
		line, LINE, "slt:%lu,document,%s,UTO,stolen,,,,,,,slt,border,seize,,\n", i, number);
}

static size_t person_line(const struct settings *s, unsigned long i, char *line)
{
	struct human h;
	char birth[40] = "";
	listed(s, i, &h);
	if (h.year != 0)
		snprintf(birth, sizeof birth, "%04u-%02u-%02u", h.year, h.month, h.day);
	return (size_t)snprintf(line, LINE,
		"prs:%lu,person,,,,%s,%s,,%s,%.1s,%s,police,border,second-line,,\n", i, h.surname,
		h.given, birth, h.sex != '\0' ? &h.sex : "", h.state);
}

/* As the watchlist's plugin reads a file. */
static struct list *read_list(const struct settings *s, unsigned long count, const char *what,
	size_t (*line)(const struct settings *s, unsigned long i, char *line))
{
	struct list *list = NULL;
	unsigned wrong = 0;
	size_t n = sizeof list_head - 1, room = n + (count + 2) * LINE;
	char *text = malloc(room);
	must(text != NULL, "no memory");
	memcpy(text, list_head, n);
	for (unsigned long i = 0; i < count; i++)
		n += line(s, i, text + n);
	double begun = now_us(), before = resident_mb();
	if (list_take(text, n, &list, &wrong) != PN_OK)
		fprintf(stderr, "bench-match: line %u of the list of %s\n", wrong, what);
	must(list != NULL, "no list");
	printf("list       %lu %s as the plugin reads them: %.2f s, the file's %.0f MB and %.0f MB "
	       "beside them\n",
		count, what, (now_us() - begun) / 1e6, (double)n / 1e6, resident_mb() - before);
	return list;
}

static bool is_found(const struct list *list, const char *number, unsigned long wanted)
{
	const char *const numbers[] = {number};
	const struct matcher_query q = {.numbers = numbers,
		.number_count = 1,
		.issuer = "UTO",
		.surname = "",
		.given_names = "",
		.today = 20260701,
		.purposes = "border"};
	struct matcher_found found;
	char id[32];
	matcher_find(list, NULL, &q, &found);
	snprintf(id, sizeof id, "slt:%lu", wanted);
	for (size_t i = 0; i < found.count; i++)
		if (strcmp(found.match[i].entry.id, id) == 0)
			return true;
	return false;
}

/* A traveller's whole search, by name as it is and as one that the zone may have cut. */
static void search_people(const struct settings *s, const struct list *list, bool cut)
{
	enum { TRIED = 1000 };
	struct measured m = room_for(TRIED);
	struct matcher_found found;
	for (unsigned long i = 0; i < TRIED; i++) {
		struct human h;
		human_make(s->seed, (UINT64_C(1) << 40) + i, &h);
		struct matcher_query q = {.surname = h.surname,
			.given_names = h.given,
			.issuer = "UTO",
			.name_truncated = cut,
			.year = h.year,
			.month = h.month,
			.day = h.day};
		double begun = now_us();
		matcher_find(list, NULL, &q, &found);
		m.us[m.count++] = now_us() - begun;
	}
	printf("%-10s p50 %.2f ms, p99 %.2f ms on the plugin's list\n", cut ? "cut name" : "name",
		at(m.us, m.count, 50) / 1e3, at(m.us, m.count, 99) / 1e3);
	forget(&m);
}

/* The watchlist's own list and search. */
static void run_lists(const struct settings *s)
{
	enum { TRIED = 200000 };
	struct measured m = room_for(TRIED);
	char number[16];
	struct list *list = read_list(s, s->entries, "people", person_line);
	search_people(s, list, false);
	search_people(s, list, true);
	list_free(list);
	list = read_list(s, s->documents, "documents", document_line);
	for (unsigned long i = 0; i < TRIED; i++) {
		struct random r = {i};
		unsigned long wanted = (unsigned long)(random_next(&r) % (2 * s->documents));
		document_number(s->seed, wanted, number);
		double begun = now_us();
		bool found = is_found(list, number, wanted);
		m.us[m.count++] = now_us() - begun;
		must(found == (wanted < s->documents),
			"a document is not found, or one that is not there is");
	}
	printf("documents  %lu, search p50 %.2f us, p99 %.2f us (half of them there)\n",
		s->documents, at(m.us, m.count, 50), at(m.us, m.count, 99));
	list_free(list);
	forget(&m);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"entries", 1, NULL, 'e'}, {"seed", 1, NULL, 's'},
		{"queries", 1, NULL, 'q'}, {"innocents", 1, NULL, 'i'}, {"documents", 1, NULL, 'd'},
		{"held", 0, NULL, 'h'}, {"peers", 0, NULL, 'p'}, {"bare", 0, NULL, 'b'},
		{"trace", 0, NULL, 't'}, {NULL, 0, NULL, 0}};
	struct settings s = {.seed = 1, .entries = 1000000, .queries = 2000, .innocents = 2000};
	for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		unsigned long v = optarg != NULL ? strtoul(optarg, NULL, 10) : 0;
		switch (o) {
		case 'e':
			s.entries = v;
			break;
		case 's':
			s.seed = v;
			break;
		case 'q':
			s.queries = v;
			break;
		case 'i':
			s.innocents = v;
			break;
		case 'd':
			s.documents = v;
			break;
		case 'h':
			s.held = true;
			break;
		case 'p':
			s.peers = true;
			break;
		case 'b':
			s.bare = true;
			break;
		case 't':
			s.trace = true;
			break;
		default:
			return 2;
		}
	}
	cpu_set_t one;
	CPU_ZERO(&one);
	CPU_SET((size_t)sched_getcpu(), &one);
	must(sched_setaffinity(0, sizeof one, &one) == 0, "cannot keep to one processor");
	printf("list       %lu people, seed %lu, %s noise%s\n", s.entries, (unsigned long)s.seed,
		s.held ? "held-out" : "tuning", s.bare ? ", neither sex nor nationality" : "");
	if (s.entries > 0)
		run_ours(&s);
	if (s.peers) {
		run_scan(&s);
		run_pg(&s);
	}
	if (s.documents > 0)
		run_lists(&s);
	return 0;
}

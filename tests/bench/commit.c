/* SPDX-License-Identifier: Apache-2.0
 * What a durable record costs: the journal's commit beside a bare SQLite commit of the same bytes,
 * turn by turn in the same run and on the same disk; idle and with every core busy; with and
 * without real-time priority of the committing thread. Must never be read across machines: only the
 * ratio within one run means something.
 *
 *   bench-commit [--appends N] [--folder DIR]
 */
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "crossing.pb-c.h"
#include "journal/file.h"
#include "journal/journal.h"
#include "journal/seal.h"

enum { PERSONAL = 1300, HOGS_MAX = 64, PRIORITY = 10, APPENDS_MAX = 100000 };

struct bench {
	char folder[4096];
	unsigned appends;
	uint32_t *commit_us, *trip_us, *bare_us;
	size_t row_bytes; /* of one journal row, so that the bare commit writes as many */
};

struct bare {
	sqlite3 *db;
	sqlite3_stmt *begin, *insert, *commit;
	uint8_t *row;
	size_t size;
};

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

static uint32_t quantile(uint32_t *sorted, unsigned n, unsigned permille)
{
	return sorted[(uint64_t)(n - 1) * permille / 1000];
}

static int step(sqlite3_stmt *s)
{
	int code = sqlite3_step(s);
	sqlite3_reset(s);
	return code == SQLITE_DONE ? 0 : -1;
}

static int bare_open(struct bare *b, const char *folder, size_t size)
{
	char path[4200];
	snprintf(path, sizeof path, "%s/bare.db", folder);
	b->size = size;
	b->row = malloc(size);
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	if (b->row == NULL || fd < 0 || read(fd, b->row, size) != (ssize_t)size)
		return -1;
	close(fd);
	if (sqlite3_open(path, &b->db) != SQLITE_OK ||
		sqlite3_exec(b->db,
			"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
			" CREATE TABLE t(id INTEGER PRIMARY KEY, row BLOB NOT NULL)",
			NULL, NULL, NULL) != SQLITE_OK)
		return -1;
	return sqlite3_prepare_v2(b->db, "BEGIN IMMEDIATE", -1, &b->begin, NULL) == SQLITE_OK &&
			       sqlite3_prepare_v2(b->db, "INSERT INTO t(row) VALUES(?1)", -1,
				       &b->insert, NULL) == SQLITE_OK &&
			       sqlite3_prepare_v2(b->db, "COMMIT", -1, &b->commit, NULL) ==
				       SQLITE_OK
		       ? 0
		       : -1;
}

static void bare_close(struct bare *b)
{
	sqlite3_finalize(b->begin);
	sqlite3_finalize(b->insert);
	sqlite3_finalize(b->commit);
	sqlite3_close(b->db);
	free(b->row);
}

static int bare_commit(struct bare *b, uint32_t *us)
{
	uint64_t begun = clock_mono_ns();
	sqlite3_bind_blob(b->insert, 1, b->row, (int)b->size, SQLITE_STATIC);
	if (step(b->begin) != 0 || step(b->insert) != 0 || step(b->commit) != 0)
		return -1;
	*us = (uint32_t)((clock_mono_ns() - begun) / 1000);
	return 0;
}

static size_t make_clear(uint8_t *out, uint64_t n)
{
	char id[32], lane[] = "lane-1", pack[] = "starter 1.0.0", nationality[] = "UTO";
	Postern__RecordClear r = POSTERN__RECORD_CLEAR__INIT;
	snprintf(id, sizeof id, "C%020llu", (unsigned long long)n);
	r.kind = POSTERN__RECORD_KIND__RECORD_VERDICT;
	r.verdict = POSTERN__VERDICT__VERDICT_CLEAR;
	r.crossing_id = id;
	r.lane = lane;
	r.detail = pack;
	r.nationality = r.issuer = nationality;
	r.wall_ms = 1790000000000 + (int64_t)n;
	return postern__record_clear__pack(&r, out);
}

static int journal_commit(struct journal *j, uint64_t n, uint32_t *commit_us, uint32_t *trip_us)
{
	static uint8_t clear[512], personal[PERSONAL];
	struct journal_completion done;
	struct pollfd fd = {.fd = journal_completion_fd(j), .events = POLLIN};
	const struct journal_append a = {.tag = n,
		.clear = clear,
		.clear_size = make_clear(clear, n),
		.personal = personal,
		.personal_size = sizeof personal};
	uint64_t begun = clock_mono_ns();
	if (journal_submit(j, &a) != 0)
		return -1;
	int err;
	while ((err = journal_next_completion(j, &done)) == PN_EAGAIN)
		if (poll(&fd, 1, 10000) != 1)
			return -1;
	*trip_us = (uint32_t)((clock_mono_ns() - begun) / 1000);
	*commit_us = done.commit_us;
	return err == 0 && done.result == 0 ? 0 : -1;
}

static struct journal *open_journal(const struct bench *b, int priority)
{
	static char path[4200], key[4200], centre[4200], escrow[4200];
	struct journal *j = NULL;
	snprintf(path, sizeof path, "%s/journal.db", b->folder);
	snprintf(key, sizeof key, "%s/checkpoint.key", b->folder);
	snprintf(centre, sizeof centre, "%s/centre.pem", b->folder);
	snprintf(escrow, sizeof escrow, "%s/escrow.pem", b->folder);
	const struct journal_config c = {.path = path,
		.tenant = "utopia",
		.gate = "north-1",
		.checkpoint_key_path = key,
		.seal_centre = {.path = centre},
		.seal_escrow = {.path = escrow},
		.realtime_priority = priority};
	return journal_open(&j, &c) == 0 ? j : NULL;
}

static unsigned start_hogs(pid_t *hogs, bool busy)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned n = 0;
	for (; busy && n < (unsigned)cores && n < HOGS_MAX; n++) {
		hogs[n] = fork();
		if (hogs[n] == 0) {
			for (volatile uint64_t x = 0;; x++)
				;
		}
	}
	return n;
}

/* The part of a journal commit that is no disk at all. */
static int seal_turn(struct bench *b)
{
	static uint8_t pem[2][8192], personal[PERSONAL];
	static const char *const names[] = {"centre", "escrow"};
	struct seal_recipient to[2];
	struct sealer *s;
	for (int i = 0; i < 2; i++) {
		char path[4300];
		snprintf(path, sizeof path, "%s/%s.pem", b->folder, names[i]);
		to[i] = (struct seal_recipient){.name = names[i], .pem = pem[i]};
		if (file_read(path, pem[i], sizeof pem[i], &to[i].size) != 0)
			return -1;
	}
	if (sealer_new(&s, to, 2) != 0)
		return -1;
	int err = 0;
	for (unsigned i = 0; i < b->appends && err == 0; i++) {
		uint8_t *sealed;
		size_t size;
		uint64_t begun = clock_mono_ns();
		err = sealer_seal(s, personal, sizeof personal, &sealed, &size);
		b->trip_us[i] = (uint32_t)((clock_mono_ns() - begun) / 1000);
		seal_free(sealed, size);
		usleep(500);
	}
	sealer_free(s);
	return err;
}

struct turns {
	struct bench *b;
	struct journal *j;
	struct bare bare;
	bool realtime;
	int result;
};

/* The bare commits run in a thread of the priority that the journal's writer has. */
static void *bare_turn(void *arg)
{
	struct turns *t = arg;
	const struct sched_param p = {.sched_priority = PRIORITY};
	if (t->realtime && pthread_setschedparam(pthread_self(), SCHED_FIFO, &p) != 0)
		t->result = -1;
	for (unsigned i = 0; i < t->b->appends && t->result == 0; i++) {
		t->result = bare_commit(&t->bare, &t->b->bare_us[i]);
		usleep(500);
	}
	return NULL;
}

static int journal_turn(struct turns *t)
{
	for (unsigned i = 0; i < t->b->appends; i++) {
		if (journal_commit(t->j, i, &t->b->commit_us[i], &t->b->trip_us[i]) != 0)
			return -1;
		usleep(500);
	}
	return 0;
}

static void print_row(
	const char *load, const char *priority, const char *what, uint32_t *us, unsigned n)
{
	qsort(us, n, sizeof *us, by_value);
	printf("%-5s %-9s %-22s %7u %7u %7u %7u\n", load, priority, what, quantile(us, n, 500),
		quantile(us, n, 990), quantile(us, n, 999), us[n - 1]);
	fflush(stdout);
}

/* One after the other rather than at once: each has the disk to itself, under the same load. */
static int measure(struct bench *b, bool busy, bool realtime)
{
	struct turns t = {.b = b, .realtime = realtime};
	struct journal_status st;
	pid_t hogs[HOGS_MAX];
	pthread_t thread;
	const char *load = busy ? "busy" : "idle", *priority = realtime ? "realtime" : "normal";
	t.j = open_journal(b, realtime ? PRIORITY : 0);
	if (t.j == NULL || bare_open(&t.bare, b->folder, b->row_bytes) != 0)
		return -1;
	unsigned n = start_hogs(hogs, busy);
	int err = journal_turn(&t);
	journal_status(t.j, &st);
	if (realtime && st.priority != JOURNAL_PRIORITY_REALTIME) {
		printf("%-5s %-9s not permitted on this machine: what follows is without it\n",
			load, priority);
		t.realtime = false;
	}
	if (err == 0 && pthread_create(&thread, NULL, bare_turn, &t) == 0) {
		pthread_join(thread, NULL);
		err = t.result;
	}
	if (err == 0) {
		print_row(load, priority, "journal commit", b->commit_us, b->appends);
		print_row(load, priority, "journal round trip", b->trip_us, b->appends);
		err = seal_turn(b);
	}
	for (unsigned i = 0; i < n; i++) {
		kill(hogs[i], SIGKILL);
		waitpid(hogs[i], NULL, 0);
	}
	journal_close(t.j);
	bare_close(&t.bare);
	if (err != 0)
		return err;
	print_row(load, "normal", "sealing alone", b->trip_us, b->appends);
	print_row(load, priority, "bare SQLite commit", b->bare_us, b->appends);
	return 0;
}

static int shell(const char *fmt, const char *folder)
{
	char command[9000];
	snprintf(command, sizeof command, "cd %s && %s", folder, fmt);
	return system(command); /* NOLINT: own folder, own literals */
}

static int size_of(void *context, const struct journal_row *r)
{
	size_t *bytes = context;
	*bytes = r->clear_size + r->sealed_size + 3 * CHAIN_HASH + strlen(r->crossing_id) + 4 * 8;
	return 1;
}

/* How many bytes one record of this bench is, as stored. */
static int size_row(struct bench *b)
{
	char path[4200];
	uint32_t unused;
	const struct journal_query first = {.limit = 1};
	struct journal *j = open_journal(b, 0);
	if (j == NULL)
		return -1;
	int err = journal_commit(j, 0, &unused, &unused);
	journal_close(j);
	snprintf(path, sizeof path, "%s/journal.db", b->folder);
	return err == 0 && journal_show(path, &first, size_of, &b->row_bytes) == 1 ? 0 : -1;
}

static int run(struct bench *b)
{
	static const char certificates[] =
		"for n in centre escrow; do openssl req -x509 -newkey ec -pkeyopt "
		"ec_paramgen_curve:P-256 -nodes"
		" -days 30 -subj /CN=$n -keyout $n.key -out $n.pem 2>/dev/null || exit 1; done";
	if (shell(certificates, b->folder) != 0 || size_row(b) != 0)
		return -1;
	printf("%u appends, %zu bytes per record; microseconds\n", b->appends, b->row_bytes);
	printf("%-5s %-9s %-22s %7s %7s %7s %7s\n", "load", "priority", "what", "p50", "p99",
		"p99.9", "max");
	for (int busy = 0; busy < 2; busy++)
		for (int realtime = 0; realtime < 2; realtime++) {
			if (shell("rm -f journal.db* bare.db*", b->folder) != 0 ||
				measure(b, busy, realtime) != 0)
				return -1;
		}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"appends", required_argument, NULL, 'n'},
		{"folder", required_argument, NULL, 'f'}, {NULL, 0, NULL, 0}};
	static struct bench b = {.appends = 3000};
	const char *folder = getenv("TMPDIR");
	int o;
	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (o == 'n')
			b.appends = (unsigned)strtoul(optarg, NULL, 10);
		else if (o == 'f')
			folder = optarg;
		else
			return 64;
	}
	if (b.appends == 0 || b.appends > APPENDS_MAX)
		return 64;
	snprintf(b.folder, sizeof b.folder, "%s/postern-bench-XXXXXX",
		folder != NULL ? folder : "/tmp");
	b.commit_us = calloc(b.appends, sizeof *b.commit_us);
	b.trip_us = calloc(b.appends, sizeof *b.trip_us);
	b.bare_us = calloc(b.appends, sizeof *b.bare_us);
	if (b.commit_us == NULL || b.trip_us == NULL || b.bare_us == NULL ||
		mkdtemp(b.folder) == NULL)
		return 1;
	int err = run(&b);
	shell("rm -rf ../\"${PWD##*/}\"", b.folder);
	free(b.commit_us);
	free(b.trip_us);
	free(b.bare_us);
	return err == 0 ? 0 : 1;
}

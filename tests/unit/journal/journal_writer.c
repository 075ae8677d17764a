/* SPDX-License-Identifier: Apache-2.0
 * A program that appends to a journal until it is killed, and tells what became durable; and the
 * judge of what is left.
 *
 *   journal-writer write FOLDER LOG INTERVAL_US   appends to FOLDER/journal.db through the
 * journal's own interface; one line "EPOCH SEQ HASH" is written to LOG after each completion
 *   journal-writer verify FOLDER LOG              prints "completed=N lost=M findings=K"; exit 0 if
 * M and K are 0, 3 if not
 *
 * The fault harnesses take any program with these two verbs. LOG lies on a file system that is not
 * cut, is written with one write() per line, and is the oracle: what is in LOG must be in the
 * journal with that hash.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hex.h"
#include "crossing.pb-c.h"
#include "journal/journal.h"

enum { PERSONAL = 1300, PATH_BYTES = 4096 };

struct paths {
	char journal[PATH_BYTES], key[PATH_BYTES], pub[PATH_BYTES], centre[PATH_BYTES],
		escrow[PATH_BYTES];
};

static int make_paths(struct paths *p, const char *folder, const char *log)
{
	int n = 0;
	n |= snprintf(p->journal, PATH_BYTES, "%s/journal.db", folder) >= PATH_BYTES;
	n |= snprintf(p->key, PATH_BYTES, "%s/checkpoint.key", folder) >= PATH_BYTES;
	n |= snprintf(p->pub, PATH_BYTES, "%s/checkpoint.key.pub", folder) >= PATH_BYTES;
	n |= snprintf(p->centre, PATH_BYTES, "%s.centre.pem", log) >= PATH_BYTES;
	n |= snprintf(p->escrow, PATH_BYTES, "%s.escrow.pem", log) >= PATH_BYTES;
	return n;
}

static size_t make_clear(uint8_t *out, uint64_t n)
{
	char id[32], lane[] = "lane-1";
	Postern__RecordClear r = POSTERN__RECORD_CLEAR__INIT;
	snprintf(id, sizeof id, "C%020llu", (unsigned long long)n);
	r.kind = POSTERN__RECORD_KIND__RECORD_VERDICT;
	r.verdict = POSTERN__VERDICT__VERDICT_CLEAR;
	r.crossing_id = id;
	r.lane = lane;
	r.wall_ms = 1790000000000 + (int64_t)n;
	return postern__record_clear__pack(&r, out);
}

/* Sealing is used when the certificates lie beside LOG. */
static struct journal *open_journal(const struct paths *p)
{
	struct journal *j = NULL;
	struct journal_config c = {.path = p->journal,
		.tenant = "utopia",
		.gate = "north-1",
		.checkpoint_key_path = p->key};
	if (access(p->centre, R_OK) == 0 && access(p->escrow, R_OK) == 0) {
		c.seal_centre.path = p->centre;
		c.seal_escrow.path = p->escrow;
	}
	int err = journal_open(&j, &c);
	if (err != 0)
		fprintf(stderr, "journal-writer: %s: %s\n", p->journal, pn_err_name(err));
	return j;
}

static int wait_one(struct journal *j, struct journal_completion *done)
{
	struct pollfd fd = {.fd = journal_completion_fd(j), .events = POLLIN};
	int err;
	while ((err = journal_next_completion(j, done)) == PN_EAGAIN)
		if (poll(&fd, 1, 10000) == 0)
			return PN_ETIMEOUT;
	return err;
}

static int write_records(const struct paths *p, const char *log_path, useconds_t interval_us)
{
	static uint8_t clear[512], personal[PERSONAL];
	char line[160], hex[2 * CHAIN_HASH + 1];
	struct journal *j = open_journal(p);
	int log = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (j == NULL || log < 0)
		return 1;
	bool seals = journal_seal_recipients(j)[0] != '\0';
	for (uint64_t n = 1;; n++) {
		struct journal_completion done;
		const struct journal_append a = {.tag = n,
			.clear = clear,
			.clear_size = make_clear(clear, n),
			.personal = seals ? personal : NULL,
			.personal_size = seals ? sizeof personal : 0};
		if (journal_submit(j, &a) != 0 || wait_one(j, &done) != 0)
			return 1;
		if (done.result != 0) /* after the cut: nothing may be claimed any more */
			return 2;
		hex_encode(hex, done.hash, CHAIN_HASH);
		int size = snprintf(line, sizeof line, "%llu %llu %s\n",
			(unsigned long long)done.epoch, (unsigned long long)done.seq, hex);
		if (write(log, line, (size_t)size) != size)
			return 1;
		if (interval_us > 0)
			usleep(interval_us);
	}
}

struct rows {
	uint8_t (*hash)[CHAIN_HASH]; /* by seq - 1, of epoch 1 */
	size_t count, capacity;
};

static int keep_row(void *context, const struct journal_row *r)
{
	struct rows *rows = context;
	if (r->epoch != 1)
		return 0;
	if (rows->count == rows->capacity) {
		size_t capacity = rows->capacity > 0 ? 2 * rows->capacity : 1024;
		void *grown = realloc(rows->hash, capacity * CHAIN_HASH);
		if (grown == NULL)
			return PN_ENOMEM;
		rows->hash = grown;
		rows->capacity = capacity;
	}
	/* A gap is a finding of journal_verify; here it only must not shift what follows. */
	while (rows->count + 1 < r->seq && rows->count + 1 < rows->capacity)
		memset(rows->hash[rows->count++], 0, CHAIN_HASH);
	memcpy(rows->hash[rows->count++], r->hash, CHAIN_HASH);
	return 0;
}

static void tell(void *context, const struct journal_finding *f)
{
	(void)context;
	fprintf(stderr, "journal-writer: %s %llu/%llu to %llu: %s\n", journal_finding_name(f->kind),
		(unsigned long long)f->epoch, (unsigned long long)f->seq,
		(unsigned long long)f->to_seq, f->column);
}

static int verify_records(const struct paths *p, const char *log_path)
{
	struct rows rows = {0};
	struct journal_verify_summary s = {0};
	const struct journal_query all = {0};
	const struct journal_verify_options o = {.checkpoint_pub_path = p->pub};
	unsigned long long epoch, seq, completed = 0, lost = 0;
	char hex[2 * CHAIN_HASH + 1];
	uint8_t hash[CHAIN_HASH];
	FILE *log = fopen(log_path, "re");
	if (log == NULL)
		return 1;
	int err = journal_show(p->journal, &all, keep_row, &rows);
	if (err == 0)
		err = journal_verify(p->journal, &o, tell, NULL, &s);
	while (fscanf(log, "%llu %llu %64s\n", &epoch, &seq, hex) == 3) {
		completed++;
		if (epoch != 1 || seq == 0 || seq > rows.count ||
			hex_decode(hash, CHAIN_HASH, hex) != 0 ||
			memcmp(hash, rows.hash[seq - 1], CHAIN_HASH) != 0)
			lost++;
	}
	bool whole = feof(log) != 0;
	fclose(log);
	free(rows.hash);
	/* No file, or one without a schema, is a journal of which everything is lost. */
	bool none = err == PN_ENOTFOUND || err == PN_EFORMAT;
	printf("completed=%llu lost=%llu findings=%llu\n", completed, lost,
		(unsigned long long)s.findings);
	if (!whole || (err != 0 && err != PN_ECRYPTO && !none)) {
		fprintf(stderr, "journal-writer: cannot judge: %s\n", pn_err_name(err));
		return 1;
	}
	return lost == 0 && s.findings == 0 ? 0 : 3;
}

int main(int argc, char **argv)
{
	static struct paths p;
	if (argc < 4 || make_paths(&p, argv[2], argv[3]) != 0)
		return 64;
	if (strcmp(argv[1], "write") == 0 && argc == 5)
		return write_records(&p, argv[3], (useconds_t)strtoul(argv[4], NULL, 10));
	if (strcmp(argv[1], "verify") == 0 && argc == 4)
		return verify_records(&p, argv[3]);
	return 64;
}

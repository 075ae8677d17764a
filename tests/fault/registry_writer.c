/* SPDX-License-Identifier: Apache-2.0
 * Gates that post to the registry in its sandbox until they are killed, and the judge of what its
 * SQLite store holds afterwards; for the power-cut harness, whose verbs these are:
 *
 *   registry-writer write FOLDER LOG INTERVAL_US   the registry's state folder is in FOLDER; for
 * each batch acknowledged with a good signature one line "GATE SEQ HASH" a record goes to LOG
 *   registry-writer verify FOLDER LOG              prints "completed=N lost=M findings=K"; exit 0
 * when M and K are 0, 3 when not
 *
 * LOG lies on a file system that is not cut, and is the oracle. Findings are breaks of the store's
 * own promises: a gap, a hash or link that is wrong, a head that is not its gate's last record.
 * Must never write to LOG what the registry has not acknowledged.
 */
#undef NDEBUG
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/db.h"
#include "sandboxed.h"
#include "sender.h"

enum { GATES = 4, BATCH_MAX = 10, SEALED = 1200, LINE = 96, KNOWN_MAX = 1 << 20 };

struct writer {
	struct sandboxed *registry;
	EVP_PKEY *key;
	CURLM *multi;
	int log;
	struct gate {
		CURL *curl;
		struct sender sender;
		Postern__JournalBatch *batch;
		struct bytes body;
		uint8_t answer[512];
		size_t size;
	} gate[GATES];
};

static size_t keep(char *bytes, size_t one, size_t size, void *self)
{
	struct gate *g = self;
	(void)one;
	if (size > sizeof g->answer - g->size)
		return 0;
	memcpy(g->answer + g->size, bytes, size);
	g->size += size;
	return size;
}

static void open_gates(struct writer *w)
{
	char url[80], name[8];
	const char *pki = sandboxed_pki(w->registry);
	w->key = sender_ack_key(pki);
	w->multi = curl_multi_init();
	assert(w->multi != NULL);
	snprintf(url, sizeof url, "https://127.0.0.1:%u/v1/journal", sandboxed_port(w->registry));
	for (int i = 0; i < GATES; i++) {
		struct gate *g = &w->gate[i];
		snprintf(name, sizeof name, "g%d", i);
		sender_init(&g->sender, "NOR", name);
		g->curl = curl_easy_init();
		assert(g->curl != NULL);
		sender_curl(g->curl, pki, name);
		curl_easy_setopt(g->curl, CURLOPT_URL, url);
		curl_easy_setopt(g->curl, CURLOPT_WRITEFUNCTION, keep);
		curl_easy_setopt(g->curl, CURLOPT_WRITEDATA, g);
		curl_easy_setopt(g->curl, CURLOPT_PRIVATE, g);
	}
}

static void post(struct writer *w, struct gate *g)
{
	g->size = 0;
	g->batch = sender_decoded(&g->sender, 1 + g->sender.seq * 7 % BATCH_MAX, SEALED);
	g->body = sender_encoded(g->batch);
	curl_easy_setopt(g->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)g->body.size);
	curl_easy_setopt(g->curl, CURLOPT_POSTFIELDS, g->body.data);
	assert(curl_multi_add_handle(w->multi, g->curl) == CURLM_OK);
}

static void claim(const struct writer *w, const struct gate *g)
{
	char text[BATCH_MAX * LINE];
	int n = 0;
	for (size_t i = 0; i < g->batch->n_records; i++) {
		const Postern__JournalRecord *r = g->batch->records[i];
		n += snprintf(text + n, sizeof text - (size_t)n, "%s %llu ", g->sender.gate,
			(unsigned long long)r->seq);
		for (size_t k = 0; k < CHAIN_HASH; k++)
			n += snprintf(text + n, sizeof text - (size_t)n, "%02x", r->hash.data[k]);
		n += snprintf(text + n, sizeof text - (size_t)n, "\n");
	}
	assert(write(w->log, text, (size_t)n) == n);
}

/* 0: acknowledged; else nothing may be claimed any more. */
static int take(struct writer *w, const CURLMsg *m)
{
	struct gate *g = NULL;
	long status = 0;
	curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&g);
	curl_easy_getinfo(m->easy_handle, CURLINFO_RESPONSE_CODE, &status);
	bool ok = m->data.result == CURLE_OK && status == 200;
	curl_multi_remove_handle(w->multi, g->curl);
	if (ok) {
		assert(sender_acknowledged(w->key, g->answer, g->size, &g->sender));
		claim(w, g);
	}
	postern__journal_batch__free_unpacked(g->batch, NULL);
	free(g->body.data);
	return ok ? 0 : 2;
}

static int one_round(struct writer *w)
{
	int running = 1, left, err = 0;
	for (int i = 0; i < GATES; i++)
		post(w, &w->gate[i]);
	while (running > 0) {
		assert(curl_multi_perform(w->multi, &running) == CURLM_OK);
		for (CURLMsg *m; (m = curl_multi_info_read(w->multi, &left)) != NULL;)
			err |= take(w, m);
		if (running > 0)
			assert(curl_multi_poll(w->multi, NULL, 0, 100, NULL) == CURLM_OK);
	}
	sandboxed_drain(w->registry);
	return err;
}

static int write_records(const char *folder, const char *log, useconds_t interval_us)
{
	static struct writer w;
	static const char *const programs[] = {REGISTRY_PLUGIN, POSTERN, POSTERND};
	w.registry = sandboxed_new(programs, "g0,g1,g2,g3", folder);
	w.log = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	assert(w.log >= 0);
	sandboxed_start(w.registry, "");
	open_gates(&w);
	int err = 0;
	while (err == 0) {
		err = one_round(&w);
		if (interval_us > 0)
			usleep(interval_us);
	}
	return err;
}

enum { RECORDS, HEADS, QUERIES };
static const struct db_sql queries[QUERIES] = {
	[RECORDS] = {.sql = "SELECT gate, epoch, seq, clear, sealed, sealed_hash, previous, hash"
			    " FROM journal WHERE tenant = 'NOR' ORDER BY gate, epoch, seq"},
	[HEADS] = {.sql = "SELECT gate, epoch, seq, head_hash FROM gate_head"
			  " WHERE tenant = 'NOR' ORDER BY gate"},
};

struct chain {
	char gate[CHAIN_NAME_MAX + 1];
	uint64_t last;
	uint8_t (*hash)[CHAIN_HASH]; /* by seq - 1 */
	bool headed;
};

struct store {
	struct chain chain[GATES];
	unsigned long long findings;
};

static struct chain *chain_of(struct store *s, const struct db_value *name)
{
	for (int i = 0; i < GATES; i++) {
		struct chain *c = &s->chain[i];
		if (c->hash == NULL) {
			assert(name->size < sizeof c->gate);
			memcpy(c->gate, name->bytes, name->size);
			c->hash = malloc((size_t)KNOWN_MAX * CHAIN_HASH);
			assert(c->hash != NULL);
		}
		if (strlen(c->gate) == name->size && memcmp(c->gate, name->bytes, name->size) == 0)
			return c;
	}
	return NULL;
}

static int record_row(void *self, const struct db_value *c, size_t count)
{
	static const uint8_t zeros[CHAIN_HASH];
	uint8_t sealed[CHAIN_HASH], hash[CHAIN_HASH];
	struct store *s = self;
	struct chain *chain = chain_of(s, &c[0]);
	assert(count == 8);
	if (chain == NULL || c[1].number != 1 || c[2].number != (int64_t)chain->last + 1 ||
		chain->last == KNOWN_MAX || c[5].size != CHAIN_HASH || c[6].size != CHAIN_HASH ||
		c[7].size != CHAIN_HASH) {
		s->findings++;
		return 0;
	}
	const uint8_t *before = chain->last > 0 ? chain->hash[chain->last - 1] : zeros;
	bool good = chain_sealed_hash(c[4].bytes, c[4].size, sealed) == 0 &&
		    memcmp(sealed, c[5].bytes, CHAIN_HASH) == 0 &&
		    memcmp(before, c[6].bytes, CHAIN_HASH) == 0 &&
		    chain_hash("NOR", chain->gate, 1, chain->last + 1, c[6].bytes, c[3].bytes,
			    c[3].size, c[5].bytes, hash) == 0 &&
		    memcmp(hash, c[7].bytes, CHAIN_HASH) == 0;
	s->findings += !good;
	memcpy(chain->hash[chain->last++], c[7].bytes, CHAIN_HASH);
	return 0;
}

static int head_row(void *self, const struct db_value *c, size_t count)
{
	struct store *s = self;
	struct chain *chain = chain_of(s, &c[0]);
	assert(count == 4);
	bool good = chain != NULL && c[1].number == 1 && chain->last > 0 &&
		    c[2].number == (int64_t)chain->last && c[3].size == CHAIN_HASH &&
		    memcmp(c[3].bytes, chain->hash[chain->last - 1], CHAIN_HASH) == 0;
	s->findings += !good;
	if (chain != NULL)
		chain->headed = true;
	return 0;
}

static void read_store(const char *folder, struct store *s)
{
	char url[4200];
	struct stat st;
	struct db *db = NULL;
	snprintf(url, sizeof url, "sqlite:%s/state/registry.db", folder);
	/* Without the file, or its tables, everything is lost. */
	if (stat(url + strlen("sqlite:"), &st) != 0 || st.st_size == 0)
		return;
	if (db_open(url, queries, QUERIES, &db, NULL, 0) != 0) {
		s->findings++;
		return;
	}
	int err = db_exec(db, RECORDS, NULL, 0, record_row, s);
	if (err == 0)
		err = db_exec(db, HEADS, NULL, 0, head_row, s);
	if (err != 0 && strstr(db_why(db), "no such table") == NULL)
		s->findings++;
	for (int i = 0; i < GATES; i++)
		s->findings += s->chain[i].last > 0 && !s->chain[i].headed;
	db_close(db);
}

static bool holds(const struct store *s, const char *gate, unsigned long long seq, const char *hex)
{
	char have[2 * CHAIN_HASH + 1];
	for (int i = 0; i < GATES; i++) {
		const struct chain *c = &s->chain[i];
		if (c->hash == NULL || strcmp(c->gate, gate) != 0 || seq == 0 || seq > c->last)
			continue;
		for (size_t k = 0; k < CHAIN_HASH; k++)
			snprintf(have + 2 * k, 3, "%02x", c->hash[seq - 1][k]);
		return strcmp(have, hex) == 0;
	}
	return false;
}

static int verify_records(const char *folder, const char *log)
{
	static struct store s;
	char gate[16], hex[2 * CHAIN_HASH + 1];
	unsigned long long seq, completed = 0, lost = 0;
	FILE *f = fopen(log, "re");
	assert(f != NULL);
	read_store(folder, &s);
	while (fscanf(f, "%15s %llu %64s\n", gate, &seq, hex) == 3) {
		completed++;
		lost += !holds(&s, gate, seq, hex);
	}
	bool whole = feof(f) != 0;
	fclose(f);
	printf("completed=%llu lost=%llu findings=%llu\n", completed, lost, s.findings);
	if (!whole)
		return 1;
	return lost == 0 && s.findings == 0 ? 0 : 3;
}

int main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "write") == 0)
		return write_records(argv[2], argv[3], (useconds_t)strtoul(argv[4], NULL, 10));
	if (argc == 4 && strcmp(argv[1], "verify") == 0)
		return verify_records(argv[2], argv[3]);
	return 64;
}

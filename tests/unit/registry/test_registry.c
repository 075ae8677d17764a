/* SPDX-License-Identifier: Apache-2.0
 * The registry as its gates meet it: the real object, real TLS, a real store, every answer it can
 * give. Run once on SQLite and once on PostgreSQL. Must never reach into the registry's state but
 * through its store.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hex.h"
#include "crossing.pb-c.h"
#include "db/db.h"
#include "pg_server.h"
#include "sender.h"

struct answer {
	CURLcode code;
	long status;
	curl_off_t retry_after_s;
	uint8_t body[65536];
	size_t size;
};

struct place {
	const char *host, *object, *postern;
	char folder[40], state[60], pki[60], stranger[60], stays[60], store[320];
	struct pg_server *server;
	struct registry_process registry;
	CURL *curl;
	struct answer answer;
	unsigned next; /* gate names are used once: tests do not meet each other's heads */
};

static char program[3][512]; /* registry-host, registry.so, postern */

PN_PRINTF(1, 2) static void run(const char *fmt, ...)
{
	char command[4096];
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(command, sizeof command, fmt, args);
	va_end(args);
	if (n < 0 || n >= (int)sizeof command || system(command) != 0)
		fail_msg("%s", command);
}

static void start(struct place *p)
{
	char store[340], folder[80];
	snprintf(store, sizeof store, "store=%s", p->store);
	snprintf(folder, sizeof folder, "stays:=%s", p->stays);
	char pki[80];
	snprintf(pki, sizeof pki, "%s/registry", p->pki);
	char registers[80];
	snprintf(registers, sizeof registers, "registers:=%s", p->stays);
	const char *argv[] = {program[1], p->state, pki, store, folder, "stays_file=stays.csv",
		"stays_tenant=NOR", registers, "permits_file=permits.csv", "registers_tenant=NOR",
		"connections_per_address=12", NULL};
	registry_process_start(&p->registry, program[0], argv);
}

static int setup(void **state)
{
	char text[1024] = "gate-1";
	struct place *p = calloc(1, sizeof *p);
	assert_non_null(p);
	strcpy(p->folder, "/tmp/postern-registry-XXXXXX");
	assert_non_null(mkdtemp(p->folder));
	snprintf(p->state, sizeof p->state, "%s/state", p->folder);
	snprintf(p->pki, sizeof p->pki, "%s/pki", p->folder);
	snprintf(p->stranger, sizeof p->stranger, "%s/stranger", p->folder);
	snprintf(p->stays, sizeof p->stays, "%s/stays", p->folder);
	for (unsigned i = 2; i <= 40; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), ",gate-%u", i);
	run("mkdir %s %s && %s pki demo --out %s --tenant NOR --crossing-point OSL --gates %s"
	    " >/dev/null && %s pki demo --out %s --tenant NOR --crossing-point OSL"
	    " --gates gate-1 >/dev/null",
		p->state, p->stays, program[2], p->pki, text, program[2], p->stranger);
	snprintf(text, sizeof text, "%s/stays.csv", p->stays);
	FILE *f = fopen(text, "we");
	assert_non_null(f);
	fputs("document_number,issuer,birth_date,entry,exit\n"
	      "L898902C3,UTO,1974-08-12,2026-01-05,2026-01-25\n"
	      "L898902C3,UTO,1974-08-12,2026-03-01,\n"
	      "XI0000001,DNK,1980-00-00,2025-12-01,2026-02-11\n",
		f);
	assert_int_equal(fclose(f), 0);
	p->curl = curl_easy_init();
	assert_non_null(p->curl);
	*state = p;
	return 0;
}

static int setup_sqlite(void **state)
{
	setup(state);
	struct place *p = *state;
	snprintf(p->store, sizeof p->store, "sqlite:%s/registry.db", p->state);
	start(p);
	return 0;
}

static int setup_postgresql(void **state)
{
	setup(state);
	struct place *p = *state;
	p->server = pg_server_start(NULL);
	snprintf(p->store, sizeof p->store, "postgresql:%s", pg_server_conninfo(p->server));
	start(p);
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;
	curl_easy_cleanup(p->curl);
	int status = registry_process_stop(&p->registry);
	if (p->server != NULL)
		pg_server_stop(p->server);
	run("rm -rf %s", p->folder);
	free(p);
	return status;
}

static size_t keep(char *bytes, size_t one, size_t size, void *self)
{
	struct answer *a = self;
	(void)one;
	if (size > sizeof a->body - a->size)
		return 0;
	memcpy(a->body + a->size, bytes, size);
	a->size += size;
	return size;
}

static struct answer *ask(struct place *p, const char *pki, const char *gate, const char *path,
	const struct bytes *body)
{
	char url[100];
	struct answer *a = &p->answer;
	memset(a, 0, sizeof *a);
	curl_easy_reset(p->curl);
	sender_curl(p->curl, pki, gate);
	snprintf(url, sizeof url, "https://127.0.0.1:%u%s", p->registry.port, path);
	curl_easy_setopt(p->curl, CURLOPT_URL, url);
	curl_easy_setopt(p->curl, CURLOPT_WRITEFUNCTION, keep);
	curl_easy_setopt(p->curl, CURLOPT_WRITEDATA, a);
	struct curl_slist *none = curl_slist_append(NULL, "Expect:");
	curl_easy_setopt(p->curl, CURLOPT_HTTPHEADER, none);
	if (body != NULL) {
		curl_easy_setopt(p->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->size);
		curl_easy_setopt(p->curl, CURLOPT_POSTFIELDS, body->data);
	}
	a->code = curl_easy_perform(p->curl);
	curl_easy_getinfo(p->curl, CURLINFO_RESPONSE_CODE, &a->status);
	curl_easy_getinfo(p->curl, CURLINFO_RETRY_AFTER, &a->retry_after_s);
	curl_slist_free_all(none);
	a->body[a->size < sizeof a->body ? a->size : sizeof a->body - 1] = '\0';
	return a;
}

/* Posts and frees the body. */
static struct answer *post(struct place *p, const struct sender *s, struct bytes body)
{
	struct answer *a = ask(p, p->pki, s->gate, "/v1/journal", &body);
	free(body.data);
	return a;
}

static void expect(const struct answer *a, long status, const char *why)
{
	if (a->code != CURLE_OK)
		fail_msg("curl: %s", curl_easy_strerror(a->code));
	if (a->status != status || (why != NULL && strcmp((const char *)a->body, why) != 0))
		fail_msg("%ld %s, not %ld %s", a->status, (const char *)a->body, status,
			why != NULL ? why : "");
}

static struct sender new_gate(struct place *p)
{
	struct sender s;
	char name[16];
	snprintf(name, sizeof name, "gate-%u", ++p->next);
	sender_init(&s, "NOR", name);
	return s;
}

/* The signature by OpenSSL with the public key that a gate is given. */
static void expect_ack(struct place *p, const struct answer *a, const struct sender *s)
{
	char path[100], id[17];
	uint8_t raw[32], digest[32];
	size_t size = sizeof raw;
	expect(a, 200, NULL);
	snprintf(path, sizeof path, "%s/trust/ack.pub", p->pki);
	FILE *f = fopen(path, "re");
	assert_non_null(f);
	EVP_PKEY *key = PEM_read_PUBKEY(f, NULL, NULL, NULL);
	fclose(f);
	assert_non_null(key);
	Postern__SignedAck *signed_ack = postern__signed_ack__unpack(NULL, a->size, a->body);
	assert_non_null(signed_ack);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key), 1);
	assert_int_equal(
		EVP_DigestVerify(ctx, signed_ack->signature.data, signed_ack->signature.len,
			signed_ack->ack.data, signed_ack->ack.len),
		1);
	EVP_MD_CTX_free(ctx);
	assert_int_equal(EVP_PKEY_get_raw_public_key(key, raw, &size), 1);
	assert_int_equal(EVP_Digest(raw, size, digest, NULL, EVP_sha256(), NULL), 1);
	EVP_PKEY_free(key);
	hex_encode(id, digest, 8);
	assert_string_equal(signed_ack->key_id, id);
	Postern__JournalAck *ack =
		postern__journal_ack__unpack(NULL, signed_ack->ack.len, signed_ack->ack.data);
	assert_non_null(ack);
	assert_string_equal(ack->tenant, s->tenant);
	assert_string_equal(ack->gate, s->gate);
	assert_true(ack->epoch == s->epoch && ack->acked_seq == s->seq && ack->wall_ms > 0);
	assert_int_equal(ack->head_hash.len, 32);
	assert_memory_equal(ack->head_hash.data, s->head, 32);
	postern__journal_ack__free_unpacked(ack, NULL);
	postern__signed_ack__free_unpacked(signed_ack, NULL);
}

static int number_row(void *self, const struct db_value *c, size_t count)
{
	assert_int_equal(count, 1);
	*(int64_t *)self = c[0].number;
	return 0;
}

static int64_t stored(struct place *p, const struct sender *s)
{
	static const struct db_sql sql[] = {
		{.sql = "SELECT COUNT(*) FROM journal WHERE tenant = ?1 AND gate = ?2"}};
	struct db *db = NULL;
	int64_t n = -1;
	struct db_value binds[] = {db_text(s->tenant), db_text(s->gate)};
	assert_int_equal(db_open(p->store, sql, 1, &db, NULL, 0), 0);
	assert_int_equal(db_exec(db, 0, binds, 2, number_row, &n), 0);
	db_close(db);
	return n;
}

static struct bytes again(struct bytes b)
{
	struct bytes c = {malloc(b.size + 1), b.size};
	assert_non_null(c.data);
	memcpy(c.data, b.data, b.size);
	return c;
}

static void what_is_durable_is_acknowledged(void **state)
{
	struct place *p = *state;
	struct sender s = new_gate(p);
	expect_ack(p, post(p, &s, sender_batch(&s, 10, 1500)), &s);
	expect_ack(p, post(p, &s, sender_batch(&s, 1, 0)), &s);
	expect_ack(p, post(p, &s, sender_batch(&s, 64, 2000)), &s);
	assert_int_equal(stored(p, &s), 75);
}

static void a_replay_changes_nothing(void **state)
{
	struct place *p = *state;
	struct sender s = new_gate(p);
	struct bytes first = sender_batch(&s, 10, 100);
	struct sender after = s;
	expect_ack(p, post(p, &s, again(first)), &s);
	expect_ack(p, post(p, &s, again(first)), &s);
	expect_ack(p, post(p, &s, sender_batch(&s, 5, 100)), &s);
	/* Below the head: acknowledged up to what it holds. */
	expect_ack(p, post(p, &s, first), &after);
	assert_int_equal(stored(p, &s), 15);
}

static void an_overlap_stores_only_the_rest(void **state)
{
	struct place *p = *state;
	struct sender s = new_gate(p);
	Postern__JournalBatch *all = sender_decoded(&s, 15, 100);
	size_t n = all->n_records;
	all->n_records = 10;
	expect(post(p, &s, sender_encoded(all)), 200, NULL);
	all->n_records = n - 5;
	all->records += 5;
	expect_ack(p, post(p, &s, sender_encoded(all)), &s);
	all->records -= 5;
	all->n_records = n;
	postern__journal_batch__free_unpacked(all, NULL);
	assert_int_equal(stored(p, &s), 15);
}

static void a_fork_is_refused(void **state)
{
	struct place *p = *state;
	struct sender s = new_gate(p), other = s;
	expect(post(p, &s, sender_batch(&s, 10, 100)), 200, NULL);
	expect(post(p, &s, sender_batch(&other, 10, 100)), 409, "fork\n");
	/* Longer than the stored chain: a fork all the same. */
	sender_init(&other, s.tenant, s.gate);
	expect(post(p, &s, sender_batch(&other, 20, 100)), 409, "fork\n");
	/* Begins right after the head, on another past. */
	other.seq = s.seq;
	expect(post(p, &s, sender_batch(&other, 1, 100)), 409, "fork\n");
	assert_int_equal(stored(p, &s), 10);
	expect_ack(p, post(p, &s, sender_batch(&s, 1, 100)), &s);
}

static void a_gap_is_refused(void **state)
{
	struct place *p = *state;
	struct sender s = new_gate(p), skipped;
	struct bytes first = sender_batch(&s, 3, 10);
	skipped = s;
	expect(post(p, &s, sender_batch(&skipped, 2, 10)), 409, "gap expected 1\n");
	expect(post(p, &s, first), 200, NULL);
	free(sender_batch(&skipped, 1, 10).data);
	expect(post(p, &s, sender_batch(&skipped, 2, 10)), 409, "gap expected 4\n");
	assert_int_equal(stored(p, &s), 3);
}

static void a_new_epoch_continues_the_chain(void **state)
{
	struct place *p = *state;
	struct sender s = new_gate(p), lost, old;
	s.epoch = 7; /* a registry may meet a gate late */
	struct bytes first = sender_batch(&s, 4, 10);
	expect_ack(p, post(p, &s, again(first)), &s);
	old = s;
	lost = s;
	lost.epoch = 8;
	lost.seq = 0;
	memset(lost.head, 0, sizeof lost.head);
	expect(post(p, &s, sender_batch(&lost, 2, 10)), 409, "fork\n");
	s.epoch = 9;
	s.seq = 1;
	expect(post(p, &s, sender_batch(&s, 1, 10)), 409, "gap expected 1\n");
	s = old;
	s.epoch = 9;
	s.seq = 0;
	expect_ack(p, post(p, &s, sender_batch(&s, 2, 10)), &s);
	expect_ack(p, post(p, &s, first), &old);
	/* More of an epoch that has ended. */
	struct sender more = old;
	expect(post(p, &s, sender_batch(&more, 1, 10)), 409, "fork\n");
	expect_ack(p, post(p, &s, sender_batch(&s, 1, 10)), &s);
	assert_int_equal(stored(p, &s), 7);
}

static void only_the_certificates_gate_may_send(void **state)
{
	struct place *p = *state;
	struct sender s = new_gate(p), tenant;
	struct bytes b = sender_batch(&s, 1, 10);
	struct answer *a = ask(p, p->pki, "gate-40", "/v1/journal", &b);
	expect(a, 403, "not this certificate's gate\n");
	free(b.data);
	sender_init(&tenant, "SWE", s.gate);
	expect(post(p, &tenant, sender_batch(&tenant, 1, 10)), 403,
		"not this certificate's gate\n");
	assert_int_equal(stored(p, &s), 0);
}

static void without_a_certificate_of_ours_there_is_no_answer(void **state)
{
	struct place *p = *state;
	char own[80], theirs[80];
	assert_int_not_equal(ask(p, p->pki, NULL, "/v1/health", NULL)->code, CURLE_OK);
	assert_int_equal(p->answer.size, 0);
	/* Another authority's gate of the same name, which trusts our registry. */
	snprintf(own, sizeof own, "%s/trust/ca.pem", p->pki);
	snprintf(theirs, sizeof theirs, "%s/trust/ca.pem", p->stranger);
	run("cp %s %s", own, theirs);
	assert_int_not_equal(ask(p, p->stranger, "gate-1", "/v1/health", NULL)->code, CURLE_OK);
	assert_int_equal(p->answer.size, 0);
	expect(ask(p, p->pki, "gate-1", "/v1/health", NULL), 200, "ok\n");
}

/* Of our authority, and without a common name: nobody's. */
static void a_certificate_that_names_nobody_opens_nothing(void **state)
{
	struct place *p = *state;
	struct sender s = new_gate(p);
	struct bytes b = sender_batch(&s, 1, 10);
	run("d=%s/gates/nobody && mkdir $d && openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
	    " -subj /O=NOR -keyout $d/gate.key -out $d/csr 2>/dev/null && openssl x509 -req -in $d/csr -days 1"
	    " -CA %s/ca.pem -CAkey %s/ca.key -set_serial 4711 -out $d/gate.pem 2>/dev/null",
		p->pki, p->pki, p->pki);
	expect(ask(p, p->pki, "nobody", "/v1/health", NULL), 403, "no certificate\n");
	expect(ask(p, p->pki, "nobody", "/v1/journal", &b), 403, "no certificate\n");
	expect(ask(p, p->pki, "nobody", "/v1/lookup", &b), 403, "no certificate\n");
	free(b.data);
	assert_int_equal(stored(p, &s), 0);
}

typedef void (*spoil)(Postern__JournalBatch *b);

static void no_records(Postern__JournalBatch *b)
{
	b->n_records = 0;
}

static void not_consecutive(Postern__JournalBatch *b)
{
	b->records[1]->seq++;
}

static void other_clear(Postern__JournalBatch *b)
{
	b->records[1]->clear.data[3] ^= 1;
}

static void other_sealed(Postern__JournalBatch *b)
{
	b->records[1]->sealed.data[3] ^= 1;
}

static void other_previous(Postern__JournalBatch *b)
{
	b->records[1]->previous.data[31] ^= 1;
}

static void short_hash(Postern__JournalBatch *b)
{
	b->records[0]->hash.len = 31;
}

static void no_epoch(Postern__JournalBatch *b)
{
	b->epoch = 0;
}

static void large_epoch(Postern__JournalBatch *b)
{
	b->epoch = UINT64_MAX;
}

static void odd_name(Postern__JournalBatch *b)
{
	b->gate[0] = '\n';
}

/* Hashes right, link wrong. */
static void other_link(Postern__JournalBatch *b)
{
	Postern__JournalRecord *r = b->records[1];
	r->previous.data[0] ^= 1;
	assert_int_equal(chain_hash(b->tenant, b->gate, b->epoch, r->seq, r->previous.data,
				 r->clear.data, r->clear.len, r->sealed_hash.data, r->hash.data),
		0);
}

/* Field 15, varint: written by a later version, or by nobody who means well. */
static struct bytes with_field(struct bytes b)
{
	b.data = realloc(b.data, b.size + 2);
	assert_non_null(b.data);
	b.data[b.size++] = 15 << 3;
	b.data[b.size++] = 1;
	return b;
}

static void what_is_malformed_is_refused(void **state)
{
	static const struct {
		spoil spoil;
		const char *why;
	} spoilt[] = {{no_records, "number of records\n"},
		{not_consecutive, "records not consecutive\n"}, {other_clear, "record hash\n"},
		{other_sealed, "sealed hash\n"}, {other_previous, "record hash\n"},
		{short_hash, "record incomplete\n"}, {no_epoch, "epoch\n"},
		{large_epoch, "epoch\n"}, {odd_name, "name\n"}, {other_link, "record link\n"}};
	struct place *p = *state;
	struct sender s = new_gate(p);
	struct bytes garbage = {(uint8_t *)strdup("not protobuf at all"), 19}, empty = {NULL, 0};
	expect(post(p, &s, garbage), 400, "not a journal batch\n");
	empty.data = calloc(1, 1);
	expect(post(p, &s, empty), 400, "size\n");
	for (size_t i = 0; i < PN_COUNT(spoilt); i++) {
		struct sender copy = s;
		Postern__JournalBatch *b = sender_decoded(&copy, 3, 50);
		size_t records = b->n_records;
		spoilt[i].spoil(b);
		expect(post(p, &s, sender_encoded(b)), 400, spoilt[i].why);
		b->n_records = records;
		postern__journal_batch__free_unpacked(b, NULL);
	}
	struct sender copy = s;
	expect(post(p, &s, with_field(sender_batch(&copy, 1, 10))), 400, "unknown field\n");
	copy = s;
	expect(post(p, &s, sender_batch(&copy, 65, 10)), 400, "number of records\n");
	assert_int_equal(stored(p, &s), 0);
	expect(post(p, &s, sender_batch(&s, 3, 50)), 200, NULL);
}

static void other_resources_are_not_there(void **state)
{
	struct place *p = *state;
	struct bytes b = {(uint8_t *)strdup("x"), 1};
	expect(ask(p, p->pki, "gate-1", "/", NULL), 404, NULL);
	expect(ask(p, p->pki, "gate-1", "/v1/journal", NULL), 404, NULL);
	expect(ask(p, p->pki, "gate-1", "/v1/health", &b), 404, NULL);
	expect(ask(p, p->pki, "gate-1", "/../etc/passwd", NULL), 404, NULL);
	free(b.data);
}

/* Bodies over one TLS record hung for ever in libwebsockets 4.1 with its own settings. */
static void bodies_of_every_size_arrive(void **state)
{
	static const size_t sizes[] = {
		4000, 12000, 16000, 16384, 20000, 32768, 49152, 65536, 100000, 150000, 199000};
	struct place *p = *state;
	struct sender s = new_gate(p);
	for (size_t i = 0; i < PN_COUNT(sizes); i++)
		for (int k = 0; k < 10; k++)
			expect_ack(p, post(p, &s, sender_batch(&s, 4, sizes[i] / 4)), &s);
	struct sender copy = s;
	expect(post(p, &s, sender_batch(&copy, 4, 60000)), 413, "body too large\n");
	copy = s;
	assert_true(post(p, &s, sender_batch(&copy, 4, 600000))->status != 200);
	expect_ack(p, post(p, &s, sender_batch(&s, 1, 10)), &s);
}

static void heads_outlive_the_registry(void **state)
{
	struct place *p = *state;
	struct sender s = new_gate(p);
	struct bytes first = sender_batch(&s, 5, 10);
	struct sender old = s;
	expect_ack(p, post(p, &s, again(first)), &s);
	assert_int_equal(registry_process_stop(&p->registry), 0);
	start(p);
	expect_ack(p, post(p, &s, sender_batch(&s, 5, 10)), &s);
	expect_ack(p, post(p, &s, first), &old);
	assert_int_equal(stored(p, &s), 10);
}

/* Whatever the moment: what was acknowledged is there, and what was not can be sent again. */
static void a_killed_registry_has_kept_what_it_acknowledged(void **state)
{
	struct place *p = *state;
	struct sender s = new_gate(p);
	for (int round = 0; round < 3; round++) {
		/* The time to the kill counts from an acknowledgement: how quick the machine is does not matter. */
		expect_ack(p, post(p, &s, sender_batch(&s, 3, 500)), &s);
		pid_t killer = fork();
		if (killer == 0) {
			usleep(20000 + 7000 * (unsigned)round);
			kill(p->registry.pid, SIGKILL);
			_exit(0);
		}
		struct sender sent = s;
		struct bytes b = sender_batch(&sent, 3, 500);
		while (post(p, &sent, again(b))->status == 200) {
			s = sent;
			free(b.data);
			b = sender_batch(&sent, 3, 500);
		}
		assert_int_equal(waitpid(killer, NULL, 0), killer);
		assert_int_equal(registry_process_stop(&p->registry), -1);
		assert_true(stored(p, &s) >= (int64_t)s.seq);
		start(p);
		s = sent;
		expect_ack(p, post(p, &s, b), &s);
		assert_int_equal(stored(p, &s), s.seq);
	}
}

static void look_up(struct place *p, const char *number, const char *issuer, unsigned year,
	unsigned month, unsigned day, Postern__HistoryLooked **out)
{
	uint8_t bytes[256];
	char n[32], i[8];
	Postern__Date birth = POSTERN__DATE__INIT;
	Postern__LookupHistory q = POSTERN__LOOKUP_HISTORY__INIT;
	snprintf(n, sizeof n, "%s", number);
	snprintf(i, sizeof i, "%s", issuer);
	birth.year = year;
	birth.month = month;
	birth.day = day;
	q.document_number = n;
	q.issuer = i;
	q.birth_date = &birth;
	struct bytes b = {bytes, postern__lookup_history__pack(&q, bytes)};
	struct answer *a = ask(p, p->pki, "gate-1", "/v1/lookup", &b);
	expect(a, 200, NULL);
	*out = postern__history_looked__unpack(NULL, a->size, a->body);
	assert_non_null(*out);
	assert_int_equal((*out)->result, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	assert_true((*out)->complete);
}

static void known_stays_are_told(void **state)
{
	struct place *p = *state;
	Postern__HistoryLooked *h;
	look_up(p, "L898902C3", "UTO", 1974, 8, 12, &h);
	assert_int_equal(h->n_stays, 2);
	assert_int_equal(h->stays[0]->entry_date->year, 2026);
	assert_int_equal(h->stays[0]->entry_date->month, 1);
	assert_int_equal(h->stays[0]->entry_date->day, 5);
	assert_int_equal(h->stays[0]->exit_date->day, 25);
	assert_int_equal(h->stays[1]->entry_date->month, 3);
	assert_int_equal(h->stays[1]->exit_date->year, 0);
	postern__history_looked__free_unpacked(h, NULL);
	look_up(p, "XI0000001", "DNK", 1980, 0, 0, &h);
	assert_int_equal(h->n_stays, 1);
	postern__history_looked__free_unpacked(h, NULL);
	look_up(p, "L898902C3", "UTO", 1974, 8, 13, &h);
	assert_int_equal(h->n_stays, 0);
	postern__history_looked__free_unpacked(h, NULL);
	struct bytes b = {(uint8_t *)strdup("xx"), 2};
	expect(ask(p, p->pki, "gate-1", "/v1/lookup", &b), 400, "not a look-up\n");
	free(b.data);
}

/* A file that comes, or is replaced, while the registry serves. */
static void permits_are_told_soon_after_their_file_is_there(void **state)
{
	struct place *p = *state;
	Postern__HistoryLooked *h;
	Postern__CheckResult result = POSTERN__CHECK_RESULT__CHECK_UNDETERMINED;
	look_up(p, "L898902C3", "UTO", 1974, 8, 12, &h);
	assert_int_equal(h->permits_result, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED);
	assert_int_equal(h->bans_result, POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED);
	assert_int_equal(h->authorisation_result, POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED);
	postern__history_looked__free_unpacked(h, NULL);
	run("printf '%%s\\n' document_number,issuer,birth_date,kind,permit_issuer,valid_from,valid_until,"
	    "entries_allowed,entries_used,stay_days L898902C3,UTO,1974-08-12,residence,NOR,2026-01-01,2027-12-31,0,0,0"
	    " > %s/new && mv %s/new %s/permits.csv", p->stays, p->stays, p->stays);
	for (int i = 0; i < 100 && result == POSTERN__CHECK_RESULT__CHECK_UNDETERMINED; i++) {
		usleep(100000);
		look_up(p, "L898902C3", "UTO", 1974, 8, 12, &h);
		result = h->permits_result;
		if (result == POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL) {
			assert_int_equal(h->n_permits, 1);
			assert_int_equal(h->permits[0]->kind, POSTERN__PERMIT_KIND__PERMIT_RESIDENCE);
			assert_string_equal(h->permits[0]->issuer, "NOR");
			assert_int_equal(h->permits[0]->valid_until->year, 2027);
			assert_int_equal(h->n_stays, 2);
		}
		postern__history_looked__free_unpacked(h, NULL);
	}
	assert_int_equal(result, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
}

static void no_document_number_is_stored(void **state)
{
	struct place *p = *state;
	run("! grep -rqa 'L898902C3\\|XI0000001' %s", p->state);
	run("test \"$(stat -c %%a:%%s %s/person.key)\" = 600:32", p->state);
}

static void connections_of_one_address_are_bounded(void **state)
{
	struct place *p = *state;
	CURL *held[16] = {NULL};
	char url[100];
	unsigned answered = 0;
	snprintf(url, sizeof url, "https://127.0.0.1:%u/v1/health", p->registry.port);
	curl_easy_cleanup(p->curl);
	p->curl = curl_easy_init();
	for (size_t i = 0; i < PN_COUNT(held); i++) {
		struct answer a = {0};
		held[i] = curl_easy_init();
		sender_curl(held[i], p->pki, "gate-1");
		curl_easy_setopt(held[i], CURLOPT_URL, url);
		curl_easy_setopt(held[i], CURLOPT_WRITEFUNCTION, keep);
		curl_easy_setopt(held[i], CURLOPT_WRITEDATA, &a);
		answered += curl_easy_perform(held[i]) == CURLE_OK;
	}
	for (size_t i = 0; i < PN_COUNT(held); i++)
		curl_easy_cleanup(held[i]);
	assert_int_equal(answered, 12);
	usleep(200000);
	expect(ask(p, p->pki, "gate-1", "/v1/health", NULL), 200, "ok\n");
}

static void a_lost_store_is_told_and_found_again(void **state)
{
	struct place *p = *state;
	struct sender s = new_gate(p), sent;
	if (p->server == NULL)
		fail_msg("for PostgreSQL");
	expect_ack(p, post(p, &s, sender_batch(&s, 2, 10)), &s);
	pg_server_kill(p->server);
	sent = s;
	struct bytes b = sender_batch(&sent, 2, 10);
	expect(post(p, &s, again(b)), 503, "store\n");
	assert_true(p->answer.retry_after_s > 0);
	expect(ask(p, p->pki, "gate-1", "/v1/health", NULL), 503, "store\n");
	pg_server_again(p->server);
	usleep(2500000);
	expect(ask(p, p->pki, "gate-1", "/v1/health", NULL), 200, "ok\n");
	expect_ack(p, post(p, &sent, b), &sent);
	assert_int_equal(stored(p, &s), 4);
}

#define EVERY_STORE                                                                                \
	cmocka_unit_test(what_is_durable_is_acknowledged),                                         \
		cmocka_unit_test(a_replay_changes_nothing),                                        \
		cmocka_unit_test(an_overlap_stores_only_the_rest),                                 \
		cmocka_unit_test(a_fork_is_refused), cmocka_unit_test(a_gap_is_refused),           \
		cmocka_unit_test(a_new_epoch_continues_the_chain),                                 \
		cmocka_unit_test(only_the_certificates_gate_may_send),                             \
		cmocka_unit_test(without_a_certificate_of_ours_there_is_no_answer),                \
		cmocka_unit_test(a_certificate_that_names_nobody_opens_nothing),                   \
		cmocka_unit_test(what_is_malformed_is_refused),                                    \
		cmocka_unit_test(other_resources_are_not_there),                                   \
		cmocka_unit_test(bodies_of_every_size_arrive),                                     \
		cmocka_unit_test(known_stays_are_told),                                            \
		cmocka_unit_test(permits_are_told_soon_after_their_file_is_there),                 \
		cmocka_unit_test(no_document_number_is_stored),                                    \
		cmocka_unit_test(heads_outlive_the_registry),                                      \
		cmocka_unit_test(connections_of_one_address_are_bounded),                          \
		cmocka_unit_test(a_killed_registry_has_kept_what_it_acknowledged)

int main(int argc, char **argv)
{
	const struct CMUnitTest on_sqlite[] = {EVERY_STORE};
	const struct CMUnitTest on_postgresql[] = {
		EVERY_STORE, cmocka_unit_test(a_lost_store_is_told_and_found_again)};
	if (argc != 5) {
		fprintf(stderr, "registry-host registry.so postern sqlite|postgresql\n");
		return 2;
	}
	for (int i = 0; i < 3; i++)
		snprintf(program[i], sizeof program[i], "%s", argv[i + 1]);
	if (strcmp(argv[4], "sqlite") == 0)
		return cmocka_run_group_tests(on_sqlite, setup_sqlite, teardown);
	return cmocka_run_group_tests(on_postgresql, setup_postgresql, teardown);
}

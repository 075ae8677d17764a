/* SPDX-License-Identifier: Apache-2.0
 * See sender.h. Must never share code with the registry beyond the schema and the hash chain, which
 * have tests of their own.
 */
#undef NDEBUG
#include "sender.h"

#include <assert.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "crossing.pb-c.h"

void sender_init(struct sender *s, const char *tenant, const char *gate)
{
	memset(s, 0, sizeof *s);
	snprintf(s->tenant, sizeof s->tenant, "%s", tenant);
	snprintf(s->gate, sizeof s->gate, "%s", gate);
	s->epoch = 1;
}

static void set(ProtobufCBinaryData *d, const void *bytes, size_t size)
{
	d->data = malloc(size + 1);
	assert(d->data != NULL);
	d->len = size;
	if (size > 0)
		memcpy(d->data, bytes, size);
}

static char *copy(const char *s)
{
	char *c = strdup(s);
	assert(c != NULL);
	return c;
}

static void set_clear(Postern__JournalRecord *r, const struct sender *s)
{
	Postern__RecordClear c = POSTERN__RECORD_CLEAR__INIT;
	uint8_t bytes[512];
	char crossing[40], lane[] = "lane-1", nor[] = "NOR", code[] = "P";
	snprintf(crossing, sizeof crossing, "01HZX%021llu", (unsigned long long)s->seq);
	c.kind = POSTERN__RECORD_KIND__RECORD_VERDICT;
	c.crossing_id = crossing;
	c.wall_ms = s->wall_ms != 0 ? s->wall_ms : (int64_t)time(NULL) * 1000;
	c.lane = lane;
	c.direction = POSTERN__DIRECTION__DIRECTION_ENTRY;
	c.verdict = POSTERN__VERDICT__VERDICT_CLEAR;
	c.nationality = nor;
	c.issuer = nor;
	c.document_code = code;
	c.birth_year = 1974;
	assert(postern__record_clear__get_packed_size(&c) <= sizeof bytes);
	set(&r->clear, bytes, postern__record_clear__pack(&c, bytes));
}

static Postern__JournalRecord *record(struct sender *s, size_t sealed_size)
{
	uint8_t hash[CHAIN_HASH];
	Postern__JournalRecord *r = malloc(sizeof *r);
	uint8_t *sealed = malloc(sealed_size + 1);
	assert(r != NULL && sealed != NULL);
	postern__journal_record__init(r);
	r->seq = ++s->seq;
	set_clear(r, s);
	for (size_t at = 0; at < sealed_size;) {
		ssize_t n = getrandom(sealed + at, sealed_size - at, 0);
		assert(n > 0);
		at += (size_t)n;
	}
	set(&r->sealed, sealed, sealed_size);
	free(sealed);
	assert(chain_sealed_hash(r->sealed.data, r->sealed.len, hash) == 0);
	set(&r->sealed_hash, hash, sizeof hash);
	set(&r->previous, s->head, sizeof s->head);
	assert(chain_hash(s->tenant, s->gate, s->epoch, s->seq, s->head, r->clear.data,
		       r->clear.len, hash, s->head) == 0);
	set(&r->hash, s->head, sizeof s->head);
	return r;
}

Postern__JournalBatch *sender_decoded(struct sender *s, size_t records, size_t sealed_size)
{
	Postern__JournalBatch *b = malloc(sizeof *b);
	assert(b != NULL);
	postern__journal_batch__init(b);
	b->tenant = copy(s->tenant);
	b->gate = copy(s->gate);
	b->epoch = s->epoch;
	b->n_records = records;
	b->records = calloc(records, sizeof *b->records);
	assert(b->records != NULL);
	for (size_t i = 0; i < records; i++)
		b->records[i] = record(s, sealed_size);
	return b;
}

struct bytes sender_encoded(const Postern__JournalBatch *batch)
{
	struct bytes b;
	b.size = postern__journal_batch__get_packed_size(batch);
	b.data = malloc(b.size + 1);
	assert(b.data != NULL);
	postern__journal_batch__pack(batch, b.data);
	return b;
}

struct bytes sender_batch(struct sender *s, size_t records, size_t sealed_size)
{
	Postern__JournalBatch *decoded = sender_decoded(s, records, sealed_size);
	struct bytes b = sender_encoded(decoded);
	postern__journal_batch__free_unpacked(decoded, NULL);
	return b;
}

EVP_PKEY *sender_ack_key(const char *pki)
{
	char path[256];
	snprintf(path, sizeof path, "%s/trust/ack.pub", pki);
	FILE *f = fopen(path, "re");
	assert(f != NULL);
	EVP_PKEY *key = PEM_read_PUBKEY(f, NULL, NULL, NULL);
	fclose(f);
	assert(key != NULL);
	return key;
}

bool sender_acknowledged(EVP_PKEY *key, const uint8_t *answer, size_t size, const struct sender *s)
{
	Postern__SignedAck *got = postern__signed_ack__unpack(NULL, size, answer);
	if (got == NULL)
		return false;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
		  EVP_DigestVerify(ctx, got->signature.data, got->signature.len, got->ack.data,
			  got->ack.len) == 1;
	EVP_MD_CTX_free(ctx);
	Postern__JournalAck *a =
		ok ? postern__journal_ack__unpack(NULL, got->ack.len, got->ack.data) : NULL;
	ok = a != NULL && strcmp(a->tenant, s->tenant) == 0 && strcmp(a->gate, s->gate) == 0 &&
	     a->epoch == s->epoch && a->acked_seq == s->seq && a->head_hash.len == CHAIN_HASH &&
	     memcmp(a->head_hash.data, s->head, CHAIN_HASH) == 0;
	if (a != NULL)
		postern__journal_ack__free_unpacked(a, NULL);
	postern__signed_ack__free_unpacked(got, NULL);
	return ok;
}

static void give_up(const char *why)
{
	fprintf(stderr, "registry for this test: %s\n", why);
	exit(1);
}

static void read_port(struct registry_process *p)
{
	char text[512];
	size_t n = 0;
	const char *at = NULL;
	while (n < sizeof text - 1 && at == NULL) {
		ssize_t got = read(p->output, text + n, 1);
		if (got <= 0)
			break;
		n += (size_t)got;
		text[n] = '\0';
		if (text[n - 1] == '\n')
			at = strstr(text, "registry.listening ");
	}
	if (at == NULL || sscanf(at, "registry.listening %u", &p->port) != 1) {
		fwrite(text, 1, n, stderr);
		give_up("it did not listen");
	}
}

void registry_process_start(
	struct registry_process *p, const char *program, const char *const *argv)
{
	int in[2], out[2];
	const char *all[32] = {program};
	pid_t parent = getpid();
	for (size_t i = 0; argv[i] != NULL; i++) {
		assert(i < 30);
		all[i + 1] = argv[i];
	}
	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
		give_up("no pipe");
	p->pid = fork();
	if (p->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent || dup2(in[0], 0) < 0 || dup2(out[1], 1) < 0)
			_exit(126);
		close(in[0]);
		close(in[1]);
		close(out[0]);
		close(out[1]);
		execv(program, (char *const *)(uintptr_t)all);
		_exit(127);
	}
	if (p->pid < 0)
		give_up("no process");
	close(in[0]);
	close(out[1]);
	p->input = in[1];
	p->output = out[0];
	read_port(p);
}

int registry_process_stop(struct registry_process *p)
{
	char text[256];
	int status = 0;
	close(p->input);
	for (ssize_t n; (n = read(p->output, text, sizeof text)) > 0;)
		fwrite(text, 1, (size_t)n, stdout);
	close(p->output);
	if (waitpid(p->pid, &status, 0) != p->pid)
		give_up("lost");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void sender_curl(CURL *c, const char *pki, const char *gate)
{
	char path[256];
	snprintf(path, sizeof path, "%s/trust/ca.pem", pki);
	assert(curl_easy_setopt(c, CURLOPT_CAINFO, path) == CURLE_OK);
	if (gate != NULL) {
		snprintf(path, sizeof path, "%s/gates/%s/gate.pem", pki, gate);
		assert(curl_easy_setopt(c, CURLOPT_SSLCERT, path) == CURLE_OK);
		snprintf(path, sizeof path, "%s/gates/%s/gate.key", pki, gate);
		assert(curl_easy_setopt(c, CURLOPT_SSLKEY, path) == CURLE_OK);
	}
	assert(curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK);
	assert(curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, 20000L) == CURLE_OK);
}

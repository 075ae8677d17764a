/* SPDX-License-Identifier: Apache-2.0
 * The uplink plugin through its ABI against a real TLS server: every way a centre can answer, not
 * answer, or be somebody else. Must never accept two answers to one query: the fake host aborts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../tools/postern/pki_make.h"
#include "../sdk/fake_host.h"
#include "centre_double.h"
#include "crossing.pb-c.h"
#include "journal.pb-c.h"

enum { LOOKUP = 50, LOOKED = 51, FORWARD = 80, FORWARDED = 81, QUICK_MS = 1500, LONG_MS = 10000 };

/* Two authorities; the second one is nobody's. */
struct keys {
	EVP_PKEY *ca_key, *registry_key, *other_ca_key, *stranger_key, *wrong_host_key;
	X509 *ca, *registry, *other_ca, *stranger, *wrong_host;
	char folder[64];
};

static struct keys *keys(void **state)
{
	return *state;
}

static X509 *make(enum pki_use use, const char *name, const char *alternative, EVP_PKEY *key,
	X509 *ca, EVP_PKEY *ca_key)
{
	const struct pki_request r = {use, {"NOR", "OSL", name}, alternative, 2};
	X509 *cert = NULL;

	assert_int_equal(pki_certificate(&cert, &r, key, ca, ca_key), 0);
	return cert;
}

static int set_up(void **state)
{
	struct keys *k = calloc(1, sizeof *k);
	EVP_PKEY *gate_key = pki_key_p256();
	X509 *gate;

	k->ca_key = pki_key_p256();
	k->registry_key = pki_key_p256();
	k->other_ca_key = pki_key_p256();
	k->stranger_key = pki_key_p256();
	k->wrong_host_key = pki_key_p256();
	k->ca = make(PKI_CA, "ca", NULL, k->ca_key, NULL, NULL);
	k->other_ca = make(PKI_CA, "other", NULL, k->other_ca_key, NULL, NULL);
	k->registry = make(PKI_SERVER, "registry", "IP:127.0.0.1,DNS:localhost", k->registry_key,
		k->ca, k->ca_key);
	k->stranger = make(PKI_SERVER, "registry", "IP:127.0.0.1", k->stranger_key, k->other_ca,
		k->other_ca_key);
	k->wrong_host =
		make(PKI_SERVER, "registry", "IP:127.0.0.2", k->wrong_host_key, k->ca, k->ca_key);
	gate = make(PKI_CLIENT, "lane-1", NULL, gate_key, k->ca, k->ca_key);
	snprintf(k->folder, sizeof k->folder, "/tmp/uplink-test-XXXXXX");
	assert_non_null(mkdtemp(k->folder));
	assert_int_equal(pki_write_certificate(k->folder, "ca.pem", k->ca), 0);
	assert_int_equal(pki_write_certificate(k->folder, "gate.pem", gate), 0);
	assert_int_equal(pki_write_private(k->folder, "gate.key", gate_key), 0);
	X509_free(gate);
	EVP_PKEY_free(gate_key);
	*state = k;
	return 0;
}

static void remove_file(const struct keys *k, const char *name)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%s", k->folder, name);
	unlink(path);
}

static int tear_down(void **state)
{
	struct keys *k = *state;
	EVP_PKEY *all[] = {
		k->ca_key, k->registry_key, k->other_ca_key, k->stranger_key, k->wrong_host_key};
	X509 *certs[] = {k->ca, k->registry, k->other_ca, k->stranger, k->wrong_host};

	for (size_t i = 0; i < 5; i++) {
		EVP_PKEY_free(all[i]);
		X509_free(certs[i]);
	}
	remove_file(k, "ca.pem");
	remove_file(k, "gate.pem");
	remove_file(k, "gate.key");
	remove_file(k, "crl.pem");
	rmdir(k->folder);
	free(k);
	return 0;
}

static struct fake_host *host_for(const struct keys *k, char url[64], const char *name, int port)
{
	struct fake_host *h = fake_host_new(&postern_plugin);

	snprintf(url, 64, "https://%s:%d", name, port);
	fake_host_option(h, "url", url, 0);
	fake_host_option(h, "connect_timeout_ms", NULL, LONG_MS);
	fake_host_option(h, "timeout_ms", NULL, LONG_MS);
	fake_host_option(h, "lookup_timeout_ms", NULL, LONG_MS);
	fake_host_folder(h, "pki", k->folder);
	return h;
}

/* For a centre that will not answer. Elsewhere the time-outs are long: a slow machine is no fault.
 */
static void be_quick(struct fake_host *h)
{
	fake_host_option(h, "connect_timeout_ms", NULL, QUICK_MS);
	fake_host_option(h, "timeout_ms", NULL, QUICK_MS);
	fake_host_option(h, "lookup_timeout_ms", NULL, QUICK_MS);
}

static void ask_forward(struct fake_host *h, uint64_t id, const char *batch)
{
	Postern__ForwardJournal f = POSTERN__FORWARD_JOURNAL__INIT;
	uint8_t bytes[16 * 1024];

	f.batch.data = (uint8_t *)(uintptr_t)batch;
	f.batch.len = strlen(batch);
	f.records = 1;
	f.first_seq = f.last_seq = 7;
	fake_host_send(h, FORWARD, id, bytes, postern__forward_journal__pack(&f, bytes));
}

static Postern__JournalForwarded *next_forwarded(struct fake_host *h, uint64_t id)
{
	const struct fake_message *m = fake_host_next(h, 2 * LONG_MS);
	Postern__JournalForwarded *f;

	assert_non_null(m);
	assert_int_equal(m->body, FORWARDED);
	assert_int_equal(m->query_id, id);
	f = postern__journal_forwarded__unpack(NULL, m->size, m->bytes);
	assert_non_null(f);
	return f;
}

static void expect_forwarded(
	struct fake_host *h, uint64_t id, Postern__ForwardResult result, const char *detail)
{
	Postern__JournalForwarded *f = next_forwarded(h, id);

	assert_int_equal(f->result, result);
	assert_string_equal(f->detail, detail);
	if (result != POSTERN__FORWARD_RESULT__FORWARD_ACKED)
		assert_null(f->ack);
	postern__journal_forwarded__free_unpacked(f, NULL);
}

static size_t signed_ack(uint8_t bytes[1200], size_t signature_size, size_t ack_size)
{
	Postern__SignedAck a = POSTERN__SIGNED_ACK__INIT;
	static uint8_t ack[1024], signature[128];

	for (size_t i = 0; i < sizeof ack; i++)
		ack[i] = (uint8_t)(i * 7);
	memset(signature, 0xa5, sizeof signature);
	a.ack.data = ack;
	a.ack.len = ack_size;
	a.signature.data = signature;
	a.signature.len = signature_size;
	a.key_id = (char *)(uintptr_t) "0123456789abcdef";
	return postern__signed_ack__pack(&a, bytes);
}

/* A server that behaves so, and the plugin asking it once. */
static void once(void **state, enum behaviour b, int status, const char *headers, const void *body,
	size_t size, Postern__ForwardResult result, const char *detail)
{
	struct keys *k = keys(state);
	struct centre_double *d = centre_double_start(k->registry, k->registry_key, k->ca, 0);
	char url[64];
	struct fake_host *h = host_for(k, url, "127.0.0.1", centre_double_port(d));

	if (b == HANG || b == HANG_BEFORE_TLS)
		be_quick(h);
	assert_int_equal(fake_host_start(h), 0);
	centre_double_behave(d, b, status, headers, body, size);
	ask_forward(h, 4711, "a batch");
	expect_forwarded(h, 4711, result, detail);
	fake_host_run(h, 50);
	assert_int_equal(h->count, 1); /* no second word */
	assert_null(h->failed);
	fake_host_stop(h);
	fake_host_free(h);
	centre_double_stop(d);
}

static void test_acknowledged(void **state)
{
	struct keys *k = keys(state);
	struct centre_double *d = centre_double_start(k->registry, k->registry_key, k->ca, 0);
	char url[64];
	struct fake_host *h = host_for(k, url, "127.0.0.1", centre_double_port(d));
	uint8_t ack[1200];
	size_t size = signed_ack(ack, 64, 100);

	assert_int_equal(fake_host_start(h), 0);
	centre_double_behave(d, ANSWER, 200, "Content-Type: application/x-protobuf\r\n", ack, size);
	for (uint64_t id = 1; id <= 3; id++) {
		ask_forward(h, id, "the bytes as they came");
		Postern__JournalForwarded *f = next_forwarded(h, id);
		assert_int_equal(f->result, POSTERN__FORWARD_RESULT__FORWARD_ACKED);
		assert_string_equal(f->detail, "");
		assert_non_null(f->ack);
		assert_int_equal(f->ack->ack.len, 100);
		for (size_t i = 0; i < 100; i++)
			assert_int_equal(f->ack->ack.data[i], (uint8_t)(i * 7));
		assert_int_equal(f->ack->signature.len, 64);
		assert_string_equal(f->ack->key_id, "0123456789abcdef");
		postern__journal_forwarded__free_unpacked(f, NULL);
	}
	struct seen s = centre_double_seen(d);
	assert_int_equal(s.requests, 3);
	assert_int_equal(s.connections, 1); /* kept alive */
	assert_int_equal(s.malformed, 0);
	assert_string_equal(s.path, "/v1/journal");
	assert_string_equal(s.client, "lane-1");
	assert_string_equal(s.content_type, "application/x-protobuf");
	assert_int_equal(s.size, strlen("the bytes as they came"));
	assert_memory_equal(s.body, "the bytes as they came", s.size);
	assert_int_equal(fake_host_count(h, "batches_total"), 3);
	assert_int_equal(fake_host_count(h, "connections_total"), 1);
	assert_int_equal(fake_host_count(h, "failures_total"), 0);
	fake_host_stop(h);
	fake_host_free(h);
	centre_double_stop(d);
}

/* 200 kB in a blob; every byte must arrive. */
static void test_blob(void **state)
{
	struct keys *k = keys(state);
	struct centre_double *d = centre_double_start(k->registry, k->registry_key, k->ca, 0);
	char url[64];
	struct fake_host *h = host_for(k, url, "127.0.0.1", centre_double_port(d));
	uint8_t ack[1200], *blob = malloc(200000);
	Postern__ForwardJournal f = POSTERN__FORWARD_JOURNAL__INIT;
	uint8_t body[64];
	struct postern_message m = {.struct_size = sizeof m,
		.body = FORWARD,
		.query_id = 9,
		.crossing_id = "",
		.bytes = body,
		.blob = blob,
		.blob_size = 200000};

	for (size_t i = 0; i < 200000; i++)
		blob[i] = (uint8_t)(i * 31 + i / 256);
	f.records = 64;
	m.size = postern__forward_journal__pack(&f, body);
	assert_int_equal(fake_host_start(h), 0);
	centre_double_behave(d, ANSWER, 200, "", ack, signed_ack(ack, 64, 100));
	h->open_queries[0] = 9;
	h->plugin->message(h->self, &m);
	expect_forwarded(h, 9, POSTERN__FORWARD_RESULT__FORWARD_ACKED, "");
	struct seen s = centre_double_seen(d);
	assert_int_equal(s.size, 200000);
	assert_memory_equal(s.body, blob, 200000);
	fake_host_stop(h);
	fake_host_free(h);
	centre_double_stop(d);
	free(blob);
}

static void test_statuses(void **state)
{
	static const struct {
		int status;
		Postern__ForwardResult result;
		const char *detail;
	} cases[] = {
		{409, POSTERN__FORWARD_RESULT__FORWARD_CONFLICT, "uplink.conflict"},
		{400, POSTERN__FORWARD_RESULT__FORWARD_REJECTED, "uplink.rejected"},
		{401, POSTERN__FORWARD_RESULT__FORWARD_REJECTED, "uplink.rejected"},
		{403, POSTERN__FORWARD_RESULT__FORWARD_REJECTED, "uplink.rejected"},
		{404, POSTERN__FORWARD_RESULT__FORWARD_REJECTED, "uplink.rejected"},
		{413, POSTERN__FORWARD_RESULT__FORWARD_REJECTED, "uplink.rejected"},
		{408, POSTERN__FORWARD_RESULT__FORWARD_UNREACHABLE, "uplink.timeout"},
		{500, POSTERN__FORWARD_RESULT__FORWARD_UNREACHABLE, "uplink.centre_error"},
		{502, POSTERN__FORWARD_RESULT__FORWARD_UNREACHABLE, "uplink.centre_error"},
		{204, POSTERN__FORWARD_RESULT__FORWARD_UNREACHABLE, "uplink.centre_error"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		once(state, ANSWER, cases[i].status, "", "", 0, cases[i].result, cases[i].detail);
	/* a redirect is not followed: it is not the centre's word */
	once(state, ANSWER, 302, "Location: https://127.0.0.1:1/\r\n", "", 0,
		POSTERN__FORWARD_RESULT__FORWARD_REJECTED, "uplink.rejected");
}

static void busy(void **state, int status, const char *headers, uint32_t expected_ms)
{
	struct keys *k = keys(state);
	struct centre_double *d = centre_double_start(k->registry, k->registry_key, k->ca, 0);
	char url[64];
	struct fake_host *h = host_for(k, url, "127.0.0.1", centre_double_port(d));
	Postern__JournalForwarded *f;

	assert_int_equal(fake_host_start(h), 0);
	centre_double_behave(d, ANSWER, status, headers, "", 0);
	ask_forward(h, 5, "b");
	f = next_forwarded(h, 5);
	assert_int_equal(f->result, POSTERN__FORWARD_RESULT__FORWARD_BUSY);
	assert_int_equal(f->retry_after_ms, expected_ms);
	postern__journal_forwarded__free_unpacked(f, NULL);
	fake_host_stop(h);
	fake_host_free(h);
	centre_double_stop(d);
}

static void test_busy(void **state)
{
	busy(state, 503, "Retry-After: 7\r\n", 7000);
	busy(state, 429, "Retry-After: 120\r\n", 120000);
	busy(state, 503, "", 0);
	busy(state, 503, "Retry-After: 999999999\r\n", 600000);
	busy(state, 503, "Retry-After: -3\r\n", 0);
	busy(state, 503, "Retry-After: soon\r\n", 0);
}

static void test_malformed(void **state)
{
	uint8_t ack[1200];
	size_t size;

	once(state, ANSWER, 200, "", "", 0, POSTERN__FORWARD_RESULT__FORWARD_UNREACHABLE,
		"uplink.malformed");
	once(state, ANSWER, 200, "", "<html>", 6, POSTERN__FORWARD_RESULT__FORWARD_UNREACHABLE,
		"uplink.malformed");
	size = signed_ack(ack, 63, 100);
	once(state, ANSWER, 200, "", ack, size, POSTERN__FORWARD_RESULT__FORWARD_UNREACHABLE,
		"uplink.malformed");
	size = signed_ack(ack, 64, 0);
	once(state, ANSWER, 200, "", ack, size, POSTERN__FORWARD_RESULT__FORWARD_UNREACHABLE,
		"uplink.malformed");
	size = signed_ack(ack, 64, 600);
	once(state, ANSWER, 200, "", ack, size, POSTERN__FORWARD_RESULT__FORWARD_UNREACHABLE,
		"uplink.malformed");
	/* the acknowledgement, and a field that no schema knows */
	size = signed_ack(ack, 64, 100);
	memcpy(ack + size, "\xf8\x01\x01", 3);
	once(state, ANSWER, 200, "", ack, size + 3, POSTERN__FORWARD_RESULT__FORWARD_UNREACHABLE,
		"uplink.malformed");
	once(state, ANSWER, 200, "", ack, size - 1, POSTERN__FORWARD_RESULT__FORWARD_UNREACHABLE,
		"uplink.malformed");
}

static void test_faults(void **state)
{
	uint8_t ack[1200];
	size_t size = signed_ack(ack, 64, 100);

	once(state, CUT_IN_HEADERS, 200, "", ack, size,
		POSTERN__FORWARD_RESULT__FORWARD_UNREACHABLE, "uplink.cut");
	once(state, CUT_IN_BODY, 200, "", ack, size, POSTERN__FORWARD_RESULT__FORWARD_UNREACHABLE,
		"uplink.cut");
	once(state, NOT_HTTP, 200, "", ack, size, POSTERN__FORWARD_RESULT__FORWARD_UNREACHABLE,
		"uplink.cut");
	once(state, HANG, 200, "", ack, size, POSTERN__FORWARD_RESULT__FORWARD_UNREACHABLE,
		"uplink.timeout");
	once(state, HANG_BEFORE_TLS, 200, "", ack, size,
		POSTERN__FORWARD_RESULT__FORWARD_UNREACHABLE, "uplink.timeout");
	once(state, ENDLESS_BODY, 200, "", ack, size, POSTERN__FORWARD_RESULT__FORWARD_UNREACHABLE,
		"uplink.too_large");
	once(state, ENDLESS_HEADERS, 200, "", ack, size,
		POSTERN__FORWARD_RESULT__FORWARD_UNREACHABLE, "uplink.too_large");
	once(state, ANNOUNCES_TOO_MUCH, 200, "", ack, size,
		POSTERN__FORWARD_RESULT__FORWARD_UNREACHABLE, "uplink.too_large");
}

static void test_refused_then_back(void **state)
{
	struct keys *k = keys(state);
	struct centre_double *d = centre_double_start(k->registry, k->registry_key, k->ca, 0);
	int port = centre_double_port(d);
	char url[64];
	struct fake_host *h = host_for(k, url, "127.0.0.1", port);

	centre_double_stop(d);
	assert_int_equal(fake_host_start(h), 0);
	for (uint64_t id = 1; id <= 20; id++) {
		ask_forward(h, id, "b");
		expect_forwarded(h, id, POSTERN__FORWARD_RESULT__FORWARD_UNREACHABLE,
			"uplink.no_connection");
	}
	assert_string_equal(h->trouble, "uplink.unreachable");
	assert_int_equal(fake_host_count(h, "failures_total"), 20);
	fake_host_stop(h);
	fake_host_free(h);
}

static void test_trouble_ends(void **state)
{
	struct keys *k = keys(state);
	struct centre_double *d = centre_double_start(k->registry, k->registry_key, k->ca, 0);
	char url[64];
	struct fake_host *h = host_for(k, url, "127.0.0.1", centre_double_port(d));
	uint8_t ack[1200];

	assert_int_equal(fake_host_start(h), 0);
	centre_double_behave(d, CUT_IN_HEADERS, 200, "", "", 0);
	ask_forward(h, 1, "b");
	expect_forwarded(h, 1, POSTERN__FORWARD_RESULT__FORWARD_UNREACHABLE, "uplink.cut");
	assert_string_equal(h->trouble, "uplink.unreachable");
	centre_double_behave(d, ANSWER, 200, "", ack, signed_ack(ack, 64, 100));
	ask_forward(h, 2, "b");
	expect_forwarded(h, 2, POSTERN__FORWARD_RESULT__FORWARD_ACKED, "");
	assert_null(h->trouble);
	fake_host_stop(h);
	fake_host_free(h);
	centre_double_stop(d);
}

static void strange(void **state, X509 *cert, EVP_PKEY *key, int max_version)
{
	struct keys *k = keys(state);
	struct centre_double *d = centre_double_start(cert, key, k->ca, max_version);
	char url[64];
	struct fake_host *h = host_for(k, url, "127.0.0.1", centre_double_port(d));
	uint8_t ack[1200];

	assert_int_equal(fake_host_start(h), 0);
	centre_double_behave(d, ANSWER, 200, "", ack, signed_ack(ack, 64, 100));
	ask_forward(h, 1, "b");
	expect_forwarded(h, 1, POSTERN__FORWARD_RESULT__FORWARD_UNREACHABLE, "uplink.tls");
	assert_string_equal(h->trouble, "uplink.tls");
	assert_int_equal(centre_double_seen(d).requests, 0); /* not a byte of the batch left */
	fake_host_stop(h);
	fake_host_free(h);
	centre_double_stop(d);
}

static void test_somebody_else(void **state)
{
	struct keys *k = keys(state);

	strange(state, k->stranger, k->stranger_key, 0);     /* another authority's */
	strange(state, k->wrong_host, k->wrong_host_key, 0); /* ours, for another host */
	strange(state, k->registry, k->registry_key, TLS1_1_VERSION);
}

/* The centre does not know this gate's authority. */
static void test_we_are_refused(void **state)
{
	struct keys *k = keys(state);
	struct centre_double *d = centre_double_start(k->registry, k->registry_key, k->other_ca, 0);
	char url[64];
	struct fake_host *h = host_for(k, url, "127.0.0.1", centre_double_port(d));
	Postern__JournalForwarded *f;

	assert_int_equal(fake_host_start(h), 0);
	ask_forward(h, 1, "b");
	f = next_forwarded(h, 1);
	assert_int_equal(f->result, POSTERN__FORWARD_RESULT__FORWARD_UNREACHABLE);
	postern__journal_forwarded__free_unpacked(f, NULL);
	assert_int_equal(centre_double_seen(d).requests, 0);
	fake_host_stop(h);
	fake_host_free(h);
	centre_double_stop(d);
}

static void test_revoked(void **state)
{
	struct keys *k = keys(state);
	char path[128];
	X509_CRL *crl = X509_CRL_new();
	X509_REVOKED *r = X509_REVOKED_new();
	ASN1_TIME *now = X509_gmtime_adj(NULL, -60), *later = X509_gmtime_adj(NULL, 3600);
	FILE *f;

	assert_int_equal(X509_REVOKED_set_serialNumber(r, X509_get_serialNumber(k->registry)), 1);
	assert_int_equal(X509_REVOKED_set_revocationDate(r, now), 1);
	assert_int_equal(X509_CRL_set_version(crl, 1), 1);
	assert_int_equal(X509_CRL_set_issuer_name(crl, X509_get_subject_name(k->ca)), 1);
	assert_int_equal(X509_CRL_set1_lastUpdate(crl, now), 1);
	assert_int_equal(X509_CRL_set1_nextUpdate(crl, later), 1);
	assert_int_equal(X509_CRL_add0_revoked(crl, r), 1);
	assert_true(X509_CRL_sign(crl, k->ca_key, EVP_sha256()) > 0);
	snprintf(path, sizeof path, "%s/crl.pem", k->folder);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(PEM_write_X509_CRL(f, crl), 1);
	fclose(f);
	strange(state, k->registry, k->registry_key, 0);
	remove_file(k, "crl.pem");
	ASN1_TIME_free(now);
	ASN1_TIME_free(later);
	X509_CRL_free(crl);
}

static void ask_history(struct fake_host *h, uint64_t id)
{
	fake_host_send(h, LOOKUP, id,
		(const uint8_t *)"\x0a\x03"
				 "X12",
		5);
}

static void expect_looked(
	struct fake_host *h, uint64_t id, Postern__CheckResult result, size_t stays)
{
	const struct fake_message *m = fake_host_next(h, 2 * LONG_MS);
	Postern__HistoryLooked *l;

	assert_non_null(m);
	assert_int_equal(m->body, LOOKED);
	assert_int_equal(m->query_id, id);
	l = postern__history_looked__unpack(NULL, m->size, m->bytes);
	assert_non_null(l);
	assert_int_equal(l->result, result);
	assert_int_equal(l->n_stays, stays);
	postern__history_looked__free_unpacked(l, NULL);
}

static size_t history(uint8_t *bytes, Postern__CheckResult result, size_t stays)
{
	static Postern__Stay stay;
	static Postern__Date entry, leave;
	static Postern__Stay *list[8000];
	Postern__HistoryLooked l = POSTERN__HISTORY_LOOKED__INIT;

	postern__stay__init(&stay);
	postern__date__init(&entry);
	postern__date__init(&leave);
	entry.year = leave.year = 2026;
	entry.month = leave.month = 3;
	entry.day = 1;
	leave.day = 9;
	stay.entry_date = &entry;
	stay.exit_date = &leave;
	for (size_t i = 0; i < stays; i++)
		list[i] = &stay;
	l.result = result;
	l.stays = list;
	l.n_stays = stays;
	l.complete = 1;
	return postern__history_looked__pack(&l, bytes);
}

static void test_lookup(void **state)
{
	struct keys *k = keys(state);
	struct centre_double *d = centre_double_start(k->registry, k->registry_key, k->ca, 0);
	char url[64];
	struct fake_host *h = host_for(k, url, "127.0.0.1", centre_double_port(d));
	uint8_t *bytes = malloc(300000);
	size_t size = history(bytes, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL, 2);

	be_quick(h);
	assert_int_equal(fake_host_start(h), 0);
	centre_double_behave(d, ANSWER, 200, "", bytes, size);
	ask_history(h, 1);
	expect_looked(h, 1, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL, 2);
	struct seen s = centre_double_seen(d);
	assert_string_equal(s.path, "/v1/lookup");
	assert_int_equal(s.size, 5);
	assert_memory_equal(s.body,
		"\x0a\x03"
		"X12",
		5);

	/* everything else is undetermined: empty, garbage, no result, out of range, too many,
	 * refused, late */
	const struct {
		enum behaviour behaviour;
		int status;
		const char *bytes;
		size_t size;
	} bad[] = {
		{ANSWER, 200, "", 0},
		{ANSWER, 200, "\xff\xff\xff", 3},
		{ANSWER, 200, "\x18\x01", 2},
		{ANSWER, 200, "\x08\x09", 2},
		{ANSWER, 200, "\x08\x01\xf8\x01\x01", 5},
		{ANSWER, 404, "", 0},
		{ANSWER, 503, "", 0},
		{HANG, 200, "", 0},
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		centre_double_behave(
			d, bad[i].behaviour, bad[i].status, "", bad[i].bytes, bad[i].size);
		ask_history(h, 10 + i);
		expect_looked(h, 10 + i, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED, 0);
	}
	size = history(bytes, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL, 2000);
	assert_true(size > 16384 && size < 65536);
	centre_double_behave(d, ANSWER, 200, "", bytes, size);
	ask_history(h, 99);
	expect_looked(h, 99, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED, 0);
	assert_int_equal(fake_host_count(h, "lookups_undetermined_total"), 9);
	fake_host_stop(h);
	fake_host_free(h);
	centre_double_stop(d);
	free(bytes);
}

/* A new core asked nothing: what the old one asked is never answered, and the next query is. */
static void test_core_restart(void **state)
{
	struct keys *k = keys(state);
	struct centre_double *d = centre_double_start(k->registry, k->registry_key, k->ca, 0);
	char url[64];
	struct fake_host *h = host_for(k, url, "127.0.0.1", centre_double_port(d));
	uint8_t ack[1200];

	be_quick(h);
	assert_int_equal(fake_host_start(h), 0);
	centre_double_behave(d, HANG, 200, "", "", 0);
	ask_forward(h, 1, "b");
	ask_history(h, 2);
	fake_host_run(h, 200);
	assert_int_equal(h->count, 0);
	memset(h->open_queries, 0, sizeof h->open_queries);
	h->plugin->core_started(h->self, 2);
	centre_double_behave(d, ANSWER, 200, "", ack, signed_ack(ack, 64, 100));
	ask_forward(h, 1, "b");
	expect_forwarded(h, 1, POSTERN__FORWARD_RESULT__FORWARD_ACKED, "");
	fake_host_run(h, QUICK_MS + 200);
	assert_int_equal(h->count, 1);
	fake_host_stop(h);
	fake_host_free(h);
	centre_double_stop(d);
}

/* More at a time than there is room for: each has its one answer, at once or later. */
static void test_too_many_at_a_time(void **state)
{
	struct keys *k = keys(state);
	struct centre_double *d = centre_double_start(k->registry, k->registry_key, k->ca, 0);
	char url[64];
	struct fake_host *h = host_for(k, url, "127.0.0.1", centre_double_port(d));

	be_quick(h);
	assert_int_equal(fake_host_start(h), 0);
	centre_double_behave(d, HANG, 200, "", "", 0);
	for (uint64_t id = 1; id <= 10; id++)
		ask_history(h, id);
	fake_host_run(h, 2 * QUICK_MS);
	assert_int_equal(h->count, 10);
	fake_host_stop(h);
	fake_host_free(h);
	centre_double_stop(d);
}

static void test_stop_with_open_queries(void **state)
{
	struct keys *k = keys(state);
	struct centre_double *d = centre_double_start(k->registry, k->registry_key, k->ca, 0);
	char url[64];
	struct fake_host *h = host_for(k, url, "localhost", centre_double_port(d));

	assert_int_equal(fake_host_start(h), 0);
	centre_double_behave(d, HANG, 200, "", "", 0);
	ask_forward(h, 1, "b");
	fake_host_run(h, 100);
	fake_host_stop(h);
	fake_host_free(h);
	centre_double_stop(d);
}

/* A name is resolved at start and pinned; the certificate must be for the name. */
static void test_name(void **state)
{
	struct keys *k = keys(state);
	struct centre_double *d = centre_double_start(k->registry, k->registry_key, k->ca, 0);
	char url[64];
	struct fake_host *h = host_for(k, url, "localhost", centre_double_port(d));
	uint8_t ack[1200];

	assert_int_equal(fake_host_start(h), 0);
	centre_double_behave(d, ANSWER, 200, "", ack, signed_ack(ack, 64, 100));
	ask_forward(h, 1, "b");
	expect_forwarded(h, 1, POSTERN__FORWARD_RESULT__FORWARD_ACKED, "");
	fake_host_stop(h);
	fake_host_free(h);
	centre_double_stop(d);
}

static void test_name_unknown(void **state)
{
	char url[64];
	struct fake_host *h = host_for(keys(state), url, "no-such-host.invalid", 443);

	assert_int_equal(fake_host_start(h), 0);
	assert_string_equal(h->trouble, "uplink.name_unknown");
	ask_forward(h, 1, "b");
	expect_forwarded(h, 1, POSTERN__FORWARD_RESULT__FORWARD_UNREACHABLE, "uplink.abandoned");
	ask_history(h, 2);
	expect_looked(h, 2, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED, 0);
	h->plugin->tick(h->self, h->table.now_ms(h));
	assert_string_equal(h->failed,
		"uplink.name_unknown"); /* the supervisor starts it anew, which asks again */
	fake_host_stop(h);
	fake_host_free(h);
}

static void refuses_url(const struct keys *k, const char *url)
{
	char unused[64];
	struct fake_host *h = host_for(k, unused, "127.0.0.1", 1);

	fake_host_option(h, "url", url, 0);
	assert_true(fake_host_start(h) < 0);
	fake_host_free(h);
}

static void test_configuration(void **state)
{
	struct keys *k = keys(state);
	char url[64], path[128];
	static const char *const bad[] = {"", "http://127.0.0.1:80", "ftp://127.0.0.1",
		"https://127.0.0.1/path", "https://user@127.0.0.1", "https://127.0.0.1?x",
		"https://127.0.0.1#x", "127.0.0.1:443", "https://", "https://127.0.0.1:99999",
		"file:///etc/passwd"};
	struct fake_host *h;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		refuses_url(k, bad[i]);
	/* a key that is not the certificate's */
	remove_file(k, "gate.key");
	assert_int_equal(pki_write_private(k->folder, "gate.key", k->stranger_key), 0);
	h = host_for(k, url, "127.0.0.1", 1);
	assert_true(fake_host_start(h) < 0);
	fake_host_free(h);
	/* none at all */
	snprintf(path, sizeof path, "%s/gate.key", k->folder);
	unlink(path);
	h = host_for(k, url, "127.0.0.1", 1);
	assert_true(fake_host_start(h) < 0);
	fake_host_free(h);
}

/* The supervisor opens the key's file and hands the descriptor over: no file in the folder. */
static void test_key_as_device(void **state)
{
	struct keys *k = keys(state);
	struct centre_double *d = centre_double_start(k->registry, k->registry_key, k->ca, 0);
	char url[64];
	struct fake_host *h = host_for(k, url, "127.0.0.1", centre_double_port(d));
	EVP_PKEY *key = pki_key_p256();
	X509 *gate = make(PKI_CLIENT, "lane-2", NULL, key, k->ca, k->ca_key);
	FILE *f = tmpfile();
	uint8_t ack[1200];

	remove_file(k, "gate.key");
	remove_file(k, "gate.pem");
	assert_int_equal(pki_write_certificate(k->folder, "gate.pem", gate), 0);
	assert_int_equal(PEM_write_PKCS8PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
	fflush(f);
	fake_host_device(h, "key", fileno(f));
	assert_int_equal(fake_host_start(h), 0);
	centre_double_behave(d, ANSWER, 200, "", ack, signed_ack(ack, 64, 100));
	ask_forward(h, 1, "b");
	expect_forwarded(h, 1, POSTERN__FORWARD_RESULT__FORWARD_ACKED, "");
	assert_string_equal(centre_double_seen(d).client, "lane-2");
	fake_host_stop(h);
	fake_host_free(h);
	centre_double_stop(d);
	fclose(f);
	X509_free(gate);
	EVP_PKEY_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_acknowledged),
		cmocka_unit_test(test_blob),
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_refused_then_back),
		cmocka_unit_test(test_trouble_ends),
		cmocka_unit_test(test_somebody_else),
		cmocka_unit_test(test_we_are_refused),
		cmocka_unit_test(test_revoked),
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_core_restart),
		cmocka_unit_test(test_too_many_at_a_time),
		cmocka_unit_test(test_stop_with_open_queries),
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_name_unknown),
		cmocka_unit_test(test_configuration),
		cmocka_unit_test(test_key_as_device),
	};

	return cmocka_run_group_tests_name("uplink", tests, set_up, tear_down);
}

/* SPDX-License-Identifier: Apache-2.0
 * Load on the registry, and the bare store beside it, turn by turn in the same run: N gates, each
 * with one kept-alive connection over mutual TLS and one batch of B records in flight, real chains.
 * The registry is the shipped object in its sandbox. The batches are made before the clock starts
 * and the acknowledgements' signatures and hashes verified after it stopped, since gates do both on
 * machines of their own. Must never count what was not acknowledged, nor be read across machines:
 * the ratio within one run is what means something.
 *
 *   bench-ingest registry.plugin postern posternd sqlite|postgresql [gates batch seconds sealed]
 */
#undef NDEBUG
#include <assert.h>
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "ingest_bare.h"
#include "pg_server.h"
#include "sandboxed.h"
#include "sender.h"
#include "usage.h"

enum { GATES_MAX = 256, ROUNDS = 3, RATE_MAX = 60000, ANSWER_MAX = 512 };
#define SECOND_NS UINT64_C(1000000000)

struct batch {
	struct bytes body;
	struct sender sent; /* as it was after this batch */
	uint8_t answer[ANSWER_MAX];
	size_t answer_size;
	float ms;
};

struct gate {
	CURL *curl;
	struct batch *batch;
	size_t at; /* the batch in flight */
	uint64_t sent_ns;
};

struct bench {
	const char *store_name;
	char store[320];
	unsigned gates, records, seconds;
	size_t sealed, batches; /* per gate */
	struct sandboxed *registry;
	struct pg_server *server;
	CURLM *multi;
	struct gate *gate;
	size_t posted; /* answered with 200 */
	unsigned errors;
	bool ran_out;
};

/* What one turn of load, or the bare store, did. */
struct turn {
	double rate, own_s, registry_s, server_s, all_s, wall_s;
	size_t records;
};

static size_t keep(char *bytes, size_t one, size_t size, void *self)
{
	const struct gate *g = self;
	struct batch *b = &g->batch[g->at];
	(void)one;
	if (size > sizeof b->answer - b->answer_size)
		return 0;
	memcpy(b->answer + b->answer_size, bytes, size);
	b->answer_size += size;
	return size;
}

static void set_up(struct bench *b, const char *const programs[3])
{
	char names[4096] = "g0";
	for (unsigned i = 1; i < b->gates; i++)
		snprintf(names + strlen(names), sizeof names - strlen(names), ",g%u", i);
	b->registry = sandboxed_new(programs, names, NULL);
	if (strcmp(b->store_name, "postgresql") == 0) {
		b->server = pg_server_start("shared_buffers=1GB max_wal_size=8GB");
		snprintf(b->store, sizeof b->store, "postgresql:%s", pg_server_conninfo(b->server));
	}
	sandboxed_start(b->registry, b->store);
}

static void make_batches(struct bench *b, struct gate *g, unsigned number)
{
	struct sender s;
	char name[16];
	snprintf(name, sizeof name, "g%u", number);
	sender_init(&s, "NOR", name);
	g->batch = calloc(b->batches, sizeof *g->batch);
	assert(g->batch != NULL);
	for (size_t i = 0; i < b->batches; i++) {
		g->batch[i].body = sender_batch(&s, b->records, b->sealed);
		g->batch[i].sent = s;
	}
}

static void open_gates(struct bench *b)
{
	char name[16], url[80];
	b->gate = calloc(b->gates, sizeof *b->gate);
	b->multi = curl_multi_init();
	assert(b->gate != NULL && b->multi != NULL);
	size_t most = RATE_MAX * (size_t)(ROUNDS * b->seconds + 1);
	b->batches = most / b->gates / b->records + 2;
	snprintf(url, sizeof url, "https://127.0.0.1:%u/v1/journal", sandboxed_port(b->registry));
	for (unsigned i = 0; i < b->gates; i++) {
		struct gate *g = &b->gate[i];
		make_batches(b, g, i);
		sandboxed_drain(b->registry);
		snprintf(name, sizeof name, "g%u", i);
		g->curl = curl_easy_init();
		assert(g->curl != NULL);
		sender_curl(g->curl, sandboxed_pki(b->registry), name);
		curl_easy_setopt(g->curl, CURLOPT_URL, url);
		curl_easy_setopt(g->curl, CURLOPT_WRITEFUNCTION, keep);
		curl_easy_setopt(g->curl, CURLOPT_WRITEDATA, g);
		curl_easy_setopt(g->curl, CURLOPT_PRIVATE, g);
		curl_easy_setopt(g->curl, CURLOPT_HTTPHEADER, curl_slist_append(NULL, "Expect:"));
	}
}

static void send_next(struct bench *b, struct gate *g)
{
	if (g->at == b->batches) {
		b->ran_out = true;
		return;
	}
	const struct bytes *body = &g->batch[g->at].body;
	curl_easy_setopt(g->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->size);
	curl_easy_setopt(g->curl, CURLOPT_POSTFIELDS, body->data);
	g->sent_ns = clock_mono_ns();
	assert(curl_multi_add_handle(b->multi, g->curl) == CURLM_OK);
}

/* True: answered with 200. */
static bool take(struct bench *b, const CURLMsg *m, struct gate **of)
{
	struct gate *g = NULL;
	long status = 0;
	curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&g);
	curl_easy_getinfo(m->easy_handle, CURLINFO_RESPONSE_CODE, &status);
	bool ok = m->data.result == CURLE_OK && status == 200;
	g->batch[g->at].ms = (float)((double)(clock_mono_ns() - g->sent_ns) / 1e6);
	curl_multi_remove_handle(b->multi, g->curl);
	*of = g;
	if (!ok) {
		fprintf(stderr, "bench-ingest: %s, status %ld\n",
			curl_easy_strerror(m->data.result), status);
		b->errors++;
		return false;
	}
	g->at++;
	b->posted++;
	return true;
}

/* Keeps every gate busy for that long, then lets what is in flight end. */
static size_t post_for(struct bench *b, uint64_t ns, uint64_t *last_ns)
{
	int running = 1, left;
	size_t counted = 0;
	uint64_t end = clock_mono_ns() + ns, drained = 0;
	for (unsigned i = 0; i < b->gates; i++)
		send_next(b, &b->gate[i]);
	while (running > 0) {
		assert(curl_multi_perform(b->multi, &running) == CURLM_OK);
		for (CURLMsg *m; (m = curl_multi_info_read(b->multi, &left)) != NULL;) {
			struct gate *g;
			uint64_t now = clock_mono_ns();
			bool ok = take(b, m, &g), more = ok && now < end && !b->ran_out;
			if (ok && now < end) {
				counted += b->records;
				*last_ns = now;
			}
			if (more)
				send_next(b, g);
			running = 1;
		}
		if (clock_mono_ns() - drained > SECOND_NS / 10) {
			sandboxed_drain(b->registry);
			drained = clock_mono_ns();
		}
		assert(curl_multi_poll(b->multi, NULL, 0, 20, NULL) == CURLM_OK);
	}
	return counted;
}

static void usage(const struct bench *b, struct turn *t, double sign)
{
	t->own_s += sign * usage_of(getpid());
	t->registry_s += sign * usage_of(sandboxed_pid(b->registry));
	if (b->server != NULL)
		t->server_s += sign * usage_of_family(pg_server_pid(b->server));
	t->all_s += sign * usage_of_machine();
	t->wall_s += sign * (double)clock_mono_ns() / (double)SECOND_NS;
}

static struct turn load(struct bench *b)
{
	struct turn t = {0};
	size_t before = b->posted;
	usage(b, &t, -1);
	uint64_t begin = clock_mono_ns(), last = begin + 1;
	size_t counted = post_for(b, b->seconds * SECOND_NS, &last);
	usage(b, &t, 1);
	t.rate = (double)counted / ((double)(last - begin) / (double)SECOND_NS);
	t.records = (b->posted - before) * b->records;
	return t;
}

static struct turn bare(struct bench *b, struct ingest_bare *store)
{
	struct turn t = {0};
	usage(b, &t, -1);
	t.rate = ingest_bare_rate(store, b->seconds);
	usage(b, &t, 1);
	return t;
}

/* Every 200 of the run must carry what it claims. */
static size_t count_bad(const struct bench *b)
{
	size_t bad = 0;
	EVP_PKEY *key = sender_ack_key(sandboxed_pki(b->registry));
	for (unsigned i = 0; i < b->gates; i++)
		for (size_t k = 0; k < b->gate[i].at; k++) {
			const struct batch *one = &b->gate[i].batch[k];
			bad += !sender_acknowledged(key, one->answer, one->answer_size, &one->sent);
		}
	EVP_PKEY_free(key);
	return bad;
}

static int by_value(const void *a, const void *b)
{
	const float *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static void print_times(const struct bench *b)
{
	size_t n = 0;
	float *ms = malloc((b->posted + 1) * sizeof *ms);
	assert(ms != NULL);
	for (unsigned i = 0; i < b->gates; i++)
		for (size_t k = 0; k < b->gate[i].at; k++)
			ms[n++] = b->gate[i].batch[k].ms;
	qsort(ms, n, sizeof *ms, by_value);
	if (n > 0)
		printf("  from POST to acknowledgement: p50 %.1f  p99 %.1f  p99.9 %.1f ms\n",
			ms[n / 2], ms[n * 99 / 100], ms[n * 999 / 1000]);
	free(ms);
}

static double median(const struct turn t[ROUNDS])
{
	double low = t[0].rate < t[1].rate ? t[0].rate : t[1].rate,
	       high = t[0].rate < t[1].rate ? t[1].rate : t[0].rate;
	return t[2].rate < low ? low : t[2].rate > high ? high : t[2].rate;
}

static double others(const struct turn *t)
{
	return (t->all_s - t->own_s - t->registry_s - t->server_s) / t->wall_s;
}

static void print_turns(
	const struct bench *b, const struct turn loaded[ROUNDS], const struct turn bared[ROUNDS])
{
	struct turn sum = {0};
	printf("%s, %u gates x %u records of %zu sealed bytes:\n", b->store_name, b->gates,
		b->records, b->sealed);
	for (int i = 0; i < ROUNDS; i++) {
		printf("  acknowledged %6.0f records/s (others used %.1f processors)   bare insert "
		       "%6.0f rows/s (%.1f)\n",
			loaded[i].rate, others(&loaded[i]), bared[i].rate, others(&bared[i]));
		sum.own_s += loaded[i].own_s;
		sum.registry_s += loaded[i].registry_s;
		sum.server_s += loaded[i].server_s;
		sum.records += loaded[i].records;
	}
	double us = 1e6 / (double)(sum.records + 1), bare_us = 0;
	for (int i = 0; i < ROUNDS; i++)
		bare_us += (bared[i].server_s + bared[i].own_s) * 1e6 / bared[i].rate / b->seconds /
			   ROUNDS;
	printf("  medians: %.0f acknowledged records/s = %.2f of the bare insert's %.0f rows/s\n",
		median(loaded), median(loaded) / median(bared), median(bared));
	printf("  processor time per record: gates %.1f us, registry %.1f us, server %.1f us; "
	       "bare %.1f us\n",
		sum.own_s * us, sum.registry_s * us, sum.server_s * us, bare_us);
}

static int run(struct bench *b)
{
	struct turn loaded[ROUNDS], bared[ROUNDS];
	uint64_t last;
	open_gates(b);
	struct ingest_bare *store =
		ingest_bare_open(b->store, (size_t)b->gates * b->records, b->sealed);
	/* Handshakes, prepared statements, the month's partition. */
	(void)post_for(b, SECOND_NS / 2, &last);
	(void)ingest_bare_rate(store, 1);
	for (int i = 0; i < ROUNDS; i++) {
		loaded[i] = load(b);
		bared[i] = bare(b, store);
	}
	ingest_bare_close(store);
	curl_multi_cleanup(b->multi);
	size_t bad = count_bad(b);
	print_turns(b, loaded, bared);
	print_times(b);
	printf("  %zu batches answered, %u errors, %zu bad acknowledgements\n", b->posted,
		b->errors, bad);
	if (b->ran_out)
		printf("  the prepared batches ran out: the load was not held to the end\n");
	return b->errors != 0 || bad != 0 || b->posted == 0 || b->ran_out ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct bench b = {.gates = 32, .records = 10, .seconds = 3, .sealed = 1200};
	if (argc < 5) {
		fprintf(stderr, "bench-ingest registry.plugin postern posternd "
				"sqlite|postgresql [gates batch seconds sealed]\n");
		return 2;
	}
	const char *const programs[] = {argv[1], argv[2], argv[3]};
	b.store_name = argv[4];
	if (argc > 7) {
		b.gates = (unsigned)strtoul(argv[5], NULL, 10);
		b.records = (unsigned)strtoul(argv[6], NULL, 10);
		b.seconds = (unsigned)strtoul(argv[7], NULL, 10);
	}
	if (argc > 8)
		b.sealed = strtoul(argv[8], NULL, 10);
	if (b.gates == 0 || b.gates > GATES_MAX || b.records == 0 || b.records > 64 ||
		b.seconds == 0)
		return 2;
	set_up(&b, programs);
	int failed = run(&b);
	failed |= sandboxed_stop(b.registry) != 0;
	if (b.server != NULL)
		pg_server_stop(b.server);
	sandboxed_free(b.registry);
	return failed;
}

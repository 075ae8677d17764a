/* SPDX-License-Identifier: Apache-2.0
 * The registry in its sandbox, started by the real loader: it must serve, store and reconnect with
 * what its manifest asks for and nothing else. Must never run it with more than the manifest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "host/plugin_main.h"
#include "pg_server.h"
#include "sandboxed.h"
#include "sender.h"

static const char *programs[3];

struct place {
	struct sandboxed *registry;
	struct sender gate;
};

static void make_place(struct place *p)
{
	p->registry = sandboxed_new(programs, "gate-1", NULL);
	sender_init(&p->gate, "NOR", "gate-1");
}

static size_t drop(char *bytes, size_t one, size_t size, void *self)
{
	(void)bytes;
	(void)self;
	return one * size;
}

static long post(struct place *p, size_t records, size_t sealed)
{
	char url[80];
	long status = 0;
	struct sender sent = p->gate;
	struct bytes b = sender_batch(&sent, records, sealed);
	CURL *c = curl_easy_init();
	assert_non_null(c);
	sender_curl(c, sandboxed_pki(p->registry), "gate-1");
	snprintf(url, sizeof url, "https://127.0.0.1:%u/v1/journal", sandboxed_port(p->registry));
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, drop);
	curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)b.size);
	curl_easy_setopt(c, CURLOPT_POSTFIELDS, b.data);
	CURLcode code = curl_easy_perform(c);
	if (code != CURLE_OK)
		fail_msg("curl: %s", curl_easy_strerror(code));
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(c);
	free(b.data);
	if (status == 200)
		p->gate = sent;
	return status;
}

static void on_sqlite(void **state)
{
	struct place p;
	(void)state;
	make_place(&p);
	for (int life = 0; life < 2; life++) {
		sandboxed_start(p.registry, "");
		for (int i = 0; i < 50; i++)
			assert_int_equal(post(&p, 4, 5000), 200);
		assert_int_equal(post(&p, 10, 19000), 200);
		assert_int_equal(sandboxed_stop(p.registry), HOST_EXIT_STOPPED);
	}
	sandboxed_free(p.registry);
}

static void on_postgresql(void **state)
{
	struct place p;
	char store[300];
	(void)state;
	make_place(&p);
	struct pg_server *s = pg_server_start(NULL);
	snprintf(store, sizeof store, "postgresql:%s", pg_server_conninfo(s));
	sandboxed_start(p.registry, store);
	for (int i = 0; i < 20; i++)
		assert_int_equal(post(&p, 4, 5000), 200);
	pg_server_kill(s);
	assert_int_equal(post(&p, 4, 5000), 503);
	pg_server_again(s);
	usleep(2500000);
	/* Connected again with no more than the narrow layer allows. */
	assert_int_equal(post(&p, 4, 5000), 200);
	assert_int_equal(sandboxed_stop(p.registry), HOST_EXIT_STOPPED);
	pg_server_stop(s);
	sandboxed_free(p.registry);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(on_sqlite), cmocka_unit_test(on_postgresql)};
	if (argc != 4) {
		fprintf(stderr, "registry.plugin postern posternd\n");
		return 2;
	}
	for (int i = 0; i < 3; i++)
		programs[i] = argv[i + 1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}

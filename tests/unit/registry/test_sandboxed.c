/* SPDX-License-Identifier: Apache-2.0
 * The registry in its sandbox, started by the real loader: it must serve, store and reconnect with
 * what its manifest asks for and nothing else. Must never run it with more than the manifest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../sandbox/core_side.h"
#include "host/plugin_main.h"
#include "pg_server.h"
#include "sender.h"

enum { UID = 64007 };

static const char *manifest_path, *postern;
static struct manifest *manifest;

struct place {
	char folder[40], state[60], pki[60], registry_pki[80];
	unsigned port;
	struct core_side *core;
	struct sender gate;
};

PN_PRINTF(1, 2) static void run(const char *fmt, ...)
{
	char command[2048];
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(command, sizeof command, fmt, args);
	va_end(args);
	if (n < 0 || n >= (int)sizeof command || system(command) != 0)
		fail_msg("%s", command);
}

static unsigned free_port(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
	close(fd);
	return ntohs(a.sin_port);
}

static void make_place(struct place *p)
{
	memset(p, 0, sizeof *p);
	strcpy(p->folder, "/tmp/postern-sandboxed-XXXXXX");
	assert_non_null(mkdtemp(p->folder));
	snprintf(p->state, sizeof p->state, "%s/state", p->folder);
	snprintf(p->pki, sizeof p->pki, "%s/pki", p->folder);
	snprintf(p->registry_pki, sizeof p->registry_pki, "%s/registry", p->pki);
	run("chmod 711 %s && mkdir -m 700 %s && %s pki demo --out %s --tenant NOR"
	    " --crossing-point OSL --gates gate-1 >/dev/null && chmod 711 %s",
		p->folder, p->state, postern, p->pki, p->pki);
	if (geteuid() == 0)
		run("chown -R %d:%d %s %s", UID, UID, p->state, p->registry_pki);
	p->port = free_port();
	sender_init(&p->gate, "NOR", "gate-1");
	p->core = malloc(sizeof *p->core);
	assert_non_null(p->core);
}

static void start(struct place *p, const char *store)
{
	char why[500] = "", port[8];
	struct text error;
	const uint16_t ports[] = {(uint16_t)p->port};
	const struct named_value folders[] = {{"pki", p->registry_pki}},
				 options[] = {{"port", port}, {"store", store}};
	int64_t id = geteuid() == 0 ? UID : SPEC_KEEP_UID;
	struct plugin_request r = {.unit = "centre",
		.instance = "centre/registry",
		.manifest_path = manifest_path,
		.manifest = manifest,
		.uid = id,
		.gid = id,
		.folders = folders,
		.folder_count = 1,
		.options = options,
		.option_count = 2,
		.state_folder = p->state,
		.sockets_allowed = manifest->sockets,
		.bind_ports = ports,
		.bind_port_count = 1};
	snprintf(port, sizeof port, "%u", p->port);
	text_init(&error, why, sizeof why);
	if (core_side_start(p->core, &r, &error) != PN_OK)
		fail_msg("%s", why);
	assert_int_equal(core_side_greet(p->core, 1, 500, 60000), PN_OK);
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
	sender_curl(c, p->pki, "gate-1");
	snprintf(url, sizeof url, "https://127.0.0.1:%u/v1/journal", p->port);
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

static void stop(struct place *p)
{
	assert_int_equal(core_side_tell(p->core, 0, POSTERN__ENVELOPE__BODY_STOP, NULL, 0), PN_OK);
	int status = core_side_status(p->core, 5000);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), HOST_EXIT_STOPPED);
	core_side_end(p->core);
}

static void leave(struct place *p)
{
	run("rm -rf %s", p->folder);
	free(p->core);
}

static void on_sqlite(void **state)
{
	struct place p;
	(void)state;
	make_place(&p);
	for (int life = 0; life < 2; life++) {
		start(&p, "");
		for (int i = 0; i < 50; i++)
			assert_int_equal(post(&p, 4, 5000), 200);
		assert_int_equal(post(&p, 10, 19000), 200);
		stop(&p);
	}
	leave(&p);
}

static void on_postgresql(void **state)
{
	struct place p;
	char store[300];
	(void)state;
	make_place(&p);
	struct pg_server *s = pg_server_start(NULL);
	snprintf(store, sizeof store, "postgresql:%s", pg_server_conninfo(s));
	start(&p, store);
	for (int i = 0; i < 20; i++)
		assert_int_equal(post(&p, 4, 5000), 200);
	pg_server_kill(s);
	assert_int_equal(post(&p, 4, 5000), 503);
	pg_server_again(s);
	usleep(2500000);
	/* Connected again with no more than the narrow layer allows. */
	assert_int_equal(post(&p, 4, 5000), 200);
	stop(&p);
	pg_server_stop(s);
	leave(&p);
}

int main(int argc, char **argv)
{
	char why[500] = "";
	struct text error;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(on_sqlite), cmocka_unit_test(on_postgresql)};
	if (argc != 4 || setenv("HOST_CHILD", argv[3], 1) != 0) {
		fprintf(stderr, "registry.plugin postern posternd\n");
		return 2;
	}
	manifest_path = argv[1];
	postern = argv[2];
	text_init(&error, why, sizeof why);
	if (manifest_load(manifest_path, &manifest, &error) != PN_OK) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	int rc = cmocka_run_group_tests(tests, NULL, NULL);
	manifest_free(manifest);
	return rc;
}

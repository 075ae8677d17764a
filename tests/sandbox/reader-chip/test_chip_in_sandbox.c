/* SPDX-License-Identifier: Apache-2.0
 * The shipped chip readers under their shipped manifests, in the real sandbox: a virtual passport is read over a socket of
 * loopback and through a real pcscd, its files come as a sealed memfd, and pcscd comes back after it has gone. What OpenSSL and
 * libpcsclite load late must have been loaded in init(). Must never run a plugin in this process.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../unit/reader-chip/lay.h"
#include "../../unit/reader-chip/pcscd.h"
#include "bus/blob.h"
#include "config/config.h"
#include "core_side.h"
#include "emrtd/bundle.h"
#include "host/plugin_main.h"

enum { WAIT_MS = 15000 };

static const char *no_pcscd;

static struct core_side *start(const char *plugin, const struct named_value *option, uint32_t sockets, uint16_t port)
{
	char path[512], instance[64], why[500] = "";
	struct manifest *m;
	struct text error;
	struct core_side *c = malloc(sizeof *c);
	int64_t id = geteuid() == 0 ? 64009 : SPEC_KEEP_UID;
	struct plugin_request r = {.unit = "lane-1",
		.instance = instance,
		.manifest_path = path,
		.uid = id,
		.gid = id,
		.options = option,
		.option_count = option != NULL ? 1 : 0,
		.sockets_allowed = sockets,
		.bind_ports = &port,
		.bind_port_count = port != 0 ? 1 : 0};
	assert_non_null(c);
	text_init(&error, why, sizeof why);
	snprintf(path, sizeof path, "%s/%s/%s.plugin", getenv("PLUGINS"), plugin, plugin);
	snprintf(instance, sizeof instance, "lane-1/%s", plugin);
	if (manifest_load(path, &m, &error) != PN_OK)
		fail_msg("%s", why);
	r.manifest = m;
	/* A production profile does not load what has no authentication; the demonstration's does. */
	if (m->simulated) {
		assert_int_equal(core_side_start(c, &r, &error), PN_EDENIED);
		r.demo = true;
	}
	if (core_side_start(c, &r, &error) != PN_OK)
		fail_msg("%s", why);
	manifest_free(m);
	assert_int_equal(core_side_greet(c, 1, 500, 5000), PN_OK);
	return c;
}

static void stop(struct core_side *c)
{
	assert_int_equal(core_side_tell(c, 0, POSTERN__ENVELOPE__BODY_STOP, NULL, 0), PN_OK);
	int status = core_side_status(c, WAIT_MS);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == HOST_EXIT_STOPPED);
	core_side_end(c);
	free(c);
}

static void await_ready(struct core_side *c, bool ready)
{
	do
		assert_int_equal(core_side_await(c, POSTERN__ENVELOPE__BODY_READER_STATUS, WAIT_MS), PN_OK);
	while (c->message.envelope->reader_status->ready != ready);
}

static void read_one(struct core_side *c, uint64_t id, const struct sim_passport *p)
{
	Postern__ReadChip q = POSTERN__READ_CHIP__INIT;
	char first[45] = "", second[45] = "", *lines[] = {first, second};
	uint8_t bytes[256];
	const uint8_t *blob = NULL;
	struct emrtd_bundle files;
	const struct sim_chip_file *dg2 = lay_issued(p, 0x0102);
	memcpy(first, lay_zone, 44);
	memcpy(second, lay_zone + 44, 44);
	q.n_mrz_lines = 2;
	q.mrz_lines = lines;
	size_t size = postern__read_chip__pack(&q, bytes);
	assert_int_equal(core_side_tell(c, id, POSTERN__ENVELOPE__BODY_READ_CHIP, bytes, size), PN_OK);
	assert_int_equal(core_side_await(c, POSTERN__ENVELOPE__BODY_CHIP_READ, WAIT_MS), PN_OK);
	const Postern__ChipRead *read = c->message.envelope->chip_read;
	if (read->result != POSTERN__CHIP_RESULT__CHIP_READ)
		fail_msg("result %d: %s at %s", read->result, read->cause, read->step);
	assert_int_equal(read->chip_authentication->result, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	assert_int_equal(read->active_authentication->result, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	assert_true(c->message.has_blob);
	struct bus_blob said = {.size = c->message.envelope->blob_size};
	memcpy(said.sha256, c->message.envelope->blob_sha256.data, sizeof said.sha256);
	assert_int_equal(blob_map(c->message.blob_fd, &said, &blob), PN_OK);
	assert_int_equal(emrtd_bundle_read(blob, said.size, &files), PN_OK);
	assert_int_equal(files.group[2].size, dg2->size);
	assert_memory_equal(files.group[2].bytes, dg2->bytes, dg2->size);
	blob_unmap(blob, said.size);
}

static void over_a_socket(void **state)
{
	(void)state;
	char text[8];
	const struct sim_passport_config config = lay_usual();
	struct lay l = {.passport = lay_issue(&config), .port = lay_free_port()};
	const struct named_value option = {"port", text};
	snprintf(text, sizeof text, "%u", l.port);
	struct core_side *c = start("reader-vpcd", &option, CONFIG_INET_SERVER, l.port);
	await_ready(c, true);
	lay_down(&l, NULL);
	read_one(c, 7, l.passport);
	read_one(c, 8, l.passport);
	lay_up(&l);
	stop(c);
	sim_passport_free(l.passport);
}

static void over_pcsc(void **state)
{
	(void)state;
	if (no_pcscd != NULL) {
		print_message("reader-pcsc in its sandbox: skipped: %s\n", no_pcscd);
		skip();
	}
	const struct sim_passport_config config = lay_usual();
	struct lay l = {.passport = lay_issue(&config), .port = PCSCD_PORT_0};
	pid_t pid = pcscd_start();
	struct core_side *c = start("reader-pcsc", NULL, CONFIG_UNIX_CLIENT, 0);
	await_ready(c, true);
	lay_down(&l, NULL);
	read_one(c, 7, l.passport);
	lay_up(&l);
	pcscd_end(pid);
	await_ready(c, false);
	pid = pcscd_start();
	await_ready(c, true);
	lay_down(&l, NULL);
	read_one(c, 8, l.passport);
	lay_up(&l);
	stop(c);
	pcscd_end(pid);
	sim_passport_free(l.passport);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(over_a_socket), cmocka_unit_test(over_pcsc)};
	no_pcscd = pcscd_apart();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

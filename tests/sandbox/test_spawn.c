/* SPDX-License-Identifier: Apache-2.0
 * A real plugin of the tree, started by the real host: manifest, grants, spawn, sandbox, hello, a
 * query and its answer, restart of the core, silence, stop. Must never need a device.
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

#include "base/clock.h"
#include "core_side.h"
#include "host/plugin_main.h"

static struct manifest *manifest;
static char manifest_path[512];

static struct plugin_request request(void)
{
	int64_t id = geteuid() == 0 ? 64001 : SPEC_KEEP_UID;
	return (struct plugin_request){.unit = "lane-1",
		.instance = "lane-1/check",
		.manifest_path = manifest_path,
		.manifest = manifest,
		.uid = id,
		.gid = id};
}

static struct core_side *begin(void)
{
	char why[500] = "";
	struct text error;
	struct core_side *c = malloc(sizeof *c);
	struct plugin_request r = request();
	text_init(&error, why, sizeof why);
	assert_non_null(c);
	if (core_side_start(c, &r, &error) != PN_OK)
		fail_msg("%s", why);
	return c;
}

static void test_hello_and_stop(void **state)
{
	(void)state;
	struct core_side *c = begin();
	assert_int_equal(core_side_next(c, 5000), PN_OK);
	assert_int_equal(c->message.info->body, POSTERN__ENVELOPE__BODY_HELLO);
	assert_int_equal(c->message.envelope->hello->core_epoch, 0);
	assert_string_equal(c->message.envelope->hello->name, "check-document");
	assert_string_equal(c->message.envelope->hello->instance, "lane-1/check");
	assert_int_equal(
		c->message.envelope->hello->kind, POSTERN__PLUGIN_KIND__KIND_DOCUMENT_CHECK);
	assert_int_equal(core_side_greet(c, 7, 100, 1000), PN_OK);
	assert_int_equal(core_side_await(c, POSTERN__ENVELOPE__BODY_HEARTBEAT, 1000), PN_OK);
	/* a core that started again */
	assert_int_equal(core_side_greet(c, 8, 100, 1000), PN_OK);
	assert_int_equal(core_side_tell(c, 0, POSTERN__ENVELOPE__BODY_STOP, NULL, 0), PN_OK);
	int status = core_side_status(c, 3000);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), HOST_EXIT_STOPPED);
	core_side_end(c);
	free(c);
}

static void test_query(void **state)
{
	(void)state;
	/* ICAO Doc 9303-4, Appendix B: the specimen of TD3 */
	char line1[] = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
	     line2[] = "L898902C36UTO7408122F1204159ZE184226B<<<<<10";
	char *lines[] = {line1, line2};
	Postern__CheckDocument q = POSTERN__CHECK_DOCUMENT__INIT;
	uint8_t bytes[512];
	struct core_side *c = begin();
	q.mrz_lines = lines;
	q.n_mrz_lines = 2;
	size_t size = postern__check_document__pack(&q, bytes);
	/* before the hello it is ignored */
	assert_int_equal(
		core_side_tell(c, 4, POSTERN__ENVELOPE__BODY_CHECK_DOCUMENT, bytes, size), PN_OK);
	assert_int_equal(core_side_greet(c, 1, 100, 1000), PN_OK);
	assert_int_equal(
		core_side_tell(c, 5, POSTERN__ENVELOPE__BODY_CHECK_DOCUMENT, bytes, size), PN_OK);
	assert_int_equal(core_side_await(c, POSTERN__ENVELOPE__BODY_DOCUMENT_CHECKED, 3000), PN_OK);
	assert_int_equal(c->message.envelope->id, 5);
	assert_string_equal(c->message.envelope->document_checked->document->surname, "ERIKSSON");
	core_side_end(c);
	free(c);
}

static void test_ends_with_the_bus(void **state)
{
	(void)state;
	struct core_side *c = begin();
	assert_int_equal(core_side_next(c, 5000), PN_OK);
	close(c->child.bus_fd);
	c->child.bus_fd = -1;
	int status = core_side_status(c, 3000);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), HOST_EXIT_CORE_GONE);
	core_side_end(c);
	free(c);
}

static void test_garbage_from_the_core(void **state)
{
	(void)state;
	struct core_side *c = begin();
	assert_int_equal(core_side_next(c, 5000), PN_OK);
	assert_int_equal(bus_send(c->child.bus_fd, (const uint8_t *)"\xff\xff\xff", 3, -1), PN_OK);
	int status = core_side_status(c, 3000);
	assert_int_equal(WIFEXITED(status) ? WEXITSTATUS(status) : -1, HOST_EXIT_BUS);
	core_side_end(c);
	free(c);
}

static void test_no_such_program(void **state)
{
	(void)state;
	struct spawned s;
	assert_int_equal(host_spawn(&(struct spawn_spec){.role = "plugin",
					    .spec = "x",
					    .spec_size = 1,
					    .executable = "/nonexistent/posternd"},
				 &s),
		PN_EIO);
	assert_int_equal(s.pid, -1);
	assert_int_equal(s.bus_fd, -1);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nothing left behind */
}

static void test_bad_spec(void **state)
{
	(void)state;
	struct core_side *c = calloc(1, sizeof *c);
	assert_non_null(c);
	c->message.blob_fd = -1;
	assert_int_equal(host_spawn(&(struct spawn_spec){.role = "plugin",
					    .spec = "instance 3 a",
					    .spec_size = 12,
					    .executable = getenv("HOST_CHILD")},
				 &c->child),
		PN_OK);
	int status = core_side_status(c, 3000);
	assert_int_equal(WIFEXITED(status) ? WEXITSTATUS(status) : -1, HOST_EXIT_SPEC);
	core_side_end(c);
	free(c);
}

int main(void)
{
	char why[500] = "";
	struct text error;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hello_and_stop),
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_ends_with_the_bus),
		cmocka_unit_test(test_garbage_from_the_core),
		cmocka_unit_test(test_no_such_program),
		cmocka_unit_test(test_bad_spec),
	};
	text_init(&error, why, sizeof why);
	snprintf(manifest_path, sizeof manifest_path, "%s/check-document/check-document.plugin",
		getenv("PLUGINS"));
	if (manifest_load(manifest_path, &manifest, &error) != PN_OK) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	int rc = cmocka_run_group_tests(tests, NULL, NULL);
	manifest_free(manifest);
	return rc;
}

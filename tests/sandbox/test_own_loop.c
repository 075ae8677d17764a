/* SPDX-License-Identifier: Apache-2.0
 * A plugin with a loop of its own, through the real host: blobs, exactly one answer per query, what
 * its kind may not report, the core's silence, SIGTERM.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "bus/blob.h"
#include "core_side.h"
#include "host/plugin_main.h"

static struct manifest *manifest;
static char manifest_path[512];

static void be_own_loop(struct plugin_spec *spec, void *ctx)
{
	static const char *const metrics[] = {"blob_size", "blob_sum", "wrong_answer",
		"first_answer", "second_answer", "forbidden_report", "silent", "spoke_ago"};
	(void)ctx;
	spec->name = "own-loop";
	spec->object = getenv("OWN_LOOP");
	for (spec->metric_count = 0; spec->metric_count < PN_COUNT(metrics); spec->metric_count++)
		spec->metrics[spec->metric_count] = metrics[spec->metric_count];
}

static struct core_side *begin(void)
{
	char why[500] = "";
	struct text error;
	struct core_side *c = malloc(sizeof *c);
	int64_t id = geteuid() == 0 ? 64004 : SPEC_KEEP_UID;
	struct plugin_request r = {.unit = "lane-1",
		.instance = "lane-1/own",
		.manifest_path = manifest_path,
		.manifest = manifest,
		.uid = id,
		.gid = id};
	text_init(&error, why, sizeof why);
	assert_non_null(c);
	if (core_side_start_changed(c, &r, be_own_loop, NULL, &error) != PN_OK)
		fail_msg("%s", why);
	return c;
}

static void expect_count(struct core_side *c, const char *metric, uint64_t add)
{
	assert_int_equal(core_side_await(c, POSTERN__ENVELOPE__BODY_COUNT, 2000), PN_OK);
	assert_string_equal(c->message.envelope->count->metric, metric);
	assert_int_equal(c->message.envelope->count->add, add);
}

/* A query with a blob of 70000 bytes 1, whose stated hash is that of other bytes when spoil is set.
 */
static void ask(struct core_side *c, uint64_t id, bool spoil)
{
	uint8_t *bytes = malloc(70000), out[BUS_MESSAGE_MAX];
	struct bus_blob blob;
	int fd = -1;
	size_t used;
	assert_non_null(bytes);
	memset(bytes, 1, 70000);
	assert_int_equal(blob_create(bytes, 70000, &fd, &blob), PN_OK);
	blob.sha256[0] ^= spoil ? 1 : 0;
	assert_int_equal(bus_encode_raw(id, NULL, &blob, POSTERN__ENVELOPE__BODY_CHECK_DOCUMENT,
				 NULL, 0, out, sizeof out, &used),
		PN_OK);
	assert_int_equal(bus_send(c->child.bus_fd, out, used, fd), PN_OK);
	close(fd);
	free(bytes);
}

static void test_query_and_blob(void **state)
{
	(void)state;
	struct core_side *c = begin();
	assert_int_equal(core_side_greet(c, 1, 100, 400), PN_OK);
	ask(c, 8, true); /* not delivered */
	ask(c, 9, false);
	expect_count(c, "blob_size", 70000);
	expect_count(c, "blob_sum", 70000);
	assert_int_equal(core_side_await(c, POSTERN__ENVELOPE__BODY_DOCUMENT_CHECKED, 2000), PN_OK);
	assert_int_equal(c->message.envelope->id, 9);
	expect_count(c, "wrong_answer", -PN_EINVAL);
	expect_count(c, "first_answer", 0);
	expect_count(c, "second_answer", -PN_ENOTFOUND);
	expect_count(c, "forbidden_report", -PN_EDENIED);
	/* "undeclared" is no metric of its manifest: the next count is of the core's silence */
	uint64_t before = clock_mono_ms();
	expect_count(c, "silent", 1);
	assert_true(clock_mono_ms() - before >= 200);
	assert_int_equal(core_side_greet(c, 2, 100, 400), PN_OK);
	assert_int_equal(kill(c->child.pid, SIGTERM), 0);
	int status = core_side_status(c, 2000);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == HOST_EXIT_STOPPED);
	core_side_end(c);
	free(c);
}

static void beat(struct core_side *c, uint64_t mono_ms)
{
	Postern__Heartbeat h = POSTERN__HEARTBEAT__INIT;
	uint8_t bytes[16];
	h.mono_ms = mono_ms;
	assert_int_equal(core_side_tell(c, 0, POSTERN__ENVELOPE__BODY_HEARTBEAT, bytes,
				 postern__heartbeat__pack(&h, bytes)),
		PN_OK);
}

static uint64_t spoke_ago(struct core_side *c, uint64_t epoch)
{
	assert_int_equal(core_side_greet(c, epoch, 100, 60000), PN_OK);
	assert_int_equal(core_side_await(c, POSTERN__ENVELOPE__BODY_COUNT, 2000), PN_OK);
	assert_string_equal(c->message.envelope->count->metric, "spoke_ago");
	return c->message.envelope->count->add;
}

/* The core's word counts from when it was said. A plugin that stood still finds a dead core's heartbeats waiting and must not
 * take them for news; none from the future, and none that is older than what is known, counts either. */
static void test_core_heard(void **state)
{
	(void)state;
	struct core_side *c = begin();
	assert_int_equal(core_side_greet(c, 1, 100, 60000), PN_OK);
	assert_int_equal(spoke_ago(c, 2), UINT32_MAX); /* it said hello, and no more */
	assert_int_equal(kill(c->child.pid, SIGSTOP), 0);
	uint64_t said = clock_mono_ms();
	beat(c, said);
	usleep(300000);
	assert_int_equal(kill(c->child.pid, SIGCONT), 0);
	uint64_t ago = spoke_ago(c, 3);
	assert_in_range(ago, 301, clock_mono_ms() - said + 1);
	beat(c, said - 5000);
	/* Not within one call: the order in which its arguments are found is nobody's. */
	uint64_t later = spoke_ago(c, 4);
	assert_in_range(later, ago, clock_mono_ms() - said + 1);
	beat(c, said + 3600000);
	ago = spoke_ago(c, 5);
	assert_in_range(ago, 1, clock_mono_ms() - said + 1);
	core_side_end(c);
	free(c);
}

/* From spawn to the hello that answers the core: printed, and bounded well above what it takes. */
static void test_time_to_hello(void **state)
{
	(void)state;
	uint64_t took = 0;
	enum { RUNS = 20 };
	for (int i = 0; i < RUNS; i++) {
		uint64_t before = clock_mono_ns();
		struct core_side *c = begin();
		assert_int_equal(core_side_greet(c, 1, 100, 400), PN_OK);
		took += clock_mono_ns() - before;
		core_side_end(c);
		free(c);
	}
	printf("spawn to hello: %.1f ms on average of %d\n", (double)took / 1e6 / RUNS, RUNS);
	assert_true(took / RUNS < 1000000000u);
}

int main(void)
{
	char why[500] = "";
	struct text error;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_query_and_blob),
		cmocka_unit_test(test_core_heard),
		cmocka_unit_test(test_time_to_hello),
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

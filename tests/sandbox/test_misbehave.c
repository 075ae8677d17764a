/* SPDX-License-Identifier: Apache-2.0
 * Plugins that misbehave on the bus, and processes that cannot be sandboxed: the core's side
 * notices each, by what it receives, by EOF, by silence or by the exit status, in bounded time, and
 * can always end the child. Must never wait without a bound.
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
#include "bus/permission.h"
#include "core_side.h"
#include "host/plugin_main.h"
#include "host/sandbox.h"

enum { HEARTBEAT_MS = 50, STALE_MS = 300 };

struct change {
	const char *attempt, *die_at;
	bool threads, landlock_optional, reader;
};

static struct manifest *manifest, *reader_manifest;
static char manifest_path[512], reader_path[512];

static void be_hostile(struct plugin_spec *spec, void *ctx)
{
	const struct change *c = ctx;
	spec->name = "hostile";
	spec->object = getenv("HOSTILE");
	spec->options[0] = (struct named_value){"attempt", c->attempt};
	spec->options[1] = (struct named_value){"die_at", c->die_at ? c->die_at : "0"};
	spec->option_count = 2;
	if (c->threads)
		spec->syscalls |= SYSCALLS_THREADS;
	spec->landlock_required = !c->landlock_optional;
}

static struct core_side *begin(struct change change)
{
	char why[500] = "";
	struct text error;
	struct core_side *c = malloc(sizeof *c);
	int64_t id = geteuid() == 0 ? 64002 : SPEC_KEEP_UID;
	struct plugin_request r = {.unit = "lane-1",
		.instance = "lane-1/hostile",
		.manifest_path = change.reader ? reader_path : manifest_path,
		.manifest = change.reader ? reader_manifest : manifest,
		.uid = id,
		.gid = id};
	text_init(&error, why, sizeof why);
	assert_non_null(c);
	if (core_side_start_changed(c, &r, be_hostile, &change, &error) != PN_OK)
		fail_msg("%s", why);
	return c;
}

static struct core_side *begin_greeted(const char *attempt, const char *die_at)
{
	struct core_side *c = begin((struct change){.attempt = attempt, .die_at = die_at});
	assert_int_equal(core_side_greet(c, 1, HEARTBEAT_MS, STALE_MS), PN_OK);
	return c;
}

static void end(struct core_side *c)
{
	core_side_end(c);
	free(c);
}

static void expect_status(struct core_side *c, int exit_status)
{
	int status = core_side_status(c, 5000);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != exit_status)
		fail_msg("status %#x, expected exit %d (%s)", (unsigned)status, exit_status,
			host_exit_name(exit_status));
}

static void test_garbage(void **state)
{
	(void)state;
	struct core_side *c = begin((struct change){.attempt = "garbage"});
	assert_int_equal(core_side_next(c, 5000), PN_OK);
	assert_int_equal(core_side_greet(c, 1, HEARTBEAT_MS, STALE_MS), PN_OK);
	assert_int_equal(core_side_await(c, 0, 2000), PN_EFORMAT);
	end(c);
}

static void test_oversized(void **state)
{
	(void)state;
	struct core_side *c = begin((struct change){.attempt = "oversized"});
	assert_int_equal(core_side_next(c, 5000), PN_OK);
	assert_int_equal(core_side_greet(c, 1, HEARTBEAT_MS, STALE_MS), PN_OK);
	assert_int_equal(core_side_await(c, 0, 2000), PN_EFORMAT);
	end(c);
}

static void test_forbidden(void **state)
{
	(void)state;
	struct core_side *c = begin((struct change){.attempt = "forbidden"});
	assert_int_equal(core_side_hello(c, 1, HEARTBEAT_MS, STALE_MS), PN_OK);
	assert_int_equal(core_side_await(c, POSTERN__ENVELOPE__BODY_GATE_COMMAND, 2000), PN_OK);
	assert_int_equal(
		bus_judge(manifest->kind, BUS_CROSSING, POSTERN__ENVELOPE__BODY_GATE_COMMAND),
		BUS_REFUSE);
	end(c);
}

static void silence(const char *attempt)
{
	struct core_side *c = begin((struct change){.attempt = attempt});
	assert_int_equal(core_side_next(c, 5000), PN_OK);
	assert_int_equal(core_side_greet(c, 1, HEARTBEAT_MS, STALE_MS), PN_OK);
	int rc;
	while ((rc = core_side_next(c, STALE_MS)) == PN_OK)
		;
	assert_int_equal(rc, PN_ETIMEOUT);
	uint64_t before = clock_mono_ms();
	int status = core_side_end(c);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_true(clock_mono_ms() - before < 1000);
	free(c);
}

static void test_spin(void **state)
{
	(void)state;
	silence("spin");
}

static void test_hang(void **state)
{
	(void)state;
	silence("hang");
}

static void test_flood(void **state)
{
	(void)state;
	struct core_side *c = begin((struct change){.attempt = "flood"});
	assert_int_equal(core_side_next(c, 5000), PN_OK);
	assert_int_equal(core_side_greet(c, 1, HEARTBEAT_MS, STALE_MS), PN_OK);
	uint64_t before = clock_mono_ms();
	for (int i = 0; i < 10000; i++)
		assert_int_equal(core_side_next(c, 1000), PN_OK);
	assert_true(clock_mono_ms() - before < 10000);
	int status = core_side_end(c);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	free(c);
}

static void test_dies(void **state)
{
	(void)state;
	static const char *const at[] = {"0", "1", "2", "3"};
	Postern__CheckDocument q = POSTERN__CHECK_DOCUMENT__INIT;
	uint8_t bytes[64];
	size_t size = postern__check_document__pack(&q, bytes);
	for (size_t i = 0; i < PN_COUNT(at); i++) {
		struct core_side *c = begin((struct change){.attempt = "die", .die_at = at[i]});
		int rc = core_side_greet(c, 1, 1000, STALE_MS);
		assert_true(rc == PN_OK || rc == PN_ECLOSED);
		for (uint64_t id = 1; id <= 3 && rc == PN_OK; id++)
			rc = core_side_tell(
				c, id, POSTERN__ENVELOPE__BODY_CHECK_DOCUMENT, bytes, size);
		do
			rc = core_side_next(c, 2000);
		while (rc == PN_OK);
		assert_int_equal(rc, PN_ECLOSED);
		int status = core_side_status(c, 2000);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
		assert_false(WCOREDUMP(status));
		end(c);
	}
}

/* A reader asked for a printed portrait gives one that is too large, none at all, by other ways, and twice: its host lets the one good
 * answer through (hostile.c tries the others first, and says so instead when one of them was taken). */
static void test_page(void **state)
{
	static const char *const ways[] = {"page", "page-none"};
	Postern__CutPortrait q = POSTERN__CUT_PORTRAIT__INIT;
	uint8_t bytes[64];
	const size_t size = postern__cut_portrait__pack(&q, bytes);
	(void)state;
	for (size_t i = 0; i < PN_COUNT(ways); i++) {
		struct core_side *c = begin((struct change){.attempt = ways[i], .reader = true});
		assert_int_equal(core_side_greet(c, 1, HEARTBEAT_MS, STALE_MS), PN_OK);
		assert_int_equal(core_side_tell(c, 7, POSTERN__ENVELOPE__BODY_CUT_PORTRAIT, bytes, size), PN_OK);
		if (i == 0) {
			assert_int_equal(core_side_await(c, POSTERN__ENVELOPE__BODY_PORTRAIT_CUT, 5000), PN_OK);
			const Postern__PortraitCut *a = c->message.envelope->portrait_cut;
			assert_string_equal(a->cause, "");
			assert_int_equal(a->result, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
			assert_int_equal(c->message.envelope->id, 7);
			assert_true(c->message.has_blob && c->message.envelope->blob_size < 100);
		}
		for (int k = 0; k < 5; k++) {
			assert_int_equal(core_side_next(c, STALE_MS), PN_OK);
			assert_int_equal(c->message.info->body, POSTERN__ENVELOPE__BODY_HEARTBEAT);
		}
		end(c);
	}
}

static void test_thread_before_narrow(void **state)
{
	(void)state;
	struct core_side *c = begin((struct change){.attempt = "thread-in-init", .threads = true});
	expect_status(c, HOST_EXIT_THREADS);
	end(c);
}

static void test_does_not_load(void **state)
{
	(void)state;
	const char *object = getenv("HOSTILE");
	char copy[512];
	snprintf(copy, sizeof copy, "%s", object);
	setenv("HOSTILE", manifest_path, 1); /* not an object at all */
	struct core_side *c = begin((struct change){.attempt = ""});
	setenv("HOSTILE", copy, 1);
	expect_status(c, HOST_EXIT_LOAD);
	end(c);
}

static void without_landlock(struct change change, bool runs)
{
	char kept[512];
	snprintf(kept, sizeof kept, "%s", getenv("HOST_CHILD"));
	setenv("HOST_CHILD", getenv("NO_LANDLOCK"), 1);
	struct core_side *c = begin(change);
	setenv("HOST_CHILD", kept, 1);
	if (runs) {
		assert_int_equal(core_side_greet(c, 1, HEARTBEAT_MS, STALE_MS), PN_OK);
		assert_int_equal(core_side_await(c, POSTERN__ENVELOPE__BODY_TROUBLE, 2000), PN_OK);
		assert_string_equal(c->message.envelope->trouble->code, "sandbox.no_landlock");
		assert_true(c->message.envelope->trouble->active);
	} else {
		expect_status(c, HOST_EXIT_LANDLOCK);
	}
	end(c);
}

static void test_no_landlock_production(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	without_landlock((struct change){.attempt = ""}, false);
}

static void test_no_landlock_demo(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	without_landlock((struct change){.attempt = "", .landlock_optional = true}, true);
}

static void test_well_behaved(void **state)
{
	(void)state;
	struct core_side *c = begin_greeted("", NULL);
	for (int i = 0; i < 5; i++)
		assert_int_equal(
			core_side_await(c, POSTERN__ENVELOPE__BODY_HEARTBEAT, STALE_MS), PN_OK);
	assert_int_equal(kill(c->child.pid, SIGTERM), 0);
	expect_status(c, HOST_EXIT_STOPPED);
	end(c);
}

int main(void)
{
	char why[500] = "";
	struct text error;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_well_behaved),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_oversized),
		cmocka_unit_test(test_forbidden),
		cmocka_unit_test(test_spin),
		cmocka_unit_test(test_hang),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_dies),
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_thread_before_narrow),
		cmocka_unit_test(test_does_not_load),
		cmocka_unit_test(test_no_landlock_production),
		cmocka_unit_test(test_no_landlock_demo),
	};
	text_init(&error, why, sizeof why);
	snprintf(manifest_path, sizeof manifest_path, "%s/check-document/check-document.plugin",
		getenv("PLUGINS"));
	snprintf(reader_path, sizeof reader_path, "%s/../reader.plugin", getenv("GRANTS"));
	if (manifest_load(manifest_path, &manifest, &error) != PN_OK || manifest_load(reader_path, &reader_manifest, &error) != PN_OK) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	int rc = cmocka_run_group_tests(tests, NULL, NULL);
	manifest_free(manifest);
	manifest_free(reader_manifest);
	return rc;
}

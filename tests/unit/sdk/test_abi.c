/* SPDX-License-Identifier: Apache-2.0
 * The ABI's promise: a plugin of an older header loads and works, one with a longer descriptor
 * loads, one of another major or with another name is refused with a sentence. The objects are real
 * and built in abi/.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/loader.h"

/* The layout that binaries out there have: of x86-64 and every other LP64 ABI. */
_Static_assert(
	sizeof(void *) != 8 || offsetof(struct postern_plugin, init) == 24, "plugin.init moved");
_Static_assert(sizeof(void *) != 8 || offsetof(struct postern_plugin, message) == 40,
	"plugin.message moved");
_Static_assert(
	sizeof(void *) != 8 || offsetof(struct postern_plugin, run) == 80, "plugin.run moved");
_Static_assert(
	sizeof(void *) != 8 || offsetof(struct postern_host, report) == 16, "host.report moved");
_Static_assert(
	sizeof(void *) != 8 || offsetof(struct postern_host, option) == 32, "host.option moved");
_Static_assert(
	sizeof(void *) != 8 || offsetof(struct postern_host, watch) == 104, "host.watch moved");
_Static_assert(sizeof(void *) != 8 || offsetof(struct postern_host, bus_dispatch) == 144,
	"host.bus_dispatch moved");
_Static_assert(sizeof(void *) != 8 || offsetof(struct postern_host, answer_blob) == 152,
	"host.answer_blob moved");
_Static_assert(sizeof(void *) != 8 || offsetof(struct postern_host, core_heard_ms) == 160,
	"host.core_heard_ms moved");
_Static_assert(
	sizeof(void *) != 8 || offsetof(struct postern_message, blob) == 40, "message.blob moved");

struct seen {
	unsigned answers;
	uint64_t last_id;
	uint32_t body;
	char text[16];
};

static int answer(void *ctx, uint64_t query_id, uint32_t body, const uint8_t *bytes, size_t size)
{
	struct seen *s = ctx;
	s->answers++;
	s->last_id = query_id;
	s->body = body;
	memcpy(s->text, bytes, size < sizeof s->text ? size : sizeof s->text);
	return 0;
}

static int64_t option_int(void *ctx, const char *name)
{
	(void)ctx;
	return strcmp(name, "factor") == 0 ? 2 : 0;
}

static int load(const char *object, struct postern_plugin *out, char *why, size_t size)
{
	char path[512];
	struct text error;
	text_init(&error, why, size);
	snprintf(path, sizeof path, "%s/%s.so", getenv("ABI_OBJECTS"), object);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	/* stays open: the run-time linker knows an object by its path, which is the descriptor's number */
	return loader_open(fd, "abi", out, &error);
}

static void works(const char *object, unsigned answers)
{
	char why[400] = "";
	struct seen seen = {.answers = 0};
	struct postern_plugin p;
	void *self = NULL;
	const struct postern_host host = {.struct_size = sizeof host,
		.abi_major = POSTERN_ABI_MAJOR,
		.abi_minor = POSTERN_ABI_MINOR,
		.ctx = &seen,
		.answer = answer,
		.option_int = option_int};
	const struct postern_message m = {.struct_size = sizeof m,
		.body = 30,
		.query_id = 5,
		.crossing_id = "",
		.bytes = (const uint8_t *)"hello",
		.size = 5};
	if (load(object, &p, why, sizeof why) != PN_OK)
		fail_msg("%s", why);
	assert_int_equal(p.init(&host, &self), 0);
	p.message(self, &m);
	assert_int_equal(seen.answers, answers);
	assert_int_equal(seen.last_id, 5 + answers - 1);
	assert_int_equal(seen.body, 31);
	assert_string_equal(seen.text, "hello");
	if (strcmp(object, "abi_small") == 0)
		free(self);
}

static void test_older_header(void **state)
{
	(void)state;
	char why[400];
	struct postern_plugin p;
	assert_int_equal(load("abi_small", &p, why, sizeof why), PN_OK);
	assert_true(p.struct_size < sizeof p);
	assert_string_equal(p.version, "old");
	assert_null(p.tick);
	assert_null(p.stop);
	assert_null(p.run);
	works("abi_small", 2);
}

static void test_later_minor(void **state)
{
	(void)state;
	char why[400];
	struct postern_plugin p;
	assert_int_equal(load("abi_future", &p, why, sizeof why), PN_OK);
	assert_int_equal(p.struct_size, sizeof p);
	assert_null(p.run);
	works("abi_future", 1);
}

static void refused(const char *object, const char *word)
{
	char why[400] = "";
	struct postern_plugin p;
	assert_int_equal(load(object, &p, why, sizeof why), PN_EUNSUPPORTED);
	if (strstr(why, word) == NULL || strstr(why, "expected") == NULL)
		fail_msg("no sentence about %s: %s", word, why);
}

static void test_refused(void **state)
{
	(void)state;
	refused("abi_major", "ABI major 2");
	refused("abi_name", "'other'");
	refused("abi_short", "16 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_older_header),
		cmocka_unit_test(test_later_minor),
		cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

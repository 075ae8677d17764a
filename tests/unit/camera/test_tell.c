/* SPDX-License-Identifier: Apache-2.0
 * What a camera says: an answer leaves nothing of its frames behind, a cause is never sent with frames, and nothing is said twice. Must
 * never need a camera.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/err.h"
#include "bus.pb-c.h"
#include "camera/tell.h"

enum { BYTES = 3000 };

static struct said {
	unsigned answers, blobs, reports, troubles;
	size_t blob_size;
	uint8_t first;
	int fails; /* what the host says to an answer or a report */
	char cause[40];
	size_t frames;
	bool ready;
} said;

static void keep_answer(const uint8_t *bytes, size_t size)
{
	Postern__FaceCaptured *a = postern__face_captured__unpack(NULL, size, bytes);
	assert_non_null(a);
	assert_true(strlen(a->cause) < sizeof said.cause);
	strcpy(said.cause, a->cause);
	said.frames = a->n_frames;
	assert_int_equal(a->result == POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL, a->cause[0] == '\0');
	postern__face_captured__free_unpacked(a, NULL);
}

static int on_answer(void *ctx, uint64_t query, uint32_t body, const uint8_t *bytes, size_t size)
{
	(void)ctx;
	assert_int_equal(query, 7);
	assert_int_equal(body, POSTERN__ENVELOPE__BODY_FACE_CAPTURED);
	said.answers++;
	keep_answer(bytes, size);
	return said.fails;
}

static int on_answer_blob(void *ctx, uint64_t query, uint32_t body, const uint8_t *bytes, size_t size, const uint8_t *blob, size_t blob_size)
{
	said.blobs++;
	said.blob_size = blob_size;
	said.first = blob[0];
	return on_answer(ctx, query, body, bytes, size);
}

static int on_report(void *ctx, uint32_t body, const char *crossing, const uint8_t *bytes, size_t size)
{
	(void)ctx;
	(void)crossing;
	assert_int_equal(body, POSTERN__ENVELOPE__BODY_READER_STATUS);
	Postern__ReaderStatus *s = postern__reader_status__unpack(NULL, size, bytes);
	assert_non_null(s);
	said.ready = s->ready;
	postern__reader_status__free_unpacked(s, NULL);
	said.reports++;
	return said.fails;
}

static void on_trouble(void *ctx, const char *code, int active)
{
	(void)ctx;
	(void)code;
	(void)active;
	said.troubles++;
}

static void on_log(void *ctx, enum postern_log_level level, const char *event, const char *detail)
{
	(void)ctx;
	(void)level;
	(void)event;
	(void)detail;
}

static void on_count(void *ctx, const char *metric, uint64_t by)
{
	(void)ctx;
	(void)metric;
	(void)by;
}

static const struct postern_host host = {.struct_size = sizeof host, .answer = on_answer, .answer_blob = on_answer_blob, .report = on_report,
	.trouble = on_trouble, .log = on_log, .count = on_count};

static int begin(void **state)
{
	(void)state;
	memset(&said, 0, sizeof said);
	return 0;
}

static void answer(const char *cause, uint32_t count, uint8_t *blob, size_t used)
{
	struct camera_tell t = {.host = &host, .trouble = ""};
	Postern__FaceFrame frames[CAMERA_FRAMES_MAX + 1];
	for (size_t i = 0; i < PN_COUNT(frames); i++)
		postern__face_frame__init(&frames[i]);
	memset(blob, 0x5c, BYTES);
	camera_tell_captured(&t, 7, cause, frames, count, blob, used);
	for (size_t i = 0; i < BYTES; i++)
		assert_int_equal(blob[i], i < used ? 0 : 0x5c);
	assert_int_equal(said.answers, 1);
}

static void frames_are_wiped(void **state)
{
	uint8_t blob[BYTES];
	(void)state;
	answer("", 3, blob, 2000);
	assert_true(said.blobs == 1 && said.blob_size == 2000 && said.first == 0x5c && said.frames == 3);
}

/* Also of an answer that the host refuses, and of a capture that failed in the midst. */
static void wiped_in_any_case(void **state)
{
	uint8_t blob[BYTES];
	(void)state;
	said.fails = PN_EAGAIN;
	answer("", 2, blob, BYTES);
	begin(state);
	answer("camera.black", 2, blob, 1000);
	assert_true(said.blobs == 0 && said.frames == 0);
	assert_string_equal(said.cause, "camera.black");
}

static void nothing_twice(void **state)
{
	struct camera_tell t = {.host = &host, .trouble = ""};
	(void)state;
	camera_tell_trouble(&t, "");
	assert_int_equal(said.troubles, 0);
	camera_tell_trouble(&t, "camera.black");
	camera_tell_trouble(&t, "camera.black");
	assert_int_equal(said.troubles, 1);
	camera_tell_trouble(&t, "camera.frozen"); /* the one before is over */
	assert_int_equal(said.troubles, 3);
	camera_tell_trouble(&t, "");
	assert_int_equal(said.troubles, 4);
	said.fails = PN_EAGAIN; /* the core reads nothing: again */
	camera_tell_ready(&t, "");
	camera_tell_ready(&t, "");
	assert_int_equal(said.reports, 2);
	said.fails = 0;
	camera_tell_ready(&t, "");
	camera_tell_ready(&t, "");
	assert_true(said.reports == 3 && said.ready);
	camera_tell_ready(&t, "camera.frozen");
	assert_true(said.reports == 4 && !said.ready);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_setup(frames_are_wiped, begin), cmocka_unit_test_setup(wiped_in_any_case, begin),
		cmocka_unit_test_setup(nothing_twice, begin)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

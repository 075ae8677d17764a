/* SPDX-License-Identifier: Apache-2.0
 * sim-camera in its test's process, on two portraits that are patches of colour: frames at the rate asked for, none older than the
 * query, the newest query wins, and what a broken camera answers. No time is judged but by the order of things.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../sdk/fake_host.h"
#include "base/clock.h"
#include "bus.pb-c.h"
#include "camera/watch.h"
#include "scene.h"

enum { SIDE = 64 };

static char place[] = "/tmp/postern-sim-camera-XXXXXX";

static int lay(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(place));
	for (unsigned k = 0; k < 2; k++) {
		struct face_picture p;
		uint8_t *bytes;
		size_t size;
		char path[100];
		assert_int_equal(face_picture_new(SIDE, SIDE, &p), PN_OK);
		for (size_t i = 0; i < (size_t)SIDE * SIDE; i++)
			p.pixels[3 * i + (k == 0 ? 0 : 2)] = 200;
		assert_int_equal(face_picture_to_jpeg(&p, 90, &bytes, &size), PN_OK);
		snprintf(path, sizeof path, "%s/%u.jpg", place, k);
		FILE *f = fopen(path, "wb");
		assert_non_null(f);
		assert_int_equal(fwrite(bytes, 1, size, f), size);
		fclose(f);
		free(bytes);
		face_picture_free(&p);
	}
	return 0;
}

static int clear(void **state)
{
	char path[100];
	(void)state;
	for (unsigned k = 0; k < 2; k++) {
		snprintf(path, sizeof path, "%s/%u.jpg", place, k);
		assert_int_equal(unlink(path), 0);
	}
	return rmdir(place);
}

static struct fake_host *host_with(const char *condition, int line)
{
	struct fake_host *h = fake_host_new(&postern_plugin);
	fake_host_option(h, "condition", condition, 0);
	fake_host_option(h, "who", NULL, 0);
	fake_host_option(h, "frames_per_second", NULL, 50);
	fake_host_option(h, "infrared", NULL, 0);
	fake_host_folder(h, "portraits", place);
	if (line >= 0)
		fake_host_device(h, "scene", line);
	h->crossing_id = "01J00000000000000000000001";
	return h;
}

static void ask(struct fake_host *h, uint64_t id, uint32_t frames, uint32_t interval_ms)
{
	Postern__CaptureFace q = POSTERN__CAPTURE_FACE__INIT;
	uint8_t bytes[32];
	q.frames = frames;
	q.interval_ms = interval_ms;
	fake_host_send(h, POSTERN__ENVELOPE__BODY_CAPTURE_FACE, id, bytes, postern__capture_face__pack(&q, bytes));
}

/* The next answer, and its blob; reports of readiness are passed over. The caller frees it. */
static Postern__FaceCaptured *answered(struct fake_host *h, uint64_t id, const struct fake_message **message)
{
	const struct fake_message *m;
	do {
		m = fake_host_next(h, 5000);
		assert_non_null(m);
	} while (m->body == POSTERN__ENVELOPE__BODY_READER_STATUS);
	assert_int_equal(m->body, POSTERN__ENVELOPE__BODY_FACE_CAPTURED);
	assert_int_equal(m->query_id, id);
	if (message != NULL)
		*message = m;
	Postern__FaceCaptured *a = postern__face_captured__unpack(NULL, m->size, m->bytes);
	assert_non_null(a);
	return a;
}

/* Of the middle of a frame: which portrait stands there? */
static int who_in(const Postern__FaceFrame *f, const struct fake_message *m)
{
	const uint8_t *p = m->blob + f->offset + 3 * ((size_t)f->height / 2 * f->width + f->width / 2);
	return p[0] > p[2] ? 0 : 1;
}

static void frames_at_a_rate(void **state)
{
	struct fake_host *h = host_with("well", -1);
	const struct fake_message *m;
	(void)state;
	assert_int_equal(fake_host_start(h), 0);
	const uint64_t begun = clock_mono_ns();
	ask(h, 1, 3, 60);
	Postern__FaceCaptured *a = answered(h, 1, &m);
	assert_int_equal(a->result, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	assert_int_equal(a->n_frames, 3);
	assert_int_equal(m->blob_size, 3 * SCENE_BYTES);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(a->frames[i]->size, a->frames[i]->width * a->frames[i]->height * 3);
		assert_int_equal(a->frames[i]->offset, i * SCENE_BYTES);
		assert_int_equal(who_in(a->frames[i], m), 0);
		assert_true(a->frames[i]->mono_ns >= (i == 0 ? begun : a->frames[i - 1]->mono_ns + 59000000U));
	}
	assert_memory_not_equal(m->blob, m->blob + SCENE_BYTES, SCENE_BYTES);
	postern__face_captured__free_unpacked(a, NULL);
	/* As many as an answer can hold, and at least one. */
	ask(h, 2, 16, 0);
	a = answered(h, 2, NULL);
	assert_int_equal(a->n_frames, 8);
	postern__face_captured__free_unpacked(a, NULL);
	ask(h, 3, 0, 0);
	a = answered(h, 3, NULL);
	assert_int_equal(a->n_frames, 1);
	postern__face_captured__free_unpacked(a, NULL);
	assert_int_equal(fake_host_count(h, "frames_total"), 12);
	fake_host_stop(h);
	fake_host_free(h);
}

/* A second camera gives a frame of its own after each of the first one's, of the same moment; but not of a scene without. */
static void infrared_beside(void **state)
{
	const struct fake_message *m;
	(void)state;
	for (unsigned k = 0; k < 2; k++) {
		struct fake_host *h = host_with(k == 0 ? "well" : "no-infrared", -1);
		fake_host_option(h, "infrared", NULL, 1);
		assert_int_equal(fake_host_start(h), 0);
		ask(h, 1, 16, 20);
		Postern__FaceCaptured *a = answered(h, 1, &m);
		assert_int_equal(a->result, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
		assert_int_equal(a->n_frames, k == 0 ? 16 : 8);
		for (size_t i = 0; k == 0 && i < 16; i += 2) {
			const Postern__FaceFrame *eye = a->frames[i], *second = a->frames[i + 1];
			assert_int_equal(eye->sensor, 0);
			assert_int_equal(second->sensor, 1);
			assert_int_equal(second->format, POSTERN__FRAME_FORMAT__FRAME_NIR8);
			assert_int_equal(second->size, second->width * second->height);
			assert_int_equal(second->offset, eye->offset + eye->size);
			assert_true(second->mono_ns == eye->mono_ns);
			assert_true(second->offset + second->size <= m->blob_size);
		}
		assert_int_equal(m->blob_size, 8 * (SCENE_BYTES + (k == 0 ? SCENE_INFRARED_BYTES : 0)));
		postern__face_captured__free_unpacked(a, NULL);
		fake_host_stop(h);
		fake_host_free(h);
	}
}

static void newest_wins(void **state)
{
	struct fake_host *h = host_with("well", -1);
	(void)state;
	assert_int_equal(fake_host_start(h), 0);
	ask(h, 1, 3, 400);
	ask(h, 2, 1, 0);
	Postern__FaceCaptured *a = answered(h, 1, NULL);
	assert_int_equal(a->result, POSTERN__CHECK_RESULT__CHECK_ABORTED);
	assert_string_equal(a->cause, "camera.asked_again");
	assert_int_equal(a->n_frames, 0);
	postern__face_captured__free_unpacked(a, NULL);
	a = answered(h, 2, NULL);
	assert_int_equal(a->n_frames, 1);
	postern__face_captured__free_unpacked(a, NULL);
	/* A new core hears nothing of what the one before had asked. */
	ask(h, 3, 3, 400);
	h->open_queries[0] = 0;
	h->plugin->core_started(h->self, 2);
	ask(h, 4, 1, 0);
	a = answered(h, 4, NULL);
	assert_int_equal(a->n_frames, 1);
	postern__face_captured__free_unpacked(a, NULL);
	fake_host_stop(h);
	fake_host_free(h);
}

static void broken(void **state)
{
	static const char *const cases[][2] = {{"black", "camera.black"}, {"flooded", "camera.flooded"}, {"frozen", "camera.frozen"},
		{"stalled", "camera.silent"}, {"unplugged", "camera.unplugged"}};
	(void)state;
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		struct fake_host *h = host_with(cases[i][0], -1);
		const struct fake_message *m;
		assert_int_equal(fake_host_start(h), 0);
		ask(h, 1, 3, 100);
		Postern__FaceCaptured *a = answered(h, 1, &m);
		assert_int_equal(a->result, POSTERN__CHECK_RESULT__CHECK_ABORTED);
		assert_string_equal(a->cause, cases[i][1]);
		assert_int_equal(a->n_frames, 0);
		assert_null(m->blob);
		if (strcmp(cases[i][0], "unplugged") != 0)
			assert_string_equal(h->trouble, cases[i][1]);
		postern__face_captured__free_unpacked(a, NULL);
		assert_int_equal(fake_host_count(h, "faults_total"), 1);
		fake_host_stop(h);
		fake_host_free(h);
	}
}

/* What a lane says on the line is what is seen; nonsense is passed over, also nonsense without end. */
static void told_by_a_lane(void **state)
{
	int line[2];
	struct fake_host *h;
	const struct fake_message *m;
	static char noise[1000];
	(void)state;
	assert_int_equal(pipe(line), 0);
	h = host_with("unplugged", line[0]);
	assert_int_equal(fake_host_start(h), 0);
	m = fake_host_next(h, 5000);
	assert_non_null(m);
	Postern__ReaderStatus *s = postern__reader_status__unpack(NULL, m->size, m->bytes);
	assert_non_null(s);
	assert_false(s->ready);
	assert_string_equal(s->reason, "camera.unplugged");
	postern__reader_status__free_unpacked(s, NULL);
	assert_int_equal(write(line[1], "3 well\n", 7), 7); /* of two portraits: the second */
	ask(h, 1, 1, 0);
	Postern__FaceCaptured *a = answered(h, 1, &m);
	assert_int_equal(who_in(a->frames[0], m), 1);
	postern__face_captured__free_unpacked(a, NULL);
	memset(noise, '7', sizeof noise - 1);
	noise[sizeof noise - 1] = '\n';
	assert_int_equal(write(line[1], noise, sizeof noise), sizeof noise);
	assert_int_equal(write(line[1], "0 wel\n0 well x\nwell\n", 20), 20);
	fake_host_run(h, 600);
	ask(h, 2, 1, 0);
	a = answered(h, 2, &m);
	assert_int_equal(who_in(a->frames[0], m), 1);
	postern__face_captured__free_unpacked(a, NULL);
	assert_int_equal(write(line[1], "0 swapped\n", 10), 10);
	ask(h, 3, 6, 20);
	a = answered(h, 3, &m);
	assert_int_equal(a->n_frames, 6);
	assert_int_equal(who_in(a->frames[0], m), 0);
	assert_int_equal(who_in(a->frames[5], m), 1);
	postern__face_captured__free_unpacked(a, NULL);
	fake_host_stop(h);
	fake_host_free(h);
	close(line[0]);
	close(line[1]);
}

/* What a line may say, and what makes none of it believed. */
static void lines(void **state)
{
	static const char *const bad[] = {"0 well down=", "0 well turn=x", "0 well turn=46", "0 well down=-2001", "0 well  turn=1", "0 well turn=1 ",
		"0 well turn=1x", "0 well sideways=1", "0 ", "0", " well", "-1 well", "0 wellwellwellwellwellwellwell"};
	struct scene s;
	(void)state;
	assert_true(scene_parse("5 print down=-250 turn=30", 2, &s));
	assert_int_equal(s.condition, SCENE_PRINT);
	assert_int_equal(s.who, 1);
	assert_int_equal(s.other, 0);
	assert_int_equal(s.down_permille, -250);
	assert_int_equal(s.turn_degrees, 30);
	assert_true(scene_parse("0 well turn=-45", 2, &s));
	assert_int_equal(s.turn_degrees, -45);
	assert_int_equal(s.down_permille, 0);
	for (size_t i = 0; i < PN_COUNT(bad); i++) {
		s.who = 77;
		assert_false(scene_parse(bad[i], 2, &s));
		assert_int_equal(s.who, 77);
	}
}

/* A face that is lower by half the frame's height has left its middle; one that is lower by more than all of it is not seen. */
static void down_in_the_frame(void **state)
{
	static uint8_t frame[SCENE_BYTES];
	static uint8_t infrared[SCENE_INFRARED_BYTES];
	static const int32_t downs[] = {0, 400, -400, 1500};
	struct face_picture p;
	(void)state;
	assert_int_equal(face_picture_new(SIDE, SIDE, &p), PN_OK);
	memset(p.pixels, 0, (size_t)SIDE * SIDE * 3);
	for (size_t i = 0; i < (size_t)SIDE * SIDE; i++)
		p.pixels[3 * i] = 250;
	for (size_t k = 0; k < PN_COUNT(downs); k++) {
		const struct scene s = {.condition = SCENE_WELL, .down_permille = downs[k]};
		unsigned seen = 0, sum = 0;
		scene_draw(&p, 1, &s, 1, frame);
		assert_true(scene_draw_infrared(&p, 1, &s, 1, infrared));
		for (unsigned y = 0; y < SCENE_HEIGHT; y++)
			if (frame[3 * (y * SCENE_WIDTH + SCENE_WIDTH / 2)] > 200) {
				seen++;
				sum += y;
			}
		const unsigned second = infrared[(SCENE_INFRARED_HEIGHT - 20) * SCENE_INFRARED_WIDTH + SCENE_INFRARED_WIDTH / 2];
		if (downs[k] == 1500)
			assert_int_equal(seen, 0);
		else
			assert_in_range(sum / seen, downs[k] == 0 ? 220 : downs[k] > 0 ? 300 : 100, downs[k] == 0 ? 260 : downs[k] > 0 ? 380 : 180);
		assert_int_equal(second > 150, downs[k] == 0 || downs[k] == 400);
	}
	face_picture_free(&p);
}

/* A head that turns moves on screen over time, and not at once; the sheet's edges are further in as it turns. */
static void turning(void **state)
{
	static uint8_t straight[SCENE_BYTES], turned[SCENE_BYTES];
	struct face_picture p;
	(void)state;
	assert_int_equal(face_picture_new(SIDE, SIDE, &p), PN_OK);
	for (size_t i = 0; i < (size_t)SIDE * SIDE * 3; i++)
		p.pixels[i] = (uint8_t)(i / 3 % SIDE < SIDE / 2 ? 20 : 235); /* dark on the subject's right, which is the picture's left */
	for (int k = 0; k < 2; k++) {
		const enum scene_condition how = k == 0 ? SCENE_WELL : SCENE_PRINT;
		const struct scene a = {.condition = how}, b = {.condition = how, .turn_degrees = 40}, c = {.condition = how, .turn_degrees = -40};
		unsigned dark[3] = {0, 0, 0};
		const struct scene *const all[] = {&a, &b, &c};
		for (unsigned n = 0; n < 3; n++) {
			scene_draw(&p, 1, all[n], 1, n == 0 ? straight : turned);
			const uint8_t *row = (n == 0 ? straight : turned) + (size_t)3 * SCENE_WIDTH * (SCENE_HEIGHT / 2);
			for (unsigned x = SCENE_WIDTH / 2 - 100; x < SCENE_WIDTH / 2 + 100; x++)
				dark[n] += row[3 * x] < 60;
		}
		if (k == 0) {
			assert_true(dark[1] > dark[0] + 40); /* to the subject's left: what was its middle is further right */
			assert_true(dark[2] + 40 < dark[0]);
		} else {
			assert_in_range(dark[1], dark[0] - 25, dark[0] + 25);
			assert_in_range(dark[2], dark[0] - 25, dark[0] + 25);
			assert_memory_not_equal(straight, turned, SCENE_BYTES);
		}
	}
	face_picture_free(&p);
}

static void without_portraits(void **state)
{
	struct fake_host *h = host_with("well", -1);
	(void)state;
	fake_host_folder(h, "portraits", "/tmp/postern-there-is-no-such-folder");
	assert_int_equal(fake_host_start(h), PN_EIO);
	fake_host_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(frames_at_a_rate), cmocka_unit_test(infrared_beside), cmocka_unit_test(newest_wins), cmocka_unit_test(broken),
		cmocka_unit_test(told_by_a_lane), cmocka_unit_test(lines), cmocka_unit_test(down_in_the_frame), cmocka_unit_test(turning),
		cmocka_unit_test(without_portraits)};
	return cmocka_run_group_tests(tests, lay, clear);
}

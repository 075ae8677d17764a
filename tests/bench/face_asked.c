/* SPDX-License-Identifier: Apache-2.0
 * match-face in its sandbox, as a core sees it: when answers and heartbeats come, how long an order waits behind a frame, how much memory the
 * process has. Must never count an answer that the plugin did not give.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/blob.h"
#include "core_side.h"
#include "face_bench.h"
#include "scene.h"
#include "usage.h"

enum { BEAT_MS = 50, ROUNDS = 15, PATIENCE_MS = 30000, UID = 64101 };

static const char crossing[] = "01J00000000000000000000001";

struct asked {
	struct core_side core;
	double beat_ms; /* when the last heartbeat came */
	struct face_samples gaps;
};

static void put(struct asked *a, uint64_t id, uint32_t body, const uint8_t *bytes, size_t size, const uint8_t *blob, size_t blob_size)
{
	static uint8_t out[BUS_MESSAGE_MAX];
	struct bus_blob sealed;
	size_t used;
	int fd = -1;
	if (blob != NULL && blob_create(blob, blob_size, &fd, &sealed) != PN_OK)
		face_bench_fail("no memfd");
	if (bus_encode_raw(id, crossing, blob != NULL ? &sealed : NULL, body, bytes, size, out, sizeof out, &used) != PN_OK ||
		bus_send(a->core.child.bus_fd, out, used, fd) != PN_OK)
		face_bench_fail("the plugin hears nothing");
	if (fd >= 0)
		close(fd);
}

/* The answer to that question; heartbeats are noted on the way. */
static void await(struct asked *a, uint64_t id)
{
	const double end = face_bench_wall() + PATIENCE_MS;
	while (face_bench_wall() < end && core_side_next(&a->core, PATIENCE_MS) == PN_OK) {
		const double now = face_bench_wall();
		if (a->core.message.info->body == POSTERN__ENVELOPE__BODY_HEARTBEAT) {
			if (a->beat_ms > 0)
				face_bench_add(&a->gaps, now - a->beat_ms);
			a->beat_ms = now;
		}
		if (a->core.message.envelope->id == id && id != 0)
			return;
	}
	face_bench_fail("no answer");
}

static void take(struct asked *a, const struct face_bench *b, uint64_t id)
{
	put(a, id, POSTERN__ENVELOPE__BODY_TAKE_REFERENCE, NULL, 0, b->dg2, b->dg2_size);
}

static void match(struct asked *a, const struct face_bench *b, uint64_t id, uint32_t frames)
{
	Postern__MatchFace q = POSTERN__MATCH_FACE__INIT;
	Postern__FaceFrame frame[FACE_BENCH_FRAMES], *list[FACE_BENCH_FRAMES];
	uint8_t bytes[1024];
	for (uint32_t i = 0; i < frames; i++) {
		postern__face_frame__init(&frame[i]);
		frame[i].format = POSTERN__FRAME_FORMAT__FRAME_RGB24;
		frame[i].offset = i * SCENE_BYTES;
		frame[i].size = SCENE_BYTES;
		frame[i].width = SCENE_WIDTH;
		frame[i].height = SCENE_HEIGHT;
		list[i] = &frame[i];
	}
	q.frames = list;
	q.n_frames = frames;
	put(a, id, POSTERN__ENVELOPE__BODY_MATCH_FACE, bytes, postern__match_face__pack(&q, bytes), b->frames, (size_t)frames * SCENE_BYTES);
}

static void tell(const char *what, struct face_samples *s, const char *about)
{
	printf("%-34s p50 %6.1f ms  p99 %6.1f ms  most %6.1f ms%s\n", what, face_bench_at(s, 50), face_bench_at(s, 99), face_bench_at(s, 100), about);
}

static void answers(struct asked *a, const struct face_bench *b)
{
	struct face_samples taking = {.count = 0}, three = {.count = 0};
	for (uint64_t r = 1; r <= ROUNDS; r++) {
		double begun = face_bench_wall();
		take(a, b, 2 * r);
		await(a, 2 * r);
		face_bench_add(&taking, face_bench_wall() - begun);
		if (a->core.message.envelope->reference_taken->result != POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL)
			face_bench_fail("the portrait is no reference");
		begun = face_bench_wall();
		match(a, b, 2 * r + 1, 3);
		await(a, 2 * r + 1);
		face_bench_add(&three, face_bench_wall() - begun);
		if (a->core.message.envelope->face_matched->result != POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL)
			face_bench_fail("the holder is not matched");
	}
	tell("take_reference to its answer", &taking, "");
	tell("match_face of three to its answer", &three, "");
}

/* In the midst of eight frames the traveller changes: the question that is under way must end, and the new one be answered. */
static void orders(struct asked *a, const struct face_bench *b)
{
	struct face_samples heard = {.count = 0}, done = {.count = 0};
	for (uint64_t r = 0; r < ROUNDS; r++) {
		const uint64_t id = 1000 + 4 * r;
		take(a, b, id);
		await(a, id);
		match(a, b, id + 1, FACE_BENCH_FRAMES);
		usleep((useconds_t)(10000 + r * 7919 % 90 * 1000));
		const double begun = face_bench_wall();
		take(a, b, id + 2);
		await(a, id + 1);
		if (strcmp(a->core.message.envelope->face_matched->cause, "face.asked_again") == 0)
			face_bench_add(&heard, face_bench_wall() - begun);
		await(a, id + 2);
		face_bench_add(&done, face_bench_wall() - begun);
	}
	tell("an order behind a frame, heard", &heard, "");
	tell("and a new reference answered", &done, "");
}

static void memory(pid_t pid)
{
	char path[64], line[256];
	long now = 0, most = 0;
	snprintf(path, sizeof path, "/proc/%d/status", pid);
	FILE *f = fopen(path, "re");
	while (f != NULL && fgets(line, sizeof line, f) != NULL) {
		if (strncmp(line, "VmRSS:", 6) == 0)
			now = strtol(line + 6, NULL, 10);
		if (strncmp(line, "VmHWM:", 6) == 0)
			most = strtol(line + 6, NULL, 10);
	}
	if (f != NULL)
		fclose(f);
	printf("%-34s now %.1f MiB, at most %.1f MiB  (goal 160 MiB)\n", "resident", (double)now / 1024, (double)most / 1024);
}

void face_bench_asked(const struct face_bench *b)
{
	static struct asked a;
	char why[500] = "";
	struct text error;
	struct manifest *m;
	const int64_t id = geteuid() == 0 ? UID : SPEC_KEEP_UID;
	const struct named_value folders[] = {{"models", b->models}};
	if (setenv("HOST_CHILD", BENCH_HOST_CHILD, 1) != 0)
		face_bench_fail("no environment");
	text_init(&error, why, sizeof why);
	if (manifest_load(BENCH_FACE_MANIFEST, &m, &error) != PN_OK)
		face_bench_fail(why);
	const struct plugin_request r = {.unit = "lane-1", .instance = "lane-1/face", .manifest_path = BENCH_FACE_MANIFEST, .manifest = m, .uid = id,
		.gid = id, .folders = folders, .folder_count = 1};
	if (core_side_start(&a.core, &r, &error) != PN_OK || core_side_greet(&a.core, 1, BEAT_MS, 60000) != PN_OK)
		face_bench_fail(why[0] != '\0' ? why : "match-face does not say hello");
	printf("match-face in its sandbox, by the clock\n");
	const double begun = usage_of(a.core.child.pid);
	answers(&a, b);
	printf("%-34s %6.1f ms of processor time for a portrait and three frames\n", "", (usage_of(a.core.child.pid) - begun) * 1e3 / ROUNDS);
	orders(&a, b);
	tell("heartbeats, 50 ms asked for, apart", &a.gaps, "");
	memory(a.core.child.pid);
	core_side_end(&a.core);
	manifest_free(m);
}

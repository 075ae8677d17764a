/* SPDX-License-Identifier: Apache-2.0
 * match-face in its sandbox, given pictures that are made to hurt it, as a chip's portrait and as a camera's frames, and more questions than
 * it can answer: each is answered, none is a match, its memory stays within its manifest's, and it works on after that. What each cost is
 * printed. test_bombs MODELS SIM_FACES. Exit status 77 where the build could not have the models. Must never judge anybody's time.
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

#include "bombs.h"
#include "in_sandbox.h"

#define CHECK(name) POSTERN__CHECK_RESULT__CHECK_##name
#define BODY(name) POSTERN__ENVELOPE__BODY_##name

enum { FRAMES = 3, MANIFEST_MIB = 384, FLOOD = 200, PATIENCE_MS = 60000 };

static const char *models, *sim_faces;
static struct bomb bombs[BOMBS_MAX];
static size_t count;

/* Portraits of people, each alone, in the place of the two photographs. */
static int lay(void **state)
{
	char folder[100];
	int status, r = in_sandbox_lay(state);
	snprintf(folder, sizeof folder, "%s/portraits", in_sandbox_place);
	const pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		execl(sim_faces, sim_faces, models, folder, (char *)NULL);
		_exit(1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	count = bombs_make(bombs);
	return r;
}

static int clear(void **state)
{
	for (size_t i = 0; i < count; i++)
		free(bombs[i].bytes);
	for (unsigned i = 0; i < 6; i++) { /* 1.jpg and 2.jpg are the place's own */
		char path[100];
		snprintf(path, sizeof path, "%s/portraits/%u.jpg", in_sandbox_place, i);
		assert_true((i == 1 || i == 2) || unlink(path) == 0);
	}
	return in_sandbox_clear(state);
}

/* In MiB; milliseconds of processor. */
static long resident_at_most(pid_t pid)
{
	char path[64], line[256];
	long kib = -1;
	snprintf(path, sizeof path, "/proc/%d/status", pid);
	FILE *f = fopen(path, "re");
	assert_non_null(f);
	while (fgets(line, sizeof line, f) != NULL)
		if (sscanf(line, "VmHWM: %ld", &kib) == 1)
			break;
	fclose(f);
	assert_true(kib > 0);
	return kib / 1024;
}

static long spent(pid_t pid)
{
	char path[64], line[1024];
	unsigned long user, system;
	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	FILE *f = fopen(path, "re");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof line, f));
	fclose(f);
	assert_int_equal(sscanf(strrchr(line, ')') + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system), 2);
	return (long)(user + system) * 1000 / sysconf(_SC_CLK_TCK);
}

static void hear(struct core_side *c, uint32_t answer)
{
	assert_int_equal(core_side_await(c, answer, PATIENCE_MS), PN_OK);
}

static Postern__CheckResult take(struct core_side *c, const uint8_t *bytes, size_t size)
{
	assert_int_equal(in_sandbox_send(c, 1, BODY(TAKE_REFERENCE), NULL, 0, bytes, size), PN_OK);
	hear(c, BODY(REFERENCE_TAKEN));
	return c->message.envelope->reference_taken->result;
}

/* The blob's bytes so many times, as frames of JPEG. */
static size_t question(const struct bomb *b, uint8_t *bytes)
{
	Postern__MatchFace q = POSTERN__MATCH_FACE__INIT;
	Postern__FaceFrame frame[FRAMES], *list[FRAMES];
	for (unsigned i = 0; i < FRAMES; i++) {
		postern__face_frame__init(&frame[i]);
		frame[i].format = POSTERN__FRAME_FORMAT__FRAME_JPEG;
		frame[i].size = (uint32_t)b->size;
		list[i] = &frame[i];
	}
	q.frames = list;
	q.n_frames = FRAMES;
	return postern__match_face__pack(&q, bytes);
}

static void works_still(struct core_side *c)
{
	size_t size, frames_size;
	uint8_t *portrait = in_sandbox_file("portraits/0.jpg", &size), bytes[512];
	struct manifest *manifest;
	struct core_side *camera = in_sandbox_begin("sim-camera", "portraits", &manifest);
	Postern__CaptureFace capture = POSTERN__CAPTURE_FACE__INIT;
	Postern__MatchFace match = POSTERN__MATCH_FACE__INIT;
	capture.frames = FRAMES;
	capture.interval_ms = 20;
	in_sandbox_ask(camera, BODY(CAPTURE_FACE), bytes, postern__capture_face__pack(&capture, bytes), NULL, 0, BODY(FACE_CAPTURED));
	uint8_t *frames = in_sandbox_blob(camera, &frames_size);
	match.frames = camera->message.envelope->face_captured->frames;
	match.n_frames = camera->message.envelope->face_captured->n_frames;
	assert_int_equal(take(c, portrait, size), CHECK(SUCCESSFUL));
	assert_int_equal(in_sandbox_send(c, 2, BODY(MATCH_FACE), bytes, postern__match_face__pack(&match, bytes), frames, frames_size), PN_OK);
	hear(c, BODY(FACE_MATCHED));
	assert_string_equal(c->message.envelope->face_matched->cause, "");
	assert_int_equal(c->message.envelope->face_matched->result, CHECK(SUCCESSFUL));
	free(frames);
	free(portrait);
	core_side_end(camera);
	free(camera);
	manifest_free(manifest);
}

/* After all of that it still works. */
static void end(struct core_side *c, uint8_t *portrait, struct manifest *manifest)
{
	works_still(c);
	free(portrait);
	core_side_end(c);
	free(c);
	manifest_free(manifest);
}

static void pictures(void **state)
{
	struct manifest *manifest;
	struct core_side *c = in_sandbox_begin("match-face", "models", &manifest);
	size_t size;
	uint8_t *portrait = in_sandbox_file("portraits/0.jpg", &size), bytes[512];
	(void)state;
	assert_int_equal(manifest->memory_mib, MANIFEST_MIB);
	for (size_t i = 0; i < count; i++) {
		const struct bomb *b = &bombs[i];
		const long before = spent(c->child.pid);
		assert_int_not_equal(take(c, b->bytes, b->size), CHECK(SUCCESSFUL));
		const long as_reference = spent(c->child.pid) - before;
		assert_int_equal(take(c, portrait, size), CHECK(SUCCESSFUL));
		const long between = spent(c->child.pid);
		assert_int_equal(in_sandbox_send(c, 2, BODY(MATCH_FACE), bytes, question(b, bytes), b->bytes, b->size), PN_OK);
		hear(c, BODY(FACE_MATCHED));
		const Postern__FaceMatched *m = c->message.envelope->face_matched;
		assert_true(m->result == CHECK(UNDETERMINED) || m->result == CHECK(ABORTED));
		assert_false(m->scored);
		const long most = resident_at_most(c->child.pid);
		print_message("%-32s %8zu bytes: %5ld ms as reference, %5ld ms as three frames; %ld MiB resident at most; %s\n", b->name, b->size,
			as_reference, spent(c->child.pid) - between, most, m->cause);
		assert_true(most < MANIFEST_MIB);
	}
	end(c, portrait, manifest);
}

/* The next answer that has come, within ms; it is to the next question. *again: those that the question after it has ended. */
static bool hear_next(struct core_side *c, uint64_t *answered, uint64_t *again, int ms)
{
	if (core_side_await(c, BODY(FACE_MATCHED), ms) != PN_OK)
		return false;
	const Postern__FaceMatched *m = c->message.envelope->face_matched;
	assert_int_equal(c->message.envelope->id, ++*answered);
	*again += strcmp(m->cause, "face.asked_again") == 0;
	assert_int_not_equal(m->result, CHECK(SUCCESSFUL));
	return true;
}

/* Questions of which none waits for the answer to the one before: each is answered once, most by the one that came after it. */
static void flood(void **state)
{
	struct manifest *manifest;
	struct core_side *c = in_sandbox_begin("match-face", "models", &manifest);
	const struct bomb *b = &bombs[3];
	size_t size;
	uint8_t *portrait = in_sandbox_file("portraits/0.jpg", &size), bytes[512];
	const size_t packed = question(b, bytes);
	uint64_t sent = 0, answered = 0, again = 0;
	(void)state;
	assert_int_equal(take(c, portrait, size), CHECK(SUCCESSFUL));
	while (sent < FLOOD) {
		if (in_sandbox_send(c, sent + 1, BODY(MATCH_FACE), bytes, packed, b->bytes, b->size) == PN_OK)
			sent++;
		while (hear_next(c, &answered, &again, 0))
			;
	}
	while (answered < sent)
		assert_true(hear_next(c, &answered, &again, PATIENCE_MS));
	const long most = resident_at_most(c->child.pid);
	print_message("%d questions, %llu ended by the next; %ld MiB resident at most\n", FLOOD, (unsigned long long)again, most);
	assert_true(again > FLOOD / 10);
	assert_true(most < MANIFEST_MIB);
	end(c, portrait, manifest);
}

static int all(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(pictures), cmocka_unit_test(flood)};
	return cmocka_run_group_tests(tests, lay, clear);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	models = argv[1];
	sim_faces = argv[2];
	return in_sandbox_main(argc, argv, all);
}

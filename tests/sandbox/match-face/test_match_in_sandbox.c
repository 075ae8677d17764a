/* SPDX-License-Identifier: Apache-2.0
 * sim-camera and match-face as they run in a lane: both started by the real loader in their
 * sandboxes, frames and a reference in sealed memfds between them. Exit status 77 where the build
 * could not have the models. test_match_in_sandbox FOLDER. Must never count an answer by default
 * for one of the plugin's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "in_sandbox.h"

static void camera_to_match(void **state)
{
	struct manifest *camera_manifest, *match_manifest;
	struct core_side *camera = in_sandbox_begin("sim-camera", "portraits", &camera_manifest),
			 *face = in_sandbox_begin("match-face", "models", &match_manifest);
	Postern__CaptureFace capture = POSTERN__CAPTURE_FACE__INIT;
	Postern__MatchFace match = POSTERN__MATCH_FACE__INIT;
	uint8_t bytes[1024];
	size_t frames_size;
	(void)state;
	capture.frames = 3;
	in_sandbox_ask(camera, POSTERN__ENVELOPE__BODY_CAPTURE_FACE, bytes,
		postern__capture_face__pack(&capture, bytes), NULL, 0,
		POSTERN__ENVELOPE__BODY_FACE_CAPTURED);
	const Postern__FaceCaptured *captured = camera->message.envelope->face_captured;
	assert_int_equal(captured->result, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	assert_int_equal(captured->n_frames, 3);
	uint8_t *frames = in_sandbox_blob(camera, &frames_size);
	/* A group photograph: what a reference must not be. The plugin is alive and says why. */
	size_t photograph_size;
	uint8_t *photograph = in_sandbox_file("portraits/1.jpg", &photograph_size);
	in_sandbox_ask(face, POSTERN__ENVELOPE__BODY_TAKE_REFERENCE, NULL, 0, photograph, photograph_size,
		POSTERN__ENVELOPE__BODY_REFERENCE_TAKEN);
	free(photograph);
	assert_int_equal(face->message.envelope->reference_taken->result,
		POSTERN__CHECK_RESULT__CHECK_UNDETERMINED);
	assert_string_equal(face->message.envelope->reference_taken->cause, "face.several_faces");
	match.frames = captured->frames;
	match.n_frames = captured->n_frames;
	in_sandbox_ask(face, POSTERN__ENVELOPE__BODY_MATCH_FACE, bytes,
		postern__match_face__pack(&match, bytes), frames, frames_size,
		POSTERN__ENVELOPE__BODY_FACE_MATCHED);
	assert_string_equal(face->message.envelope->face_matched->cause, "face.no_reference");
	free(frames);
	core_side_end(camera);
	core_side_end(face);
	free(camera);
	free(face);
	manifest_free(camera_manifest);
	manifest_free(match_manifest);
}

static int all(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(camera_to_match)};
	return cmocka_run_group_tests(tests, in_sandbox_lay, in_sandbox_clear);
}

int main(int argc, char **argv)
{
	return in_sandbox_main(argc, argv, all);
}

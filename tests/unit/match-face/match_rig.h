/* SPDX-License-Identifier: Apache-2.0
 * The plugin match-face in its test's process, and two people of the photographs beside the models: their portraits, and three frames of
 * each. Must never take a score of the plugin's for expected.
 */
#ifndef POSTERN_TEST_MATCH_RIG_H
#define POSTERN_TEST_MATCH_RIG_H
#include <stddef.h>
#include <stdint.h>

#include "../sdk/fake_host.h"
#include "bus.pb-c.h"

enum {
	RIG_SIDE = 480,
	RIG_FRAME = RIG_SIDE * RIG_SIDE * 3,
	RIG_FILM = 3 * RIG_FRAME,
	RIG_FIND_FMR = 2000, /* enough for two faces */
};

struct rig {
	struct fake_host *h;
	uint8_t films[2 * RIG_FILM];	       /* of both */
	Postern__FaceFrame same[3], other[3]; /* in films: of the first person, of the second */
	uint8_t *file[2];		       /* portraits as JPEG */
	size_t size[2];
};

/* Two who look ahead, alone in a picture; there after rig_main() has begun. */
extern uint8_t rig_person[2][RIG_FRAME];

/* For main(): the tests, when the folder of models in argv has them; exit status 77 where the build could not have them. */
int rig_main(int argc, char **argv, int (*all)(void));
/* The plugin has started, in the crossing 01J00000000000000000000001. */
struct rig *rig_begin(const char *mode, int64_t fmr, int64_t hold_s);
void rig_end(struct rig *r);
/* The host alone, for a plugin that has not started. */
struct fake_host *rig_host(const char *mode, int64_t fmr, int64_t hold_s);

/* *out is the caller's to free. */
size_t rig_jpeg(const uint8_t *pixels, uint8_t **out);
/* Three frames of somebody, as a sensor gives them: none is like the one before, byte for byte. */
void rig_film(const uint8_t *of, uint8_t *out);
/* Three frames of nobody: a wall with a light. */
void rig_wall(uint8_t *out);
/* A frame that lies there in the blob. */
Postern__FaceFrame rig_frame(uint32_t offset);

Postern__CheckResult rig_take(struct fake_host *h, uint64_t id, const uint8_t *blob, size_t size, char *cause);
/* The caller frees it. */
Postern__FaceMatched *rig_match(struct fake_host *h, uint64_t id, Postern__FaceFrame *frames, size_t count, const uint8_t *blob, size_t size);
/* The result and its cause, and that nobody detects attacks. */
void rig_expect_of(struct fake_host *h, uint64_t id, Postern__FaceFrame *frames, size_t count, const uint8_t *blob, size_t size,
	Postern__CheckResult result, const char *cause);
/* The same of frames in r->films. */
void rig_expect(struct rig *r, uint64_t id, Postern__FaceFrame *frames, size_t count, Postern__CheckResult result, const char *cause);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * References and frames as take_reference and match_face bring them, through plugins/lib/face, into
 * the answers' messages. No clock, no file. Must never compare a face with the reference of another
 * crossing, answer `successful` by a threshold that the models' table has not, nor keep a picture.
 */
#ifndef POSTERN_MATCH_FACE_FACE_STAGE_H
#define POSTERN_MATCH_FACE_FACE_STAGE_H
#include "face.pb-c.h"
#include "face/matcher.h"
#include "face/model.h"

enum { FACE_STAGE_CROSSING = 40, FACE_STAGE_FRAMES_MAX = FACE_PROBES_MAX };

struct face_settings {
	struct face_limits limits;
	const struct face_threshold *threshold; /* NULL: the table has none */
	uint32_t frames_min;
	bool unattended;
};

/* Personal from the reference on: face_stage_forget() wipes it. */
struct face_stage {
	struct face_matcher *matcher;
	const struct face_folder *folder;
	struct face_settings settings;
	char crossing[FACE_STAGE_CROSSING]; /* of the reference; "": there is none */
	char engine[128];
	char pad_mechanism[32];
	struct face_capture reference, probe[FACE_STAGE_FRAMES_MAX];
};

/* NULL: nothing is missing for the mode that the settings ask for. Else a catalogue key:
 * "face.no_threshold", "face.no_pad". */
const char *face_stage_missing(const struct face_stage *s);
/* Strings of the answers are static, or the stage's or the folder's. */
void face_stage_take(struct face_stage *s, const char *crossing, const uint8_t *blob, size_t size,
	Postern__ReferenceTaken *out);
void face_stage_match(struct face_stage *s, const char *crossing, const Postern__MatchFace *q,
	const uint8_t *blob, size_t size, Postern__FaceMatched *out);
void face_stage_forget(struct face_stage *s);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * References and frames as take_reference and match_face bring them, through plugins/lib/face, into
 * the answers' messages. No clock, no file. Must never compare a face with the reference of another
 * crossing, answer `successful` by a threshold that the models' table has not, nor keep a picture
 * beyond the answer that shows it.
 */
#ifndef POSTERN_MATCH_FACE_FACE_STAGE_H
#define POSTERN_MATCH_FACE_FACE_STAGE_H
#include "camera/watch.h"
#include "face.pb-c.h"
#include "face/matcher.h"
#include "face/model.h"
#include "face/picture.h"
#include "face/presence.h"
#include "face/prompt.h"
#include "face/session.h"

enum { FACE_STAGE_CROSSING = 40, FACE_STAGE_FRAMES_MAX = FACE_PROBES_MAX, FACE_STAGE_CHECKS = 8 };

struct face_settings {
	struct face_limits limits;
	const struct face_threshold *threshold; /* for one of the attempts; NULL: the table has none */
	uint32_t frames_min, attempts;
	bool unattended;
	bool infrared; /* a face must be there in near infrared too, as far as a heuristic can tell */
	uint32_t head_turns; /* that are asked for at random of a face that matches; 0: none */
};

/* Personal from the reference on: face_stage_forget() wipes it. */
struct face_stage {
	struct face_matcher *matcher;
	const struct face_folder *folder;
	struct face_settings settings;
	char crossing[FACE_STAGE_CROSSING]; /* of the reference; "": there is none */
	char engine[128];
	char pad_mechanism[32], pad_certificate[64];
	struct face_capture reference, probe;
	struct face_session session;
	/* Of the query under way: frames that showed something, and why the others did not. */
	struct {
		uint32_t well, faces, good; /* shown something; of these, those with a face, and those that count */
		int32_t down_permille; /* of the newest face's eyes: of the frame's height below its middle */
		enum camera_fault fault;
		bool engine_failed;
	} looked;
	bool attacked; /* by what an engine said of any frame of the session */
	struct {
		struct face_presence presence;
		bool pairable; /* the last frame was good, and its moment has no other frame yet */
		struct face_place eye;
		uint64_t time_ns;
		uint64_t digest; /* of the last frame of near infrared */
		uint32_t more;	 /* how often more frames were asked for to pair them */
	} attack;
	struct face_prompt prompt;
	struct face_capture turning; /* the last frame of it that shows the same person */
	uint64_t lots; /* bits that nobody can foresee, drawn anew by the caller before each face_stage_decide() */
	struct {
		struct face_picture picture; /* the frame that shows the traveller best so far */
		float worth;
		uint8_t *jpeg; /* of the last answer that ended a session */
		size_t size;
	} live;
	Postern__Check check[FACE_STAGE_CHECKS], *checks[FACE_STAGE_CHECKS];
};

/* Reached the threshold; false where there is none, and of a score that is no number. */
bool face_stage_alike(const struct face_stage *s, float score);
/* NULL: nothing is missing for the mode that the settings ask for. Else a catalogue key:
 * "face.no_threshold", "face.no_pad". */
const char *face_stage_missing(const struct face_stage *s);
/* Strings and lists of the answers are static, or the stage's or the folder's. */
void face_stage_take(struct face_stage *s, const char *crossing, const uint8_t *blob, size_t size,
	Postern__ReferenceTaken *out);
/* face NULL: nothing is kept under the name that was given. */
void face_stage_recall(struct face_stage *s, const char *crossing, const struct face_capture *face, Postern__ReferenceTaken *out);
/* A query in three steps, since a frame takes its time: begin; look at each frame, 0 to q->n_frames - 1; decide. False: there is
 * nothing to look at, and out is the answer. */
bool face_stage_begin(struct face_stage *s, const char *crossing, const Postern__MatchFace *q, const uint8_t *blob,
	Postern__FaceMatched *out);
void face_stage_look(struct face_stage *s, const Postern__MatchFace *q, size_t frame, const uint8_t *blob, size_t size);
/* What out->live_type speaks of is in s->live.jpeg until face_stage_shown(). */
void face_stage_decide(struct face_stage *s, const Postern__MatchFace *q, const uint8_t *blob, size_t size,
	Postern__FaceMatched *out);
/* Begins a session, unless one is open: for whoever has no reference. */
void face_stage_open(struct face_stage *s);
/* Does any frame of the session look like an attack to an engine that detects them? */
bool face_stage_attacked(struct face_stage *s, const Postern__MatchFace *q, const uint8_t *blob, size_t size);
/* The answer has been given: wipes its picture. */
void face_stage_shown(struct face_stage *s);
void face_stage_forget(struct face_stage *s);
#endif

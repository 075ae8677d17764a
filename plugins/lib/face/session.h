/* SPDX-License-Identifier: Apache-2.0
 * Capture policy: which frames of a traveller are compared, how many, when it is tried again, when it is given up, and what the
 * traveller is told meanwhile. Pure: time comes in. Must never fuse frames of two people, compare fewer than FACE_FUSE_MIN, nor
 * count a frame twice.
 *
 * Quality elements are named after ISO/IEC 29794-5; no conformity is claimed. Fusing: docs/face.md has what it is worth.
 */
#ifndef POSTERN_FACE_SESSION_H
#define POSTERN_FACE_SESSION_H
#include "matcher.h"

enum {
	FACE_FUSE_MIN = 3,
	FACE_KEPT = 8,       /* the best frames so far */
	FACE_SEEN_MAX = 128, /* frames of one session; a traveller is not looked at for longer */
	FACE_SEVERAL_MAX = 3, /* frames with more than one face: the other one does not go away */
	FACE_UNCOVER_MS = 5000, /* without a usable face; then hats and masks are spoken of */
};

enum face_advice {
	FACE_ADVICE_NONE,
	FACE_ADVICE_LOOK_HERE,
	FACE_ADVICE_CLOSER,
	FACE_ADVICE_STAND_STILL,
	FACE_ADVICE_ALONE,
	FACE_ADVICE_UNCOVER, /* hat, mask, dark glasses: none of them is assessed, all of them are asked for */
};

struct face_session_settings {
	uint32_t frames_min; /* below FACE_FUSE_MIN counts as that; at most FACE_KEPT */
	uint32_t attempts;   /* comparisons with fresh frames, 1 or more; the threshold must be that for a false match rate divided by it */
	/* Two frames less alike than this are of two people; NAN: nobody measured it, so a swap is not looked for. */
	float same_person;
};

/* Personal: face_session_end() wipes it. */
struct face_session {
	struct face_session_settings settings;
	bool open;
	struct face_capture kept[FACE_KEPT]; /* the best first */
	struct face_capture first;	     /* the first good one: who stands here; size 0: none yet */
	uint32_t count, seen, several, attempt;
	uint32_t faults; /* of the last frame */
	uint32_t ever;	 /* of all that were not kept */
	bool swapped;
	uint64_t digest[FACE_SEEN_MAX];
};

void face_session_begin(struct face_session *s, const struct face_session_settings *settings);
void face_session_end(struct face_session *s);

/* Has this frame been offered before? Remembers it. True also beyond FACE_SEEN_MAX. */
bool face_session_seen(struct face_session *s, uint64_t digest);
/* A frame's capture. Kept when it has no fault and is among the best. The matcher tells whether it is still the same person. */
int face_session_offer(struct face_session *s, struct face_matcher *m, const struct face_capture *c) PN_MUST_CHECK;
/* 0 to 1 of a capture without faults, by its weakest element; more is better. 0: something was not assessed. */
float face_session_quality(const struct face_capture *c);
/* probes: room for FACE_KEPT. As many as there are. */
size_t face_session_probes(const struct face_session *s, const struct face_capture **probes);

enum face_next {
	FACE_MORE,    /* more frames */
	FACE_COMPARE, /* enough good ones */
	FACE_SWAPPED, /* another person than at the begin: it ends */
	FACE_CROWD,   /* several people that do not become one: it ends */
	FACE_LATE,    /* the time is over */
};
enum face_next face_session_next(const struct face_session *s, uint32_t elapsed_ms, uint32_t limit_ms);
/* The comparison failed: begin again with fresh frames? Wipes those before. */
bool face_session_again(struct face_session *s, uint32_t elapsed_ms, uint32_t limit_ms);
enum face_advice face_session_advice(const struct face_session *s, uint32_t elapsed_ms);
#endif

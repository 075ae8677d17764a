/* SPDX-License-Identifier: Apache-2.0
 * The host's side of face.h: engines for the slots, captures, what a capture must be good enough
 * for, and the score of a reference with several probes. Pure. Must never decide:
 * face_model_threshold() and who asks for it do.
 */
#ifndef POSTERN_FACE_MATCHER_H
#define POSTERN_FACE_MATCHER_H
#include <stdbool.h>

#include "base/err.h"
#include "face.h"

enum { FACE_TEMPLATE_MAX = 8192, FACE_PROBES_MAX = 16 };

/* Which engine fills a slot; bit 1 << that of enum face_slot. */
enum face_slot_place { FACE_DETECTS, FACE_MEASURES, FACE_MATCHES, FACE_DETECTS_ATTACKS, FACE_SLOTS };

/* Why a capture is not good enough; bits. One that was not assessed fails what asks for it. */
enum face_fault {
	FACE_NO_FACE = 1,
	FACE_SEVERAL = 2,
	FACE_SMALL = 4,
	FACE_TURNED = 8,
	FACE_BLURRED = 16,
	FACE_DARK = 32,
	FACE_BRIGHT = 64,
	FACE_CLIPPED = 128,
	FACE_NOT_ASSESSED = 256,
};

/* 0 where nothing is asked for. */
struct face_limits {
	float eye_distance_min;             /* pixels */
	float yaw_max, pitch_max, roll_max; /* degrees either way */
	float sharpness_min;
	float brightness_min, brightness_max, clipped_max;
};

/* Our own choice, after what portraits of documents gave; a State sets its own. */
extern const struct face_limits face_limits_default;

struct face_capture {
	struct face_found face;
	struct face_quality quality;
	uint32_t faults; /* enum face_fault; with FACE_NO_FACE there is nothing else */
	uint32_t size;   /* of the template; 0: none */
	uint8_t templ[FACE_TEMPLATE_MAX];
};

struct face_matcher {
	const struct face_engine
		*engine[FACE_SLOTS]; /* by enum face_slot_place; NULL: none */
	void *self[FACE_SLOTS];      /* one and the same engine is opened once */
};

/* engines: each fills the slots that it has and that none before it filled. PN_EUNSUPPORTED:
 * another ABI, a slot without its functions, a template too large, or no detector or matcher. Else as an engine's open(). On an
 * error there is nothing to close. */
int face_matcher_open(const struct face_engine *const *engines, size_t count,
	const struct face_opening *opening, struct face_matcher *out) PN_MUST_CHECK;
void face_matcher_close(struct face_matcher *m);
/* The surest face of the frame. limits NULL: nothing is asked for. PN_OK also when faults are
 * found, without a template when there is no face. */
int face_matcher_capture(struct face_matcher *m, const struct face_frame *frame,
	const struct face_limits *limits, struct face_capture *out) PN_MUST_CHECK;
/* Of count captures of one person, 1 to FACE_PROBES_MAX, each with a template. */
int face_matcher_score(struct face_matcher *m, const struct face_capture *reference,
	const struct face_capture *const *probes, size_t count, float *score) PN_MUST_CHECK;
uint32_t face_limits_check(const struct face_limits *limits, const struct face_quality *q);
/* "no_face", ...; NULL: no such bit. */
const char *face_fault_name(enum face_fault fault);
#endif

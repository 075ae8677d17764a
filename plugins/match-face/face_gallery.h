/* SPDX-License-Identifier: Apache-2.0
 * Faces that outlive their crossing, each under a name: of the results of kiosks, until the gate asks for them. In memory alone; time
 * comes in. Must never give a face twice, keep one beyond its time, nor make room for a new one by taking another's.
 */
#ifndef POSTERN_MATCH_FACE_FACE_GALLERY_H
#define POSTERN_MATCH_FACE_FACE_GALLERY_H
#include "face/matcher.h"

enum { FACE_GALLERY_NAME = 16, FACE_GALLERY_MAX = 64 }; /* KIOSK_TOKEN, KIOSK_SLOTS of core/kiosk */

/* Personal; zeroed: empty. face_gallery_drop() wipes. */
struct face_gallery {
	struct face_kept {
		uint64_t until_ms; /* 0: free */
		uint8_t name[FACE_GALLERY_NAME];
		struct face_capture face;
	} kept[FACE_GALLERY_MAX];
};

/* Replaces what had this name. PN_EINVAL: a name of another length, no face, or no time. PN_ELIMIT: full. */
int face_gallery_keep(struct face_gallery *g, const uint8_t *name, size_t size, const struct face_capture *face, uint64_t until_ms) PN_MUST_CHECK;
/* Moves it to out. PN_ENOTFOUND: nothing has this name now. */
int face_gallery_take(struct face_gallery *g, const uint8_t *name, size_t size, uint64_t now_ms, struct face_capture *out) PN_MUST_CHECK;
struct face_candidates {
	uint32_t compared, reached; /* how many are kept; how many of them reached the threshold */
	float highest;
	const uint8_t *name; /* of the one that reached it; NULL unless it is one alone. The gallery's */
};

/* How many are kept now. */
uint32_t face_gallery_count(const struct face_gallery *g, uint64_t now_ms);
/* Each is compared with the probes of one person, 1 to FACE_PROBES_MAX. An error of the engine's: nobody is found. */
int face_gallery_find(const struct face_gallery *g, struct face_matcher *m, const struct face_capture *const *probes, size_t count,
	double threshold, uint64_t now_ms, struct face_candidates *out) PN_MUST_CHECK;
/* size 0: all. */
void face_gallery_drop(struct face_gallery *g, const uint8_t *name, size_t size);
/* Wipes what is over. When the next one is: 0: there is none. */
uint64_t face_gallery_tick(struct face_gallery *g, uint64_t now_ms);
#endif

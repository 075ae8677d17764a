/* SPDX-License-Identifier: Apache-2.0
 * Whoever stands before a camera and has shown nothing: is it one of those whose face is kept? One comparison for each who comes, by the
 * threshold for the rate divided by the number of faces. No clock, no file. Must never name a face when two could be meant, nor try
 * again before the place has been seen empty.
 */
#ifndef POSTERN_MATCH_FACE_FACE_SEARCH_H
#define POSTERN_MATCH_FACE_FACE_SEARCH_H
#include "face_gallery.h"
#include "face_stage.h"

/* Personal while somebody stands there: face_search_end() wipes it. */
struct face_search {
	struct face_stage stage; /* without a reference: its session and what it looks at */
	double fmr;		 /* of a whole search */
	bool decided;		 /* about whoever still stands there */
	uint8_t name[FACE_GALLERY_NAME];
};

/* Before the frames of a query are looked at with face_stage_look(). False: there are none, and out is the answer. */
bool face_search_begin(struct face_search *s, const uint8_t *blob, size_t frames, Postern__FaceFound *out) PN_MUST_CHECK;
/* Strings and names of the answer are static or the search's. */
void face_search_decide(struct face_search *s, const Postern__MatchFace *q, const uint8_t *blob, size_t size, const struct face_gallery *g,
	uint64_t now_ms, Postern__FaceFound *out);
void face_search_end(struct face_search *s);
#endif

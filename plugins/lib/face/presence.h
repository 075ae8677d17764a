/* SPDX-License-Identifier: Apache-2.0
 * Is the face that the eye's camera shows there in near infrared too? A heuristic: most screens give no light there and many printing
 * inks are clear there, so that a face shown on one is missing. Pure. It was measured on no attack and no traveller, and is certified
 * by nobody. Must never speak at another level than heuristic, nor say anything of frames that it has not counted.
 *
 * What passes it, by its nature: black toner, masks, whatever has a face in near infrared. What it cannot tell from an attack: a lamp
 * that is out, and a face that the detector, which was not made for near infrared, does not find.
 */
#ifndef POSTERN_FACE_PRESENCE_H
#define POSTERN_FACE_PRESENCE_H
#include <stdbool.h>
#include <stdint.h>

#include "face.h"

#define FACE_PRESENCE_MECHANISM "nir-presence/1"

enum {
	FACE_PRESENCE_PAIRS_MIN = 2, /* fewer say nothing */
	FACE_PRESENCE_APART_MS = 100, /* frames further apart are not of one moment */
};

/* Pairs of frames of one moment; the eye's one was good enough to be compared, and near infrared's showed something. */
struct face_presence {
	uint32_t with;	  /* a face was there too */
	uint32_t without; /* none was */
};

/* A face's box and the frame that it was found in, pixels. */
struct face_place {
	float box[4]; /* left, top, right, bottom */
	uint32_t width, height;
};

/* About the same place of the picture and about the same size, as two cameras side by side see one face: middles within a quarter of
 * the frame's longer side, widths within a factor of 2.5. */
bool face_presence_same(const struct face_place *eye, const struct face_place *infrared);
/* Bona fide from two thirds of the pairs on, attack up to one third, else undetermined; the score is the share. The words are ISO/IEC
 * 30107-2's, the level says what they are worth. */
void face_presence_decide(const struct face_presence *p, struct face_pad *out);
#endif

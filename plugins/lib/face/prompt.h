/* SPDX-License-Identifier: Apache-2.0
 * Does the head before the camera turn to the side that was drawn by lot and asked for, in its time, and back? A heuristic: a picture
 * that is held still does not, and one that is turned about shows less of a turn than a head does. Pure: time, lots and what was
 * measured of a frame come in. It was measured on drawn heads and sheets alone (docs/face.md), and is certified by nobody. Must never
 * speak at another level than heuristic, call anybody an attack who does not do as asked, nor count a frame from before it asked.
 *
 * What passes it, by its nature: a mask, a bent picture, a film that is played to the display's bidding, and every second film whose
 * head turns at the right moment. Who cannot turn the head, or does not see the display, does not pass.
 */
#ifndef POSTERN_FACE_PROMPT_H
#define POSTERN_FACE_PROMPT_H
#include <stdbool.h>
#include <stdint.h>

#include "face.h"

#define FACE_PROMPT_MECHANISM "prompt/1"

enum {
	FACE_PROMPT_MS = 4000,	    /* for a turn, and for the way back */
	FACE_PROMPT_FRAMES = 2,	    /* that show the turn; one may be an accident */
	FACE_PROMPT_MISTAKES = 1,   /* turns to the other side that are forgiven: people do mix them up */
	FACE_PROMPT_TURN_DEGREES = 10, /* of yaw, from where the head was held before */
	FACE_PROMPT_AHEAD_DEGREES = 6, /* within which it is held as before */
};

/* Of the person who is asked. Positive yaw is to their left. */
enum face_side { FACE_AHEAD, FACE_LEFT, FACE_RIGHT };

enum face_prompt_state {
	FACE_PROMPT_REST, /* all zero: nothing was asked */
	FACE_PROMPT_ASKS,
	FACE_PROMPT_DONE,
	FACE_PROMPT_FAILED, /* the time is over, or it was the other side too often */
};

struct face_prompt {
	enum face_prompt_state state;
	uint32_t wanted, done, mistakes;
	float ahead;	     /* yaw, degrees, as the head was held when it began */
	enum face_side side; /* asked for now */
	uint32_t since_ms;   /* when */
	uint32_t turned, astray, back; /* frames since then: to that side, to the other one, ahead */
};

/* wanted: turns, 1 or more. ahead: a number. lot: any bit, drawn by nobody who stands before the camera. */
void face_prompt_begin(struct face_prompt *p, uint32_t wanted, float ahead, uint32_t elapsed_ms, bool lot);
/* A frame with one face that was good enough but for its pose. same: as far as a comparison can tell, of the person who was asked; a
 * turn that is another's is none. Does nothing unless it asks. */
void face_prompt_see(struct face_prompt *p, float yaw, bool same);
/* After the frames of some moment: what follows from them. lot: as above. */
enum face_prompt_state face_prompt_next(struct face_prompt *p, uint32_t elapsed_ms, bool lot);
/* Held as when it began: what such a frame shows may be compared with those from before. */
bool face_prompt_is_ahead(const struct face_prompt *p, float yaw);
/* Bona fide when all turns were seen, else undetermined; the score is the share of them. Words and level as in presence.h. */
void face_prompt_decide(const struct face_prompt *p, struct face_pad *out);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * The movement that is asked for at random, in a session: which frames say something of it, when it begins, what the display is told.
 * Must never begin before the faces match, nor beside an engine that detects attacks.
 */
#ifndef POSTERN_MATCH_FACE_FACE_PROMPTED_H
#define POSTERN_MATCH_FACE_FACE_PROMPTED_H
#include "face_stage.h"

/* True: nobody else detects attacks, and the settings ask for movements. */
bool face_prompted(const struct face_stage *s);
/* s->probe is of a frame during it. True: the head is turned, and the frame says nothing else. */
bool face_prompted_look(struct face_stage *s);
/* After a query's frames. */
void face_prompted_go_on(struct face_stage *s, const Postern__MatchFace *q);
/* The faces match: begins, unless it has begun. True: more frames are needed, out->advice says what is asked for. */
bool face_prompted_waits(struct face_stage *s, const Postern__MatchFace *q, Postern__FaceAdvice *advice);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * What is said of a presentation attack: by an engine that fills the slot for it, or else, where the settings ask for it, by a
 * heuristic. Must never say more than the one who said it, nor let a heuristic speak beside an engine.
 */
#ifndef POSTERN_MATCH_FACE_FACE_ATTACK_H
#define POSTERN_MATCH_FACE_FACE_ATTACK_H
#include "face_stage.h"

/* True: nobody else detects attacks, and the settings ask for near infrared. */
bool face_attack_by_infrared(const struct face_stage *s);
/* True: what is said of an attack is a heuristic's word: that, or a movement that was asked for. */
bool face_attack_by_heuristic(const struct face_stage *s);
/* s->probe, of this frame, has been offered: a frame of near infrared that comes next can be of its moment. */
void face_attack_seen(struct face_stage *s, const struct face_frame *frame);
/* A frame of near infrared; does nothing where nobody asks for it. */
void face_attack_look(struct face_stage *s, const Postern__FaceFrame *frame, const uint8_t *blob, size_t size);
/* More frames may still say what these do not. */
bool face_attack_waits(struct face_stage *s, const Postern__MatchFace *q);
/* Of the session so far: out->pad and what belongs to it. */
void face_attack_tell(struct face_stage *s, const Postern__MatchFace *q, const uint8_t *blob, size_t size, Postern__FaceMatched *out);
/* Of a comparison that reached the threshold: why it is no match all the same; NULL: nothing is known against it. */
const char *face_attack_objection(const struct face_stage *s, const Postern__FaceMatched *out);
#endif

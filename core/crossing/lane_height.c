/* SPDX-License-Identifier: Apache-2.0
 * Between two captures of a face the camera may be lifted or lowered by the gate's drive: frames of a moving camera are blurred, so the
 * next ones wait until the gate says that it stands. Must never move it but while the face of somebody alone between locked leaves is
 * looked at, nor wait for it without an end.
 */
#include "crossing/lane_run.h"

/* For a move's way to the drive, its settling and the gate's word of it, each often late on a busy machine. */
enum { ANSWER_MS = 1500 };

/* Whoever is asked to turn the head has been found, and may be no face for a moment. */
static bool turns(const Postern__FaceMatched *m)
{
	return m->advice == POSTERN__FACE_ADVICE__FACE_ADVICE_TURN_LEFT || m->advice == POSTERN__FACE_ADVICE__FACE_ADVICE_TURN_RIGHT;
}

bool height_follow(struct lane_run *run, const Postern__FaceMatched *m)
{
	struct lane *lane = run->lane;
	struct crossing *c = &lane->crossing;
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__MoveCamera q = POSTERN__MOVE_CAMERA__INIT;
	const struct camera_look look = { .drive = lane->camera, .seen = m->sight == POSTERN__FACE_SIGHT__FACE_SIGHT_SOMEBODY, .down_permille = m->down_permille,
		.usable = m->frames_good > 0, .left_ms = face_left_ms(run) };
	if (m->sight == POSTERN__FACE_SIGHT__FACE_SIGHT_UNSPECIFIED || turns(m))
		return false;
	const struct camera_move move = camera_height_next(&c->height, &look);
	if (move.ms == 0)
		return false;
	q.direction = move.direction;
	q.ms = move.ms;
	q.move_id = lane->next_move_id;
	lane->next_move_id += 2; /* odd: never 0 */
	c->move_id = q.move_id;
	c->move_until_ms = run->in->mono_ms + move.ms + ANSWER_MS;
	e.crossing_id = c->id;
	e.body_case = POSTERN__ENVELOPE__BODY_MOVE_CAMERA;
	e.move_camera = &q;
	run->sink->send(run->sink->ctx, POSTERN__PLUGIN_KIND__KIND_GATE, &e);
	return true;
}

bool height_searches(const struct lane *lane)
{
	const struct camera_height *h = &lane->crossing.height;
	return !h->gave_up && (h->looks > 0 || h->searching);
}

void height_sensed(struct lane_run *run, Postern__CameraDrive camera, uint32_t last_move_id)
{
	run->lane->camera = camera;
	run->lane->moved_id = last_move_id;
}

void height_settle(struct lane_run *run)
{
	struct lane *lane = run->lane;
	struct crossing *c = &lane->crossing;
	if (!c->active || c->move_id == 0)
		return;
	bool stands = lane->moved_id == c->move_id && lane->camera != POSTERN__CAMERA_DRIVE__CAMERA_MOVES;
	bool late = run->in->mono_ms >= c->move_until_ms;
	if (!stands && !late)
		return;
	c->move_id = 0;
	c->height.gave_up = c->height.gave_up || !stands;
	face_look_again(run);
}

uint64_t height_next_wake(const struct lane *lane)
{
	const struct crossing *c = &lane->crossing;
	return c->active && c->move_id != 0 ? c->move_until_ms : UINT64_MAX;
}

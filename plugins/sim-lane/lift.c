/* SPDX-License-Identifier: Apache-2.0
 * See lift.h.
 */
#include "lift.h"

#include "types.pb-c.h"

#define DRIVE(name) POSTERN__CAMERA_DRIVE__CAMERA_##name

static bool at_end(const struct lift *l, int8_t way)
{
	return way > 0 ? l->at >= LIFT_TOP : l->at <= LIFT_BOTTOM;
}

static void stop(struct lift *l, uint64_t now_ms)
{
	l->runs = 0;
	l->still_ms = now_ms + LIFT_SETTLES_MS;
}

void lift_move(struct lift *l, uint32_t direction, uint32_t ms, uint32_t id, bool may, uint64_t now_ms)
{
	const int8_t way = direction == POSTERN__CAMERA_DIRECTION__CAMERA_UP ? 1 : direction == POSTERN__CAMERA_DIRECTION__CAMERA_DOWN ? -1 : 0;
	const bool moves = l->runs != 0 || now_ms < l->still_ms;
	lift_advance(l, may, now_ms);
	l->id = id;
	if (l->runs != 0)
		stop(l, now_ms);
	if (!l->there || moves || !may || way == 0 || ms == 0 || at_end(l, way))
		return;
	l->runs = way;
	l->from = l->at;
	l->since_ms = now_ms;
	l->to_ms = now_ms + (ms < LIFT_MOVE_MAX_MS ? ms : LIFT_MOVE_MAX_MS);
}

void lift_advance(struct lift *l, bool may, uint64_t now_ms)
{
	if (l->runs == 0)
		return;
	const uint64_t until = now_ms < l->to_ms ? now_ms : l->to_ms;
	l->at = l->from + l->runs * (int32_t)((until - l->since_ms) * LIFT_A_SECOND / 1000);
	l->at = l->at > LIFT_TOP ? LIFT_TOP : l->at < LIFT_BOTTOM ? LIFT_BOTTOM : l->at;
	if (now_ms >= l->to_ms || !may || at_end(l, l->runs))
		stop(l, now_ms);
}

uint32_t lift_sense(const struct lift *l, uint64_t now_ms)
{
	if (!l->there)
		return DRIVE(DRIVE_UNSPECIFIED);
	if (l->runs != 0 || now_ms < l->still_ms)
		return DRIVE(MOVES);
	return at_end(l, 1) ? DRIVE(AT_TOP) : at_end(l, -1) ? DRIVE(AT_BOTTOM) : DRIVE(STANDS);
}

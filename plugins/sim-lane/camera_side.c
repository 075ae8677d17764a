/* SPDX-License-Identifier: Apache-2.0
 * See camera_side.h.
 */
#include "camera_side.h"

#include <unistd.h>

#include "crossing.pb-c.h"

/* A line that is full keeps what it has. */
static bool tell(const struct camera_side *c)
{
	char line[SEEN_LINE_MAX];
	struct seen seen = c->seen;
	if (c->line < 0)
		return true;
	seen.camera_at = c->lift.at;
	const size_t n = seen_line(&c->who, &seen, line);
	return write(c->line, line, n) == (ssize_t)n;
}

bool camera_side_show(struct camera_side *c, const struct traveller *who, const struct seen *seen)
{
	c->who = *who;
	c->seen = *seen;
	return tell(c);
}

const char *camera_side_hear(struct camera_side *c, const uint8_t *bytes, size_t size, bool may, uint64_t now_ms)
{
	Postern__MoveCamera *m = postern__move_camera__unpack(NULL, size, bytes);
	if (m == NULL)
		return "not";
	c->news = true;
	lift_move(&c->lift, (uint32_t)m->direction, m->ms, m->move_id, may, now_ms);
	postern__move_camera__free_unpacked(m, NULL);
	return c->lift.runs > 0 ? "up" : c->lift.runs < 0 ? "down" : "not";
}

bool camera_side_turn(struct camera_side *c, bool may, uint64_t now_ms)
{
	const int32_t was = c->lift.at;
	lift_advance(&c->lift, may, now_ms);
	const uint32_t sensed = lift_sense(&c->lift, now_ms);
	c->news = c->news || sensed != c->sensed;
	c->sensed = sensed;
	return c->lift.at == was || tell(c);
}

/* SPDX-License-Identifier: Apache-2.0
 * The drive of the camera's height: a move is a bounded run one way, and whatever forbids it ends it in the same turn. Must
 * never drive both ways at once, run without an end, nor longer one way than the way is.
 */
#include "lane/internal.h"

#define DRIVE(name) POSTERN__CAMERA_DRIVE__CAMERA_##name

static const enum lane_hw_line limits[CAMERA_WAYS] = {LANE_HW_camera_top, LANE_HW_camera_bottom};
static const enum lane_hw_line drives[CAMERA_WAYS] = {LANE_HW_camera_up, LANE_HW_camera_down};

static uint64_t travel_ns(const struct lane_hw *l)
{
	return l->d.camera_travel_ms * NS_PER_MS;
}

static bool there_is(const struct lane_hw *l)
{
	return l->d.line[LANE_HW_camera_up].present && l->d.line[LANE_HW_camera_down].present;
}

static bool has_contact(const struct lane_hw *l, enum camera_way way)
{
	return l->d.line[limits[way]].present;
}

static enum camera_way other(enum camera_way way)
{
	return way == CAMERA_UPWARDS ? CAMERA_DOWNWARDS : CAMERA_UPWARDS;
}

/* By the contact; where there is none, when it was driven there for as long as the whole way takes. */
static bool at_end(const struct lane_hw *l, enum camera_way way)
{
	return has_contact(l, way) ? line_alarm(l, limits[way]) : l->camera.left_ns[way] == 0;
}

void camera_init(struct lane_hw *l)
{
	for (unsigned i = 0; i < CAMERA_WAYS; i++)
		l->camera.left_ns[i] = travel_ns(l); /* where it stands is not known */
}

static void count(struct lane_hw *l)
{
	struct camera *c = &l->camera;
	uint64_t ran = l->now - c->counted_ns, *left = &c->left_ns[c->way], *back = &c->left_ns[other(c->way)];
	*left = ran < *left ? *left - ran : 0;
	/* It may be slower on the way back: a contact says when it is there, the time alone does not. */
	if (ran > 0 && has_contact(l, other(c->way)))
		*back = travel_ns(l);
	else
		*back = *back + ran < travel_ns(l) ? *back + ran : travel_ns(l);
	c->counted_ns = l->now;
}

static void stop(struct lane_hw *l)
{
	l->camera.runs = false;
	l->camera.still_ns = l->now + l->d.camera_settle_ms * NS_PER_MS;
}

static void at_contacts(struct lane_hw *l)
{
	struct camera *c = &l->camera;
	for (unsigned i = 0; i < CAMERA_WAYS; i++) {
		if (!has_contact(l, (enum camera_way)i))
			continue;
		bool there = line_is(l, limits[i]);
		if (there || line_is(l, LANE_HW_key_maint))
			c->astray[i] = false;
		if (there) {
			c->left_ns[i] = 0;
			c->left_ns[other((enum camera_way)i)] = travel_ns(l);
		} else if (c->left_ns[i] == 0 && !c->astray[i]) {
			c->left_ns[i] = travel_ns(l); /* moved away by hand, or mended */
		}
	}
}

void camera_advance(struct lane_hw *l)
{
	struct camera *c = &l->camera;
	if (c->runs) {
		count(l);
		c->astray[c->way] = c->left_ns[c->way] == 0 && has_contact(l, c->way) && !at_end(l, c->way);
		c->astray[other(c->way)] = false;
		if (l->now >= c->to_ns || at_end(l, c->way) || !lane_is_quiet(l))
			stop(l);
	}
	at_contacts(l);
}

bool lane_hw_move_camera(struct lane_hw *l, uint32_t direction, uint32_t ms, uint32_t id, uint64_t now_ns)
{
	struct camera *c = &l->camera;
	bool up = direction == POSTERN__CAMERA_DIRECTION__CAMERA_UP, down = direction == POSTERN__CAMERA_DIRECTION__CAMERA_DOWN;
	enum camera_way way = up ? CAMERA_UPWARDS : CAMERA_DOWNWARDS;
	lane_hw_tick(l, now_ns);
	c->id = id;
	bool moves = c->runs || l->now < c->still_ns;
	if (c->runs)
		stop(l);
	if (!moves && (up || down) && ms > 0 && there_is(l) && lane_is_quiet(l) && !at_end(l, way) && c->left_ns[way] > 0) {
		uint64_t run = (ms < LANE_HW_CAMERA_RUN_MS ? ms : LANE_HW_CAMERA_RUN_MS) * NS_PER_MS;
		c->runs = true;
		c->way = way;
		c->counted_ns = l->now;
		c->to_ns = l->now + (run < c->left_ns[way] ? run : c->left_ns[way]);
	}
	lane_hw_tick(l, now_ns);
	return c->runs;
}

uint64_t camera_next(const struct lane_hw *l)
{
	if (l->camera.runs)
		return l->camera.to_ns;
	return l->now < l->camera.still_ns ? l->camera.still_ns : NEVER;
}

uint64_t camera_outputs(const struct lane_hw *l)
{
	return l->camera.runs ? LANE_HW_BIT(drives[l->camera.way]) : 0;
}

bool camera_ails(const struct lane_hw *l)
{
	const bool *astray = l->camera.astray;
	return there_is(l) && (astray[CAMERA_UPWARDS] || astray[CAMERA_DOWNWARDS] ||
				      (at_end(l, CAMERA_UPWARDS) && at_end(l, CAMERA_DOWNWARDS)));
}

uint8_t camera_sense(const struct lane_hw *l)
{
	if (!there_is(l))
		return POSTERN__CAMERA_DRIVE__CAMERA_DRIVE_UNSPECIFIED;
	if (l->camera.runs || l->now < l->camera.still_ns)
		return DRIVE(MOVES);
	if (camera_ails(l))
		return DRIVE(DRIVE_FAULT);
	return at_end(l, CAMERA_UPWARDS) ? DRIVE(AT_TOP) : at_end(l, CAMERA_DOWNWARDS) ? DRIVE(AT_BOTTOM) : DRIVE(STANDS);
}

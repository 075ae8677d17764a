/* SPDX-License-Identifier: Apache-2.0
 * One leaf: from its contacts to a position, from a command to its lock and its drive, in time. Must never assert the close
 * drive while the leaf's plane is not known to be clear, nor take a command for a position.
 */
#include "lane/internal.h"

/* A leaf that does not get there is told as obstructed for so long at least. */
#define OBSTRUCTED_MS 5000u
#define POSITION(name) POSTERN__LEAF_POSITION__LEAF_##name

const struct leaf_lines leaf_lines[LEAVES] = {
	[ENTRY] = {LANE_HW_entry_closed, LANE_HW_entry_open, LANE_HW_entry_locked, LANE_HW_entry_motor_fault,
		LANE_HW_entry_safety_beam, LANE_HW_entry_outer_beam, LANE_HW_entry_inner_beam, LANE_HW_entry_unlock,
		LANE_HW_entry_open_drive, LANE_HW_entry_close_drive},
	[EXIT] = {LANE_HW_exit_closed, LANE_HW_exit_open, LANE_HW_exit_locked, LANE_HW_exit_motor_fault,
		LANE_HW_exit_safety_beam, LANE_HW_exit_outer_beam, LANE_HW_exit_inner_beam, LANE_HW_exit_unlock,
		LANE_HW_exit_open_drive, LANE_HW_exit_close_drive},
};

static bool sensed(const struct lane_hw *l, enum leaf_id id)
{
	const struct leaf_lines *n = &leaf_lines[id];
	return l->line[n->closed].known && l->line[n->open].known && l->line[n->locked].known;
}

bool leaf_is_shut(const struct lane_hw *l, enum leaf_id id)
{
	return line_is(l, leaf_lines[id].closed);
}

/* The plane is seen to be clear, by the level as last read. */
static bool clear(const struct lane_hw *l, enum leaf_id id)
{
	const struct line_state *s = &l->line[leaf_lines[id].safety];
	return s->known && !s->asserted && !s->candidate;
}

static bool motor_fault(const struct lane_hw *l, enum leaf_id id)
{
	return line_alarm(l, leaf_lines[id].motor_fault);
}

bool leaf_ails(const struct lane_hw *l, enum leaf_id id)
{
	return motor_fault(l, id) || l->leaf[id].lock_failed;
}

static bool contradicts(const struct lane_hw *l, enum leaf_id id)
{
	const struct leaf_lines *n = &leaf_lines[id];
	bool closed = line_is(l, n->closed);
	return sensed(l, id) && ((closed && line_is(l, n->open)) || (!closed && line_is(l, n->locked)));
}

uint8_t leaf_position(const struct lane_hw *l, enum leaf_id id)
{
	const struct leaf *f = &l->leaf[id];
	const struct leaf_lines *n = &leaf_lines[id];
	if (!sensed(l, id))
		return POSITION(UNSPECIFIED);
	bool closed = line_is(l, n->closed), open = line_is(l, n->open);
	/* What is locked is locked, whatever ails its drive: the other leaf may open for somebody inside. */
	bool rested = f->want != LEAF_TO_CLOSE; /* until then the contacts may still speak of what was before the command */
	if (closed && !open && line_is(l, n->locked) && !f->unlock && rested)
		return POSITION(LOCKED);
	if (motor_fault(l, id) || f->lock_failed)
		return POSITION(FAULT);
	if (contradicts(l, id)) {
		if (!later(l, f->odd_ns, l->d.plausible_ms))
			return POSITION(MOVING);
		return closed ? POSITION(FAULT) : POSITION(FORCED);
	}
	if (later(l, f->adrift_ns, l->d.plausible_ms))
		return POSITION(FORCED);
	if (closed && line_is(l, n->locked) && rested)
		return POSITION(LOCKED);
	if (f->obstructed)
		return POSITION(OBSTRUCTED);
	return closed ? POSITION(CLOSED) : open ? POSITION(OPEN) : POSITION(MOVING);
}

static void drive(struct lane_hw *l, struct leaf *f, bool open)
{
	f->open_drive = open;
	f->close_drive = !open;
	f->drive_to_ns = l->d.drive == LANE_HW_PULSE ? l->now + l->d.pulse_ms * NS_PER_MS : NEVER;
}

void leaf_stop(struct lane_hw *l, enum leaf_id id)
{
	struct leaf *f = &l->leaf[id];
	f->open_drive = f->close_drive = false;
	f->want = LEAF_RESTS;
	f->lock_wait_ns = NEVER;
	if (f->unlock && leaf_is_shut(l, id) && !l->emergency) {
		f->unlock = false;
		f->want = LEAF_TO_CLOSE;
		f->lock_wait_ns = l->now;
	}
}

static void begin(struct lane_hw *l, struct leaf *f, enum leaf_want want)
{
	f->want = want;
	f->began_ns = l->now;
	f->tries = 0;
	f->obstructed = f->lock_failed = false;
	f->lock_wait_ns = NEVER;
}

void leaf_open(struct lane_hw *l, enum leaf_id id)
{
	struct leaf *f = &l->leaf[id];
	begin(l, f, LEAF_TO_OPEN);
	f->authorised = f->unlock = true;
	f->unlock_from_ns = l->now;
	f->lock_wait_ns = l->now;
	drive(l, f, true);
}

void leaf_release(struct lane_hw *l, enum leaf_id id, bool motion)
{
	struct leaf *f = &l->leaf[id];
	if (!f->unlock || f->want != LEAF_TO_OPEN)
		leaf_open(l, id);
	f->unlock_from_ns = l->now < f->unlock_from_ns ? l->now : f->unlock_from_ns;
	f->close_drive = false;
	if (!motion)
		f->open_drive = false;
}

/* It met something, or did not get there: back, as far as it is free. */
static void reopen(struct lane_hw *l, struct leaf *f)
{
	begin(l, f, LEAF_TO_OPEN);
	f->obstructed = true;
	f->unlock = true;
	drive(l, f, true);
}

void leaf_close(struct lane_hw *l, enum leaf_id id)
{
	struct leaf *f = &l->leaf[id];
	f->open_drive = false;
	begin(l, f, LEAF_TO_CLOSE);
	if (leaf_is_shut(l, id)) {
		/* A door controller may have taken the pulse to open just now: it must be told that it is to close. */
		if (f->unlock && l->d.drive == LANE_HW_PULSE && clear(l, id) && sensed(l, id))
			drive(l, f, false);
		else
			f->close_drive = false;
		f->unlock = false;
		f->lock_wait_ns = l->now;
	} else if (clear(l, id) && sensed(l, id)) {
		drive(l, f, false);
	} else {
		f->close_drive = false;
		f->want = LEAF_RESTS;
		f->obstructed = true;
	}
}

/* The lock should have followed by now. */
static void retry_lock(struct lane_hw *l, enum leaf_id id)
{
	struct leaf *f = &l->leaf[id];
	if (l->emergency) { /* it stays released, whatever the contact says */
		f->lock_wait_ns = l->now;
		return;
	}
	if (f->tries++ >= LOCK_RETRIES) {
		f->lock_failed = true;
		f->open_drive = f->close_drive = false;
		f->unlock = false;
		f->want = LEAF_RESTS;
		f->lock_wait_ns = NEVER;
		return;
	}
	f->lock_wait_ns = l->now;
	if (f->want == LEAF_TO_OPEN) {
		f->unlock_from_ns = l->now + l->d.pulse_ms * NS_PER_MS; /* off and on again */
		drive(l, f, true);
	} else if (clear(l, id)) {
		drive(l, f, false);
	}
}

static void opening(struct lane_hw *l, enum leaf_id id)
{
	struct leaf *f = &l->leaf[id];
	if (!line_is(l, leaf_lines[id].locked))
		f->lock_wait_ns = NEVER;
	else if (later(l, f->lock_wait_ns, l->d.lock_ms))
		retry_lock(l, id);
	if (line_is(l, leaf_lines[id].open) && !leaf_is_shut(l, id) && l->d.drive == LANE_HW_HOLD)
		f->open_drive = false;
	else if (!line_is(l, leaf_lines[id].open) && later(l, f->began_ns, l->d.open_ms) && f->want == LEAF_TO_OPEN) {
		f->open_drive = false;
		f->obstructed = true;
	}
}

static void closing(struct lane_hw *l, enum leaf_id id)
{
	struct leaf *f = &l->leaf[id];
	if (!sensed(l, id)) {
		/* Blind: neither on nor back; the lock may fall. */
		f->close_drive = f->unlock = false;
		f->want = LEAF_RESTS;
		f->lock_wait_ns = NEVER;
	} else if (leaf_is_shut(l, id)) {
		if (l->d.drive == LANE_HW_HOLD && f->tries == 0)
			f->close_drive = false;
		if (f->unlock || f->lock_wait_ns == NEVER)
			f->lock_wait_ns = l->now;
		f->unlock = false;
		/* A pulse runs out first: until then the contacts may speak of what was before it. */
		if (line_is(l, leaf_lines[id].locked) && !(l->d.drive == LANE_HW_PULSE && f->close_drive)) {
			f->want = LEAF_RESTS;
			f->close_drive = f->authorised = f->obstructed = false;
			f->lock_wait_ns = NEVER;
		} else if (!line_is(l, leaf_lines[id].locked) && later(l, f->lock_wait_ns, l->d.lock_ms)) {
			retry_lock(l, id);
		}
	} else if (!clear(l, id) || later(l, f->began_ns, l->d.close_ms)) {
		reopen(l, f);
	}
}

/* A leaf that has come shut by hand, or was found so, is locked; one that nobody released is no longer where it was. */
static void resting(struct lane_hw *l, enum leaf_id id)
{
	struct leaf *f = &l->leaf[id];
	if (leaf_is_shut(l, id) && f->unlock)
		leaf_stop(l, id);
	if (leaf_is_shut(l, id) && !f->unlock)
		f->authorised = f->obstructed = false;
}

static void watch_contacts(struct lane_hw *l, enum leaf_id id)
{
	struct leaf *f = &l->leaf[id];
	bool adrift = sensed(l, id) && !leaf_is_shut(l, id) && !f->authorised && !l->emergency;
	if (!contradicts(l, id))
		f->odd_ns = NEVER;
	else if (f->odd_ns == NEVER)
		f->odd_ns = l->now;
	if (!adrift)
		f->adrift_ns = NEVER;
	else if (f->adrift_ns == NEVER)
		f->adrift_ns = l->now;
}

void leaf_advance(struct lane_hw *l, enum leaf_id id)
{
	struct leaf *f = &l->leaf[id];
	if (l->now >= f->drive_to_ns)
		f->open_drive = f->close_drive = false;
	if (f->close_drive && (!clear(l, id) || !sensed(l, id)) && !leaf_is_shut(l, id))
		f->close_drive = false;
	switch (f->want) {
	case LEAF_TO_OPEN:
		opening(l, id);
		break;
	case LEAF_TO_CLOSE:
		closing(l, id);
		break;
	case LEAF_RESTS:
		resting(l, id);
		break;
	}
	/* Nothing stands there any more: it may be tried again, else a lane at rest would stay obstructed for ever. */
	if (f->obstructed && f->want != LEAF_TO_CLOSE && clear(l, id) && !f->open_drive && later(l, f->began_ns, l->d.open_ms + OBSTRUCTED_MS))
		f->obstructed = false;
	if (motor_fault(l, id))
		f->open_drive = f->close_drive = false;
	if (f->close_drive && !clear(l, id))
		f->close_drive = false;
	watch_contacts(l, id);
}

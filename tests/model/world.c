/* SPDX-License-Identifier: Apache-2.0
 * What can happen around a lane. Must never ask what state the lane is in.
 */
#include "world.h"

#include <stdio.h>
#include <string.h>

enum physical {
	P_NONE,
	P_IN_BY_ENTRY,
	P_IN_BY_EXIT,
	P_CLIMBS_IN,
	P_CLIMBS_OUT,
	P_OUT_BY_ENTRY,
	P_OUT_BY_EXIT,
	P_ENTRY_OBEYS,
	P_EXIT_OBEYS,
	P_ENTRY_STOPS_HALFWAY,
	P_EXIT_STOPS_HALFWAY,
	P_ENTRY_BLOCKED,
	P_EXIT_BLOCKED,
	P_ENTRY_FREED,
	P_EXIT_FREED,
	P_ENTRY_PUSHED_SHUT,
	P_EXIT_PUSHED_SHUT,
	P_ENTRY_FORCED,
	P_EXIT_FORCED,
	P_ENTRY_MENDED,
	P_EXIT_MENDED,
	P_ENTRY_SLIPS,
	P_EXIT_SLIPS,
	P_DOCUMENT_LAID,
	P_DOCUMENT_SWIPED,
	P_DOCUMENT_TAKEN,
	P_OBJECT_LEFT,
	P_OBJECT_GONE,
	P_FIRE,
	P_FIRE_OUT,
	P_KEY_RESET,
	P_ENTRY_BLIND,
	P_EXIT_BLIND,
	P_COUNT_BLIND,
	P_SIGHT_BACK,
	P_GATE_GONE,
	P_GATE_BACK,
	P_READER_GONE,
	P_TAMPER,
	P_MAINS_LOST,
	P_MAINS_BACK,
	P_UPS_LOW,
	P_MAINTENANCE_ON,
	P_MAINTENANCE_OFF,
	P_NO_RESULT,
	P_FACE_KNOWN,
	P_RESTART,        /* leaves as they were */
	P_RESTART_SAFE,   /* the hardware's plugin has let go of both */
	P_RESTART_RETURN, /* and has opened the way back by itself */
	P_COUNT,
};

static const char *const physical_names[P_COUNT] = {"", "somebody comes in by the entry",
	"somebody comes in by the exit", "somebody climbs in", "somebody climbs out",
	"somebody leaves by the entry", "somebody leaves by the exit", "the entry obeys",
	"the exit obeys", "the entry stops halfway", "the exit stops halfway",
	"the entry is blocked", "the exit is blocked", "the entry is freed", "the exit is freed",
	"the entry is pushed shut", "the exit is pushed shut", "the entry is forced",
	"the exit is forced", "the entry is mended", "the exit is mended", "the entry's lock slips",
	"the exit's lock slips", "a document is laid down", "a document is swiped",
	"the document is taken", "an object is left", "the object is gone", "fire",
	"the fire is out", "the reset key is turned", "the entry's contacts contradict",
	"the exit's contacts contradict", "the count is lost", "sensors are well again",
	"the hardware's plugin dies", "the hardware's plugin is back", "the reader's plugin dies",
	"the cabinet is opened", "mains fail", "mains return", "the battery is low",
	"the maintenance key is turned", "the maintenance key is turned back",
	"no kiosk has a result", "a face is known", "the core restarts",
	"the core restarts, leaves let go", "the core restarts, the way back open"};

/* false: nothing else could have been meant by the word */
static const char *const policy_names[] = {"", "no officer", "lists stale", "clock untrusted",
	"journal not well", "not serving", "on battery", "battery low", "cabinet open",
	"in maintenance", "hardware not well"};
enum { POLICY_COUNT = 11 };

struct list {
	struct move *moves;
	size_t count, max;
};

static void add(struct list *l, unsigned groups, int physical, int event, bool fair, bool officer)
{
	if (l->count < l->max)
		l->moves[l->count++] = (struct move){.physical = (int16_t)physical,
			.event = (int16_t)event,
			.groups = (uint8_t)groups,
			.fair = fair,
			.officer = officer};
}

static void normal_moves(struct list *l)
{
	const unsigned n = MOVES_NORMAL, p = MOVES_PEOPLE, wild = MOVES_WILD;
	add(l, n, P_NONE, GATE_EVENT_TIMEOUT, true, false);
	add(l, n, P_NONE, GATE_EVENT_SELF_TEST_OK, true, false);
	add(l, n, P_DOCUMENT_LAID, GATE_EVENT_DOCUMENT_PRESENTED, true, false);
	add(l, n, P_NONE, GATE_EVENT_ELIGIBLE, true, false);
	add(l, n, P_DOCUMENT_TAKEN, GATE_EVENT_DOCUMENT_REMOVED, true, false);
	add(l, n, P_ENTRY_OBEYS, -1, true, false);
	add(l, n, P_EXIT_OBEYS, -1, true, false);
	add(l, n, P_IN_BY_ENTRY, -1, true, false);
	add(l, n, P_NONE, GATE_EVENT_INSIDE_CLEAR, true, false);
	add(l, n, P_NONE, GATE_EVENT_COMMITTED, true, false);
	add(l, n, P_OUT_BY_EXIT, -1, true, false);
	add(l, n, P_OUT_BY_ENTRY, -1, true, false);
	add(l, p, P_DOCUMENT_LAID, GATE_EVENT_DOCUMENT_UNREADABLE, false, false);
	add(l, n, P_DOCUMENT_SWIPED, GATE_EVENT_DOCUMENT_PRESENTED, false, false);
	add(l, p, P_DOCUMENT_SWIPED, GATE_EVENT_DOCUMENT_UNREADABLE, false, false);
	add(l, p, P_NONE, GATE_EVENT_REFERRED, false, false);
	add(l, p, P_NONE, GATE_EVENT_STOPPED, false, false);
	add(l, p, P_NONE, GATE_EVENT_INSIDE_REFERRED, false, false);
	add(l, n, P_NO_RESULT, GATE_EVENT_REFERRED, true, false);
	add(l, n, P_FACE_KNOWN, GATE_EVENT_FACE_FOUND, true, false);
	add(l, wild, P_CLIMBS_IN, -1, false, false);
	add(l, p, P_IN_BY_EXIT, -1, false, false);
	add(l, p, P_OBJECT_LEFT, -1, false, false);
	add(l, p, P_OBJECT_GONE, -1, true, false);
	for (int leaf = 0; leaf < 2; leaf++) {
		add(l, p, P_ENTRY_BLOCKED + leaf, -1, false, false);
		add(l, p, P_ENTRY_FREED + leaf, -1, true, false);
		add(l, p, P_ENTRY_STOPS_HALFWAY + leaf, -1, false, false);
		add(l, wild, P_ENTRY_PUSHED_SHUT + leaf, -1, false, false);
	}
	add(l, wild, P_CLIMBS_OUT, -1, false, false);
	static const int at_once[][2] = {{P_ENTRY_OBEYS, P_IN_BY_ENTRY},
		{P_EXIT_OBEYS, P_OUT_BY_EXIT}, {P_ENTRY_OBEYS, P_ENTRY_BLOCKED},
		{P_EXIT_OBEYS, P_EXIT_BLOCKED}, {P_IN_BY_ENTRY, P_IN_BY_ENTRY},
		{P_OUT_BY_ENTRY, P_OUT_BY_ENTRY}, {P_OUT_BY_EXIT, P_EXIT_BLOCKED}};
	for (size_t i = 0; i < sizeof at_once / sizeof at_once[0]; i++) {
		add(l,
			at_once[i][1] == P_ENTRY_BLOCKED || at_once[i][1] == P_EXIT_BLOCKED ? p
											    : wild,
			at_once[i][0], -1, false, false);
		l->moves[l->count - 1].also = (int16_t)at_once[i][1];
	}
	/* One leaf moves, or lets somebody in, and in that moment the other's lock slips. */
	static const int slips[][2] = {{P_ENTRY_OBEYS, P_EXIT_SLIPS}, {P_EXIT_OBEYS, P_ENTRY_SLIPS},
		{P_ENTRY_BLOCKED, P_EXIT_SLIPS}, {P_IN_BY_ENTRY, P_EXIT_SLIPS}};
	for (size_t i = 0; i < sizeof slips / sizeof slips[0]; i++) {
		add(l, slips[i][0] == P_ENTRY_BLOCKED ? p | MOVES_RACES : MOVES_RACES, slips[i][0],
			-1, false, false);
		l->moves[l->count - 1].also = (int16_t)slips[i][1];
	}
}

static void officer_moves(struct list *l)
{
	static const enum gate_event words[] = {GATE_EVENT_OFFICER_ADMIT, GATE_EVENT_OFFICER_REFUSE,
		GATE_EVENT_OFFICER_SEND_BACK, GATE_EVENT_OFFICER_HOLD, GATE_EVENT_ASSIST_BEGIN,
		GATE_EVENT_ASSIST_END, GATE_EVENT_OUT_OF_SERVICE, GATE_EVENT_RESUME};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		add(l, MOVES_OFFICER, P_NONE, (int)words[i], true, true);
}

static void broken_moves(struct list *l)
{
	const unsigned h = MOVES_HARDWARE, p = MOVES_POWER;
	for (int leaf = 0; leaf < 2; leaf++) {
		add(l, h, P_ENTRY_FORCED + leaf, -1, false, false);
		add(l, h, P_ENTRY_MENDED + leaf, -1, true, false);
		add(l, h, P_ENTRY_SLIPS + leaf, -1, false, false);
		add(l, h, P_ENTRY_BLIND + leaf, -1, false, false);
	}
	add(l, h, P_COUNT_BLIND, -1, false, false);
	add(l, h, P_SIGHT_BACK, -1, true, false);
	add(l, h, P_NONE, GATE_EVENT_SELF_TEST_FAILED, false, false);
	add(l, h, P_NONE, GATE_EVENT_COMMIT_FAILED, false, false);
	add(l, h, P_TAMPER, -1, false, false);
	add(l, h, P_FIRE, -1, true, true); /* the emergency stop lets people out */
	add(l, h, P_FIRE_OUT, -1, true, false);
	add(l, h, P_KEY_RESET, -1, true, true);
	add(l, p, P_GATE_GONE, GATE_EVENT_GATE_LOST, false, false);
	add(l, p, P_GATE_BACK, GATE_EVENT_GATE_BACK, true, false);
	add(l, p, P_READER_GONE, GATE_EVENT_READER_LOST, false, false);
	add(l, p, P_NONE, GATE_EVENT_CHECKS_LOST, false, false);
	add(l, p, P_MAINS_LOST, -1, false, false);
	add(l, p, P_MAINS_BACK, -1, true, false);
	add(l, p, P_UPS_LOW, -1, false, false);
	add(l, p, P_MAINTENANCE_ON, -1, false, false);
	add(l, p, P_MAINTENANCE_OFF, -1, true, true);
	for (int i = P_RESTART; i <= P_RESTART_RETURN; i++)
		add(l, p, i, -1, false, false);
}

/* Every answer and document again, and whoever walks in, while one thing is not as it should be. */
static void policy_moves(struct list *l)
{
	size_t plain = l->count;
	for (size_t i = 0; i < plain; i++) {
		struct move m = l->moves[i];
		bool reads = (m.physical == P_IN_BY_ENTRY && m.also == P_NONE) ||
			     m.event == GATE_EVENT_DOCUMENT_PRESENTED ||
			     m.event == GATE_EVENT_FACE_FOUND ||
			     m.event == GATE_EVENT_DOCUMENT_UNREADABLE ||
			     m.event == GATE_EVENT_DOCUMENT_REMOVED ||
			     m.event == GATE_EVENT_ELIGIBLE || m.event == GATE_EVENT_INSIDE_CLEAR ||
			     m.event == GATE_EVENT_COMMITTED ||
			     m.event == GATE_EVENT_OFFICER_ADMIT ||
			     m.event == GATE_EVENT_SELF_TEST_OK || m.event == GATE_EVENT_GATE_BACK;
		for (int policy = 1; reads && policy < POLICY_COUNT && l->count < l->max;
			policy++) {
			m.policy = (int16_t)policy;
			m.fair = false;
			m.groups = l->moves[i].groups | MOVES_POLICY;
			l->moves[l->count++] = m;
		}
	}
	for (int policy = 0; policy < POLICY_COUNT && l->count < l->max; policy++)
		l->moves[l->count++] = (struct move){.event = GATE_EVENT_POLICY_CHANGED,
			.policy = (int16_t)policy,
			.groups = MOVES_POLICY,
			.fair = policy == 0};
}

static unsigned group_of(int physical)
{
	if (physical == P_CLIMBS_IN)
		return MOVES_WILD;
	if (physical == P_ENTRY_SLIPS || physical == P_EXIT_SLIPS)
		return MOVES_RACES;
	if (physical == P_ENTRY_BLOCKED || physical == P_EXIT_BLOCKED || physical == P_OBJECT_LEFT)
		return MOVES_PEOPLE;
	return physical >= P_ENTRY_FORCED && physical != P_DOCUMENT_LAID ? MOVES_HARDWARE
									 : MOVES_NORMAL;
}

/* Words delivered while the snapshot already shows the next thing. */
static void race_moves(struct list *l, size_t plain)
{
	static const int meanwhile[] = {P_IN_BY_ENTRY, P_CLIMBS_IN, P_OUT_BY_EXIT, P_OUT_BY_ENTRY,
		P_ENTRY_SLIPS, P_EXIT_SLIPS, P_ENTRY_BLOCKED, P_EXIT_BLOCKED, P_COUNT_BLIND,
		P_ENTRY_BLIND, P_EXIT_BLIND, P_OBJECT_LEFT, P_DOCUMENT_LAID, P_ENTRY_FORCED,
		P_EXIT_FORCED, P_FIRE, P_TAMPER};
	for (size_t i = 0; i < plain; i++) {
		struct move m = l->moves[i];
		bool races =
			m.policy == 0 &&
			(m.physical == P_NONE || m.physical == P_DOCUMENT_TAKEN ||
				m.physical == P_DOCUMENT_LAID) &&
			(m.event == GATE_EVENT_DOCUMENT_PRESENTED ||
				m.event == GATE_EVENT_DOCUMENT_UNREADABLE ||
				m.event == GATE_EVENT_DOCUMENT_REMOVED ||
				m.event == GATE_EVENT_TIMEOUT || m.event == GATE_EVENT_ELIGIBLE ||
				m.event == GATE_EVENT_INSIDE_CLEAR ||
				m.event == GATE_EVENT_COMMITTED ||
				m.event == GATE_EVENT_OFFICER_ADMIT ||
				m.event == GATE_EVENT_OFFICER_SEND_BACK ||
				m.event == GATE_EVENT_OFFICER_REFUSE ||
				m.event == GATE_EVENT_SELF_TEST_OK ||
				m.event == GATE_EVENT_ASSIST_END);
		for (size_t k = 0;
			races && k < sizeof meanwhile / sizeof meanwhile[0] && l->count < l->max;
			k++) {
			/* the hardware's word is read off what is physical: it stands first */
			m.physical = (int16_t)meanwhile[k];
			m.also = l->moves[i].physical;
			if (m.physical == P_DOCUMENT_LAID) { /* another one, after it */
				m.physical = l->moves[i].physical;
				m.also = P_DOCUMENT_LAID;
			}
			m.ahead = true;
			m.fair = false;
			m.groups = (uint8_t)(l->moves[i].groups | MOVES_RACES |
					     group_of(meanwhile[k]));
			l->moves[l->count++] = m;
		}
	}
}

size_t world_moves(struct move *moves, size_t max)
{
	struct list l = {moves, 0, max};
	normal_moves(&l);
	officer_moves(&l);
	broken_moves(&l);
	size_t plain = l.count;
	policy_moves(&l);
	race_moves(&l, plain);
	return l.count;
}

void world_start(struct world *w, enum lane_kind kind)
{
	memset(w, 0, sizeof *w);
	w->redeems = kind == LANE_REDEEMS;
	w->reader_inside = kind == LANE_CHECKS_INSIDE;
	w->free = kind == LANE_FREE;
}

bool world_invites(const struct world *w)
{
	return w->reader_inside || w->free;
}

static bool passable(uint8_t leaf)
{
	return leaf >= LEAF_OPEN;
}

static bool set(uint8_t *what, uint8_t value)
{
	bool changes = *what != value;
	*what = value;
	return changes;
}

static bool from(uint8_t *what, uint8_t before, uint8_t now)
{
	if (*what != before)
		return false;
	*what = now;
	return true;
}

static bool comes_in(struct world *w, bool possible, bool by_entry)
{
	if (!possible || w->people >= 2)
		return false;
	w->people++;
	if (by_entry && w->open)
		w->came_in = 1;
	return true;
}

static bool leaves(struct world *w, uint8_t leaf, uint8_t *by)
{
	if (w->people == 0 || !passable(leaf))
		return false;
	w->people--;
	if (w->open)
		*by = 1;
	return true;
}

static bool obeys(struct world *w, uint8_t *leaf, uint8_t *driven, uint8_t *lawful)
{
	uint8_t drive = *driven;
	if (*leaf == LEAF_FORCED || *leaf == LEAF_OBSTRUCTED)
		return drive == DRIVE_RELEASE && from(leaf, LEAF_OBSTRUCTED, LEAF_OPEN);
	if (w->fire || drive == DRIVE_RELEASE)
		return set(leaf, LEAF_OPEN);
	if (drive == DRIVE_NONE && *leaf == LEAF_OPEN)
		return false;
	if (!set(leaf, LEAF_LOCKED))
		return false;
	*lawful = w->tries = 0;
	*driven = DRIVE_NONE;
	return true;
}

static bool stops_halfway(uint8_t *leaf, uint8_t drive)
{
	return drive != DRIVE_NONE &&
	       from(leaf, drive == DRIVE_RELEASE ? LEAF_LOCKED : LEAF_OPEN, LEAF_CLOSED);
}

static bool steel_changes(struct world *w, enum physical p)
{
	uint8_t *leaf = (p - P_ENTRY_OBEYS) % 2 == 0 ? &w->entry : &w->exit;
	uint8_t drive = leaf == &w->entry ? w->entry_drive : w->exit_drive;
	switch (p) {
	case P_ENTRY_OBEYS:
	case P_EXIT_OBEYS:
		return obeys(w, leaf, leaf == &w->entry ? &w->entry_drive : &w->exit_drive,
			leaf == &w->entry ? &w->entry_lawful : &w->exit_lawful);
	case P_ENTRY_STOPS_HALFWAY:
	case P_EXIT_STOPS_HALFWAY:
		return stops_halfway(leaf, drive);
	case P_ENTRY_BLOCKED:
	case P_EXIT_BLOCKED:
		return from(leaf, LEAF_OPEN, LEAF_OBSTRUCTED);
	case P_ENTRY_FREED:
	case P_EXIT_FREED:
		return from(leaf, LEAF_OBSTRUCTED, LEAF_OPEN);
	case P_ENTRY_PUSHED_SHUT:
	case P_EXIT_PUSHED_SHUT:
		if (w->fire || !from(leaf, LEAF_OPEN, LEAF_LOCKED))
			return false;
		*(leaf == &w->entry ? &w->entry_lawful : &w->exit_lawful) = w->tries = 0;
		return true;
	case P_ENTRY_FORCED:
	case P_EXIT_FORCED:
		return drive != DRIVE_RELEASE && (from(leaf, LEAF_LOCKED, LEAF_FORCED) ||
							 from(leaf, LEAF_CLOSED, LEAF_FORCED));
	case P_ENTRY_MENDED:
	case P_EXIT_MENDED:
		return from(leaf, LEAF_FORCED, LEAF_CLOSED);
	case P_ENTRY_SLIPS:
	case P_EXIT_SLIPS:
		return drive != DRIVE_RELEASE && from(leaf, LEAF_LOCKED, LEAF_CLOSED);
	default:
		return false;
	}
}

static bool restarts(struct world *w, enum physical p)
{
	if (p == P_RESTART_RETURN && (w->people == 0 || w->exit != LEAF_LOCKED))
		return false;
	if (p != P_RESTART)
		w->entry_drive = w->exit_drive = DRIVE_NONE;
	if (p == P_RESTART_RETURN)
		w->entry_drive = DRIVE_RELEASE;
	return w->sight != SIGHT_GONE;
}

static bool climbs_out(struct world *w)
{
	if (w->people == 0)
		return false;
	w->people--;
	if (!w->open)
		return true;
	/* Beside a leaf in use nobody can tell a climber from a walker. */
	if (w->exit != LEAF_LOCKED)
		w->left_by_exit = 1;
	else if (w->entry != LEAF_LOCKED)
		w->left_by_entry = 1;
	else
		w->blind = 1;
	return true;
}

static bool change(struct world *w, enum physical p)
{
	if (p >= P_ENTRY_OBEYS && p <= P_EXIT_SLIPS)
		return steel_changes(w, p);
	switch (p) {
	case P_IN_BY_ENTRY:
		return comes_in(w, passable(w->entry), true);
	case P_IN_BY_EXIT:
		return comes_in(w, passable(w->exit), false);
	case P_CLIMBS_IN:
		return comes_in(w, true,
			w->entry != LEAF_LOCKED ||
				w->entry_drive == DRIVE_RELEASE); /* who can tell which way, when it
								     is open? */
	case P_CLIMBS_OUT:
		return climbs_out(w);
	case P_OUT_BY_ENTRY:
		return leaves(w, w->entry, &w->left_by_entry);
	case P_OUT_BY_EXIT:
		return leaves(w, w->exit, &w->left_by_exit);
	case P_DOCUMENT_LAID:
		w->document = 1;
		return true;
	case P_DOCUMENT_SWIPED:
		return w->document == 0;
	case P_DOCUMENT_TAKEN:
		return from(&w->document, 1, 0);
	case P_READER_GONE:
		w->document = 0;
		return true;
	case P_OBJECT_LEFT:
	case P_OBJECT_GONE:
		return set(&w->object, p == P_OBJECT_LEFT);
	case P_FIRE:
	case P_FIRE_OUT:
		return set(&w->fire, p == P_FIRE);
	case P_ENTRY_BLIND:
	case P_EXIT_BLIND:
	case P_COUNT_BLIND:
		return from(
			&w->sight, SIGHT_GOOD, (uint8_t)(SIGHT_ENTRY_CONTACTS + p - P_ENTRY_BLIND));
	case P_SIGHT_BACK:
		return w->sight != SIGHT_GONE && set(&w->sight, SIGHT_GOOD);
	case P_GATE_GONE:
		w->tested = 0;
		return set(&w->sight, SIGHT_GONE);
	case P_GATE_BACK:
		w->entry_drive = w->exit_drive = DRIVE_NONE;
		return from(&w->sight, SIGHT_GONE, SIGHT_GOOD);
	case P_NO_RESULT:
		return w->redeems && w->asks_eligibility;
	case P_FACE_KNOWN:
		return w->redeems;
	case P_RESTART:
	case P_RESTART_SAFE:
	case P_RESTART_RETURN:
		return restarts(w, p);
	default: /* momentary, or nothing */
		return p < P_KEY_RESET || w->sight != SIGHT_GONE;
	}
}

bool world_change(struct world *w, const struct move *m)
{
	return change(w, (enum physical)m->physical) &&
	       (m->also == P_NONE || change(w, (enum physical)m->also));
}

bool world_restarts(const struct move *m)
{
	return m->physical >= P_RESTART && m->physical <= P_RESTART_RETURN;
}

static uint8_t seen(uint8_t leaf)
{
	static const uint8_t as[] = {GATE_LEAF_LOCKED, GATE_LEAF_CLOSED, GATE_LEAF_OPEN,
		GATE_LEAF_OBSTRUCTED, GATE_LEAF_FORCED};
	return as[leaf];
}

static struct gate_sensed sensed(const struct world *w)
{
	struct gate_sensed s = {.entry_leaf = seen(w->entry),
		.exit_leaf = seen(w->exit),
		.occupants = w->people,
		.occupants_known = true,
		.object_left = w->object,
		.fire = w->fire,
		.mains_ok = true,
		.self_test_ok = true};
	if (w->sight == SIGHT_GONE)
		return gate_sensed_unknown();
	if (w->sight == SIGHT_ENTRY_CONTACTS)
		s.entry_leaf = GATE_LEAF_FAULT;
	if (w->sight == SIGHT_EXIT_CONTACTS)
		s.exit_leaf = GATE_LEAF_FAULT;
	if (w->sight == SIGHT_OCCUPANCY)
		s.occupants_known = false;
	return s;
}

struct gate_env world_env(const struct world *w, const struct move *m, bool before)
{
	struct gate_env e = {.sensed = sensed(w),
		.document_present = w->document,
		.officer_present = m->policy != 1,
		.lists_ok = m->policy != 2,
		.clock_trusted = m->policy != 3,
		.journal_ok = m->policy != 4,
		.may_serve = m->policy != 5};
	if (w->sight == SIGHT_GONE)
		return e;
	e.sensed.mains_ok = m->policy != 6 && m->physical != (before ? P_MAINS_BACK : P_MAINS_LOST);
	e.sensed.ups_low = m->policy == 7 || (!before && m->physical == P_UPS_LOW);
	e.sensed.tamper = m->policy == 8 || (!before && m->physical == P_TAMPER);
	e.sensed.maintenance =
		m->policy == 9 || m->physical == (before ? P_MAINTENANCE_OFF : P_MAINTENANCE_ON);
	e.sensed.self_test_ok = m->policy != 10;
	e.sensed.key_reset = !before && m->physical == P_KEY_RESET;
	return e;
}

void world_say_move(const struct move *m, char *text, size_t size)
{
	const char *p = physical_names[m->physical];
	snprintf(text, size, "%s%s%s%s%s%s%s%s", p, m->also ? " and " : "", physical_names[m->also],
		*p && m->event >= 0 ? (m->ahead ? ", yet first " : ": ") : "",
		m->event >= 0 ? gate_event_name((unsigned)m->event) : "", m->policy ? " (" : "",
		policy_names[m->policy], m->policy ? ")" : "");
}

unsigned world_troubles(const struct world *w)
{
	return (unsigned)w->object + w->fire + (w->sight != SIGHT_GOOD) +
	       (w->entry >= LEAF_OBSTRUCTED) + (w->exit >= LEAF_OBSTRUCTED);
}

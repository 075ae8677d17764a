/* SPDX-License-Identifier: Apache-2.0
 * A lane's memory and what its parts ask of each other. Must never be included outside hw/lane.
 */
#ifndef POSTERN_LANE_INTERNAL_H
#define POSTERN_LANE_INTERNAL_H
#include "lane/lane.h"
#include "types.pb-c.h"

#define NS_PER_MS UINT64_C(1000000)
#define NEVER UINT64_MAX
/* An alarm that has been seen counts for so long, so that nobody misses it between two looks. */
#define ALARM_HOLD_NS (1000 * NS_PER_MS)
/* A lane acting by itself tries a leaf again after so long. */
#define RETRY_NS (2000 * NS_PER_MS)
/* A release that only an assist may ask for waits so long for the assist's other half. */
#define ASSIST_PAIR_NS (500 * NS_PER_MS)
#define TICK_NS (50 * NS_PER_MS)
/* A key that was held for so long, without a beam broken, says that nobody is inside; one that was held for longer is stuck. */
#define VOUCH_NS (3000 * NS_PER_MS)
#define VOUCH_MOST_NS (15000 * NS_PER_MS)
enum { LOCK_RETRIES = 2, PEOPLE_MAX = 200 };

struct line_state {
	bool known, asserted; /* as filtered */
	bool heard;           /* known at some time since the start */
	bool candidate;       /* as last read */
	uint64_t edge_ns;     /* when candidate was first read */
	uint64_t since_ns;    /* when asserted took its value */
};

enum leaf_id { ENTRY, EXIT, LEAVES };

/* Lines of a leaf. */
struct leaf_lines {
	enum lane_hw_line closed, open, locked, motor_fault, safety, outer, inner;
	enum lane_hw_line unlock, open_drive, close_drive;
};
extern const struct leaf_lines leaf_lines[LEAVES];

enum leaf_want { LEAF_RESTS, LEAF_TO_OPEN, LEAF_TO_CLOSE };

struct leaf {
	enum leaf_want want;
	bool unlock, open_drive, close_drive; /* asserted outputs */
	bool authorised;  /* may be other than closed: released, or found so */
	bool obstructed;  /* until commanded again, or closed and locked */
	bool lock_failed; /* until commanded again, or a self-test */
	uint8_t tries;
	uint64_t began_ns;    /* of what is wanted */
	uint64_t drive_to_ns; /* end of the pulse */
	uint64_t unlock_from_ns;
	uint64_t lock_wait_ns; /* since when the lock should follow; NEVER: it need not */
	uint64_t odd_ns;       /* since when the contacts contradict each other; NEVER: they do not */
	uint64_t adrift_ns;    /* since when it is not closed though nobody released it; NEVER */
};

/* Follows one person through outer beam, plane and inner beam; + is inwards. */
struct passage {
	int16_t at;       /* 0: nobody; +1 +2 +3: outer, both, inner, going in; -1 -2 -3: the other way */
	bool doubt;       /* who went where cannot be told */
	bool plane;       /* the leaf's plane was broken */
	bool shut;        /* the leaf is closed: nobody can pass */
	uint64_t step_ns; /* of the last beam */
	uint64_t deep_ns; /* since when both beams may have been passed; NEVER */
};

struct people {
	bool known;
	uint8_t count; /* by the beams */
	struct passage passage[LEAVES];
	uint64_t differ_ns; /* since when beams and overhead sensor differ; NEVER */
	bool differ;        /* and for too long */
	bool wrong_way, intrusion;
	uint64_t vouched_ns; /* beams alone: since when the reset key is turned and nobody came near a leaf; NEVER */
};

enum camera_way { CAMERA_UPWARDS, CAMERA_DOWNWARDS, CAMERA_WAYS };

struct camera {
	bool runs;
	enum camera_way way;
	uint64_t to_ns;		    /* the end of the run */
	uint64_t counted_ns;	    /* until then its time is in left_ns */
	uint64_t still_ns;	    /* settled by then */
	uint64_t left_ns[CAMERA_WAYS]; /* how long it may still be driven that way; 0 at the end */
	bool astray[CAMERA_WAYS];      /* driven for the whole way without coming to the contact, until somebody has looked */
	uint32_t id;
};

struct lane_hw {
	struct lane_hw_description d;
	uint64_t now;
	struct line_state line[LANE_HW_LINES];
	struct leaf leaf[LEAVES];
	struct people people;
	struct camera camera;
	bool emergency;     /* latched until the alarm is over, nobody is seen inside and the reset key is turned */
	bool both_released; /* by an emergency or an assist, until one of them is locked again */
	bool assist, refused;
	uint64_t entry_asked_ns; /* a release of the entry that was refused, for an assist; NEVER */
	uint32_t last_command_id, guidance;
	uint64_t guidance_ns;
	uint64_t heard_ns;
	bool heard, core_gone, returning;
	uint64_t gone_ns, retry_ns;
	bool kick;
	uint64_t kick_ns;
	uint32_t troubles, told; /* bits of enum lane_hw_trouble */
};

/* filter.c */
bool line_is(const struct lane_hw *l, enum lane_hw_line line);      /* known and asserted */
bool line_is_not(const struct lane_hw *l, enum lane_hw_line line);  /* known and not asserted */
bool line_alarm(const struct lane_hw *l, enum lane_hw_line line);   /* there is such a line, and it is asserted or lost */
/* The same, to act on: a line that was never read is not yet an alarm. */
bool line_rings(const struct lane_hw *l, enum lane_hw_line line);
bool line_lost(const struct lane_hw *l, enum lane_hw_line line);    /* there is such a line and nothing is known of it */
/* Everything that is due until l->now, in its order in time; calls line_changed(). */
void filter_advance(struct lane_hw *l);
uint64_t filter_next(const struct lane_hw *l);
bool filter_any_known(const struct lane_hw *l);
bool filter_any_lost(const struct lane_hw *l);
bool filter_any_stuck(const struct lane_hw *l);

/* lane.c */
void line_changed(struct lane_hw *l, enum lane_hw_line line, uint64_t edge_ns);

/* Both leaves are known to be locked and nothing is to move them, there is no alarm, the core speaks, nobody works at the lane. */
bool lane_is_quiet(const struct lane_hw *l);

/* camera.c */
void camera_init(struct lane_hw *l);
void camera_advance(struct lane_hw *l);
uint64_t camera_next(const struct lane_hw *l);
uint64_t camera_outputs(const struct lane_hw *l); /* asserted */
uint8_t camera_sense(const struct lane_hw *l);	  /* Postern__CameraDrive */
bool camera_ails(const struct lane_hw *l);

/* leaf.c */
uint8_t leaf_position(const struct lane_hw *l, enum leaf_id id); /* Postern__LeafPosition */
void leaf_open(struct lane_hw *l, enum leaf_id id);
void leaf_close(struct lane_hw *l, enum leaf_id id);
void leaf_stop(struct lane_hw *l, enum leaf_id id);
void leaf_advance(struct lane_hw *l, enum leaf_id id);
/* An emergency: released; driven open unless motion itself is to stop. */
void leaf_release(struct lane_hw *l, enum leaf_id id, bool drive);
bool leaf_ails(const struct lane_hw *l, enum leaf_id id); /* its drive reports a fault, or its lock did not follow */
bool leaf_is_shut(const struct lane_hw *l, enum leaf_id id); /* the closed contact says so */

/* people.c */
void people_init(struct lane_hw *l);
void people_beam(struct lane_hw *l, enum leaf_id id, uint64_t edge_ns);
void people_plane(struct lane_hw *l, enum leaf_id id);
void people_lost(struct lane_hw *l);
/* The officer's key has been turned or let go: whoever turned it has looked. */
void people_key(struct lane_hw *l);
/* With beams alone, while it stays turned. */
void people_vouched(struct lane_hw *l);
void people_advance(struct lane_hw *l);
/* 0, 1, 2; false: not known. */
bool people_inside(const struct lane_hw *l, uint8_t *count);

static inline bool later(const struct lane_hw *l, uint64_t since_ns, uint32_t ms)
{
	return since_ns != NEVER && l->now - since_ns >= ms * NS_PER_MS;
}
#endif

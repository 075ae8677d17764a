/* SPDX-License-Identifier: Apache-2.0
 * A lane's steel as lines: raw levels in, raw levels out, and between them what postern.GateSensed asks for. Every plugin that
 * drives real or modelled hardware uses this one library; it alone knows which level means what.
 *
 * Pure: no I/O, no clock of its own (nanoseconds of CLOCK_MONOTONIC come in), no allocation. It has no policy: whom to let in
 * is the core's. What it does of itself is what cannot wait for a bus: it re-opens a leaf that closes on somebody, refuses a
 * release that would leave both leaves released, stops the kick when nothing is heard of the core, and gives a person inside
 * the way back when no core returns.
 *
 * Must never assert both unlock lines unless there is an emergency or an officer's assist, assert a close drive while that
 * leaf's safety beam is not known to be clear, drive the camera both ways or while a leaf is not known to be locked, overlook an
 * edge of fire_alarm, estop or breakglass, or report a number of people that it does not know.
 *
 * The caller, in any order, with times that do not go back (older ones are taken as the newest; an edge keeps its own time for
 * debouncing and for the order of beams):
 *   lane_hw_init(); then lane_hw_input() for the level of every input as first read, lane_hw_core() whenever it knows when the
 *   core was last heard; lane_hw_tick() no later than lane_hw_next_ns(); after any call: drive lane_hw_outputs(), send
 *   lane_hw_sense() if it changed (and every 200 ms), tell lane_hw_trouble() until it returns false.
 */
#ifndef POSTERN_LANE_H
#define POSTERN_LANE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lane_hw_line {
#define IN(name, contact, filter, debounce_ms, about) LANE_HW_##name,
#define OUT(name, contact, safe, about) LANE_HW_##name,
#include "lane/lines.def"
	LANE_HW_LINES
};
_Static_assert(LANE_HW_LINES <= 64, "lines are bits of 64");
#define LANE_HW_BIT(line) (UINT64_C(1) << (line))

enum lane_hw_contact { LANE_HW_CLOSES, LANE_HW_OPENS };
enum lane_hw_filter { LANE_HW_STEADY, LANE_HW_AT_ONCE };

struct lane_hw_line_info {
	const char *name; /* "entry_closed" */
	const char *about;
	bool output;
	enum lane_hw_contact contact; /* default */
	enum lane_hw_filter filter;   /* inputs */
	uint32_t debounce_ms;         /* inputs, default */
	bool safe;                    /* outputs: asserted when nobody is in charge */
};
/* line < LANE_HW_LINES. */
const struct lane_hw_line_info *lane_hw_line_info(enum lane_hw_line line);
/* LANE_HW_LINES when there is no such line. */
enum lane_hw_line lane_hw_line_find(const char *name);

/* How this lane's line is wired. */
struct lane_hw_wiring {
	bool present;
	enum lane_hw_contact contact;
	bool closed_level; /* raw level that is read, or driven, when the circuit is closed */
	uint32_t debounce_ms; /* 0: none, or done before (by the kernel) */
};

enum lane_hw_topology { LANE_HW_TWO_STEP, LANE_HW_ONE_STEP, LANE_HW_SEGREGATED };
/* BEAMS: counted by the order of beams; OVERHEAD: as the overhead sensor's contacts say; BOTH: counted, and the two must agree. */
enum lane_hw_occupancy { LANE_HW_BEAMS, LANE_HW_OVERHEAD, LANE_HW_BOTH };
/* PULSE: the door controller takes a pulse and goes on by itself; HOLD: driven until the position is sensed. */
enum lane_hw_drive { LANE_HW_PULSE, LANE_HW_HOLD };

/* Every time of a lane's hardware, with its default. */
#define LANE_HW_TIMES(X)                                                                                                 \
	X(pulse, 200, 100, 2000, "a command pulse to a door controller")                                                 \
	X(open, 3000, 200, 30000, "from the command until the leaf is open, else obstructed")                            \
	X(close, 3000, 200, 30000, "from the command until the leaf is closed, else obstructed and re-opened")           \
	X(lock, 500, 50, 5000, "from command, or closed, until the lock has followed; then tried again, twice")          \
	X(plausible, 150, 10, 2000, "contacts may contradict each other for so long while a leaf passes them")           \
	X(order, 2, 1, 100, "two beams nearer in time than this say nothing about direction")                            \
	X(passage, 4000, 500, 60000, "somebody between two beams for longer may be more than one")                       \
	X(settle, 500, 50, 5000, "beams and overhead sensor may differ for so long")                                     \
	X(stuck, 86400000, 60000, 604800000, "a beam, key or button asserted for longer is broken")                      \
	X(kick, 50, 10, 250, "half a period of the kick line")                                                           \
	X(kick_after, 450, 100, 450, "the kick stands still when the core has been silent for so long")                  \
	X(core_lost, 1000, 500, 5000, "the core counts as gone when it has been silent for so long")                     \
	X(return_path, 10000, 1000, 60000, "without a core for so long, a person inside gets the way back")                  \
	X(camera_travel, 4000, 500, 30000, "the camera's way from end to end, in the slower direction: never driven longer") \
	X(camera_settle, 200, 50, 2000, "a camera that was driven counts as moving for so long after")

struct lane_hw_description {
	char name[40];
	enum lane_hw_topology topology;
	enum lane_hw_occupancy occupancy;
	enum lane_hw_drive drive;
	struct lane_hw_wiring line[LANE_HW_LINES];
#define X(name, default_ms, min_ms, max_ms, about) uint32_t name##_ms;
	LANE_HW_TIMES(X)
#undef X
};
/* Every line absent with its default contact and closed_level 1, every time its default. */
void lane_hw_description_default(struct lane_hw_description *out);
/* NULL, or what is missing for the lane to work ("entry_closed is missing, ..."): a constant sentence. *line is the line it
 * is about, or LANE_HW_LINES. */
const char *lane_hw_description_check(const struct lane_hw_description *d, enum lane_hw_line *line);

/* What is sensed: the fields of postern.GateSensed. Leaves are values of postern.LeafPosition. */
struct lane_hw_sensed {
	uint8_t entry_leaf, exit_leaf;
	uint8_t occupants; /* 2: two or more; 0 unless known */
	bool occupants_known;
	bool object_left;
	bool fire_alarm, emergency_stop;
	bool mains_ok, ups_low;
	bool tamper;
	bool self_test_ok;
	bool key_reset;
	bool in_maintenance;
	uint32_t last_command_id;
	enum lane_hw_topology topology; /* of the description */
	uint8_t camera; /* a value of postern.CameraDrive */
	uint32_t last_move_id;
};

enum lane_hw_trouble {
#define X(name, key, about) LANE_HW_TROUBLE_##name,
#include "lane/troubles.def"
#undef X
	LANE_HW_TROUBLES
};

struct lane_hw;
/* How many bytes a lane needs; the memory is the caller's, aligned as by malloc(). */
size_t lane_hw_size(void);
/* The description is copied; it must be one that lane_hw_description_check() finds well. Nothing is known yet: every input is
 * lost, every output safe. The core counts as gone until lane_hw_core() says otherwise. */
void lane_hw_init(struct lane_hw *l, const struct lane_hw_description *d, uint64_t now_ns);

/* The level of an input as read or as of an edge; level 0 or 1 as the wire has it. A line the lane has not is ignored. */
void lane_hw_input(struct lane_hw *l, enum lane_hw_line line, bool level, uint64_t at_ns);
/* Nothing is known of this line any more; LANE_HW_LINES: of none. It is known again after lane_hw_input(). */
void lane_hw_lost(struct lane_hw *l, enum lane_hw_line line, uint64_t now_ns);
/* Events were dropped between two readings: nobody can say who passed. Follow it with the present level of every input. */
void lane_hw_missed(struct lane_hw *l, uint64_t now_ns);

/* command is a value of postern.GateCommandKind, id its command_id. without_record: postern.GateCommand.record_hash is empty,
 * which for RELEASE_EXIT means an emergency or an officer's assist: both leaves may be released. */
void lane_hw_command(struct lane_hw *l, uint32_t command, uint32_t id, bool without_record, uint64_t now_ns);
/* The longest move of the camera. */
#define LANE_HW_CAMERA_RUN_MS 2000u
/* Drives the camera: direction is a value of postern.CameraDirection, id its move_id. Not longer than ms, LANE_HW_CAMERA_RUN_MS or
 * what is left of its way, and only while both leaves are known to be locked, there is no alarm, the core speaks, and nobody has a key
 * turned for maintenance or the cabinet open; what is not so any more stops it at once. While it moves, another stops it and is
 * not carried out. False: it is not driven. */
bool lane_hw_move_camera(struct lane_hw *l, uint32_t direction, uint32_t ms, uint32_t id, uint64_t now_ns);
/* guidance is a value of postern.Guidance. */
void lane_hw_guidance(struct lane_hw *l, uint32_t guidance, uint64_t now_ns);
/* heard_ns: when anything was last heard of the core (host->core_heard_ms). */
void lane_hw_core(struct lane_hw *l, uint64_t heard_ns, uint64_t now_ns);
void lane_hw_tick(struct lane_hw *l, uint64_t now_ns);
/* When the next tick is due; UINT64_MAX: never. */
uint64_t lane_hw_next_ns(const struct lane_hw *l);

/* Raw levels to drive, a bit per line, of the output lines that there are (lane_hw_output_lines()). */
uint64_t lane_hw_outputs(const struct lane_hw *l);
uint64_t lane_hw_output_lines(const struct lane_hw_description *d);
/* Raw levels that are safe: at the request of the lines and at the end. */
uint64_t lane_hw_safe_outputs(const struct lane_hw_description *d);
void lane_hw_sense(const struct lane_hw *l, struct lane_hw_sensed *out);
bool lane_hw_sensed_same(const struct lane_hw_sensed *a, const struct lane_hw_sensed *b);
/* The next trouble that has come (*active) or gone since it was last told: its catalogue key; false: none. */
bool lane_hw_trouble(struct lane_hw *l, const char **key, bool *active);

/* For tools: what an input says now (after debouncing), and whether it is known. */
bool lane_hw_asserted(const struct lane_hw *l, enum lane_hw_line line, bool *known);
/* The meaning of a raw level, by the description alone. */
bool lane_hw_meaning(const struct lane_hw_description *d, enum lane_hw_line line, bool level);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * A whole lane on the other side of its lines: the external safety relay, two leaves of steel, beams, an overhead sensor, keys and
 * contacts, people with a will of their own; and an onlooker who knows what really happened. Levels of the output lines come in,
 * levels of the input lines go out.
 *
 * Pure and replayable: the same calls with the same times give the same levels. Shares nothing with hw/lane but the names of the
 * lines: which level says what is stated here once more, in lane.c, from what a contact does when its wire is cut. Must never look
 * at anything of the controller but its outputs.
 *
 * The safety relay: unlock and drive currents pass only while the kick toggles, at least every relay_hold_ms; when it stands still
 * both bolts fall and nothing is driven. On a fire alarm or a broken glass the hardware alone withdraws the bolts and opens the
 * leaves of the escape direction; on an emergency stop it withdraws the bolts and stops all motion. Lamps do not pass the relay.
 */
#ifndef POSTERN_SIM_LANE_LANE_H
#define POSTERN_SIM_LANE_LANE_H
#include "sim/lane/lines.h"
#include "sim/lane/people.h"
#include "sim/lane/steel.h"

enum { SIM_ENTRY, SIM_EXIT, SIM_LEAVES };
#define SIM_PEOPLE 4
/* The longest step that physics takes at once; a person walks 6 mm in it. */
#define SIM_STEP_US 5000
/* The camera's way from end to end. */
#define SIM_CAMERA_US INT64_C(3200000)

/* Where the document reader stands: before the entry; between the leaves; before the entry, and whoever comes was at a kiosk. */
enum sim_topology { SIM_TWO_STEP, SIM_ONE_STEP, SIM_SEGREGATED };

struct sim_lane_setup {
	uint32_t stroke_ms, bolt_ms;
	bool drive_latches;
	uint32_t relay_hold_ms;
	bool escape[SIM_LEAVES]; /* opened by hardware on fire */
	enum sim_topology topology;
	uint64_t absent; /* lines that this lane has not: nothing is there that could be lit, broken or pressed */
};
/* A lane of ordinary steel, as the text of a lane file (hw/lanes) says that it is built: its topology, its drive, its lines. False: the
 * text does not say it. */
bool sim_lane_built(const char *text, struct sim_lane_setup *out);

/* What is wrong, or turned, or pressed, apart from steel and people. */
struct sim_lane_trouble {
	bool fire, estop, breakglass;
	bool mains_lost, battery_low, cabinet_open;
	bool key_reset, key_maint, button;
	bool motor_fault[SIM_LEAVES];
	bool object; /* something lies in the chamber */
	uint64_t cut, bridged; /* input lines whose wire is open, or shorted */
};

/* The onlooker. Times in milliseconds. */
struct sim_lane_oracle {
	uint64_t both_released_us;   /* both bolts withdrawn by the controller, with no alarm and no assist; 0 is the only good value */
	uint64_t exit_unrecorded;    /* set by the caller: releases of the exit without a record */
	uint64_t shut_in_us, longest_shut_in_us; /* somebody inside while no leaf is passable, now and at most */
	uint64_t pressed_us, longest_pressed_us; /* a leaf drives against a body */
	uint64_t kick_lost_us;	     /* the relay has been open */
	uint32_t came_in, went_out, went_back;
	uint32_t most_inside;
	uint32_t both_open;	     /* times that both leaves were passable without an alarm, an assist, or violence */
	uint32_t both_forced;	     /* times that they were because one had been forced: nobody can forbid that */
	uint32_t opened_to_forced;   /* times that a shut leaf was released while the other had stood forced for a second; 0 is good */
};

/* How long somebody may be shut in. A hold ends after 180 s and its leaf opens in 3 s; one that will not is tried again every 10 s.
 * Where misfortunes are drawn, a way back that is given must also be one that can be walked: fault, mended late, and a second try. */
#define SIM_SHUT_IN_LIMIT_US (UINT64_C(220) * 1000000)
#define SIM_SHUT_IN_DRAWN_LIMIT_US (UINT64_C(260) * 1000000)

struct sim_lane {
	struct sim_lane_setup setup;
	struct steel leaf[SIM_LEAVES];
	struct sim_person person[SIM_PEOPLE];
	struct sim_lane_trouble trouble;
	int64_t camera_us; /* how high it is: 0 to SIM_CAMERA_US */
	struct sim_lane_oracle oracle;
	bool assist; /* told by the caller: an officer's assist is on, both leaves may be released */
	bool officer_there; /* told by the caller: an officer stands in the lane and takes people along */
	bool free; /* told by the caller: an officer has ordered that people walk through unchecked, and a sign says so */
	uint64_t outputs; /* levels */
	uint64_t now_us, kick_us;
	bool kick_level, kick_seen, relay;
	bool were_both_open, were_both_forced, latched;
	bool torn[SIM_LEAVES]; /* forced open, and not locked again since torn_us */
	uint64_t torn_us[SIM_LEAVES];
	bool was_released[SIM_LEAVES];
	bool lawful; /* both leaves may be released: since an alarm or an assist, until that is over and one of them is locked */
	bool document_lies; /* on the reader */
	/* Of the last sim_lane_outputs(). */
	bool lays_document, takes_document, leaves_bag;
};

void sim_lane_init(struct sim_lane *l, const struct sim_lane_setup *setup, uint64_t now_us);
/* Levels of the outputs, a bit per line, as read at now_us: the lane is first advanced to then. */
void sim_lane_outputs(struct sim_lane *l, uint64_t levels, uint64_t now_us);
/* Levels of the inputs now. */
uint64_t sim_lane_inputs(const struct sim_lane *l);
/* The current behind the relay that lifts the camera, or lowers it. */
bool sim_lane_lifts(const struct sim_lane *l, bool up);
/* A free person, or NULL. */
struct sim_person *sim_lane_somebody(struct sim_lane *l);
unsigned sim_lane_inside(const struct sim_lane *l);
bool sim_lane_has(const struct sim_lane *l, enum sim_lane_line line);
/* Does the entry stand open for whoever comes? */
bool sim_lane_stands_open(const struct sim_lane *l);
/* What is laid down is taken away by somebody who is no traveller. */
void sim_lane_take_document(struct sim_lane *l);
/* Is anybody about, inside or out, or anything moving? When not, time may pass in larger steps. */
bool sim_lane_quiet(const struct sim_lane *l);
/* Currents behind the relay: does the controller release that leaf's bolt? */
bool sim_lane_released(const struct sim_lane *l, unsigned leaf);
bool sim_lane_drives(const struct sim_lane *l, unsigned leaf, bool open);
/* Did nothing happen that must never happen? By what the onlooker has noted since it was last emptied. */
bool sim_lane_good(const struct sim_lane_oracle *o, uint64_t shut_in_limit_us);
#endif

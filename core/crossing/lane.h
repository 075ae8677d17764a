/* SPDX-License-Identifier: Apache-2.0
 * A lane: the gate's state machine, the crossing in hand, its open queries and its records, as one deterministic
 * dispatch. Everything that enters (messages, time, randomness, completions, officers) is an input; everything that
 * leaves goes through the sink. The same inputs in the same order give the same outputs.
 * Pure; must never read a clock, touch a descriptor, a database or a library of devices.
 */
#ifndef POSTERN_CROSSING_LANE_H
#define POSTERN_CROSSING_LANE_H
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/metrics.h"
#include "bus/bus.h"
#include "bus/permission.h"
#include "bus/query.h"
#include "crossing/crossing.h"
#include "crossing/record.h"
#include "gate/gate.h"
#include "kiosk/store.h"

enum lane_input_kind {
	LANE_TICK,	    /* time passed; also sent at lane_next_wake() */
	LANE_MESSAGE,	    /* a permitted, validated message of a plugin's */
	LANE_PLUGIN_READY,
	LANE_PLUGIN_LOST,
	LANE_COMMITTED,	    /* the append with this tag is durable */
	LANE_COMMIT_FAILED, /* it is not, and nothing of it was written */
	LANE_DECISION,	    /* an officer's decision whose signature has been verified */
	LANE_COMMAND,	    /* an officer's lane command, given at the lane's own machine */
	LANE_ORDER,	    /* an officer's order whose signature has been verified */
};

enum lane_command {
	LANE_CMD_NONE,
	LANE_CMD_ASSIST,
	LANE_CMD_END_ASSIST,
	LANE_CMD_OUT_OF_SERVICE,
	LANE_CMD_RESUME,
	LANE_CMD_DUTY_ON,
	LANE_CMD_DUTY_OFF,
	LANE_CMD_LOCK,
	LANE_CMD_CONTROLLED,
	LANE_CMD_FREE,
};

struct lane_input {
	enum lane_input_kind kind;
	uint64_t mono_ms;
	int64_t wall_ms;
	Postern__ClockQuality clock_quality;
	uint32_t year, month, day; /* the crossing point's calendar date */
	uint8_t random[16];
	Postern__PluginKind source;
	const char *instance;
	const struct bus_message *message;	     /* LANE_MESSAGE */
	uint64_t tag;				     /* LANE_COMMITTED, LANE_COMMIT_FAILED */
	uint8_t hash[32];			     /* LANE_COMMITTED */
	const Postern__Decision *decision;	     /* LANE_DECISION */
	const Postern__SignedDecision *signed_decision;
	enum lane_command command;		     /* LANE_COMMAND */
	const char *officer;
	const char *reason_code;		     /* LANE_COMMAND; NULL: none was given */
	const Postern__LaneOrder *order;	     /* LANE_ORDER */
	uint64_t epoch;				     /* the same: of this core */
	uint64_t request;			     /* the same: the post's number for it */
};

/* A picture that passed through this core, by its hash: "live" or "chip". */
struct lane_picture {
	const char *name, *media_type;
	const uint8_t *sha256;
	uint64_t size;
};

/* Where outputs go. Structs are borrowed for the call only. */
struct lane_sink {
	void *ctx;
	/* To the plugin of that kind. A plugin that is away makes it a no-op; queries then expire to their default. */
	void (*send)(void *ctx, Postern__PluginKind to, const Postern__Envelope *envelope);
	/* Append to the journal; completion comes back as an input with the same tag. personal may be NULL. */
	void (*append)(void *ctx, uint64_t tag, const Postern__RecordClear *clear, const Postern__CrossingRecord *personal);
	void (*count)(void *ctx, enum metric metric, int64_t add);
	/* To be sealed for their time; asked only with lane_config.keep_faces. False: they are not kept. */
	bool (*keep_faces)(void *ctx, const char *crossing_id, int64_t wall_ms, const struct lane_picture *faces, size_t count);
};

#define LANE_KINDS (POSTERN__PLUGIN_KIND__KIND_CHIP_READER + 1)

struct lane_config {
	struct record_lane record;
	const char *tenant; /* the State whose nationals need no history of stays */
	enum gate_topology topology; /* 0: two-step */
	struct gate_timing timing;
	uint32_t stale_after_ms;
	bool officer_required;
	/* The officer without whom no new traveller is taken (officer_required) stands in for certified attack detection; for a kiosk's
	 * camera the gate's does, before whom the face is compared again. False: a face counts only with it. */
	bool face_assisted;
	/* Pictures of a crossing whose face check failed or stayed undetermined are kept, sealed, for their time. */
	bool keep_faces;
	/* Kinds this lane is configured with. KIND_UNSPECIFIED: one of which nobody knows what it is; it is never ready, so nobody
	 * is served. */
	bool has[LANE_KINDS];
	/* Of a kiosk and of the gate that redeems: shared by the lanes of one core, which owns it. NULL: none is issued, none redeemed. */
	struct kiosk_store *kiosk;
};

#define LANE_NONCES 8
#define LANE_OFFICERS 32 /* as many as there are keys */
#define LANE_ALARMS 16
#define LANE_LOOKS 8 /* referrals that are to be shown once the record of it is durable */

#define LANE_MARKS 4 /* of results whose records are on their way; all but one belong to crossings that are over */

struct lane_mark {
	uint64_t tag; /* 0: free */
	Postern__KioskPhase phase;
	bool awaited; /* the crossing in hand waits for it */
	enum kiosk_answer answer; /* of a redemption */
	const char *why; /* the same; the crossing's */
	char id[KIOSK_ID];
	bool has_token;
	uint8_t token[KIOSK_TOKEN]; /* the face that the result names */
};

/* For a gate behind kiosks: is it somebody with a result who stands there? */
struct lane_search {
	uint64_t query;	  /* to camera or matcher; 0: none is open */
	uint64_t next_ms; /* not before */
	bool found;	  /* in the dispatch of GATE_EVENT_FACE_FOUND alone */
	uint8_t token[KIOSK_TOKEN];
};

/* Something that an officer must know of and confirm to have seen. */
struct lane_alarm {
	uint64_t id; /* 0: free */
	const char *code;
	int64_t raised_wall_ms;
	bool active, acknowledged;
	char by[64];
};

struct lane_look {
	uint64_t tag; /* 0: free; of the audit record */
	uint64_t request;
	char crossing_id[ULID_SIZE];
	Postern__ViewPurpose purpose;
};

/* How far an order has come, by what is sensed. */
struct lane_ordered {
	char officer[64];
	uint64_t sequence;
	Postern__LaneOrderKind kind;
	Postern__LaneMode mode;
	Postern__OrderProgress progress;
	uint64_t record; /* tag of its record until that is durable; 0: it is, or there is none */
};

/* The order under which people pass unchecked. */
struct lane_free {
	char officer[64], reason_code[65];
	Postern__LaneMode before; /* the mode that it ends in by itself */
};

struct lane {
	struct lane_config config;
	enum gate_topology table; /* in effect: that of the topology, or of a lane ordered free; changes at rest only */
	struct lane_free free_order;
	struct gate gate;
	struct gate_sensed sensed;
	bool has_sensed, sensed_stale;
	bool other_topology; /* the hardware says that it is built for another */
	uint64_t sensed_at_ms;
	Postern__CameraDrive camera; /* as sensed; the drive of its height */
	uint32_t moved_id;	     /* of the move that the drive was told last */
	bool ready[LANE_KINDS];
	bool journal_ok, on_duty, clock_trusted;
	bool document_present; /* by the reader's reports */
	bool reader_portraits; /* the same: it gives the portrait of the data page */
	bool booted, gate_was_lost;
	uint32_t self_test_id; /* command awaiting its snapshot; 0: none */
	uint32_t policy;       /* the policy bits as last told to the gate */
	uint64_t state_since_ms, state_deadline_ms; /* 0: no timeout */
	struct crossing crossing;
	struct bus_queries queries; /* instance number: the plugin kind, one of each per lane */
	uint64_t next_query_id, next_tag, next_command_id;
	uint32_t next_move_id; /* never 0 */
	uint64_t commit_wait_tag; /* 0: the gate waits for no commit */
	uint64_t decision_tag;
	bool decision_durable;
	Postern__Guidance guidance;
	uint32_t chip_permille, chip_remaining_ms; /* shown with KEEP_DOCUMENT */
	Postern__FaceAdvice face_advice;	   /* shown with LOOK_HERE */
	uint8_t nonces[LANE_NONCES][16];
	unsigned nonce_count;
	const char *refusal; /* catalogue key of the last refused decision or order; NULL: it was taken */
	/* The control post. */
	bool post_connected;
	bool duty_by_post; /* who supervises does so from there: not while the line is down */
	char duty_officer[64];
	uint64_t duty_until_ms; /* monotonic; 0: until told */
	int64_t duty_until_wall_ms;
	uint64_t assist_until_ms; /* monotonic; 0: no assist that must be renewed */
	struct {
		char officer[64];
		uint64_t sequence;
	} heard[LANE_OFFICERS];
	struct lane_ordered ordered;
	struct lane_alarm alarms[LANE_ALARMS];
	uint64_t next_alarm_id;
	struct lane_look looks[LANE_LOOKS];
	struct lane_mark marks[LANE_MARKS];
	struct lane_search search;
	uint64_t crossings, referrals;
	_Alignas(16) unsigned char memory[CROSSING_ARENA_BYTES];
};

void lane_init(struct lane *lane, const struct lane_config *config);

/* Runs one input to completion. Returns PN_OK; for LANE_DECISION, LANE_ORDER and LANE_COMMAND also PN_EDENIED (expired, replayed,
 * no reason) PN_ECONFLICT (the crossing has moved on) or PN_EAGAIN (the gate cannot do it as it stands, such
 * as admit with two inside); for LANE_MESSAGE PN_EDENIED when the message is an answer that
 * its sender had no right to give: the caller kills the sender. */
int lane_dispatch(struct lane *lane, const struct lane_input *in, const struct lane_sink *sink);

/* Why a command was not taken, for the officer who gave it; err: of lane_dispatch(). NULL: it was taken. */
const char *lane_refusal(enum lane_command command, int err);

/* Monotonic milliseconds at which LANE_TICK is due; UINT64_MAX when nothing is pending. */
uint64_t lane_next_wake(const struct lane *lane);

/* Does an officer supervise the lane: on duty, and the line to their post is up where they are there? */
bool lane_supervised(const struct lane *lane);

/* Does the lane as it stands take a new traveller? */
bool lane_ready(const struct lane *lane);

/* Must a second officer agree before the crossing in hand is admitted? */
bool lane_needs_second(const struct lane *lane);

/* May the machine begin with a new traveller now? */
bool lane_may_serve(const struct lane *lane);

/* Is a clock of that quality good enough to admit by? */
bool lane_trusts(Postern__ClockQuality q);

/* Has an officer ordered that people pass unchecked? */
bool lane_is_free(const struct lane *lane);

/* Wipes the crossing in hand. */
void lane_wipe(struct lane *lane);
#endif

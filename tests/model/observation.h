/* SPDX-License-Identifier: Apache-2.0
 * What an onlooker of a lane can tell at one step: what happened, what the machine then did, and
 * what is true of steel and people. The properties are judged on this alone. Must never include
 * anything of core/gate.
 */
#ifndef POSTERN_MODEL_OBSERVATION_H
#define POSTERN_MODEL_OBSERVATION_H
#include <stdbool.h>
#include <stdint.h>

enum shown {
	SHOWN_CLOSED,
	SHOWN_PRESENT_DOCUMENT,
	SHOWN_KEEP_DOCUMENT,
	SHOWN_TRY_AGAIN,
	SHOWN_TAKE_DOCUMENT,
	SHOWN_WALK_IN,
	SHOWN_LOOK_HERE,
	SHOWN_WALK_OUT,
	SHOWN_WAIT_OFFICER,
	SHOWN_GO_BACK,
	SHOWN_ONE_PERSON,
	SHOWN_EMERGENCY,
	SHOWN_OTHER_LANE,
};

enum ending {
	ENDING_NONE,
	ENDING_PASSED,
	ENDING_RETURNED,
	ENDING_ABANDONED,
	ENDING_REFERRED,
	ENDING_REFUSED,
	ENDING_EMERGENCY,
	ENDING_UNKNOWN,
	ENDING_COUNT,
};

enum occurrence { /* what happened, as far as a property cares */
	HAPPENED_OTHER,
	HAPPENED_FAULT,        /* hardware or plugin: must be recorded and an officer called */
	HAPPENED_SENSOR_FAULT, /* the same, but not while somebody else has charge of the lane */
	HAPPENED_SECOND_PERSON,
	HAPPENED_INTRUSION, /* somebody inside whom no released leaf let in */
	HAPPENED_OBJECT_LEFT,
	HAPPENED_NOTICE, /* must be recorded; nobody is called */
	HAPPENED_ALARM_RESET,
	HAPPENED_OFFICER_ADMITS,
	HAPPENED_OFFICER_SENDS_BACK, /* or refuses */
	HAPPENED_POLICY,
	HAPPENED_TAKES_BACK, /* somebody gives a lane back to the machine */
	HAPPENED_ASSIST,
	HAPPENED_TIMEOUT,
	HAPPENED_OFFICER_HOLDS,
	HAPPENED_LETS_GO, /* the officer whose hands were on the leaves */
	HAPPENED_TESTED,  /* the hardware, and it is well */
	HAPPENED_UNREADABLE,
	HAPPENED_INSIDE_CLEAR,
	HAPPENED_RECORD_DURABLE,
	HAPPENED_DOCUMENT_TAKEN,
	HAPPENED_LEAF_LOCKS,
	HAPPENED_OBJECT_GONE,
	HAPPENED_ELIGIBLE,
	HAPPENED_FACE_FOUND,
	HAPPENED_WALKS_IN, /* by a leaf that is released */
};

struct observation {
	enum occurrence happened;
	/* The lane as it is built: the document is read between the leaves, and the entry stands open
	 * for whoever comes while nobody is there. */
	bool reader_inside;
	bool stands_open; /* for whoever comes: so it is then, and in a lane ordered free */
	bool free;        /* an officer has ordered that people pass unchecked */
	bool unneeded_lost; /* of such a lane: a plugin that only asks or checks */
	/* And whether it redeems results of a kiosk. */
	bool redeems, redeeming_before, redemption_asked_before;
	bool quiet; /* every event of this moment has been delivered */
	/* Before this event: who has charge. */
	bool looking_on; /* starting, emergency, maintenance, hardware away */
	bool by_hand;    /* an officer's assist, and shutting after it */
	bool holding;    /* a person waits for an officer's word */
	bool already_broken;
	bool inviting_before, inviting; /* it stands open so, or is opening */
	bool closing_entry;
	bool closing;  /* a leaf, and it goes on when that locks */
	bool shutting; /* the same, of what hands or a start had opened */
	bool fault_shut_before, maintenance_before, for_object_before, hands_on;
	bool for_document_before;
	bool asking_before; /* eligibility or inside */
	bool driven_exit;   /* released and not closed since */
	uint8_t tries_before;
	/* What the machine did. */
	bool begun, released_entry, closed_entry, released_exit, closed_exit;
	bool asked_checks, asked_redemption; /* both count as asked_eligibility */
	bool asked_eligibility, asked_inside, asked_commit, recorded_referral, recorded_event;
	bool made_safe, recorded_late; /* an event recorded when its crossing was over */
	bool called, escalated, tested_hardware, cancelled, guided;
	uint8_t endings; /* how many END_* */
	enum ending ending;
	bool unlocks_asked; /* assist: the officer's hand opens */
	/* What is sensed. */
	bool entry_locked, exit_locked, entry_obstructed, exit_obstructed, entry_shut, exit_shut,
		exit_told;
	bool entry_stands_open;
	bool occupants_known;
	uint8_t occupants;
	bool fire;
	/* What is true, and history that the world keeps. */
	bool open_before, open; /* a crossing is in hand */
	bool document_in, object_in;
	bool admissible; /* document and lists said clear, or an officer admitted, for this
			    traveller */
	bool durable;    /* and the record that lets this one person out is on the disk */
	bool entry_lawful, exit_lawful; /* lawfully released and not locked since */
	bool recorded; /* a referral of this crossing has been recorded (before this step) */
	bool came_in, left_by_entry, left_by_exit, refused, blind, fire_seen;
	bool hardware_tested;
	bool officer_knows, officer_knew;
	bool open_questions; /* answers can still arrive after this step */
	bool policy; /* all of these that the lane needs */
	bool policy_officer, policy_lists, policy_clock, policy_journal, policy_serving;
	bool mains, battery, tamper, maintenance, hardware_well, machine_withdrawn;
	enum shown shown_before, shown;
	uint8_t tries; /* of the same leaf, without success */
	/* After it. */
	bool has_timer, idle, idle_before, in_maintenance, out_of_service, fault_shut, in_emergency,
		waits_inside;
	bool holding_after, broken_after, emergency_before;
	bool sends_back; /* it has just opened the way back */
	bool restarting;
	bool eligible;         /* the outside part of admissible */
	bool officer_admitted; /* an officer's word is what admits */
	bool serves;           /* everything that a beginning needs, as sensed and as policy says */
	bool entry_told;       /* the entry's position is known */
	bool told_to_stop;     /* withdrawn and nobody has resumed */
	bool for_object;       /* shut until an object is gone */
	bool for_document;     /* shut until the document on the reader is gone */
	bool somebody_inside;  /* in truth, sensed or not */
};

/* NULL, or the name of the property that this step breaks. */
const char *property_broken(const struct observation *o);

struct property {
	const char *name;
	bool (*holds)(const struct observation *o);
};
/* What a gate owes who has been checked at a kiosk; the last has no name. */
extern const struct property redemptions[];
/* What must be true of a lane ordered free; the last has no name. */
extern const struct property freedoms[];
/* What a lane owes travellers and officers; the last has no name. */
extern const struct property duties[];

#define IF(condition) (!(condition)) ||
#endif

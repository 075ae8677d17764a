/* SPDX-License-Identifier: Apache-2.0
 * One crossing: one attempt by one traveller in one direction. Everything personal lives in its arena and is wiped at
 * its end. Pure; must never touch a clock, a descriptor or a database.
 */
#ifndef POSTERN_CROSSING_H
#define POSTERN_CROSSING_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "bus.pb-c.h"
#include "crossing/camera_height.h"
#include "crossing/ulid.h"
#include "kiosk/results.h"
#include "verdict/verdict.h"

#define CROSSING_ARENA_BYTES ((size_t)96 * 1024)

/* Steps of docs/names.md whose duration a crossing records. */
enum crossing_step {
	STEP_DOCUMENT, /* presented to checked */
	STEP_CHIP,     /* presented to inspected; runs beside the lists */
	STEP_LISTS,    /* watchlist and history, asked together */
	STEP_RULES,
	STEP_TAKE_BACK,
	STEP_ENTRY,
	STEP_INSIDE,
	STEP_COMMIT,
	STEP_EXIT,
	STEP_OFFICER,
	STEP_COUNT_
};

struct crossing {
	bool active;
	char id[ULID_SIZE];
	uint64_t begun_mono_ms;
	uint64_t step_begun_mono_ms[STEP_COUNT_];
	uint32_t step_ms[STEP_COUNT_];
	bool step_running[STEP_COUNT_];
	struct arena arena;
	/* Evidence; owned by the arena, NULL until known. */
	const Postern__DocumentPresented *presented;
	const Postern__DocumentChecked *document;
	const Postern__WatchlistSearched *watchlist;
	const Postern__HistoryLooked *history;
	const Postern__RulesEvaluated *rules;
	const Postern__ChipRead *chip;
	const Postern__ChipInspected *inspected;
	uint8_t chip_sha256[32]; /* of the blob with the chip's files, which the core passes on and never opens */
	uint64_t chip_size;
	uint8_t portrait_sha256[32]; /* of the blob with the holder's face of DG2, the same */
	uint64_t portrait_size;	     /* 0: none */
	/* Of the blob with the portrait of the data page, the same. printed_query: of the question about it that is open; 0: none. */
	uint8_t printed_sha256[32];
	uint64_t printed_size, printed_query;
	/* The face before the camera. face_query: of the question about it that is open; 0: none. */
	const Postern__ReferenceTaken *reference; /* NULL: no answer */
	const Postern__FaceMatched *face;	  /* NULL until decided */
	Postern__FaceMatched own_face;		  /* where nobody else could say */
	Postern__Check own_face_check, *own_face_list[1];
	uint8_t live_sha256[32]; /* of the blob with the frame that an officer is shown */
	uint64_t live_size;	 /* 0: none */
	uint64_t reference_query, face_query, face_begun_ms;
	bool reference_asked, reference_done, face_asked, face_done;
	bool face_last;	      /* the matcher has been told that there are no more frames */
	uint32_t face_rounds; /* how often it was asked */
	/* The camera's height, for this traveller. move_id: of the move that the next frames wait for, move_until_ms at most; 0: none. */
	struct camera_height height;
	uint32_t move_id;
	uint64_t move_until_ms;
	bool watchlist_asked, history_asked, chip_asked;
	bool document_done, watchlist_done, history_done, chip_done;
	bool concluded; /* the eligibility stage has ended: what comes later changes nothing */
	/* The date at the crossing point when the rules were asked; year 0: they were not. */
	struct {
		uint32_t year, month, day;
	} today;
	struct verdict verdict; /* value UNSPECIFIED until made */
	Postern__Verdict without_rules; /* what it would be had the rules been clear */
	bool has_verdict;
	/* The verdict record on the way to the journal and once durable. */
	uint64_t verdict_tag;
	bool verdict_submitted, verdict_durable;
	uint8_t verdict_hash[32];
	/* Only the face was shown: the name of the result that it means. */
	bool by_face;
	uint8_t token[KIOSK_TOKEN];
	/* Nobody checked: an officer admits, by the order that made the lane free. */
	bool by_order;
	char order_officer[64], order_reason[65];
	/* An officer's accepted decision. */
	Postern__OfficerDecision decision;
	const Postern__SignedDecision *signed_decision;
	char officer[64], second_officer[64];
	char reason_code[65];
	bool waiting_officer;
	bool outcome_written;
};

/* Starts a crossing over memory of CROSSING_ARENA_BYTES that the caller owns for the lane's lifetime. */
void crossing_begin(struct crossing *c, void *memory, int64_t wall_ms, uint64_t mono_ms, const uint8_t random[10]);
/* Wipes everything personal. */
void crossing_end(struct crossing *c);

/* Wipes what is known of a document, for another one; must not be used once there is a verdict. */
void crossing_forget(struct crossing *c);

/* Decodes body bytes of a validated message a second time, into the crossing's arena; NULL when it is full. */
void *crossing_keep(struct crossing *c, const ProtobufCMessageDescriptor *type, const uint8_t *bytes, size_t size);

/* What is known of the chip, for rules, verdict and record. A chip that was not read, or not inspected, has one check that
 * says so: chip.read, chip.inspection, or the proof that ended the reading. Texts belong to the crossing or are static; must
 * not outlive c. */
struct crossing_chip {
	Postern__CheckResult result; /* NOT_PERFORMED: nobody was asked */
	Postern__ExceptionClass exception; /* when it is not successful */
	const char *reason, *argument;     /* the same */
	Postern__Check **checks;
	size_t n_checks;
	Postern__Check own, *own_list[1];
};

void crossing_chip(const struct crossing *c, struct crossing_chip *out);

void crossing_step_start(struct crossing *c, enum crossing_step step, uint64_t mono_ms);
/* Adds to the step's duration; no effect when it is not running. */
void crossing_step_end(struct crossing *c, enum crossing_step step, uint64_t mono_ms);
const char *crossing_step_name(enum crossing_step step);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * A workbench for the pure lane: plays every plugin, the journal and the clock by hand, and remembers what the lane did.
 * Must never know the gate's table.
 */
#ifndef POSTERN_TEST_LANE_BENCH_H
#define POSTERN_TEST_LANE_BENCH_H
#include "crossing/lane.h"

#define BENCH_OUT 512

struct bench_out {
	enum { OUT_SEND, OUT_APPEND } what;
	Postern__PluginKind to;
	Postern__Envelope__BodyCase body;
	uint64_t query_id;
	Postern__GateCommandKind command;
	uint32_t command_id;
	Postern__Guidance guidance, then;
	uint64_t tag;
	Postern__RecordKind record;
	Postern__Verdict verdict;
	Postern__ExceptionClass exception;
	Postern__Outcome outcome;
	bool personal, names_record;
	uint8_t blob[32];
	uint64_t blob_size;
	uint32_t permille;
	Postern__FaceAdvice advice;
	uint32_t elapsed_ms, limit_ms, frames; /* MATCH_FACE, CAPTURE_FACE */
	uint8_t token[KIOSK_TOKEN];	       /* TAKE_REFERENCE, KEEP_FACE, DROP_FACE, a kiosk's mark */
	size_t token_size;
	uint32_t valid_ms; /* KEEP_FACE */
	Postern__CameraDirection move; /* MOVE_CAMERA */
	uint32_t move_ms, move_id;     /* the same */
	Postern__CheckResult face_result;      /* a verdict record's; UNSPECIFIED: it speaks of no face */
	char face_cause[64], face_check[64];   /* the first check's name */
	unsigned portraits;		       /* of a POST_REPLY */
	bool printed_by_reader;		       /* the same */
	Postern__PortraitSource source;	       /* of a PORTRAIT_IMAGE */
	char reason[64], argument[64];
	Postern__CheckResult chip_result; /* EVALUATE_RULES: as the rules see it; a verdict record: as recorded */
	char chip_check[64];		  /* the first one's name */
	size_t matches, dismissed;	  /* a verdict record's */
	char dismissed_entry[16];	  /* the first one's */
	char crossing[ULID_SIZE];
	Postern__LaneMode mode;
	Postern__OfficerDecision decision;
	char officer[64], reason_code[65], event[40], detail[40];
};

struct bench {
	struct lane lane;
	struct lane_sink sink;
	uint64_t now_ms;
	uint8_t chance;
	struct bench_out out[BENCH_OUT];
	size_t count;
	Postern__GateSensed sensed;
	unsigned char arena_memory[65536];
	uint8_t facts[8192]; /* as the rules were last told; every verdict record must give them back */
	size_t facts_size;
	char facts_of[ULID_SIZE];
	int64_t metric[METRIC_COUNT_];
	bool cannot_keep;
	struct {
		unsigned times, count;
		char crossing[ULID_SIZE];
		char what[3][40]; /* name and media type */
		uint8_t sha256[3][32];
		uint64_t size[3];
	} kept; /* faces */
};

/* A lane with all plugins ready, self-tested, idle. */
void bench_start(struct bench *b);
/* The same with a chip reader; ready: it has come up. */
void bench_start_with_chips(struct bench *b, bool ready);
/* A lane with a chip reader, a camera and a matcher. assisted: as configured, with an officer on duty. */
void bench_start_with_face(struct bench *b, bool assisted, enum gate_topology topology);
/* The same, assisted, where the lane has a line to a control post; portraits: its reader says that it gives those of data pages. */
void bench_start_with_page(struct bench *b, bool post, bool portraits, enum gate_topology topology);
/* The reader's word on itself. */
void bench_reader(struct bench *b, bool ready, bool portraits);
/* A one-step lane with a chip reader, its entry released for whoever comes. */
void bench_start_one_step(struct bench *b);
/* A kiosk, and the gate that redeems: of one store. */
void bench_start_kiosk(struct bench *b, struct kiosk_store *store);
void bench_start_segregated(struct bench *b, struct kiosk_store *store);
/* The same, the gate with a camera and a matcher, the kiosk with a chip reader, that matcher and, if wished, a camera of its own. */
void bench_start_kiosk_with_face(struct bench *b, struct kiosk_store *store, bool camera);
void bench_start_segregated_with_face(struct bench *b, struct kiosk_store *store);
int bench_input(struct bench *b, struct lane_input *in);
/* A message from a plugin; query_id 0 for a report. */
int bench_message(struct bench *b, Postern__PluginKind from, uint64_t query_id, Postern__Envelope *e);
void bench_sense(struct bench *b);
void bench_leaf(struct bench *b, bool entry, Postern__LeafPosition position);
void bench_present(struct bench *b);
void bench_remove(struct bench *b);
void bench_lost(struct bench *b, Postern__PluginKind kind);
void bench_wait(struct bench *b, uint64_t ms);
/* Answers the last query of that body; results as wanted. */
void bench_answer_document(struct bench *b, Postern__CheckResult overall);
void bench_answer_lists(struct bench *b, bool match);
/* One match that an officer has said is not this person. */
void bench_answer_dismissed(struct bench *b, const char *entry);
void bench_answer_rules(struct bench *b, Postern__Verdict verdict);
/* Completes the append with that index in out[]. */
void bench_commit(struct bench *b, const struct bench_out *append, bool durable);
const char *bench_state(const struct bench *b);
/* How many messages of that body the lane has sent. */
size_t bench_asked(const struct bench *b, Postern__Envelope__BodyCase body);
const struct bench_out *bench_last(const struct bench *b, Postern__Envelope__BodyCase body);
const struct bench_out *bench_record(const struct bench *b, Postern__RecordKind kind);
bool bench_commanded(const struct bench *b, Postern__GateCommandKind command);
size_t bench_commands(const struct bench *b, Postern__GateCommandKind command);
/* Clear traveller up to standing alone between two locked leaves. */
void bench_walk_in(struct bench *b);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * The lane's workbench. Must never step the gate itself.
 */
#include "lane_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "crossing/facts.h"

#define K(name) POSTERN__PLUGIN_KIND__KIND_##name

static void keep_facts(struct bench *b, const Postern__CrossingFacts *f)
{
	assert_true(postern__crossing_facts__get_packed_size(f) <= sizeof b->facts);
	b->facts_size = postern__crossing_facts__pack(f, b->facts);
	snprintf(b->facts_of, sizeof b->facts_of, "%s", f->crossing_id);
}

/* Another pack is asked later by the record: it must say what the lane said. */
static void compare_facts(const struct bench *b, const Postern__RecordClear *clear, const Postern__CrossingRecord *personal)
{
	static uint8_t bytes[sizeof b->facts];
	Postern__CrossingFacts f;
	bool asked = clear->kind == POSTERN__RECORD_KIND__RECORD_VERDICT && b->facts_size > 0 &&
		     strcmp(b->facts_of, clear->crossing_id) == 0;
	assert_int_equal(facts_of_record(clear, personal, &f), asked);
	if (!asked)
		return;
	assert_int_equal(postern__crossing_facts__get_packed_size(&f), b->facts_size);
	postern__crossing_facts__pack(&f, bytes);
	assert_memory_equal(bytes, b->facts, b->facts_size);
}

static void note_bytes(struct bench_out *o, const ProtobufCBinaryData *token)
{
	o->token_size = token->len;
	if (token->len == sizeof o->token)
		memcpy(o->token, token->data, sizeof o->token);
}

static void note_token(struct bench_out *o, const Postern__Envelope *e)
{
	if (e->body_case == POSTERN__ENVELOPE__BODY_TAKE_REFERENCE)
		note_bytes(o, &e->take_reference->face_token);
	if (e->body_case == POSTERN__ENVELOPE__BODY_DROP_FACE)
		note_bytes(o, &e->drop_face->face_token);
	if (e->body_case == POSTERN__ENVELOPE__BODY_KEEP_FACE) {
		note_bytes(o, &e->keep_face->face_token);
		o->valid_ms = e->keep_face->valid_ms;
	}
}

static void on_send(void *ctx, Postern__PluginKind to, const Postern__Envelope *e)
{
	struct bench *b = ctx;
	assert_true(b->count < BENCH_OUT);
	struct bench_out *o = &b->out[b->count++];
	memset(o, 0, sizeof *o);
	o->what = OUT_SEND;
	o->to = to;
	o->body = e->body_case;
	o->query_id = e->id;
	snprintf(o->crossing, sizeof o->crossing, "%s", e->crossing_id);
	if (e->body_case == POSTERN__ENVELOPE__BODY_GATE_COMMAND) {
		o->command = e->gate_command->command;
		o->command_id = e->gate_command->command_id;
		o->names_record = e->gate_command->record_hash.len == 32;
	}
	if (e->body_case == POSTERN__ENVELOPE__BODY_MOVE_CAMERA) {
		o->move = e->move_camera->direction;
		o->move_ms = e->move_camera->ms;
		o->move_id = e->move_camera->move_id;
	}
	if (e->body_case == POSTERN__ENVELOPE__BODY_SHOW_GUIDANCE) {
		o->guidance = e->show_guidance->guidance;
		o->permille = e->show_guidance->permille;
		o->advice = e->show_guidance->advice;
		o->then = e->show_guidance->then;
	}
	if (e->body_case == POSTERN__ENVELOPE__BODY_POST_REPLY) {
		o->personal = e->post_reply->referral != NULL;
		o->portraits = o->personal ? (unsigned)e->post_reply->referral->n_portraits : 0;
		o->printed_by_reader = o->personal && e->post_reply->referral->printed_by_reader;
	}
	if (e->body_case == POSTERN__ENVELOPE__BODY_PORTRAIT_IMAGE)
		o->source = e->portrait_image->portrait->source;
	if (e->body_case == POSTERN__ENVELOPE__BODY_CAPTURE_FACE)
		o->frames = e->capture_face->frames;
	if (e->body_case == POSTERN__ENVELOPE__BODY_MATCH_FACE) {
		o->frames = (uint32_t)e->match_face->n_frames;
		o->elapsed_ms = e->match_face->elapsed_ms;
		o->limit_ms = e->match_face->limit_ms;
	}
	note_token(o, e);
	if (e->blob_sha256.len == sizeof o->blob)
		memcpy(o->blob, e->blob_sha256.data, sizeof o->blob);
	o->blob_size = e->blob_size;
	if (e->body_case == POSTERN__ENVELOPE__BODY_EVALUATE_RULES) {
		const Postern__CrossingFacts *f = e->evaluate_rules->facts;
		keep_facts(b, f);
		o->chip_result = f->chip_result;
		if (f->n_chip_checks > 0)
			snprintf(o->chip_check, sizeof o->chip_check, "%s", f->chip_checks[0]->name);
	}
}

static void on_append(void *ctx, uint64_t tag, const Postern__RecordClear *clear, const Postern__CrossingRecord *personal)
{
	struct bench *b = ctx;
	assert_true(b->count < BENCH_OUT);
	struct bench_out *o = &b->out[b->count++];
	memset(o, 0, sizeof *o);
	o->what = OUT_APPEND;
	o->tag = tag;
	o->record = clear->kind;
	o->verdict = clear->verdict;
	o->exception = clear->exception;
	o->outcome = clear->outcome;
	o->personal = personal != NULL;
	o->mode = clear->mode;
	o->decision = clear->decision;
	snprintf(o->officer, sizeof o->officer, "%s", clear->officer);
	snprintf(o->reason_code, sizeof o->reason_code, "%s", clear->reason_code);
	snprintf(o->event, sizeof o->event, "%s", clear->event);
	snprintf(o->detail, sizeof o->detail, "%s", clear->detail);
	snprintf(o->reason, sizeof o->reason, "%s", clear->reason);
	snprintf(o->argument, sizeof o->argument, "%s", clear->reason_argument);
	if (clear->kiosk != NULL)
		note_bytes(o, &clear->kiosk->face_token);
	if (personal != NULL) {
		compare_facts(b, clear, personal);
		o->chip_result = personal->chip_result;
		if (personal->n_chip_checks > 0)
			snprintf(o->chip_check, sizeof o->chip_check, "%s", personal->chip_checks[0]->name);
		if (personal->face != NULL) {
			o->face_result = personal->face->result;
			snprintf(o->face_cause, sizeof o->face_cause, "%s", personal->face->cause);
			if (personal->face->n_checks > 0)
				snprintf(o->face_check, sizeof o->face_check, "%s", personal->face->checks[0]->name);
		}
		o->matches = personal->n_matches;
		o->dismissed = personal->n_dismissed;
		if (personal->n_dismissed > 0)
			snprintf(o->dismissed_entry, sizeof o->dismissed_entry, "%s", personal->dismissed[0]->entry_id);
	}
	snprintf(o->crossing, sizeof o->crossing, "%s", clear->crossing_id);
}

static void on_count(void *ctx, enum metric metric, int64_t add)
{
	struct bench *b = ctx;
	b->metric[metric] += add;
}

static bool on_keep(void *ctx, const char *crossing_id, int64_t wall_ms, const struct lane_picture *faces, size_t count)
{
	struct bench *b = ctx;
	assert_true(b->lane.config.keep_faces && wall_ms > 0 && count <= 3);
	b->kept.times++;
	b->kept.count = (unsigned)count;
	snprintf(b->kept.crossing, sizeof b->kept.crossing, "%s", crossing_id);
	for (size_t i = 0; i < count; i++) {
		snprintf(b->kept.what[i], sizeof b->kept.what[i], "%s %s", faces[i].name, faces[i].media_type);
		memcpy(b->kept.sha256[i], faces[i].sha256, sizeof b->kept.sha256[i]);
		b->kept.size[i] = faces[i].size;
	}
	return !b->cannot_keep;
}

int bench_input(struct bench *b, struct lane_input *in)
{
	b->now_ms++;
	in->mono_ms = b->now_ms;
	in->wall_ms = INT64_C(1700000000000) + (int64_t)b->now_ms;
	in->clock_quality = POSTERN__CLOCK_QUALITY__CLOCK_SYNCHRONISED;
	in->year = 2026;
	in->month = 11;
	in->day = 23;
	memset(in->random, b->chance++, sizeof in->random);
	return lane_dispatch(&b->lane, in, &b->sink);
}

int bench_message(struct bench *b, Postern__PluginKind from, uint64_t query_id, Postern__Envelope *e)
{
	uint8_t bytes[BUS_MESSAGE_MAX];
	size_t size = 0;
	struct arena arena;
	struct bus_message m;
	struct lane_input in = { .kind = LANE_MESSAGE, .source = from, .instance = "test" };
	e->id = query_id;
	if (query_id != 0 && e->body_case != POSTERN__ENVELOPE__BODY_FACE_FOUND)
		e->crossing_id = b->lane.crossing.id; /* of whoever only comes there is none */
	assert_int_equal(bus_encode(e, bytes, sizeof bytes, &size), PN_OK);
	void *memory = test_malloc(BUS_ARENA_SIZE);
	arena_init(&arena, memory, BUS_ARENA_SIZE);
	assert_int_equal(bus_decode(bytes, size, &arena, &m), PN_OK);
	in.message = &m;
	int r = bench_input(b, &in);
	test_free(memory);
	return r;
}

void bench_sense(struct bench *b)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	e.body_case = POSTERN__ENVELOPE__BODY_GATE_SENSED;
	e.gate_sensed = &b->sensed;
	const struct bench_out *c = bench_last(b, POSTERN__ENVELOPE__BODY_GATE_COMMAND);
	b->sensed.last_command_id = c != NULL ? c->command_id : 0;
	assert_int_equal(bench_message(b, K(GATE), 0, &e), PN_OK);
}

void bench_leaf(struct bench *b, bool entry, Postern__LeafPosition position)
{
	if (entry)
		b->sensed.entry_leaf = position;
	else
		b->sensed.exit_leaf = position;
	bench_sense(b);
}

void bench_present(struct bench *b)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__DocumentPresented p = POSTERN__DOCUMENT_PRESENTED__INIT;
	char *lines[2] = { (char *)(uintptr_t)"LINE ONE", (char *)(uintptr_t)"LINE TWO" };
	p.mrz_lines = lines;
	p.n_mrz_lines = 2;
	e.body_case = POSTERN__ENVELOPE__BODY_DOCUMENT_PRESENTED;
	e.document_presented = &p;
	assert_int_equal(bench_message(b, K(READER), 0, &e), PN_OK);
}

void bench_remove(struct bench *b)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__DocumentRemoved r = POSTERN__DOCUMENT_REMOVED__INIT;
	e.body_case = POSTERN__ENVELOPE__BODY_DOCUMENT_REMOVED;
	e.document_removed = &r;
	assert_int_equal(bench_message(b, K(READER), 0, &e), PN_OK);
}

void bench_lost(struct bench *b, Postern__PluginKind kind)
{
	struct lane_input in = { .kind = LANE_PLUGIN_LOST, .source = kind, .instance = "test" };
	bench_input(b, &in);
}

/* The gate speaks every 200 ms, as a real one does; ticks come when the lane asks for them. */
void bench_wait(struct bench *b, uint64_t ms)
{
	uint64_t end = b->now_ms + ms;
	while (b->now_ms < end) {
		struct lane_input in = { .kind = LANE_TICK };
		b->now_ms += 199;
		bench_sense(b);
		bench_input(b, &in);
	}
}

const char *bench_state(const struct bench *b)
{
	return gate_state_name(b->lane.gate.state);
}

size_t bench_asked(const struct bench *b, Postern__Envelope__BodyCase body)
{
	size_t n = 0;
	for (size_t i = 0; i < b->count; i++)
		n += b->out[i].what == OUT_SEND && b->out[i].body == body;
	return n;
}

const struct bench_out *bench_last(const struct bench *b, Postern__Envelope__BodyCase body)
{
	for (size_t i = b->count; i > 0; i--)
		if (b->out[i - 1].what == OUT_SEND && b->out[i - 1].body == body)
			return &b->out[i - 1];
	return NULL;
}

const struct bench_out *bench_record(const struct bench *b, Postern__RecordKind kind)
{
	for (size_t i = b->count; i > 0; i--)
		if (b->out[i - 1].what == OUT_APPEND && b->out[i - 1].record == kind)
			return &b->out[i - 1];
	return NULL;
}

size_t bench_commands(const struct bench *b, Postern__GateCommandKind command)
{
	size_t n = 0;
	for (size_t i = 0; i < b->count; i++)
		n += b->out[i].what == OUT_SEND && b->out[i].command == command;
	return n;
}

bool bench_commanded(const struct bench *b, Postern__GateCommandKind command)
{
	return bench_commands(b, command) > 0;
}

void bench_answer_document(struct bench *b, Postern__CheckResult overall)
{
	const struct bench_out *q = bench_last(b, POSTERN__ENVELOPE__BODY_CHECK_DOCUMENT);
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__DocumentChecked a = POSTERN__DOCUMENT_CHECKED__INIT;
	Postern__Document d = POSTERN__DOCUMENT__INIT;
	Postern__Date birth = POSTERN__DATE__INIT;
	assert_non_null(q);
	birth.year = 1980;
	birth.month = 1;
	birth.day = 2;
	d.nationality = d.issuer = (char *)(uintptr_t)"NOR";
	d.number = (char *)(uintptr_t)"SECRETNO";
	d.surname = (char *)(uintptr_t)"SECRETNAME";
	d.birth_date = &birth;
	a.document = &d;
	a.overall = overall;
	e.body_case = POSTERN__ENVELOPE__BODY_DOCUMENT_CHECKED;
	e.document_checked = &a;
	assert_int_equal(bench_message(b, K(DOCUMENT_CHECK), q->query_id, &e), PN_OK);
}

static void answer_lists(struct bench *b, Postern__WatchlistMatch **matches, size_t count, Postern__WatchlistMatch **dismissed,
	size_t dismissed_count)
{
	const struct bench_out *q = bench_last(b, POSTERN__ENVELOPE__BODY_SEARCH_WATCHLIST);
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__WatchlistSearched a = POSTERN__WATCHLIST_SEARCHED__INIT;
	assert_non_null(q);
	a.result = POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL;
	a.matches = matches;
	a.n_matches = count;
	a.dismissed = dismissed;
	a.n_dismissed = dismissed_count;
	e.body_case = POSTERN__ENVELOPE__BODY_WATCHLIST_SEARCHED;
	e.watchlist_searched = &a;
	assert_int_equal(bench_message(b, K(WATCHLIST), q->query_id, &e), PN_OK);
}

void bench_answer_lists(struct bench *b, bool match)
{
	Postern__WatchlistMatch m = POSTERN__WATCHLIST_MATCH__INIT, *matches[1] = { &m };
	answer_lists(b, matches, match ? 1 : 0, NULL, 0);
}

void bench_answer_dismissed(struct bench *b, const char *entry)
{
	Postern__WatchlistMatch m = POSTERN__WATCHLIST_MATCH__INIT, *dismissed[1] = { &m };
	m.entry_id = (char *)(uintptr_t)entry;
	answer_lists(b, NULL, 0, dismissed, 1);
}

void bench_answer_rules(struct bench *b, Postern__Verdict verdict)
{
	const struct bench_out *q = bench_last(b, POSTERN__ENVELOPE__BODY_EVALUATE_RULES);
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__RulesEvaluated a = POSTERN__RULES_EVALUATED__INIT;
	assert_non_null(q);
	a.verdict = verdict;
	e.body_case = POSTERN__ENVELOPE__BODY_RULES_EVALUATED;
	e.rules_evaluated = &a;
	assert_int_equal(bench_message(b, K(RULES), q->query_id, &e), PN_OK);
}

void bench_commit(struct bench *b, const struct bench_out *append, bool durable)
{
	struct lane_input in = { .kind = durable ? LANE_COMMITTED : LANE_COMMIT_FAILED };
	assert_non_null(append);
	in.tag = append->tag;
	memset(in.hash, 0x5a, sizeof in.hash);
	bench_input(b, &in);
}

struct face_choice {
	bool assisted;
};

/* face NULL: the lane has no camera. */
static void start_of(struct bench *b, const Postern__PluginKind *kinds, size_t count, bool chips, enum gate_topology topology,
	const struct face_choice *face, struct kiosk_store *store)
{
	struct lane_config config = { 0 };
	memset(b, 0, sizeof *b);
	config.record.lane = "lane-1";
	config.record.software = config.record.schema = config.record.config_hash = config.record.seal_recipients = "";
	config.record.direction = POSTERN__DIRECTION__DIRECTION_ENTRY;
	config.record.mode = POSTERN__LANE_MODE__MODE_CONTROLLED;
	config.tenant = "NOR";
	config.timing = gate_timing_default;
	config.stale_after_ms = 1000;
	config.topology = topology;
	config.kiosk = store;
	config.has[K(CHIP_READER)] = chips;
	config.has[K(CAMERA)] = config.has[K(FACE_MATCH)] = face != NULL;
	config.face_assisted = config.officer_required = face != NULL && face->assisted;
	lane_init(&b->lane, &config);
	b->sink = (struct lane_sink){ b, on_send, on_append, on_count, on_keep };
	b->now_ms = 1000;
	postern__gate_sensed__init(&b->sensed);
	b->sensed.entry_leaf = b->sensed.exit_leaf = POSTERN__LEAF_POSITION__LEAF_LOCKED;
	b->sensed.occupants_known = b->sensed.mains_ok = b->sensed.self_test_ok = true;
	for (size_t i = 0; i < count; i++) {
		struct lane_input in = { .kind = LANE_PLUGIN_READY, .source = kinds[i], .instance = "test" };
		bench_input(b, &in);
	}
	if (face != NULL && face->assisted) {
		struct lane_input in = { .kind = LANE_COMMAND, .command = LANE_CMD_DUTY_ON, .officer = "officer-1" };
		assert_int_equal(bench_input(b, &in), PN_OK);
	}
	if (topology != GATE_KIOSK)
		bench_sense(b);
	assert_string_equal(gate_state_name(b->lane.gate.state), topology == GATE_ONE_STEP ? "ENTRY_OPENING" : "IDLE");
}

static void start(struct bench *b, const Postern__PluginKind *kinds, size_t count, bool chips, enum gate_topology topology,
	const struct face_choice *face)
{
	start_of(b, kinds, count, chips, topology, face, NULL);
}

static const Postern__PluginKind all[] = { K(READER), K(DOCUMENT_CHECK), K(WATCHLIST), K(RULES), K(UPLINK), K(GATE),
	K(CHIP_READER), K(CAMERA), K(FACE_MATCH) };
enum { CHIPS = 1, FACES = 2 };

void bench_start(struct bench *b)
{
	start(b, all, PN_COUNT(all) - FACES - CHIPS, false, GATE_TWO_STEP, NULL);
}

void bench_start_with_chips(struct bench *b, bool ready)
{
	start(b, all, PN_COUNT(all) - FACES - (ready ? 0 : CHIPS), true, GATE_TWO_STEP, NULL);
}

void bench_start_one_step(struct bench *b)
{
	start(b, all, PN_COUNT(all) - FACES, true, GATE_ONE_STEP, NULL);
}

void bench_start_with_face(struct bench *b, bool assisted, enum gate_topology topology)
{
	const struct face_choice face = { assisted };
	start(b, all, PN_COUNT(all), true, topology, &face);
}

void bench_reader(struct bench *b, bool ready, bool portraits)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__ReaderStatus s = POSTERN__READER_STATUS__INIT;
	s.ready = ready;
	s.portraits = portraits;
	e.body_case = POSTERN__ENVELOPE__BODY_READER_STATUS;
	e.reader_status = &s;
	assert_int_equal(bench_message(b, K(READER), 0, &e), PN_OK);
}

void bench_start_with_page(struct bench *b, bool post, bool portraits, enum gate_topology topology)
{
	bench_start_with_face(b, true, topology);
	b->lane.config.has[K(POST_LINK)] = post;
	bench_reader(b, true, portraits);
}

void bench_start_kiosk(struct bench *b, struct kiosk_store *store)
{
	start_of(b, all, PN_COUNT(all) - FACES - CHIPS - 1, false, GATE_KIOSK, NULL, store);
	b->lane.config.record.lane = "kiosk-1";
}

void bench_start_segregated(struct bench *b, struct kiosk_store *store)
{
	start_of(b, all, PN_COUNT(all) - FACES - CHIPS, false, GATE_SEGREGATED, NULL, store);
}

/* Nothing of a kiosk's moves, and its officer is the gate's. */
void bench_start_kiosk_with_face(struct bench *b, struct kiosk_store *store, bool camera)
{
	static const Postern__PluginKind stands[] = { K(READER), K(DOCUMENT_CHECK), K(WATCHLIST), K(RULES), K(UPLINK), K(CHIP_READER),
		K(FACE_MATCH), K(CAMERA) };
	const struct face_choice face = { true };
	start_of(b, stands, PN_COUNT(stands) - (camera ? 0 : 1), true, GATE_KIOSK, &face, store);
	b->lane.config.record.lane = "kiosk-1";
	b->lane.config.officer_required = false;
	b->lane.config.has[K(CAMERA)] = camera;
}

void bench_start_segregated_with_face(struct bench *b, struct kiosk_store *store)
{
	static const Postern__PluginKind stands[] = { K(READER), K(DOCUMENT_CHECK), K(WATCHLIST), K(RULES), K(UPLINK), K(GATE), K(FACE_MATCH),
		K(CAMERA) };
	const struct face_choice face = { true };
	start_of(b, stands, PN_COUNT(stands), false, GATE_SEGREGATED, &face, store);
}

void bench_walk_in(struct bench *b)
{
	bench_present(b);
	bench_answer_document(b, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	bench_answer_lists(b, false);
	bench_answer_rules(b, POSTERN__VERDICT__VERDICT_CLEAR);
	bench_remove(b);
	assert_true(bench_commanded(b, POSTERN__GATE_COMMAND_KIND__COMMAND_RELEASE_ENTRY));
	bench_leaf(b, true, POSTERN__LEAF_POSITION__LEAF_OPEN);
	b->sensed.occupants = 1;
	bench_sense(b);
	bench_leaf(b, true, POSTERN__LEAF_POSITION__LEAF_MOVING);
	bench_leaf(b, true, POSTERN__LEAF_POSITION__LEAF_LOCKED);
}

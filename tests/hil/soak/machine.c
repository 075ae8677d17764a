/* SPDX-License-Identifier: Apache-2.0
 * The joint between core and hardware, and the plugins that are played. Must never answer what was not asked.
 */
#include "machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kiosk/digest.h"

#define MS UINT64_C(1000)
#define K(name) POSTERN__PLUGIN_KIND__KIND_##name
#define BODY(name) POSTERN__ENVELOPE__BODY_##name
#define RESTART_US (300 * MS)
#define REPORT_US (200 * MS)
#define HEARTBEAT_US (100 * MS)
#define WALL_MS INT64_C(1790000000000)

static const Postern__PluginKind kinds[] = {K(READER), K(DOCUMENT_CHECK), K(WATCHLIST), K(RULES), K(UPLINK), K(GATE)};

static uint64_t draw(struct machine *m, uint64_t low, uint64_t high)
{
	m->random = m->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return low + (m->random >> 33) % (high - low + 1);
}

static struct pending *later(struct machine *m, uint64_t delay_us)
{
	if (m->queued == MACHINE_QUEUE) {
		fprintf(stderr, "lane-soak: more than %d messages under way\n", MACHINE_QUEUE);
		exit(1);
	}
	struct pending *p = &m->queue[m->queued++];
	memset(p, 0, sizeof *p);
	p->due_us = m->now_us + delay_us;
	return p;
}

static struct entry *entry_of(struct machine *m, const char *id)
{
	for (unsigned i = m->entries; i > 0; i--)
		if (strcmp(m->ledger[i - 1].id, id) == 0)
			return &m->ledger[i - 1];
	if (m->entries == LEDGER) {
		m->lost_entries++;
		return NULL;
	}
	struct entry *e = &m->ledger[m->entries++];
	snprintf(e->id, sizeof e->id, "%s", id);
	return e;
}

static void on_send(void *ctx, Postern__PluginKind to, const Postern__Envelope *e)
{
	struct machine *m = ctx;
	struct pending *p;
	(void)to;
	switch (e->body_case) {
	case BODY(GATE_COMMAND):
		p = later(m, draw(m, 200, 1500));
		p->what = TO_HARDWARE_COMMAND;
		p->command = e->gate_command->command;
		p->command_id = e->gate_command->command_id;
		p->without_record = e->gate_command->record_hash.len == 0;
		return;
	case BODY(SHOW_GUIDANCE):
		p = later(m, draw(m, 200, 1500));
		p->what = TO_HARDWARE_GUIDANCE;
		p->guidance = e->show_guidance->guidance;
		return;
	case BODY(CHECK_DOCUMENT):
	case BODY(SEARCH_WATCHLIST):
	case BODY(EVALUATE_RULES):
		p = later(m, draw(m, 5, 60) * MS);
		p->what = ANSWER;
		p->body = e->body_case;
		p->id = e->id;
		snprintf(p->crossing, sizeof p->crossing, "%s", e->crossing_id);
		return;
	default:
		return;
	}
}

static void on_append(void *ctx, uint64_t tag, const Postern__RecordClear *clear, const Postern__CrossingRecord *personal)
{
	struct machine *m = ctx;
	struct pending *p = later(m, draw(m, 1, 6) * MS);
	(void)personal;
	p->what = COMMIT;
	p->id = tag;
	p->record.kind = clear->kind;
	p->record.outcome = clear->outcome;
	snprintf(p->crossing, sizeof p->crossing, "%s", clear->crossing_id);
}

static void on_count(void *ctx, enum metric metric, int64_t add)
{
	(void)ctx;
	(void)metric;
	(void)add;
}

static int input(struct machine *m, struct lane_input *in)
{
	uint8_t *random = in->random;
	in->mono_ms = m->now_us / 1000;
	in->wall_ms = WALL_MS + (int64_t)in->mono_ms;
	in->clock_quality = POSTERN__CLOCK_QUALITY__CLOCK_SYNCHRONISED;
	in->year = 2026;
	in->month = 9;
	in->day = 21;
	in->instance = "soak";
	for (unsigned i = 0; i < sizeof in->random; i++)
		random[i] = (uint8_t)draw(m, 0, 255);
	return lane_dispatch(&m->lane, in, &m->sink);
}

static void message(struct machine *m, Postern__PluginKind from, uint64_t query_id, const char *crossing, Postern__Envelope *e)
{
	static unsigned char memory[BUS_ARENA_SIZE];
	static uint8_t bytes[BUS_MESSAGE_MAX];
	size_t size = 0;
	struct arena arena;
	struct bus_message decoded;
	struct lane_input in = {.kind = LANE_MESSAGE, .source = from, .message = &decoded};
	e->id = query_id;
	if (query_id != 0)
		e->crossing_id = (char *)(uintptr_t)crossing;
	arena_init(&arena, memory, sizeof memory);
	if (bus_encode(e, bytes, sizeof bytes, &size) != PN_OK || bus_decode(bytes, size, &arena, &decoded) != PN_OK) {
		fprintf(stderr, "lane-soak: a message cannot be encoded\n");
		exit(1);
	}
	input(m, &in);
}

/* The document of whoever comes. */
static void describe(const struct machine *m, Postern__Document *d, Postern__Date *birth)
{
	*birth = (Postern__Date){.base = birth->base, .year = 1980, .month = 1, .day = 2};
	d->nationality = d->issuer = (char *)(uintptr_t)"NOR";
	d->number = (char *)(uintptr_t)(m->listed ? "L898902C4" : "L898902C3");
	d->surname = (char *)(uintptr_t)"ERIKSSON";
	d->birth_date = birth;
}

static void answer(struct machine *m, const struct pending *p)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__DocumentChecked checked = POSTERN__DOCUMENT_CHECKED__INIT;
	Postern__Document d = POSTERN__DOCUMENT__INIT;
	Postern__Date birth = POSTERN__DATE__INIT;
	Postern__WatchlistSearched searched = POSTERN__WATCHLIST_SEARCHED__INIT;
	Postern__WatchlistMatch match = POSTERN__WATCHLIST_MATCH__INIT, *matches[1] = {&match};
	Postern__RulesEvaluated rules = POSTERN__RULES_EVALUATED__INIT;
	if (p->body == BODY(CHECK_DOCUMENT)) {
		describe(m, &d, &birth);
		checked.document = &d;
		checked.overall = POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL;
		e.body_case = BODY(DOCUMENT_CHECKED);
		e.document_checked = &checked;
		message(m, K(DOCUMENT_CHECK), p->id, p->crossing, &e);
	} else if (p->body == BODY(SEARCH_WATCHLIST)) {
		searched.result = POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL;
		searched.matches = matches;
		searched.n_matches = m->listed ? 1 : 0;
		e.body_case = BODY(WATCHLIST_SEARCHED);
		e.watchlist_searched = &searched;
		message(m, K(WATCHLIST), p->id, p->crossing, &e);
	} else {
		rules.verdict = POSTERN__VERDICT__VERDICT_CLEAR;
		e.body_case = BODY(RULES_EVALUATED);
		e.rules_evaluated = &rules;
		message(m, K(RULES), p->id, p->crossing, &e);
	}
}

static void commit(struct machine *m, const struct pending *p)
{
	struct lane_input in = {.kind = LANE_COMMITTED, .tag = p->id};
	struct entry *e = p->crossing[0] != '\0' ? entry_of(m, p->crossing) : NULL;
	if (e != NULL && p->record.kind == POSTERN__RECORD_KIND__RECORD_VERDICT)
		e->verdicts++;
	if (e != NULL && p->record.kind == POSTERN__RECORD_KIND__RECORD_OUTCOME) {
		e->outcomes++;
		e->outcome = p->record.outcome;
	}
	memset(in.hash, 0x5a, sizeof in.hash);
	if (m->core_runs)
		input(m, &in);
}

static void carry_out(struct machine *m, const struct pending *p)
{
	bool hardware = p->what == TO_HARDWARE_COMMAND || p->what == TO_HARDWARE_GUIDANCE;
	if (hardware && !m->plugin_runs)
		return;
	if (p->what == TO_HARDWARE_COMMAND) {
		bool exit_released = p->command == POSTERN__GATE_COMMAND_KIND__COMMAND_RELEASE_EXIT;
		m->exits += exit_released;
		/* A leaf that stands open is driven open again for somebody in it without any record; an alarm waits for none. */
		m->exits_without_record += exit_released && p->without_record && m->lane.gate.state != GATE_STATE_EMERGENCY_OPEN &&
					   m->sensed.exit_leaf == POSTERN__LEAF_POSITION__LEAF_LOCKED;
		lane_hw_command(m->hw, p->command, p->command_id, p->without_record, m->now_us * 1000);
	} else if (p->what == TO_HARDWARE_GUIDANCE) {
		lane_hw_guidance(m->hw, p->guidance, m->now_us * 1000);
	} else if (p->what == ANSWER) {
		answer(m, p);
	} else {
		commit(m, p);
	}
}

static bool held(const struct machine *m, const struct pending *p)
{
	bool hardware = p->what == TO_HARDWARE_COMMAND || p->what == TO_HARDWARE_GUIDANCE;
	return hardware ? m->plugin_frozen : m->core_frozen;
}

static void due(struct machine *m)
{
	for (unsigned i = 0; i < m->queued;) {
		struct pending p = m->queue[i];
		if (p.due_us > m->now_us || held(m, &p)) {
			i++;
			continue;
		}
		memmove(&m->queue[i], &m->queue[i + 1], (m->queued - i - 1) * sizeof m->queue[0]);
		m->queued--;
		carry_out(m, &p);
		i = 0;
	}
}

static void forget(struct machine *m, bool core)
{
	unsigned kept = 0;
	for (unsigned i = 0; i < m->queued; i++) {
		bool hardware = m->queue[i].what == TO_HARDWARE_COMMAND || m->queue[i].what == TO_HARDWARE_GUIDANCE;
		/* What has been given to the journal is written whoever dies. */
		if (core ? hardware || m->queue[i].what == COMMIT : !hardware)
			m->queue[kept++] = m->queue[i];
	}
	m->queued = kept;
}

static void ready(struct machine *m, Postern__PluginKind kind, bool is)
{
	struct lane_input in = {.kind = is ? LANE_PLUGIN_READY : LANE_PLUGIN_LOST, .source = kind};
	input(m, &in);
}

static void start_core(struct machine *m)
{
	/* The loop ends what the core before it left open. */
	for (unsigned i = 0; i < m->entries; i++)
		if (m->ledger[i].outcomes == 0) {
			m->ledger[i].outcomes = 1;
			m->ledger[i].outcome = POSTERN__OUTCOME__OUTCOME_UNKNOWN;
		}
	lane_init(&m->lane, &m->config);
	m->core_runs = true;
	m->has_sensed = false;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (kinds[i] != K(GATE) || m->plugin_runs)
			ready(m, kinds[i], true);
}

static void start_plugin(struct machine *m)
{
	lane_hw_init(m->hw, &m->description, m->now_us * 1000);
	m->plugin_runs = true;
	m->has_sensed = false;
	for (unsigned i = 0; i < LANE_HW_LINES; i++)
		if (!lane_hw_line_info((enum lane_hw_line)i)->output)
			lane_hw_input(m->hw, (enum lane_hw_line)i, (m->levels & LANE_HW_BIT(i)) != 0, m->now_us * 1000);
	if (m->core_runs)
		ready(m, K(GATE), true);
}

static void sense(struct machine *m)
{
	struct lane_hw_sensed s;
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__GateSensed g = POSTERN__GATE_SENSED__INIT;
	lane_hw_sense(m->hw, &s);
	if (m->has_sensed && memcmp(&s, &m->sensed, sizeof s) == 0 && m->now_us - m->sensed_us < REPORT_US)
		return;
	m->sensed = s;
	m->has_sensed = true;
	m->sensed_us = m->now_us;
	g.entry_leaf = (Postern__LeafPosition)s.entry_leaf;
	g.exit_leaf = (Postern__LeafPosition)s.exit_leaf;
	g.occupants = s.occupants;
	g.occupants_known = s.occupants_known;
	g.object_left = s.object_left;
	g.fire_alarm = s.fire_alarm;
	g.emergency_stop = s.emergency_stop;
	g.mains_ok = s.mains_ok;
	g.ups_low = s.ups_low;
	g.tamper = s.tamper;
	g.self_test_ok = s.self_test_ok;
	g.key_reset = s.key_reset;
	g.in_maintenance = s.in_maintenance;
	g.last_command_id = s.last_command_id;
	g.topology = (Postern__LaneTopology)(s.topology + 1);
	e.body_case = BODY(GATE_SENSED);
	e.gate_sensed = &g;
	if (m->core_runs && !m->core_frozen)
		message(m, K(GATE), 0, "", &e);
}

void machine_run(struct machine *m, uint64_t levels, uint64_t now_us)
{
	uint64_t changed = levels ^ m->levels;
	m->now_us = now_us;
	m->levels = levels;
	if (!m->core_runs && now_us >= m->core_from_us)
		start_core(m);
	if (!m->plugin_runs && now_us >= m->plugin_from_us)
		start_plugin(m);
	if (m->plugin_runs && !m->plugin_frozen) {
		for (unsigned i = 0; i < LANE_HW_LINES; i++)
			if ((changed & LANE_HW_BIT(i)) != 0)
				lane_hw_input(m->hw, (enum lane_hw_line)i, (levels & LANE_HW_BIT(i)) != 0, now_us * 1000);
		if (m->core_runs && !m->core_frozen)
			lane_hw_core(m->hw, now_us / HEARTBEAT_US * HEARTBEAT_US * 1000, now_us * 1000);
		lane_hw_tick(m->hw, now_us * 1000);
	}
	due(m);
	if (m->plugin_runs && !m->plugin_frozen)
		sense(m);
	if (m->core_runs && !m->core_frozen && lane_next_wake(&m->lane) <= now_us / 1000) {
		struct lane_input in = {.kind = LANE_TICK};
		input(m, &in);
	}
	due(m);
}

uint64_t machine_outputs(const struct machine *m)
{
	return m->plugin_runs ? lane_hw_outputs(m->hw) : 0;
}

void machine_document(struct machine *m, bool laid)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__DocumentPresented p = POSTERN__DOCUMENT_PRESENTED__INIT;
	Postern__DocumentRemoved r = POSTERN__DOCUMENT_REMOVED__INIT;
	char *lines[2] = {(char *)(uintptr_t)"LINE ONE", (char *)(uintptr_t)"LINE TWO"};
	p.mrz_lines = lines;
	p.n_mrz_lines = 2;
	e.body_case = laid ? BODY(DOCUMENT_PRESENTED) : BODY(DOCUMENT_REMOVED);
	if (laid)
		e.document_presented = &p;
	else
		e.document_removed = &r;
	if (m->core_runs && !m->core_frozen)
		message(m, K(READER), 0, "", &e);
}

bool machine_waiting(const struct machine *m)
{
	return m->core_runs && !m->core_frozen && m->lane.crossing.waiting_officer && m->lane.crossing.verdict_durable;
}

bool machine_wants_resume(const struct machine *m)
{
	uint8_t s = m->lane.gate.state;
	return m->core_runs && !m->core_frozen &&
	       (s == GATE_STATE_OUT_OF_SERVICE || s == GATE_STATE_FAULT_LOCKED || s == GATE_STATE_FAULT_OCCUPIED);
}

void machine_decide(struct machine *m, bool admit)
{
	struct lane_input in = {.kind = LANE_DECISION, .officer = "officer-1"};
	Postern__Decision d = POSTERN__DECISION__INIT;
	Postern__SignedDecision s = POSTERN__SIGNED_DECISION__INIT;
	uint8_t nonce[16], signature[64] = {0};
	for (unsigned i = 0; i < sizeof nonce; i++)
		nonce[i] = (uint8_t)draw(m, 0, 255);
	d.crossing_id = m->lane.crossing.id;
	d.officer = (char *)(uintptr_t)"officer-1";
	d.reason_code = (char *)(uintptr_t)"manual.check";
	d.decision = admit ? POSTERN__OFFICER_DECISION__DECISION_ADMIT : POSTERN__OFFICER_DECISION__DECISION_SEND_BACK;
	d.issued_wall_ms = WALL_MS + (int64_t)(m->now_us / 1000);
	d.expires_wall_ms = d.issued_wall_ms + 60000;
	d.verdict_hash = (ProtobufCBinaryData){32, m->lane.crossing.verdict_hash};
	d.nonce = (ProtobufCBinaryData){sizeof nonce, nonce};
	s.signature = (ProtobufCBinaryData){sizeof signature, signature};
	in.decision = &d;
	in.signed_decision = &s;
	input(m, &in);
}

void machine_resume(struct machine *m)
{
	struct lane_input in = {.kind = LANE_COMMAND, .command = LANE_CMD_RESUME, .officer = "officer-1"};
	if (m->core_runs && !m->core_frozen)
		input(m, &in);
}

static void ordered(struct machine *m, enum lane_command command)
{
	struct lane_input in = {.kind = LANE_COMMAND, .command = command, .officer = "officer-1", .reason_code = "hall.evacuated"};
	if (m->core_runs && !m->core_frozen)
		input(m, &in);
}

void machine_order_free(struct machine *m)
{
	ordered(m, LANE_CMD_DUTY_ON);
	ordered(m, LANE_CMD_FREE);
}

bool machine_is_free(const struct machine *m)
{
	return m->core_runs && m->lane.config.record.mode == POSTERN__LANE_MODE__MODE_FREE;
}

void machine_issue(struct machine *m)
{
	struct kiosk_now now = {m->now_us / 1000, WALL_MS + (int64_t)(m->now_us / 1000), true};
	struct kiosk_result r = {.verdict = m->listed ? POSTERN__VERDICT__VERDICT_REFER : POSTERN__VERDICT__VERDICT_CLEAR};
	Postern__Document d = POSTERN__DOCUMENT__INIT;
	Postern__Date birth = POSTERN__DATE__INIT;
	describe(m, &d, &birth);
	snprintf(r.id, sizeof r.id, "KIOSK%021u", ++m->issued);
	snprintf(r.kiosk, sizeof r.kiosk, "kiosk-1");
	bool jumped = kiosk_look(&m->kiosk.results, &now);
	if (jumped || kiosk_document_digest(m->kiosk.key, &d, r.document) != PN_OK ||
		kiosk_basis_digest(&m->kiosk, r.basis) != PN_OK || kiosk_issue(&m->kiosk.results, &r, &now) != PN_OK) {
		fprintf(stderr, "lane-soak: no result can be issued\n");
		exit(1);
	}
	kiosk_issued(&m->kiosk.results, r.id, true);
}

/* As the next core finds them in the journal: what was being recorded is recorded. */
static void restore_results(struct machine *m)
{
	for (unsigned i = 0; i < KIOSK_SLOTS; i++)
		if (m->kiosk.slots[i].state == KIOSK_SPENDING && !kiosk_redeemed(&m->kiosk.results, m->kiosk.slots[i].result.id, true))
			m->lost_entries++;
}

void machine_kill_core(struct machine *m)
{
	restore_results(m);
	lane_wipe(&m->lane);
	m->core_runs = m->core_frozen = false;
	m->core_from_us = m->now_us + RESTART_US;
	forget(m, true);
}

void machine_kill_plugin(struct machine *m)
{
	m->plugin_runs = m->plugin_frozen = false;
	m->plugin_from_us = m->now_us + RESTART_US;
	forget(m, false);
	if (m->core_runs && !m->core_frozen)
		ready(m, K(GATE), false);
}

void machine_freeze(struct machine *m, bool core, bool frozen)
{
	if (core)
		m->core_frozen = frozen && m->core_runs;
	else
		m->plugin_frozen = frozen && m->plugin_runs;
}

void machine_start(struct machine *m, const struct lane_hw_description *description, uint64_t seed, uint64_t now_us)
{
	const struct kiosk_policy policy = {.valid_ms = 600000, .drift_ms = 2000};
	memset(m, 0, sizeof *m);
	m->random = seed;
	m->now_us = now_us;
	m->description = *description;
	m->hw = calloc(1, lane_hw_size());
	m->ledger = calloc(LEDGER, sizeof *m->ledger);
	if (m->hw == NULL || m->ledger == NULL) {
		fprintf(stderr, "lane-soak: out of memory\n");
		exit(1);
	}
	m->config.record.lane = "lane-1";
	m->config.record.software = m->config.record.schema = m->config.record.config_hash = m->config.record.seal_recipients = "";
	m->config.record.direction = POSTERN__DIRECTION__DIRECTION_ENTRY;
	m->config.record.mode = POSTERN__LANE_MODE__MODE_CONTROLLED;
	m->config.tenant = "NOR";
	m->config.topology = (enum gate_topology)description->topology;
	m->config.timing = gate_timing_default;
	m->config.stale_after_ms = 1000;
	memset(m->kiosk.key, 0x42, sizeof m->kiosk.key);
	kiosk_store_init(&m->kiosk, &policy);
	if (description->topology == LANE_HW_SEGREGATED)
		m->config.kiosk = &m->kiosk;
	m->sink = (struct lane_sink){.ctx = m, .send = on_send, .append = on_append, .count = on_count};
	m->core_from_us = m->plugin_from_us = now_us;
}

void machine_stop(struct machine *m)
{
	lane_wipe(&m->lane);
	kiosk_store_wipe(&m->kiosk);
	free(m->hw);
	free(m->ledger);
}

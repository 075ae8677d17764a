/* SPDX-License-Identifier: Apache-2.0
 * Dispatch of one lane: turns inputs into gate events, steps the gate until no event is left, and keeps the time-outs.
 * Must never decide what the gate does (core/gate) or whether a traveller is clear (core/verdict).
 */
#include "crossing/lane.h"

#include <string.h>

#include "crossing/lane_run.h"

static uint64_t min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

bool lane_trusts(Postern__ClockQuality q)
{
	return q == POSTERN__CLOCK_QUALITY__CLOCK_SYNCHRONISED || q == POSTERN__CLOCK_QUALITY__CLOCK_HOLDOVER ||
	       q == POSTERN__CLOCK_QUALITY__CLOCK_OPERATOR_ASSERTED;
}

void lane_init(struct lane *lane, const struct lane_config *config)
{
	memset(lane, 0, sizeof *lane);
	lane->config = *config;
	lane->table = config->topology;
	/* A chip takes its time, the answers about it theirs. */
	if (config->has[POSTERN__PLUGIN_KIND__KIND_CHIP_READER])
		lane->config.timing.eligibility_ms += schema_body_find(POSTERN__ENVELOPE__BODY_READ_CHIP)->deadline_ms;
	lane->journal_ok = true;
	lane->next_query_id = 1;
	lane->next_tag = 1;
	lane->next_command_id = 1;
	lane->next_alarm_id = 1;
	/* The loop has already ended what a previous core left open. */
	gate_boot(&lane->gate, false);
	lane->sensed = gate_sensed_unknown();
}

bool lane_supervised(const struct lane *lane)
{
	return lane->on_duty && (!lane->duty_by_post || lane->post_connected);
}

bool lane_needs_second(const struct lane *lane)
{
	const struct crossing *c = &lane->crossing;
	return c->active && c->watchlist != NULL && c->watchlist->n_matches > 0;
}

/* Of a lane ordered free: nobody is asked but its hardware. */
static bool may_serve_free(const struct lane *lane)
{
	return lane->ready[POSTERN__PLUGIN_KIND__KIND_GATE] && !lane->config.has[POSTERN__PLUGIN_KIND__KIND_UNSPECIFIED] &&
	       lane_is_free(lane);
}

bool lane_may_serve(const struct lane *lane)
{
	static const Postern__PluginKind required[] = {
		POSTERN__PLUGIN_KIND__KIND_READER,
		POSTERN__PLUGIN_KIND__KIND_DOCUMENT_CHECK,
		POSTERN__PLUGIN_KIND__KIND_GATE,
		POSTERN__PLUGIN_KIND__KIND_WATCHLIST,
		POSTERN__PLUGIN_KIND__KIND_RULES,
	};
	static const Postern__PluginKind where_configured[] = {
		POSTERN__PLUGIN_KIND__KIND_UNSPECIFIED,
		POSTERN__PLUGIN_KIND__KIND_CHIP_READER,
		POSTERN__PLUGIN_KIND__KIND_CAMERA,
		POSTERN__PLUGIN_KIND__KIND_FACE_MATCH,
	};
	if (lane->table == GATE_FREE)
		return may_serve_free(lane);
	for (size_t i = 0; i < PN_COUNT(required); i++)
		if (!lane->ready[required[i]] &&
			!(lane->config.topology == GATE_KIOSK && required[i] == POSTERN__PLUGIN_KIND__KIND_GATE))
			return false;
	for (size_t i = 0; i < PN_COUNT(where_configured); i++)
		if (lane->config.has[where_configured[i]] && !lane->ready[where_configured[i]])
			return false;
	return lane->config.record.mode == POSTERN__LANE_MODE__MODE_CONTROLLED;
}

static struct gate_env env_of(const struct lane *lane)
{
	struct gate_env env = { 0 };
	env.sensed = lane->sensed;
	env.document_present = lane->document_present;
	env.officer_present = (!lane->config.officer_required && lane->table != GATE_FREE) || lane_supervised(lane);
	env.lists_ok = lane->ready[POSTERN__PLUGIN_KIND__KIND_WATCHLIST];
	env.clock_trusted = lane->clock_trusted;
	env.journal_ok = lane->journal_ok;
	env.may_serve = lane_may_serve(lane);
	return env;
}

void run_event(struct lane_run *run, enum gate_event event)
{
	if (run->count == RUN_EVENTS) {
		/* Unreachable by construction: an action raises at most one event. Losing one must still be safe. */
		run->queue[(run->head + run->count - 1) % RUN_EVENTS] = GATE_EVENT_SENSOR_LOST;
		return;
	}
	run->queue[(run->head + run->count++) % RUN_EVENTS] = event;
}

bool run_would_take(const struct lane *lane, enum gate_event event)
{
	struct gate after;
	struct gate_actions actions;
	struct gate_env env = env_of(lane);
	gate_step_table(gate_table_of(lane->table), &lane->gate, event, &env, &after, &actions);
	return actions.count > 0 || memcmp(&after, &lane->gate, sizeof after) != 0;
}

static void arm(struct lane *lane, uint64_t now)
{
	uint32_t timeout_ms = gate_timeout_table(gate_table_of(lane->table), &lane->gate, &lane->config.timing);
	lane->state_deadline_ms = timeout_ms == 0 ? 0 : now + timeout_ms;
}

/* A change of what the policy allows is an event of its own: an idle lane shows it. */
static bool policy_changed(struct lane *lane)
{
	struct gate_env env = env_of(lane);
	uint32_t now = (uint32_t)env.officer_present | (uint32_t)env.lists_ok << 1 | (uint32_t)env.clock_trusted << 2 |
		       (uint32_t)env.journal_ok << 3 | (uint32_t)env.may_serve << 4 | 1u << 5;
	bool changed = now != lane->policy;
	lane->policy = now;
	return changed;
}

static void step_queued(struct lane_run *run)
{
	struct lane *lane = run->lane;
	while (run->count > 0) {
		struct gate before = lane->gate;
		struct gate_actions actions;
		struct gate_env env = env_of(lane);
		run->now = run->queue[run->head];
		run->head = (run->head + 1) % RUN_EVENTS;
		run->count--;
		gate_step_table(gate_table_of(lane->table), &before, run->now, &env, &lane->gate, &actions);
		if (lane->gate.state != before.state)
			lane->state_since_ms = run->in->mono_ms;
		if (actions.restart_timer)
			arm(lane, run->in->mono_ms);
		for (unsigned i = 0; i < actions.count; i++)
			act(run, (enum gate_action)actions.list[i]);
	}
}

static void step_all(struct lane_run *run)
{
	do {
		if (policy_changed(run->lane))
			run_event(run, GATE_EVENT_POLICY_CHANGED);
		step_queued(run);
	} while (mode_settle(run));
}

static void events_of_sensed(struct lane_run *run, const struct gate_sensed *next)
{
	struct lane *lane = run->lane;
	enum gate_event events[GATE_EVENTS_MAX];
	size_t n = gate_derive(&lane->sensed, next, events, PN_COUNT(events));
	lane->sensed = *next;
	for (size_t i = 0; i < n; i++)
		run_event(run, events[i]);
}

_Static_assert((int)POSTERN__LANE_TOPOLOGY__TOPOLOGY_TWO_STEP == (int)GATE_TWO_STEP + 1 &&
		       (int)POSTERN__LANE_TOPOLOGY__TOPOLOGY_ONE_STEP == (int)GATE_ONE_STEP + 1 &&
		       (int)POSTERN__LANE_TOPOLOGY__TOPOLOGY_SEGREGATED == (int)GATE_SEGREGATED + 1,
	"the schema's values, after its UNSPECIFIED");

/* Leaves that were built and wired for another lane do not serve in this one. */
static bool fits(struct lane_run *run, Postern__LaneTopology told)
{
	struct lane *lane = run->lane;
	bool other = told != POSTERN__LANE_TOPOLOGY__TOPOLOGY_UNSPECIFIED && (int)told != (int)lane->config.topology + 1;
	if (other && !lane->other_topology)
		record_event(run, "gate.other_topology", gate_topology_name(lane->config.topology));
	lane->other_topology = other;
	return !other;
}

static void sensed_message(struct lane_run *run, const Postern__GateSensed *m)
{
	bool well = fits(run, m->topology) && m->self_test_ok;
	struct gate_sensed next = {
		.entry_leaf = (uint8_t)m->entry_leaf,
		.exit_leaf = (uint8_t)m->exit_leaf,
		.occupants = m->occupants > 2 ? 2 : (uint8_t)m->occupants,
		.occupants_known = m->occupants_known,
		.object_left = m->object_left,
		.fire = m->fire_alarm,
		.estop = m->emergency_stop,
		.mains_ok = m->mains_ok,
		.ups_low = m->ups_low,
		.tamper = m->tamper,
		.self_test_ok = well,
		.key_reset = m->key_reset,
		.maintenance = m->in_maintenance,
	};
	struct lane *lane = run->lane;
	lane->has_sensed = true;
	lane->sensed_stale = false;
	lane->sensed_at_ms = run->in->mono_ms;
	events_of_sensed(run, &next);
	if (lane->gate_was_lost) {
		lane->gate_was_lost = false;
		run_event(run, GATE_EVENT_GATE_BACK);
	}
	if (lane->self_test_id != 0 && m->last_command_id == lane->self_test_id) {
		lane->self_test_id = 0;
		run_event(run, well ? GATE_EVENT_SELF_TEST_OK : GATE_EVENT_SELF_TEST_FAILED);
	}
	height_sensed(run, m->camera, m->last_move_id);
}

/* Silence means unknown, not the last value. */
static void sensed_unknown(struct lane_run *run)
{
	struct gate_sensed next = gate_sensed_unknown();
	run->lane->sensed_stale = true;
	run->lane->camera = POSTERN__CAMERA_DRIVE__CAMERA_DRIVE_UNSPECIFIED;
	events_of_sensed(run, &next);
}

static void chip_reader_ready(struct lane_run *run, bool ready)
{
	bool *was = &run->lane->ready[POSTERN__PLUGIN_KIND__KIND_CHIP_READER];
	bool lost = *was && !ready;
	*was = ready;
	if (lost)
		run_event(run, GATE_EVENT_CHECKS_LOST);
}

static void reader_ready(struct lane_run *run, bool ready, bool portraits)
{
	bool *was = &run->lane->ready[POSTERN__PLUGIN_KIND__KIND_READER];
	run->lane->reader_portraits = portraits;
	if (!ready)
		run->lane->document_present = false;
	if (*was && !ready)
		run_event(run, GATE_EVENT_READER_LOST);
	*was = ready;
}

static int message(struct lane_run *run)
{
	const struct bus_message *m = run->in->message;
	switch (m->envelope->body_case) {
	case POSTERN__ENVELOPE__BODY_GATE_SENSED:
		sensed_message(run, m->envelope->gate_sensed);
		break;
	case POSTERN__ENVELOPE__BODY_DOCUMENT_PRESENTED:
		run->lane->document_present = true;
		run_event(run, GATE_EVENT_DOCUMENT_PRESENTED);
		break;
	case POSTERN__ENVELOPE__BODY_DOCUMENT_UNREADABLE:
		run->lane->document_present = true;
		run_event(run, GATE_EVENT_DOCUMENT_UNREADABLE);
		break;
	case POSTERN__ENVELOPE__BODY_DOCUMENT_REMOVED:
		run->lane->document_present = false;
		run_event(run, GATE_EVENT_DOCUMENT_REMOVED);
		break;
	case POSTERN__ENVELOPE__BODY_READER_STATUS:
		if (run->in->source == POSTERN__PLUGIN_KIND__KIND_CHIP_READER)
			chip_reader_ready(run, m->envelope->reader_status->ready);
		else if (run->in->source == POSTERN__PLUGIN_KIND__KIND_CAMERA)
			run->lane->ready[POSTERN__PLUGIN_KIND__KIND_CAMERA] = m->envelope->reader_status->ready;
		else
			reader_ready(run, m->envelope->reader_status->ready, m->envelope->reader_status->portraits);
		break;
	case POSTERN__ENVELOPE__BODY_POST_STATE:
		run->lane->post_connected = m->envelope->post_state->connected;
		break;
	case POSTERN__ENVELOPE__BODY_CHIP_PROGRESS:
		chip_progress(run, m->envelope->chip_progress);
		break;
	default: /* answers: core/bus has checked kind, phase and form */
		return ask_answered(run, m);
	}
	return PN_OK;
}

static void plugin_lost(struct lane_run *run)
{
	Postern__PluginKind kind = run->in->source;
	if (kind == POSTERN__PLUGIN_KIND__KIND_READER) {
		reader_ready(run, false, false);
		ask_plugin_lost(run, kind);
		return;
	}
	run->lane->ready[kind] = false;
	ask_plugin_lost(run, kind);
	switch (kind) {
	case POSTERN__PLUGIN_KIND__KIND_GATE:
		run->lane->gate_was_lost = true;
		run->lane->self_test_id = 0;
		run->lane->has_sensed = false;
		run->lane->sensed = gate_sensed_unknown();
		run->lane->camera = POSTERN__CAMERA_DRIVE__CAMERA_DRIVE_UNSPECIFIED;
		run_event(run, GATE_EVENT_GATE_LOST);
		break;
	case POSTERN__PLUGIN_KIND__KIND_POST_LINK:
		run->lane->post_connected = false;
		break;
	case POSTERN__PLUGIN_KIND__KIND_DOCUMENT_CHECK:
	case POSTERN__PLUGIN_KIND__KIND_CHIP_READER:
	case POSTERN__PLUGIN_KIND__KIND_CAMERA:
	case POSTERN__PLUGIN_KIND__KIND_FACE_MATCH:
	case POSTERN__PLUGIN_KIND__KIND_WATCHLIST:
	case POSTERN__PLUGIN_KIND__KIND_RULES:
		run_event(run, GATE_EVENT_CHECKS_LOST);
		break;
	default:
		break;
	}
}

static void tick(struct lane_run *run)
{
	struct lane *lane = run->lane;
	uint64_t now = run->in->mono_ms;
	if (lane->has_sensed && !lane->sensed_stale && now - lane->sensed_at_ms > lane->config.stale_after_ms)
		sensed_unknown(run);
	ask_expired(run);
	order_tick(run);
	/* What has just come in may end the state: its timer is then no longer this one. */
	step_all(run);
	if (lane->state_deadline_ms != 0 && now >= lane->state_deadline_ms) {
		lane->state_deadline_ms = 0;
		run_event(run, GATE_EVENT_TIMEOUT);
	}
}

int lane_dispatch(struct lane *lane, const struct lane_input *in, const struct lane_sink *sink)
{
	struct lane_run run = { .lane = lane, .in = in, .sink = sink };
	int result = PN_OK;
	lane->clock_trusted = lane_trusts(in->clock_quality);
	if (!lane->booted) {
		lane->booted = true;
		lane->state_since_ms = in->mono_ms;
		/* Apart from the ids of the core before: an old snapshot must not answer a new self-test. */
		lane->next_command_id = lane->next_move_id = (uint32_t)in->mono_ms | 1u;
		run_event(&run, GATE_EVENT_BOOT);
	}
	switch (in->kind) {
	case LANE_TICK:
		tick(&run);
		break;
	case LANE_MESSAGE:
		result = message(&run);
		break;
	case LANE_PLUGIN_READY:
		lane->ready[in->source] = true;
		if (in->source == POSTERN__PLUGIN_KIND__KIND_GATE || in->source == POSTERN__PLUGIN_KIND__KIND_DISPLAY)
			act_show(&run);
		/* The first question of a lane's life was asked before anybody could hear it. */
		if (in->source == POSTERN__PLUGIN_KIND__KIND_GATE && lane->gate.state == GATE_STATE_BOOT_SELFTEST)
			act(&run, GATE_ACTION_SELF_TEST);
		break;
	case LANE_PLUGIN_LOST:
		plugin_lost(&run);
		break;
	case LANE_COMMITTED:
		record_committed(&run);
		break;
	case LANE_COMMIT_FAILED:
		record_failed(&run);
		break;
	case LANE_DECISION:
		result = officer_decide(&run);
		break;
	case LANE_COMMAND:
		result = officer_command(&run);
		break;
	case LANE_ORDER:
		result = order_take(&run);
		break;
	}
	height_settle(&run);
	step_all(&run);
	find_settle(&run);
	alarm_update(&run);
	order_progress(&run);
	return result;
}

uint64_t lane_next_wake(const struct lane *lane)
{
	uint64_t at = bus_query_next_deadline(&lane->queries);
	if (lane->state_deadline_ms != 0)
		at = min64(at, lane->state_deadline_ms);
	if (lane->has_sensed && !lane->sensed_stale)
		at = min64(at, lane->sensed_at_ms + lane->config.stale_after_ms + 1);
	at = min64(at, height_next_wake(lane));
	return min64(min64(at, order_next_wake(lane)), find_next_wake(lane));
}

bool lane_ready(const struct lane *lane)
{
	struct gate_env env = env_of(lane);
	if (lane->gate.state == GATE_STATE_INVITING)
		return true; /* whatever ends the service shuts the entry */
	return lane->gate.state == GATE_STATE_IDLE && gate_ready(gate_table_of(lane->table), &lane->gate, &env);
}

void lane_wipe(struct lane *lane)
{
	crossing_end(&lane->crossing);
	explicit_bzero(lane->memory, sizeof lane->memory);
}

/* SPDX-License-Identifier: Apache-2.0
 * A whole lane of steel and people in software: leaves that take time, one person count, travellers from a scenario, and the
 * reader's serial line, on which documents travel to the same reader plugin as real ones, and the chip in each document.
 * Must never be loaded by a production profile (its manifest says simulated).
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/hex.h"
#include "bus.pb-c.h"
#include "by_hand.h"
#include "camera_side.h"
#include "chip_side.h"
#include "hand_socket.h"
#include "postern/plugin.h"
#include "scenario.h"
#include "sim/leaf.h"
#include "truth.h"

#define TICK_MS 10u
#define REPORT_EVERY_MS 200u
#define KEY_MS 1000u /* how long a key is held turned */
#define CORE_RETURN_MS 10000u /* without a core for so long, an occupied lane opens its return path by itself */

struct sim {
	const struct postern_host *host;
	struct scenario scenario;
	struct sim_leaf entry, exit;
	struct agent agent;
	struct camera_side camera;
	struct hand hand;
	struct hand_socket *by_hand; /* NULL: travellers come as the scenario says */
	struct chip_side *chip; /* NULL: documents without a chip */
	unsigned chip_lost;
	int line;
	struct truth truth;
	uint32_t guidance, advice, occupants, next_traveller, last_command_id;
	bool object_left, started, core_lost, reader_inside, emergency;
	Postern__LaneTopology topology;
	int turn_degrees; /* of the head before the camera */
	uint64_t key_until_ms; /* the key that ends an emergency is turned */
	uint64_t object_until_ms, next_arrival_ms, reported_ms, core_lost_ms;
	bool changed, both_open_logged;
	char crossing[32];
	uint32_t first_index;
	/* How long the lane waits for Postern alone: from what was last done or sensed to the answer. */
	uint64_t stimulus_ns, waited_ns;
	char waits[96]; /* each of them in turn, microseconds */
};

/* What was waited for has come. */
static void answered(struct sim *s)
{
	if (s->stimulus_ns != 0) {
		uint64_t ns = clock_mono_ns() - s->stimulus_ns;
		size_t used = strlen(s->waits);
		s->waited_ns += ns;
		snprintf(s->waits + used, sizeof s->waits - used, " %llu", (unsigned long long)(ns / 1000));
	}
	s->stimulus_ns = 0;
}

static uint64_t now_of(const struct sim *s)
{
	return s->host->now_ms(s->host->ctx);
}

static void log_done(struct sim *s, const char *event, const char *detail)
{
	truth_done(&s->truth, s->crossing, event, detail);
}

static void log_seen(struct sim *s, const char *event, const char *detail)
{
	truth_seen(&s->truth, s->crossing, event, detail);
}

static Postern__LeafPosition position(const struct sim_leaf *leaf)
{
	switch (sim_leaf_position(leaf)) {
	case SIM_LEAF_LOCKED:
		return POSTERN__LEAF_POSITION__LEAF_LOCKED;
	case SIM_LEAF_CLOSED:
		return POSTERN__LEAF_POSITION__LEAF_CLOSED;
	case SIM_LEAF_MOVING:
		return POSTERN__LEAF_POSITION__LEAF_MOVING;
	case SIM_LEAF_OPEN:
		return POSTERN__LEAF_POSITION__LEAF_OPEN;
	case SIM_LEAF_OBSTRUCTED:
		return POSTERN__LEAF_POSITION__LEAF_OBSTRUCTED;
	}
	return POSTERN__LEAF_POSITION__LEAF_UNSPECIFIED;
}

static void report(struct sim *s)
{
	Postern__GateSensed m = POSTERN__GATE_SENSED__INIT;
	uint8_t buffer[128];
	m.entry_leaf = position(&s->entry);
	m.exit_leaf = position(&s->exit);
	m.occupants = s->occupants > 2 ? 2 : s->occupants;
	m.occupants_known = true;
	m.object_left = s->object_left;
	m.mains_ok = true;
	m.self_test_ok = true;
	m.emergency_stop = s->emergency;
	m.key_reset = now_of(s) < s->key_until_ms;
	m.last_command_id = s->last_command_id;
	m.topology = s->topology;
	m.camera = (Postern__CameraDrive)lift_sense(&s->camera.lift, now_of(s));
	m.last_move_id = s->camera.lift.id;
	size_t n = postern__gate_sensed__get_packed_size(&m);
	if (n > sizeof buffer)
		return;
	postern__gate_sensed__pack(&m, buffer);
	if (s->host->report(s->host->ctx, POSTERN__ENVELOPE__BODY_GATE_SENSED, s->crossing, buffer, n) == 0) {
		if (s->changed)
			s->stimulus_ns = clock_mono_ns();
		s->changed = s->camera.news = false;
		s->reported_ms = now_of(s);
	}
}

static void send_line(struct sim *s, const char *text)
{
	size_t n = strlen(text);
	while (n > 0) {
		ssize_t w = write(s->line, text, n);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return; /* the reader is away: the traveller will try again */
		text += w;
		n -= (size_t)w;
	}
}

/* Who stands before the camera, for one that listens. */
static void show(struct sim *s, const struct traveller *t, bool somebody)
{
	const struct seen seen = { .somebody = somebody, .turn_degrees = s->turn_degrees };
	if (!camera_side_show(&s->camera, t, &seen))
		s->host->log(s->host->ctx, POSTERN_WARNING, "sim.camera_does_not_listen", "");
}

static void present(struct sim *s, const struct traveller *t)
{
	char frame[64];
	log_done(s, "document_presented", traveller_kind_name(t->kind));
	if (s->chip != NULL)
		chip_side_lay(s->chip, t->index, t->kind);
	for (uint32_t i = 0; i < t->lines; i++) {
		snprintf(frame, sizeof frame, "\x02%s\x03", t->mrz[i]);
		send_line(s, frame);
	}
	s->waited_ns = 0;
	s->waits[0] = '\0';
	s->stimulus_ns = clock_mono_ns();
}

static void finish(struct sim *s, const struct traveller *t, const char *outcome)
{
	char detail[96];
	snprintf(detail, sizeof detail, "%u %s %s", t->index, traveller_kind_name(t->kind), outcome);
	log_seen(s, "traveller_done", detail);
	s->next_arrival_ms = now_of(s) + s->scenario.gap_ms;
}

static struct traveller_date today(void)
{
	time_t wall = time(NULL);
	struct tm day;
	gmtime_r(&wall, &day);
	return (struct traveller_date){ day.tm_year + 1900, day.tm_mon + 1, day.tm_mday };
}

static void arrive(struct sim *s, uint64_t now)
{
	struct traveller t;
	if (s->agent.state != AGENT_GONE || s->next_traveller >= s->scenario.travellers || now < s->next_arrival_ms)
		return;
	traveller_make(&t, s->scenario.seed, s->first_index + s->next_traveller, &s->scenario.mix, s->scenario.own_state, today());
	s->next_traveller++;
	agent_arrive(&s->agent, &t, s->reader_inside, now, &s->scenario.pace);
}

static struct agent_view view_of(const struct sim *s, uint64_t now)
{
	return (struct agent_view){ .now_ms = now, .guidance = s->guidance, .advice = s->advice, .entry_passable = sim_leaf_passable(&s->entry),
		.exit_passable = sim_leaf_passable(&s->exit), .emergency = s->guidance == POSTERN__GUIDANCE__GUIDANCE_EMERGENCY };
}

/* Hardware frees both leaves; software is told. */
static void emergency(struct sim *s, bool pressed, uint64_t now)
{
	log_seen(s, pressed ? "emergency_pressed" : "emergency_reset", "");
	s->emergency = s->entry.emergency = s->exit.emergency = pressed;
	s->key_until_ms = pressed ? 0 : now + KEY_MS;
	s->changed = true;
}

static void act(struct sim *s, const struct traveller *who, struct agent_acts acts, uint64_t now)
{
	if (acts.present_document)
		present(s, who);
	if (acts.show_face) {
		log_done(s, "face_shown", traveller_kind_name(who->kind));
		show(s, who, true);
	}
	if (acts.turn_head && acts.turn_degrees != s->turn_degrees) {
		s->turn_degrees = acts.turn_degrees;
		show(s, who, s->occupants > 0);
	}
	if (acts.remove_document) {
		if (s->chip != NULL)
			chip_side_take(s->chip);
		send_line(s, "\x02--\x03");
		s->stimulus_ns = clock_mono_ns();
	}
	if (acts.persons_in > 0) {
		s->turn_degrees = 0;
		s->occupants += (uint32_t)acts.persons_in;
		show(s, who, true);
		log_seen(s, "entered", acts.persons_in > 1 ? "2" : "1");
		s->changed = true;
	}
	if (acts.block_entry)
		s->entry.blocked = true;
	if (acts.unblock_entry)
		s->entry.blocked = false;
	if (acts.persons_out > 0) {
		s->occupants -= s->occupants < (uint32_t)acts.persons_out ? s->occupants : (uint32_t)acts.persons_out;
		log_seen(s, acts.by_exit ? "left_by_exit" : "left_by_entry", "");
		show(s, who, s->occupants > 0);
		s->changed = true;
	}
	if (acts.leave_object) {
		s->object_left = true;
		s->object_until_ms = now + s->scenario.bag_ms;
		log_seen(s, "object_left", "");
	}
	if (acts.press_emergency || acts.reset_emergency)
		emergency(s, acts.press_emergency, now);
	if (acts.done && who->kind == TRAVELLER_FACE_ALONE)
		show(s, who, s->occupants > 0);
	if (acts.done)
		finish(s, who, acts.outcome);
}

static void people(struct sim *s, uint64_t now)
{
	struct agent_acts acts;
	struct agent_view view = view_of(s, now);
	agent_step(&s->agent, &view, &s->scenario.pace, &acts);
	act(s, &s->agent.who, acts, now);
}

static struct hand_world world_of(const struct sim *s)
{
	return (struct hand_world){ s->scenario.seed, s->scenario.own_state, today() };
}

static enum hand_answer by_hand(void *self, const char *line)
{
	struct sim *s = self;
	struct agent_acts acts;
	uint64_t now = now_of(s);
	struct hand_world world = world_of(s);
	struct agent_view view = view_of(s, now);
	enum hand_answer answer = hand_do(&s->hand, line, &world, &view, &acts);
	if (answer == HAND_OK)
		act(s, &s->hand.who, acts, now);
	return answer;
}

/* "GUIDANCE_WALK_IN" -> "walk-in" */
static void name_guidance(uint32_t guidance, char out[32])
{
	const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(&postern__guidance__descriptor, (int)guidance);
	const char *name = v != NULL ? strchr(v->name, '_') : NULL;
	size_t n = 0;
	for (name = name != NULL ? name + 1 : ""; *name != '\0' && n < 31; name++)
		out[n++] = *name == '_' ? '-' : (char)(*name | 0x20);
	out[n] = '\0';
}

static const char *leaf_name(const struct sim_leaf *leaf)
{
	static const char *const names[] = { [SIM_LEAF_LOCKED] = "locked", [SIM_LEAF_CLOSED] = "closed",
		[SIM_LEAF_MOVING] = "moving", [SIM_LEAF_OPEN] = "open", [SIM_LEAF_OBSTRUCTED] = "obstructed" };
	return names[sim_leaf_position(leaf)];
}

static void person_at_keyboard(struct sim *s, uint64_t now)
{
	char shown[32];
	name_guidance(s->guidance, shown);
	const char *const values[HAND_VALUES] = { [HAND_WHO] = traveller_kind_name(s->hand.who.kind), [HAND_SHOWN] = shown,
		[HAND_ENTRY] = leaf_name(&s->entry), [HAND_EXIT] = leaf_name(&s->exit),
		[HAND_PLACE] = hand_place_name(s->hand.place), [HAND_DOCUMENT] = s->hand.laid ? "on-the-reader" : "in-hand",
		[HAND_BAG] = s->hand.bag_down ? "on-the-floor" : s->object_left ? "left-behind" : "in-hand" };
	hand_socket_turn(s->by_hand, now, values, by_hand, s);
}

/* What the chip's thread has seen, into the one log. */
static void chips(struct sim *s)
{
	static const char *const names[] = { [CHIP_SIDE_PRESENTED] = "chip_presented", [CHIP_SIDE_TORN] = "chip_torn",
		[CHIP_SIDE_DONE] = "chip_done", [CHIP_SIDE_MISSING] = "chip_missing" };
	struct chip_side_event e;
	char detail[96];
	while (chip_side_fetch(s->chip, &e)) {
		snprintf(detail, sizeof detail, "%u %s %u %u", e.index, traveller_kind_name(e.kind), e.ms, e.exchanges);
		log_done(s, names[e.what], detail);
		if (e.what == CHIP_SIDE_MISSING)
			s->host->log(s->host->ctx, POSTERN_ERROR, "sim.no_passport", "");
	}
	if (chip_side_lost(s->chip) != s->chip_lost)
		s->host->log(s->host->ctx, POSTERN_ERROR, "sim.chip_events_lost", "");
	s->chip_lost = chip_side_lost(s->chip);
}

/* Whoever stands there is not to be hurt, and nothing moves beside a leaf. */
static bool may_lift(const struct sim *s)
{
	return sim_leaf_position(&s->entry) == SIM_LEAF_LOCKED && sim_leaf_position(&s->exit) == SIM_LEAF_LOCKED && !s->emergency && !s->core_lost;
}

static void camera(struct sim *s, uint64_t now)
{
	if (!camera_side_turn(&s->camera, may_lift(s), now))
		s->host->log(s->host->ctx, POSTERN_WARNING, "sim.camera_does_not_listen", "");
}

static void steel(struct sim *s, uint64_t now)
{
	if (sim_leaf_advance(&s->entry, now))
		s->changed = true;
	if (sim_leaf_advance(&s->exit, now))
		s->changed = true;
	if (s->object_left && now >= s->object_until_ms) {
		s->object_left = false; /* staff have taken it away */
		s->changed = true;
	}
	bool both = s->entry.opening_per_mille > 0 && s->exit.opening_per_mille > 0;
	if (both && !s->both_open_logged)
		log_done(s, "both_leaves_open", "");
	s->both_open_logged = both;
}

static void without_core(struct sim *s, uint64_t now)
{
	if (!s->core_lost || s->occupants == 0 || now - s->core_lost_ms < CORE_RETURN_MS || s->entry.drive_open)
		return;
	log_done(s, "return_path_without_core", "");
	s->guidance = POSTERN__GUIDANCE__GUIDANCE_GO_BACK;
	sim_leaf_drive(&s->exit, false);
	sim_leaf_drive(&s->entry, true);
}

static void sim_tick(void *self, uint64_t now)
{
	struct sim *s = self;
	if (s->by_hand != NULL) {
		person_at_keyboard(s, now);
	} else {
		arrive(s, now);
		people(s, now);
	}
	steel(s, now);
	camera(s, now);
	if (s->chip != NULL)
		chips(s);
	without_core(s, now);
	if (s->changed || s->camera.news || now - s->reported_ms >= REPORT_EVERY_MS)
		report(s);
	truth_sync(&s->truth);
	if (s->host->wake_after(s->host->ctx, TICK_MS) != 0)
		s->host->fail(s->host->ctx, "sim.no_timer");
}

static void command(struct sim *s, const struct postern_message *m)
{
	Postern__GateCommand *c = postern__gate_command__unpack(NULL, m->size, m->bytes);
	char hash[65] = "", waited[128] = "";
	if (c == NULL)
		return;
	snprintf(s->crossing, sizeof s->crossing, "%s", m->crossing_id);
	s->last_command_id = c->command_id;
	switch (c->command) {
	case POSTERN__GATE_COMMAND_KIND__COMMAND_RELEASE_ENTRY:
		answered(s);
		log_done(s, "entry_released", "");
		sim_leaf_drive(&s->entry, true);
		break;
	case POSTERN__GATE_COMMAND_KIND__COMMAND_CLOSE_ENTRY:
		sim_leaf_drive(&s->entry, false);
		break;
	case POSTERN__GATE_COMMAND_KIND__COMMAND_RELEASE_EXIT:
		answered(s);
		snprintf(waited, sizeof waited, "%llu%s", (unsigned long long)(s->waited_ns / 1000), s->waits);
		if (c->record_hash.len == 32)
			hex_encode(hash, c->record_hash.data, 32);
		log_done(s, "exit_released", hash);
		log_done(s, "waited_us", waited);
		sim_leaf_drive(&s->exit, true);
		break;
	case POSTERN__GATE_COMMAND_KIND__COMMAND_CLOSE_EXIT:
		sim_leaf_drive(&s->exit, false);
		break;
	case POSTERN__GATE_COMMAND_KIND__COMMAND_ALL_SAFE:
		sim_leaf_drive(&s->exit, false);
		sim_leaf_drive(&s->entry, false);
		break;
	case POSTERN__GATE_COMMAND_KIND__COMMAND_SELF_TEST:
		s->changed = true;
		break;
	case POSTERN__GATE_COMMAND_KIND__COMMAND_UNSPECIFIED:
	case _POSTERN__GATE_COMMAND_KIND_IS_INT_SIZE:
		break;
	}
	postern__gate_command__free_unpacked(c, NULL);
}

static void sim_message(void *self, const struct postern_message *m)
{
	struct sim *s = self;
	if (m->body == POSTERN__ENVELOPE__BODY_GATE_COMMAND) {
		command(s, m);
	} else if (m->body == POSTERN__ENVELOPE__BODY_MOVE_CAMERA) {
		log_seen(s, "camera_moved", camera_side_hear(&s->camera, m->bytes, m->size, may_lift(s), now_of(s)));
	} else if (m->body == POSTERN__ENVELOPE__BODY_SHOW_GUIDANCE) {
		Postern__ShowGuidance *g = postern__show_guidance__unpack(NULL, m->size, m->bytes);
		if (g == NULL)
			return;
		s->guidance = g->guidance;
		s->advice = (uint32_t)g->advice;
		if (g->guidance == POSTERN__GUIDANCE__GUIDANCE_TAKE_DOCUMENT)
			answered(s);
		postern__show_guidance__free_unpacked(g, NULL);
	}
}

/* OpenSSL reads its configuration and seeds itself while that is still allowed. */
static bool warm(void)
{
	uint8_t bytes[32], digest[32];
	return RAND_bytes(bytes, sizeof bytes) == 1 && EVP_Digest(bytes, sizeof bytes, digest, NULL, EVP_sha256(), NULL) == 1;
}

/* The manifest allows no other word. A gate behind a kiosk is built as a two-step lane. */
static Postern__LaneTopology topology_of(const char *word)
{
	if (strcmp(word, "one-step") == 0)
		return POSTERN__LANE_TOPOLOGY__TOPOLOGY_ONE_STEP;
	return strcmp(word, "segregated") == 0 ? POSTERN__LANE_TOPOLOGY__TOPOLOGY_SEGREGATED : POSTERN__LANE_TOPOLOGY__TOPOLOGY_TWO_STEP;
}

static int sim_init(const struct postern_host *host, void **self)
{
	struct sim *s = calloc(1, sizeof *s);
	char path[512], error[256];
	if (s == NULL)
		return PN_ENOMEM;
	s->host = host;
	s->line = host->device(host->ctx, "line");
	s->camera.line = host->device(host->ctx, "scene");
	if (s->camera.line >= 0 && fcntl(s->camera.line, F_SETFL, O_NONBLOCK) != 0) {
		free(s);
		return PN_EIO;
	}
	snprintf(path, sizeof path, "%s/%s", host->folder(host->ctx, "scenario"), host->option(host->ctx, "scenario"));
	if (scenario_load(path, &s->scenario, error, sizeof error) != 0) {
		host->log(host->ctx, POSTERN_ERROR, "sim.bad_scenario", error);
		free(s);
		return PN_EFORMAT;
	}
	if (host->option_int(host->ctx, "travellers") > 0)
		s->scenario.travellers = (uint32_t)host->option_int(host->ctx, "travellers");
	s->first_index = (uint32_t)host->option_int(host->ctx, "first_index");
	s->camera.lift.there = host->option_bool(host->ctx, "camera_drive") != 0;
	s->topology = topology_of(host->option(host->ctx, "topology"));
	s->reader_inside = s->topology == POSTERN__LANE_TOPOLOGY__TOPOLOGY_ONE_STEP;
	if (host->option_int(host->ctx, "chip_port") > 0 && (host->folder(host->ctx, "passports") == NULL || !warm())) {
		host->log(host->ctx, POSTERN_ERROR, "sim.no_passports", "");
		free(s);
		return PN_ENOTFOUND;
	}
	if (truth_open(&s->truth, host) != PN_OK) {
		free(s);
		return PN_EIO;
	}
	*self = s;
	return PN_OK;
}

static int start_chip(struct sim *s)
{
	const struct chip_side_config config = { .port = (uint16_t)s->host->option_int(s->host->ctx, "chip_port"),
		.folder = s->host->folder(s->host->ctx, "passports"), .pace = s->scenario.chip };
	return config.port == 0 ? PN_OK : chip_side_start(&config, &s->chip);
}

static int sim_start(void *self)
{
	struct sim *s = self;
	uint64_t now = now_of(s);
	int rc = start_chip(s);
	if (rc != PN_OK)
		return rc;
	if (s->host->option_int(s->host->ctx, "traveller_port") > 0) {
		struct hand_world world = world_of(s);
		hand_arrive(&s->hand, &world);
		rc = hand_socket_open((uint16_t)s->host->option_int(s->host->ctx, "traveller_port"), &s->by_hand);
		if (rc != PN_OK)
			return rc;
	}
	sim_leaf_init(&s->entry, s->scenario.leaf_stroke_ms, s->scenario.lock_ms, now);
	sim_leaf_init(&s->exit, s->scenario.leaf_stroke_ms, s->scenario.lock_ms, now);
	s->guidance = POSTERN__GUIDANCE__GUIDANCE_CLOSED;
	log_done(s, "simulator_started", "");
	return s->host->wake_after(s->host->ctx, TICK_MS);
}

static void sim_core_started(void *self, uint64_t core_epoch)
{
	struct sim *s = self;
	(void)core_epoch;
	report(s);
}

static void sim_core_silent(void *self, int lost)
{
	struct sim *s = self;
	s->core_lost = lost != 0;
	s->core_lost_ms = now_of(s);
	log_done(s, lost ? "core_lost" : "core_back", "");
	if (lost) {
		s->guidance = POSTERN__GUIDANCE__GUIDANCE_CLOSED;
		if (!s->exit.drive_open)
			sim_leaf_drive(&s->entry, false);
	}
}

static void sim_stop(void *self)
{
	struct sim *s = self;
	chip_side_stop(s->chip);
	hand_socket_close(s->by_hand);
	log_done(s, "simulator_stopped", "");
	truth_close(&s->truth);
	explicit_bzero(s, sizeof *s);
	free(s);
}

POSTERN_PLUGIN(.name = "sim-lane", .version = "0.1.0", .init = sim_init, .start = sim_start, .message = sim_message,
	.tick = sim_tick, .core_started = sim_core_started, .core_silent = sim_core_silent, .stop = sim_stop);

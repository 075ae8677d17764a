/* SPDX-License-Identifier: Apache-2.0
 * A core's plugins: their buses, who is ready, who is silent, who must be killed. Messages are decoded by core/bus only.
 * Must never let a plugin's bytes do more than kill that plugin.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "bus/blob.h"
#include "loop/core_run.h"

static void on_bus(void *data, int events);

static struct core_plugin *find(struct core *c, const char *instance)
{
	for (size_t i = 0; i < c->plugin_count; i++)
		if (strcmp(c->plugins[i].config->instance, instance) == 0)
			return &c->plugins[i];
	return NULL;
}

struct core_plugin *plugins_of_kind(struct core *c, Postern__PluginKind kind)
{
	for (size_t i = 0; i < c->plugin_count; i++)
		if (c->plugins[i].station == 0 && c->plugins[i].kind == kind && c->plugins[i].state == PLUGIN_READY)
			return &c->plugins[i];
	return NULL;
}

static struct core_plugin *at_station(struct core *c, size_t station, Postern__PluginKind kind)
{
	for (size_t i = 0; station > 0 && i < c->plugin_count; i++)
		if (c->plugins[i].station == station && c->plugins[i].kind == kind && c->plugins[i].state == PLUGIN_READY)
			return &c->plugins[i];
	return station == 0 || kiosks_share(kind) ? plugins_of_kind(c, kind) : NULL;
}

void plugins_init(struct core *c)
{
	c->plugin_count = c->unit->plugins_count;
	for (size_t i = 0; i < c->plugin_count; i++) {
		c->plugins[i].core = c;
		c->plugins[i].config = &c->unit->plugins[i];
		c->plugins[i].station = kiosks_named(c, c->unit->plugins[i].kiosk);
		c->plugins[i].fd = -1;
		bus_queue_init(&c->plugins[i].queue, c->plugins[i].queue_memory, sizeof c->plugins[i].queue_memory);
	}
}

const char *plugins_state_name(enum plugin_state state)
{
	switch (state) {
	case PLUGIN_ABSENT:
		return "backing_off";
	case PLUGIN_STARTING:
		return "starting";
	case PLUGIN_READY:
		return "ready";
	case PLUGIN_SILENT:
		return "stale";
	case PLUGIN_UNAVAILABLE:
		return "unavailable";
	}
	return "unknown";
}

static void tell_lane(struct core *c, enum lane_input_kind kind, struct core_plugin *p)
{
	struct lane_input in;
	if (!c->has_lane)
		return;
	for (size_t i = 0; i <= c->kiosk_count; i++) {
		if (i != p->station && (p->station > 0 || !kiosks_share(p->kind)))
			continue;
		core_input(c, &in, kind);
		in.source = p->kind;
		in.instance = p->config->instance;
		core_dispatch_at(c, i, &in);
	}
}

static void lost(struct core_plugin *p, enum plugin_state next)
{
	struct core *c = p->core;
	bool was_ready = p->state == PLUGIN_READY;
	p->state = next;
	control_troubles_end(c, p);
	if (!was_ready)
		return;
	metrics_add(&c->metrics, METRIC_PLUGINS_LOST, 1);
	metrics_add(&c->metrics, METRIC_PLUGINS_READY, -1);
	if (p->kind == POSTERN__PLUGIN_KIND__KIND_UPLINK)
		records_uplink_lost(c);
	if (p->kind == POSTERN__PLUGIN_KIND__KIND_CONSOLE)
		post_console_lost(c);
	/* The lane must not be entered from within itself: a command to a plugin that does not read ends it in mid-dispatch. */
	if (c->in_lane)
		p->lost_in_lane = true;
	else
		tell_lane(c, LANE_PLUGIN_LOST, p);
}

void plugins_settle(struct core *c)
{
	for (size_t i = 0; i < c->plugin_count; i++)
		if (c->plugins[i].lost_in_lane) {
			c->plugins[i].lost_in_lane = false;
			tell_lane(c, LANE_PLUGIN_LOST, &c->plugins[i]);
		}
}

static void detach(struct core_plugin *p)
{
	watch_stop(&p->watch);
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	bus_queue_clear(&p->queue);
}

static void kill_process(struct core_plugin *p, const char *why)
{
	struct channel_message m = { .kind = CHANNEL_KILL, .pid = p->pid };
	pn_log(LOG_LEVEL_WARNING, "bus", "plugin.condemned", LK("instance", p->config->instance), LK("why", why));
	metrics_add(&p->core->metrics, METRIC_BUS_REJECTED, 1);
	text_copy(m.instance, sizeof m.instance, p->config->instance);
	if (channel_send(p->core->channel, &m, -1) != PN_OK)
		pn_log(LOG_LEVEL_ERROR, "bus", "supervisor.deaf");
}

/* It broke the contract: it dies, the lane goes to its safe branch, the supervisor starts it again. */
static void condemn(struct core_plugin *p, const char *why)
{
	kill_process(p, why);
	detach(p);
	lost(p, PLUGIN_ABSENT);
}

static void flush(struct core_plugin *p)
{
	int r = bus_queue_flush(&p->queue, p->fd);
	if (r == PN_OK || r == PN_EAGAIN)
		watch_events(p->watch, r == PN_EAGAIN ? UV_READABLE | UV_WRITABLE : UV_READABLE);
	/* A closed bus is read to its end first: on_bus sees it. */
}

static int push(struct core_plugin *p, const Postern__Envelope *e, int blob_fd)
{
	uint8_t bytes[BUS_MESSAGE_MAX];
	size_t size = 0;
	const struct schema_body *info = schema_body_find((uint32_t)e->body_case);
	int r;
	if (p->fd < 0 || info == NULL || !bus_may_tell(p->kind, e->body_case)) {
		if (blob_fd >= 0)
			close(blob_fd);
		return PN_ECLOSED;
	}
	r = bus_encode(e, bytes, sizeof bytes, &size);
	if (r != PN_OK) {
		if (blob_fd >= 0)
			close(blob_fd);
		pn_log(LOG_LEVEL_ERROR, "bus", "encode.failed", LK("body", info->name), LE(r));
		return r;
	}
	r = bus_queue_push(&p->queue, bytes, size, blob_fd, info->droppable);
	explicit_bzero(bytes, size);
	if (r == PN_EAGAIN) {
		metrics_add(&p->core->metrics, METRIC_BUS_DROPPED, 1);
		return PN_OK;
	}
	if (r == PN_OK)
		flush(p);
	else
		condemn(p, "bus.does_not_read");
	return r;
}

int plugins_send(struct core *c, Postern__PluginKind to, const Postern__Envelope *e, int blob_fd)
{
	return plugins_send_at(c, 0, to, e, blob_fd);
}

int plugins_send_at(struct core *c, size_t station, Postern__PluginKind to, const Postern__Envelope *e, int blob_fd)
{
	struct core_plugin *p = at_station(c, station, to);
	if (p == NULL) {
		if (blob_fd >= 0)
			close(blob_fd);
		return PN_ECLOSED;
	}
	return push(p, e, blob_fd);
}

static void hello(struct core_plugin *p, const Postern__Hello *h)
{
	if (p->state == PLUGIN_READY || h->core_epoch != p->core->epoch)
		return;
	if (h->kind != p->kind || h->schema_version != CONFIG_SCHEMA) {
		condemn(p, "bus.wrong_hello");
		return;
	}
	text_copy(p->version, sizeof p->version, h->version);
	p->state = PLUGIN_READY;
	p->heard_ms = clock_mono_ms();
	metrics_add(&p->core->metrics, METRIC_PLUGINS_READY, 1);
	pn_log(LOG_LEVEL_INFO, "bus", "plugin.ready", LK("instance", p->config->instance), LK("plugin", p->name));
	if (p->kind == POSTERN__PLUGIN_KIND__KIND_RULES)
		rules_ready(p->core);
	tell_lane(p->core, LANE_PLUGIN_READY, p);
}

static void to_lane(struct core_plugin *p, const struct bus_message *m)
{
	struct core *c = p->core;
	struct lane_input in;
	if (!c->has_lane)
		return;
	core_input(c, &in, LANE_MESSAGE);
	in.source = p->kind;
	in.instance = p->config->instance;
	in.message = m;
	if (m->has_blob) {
		c->carried_fd = m->blob_fd;
		memcpy(c->carried_sha256, m->envelope->blob_sha256.data, sizeof c->carried_sha256);
	}
	/* An answer goes to the lane that asked. */
	size_t station = p->station > 0 ? p->station : kiosks_station(c, m->envelope->id);
	int r = core_dispatch_at(c, station, &in);
	if (station == 0 && m->has_blob)
		core_keep_pictures(c, m->blob_fd, c->carried_sha256);
	c->carried_fd = -1;
	if (r == PN_EDENIED)
		condemn(p, "bus.answer_not_asked");
}

/* A name of another form, or one too many, is not the host's doing: it is passed over. */
static void count(struct core_plugin *p, const Postern__Count *m)
{
	size_t n = strspn(m->metric, "abcdefghijklmnopqrstuvwxyz0123456789_"), i = 0;
	if (n == 0 || n >= CORE_COUNT_NAME || m->metric[n] != '\0')
		return;
	while (i < p->count_count && strcmp(p->counts[i].name, m->metric) != 0)
		i++;
	if (i == CORE_COUNTS)
		return;
	if (i == p->count_count) {
		text_copy(p->counts[i].name, sizeof p->counts[i].name, m->metric);
		p->counts[i].value = 0;
		p->count_count++;
	}
	p->counts[i].value += m->add;
}

/* A catalogue key: it is shown to officers and logged, so it can hold nothing else. */
static void trouble(struct core_plugin *p, const Postern__Trouble *t)
{
	size_t n = strspn(t->code, "abcdefghijklmnopqrstuvwxyz0123456789_.-");
	if (n == 0 || n > 63 || t->code[n] != '\0') {
		condemn(p, "bus.trouble_is_no_key");
		return;
	}
	if (++p->troubles > PLUGIN_TROUBLES_PER_S) {
		condemn(p, "bus.flood");
		return;
	}
	if (strcmp(t->code, "sandbox.no_landlock") == 0)
		p->no_landlock = t->active;
	control_trouble_of(p->core, p, t->code, t->active);
}

/* False: more was said within a second than any plugin has to say. */
static bool within_pace(struct core_plugin *p)
{
	uint64_t now = clock_mono_ms();
	if (now - p->second_ms >= 1000) {
		p->second_ms = now;
		p->messages = p->troubles = 0;
	}
	return ++p->messages <= PLUGIN_MESSAGES_PER_S;
}

static void handle(struct core_plugin *p, const struct bus_message *m)
{
	p->heard_ms = clock_mono_ms();
	switch (m->envelope->body_case) {
	case POSTERN__ENVELOPE__BODY_HELLO:
		hello(p, m->envelope->hello);
		break;
	case POSTERN__ENVELOPE__BODY_HEARTBEAT:
		break;
	case POSTERN__ENVELOPE__BODY_COUNT:
		count(p, m->envelope->count);
		break;
	case POSTERN__ENVELOPE__BODY_TROUBLE:
		trouble(p, m->envelope->trouble);
		break;
	case POSTERN__ENVELOPE__BODY_JOURNAL_FORWARDED:
		records_forwarded(p->core, m);
		break;
	case POSTERN__ENVELOPE__BODY_RULE_PACK_STATE:
		rules_state(p->core, m->envelope->rule_pack_state);
		break;
	case POSTERN__ENVELOPE__BODY_POST_REQUEST:
		post_requested(p->core, m->envelope->post_request);
		break;
	case POSTERN__ENVELOPE__BODY_AUDIT_REQUEST:
		post_audit(p->core, m->envelope->audit_request);
		break;
	default:
		to_lane(p, m);
		break;
	}
}

static enum bus_phase phase_of(const struct core_plugin *p)
{
	if (p->state != PLUGIN_READY)
		return BUS_STARTING;
	/* What the kiosks share is asked of any crossing's. */
	if (p->station > 0)
		return kiosks_lane(p->core, p->station)->crossing.active ? BUS_CROSSING : BUS_IDLE;
	return kiosks_crossing(p->core) ? BUS_CROSSING : BUS_IDLE;
}

/* One message; false when there is no more or the plugin is gone. */
static bool receive(struct core_plugin *p)
{
	struct core *c = p->core;
	struct bus_message m;
	size_t size = 0;
	int blob = -1;
	int r = bus_receive(p->fd, c->buffer, BUS_MESSAGE_MAX, &size, &blob);
	if (r == PN_EAGAIN)
		return false;
	if (r == PN_ECLOSED) {
		/* An empty packet reads the same as an end: see plugins_beat. */
		p->closed_ms = clock_mono_ms();
		detach(p);
		lost(p, PLUGIN_ABSENT);
		return false;
	}
	if (r != PN_OK) {
		condemn(p, "bus.bad_packet");
		return false;
	}
	if (!within_pace(p)) {
		if (blob >= 0)
			close(blob);
		explicit_bzero(c->buffer, size);
		condemn(p, "bus.flood");
		return false;
	}
	arena_wipe(&c->arena);
	r = bus_decode(c->buffer, size, &c->arena, &m);
	if (r == PN_OK)
		r = bus_take_blob(&m, blob);
	else if (blob >= 0)
		close(blob);
	if (r != PN_OK) {
		condemn(p, "bus.undecodable");
		goto out;
	}
	if (m.has_blob && m.envelope->blob_size > bus_carries(m.envelope->body_case)) {
		close(m.blob_fd);
		condemn(p, "bus.blob_not_permitted");
		goto out;
	}
	switch (bus_judge(p->kind, phase_of(p), m.envelope->body_case)) {
	case BUS_ALLOW:
		handle(p, &m);
		break;
	case BUS_IGNORE:
		break;
	case BUS_REFUSE:
		condemn(p, "bus.not_permitted");
		break;
	}
	if (m.blob_fd >= 0)
		close(m.blob_fd);
out:
	explicit_bzero(c->buffer, size);
	arena_wipe(&c->arena);
	return p->fd >= 0;
}

/* Bounded: a plugin that floods does not starve the others. */
static void receive_some(struct core_plugin *p)
{
	for (int i = 0; i < 16 && p->fd >= 0; i++)
		if (!receive(p))
			break;
}

static void on_bus(void *data, int events)
{
	struct core_plugin *p = data;
	if ((events & UV_WRITABLE) && p->fd >= 0)
		flush(p);
	receive_some(p);
	core_arm(p->core);
}

void plugins_catch_up(struct core *c)
{
	if (clock_mono_ms() - c->beat_ms <= 2 * (uint64_t)c->unit->heartbeat_ms)
		return;
	for (size_t i = 0; i < c->plugin_count; i++)
		receive_some(&c->plugins[i]);
}

void plugins_up(struct core *c, const struct channel_message *m, int fd)
{
	struct core_plugin *p = find(c, m->instance);
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__CoreHello hello_core = POSTERN__CORE_HELLO__INIT;
	if (p == NULL) {
		close(fd);
		return;
	}
	detach(p);
	lost(p, PLUGIN_STARTING);
	p->kind = (Postern__PluginKind)m->plugin_kind;
	p->pid = m->pid;
	p->restarts = m->restarts;
	p->fd = fd;
	p->heard_ms = clock_mono_ms();
	p->closed_ms = p->second_ms = 0;
	text_copy(p->name, sizeof p->name, m->plugin);
	text_copy(p->version, sizeof p->version, m->version);
	p->watch = watch_start(&c->loop, fd, UV_READABLE, on_bus, p);
	if (p->watch == NULL) {
		close(fd);
		p->fd = -1;
		return;
	}
	hello_core.core_epoch = c->epoch;
	hello_core.heartbeat_ms = c->unit->heartbeat_ms;
	hello_core.stale_after_ms = c->unit->stale_after_ms;
	hello_core.lane = p->station > 0 ? p->config->kiosk : c->unit->name;
	e.body_case = POSTERN__ENVELOPE__BODY_CORE_HELLO;
	e.core_hello = &hello_core;
	if (push(p, &e, -1) != PN_OK)
		pn_log(LOG_LEVEL_WARNING, "bus", "hello.not_sent", LK("instance", p->config->instance));
}

void plugins_down(struct core *c, const struct channel_message *m)
{
	struct core_plugin *p = find(c, m->instance);
	if (p == NULL)
		return;
	p->closed_ms = 0;
	detach(p);
	lost(p, m->unavailable ? PLUGIN_UNAVAILABLE : PLUGIN_ABSENT);
	if (m->unavailable)
		control_trouble_of(c, p, "plugin.unavailable", true);
}

/* 0 when it was after now, as what was read while catching up is. */
static uint64_t since(uint64_t now_ms, uint64_t then_ms)
{
	return now_ms > then_ms ? now_ms - then_ms : 0;
}

void plugins_beat(struct core *c, uint64_t now_ms)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__Heartbeat beat = POSTERN__HEARTBEAT__INIT;
	beat.mono_ms = now_ms;
	e.body_case = POSTERN__ENVELOPE__BODY_HEARTBEAT;
	e.heartbeat = &beat;
	for (size_t i = 0; i < c->plugin_count; i++) {
		struct core_plugin *p = &c->plugins[i];
		if (p->closed_ms != 0 && since(now_ms, p->closed_ms) > c->unit->stale_after_ms) {
			/* It has closed its bus and lives on: nobody would ever miss it. */
			p->closed_ms = 0;
			kill_process(p, "bus.closed");
		}
		if (p->fd < 0)
			continue;
		if (p->state == PLUGIN_STARTING && since(now_ms, p->heard_ms) > c->unit->start_limit_ms) {
			condemn(p, "bus.no_hello");
			continue;
		}
		if (p->state == PLUGIN_READY && since(now_ms, p->heard_ms) > c->unit->stale_after_ms) {
			/* A hung plugin is killed: its queries take their defaults now, not at their deadlines. */
			condemn(p, "bus.silent");
			continue;
		}
		if (push(p, &e, -1) != PN_OK)
			continue;
	}
}

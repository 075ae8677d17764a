/* SPDX-License-Identifier: Apache-2.0
 * The control socket (`<run_folder>/<unit>.control`, SOCK_SEQPACKET, one protobuf request per packet) and the metrics socket
 * (`<unit>.metrics`, one OpenMetrics exposition per connection). Only root and the core's own uid may connect.
 * Must never answer with personal data: replies carry clear columns only.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "crossing/lane_view.h"
#include "loop/core_run.h"

#define REQUEST_MAX 8192
#define METRICS_MAX 32768

static char *text_of(const char *s)
{
	return (char *)(uintptr_t)s;
}

static void drop(struct core_client *client)
{
	rules_client_gone(client->core, client);
	watch_stop(&client->watch);
	close(client->fd);
	client->follow = false;
	client->fd = -1;
}

static void reply(struct core_client *client, const Postern__ControlReply *r)
{
	struct core *c = client->core;
	size_t size = postern__control_reply__get_packed_size(r);
	if (size > REPLY_MAX) {
		pn_log(LOG_LEVEL_WARNING, "control", "reply.too_large", LN("bytes", size));
		drop(client);
		return;
	}
	postern__control_reply__pack(r, c->reply);
	if (send(client->fd, c->reply, size, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)size && client->follow) {
		/* A follower that does not read loses its place, never the core's time. */
		pn_log(LOG_LEVEL_INFO, "control", "follower.dropped");
		drop(client);
	}
}

static void fail(struct core_client *client, const char *why)
{
	Postern__ControlReply r = POSTERN__CONTROL_REPLY__INIT;
	r.error = text_of(why);
	reply(client, &r);
}

void control_answer(struct core_client *client, const char *why_not)
{
	Postern__ControlReply r = POSTERN__CONTROL_REPLY__INIT;
	r.ok = why_not == NULL;
	if (!r.ok)
		r.error = text_of(why_not);
	reply(client, &r);
}

static void activate(struct core_client *client, const Postern__ActivateRequest *q)
{
	const char *why_not = q->order != NULL ? rules_activate(client->core, client, q->order) : "an empty request";
	if (why_not != NULL)
		fail(client, why_not);
}

static void fill_lane(struct core *c, Postern__UnitStatus *s, struct lane_view *lane)
{
	const Postern__LaneView *v = &lane->view;
	struct lane_input in;
	core_input(c, &in, LANE_TICK);
	s->clock_quality = in.clock_quality;
	if (!c->has_lane)
		return;
	lane_view_build(lane, &c->lane, in.mono_ms);
	s->gate_state = v->state;
	s->state_ms = v->state_ms;
	s->mode = v->mode;
	s->crossings = v->crossings;
	s->referrals = v->referrals;
	s->crossing_id = v->crossing_id;
	s->waiting_verdict_hash = v->waiting_verdict_hash;
	s->waiting_exception = v->waiting_exception;
	s->waiting_reason = v->waiting_reason;
	s->waiting_reason_argument = v->waiting_reason_argument;
}

/* A view's texts are the lane's own or literals: one view serves all. */
static size_t fill_kiosks(const struct core *c, uint64_t now_ms, Postern__KioskStatus *kiosks, Postern__KioskStatus **list)
{
	struct lane_view shown;
	for (size_t i = 0; i < c->kiosk_count; i++) {
		const Postern__LaneView *v = &shown.view;
		postern__kiosk_status__init(&kiosks[i]);
		lane_view_build(&shown, &c->kiosks[i].lane, now_ms);
		kiosks[i].kiosk = text_of(c->unit->kiosks[i]);
		kiosks[i].state = v->state;
		kiosks[i].state_ms = v->state_ms;
		kiosks[i].mode = v->mode;
		kiosks[i].crossing_id = v->crossing_id;
		kiosks[i].crossings = v->crossings;
		kiosks[i].referrals = v->referrals;
		list[i] = &kiosks[i];
	}
	return c->kiosk_count;
}

static void status(struct core_client *client)
{
	struct core *c = client->core;
	Postern__ControlReply r = POSTERN__CONTROL_REPLY__INIT;
	Postern__UnitStatus s = POSTERN__UNIT_STATUS__INIT;
	Postern__PluginStatus plugins[CORE_PLUGINS], *list[CORE_PLUGINS];
	Postern__KioskStatus kiosks[CONFIG_KIOSKS_MAX], *kiosk_list[CONFIG_KIOSKS_MAX];
	char *troubles[CORE_TROUBLES];
	struct core_rules_shown packs;
	struct lane_view lane;
	s.unit = c->unit->name;
	s.tenant = c->config->tenant;
	if (c->has_lane) {
		rules_status(c, &packs);
		s.rule_packs = &packs.packs;
	}
	s.role = text_of(config_role_name(c->unit->role));
	s.epoch = c->journal_epoch;
	s.head_seq = c->head_seq;
	s.acked_seq = c->acked_seq;
	s.head_hash.data = c->head_hash;
	s.head_hash.len = c->head_seq > 0 ? sizeof c->head_hash : 0;
	fill_lane(c, &s, &lane);
	s.n_kiosks = fill_kiosks(c, clock_mono_ms(), kiosks, kiosk_list);
	s.kiosks = kiosk_list;
	for (size_t i = 0; i < c->plugin_count; i++) {
		const struct core_plugin *p = &c->plugins[i];
		postern__plugin_status__init(&plugins[i]);
		plugins[i].instance = p->config->instance;
		plugins[i].name = p->config->plugin;
		plugins[i].kind = p->kind;
		plugins[i].state = text_of(plugins_state_name(p->state));
		plugins[i].restarts = p->restarts;
		plugins[i].pid = p->fd >= 0 ? p->pid : 0;
		plugins[i].version = text_of(p->version);
		plugins[i].kiosk = text_of(p->config->kiosk != NULL ? p->config->kiosk : "");
		plugins[i].sandbox = text_of(p->no_landlock ? "no landlock (demo)" : "full");
		list[i] = &plugins[i];
	}
	s.plugins = list;
	s.n_plugins = c->plugin_count;
	for (size_t i = 0; i < c->trouble_count; i++)
		troubles[i] = c->troubles[i].code;
	s.troubles = troubles;
	s.n_troubles = c->trouble_count;
	r.ok = true;
	r.status = &s;
	reply(client, &r);
}

/* The last records, oldest first, in packets of a few dozen. */
static void crossings(struct core_client *client, const Postern__CrossingsRequest *q)
{
	struct core *c = client->core;
	size_t have = c->recent_at < CORE_RECENT ? c->recent_at : CORE_RECENT;
	size_t want = q->last == 0 || q->last > have ? have : q->last;
	client->follow = q->follow;
	for (size_t i = c->recent_at - want; i < c->recent_at && client->fd >= 0;) {
		Postern__ControlReply r = POSTERN__CONTROL_REPLY__INIT;
		Postern__CrossingLine *lines[32];
		for (; i < c->recent_at && r.n_crossings < PN_COUNT(lines); i++) {
			Postern__CrossingLine *line = postern__crossing_line__unpack(NULL, c->recent[i % CORE_RECENT].size,
				c->recent[i % CORE_RECENT].bytes);
			if (line != NULL)
				lines[r.n_crossings++] = line;
		}
		r.ok = true;
		r.crossings = lines;
		r.more = i < c->recent_at || q->follow;
		reply(client, &r);
		for (size_t k = 0; k < r.n_crossings; k++)
			postern__crossing_line__free_unpacked(lines[k], NULL);
	}
	if (want == 0 && !q->follow) {
		Postern__ControlReply r = POSTERN__CONTROL_REPLY__INIT;
		r.ok = true;
		reply(client, &r);
	}
}

void control_publish(struct core *c, const Postern__RecordClear *clear)
{
	Postern__CrossingLine line = POSTERN__CROSSING_LINE__INIT;
	Postern__CrossingLine *one = &line;
	Postern__ControlReply r = POSTERN__CONTROL_REPLY__INIT;
	size_t at = c->recent_at % CORE_RECENT, size;
	uint8_t *bytes;
	line.unit = c->unit->name;
	line.crossing_id = clear->crossing_id;
	line.record = (Postern__RecordClear *)(uintptr_t)clear;
	size = postern__crossing_line__get_packed_size(&line);
	bytes = malloc(size > 0 ? size : 1);
	if (bytes != NULL) {
		postern__crossing_line__pack(&line, bytes);
		free(c->recent[at].bytes);
		c->recent[at].bytes = bytes;
		c->recent[at].size = size;
		c->recent_at++;
	}
	r.ok = true;
	r.more = true;
	r.crossings = &one;
	r.n_crossings = 1;
	for (size_t i = 0; i < CORE_CLIENTS; i++)
		if (c->clients[i].fd >= 0 && c->clients[i].follow)
			reply(&c->clients[i], &r);
}

static size_t told(const struct core *c, const struct core_plugin *of)
{
	size_t n = 0;
	for (size_t i = 0; i < c->trouble_count; i++)
		n += c->troubles[i].of == of;
	return n;
}

void control_trouble_of(struct core *c, const struct core_plugin *of, const char *code, bool active)
{
	size_t i = 0;
	while (i < c->trouble_count && (c->troubles[i].of != of || strcmp(c->troubles[i].code, code) != 0))
		i++;
	if (active && i == c->trouble_count && told(c, of) < (of != NULL ? PLUGIN_TROUBLES : CORE_OWN_TROUBLES)) {
		text_copy(c->troubles[i].code, sizeof c->troubles[i].code, code);
		c->troubles[i].of = of;
		c->trouble_count++;
		pn_log(LOG_LEVEL_WARNING, "core", "trouble", LK("code", code), LK("of", of != NULL ? of->config->instance : "core"));
	} else if (!active && i < c->trouble_count) {
		c->troubles[i] = c->troubles[--c->trouble_count];
		pn_log(LOG_LEVEL_INFO, "core", "trouble.over", LK("code", code), LK("of", of != NULL ? of->config->instance : "core"));
	}
}

void control_trouble(struct core *c, const char *code, bool active)
{
	control_trouble_of(c, NULL, code, active);
}

void control_troubles_end(struct core *c, const struct core_plugin *of)
{
	for (size_t i = c->trouble_count; i-- > 0;)
		if (c->troubles[i].of == of)
			c->troubles[i] = c->troubles[--c->trouble_count];
}

/* One family for all plugins' counts, since OpenMetrics wants a family's samples together. Names are of [a-z0-9_] by
 * plugins_count, instances by the configuration. */
static void print_counts(const struct core *c, struct text *out)
{
	text_add(out, "# TYPE postern_plugin_count counter\n# HELP postern_plugin_count What plugins count, by the names of their "
		      "manifests.\n");
	for (size_t i = 0; i < c->plugin_count; i++)
		for (size_t k = 0; k < c->plugins[i].count_count; k++)
			text_add(out, "postern_plugin_count_total{unit=\"%s\",instance=\"%s\",name=\"%s\"} %llu\n", c->unit->name,
				c->plugins[i].config->instance, c->plugins[i].counts[k].name,
				(unsigned long long)c->plugins[i].counts[k].value);
}

static const char *decision_error(int r)
{
	switch (r) {
	case PN_ECONFLICT:
		return "the crossing has moved on, or no officer's decision is awaited: look at `postern lanes`";
	case PN_ECRYPTO:
		return "the signature is not by a key in the lane's trust folder under the officer's name";
	case PN_EAGAIN:
		return "not possible as the lane stands: two persons inside, a leaf not locked, or the like; look at `postern lanes`";
	case PN_EDENIED:
		return "refused: the decision is expired, was used before, names no reason code, or admits past a watchlist without a "
		       "second officer";
	default:
		return "the decision could not be taken";
	}
}

static void decide(struct core_client *client, const Postern__DecideRequest *q)
{
	struct core *c = client->core;
	Postern__ControlReply r = POSTERN__CONTROL_REPLY__INIT;
	const char *code;
	int result = PN_ECONFLICT;
	if (c->has_lane && q->decision != NULL)
		result = core_decide(c, q->decision, &code);
	r.ok = result == PN_OK;
	if (!r.ok)
		r.error = text_of(decision_error(result));
	reply(client, &r);
	core_arm(c);
}

static void lane_command(struct core_client *client, const Postern__LaneRequest *q)
{
	static const struct {
		const char *name;
		enum lane_command command;
	} commands[] = {
		{ "assist", LANE_CMD_ASSIST },
		{ "end-assist", LANE_CMD_END_ASSIST },
		{ "out-of-service", LANE_CMD_OUT_OF_SERVICE },
		{ "resume", LANE_CMD_RESUME },
		{ "duty-on", LANE_CMD_DUTY_ON },
		{ "duty-off", LANE_CMD_DUTY_OFF },
		{ "lock", LANE_CMD_LOCK },
		{ "controlled", LANE_CMD_CONTROLLED },
		{ "free", LANE_CMD_FREE },
	};
	struct core *c = client->core;
	Postern__ControlReply r = POSTERN__CONTROL_REPLY__INIT;
	struct lane_input in;
	core_input(c, &in, LANE_COMMAND);
	in.officer = q->officer;
	in.reason_code = q->reason_code;
	for (size_t i = 0; i < PN_COUNT(commands); i++)
		if (strcmp(q->command, commands[i].name) == 0)
			in.command = commands[i].command;
	if (!c->has_lane) {
		fail(client, "this unit has no lane");
		return;
	}
	if (in.command == LANE_CMD_NONE || !officer_known(&c->officers, q->officer)) {
		fail(client, in.command == LANE_CMD_NONE ? "no such lane command (try `postern lane --help`)"
							 : "no such officer: no key in the lane's trust folder");
		return;
	}
	int result = core_dispatch(c, &in);
	r.ok = result == PN_OK;
	if (!r.ok)
		r.error = text_of(lane_refusal(in.command, result));
	reply(client, &r);
	core_arm(c);
}

static void metrics_request(struct core_client *client)
{
	char text[METRICS_MAX];
	struct text t;
	Postern__ControlReply r = POSTERN__CONTROL_REPLY__INIT;
	text_init(&t, text, sizeof text);
	metrics_print(&client->core->metrics, client->core->unit->name, &t);
	print_counts(client->core, &t);
	text_add(&t, "# EOF\n");
	r.ok = true;
	r.metrics = text;
	reply(client, &r);
}

static void on_client(void *data, int events)
{
	struct core_client *client = data;
	uint8_t bytes[REQUEST_MAX];
	Postern__ControlRequest *q;
	ssize_t n = recv(client->fd, bytes, sizeof bytes, MSG_DONTWAIT);
	(void)events;
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		drop(client);
		return;
	}
	q = postern__control_request__unpack(NULL, (size_t)n, bytes);
	if (q == NULL) {
		fail(client, "not a request of this version: are posternd and postern of the same release?");
		return;
	}
	switch (q->body_case) {
	case POSTERN__CONTROL_REQUEST__BODY_STATUS:
	case POSTERN__CONTROL_REQUEST__BODY_PLUGINS:
		status(client);
		break;
	case POSTERN__CONTROL_REQUEST__BODY_CROSSINGS:
		crossings(client, q->crossings);
		break;
	case POSTERN__CONTROL_REQUEST__BODY_METRICS:
		metrics_request(client);
		break;
	case POSTERN__CONTROL_REQUEST__BODY_DECIDE:
		decide(client, q->decide);
		break;
	case POSTERN__CONTROL_REQUEST__BODY_LANE:
		lane_command(client, q->lane);
		break;
	case POSTERN__CONTROL_REQUEST__BODY_ACTIVATE:
		activate(client, q->activate);
		break;
	case POSTERN__CONTROL_REQUEST__BODY__NOT_SET:
	case _POSTERN__CONTROL_REQUEST__BODY__CASE_IS_INT_SIZE:
		fail(client, "an empty request");
		break;
	}
	postern__control_request__free_unpacked(q, NULL);
}

static void on_accept(void *data, int events)
{
	struct core *c = data;
	int fd = accept4(c->control_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	(void)events;
	for (size_t i = 0; fd >= 0 && i < CORE_CLIENTS; i++) {
		struct core_client *client = &c->clients[i];
		int size = (int)REPLY_MAX * 4;
		if (client->fd >= 0)
			continue;
		client->core = c;
		if (setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size) == 0)
			client->watch = watch_start(&c->loop, fd, UV_READABLE, on_client, client);
		if (client->watch == NULL)
			break;
		client->fd = fd;
		return;
	}
	if (fd >= 0)
		close(fd); /* full: the tool says that the daemon is busy */
}

static void on_metrics(void *data, int events)
{
	static const char head[] = "HTTP/1.0 200 OK\r\nContent-Type: application/openmetrics-text; version=1.0.0; "
				   "charset=utf-8\r\nConnection: close\r\n\r\n";
	struct core *c = data;
	char text[METRICS_MAX];
	struct text t;
	int fd = accept4(c->metrics_fd, NULL, NULL, SOCK_CLOEXEC);
	(void)events;
	if (fd < 0)
		return;
	text_init(&t, text, sizeof text);
	text_add(&t, "%s", head);
	metrics_print(&c->metrics, c->unit->name, &t);
	print_counts(c, &t);
	text_add(&t, "# EOF\n");
	if (send(fd, text, t.len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		pn_log(LOG_LEVEL_DEBUG, "control", "metrics.not_sent");
	shutdown(fd, SHUT_WR);
	char drain[1024];
	while (recv(fd, drain, sizeof drain, MSG_DONTWAIT) > 0)
		;
	close(fd);
}

static int listen_on(const struct core *c, const char *suffix, int type)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd, n = snprintf(at.sun_path, sizeof at.sun_path, "%s/%s.%s", c->config->run_folder, c->unit->name, suffix);
	if (n < 0 || (size_t)n >= sizeof at.sun_path)
		return -1;
	unlink(at.sun_path);
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && (bind(fd, (struct sockaddr *)&at, sizeof at) != 0 ||
			       listen(fd, 16) != 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

int control_start(struct core *c)
{
	for (size_t i = 0; i < CORE_CLIENTS; i++)
		c->clients[i].fd = -1;
	c->control_fd = listen_on(c, "control", SOCK_SEQPACKET);
	c->metrics_fd = listen_on(c, "metrics", SOCK_STREAM);
	if (c->control_fd < 0 || c->metrics_fd < 0)
		return PN_EIO;
	c->control_watch = watch_start(&c->loop, c->control_fd, UV_READABLE, on_accept, c);
	c->metrics_watch = watch_start(&c->loop, c->metrics_fd, UV_READABLE, on_metrics, c);
	return c->control_watch != NULL && c->metrics_watch != NULL ? PN_OK : PN_ENOMEM;
}

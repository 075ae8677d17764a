/* SPDX-License-Identifier: Apache-2.0
 * The control post at a core's loop: at a gate, views and durable records go to post-link and its requests come in; at a post, the
 * console's audit records go to the journal. Decisions take the same way whether they come from here or over the control socket.
 * Must never answer that something is durable before the journal says so.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "crossing/lane_view.h"
#include "loop/core_run.h"

#define VIEW_EVERY_MS 250u
#define VIEW_TROUBLES 32u
#define KEY_MAX 64u

static char *text_of(const char *s)
{
	return (char *)(uintptr_t)s;
}

static Postern__PluginKind post_link(void)
{
	return POSTERN__PLUGIN_KIND__KIND_POST_LINK;
}

/* --- views --- */

struct surroundings {
	Postern__LinkStatus link[CORE_PLUGINS], *links[CORE_PLUGINS];
	char *troubles[VIEW_TROUBLES];
};

static void surround(const struct core *c, Postern__LaneView *v, struct surroundings *s)
{
	size_t first = c->trouble_count > VIEW_TROUBLES ? c->trouble_count - VIEW_TROUBLES : 0;
	for (size_t i = 0; i < c->plugin_count; i++) {
		const struct core_plugin *p = &c->plugins[i];
		postern__link_status__init(&s->link[i]);
		s->link[i].instance = p->config->instance;
		s->link[i].kind = p->kind;
		s->link[i].state = text_of(plugins_state_name(p->state));
		s->links[i] = &s->link[i];
	}
	v->links = s->links;
	v->n_links = c->plugin_count;
	for (size_t i = first; i < c->trouble_count; i++)
		s->troubles[v->n_troubles++] = text_of(c->troubles[i].code);
	v->troubles = s->troubles;
	v->epoch = c->epoch;
	v->head_seq = c->head_seq;
	v->acked_seq = c->acked_seq;
}

/* Has anything changed but the time that passes? */
static bool changed(struct core *c, const Postern__LaneView *v)
{
	Postern__LaneView still = *v;
	size_t size;
	bool differs;
	still.sequence = 0;
	still.wall_ms = 0;
	still.state_ms = still.hold_ms = 0;
	size = postern__lane_view__get_packed_size(&still);
	if (size > BUS_BODY_MAX)
		return true;
	postern__lane_view__pack(&still, c->post.scratch);
	differs = size != c->post.view_size || memcmp(c->post.scratch, c->post.view, size) != 0;
	memcpy(c->post.view, c->post.scratch, size);
	c->post.view_size = size;
	return differs;
}

void post_show(struct core *c)
{
	struct lane_view lane;
	struct surroundings around;
	struct lane_input in;
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	if (!c->has_lane || c->in_lane || plugins_of_kind(c, post_link()) == NULL)
		return;
	core_input(c, &in, LANE_TICK);
	lane_view_build(&lane, &c->lane, in.mono_ms);
	surround(c, &lane.view, &around);
	lane.view.clock_quality = in.clock_quality;
	if (!changed(c, &lane.view) && in.mono_ms < c->post.shown_ms + VIEW_EVERY_MS)
		return;
	c->post.shown_ms = in.mono_ms;
	lane.view.wall_ms = in.wall_ms;
	lane.view.sequence = ++c->post.sequence;
	e.body_case = POSTERN__ENVELOPE__BODY_LANE_VIEW;
	e.lane_view = &lane.view;
	if (plugins_send(c, post_link(), &e, -1) != PN_OK)
		pn_log(LOG_LEVEL_DEBUG, "post", "view.not_sent");
}

static void on_show(uv_timer_t *timer)
{
	post_show(timer->data);
}

int post_start(struct core *c)
{
	uv_timer_init(&c->loop, &c->post.timer);
	c->post.timer.data = c;
	if ((c->kinds >> post_link() & 1u) == 0)
		return PN_OK;
	c->post.view = malloc(BUS_BODY_MAX);
	c->post.scratch = malloc(BUS_BODY_MAX);
	if (c->post.view == NULL || c->post.scratch == NULL)
		return PN_ENOMEM;
	/* Half the promised time, so that a timer that is late does not break the promise. */
	uv_timer_start(&c->post.timer, on_show, VIEW_EVERY_MS / 2, VIEW_EVERY_MS / 2);
	return PN_OK;
}

void post_stop(struct core *c)
{
	free(c->post.view);
	free(c->post.scratch);
	c->post.view = c->post.scratch = NULL;
}

void post_record(struct core *c, Postern__RecordClear *clear)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__LaneRecord r = POSTERN__LANE_RECORD__INIT;
	if (!c->has_lane || plugins_of_kind(c, post_link()) == NULL)
		return;
	r.gate = c->unit->name;
	r.epoch = c->epoch;
	r.record = clear;
	e.body_case = POSTERN__ENVELOPE__BODY_LANE_RECORD;
	e.lane_record = &r;
	if (plugins_send(c, post_link(), &e, -1) != PN_OK)
		pn_log(LOG_LEVEL_DEBUG, "post", "record.not_sent");
}

/* --- words --- */

int core_decide(struct core *c, const Postern__SignedDecision *word, const char **code)
{
	Postern__Decision *d = NULL;
	struct lane_input in;
	int r = officer_verify(&c->officers, word, &d);
	*code = NULL;
	if (r != PN_OK) {
		metrics_add(&c->metrics, METRIC_DECISIONS_REFUSED, 1);
		*code = "decision.signature";
		return r;
	}
	core_input(c, &in, LANE_DECISION);
	in.decision = d;
	in.signed_decision = word;
	r = core_dispatch(c, &in);
	*code = c->lane.refusal;
	postern__decision__free_unpacked(d, NULL);
	return r;
}

static int take_order(struct core *c, const Postern__PostRequest *q, const char **code, bool *later)
{
	Postern__LaneOrder *o = NULL;
	struct lane_input in;
	int r = officer_verify_order(&c->officers, q->order, &o);
	if (r != PN_OK) {
		metrics_add(&c->metrics, METRIC_DECISIONS_REFUSED, 1);
		*code = "order.signature";
		return r;
	}
	core_input(c, &in, LANE_ORDER);
	in.order = o;
	in.epoch = c->epoch;
	in.request = q->request;
	r = core_dispatch(c, &in);
	*code = c->lane.refusal;
	/* What is asked for is shown, or refused, when the record of it is durable. */
	*later = r == PN_OK && o->kind == POSTERN__LANE_ORDER_KIND__ORDER_OPEN_REFERRAL;
	postern__lane_order__free_unpacked(o, NULL);
	return r;
}

void post_requested(struct core *c, const Postern__PostRequest *q)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__PostReply reply = POSTERN__POST_REPLY__INIT;
	const char *code = "order.incomplete";
	bool later = false;
	int r = PN_EDENIED;
	if (!c->has_lane || strcmp(q->gate, c->unit->name) != 0) {
		code = "order.other_gate";
	} else if (q->request != 0 && q->body_case == POSTERN__POST_REQUEST__BODY_DECIDE) {
		r = core_decide(c, q->decide, &code);
	} else if (q->request != 0 && q->body_case == POSTERN__POST_REQUEST__BODY_ORDER) {
		r = take_order(c, q, &code, &later);
	}
	if (later)
		return;
	reply.request = q->request;
	reply.gate = c->unit->name;
	reply.accepted = r == PN_OK;
	reply.code = text_of(r == PN_OK ? "" : code != NULL ? code : "order.refused");
	e.body_case = POSTERN__ENVELOPE__BODY_POST_REPLY;
	e.post_reply = &reply;
	if (plugins_send(c, post_link(), &e, -1) != PN_OK)
		pn_log(LOG_LEVEL_DEBUG, "post", "reply.not_sent");
	post_show(c);
}

/* --- the post's own audit --- */

static bool is_key(const char *s)
{
	return record_key(s)[0] != '\0';
}

/* Names of officers, lanes and crossings, whatever their form: printable, bounded. */
static bool is_name(const char *s)
{
	size_t n = strlen(s);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] <= ' ' || (unsigned char)s[i] == 0x7f)
			return false;
	return n < KEY_MAX;
}

static void tell_audit(struct core *c, uint64_t request, const uint8_t *hash)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__AuditDone done = POSTERN__AUDIT_DONE__INIT;
	done.request = request;
	done.durable = hash != NULL;
	if (hash != NULL)
		done.hash = (ProtobufCBinaryData){ 32, (uint8_t *)(uintptr_t)hash };
	e.body_case = POSTERN__ENVELOPE__BODY_AUDIT_DONE;
	e.audit_done = &done;
	if (plugins_send(c, POSTERN__PLUGIN_KIND__KIND_CONSOLE, &e, -1) != PN_OK)
		pn_log(LOG_LEVEL_DEBUG, "post", "audit.nobody");
}

void post_audit(struct core *c, const Postern__AuditRequest *q)
{
	Postern__RecordClear clear = POSTERN__RECORD_CLEAR__INIT;
	struct lane_input in;
	size_t i = 0;
	while (i < CORE_AUDITS && c->post.audits[i].tag != 0)
		i++;
	if (q->request == 0 || i == CORE_AUDITS || !is_key(q->event) || !is_name(q->officer) || !is_name(q->gate) ||
		!is_name(q->crossing_id) || (q->detail[0] != '\0' && !is_key(q->detail)) ||
		(q->verdict_hash.len != 0 && q->verdict_hash.len != 32)) {
		tell_audit(c, q->request, NULL);
		return;
	}
	core_input(c, &in, LANE_TICK);
	clear.kind = POSTERN__RECORD_KIND__RECORD_AUDIT;
	clear.wall_ms = in.wall_ms;
	clear.clock_quality = in.clock_quality;
	clear.lane = q->gate;
	clear.crossing_id = q->crossing_id;
	clear.event = q->event;
	clear.detail = q->detail;
	clear.officer = q->officer;
	clear.purpose = q->purpose;
	clear.answers_hash = q->verdict_hash;
	c->post.audits[i].tag = TAG_POST + ++c->post.audit_count;
	c->post.audits[i].request = q->request;
	records_append(c, c->post.audits[i].tag, &clear, NULL);
}

void post_audited(struct core *c, uint64_t tag, const uint8_t *hash)
{
	for (size_t i = 0; tag > TAG_POST && i < CORE_AUDITS; i++) {
		if (c->post.audits[i].tag != tag)
			continue;
		c->post.audits[i].tag = 0;
		tell_audit(c, c->post.audits[i].request, hash);
	}
}

void post_console_lost(struct core *c)
{
	memset(c->post.audits, 0, sizeof c->post.audits);
}

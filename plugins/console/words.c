/* SPDX-License-Identifier: Apache-2.0
 * An officer's words on their way to a gate: orders, decisions, and the wish to see a referral, which goes to the journal first. Each is
 * signed with the key of the officer who is logged in. Must never sign for anybody else, nor ask a gate to show a person before the
 * post's own record of it is durable.
 */
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/hex.h"
#include "base/text.h"
#include "post/word.h"
#include "reason.h"
#include "state.h"

#define KIND(name) POSTERN__LANE_ORDER_KIND__ORDER_##name

static char *text_of(const char *s)
{
	return (char *)(uintptr_t)s;
}

static struct officer_key *key_row(struct console *c, const char *officer)
{
	for (size_t i = 0; i < ACCOUNTS_MAX; i++) {
		if (c->keys[i].account[0] == '\0')
			text_copy(c->keys[i].account, sizeof c->keys[i].account, officer);
		if (strcmp(c->keys[i].account, officer) == 0)
			return &c->keys[i];
	}
	return NULL;
}

/* Only a name of the accounts' file gets here. */
EVP_PKEY *words_key(struct console *c, const char *officer)
{
	struct officer_key *row = key_row(c, officer);
	char path[512];
	if (row == NULL || row->key != NULL)
		return row != NULL ? row->key : NULL;
	snprintf(path, sizeof path, "%s/%s.key", c->host->folder(c->host->ctx, "keys"), officer);
	FILE *f = fopen(path, "re");
	if (f == NULL)
		return NULL;
	row->key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	fclose(f);
	return row->key;
}

/* A place for a request that waits; NULL: answered already. */
struct ask *words_place(struct console *c, struct web_request *r, const struct session *s, enum ask_kind kind)
{
	for (size_t i = 0; i < ASKS_MAX; i++) {
		struct ask *a = &c->asks[i];
		if (a->used)
			continue;
		*a = (struct ask){.used = true, .kind = kind, .request = r, .session = s->id, .until_ms = clock_mono_ms() + ASK_MS};
		return a;
	}
	answer_code(r, 503, "console.busy");
	return NULL;
}

void words_end(struct console *c, struct ask *a, int status, const char *code)
{
	post_gates_forget(c->table, a);
	if (a->request != NULL)
		answer_code(a->request, status, code);
	explicit_bzero(a, sizeof *a);
}

/* Sends what was signed; the gate's name is the view's. */
static int ask_gate(struct console *c, struct ask *a, const char *gate, const Postern__SignedDecision *d, const Postern__SignedOrder *o)
{
	uint8_t frame[POST_FRAME_MAX];
	size_t size = 0;
	uint64_t request, connection;
	int r = post_gates_ask(c->table, gate, d, o, a, clock_mono_ms(), &request, &connection, frame, &size);
	if (r == PN_OK)
		r = lines_send(c, connection, frame, size);
	if (r == PN_OK && a != NULL)
		a->at_gate = true;
	return r;
}

/* o is complete but for officer, number and life. */
int words_send_order(struct console *c, struct ask *a, const char *officer, Postern__LaneOrder *o)
{
	struct officer_key *row = key_row(c, officer);
	EVP_PKEY *key = words_key(c, officer);
	struct post_word w;
	Postern__SignedOrder word = POSTERN__SIGNED_ORDER__INIT;
	int64_t now = clock_wall_ms();
	if (key == NULL)
		return PN_ECRYPTO;
	row->sequence = (uint64_t)now > row->sequence ? (uint64_t)now : row->sequence + 1;
	o->officer = text_of(officer);
	o->sequence = row->sequence;
	o->issued_wall_ms = now;
	o->expires_wall_ms = now + POST_ORDER_LIFE_MS;
	int r = post_sign_order(&w, o, key, &word);
	return r == PN_OK ? ask_gate(c, a, o->gate, NULL, &word) : r;
}

void words_failed(struct console *c, struct ask *a, int err)
{
	if (err == PN_ECRYPTO)
		words_end(c, a, 403, "console.no_key");
	else if (err == PN_ENOTFOUND || err == PN_ECLOSED)
		words_end(c, a, 409, "console.gate_away");
	else
		words_end(c, a, 503, "console.busy");
}

/* The lane's crossing that the page speaks of, if it is still the one that waits; else answers. */
static bool still_waits(struct console *c, struct web_request *r, const struct form *f, struct post_gate *g, uint8_t hash[32])
{
	const char *crossing = form_text(f, "crossing");
	if (hex_decode(hash, 32, form_text(f, "verdict_hash")) != PN_OK || crossing[0] == '\0') {
		answer_code(r, 400, "decision.incomplete");
		return false;
	}
	if (post_gates_find(c->table, form_text(f, "gate"), clock_mono_ms(), g) != PN_OK || !g->connected || g->view == NULL) {
		answer_code(r, 409, "console.gate_away");
		return false;
	}
	if (strcmp(g->view->crossing_id, crossing) != 0 || g->view->waiting_verdict_hash.len != 32 ||
		memcmp(g->view->waiting_verdict_hash.data, hash, 32) != 0) {
		answer_code(r, 409, "decision.stale");
		return false;
	}
	return true;
}

/* Who agrees, where somebody must. False: answered. */
static bool second_of(struct console *c, struct web_request *r, struct session *s, const struct form *f, const struct post_gate *g,
	Postern__Decision *d, EVP_PKEY **key)
{
	const char *code = "decision.second_officer";
	*key = NULL;
	if (d->decision != POSTERN__OFFICER_DECISION__DECISION_ADMIT || !g->view->second_officer_needed)
		return true;
	struct account *a = form_text(f, "second_name")[0] != '\0' ? login_second(c, r, f, s, &code) : NULL;
	*key = a != NULL ? words_key(c, a->name) : NULL;
	if (a == NULL || *key == NULL) {
		answer_code(r, 403, a == NULL ? code : "console.no_key");
		return false;
	}
	d->second_officer = a->name;
	audit_ask(c, "console.second", a->name, g->name, d->crossing_id, d->verdict_hash.data,
		POSTERN__VIEW_PURPOSE__VIEW_SECOND_OFFICER, "");
	return true;
}

void words_decide(struct console *c, struct web_request *r, struct session *s, const struct form *f)
{
	Postern__Decision d = POSTERN__DECISION__INIT;
	Postern__SignedDecision word = POSTERN__SIGNED_DECISION__INIT;
	struct post_word w;
	struct post_gate g;
	uint8_t hash[32], nonce[16];
	EVP_PKEY *key = words_key(c, s->account), *second;
	d.decision = decision_find(form_text(f, "decision"));
	if (!decision_reason_valid(d.decision, form_text(f, "reason"))) {
		answer_code(r, 400, "decision.incomplete");
		return;
	}
	if (!still_waits(c, r, f, &g, hash))
		return;
	d.crossing_id = text_of(form_text(f, "crossing"));
	d.verdict_hash = (ProtobufCBinaryData){sizeof hash, hash};
	d.officer = s->account;
	d.reason_code = text_of(form_text(f, "reason"));
	d.issued_wall_ms = clock_wall_ms();
	d.expires_wall_ms = d.issued_wall_ms + POST_DECISION_LIFE_MS;
	d.nonce = (ProtobufCBinaryData){sizeof nonce, nonce};
	if (!second_of(c, r, s, f, &g, &d, &second))
		return;
	struct ask *a = words_place(c, r, s, ASK_WORD);
	if (a == NULL)
		return;
	int err = key == NULL ? PN_ECRYPTO : RAND_bytes(nonce, sizeof nonce) == 1 ? PN_OK : PN_EIO;
	if (err == PN_OK)
		err = post_sign_decision(&w, &d, key, second, &word);
	if (err == PN_OK)
		err = ask_gate(c, a, g.name, &word, NULL);
	if (err != PN_OK)
		words_failed(c, a, err);
}

static Postern__ViewPurpose purpose_of(const struct session *s, const char *name)
{
	if (strcmp(name, "decision") == 0)
		return POSTERN__VIEW_PURPOSE__VIEW_DECISION;
	if (strcmp(name, "safeguarding") == 0)
		return POSTERN__VIEW_PURPOSE__VIEW_SAFEGUARDING;
	if (strcmp(name, "supervision") == 0 && s->role == ROLE_SUPERVISOR)
		return POSTERN__VIEW_PURPOSE__VIEW_SUPERVISION;
	return POSTERN__VIEW_PURPOSE__VIEW_UNSPECIFIED;
}

void words_referral(struct console *c, struct web_request *r, struct session *s, const struct form *f)
{
	struct post_gate g;
	uint8_t hash[32];
	Postern__ViewPurpose purpose = purpose_of(s, form_text(f, "purpose"));
	if (purpose == POSTERN__VIEW_PURPOSE__VIEW_UNSPECIFIED) {
		answer_code(r, 400, "console.purpose");
		return;
	}
	if (!still_waits(c, r, f, &g, hash))
		return;
	struct ask *a = words_place(c, r, s, ASK_REFERRAL);
	if (a == NULL)
		return;
	a->purpose = purpose;
	memcpy(a->verdict_hash, hash, sizeof hash);
	text_copy(a->gate, sizeof a->gate, g.name);
	text_copy(a->crossing, sizeof a->crossing, form_text(f, "crossing"));
	a->audit = audit_ask(c, "console.view", s->account, a->gate, a->crossing, hash, purpose, "");
	if (a->audit == 0)
		words_end(c, a, 503, "console.not_recorded");
}

void words_audited(struct console *c, uint64_t audit, bool durable, const uint8_t hash[32])
{
	for (size_t i = 0; i < ASKS_MAX; i++) {
		struct ask *a = &c->asks[i];
		struct session *s = session_by_id(&c->sessions, a->session);
		struct post_gate g;
		Postern__LaneOrder o = POSTERN__LANE_ORDER__INIT;
		Postern__OpenReferral open = POSTERN__OPEN_REFERRAL__INIT;
		if (!a->used || a->at_gate || a->audit == 0 || a->audit != audit)
			continue;
		if (durable && a->kind == ASK_NOTE) {
			report_noted(c, a->reason);
			words_end(c, a, 200, "note.recorded");
			continue;
		}
		if (!durable || s == NULL || post_gates_find(c->table, a->gate, clock_mono_ms(), &g) != PN_OK || g.view == NULL) {
			words_end(c, a, 503, "console.not_recorded");
			continue;
		}
		open.crossing_id = a->crossing;
		open.verdict_hash = (ProtobufCBinaryData){32, a->verdict_hash};
		open.purpose = a->purpose;
		open.post_audit_hash = (ProtobufCBinaryData){32, (uint8_t *)(uintptr_t)hash};
		o.kind = KIND(OPEN_REFERRAL);
		o.gate = a->gate;
		o.epoch = g.view->epoch;
		o.open = &open;
		int err = words_send_order(c, a, s->account, &o);
		if (err != PN_OK)
			words_failed(c, a, err);
	}
}

void words_replied(struct console *c, const struct post_event *e)
{
	struct ask *a = e->asker;
	struct reply p;
	if (a == NULL || !a->used || a->request == NULL)
		return;
	if (session_by_id(&c->sessions, a->session) == NULL) { /* it ended meanwhile: what the gate says is for nobody now */
		words_end(c, a, 401, "console.login");
		return;
	}
	if (e->reply == NULL || !e->reply->accepted) {
		words_end(c, a, e->reply == NULL ? 504 : 409, e->reply == NULL ? "console.gate_silent" : e->reply->code);
		return;
	}
	if (a->duty)
		watch_promised(c, a->gate, a->reason);
	if (!reply_begin(&p)) {
		words_end(c, a, 503, "console.busy");
		return;
	}
	json_bool(&p.json, "accepted", true);
	if (a->kind == ASK_REFERRAL && e->reply->referral != NULL)
		json_message(&p.json, "referral", &e->reply->referral->base);
	reply_end(&p, a->request, NULL);
	a->request = NULL;
	/* Its place is kept while portraits come in. */
	if (a->kind == ASK_REFERRAL && e->reply->referral != NULL && e->reply->referral->n_portraits > 0)
		a->kind = ASK_PORTRAIT;
	else
		explicit_bzero(a, sizeof *a);
}

void words_tick(struct console *c, uint64_t now_ms)
{
	for (size_t i = 0; i < ASKS_MAX; i++)
		if (c->asks[i].used && now_ms >= c->asks[i].until_ms)
			words_end(c, &c->asks[i], 504, c->asks[i].at_gate ? "console.gate_silent" : "console.not_recorded");
}

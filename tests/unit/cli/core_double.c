/* SPDX-License-Identifier: Apache-2.0
 * A core for tests of the command-line tool: core_double RUN_FOLDER UNIT TRUST MODE. Answers on
 * RUN_FOLDER/UNIT.control until its standard input ends; decisions and orders of
 * activation are judged with the core's own code and printed. MODE: waiting (an officer is awaited), idle, mute (never answers), garbage.
 * Must never accept a decision that core/control would not.
 */
#undef NDEBUG
#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "control.pb-c.h"
#include "control/activation.h"
#include "control/officer.h"

enum { CLIENTS = 8, PACKET = 65536 };

static const char *unit, *mode;
static struct officer_keys keys;
static uint8_t verdict_hash[32];
static struct activations made; /* as the core's own code folds it */

#define TEXT(s) ((char *)(uintptr_t)(s))

static void reply(int fd, const Postern__ControlReply *r)
{
	static uint8_t bytes[PACKET];
	size_t size = postern__control_reply__get_packed_size(r);

	assert(size <= sizeof bytes);
	postern__control_reply__pack(r, bytes);
	(void)send(fd, bytes, size, MSG_NOSIGNAL);
}

static Postern__RulePackChoice *choice(Postern__RulePackChoice *out, const struct activated *a)
{
	if (a == NULL)
		return NULL;
	postern__rule_pack_choice__init(out);
	out->name = TEXT(a->name);
	out->version = TEXT(a->version);
	out->digest = (ProtobufCBinaryData){sizeof a->digest, (uint8_t *)(uintptr_t)a->digest};
	return out;
}

static void activate(int fd, const Postern__ActivateRequest *q)
{
	Postern__ControlReply r = POSTERN__CONTROL_REPLY__INIT;
	Postern__Activation *a = NULL;
	enum activation_verdict v = activation_endorsed(&keys, q->order, &a);
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (v == ACTIVATION_TAKEN)
		v = activation_fits(&made, a, "NOR", unit, (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
	r.ok = v == ACTIVATION_TAKEN;
	r.error = TEXT(activation_refusal(v));
	if (r.ok) {
		printf("order %d %s by %s and %s: %s life %lld\n", (int)a->action, a->pack != NULL ? a->pack->version : "-",
			q->order->endorsements[0]->officer, q->order->endorsements[1]->officer, a->reason_code,
			(long long)(a->expires_wall_ms - a->issued_wall_ms));
		fflush(stdout);
		assert(activation_apply(&made, a));
	}
	if (a != NULL)
		postern__activation__free_unpacked(a, NULL);
	reply(fd, &r);
}

static void status(int fd)
{
	Postern__ControlReply r = POSTERN__CONTROL_REPLY__INIT;
	Postern__UnitStatus s = POSTERN__UNIT_STATUS__INIT;
	Postern__PluginStatus p = POSTERN__PLUGIN_STATUS__INIT, *plugins[] = {&p};
	char *troubles[] = {TEXT("uplink.unreachable")};
	Postern__RulePacks packs = POSTERN__RULE_PACKS__INIT;
	Postern__RulePackChoice choices[3];

	p.instance = TEXT("reader");
	p.name = TEXT("reader-serial");
	p.kind = POSTERN__PLUGIN_KIND__KIND_READER;
	p.state = TEXT("ready");
	p.restarts = 2;
	p.pid = 4321;
	p.version = TEXT("0.1.0");
	p.sandbox = TEXT("full");
	packs.activation_required = 1;
	packs.activated = packs.in_use = choice(&choices[0], activations_pack(&made));
	packs.previous = choice(&choices[1], activations_previous(&made));
	packs.shadow = packs.shadow_in_use = choice(&choices[2], made.has_shadow ? &made.shadow : NULL);
	s.rule_packs = &packs;
	s.tenant = TEXT("NOR");
	s.unit = TEXT(unit);
	s.role = TEXT("gate");
	s.gate_state = TEXT("IDLE");
	s.state_ms = 1500;
	s.mode = POSTERN__LANE_MODE__MODE_CONTROLLED;
	s.epoch = 1;
	s.head_seq = 18446744073709551615u; /* the largest: no number may be rounded */
	s.acked_seq = 40;
	s.crossings = 12;
	s.referrals = 3;
	s.plugins = plugins;
	s.n_plugins = 1;
	s.troubles = troubles;
	s.n_troubles = 1;
	s.clock_quality = POSTERN__CLOCK_QUALITY__CLOCK_SYNCHRONISED;
	if (strcmp(mode, "waiting") == 0) {
		s.crossing_id = TEXT("01JD3Z7A0000000000000000XY");
		s.waiting_verdict_hash = (ProtobufCBinaryData){sizeof verdict_hash, verdict_hash};
		s.waiting_exception = POSTERN__EXCEPTION_CLASS__EXCEPTION_MINOR;
		s.waiting_reason = TEXT("eligibility.minor");
	}
	r.ok = 1;
	r.status = &s;
	reply(fd, &r);
}

/* Three records in two packets. */
static void crossings(int fd, const Postern__CrossingsRequest *q)
{
	Postern__ControlReply r = POSTERN__CONTROL_REPLY__INIT;
	Postern__CrossingLine line = POSTERN__CROSSING_LINE__INIT, *lines[] = {&line};
	Postern__RecordClear c = POSTERN__RECORD_CLEAR__INIT;

	line.unit = TEXT(unit);
	line.crossing_id = c.crossing_id = TEXT("01JD3Z7A0000000000000000XY");
	line.record = &c;
	c.wall_ms = 1767225600000; /* 2026-01-01T00:00:00Z */
	c.kind = POSTERN__RECORD_KIND__RECORD_VERDICT;
	c.verdict = POSTERN__VERDICT__VERDICT_REFER;
	c.exception = POSTERN__EXCEPTION_CLASS__EXCEPTION_MINOR;
	c.reason = TEXT("eligibility.chip_failed");
	c.reason_argument = TEXT("pa.signer.revocation");
	c.nationality = TEXT("UTO");
	c.document_code = TEXT("P");
	r.ok = 1;
	r.crossings = lines;
	r.n_crossings = 1;
	r.more = q->last != 1 || q->follow;
	reply(fd, &r);
	if (q->last == 1)
		return;
	c.kind = POSTERN__RECORD_KIND__RECORD_OUTCOME;
	c.outcome = POSTERN__OUTCOME__OUTCOME_PASSED;
	r.more = q->follow;
	reply(fd, &r);
}

static void decide(int fd, const Postern__DecideRequest *q)
{
	Postern__ControlReply r = POSTERN__CONTROL_REPLY__INIT;
	Postern__Decision *d = NULL;
	int err = officer_verify(&keys, q->decision, &d);

	if (err != 0) {
		r.error = TEXT("the signature is not by a key in the trust folder");
		reply(fd, &r);
		return;
	}
	printf("decision %s %s %d %s life %lld nonce %zu answers %s\n", d->crossing_id, d->officer,
		(int)d->decision, d->reason_code,
		(long long)(d->expires_wall_ms - d->issued_wall_ms), d->nonce.len,
		d->verdict_hash.len == 32 && memcmp(d->verdict_hash.data, verdict_hash, 32) == 0
			? "the verdict"
			: "something else");
	fflush(stdout);
	postern__decision__free_unpacked(d, NULL);
	r.ok = 1;
	reply(fd, &r);
}

static void lane(int fd, const Postern__LaneRequest *q)
{
	Postern__ControlReply r = POSTERN__CONTROL_REPLY__INIT;

	printf("lane %s %s\n", q->command, q->officer);
	fflush(stdout);
	r.ok = officer_known(&keys, q->officer) != 0;
	if (!r.ok)
		r.error = TEXT("no such officer");
	reply(fd, &r);
}

/* 0: the client has gone. */
static int serve(int fd)
{
	uint8_t bytes[8192];
	ssize_t n = recv(fd, bytes, sizeof bytes, 0);
	Postern__ControlRequest *q;

	if (n <= 0)
		return 0;
	if (strcmp(mode, "mute") == 0)
		return 1;
	if (strcmp(mode, "garbage") == 0)
		return send(fd, "\xff\xff\xff", 3, MSG_NOSIGNAL) == 3;
	q = postern__control_request__unpack(NULL, (size_t)n, bytes);
	assert(q != NULL);
	if (q->body_case == POSTERN__CONTROL_REQUEST__BODY_STATUS) {
		status(fd);
	} else if (q->body_case == POSTERN__CONTROL_REQUEST__BODY_CROSSINGS) {
		crossings(fd, q->crossings);
	} else if (q->body_case == POSTERN__CONTROL_REQUEST__BODY_METRICS) {
		Postern__ControlReply r = POSTERN__CONTROL_REPLY__INIT;
		r.ok = 1;
		r.metrics = TEXT("# TYPE postern_crossings "
				 "counter\npostern_crossings_total{unit=\"a\"} 3\n# EOF\n");
		reply(fd, &r);
	} else if (q->body_case == POSTERN__CONTROL_REQUEST__BODY_DECIDE) {
		decide(fd, q->decide);
	} else if (q->body_case == POSTERN__CONTROL_REQUEST__BODY_LANE) {
		lane(fd, q->lane);
	} else if (q->body_case == POSTERN__CONTROL_REQUEST__BODY_ACTIVATE) {
		activate(fd, q->activate);
	}
	postern__control_request__free_unpacked(q, NULL);
	return 1;
}

int main(int argc, char **argv)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct pollfd p[CLIENTS + 2];
	char folder[512];

	assert(argc == 5);
	unit = argv[2];
	mode = argv[4];
	memset(verdict_hash, 0x5a, sizeof verdict_hash);
	snprintf(folder, sizeof folder, "%s/officers", argv[3]);
	assert(officer_keys_load(&keys, folder) == 0);
	snprintf(at.sun_path, sizeof at.sun_path, "%s/%s.control", argv[1], unit);
	int listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	assert(bind(listener, (struct sockaddr *)&at, sizeof at) == 0 && listen(listener, 8) == 0);
	printf("ready\n");
	fflush(stdout);
	for (size_t i = 0; i < CLIENTS + 2; i++)
		p[i] = (struct pollfd){.fd = -1, .events = POLLIN};
	p[0].fd = STDIN_FILENO;
	p[1].fd = listener;
	while (poll(p, CLIENTS + 2, -1) > 0 && p[0].revents == 0) {
		if (p[1].revents != 0)
			for (size_t i = 2; i < CLIENTS + 2; i++)
				if (p[i].fd < 0) {
					p[i].fd = accept(listener, NULL, NULL);
					p[i].revents = 0;
					break;
				}
		for (size_t i = 2; i < CLIENTS + 2; i++)
			if (p[i].fd >= 0 && p[i].revents != 0 && !serve(p[i].fd)) {
				close(p[i].fd);
				p[i].fd = -1;
			}
	}
	return 0;
}

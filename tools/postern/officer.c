/* SPDX-License-Identifier: Apache-2.0
 * `postern officer decide` and `postern lane`: the officer's word from the command line, signed
 * with the officer's key. Must never send an unsigned decision, nor one without a reason.
 */
#include <openssl/rand.h>
#include <string.h>
#include <time.h>

#include "commands.h"
#include "control_client.h"
#include "json/json.h"
#include "officer_key.h"

#define RUN_FOLDER                                                                                 \
	{                                                                                          \
		"run-folder", "DIR",                                                               \
			"where the daemon's sockets are (default: $POSTERN_RUN or /run/postern)",  \
			false                                                                      \
	}
enum { DECISION_LIFE_MS = 30000 };

static Postern__OfficerDecision decision_of(const char *s)
{
	static const struct {
		const char *name;
		Postern__OfficerDecision value;
	} names[] = {
		{"admit", POSTERN__OFFICER_DECISION__DECISION_ADMIT},
		{"refuse", POSTERN__OFFICER_DECISION__DECISION_REFUSE},
		{"send-back", POSTERN__OFFICER_DECISION__DECISION_SEND_BACK},
		{"second-line", POSTERN__OFFICER_DECISION__DECISION_SECOND_LINE},
		{"hold", POSTERN__OFFICER_DECISION__DECISION_HOLD},
	};
	for (size_t i = 0; i < PN_COUNT(names); i++)
		if (strcmp(names[i].name, s) == 0)
			return names[i].value;
	return POSTERN__OFFICER_DECISION__DECISION_UNSPECIFIED;
}

struct signed_word {
	uint8_t bytes[512], signature[OFFICER_SIGNATURE], second_signature[OFFICER_SIGNATURE], nonce[16];
	size_t size;
	char key_id[OFFICER_KEY_ID_SIZE], second_key_id[OFFICER_KEY_ID_SIZE];
};

/* second: NULL without a second officer. */
static int sign(EVP_PKEY *key, EVP_PKEY *second, const Postern__Decision *d, struct signed_word *w)
{
	int r;
	w->size = postern__decision__get_packed_size(d);
	if (w->size > sizeof w->bytes)
		return PN_ELIMIT;
	postern__decision__pack(d, w->bytes);
	r = officer_key_sign(key, w->bytes, w->size, w->signature, w->key_id);
	if (r == PN_OK && second != NULL)
		r = officer_key_sign(second, w->bytes, w->size, w->second_signature, w->second_key_id);
	return r;
}

/* Both answers: what was done to what, or why not. */
static int tell_result(
	struct cli *cli, const Postern__ControlReply *r, const char *subject, const char *done)
{
	struct json j;
	if (cli->json) {
		json_begin(&j, cli->out, true);
		json_object(&j, NULL);
		json_bool(&j, "ok", r->ok);
		json_string(&j, "subject", subject);
		json_string(&j, "action", done);
		json_string(&j, "error", r->error);
		json_end_object(&j);
		json_finish(&j);
	} else if (r->ok) {
		fprintf(cli->out, "%s: %s\n", subject, done);
	}
	return r->ok ? CLI_OK
		     : cli_fail(cli, CLI_FINDING, "%s",
			       r->error[0] != '\0' ? r->error : "refused without a reason");
}

static int send_decision(struct cli *cli, int fd, EVP_PKEY *key, EVP_PKEY *second,
	const Postern__UnitStatus *s, Postern__OfficerDecision decision)
{
	struct timespec now;
	struct signed_word w;
	Postern__Decision d = POSTERN__DECISION__INIT;
	Postern__SignedDecision signed_decision = POSTERN__SIGNED_DECISION__INIT;
	Postern__DecideRequest ask = POSTERN__DECIDE_REQUEST__INIT;
	Postern__ControlRequest q = POSTERN__CONTROL_REQUEST__INIT;
	Postern__ControlReply *r = NULL;
	int status = CLI_UNAVAILABLE;
	clock_gettime(CLOCK_REALTIME, &now);
	d.crossing_id = s->crossing_id;
	d.verdict_hash = s->waiting_verdict_hash;
	d.officer = (char *)(uintptr_t)cli_value(cli, "officer");
	d.reason_code = (char *)(uintptr_t)cli_value(cli, "reason");
	d.decision = decision;
	d.issued_wall_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	d.expires_wall_ms = d.issued_wall_ms + DECISION_LIFE_MS;
	d.nonce.data = w.nonce;
	d.nonce.len = sizeof w.nonce;
	if (second != NULL)
		d.second_officer = (char *)(uintptr_t)cli_value(cli, "second-officer");
	if (RAND_bytes(w.nonce, sizeof w.nonce) != 1 || sign(key, second, &d, &w) != PN_OK)
		return cli_fail(cli, CLI_USAGE, "the decision could not be signed");
	signed_decision.decision.data = w.bytes;
	signed_decision.decision.len = w.size;
	signed_decision.signature.data = w.signature;
	signed_decision.signature.len = sizeof w.signature;
	signed_decision.key_id = w.key_id;
	if (second != NULL) {
		signed_decision.second_signature.data = w.second_signature;
		signed_decision.second_signature.len = sizeof w.second_signature;
		signed_decision.second_key_id = w.second_key_id;
	}
	ask.decision = &signed_decision;
	q.body_case = POSTERN__CONTROL_REQUEST__BODY_DECIDE;
	q.decide = &ask;
	if (control_call(fd, &q, &r) != PN_OK)
		return cli_fail(cli, status, "the lane does not answer");
	status = tell_result(cli, r, s->crossing_id, cli_value(cli, "decision"));
	postern__control_reply__free_unpacked(r, NULL);
	return status;
}

static int decide_command(struct cli *cli)
{
	struct control_units units;
	Postern__OfficerDecision decision = decision_of(cli_value(cli, "decision"));
	const char *crossing = cli_value(cli, "crossing");
	Postern__ControlReply *s = NULL;
	EVP_PKEY *key, *second = NULL;
	int status = CLI_FINDING;
	if ((cli_value(cli, "second-officer") == NULL) != (cli_value(cli, "second-key") == NULL))
		return cli_fail(cli, CLI_USAGE, "--second-officer and --second-key go together");
	if (decision == POSTERN__OFFICER_DECISION__DECISION_UNSPECIFIED)
		return cli_fail(cli, CLI_USAGE,
			"--decision is admit, refuse, send-back, second-line or hold");
	if (!officer_reason_is_good(cli_value(cli, "reason")))
		return cli_fail(cli, CLI_USAGE, "--reason is a code of 2 to 64 of a-z 0-9 . _ -");
	key = officer_key_load(cli, cli_value(cli, "key"));
	if (key == NULL)
		return CLI_USAGE;
	if (cli_value(cli, "second-key") != NULL &&
		(second = officer_key_load(cli, cli_value(cli, "second-key"))) == NULL) {
		EVP_PKEY_free(key);
		return CLI_USAGE;
	}
	if (control_connect(cli, cli_value(cli, "lane"), &units) != PN_OK) {
		EVP_PKEY_free(key);
		EVP_PKEY_free(second);
		return CLI_UNAVAILABLE;
	}
	if (control_status(units.unit[0].fd, &s) != PN_OK)
		status = cli_fail(cli, CLI_UNAVAILABLE, "the lane does not answer");
	else if (s->status->waiting_verdict_hash.len == 0)
		cli_fail(cli, status, "nobody waits for an officer at %s", units.unit[0].name);
	else if (crossing != NULL && strcmp(crossing, s->status->crossing_id) != 0)
		cli_fail(cli, status, "the crossing in hand is %s", s->status->crossing_id);
	else
		status = send_decision(cli, units.unit[0].fd, key, second, s->status, decision);
	if (s != NULL)
		postern__control_reply__free_unpacked(s, NULL);
	control_close(&units);
	EVP_PKEY_free(key);
	EVP_PKEY_free(second);
	return status;
}

static int lane_command(struct cli *cli)
{
	struct control_units units;
	Postern__ControlRequest q = POSTERN__CONTROL_REQUEST__INIT;
	Postern__LaneRequest l = POSTERN__LANE_REQUEST__INIT;
	Postern__ControlReply *r = NULL;
	int status;
	if (control_connect(cli, cli_value(cli, "lane"), &units) != PN_OK)
		return CLI_UNAVAILABLE;
	l.command = (char *)(uintptr_t)cli->command->name;
	l.officer = (char *)(uintptr_t)cli_value(cli, "officer");
	if (cli_value(cli, "reason") != NULL)
		l.reason_code = (char *)(uintptr_t)cli_value(cli, "reason");
	q.body_case = POSTERN__CONTROL_REQUEST__BODY_LANE;
	q.lane = &l;
	if (control_call(units.unit[0].fd, &q, &r) != PN_OK) {
		status = cli_fail(cli, CLI_UNAVAILABLE, "the lane does not answer");
	} else {
		status = tell_result(cli, r, cli_value(cli, "lane"), cli->command->name);
		postern__control_reply__free_unpacked(r, NULL);
	}
	control_close(&units);
	return status;
}

#define LANE                                                                                       \
	{                                                                                          \
		"lane", "NAME", "the lane", true                                                   \
	}
#define OFFICER                                                                                    \
	{                                                                                          \
		"officer", "NAME", "who; the name of the key in the lane's trust folder", true     \
	}
#define LANE_COMMAND(name, summary)                                                                \
	{                                                                                          \
		"lane", name, "", 0, 0, summary, NULL, {LANE, OFFICER, RUN_FOLDER}, lane_command   \
	}

#define MODE_COMMAND(name, summary)                                                                \
	{                                                                                          \
		"lane", name, "", 0, 0, summary,                                                   \
			"Only when nobody is in the lane or in hand and nothing is alarmed.",      \
			{LANE, OFFICER, {"reason", "CODE", "reason code, e.g. hall.evacuated", true}, RUN_FOLDER}, lane_command   \
	}

const struct cli_command officer_commands[] = {
	{"officer", "decide", "", 0, 0, "Decide the crossing that waits at a lane",
		"The decision names the crossing, the verdict record it answers, the officer and "
		"the reason, lives 30 s\n"
		"and counts once. Exit 1: refused, with the reason.",
		{LANE, {"crossing", "ID", "only if this is the crossing in hand", false},
			{"decision", "WHAT", "admit, refuse, send-back, second-line, hold", true},
			{"reason", "CODE", "reason code, e.g. identity.confirmed", true}, OFFICER,
			{"key", "FILE", "the officer's Ed25519 private key (PEM)", true},
			{"second-officer", "NAME",
				"who agrees; needed to admit past a match of a watchlist", false},
			{"second-key", "FILE", "that officer's private key", false},
			RUN_FOLDER},
		decide_command},
	LANE_COMMAND("assist", "Open both leaves by hand, for at most a minute"),
	LANE_COMMAND("end-assist", "End an assist"),
	LANE_COMMAND("out-of-service", "Take the lane out of service after the crossing in hand"),
	LANE_COMMAND("resume", "Put the lane back into service"),
	LANE_COMMAND("duty-on", "An officer attends this lane"),
	LANE_COMMAND("duty-off", "The officer leaves; no new travellers"),
	MODE_COMMAND("lock", "Let nobody in until another mode is ordered"),
	MODE_COMMAND("controlled", "Check everybody, as a lane is made for"),
	MODE_COMMAND("free", "Let people pass unchecked, one at a time, while an officer is on duty"),
	{0},
};

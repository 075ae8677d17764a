/* SPDX-License-Identifier: Apache-2.0
 * `postern rules status|activate|rollback|confirm`: which pack a gate uses, and its change by two
 * officers, of whom each signs with a key of his own. Must never sign for both at once.
 */
#include <openssl/rand.h>
#include <string.h>
#include <time.h>

#include "base/hex.h"
#include "commands.h"
#include "control_client.h"
#include "json/json.h"
#include "pack.h"
#include "rules_order.h"

enum { ANSWER_MS = 30000, HOUR_MS = 3600 * 1000, LIFE_HOURS = 4, SHORT_DIGEST = 8, NONCE = 16 };

#define TARGET(name) POSTERN__ACTIVATION_TARGET__ACTIVATION_##name
#define ACTION(name) POSTERN__ACTIVATION_ACTION__ACTIVATION_##name

static int64_t wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- status --- */

static bool same(const Postern__RulePackChoice *a, const Postern__RulePackChoice *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return a->digest.len == b->digest.len &&
	       memcmp(a->digest.data, b->digest.data, a->digest.len) == 0;
}

static void line(FILE *out, const char *what, const Postern__RulePackChoice *p, const char *none)
{
	char digest[2 * SHORT_DIGEST + 1] = "";

	if (p == NULL) {
		fprintf(out, "  %-14s %s\n", what, none);
		return;
	}
	hex_encode(digest, p->digest.data, p->digest.len < SHORT_DIGEST ? p->digest.len : SHORT_DIGEST);
	fprintf(out, "  %-14s %s %s (%s)\n", what, p->name, p->version, digest);
}

/* Does the gate use what it should? */
static bool in_order(const Postern__RulePacks *p)
{
	bool any = !p->activation_required && p->activated == NULL;

	return !p->pending && p->in_use != NULL && (any || same(p->activated, p->in_use)) &&
	       (p->shadow == NULL || same(p->shadow, p->shadow_in_use));
}

static void status_text(FILE *out, const Postern__UnitStatus *s)
{
	const Postern__RulePacks *p = s->rule_packs;

	fprintf(out, "%s\n", s->unit);
	line(out, "in use", p->in_use, "none: every crossing is referred");
	line(out, "activated", p->activated,
		p->activation_required ? "none: `postern rules activate`"
				       : "none; the demo profile uses any signed pack");
	line(out, "rollback to", p->previous, "-");
	line(out, "shadow", p->shadow_in_use, "-");
	if (p->shadow != NULL && !same(p->shadow, p->shadow_in_use))
		line(out, "shadow wanted", p->shadow, "-");
	if (p->pending)
		fprintf(out, "  an activation is under way, or waits for the crossing in hand\n");
}

static int rules_status_command(struct cli *cli)
{
	struct control_units units;
	struct json j;
	int status = CLI_OK;
	unsigned shown = 0;

	if (control_connect(cli, cli_value(cli, "unit"), &units) != PN_OK)
		return CLI_UNAVAILABLE;
	if (cli->json) {
		json_begin(&j, cli->out, true);
		json_array(&j, NULL);
	}
	for (size_t i = 0; i < units.count; i++) {
		Postern__ControlReply *r = NULL;

		if (units.unit[i].fd < 0 || control_status(units.unit[i].fd, &r) != PN_OK) {
			status = cli_fail(cli, CLI_UNAVAILABLE, "%s does not answer",
				units.unit[i].name);
			continue;
		}
		if (r->status->rule_packs != NULL) {
			shown++;
			if (!in_order(r->status->rule_packs) && status == CLI_OK)
				status = CLI_FINDING;
			if (cli->json) {
				json_object(&j, NULL);
				json_string(&j, "unit", r->status->unit);
				json_fields(&j, &r->status->rule_packs->base);
				json_end_object(&j);
			} else {
				status_text(cli->out, r->status);
			}
		}
		postern__control_reply__free_unpacked(r, NULL);
	}
	if (cli->json) {
		json_end_array(&j);
		json_finish(&j);
	}
	control_close(&units);
	if (shown == 0 && status == CLI_OK)
		return cli_fail(cli, CLI_UNAVAILABLE, "no unit here has rules");
	return status;
}

/* --- writing an order --- */

/* The pack as its signature covers it. */
static int load_pack(struct cli *cli, const char *folder, const char *trust, struct pack **out)
{
	struct signed_keys keys;
	char message[512];
	struct text error;

	text_init(&error, message, sizeof message);
	if (signed_keys_load(&keys, trust, "rules") != PN_OK)
		return cli_fail(cli, CLI_USAGE, "%s: expected rules.pub or rules-*.pub in it", trust);
	if (pack_load(folder, &keys, out, &error) != PN_OK)
		return cli_fail(cli, CLI_FINDING, "%s: %s", folder,
			message[0] != '\0' ? message : "not signed by a key of the trust folder");
	return CLI_OK;
}

/* The lane's status, or told on err. */
static Postern__ControlReply *lane_status(struct cli *cli, int *exit_status)
{
	struct control_units units;
	Postern__ControlReply *r = NULL;

	*exit_status = CLI_UNAVAILABLE;
	if (control_connect(cli, cli_value(cli, "lane"), &units) != PN_OK)
		return NULL;
	if (control_status(units.unit[0].fd, &r) != PN_OK) {
		cli_fail(cli, CLI_UNAVAILABLE, "the lane does not answer");
	} else if (r->status->rule_packs == NULL) {
		*exit_status = cli_fail(cli, CLI_FINDING, "this unit has no rules");
		postern__control_reply__free_unpacked(r, NULL);
		r = NULL;
	}
	control_close(&units);
	return r;
}

static int write_order(struct cli *cli, const Postern__Activation *framed)
{
	Postern__Activation a = *framed;
	struct rules_order o;
	uint8_t nonce[NONCE];
	const char *path = cli_value(cli, "order");
	EVP_PKEY *key;
	int r;

	if (!officer_reason_is_good(cli_value(cli, "reason")))
		return cli_fail(cli, CLI_USAGE, "--reason is a code of 2 to 64 of a-z 0-9 . _ -");
	key = officer_key_load(cli, cli_value(cli, "key"));
	if (key == NULL)
		return CLI_USAGE;
	a.reason_code = (char *)(uintptr_t)cli_value(cli, "reason");
	a.nonce = (ProtobufCBinaryData){sizeof nonce, nonce};
	r = RAND_bytes(nonce, sizeof nonce) == 1 ? rules_order_begin(&o, &a) : PN_ECRYPTO;
	if (r == PN_OK)
		r = rules_order_endorse(&o, cli_value(cli, "officer"), key);
	EVP_PKEY_free(key);
	if (r == PN_OK)
		r = rules_order_write(&o, path);
	if (r == PN_ECONFLICT)
		return cli_fail(cli, CLI_USAGE, "%s: there is such a file", path);
	if (r != PN_OK)
		return cli_fail(cli, CLI_USAGE, "%s: not written: %s", path, pn_err_name(r));
	fprintf(cli->out, "%s: endorsed by %s; a second officer completes it: postern rules confirm %s\n",
		path, cli_value(cli, "officer"), path);
	return CLI_OK;
}

/* The order's frame: where, for how long, and what it takes the place of. */
static int frame(struct cli *cli, Postern__Activation *a, const Postern__UnitStatus *s)
{
	const Postern__RulePacks *p = s->rule_packs;
	const Postern__RulePackChoice *now = cli_flag(cli, "shadow") ? p->shadow : p->activated;
	long hours;

	if (cli_number(cli, "life", 1, 24, LIFE_HOURS, &hours) != PN_OK)
		return CLI_USAGE;
	a->tenant = s->tenant;
	a->unit = s->unit;
	a->target = cli_flag(cli, "shadow") ? TARGET(SHADOW_PACK) : TARGET(RULE_PACK);
	if (now != NULL)
		a->replaces = now->digest;
	a->issued_wall_ms = wall_ms();
	a->expires_wall_ms = a->issued_wall_ms + hours * HOUR_MS;
	return CLI_OK;
}

static int rules_activate_command(struct cli *cli)
{
	Postern__Activation a = POSTERN__ACTIVATION__INIT;
	Postern__RulePackChoice choice = POSTERN__RULE_PACK_CHOICE__INIT;
	uint8_t digest[SIGNED_DIGEST];
	struct pack *pack = NULL;
	Postern__ControlReply *r = NULL;
	int status = load_pack(cli, cli->arguments[0], cli_value(cli, "trust"), &pack);

	if (pack != NULL)
		r = lane_status(cli, &status);
	if (pack == NULL || r == NULL)
		goto out;
	status = frame(cli, &a, r->status);
	if (status != CLI_OK)
		goto out;
	a.action = ACTION(ACTIVATE);
	choice.name = pack->manifest->name;
	choice.version = pack->manifest->version;
	choice.digest = (ProtobufCBinaryData){sizeof digest, digest};
	a.pack = &choice;
	status = hex_decode(digest, sizeof digest, pack->files->digest) == PN_OK
			 ? write_order(cli, &a)
			 : cli_fail(cli, CLI_USAGE, "the pack has no digest");
out:
	if (r != NULL)
		postern__control_reply__free_unpacked(r, NULL);
	pack_free(pack);
	return status;
}

static int rules_rollback_command(struct cli *cli)
{
	Postern__Activation a = POSTERN__ACTIVATION__INIT;
	int status;
	Postern__ControlReply *r = lane_status(cli, &status);
	const Postern__RulePacks *p;

	if (r == NULL)
		return status;
	p = r->status->rule_packs;
	status = frame(cli, &a, r->status);
	a.action = ACTION(ROLLBACK);
	a.pack = a.target == TARGET(RULE_PACK) ? p->previous : NULL;
	if (status == CLI_OK && a.target == TARGET(RULE_PACK) && p->previous == NULL)
		status = cli_fail(cli, CLI_FINDING,
			"no pack was activated before the one in use: nothing to go back to");
	else if (status == CLI_OK && a.target == TARGET(SHADOW_PACK) && p->shadow == NULL)
		status = cli_fail(cli, CLI_FINDING, "no shadow is activated");
	else if (status == CLI_OK)
		status = write_order(cli, &a);
	postern__control_reply__free_unpacked(r, NULL);
	return status;
}

/* --- the second officer --- */

static void describe(FILE *out, const Postern__Activation *a, const struct rules_order *o)
{
	const char *shadow = a->target == TARGET(SHADOW_PACK) ? " as the shadow" : "";
	char digest[2 * SIGNED_DIGEST + 1] = "";

	if (a->pack == NULL) {
		fprintf(out, "%s: end the shadow", a->unit);
	} else {
		if (a->pack->digest.len == SIGNED_DIGEST)
			hex_encode(digest, a->pack->digest.data, SIGNED_DIGEST);
		fprintf(out, "%s: %s %s %s%s\n  content %s", a->unit,
			a->action == ACTION(ROLLBACK) ? "go back to" : "use", a->pack->name,
			a->pack->version, shadow, digest);
	}
	fprintf(out, "\n  reason %s, endorsed by %s\n", a->reason_code,
		o->count > 0 ? o->by[0].officer : "nobody");
}

/* The second officer's own copy of the pack: is it what the order names? */
static int compare(struct cli *cli, const Postern__Activation *a)
{
	const char *folder = cli_value(cli, "pack"), *trust = cli_value(cli, "trust");
	uint8_t digest[SIGNED_DIGEST];
	struct pack *pack = NULL;
	int status;

	if (folder == NULL)
		return CLI_OK;
	if (trust == NULL)
		return cli_fail(cli, CLI_USAGE, "--pack is compared with --trust");
	status = load_pack(cli, folder, trust, &pack);
	if (pack == NULL)
		return status;
	if (a->pack == NULL || a->pack->digest.len != sizeof digest ||
		hex_decode(digest, sizeof digest, pack->files->digest) != PN_OK ||
		memcmp(digest, a->pack->digest.data, sizeof digest) != 0)
		status = cli_fail(cli, CLI_FINDING, "the order names another content than %s has",
			folder);
	pack_free(pack);
	return status;
}

static int send_order(struct cli *cli, struct rules_order *o, const char *unit)
{
	Postern__ControlRequest q = POSTERN__CONTROL_REQUEST__INIT;
	Postern__ActivateRequest ask = POSTERN__ACTIVATE_REQUEST__INIT;
	Postern__ControlReply *r = NULL;
	struct rules_order_message m;
	struct control_units units;
	int status = CLI_OK;

	rules_order_message(o, &m);
	ask.order = &m.order;
	q.body_case = POSTERN__CONTROL_REQUEST__BODY_ACTIVATE;
	q.activate = &ask;
	if (control_connect(cli, unit, &units) != PN_OK)
		return CLI_UNAVAILABLE;
	if (control_ask(units.unit[0].fd, &q) != PN_OK ||
		control_reply(units.unit[0].fd, ANSWER_MS, &r) != PN_OK)
		status = cli_fail(cli, CLI_UNAVAILABLE,
			"%s does not answer: `postern rules status` tells whether the order counts", unit);
	else if (!r->ok)
		status = cli_fail(cli, CLI_FINDING, "%s",
			r->error[0] != '\0' ? r->error : "refused without a reason");
	else
		fprintf(cli->out, "recorded; it counts from the next crossing on\n");
	if (r != NULL)
		postern__control_reply__free_unpacked(r, NULL);
	control_close(&units);
	return status;
}

static int rules_confirm_command(struct cli *cli)
{
	struct rules_order o;
	Postern__Activation *a = NULL;
	EVP_PKEY *key = NULL;
	int status, r = rules_order_read(&o, cli->arguments[0], &a);

	if (r == PN_EIO)
		return cli_fail(cli, CLI_UNAVAILABLE, "%s: cannot be read", cli->arguments[0]);
	if (r != PN_OK)
		return cli_fail(cli, CLI_USAGE, "%s: no order of activation", cli->arguments[0]);
	describe(cli->out, a, &o);
	status = compare(cli, a);
	if (status != CLI_OK)
		goto out;
	key = officer_key_load(cli, cli_value(cli, "key"));
	if (key == NULL)
		status = CLI_USAGE;
	else if (rules_order_endorse(&o, cli_value(cli, "officer"), key) != PN_OK)
		status = cli_fail(cli, CLI_USAGE, "the order could not be endorsed");
	else
		status = send_order(cli, &o, a->unit);
out:
	EVP_PKEY_free(key);
	postern__activation__free_unpacked(a, NULL);
	return status;
}

#define OFFICER                                                                                    \
	{"officer", "NAME", "who; the name of the key in the lane's trust folder", true},          \
		{"key", "FILE", "the officer's Ed25519 private key (PEM)", true}
#define RUN_FOLDER                                                                                 \
	{"run-folder", "DIR",                                                                      \
		"where the daemon's sockets are (default: $POSTERN_RUN or /run/postern)", false}
#define ORDER                                                                                      \
	{"lane", "NAME", "the lane", true}, OFFICER,                                               \
		{"reason", "CODE", "reason code, e.g. season.summer", true},                       \
		{"order", "FILE", "the order for the second officer, a new file", true},           \
		{"shadow", NULL, "the pack that is evaluated beside the one in use", false},       \
		{"life", "HOURS", "the order expires after (1 to 24; default 4)", false}, RUN_FOLDER

const struct cli_command rules_life_commands[] = {
	{"rules", "status", "", 0, 0, "Tell which rule packs the gates use",
		"Exit status 1 when a gate does not use what was activated, or no pack at all.",
		{{"unit", "NAME", "this unit only", false}, RUN_FOLDER}, rules_status_command},
	{"rules", "activate", "DIR", 1, 1, "Order that a signed pack be used, as the first of two officers",
		"Writes an order that counts for nothing until another officer confirms it.",
		{{"trust", "DIR", "folder with rules.pub, rules-*.pub", true}, ORDER},
		rules_activate_command},
	{"rules", "rollback", "", 0, 0,
		"Order the way back to the pack activated before, as the first of two officers",
		"With --shadow: to no shadow.", {ORDER}, rules_rollback_command},
	{"rules", "confirm", "FILE", 1, 1, "Complete an order as the second officer, and send it to its gate",
		"Exit status 1: refused, with the reason; the pack in use goes on.",
		{OFFICER, {"pack", "DIR", "compare the order with this copy of the pack", false},
			{"trust", "DIR", "with --pack: folder with rules.pub, rules-*.pub", false},
			RUN_FOLDER},
		rules_confirm_command},
	{0},
};

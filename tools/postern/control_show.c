/* SPDX-License-Identifier: Apache-2.0
 * `postern status`, `lanes`, `crossings`, `plugin`, `metrics`: what running cores say of
 * themselves. Must never show personal data: the control socket carries none.
 */
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "control_client.h"
#include "json/json.h"

#define RUN_FOLDER                                                                                 \
	{                                                                                          \
		"run-folder", "DIR",                                                               \
			"where the daemon's sockets are (default: $POSTERN_RUN or /run/postern)",  \
			false                                                                      \
	}

static void duration(char out[24], uint32_t ms)
{
	if (ms < 10000)
		snprintf(out, 24, "%u ms", ms);
	else if (ms < 600000)
		snprintf(out, 24, "%u s", ms / 1000);
	else
		snprintf(out, 24, "%u min", ms / 60000);
}

/* Calls print for every unit's status; it returns how many things it showed, and gets their number
 * so far. */
typedef size_t (*print_unit)(
	struct cli *, struct json *, const Postern__UnitStatus *, size_t before);

static int each_status(struct cli *cli, const char *unit, print_unit print, size_t *printed)
{
	struct control_units units;
	struct json json;
	int status = CLI_OK;
	*printed = 0;
	if (control_connect(cli, unit, &units) != PN_OK)
		return CLI_UNAVAILABLE;
	if (cli->json) {
		json_begin(&json, cli->out, true);
		json_array(&json, NULL);
	}
	for (size_t i = 0; i < units.count; i++) {
		Postern__ControlReply *r = NULL;
		if (units.unit[i].fd < 0 || control_status(units.unit[i].fd, &r) != PN_OK) {
			fprintf(cli->err, "postern: unit %s does not answer\n", units.unit[i].name);
			status = CLI_UNAVAILABLE;
			continue;
		}
		*printed += print(cli, &json, r->status, *printed);
		postern__control_reply__free_unpacked(r, NULL);
	}
	if (cli->json) {
		json_end_array(&json);
		json_finish(&json);
	}
	control_close(&units);
	return status;
}

/* How many of the plugins are ready: of all, or of those at one kiosk. */
static const char *ready_plugins(const Postern__UnitStatus *s, const char *kiosk, char text[24])
{
	size_t ready = 0, all = 0;
	for (size_t i = 0; i < s->n_plugins; i++) {
		if (kiosk != NULL && strcmp(s->plugins[i]->kiosk, kiosk) != 0)
			continue;
		all++;
		ready += strcmp(s->plugins[i]->state, "ready") == 0;
	}
	snprintf(text, 24, "%zu of %zu", ready, all);
	return text;
}

static size_t print_status(
	struct cli *cli, struct json *json, const Postern__UnitStatus *s, size_t before)
{
	char plugins[24];
	if (cli->json) {
		json_message(json, NULL, &s->base);
		return 1;
	}
	if (before == 0)
		fprintf(cli->out, "%-12s %-8s %-9s %10s %12s  %s\n", "unit", "role", "plugins",
			"journal", "acknowledged", "lane and troubles");
	fprintf(cli->out, "%-12s %-8s %-9s %10llu %12llu  %s", s->unit, s->role, ready_plugins(s, NULL, plugins),
		(unsigned long long)s->head_seq, (unsigned long long)s->acked_seq,
		s->gate_state[0] != '\0' ? s->gate_state : "-");
	for (size_t i = 0; i < s->n_troubles; i++)
		fprintf(cli->out, "%s%s", i == 0 ? "  TROUBLE " : ", ", s->troubles[i]);
	fputc('\n', cli->out);
	for (size_t i = 0; i < s->n_kiosks; i++)
		fprintf(cli->out, "  %-10s %-8s %-9s %10s %12s  %s\n", s->kiosks[i]->kiosk, "kiosk",
			ready_plugins(s, s->kiosks[i]->kiosk, plugins), "", "", s->kiosks[i]->state);
	return 1;
}

static int status_command(struct cli *cli)
{
	size_t printed;
	return each_status(cli, cli_value(cli, "unit"), print_status, &printed);
}

static size_t print_lane(
	struct cli *cli, struct json *json, const Postern__UnitStatus *s, size_t before)
{
	char state[24], word[48], mode[48], why[144];
	if (s->gate_state[0] == '\0')
		return 0;
	if (cli->json) {
		json_message(json, NULL, &s->base);
		return 1;
	}
	if (before == 0)
		fprintf(cli->out, "%-12s %-18s %-8s %-11s %9s %8s\n", "lane", "state", "for",
			"mode", "crossings", "referred");
	duration(state, s->state_ms);
	fprintf(cli->out, "%-12s %-18s %-8s %-11s %9llu %8llu", s->unit, s->gate_state, state,
		control_word(&postern__lane_mode__descriptor, (int)s->mode, mode),
		(unsigned long long)s->crossings, (unsigned long long)s->referrals);
	if (s->waiting_verdict_hash.len > 0)
		fprintf(cli->out, "  OFFICER AWAITED: %s%s, crossing %s",
			control_word(&postern__exception_class__descriptor,
				(int)s->waiting_exception, word),
			control_reason(s->waiting_reason, s->waiting_reason_argument, why),
			s->crossing_id);
	fputc('\n', cli->out);
	for (size_t i = 0; i < s->n_kiosks; i++) {
		const Postern__KioskStatus *k = s->kiosks[i];
		duration(state, k->state_ms);
		fprintf(cli->out, "  %-10s %-18s %-8s %-11s %9llu %8llu\n", k->kiosk, k->state, state,
			control_word(&postern__lane_mode__descriptor, (int)k->mode, mode), (unsigned long long)k->crossings,
			(unsigned long long)k->referrals);
	}
	return 1;
}

static int lanes_command(struct cli *cli)
{
	size_t printed;
	return each_status(cli, NULL, print_lane, &printed);
}

static size_t print_plugins(
	struct cli *cli, struct json *json, const Postern__UnitStatus *s, size_t before)
{
	const char *wanted = cli->argument_count > 0 ? cli->arguments[0] : NULL;
	size_t printed = 0;
	for (size_t i = 0; i < s->n_plugins; i++) {
		const Postern__PluginStatus *p = s->plugins[i];
		char kind[48];
		if (wanted != NULL && strcmp(wanted, p->instance) != 0 &&
			strcmp(wanted, p->name) != 0)
			continue;
		printed++;
		if (cli->json) {
			json_object(json, NULL);
			json_string(json, "unit", s->unit);
			json_fields(json, &p->base);
			json_end_object(json);
			continue;
		}
		if (before + printed == 1)
			fprintf(cli->out, "%-12s %-12s %-15s %-15s %-12s %8s %8s %-8s %s\n", "unit",
				"instance", "plugin", "kind", "state", "pid", "restarts", "version",
				"sandbox");
		fprintf(cli->out, "%-12s %-12s %-15s %-15s %-12s %8d %8u %-8s %s\n", s->unit,
			p->instance, p->name,
			control_word(&postern__plugin_kind__descriptor, (int)p->kind, kind),
			p->state, p->pid, p->restarts, p->version, p->sandbox);
	}
	return printed;
}

static int plugins_command(struct cli *cli)
{
	size_t printed;
	int status = each_status(cli, cli_value(cli, "unit"), print_plugins, &printed);
	if (status == CLI_OK && printed == 0 && cli->argument_count > 0)
		return cli_fail(cli, CLI_FINDING,
			"no plugin %s here: `postern plugin list` shows them", cli->arguments[0]);
	return status;
}

static void print_crossing(struct cli *cli, const Postern__CrossingLine *line)
{
	const Postern__RecordClear *r = line->record;
	char kind[48], a[48], b[48], when[16], why[144];
	time_t seconds = (time_t)(r->wall_ms / 1000);
	struct tm utc;
	struct json json;
	if (cli->json) {
		json_begin(&json, cli->out, false);
		json_message(&json, NULL, &line->base);
		json_finish(&json);
		fflush(cli->out);
		return;
	}
	gmtime_r(&seconds, &utc);
	strftime(when, sizeof when, "%H:%M:%S", &utc);
	fprintf(cli->out, "%s %-8s %-9s %.26s", when, line->unit,
		control_word(&postern__record_kind__descriptor, (int)r->kind, kind),
		r->crossing_id[0] ? r->crossing_id : "-");
	if (r->kind == POSTERN__RECORD_KIND__RECORD_VERDICT)
		fprintf(cli->out, "  %-6s %-24s %s %s%s",
			control_word(&postern__verdict__descriptor, (int)r->verdict, a),
			control_word(&postern__exception_class__descriptor, (int)r->exception, b),
			r->nationality, r->document_code,
			control_reason(r->reason, r->reason_argument, why));
	else if (r->kind == POSTERN__RECORD_KIND__RECORD_OUTCOME)
		fprintf(cli->out, "  %s",
			control_word(&postern__outcome__descriptor, (int)r->outcome, a));
	else if (r->kind == POSTERN__RECORD_KIND__RECORD_DECISION)
		fprintf(cli->out, "  %s by %s (%s)",
			control_word(&postern__officer_decision__descriptor, (int)r->decision, a),
			r->officer, r->reason_code);
	else
		fprintf(cli->out, "  %s %s %s", r->event, r->detail, r->officer);
	fputc('\n', cli->out);
	fflush(cli->out);
}

/* 1: more will come, 0: that was all, negative: the unit is gone. */
static int print_reply(struct cli *cli, const struct control_unit *u)
{
	Postern__ControlReply *r = NULL;
	int more = control_reply(u->fd, 0, &r);
	if (more != PN_OK)
		return more;
	for (size_t i = 0; i < r->n_crossings; i++)
		if (r->crossings[i]->record != NULL)
			print_crossing(cli, r->crossings[i]);
	more = r->more;
	if (!r->ok)
		more = cli_fail(cli, PN_EDENIED, "%s: %s", u->name, r->error);
	postern__control_reply__free_unpacked(r, NULL);
	return more;
}

static void hang_up(struct control_unit *u)
{
	close(u->fd);
	u->fd = -1;
}

/* Prints what comes until every unit has said all. PN_ETIMEOUT: one that should have said more did
 * not. */
static int follow_all(struct cli *cli, struct control_units *units, int timeout_ms)
{
	struct pollfd p[CONTROL_UNITS_MAX];
	size_t open = 0;
	int result = PN_OK;
	for (size_t i = 0; i < units->count; i++)
		open += units->unit[i].fd >= 0;
	while (open > 0 && !ferror(cli->out)) {
		for (size_t i = 0; i < units->count; i++)
			p[i] = (struct pollfd){.fd = units->unit[i].fd, .events = POLLIN};
		if (poll(p, (nfds_t)units->count, timeout_ms) <= 0)
			return PN_ETIMEOUT;
		for (size_t i = 0; i < units->count; i++) {
			int more = p[i].revents != 0 ? print_reply(cli, &units->unit[i]) : 1;
			if (more > 0)
				continue;
			if (more < 0) {
				fprintf(cli->err, "postern: unit %s has gone\n",
					units->unit[i].name);
				result = more;
			}
			hang_up(&units->unit[i]);
			open--;
		}
	}
	return result;
}

static int crossings_command(struct cli *cli)
{
	struct control_units units;
	Postern__ControlRequest q = POSTERN__CONTROL_REQUEST__INIT;
	Postern__CrossingsRequest c = POSTERN__CROSSINGS_REQUEST__INIT;
	bool follow = cli_flag(cli, "follow");
	long last;
	int r;
	if (cli_number(cli, "last", 0, 100000, 0, &last) != PN_OK)
		return CLI_USAGE;
	if (control_connect(cli, cli_value(cli, "unit"), &units) != PN_OK)
		return CLI_UNAVAILABLE;
	c.follow = follow;
	c.last = (uint32_t)last;
	q.body_case = POSTERN__CONTROL_REQUEST__BODY_CROSSINGS;
	q.crossings = &c;
	for (size_t i = 0; i < units.count; i++)
		if (units.unit[i].fd >= 0 && control_ask(units.unit[i].fd, &q) != PN_OK)
			hang_up(&units.unit[i]);
	r = follow_all(cli, &units, follow ? -1 : CONTROL_WAIT_MS);
	control_close(&units);
	return r == PN_OK         ? CLI_OK
	       : r == PN_ETIMEOUT ? cli_fail(cli, CLI_UNAVAILABLE, "a unit does not answer")
				  : CLI_UNAVAILABLE;
}

static int metrics_command(struct cli *cli)
{
	struct control_units units;
	int status = CLI_OK;
	if (control_connect(cli, cli_value(cli, "unit"), &units) != PN_OK)
		return CLI_UNAVAILABLE;
	for (size_t i = 0; i < units.count; i++) {
		Postern__ControlRequest q = POSTERN__CONTROL_REQUEST__INIT;
		Postern__MetricsRequest m = POSTERN__METRICS_REQUEST__INIT;
		Postern__ControlReply *r = NULL;
		q.body_case = POSTERN__CONTROL_REQUEST__BODY_METRICS;
		q.metrics = &m;
		if (units.unit[i].fd < 0 || control_call(units.unit[i].fd, &q, &r) != PN_OK) {
			status = CLI_UNAVAILABLE;
			continue;
		}
		if (cli->json) {
			struct json json;
			json_begin(&json, cli->out, false);
			json_object(&json, NULL);
			json_string(&json, "unit", units.unit[i].name);
			json_string(&json, "metrics", r->metrics);
			json_end_object(&json);
			json_finish(&json);
		} else {
			fputs(r->metrics, cli->out);
		}
		postern__control_reply__free_unpacked(r, NULL);
	}
	control_close(&units);
	return status;
}

#define UNIT                                                                                       \
	{                                                                                          \
		"unit", "NAME", "this unit only", false                                            \
	}

const struct cli_command status_commands[] = {
	{"status", NULL, "", 0, 0, "Show every unit: plugins, journal, lane, troubles", NULL,
		{UNIT, RUN_FOLDER}, status_command},
	{"lanes", NULL, "", 0, 0, "Show every lane: state, crossings, who waits for an officer",
		NULL, {RUN_FOLDER}, lanes_command},
	{"crossings", NULL, "", 0, 0, "Show the last records, or follow them as they come",
		"Records are those of the journal, without personal data. --follow goes on until "
		"interrupted.",
		{{"follow", NULL, "go on as records come", false},
			{"last", "N", "at most N of the past (default: all kept)", false}, UNIT,
			RUN_FOLDER},
		crossings_command},
	{"plugin", "list", "", 0, 0, "Show every plugin of every unit", NULL, {UNIT, RUN_FOLDER},
		plugins_command},
	{"plugin", "show", "INSTANCE", 1, 1, "Show one plugin by instance or name", NULL,
		{UNIT, RUN_FOLDER}, plugins_command},
	{"metrics", NULL, "", 0, 0, "Print the metrics in the OpenMetrics text format", NULL,
		{UNIT, RUN_FOLDER}, metrics_command},
	{0},
};

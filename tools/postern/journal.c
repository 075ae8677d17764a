/* SPDX-License-Identifier: Apache-2.0
 * `postern journal`: a journal file shown, verified and exported, also while a core writes to it.
 * Must never write to it, nor ask for what is sealed.
 */
#include "journal/journal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/hex.h"
#include "commands.h"
#include "control_client.h"
#include "crossing.pb-c.h"
#include "json/json.h"

enum { WHEN = 32 };

static void wall_text(char out[WHEN], int64_t wall_ms)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm utc;
	size_t n;

	gmtime_r(&seconds, &utc);
	n = strftime(out, WHEN, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(out + n, WHEN - n, ".%03dZ", (int)(wall_ms % 1000));
}

int journal_key_option(const struct cli *cli, const char *option, uint64_t *epoch, uint64_t *seq)
{
	const char *s = cli_value(cli, option), *colon;
	char *end = NULL;
	bool good;

	if (s == NULL)
		return 0;
	colon = strchr(s, ':');
	*epoch = 1;
	if (colon != NULL)
		*epoch = strtoull(s, &end, 10);
	good = colon == NULL || (end == colon && s[0] != '-');
	s = colon != NULL ? colon + 1 : s;
	*seq = strtoull(s, &end, 10);
	if (good && end != s && *end == '\0' && s[0] != '-' && *epoch > 0)
		return 0;
	cli_fail(cli, CLI_USAGE, "--%s %s: expected SEQ or EPOCH:SEQ", option,
		cli_value(cli, option));
	return PN_EINVAL;
}

static int parse_kind(const struct cli *cli, int *kind)
{
	const ProtobufCEnumDescriptor *d = &postern__record_kind__descriptor;
	const char *s = cli_value(cli, "kind");
	char word[48];

	*kind = 0;
	if (s == NULL)
		return 0;
	for (unsigned i = 0; i < d->n_values; i++)
		if (d->values[i].value != 0 &&
			strcmp(control_word(d, d->values[i].value, word), s) == 0)
			*kind = d->values[i].value;
	if (*kind != 0)
		return 0;
	cli_fail(cli, CLI_USAGE,
		"--kind %s: expected verdict, outcome, decision, audit, gate-event, activation, purge "
		"or kiosk",
		s);
	return PN_EINVAL;
}

static int parse_query(const struct cli *cli, struct journal_query *q)
{
	long last;

	memset(q, 0, sizeof *q);
	if (journal_key_option(cli, "from", &q->from_epoch, &q->from_seq) != 0 ||
		journal_key_option(cli, "to", &q->to_epoch, &q->to_seq) != 0 ||
		parse_kind(cli, &q->kind) != 0 ||
		cli_number(cli, "last", 1, 1000000000, 0, &last) != 0)
		return PN_EINVAL;
	q->crossing_id = cli_value(cli, "crossing");
	q->limit = (uint64_t)last;
	q->newest_first = last > 0;
	return 0;
}

static int told(const struct cli *cli, int err)
{
	const char *path = cli->arguments[0];

	if (err == PN_ENOTFOUND)
		return cli_fail(cli, CLI_UNAVAILABLE, "%s: no such file", path);
	if (err == PN_EFORMAT)
		return cli_fail(cli, CLI_USAGE, "%s: not a journal of this version", path);
	return cli_fail(cli, CLI_UNAVAILABLE, "%s: cannot be read: %s", path, pn_err_name(err));
}

/* --- show --- */

struct shown {
	struct cli *cli;
	struct json json;
	uint64_t rows;
};

/* What a record says in one line, by its kind. */
static void summary(FILE *out, const Postern__RecordClear *c)
{
	char a[48], b[48], why[144];

	switch (c->kind) {
	case POSTERN__RECORD_KIND__RECORD_VERDICT:
		fprintf(out, "%s %s %s %s%s",
			control_word(&postern__verdict__descriptor, (int)c->verdict, a),
			control_word(&postern__exception_class__descriptor, (int)c->exception, b),
			c->nationality, c->document_code,
			control_reason(c->reason, c->reason_argument, why));
		break;
	case POSTERN__RECORD_KIND__RECORD_OUTCOME:
		fputs(control_word(&postern__outcome__descriptor, (int)c->outcome, a), out);
		break;
	case POSTERN__RECORD_KIND__RECORD_DECISION:
		fprintf(out, "%s by %s: %s",
			control_word(&postern__officer_decision__descriptor, (int)c->decision, a),
			c->officer, c->reason_code);
		break;
	default:
		fprintf(out, "%s%s%s%s%s", c->event, c->detail[0] ? " " : "", c->detail,
			c->officer[0] ? " by " : "", c->officer);
		if (c->second_officer[0] != '\0')
			fprintf(out, " and %s: %s", c->second_officer, c->reason_code);
		break;
	}
}

static void row_text(struct shown *s, const struct journal_row *row, const Postern__RecordClear *c)
{
	FILE *out = s->cli->out;
	char when[WHEN], kind[48], key[48];

	if (s->rows == 1)
		fprintf(out, "%-10s %-24s %-10s %-26s %-7s %-6s %s\n", "record", "time", "kind",
			"crossing", "payload", "centre", "content");
	wall_text(when, row->wall_ms);
	snprintf(key, sizeof key, "%" PRIu64 ":%" PRIu64, row->epoch, row->seq);
	fprintf(out, "%-10s %-24s %-10s %-26s %-7s %-6s ", key, when,
		control_word(&postern__record_kind__descriptor, row->kind, kind),
		row->crossing_id[0] ? row->crossing_id : "-",
		row->purged_at != 0    ? "purged"
		: row->sealed_size > 0 ? "sealed"
				       : "-",
		row->in_outbox ? "-" : "has it");
	if (c != NULL)
		summary(out, c);
	else
		fputs("(not readable)", out);
	fputc('\n', out);
}

static void row_json(struct shown *s, const struct journal_row *row, const Postern__RecordClear *c)
{
	struct json *j = &s->json;

	json_object(j, NULL);
	json_unsigned(j, "epoch", row->epoch);
	json_unsigned(j, "seq", row->seq);
	json_hex(j, "hash", row->hash, CHAIN_HASH);
	json_hex(j, "previous", row->previous, CHAIN_HASH);
	json_hex(j, "sealed_hash", row->sealed_hash, CHAIN_HASH);
	json_unsigned(j, "sealed_bytes", row->sealed_size);
	json_number(j, "purged_at", row->purged_at);
	json_bool(j, "acknowledged", !row->in_outbox);
	if (c != NULL)
		json_message(j, "record", &c->base);
	else
		json_null(j, "record");
	json_end_object(j);
}

static int on_row(void *context, const struct journal_row *row)
{
	struct shown *s = context;
	Postern__RecordClear *c = postern__record_clear__unpack(NULL, row->clear_size, row->clear);

	s->rows++;
	if (s->cli->json)
		row_json(s, row, c);
	else
		row_text(s, row, c);
	if (c != NULL)
		postern__record_clear__free_unpacked(c, NULL);
	return ferror(s->cli->out) ? PN_ECLOSED : 0;
}

static int journal_show_command(struct cli *cli)
{
	struct shown s = {.cli = cli};
	struct journal_query q;
	int err;

	if (parse_query(cli, &q) != 0)
		return CLI_USAGE;
	if (cli->json) {
		json_begin(&s.json, cli->out, true);
		json_array(&s.json, NULL);
	}
	err = journal_show(cli->arguments[0], &q, on_row, &s);
	if (cli->json) {
		json_end_array(&s.json);
		json_finish(&s.json);
	} else if (err == 0) {
		fprintf(cli->out, "%" PRIu64 " records\n", s.rows);
	}
	return err == 0 ? CLI_OK : told(cli, err);
}

/* --- export --- */

static int on_line(void *context, const char *json, size_t size)
{
	FILE *out = context;

	return fwrite(json, 1, size, out) == size && fputc('\n', out) != EOF ? 0 : PN_ECLOSED;
}

static int journal_export_command(struct cli *cli)
{
	struct journal_query q;
	int err;

	if (parse_query(cli, &q) != 0)
		return CLI_USAGE;
	err = journal_export(cli->arguments[0], &q, on_line, cli->out);
	return err == 0 ? CLI_OK : told(cli, err);
}

/* --- verify --- */

/* A sentence for each finding: what, where, and what it means. */
static void finding_text(FILE *out, const struct journal_finding *f)
{
	fprintf(out, "%-10s ", journal_finding_name(f->kind));
	switch (f->kind) {
	case JOURNAL_ALTERED:
		fprintf(out, "%" PRIu64 ":%" PRIu64 "  its %s is not what was hashed", f->epoch,
			f->seq, f->column);
		break;
	case JOURNAL_MISSING:
		fprintf(out, "%" PRIu64 ":%" PRIu64, f->epoch, f->seq);
		if (f->to_seq != f->seq)
			fprintf(out, " to %" PRIu64 ":%" PRIu64, f->epoch, f->to_seq);
		fprintf(out, "  removed");
		break;
	case JOURNAL_REORDERED:
		fprintf(out,
			"%" PRIu64 ":%" PRIu64 "  holds what was recorded as %" PRIu64 ":%" PRIu64,
			f->epoch, f->seq, f->epoch, f->to_seq);
		break;
	case JOURNAL_FORKED:
		fprintf(out, "%" PRIu64 ":%" PRIu64 "  does not follow the epoch before it",
			f->epoch, f->seq);
		break;
	case JOURNAL_TRUNCATED:
		fprintf(out,
			"%" PRIu64 ":%" PRIu64
			"  is the last, but a %s proves records up to %" PRIu64,
			f->epoch, f->seq, f->column, f->to_seq);
		break;
	case JOURNAL_CHECKPOINT:
		fprintf(out, "%" PRIu64 ":%" PRIu64 "  the checkpoint's %s is wrong", f->epoch,
			f->seq, f->column);
		break;
	case JOURNAL_PURGE:
		fprintf(out,
			"%" PRIu64 ":%" PRIu64
			"  the purge record and the emptied records do not agree",
			f->epoch, f->seq);
		break;
	case JOURNAL_UNSENT:
		fprintf(out, "%" PRIu64 ":%" PRIu64 "  neither acknowledged nor waiting to be sent",
			f->epoch, f->seq);
		break;
	case JOURNAL_SCHEMA:
		fprintf(out, "the file's %s is not as a journal's is", f->column);
		break;
	case JOURNAL_UNREADABLE:
		fprintf(out, "the database: %s", f->column);
		break;
	}
	fputc('\n', out);
}

static void on_finding(void *context, const struct journal_finding *f)
{
	struct shown *s = context;
	struct json *j = &s->json;

	if (!s->cli->json) {
		finding_text(s->cli->out, f);
		return;
	}
	json_object(j, NULL);
	json_string(j, "kind", journal_finding_name(f->kind));
	json_unsigned(j, "epoch", f->epoch);
	json_unsigned(j, "seq", f->seq);
	json_unsigned(j, "to_seq", f->to_seq);
	json_string(j, "column", f->column);
	json_end_object(j);
}

static void verify_summary(struct cli *cli, struct json *j, const struct journal_verify_summary *v)
{
	char head[2 * CHAIN_HASH + 1];

	hex_encode(head, v->head_hash, CHAIN_HASH);
	if (cli->json) {
		json_unsigned(j, "records", v->records);
		json_unsigned(j, "sealed", v->sealed);
		json_unsigned(j, "purged", v->purged);
		json_unsigned(j, "epochs", v->epochs);
		json_unsigned(j, "checkpoints", v->checkpoints);
		json_bool(j, "signatures_checked", v->signatures_checked);
		json_unsigned(j, "head_epoch", v->head_epoch);
		json_unsigned(j, "head_seq", v->head_seq);
		json_string(j, "head_hash", head);
		return;
	}
	fprintf(cli->out,
		"%" PRIu64 " records (%" PRIu64 " sealed, %" PRIu64 " purged) in %" PRIu64
		" epochs, %" PRIu64 " checkpoints %s\nhead %" PRIu64 ":%" PRIu64 " %s\n",
		v->records, v->sealed, v->purged, v->epochs, v->checkpoints,
		v->signatures_checked ? "with good signatures unless named above"
				      : "whose signatures were NOT checked (give --key)",
		v->head_epoch, v->head_seq, head);
	if (v->findings == 0)
		fprintf(cli->out,
			"nothing found: every record is as it was written, in its place\n");
	else
		fprintf(cli->out, "%" PRIu64 " findings\n", v->findings);
}

/* EPOCH:SEQ:HASH, the head that the centre knows. */
static int parse_witness(const struct cli *cli, struct journal_witness *w)
{
	const char *s = cli_value(cli, "head");
	char *end;

	w->epoch = strtoull(s, &end, 10);
	if (*end == ':') {
		w->seq = strtoull(end + 1, &end, 10);
		if (*end == ':' && w->epoch > 0 && w->seq > 0 &&
			hex_decode(w->hash, CHAIN_HASH, end + 1) == 0)
			return 0;
	}
	cli_fail(cli, CLI_USAGE, "--head %s: expected EPOCH:SEQ:HASH, the hash in hexadecimal", s);
	return PN_EINVAL;
}

static int journal_verify_command(struct cli *cli)
{
	struct shown s = {.cli = cli};
	struct journal_witness witness;
	struct journal_verify_summary v = {0};
	struct journal_verify_options o = {.tenant = cli_value(cli, "tenant"),
		.gate = cli_value(cli, "gate"),
		.checkpoint_pub_path = cli_value(cli, "key")};
	int err;

	if (cli_value(cli, "head") != NULL) {
		if (parse_witness(cli, &witness) != 0)
			return CLI_USAGE;
		o.witness = &witness;
	}
	if (cli->json) {
		json_begin(&s.json, cli->out, true);
		json_object(&s.json, NULL);
		json_array(&s.json, "findings");
	}
	err = journal_verify(cli->arguments[0], &o, on_finding, &s, &v);
	if (cli->json) {
		json_end_array(&s.json);
		if (err == 0 || err == PN_ECRYPTO)
			verify_summary(cli, &s.json, &v);
		json_end_object(&s.json);
		json_finish(&s.json);
	} else if (err == 0 || err == PN_ECRYPTO) {
		verify_summary(cli, NULL, &v);
	}
	if (err == PN_ECRYPTO)
		return CLI_FINDING;
	return err == 0 ? CLI_OK : told(cli, err);
}

#define QUERY                                                                                      \
	{"from", "KEY", "first record: SEQ (of epoch 1) or EPOCH:SEQ", false},                     \
		{"to", "KEY", "last record", false},                                               \
		{"kind", "KIND",                                                                   \
			"verdict, outcome, decision, audit, gate-event, activation, purge",        \
			false},                                                                    \
		{"crossing", "ID", "of this crossing only", false},                                \
	{                                                                                          \
		"last", "N", "the newest N only, newest first", false                              \
	}

const struct cli_command journal_commands[] = {
	{"journal", "show", "FILE", 1, 1, "List a journal's records",
		"Clear columns only: what is sealed can be opened at the centre alone.", {QUERY},
		journal_show_command},
	{"journal", "verify", "FILE", 1, 1, "Prove that nothing was altered, removed or reordered",
		"Reads every row: hashes, chain, checkpoints, purge records, outbox. Exit status 1 "
		"with findings.",
		{{"key", "FILE",
			 "the gate's checkpoint key (checkpoint.key.pub): also check its "
			 "signatures",
			 false},
			{"head", "KEY:HASH",
				"a head that the centre knows, EPOCH:SEQ:HASH: the tail must hold "
				"it",
				false},
			{"tenant", "CODE", "whose journal it must be (default: as the file says)",
				false},
			{"gate", "NAME", "which gate's it must be", false}},
		journal_verify_command},
	{"journal", "export", "FILE", 1, 1, "Print records as JSON, one per line",
		"For other systems: key, hashes and every clear column by its name in the schema.",
		{QUERY}, journal_export_command},
	{"journal", "faces", "FILE", 1, 1, "List the faces that a gate has kept, or open them with a key",
		"Of crossings whose face check did not succeed, where failed_faces_hours is configured.",
		{{"key", "FILE", "private key of a recipient (centre-seal, escrow-seal)", false},
			{"out", "DIR", "folder for the pictures; with --key", false},
			{"crossing", "ID", "of this crossing only", false}},
		journal_faces},
	{0},
};

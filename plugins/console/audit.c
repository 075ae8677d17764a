/* SPDX-License-Identifier: Apache-2.0
 * The post's audit: what is asked of its journal, and the newest of it for the auditor. The journal itself is the record (postern
 * journal); this is a window on what this process has written. Must never show as written what the journal has not confirmed.
 */
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "bus.pb-c.h"
#include "state.h"

static char *text_of(const char *s)
{
	return (char *)(uintptr_t)s;
}

uint64_t audit_ask(struct console *c, const char *event, const char *officer, const char *gate, const char *crossing,
	const uint8_t *verdict_hash, Postern__ViewPurpose purpose, const char *detail)
{
	Postern__AuditRequest q = POSTERN__AUDIT_REQUEST__INIT;
	uint8_t bytes[512];
	uint64_t request = ++c->audit_count;
	struct audit_row *row = &c->audits[request % AUDITS_KEPT];
	q.request = request;
	q.event = text_of(event);
	q.officer = text_of(officer);
	q.gate = text_of(gate);
	q.crossing_id = text_of(crossing);
	q.purpose = purpose;
	q.detail = text_of(detail);
	if (verdict_hash != NULL)
		q.verdict_hash = (ProtobufCBinaryData){32, (uint8_t *)(uintptr_t)verdict_hash};
	*row = (struct audit_row){.request = request, .wall_ms = clock_wall_ms(), .purpose = purpose};
	if (!text_copy(row->event, sizeof row->event, event) || !text_copy(row->officer, sizeof row->officer, officer) ||
		!text_copy(row->gate, sizeof row->gate, gate) || !text_copy(row->crossing, sizeof row->crossing, crossing) ||
		!text_copy(row->detail, sizeof row->detail, detail) ||
		postern__audit_request__get_packed_size(&q) > sizeof bytes)
		return 0;
	size_t size = postern__audit_request__pack(&q, bytes);
	if (c->host->report(c->host->ctx, POSTERN__ENVELOPE__BODY_AUDIT_REQUEST, NULL, bytes, size) != 0) {
		c->host->count(c->host->ctx, "audits_lost_total", 1);
		return 0;
	}
	return request;
}

void audit_done(struct console *c, const uint8_t *bytes, size_t size)
{
	Postern__AuditDone *d = postern__audit_done__unpack(NULL, size, bytes);
	if (d == NULL)
		return;
	struct audit_row *row = &c->audits[d->request % AUDITS_KEPT];
	bool durable = d->durable && d->hash.len == 32;
	if (row->request == d->request)
		row->durable = durable;
	if (!durable)
		c->host->count(c->host->ctx, "audits_lost_total", 1);
	words_audited(c, d->request, durable, d->hash.data);
	postern__audit_done__free_unpacked(d, NULL);
}

static void row_json(struct json *j, const struct audit_row *row)
{
	const ProtobufCEnumValue *purpose = protobuf_c_enum_descriptor_get_value(&postern__view_purpose__descriptor, (int)row->purpose);
	json_object(j, NULL);
	json_number(j, "wall_ms", row->wall_ms);
	json_string(j, "event", row->event);
	json_string(j, "officer", row->officer);
	json_string(j, "gate", row->gate);
	json_string(j, "crossing", row->crossing);
	json_string(j, "purpose", purpose != NULL ? purpose->name : "");
	json_string(j, "detail", row->detail);
	json_end_object(j);
}

void audit_answer(struct console *c, struct web_request *r, struct session *s)
{
	struct reply p;
	uint64_t newest = c->audit_count;
	if (!reply_begin(&p)) {
		answer_code(r, 503, "console.busy");
		return;
	}
	json_array(&p.json, "audit");
	for (uint64_t i = 0; i < AUDITS_KEPT && i < newest; i++) {
		const struct audit_row *row = &c->audits[(newest - i) % AUDITS_KEPT];
		if (row->durable && row->request == newest - i)
			row_json(&p.json, row);
	}
	json_end_array(&p.json);
	reply_end(&p, r, NULL);
	audit_ask(c, "console.audit_read", s->account, "", "", NULL, POSTERN__VIEW_PURPOSE__VIEW_UNSPECIFIED, "");
}

/* SPDX-License-Identifier: Apache-2.0
 * Marks and results. Must never copy past a bound of struct kiosk_result.
 */
#include "kiosk/mark.h"

#include <string.h>

#include "base/text.h"

static char *text_of(const char *s)
{
	return (char *)(uintptr_t)s;
}

static ProtobufCBinaryData bytes_of(const uint8_t *bytes, size_t size)
{
	return (ProtobufCBinaryData){ size, (uint8_t *)(uintptr_t)bytes };
}

void kiosk_mark_of(struct kiosk_mark *out, Postern__KioskPhase phase, const struct kiosk_result *result)
{
	postern__kiosk_mark__init(&out->mark);
	out->mark.phase = phase;
	out->mark.era = result->era;
	out->mark.result_id = text_of(result->id);
	out->mark.document_digest = bytes_of(result->document, sizeof result->document);
	if (result->has_token)
		out->mark.face_token = bytes_of(result->token, sizeof result->token);
	out->mark.verdict = result->verdict;
	for (unsigned i = 0; i < result->reason_count; i++)
		out->reasons[i] = text_of(result->reasons[i]);
	out->mark.reasons = out->reasons;
	out->mark.n_reasons = result->reason_count;
	for (unsigned i = 0; i < result->check_count; i++) {
		postern__kiosk_check__init(&out->check[i]);
		out->check[i].name = text_of(result->checks[i].name);
		out->check[i].result = result->checks[i].result;
		out->checks[i] = &out->check[i];
	}
	out->mark.checks = out->checks;
	out->mark.n_checks = result->check_count;
	out->mark.kiosk = text_of(result->kiosk);
	out->mark.checked_wall_ms = result->checked_wall_ms;
	out->mark.expires_wall_ms = result->expires_wall_ms;
	out->mark.basis = bytes_of(result->basis, sizeof result->basis);
}

void kiosk_mark_void(struct kiosk_mark *out, uint64_t era)
{
	postern__kiosk_mark__init(&out->mark);
	out->mark.phase = POSTERN__KIOSK_PHASE__KIOSK_VOIDED;
	out->mark.era = era;
}

static bool digest_of(const ProtobufCBinaryData *from, uint8_t to[KEYED_DIGEST])
{
	if (from->len != KEYED_DIGEST)
		return false;
	memcpy(to, from->data, KEYED_DIGEST);
	return true;
}

static bool take(const Postern__KioskMark *m, struct kiosk_result *out)
{
	bool form = strlen(m->result_id) == sizeof out->id - 1 && text_copy(out->id, sizeof out->id, m->result_id) &&
		    digest_of(&m->document_digest, out->document) && digest_of(&m->basis, out->basis) &&
		    (m->face_token.len == 0 || m->face_token.len == KIOSK_TOKEN) && m->n_reasons <= KIOSK_REASONS &&
		    m->n_checks <= KIOSK_CHECKS && text_copy(out->kiosk, sizeof out->kiosk, m->kiosk) &&
		    m->verdict >= POSTERN__VERDICT__VERDICT_CLEAR && m->verdict <= POSTERN__VERDICT__VERDICT_STOP &&
		    m->checked_wall_ms <= m->expires_wall_ms;
	out->has_token = form && m->face_token.len == KIOSK_TOKEN;
	if (out->has_token)
		memcpy(out->token, m->face_token.data, KIOSK_TOKEN);
	for (size_t i = 0; form && i < m->n_reasons; i++)
		form = text_copy(out->reasons[i], sizeof out->reasons[i], m->reasons[i]);
	for (size_t i = 0; form && i < m->n_checks; i++) {
		form = text_copy(out->checks[i].name, sizeof out->checks[i].name, m->checks[i]->name);
		out->checks[i].result = m->checks[i]->result;
	}
	out->verdict = m->verdict;
	out->checked_wall_ms = m->checked_wall_ms;
	out->expires_wall_ms = m->expires_wall_ms;
	out->era = m->era;
	out->reason_count = (unsigned)m->n_reasons;
	out->check_count = (unsigned)m->n_checks;
	return form;
}

int kiosk_result_of(const Postern__KioskMark *mark, struct kiosk_result *out)
{
	memset(out, 0, sizeof *out);
	if (take(mark, out))
		return PN_OK;
	explicit_bzero(out, sizeof *out);
	return PN_EFORMAT;
}

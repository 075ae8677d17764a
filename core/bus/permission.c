/* SPDX-License-Identifier: Apache-2.0
 * The permission switches. Must never gain a default: -Wswitch-enum makes a new message fail the
 * build here.
 */
#include "bus/permission.h"

#include "bus/blob.h"

/* protobuf-c's own enumerator that makes the enum as wide as an int; no message. */
#define NO_BODY _POSTERN__ENVELOPE__BODY__CASE_IS_INT_SIZE

#define KIND(name) POSTERN__PLUGIN_KIND__KIND_##name

/* Said by plugins of one kind, at any time after their hello. */
static bool by(Postern__PluginKind kind, Postern__PluginKind sender, enum bus_phase phase)
{
	return kind == sender && phase != BUS_STARTING;
}

/* An answer within a crossing: of no use once the crossing has ended. */
static bool answer(
	Postern__PluginKind kind, Postern__Envelope__BodyCase query, enum bus_phase phase)
{
	return kind == bus_kind_for_query(query) && phase == BUS_CROSSING;
}

bool bus_may_send(Postern__PluginKind kind, enum bus_phase phase, Postern__Envelope__BodyCase body)
{
	if (kind == KIND(UNSPECIFIED))
		return false;
	switch (body) {
	case POSTERN__ENVELOPE__BODY__NOT_SET:
	case NO_BODY:
		return false;

	case POSTERN__ENVELOPE__BODY_HELLO:
		return phase == BUS_STARTING;
	case POSTERN__ENVELOPE__BODY_HEARTBEAT:
	case POSTERN__ENVELOPE__BODY_COUNT:
	case POSTERN__ENVELOPE__BODY_TROUBLE:
		return phase != BUS_STARTING;

	/* Only the core speaks these. */
	case POSTERN__ENVELOPE__BODY_CORE_HELLO:
	case POSTERN__ENVELOPE__BODY_STOP:
	case POSTERN__ENVELOPE__BODY_READ_CHIP:
	case POSTERN__ENVELOPE__BODY_CUT_PORTRAIT:
	case POSTERN__ENVELOPE__BODY_CHECK_DOCUMENT:
	case POSTERN__ENVELOPE__BODY_INSPECT_CHIP:
	case POSTERN__ENVELOPE__BODY_CAPTURE_FACE:
	case POSTERN__ENVELOPE__BODY_TAKE_REFERENCE:
	case POSTERN__ENVELOPE__BODY_MATCH_FACE:
	case POSTERN__ENVELOPE__BODY_FIND_FACE:
	case POSTERN__ENVELOPE__BODY_FORGET_FACE:
	case POSTERN__ENVELOPE__BODY_KEEP_FACE:
	case POSTERN__ENVELOPE__BODY_DROP_FACE:
	case POSTERN__ENVELOPE__BODY_SEARCH_WATCHLIST:
	case POSTERN__ENVELOPE__BODY_LOOKUP_HISTORY:
	case POSTERN__ENVELOPE__BODY_EVALUATE_RULES:
	case POSTERN__ENVELOPE__BODY_RULE_PACK_ORDER:
	case POSTERN__ENVELOPE__BODY_GATE_COMMAND:
	case POSTERN__ENVELOPE__BODY_SHOW_GUIDANCE:
	case POSTERN__ENVELOPE__BODY_MOVE_CAMERA:
	case POSTERN__ENVELOPE__BODY_FORWARD_JOURNAL:
	case POSTERN__ENVELOPE__BODY_LANE_VIEW:
	case POSTERN__ENVELOPE__BODY_LANE_RECORD:
	case POSTERN__ENVELOPE__BODY_POST_REPLY:
	case POSTERN__ENVELOPE__BODY_PORTRAIT_IMAGE:
	case POSTERN__ENVELOPE__BODY_AUDIT_DONE:
		return false;

	case POSTERN__ENVELOPE__BODY_READER_STATUS:
		return by(kind, KIND(READER), phase) || by(kind, KIND(CHIP_READER), phase) || by(kind, KIND(CAMERA), phase);
	case POSTERN__ENVELOPE__BODY_DOCUMENT_PRESENTED:
	case POSTERN__ENVELOPE__BODY_DOCUMENT_REMOVED:
	case POSTERN__ENVELOPE__BODY_DOCUMENT_UNREADABLE:
		return by(kind, KIND(READER), phase);

	/* Of use only while somebody waits for it. */
	case POSTERN__ENVELOPE__BODY_CHIP_PROGRESS:
		return kind == KIND(CHIP_READER) && phase == BUS_CROSSING;

	case POSTERN__ENVELOPE__BODY_GATE_SENSED:
		return by(kind, KIND(GATE), phase);

	case POSTERN__ENVELOPE__BODY_RULE_PACK_STATE:
		return by(kind, KIND(RULES), phase);

	case POSTERN__ENVELOPE__BODY_CHIP_READ:
		return answer(kind, POSTERN__ENVELOPE__BODY_READ_CHIP, phase);
	case POSTERN__ENVELOPE__BODY_PORTRAIT_CUT:
		return answer(kind, POSTERN__ENVELOPE__BODY_CUT_PORTRAIT, phase);
	case POSTERN__ENVELOPE__BODY_DOCUMENT_CHECKED:
		return answer(kind, POSTERN__ENVELOPE__BODY_CHECK_DOCUMENT, phase);
	case POSTERN__ENVELOPE__BODY_CHIP_INSPECTED:
		return answer(kind, POSTERN__ENVELOPE__BODY_INSPECT_CHIP, phase);
	/* Also of whoever comes to a gate behind kiosks: no crossing has begun. */
	case POSTERN__ENVELOPE__BODY_FACE_CAPTURED:
		return by(kind, bus_kind_for_query(POSTERN__ENVELOPE__BODY_CAPTURE_FACE), phase);
	case POSTERN__ENVELOPE__BODY_FACE_FOUND:
		return by(kind, bus_kind_for_query(POSTERN__ENVELOPE__BODY_FIND_FACE), phase);
	case POSTERN__ENVELOPE__BODY_REFERENCE_TAKEN:
		return answer(kind, POSTERN__ENVELOPE__BODY_TAKE_REFERENCE, phase);
	case POSTERN__ENVELOPE__BODY_FACE_MATCHED:
		return answer(kind, POSTERN__ENVELOPE__BODY_MATCH_FACE, phase);
	case POSTERN__ENVELOPE__BODY_WATCHLIST_SEARCHED:
		return answer(kind, POSTERN__ENVELOPE__BODY_SEARCH_WATCHLIST, phase);
	case POSTERN__ENVELOPE__BODY_HISTORY_LOOKED:
		return answer(kind, POSTERN__ENVELOPE__BODY_LOOKUP_HISTORY, phase);
	case POSTERN__ENVELOPE__BODY_RULES_EVALUATED:
		return answer(kind, POSTERN__ENVELOPE__BODY_EVALUATE_RULES, phase);

	/* Forwarding goes on between crossings. */
	case POSTERN__ENVELOPE__BODY_JOURNAL_FORWARDED:
		return by(kind, bus_kind_for_query(POSTERN__ENVELOPE__BODY_FORWARD_JOURNAL), phase);

	/* What they carry is signed by an officer, whoever carries it. */
	case POSTERN__ENVELOPE__BODY_POST_STATE:
	case POSTERN__ENVELOPE__BODY_POST_REQUEST:
		return by(kind, KIND(POST_LINK), phase);
	case POSTERN__ENVELOPE__BODY_AUDIT_REQUEST:
		return by(kind, KIND(CONSOLE), phase);
	}
	return false;
}

enum bus_ruling bus_judge(
	Postern__PluginKind kind, enum bus_phase phase, Postern__Envelope__BodyCase body)
{
	if (bus_may_send(kind, phase, body))
		return BUS_ALLOW;
	/* Said before the plugin heard of the new core, or of the crossing's end. A second hello is
	 * neither. */
	if (phase != BUS_CROSSING && bus_may_send(kind, BUS_CROSSING, body))
		return BUS_IGNORE;
	return BUS_REFUSE;
}

uint64_t bus_carries(Postern__Envelope__BodyCase body)
{
	if (body == POSTERN__ENVELOPE__BODY_PORTRAIT_CUT)
		return BUS_PORTRAIT_MAX;
	return body == POSTERN__ENVELOPE__BODY_CHIP_READ || body == POSTERN__ENVELOPE__BODY_CHIP_INSPECTED ||
			       body == POSTERN__ENVELOPE__BODY_FACE_CAPTURED || body == POSTERN__ENVELOPE__BODY_FACE_MATCHED
		       ? BLOB_MAX
		       : 0;
}

bool bus_may_tell(Postern__PluginKind kind, Postern__Envelope__BodyCase body)
{
	if (kind == KIND(UNSPECIFIED))
		return false;
	switch (body) {
	case POSTERN__ENVELOPE__BODY__NOT_SET:
	case NO_BODY:
		return false;

	case POSTERN__ENVELOPE__BODY_CORE_HELLO:
	case POSTERN__ENVELOPE__BODY_HEARTBEAT:
	case POSTERN__ENVELOPE__BODY_STOP:
		return true;

	case POSTERN__ENVELOPE__BODY_READ_CHIP:
	case POSTERN__ENVELOPE__BODY_CUT_PORTRAIT:
	case POSTERN__ENVELOPE__BODY_CHECK_DOCUMENT:
	case POSTERN__ENVELOPE__BODY_INSPECT_CHIP:
	case POSTERN__ENVELOPE__BODY_CAPTURE_FACE:
	case POSTERN__ENVELOPE__BODY_TAKE_REFERENCE:
	case POSTERN__ENVELOPE__BODY_MATCH_FACE:
	case POSTERN__ENVELOPE__BODY_FIND_FACE:
	case POSTERN__ENVELOPE__BODY_SEARCH_WATCHLIST:
	case POSTERN__ENVELOPE__BODY_LOOKUP_HISTORY:
	case POSTERN__ENVELOPE__BODY_EVALUATE_RULES:
	case POSTERN__ENVELOPE__BODY_FORWARD_JOURNAL:
		return kind == bus_kind_for_query(body);

	case POSTERN__ENVELOPE__BODY_FORGET_FACE:
	case POSTERN__ENVELOPE__BODY_KEEP_FACE:
	case POSTERN__ENVELOPE__BODY_DROP_FACE:
		return kind == KIND(FACE_MATCH);
	case POSTERN__ENVELOPE__BODY_RULE_PACK_ORDER:
		return kind == KIND(RULES);
	case POSTERN__ENVELOPE__BODY_GATE_COMMAND:
	case POSTERN__ENVELOPE__BODY_MOVE_CAMERA:
		return kind == KIND(GATE);
	case POSTERN__ENVELOPE__BODY_SHOW_GUIDANCE: /* lamps and arrows are the gate's, the screen
						       is not */
		return kind == KIND(GATE) || kind == KIND(DISPLAY);

	case POSTERN__ENVELOPE__BODY_LANE_VIEW:
	case POSTERN__ENVELOPE__BODY_LANE_RECORD:
	case POSTERN__ENVELOPE__BODY_POST_REPLY:
	case POSTERN__ENVELOPE__BODY_PORTRAIT_IMAGE:
		return kind == KIND(POST_LINK);
	case POSTERN__ENVELOPE__BODY_AUDIT_DONE:
		return kind == KIND(CONSOLE);

	/* Only plugins speak these. */
	case POSTERN__ENVELOPE__BODY_HELLO:
	case POSTERN__ENVELOPE__BODY_COUNT:
	case POSTERN__ENVELOPE__BODY_TROUBLE:
	case POSTERN__ENVELOPE__BODY_READER_STATUS:
	case POSTERN__ENVELOPE__BODY_DOCUMENT_PRESENTED:
	case POSTERN__ENVELOPE__BODY_DOCUMENT_REMOVED:
	case POSTERN__ENVELOPE__BODY_DOCUMENT_UNREADABLE:
	case POSTERN__ENVELOPE__BODY_CHIP_READ:
	case POSTERN__ENVELOPE__BODY_CHIP_PROGRESS:
	case POSTERN__ENVELOPE__BODY_PORTRAIT_CUT:
	case POSTERN__ENVELOPE__BODY_DOCUMENT_CHECKED:
	case POSTERN__ENVELOPE__BODY_CHIP_INSPECTED:
	case POSTERN__ENVELOPE__BODY_FACE_CAPTURED:
	case POSTERN__ENVELOPE__BODY_REFERENCE_TAKEN:
	case POSTERN__ENVELOPE__BODY_FACE_MATCHED:
	case POSTERN__ENVELOPE__BODY_FACE_FOUND:
	case POSTERN__ENVELOPE__BODY_WATCHLIST_SEARCHED:
	case POSTERN__ENVELOPE__BODY_HISTORY_LOOKED:
	case POSTERN__ENVELOPE__BODY_RULES_EVALUATED:
	case POSTERN__ENVELOPE__BODY_RULE_PACK_STATE:
	case POSTERN__ENVELOPE__BODY_GATE_SENSED:
	case POSTERN__ENVELOPE__BODY_JOURNAL_FORWARDED:
	case POSTERN__ENVELOPE__BODY_POST_STATE:
	case POSTERN__ENVELOPE__BODY_POST_REQUEST:
	case POSTERN__ENVELOPE__BODY_AUDIT_REQUEST:
		return false;
	}
	return false;
}

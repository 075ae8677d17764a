/* SPDX-License-Identifier: Apache-2.0
 * Reason codes: see reason.h.
 */
#include "reason.h"

#include <stddef.h>
#include <string.h>

#include "base/err.h"

enum { REASONS_MAX = 12 };

static const struct {
	const char *name;
	Postern__OfficerDecision decision;
	const char *reasons[REASONS_MAX];
} decisions[] = {
	{"admit", POSTERN__OFFICER_DECISION__DECISION_ADMIT,
		{"manual.check", "guardian.present", "identity.confirmed", "list.not_this_person", "technical.fault"}},
	{"send-back", POSTERN__OFFICER_DECISION__DECISION_SEND_BACK,
		{"manual.check", "two.persons", "object.left", "traveller.wish", "technical.fault"}},
	{"second-line", POSTERN__OFFICER_DECISION__DECISION_SECOND_LINE,
		{"list.hit", "identity.doubt", "document.doubt", "stay.conditions", "traveller.vulnerable"}},
	{"hold", POSTERN__OFFICER_DECISION__DECISION_HOLD, {"information.awaited", "officer.on_the_way", "second_officer.awaited"}},
	{"refuse", POSTERN__OFFICER_DECISION__DECISION_REFUSE,
		{"annex_v.a", "annex_v.b", "annex_v.c", "annex_v.d", "annex_v.e", "annex_v.f", "annex_v.g", "annex_v.h", "annex_v.i",
			"annex_v.j"}},
};

static const char *const order_reasons[] = {"traveller.help", "traveller.vulnerable", "two.persons", "technical.fault", "lane.cleaning",
	"lane.not_needed", "security.concern", "hall.evacuated", "passage.staffed", "traffic.internal"};

static const char *const safeguarding_reasons[] = {"child.alone", "child.distressed", "adult.distressed", "adult.controlled",
	"exploitation.suspected", "protection.sought", "health.urgent"};
static const char *const safeguarding_roles[] = {"monitoring", "roving", "referral"};

const char *decision_name(unsigned index)
{
	return index < PN_COUNT(decisions) ? decisions[index].name : NULL;
}

Postern__OfficerDecision decision_find(const char *name)
{
	for (size_t i = 0; i < PN_COUNT(decisions); i++)
		if (strcmp(decisions[i].name, name) == 0)
			return decisions[i].decision;
	return POSTERN__OFFICER_DECISION__DECISION_UNSPECIFIED;
}

const char *decision_reason(Postern__OfficerDecision decision, unsigned index)
{
	for (size_t i = 0; i < PN_COUNT(decisions); i++)
		if (decisions[i].decision == decision)
			return index < REASONS_MAX ? decisions[i].reasons[index] : NULL;
	return NULL;
}

bool decision_reason_valid(Postern__OfficerDecision decision, const char *reason)
{
	const char *known;
	for (unsigned i = 0; (known = decision_reason(decision, i)) != NULL; i++)
		if (strcmp(known, reason) == 0)
			return true;
	return false;
}

static const char *at(const char *const *table, size_t count, unsigned index)
{
	return index < count ? table[index] : NULL;
}

static bool within(const char *const *table, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(table[i], name) == 0)
			return true;
	return false;
}

const char *order_reason(unsigned index)
{
	return at(order_reasons, PN_COUNT(order_reasons), index);
}

bool order_reason_valid(const char *reason)
{
	return within(order_reasons, PN_COUNT(order_reasons), reason);
}

const char *safeguarding_reason(unsigned index)
{
	return at(safeguarding_reasons, PN_COUNT(safeguarding_reasons), index);
}

bool safeguarding_reason_valid(const char *reason)
{
	return within(safeguarding_reasons, PN_COUNT(safeguarding_reasons), reason);
}

const char *safeguarding_role(unsigned index)
{
	return at(safeguarding_roles, PN_COUNT(safeguarding_roles), index);
}

bool safeguarding_role_valid(const char *role)
{
	return within(safeguarding_roles, PN_COUNT(safeguarding_roles), role);
}

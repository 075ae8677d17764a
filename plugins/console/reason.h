/* SPDX-License-Identifier: Apache-2.0
 * The reason codes that go with an officer's decision, by decision, and with an order. A refusal's are A to J of the standard form of Annex V, part B, of
 * Regulation (EU) 2016/399. Catalogue keys: the page has the words. Pure.
 */
#ifndef POSTERN_CONSOLE_REASON_H
#define POSTERN_CONSOLE_REASON_H
#include <stdbool.h>

#include "post.pb-c.h"

/* The decision by its name in the interface ("send-back"); DECISION_UNSPECIFIED: none. */
Postern__OfficerDecision decision_find(const char *name);
/* NULL past the last. */
const char *decision_name(unsigned index);
/* The index-th reason of a decision, NULL past the last. */
const char *decision_reason(Postern__OfficerDecision decision, unsigned index);
bool decision_reason_valid(Postern__OfficerDecision decision, const char *reason);
/* Why somebody may need protection, and which officer saw it: the one who watches the lanes, who walks among people, or at the desk. */
const char *safeguarding_reason(unsigned index);
bool safeguarding_reason_valid(const char *reason);
const char *safeguarding_role(unsigned index);
bool safeguarding_role_valid(const char *role);
const char *order_reason(unsigned index);
bool order_reason_valid(const char *reason);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * What a reader's claims are worth in the light of passive authentication: Doc 9303-11, 6.1 (active
 * authentication), 6.2 (chip authentication), 4.4.3.3.3 (mapping). Pure functions, each a table. Must never believe a claim
 * that is to the document's good without a signed file behind it, and always one that is not.
 */
#include <string.h>

#include "emrtd/report/internal.h"

/* Of causes.def: nothing in these is the chip's answer. */
static enum report_claim undecided(const char *cause)
{
	static const char *const unknown_here[] = {
		"ca-key", "ca-unsupported", "aa-key", "aa-unsupported", "channel-small", "crypto", "argument"};
	static const char *const torn[] = {"channel", "torn", "sm-dead"};
	for (size_t i = 0; i < PN_COUNT(unknown_here); i++)
		if (strcmp(cause, unknown_here[i]) == 0)
			return REPORT_CLAIM_UNSUPPORTED;
	for (size_t i = 0; i < PN_COUNT(torn); i++)
		if (strcmp(cause, torn[i]) == 0)
			return REPORT_CLAIM_UNFINISHED;
	return REPORT_CLAIM_NONE;
}

enum report_claim report_claim(enum inspect_result result, const char *cause)
{
	enum report_claim known = undecided(cause);
	switch (result) {
	case INSPECT_SUCCESSFUL:
		return REPORT_CLAIM_PROVEN;
	case INSPECT_FAILED:
		return known != REPORT_CLAIM_NONE ? known : REPORT_CLAIM_REFUTED;
	case INSPECT_UNDETERMINED:
	case INSPECT_ABORTED:
		return known != REPORT_CLAIM_NONE ? known : REPORT_CLAIM_UNFINISHED;
	case INSPECT_NOT_PERFORMED:
		break;
	}
	/* Not done, and there is a reason why not: it was begun. */
	if (cause[0] == '\0' || strcmp(cause, "none") == 0)
		return REPORT_CLAIM_NONE;
	return known != REPORT_CLAIM_NONE ? known : REPORT_CLAIM_UNFINISHED;
}

static const struct inspect_check *find(const struct inspection *i, enum inspect_check_id id, unsigned group)
{
	for (size_t n = 0; n < i->count; n++)
		if (i->check[n].id == id && i->check[n].group == group)
			return &i->check[n];
	return NULL;
}

enum report_key report_group_key(const struct inspection *i, const struct emrtd_bundle *files, unsigned group)
{
	const struct inspect_check *sod = find(i, INSPECT_SOD, 0), *hash = find(i, INSPECT_DG_HASH, group);
	enum emrtd_bundle_state state = files->group[group].state;
	if (sod == NULL || sod->result != INSPECT_SUCCESSFUL)
		return REPORT_KEY_UNKNOWN;
	if (hash == NULL) /* there is one for each group that EF.SOD lists */
		return state == EMRTD_BUNDLE_WHOLE ? REPORT_KEY_NOT_LISTED : REPORT_KEY_NONE;
	if (state != EMRTD_BUNDLE_WHOLE)
		return state == EMRTD_BUNDLE_ABSENT ? REPORT_KEY_ABSENT : REPORT_KEY_NOT_READ;
	if (i->proven & UINT32_C(1) << group)
		return REPORT_KEY_PROVEN;
	/* A hash that a list of deviations explains has not failed, and proves nothing. */
	return hash->result == INSPECT_FAILED ? REPORT_KEY_WRONG : REPORT_KEY_OPEN;
}

enum report_key report_card_security_key(const struct inspection *i)
{
	const struct inspect_check *c = find(i, INSPECT_CARD_SECURITY, 0);
	if (i->card_security_proven)
		return REPORT_KEY_PROVEN;
	if (c == NULL || c->result == INSPECT_NOT_PERFORMED)
		return REPORT_KEY_NOT_READ;
	return c->result == INSPECT_FAILED ? REPORT_KEY_WRONG : REPORT_KEY_OPEN;
}

static struct report_finding say(enum inspect_result result, enum report_reason reason)
{
	return (struct report_finding){result, reason};
}

static struct report_finding not_asked(enum report_key key, enum report_offer offer, bool otherwise)
{
	switch (key) {
	case REPORT_KEY_NONE:
	case REPORT_KEY_NOT_LISTED: /* which fails as such: pa.groups */
		return say(INSPECT_NOT_PERFORMED, REPORT_WHY_NOT_OFFERED);
	case REPORT_KEY_ABSENT:
		return say(INSPECT_UNDETERMINED, REPORT_WHY_KEY_MISSING);
	case REPORT_KEY_UNKNOWN:
		return say(INSPECT_UNDETERMINED, REPORT_WHY_KEY_NOT_TRUSTED);
	case REPORT_KEY_NOT_READ:
		return otherwise ? say(INSPECT_NOT_PERFORMED, REPORT_WHY_PROVEN_OTHERWISE) :
				   say(INSPECT_UNDETERMINED, REPORT_WHY_KEY_NOT_READ);
	case REPORT_KEY_WRONG:
	case REPORT_KEY_OPEN:
	case REPORT_KEY_PROVEN:
		break;
	}
	if (offer == REPORT_NOT_OFFERED)
		return say(INSPECT_NOT_PERFORMED, REPORT_WHY_NOT_OFFERED);
	if (otherwise)
		return say(INSPECT_NOT_PERFORMED, REPORT_WHY_PROVEN_OTHERWISE);
	return say(INSPECT_UNDETERMINED, offer == REPORT_OFFER_FORM ? REPORT_WHY_KEY_FORM : REPORT_WHY_PROOF_MISSING);
}

struct report_finding report_proof(enum report_claim claim, enum report_key key, enum report_offer offer, bool otherwise)
{
	switch (claim) {
	case REPORT_CLAIM_PROVEN:
		if (key == REPORT_KEY_PROVEN)
			return say(INSPECT_SUCCESSFUL, REPORT_WHY_NONE);
		if (key == REPORT_KEY_WRONG || key == REPORT_KEY_NOT_LISTED)
			return say(INSPECT_FAILED, REPORT_WHY_KEY_NOT_SIGNED);
		return say(INSPECT_UNDETERMINED, REPORT_WHY_KEY_NOT_TRUSTED);
	case REPORT_CLAIM_REFUTED:
		return say(INSPECT_FAILED, REPORT_WHY_REFUTED);
	case REPORT_CLAIM_UNSUPPORTED:
		return say(INSPECT_UNDETERMINED, REPORT_WHY_UNSUPPORTED);
	case REPORT_CLAIM_UNFINISHED:
		return say(INSPECT_UNDETERMINED, REPORT_WHY_UNFINISHED);
	case REPORT_CLAIM_NONE:
		break;
	}
	return not_asked(key, offer, otherwise);
}

struct report_finding report_together(const struct report_finding proof[3], bool required)
{
	static const enum inspect_result order[] = {INSPECT_FAILED, INSPECT_SUCCESSFUL, INSPECT_UNDETERMINED};
	for (size_t o = 0; o < PN_COUNT(order); o++)
		for (size_t i = 0; i < 3; i++)
			if (proof[i].result == order[o])
				return proof[i];
	return required ? say(INSPECT_UNDETERMINED, REPORT_WHY_NO_PROOF) :
			  say(INSPECT_NOT_PERFORMED, REPORT_WHY_NOT_OFFERED);
}

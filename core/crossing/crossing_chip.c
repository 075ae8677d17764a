/* SPDX-License-Identifier: Apache-2.0
 * What is known of a chip in one place, for rules, verdict and record. Must never make a chip that nobody read look as if it
 * had failed a check, or passed one.
 */
#include <string.h>

#include "base/err.h"
#include "crossing/crossing.h"

#define CLASS(name) POSTERN__EXCEPTION_CLASS__EXCEPTION_##name

static const char *why_not_read(Postern__ChipResult result)
{
	switch (result) {
	case POSTERN__CHIP_RESULT__CHIP_NONE:
		return "chip.none";
	case POSTERN__CHIP_RESULT__CHIP_REFUSED:
		return "chip.refused";
	case POSTERN__CHIP_RESULT__CHIP_TORN:
		return "chip.torn";
	case POSTERN__CHIP_RESULT__CHIP_LATE:
		return "chip.late";
	case POSTERN__CHIP_RESULT__CHIP_READ: /* without its files */
	case POSTERN__CHIP_RESULT__CHIP_ERROR:
	case POSTERN__CHIP_RESULT__CHIP_RESULT_UNSPECIFIED:
	case _POSTERN__CHIP_RESULT_IS_INT_SIZE:
		break;
	}
	return "chip.error";
}

/* One check of our own, since there is nobody else to make one. */
static void own(struct crossing_chip *out, const char *name, Postern__CheckResult result, const char *reason)
{
	postern__check__init(&out->own);
	out->own.name = (char *)(uintptr_t)name;
	out->own.result = result;
	out->own.field = (char *)(uintptr_t)"chip";
	out->own.reason = (char *)(uintptr_t)reason;
	out->own_list[0] = &out->own;
	out->checks = out->own_list;
	out->n_checks = 1;
	out->result = result;
	out->reason = name;
	out->argument = reason;
}

/* A copy of a chip ends the reading by the proof that it cannot make (Doc 9303-11, 6.2.1): no file says more of it then. */
static const char *refuted(const Postern__ChipRead *r)
{
	const struct {
		const Postern__ChipProof *proof;
		const char *name;
	} proofs[] = { { r->mapping, "chip.cam" }, { r->chip_authentication, "chip.ca" }, { r->active_authentication, "chip.aa" } };
	for (size_t i = 0; i < PN_COUNT(proofs); i++)
		if (proofs[i].proof != NULL && proofs[i].proof->result == POSTERN__CHECK_RESULT__CHECK_FAILED)
			return proofs[i].name;
	return NULL;
}

static void not_read(const Postern__ChipRead *r, struct crossing_chip *out)
{
	const char *proof = refuted(r);
	if (proof != NULL) {
		own(out, proof, POSTERN__CHECK_RESULT__CHECK_FAILED, "chip.proof_refuted");
		out->exception = CLASS(DOCUMENT_CHECK_FAILURE);
		return;
	}
	own(out, "chip.read", POSTERN__CHECK_RESULT__CHECK_UNDETERMINED, why_not_read(r->result));
	if (r->result == POSTERN__CHIP_RESULT__CHIP_NONE)
		out->exception = CLASS(NON_EMRTD);
}

/* The worst that a check says, failed before aborted before undetermined. */
static const Postern__Check *worst(const Postern__ChipInspected *i)
{
	static const Postern__CheckResult order[] = { POSTERN__CHECK_RESULT__CHECK_FAILED,
		POSTERN__CHECK_RESULT__CHECK_ABORTED, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED };
	for (size_t o = 0; o < PN_COUNT(order); o++)
		for (size_t k = 0; k < i->n_checks; k++)
			if (i->checks[k]->result == order[o])
				return i->checks[k];
	return NULL;
}

void crossing_chip(const struct crossing *c, struct crossing_chip *out)
{
	memset(out, 0, sizeof *out);
	out->result = POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED;
	out->exception = CLASS(NONE);
	if (!c->chip_asked)
		return;
	out->exception = CLASS(CHIP_FAILURE);
	if (c->chip == NULL) {
		own(out, "chip.read", POSTERN__CHECK_RESULT__CHECK_UNDETERMINED, "chip.no_answer");
		out->exception = CLASS(SYSTEM_MALFUNCTION);
	} else if (c->chip->result != POSTERN__CHIP_RESULT__CHIP_READ || c->chip_size == 0) {
		not_read(c->chip, out);
	} else if (c->inspected == NULL) {
		own(out, "chip.inspection", POSTERN__CHECK_RESULT__CHECK_UNDETERMINED, "chip.no_answer");
		out->exception = CLASS(SYSTEM_MALFUNCTION);
	} else {
		const Postern__Check *bad = worst(c->inspected);
		out->result = c->inspected->overall;
		out->exception = CLASS(DOCUMENT_CHECK_FAILURE);
		out->reason = bad != NULL ? bad->name : "chip.inspection";
		out->argument = bad != NULL ? bad->reason : NULL;
		out->checks = c->inspected->checks;
		out->n_checks = c->inspected->n_checks;
	}
}

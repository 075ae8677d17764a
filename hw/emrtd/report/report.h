/* SPDX-License-Identifier: Apache-2.0
 * All that is to be said of one chip: passive authentication of its files and how it was opened (hw/emrtd/inspect), and what its
 * proofs are worth (ICAO Doc 9303-11, sections 4.4.3.3.3, 6.1 and 6.2), as one list of checks in the vocabulary of BSI TR-03135.
 *
 * Pure: no clock, no file. What the reader says of a proof is a claim: it counts as successful only when passive authentication
 * covers the file that the key came from. Must never call successful what was not shown, nor failed what is only not known; the
 * table of docs/emrtd.md, "What a proof is worth", is what proofs.c does.
 */
#ifndef POSTERN_EMRTD_REPORT_H
#define POSTERN_EMRTD_REPORT_H
#include "emrtd/bundle.h"
#include "emrtd/document.h"
#include "emrtd/inspect/passive.h"

enum report_check_id {
#define REPORT_CHECK(id, name, field) REPORT_##id,
#include "emrtd/report/checks.def"
#undef REPORT_CHECK
	REPORT_CHECK_COUNT_
};

enum report_reason {
#define REPORT_REASON(id, key) REPORT_WHY_##id,
#include "emrtd/report/reasons.def"
#undef REPORT_REASON
	REPORT_REASON_COUNT_
};

/* What the reader says of one proof. NONE: the chip was not asked. */
enum report_claim {
	REPORT_CLAIM_NONE,
	REPORT_CLAIM_PROVEN,
	REPORT_CLAIM_REFUTED,
	REPORT_CLAIM_UNSUPPORTED,
	REPORT_CLAIM_UNFINISHED
};

/* result as the reader gives it, and the key of causes.def: a proof that failed because it is not known here, or because the
 * chip was taken away, refutes nothing; one that was not performed for a cause was begun. cause "": none is given. */
enum report_claim report_claim(enum inspect_result result, const char *cause);

struct report_chip {
	enum emrtd_access access;
	bool fell_back; /* BAC although PACE was on offer */
	bool complete;  /* the reading came to its end */
	enum report_claim ca, aa, cam;
};

/* What was read by hw/emrtd/document.h. *files points into *d. complete: emrtd_document_read() gave 0. */
void report_of_document(
	const struct emrtd_document *d, bool complete, struct emrtd_bundle *files, struct report_chip *chip);

struct report_input {
	const struct emrtd_bundle *files;
	const struct report_chip *chip; /* NULL: files only, no chip was there: nothing is said of its proofs */
	const char *zone;               /* the optical zone, lines joined; "" when there is none */
	bool zone_required;             /* without it the whole is undetermined */
	bool proof_required;            /* a chip that proves itself in no way is undetermined */
	int64_t at_s;                   /* reference instant, seconds of the epoch; 0 or less: not known, and all is aborted */
	const struct trust *trust;      /* NULL: none */
	uint32_t trust_age_max_days;    /* 0: no limit */
	bool refuse_sha1;
};

struct report_check {
	const char *name, *field, *reason; /* static */
	enum inspect_result result;
};

enum { REPORT_CHECKS_MAX = INSPECT_CHECKS_MAX + REPORT_CHECK_COUNT_, REPORT_ZONE_MAX = 96 };

struct report {
	struct report_check check[REPORT_CHECKS_MAX];
	size_t count;
	enum inspect_result overall; /* failed before aborted before undetermined before successful */
	bool zone_required;          /* as asked */
	struct inspection inspection;
};

void report_make(const struct report_input *in, struct report *out);
/* The report of a chip of which there are no files to be looked at: one check, aborted, and so is the whole. */
void report_aborted(enum report_reason reason, struct report *out);
/* The first check that is not successful and weighs: failed before aborted before undetermined. NULL when there is none. */
const struct report_check *report_decisive(const struct report *r);

/* TR-03135's colour of a result (Doc 9303-2, appendix C), "green" ...; and a sign beside it for those who see no colours. */
const char *report_colour(enum inspect_result result);
const char *report_symbol(enum inspect_result result);

/* Stable names; never NULL. */
const char *report_check_name(enum report_check_id id);
const char *report_reason_key(enum report_reason reason);
#endif

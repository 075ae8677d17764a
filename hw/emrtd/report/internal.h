/* SPDX-License-Identifier: Apache-2.0
 * Between the files of this folder: what a proof is worth. Pure. Must never be included from outside of it.
 */
#ifndef POSTERN_EMRTD_REPORT_INTERNAL_H
#define POSTERN_EMRTD_REPORT_INTERNAL_H
#include "emrtd/report/report.h"

/* What is known of the file that holds a key. */
enum report_key {
	REPORT_KEY_NONE,       /* EF.SOD does not list it, nor was it read */
	REPORT_KEY_UNKNOWN,    /* there is no EF.SOD to say so */
	REPORT_KEY_NOT_LISTED, /* it was read, and EF.SOD does not list it */
	REPORT_KEY_ABSENT,     /* listed; the chip says it has none */
	REPORT_KEY_NOT_READ,   /* listed; nobody read it */
	REPORT_KEY_WRONG,      /* read, and not what was signed */
	REPORT_KEY_OPEN,       /* read; whether the State signed it is not known */
	REPORT_KEY_PROVEN      /* the State's */
};

/* Whether the file says that the chip can do it. */
enum report_offer { REPORT_OFFERED, REPORT_NOT_OFFERED, REPORT_OFFER_FORM };

struct report_finding {
	enum inspect_result result;
	enum report_reason reason;
};

enum report_key report_card_security_key(const struct inspection *i);
enum report_key report_group_key(const struct inspection *i, const struct emrtd_bundle *files, unsigned group);
/* otherwise: another proof was successful. */
struct report_finding report_proof(
	enum report_claim claim, enum report_key key, enum report_offer offer, bool otherwise);
/* Of all checks that weigh but those of this name: failed before aborted before undetermined before successful. */
enum inspect_result report_worst(const struct report *r, const char *but);
/* The three proofs as one. */
struct report_finding report_together(const struct report_finding proof[3], bool required);
#endif

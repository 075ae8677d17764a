/* SPDX-License-Identifier: Apache-2.0
 * Passive authentication (ICAO Doc 9303-11, section 5.1): is what was read from the chip what a State has signed? Takes
 * files, a trust store and an instant; gives one result per check in the vocabulary of BSI TR-03135.
 *
 * Pure: no clock, no file. What could not be found out is undetermined or not performed, never failed, and never
 * successful. A check that failed says why by a key of reasons.def.
 */
#ifndef POSTERN_EMRTD_PASSIVE_H
#define POSTERN_EMRTD_PASSIVE_H
#include "emrtd/emrtd.h"
#include "emrtd/inspect/sod.h"
#include "emrtd/inspect/trust.h"

/* The numbers of CheckResult in document.proto and of enum mrz_result. */
enum inspect_result {
	INSPECT_SUCCESSFUL = 1,
	INSPECT_FAILED = 2,
	INSPECT_UNDETERMINED = 3,
	INSPECT_NOT_PERFORMED = 4,
	INSPECT_ABORTED = 5
};

enum inspect_check_id {
#define INSPECT_CHECK(id, name, field) INSPECT_##id,
#include "emrtd/inspect/checks.def"
#undef INSPECT_CHECK
	INSPECT_CHECK_COUNT_
};

enum inspect_reason {
#define INSPECT_REASON(id, key) INSPECT_WHY_##id,
#include "emrtd/inspect/reasons.def"
#undef INSPECT_REASON
	INSPECT_REASON_COUNT_
};

struct inspect_file {
	const uint8_t *bytes; /* NULL: not read */
	size_t size;
};

struct inspect_input {
	struct inspect_file sod;
	struct inspect_file group[SOD_GROUPS]; /* DGn at n, with its tag, as read */
	struct inspect_file card_security;     /* EF.CardSecurity */
	/* How the chip was opened, EF.CardAccess with it; NULL: not known. */
	const struct emrtd_access_report *access;
	uint32_t absent;       /* bit n: the chip said that it has no DGn; else a DG not read is just not read */
	uint32_t com_groups;   /* bit n: EF.COM lists DGn */
	bool com_read;
	const char *issuer;        /* of DG1 or of the optical zone, fillers removed; "" when unknown */
	const char *document_code; /* "P", "ID" ...; "" when unknown */
	const char *dg1_mrz, *optical_mrz; /* all lines without separators; NULL or "" when not known */
	int64_t at_s;              /* reference instant, seconds of the epoch */
	const struct trust *trust; /* NULL: none */
	uint32_t trust_age_max_days; /* 0: no limit */
	bool refuse_sha1;
};

struct inspect_check {
	enum inspect_check_id id;
	unsigned group; /* INSPECT_DG_HASH: its number, else 0 */
	enum inspect_result result;
	enum inspect_reason reason;
};

enum { INSPECT_CHECKS_MAX = INSPECT_CHECK_COUNT_ + SOD_GROUPS };

struct inspection {
	struct inspect_check check[INSPECT_CHECKS_MAX];
	size_t count;
	enum inspect_result overall; /* the most careful of the checks that speak of authenticity */
	/* Groups whose bytes the State's signature covers: SOD, chain, signature and hash all successful. A
	 * proof of a key (CA of DG14, AA of DG15) counts only when its group is among them. */
	uint32_t proven;
	/* The same of EF.CardSecurity, whose key chip authentication mapping proves: well formed, signed by its own
	 * signer, that one by a CSCA of the store, not revoked, of the usage. */
	bool card_security_proven;
	/* The same without the chain: equal to what the SOD says, whoever signed it. */
	uint32_t intact;
	bool active_key_in_doubt; /* the State says that others may know such keys: an active authentication proves nothing */
	char signer_country[3];
	char signer_serial[48]; /* hexadecimal, "" when too long */
	int64_t signed_s, signer_from_s, signer_until_s;
	char csca_subject[128];
};

void inspect(const struct inspect_input *in, struct inspection *out);

/* What a proof is worth: proven only when it is and the file of its key is covered; refuted stays so. */
enum emrtd_proof inspect_proof(enum emrtd_proof proof, bool covered);

/* Stable names; never NULL. */
const char *inspect_check_name(enum inspect_check_id id);
const char *inspect_check_field(const struct inspect_check *c, char text[8]);
const char *inspect_reason_key(enum inspect_reason reason);
#endif

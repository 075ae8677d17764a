/* SPDX-License-Identifier: Apache-2.0
 * What was learned of how large a read the chips of one family take, kept from one document to the next, so that only the first
 * of a family pays for refusals. A family is the documents of one issuer and document code with the same EF.CardAccess: nothing
 * of a person enters, and only a digest of these is kept.
 *
 * Pure and bounded: the family that was not asked for longest makes room. What was learned is forgotten after a number of
 * documents, so that one odd chip, or a forger's, never slows a family for good. One table is one reader's: the limits are its
 * own too. Must never be shared between threads.
 */
#ifndef POSTERN_EMRTD_FAMILY_H
#define POSTERN_EMRTD_FAMILY_H
#include "emrtd/file.h"

enum { EMRTD_FAMILIES_MAX = 64, EMRTD_FAMILY_KEY = 16, EMRTD_FAMILY_USES = 100 };

struct emrtd_family {
	uint8_t key[EMRTD_FAMILY_KEY];
	struct emrtd_limits limits;
	uint64_t asked; /* when last, in the table's own count */
	unsigned uses;  /* documents since it was learned */
};

/* Zeroed: knows nothing. */
struct emrtd_families {
	struct emrtd_family entry[EMRTD_FAMILIES_MAX];
	size_t count;
	uint64_t asked;
};

/* issuer, code: of the zone, "UTO" and "P", NULL or "" when not known; card_access: the file, size 0 when the chip has none.
 * PN_ECRYPTO. */
int emrtd_family_key(const char *issuer, const char *code, struct emrtd_bytes card_access,
	uint8_t key[EMRTD_FAMILY_KEY]) PN_MUST_CHECK;
/* True with what is known in *limits, its count of refusals zero. */
bool emrtd_families_find(
	struct emrtd_families *t, const uint8_t key[EMRTD_FAMILY_KEY], struct emrtd_limits *limits);
/* After a document: limits as the reading left them. Nothing learned of a family that is not known takes no room; the same as
 * before keeps its age. */
void emrtd_families_keep(
	struct emrtd_families *t, const uint8_t key[EMRTD_FAMILY_KEY], const struct emrtd_limits *limits);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * The pseudonym, shared by look-up and loading, and dates as the store has them. Must never be computed elsewhere.
 */
#ifndef POSTERN_REGISTRY_HISTORY_PERSON_H
#define POSTERN_REGISTRY_HISTORY_PERSON_H
#include "history.h"

enum { HISTORY_PERSON = 32 };
enum { HISTORY_WORD_MAX = 64 };

/* birth_date: YYYYMMDD, zeros where unknown. PN_EFORMAT: no number, too long or with a '|'. */
int history_person(const uint8_t key[HISTORY_KEY], const char *number, const char *issuer,
	uint32_t birth_date, uint8_t person[HISTORY_PERSON]) PN_MUST_CHECK;
/* YYYYMMDD, zeros where unknown. */
void history_date(Postern__Date *d, int64_t yyyymmdd);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * How a document is named where only its sameness matters: a keyed digest of number, issuer and birth date. The key belongs to
 * the machine that serves kiosk and gate. Must never keep what it digests.
 */
#ifndef POSTERN_KIOSK_DIGEST_H
#define POSTERN_KIOSK_DIGEST_H
#include <stdint.h>

#include "base/err.h"
#include "base/keyed.h"
#include "document.pb-c.h"

/* keyed_digest() with the domain "postern kiosk document v1\n" over the number, the issuer and the birth date as eight digits,
 * as they were read from the zone (ICAO Doc 9303-3 4.2). A digit of the date that the document leaves open is a zero.
 * PN_EINVAL: no number, issuer or birth date, or a key too short. PN_ELIMIT, PN_ECRYPTO: as keyed_digest(). */
int kiosk_document_digest(const uint8_t key[KEYED_KEY_MIN], const Postern__Document *document,
	uint8_t digest[KEYED_DIGEST]) PN_MUST_CHECK;
#endif

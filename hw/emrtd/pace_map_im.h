/* SPDX-License-Identifier: Apache-2.0
 * Integrated mapping of PACE, Doc 9303-11 4.4.3.3.2 and appendix B: the new generator is made of
 * two nonces by a pseudo-random function and a point encoding. Private to hw/emrtd and to whoever
 * plays a chip in tests. Must never be tried on a curve whose prime is not 3 modulo 4.
 */
#ifndef POSTERN_EMRTD_PACE_MAP_IM_H
#define POSTERN_EMRTD_PACE_MAP_IM_H
#include "emrtd/crypto.h"
#include "emrtd/domain.h"

/* Bytes of the chip's nonce s (16, or 32 for AES-192 and AES-256) and of the terminal's t (the
 * key's). */
size_t emrtd_integrated_nonce(enum emrtd_cipher cipher);
/* PN_EUNSUPPORTED: NIST P-224, whose prime is 1 modulo 4. */
int emrtd_map_integrated(struct emrtd_domain *d, enum emrtd_cipher cipher, struct emrtd_bytes s,
	struct emrtd_bytes t) PN_MUST_CHECK;
/* The pseudo-random function modulo p, in d->size bytes: a step of the above, for the examples. */
int emrtd_integrated_random(const struct emrtd_domain *d, enum emrtd_cipher cipher,
	struct emrtd_bytes s, struct emrtd_bytes t, uint8_t out[EMRTD_FIELD_MAX]) PN_MUST_CHECK;
#endif

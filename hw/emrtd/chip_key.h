/* SPDX-License-Identifier: Apache-2.0
 * Domain parameters of a ChipAuthenticationPublicKeyInfo (Doc 9303-11 9.2.6, 9.5): named, explicit
 * or standardized. Must never accept a key without knowing its domain.
 */
#ifndef POSTERN_EMRTD_CHIP_KEY_H
#define POSTERN_EMRTD_CHIP_KEY_H
#include "emrtd/domain.h"
#include "emrtd/security_infos.h"

/* PN_EUNSUPPORTED: an algorithm that is not known; PN_EFORMAT: parameters that are none. */
int emrtd_chip_key_domain(const struct emrtd_ca_key *key, struct emrtd_domain *out) PN_MUST_CHECK;
#endif

/* SPDX-License-Identifier: Apache-2.0
 * Our ephemeral keys for PACE and chip authentication. Must never leave the random bytes behind.
 */
#include "emrtd/session.h"

enum { TRIES_MAX = 8 };

int emrtd_own_key(struct emrtd_session *s, enum emrtd_step step, const struct emrtd_domain *d,
	BIGNUM **secret, uint8_t out[EMRTD_PUBLIC_MAX], size_t *size)
{
	uint8_t random[EMRTD_PUBLIC_MAX + EMRTD_RANDOM_EXTRA];
	const struct emrtd_bytes wanted = {random, emrtd_domain_random(d)};
	int err = 0;
	/* One in 256 begins with a zero byte. */
	for (unsigned i = 0; i < TRIES_MAX; i++) {
		BN_clear_free(*secret);
		*secret = NULL;
		err = emrtd_random(s, step, random, wanted.size);
		if (err != 0)
			break;
		err = emrtd_domain_key(d, wanted, secret, out, size);
		if (err != 0) {
			emrtd_fail(s, step, EMRTD_CAUSE_CRYPTO, PN_ECRYPTO);
			break;
		}
		if (d->ec || out[0] != 0)
			break;
	}
	emrtd_wipe(random, sizeof(random));
	return err;
}

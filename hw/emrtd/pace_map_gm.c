/* SPDX-License-Identifier: Apache-2.0
 * Generic mapping of PACE, Doc 9303-11 4.4.3.3.1: the new generator is nonce * G + H, where H is
 * the point (or value) agreed on with a first pair of ephemeral keys. Must never take the neutral
 * element as a generator.
 */
#include "emrtd/domain.h"

static int map_curve(
	struct emrtd_domain *d, const BIGNUM *secret, struct emrtd_bytes key, const BIGNUM *nonce)
{
	EC_POINT *chip = emrtd_domain_point(d, key), *h = EC_POINT_new(d->curve);
	EC_POINT *base = EC_POINT_new(d->curve);
	int err = PN_EFORMAT;
	if (chip != NULL)
		err = PN_ECRYPTO;
	/* One scalar at a time: that is OpenSSL's constant-time ladder. */
	if (chip != NULL && h != NULL && base != NULL &&
		EC_POINT_mul(d->curve, h, NULL, chip, secret, d->bn) == 1 &&
		EC_POINT_is_at_infinity(d->curve, h) == 0 &&
		EC_POINT_mul(d->curve, base, nonce, NULL, NULL, d->bn) == 1 &&
		EC_POINT_add(d->curve, base, base, h, d->bn) == 1) {
		err = emrtd_domain_take_point(d, base);
		base = NULL;
	}
	EC_POINT_free(chip);
	EC_POINT_clear_free(h);
	EC_POINT_clear_free(base);
	return err;
}

static int map_group(
	struct emrtd_domain *d, const BIGNUM *secret, struct emrtd_bytes key, const BIGNUM *nonce)
{
	BIGNUM *chip = emrtd_domain_value(d, key), *h = BN_secure_new(), *g = BN_secure_new();
	int err = PN_EFORMAT;
	if (chip != NULL)
		err = PN_ECRYPTO;
	if (chip != NULL && h != NULL && g != NULL &&
		BN_mod_exp_mont_consttime(h, chip, secret, d->p, d->bn, NULL) == 1 &&
		BN_mod_exp_mont_consttime(g, d->g, nonce, d->p, d->bn, NULL) == 1 &&
		BN_mod_mul(g, g, h, d->p, d->bn) == 1) {
		err = emrtd_domain_take_value(d, g);
		g = NULL;
	}
	BN_free(chip);
	BN_clear_free(h);
	BN_clear_free(g);
	return err;
}

int emrtd_map_generic(struct emrtd_domain *d, const BIGNUM *secret, struct emrtd_bytes key,
	struct emrtd_bytes nonce)
{
	BIGNUM *wide = BN_secure_new(), *s = BN_secure_new();
	int err = PN_ECRYPTO;
	if (wide != NULL && s != NULL && d->q != NULL && nonce.size <= 32) {
		BN_set_flags(wide, BN_FLG_CONSTTIME);
		BN_set_flags(s, BN_FLG_CONSTTIME);
		/* The nonce can be longer than the order of a small curve. */
		if (BN_bin2bn(nonce.bytes, (int)nonce.size, wide) != NULL &&
			BN_nnmod(s, wide, d->q, d->bn) == 1)
			err = d->ec ? map_curve(d, secret, key, s) : map_group(d, secret, key, s);
	}
	BN_clear_free(wide);
	BN_clear_free(s);
	return err;
}

/* SPDX-License-Identifier: Apache-2.0
 * See pace_map_im.h. The point encoding has no branch that depends on the nonces until its result.
 */
#include "emrtd/pace_map_im.h"

#include <string.h>

enum { WIDE = 32, RANDOM_MAX = EMRTD_FIELD_MAX + 64 };

size_t emrtd_integrated_nonce(enum emrtd_cipher cipher)
{
	return cipher >= EMRTD_AES_192 ? 32 : 16;
}

/* c0 and c1 of 4.4.3.3.2 for nonces of 128 and of 256 bits. */
static const uint8_t constants[2][2][WIDE] = {
	{{0xa6, 0x68, 0x89, 0x2a, 0x7c, 0x41, 0xe3, 0xca, 0x73, 0x9f, 0x40, 0xb0, 0x57, 0xd8, 0x59,
		 0x04},
		{0xa4, 0xe1, 0x36, 0xac, 0x72, 0x5f, 0x73, 0x8b, 0x01, 0xc1, 0xf6, 0x02, 0x17, 0xc1,
			0x88, 0xad}},
	{{0xd4, 0x63, 0xd6, 0x52, 0x34, 0x12, 0x4e, 0xf7, 0x89, 0x70, 0x54, 0x98, 0x6d, 0xca, 0x0a,
		 0x17, 0x4e, 0x28, 0xdf, 0x75, 0x8c, 0xba, 0xa0, 0x3f, 0x24, 0x06, 0x16, 0x41, 0x4d,
		 0x5a, 0x16, 0x76},
		{0x54, 0xbd, 0x72, 0x55, 0xf0, 0xaa, 0xf8, 0x31, 0xbe, 0xc3, 0x42, 0x3f, 0xcf, 0x39,
			0xd6, 0x9b, 0x6c, 0xbf, 0x06, 0x66, 0x77, 0xd0, 0xfa, 0xae, 0x5a, 0xad,
			0xd9, 0x9d, 0xf8, 0xe5, 0x35, 0x17}}};

/* R(s,t) modulo p: k0 = E(t; s), x_i = E(k_{i-1}; c1), k_i = E(k_{i-1}; c0), as many x as have the
 * prime's bits and 64 more. */
static int pseudo_random(const struct emrtd_domain *d, enum emrtd_cipher cipher,
	struct emrtd_bytes s, struct emrtd_bytes t, BIGNUM *out)
{
	size_t l = emrtd_integrated_nonce(cipher), n = 0;
	uint8_t key[WIDE], x[RANDOM_MAX];
	if (s.size != l || t.size != emrtd_key_size(cipher))
		return PN_EINVAL;
	const uint8_t(*c)[WIDE] = constants[l == 32 ? 1 : 0];
	int err = emrtd_encrypt(cipher, t.bytes, NULL, s.bytes, l, key);
	while (err == 0 && 8 * n < (size_t)BN_num_bits(d->p) + 64) {
		err = n + l > sizeof(x) ? PN_ELIMIT
					: emrtd_encrypt(cipher, key, NULL, c[1], l, x + n);
		if (err == 0)
			err = emrtd_encrypt(cipher, key, NULL, c[0], l, key);
		n += l;
	}
	BIGNUM *wide = BN_secure_new();
	if (err == 0) {
		err = PN_ECRYPTO;
		if (wide != NULL && BN_bin2bn(x, (int)n, wide) != NULL) {
			BN_set_flags(wide, BN_FLG_CONSTTIME);
			err = BN_nnmod(out, wide, d->p, d->bn) == 1 ? 0 : PN_ECRYPTO;
		}
	}
	BN_clear_free(wide);
	emrtd_wipe(key, sizeof(key));
	emrtd_wipe(x, sizeof(x));
	return err;
}

int emrtd_integrated_random(const struct emrtd_domain *d, enum emrtd_cipher cipher,
	struct emrtd_bytes s, struct emrtd_bytes t, uint8_t out[EMRTD_FIELD_MAX])
{
	BIGNUM *r = BN_secure_new();
	int err = r == NULL ? PN_ENOMEM : pseudo_random(d, cipher, s, t, r);
	if (err == 0 && BN_bn2binpad(r, out, (int)d->size) != (int)d->size)
		err = PN_ECRYPTO;
	BN_clear_free(r);
	return err;
}

/* x^3 + a x + b */
static bool cubic(const struct emrtd_domain *d, BIGNUM *out, const BIGNUM *x, const BIGNUM *a,
	const BIGNUM *b)
{
	return BN_mod_sqr(out, x, d->p, d->bn) == 1 && BN_mod_add(out, out, a, d->p, d->bn) == 1 &&
	       BN_mod_mul(out, out, x, d->p, d->bn) == 1 &&
	       BN_mod_add(out, out, b, d->p, d->bn) == 1;
}

/* Scratch of one encoding; secure, wiped with the frame. */
struct swu {
	BIGNUM *a, *b, *alpha, *x2, *x3, *h2, *u, *w, *e;
};

/* The simplified map of appendix B.2: x and y of a point from t. Variables as there. */
static bool encode(const struct emrtd_domain *d, struct swu *v, const BIGNUM *t)
{
	const BIGNUM *p = d->p;
	BN_CTX *c = d->bn;
	/* alpha = -t^2, u = 1 / (alpha + alpha^2), by Fermat */
	bool ok = EC_GROUP_get_curve(d->curve, NULL, v->a, v->b, c) == 1 &&
		  BN_mod_sqr(v->alpha, t, p, c) == 1 && BN_sub(v->alpha, p, v->alpha) == 1 &&
		  BN_mod_sqr(v->u, v->alpha, p, c) == 1 &&
		  BN_mod_add(v->u, v->u, v->alpha, p, c) == 1 && !BN_is_zero(v->u) &&
		  BN_copy(v->e, p) != NULL && BN_sub_word(v->e, 2) == 1 &&
		  BN_mod_exp_mont_consttime(v->u, v->u, v->e, p, c, NULL) == 1;
	/* x2 = -b/a (1 + u), x3 = alpha x2 */
	ok = ok && BN_add_word(v->u, 1) == 1 &&
	     BN_mod_exp_mont_consttime(v->x2, v->a, v->e, p, c, NULL) == 1 &&
	     BN_mod_mul(v->x2, v->x2, v->b, p, c) == 1 && BN_sub(v->x2, p, v->x2) == 1 &&
	     BN_mod_mul(v->x2, v->x2, v->u, p, c) == 1 &&
	     BN_mod_mul(v->x3, v->x2, v->alpha, p, c) == 1;
	/* h2 = f(x2), u = t^3 h2, w = h2^(p - 1 - (p + 1)/4) */
	ok = ok && cubic(d, v->h2, v->x2, v->a, v->b) && BN_mod_sqr(v->u, t, p, c) == 1 &&
	     BN_mod_mul(v->u, v->u, t, p, c) == 1 && BN_mod_mul(v->u, v->u, v->h2, p, c) == 1 &&
	     BN_copy(v->w, p) != NULL && BN_add_word(v->w, 1) == 1 &&
	     BN_rshift(v->w, v->w, 2) == 1 && BN_copy(v->e, p) != NULL &&
	     BN_sub_word(v->e, 1) == 1 && BN_sub(v->e, v->e, v->w) == 1 &&
	     BN_mod_exp_mont_consttime(v->w, v->h2, v->e, p, c, NULL) == 1;
	/* w^2 h2 = 1: (x2, w h2), else (x3, w u) */
	ok = ok && BN_mod_sqr(v->e, v->w, p, c) == 1 && BN_mod_mul(v->e, v->e, v->h2, p, c) == 1;
	if (!ok)
		return false;
	bool second = BN_is_one(v->e);
	return BN_mod_mul(v->w, v->w, second ? v->h2 : v->u, p, c) == 1 &&
	       (!second || BN_copy(v->x3, v->x2) != NULL);
}

static int map_curve(struct emrtd_domain *d, const BIGNUM *t)
{
	struct swu v;
	BIGNUM **all[] = {&v.a, &v.b, &v.alpha, &v.x2, &v.x3, &v.h2, &v.u, &v.w, &v.e};
	EC_POINT *point = EC_POINT_new(d->curve);
	int err = PN_ECRYPTO;
	bool ok = point != NULL;
	BN_CTX_start(d->bn);
	for (size_t i = 0; i < PN_COUNT(all); i++) {
		*all[i] = BN_CTX_get(d->bn);
		ok = ok && *all[i] != NULL;
	}
	if (ok && encode(d, &v, t) &&
		EC_POINT_set_affine_coordinates(d->curve, point, v.x3, v.w, d->bn) == 1) {
		err = emrtd_domain_take_point(d, point);
		point = NULL;
	}
	for (size_t i = 0; i < PN_COUNT(all); i++) {
		if (*all[i] != NULL)
			BN_clear(*all[i]);
	}
	BN_CTX_end(d->bn);
	EC_POINT_clear_free(point);
	return err;
}

/* t^((p - 1)/q): an element of order q. */
static int map_group(struct emrtd_domain *d, const BIGNUM *t)
{
	BIGNUM *e = BN_dup(d->p), *g = BN_secure_new();
	int err = PN_ECRYPTO;
	if (e != NULL && g != NULL && BN_sub_word(e, 1) == 1 &&
		BN_div(e, NULL, e, d->q, d->bn) == 1 &&
		BN_mod_exp_mont_consttime(g, t, e, d->p, d->bn, NULL) == 1) {
		err = emrtd_domain_take_value(d, g);
		g = NULL;
	}
	BN_free(e);
	BN_clear_free(g);
	return err;
}

int emrtd_map_integrated(struct emrtd_domain *d, enum emrtd_cipher cipher, struct emrtd_bytes s,
	struct emrtd_bytes t)
{
	if (d->q == NULL || (d->ec && BN_is_bit_set(d->p, 1) == 0))
		return PN_EUNSUPPORTED;
	BIGNUM *r = BN_secure_new();
	int err = r == NULL ? PN_ENOMEM : pseudo_random(d, cipher, s, t, r);
	if (err == 0)
		err = d->ec ? map_curve(d, r) : map_group(d, r);
	BN_clear_free(r);
	return err;
}

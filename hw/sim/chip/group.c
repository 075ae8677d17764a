/* SPDX-License-Identifier: Apache-2.0
 * The groups of ICAO Doc 9303-11 section 9.5.1 and what PACE and Chip Authentication do in them.
 * Not constant in time: this chip keeps nobody's secret. Must never be used by a reader.
 */
#include <openssl/core_names.h>
#include <openssl/dh.h>
#include <openssl/objects.h>
#include <stdlib.h>
#include <string.h>

#include "sim/chip/internal.h"

const char *sc_curve_name(unsigned parameter)
{
	static const char *const names[] = {
		[8] = "prime192v1",
		[9] = "brainpoolP192r1",
		[10] = "secp224r1",
		[11] = "brainpoolP224r1",
		[12] = "prime256v1",
		[13] = "brainpoolP256r1",
		[14] = "brainpoolP320r1",
		[15] = "secp384r1",
		[16] = "brainpoolP384r1",
		[17] = "brainpoolP512r1",
		[18] = "secp521r1",
	};
	return parameter < PN_COUNT(names) ? names[parameter] : NULL;
}

const char *sc_dh_name(unsigned parameter)
{
	static const char *const names[] = {"dh_1024_160", "dh_2048_224", "dh_2048_256"};
	return parameter < PN_COUNT(names) ? names[parameter] : NULL;
}

void sc_group_free(struct sc_group *g)
{
	if (g == NULL)
		return;
	EC_GROUP_free(g->curve);
	BN_free(g->p);
	BN_free(g->a);
	BN_free(g->b);
	BN_free(g->q);
	BN_free(g->g);
	BN_CTX_free(g->scratch);
	free(g);
}

static struct sc_group *group_new(void)
{
	struct sc_group *g = calloc(1, sizeof *g);
	if (g != NULL && (g->scratch = BN_CTX_new()) == NULL) {
		free(g);
		return NULL;
	}
	return g;
}

/* Takes the curve. */
static struct sc_group *of_curve(EC_GROUP *curve)
{
	struct sc_group *g = curve != NULL ? group_new() : NULL;
	if (g == NULL) {
		EC_GROUP_free(curve);
		return NULL;
	}
	g->curve = curve;
	g->p = BN_new();
	g->a = BN_new();
	g->b = BN_new();
	g->q = BN_dup(EC_GROUP_get0_order(curve));
	if (g->p == NULL || g->a == NULL || g->b == NULL || g->q == NULL ||
		EC_GROUP_get_curve(curve, g->p, g->a, g->b, g->scratch) != 1) {
		sc_group_free(g);
		return NULL;
	}
	g->size = (size_t)BN_num_bytes(g->p);
	return g;
}

static struct sc_group *of_dh(const EVP_PKEY *key)
{
	struct sc_group *g = group_new();
	if (g == NULL)
		return NULL;
	if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_FFC_P, &g->p) != 1 ||
		EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_FFC_G, &g->g) != 1) {
		sc_group_free(g);
		return NULL;
	}
	/* PKCS #3 parameters state no order. */
	if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_FFC_Q, &g->q) != 1) {
		g->q = BN_dup(g->p);
		if (g->q == NULL || BN_rshift1(g->q, g->q) != 1) {
			sc_group_free(g);
			return NULL;
		}
	}
	g->size = (size_t)BN_num_bytes(g->p);
	return g;
}

struct sc_group *sc_group_standard(unsigned parameter)
{
	const char *name = sc_curve_name(parameter);
	if (name != NULL)
		return of_curve(EC_GROUP_new_by_curve_name(OBJ_sn2nid(name)));
	name = sc_dh_name(parameter);
	EVP_PKEY_CTX *c = name != NULL ? EVP_PKEY_CTX_new_from_name(NULL, "DHX", NULL) : NULL;
	EVP_PKEY *key = NULL;
	struct sc_group *g = NULL;
	char group_name[16] = {0};
	if (c != NULL) {
		memcpy(group_name, name, strlen(name) + 1);
		const OSSL_PARAM params[] = {
			OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group_name, 0),
			OSSL_PARAM_construct_end()};
		if (EVP_PKEY_paramgen_init(c) == 1 && EVP_PKEY_CTX_set_params(c, params) == 1 &&
			EVP_PKEY_paramgen(c, &key) == 1)
			g = of_dh(key);
	}
	EVP_PKEY_free(key);
	EVP_PKEY_CTX_free(c);
	return g;
}

struct sc_group *sc_group_of_key(const EVP_PKEY *key)
{
	if (!EVP_PKEY_is_a(key, "EC"))
		return EVP_PKEY_is_a(key, "DH") || EVP_PKEY_is_a(key, "DHX") ? of_dh(key) : NULL;
	OSSL_PARAM *all = NULL;
	if (EVP_PKEY_todata(key, EVP_PKEY_KEY_PARAMETERS, &all) != 1)
		return NULL;
	EC_GROUP *curve = EC_GROUP_new_from_params(all, NULL, NULL);
	OSSL_PARAM_free(all);
	return of_curve(curve);
}

static EC_POINT *point_of(const struct sc_group *g, const struct sc_element *e)
{
	EC_POINT *p = EC_POINT_new(g->curve);
	if (p == NULL)
		return NULL;
	if (e->size == 1 + 2 * g->size && e->bytes[0] == 4 &&
		EC_POINT_oct2point(g->curve, p, e->bytes, e->size, g->scratch) == 1 &&
		!EC_POINT_is_at_infinity(g->curve, p))
		return p;
	EC_POINT_free(p);
	return NULL;
}

static bool from_point(const struct sc_group *g, const EC_POINT *p, struct sc_element *out)
{
	if (EC_POINT_is_at_infinity(g->curve, p))
		return false;
	out->size = EC_POINT_point2oct(g->curve, p, POINT_CONVERSION_UNCOMPRESSED, out->bytes,
		sizeof out->bytes, g->scratch);
	return out->size != 0;
}

/* 1 < y < p - 1. */
static BIGNUM *number_of(const struct sc_group *g, const struct sc_element *e)
{
	BIGNUM *y = BN_bin2bn(e->bytes, (int)e->size, NULL), *top = BN_dup(g->p);
	bool ok = y != NULL && top != NULL && BN_sub_word(top, 1) == 1 &&
		  BN_cmp(y, BN_value_one()) > 0 && BN_cmp(y, top) < 0;
	BN_free(top);
	if (ok)
		return y;
	BN_free(y);
	return NULL;
}

static bool from_number(const struct sc_group *g, const BIGNUM *n, struct sc_element *out)
{
	out->size = g->size;
	return g->size <= sizeof out->bytes &&
	       BN_bn2binpad(n, out->bytes, (int)g->size) == (int)g->size;
}

bool sc_multiply(const struct sc_group *g, const struct sc_element *base, const BIGNUM *scalar,
	struct sc_element *out)
{
	bool ok = false;
	if (g->curve != NULL) {
		EC_POINT *r = EC_POINT_new(g->curve), *b = base != NULL ? point_of(g, base) : NULL;
		if (r != NULL && base == NULL)
			ok = EC_POINT_mul(g->curve, r, scalar, NULL, NULL, g->scratch) == 1;
		else if (r != NULL && b != NULL)
			ok = EC_POINT_mul(g->curve, r, NULL, b, scalar, g->scratch) == 1;
		ok = ok && from_point(g, r, out);
		EC_POINT_free(r);
		EC_POINT_free(b);
		return ok;
	}
	BIGNUM *b = base != NULL ? number_of(g, base) : BN_dup(g->g), *r = BN_new();
	ok = b != NULL && r != NULL && BN_mod_exp(r, b, scalar, g->p, g->scratch) == 1 &&
	     from_number(g, r, out);
	BN_free(b);
	BN_clear_free(r);
	return ok;
}

bool sc_add(const struct sc_group *g, const struct sc_element *a, const struct sc_element *b,
	struct sc_element *out)
{
	bool ok = false;
	if (g->curve != NULL) {
		EC_POINT *p = point_of(g, a), *q = point_of(g, b);
		ok = p != NULL && q != NULL && EC_POINT_add(g->curve, p, p, q, g->scratch) == 1 &&
		     from_point(g, p, out);
		EC_POINT_free(p);
		EC_POINT_free(q);
		return ok;
	}
	BIGNUM *x = number_of(g, a), *y = number_of(g, b);
	ok = x != NULL && y != NULL && BN_mod_mul(x, x, y, g->p, g->scratch) == 1 &&
	     from_number(g, x, out);
	BN_free(x);
	BN_free(y);
	return ok;
}

/* y^2 of a point with this x. */
static bool square_of(const struct sc_group *g, const BIGNUM *x, BIGNUM *out)
{
	return BN_mod_sqr(out, x, g->p, g->scratch) == 1 &&
	       BN_mod_add(out, out, g->a, g->p, g->scratch) == 1 &&
	       BN_mod_mul(out, out, x, g->p, g->scratch) == 1 &&
	       BN_mod_add(out, out, g->b, g->p, g->scratch) == 1;
}

/* 9303-11 Appendix B.1. With r = h^((p+1)/4) where h is the square of the first x: r^2 is h or -h,
 * so r itself, or -t^3 r with the second x, is the point's y; which saves the appendix's second
 * exponent. */
static bool map_to_curve(const struct sc_group *g, const BIGNUM *random, struct sc_element *out)
{
	const BIGNUM *p = g->p;
	BN_CTX *c = g->scratch;
	bool ok = false;
	BN_CTX_start(c);
	BIGNUM *t = BN_CTX_get(c), *alpha = BN_CTX_get(c), *x = BN_CTX_get(c), *w = BN_CTX_get(c),
	       *h = BN_CTX_get(c);
	BIGNUM *r = BN_CTX_get(c), *e = BN_CTX_get(c);
	EC_POINT *point = EC_POINT_new(g->curve);
	if (e == NULL || point == NULL || BN_mod_word(p, 4) != 3 || BN_nnmod(t, random, p, c) != 1)
		goto out;
	/* alpha = -t^2; x = -b/a (1 + 1/(alpha + alpha^2)) */
	if (BN_mod_sqr(alpha, t, p, c) != 1 || BN_sub(alpha, p, alpha) != 1 ||
		BN_mod_sqr(w, alpha, p, c) != 1 || BN_mod_add(w, w, alpha, p, c) != 1 ||
		BN_mod_inverse(w, w, p, c) == NULL || BN_add_word(w, 1) != 1 ||
		BN_mod_inverse(x, g->a, p, c) == NULL || BN_mod_mul(x, x, g->b, p, c) != 1 ||
		BN_sub(x, p, x) != 1 || BN_mod_mul(x, x, w, p, c) != 1)
		goto out;
	if (!square_of(g, x, h) || BN_copy(e, p) == NULL || BN_add_word(e, 1) != 1 ||
		BN_rshift(e, e, 2) != 1 || BN_mod_exp(r, h, e, p, c) != 1 ||
		BN_mod_sqr(w, r, p, c) != 1)
		goto out;
	if (BN_cmp(w, h) != 0) {
		if (BN_mod_mul(x, x, alpha, p, c) != 1 || BN_mod_mul(r, r, t, p, c) != 1 ||
			BN_mod_mul(r, r, alpha, p, c) != 1)
			goto out;
	}
	ok = EC_POINT_set_affine_coordinates(g->curve, point, x, r, c) == 1 &&
	     from_point(g, point, out);
out:
	EC_POINT_free(point);
	BN_CTX_end(c);
	return ok;
}

bool sc_integrated_map(const struct sc_group *g, const BIGNUM *random, struct sc_element *out)
{
	if (g->curve != NULL)
		return map_to_curve(g, random, out);
	BN_CTX_start(g->scratch);
	BIGNUM *e = BN_CTX_get(g->scratch), *r = BN_CTX_get(g->scratch);
	bool ok = r != NULL && BN_copy(e, g->p) != NULL && BN_sub_word(e, 1) == 1 &&
		  BN_div(e, NULL, e, g->q, g->scratch) == 1 &&
		  BN_nnmod(r, random, g->p, g->scratch) == 1 &&
		  BN_mod_exp(r, r, e, g->p, g->scratch) == 1 && !BN_is_one(r) &&
		  from_number(g, r, out);
	BN_CTX_end(g->scratch);
	return ok;
}

void sc_secret_of(
	const struct sc_group *g, const struct sc_element *e, const uint8_t **bytes, size_t *size)
{
	*bytes = g->curve != NULL ? e->bytes + 1 : e->bytes;
	*size = g->size;
}

BIGNUM *sc_draw_secret(struct sim_chip *chip, enum sim_chip_draw what, const struct sc_group *g)
{
	uint8_t bytes[SC_ELEMENT_MAX];
	size_t usual = (size_t)BN_num_bytes(g->q) + 8; /* 64 bits more: no bias worth the name */
	size_t n = sc_draw(chip, what, bytes, usual, sizeof bytes);
	BIGNUM *k = n > 0 ? BN_bin2bn(bytes, (int)n, NULL) : NULL;
	if (k != NULL && n == usual)
		BN_nnmod(k, k, g->q, g->scratch);
	if (k != NULL && BN_is_zero(k))
		BN_one(k);
	OPENSSL_cleanse(bytes, sizeof bytes);
	return k;
}

/* SPDX-License-Identifier: Apache-2.0
 * See domain.h. Scalars are used in OpenSSL's constant-time paths only: one scalar at a time on
 * curves (its ladder), BN_mod_exp_mont_consttime() in prime groups.
 */
#include "emrtd/domain.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/params.h>
#include <string.h>

void emrtd_domain_free(struct emrtd_domain *d)
{
	BN_free(d->p);
	BN_free(d->q);
	BN_clear_free(d->g);
	EC_POINT_clear_free(d->base);
	EC_GROUP_free(d->curve);
	BN_CTX_free(d->bn);
	*d = (struct emrtd_domain){0};
}

/* The rest of a curve's domain, from its group, which it takes. */
static int from_group(struct emrtd_domain *d, EC_GROUP *group)
{
	*d = (struct emrtd_domain){.ec = true, .curve = group};
	d->bn = BN_CTX_secure_new();
	d->p = BN_new();
	const EC_POINT *g = EC_GROUP_get0_generator(group);
	const BIGNUM *q = EC_GROUP_get0_order(group);
	d->q = q == NULL ? NULL : BN_dup(q);
	d->base = g == NULL ? NULL : EC_POINT_dup(g, group);
	if (d->bn == NULL || d->p == NULL || d->q == NULL || d->base == NULL ||
		EC_GROUP_get_curve(group, d->p, NULL, NULL, d->bn) != 1) {
		emrtd_domain_free(d);
		return PN_ECRYPTO;
	}
	d->size = (size_t)BN_num_bytes(d->p);
	return 0;
}

static int named_group(struct emrtd_domain *d, const char *name)
{
	char text[16];
	EVP_PKEY *key = NULL;
	memcpy(text, name, strlen(name) + 1);
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, text, 0),
		OSSL_PARAM_construct_end()};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DHX", NULL);
	*d = (struct emrtd_domain){.bn = BN_CTX_secure_new()};
	bool ok = ctx != NULL && d->bn != NULL && EVP_PKEY_paramgen_init(ctx) == 1 &&
		  EVP_PKEY_CTX_set_params(ctx, params) == 1 && EVP_PKEY_generate(ctx, &key) == 1 &&
		  EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_FFC_P, &d->p) == 1 &&
		  EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_FFC_G, &d->g) == 1 &&
		  EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_FFC_Q, &d->q) == 1;
	EVP_PKEY_free(key);
	EVP_PKEY_CTX_free(ctx);
	if (!ok) {
		emrtd_domain_free(d);
		return PN_ECRYPTO;
	}
	d->size = (size_t)BN_num_bytes(d->p);
	return 0;
}

int emrtd_domain_standard(struct emrtd_domain *d, unsigned id)
{
	static const char *const groups[] = {"dh_1024_160", "dh_2048_224", "dh_2048_256"};
	static const int curves[] = {NID_X9_62_prime192v1, NID_brainpoolP192r1, NID_secp224r1,
		NID_brainpoolP224r1, NID_X9_62_prime256v1, NID_brainpoolP256r1, NID_brainpoolP320r1,
		NID_secp384r1, NID_brainpoolP384r1, NID_brainpoolP512r1, NID_secp521r1};
	*d = (struct emrtd_domain){0};
	if (id < PN_COUNT(groups))
		return named_group(d, groups[id]);
	if (id < 8 || id >= 8 + PN_COUNT(curves))
		return PN_EUNSUPPORTED;
	EC_GROUP *group = EC_GROUP_new_by_curve_name(curves[id - 8]);
	return group == NULL ? PN_EUNSUPPORTED : from_group(d, group);
}

static BIGNUM *number(struct emrtd_bytes in)
{
	return in.size > EMRTD_FIELD_MAX + 1 ? NULL : BN_bin2bn(in.bytes, (int)in.size, NULL);
}

int emrtd_domain_dh(
	struct emrtd_domain *d, struct emrtd_bytes p, struct emrtd_bytes g, struct emrtd_bytes q)
{
	*d = (struct emrtd_domain){.bn = BN_CTX_secure_new(), .p = number(p), .g = number(g)};
	d->q = q.size > 0 ? number(q) : NULL;
	bool ok = d->bn != NULL && d->p != NULL && d->g != NULL && (q.size == 0 || d->q != NULL);
	ok = ok && BN_num_bits(d->p) >= 1024 && BN_num_bits(d->p) <= 8 * EMRTD_FIELD_MAX &&
	     BN_is_odd(d->p) && BN_cmp(d->g, d->p) < 0 && !BN_is_zero(d->g) && !BN_is_one(d->g);
	ok = ok && (d->q == NULL || (BN_num_bits(d->q) >= 160 && BN_cmp(d->q, d->p) < 0));
	if (!ok) {
		emrtd_domain_free(d);
		return PN_EFORMAT;
	}
	d->size = (size_t)BN_num_bytes(d->p);
	return 0;
}

int emrtd_domain_curve(struct emrtd_domain *d, struct emrtd_bytes parameters)
{
	const uint8_t *at = parameters.bytes;
	*d = (struct emrtd_domain){0};
	/* The largest explicit description of a curve that is allowed is under 600 bytes. */
	if (parameters.size == 0 || parameters.size > 2048)
		return PN_EFORMAT;
	EC_GROUP *group = d2i_ECPKParameters(NULL, &at, (long)parameters.size);
	if (group == NULL)
		return PN_EUNSUPPORTED;
	int bits = EC_GROUP_get_degree(group), name = EC_GROUP_get_curve_name(group);
	if (at != parameters.bytes + parameters.size || bits < 160 || bits > 640 ||
		EC_GROUP_get_field_type(group) != NID_X9_62_prime_field ||
		(name == NID_undef && EC_GROUP_check(group, NULL) != 1)) {
		EC_GROUP_free(group);
		return PN_EFORMAT;
	}
	return from_group(d, group);
}

EC_POINT *emrtd_domain_point(const struct emrtd_domain *d, struct emrtd_bytes key)
{
	EC_POINT *point = EC_POINT_new(d->curve);
	/* EC_POINT_oct2point() refuses coordinates that are not on the curve; the cofactor is one
	 * for every curve of the table, so that is membership; for others the order is tried. */
	bool ok = point != NULL && key.size == 1 + 2 * d->size && key.bytes[0] == 4 &&
		  EC_POINT_oct2point(d->curve, point, key.bytes, key.size, d->bn) == 1 &&
		  EC_POINT_is_at_infinity(d->curve, point) == 0 &&
		  EC_POINT_is_on_curve(d->curve, point, d->bn) == 1;
	const BIGNUM *cofactor = EC_GROUP_get0_cofactor(d->curve);
	if (ok && (cofactor == NULL || !BN_is_one(cofactor))) {
		EC_POINT *product = EC_POINT_new(d->curve);
		ok = product != NULL &&
		     EC_POINT_mul(d->curve, product, NULL, point, d->q, d->bn) == 1 &&
		     EC_POINT_is_at_infinity(d->curve, product) == 1;
		EC_POINT_free(product);
	}
	if (!ok) {
		EC_POINT_free(point);
		return NULL;
	}
	return point;
}

static int power(const struct emrtd_domain *d, BIGNUM *out, const BIGNUM *base, const BIGNUM *exp)
{
	return BN_mod_exp_mont_consttime(out, base, exp, d->p, d->bn, NULL) == 1 ? 0 : PN_ECRYPTO;
}

BIGNUM *emrtd_domain_value(const struct emrtd_domain *d, struct emrtd_bytes key)
{
	BIGNUM *y = key.size == 0 || key.size > d->size ? NULL : number(key);
	BIGNUM *t = BN_dup(d->p);
	bool ok = y != NULL && t != NULL && BN_sub_word(t, 1) == 1 && !BN_is_zero(y) &&
		  !BN_is_one(y) && BN_cmp(y, t) < 0;
	if (ok && d->q != NULL)
		ok = power(d, t, y, d->q) == 0 && BN_is_one(t);
	BN_free(t);
	if (!ok) {
		BN_free(y);
		return NULL;
	}
	return y;
}

int emrtd_domain_check(const struct emrtd_domain *d, struct emrtd_bytes key)
{
	EC_POINT *point = d->ec ? emrtd_domain_point(d, key) : NULL;
	BIGNUM *value = d->ec ? NULL : emrtd_domain_value(d, key);
	bool ok = point != NULL || value != NULL;
	EC_POINT_free(point);
	BN_free(value);
	return ok ? 0 : PN_EFORMAT;
}

size_t emrtd_domain_random(const struct emrtd_domain *d)
{
	return (size_t)BN_num_bytes(d->q != NULL ? d->q : d->p) + EMRTD_RANDOM_EXTRA;
}

static int put_point(
	const struct emrtd_domain *d, const EC_POINT *point, uint8_t *out, size_t *size)
{
	*size = EC_POINT_point2oct(
		d->curve, point, POINT_CONVERSION_UNCOMPRESSED, out, EMRTD_PUBLIC_MAX, d->bn);
	return *size == 1 + 2 * d->size ? 0 : PN_ECRYPTO;
}

static int put_value(const struct emrtd_domain *d, const BIGNUM *value, uint8_t *out, size_t *size)
{
	*size = d->size;
	return BN_bn2binpad(value, out, (int)d->size) == (int)d->size ? 0 : PN_ECRYPTO;
}

/* secret * point, or point^secret; with point or value NULL of the generator. */
static int multiply(const struct emrtd_domain *d, const BIGNUM *secret, const EC_POINT *point,
	const BIGNUM *value, EC_POINT **product, BIGNUM **result)
{
	if (d->ec) {
		*product = EC_POINT_new(d->curve);
		if (*product == NULL)
			return PN_ENOMEM;
		return EC_POINT_mul(d->curve, *product, NULL, point != NULL ? point : d->base,
			       secret, d->bn) == 1 &&
				       EC_POINT_is_at_infinity(d->curve, *product) == 0
			       ? 0
			       : PN_ECRYPTO;
	}
	*result = BN_secure_new();
	if (*result == NULL)
		return PN_ENOMEM;
	return power(d, *result, value != NULL ? value : d->g, secret);
}

int emrtd_domain_key(const struct emrtd_domain *d, struct emrtd_bytes random, BIGNUM **secret,
	uint8_t out[EMRTD_PUBLIC_MAX], size_t *size)
{
	EC_POINT *point = NULL;
	BIGNUM *value = NULL, *wide = BN_secure_new(), *k = BN_secure_new();
	BIGNUM *order = BN_dup(d->q != NULL ? d->q : d->p);
	*secret = NULL;
	int err = PN_ENOMEM;
	if (wide != NULL && k != NULL && order != NULL) {
		BN_set_flags(wide, BN_FLG_CONSTTIME);
		BN_set_flags(k, BN_FLG_CONSTTIME);
		/* Without an order: exponents 1 to p - 2. */
		bool ok = random.size >= emrtd_domain_random(d) &&
			  random.size <= EMRTD_PUBLIC_MAX + EMRTD_RANDOM_EXTRA &&
			  BN_bin2bn(random.bytes, (int)random.size, wide) != NULL &&
			  BN_sub_word(order, d->q != NULL ? 1 : 2) == 1 &&
			  BN_nnmod(k, wide, order, d->bn) == 1 && BN_add_word(k, 1) == 1;
		err = ok ? multiply(d, k, NULL, NULL, &point, &value) : PN_ECRYPTO;
	}
	if (err == 0)
		err = d->ec ? put_point(d, point, out, size) : put_value(d, value, out, size);
	if (err == 0) {
		*secret = k;
		k = NULL;
	}
	EC_POINT_free(point);
	BN_free(value);
	BN_free(order);
	BN_clear_free(wide);
	BN_clear_free(k);
	return err;
}

/* product or result of secret and a chip's key, checked first. */
static int combine(const struct emrtd_domain *d, const BIGNUM *secret, struct emrtd_bytes key,
	EC_POINT **product, BIGNUM **result)
{
	EC_POINT *point = d->ec ? emrtd_domain_point(d, key) : NULL;
	BIGNUM *value = d->ec ? NULL : emrtd_domain_value(d, key);
	int err = PN_EFORMAT;
	if (point != NULL || value != NULL)
		err = multiply(d, secret, point, value, product, result);
	EC_POINT_free(point);
	BN_free(value);
	return err;
}

int emrtd_domain_agree(const struct emrtd_domain *d, const BIGNUM *secret, struct emrtd_bytes key,
	uint8_t out[EMRTD_FIELD_MAX])
{
	EC_POINT *product = NULL;
	BIGNUM *result = NULL;
	size_t size;
	int err = combine(d, secret, key, &product, &result);
	if (err == 0 && d->ec) {
		result = BN_secure_new();
		err = result != NULL && EC_POINT_get_affine_coordinates(
						d->curve, product, result, NULL, d->bn) == 1
			      ? 0
			      : PN_ECRYPTO;
	}
	if (err == 0)
		err = put_value(d, result, out, &size);
	EC_POINT_clear_free(product);
	BN_clear_free(result);
	return err;
}

int emrtd_domain_multiply(const struct emrtd_domain *d, const BIGNUM *secret,
	struct emrtd_bytes key, uint8_t out[EMRTD_PUBLIC_MAX], size_t *size)
{
	EC_POINT *product = NULL;
	BIGNUM *result = NULL;
	int err = combine(d, secret, key, &product, &result);
	if (err == 0)
		err = d->ec ? put_point(d, product, out, size) : put_value(d, result, out, size);
	EC_POINT_clear_free(product);
	BN_clear_free(result);
	return err;
}

bool emrtd_domain_same(const struct emrtd_domain *a, const struct emrtd_domain *b)
{
	if (a->ec != b->ec || BN_cmp(a->p, b->p) != 0)
		return false;
	return !a->ec || EC_GROUP_cmp(a->curve, b->curve, a->bn) == 0;
}

int emrtd_domain_take_point(struct emrtd_domain *d, EC_POINT *base)
{
	if (EC_POINT_is_at_infinity(d->curve, base) != 0 ||
		EC_POINT_is_on_curve(d->curve, base, d->bn) != 1) {
		EC_POINT_clear_free(base);
		return PN_ECRYPTO;
	}
	EC_POINT_clear_free(d->base);
	d->base = base;
	return 0;
}

int emrtd_domain_take_value(struct emrtd_domain *d, BIGNUM *g)
{
	if (BN_is_zero(g) || BN_is_one(g)) {
		BN_clear_free(g);
		return PN_ECRYPTO;
	}
	BN_clear_free(d->g);
	d->g = g;
	return 0;
}

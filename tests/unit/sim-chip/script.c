/* SPDX-License-Identifier: Apache-2.0
 * See script.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>
#include <stdlib.h>
#include <string.h>

#include "script.h"

struct bytes hex(const char *text)
{
	struct bytes b = {.size = 0};
	int high = -1;
	for (; *text != '\0'; text++) {
		int d = *text >= '0' && *text <= '9'   ? *text - '0'
			: *text >= 'A' && *text <= 'F' ? *text - 'A' + 10
						       : -1;
		if (*text == ' ' || *text == '\n')
			continue;
		assert_true(d >= 0 && b.size < sizeof b.at);
		if (high < 0) {
			high = d;
		} else {
			b.at[b.size++] = (uint8_t)(high << 4 | d);
			high = -1;
		}
	}
	assert_true(high < 0);
	return b;
}

size_t draw_given(void *given, enum sim_chip_draw what, uint8_t *out, size_t size, size_t room)
{
	const struct given *g = given;
	(void)size;
	if (g->number[what] == NULL)
		return 0;
	struct bytes b = hex(g->number[what]);
	assert_true(b.size <= room);
	memcpy(out, b.at, b.size);
	return b.size;
}

void says(struct sim_chip *chip, const char *command, const char *response)
{
	static uint8_t out[SIM_CHIP_RESPONSE_MAX];
	struct bytes c = hex(command), r = hex(response);
	size_t n = sizeof out;
	assert_int_equal(sim_chip_apdu(chip, c.at, c.size, out, &n), 0);
	if (n != r.size || memcmp(out, r.at, n) != 0) {
		print_error("to %s\nexpected %s\ngot      ", command, response);
		for (size_t i = 0; i < n; i++)
			print_error("%02X", out[i]);
		print_error("\n");
		fail();
	}
}

EVP_PKEY *ec_key(const char *curve, const char *secret)
{
	if (secret == NULL)
		return EVP_EC_gen(curve);
	EC_GROUP *g = EC_GROUP_new_by_curve_name(OBJ_sn2nid(curve));
	EC_POINT *p = EC_POINT_new(g);
	BIGNUM *k = NULL;
	assert_true(BN_hex2bn(&k, secret) > 0);
	uint8_t point[200];
	assert_int_equal(EC_POINT_mul(g, p, k, NULL, NULL, NULL), 1);
	size_t n =
		EC_POINT_point2oct(g, p, POINT_CONVERSION_UNCOMPRESSED, point, sizeof point, NULL);
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, curve, 0);
	OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, point, n);
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_PRIV_KEY, k);
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(b);
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;
	assert_int_equal(EVP_PKEY_fromdata_init(c), 1);
	assert_int_equal(EVP_PKEY_fromdata(c, &key, EVP_PKEY_KEYPAIR, params), 1);
	EVP_PKEY_CTX_free(c);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(b);
	BN_free(k);
	EC_POINT_free(p);
	EC_GROUP_free(g);
	return key;
}

EVP_PKEY *dh_key(const char *group)
{
	char name[20] = {0};
	memcpy(name, group, strlen(group));
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0),
		OSSL_PARAM_construct_end()};
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "DHX", NULL);
	EVP_PKEY *key = NULL;
	assert_int_equal(EVP_PKEY_keygen_init(c), 1);
	assert_int_equal(EVP_PKEY_CTX_set_params(c, params), 1);
	assert_int_equal(EVP_PKEY_keygen(c, &key), 1);
	EVP_PKEY_CTX_free(c);
	return key;
}

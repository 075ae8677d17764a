/* SPDX-License-Identifier: Apache-2.0
 * Verifying active authentication: the message of Doc 9303-11 appendix F and every trailer under
 * RSA keys made here, ECDSA plain and DER with every hash, and signatures that must not pass.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* cmocka wants the above first */
#include "emrtd/emrtd.h"
#include "script.h"
#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

static EVP_PKEY *rsa_key(size_t bits)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits);
	assert_non_null(key);
	return key;
}

static struct emrtd_bytes dg15_of(EVP_PKEY *key, uint8_t *out, size_t max)
{
	uint8_t *der = NULL;
	int size = i2d_PUBKEY(key, &der);
	struct emrtd_writer w = {out, 0, max, false};
	emrtd_put_tlv(&w, 0x6f, der, (size_t)size);
	OPENSSL_free(der);
	assert_false(w.full);
	return (struct emrtd_bytes){out, w.size};
}

static struct emrtd_bytes private_operation(
	EVP_PKEY *key, const uint8_t *f, size_t n, uint8_t *out, size_t max)
{
	size_t size = max;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING), 1);
	assert_int_equal(EVP_PKEY_sign(ctx, out, &size, f, n), 1);
	EVP_PKEY_CTX_free(ctx);
	return (struct emrtd_bytes){out, size};
}

static void expect(struct emrtd_bytes dg15, enum emrtd_hash hash, const uint8_t *challenge,
	struct emrtd_bytes signature, enum emrtd_cause wanted)
{
	enum emrtd_cause cause;
	int err = emrtd_active_verify(dg15, hash, challenge, signature, &cause);
	assert_int_equal(cause, wanted);
	assert_int_equal(err == 0, wanted == EMRTD_CAUSE_NONE);
}

/* Appendix F, with M1, D and the trailer as printed; the example gives no key. */
static void test_appendix_f(void **state)
{
	static const char f_text[] = "6A "
				     "9D2784A67F8E7C659973EA1AEA25D95B6C8F91E5002F369F0FBDCE8A3CEC1"
				     "991B543F1696546C5524CF23A5303CD6C98"
				     "599F40B79F377B5F3A1406B3B4D8F96784D23AA88DB7E1032A405E69325FA"
				     "91A6E86F5C71AEA978264C4A207446DAD4E7292"
				     "E2DCDA3024B47DA8 C063AA1E6D22FBD976AB0FE73D94D2D9C6D88127 BC";
	uint8_t challenge[8], f[128], out[128], file[1024];
	EVP_PKEY *key = rsa_key(1024);
	struct emrtd_bytes dg15 = dg15_of(key, file, sizeof(file));
	(void)state;
	hex_any(challenge, sizeof(challenge), "F173589974BF40C6");
	assert_int_equal(hex_any(f, sizeof(f), f_text), 128);
	struct emrtd_bytes signature = private_operation(key, f, 128, out, sizeof(out));
	expect(dg15, 0, challenge, signature, EMRTD_CAUSE_NONE);
	/* For another challenge it is worth nothing. */
	challenge[7] ^= 1;
	expect(dg15, 0, challenge, signature, EMRTD_CAUSE_AA_SIGNATURE);
	EVP_PKEY_free(key);
}

/* F = header, fill, M1, hash, trailer; fill bytes of padding BB .. BA between. */
static size_t make_f(uint8_t *f, size_t n, size_t fill, enum emrtd_hash hash, const char *trailer,
	const uint8_t *challenge)
{
	uint8_t digest[EMRTD_HASH_MAX], t[4];
	size_t tail = hex_any(t, sizeof(t), trailer), h = emrtd_hash_size(hash);
	memset(f, 0xc3, n);
	f[0] = fill > 0 ? 0x6b : 0x6a;
	for (size_t i = 1; i <= fill; i++)
		f[i] = i == fill ? 0xba : 0xbb;
	const struct emrtd_bytes parts[] = {
		{f + 1 + fill, n - 1 - fill - h - tail}, {challenge, 8}};
	assert_int_equal(emrtd_hash(hash, parts, 2, digest), 0);
	memcpy(f + n - tail - h, digest, h);
	memcpy(f + n - tail, t, tail);
	return n;
}

static void test_trailers(void **state)
{
	static const struct {
		const char *trailer;
		enum emrtd_hash hash;
		enum emrtd_cause cause;
	} cases[] = {{"BC", EMRTD_SHA1, 0}, {"33CC", EMRTD_SHA1, 0}, {"34CC", EMRTD_SHA256, 0},
		{"35CC", EMRTD_SHA512, 0}, {"36CC", EMRTD_SHA384, 0}, {"38CC", EMRTD_SHA224, 0},
		{"34CC", EMRTD_SHA1, EMRTD_CAUSE_AA_SIGNATURE},
		{"33CC", EMRTD_SHA256, EMRTD_CAUSE_AA_SIGNATURE},
		{"BC", EMRTD_SHA256, EMRTD_CAUSE_AA_SIGNATURE},
		{"31CC", EMRTD_SHA1, EMRTD_CAUSE_AA_UNSUPPORTED},
		{"37CC", EMRTD_SHA512, EMRTD_CAUSE_AA_UNSUPPORTED},
		{"34CD", EMRTD_SHA256, EMRTD_CAUSE_AA_SIGNATURE}};
	static const size_t bits[] = {1024, 1280, 2048, 1025};
	static const uint8_t challenge[8] = {8, 7, 6, 5, 4, 3, 2, 1};
	static uint8_t f[512], out[512], file[2048];
	(void)state;
	for (size_t b = 0; b < PN_COUNT(bits); b++) {
		EVP_PKEY *key = rsa_key(bits[b]);
		struct emrtd_bytes dg15 = dg15_of(key, file, sizeof(file));
		size_t n = (bits[b] + 7) / 8, skip = bits[b] % 8 == 1 ? 1 : 0;
		for (size_t i = 0; i < PN_COUNT(cases); i++) {
			for (size_t fill = 0; fill < 4; fill++) {
				f[0] = 0;
				make_f(f + skip, n - skip, fill, cases[i].hash, cases[i].trailer,
					challenge);
				expect(dg15, 0, challenge,
					private_operation(key, f, n, out, sizeof(out)),
					cases[i].cause);
			}
		}
		EVP_PKEY_free(key);
	}
}

static void test_rsa_refused(void **state)
{
	static const uint8_t challenge[8] = {1};
	static uint8_t f[128], out[130], file[1024];
	EVP_PKEY *key = rsa_key(1024);
	struct emrtd_bytes dg15 = dg15_of(key, file, sizeof(file)), signature;
	(void)state;
	/* Headers: another scheme, total recovery, padding that does not end or is not padding. */
	static const uint8_t headers[] = {0x2a, 0x4a, 0x0a, 0x6c, 0x60, 0x6b};
	for (size_t i = 0; i < sizeof(headers); i++) {
		make_f(f, 128, 0, EMRTD_SHA1, "BC", challenge);
		f[0] = headers[i];
		expect(dg15, 0, challenge, private_operation(key, f, 128, out, sizeof(out)),
			EMRTD_CAUSE_AA_SIGNATURE);
	}
	memset(f, 0xbb, 128);
	f[0] = 0x6b;
	f[127] = 0xbc;
	expect(dg15, 0, challenge, private_operation(key, f, 128, out, sizeof(out)),
		EMRTD_CAUSE_AA_SIGNATURE);
	/* No room for the hash that the trailer names. */
	memset(f, 0xbb, 128);
	f[0] = 0x6b;
	f[80] = 0xba;
	f[126] = 0x35;
	f[127] = 0xcc;
	expect(dg15, 0, challenge, private_operation(key, f, 128, out, sizeof(out)),
		EMRTD_CAUSE_AA_SIGNATURE);

	make_f(f, 128, 0, EMRTD_SHA256, "34CC", challenge);
	signature = private_operation(key, f, 128, out, sizeof(out));
	expect(dg15, 0, challenge, signature, EMRTD_CAUSE_NONE);
	expect(dg15, 0, challenge, (struct emrtd_bytes){out, 127}, EMRTD_CAUSE_AA_SIGNATURE);
	expect(dg15, 0, challenge, (struct emrtd_bytes){out, 0}, EMRTD_CAUSE_AA_SIGNATURE);
	out[128] = 0;
	expect(dg15, 0, challenge, (struct emrtd_bytes){out, 129}, EMRTD_CAUSE_AA_SIGNATURE);
	memset(out, 0xff, sizeof(out)); /* above the modulus */
	expect(dg15, 0, challenge, (struct emrtd_bytes){out, 128}, EMRTD_CAUSE_AA_SIGNATURE);
	memset(out, 0, sizeof(out));
	expect(dg15, 0, challenge, (struct emrtd_bytes){out, 128}, EMRTD_CAUSE_AA_SIGNATURE);
	out[127] = 1; /* its power is itself */
	expect(dg15, 0, challenge, (struct emrtd_bytes){out, 128}, EMRTD_CAUSE_AA_SIGNATURE);
	/* Files that hold no key. */
	expect((struct emrtd_bytes){file, dg15.size - 1}, 0, challenge, signature,
		EMRTD_CAUSE_AA_KEY);
	file[0] = 0x6e;
	expect(dg15, 0, challenge, signature, EMRTD_CAUSE_AA_KEY);
	expect((struct emrtd_bytes){(const uint8_t *)"\x6f\0", 2}, 0, challenge, signature,
		EMRTD_CAUSE_AA_KEY);
	EVP_PKEY_free(key);
	/* A kind of key that the protocol does not know. */
	key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	dg15 = dg15_of(key, file, sizeof(file));
	expect(dg15, 0, challenge, signature, EMRTD_CAUSE_AA_KEY);
	EVP_PKEY_free(key);
}

/* A signature with leading zero bytes, as it is and with them left out. */
static void test_leading_zeros(void **state)
{
	static const uint8_t challenge[8] = {3, 1, 4};
	static uint8_t f[128], out[128], file[1024];
	EVP_PKEY *key = rsa_key(1024);
	struct emrtd_bytes dg15 = dg15_of(key, file, sizeof(file));
	unsigned found = 0;
	(void)state;
	for (unsigned i = 0; i < 20000 && found < 2; i++) {
		uint8_t digest[EMRTD_HASH_MAX];
		make_f(f, 128, 0, EMRTD_SHA1, "BC", challenge);
		f[1] = (uint8_t)(i >> 8);
		f[2] = (uint8_t)i;
		const struct emrtd_bytes parts[] = {{f + 1, 106}, {challenge, 8}};
		assert_int_equal(emrtd_hash(EMRTD_SHA1, parts, 2, digest), 0);
		memcpy(f + 107, digest, 20);
		struct emrtd_bytes signature = private_operation(key, f, 128, out, sizeof(out));
		if (out[0] != 0)
			continue;
		found++;
		expect(dg15, 0, challenge, signature, EMRTD_CAUSE_NONE);
		expect(dg15, 0, challenge, (struct emrtd_bytes){out + 1, 127}, EMRTD_CAUSE_NONE);
		/* The same number and the modulus: another writing of it, which no chip sends. */
		BIGNUM *n = NULL, *s = BN_bin2bn(out, 128, NULL);
		assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n), 1);
		assert_int_equal(BN_add(s, s, n), 1);
		if (BN_num_bits(s) <= 1024) {
			assert_int_equal(BN_bn2binpad(s, out, 128), 128);
			expect(dg15, 0, challenge, signature, EMRTD_CAUSE_AA_SIGNATURE);
		}
		BN_free(n);
		BN_free(s);
	}
	assert_int_equal(found, 2);
	EVP_PKEY_free(key);
}

/* r || s in the curve's size, from OpenSSL's DER. */
static size_t plain_of(const uint8_t *der, size_t size, size_t field, uint8_t *out)
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)size);
	assert_non_null(sig);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, (int)field), (int)field);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + field, (int)field), (int)field);
	ECDSA_SIG_free(sig);
	return 2 * field;
}

static void ecdsa_case(
	const char *curve, bool explicit_parameters, size_t field, enum emrtd_hash hash)
{
	static const char *const names[] = {"", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512"};
	static const uint8_t challenge[8] = {2, 7, 1, 8, 2, 8};
	static uint8_t der[256], plain[256], file[2048];
	EVP_PKEY *key = NULL;
	char name[32], encoding[] = "explicit";
	size_t size = sizeof(der);
	OSSL_PARAM params[3] = {OSSL_PARAM_END, OSSL_PARAM_END, OSSL_PARAM_END};
	snprintf(name, sizeof(name), "%s", curve);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0);
	if (explicit_parameters)
		params[1] =
			OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_EC_ENCODING, encoding, 0);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_params(ctx, params), 1);
	assert_int_equal(EVP_PKEY_generate(ctx, &key), 1);
	EVP_PKEY_CTX_free(ctx);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	assert_int_equal(EVP_DigestSignInit_ex(md, NULL, names[hash], NULL, NULL, key, NULL), 1);
	assert_int_equal(EVP_DigestSign(md, der, &size, challenge, sizeof(challenge)), 1);
	EVP_MD_CTX_free(md);
	struct emrtd_bytes dg15 = dg15_of(key, file, sizeof(file));
	struct emrtd_bytes as_der = {der, size},
			   as_plain = {plain, plain_of(der, size, field, plain)};
	for (int kind = 0; kind < 2; kind++) {
		struct emrtd_bytes signature = kind == 0 ? as_der : as_plain;
		uint8_t other[8];
		expect(dg15, hash, challenge, signature, EMRTD_CAUSE_NONE);
		expect(dg15, 0, challenge, signature, EMRTD_CAUSE_NONE);
		/* DG14 names another: that one counts. */
		expect(dg15, hash % 5 + 1, challenge, signature, EMRTD_CAUSE_AA_SIGNATURE);
		memcpy(other, challenge, 8);
		other[0] ^= 0x80;
		expect(dg15, 0, other, signature, EMRTD_CAUSE_AA_SIGNATURE);
		signature.size--;
		expect(dg15, 0, challenge, signature, EMRTD_CAUSE_AA_SIGNATURE);
	}
	memset(plain, 0, sizeof(plain));
	expect(dg15, 0, challenge, as_plain, EMRTD_CAUSE_AA_SIGNATURE);
	memset(plain, 0xff, sizeof(plain));
	expect(dg15, 0, challenge, as_plain, EMRTD_CAUSE_AA_SIGNATURE);
	expect(dg15, 0, challenge, (struct emrtd_bytes){plain, sizeof(plain)},
		EMRTD_CAUSE_AA_SIGNATURE);
	EVP_PKEY_free(key);
}

static void test_ecdsa(void **state)
{
	(void)state;
	for (enum emrtd_hash hash = EMRTD_SHA1; hash <= EMRTD_SHA512; hash++) {
		ecdsa_case("P-256", false, 32, hash);
		ecdsa_case("brainpoolP224r1", true, 28, hash);
		ecdsa_case("P-384", true, 48, hash); /* SHA-256 with it: shorter than the order */
		ecdsa_case("P-521", false, 66, hash);
		ecdsa_case("brainpoolP512r1", false, 64, hash);
	}
}

/* The smaller of signature and modulus minus signature (ISO/IEC 9796-2 B.4). */
static void test_smaller_of_two(void **state)
{
	static const uint8_t challenge[8] = {1, 6, 1, 8};
	static uint8_t f[128], out[128], file[1024];
	EVP_PKEY *key = rsa_key(1024);
	struct emrtd_bytes dg15 = dg15_of(key, file, sizeof(file));
	BIGNUM *n = NULL, *s;
	(void)state;
	assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n), 1);
	make_f(f, 128, 0, EMRTD_SHA256, "34CC", challenge);
	struct emrtd_bytes signature = private_operation(key, f, 128, out, sizeof(out));
	s = BN_bin2bn(out, 128, NULL);
	assert_int_equal(BN_sub(s, n, s), 1);
	assert_int_equal(BN_bn2binpad(s, out, 128), 128);
	expect(dg15, 0, challenge, signature, EMRTD_CAUSE_NONE);
	assert_int_equal(BN_sub_word(s, 1), 1);
	assert_int_equal(BN_bn2binpad(s, out, 128), 128);
	expect(dg15, 0, challenge, signature, EMRTD_CAUSE_AA_SIGNATURE);
	BN_free(n);
	BN_free(s);
	EVP_PKEY_free(key);
}

/* The command: short where the signature fits, extended where not, refused where that cannot be. */
static void test_command(void **state)
{
	static uint8_t file[2048];
	static const struct line small[] = {{"0088000008F173589974BF40C600", "6A88", 0}};
	static const struct line large[] = {{"00880000000008F173589974BF40C60180", "6A88", 0}};
	static const struct line cut[] = {{NULL, "0102030405 9000", 0}};
	(void)state;
	for (int kind = 0; kind < 3; kind++) {
		EVP_PKEY *key = rsa_key(kind == 1 ? 3072 : 1024);
		struct script script = {kind == 0   ? small
					: kind == 1 ? large
						    : cut,
			1, 0, "F173589974BF40C6", {0}, 0};
		struct emrtd_channel channel = script_channel(&script);
		channel.command_max = channel.response_max = 2000;
		struct emrtd_session *s = emrtd_open(&channel);
		assert_int_equal(emrtd_active_authenticate(s, dg15_of(key, file, sizeof(file)), 0),
			kind == 2 ? PN_EFORMAT : PN_EDENIED);
		assert_int_equal(emrtd_failure(s).cause,
			kind == 2 ? EMRTD_CAUSE_FORMAT : EMRTD_CAUSE_STATUS);
		assert_int_equal(emrtd_failure(s).step, EMRTD_STEP_AA_SIGN);
		emrtd_close(s);
		EVP_PKEY_free(key);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_appendix_f),
		cmocka_unit_test(test_trailers),
		cmocka_unit_test(test_rsa_refused),
		cmocka_unit_test(test_leading_zeros),
		cmocka_unit_test(test_ecdsa),
		cmocka_unit_test(test_smaller_of_two),
		cmocka_unit_test(test_command),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

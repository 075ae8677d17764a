/* SPDX-License-Identifier: Apache-2.0
 * Chip authentication against a chip whose side of the agreement is OpenSSL's EVP_PKEY_derive(),
 * with every way to write its key in DG14; what a clone does; and the reference data set that BSI
 * publishes with TR-03105-5, when POSTERN_TEST_BSI names its folder.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants the above first */
#include "chip.h"
#include "emrtd/session.h"
#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

enum fault { GENUINE, CLONE, TEAR, BARE, REFUSE_AT, REFUSE_GA };

struct card {
	struct chip_keys keys, next;
	bool change; /* to next after this response */
	EVP_PKEY *chip, *aa;
	enum emrtd_cipher cipher;
	enum fault fault;
	const char *key_id; /* what DO84 must be; NULL: it must not be there */
	bool seen_kat, seen_at, seen_ga;
};

/* --- DG14 ----------------------------------------------------------------------------------------
 */

static EVP_PKEY *make_key(const char *type, const char *group, bool explicit_parameters)
{
	EVP_PKEY *key = NULL;
	char name[32], encoding[] = "explicit";
	OSSL_PARAM params[3] = {OSSL_PARAM_END, OSSL_PARAM_END, OSSL_PARAM_END};
	snprintf(name, sizeof(name), "%s", group);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0);
	if (explicit_parameters)
		params[1] =
			OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_EC_ENCODING, encoding, 0);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_params(ctx, params), 1);
	assert_int_equal(EVP_PKEY_generate(ctx, &key), 1);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static void put_entry(struct emrtd_writer *w, const uint8_t *oid, size_t oid_size,
	struct emrtd_bytes middle, int key_id)
{
	size_t size = emrtd_tlv_size(0x06, oid_size) + middle.size + (key_id >= 0 ? 3 : 0);
	emrtd_put_header(w, 0x30, size);
	emrtd_put_tlv(w, 0x06, oid, oid_size);
	emrtd_put(w, middle.bytes, middle.size);
	if (key_id >= 0)
		emrtd_put(w, (const uint8_t[]){0x02, 1, (uint8_t)key_id}, 3);
}

/* standard: write the domain as standardized parameters with this id instead; -1: as OpenSSL does.
 */
static size_t make_dg14(uint8_t *out, size_t max, EVP_PKEY *key, enum emrtd_cipher cipher,
	int key_id, int standard, bool with_info)
{
	bool ec = EVP_PKEY_is_a(key, "EC") == 1;
	uint8_t pk[] = {4, 0, 0x7f, 0, 7, 2, 2, 1, ec ? 2 : 1};
	uint8_t ca[] = {4, 0, 0x7f, 0, 7, 2, 2, 3, ec ? 2 : 1, (uint8_t)cipher};
	static uint8_t body[4096], info[2048];
	uint8_t *der = NULL;
	int size = i2d_PUBKEY(key, &der);
	assert_true(size > 0);
	struct emrtd_writer spki = {info, 0, sizeof(info), false};
	if (standard >= 0) {
		uint8_t *point = NULL;
		size_t n = EVP_PKEY_get1_encoded_public_key(key, &point);
		emrtd_put_header(&spki, 0x30, 14 + emrtd_tlv_size(0x03, n + 1));
		emrtd_put(&spki, "\x30\x0c\x06\x07\x04\x00\x7f\x00\x07\x01\x02\x02\x01", 13);
		emrtd_put_byte(&spki, (uint8_t)standard);
		emrtd_put_header(&spki, 0x03, n + 1);
		emrtd_put_byte(&spki, 0);
		emrtd_put(&spki, point, n);
		OPENSSL_free(point);
	} else {
		emrtd_put(&spki, der, (size_t)size);
	}
	OPENSSL_free(der);
	struct emrtd_writer b = {body, 0, sizeof(body), false};
	put_entry(&b, pk, sizeof(pk), (struct emrtd_bytes){info, spki.size}, key_id);
	if (with_info)
		put_entry(&b, ca, sizeof(ca),
			(struct emrtd_bytes){(const uint8_t *)"\x02\x01\x01", 3}, key_id);
	struct emrtd_writer w = {out, 0, max, false};
	emrtd_put_header(&w, 0x6e, emrtd_tlv_size(0x31, b.size));
	emrtd_put_tlv(&w, 0x31, body, b.size);
	assert_false(w.full || b.full || spki.full);
	return w.size;
}

/* --- the chip
 * -------------------------------------------------------------------------------------- */

static void derive(struct card *card, struct emrtd_bytes terminal)
{
	uint8_t shared[600];
	size_t size = sizeof(shared);
	EVP_PKEY *peer = EVP_PKEY_new();
	assert_int_equal(EVP_PKEY_copy_parameters(peer, card->chip), 1);
	assert_int_equal(EVP_PKEY_set1_encoded_public_key(peer, terminal.bytes, terminal.size), 1);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, card->chip, NULL);
	assert_int_equal(EVP_PKEY_derive_init(ctx), 1);
	if (EVP_PKEY_is_a(card->chip, "EC") != 1) {
		unsigned pad = 1;
		const OSSL_PARAM params[] = {
			OSSL_PARAM_construct_uint(OSSL_EXCHANGE_PARAM_PAD, &pad), OSSL_PARAM_END};
		assert_int_equal(EVP_PKEY_CTX_set_params(ctx, params), 1);
	}
	assert_int_equal(EVP_PKEY_derive_set_peer(ctx, peer), 1);
	assert_int_equal(EVP_PKEY_derive(ctx, shared, &size), 1);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
	if (card->fault == CLONE)
		shared[0] ^= 1;
	chip_keys(&card->next, card->cipher, (struct emrtd_bytes){shared, size});
	card->change = true;
}

static void expect_reference(const struct card *card, struct emrtd_bytes data)
{
	struct emrtd_bytes id;
	int err = emrtd_tlv_find(data, 0x84, &id);
	if (card->key_id == NULL) {
		assert_int_equal(err, PN_ENOTFOUND);
		return;
	}
	assert_int_equal(err, 0);
	assert_int_equal(id.size, strlen(card->key_id));
	assert_memory_equal(id.bytes, card->key_id, id.size);
}

static size_t sign(const struct card *card, struct emrtd_bytes challenge, uint8_t *out, size_t max);

static uint16_t answer(struct card *card, const struct emrtd_command *c, struct emrtd_writer *w)
{
	struct emrtd_bytes value;
	switch (c->ins << 16 | c->p1 << 8 | c->p2) {
	case 0x2241a6:
		card->seen_kat = true;
		assert_int_equal(emrtd_tlv_find(c->data, 0x91, &value), 0);
		expect_reference(card, c->data);
		derive(card, value);
		return 0x9000;
	case 0x2241a4:
		card->seen_at = true;
		if (card->fault == REFUSE_AT)
			return 0x6a88;
		assert_int_equal(emrtd_tlv_find(c->data, 0x80, &value), 0);
		assert_int_equal(value.bytes[9], card->cipher);
		expect_reference(card, c->data);
		return 0x9000;
	case 0x860000:
		card->seen_ga = true;
		if (card->fault == REFUSE_GA)
			return 0x6300;
		assert_int_equal(emrtd_tlv_only(c->data, 0x7c, &value), 0);
		assert_int_equal(emrtd_tlv_only(value, 0x80, &value), 0);
		derive(card, value);
		emrtd_put(w, "\x7c\0", 2);
		return 0x9000;
	case 0x880000:
		w->size = sign(card, c->data, w->bytes, w->max);
		return 0x9000;
	case 0xa4020c:
		return 0x6a82; /* a status word proves as well as another */
	default:
		fail_msg("command %02x%02x%02x", c->ins, c->p1, c->p2);
		return 0;
	}
}

static int transmit(
	void *self, const uint8_t *command, size_t size, uint8_t *response, size_t *response_size)
{
	static uint8_t scratch[70000], out[2048], protected[70000];
	struct card *card = self;
	struct emrtd_command c;
	struct emrtd_writer w = {out, 0, sizeof(out), false};
	bool after = card->seen_kat || card->seen_ga;
	if (after && card->fault == TEAR)
		return PN_EIO;
	if (after && (card->fault == BARE || card->fault == CLONE)) {
		/* Its keys are others: the command cannot verify. A clone bluffs with 9000. */
		memcpy(response, "\x69\x88", 2);
		*response_size = 2;
		if (card->fault == CLONE) {
			size_t n = chip_protect(&card->keys, (struct emrtd_bytes){NULL, 0}, false,
				0x9000, protected);
			memcpy(response, protected, n);
			*response_size = n;
		}
		return 0;
	}
	chip_unprotect(&card->keys, (struct emrtd_bytes){command, size}, &c, scratch);
	uint16_t sw = answer(card, &c, &w);
	size_t n =
		chip_protect(&card->keys, (struct emrtd_bytes){out, w.size}, false, sw, protected);
	assert_true(n <= *response_size);
	memcpy(response, protected, n);
	*response_size = n;
	if (card->change)
		card->keys = card->next;
	card->change = false;
	return 0;
}

static struct emrtd_session *open_card(struct card *card, bool extended)
{
	static const uint8_t secret[] = {1, 2, 3, 4, 5, 6, 7, 8};
	const struct emrtd_bytes k = {secret, sizeof(secret)};
	const struct emrtd_channel channel = {
		card, transmit, extended ? 4096 : 0, extended ? 4096 : 0, NULL, false};
	struct emrtd_session *s = emrtd_open(&channel);
	assert_int_equal(emrtd_secure(s, EMRTD_STEP_NONE, EMRTD_3DES, k, NULL), 0);
	chip_keys(&card->keys, EMRTD_3DES, k);
	return s;
}

/* --- chip authentication
 * ---------------------------------------------------------------------------- */

struct kind {
	const char *type, *group;
	bool explicit_parameters;
	int standard;
};

static const struct kind kinds[] = {{"EC", "P-256", false, -1}, {"EC", "brainpoolP224r1", true, -1},
	{"EC", "brainpoolP320r1", false, -1}, {"EC", "P-521", true, -1},
	{"EC", "brainpoolP256r1", false, 13}, {"EC", "P-224", true, -1},
	{"DHX", "dh_2048_256", false, -1}, {"DH", "modp_2048", false, -1}};

static void ca_case(const struct kind *kind, enum emrtd_cipher cipher, int key_id, bool with_info)
{
	static uint8_t dg14[8192];
	const char id[] = {(char)key_id, '\0'};
	struct card card = {.cipher = cipher, .key_id = key_id < 0 ? NULL : id};
	struct emrtd_security_infos infos;
	struct emrtd_ca_choice choice;
	card.chip = make_key(kind->type, kind->group, kind->explicit_parameters);
	size_t size =
		make_dg14(dg14, sizeof(dg14), card.chip, cipher, key_id, kind->standard, with_info);
	assert_int_equal(emrtd_security_infos(&infos, (struct emrtd_bytes){dg14, size}), 0);
	assert_int_equal(emrtd_ca_choose(&infos, &choice), 0);
	struct emrtd_session *s = open_card(&card, strcmp(kind->type, "EC") != 0);
	assert_int_equal(emrtd_chip_proof(s), EMRTD_NOT_PERFORMED);
	assert_int_equal(emrtd_chip_confirm(s), PN_EINVAL);
	assert_int_equal(emrtd_chip_authenticate(s, &choice), 0);
	assert_int_equal(emrtd_chip_proof(s), EMRTD_PENDING);
	assert_int_equal(emrtd_state(s).cipher, cipher);
	assert_int_equal(emrtd_chip_confirm(s), 0);
	assert_int_equal(emrtd_chip_proof(s), EMRTD_PROVEN);
	assert_int_equal(card.seen_kat, cipher == EMRTD_3DES);
	assert_int_equal(card.seen_at && card.seen_ga, cipher != EMRTD_3DES);
	emrtd_close(s);
	EVP_PKEY_free(card.chip);
}

static void test_ca(void **state)
{
	(void)state;
	for (size_t i = 0; i < PN_COUNT(kinds); i++) {
		for (enum emrtd_cipher cipher = EMRTD_3DES; cipher <= EMRTD_AES_256; cipher++)
			ca_case(&kinds[i], cipher, i % 2 == 0 ? -1 : (int)i + 64, true);
	}
	ca_case(&kinds[0], EMRTD_3DES, -1, false);
	ca_case(&kinds[6], EMRTD_3DES, 7, false);
}

static void test_ca_faults(void **state)
{
	static const struct {
		enum fault fault;
		int err, confirmed;
		enum emrtd_proof proof;
		enum emrtd_cause cause;
	} cases[] = {{CLONE, 0, PN_ECRYPTO, EMRTD_REFUTED, EMRTD_CAUSE_CA_WRONG},
		{BARE, 0, PN_ECRYPTO, EMRTD_REFUTED, EMRTD_CAUSE_CA_WRONG},
		{TEAR, 0, PN_EIO, EMRTD_NOT_PERFORMED, EMRTD_CAUSE_CHANNEL},
		{REFUSE_AT, PN_EDENIED, PN_EINVAL, EMRTD_NOT_PERFORMED, EMRTD_CAUSE_ARGUMENT},
		{REFUSE_GA, PN_EDENIED, PN_EINVAL, EMRTD_NOT_PERFORMED, EMRTD_CAUSE_ARGUMENT}};
	static uint8_t dg14[2048];
	EVP_PKEY *key = make_key("EC", "P-256", false);
	size_t size = make_dg14(dg14, sizeof(dg14), key, EMRTD_AES_128, -1, -1, true);
	(void)state;
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		struct card card = {.cipher = EMRTD_AES_128, .fault = cases[i].fault, .chip = key};
		struct emrtd_security_infos infos;
		struct emrtd_ca_choice choice;
		assert_int_equal(emrtd_security_infos(&infos, (struct emrtd_bytes){dg14, size}), 0);
		assert_int_equal(emrtd_ca_choose(&infos, &choice), 0);
		struct emrtd_session *s = open_card(&card, false);
		assert_int_equal(emrtd_chip_authenticate(s, &choice), cases[i].err);
		/* A refusal leaves the session as it was. */
		assert_true(emrtd_state(s).secure);
		assert_int_equal(
			emrtd_state(s).cipher, cases[i].err == 0 ? EMRTD_AES_128 : EMRTD_3DES);
		assert_int_equal(emrtd_chip_confirm(s), cases[i].confirmed);
		assert_int_equal(emrtd_chip_proof(s), cases[i].proof);
		assert_int_equal(emrtd_failure(s).cause, cases[i].cause);
		emrtd_close(s);
	}
	/* Without secure messaging there is nothing to agree under. */
	struct card card = {.chip = key};
	struct emrtd_security_infos infos;
	struct emrtd_ca_choice choice;
	const struct emrtd_channel channel = {&card, transmit, 0, 0, NULL, false};
	struct emrtd_session *s = emrtd_open(&channel);
	assert_int_equal(emrtd_security_infos(&infos, (struct emrtd_bytes){dg14, size}), 0);
	assert_int_equal(emrtd_ca_choose(&infos, &choice), 0);
	assert_int_equal(emrtd_chip_authenticate(s, &choice), PN_EINVAL);
	emrtd_close(s);
	EVP_PKEY_free(key);
}

/* Keys that DG14 must not make us compute with. */
static void test_ca_keys_refused(void **state)
{
	static uint8_t dg14[2048];
	(void)state;
	for (int kind = 0; kind < 4; kind++) {
		struct card card = {.cipher = EMRTD_AES_128};
		struct emrtd_security_infos infos;
		struct emrtd_ca_choice choice;
		card.chip = make_key("EC", "brainpoolP256r1", kind >= 2);
		size_t size = make_dg14(dg14, sizeof(dg14), card.chip, EMRTD_AES_128, -1, -1, true);
		assert_int_equal(emrtd_security_infos(&infos, (struct emrtd_bytes){dg14, size}), 0);
		assert_int_equal(emrtd_ca_choose(&infos, &choice), 0);
		size_t at = (size_t)(choice.key->key.bytes - dg14);
		if (kind == 0) /* off the curve */
			dg14[at + 40] ^= 1;
		else if (kind == 1) /* a name that is no curve */
			dg14[at - 5] ^= 0x40;
		else if (kind ==
			 2) /* explicit: another b, so that the generator is off the curve */
			dg14[(size_t)(choice.key->parameters.bytes - dg14) + 90] ^= 1;
		else /* explicit: another order */
			dg14[at - 10] ^= 2;
		struct emrtd_session *s = open_card(&card, false);
		assert_true(emrtd_chip_authenticate(s, &choice) < 0);
		assert_int_equal(emrtd_failure(s).cause, EMRTD_CAUSE_CA_KEY);
		assert_int_equal(emrtd_state(s).exchanges, 0);
		emrtd_close(s);
		EVP_PKEY_free(card.chip);
	}
}

/* --- the reference data set
 * ------------------------------------------------------------------------- */

/* F of appendix F: 6A, random M1, SHA-1 over M1 and challenge, BC; then the private operation. */
static size_t sign(const struct card *card, struct emrtd_bytes challenge, uint8_t *out, size_t max)
{
	uint8_t f[1024], digest[EMRTD_HASH_MAX];
	size_t n = (size_t)EVP_PKEY_get_size(card->aa), size = max;
	memset(f, 0x5a, n);
	f[0] = 0x6a;
	f[n - 1] = 0xbc;
	const struct emrtd_bytes parts[] = {{f + 1, n - 22}, challenge};
	assert_int_equal(emrtd_hash(EMRTD_SHA1, parts, 2, digest), 0);
	memcpy(f + n - 21, digest, 20);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, card->aa, NULL);
	assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING), 1);
	assert_int_equal(EVP_PKEY_sign(ctx, out, &size, f, n), 1);
	EVP_PKEY_CTX_free(ctx);
	return size;
}

static struct emrtd_bytes load(const char *folder, const char *name, uint8_t *out, size_t max)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		fail_msg("cannot open %s", path);
	size_t size = fread(out, 1, max, file);
	fclose(file);
	return (struct emrtd_bytes){out, size};
}

static void test_reference_data(void **state)
{
	static uint8_t dg14[1024], dg15[1024], sk14[1024], sk15[1024];
	const char *folder = getenv("POSTERN_TEST_BSI");
	struct emrtd_security_infos infos;
	struct emrtd_ca_choice choice;
	struct card card = {.cipher = EMRTD_3DES, .key_id = NULL};
	(void)state;
	if (folder == NULL) {
		print_message("not run: POSTERN_TEST_BSI does not name the reference data set\n");
		skip();
	}
	struct emrtd_bytes k14 = load(folder, "DG14_sk.pkcs8", sk14, sizeof(sk14));
	struct emrtd_bytes k15 = load(folder, "DG15_sk.pkcs8", sk15, sizeof(sk15));
	const uint8_t *at = k14.bytes;
	card.chip = d2i_AutoPrivateKey(NULL, &at, (long)k14.size);
	at = k15.bytes;
	card.aa = d2i_AutoPrivateKey(NULL, &at, (long)k15.size);
	assert_non_null(card.chip);
	assert_non_null(card.aa);
	assert_int_equal(
		emrtd_security_infos(&infos, load(folder, "Datagroup14.bin", dg14, sizeof(dg14))),
		0);
	assert_int_equal(infos.ca_count, 1);
	assert_int_equal(infos.key_count, 1);
	assert_true(infos.terminal_authentication);
	assert_int_equal(infos.malformed, 0);
	assert_int_equal(infos.unknown_count, 0);
	assert_int_equal(emrtd_ca_choose(&infos, &choice), 0);
	assert_int_equal(choice.cipher, EMRTD_3DES);
	struct emrtd_session *s = open_card(&card, false);
	assert_int_equal(emrtd_chip_authenticate(s, &choice), 0);
	assert_int_equal(emrtd_chip_confirm(s), 0);
	const struct emrtd_bytes file = load(folder, "Datagroup15.bin", dg15, sizeof(dg15));
	assert_int_equal(emrtd_active_authenticate(s, file, 0), 0);
	/* Another key than that of DG15 does not do. */
	dg15[60] ^= 1;
	assert_true(emrtd_active_authenticate(s, file, 0) < 0);
	assert_int_equal(emrtd_failure(s).step, EMRTD_STEP_AA_VERIFY);
	emrtd_close(s);
	EVP_PKEY_free(card.chip);
	EVP_PKEY_free(card.aa);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ca),
		cmocka_unit_test(test_ca_faults),
		cmocka_unit_test(test_ca_keys_refused),
		cmocka_unit_test(test_reference_data),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

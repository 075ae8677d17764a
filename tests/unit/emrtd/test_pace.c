/* SPDX-License-Identifier: Apache-2.0
 * PACE against the worked examples of Doc 9303-11 appendices G, H and I, each as a whole dialogue
 * with the private keys of the example as random numbers, and every way in which a chip can lie.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* cmocka wants the above first */
#include "emrtd/pace_map_im.h"
#include "emrtd/session.h"
#include "examples.h"
#include "script.h"
#include <cmocka.h>

enum { TEXT = 4096, LINES = 8 };

struct dialogue {
	char command[LINES][TEXT], response[LINES][TEXT], random[TEXT];
	struct line lines[LINES];
	struct script script;
	struct emrtd_pace_info info;
	uint8_t oid[16], parameter[4];
	struct emrtd_password password;
};

static void hex_text(char *out, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		snprintf(out + 2 * i, 3, "%02X", bytes[i]);
}

/* tag, length, value around hexadecimal text */
static void object(char *out, const char *tag, const char *value)
{
	size_t n = strlen(value) / 2;
	if (n < 128)
		snprintf(out, TEXT, "%s%02zX%s", tag, n, value);
	else
		snprintf(out, TEXT, "%s%s%0*zX%s", tag, n < 256 ? "81" : "82", n < 256 ? 2 : 4, n,
			value);
}

static void dynamic(char *out, const char *tag, const char *value)
{
	char inner[TEXT] = "";
	if (tag != NULL)
		object(inner, tag, value);
	object(out, "7C", inner);
}

static struct line *say(struct dialogue *d, const char *head, const char *data, const char *le,
	const char *response)
{
	size_t i = d->script.count++;
	snprintf(d->command[i], TEXT, "%s%02zX%s%s", head, strlen(data) / 2, data, le);
	snprintf(d->response[i], TEXT, "%s9000", response);
	d->lines[i] = (struct line){d->command[i], d->response[i], 0};
	return &d->lines[i];
}

/* What makes emrtd_domain_key() choose this secret: eight zero bytes, then secret - 1 modulo q. */
static void choose_secret(struct dialogue *d, const char *secret, const char *q, bool ec)
{
	BIGNUM *k = NULL, *n = NULL;
	BN_CTX *ctx = BN_CTX_new();
	assert_true(BN_hex2bn(&k, secret) > 0 && BN_hex2bn(&n, q) > 0);
	uint8_t bytes[64];
	if (!ec)
		assert_int_equal(BN_nnmod(k, k, n, ctx), 1);
	assert_int_equal(BN_sub_word(k, 1), 1);
	int size = BN_num_bytes(n);
	assert_int_equal(BN_bn2binpad(k, bytes, size), size);
	strcat(d->random, "0000000000000000");
	hex_text(d->random + strlen(d->random), bytes, (size_t)size);
	BN_free(k);
	BN_free(n);
	BN_CTX_free(ctx);
}

static void prepare(struct dialogue *d, const struct example *e)
{
	static const char order[] =
		"A9FB57DBA1EEA9BC3E660A909D838D718C397AA3B561A6F7901E0E82974856A7";
	char data[TEXT], answer[TEXT];
	memset(d, 0, sizeof(*d));
	d->info.oid = (struct emrtd_bytes){d->oid, hex_any(d->oid, sizeof(d->oid), e->oid)};
	d->info.parameter = (struct emrtd_bytes){
		d->parameter, hex_any(d->parameter, sizeof(d->parameter), e->parameter)};
	d->info.domain = d->parameter[0];
	d->info.ecdh = d->info.domain > 2;
	d->info.cipher = EMRTD_AES_128;
	d->info.mapping = e->sealed != NULL ? EMRTD_CHIP_AUTHENTICATION
			  : e->t != NULL    ? EMRTD_INTEGRATED
					    : EMRTD_GENERIC;
	const char *q = d->info.ecdh ? order : EXAMPLE_DH_Q;
	if (e->number != NULL)
		assert_int_equal(
			emrtd_password_from_fields(&d->password, e->number, e->birth, e->expiry),
			0);
	else
		assert_int_equal(emrtd_password_from_can(&d->password, "123456"), 0);
	snprintf(data, sizeof(data), "800A%s8301%02X", e->oid, (unsigned)d->password.kind);
	say(d, "0022C1A4", data, "", "");
	dynamic(answer, "80", e->z);
	say(d, "10860000", "7C00", "00", answer);
	if (e->t != NULL) {
		strcat(d->random, e->t);
		dynamic(data, "81", e->t);
		say(d, "10860000", data, "00", "7C00");
	} else {
		choose_secret(d, e->map_secret, q, d->info.ecdh);
		dynamic(data, "81", e->map_own);
		dynamic(answer, "82", e->map_chip);
		say(d, "10860000", data, "00", answer);
	}
	choose_secret(d, e->secret, q, d->info.ecdh);
	dynamic(data, "83", e->own);
	dynamic(answer, "84", e->chip);
	say(d, "10860000", data, "00", answer);
	dynamic(data, "85", e->token_own);
	dynamic(answer, "86", e->token_chip);
	if (e->sealed != NULL) {
		char tokens[TEXT], sealed[TEXT];
		object(tokens, "86", e->token_chip);
		object(sealed, "8A", e->sealed);
		strcat(tokens, sealed);
		object(answer, "7C", tokens);
	}
	say(d, "00860000", data, "00", answer);
	d->script.lines = d->lines;
	d->script.random = d->random;
}

static struct emrtd_session *open_dialogue(struct dialogue *d)
{
	const struct emrtd_channel channel = script_channel(&d->script);
	struct emrtd_session *s = emrtd_open(&channel);
	assert_non_null(s);
	return s;
}

static void example_case(const struct example *e)
{
	static struct dialogue d;
	prepare(&d, e);
	struct emrtd_session *s = open_dialogue(&d);
	assert_int_equal(emrtd_pace(s, &d.info, &d.password, false), 0);
	assert_int_equal(d.script.at, d.script.count);
	assert_int_equal(emrtd_state(s).access, EMRTD_ACCESS_PACE);
	assert_int_equal(emrtd_state(s).cipher, EMRTD_AES_128);
	assert_int_equal(emrtd_read_max(s), 223);
	expect_hex(s->sm.enc, 16, e->enc);
	expect_hex(s->sm.mac, 16, e->mac);
	static const uint8_t zero[16];
	assert_memory_equal(s->sm.ssc, zero, sizeof(zero));
	emrtd_close(s);
}

static void test_examples(void **state)
{
	(void)state;
	example_case(&example_g1);
	example_case(&example_g2);
	example_case(&example_h1);
	example_case(&example_h2);
	example_case(&example_cam);
}

/* --- the steps between, which a dialogue does not show --------------------------------------- */

static struct emrtd_bytes hex(uint8_t *out, size_t max, const char *text)
{
	return (struct emrtd_bytes){out, hex_any(out, max, text)};
}

static void mapped_generator(const struct emrtd_domain *d, const char *wanted)
{
	uint8_t out[EMRTD_PUBLIC_MAX];
	size_t size = d->size;
	if (d->ec)
		size = EC_POINT_point2oct(
			d->curve, d->base, POINT_CONVERSION_UNCOMPRESSED, out, sizeof(out), NULL);
	else
		assert_int_equal(BN_bn2binpad(d->g, out, (int)d->size), (int)d->size);
	expect_hex(out, size, wanted);
}

static void steps_case(const struct example *e, unsigned id)
{
	struct emrtd_domain d;
	uint8_t s[32], t[32], key[EMRTD_PUBLIC_MAX], r[EMRTD_FIELD_MAX], shared[EMRTD_FIELD_MAX],
		out[EMRTD_PUBLIC_MAX];
	BIGNUM *secret = NULL;
	size_t size;
	assert_int_equal(emrtd_domain_standard(&d, id), 0);
	struct emrtd_bytes nonce = hex(s, sizeof(s), e->s);
	if (e->t != NULL) {
		struct emrtd_bytes own = hex(t, sizeof(t), e->t);
		assert_int_equal(emrtd_integrated_random(&d, EMRTD_AES_128, nonce, own, r), 0);
		expect_hex(r, d.size, e->random_p);
		assert_int_equal(emrtd_map_integrated(&d, EMRTD_AES_128, nonce, own), 0);
	} else {
		/* From the chip's side: its secret and our public key. */
		assert_true(BN_hex2bn(&secret,
				    e->map_chip_secret != NULL ? e->map_chip_secret : "01") > 0);
		assert_int_equal(emrtd_domain_multiply(
					 &d, secret, hex(key, sizeof(key), e->map_own), out, &size),
			0);
		assert_int_equal(
			emrtd_map_generic(&d, secret, hex(key, sizeof(key), e->map_own), nonce), 0);
		BN_free(secret);
		secret = NULL;
	}
	mapped_generator(&d, e->generator);
	assert_true(BN_hex2bn(&secret, e->secret) > 0);
	assert_int_equal(emrtd_domain_agree(&d, secret, hex(key, sizeof(key), e->chip), shared), 0);
	expect_hex(shared, d.size, e->shared);
	if (e->chip_secret != NULL) {
		assert_true(BN_hex2bn(&secret, e->chip_secret) > 0);
		assert_int_equal(
			emrtd_domain_agree(&d, secret, hex(key, sizeof(key), e->own), shared), 0);
		expect_hex(shared, d.size, e->shared);
	}
	BN_free(secret);
	emrtd_domain_free(&d);
}

static void test_steps(void **state)
{
	uint8_t h[EMRTD_PUBLIC_MAX], key[EMRTD_PUBLIC_MAX];
	struct emrtd_domain d;
	BIGNUM *secret = NULL;
	size_t size;
	(void)state;
	steps_case(&example_g1, 13);
	steps_case(&example_g2, 0);
	steps_case(&example_h1, 13);
	steps_case(&example_h2, 0);
	steps_case(&example_cam, 13);
	/* H of appendix G.1 */
	assert_int_equal(emrtd_domain_standard(&d, 13), 0);
	assert_true(BN_hex2bn(&secret, example_g1.map_secret) > 0);
	assert_int_equal(emrtd_domain_multiply(
				 &d, secret, hex(key, sizeof(key), example_g1.map_chip), h, &size),
		0);
	expect_hex(h, size,
		"04 60332EF2450B5D247EF6D3868397D398852ED6E8CAF6FFEEF6BF85CA57057FD5"
		"0840CA7415BAF3E43BD414D35AA4608B93A2CAF3A4E3EA4E82C9C13D03EB7181");
	BN_free(secret);
	emrtd_domain_free(&d);
	/* R(s,t) of appendix H.1 before reduction is 48 bytes; its remainder is checked above. */
	static const char p[] = "B10B8F96A080E01DDE92DE5EAE5D54EC52C99FBCFB06A3C69A6A9DCA52D23B61"
				"6073E28675A23D189838EF1E2EE652C013ECB4AEA906112324975C3CD49B83BF"
				"ACCBDD7D90C4BD7098488E9C219A73724EFFD6FAE5644738FAA31A4FF55BCCC0"
				"A151AF5F0DC8B4BD45BF37DF365C1A65E68CFDA76D4DA708DF1FB2BC2E4A4371";
	static const char g[] = "A4D1CBD5C3FD34126765A442EFB99905F8104DD258AC507FD6406CFF14266D31"
				"266FEA1E5C41564B777E690F5504F213160217B4B01B886A5E91547F9E2749F4"
				"D7FBD7D3B9A92EE1909D0D2263F80A76A6A24C087A091F531DBF0A0169B6A28A"
				"D662A4D18E73AFA32D779D5918D08BC8858F4DCEF97C2A24855E6EEB22B3B2E5";
	assert_int_equal(emrtd_domain_standard(&d, 0), 0);
	BN_bn2binpad(d.p, h, 128);
	expect_hex(h, 128, p);
	mapped_generator(&d, g);
	BN_bn2binpad(d.q, h, 20);
	expect_hex(h, 20, EXAMPLE_DH_Q);
	emrtd_domain_free(&d);
}

static void test_domains(void **state)
{
	static const struct {
		unsigned id;
		int bits;
	} known[] = {{0, 1024}, {1, 2048}, {2, 2048}, {8, 192}, {9, 192}, {10, 224}, {11, 224},
		{12, 256}, {13, 256}, {14, 320}, {15, 384}, {16, 384}, {17, 512}, {18, 521}};
	unsigned seen = 0;
	(void)state;
	for (unsigned id = 0; id < 40; id++) {
		struct emrtd_domain d;
		int err = emrtd_domain_standard(&d, id);
		if (seen < PN_COUNT(known) && known[seen].id == id) {
			assert_int_equal(err, 0);
			assert_int_equal(BN_num_bits(d.p), known[seen].bits);
			seen++;
		} else {
			assert_int_equal(err, PN_EUNSUPPORTED);
		}
		emrtd_domain_free(&d);
	}
	assert_int_equal(seen, PN_COUNT(known));
}

/* Both sides of the integrated mapping and of the agreement, over every curve and cipher: the
 * mapped generator must be a member and both must come to one secret. */
static void test_agreement_everywhere(void **state)
{
	static const unsigned ids[] = {0, 1, 2, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18};
	uint8_t s[32], t[32], random[EMRTD_PUBLIC_MAX];
	(void)state;
	memset(s, 0x31, sizeof(s));
	memset(t, 0x72, sizeof(t));
	for (size_t i = 0; i < PN_COUNT(ids); i++) {
		for (enum emrtd_cipher cipher = EMRTD_3DES; cipher <= EMRTD_AES_256; cipher++) {
			struct emrtd_domain a;
			uint8_t pa[EMRTD_PUBLIC_MAX], pb[EMRTD_PUBLIC_MAX], ka[EMRTD_FIELD_MAX],
				kb[EMRTD_FIELD_MAX];
			size_t sa, sb;
			BIGNUM *x, *y;
			assert_int_equal(emrtd_domain_standard(&a, ids[i]), 0);
			int err = emrtd_map_integrated(&a, cipher,
				(struct emrtd_bytes){s, emrtd_integrated_nonce(cipher)},
				(struct emrtd_bytes){t, emrtd_key_size(cipher)});
			assert_int_equal(err, ids[i] == 10 ? PN_EUNSUPPORTED : 0);
			memset(random, (int)(0x11 + i), sizeof(random));
			const struct emrtd_bytes r = {random, emrtd_domain_random(&a)};
			assert_int_equal(emrtd_domain_key(&a, r, &x, pa, &sa), 0);
			random[5] ^= 1;
			assert_int_equal(emrtd_domain_key(&a, r, &y, pb, &sb), 0);
			assert_int_equal(
				emrtd_domain_agree(&a, x, (struct emrtd_bytes){pb, sb}, ka), 0);
			assert_int_equal(
				emrtd_domain_agree(&a, y, (struct emrtd_bytes){pa, sa}, kb), 0);
			assert_memory_equal(ka, kb, a.size);
			/* One bit off, cut, and the neutral element are no keys. */
			pb[sb - 1] ^= 1;
			if (a.q != NULL)
				assert_int_equal(
					emrtd_domain_check(&a, (struct emrtd_bytes){pb, sb}),
					PN_EFORMAT);
			assert_int_equal(emrtd_domain_check(&a, (struct emrtd_bytes){pa, sa + 1}),
				PN_EFORMAT);
			assert_int_equal(emrtd_domain_check(&a,
						 (struct emrtd_bytes){(const uint8_t *)"\0", 1}),
				PN_EFORMAT);
			assert_int_equal(emrtd_domain_check(&a,
						 (struct emrtd_bytes){(const uint8_t *)"\1", 1}),
				PN_EFORMAT);
			BN_clear_free(x);
			BN_clear_free(y);
			emrtd_domain_free(&a);
		}
	}
}

/* --- chip authentication mapping -------------------------------------------------------------- */

#define CAM_KEY                                                                                    \
	"3062060904007F0007020201023052300C060704007F0007010202010D034200041872709494399E7470A643" \
	"1B"                                                                                       \
	"E25E83EEE24FEA568C2ED28DB48E05DB3A610DC884D256A40E35EFCB59BF6753D3A489D28C7A4D973C2DA138" \
	"A6"                                                                                       \
	"E7A4A08F68E16F02010D"

static void cam_case(const char *sealed, const char *set, int wanted, enum emrtd_cause cause)
{
	static struct dialogue d;
	struct example e = example_cam;
	struct emrtd_security_infos infos;
	uint8_t file[256];
	e.sealed = sealed;
	prepare(&d, &e);
	struct emrtd_session *s = open_dialogue(&d);
	assert_int_equal(emrtd_pace(s, &d.info, &d.password, false), 0);
	assert_int_equal(emrtd_security_infos(&infos, hex(file, sizeof(file), set)), 0);
	assert_int_equal(emrtd_cam_verify(s, &infos), wanted);
	assert_int_equal(emrtd_failure(s).cause, cause);
	emrtd_close(s);
}

static void test_cam(void **state)
{
	/* The same with one bit of the data, which then has no padding or another number inside. */
	static const char wrong[] =
		"1FEA964DAAE372AC990E3EFDE6333353BFC89A6704D93DA8798CF77F5B7A54BD"
		"10CBA372B42BE0B9B5F28AA8DE2F4F92";
	static const char unpadded[] =
		"1EEA964DAAE372AC990E3EFDE6333353BFC89A6704D93DA8798CF77F5B7A54BD"
		"10CBA372B42BE0B9B5F28AA8DE2F4F93";
	/* Another point of the same curve: the chip's agreement key of appendix G.1. */
	static const char other[] =
		"31643062060904007F0007020201023052300C060704007F0007010202010D034200"
		"049E880F842905B8B3181F7AF7CAA9F0EFB743847F44A306D2D28C1D9EC65DF6DB"
		"7764B22277A2EDDC3C265A9F018F9CB852E111B768B326904B59A0193776F09402010D";
	/* The example's point with the domain of another curve. */
	static const char curve[] = "31643062060904007F0007020201023052300C060704007F0007010202010C"
				    "034200041872709494399E7470A6431B"
				    "E25E83EEE24FEA568C2ED28DB48E05DB3A610DC884D256A40E35EFCB59BF67"
				    "53D3A489D28C7A4D973C2DA138A6"
				    "E7A4A08F68E16F02010D";
	(void)state;
	cam_case(example_cam.sealed, "3164" CAM_KEY, 0, EMRTD_CAUSE_NONE);
	cam_case(wrong, "3164" CAM_KEY, PN_ECRYPTO, EMRTD_CAUSE_CAM_WRONG);
	cam_case(unpadded, "3164" CAM_KEY, PN_EFORMAT, EMRTD_CAUSE_CAM_DATA);
	cam_case("1EEA", "3164" CAM_KEY, PN_EFORMAT, EMRTD_CAUSE_CAM_DATA);
	cam_case("", "3164" CAM_KEY, PN_EFORMAT, EMRTD_CAUSE_CAM_DATA);
	cam_case(example_cam.sealed, other, PN_ECRYPTO, EMRTD_CAUSE_CAM_WRONG);
	cam_case(example_cam.sealed, curve, PN_ECRYPTO, EMRTD_CAUSE_CAM_WRONG);
	cam_case(example_cam.sealed, "3100", PN_ECRYPTO, EMRTD_CAUSE_CAM_WRONG);
}

/* --- what a chip can lie about ------------------------------------------------------------------
 */

struct lie {
	size_t line;
	const char *response;
	enum emrtd_step step;
	enum emrtd_cause cause;
	int err;
};

static void test_lies(void **state)
{
	static char own_map[TEXT], own[TEXT], off[TEXT], same[TEXT], far_off[TEXT];
	static struct dialogue d;
	char key[TEXT];
	(void)state;
	dynamic(own_map, "82", example_g1.map_own);
	dynamic(own, "84", example_g1.own);
	dynamic(same, "84", example_g1.map_chip);
	snprintf(key, sizeof(key), "%s", example_g1.chip);
	key[strlen(key) - 1] ^= 1;
	dynamic(off, "84", key);
	dynamic(far_off, "82", key);
	strcat(own_map, "9000");
	strcat(own, "9000");
	strcat(same, "9000");
	strcat(off, "9000");
	strcat(far_off, "9000");
	const struct lie lies[] = {
		{0, "6982", EMRTD_STEP_PACE_SELECT, EMRTD_CAUSE_STATUS, PN_EDENIED},
		{0, "90", EMRTD_STEP_PACE_SELECT, EMRTD_CAUSE_TORN, PN_EIO},
		{1, "6A80", EMRTD_STEP_PACE_NONCE, EMRTD_CAUSE_STATUS, PN_EDENIED},
		{1, "7C00 9000", EMRTD_STEP_PACE_NONCE, EMRTD_CAUSE_FORMAT, PN_EFORMAT},
		{1, "9000", EMRTD_STEP_PACE_NONCE, EMRTD_CAUSE_FORMAT, PN_EFORMAT},
		{1, "7C0A8008 0102030405060708 9000", EMRTD_STEP_PACE_NONCE, EMRTD_CAUSE_FORMAT,
			PN_EFORMAT},
		{1, "7C128010 95A3A016522EE98D01E76CB6B98B42 9000", EMRTD_STEP_PACE_NONCE,
			EMRTD_CAUSE_FORMAT, PN_EFORMAT},
		{1, "7C128110 95A3A016522EE98D01E76CB6B98B42C3 9000", EMRTD_STEP_PACE_NONCE,
			EMRTD_CAUSE_FORMAT, PN_EFORMAT},
		{2, own_map, EMRTD_STEP_PACE_MAP, EMRTD_CAUSE_PACE_OWN_KEY, PN_EFORMAT},
		{2, far_off, EMRTD_STEP_PACE_MAP, EMRTD_CAUSE_PACE_KEY, PN_EFORMAT},
		{2, "7C038201 00 9000", EMRTD_STEP_PACE_MAP, EMRTD_CAUSE_PACE_KEY, PN_EFORMAT},
		{2, "7C028200 9000", EMRTD_STEP_PACE_MAP, EMRTD_CAUSE_FORMAT, PN_EFORMAT},
		{2, "6F00", EMRTD_STEP_PACE_MAP, EMRTD_CAUSE_STATUS, PN_EDENIED},
		{3, own, EMRTD_STEP_PACE_AGREE, EMRTD_CAUSE_PACE_OWN_KEY, PN_EFORMAT},
		{3, off, EMRTD_STEP_PACE_AGREE, EMRTD_CAUSE_PACE_KEY, PN_EFORMAT},
		{3, same, EMRTD_STEP_PACE_AGREE, EMRTD_CAUSE_PACE_KEY, PN_EFORMAT},
		{4, "6300", EMRTD_STEP_PACE_TOKEN, EMRTD_CAUSE_PASSWORD, PN_EDENIED},
		{4, "63C2", EMRTD_STEP_PACE_TOKEN, EMRTD_CAUSE_PASSWORD, PN_EDENIED},
		{4, "9000", EMRTD_STEP_PACE_TOKEN, EMRTD_CAUSE_FORMAT, PN_EFORMAT},
		{4, "7C0986073ABB9674BCE93C 9000", EMRTD_STEP_PACE_TOKEN, EMRTD_CAUSE_FORMAT,
			PN_EFORMAT},
		{4, "7C0A86083ABB9674BCE93C09 9000", EMRTD_STEP_PACE_TOKEN, EMRTD_CAUSE_PACE_TOKEN,
			PN_ECRYPTO},
		/* our own token back */
		{4, "7C0A8608C2B0BD78D94BA866 9000", EMRTD_STEP_PACE_TOKEN, EMRTD_CAUSE_PACE_TOKEN,
			PN_ECRYPTO},
	};
	for (size_t i = 0; i < PN_COUNT(lies); i++) {
		prepare(&d, &example_g1);
		d.lines[lies[i].line].response = lies[i].response;
		struct emrtd_session *s = open_dialogue(&d);
		assert_int_equal(emrtd_pace(s, &d.info, &d.password, false), lies[i].err);
		const struct emrtd_failure f = emrtd_failure(s);
		assert_int_equal(f.step, lies[i].step);
		assert_int_equal(f.cause, lies[i].cause);
		assert_int_equal(d.script.at, lies[i].line + 1);
		assert_false(emrtd_state(s).secure);
		/* No such failure is a reason for BAC. */
		const struct emrtd_policy policy = {.bac_after_pace_offer = true};
		assert_false(emrtd_fallback(&f, &policy, EMRTD_PASSWORD_MRZ, false));
		emrtd_close(s);
	}
	/* The channel fails at each command. */
	for (size_t i = 0; i < 5; i++) {
		prepare(&d, &example_g1);
		d.lines[i].err = PN_ETIMEOUT;
		struct emrtd_session *s = open_dialogue(&d);
		assert_int_equal(emrtd_pace(s, &d.info, &d.password, false), PN_ETIMEOUT);
		assert_int_equal(emrtd_failure(s).cause, EMRTD_CAUSE_CHANNEL);
		emrtd_close(s);
	}
}

/* A wrong password: what the chip would notice first is our token. */
static void test_wrong_password(void **state)
{
	static struct dialogue d;
	(void)state;
	prepare(&d, &example_g1);
	assert_int_equal(
		emrtd_password_from_fields(&d.password, "T22000128", "640812", "101031"), 0);
	d.lines[3].command = NULL; /* our key is of another generator */
	d.lines[4].command = NULL;
	struct emrtd_session *s = open_dialogue(&d);
	assert_int_equal(emrtd_pace(s, &d.info, &d.password, false), PN_ECRYPTO);
	assert_int_equal(emrtd_failure(s).cause, EMRTD_CAUSE_PACE_TOKEN);
	emrtd_close(s);
}

/* MSE:Set AT with DO84 where it is needed, and the other way round when refused. */
static void test_parameter_reference(void **state)
{
	static struct dialogue d;
	static const char with[] = "0022C1A412800A04007F0007020204020283010184010D";
	static const char without[] = "0022C1A40F800A04007F00070202040202830101";
	(void)state;
	for (int several = 0; several < 2; several++) {
		prepare(&d, &example_g1);
		memmove(&d.lines[1], &d.lines[0], 5 * sizeof(d.lines[0]));
		d.script.count++;
		d.lines[0].command = several ? with : without;
		d.lines[0].response = "6A88";
		d.lines[1].command = several ? without : with;
		d.lines[1].response = "63C1"; /* a warning: the password is selected */
		struct emrtd_session *s = open_dialogue(&d);
		assert_int_equal(emrtd_pace(s, &d.info, &d.password, several != 0), 0);
		emrtd_close(s);

		static const struct line refused[] = {{NULL, "6A80", 0}, {NULL, "6A80", 0}};
		d.script = (struct script){refused, 2, 0, NULL, {0}, 0};
		s = open_dialogue(&d);
		assert_int_equal(emrtd_pace(s, &d.info, &d.password, several != 0), PN_EDENIED);
		assert_int_equal(emrtd_failure(s).cause, EMRTD_CAUSE_PACE_REFUSED);
		assert_int_equal(emrtd_failure(s).sw, 0x6a80);
		emrtd_close(s);
	}
}

/* A public value that begins with a zero byte is not sent: the next random bytes make another. */
static void test_no_leading_zero(void **state)
{
	static struct dialogue d;
	static char random[TEXT];
	struct emrtd_domain domain;
	BIGNUM *k = BN_new(), *y = BN_new();
	char *text;
	(void)state;
	assert_int_equal(emrtd_domain_standard(&domain, 0), 0);
	for (BN_ULONG i = 2; i < 10000; i++) {
		BN_set_word(k, i);
		assert_int_equal(BN_mod_exp(y, domain.g, k, domain.p, domain.bn), 1);
		if (BN_num_bits(y) <= 1016 && BN_num_bits(y) > 1008)
			break;
	}
	assert_true(BN_num_bits(y) <= 1016);
	text = BN_bn2hex(k);
	prepare(&d, &example_g2);
	snprintf(random, sizeof(random), "%s", d.random);
	d.random[0] = '\0';
	choose_secret(&d, text, EXAMPLE_DH_Q, false);
	strcat(d.random, random);
	struct emrtd_session *s = open_dialogue(&d);
	assert_int_equal(emrtd_pace(s, &d.info, &d.password, false), 0);
	emrtd_close(s);
	OPENSSL_free(text);
	BN_free(k);
	BN_free(y);
	emrtd_domain_free(&domain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_domains),
		cmocka_unit_test(test_agreement_everywhere),
		cmocka_unit_test(test_cam),
		cmocka_unit_test(test_lies),
		cmocka_unit_test(test_wrong_password),
		cmocka_unit_test(test_parameter_reference),
		cmocka_unit_test(test_no_leading_zero),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

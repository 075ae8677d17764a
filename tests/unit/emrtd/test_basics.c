/* SPDX-License-Identifier: Apache-2.0
 * TLV, APDUs, key derivation, passwords, BAC and 3DES secure messaging against the worked examples
 * of Doc 9303-11 appendix D, and the ways in which a response can be wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* cmocka wants the above first */
#include "emrtd/emrtd.h"
#include "script.h"
#include <cmocka.h>

static struct emrtd_bytes hex(uint8_t *out, size_t max, const char *text)
{
	return (struct emrtd_bytes){out, hex_any(out, max, text)};
}

/* --- TLV ----------------------------------------------------------------------------------- */

static void test_tlv_walk(void **state)
{
	/* EF.COM of Doc 9303-10 appendix A. */
	uint8_t b[64];
	struct emrtd_bytes com,
		in = hex(b, sizeof(b), "60145F0104303130365F36063034303030305C026175");
	struct emrtd_tlv tlv;
	(void)state;
	assert_int_equal(emrtd_tlv_only(in, 0x60, &com), 0);
	struct emrtd_tlv_walk walk = emrtd_tlv_walk(com);
	assert_int_equal(emrtd_tlv_expect(&walk, 0x5f01, &tlv), 0);
	assert_memory_equal(tlv.value.bytes, "0106", 4);
	assert_int_equal(emrtd_tlv_next(&walk, &tlv), 1);
	assert_int_equal(tlv.tag, 0x5f36);
	assert_int_equal(tlv.raw.size, 9);
	assert_int_equal(emrtd_tlv_next(&walk, &tlv), 1);
	assert_int_equal(tlv.tag, 0x5c);
	assert_int_equal(emrtd_tlv_next(&walk, &tlv), 0);
	assert_int_equal(emrtd_tlv_find(com, 0x5c, &tlv.value), 0);
	expect_hex(tlv.value.bytes, tlv.value.size, "6175");
	assert_int_equal(emrtd_tlv_find(com, 0x5d, &tlv.value), PN_ENOTFOUND);
	assert_int_equal(emrtd_tlv_only(in, 0x61, &com), PN_EFORMAT);
}

static void test_tlv_refused(void **state)
{
	static const char *const wrong[] = {"00", "0000", "3080", "308000000000", "3001",
		"3085000000000100", "30840FFFFFFF00", "30FF", "5F", "5F80", "5F8001", "5F818181",
		"1F81808001", "7F49", "308200", "30820010AA", "3084FFFFFFFFAA"};
	uint8_t b[16];
	struct emrtd_tlv tlv;
	(void)state;
	for (size_t i = 0; i < PN_COUNT(wrong); i++) {
		struct emrtd_tlv_walk walk = emrtd_tlv_walk(hex(b, sizeof(b), wrong[i]));
		assert_int_equal(emrtd_tlv_next(&walk, &tlv), PN_EFORMAT);
		assert_int_equal(emrtd_tlv_next(&walk, &tlv), 0); /* and it is over */
	}
	/* Longer lengths than needed are BER and occur. */
	assert_int_equal(emrtd_tlv_only(hex(b, sizeof(b), "3084000000010A"), 0x30, &tlv.value), 0);
	assert_int_equal(tlv.value.size, 1);
}

static void test_tlv_header(void **state)
{
	uint8_t b[16];
	uint32_t tag;
	size_t head, value;
	struct emrtd_bytes in = hex(b, sizeof(b), "7F6182 3AE7 02");
	(void)state;
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(emrtd_tlv_header((struct emrtd_bytes){b, i}, &tag, &head, &value),
			PN_EAGAIN);
	assert_int_equal(emrtd_tlv_header(in, &tag, &head, &value), 0);
	assert_int_equal(tag, 0x7f61);
	assert_int_equal(head, 5);
	assert_int_equal(value, 0x3ae7);
}

static void test_tlv_written(void **state)
{
	static const size_t sizes[] = {0, 1, 127, 128, 255, 256, 65535, 65536};
	static uint8_t out[70000];
	static const uint8_t value[65536];
	(void)state;
	for (size_t i = 0; i < PN_COUNT(sizes); i++) {
		struct emrtd_writer w = {out, 0, sizeof(out), false};
		struct emrtd_bytes back;
		emrtd_put_tlv(&w, 0x7f49, value, sizes[i]);
		assert_false(w.full);
		assert_int_equal(w.size, emrtd_tlv_size(0x7f49, sizes[i]));
		assert_int_equal(
			emrtd_tlv_only((struct emrtd_bytes){out, w.size}, 0x7f49, &back), 0);
		assert_int_equal(back.size, sizes[i]);
	}
	struct emrtd_writer small = {out, 0, 3, false};
	emrtd_put_tlv(&small, 0x80, value, 2);
	emrtd_put_byte(&small, 1);
	assert_true(small.full);
	assert_true(small.size <= 3);
}

/* --- APDU ---------------------------------------------------------------------------------- */

static void test_apdu(void **state)
{
	static const uint8_t data[300];
	static const struct {
		size_t data, le;
		bool extended;
		size_t size;
		const char *start, *end;
	} cases[] = {{0, 0, false, 4, "00B00102", ""}, {0, 0, true, 4, "00B00102", ""},
		{0, 256, false, 5, "00B0010200", ""}, {0, 4, false, 5, "00B0010204", ""},
		{0, 4, true, 7, "00B00102000004", ""}, {0, 65536, true, 7, "00B00102000000", ""},
		{2, 0, false, 7, "00B00102020000", ""}, {2, 5, false, 8, "00B0010202000005", ""},
		{2, 5, true, 11, "00B00102000002", "0005"},
		{300, 256, true, 309, "00B0010200012C", "0100"}};
	uint8_t out[400];
	(void)state;
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		struct emrtd_command back, c = {0, 0xb0, 1, 2, {data, cases[i].data}, cases[i].le};
		size_t size = sizeof(out), n = strlen(cases[i].start) / 2,
		       e = strlen(cases[i].end) / 2;
		assert_int_equal(emrtd_command_encode(&c, cases[i].extended, out, &size), 0);
		assert_int_equal(size, cases[i].size);
		expect_hex(out, n, cases[i].start);
		expect_hex(out + size - e, e, cases[i].end);
		assert_int_equal(emrtd_command_decode((struct emrtd_bytes){out, size}, &back), 0);
		assert_int_equal(back.data.size, c.data.size);
		assert_int_equal(back.le, c.le);
		size_t small = size - 1;
		assert_int_equal(
			emrtd_command_encode(&c, cases[i].extended, out, &small), PN_ELIMIT);
	}
	struct emrtd_command large = {0, 0xb0, 0, 0, {NULL, 0}, 257};
	size_t size = sizeof(out);
	assert_int_equal(emrtd_command_encode(&large, false, out, &size), PN_EINVAL);
	struct emrtd_response r;
	assert_int_equal(emrtd_response_decode((struct emrtd_bytes){out, 1}, &r), PN_EFORMAT);
	assert_int_equal(emrtd_response_decode(hex(out, sizeof(out), "AA6282"), &r), 0);
	assert_int_equal(r.sw, 0x6282);
	assert_int_equal(r.data.size, 1);
	assert_int_equal(
		emrtd_command_decode(hex(out, sizeof(out), "00B0010203AA"), &large), PN_EFORMAT);
	assert_int_equal(
		emrtd_command_decode(hex(out, sizeof(out), "00B001020000"), &large), PN_EFORMAT);
}

/* --- keys ---------------------------------------------------------------------------------- */

static void kdf_case(
	enum emrtd_cipher cipher, const char *secret, enum emrtd_kdf_use use, const char *wanted)
{
	uint8_t k[32], key[EMRTD_KEY_MAX];
	assert_int_equal(emrtd_kdf(cipher, hex(k, sizeof(k), secret), use, key), 0);
	expect_hex(key, emrtd_key_size(cipher), wanted);
}

static void test_kdf(void **state)
{
	static const char k[] = "7E2D2A41C74EA0B38CD36F863939BFA8E9032AAD";
	(void)state;
	/* Doc 9303-11 D.1, D.3, G.1. */
	kdf_case(EMRTD_3DES, "239AB9CB282DAF66231DC5A4DF6BFBAE", EMRTD_KDF_ENC,
		"AB94FDECF2674FDFB9B391F85D7F76F2");
	kdf_case(EMRTD_3DES, "239AB9CB282DAF66231DC5A4DF6BFBAE", EMRTD_KDF_MAC,
		"7962D9ECE03D1ACD4C76089DCE131543");
	kdf_case(EMRTD_3DES, "0036D272F5C350ACAC50C3F572D23600", EMRTD_KDF_ENC,
		"979EC13B1CBFE9DCD01AB0FED307EAE5");
	kdf_case(EMRTD_3DES, "0036D272F5C350ACAC50C3F572D23600", EMRTD_KDF_MAC,
		"F1CB1F1FB5ADF208806B89DC579DC1F8");
	kdf_case(EMRTD_AES_128, k, EMRTD_KDF_PASSWORD, "89DED1B26624EC1E634C1989302849DD");
	kdf_case(EMRTD_AES_128, "313233343536", EMRTD_KDF_PASSWORD,
		"591468CDA83D65219CCCB8560233600F");
	/* Values of another implementation, checked against OpenSSL's command line. */
	kdf_case(EMRTD_AES_128, k, EMRTD_KDF_ENC, "3CC5F8872F8B1471B47EEFDDFFC43F46");
	kdf_case(EMRTD_AES_128, k, EMRTD_KDF_MAC, "BD651C6B2FA9B4704553332007771E84");
	kdf_case(EMRTD_3DES, k, EMRTD_KDF_PASSWORD, "89DFD0B36725EC1F624C1989312949DC");
	kdf_case(EMRTD_AES_192, k, EMRTD_KDF_ENC,
		"11504483F04A10A66A8FCD6D348C75A961809C54EDAA2117");
	kdf_case(EMRTD_AES_192, k, EMRTD_KDF_MAC,
		"1F35D576CE54BA775A391F9749E388C48215B7D544D62D96");
	kdf_case(EMRTD_AES_192, k, EMRTD_KDF_PASSWORD,
		"D79A23C126202AC9051FEBFBC0E8A03B1C6645D85752B4B7");
	kdf_case(EMRTD_AES_256, k, EMRTD_KDF_ENC,
		"11504483F04A10A66A8FCD6D348C75A961809C54EDAA21174726A97FB37DEF52");
	kdf_case(EMRTD_AES_256, k, EMRTD_KDF_MAC,
		"1F35D576CE54BA775A391F9749E388C48215B7D544D62D96470ABA7B19F051A3");
	kdf_case(EMRTD_AES_256, k, EMRTD_KDF_PASSWORD,
		"D79A23C126202AC9051FEBFBC0E8A03B1C6645D85752B4B71408FA229AB6D56B");
}

static void test_cmac(void **state)
{
	/* NIST SP 800-38B appendix D: AES-128 and AES-256, messages of 0, 16 and 40 bytes, cut
	 * to 8. */
	uint8_t k128[16], k256[32], m[40], mac[EMRTD_MAC_SIZE];
	(void)state;
	hex(k128, sizeof(k128), "2B7E151628AED2A6ABF7158809CF4F3C");
	hex(k256, sizeof(k256), "603DEB1015CA71BE2B73AEF0857D77811F352C073B6108D72D9810A30914DFF4");
	hex(m, sizeof(m),
		"6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E51 "
		"30C81C46A35CE411");
	const struct emrtd_bytes parts[] = {{m, 16}, {m + 16, 24}};
	assert_int_equal(emrtd_mac(EMRTD_AES_128, k128, parts, 0, mac), 0);
	expect_hex(mac, 8, "BB1D6929E9593728");
	assert_int_equal(emrtd_mac(EMRTD_AES_128, k128, parts, 1, mac), 0);
	expect_hex(mac, 8, "070A16B46B4D4144");
	assert_int_equal(emrtd_mac(EMRTD_AES_128, k128, parts, 2, mac), 0);
	expect_hex(mac, 8, "DFA66747DE9AE630");
	assert_int_equal(emrtd_mac(EMRTD_AES_256, k256, parts, 2, mac), 0);
	expect_hex(mac, 8, "AAF3D8F1DE5640C2");
}

static void test_padding(void **state)
{
	uint8_t b[32] = {0};
	(void)state;
	for (size_t n = 0; n < 17; n++) {
		size_t size = emrtd_padded_size(n, 8);
		memset(b, 0xaa, sizeof(b));
		emrtd_pad(b, n, 8);
		assert_int_equal(size % 8, 0);
		assert_true(size > n && size <= n + 8);
		assert_int_equal(emrtd_unpad(b, &size, 8), 0);
		assert_int_equal(size, n);
	}
	size_t size = 16;
	memset(b, 0, sizeof(b));
	b[7] = 0x80; /* in an earlier block it is not padding */
	assert_int_equal(emrtd_unpad(b, &size, 8), PN_EFORMAT);
	b[15] = 0x81;
	assert_int_equal(emrtd_unpad(b, &size, 8), PN_EFORMAT);
	size = 15;
	b[14] = 0x80;
	assert_int_equal(emrtd_unpad(b, &size, 8), PN_EFORMAT);
	size = 0;
	assert_int_equal(emrtd_unpad(b, &size, 8), PN_EFORMAT);
}

static void test_hash_by_oid(void **state)
{
	static const struct {
		const char *oid;
		enum emrtd_hash hash;
	} cases[] = {{"2B0E03021A", EMRTD_SHA1}, {"608648016503040201", EMRTD_SHA256},
		{"608648016503040202", EMRTD_SHA384}, {"608648016503040203", EMRTD_SHA512},
		{"608648016503040204", EMRTD_SHA224}, {"2A864886F70D010105", EMRTD_SHA1},
		{"2A864886F70D01010B", EMRTD_SHA256}, {"2A8648CE3D0401", EMRTD_SHA1},
		{"2A8648CE3D040302", EMRTD_SHA256}, {"2A8648CE3D040304", EMRTD_SHA512},
		{"04007F00070101040101", EMRTD_SHA1}, {"04007F00070101040103", EMRTD_SHA256},
		{"04007F00070101040105", EMRTD_SHA512}, {"04007F00070101040106", 0},
		{"2B0E0302", 0}, {"", 0}};
	uint8_t b[16];
	(void)state;
	for (size_t i = 0; i < PN_COUNT(cases); i++)
		assert_int_equal(emrtd_hash_by_oid(hex(b, sizeof(b), cases[i].oid)), cases[i].hash);
}

/* --- passwords ----------------------------------------------------------------------------- */

static void test_passwords(void **state)
{
	struct emrtd_password a, b;
	uint8_t digest[EMRTD_HASH_MAX];
	(void)state;
	/* Appendix D.2: MRZ information of a TD3 (as fields), a TD1 with a long number, and TD2. */
	assert_int_equal(emrtd_password_from_fields(&a, "L898902C", "690806", "940623"), 0);
	expect_hex(a.secret, 16, "239AB9CB282DAF66231DC5A4DF6BFBAE");
	assert_int_equal(
		emrtd_password_from_zone(&b, "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
					     "L898902C<3UTO6908061F9406236ZE184226B<<<<<14"),
		0);
	assert_memory_equal(a.secret, b.secret, sizeof(a.secret));
	/* The example of appendix G.1: another number, K is printed. */
	assert_int_equal(emrtd_password_from_fields(&a, "T22000129", "640812", "101031"), 0);
	expect_hex(a.secret, 20, "7E2D2A41C74EA0B38CD36F863939BFA8E9032AAD");
	assert_int_equal(emrtd_password_from_fields(&a, "C11T002JM", "960812", "231031"), 0);
	expect_hex(a.secret, 20, "894D03F148C6265E89845B218856EA34D00EF8E8");

	/* D.2: TD1 D23145890734, information D23145890734934071279507122. */
	const struct emrtd_bytes td1 = {(const uint8_t *)"D23145890734934071279507122", 27};
	assert_int_equal(emrtd_hash(EMRTD_SHA1, &td1, 1, digest), 0);
	assert_int_equal(emrtd_password_from_zone(&a, "I<UTOD23145890<7349<<<<<<<<<<<"
						      "3407127M9507122UTO<<<<<<<<<<<2"
						      "STEVENSON<<PETER<JOHN<<<<<<<<<"),
		0);
	assert_memory_equal(a.secret, digest, 20);
	assert_int_equal(emrtd_password_from_fields(&a, "D23145890734", "340712", "950712"), 0);
	assert_memory_equal(a.secret, digest, 20);

	/* TD2 of Doc 9303-6: a number of nine. */
	const struct emrtd_bytes td2 = {(const uint8_t *)"D23145890734071279507122", 24};
	assert_int_equal(emrtd_hash(EMRTD_SHA1, &td2, 1, digest), 0);
	assert_int_equal(emrtd_password_from_zone(&a, "I<UTOSTEVENSON<<PETER<<<<<<<<<<<<<<<"
						      "D231458907UTO3407127M9507122<<<<<<<2"),
		0);
	assert_memory_equal(a.secret, digest, 20);
	/* Unknown birth date: the fillers are the key. */
	assert_int_equal(emrtd_password_from_zone(&a, "I<UTOSTEVENSON<<PETER<<<<<<<<<<<<<<<"
						      "D231458907UTO<<<<<<0M9507122<<<<<<<2"),
		0);
	assert_int_equal(emrtd_password_from_fields(&b, "D23145890", "<<<<<<", "950712"), 0);
	assert_memory_equal(a.secret, b.secret, 20);

	assert_int_equal(emrtd_password_from_zone(&a, "short"), PN_EFORMAT);
	assert_int_equal(emrtd_password_from_fields(&a, "", "340712", "950712"), PN_EFORMAT);
	assert_int_equal(emrtd_password_from_fields(&a, "d2", "340712", "950712"), PN_EFORMAT);
	assert_int_equal(emrtd_password_from_fields(&a, "D2", "34071", "950712"), PN_EFORMAT);
	assert_int_equal(emrtd_password_from_can(&a, "123456"), 0);
	assert_memory_equal(a.secret, "123456", 6);
	assert_int_equal(emrtd_password_from_can(&a, "12345"), PN_EFORMAT);
	assert_int_equal(emrtd_password_from_can(&a, "12345a"), PN_EFORMAT);
	assert_int_equal(emrtd_password_from_can(&a, "12345678901234567"), PN_EFORMAT);
}

/* --- BAC and 3DES secure messaging, appendix D --------------------------------------------- */

#define BAC_RANDOM "781723860C06C226 0B795240CB7049B01C19B33E32804F0B"
#define BAC_LINES                                                                                  \
	{"00A4040C07A0000002471001", "9000", 0}, {"0084000008", "4608F91988702212 9000", 0},       \
	{                                                                                          \
		"0082000028 72C29C2371CC9BDB65B779B8E8D37B29ECC154AA56A8799FAE2F498F76ED92F2 "     \
		"5F1448EEA8AD90A7 28",                                                             \
			"46B9342A41396CD7386BF5803104D7CEDC122B9132139BAF2EEDC94EE178534F2F2D235D" \
			"074D7449 "                                                                \
			"9000",                                                                    \
			0                                                                          \
	}

static struct emrtd_session *bac_session(struct script *script, int wanted)
{
	struct emrtd_password p;
	script->random = BAC_RANDOM;
	const struct emrtd_channel channel = script_channel(script);
	struct emrtd_session *s = emrtd_open(&channel);
	assert_non_null(s);
	assert_int_equal(emrtd_password_from_fields(&p, "L898902C", "690806", "940623"), 0);
	assert_int_equal(emrtd_select_application(s), 0);
	assert_int_equal(emrtd_bac(s, &p), wanted);
	return s;
}

static void test_bac_example(void **state)
{
	static const struct line lines[] = {BAC_LINES,
		{"0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800",
			"990290008E08FA855A5D4C50A8ED9000", 0},
		{"0CB000000D9701048E08ED6705417E96BA5500",
			"8709019FF0EC34F9922651990290008E08AD55CC17140B2DED9000", 0},
		{"0CB000040D9701128E082EA28A70F3C7B53500",
			"871901FB9235F4E4037F2327DCC8964F1F9B8C30F42C8E2FFF224A990290008E08C8B2787E"
			"AEA07D749000",
			0}};
	struct script script = {lines, PN_COUNT(lines), 0, NULL, {0}, 0};
	struct emrtd_session *s = bac_session(&script, 0);
	struct emrtd_bytes data;
	(void)state;
	assert_int_equal(emrtd_state(s).access, EMRTD_ACCESS_BAC);
	assert_int_equal(emrtd_read_max(s), 231);
	assert_int_equal(emrtd_select_file(s, 0x011e), 0);
	assert_int_equal(emrtd_read(s, 0, 0, 4, &data), 0);
	expect_hex(data.bytes, data.size, "60145F01");
	assert_int_equal(emrtd_read(s, 0, 4, 18, &data), 0);
	expect_hex(data.bytes, data.size, "04303130365F36063034303030305C026175");
	assert_int_equal(script.at, script.count);
	assert_int_equal(emrtd_state(s).exchanges, 6);
	emrtd_close(s);
}

static void test_bac_refused(void **state)
{
	static const struct {
		const char *challenge, *answer;
		enum emrtd_cause cause;
		int err;
	} cases[] = {
		{"6A88", NULL, EMRTD_CAUSE_STATUS, PN_EDENIED},
		{"4608F919887022 9000", NULL, EMRTD_CAUSE_FORMAT, PN_EFORMAT},
		{"90", NULL, EMRTD_CAUSE_TORN, PN_EIO},
		{"4608F91988702212 9000", "6300", EMRTD_CAUSE_PASSWORD, PN_EDENIED},
		{"4608F91988702212 9000", "9000", EMRTD_CAUSE_FORMAT, PN_EFORMAT},
		{"4608F91988702212 9000", /* one bit of the checksum */
			"46B9342A41396CD7386BF5803104D7CEDC122B9132139BAF2EEDC94EE178534F2F2D235D07"
			"4D7448 9000",
			EMRTD_CAUSE_BAC_MAC, PN_ECRYPTO},
		/* Our own cryptogram sent back: its checksum is right, its order is not. */
		{"4608F91988702212 9000",
			"72C29C2371CC9BDB65B779B8E8D37B29ECC154AA56A8799FAE2F498F76ED92F2 "
			"5F1448EEA8AD90A7 9000",
			EMRTD_CAUSE_BAC_NONCE, PN_ECRYPTO},
	};
	(void)state;
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		const struct line lines[] = {{NULL, "9000", 0}, {NULL, cases[i].challenge, 0},
			{NULL, cases[i].answer, 0}};
		struct script script = {lines, cases[i].answer == NULL ? 2 : 3, 0, NULL, {0}, 0};
		struct emrtd_session *s = bac_session(&script, cases[i].err);
		assert_int_equal(emrtd_failure(s).cause, cases[i].cause);
		assert_int_equal(emrtd_state(s).access, EMRTD_ACCESS_NONE);
		assert_false(emrtd_state(s).secure);
		emrtd_close(s);
	}
}

/* The right keys and the chip's own challenge, but an answer to another challenge of ours. */
static void test_bac_stale(void **state)
{
	uint8_t enc[32], mac[32], plain[32], sealed[40];
	char text[96];
	(void)state;
	hex_any(enc, sizeof(enc), "AB94FDECF2674FDFB9B391F85D7F76F2");
	hex_any(mac, sizeof(mac), "7962D9ECE03D1ACD4C76089DCE131543");
	for (int stale = 0; stale < 2; stale++) {
		/* RND.IC, RND.IFD (one bit off), K.IC */
		hex_any(plain, sizeof(plain),
			"4608F91988702212 781723860C06C226 0B4F80323EB3191CB04970CB4052790B");
		plain[15] ^= (uint8_t)stale;
		assert_int_equal(emrtd_encrypt(EMRTD_3DES, enc, NULL, plain, 32, sealed), 0);
		const struct emrtd_bytes covered = {sealed, 32};
		assert_int_equal(emrtd_mac(EMRTD_3DES, mac, &covered, 1, sealed + 32), 0);
		for (size_t i = 0; i < sizeof(sealed); i++)
			snprintf(text + 2 * i, 3, "%02X", sealed[i]);
		snprintf(text + 80, sizeof(text) - 80, "9000");
		const struct line lines[] = {
			{NULL, "9000", 0}, {NULL, "4608F91988702212 9000", 0}, {NULL, text, 0}};
		struct script script = {lines, 3, 0, NULL, {0}, 0};
		struct emrtd_session *s = bac_session(&script, stale ? PN_ECRYPTO : 0);
		assert_int_equal(
			emrtd_failure(s).cause, stale ? EMRTD_CAUSE_BAC_NONCE : EMRTD_CAUSE_NONE);
		assert_int_equal(emrtd_state(s).secure, stale == 0);
		emrtd_close(s);
	}
}

/* The third command of the example answered wrongly in every way: dead each time. */
static void test_sm_refused(void **state)
{
	static const struct {
		const char *answer;
		int channel;
		enum emrtd_cause cause;
	} cases[] = {
		{"9000", 0, EMRTD_CAUSE_SM_BARE},
		{"6A82", 0, EMRTD_CAUSE_SM_BARE},
		{"", 0, EMRTD_CAUSE_TORN},
		{"90", 0, EMRTD_CAUSE_TORN},
		{"", PN_ETIMEOUT, EMRTD_CAUSE_CHANNEL},
		{"60145F01 9000", 0, EMRTD_CAUSE_SM_FORMAT},
		/* no DO99; no DO8E; DO8E before DO99; two DO99; a stranger; bytes behind DO8E */
		{"8709019FF0EC34F99226518E08AD55CC17140B2DED9000", 0, EMRTD_CAUSE_SM_FORMAT},
		{"8709019FF0EC34F9922651990290009000", 0, EMRTD_CAUSE_SM_FORMAT},
		{"8709019FF0EC34F99226518E08AD55CC17140B2DED990290009000", 0,
			EMRTD_CAUSE_SM_FORMAT},
		{"990290008709019FF0EC34F99226518E08AD55CC17140B2DED9000", 0,
			EMRTD_CAUSE_SM_FORMAT},
		{"8109019FF0EC34F9922651990290008E08AD55CC17140B2DED9000", 0,
			EMRTD_CAUSE_SM_FORMAT},
		{"8709019FF0EC34F9922651990290008E08AD55CC17140B2DED009000", 0,
			EMRTD_CAUSE_SM_FORMAT},
		{"8709019FF0EC34F9922651990290008E07AD55CC17140B2D9000", 0, EMRTD_CAUSE_SM_FORMAT},
		{"8709019FF0EC34F99226519901908E08AD55CC17140B2DED9000", 0, EMRTD_CAUSE_SM_FORMAT},
		/* one bit of data, of status, of checksum; DO87 dropped */
		{"8709019FF0EC34F9922650990290008E08AD55CC17140B2DED9000", 0, EMRTD_CAUSE_SM_MAC},
		{"8709019FF0EC34F9922651990290018E08AD55CC17140B2DED9001", 0, EMRTD_CAUSE_SM_MAC},
		{"8709019FF0EC34F9922651990290008E08AD55CC17140B2DEC9000", 0, EMRTD_CAUSE_SM_MAC},
		{"990290008E08AD55CC17140B2DED9000", 0, EMRTD_CAUSE_SM_MAC},
		/* the answer before, and the one after: wrong counter */
		{"990290008E08FA855A5D4C50A8ED9000", 0, EMRTD_CAUSE_SM_MAC},
		{"871901FB9235F4E4037F2327DCC8964F1F9B8C30F42C8E2FFF224A990290008E08C8B2787EAEA07D7"
		 "49000",
			0, EMRTD_CAUSE_SM_MAC},
		/* right checksum, trailer not what it protects */
		{"8709019FF0EC34F9922651990290008E08AD55CC17140B2DED6A82", 0,
			EMRTD_CAUSE_SM_STATUS},
	};
	(void)state;
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		const struct line lines[] = {BAC_LINES,
			{NULL, "990290008E08FA855A5D4C50A8ED9000", 0},
			{NULL, cases[i].answer, cases[i].channel}};
		struct script script = {lines, PN_COUNT(lines), 0, NULL, {0}, 0};
		struct emrtd_session *s = bac_session(&script, 0);
		struct emrtd_bytes data;
		assert_int_equal(emrtd_select_file(s, 0x011e), 0);
		assert_true(emrtd_read(s, 0, 0, 4, &data) < 0);
		assert_int_equal(emrtd_failure(s).cause, cases[i].cause);
		assert_null(data.bytes);
		assert_true(emrtd_state(s).dead);
		assert_false(emrtd_state(s).secure);
		/* Nothing more goes out, in clear or otherwise. */
		assert_int_equal(emrtd_select_file(s, 0x011e), PN_ECLOSED);
		assert_int_equal(emrtd_failure(s).cause, EMRTD_CAUSE_SM_DEAD);
		assert_int_equal(script.at, script.count);
		emrtd_close(s);
	}
}

static void test_get_response(void **state)
{
	static const struct line lines[] = {{"00B0000008", "0102 6102", 0},
		{"00C0000002", "0304 6101", 0}, {"00C0000001", "05 9000", 0},
		{"00B0000008", "0102 6282", 0}, {"00B0000002", "010203 9000", 0},
		{"00B0000008", "6B00", 0}};
	struct script script = {lines, PN_COUNT(lines), 0, NULL, {0}, 0};
	const struct emrtd_channel channel = script_channel(&script);
	struct emrtd_session *s = emrtd_open(&channel);
	struct emrtd_bytes data;
	(void)state;
	assert_int_equal(emrtd_read_max(s), 256);
	assert_int_equal(emrtd_read(s, 0, 0, 8, &data), 0);
	expect_hex(data.bytes, data.size, "0102030405");
	assert_int_equal(emrtd_read(s, 0, 0, 8, &data), 0);
	expect_hex(data.bytes, data.size, "0102");
	assert_int_equal(emrtd_read(s, 0, 0, 2, &data), PN_EFORMAT);
	assert_int_equal(emrtd_read(s, 0, 0, 8, &data), PN_EDENIED);
	assert_int_equal(emrtd_failure(s).sw, 0x6b00);
	assert_int_equal(emrtd_failure(s).cause, EMRTD_CAUSE_STATUS);
	emrtd_close(s);
}

static void test_far_read(void **state)
{
	static const struct line lines[] = {{"00B1000004 54028000 06", "5304 01020304 9000", 0},
		{"00B1000005 5403010000 06", "5304 01020304 9000", 0},
		{"00B09C0004", "01020304 9000", 0},
		{"00B1000004 54028000 06", "53 05 01020304 9000", 0}};
	struct script script = {lines, PN_COUNT(lines), 0, NULL, {0}, 0};
	const struct emrtd_channel channel = script_channel(&script);
	struct emrtd_session *s = emrtd_open(&channel);
	struct emrtd_bytes data;
	(void)state;
	assert_int_equal(emrtd_read(s, 0, 0x8000, 4, &data), 0);
	expect_hex(data.bytes, data.size, "01020304");
	assert_int_equal(emrtd_read(s, 0, 0x10000, 4, &data), 0);
	assert_int_equal(emrtd_read(s, 0x1c, 0, 4, &data), 0);
	assert_int_equal(emrtd_read(s, 0x1c, 256, 4, &data), PN_EINVAL);
	assert_int_equal(emrtd_read(s, 31, 0, 4, &data), PN_EINVAL);
	assert_int_equal(emrtd_read(s, 0, 0x8000, 4, &data), PN_EFORMAT);
	assert_null(data.bytes);
	emrtd_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tlv_walk),
		cmocka_unit_test(test_tlv_refused),
		cmocka_unit_test(test_tlv_header),
		cmocka_unit_test(test_tlv_written),
		cmocka_unit_test(test_apdu),
		cmocka_unit_test(test_kdf),
		cmocka_unit_test(test_cmac),
		cmocka_unit_test(test_padding),
		cmocka_unit_test(test_hash_by_oid),
		cmocka_unit_test(test_passwords),
		cmocka_unit_test(test_bac_example),
		cmocka_unit_test(test_bac_refused),
		cmocka_unit_test(test_bac_stale),
		cmocka_unit_test(test_sm_refused),
		cmocka_unit_test(test_get_response),
		cmocka_unit_test(test_far_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

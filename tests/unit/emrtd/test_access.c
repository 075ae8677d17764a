/* SPDX-License-Identifier: Apache-2.0
 * SecurityInfos as issuers write them, which PACE is chosen, and when BAC may follow.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* cmocka wants the above first */
#include "emrtd/emrtd.h"
#include "script.h"
#include <cmocka.h>

static uint8_t file[8192];

static struct emrtd_bytes hex(const char *text)
{
	return (struct emrtd_bytes){file, hex_any(file, sizeof(file), text)};
}

/* One SecurityInfos of entries, each a SEQUENCE in hexadecimal text. */
static struct emrtd_security_infos infos_of(const char *entries)
{
	static char text[16384];
	struct emrtd_security_infos infos;
	size_t n = 0;
	for (const char *c = entries; *c != '\0'; c++)
		n += *c != ' ';
	snprintf(text, sizeof(text), "3182%04zX%s", n / 2, entries);
	assert_int_equal(emrtd_security_infos(&infos, hex(text)), 0);
	return infos;
}

#define PACE(protocol, cipher, parameter)                                                          \
	"3012060A04007F0007020204" protocol cipher "020102"                                        \
	"0201" parameter
#define PACE_BARE(protocol, cipher) "300F060A04007F0007020204" protocol cipher "020102"

static void test_card_access(void **state)
{
	(void)state;
	/* Doc 9303-11 G.1 */
	struct emrtd_security_infos infos;
	assert_int_equal(
		emrtd_security_infos(&infos, hex("31143012060A04007F0007020204020202010202010D")),
		0);
	assert_int_equal(infos.pace_count, 1);
	assert_int_equal(infos.pace[0].mapping, EMRTD_GENERIC);
	assert_int_equal(infos.pace[0].cipher, EMRTD_AES_128);
	assert_true(infos.pace[0].ecdh);
	assert_int_equal(infos.pace[0].domain, 13);
	expect_hex(infos.pace[0].oid.bytes, infos.pace[0].oid.size, "04007F00070202040202");
	expect_hex(infos.pace[0].parameter.bytes, infos.pace[0].parameter.size, "0D");
	expect_hex(infos.bytes.bytes, infos.bytes.size,
		"31143012060A04007F0007020204020202010202010D");
}

static void test_domains_resolved(void **state)
{
	static const struct {
		const char *entries;
		int domain;
		bool explicit_seen;
	} cases[] = {
		{PACE("02", "02", "0C"), 12, false},
		{PACE("01", "02", "02"), 2, false},
		{PACE("02", "02", "02"), -1, false}, /* ECDH with a prime group */
		{PACE("01", "02", "0D"), -1, false},
		{PACE("02", "02", "07"), -1, false},
		{PACE("02", "02", "13"), -1, false},
		{PACE("04", "02", "0A"), -1, false}, /* IM, P-224 */
		{PACE("02", "02", "0A"), 10, false},
		{PACE("06", "04", "0D"), 13, false},
		{PACE_BARE("02", "02"), -1, false},
		/* none in PACEInfo, standardized ones in PACEDomainParameterInfo */
		{PACE_BARE("02", "02") "3019060904007F000702020402300C060704007F0007010202010D", 13,
			false},
		/* of another protocol; two of them; with its id, above 31 */
		{PACE_BARE("02", "02") "3019060904007F000702020404300C060704007F0007010202010D", -1,
			false},
		{PACE_BARE("02", "02") "3019060904007F000702020402300C060704007F0007010202010D"
				       "3019060904007F000702020402300C060704007F0007010202010C",
			-1, false},
		{PACE("02", "02",
			 "20") "301C060904007F000702020402300C060704007F0007010202010C020120",
			12, false},
		{PACE("02", "02",
			 "20") "301C060904007F000702020402300C060704007F0007010202010C020121",
			-1, false},
		/* explicit parameters: ecPublicKey with a SEQUENCE */
		{PACE_BARE("02", "02") "301B060904007F000702020402300E06072A8648CE3D02013003020101",
			-1, true},
	};
	(void)state;
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		const struct emrtd_security_infos infos = infos_of(cases[i].entries);
		assert_int_equal(infos.pace_count, 1);
		assert_int_equal(infos.pace[0].domain, cases[i].domain);
		assert_int_equal(infos.pace_explicit, cases[i].explicit_seen);
		assert_int_equal(infos.malformed, 0);
	}
}

/* A German identity card's list has kinds that are not the inspection's: they are kept. */
static void test_unknown_kept(void **state)
{
	const struct emrtd_security_infos infos = infos_of(
		"300D060804007F0007020202020102"           /* TA 2 */
		"3012060A04007F00070202030202020102020141" /* CA version 2, key 65 */
		"3012060A04007F00070202030202020103020145" /* CA version 3 */
		PACE("02", "02", "0D") "301C060904007F000702020302300C060704007F0007010202010D02014"
				       "1" /* CA
					      domain
					    */
				       "302B060804007F0007020206161F68747470733A2F2F6273692E62756E6"
				       "42E64652F"
				       "6369662F6E70612E786D6C"
				       "3000"
				       "0500"
				       "3003020101"                         /* no entries at all */
				       "300F060A04007F00070202040202020101" /* PACE version 1 */
				       "3012060A04007F0007020204020502010202010D"   /* a cipher that
										       is none */
				       "3012060A04007F0007020204060102010202010D"   /* CAM with 3DES
										     */
				       "3012060A04007F0007020204050202010202010D"); /* arc 5 */
	(void)state;
	assert_true(infos.terminal_authentication);
	assert_int_equal(infos.pace_count, 1);
	assert_int_equal(infos.ca_count, 2);
	assert_int_equal(infos.ca[0].version, 2);
	assert_int_equal(infos.unknown_count, 3);
	assert_int_equal(infos.malformed, 6);
	struct emrtd_ca_choice choice;
	assert_int_equal(emrtd_ca_choose(&infos, &choice), PN_ENOTFOUND);
}

static void test_refused_files(void **state)
{
	static const char *const wrong[] = {"", "31", "3101", "3001", "310130", "3102300100",
		"6E00", "6E023000", "310000", "6E02310000", "31800000"};
	struct emrtd_security_infos infos;
	(void)state;
	for (size_t i = 0; i < PN_COUNT(wrong); i++)
		assert_int_equal(emrtd_security_infos(&infos, hex(wrong[i])), PN_EFORMAT);
	assert_int_equal(emrtd_security_infos(&infos, hex("6E023100")), 0);
	/* more entries than any chip has */
	file[0] = 0x31;
	file[1] = 0x82;
	file[2] = 0x02;
	file[3] = 0x02;
	for (size_t i = 0; i < 257; i++)
		memcpy(file + 4 + 2 * i, "\x30\0", 2);
	assert_int_equal(
		emrtd_security_infos(&infos, (struct emrtd_bytes){file, 4 + 514}), PN_ELIMIT);
}

static void test_order(void **state)
{
	const struct emrtd_security_infos infos = infos_of(
		PACE("01", "04", "02") PACE("04", "04", "0D") PACE("02", "02", "0D")
			PACE("02", "04", "0D") PACE("06", "02", "0D") PACE("02", "02", "13"));
	static const uint8_t best[] = {4, 3, 2, 1, 0}, without[] = {3, 2, 1, 0};
	uint8_t order[EMRTD_INFOS_MAX];
	(void)state;
	assert_int_equal(emrtd_pace_order(&infos, false, order), 5);
	assert_memory_equal(order, best, sizeof(best));
	assert_int_equal(emrtd_pace_order(&infos, true, order), 4);
	assert_memory_equal(order, without, sizeof(without));
}

#define KEY(id)                                                                                    \
	"3062060904007F0007020201023052300C060704007F0007010202010D0342000418727094"               \
	"94399E7470A6431BE25E83EEE24FEA568C2ED28DB48E05DB3A610DC884D256A40E35EFCB59BF6753D3A489D2" \
	"8C7A"                                                                                     \
	"4D973C2DA138A6E7A4A08F68E16F0201" id
#define KEY_BARE                                                                                   \
	"305F060904007F0007020201023052300C060704007F0007010202010D0342000418727094"               \
	"94399E7470A6431BE25E83EEE24FEA568C2ED28DB48E05DB3A610DC884D256A40E35EFCB59BF6753D3A489D2" \
	"8C7A"                                                                                     \
	"4D973C2DA138A6E7A4A08F68E16F"
#define CA(kind, cipher, id) "3012060A04007F0007020203" kind cipher "0201010201" id
#define CA_BARE(kind, cipher) "300F060A04007F0007020203" kind cipher "020101"

static void test_ca_choice(void **state)
{
	static const struct {
		const char *entries;
		int err;
		enum emrtd_cipher cipher;
		const char *oid, *key_id;
		bool name_key;
	} cases[] = {
		{KEY_BARE CA_BARE("02", "01"), 0, EMRTD_3DES, "04007F00070202030201", "", false},
		{KEY_BARE CA_BARE("02", "02") CA_BARE("02", "04"), 0, EMRTD_AES_256,
			"04007F00070202030204", "", false},
		{KEY("0D") CA("02", "02", "0D"), 0, EMRTD_AES_128, "04007F00070202030202", "0D",
			true},
		{KEY("0D") KEY("0E") CA("02", "02", "0E"), 0, EMRTD_AES_128, "04007F00070202030202",
			"0E", true},
		{KEY("0D") CA("02", "02", "0E"), PN_ENOTFOUND, 0, "", "", false},
		{KEY_BARE CA("02", "02", "0E"), 0, EMRTD_AES_128, "04007F00070202030202", "", true},
		/* no ChipAuthenticationInfo: 3DES is meant */
		{KEY_BARE, 0, EMRTD_3DES, "04007F00070202030201", "", false},
		{KEY("05"), 0, EMRTD_3DES, "04007F00070202030201", "05", true},
		/* a protocol without key, a key of the other kind */
		{CA_BARE("02", "02"), PN_ENOTFOUND, 0, "", "", false},
		{KEY_BARE CA_BARE("01", "02"), PN_ENOTFOUND, 0, "", "", false},
	};
	(void)state;
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		struct emrtd_ca_choice choice = {0};
		const struct emrtd_security_infos infos = infos_of(cases[i].entries);
		assert_int_equal(infos.malformed, 0);
		assert_int_equal(emrtd_ca_choose(&infos, &choice), cases[i].err);
		if (cases[i].err != 0)
			continue;
		assert_int_equal(choice.cipher, cases[i].cipher);
		expect_hex(choice.oid.bytes, choice.oid.size, cases[i].oid);
		expect_hex(choice.key->key_id.bytes, choice.key->key_id.size, cases[i].key_id);
		assert_int_equal(choice.name_key, cases[i].name_key);
	}
}

static void test_aa_info(void **state)
{
	/* icao aaProtocolObject, version 1, ecdsa-plain-SHA256 */
	struct emrtd_security_infos infos =
		infos_of("30170606678108010105020101060A04007F00070101040103");
	(void)state;
	assert_true(infos.active_authentication);
	assert_int_equal(infos.aa_hash, EMRTD_SHA256);
	infos = infos_of("30170606678108010105020101060A04007F00070101040109");
	assert_true(infos.active_authentication);
	assert_int_equal(infos.aa_hash, 0);
}

static void test_card_security(void **state)
{
	/* ContentInfo, SignedData, eContent of id-SecurityObject with an empty SET. */
	struct emrtd_bytes set;
	(void)state;
	assert_int_equal(
		emrtd_card_security_payload(hex("302B06092A864886F70D010702A01E301C0201033100"
						"3010060804007F0007030201A00404023100 3103020100"),
			&set),
		0);
	expect_hex(set.bytes, set.size, "3100");
	assert_int_equal(
		emrtd_card_security_payload(hex("302B06092A864886F70D010702A01E301C0201033100"
						"3010060804007F0007030202A00404023100 3103020100"),
			&set),
		PN_EFORMAT);
	assert_int_equal(
		emrtd_card_security_payload(hex("302B06092A864886F70D010703A01E301C0201033100"
						"3010060804007F0007030201A00404023100 3103020100"),
			&set),
		PN_EFORMAT);
	assert_int_equal(emrtd_card_security_payload(hex("3000"), &set), PN_EFORMAT);
}

/* --- opening ------------------------------------------------------------------------------------
 */

static void test_fallback(void **state)
{
	static const enum emrtd_cause listed[] = {
		EMRTD_CAUSE_PACE_ABSENT, EMRTD_CAUSE_PACE_UNSUPPORTED, EMRTD_CAUSE_PACE_REFUSED};
	(void)state;
	for (enum emrtd_cause cause = 0; cause < EMRTD_CAUSES_; cause++) {
		const struct emrtd_failure f = {PN_EDENIED, EMRTD_STEP_PACE_SELECT, cause, 0x6a80};
		struct emrtd_policy policy = {.bac_after_pace_offer = true};
		bool is_listed = false;
		for (size_t i = 0; i < PN_COUNT(listed); i++)
			is_listed = is_listed || listed[i] == cause;
		assert_int_equal(emrtd_fallback(&f, &policy, EMRTD_PASSWORD_MRZ, false), is_listed);
		assert_false(emrtd_fallback(&f, &policy, EMRTD_PASSWORD_CAN, false));
		assert_false(emrtd_fallback(&f, &policy, EMRTD_PASSWORD_MRZ, true));
		policy.bac_after_pace_offer = false;
		assert_int_equal(emrtd_fallback(&f, &policy, EMRTD_PASSWORD_MRZ, false),
			cause == EMRTD_CAUSE_PACE_ABSENT);
		policy = (struct emrtd_policy){.without_bac = true, .bac_after_pace_offer = true};
		assert_false(emrtd_fallback(&f, &policy, EMRTD_PASSWORD_MRZ, false));
		assert_string_not_equal(emrtd_cause_key(cause), "unknown");
	}
	assert_string_equal(emrtd_cause_key(EMRTD_CAUSES_), "unknown");
	assert_string_equal(emrtd_step_key(EMRTD_STEP_CA_AGREE), "ca-agree");
	assert_string_equal(emrtd_step_key(EMRTD_STEPS_), "unknown");
}

#define BAC_RANDOM "781723860C06C226 0B795240CB7049B01C19B33E32804F0B"
#define BAC_LINES                                                                                  \
	{"00A4040C07A0000002471001", "9000", 0}, {"0084000008", "4608F91988702212 9000", 0},       \
	{                                                                                          \
		NULL,                                                                              \
			"46B9342A41396CD7386BF5803104D7CEDC122B9132139BAF2EEDC94EE178534F2F2D235D" \
			"074D7449 9000",                                                           \
			0                                                                          \
	}

struct opening {
	struct line lines[10];
	size_t count;
	struct emrtd_policy policy;
	int err;
	enum emrtd_access access;
	enum emrtd_cause pace;
	bool fell_back;
};

#define G1_FILE "31143012060A04007F0007020204020202010202010D"

static void test_openings(void **state)
{
	static const struct opening cases[] = {
		/* an old passport: no EF.CardAccess */
		{{{"00B09C00E0", "6A82", 0}, {"00A4000C", "9000", 0}, {"00A4020C02011C", "6A82", 0},
			 BAC_LINES},
			6, {0}, 0, EMRTD_ACCESS_BAC, EMRTD_CAUSE_PACE_ABSENT, false},
		/* the same, MF not selectable */
		{{{"00B09C00E0", "6D00", 0}, {"00A4000C", "6A86", 0}, {"00A4020C02011C", "6982", 0},
			 BAC_LINES},
			6, {0}, 0, EMRTD_ACCESS_BAC, EMRTD_CAUSE_PACE_ABSENT, false},
		/* and where BAC is not wanted */
		{{{"00B09C00E0", "6A82", 0}, {"00A4000C", "9000", 0},
			 {"00A4020C02011C", "6A82", 0}},
			3, {.without_bac = true}, PN_EDENIED, EMRTD_ACCESS_NONE,
			EMRTD_CAUSE_PACE_ABSENT, false},
		/* a file that offers nothing; one that is none */
		{{{"00B09C00E0", "3100 9000", 0}, BAC_LINES}, 4, {0}, 0, EMRTD_ACCESS_BAC,
			EMRTD_CAUSE_PACE_ABSENT, false},
		{{{"00B09C00E0", "3001 9000", 0}, {NULL, "00 9000", 0}}, 2,
			{.bac_after_pace_offer = true}, PN_EFORMAT, EMRTD_ACCESS_NONE,
			EMRTD_CAUSE_FORMAT, false},
		{{{"00B09C00E0", "31840FFFFFFF 9000", 0}}, 1, {.bac_after_pace_offer = true},
			PN_EFORMAT, EMRTD_ACCESS_NONE, EMRTD_CAUSE_FORMAT, false},
		/* a torn field is no reason */
		{{{"00B09C00E0", "", PN_EIO}}, 1, {.bac_after_pace_offer = true}, PN_EIO,
			EMRTD_ACCESS_NONE, EMRTD_CAUSE_CHANNEL, false},
		/* only what is not known here, allowed and not */
		{{{"00B09C00E0", "31143012060A04007F00070202040202020102020113 9000", 0},
			 BAC_LINES},
			4, {.bac_after_pace_offer = true}, 0, EMRTD_ACCESS_BAC,
			EMRTD_CAUSE_PACE_UNSUPPORTED, true},
		{{{"00B09C00E0", "31143012060A04007F00070202040202020102020113 9000", 0}}, 1, {0},
			PN_EUNSUPPORTED, EMRTD_ACCESS_NONE, EMRTD_CAUSE_PACE_UNSUPPORTED, false},
		/* offered, then refused with and without DO84 */
		{{{"00B09C00E0", G1_FILE " 9000", 0},
			 {"0022C1A40F800A04007F00070202040202830101", "6A80", 0},
			 {"0022C1A412800A04007F0007020204020283010184010D", "6A80", 0}, BAC_LINES},
			6, {.bac_after_pace_offer = true}, 0, EMRTD_ACCESS_BAC,
			EMRTD_CAUSE_PACE_REFUSED, true},
		{{{"00B09C00E0", G1_FILE " 9000", 0}, {NULL, "6A80", 0}, {NULL, "6A80", 0}}, 3, {0},
			PN_EDENIED, EMRTD_ACCESS_NONE, EMRTD_CAUSE_PACE_REFUSED, false},
		/* two sets of parameters on offer: DO84 says which */
		{{{"00B09C00E0",
			  "3128 3012060A04007F0007020204020202010202010C "
			  "3012060A04007F0007020204020402010202010D 9000",
			  0},
			 {"0022C1A412800A04007F0007020204020483010184010D", "6982", 0}},
			2, {0}, PN_EDENIED, EMRTD_ACCESS_NONE, EMRTD_CAUSE_STATUS, false},
		/* PACE begun and failed: never BAC, whatever the policy */
		{{{"00B09C00E0", G1_FILE " 9000", 0}, {NULL, "9000", 0}, {NULL, "6F00", 0}}, 3,
			{.bac_after_pace_offer = true}, PN_EDENIED, EMRTD_ACCESS_NONE,
			EMRTD_CAUSE_STATUS, false},
		/* in pieces: the header, then the rest */
		{{{"00B09C00E0", "31 9000", 0}, {"00B00001E0", "143012060A 9000", 0},
			 {"00B0000610", "04007F0007020204020202010202010D 9000", 0},
			 {NULL, "6982", 0}},
			4, {.bac_after_pace_offer = true}, PN_EDENIED, EMRTD_ACCESS_NONE,
			EMRTD_CAUSE_STATUS, false},
		/* by name after the short identifier failed */
		{{{"00B09C00E0", "6981", 0}, {"00A4000C", "9000", 0}, {"00A4020C02011C", "9000", 0},
			 {"00B00000E0", G1_FILE " 6282", 0}, {NULL, "6982", 0}},
			5, {0}, PN_EDENIED, EMRTD_ACCESS_NONE, EMRTD_CAUSE_STATUS, false},
	};
	(void)state;
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		static struct emrtd_access_report report;
		struct script script = {cases[i].lines, cases[i].count, 0, BAC_RANDOM, {0}, 0};
		const struct emrtd_channel channel = script_channel(&script);
		struct emrtd_session *s = emrtd_open(&channel);
		struct emrtd_password p;
		assert_int_equal(emrtd_password_from_fields(&p, "L898902C", "690806", "940623"), 0);
		assert_int_equal(emrtd_access(s, &p, &cases[i].policy, &report), cases[i].err);
		assert_int_equal(script.at, script.count);
		assert_int_equal(report.access, cases[i].access);
		assert_int_equal(emrtd_state(s).access, cases[i].access);
		assert_int_equal(report.pace.cause, cases[i].pace);
		assert_int_equal(report.fell_back, cases[i].fell_back);
		emrtd_close(s);
	}
}

/* What the signed lists say against how the chip was opened. */
static void test_contradicted(void **state)
{
	static struct emrtd_access_report r;
	struct emrtd_security_infos offers, silent;
	uint8_t copy[64];
	(void)state;
	size_t n = hex_any(copy, sizeof(copy), G1_FILE);
	assert_int_equal(emrtd_security_infos(&offers, (struct emrtd_bytes){copy, n}), 0);
	silent = infos_of("");
	memset(&r, 0, sizeof(r));
	r.access = EMRTD_ACCESS_BAC;
	assert_true(emrtd_access_contradicted(&r, &offers));
	assert_false(emrtd_access_contradicted(&r, &silent));
	r.access = EMRTD_ACCESS_PACE;
	memcpy(r.card_access, copy, n);
	r.card_access_size = n;
	assert_false(emrtd_access_contradicted(&r, &offers));
	assert_false(emrtd_access_contradicted(&r, &silent));
	r.card_access[n - 1] = 12; /* another curve than the signed one */
	assert_true(emrtd_access_contradicted(&r, &offers));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_card_access),
		cmocka_unit_test(test_domains_resolved),
		cmocka_unit_test(test_unknown_kept),
		cmocka_unit_test(test_refused_files),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_ca_choice),
		cmocka_unit_test(test_aa_info),
		cmocka_unit_test(test_card_security),
		cmocka_unit_test(test_fallback),
		cmocka_unit_test(test_openings),
		cmocka_unit_test(test_contradicted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

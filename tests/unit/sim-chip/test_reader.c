/* SPDX-License-Identifier: Apache-2.0
 * The chip and the reader's library, written apart, speak to each other: every domain parameter id,
 * mapping and cipher of PACE, every Chip and Active Authentication, short and extended length,
 * documents of three sizes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "desk.h"

static const unsigned parameters[] = {0, 1, 2, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18};

static const struct sim_chip_file *issued(const struct desk *d, unsigned id)
{
	const struct sim_chip_config *c = sim_passport_chip(d->passport);
	for (size_t i = 0; i < c->file_count; i++) {
		if (c->files[i].id == id)
			return &c->files[i];
	}
	return NULL;
}

static void basic(void **state)
{
	(void)state;
	static const char *const zones[] = {desk_td3, desk_td2, desk_td1};
	for (size_t i = 0; i < 6; i++) {
		struct sim_passport_config c = desk_usual();
		struct desk d;
		c.mrz = zones[i / 2];
		c.full_name = "ERIKSSON<<ANNA<MARIA";
		c.issued = "20250813";
		c.face_kind = i % 2 == 0 ? SIM_FACE_JPEG : SIM_FACE_JPEG_2000;
		desk_open(&d, &c, i % 2 == 0);
		assert_int_equal(desk_access(&d, false), 0);
		assert_int_equal(d.report.access, EMRTD_ACCESS_BAC);
		desk_expect_group(&d, 1);
		desk_expect_group(&d, 2);
		desk_expect_group(&d, 11);
		desk_expect_group(&d, 12);
		desk_close(&d);
	}
}

/* Opens, reads, and when the mapping is CAM verifies what it proves. */
static void one_pace(const struct sim_chip_pace *pace, bool extended, bool by_can)
{
	struct sim_passport_config c = desk_usual();
	struct desk d;
	static uint8_t security[4096];
	size_t size = 0;
	c.bac = false;
	c.face_size = 300;
	c.pace[0] = *pace;
	c.pace_count = 1;
	desk_open(&d, &c, extended);
	int err = desk_access(&d, by_can);
	if (err != 0)
		fail_msg("id %u mapping %d cipher %d: %d, %s at %s", pace->parameter,
			(int)pace->mapping, (int)pace->cipher, err,
			emrtd_cause_key(d.report.pace.cause), emrtd_step_key(d.report.pace.step));
	assert_int_equal(d.report.access, EMRTD_ACCESS_PACE);
	assert_int_equal(d.report.domain, pace->parameter);
	desk_expect_group(&d, 1);
	desk_expect_group(&d, 2);
	if (pace->mapping == SIM_CAM) {
		struct emrtd_security_infos infos;
		struct emrtd_bytes set;
		assert_int_equal(emrtd_select_master(d.session), 0);
		assert_int_equal(
			desk_read(&d, &emrtd_file_card_security, security, sizeof security, &size),
			0);
		assert_int_equal(
			emrtd_card_security_payload((struct emrtd_bytes){security, size}, &set), 0);
		assert_int_equal(emrtd_security_infos(&infos, set), 0);
		assert_int_equal(emrtd_cam_verify(d.session, &infos), 0);
	}
	desk_close(&d);
}

static void every_pace(void **state)
{
	(void)state;
	unsigned count = 0;
	for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++) {
		for (int mapping = SIM_GM; mapping <= SIM_CAM; mapping++) {
			for (int cipher = SIM_3DES; cipher <= SIM_AES_256; cipher++) {
				const struct sim_chip_pace pace = {(enum sim_mapping)mapping,
					(enum sim_cipher)cipher, parameters[i]};
				if (mapping == SIM_IM && parameters[i] == 10)
					continue; /* Doc 9303-11 B.1 asks for p = 3 modulo 4 */
				if (mapping == SIM_CAM && (parameters[i] < 8 || cipher == SIM_3DES))
					continue;
				/* 2048 bits do not go into a short command */
				one_pace(&pace,
					parameters[i] == 1 || parameters[i] == 2 || count % 2 == 0,
					count % 3 == 0);
				count++;
			}
		}
	}
	print_message("%u PACE variants\n", count);
	assert_int_equal(count, 14 * 4 + 13 * 4 + 11 * 3);
}

static void one_ca(const struct sim_passport_ca *ca, bool extended)
{
	struct sim_passport_config c = desk_usual();
	struct desk d;
	struct emrtd_security_infos infos;
	struct emrtd_ca_choice choice;
	c.face_size = 300;
	c.ca[0] = *ca;
	c.ca_count = 1;
	desk_open(&d, &c, extended);
	assert_int_equal(desk_access(&d, false), 0);
	const struct sim_chip_file *dg14 = issued(&d, 0x010e);
	desk_expect_group(&d, 14);
	assert_int_equal(
		emrtd_security_infos(&infos, (struct emrtd_bytes){dg14->bytes, dg14->size}), 0);
	assert_int_equal(emrtd_ca_choose(&infos, &choice), 0);
	int err = emrtd_chip_authenticate(d.session, &choice);
	if (err == 0)
		err = emrtd_chip_confirm(d.session);
	if (err != 0)
		fail_msg("id %u cipher %d: %d, %s", ca->parameter, (int)ca->cipher, err,
			emrtd_cause_key(emrtd_failure(d.session).cause));
	assert_int_equal(emrtd_chip_proof(d.session), EMRTD_PROVEN);
	desk_expect_group(&d, 1);
	desk_expect_group(&d, 2);
	desk_close(&d);
}

static void every_chip_authentication(void **state)
{
	(void)state;
	unsigned count = 0;
	for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++) {
		for (int cipher = SIM_3DES; cipher <= SIM_AES_256; cipher++) {
			const struct sim_passport_ca ca = {(enum sim_cipher)cipher, parameters[i],
				count % 2 == 0 ? -1 : 5, cipher == SIM_3DES && count % 3 == 0};
			one_ca(&ca, parameters[i] == 1 || parameters[i] == 2 || count % 2 == 0);
			count++;
		}
	}
	print_message("%u Chip Authentication variants\n", count);
}

static void one_aa(const struct sim_passport_config *c, enum emrtd_hash hash, bool good)
{
	struct desk d;
	desk_open(&d, c, true);
	assert_int_equal(desk_access(&d, false), 0);
	const struct sim_chip_file *dg15 = issued(&d, 0x010f);
	desk_expect_group(&d, 15);
	int err = emrtd_active_authenticate(
		d.session, (struct emrtd_bytes){dg15->bytes, dg15->size}, hash);
	if ((err == 0) != good)
		fail_msg("trailer %x digest %s: %d, %s", c->aa_trailer,
			c->aa_digest != NULL ? c->aa_digest : "", err,
			emrtd_cause_key(emrtd_failure(d.session).cause));
	desk_close(&d);
}

static void every_active_authentication(void **state)
{
	(void)state;
	static const unsigned trailers[] = {0xbc, 0x33cc, 0x34cc, 0x35cc, 0x36cc, 0x38cc};
	static const char *const digests[] = {"SHA1", "SHA224", "SHA256", "SHA384", "SHA512"};
	struct sim_passport_config c = desk_usual();
	c.face_size = 100;
	c.aa = SIM_AA_RSA;
	for (size_t i = 0; i < sizeof trailers / sizeof trailers[0]; i++) {
		c.aa_trailer = trailers[i];
		c.aa_bits = i % 2 == 0 ? 1024 : 1280;
		one_aa(&c, 0, true);
	}
	c.aa = SIM_AA_EC;
	for (unsigned i = 0; i < 11; i++) {
		c.aa_parameter = 8 + i;
		c.aa_digest = digests[i % 5];
		c.aa_der = i % 2 == 0;
		struct sim_passport_config copy = c;
		struct desk d;
		struct emrtd_security_infos infos;
		desk_open(&d, &c, true);
		const struct sim_chip_file *dg14 = issued(&d, 0x010e);
		assert_int_equal(
			emrtd_security_infos(&infos, (struct emrtd_bytes){dg14->bytes, dg14->size}),
			0);
		assert_true(infos.active_authentication);
		enum emrtd_hash hash = infos.aa_hash;
		desk_close(&d);
		one_aa(&copy, hash, true);
	}
}

/* A clone has the files and not the keys. */
static void clones(void **state)
{
	(void)state;
	struct sim_passport_config c = desk_usual();
	c.face_size = 100;
	c.faults[SIM_FAULT_CLONE].on = true;
	c.aa = SIM_AA_RSA;
	c.aa_bits = 1024;
	one_aa(&c, 0, false);
	c.aa = SIM_AA_EC;
	one_aa(&c, 0, false);
	c.aa = SIM_AA_NONE;
	c.ca[0] = (struct sim_passport_ca){SIM_AES_128, 13, -1, false};
	c.ca_count = 1;
	struct desk d;
	struct emrtd_security_infos infos;
	struct emrtd_ca_choice choice;
	desk_open(&d, &c, true);
	assert_int_equal(desk_access(&d, false), 0);
	const struct sim_chip_file *dg14 = issued(&d, 0x010e);
	assert_int_equal(
		emrtd_security_infos(&infos, (struct emrtd_bytes){dg14->bytes, dg14->size}), 0);
	assert_int_equal(emrtd_ca_choose(&infos, &choice), 0);
	int err = emrtd_chip_authenticate(d.session, &choice);
	assert_true(err != 0 || emrtd_chip_confirm(d.session) != 0);
	assert_int_not_equal(emrtd_chip_proof(d.session), EMRTD_PROVEN);
	desk_close(&d);
}

static void large(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct sim_passport_config c = desk_usual();
		struct desk d;
		c.faults[SIM_FAULT_DG2_HUGE].on = true;
		c.no_extended = i % 2 == 1;
		if (i >= 2) {
			c.pace[0] = (struct sim_chip_pace){SIM_GM, SIM_AES_128, 13};
			c.pace_count = 1;
		}
		desk_open(&d, &c, i % 2 == 0);
		assert_int_equal(desk_access(&d, false), 0);
		desk_expect_group(&d, 2);
		print_message("200 kB, %s, %s: %u commands\n", i >= 2 ? "AES" : "3DES",
			i % 2 == 0 ? "extended" : "short", sim_chip_commands(d.chip));
		desk_close(&d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(basic),
		cmocka_unit_test(every_pace),
		cmocka_unit_test(every_chip_authentication),
		cmocka_unit_test(every_active_authentication),
		cmocka_unit_test(clones),
		cmocka_unit_test(large),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

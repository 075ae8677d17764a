/* SPDX-License-Identifier: Apache-2.0
 * What the reader's library makes of a chip that does wrong in opening, in proving itself and
 * inside secure messaging: each fault of the layers MESSAGE, ACCESS and CHIP by the cause it must
 * be given, and never a session or a proof.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "desk.h"

struct expected {
	const char *fault;
	enum emrtd_cause cause; /* EMRTD_CAUSE_NONE: it goes well */
};

static void opened_with(const struct sim_passport_config *config, const struct expected *e)
{
	struct sim_passport_config c = *config;
	struct desk d;
	assert_int_equal(sim_chip_fault_parse(e->fault, c.faults), PN_OK);
	desk_open(&d, &c, true);
	int err = desk_access(&d, false);
	struct emrtd_failure f = emrtd_failure(d.session);
	enum emrtd_cause cause = err == 0 ? EMRTD_CAUSE_NONE : f.cause;
	if (cause != e->cause)
		fail_msg("%s: %s (%d), not %s", e->fault, emrtd_cause_key(cause), err,
			emrtd_cause_key(e->cause));
	assert_int_equal(emrtd_state(d.session).access != EMRTD_ACCESS_NONE && err == 0,
		e->cause == EMRTD_CAUSE_NONE);
	desk_close(&d);
}

static void opening(void **state)
{
	(void)state;
	static const struct expected bac[] = {{"bac-6300", EMRTD_CAUSE_PASSWORD},
		{"bac-rnd", EMRTD_CAUSE_BAC_NONCE}, {"le-6700", EMRTD_CAUSE_NONE}};
	static const struct expected pace[] = {{"pace-6300", EMRTD_CAUSE_PASSWORD},
		{"pace-63c=2", EMRTD_CAUSE_PASSWORD}, {"mse-6a80", EMRTD_CAUSE_PACE_REFUSED},
		{"mse-6a87", EMRTD_CAUSE_NONE}, {"mse-6a88", EMRTD_CAUSE_PACE_REFUSED},
		{"pace-nonce", EMRTD_CAUSE_FORMAT}, {"pace-off-curve", EMRTD_CAUSE_PACE_KEY},
		{"pace-off-curve-2", EMRTD_CAUSE_PACE_KEY},
		{"pace-same-key", EMRTD_CAUSE_PACE_OWN_KEY},
		{"pace-same-map", EMRTD_CAUSE_PACE_OWN_KEY}, {"pace-token", EMRTD_CAUSE_PACE_TOKEN},
		{"pace-no-token", EMRTD_CAUSE_FORMAT}};
	struct sim_passport_config c = desk_usual();
	c.face_size = 100;
	for (size_t i = 0; i < sizeof bac / sizeof bac[0]; i++)
		opened_with(&c, &bac[i]);
	c.bac = false;
	c.pace_count = 1;
	for (int group = 0; group < 2; group++) {
		c.pace[0] = (struct sim_chip_pace){SIM_GM, SIM_AES_128, group == 0 ? 13 : 0};
		for (size_t i = 0; i < sizeof pace / sizeof pace[0]; i++)
			opened_with(&c, &pace[i]);
	}
}

/* The cause of the first refusal in opening by BAC and reading DG1. */
static void inside(void **state)
{
	(void)state;
	static const struct expected cases[] = {{"sm-mac@7", EMRTD_CAUSE_SM_MAC},
		{"sm-ssc@7", EMRTD_CAUSE_SM_MAC}, {"sm-replay@8", EMRTD_CAUSE_SM_MAC},
		{"sm-padding@7", EMRTD_CAUSE_SM_PADDING}, {"sm-indicator@7", EMRTD_CAUSE_SM_FORMAT},
		{"sm-cryptogram@7", EMRTD_CAUSE_SM_FORMAT}, {"sm-status@7", EMRTD_CAUSE_SM_STATUS},
		{"sm-no-status@7", EMRTD_CAUSE_SM_FORMAT}, {"sm-no-mac@7", EMRTD_CAUSE_SM_FORMAT},
		{"sm-plain-9000@7", EMRTD_CAUSE_SM_BARE},
		{"sm-plain-data@7", EMRTD_CAUSE_SM_FORMAT},
		{"sm-plain-error@7", EMRTD_CAUSE_SM_BARE}, {"sm-drop@7", EMRTD_CAUSE_SM_BARE}};
	struct emrtd_file dg1, com = emrtd_file_com;
	assert_true(emrtd_file_group(1, &dg1));
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct sim_passport_config c = desk_usual();
		struct desk d;
		uint8_t bytes[1000];
		size_t size = 0;
		c.face_size = 100;
		/* 1 EF.CardAccess, 2 its SELECT, 3 SELECT, 4 challenge, 5 authentication, 6 the
		 * first protected command */
		assert_int_equal(sim_chip_fault_parse(cases[i].fault, c.faults), PN_OK);
		desk_open(&d, &c, true);
		assert_int_equal(desk_access(&d, false), 0);
		assert_int_equal(sim_chip_commands(d.chip), 6);
		int err = desk_read(&d, &com, bytes, sizeof bytes, &size);
		if (err == 0)
			err = desk_read(&d, &dg1, bytes, sizeof bytes, &size);
		struct emrtd_failure f = emrtd_failure(d.session);
		if (err == 0 || f.cause != cases[i].cause)
			fail_msg("%s: %s (%d), not %s", cases[i].fault, emrtd_cause_key(f.cause),
				err, emrtd_cause_key(cases[i].cause));
		assert_true(emrtd_state(d.session).dead);
		desk_close(&d);
	}
}

static const struct sim_chip_file *issued(const struct desk *d, unsigned id)
{
	const struct sim_chip_config *c = sim_passport_chip(d->passport);
	for (size_t i = 0; i < c->file_count; i++) {
		if (c->files[i].id == id)
			return &c->files[i];
	}
	fail();
	return NULL;
}

static void mapping_proofs(void **state)
{
	(void)state;
	static const struct expected cases[] = {{"cam-wrong", EMRTD_CAUSE_CAM_WRONG},
		{"clone", EMRTD_CAUSE_CAM_WRONG}, {"cam-absent", EMRTD_CAUSE_CAM_DATA},
		{"cam-key-unsigned", EMRTD_CAUSE_NONE}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct sim_passport_config c = desk_usual();
		struct desk d;
		struct emrtd_security_infos infos;
		struct emrtd_bytes set;
		c.bac = false;
		c.pace[0] = (struct sim_chip_pace){SIM_CAM, SIM_AES_256, 16};
		c.pace_count = 1;
		assert_int_equal(sim_chip_fault_parse(cases[i].fault, c.faults), PN_OK);
		desk_open(&d, &c, true);
		int err = desk_access(&d, false);
		enum emrtd_cause cause = EMRTD_CAUSE_NONE;
		if (err == 0) {
			const struct sim_chip_file *f = issued(&d, SIM_MF | 0x011d);
			assert_int_equal(emrtd_card_security_payload(
						 (struct emrtd_bytes){f->bytes, f->size}, &set),
				0);
			assert_int_equal(emrtd_security_infos(&infos, set), 0);
			err = emrtd_cam_verify(d.session, &infos);
		}
		if (err != 0)
			cause = emrtd_failure(d.session).cause;
		if (cause != cases[i].cause)
			fail_msg("%s: %s (%d)", cases[i].fault, emrtd_cause_key(cause), err);
		desk_close(&d);
	}
}

static void chip_proofs(void **state)
{
	(void)state;
	/* A key that the SOD does not cover proves itself: only Passive Authentication tells. */
	static const struct {
		const char *fault;
		bool proven;
	} cases[] = {
		{"ca-6a80", false}, {"clone", false}, {"ca-key-unsigned", true}, {"slow=1", true}};
	for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
		struct sim_passport_config c = desk_usual();
		struct desk d;
		struct emrtd_security_infos infos;
		struct emrtd_ca_choice choice;
		const char *fault = cases[i / 2].fault;
		c.ca[0] = (struct sim_passport_ca){
			i % 2 == 0 ? SIM_3DES : SIM_AES_192, i % 2 == 0 ? 0 : 15, 2, false};
		c.ca_count = 1;
		assert_int_equal(sim_chip_fault_parse(fault, c.faults), PN_OK);
		desk_open(&d, &c, true);
		assert_int_equal(desk_access(&d, false), 0);
		const struct sim_chip_file *dg14 = issued(&d, 0x010e);
		assert_int_equal(
			emrtd_security_infos(&infos, (struct emrtd_bytes){dg14->bytes, dg14->size}),
			0);
		assert_int_equal(emrtd_ca_choose(&infos, &choice), 0);
		int err = emrtd_chip_authenticate(d.session, &choice);
		if (err == 0)
			err = emrtd_chip_confirm(d.session);
		if ((err == 0) != cases[i / 2].proven ||
			(emrtd_chip_proof(d.session) == EMRTD_PROVEN) != cases[i / 2].proven)
			fail_msg("%s: %d", fault, err);
		desk_close(&d);
	}
}

static void signatures(void **state)
{
	(void)state;
	static const struct {
		const char *fault;
		bool proven;
	} cases[] = {{"aa-cut", false}, {"aa-none", false}, {"aa-old", false}, {"clone", false},
		{"aa-key-unsigned", true}};
	for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
		struct sim_passport_config c = desk_usual();
		struct desk d;
		c.aa = i % 2 == 0 ? SIM_AA_RSA : SIM_AA_EC;
		c.aa_bits = 1024;
		assert_int_equal(sim_chip_fault_parse(cases[i / 2].fault, c.faults), PN_OK);
		desk_open(&d, &c, true);
		assert_int_equal(desk_access(&d, false), 0);
		const struct sim_chip_file *dg15 = issued(&d, 0x010f);
		int err = emrtd_active_authenticate(
			d.session, (struct emrtd_bytes){dg15->bytes, dg15->size}, 0);
		if ((err == 0) != cases[i / 2].proven)
			fail_msg("%s: %d", cases[i / 2].fault, err);
		desk_close(&d);
	}
}

/* Reading faults that a reader can live with, and those that it cannot; never wrong bytes. */
static void reading(void **state)
{
	(void)state;
	static const char *const harmless[] = {"read-6282", "read-6282=20", "read-6c", "read-6c=40",
		"read-no-256", "read-no-sfi", "read-no-odd", "read-6b00", "read-short", "slow=1"};
	static const char *const fatal[] = {"read-none", "read-error", "read-error=0x6982",
		"read-absent=0x101",
		/* the chip's refusal is not protected: the session is over, and the next is one of
		   short commands */
		"read-no-extended"};
	for (size_t i = 0; i < 2 * sizeof harmless / sizeof harmless[0]; i++) {
		struct sim_passport_config c = desk_usual();
		struct desk d;
		uint8_t bytes[30000];
		size_t size = 0;
		struct emrtd_file dg2;
		c.face_size = 20000;
		assert_int_equal(sim_chip_fault_parse(harmless[i / 2], c.faults), PN_OK);
		desk_open(&d, &c, i % 2 == 0);
		int err = desk_access(&d, false);
		assert_true(emrtd_file_group(2, &dg2));
		if (err == 0)
			err = desk_read(&d, &dg2, bytes, sizeof bytes, &size);
		const struct sim_chip_file *f = issued(&d, 0x0102);
		if (err != 0 || size != f->size)
			fail_msg("%s, %s: %d, %zu bytes, %s, %04x after %u commands",
				harmless[i / 2], i % 2 == 0 ? "extended" : "short", err, size,
				emrtd_cause_key(emrtd_failure(d.session).cause),
				emrtd_failure(d.session).sw, sim_chip_commands(d.chip));
		assert_memory_equal(bytes, f->bytes, size);
		desk_close(&d);
	}
	for (size_t i = 0; i < sizeof fatal / sizeof fatal[0]; i++) {
		struct sim_passport_config c = desk_usual();
		struct desk d;
		uint8_t bytes[1000];
		size_t size = 0;
		struct emrtd_file dg1;
		c.face_size = 100;
		assert_int_equal(sim_chip_fault_parse(fatal[i], c.faults), PN_OK);
		desk_open(&d, &c, true);
		assert_int_equal(desk_access(&d, false), 0);
		assert_true(emrtd_file_group(1, &dg1));
		assert_int_not_equal(desk_read(&d, &dg1, bytes, sizeof bytes, &size), 0);
		assert_true(sim_chip_commands(d.chip) < 40);
		desk_close(&d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opening),
		cmocka_unit_test(inside),
		cmocka_unit_test(mapping_proofs),
		cmocka_unit_test(chip_proofs),
		cmocka_unit_test(signatures),
		cmocka_unit_test(reading),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 * A passport in one file comes back whole: files, ways in, keys, faults. A file that is cut short or
 * changed is refused or read as something else, and never beyond its end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "desk.h"
#include "sim/chip/pack.h"
#include "sim/chip/store.h"

static const char path[] = "test-sim-chip.passport";

/* Everything that a passport can have at once. */
static struct sim_passport_config full(void)
{
	struct sim_passport_config c = desk_usual();
	c.can = "123456";
	c.pace[0] = (struct sim_chip_pace){SIM_CAM, SIM_AES_128, 13};
	c.pace[1] = (struct sim_chip_pace){SIM_GM, SIM_AES_256, 2};
	c.pace_count = 2;
	c.ca[0] = (struct sim_passport_ca){SIM_AES_128, 13, 7, false};
	c.ca[1] = (struct sim_passport_ca){SIM_AES_128, 2, 8, false};
	c.ca_count = 2;
	c.aa = SIM_AA_EC;
	c.aa_digest = "SHA384";
	c.aa_der = true;
	c.no_extended = true;
	c.response_most = 700;
	assert_int_equal(sim_chip_fault_parse("slow=900@3+", c.faults), PN_OK);
	assert_int_equal(sim_chip_fault_parse("clone", c.faults), PN_OK);
	return c;
}

static void same(const struct sim_chip_config *a, const struct sim_chip_config *b)
{
	assert_int_equal(a->file_count, b->file_count);
	for (size_t i = 0; i < a->file_count; i++) {
		assert_int_equal(a->files[i].id, b->files[i].id);
		assert_int_equal(a->files[i].size, b->files[i].size);
		assert_memory_equal(a->files[i].bytes, b->files[i].bytes, a->files[i].size);
	}
	assert_true(a->open == b->open && a->bac == b->bac && a->no_extended == b->no_extended);
	assert_int_equal(a->response_most, b->response_most);
	assert_int_equal(a->pace_count, b->pace_count);
	for (size_t i = 0; i < a->pace_count; i++)
		assert_true(a->pace[i].mapping == b->pace[i].mapping &&
			    a->pace[i].cipher == b->pace[i].cipher &&
			    a->pace[i].parameter == b->pace[i].parameter);
	assert_string_equal(a->mrz_information, b->mrz_information);
	assert_string_equal(a->can, b->can);
	assert_int_equal(a->ca_count, b->ca_count);
	for (size_t i = 0; i < a->ca_count; i++) {
		assert_int_equal(EVP_PKEY_eq(a->ca[i].key, b->ca[i].key), 1);
		assert_true(a->ca[i].cipher == b->ca[i].cipher && a->ca[i].id == b->ca[i].id);
	}
	assert_int_equal(EVP_PKEY_eq(a->cam, b->cam), 1);
	assert_int_equal(EVP_PKEY_eq(a->aa.key, b->aa.key), 1);
	assert_true(a->aa.trailer == b->aa.trailer && a->aa.der == b->aa.der);
	assert_string_equal(a->aa.digest, b->aa.digest);
	for (int i = 0; i < SIM_FAULTS; i++) {
		const struct sim_chip_when *x = &a->faults[i], *y = &b->faults[i];
		assert_int_equal(x->on, y->on);
		if (x->on)
			assert_true(x->has_value == y->has_value && x->value == y->value &&
				    x->at == y->at && x->and_after == y->and_after);
	}
}

static void comes_back(void **state)
{
	(void)state;
	struct sim_passport_config c = full();
	struct sim_passport *p = NULL;
	struct sim_pack *pack = NULL;
	struct sim_chip *chip = NULL;
	struct sim_chip_config got = {.timing = {.air_kbit = 424}};
	assert_int_equal(sim_passport_issue(desk_office(), &c, &p), PN_OK);
	assert_int_equal(sim_pack_save(path, sim_passport_chip(p)), PN_OK);
	assert_int_equal(sim_pack_load(path, &got, &pack), PN_OK);
	same(sim_passport_chip(p), &got);
	assert_true(got.timing.air_kbit == 424);
	assert_int_equal(sim_chip_new(&got, &chip), PN_OK);
	sim_chip_free(chip);
	sim_pack_free(pack);
	sim_passport_free(p);
	unlink(path);
}

static void shared_key(void **state)
{
	(void)state;
	struct sim_passport_config c = desk_usual();
	struct sim_passport *p[2] = {NULL, NULL};
	EVP_PKEY *key = EVP_RSA_gen(1024);
	c.aa = SIM_AA_RSA;
	c.aa_key = key;
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(sim_passport_issue(desk_office(), &c, &p[i]), PN_OK);
	EVP_PKEY_free(key);
	assert_ptr_equal(sim_passport_chip(p[0])->aa.key, sim_passport_chip(p[1])->aa.key);
	sim_passport_free(p[0]);
	assert_int_equal(EVP_PKEY_get_bits(sim_passport_chip(p[1])->aa.key), 1024);
	sim_passport_free(p[1]);
}

static void write_file(const uint8_t *bytes, size_t size)
{
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, size, f), size);
	fclose(f);
}

static void changed(void **state)
{
	(void)state;
	struct sim_passport_config c = full();
	struct sim_passport *p = NULL;
	struct sim_pack *pack = NULL;
	struct sim_chip_config got = {.open = false};
	uint8_t *bytes = NULL;
	size_t size = 0, taken = 0;
	c.face_size = 64;
	assert_int_equal(sim_passport_issue(desk_office(), &c, &p), PN_OK);
	assert_int_equal(sim_pack_save(path, sim_passport_chip(p)), PN_OK);
	sim_passport_free(p);
	assert_int_equal(sim_store_read(path, &bytes, &size), PN_OK);
	for (size_t n = 0; n < size; n += n < 600 ? 1 : 37) {
		write_file(bytes, n);
		int err = sim_pack_load(path, &got, &pack);
		assert_true(err == PN_OK || err == PN_EFORMAT);
		taken += err == PN_OK;
		sim_pack_free(pack);
	}
	/* only between two objects */
	assert_in_range(taken, 1, 40);
	for (size_t at = 0; at < size; at += at < 200 ? 1 : 23) {
		bytes[at] ^= 0x15;
		write_file(bytes, size);
		int err = sim_pack_load(path, &got, &pack);
		assert_true(err == PN_OK || err == PN_EFORMAT);
		sim_pack_free(pack);
		bytes[at] ^= 0x15;
	}
	free(bytes);
	unlink(path);
	assert_int_equal(sim_pack_load(path, &got, &pack), PN_EIO);
	assert_null(pack);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back),
		cmocka_unit_test(shared_key),
		cmocka_unit_test(changed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

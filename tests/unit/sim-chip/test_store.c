/* SPDX-License-Identifier: Apache-2.0
 * A passport that was saved and laid down again is the same passport: the reader reads it and its
 * keys prove themselves. With POSTERN_TEST_DATA naming a folder that holds bsi-tr03105-5, BSI's
 * reference data set is such a passport as well.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "desk.h"
#include "sim/chip/der.h"
#include "sim/chip/store.h"

static int transmit(
	void *self, const uint8_t *command, size_t size, uint8_t *response, size_t *response_size)
{
	return sim_chip_apdu(self, command, size, response, response_size);
}

static int take(void *self, const uint8_t *bytes, size_t size)
{
	struct sim_der *d = self;
	sim_der_put(d, bytes, size);
	return d->failed ? PN_ENOMEM : 0;
}

static const struct sim_chip_file *find(const struct sim_chip_config *c, unsigned id)
{
	for (size_t i = 0; i < c->file_count; i++) {
		if (c->files[i].id == id)
			return &c->files[i];
	}
	return NULL;
}

static void read_same(struct emrtd_session *s, const struct sim_chip_config *c, unsigned number)
{
	struct emrtd_file file;
	struct emrtd_limits limits = {.chunk = 0};
	struct emrtd_progress progress = {.done = 0};
	struct sim_der got = {0};
	const struct sim_chip_file *f = find(c, 0x0100 | number);
	assert_non_null(f);
	assert_true(emrtd_file_group(number, &file));
	assert_int_equal(emrtd_file_read(s, &file, &limits, &progress, 300000, take, &got), 0);
	assert_int_equal(got.size, f->size);
	assert_memory_equal(got.bytes, f->bytes, f->size);
	sim_der_free(&got);
}

/* Reads DG1, DG2, DG14, DG15 of the folder's passport and has both keys prove themselves. */
static void whole(const char *folder, unsigned trailer)
{
	struct sim_chip_config c;
	struct sim_store *store = NULL;
	struct sim_chip *chip = NULL;
	struct emrtd_password password;
	struct emrtd_access_report report;
	struct emrtd_security_infos infos;
	struct emrtd_ca_choice choice;
	const struct emrtd_policy policy = {.without_cam = false};
	char zone[96] = {0}, information[64];
	memset(&c, 0, sizeof c);
	c.bac = true;
	c.aa.trailer = trailer;
	assert_int_equal(sim_store_load(folder, &c, &store), PN_OK);
	const struct sim_chip_file *dg1 = find(&c, 0x0101), *dg14 = find(&c, 0x010e),
				   *dg15 = find(&c, 0x010f);
	assert_true(dg1 != NULL && dg14 != NULL && dg15 != NULL && dg1->size == 93);
	memcpy(zone, dg1->bytes + 5, 88);
	assert_true(sim_passport_mrz_information(zone, information, sizeof information));
	c.mrz_information = information;
	assert_int_equal(sim_chip_new(&c, &chip), PN_OK);
	const struct emrtd_channel channel = {.self = chip,
		.transmit = transmit,
		.command_max = EMRTD_COMMAND_MAX,
		.response_max = EMRTD_RESPONSE_MAX};
	struct emrtd_session *s = emrtd_open(&channel);
	assert_int_equal(emrtd_password_from_zone(&password, zone), 0);
	assert_int_equal(emrtd_access(s, &password, &policy, &report), 0);
	read_same(s, &c, 14);
	assert_int_equal(
		emrtd_security_infos(&infos, (struct emrtd_bytes){dg14->bytes, dg14->size}), 0);
	assert_int_equal(emrtd_ca_choose(&infos, &choice), 0);
	assert_int_equal(emrtd_chip_authenticate(s, &choice), 0);
	assert_int_equal(emrtd_chip_confirm(s), 0);
	read_same(s, &c, 1);
	read_same(s, &c, 15);
	read_same(s, &c, 2);
	assert_int_equal(emrtd_active_authenticate(
				 s, (struct emrtd_bytes){dg15->bytes, dg15->size}, infos.aa_hash),
		0);
	print_message("%s: CA and AA proven, %u commands\n", folder, sim_chip_commands(chip));
	emrtd_close(s);
	sim_chip_free(chip);
	sim_store_free(store);
}

static void remove_all(const char *folder)
{
	char path[400];
	DIR *d = opendir(folder);
	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
		snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
		if (e->d_name[0] != '.')
			unlink(path);
	}
	if (d != NULL)
		closedir(d);
	rmdir(folder);
}

static void saved(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		char folder[] = "sim-store-XXXXXX";
		struct sim_passport_config c = desk_usual();
		struct sim_passport *p = NULL;
		c.ca[0] = (struct sim_passport_ca){SIM_AES_128, i == 0 ? 13 : 1, -1, false};
		c.ca_count = 1;
		c.aa = i == 0 ? SIM_AA_RSA : SIM_AA_EC;
		assert_non_null(mkdtemp(folder));
		assert_int_equal(sim_passport_issue(desk_office(), &c, &p), PN_OK);
		assert_int_equal(
			sim_store_save(folder, sim_passport_chip(p), desk_office()), PN_OK);
		whole(folder, 0x34cc);
		sim_passport_free(p);
		remove_all(folder);
	}
}

static void absent(void **state)
{
	(void)state;
	struct sim_chip_config c;
	struct sim_store *store = NULL;
	memset(&c, 0, sizeof c);
	assert_int_equal(sim_store_load("no-such-folder", &c, &store), PN_ENOTFOUND);
	sim_store_free(store);
}

static void reference_data(void **state)
{
	(void)state;
	const char *data = getenv("POSTERN_TEST_DATA");
	char folder[512];
	if (data == NULL) {
		print_message(
			"POSTERN_TEST_DATA is not set: BSI's reference data set was not read\n");
		skip();
	}
	snprintf(folder, sizeof folder, "%s/bsi-tr03105-5", data);
	whole(folder, 0xbc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(saved),
		cmocka_unit_test(absent),
		cmocka_unit_test(reference_data),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

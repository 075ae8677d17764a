/* SPDX-License-Identifier: Apache-2.0
 * See desk.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "desk.h"

/* Utopia's specimens of Doc 9303 parts 4, 6 and 5. */
const char desk_td3[] = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
			"L898902C36UTO7408122F1204159ZE184226B<<<<<10";
const char desk_td2[] = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<D231458907UTO7408122F1204159<<<<<<<6";
const char desk_td1[] = "I<UTOD231458907<<<<<<<<<<<<<<<7408122F1204159UTO<<<<<<<<<<<6ERIKSSON<<"
			"ANNA<MARIA<<<<<<<<<<";

struct sim_office *desk_office(void)
{
	static struct sim_office *office;
	if (office == NULL) {
		const struct sim_office_config c = {"UT", SIM_EC_P256, SIM_EC_P256, 1790000000};
		office = sim_office_new(&c);
		assert_non_null(office);
	}
	return office;
}

struct sim_passport_config desk_usual(void)
{
	return (struct sim_passport_config){
		.mrz = desk_td3, .can = "123456", .bac = true, .face_size = 1000};
}

static int transmit(
	void *self, const uint8_t *command, size_t size, uint8_t *response, size_t *response_size)
{
	return sim_chip_apdu(self, command, size, response, response_size);
}

void desk_open(struct desk *d, const struct sim_passport_config *config, bool extended)
{
	memset(d, 0, sizeof *d);
	assert_int_equal(sim_passport_issue(desk_office(), config, &d->passport), 0);
	assert_int_equal(sim_chip_new(sim_passport_chip(d->passport), &d->chip), 0);
	const struct emrtd_channel channel = {.self = d->chip,
		.transmit = transmit,
		.command_max = extended ? EMRTD_COMMAND_MAX : 0,
		.response_max = extended ? EMRTD_RESPONSE_MAX : 0};
	d->session = emrtd_open(&channel);
	assert_non_null(d->session);
}

void desk_close(struct desk *d)
{
	emrtd_close(d->session);
	sim_chip_free(d->chip);
	sim_passport_free(d->passport);
	memset(d, 0, sizeof *d);
}

int desk_access(struct desk *d, bool by_can)
{
	struct emrtd_password password;
	const struct emrtd_policy policy = {.without_cam = false};
	const char *zone = NULL;
	size_t size = 0;
	const struct sim_chip_config *c = sim_passport_chip(d->passport);
	static char text[96];
	for (size_t i = 0; i < c->file_count; i++) {
		if (c->files[i].id == 0x0101) {
			size = c->files[i].size - 5;
			memcpy(text, c->files[i].bytes + 5, size);
			text[size] = '\0';
			zone = text;
		}
	}
	assert_non_null(zone);
	if (by_can)
		assert_int_equal(emrtd_password_from_can(&password, "123456"), 0);
	else
		assert_int_equal(emrtd_password_from_zone(&password, zone), 0);
	return emrtd_access(d->session, &password, &policy, &d->report);
}

struct sink {
	uint8_t *at;
	size_t size, room;
};

static int take(void *self, const uint8_t *bytes, size_t size)
{
	struct sink *s = self;
	assert_true(size <= s->room - s->size);
	memcpy(s->at + s->size, bytes, size);
	s->size += size;
	return 0;
}

int desk_read(
	struct desk *d, const struct emrtd_file *file, uint8_t *out, size_t room, size_t *size)
{
	struct emrtd_limits limits = {.chunk = 0};
	struct emrtd_progress progress = {.done = 0};
	struct sink sink = {out, 0, room};
	int err = emrtd_file_read(d->session, file, &limits, &progress, room, take, &sink);
	*size = sink.size;
	return err;
}

void desk_expect_group(struct desk *d, unsigned number)
{
	static uint8_t bytes[300000];
	struct emrtd_file file;
	size_t size = 0;
	assert_true(emrtd_file_group(number, &file));
	const struct sim_chip_config *c = sim_passport_chip(d->passport);
	for (size_t i = 0; i < c->file_count; i++) {
		if (c->files[i].id == file.id) {
			assert_int_equal(desk_read(d, &file, bytes, sizeof bytes, &size), 0);
			assert_int_equal(size, c->files[i].size);
			assert_memory_equal(bytes, c->files[i].bytes, size);
			return;
		}
	}
	fail_msg("DG%u was not issued", number);
}

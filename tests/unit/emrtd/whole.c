/* SPDX-License-Identifier: Apache-2.0
 * See whole.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "whole.h"

/* Utopia's specimens of Doc 9303 parts 4, 6 and 5. */
const char whole_td3[] = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10";
const char whole_td2[] = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<D231458907UTO7408122F1204159<<<<<<<6";
const char whole_td1[] = "I<UTOD231458907<<<<<<<<<<<<<<<7408122F1204159UTO<<<<<<<<<<<6ERIKSSON<<ANNA<MARIA<<<<<<<<<<";

void whole_world_begin(struct whole_world *w)
{
	const struct sim_office_config c = {"UT", SIM_EC_P256, SIM_EC_P256, 1790000000};
	size_t size = 0;
	memset(w, 0, sizeof *w);
	w->now_s = c.now_s;
	w->office = sim_office_new(&c);
	assert_non_null(w->office);
	trust_init(&w->trust);
	uint8_t *der = sim_office_csca(w->office, &size);
	assert_int_equal(trust_add_certificate(&w->trust, der, size, true), TRUST_USABLE);
	OPENSSL_free(der);
	/* Brings the neighbour's CSCA. */
	der = sim_office_list(w->office, &size);
	assert_int_equal(trust_add_master_list(&w->trust, der, size, false, NULL), TRUST_OK);
	OPENSSL_free(der);
	der = sim_office_crl(w->office, &size);
	assert_int_equal(trust_add_crl(&w->trust, der, size), TRUST_OK);
	OPENSSL_free(der);
}

void whole_world_end(struct whole_world *w)
{
	trust_free(&w->trust);
	sim_office_free(w->office);
	memset(w, 0, sizeof *w);
}

struct sim_passport_config whole_usual(void)
{
	return (struct sim_passport_config){.mrz = whole_td3,
		.can = "123456",
		.face_size = 200,
		.full_name = "ERIKSSON<<ANNA<MARIA",
		.issued = "20110415"};
}

void whole_issue(struct whole *w, const struct whole_world *world, const struct sim_passport_config *config)
{
	memset(w, 0, sizeof *w);
	w->config = *config;
	w->deadline_ms = 60000;
	w->groups = UINT32_C(0x1fffe) & ~(1U << 3 | 1U << 4);
	assert_int_equal(sim_passport_issue(world->office, config, &w->passport), 0);
}

static int transmit(void *self, const uint8_t *command, size_t size, uint8_t *response, size_t *response_size)
{
	struct whole *w = self;
	int err = sim_chip_apdu(w->chip, command, size, response, response_size);
	/* As PC/SC gives it: the bytes that came before the chip left are a response, and the next command fails. */
	if (err == PN_ECLOSED && *response_size > 0)
		err = 0;
	return sim_chip_total_ms(w->chip) > w->deadline_ms ? PN_ETIMEOUT : err;
}

void whole_lay(struct whole *w, bool extended)
{
	w->extended = extended;
	assert_int_equal(sim_chip_new(sim_passport_chip(w->passport), &w->chip), 0);
	sim_chip_power(w->chip, true);
	const struct emrtd_channel channel = {.self = w,
		.transmit = transmit,
		.command_max = extended ? EMRTD_COMMAND_MAX : 0,
		.response_max = extended ? EMRTD_RESPONSE_MAX : 0,
		.chaining = !w->without_chaining};
	w->session = emrtd_open(&channel);
	assert_non_null(w->session);
}

void whole_lay_again(struct whole *w)
{
	sim_chip_power(w->chip, false);
	sim_chip_power(w->chip, true);
	emrtd_reset(w->session);
}

int whole_read(struct whole *w)
{
	struct emrtd_password password;
	assert_int_equal(w->by_can ? emrtd_password_from_can(&password, w->config.can) :
				     emrtd_password_from_zone(&password, w->config.mrz),
		0);
	const struct emrtd_wish wish = {.password = &password,
		.policy = &w->policy,
		.groups = w->groups,
		.families = w->families,
		.issuer = "UTO",
		.document_code = strlen(w->config.mrz) == 88 ? "P" : "I"};
	w->err = emrtd_document_read(w->session, &wish, &w->document);
	w->failure = emrtd_failure(w->session);
	return w->err;
}

static struct inspect_file file(const struct emrtd_read_file *f)
{
	return (struct inspect_file){f->whole ? f->bytes : NULL, f->size};
}

void whole_judge(struct whole *w, const struct whole_world *world)
{
	const struct emrtd_document *d = &w->document;
	struct inspect_input in = {.sod = file(&d->sod),
		.card_security = file(&d->card_security),
		.access = &d->access,
		.issuer = "UTO",
		.document_code = strlen(w->config.mrz) == 88 ? "P" : "I",
		.optical_mrz = w->config.mrz,
		.at_s = world->now_s,
		.trust = &world->trust};
	char zone[91] = "";
	/* DG1: 61 L 5F1F L zone, lengths below 80 (Doc 9303-10, 4.7.1). */
	if (d->group[1].whole && d->group[1].size >= 5 && d->group[1].size - 5 < sizeof zone)
		memcpy(zone, d->group[1].bytes + 5, d->group[1].size - 5);
	in.dg1_mrz = zone;
	for (unsigned n = 1; n < EMRTD_GROUPS; n++) {
		in.group[n] = file(&d->group[n]);
		in.absent |= (uint32_t)d->group[n].absent << n;
	}
	inspect(&in, &w->found);
}

void whole_lift(struct whole *w)
{
	emrtd_document_free(&w->document);
	emrtd_close(w->session);
	sim_chip_free(w->chip);
	w->session = NULL;
	w->chip = NULL;
	memset(&w->found, 0, sizeof w->found);
}

void whole_free(struct whole *w)
{
	if (w->session != NULL)
		whole_lift(w);
	sim_passport_free(w->passport);
	memset(w, 0, sizeof *w);
}

const struct sim_chip_file *whole_issued(const struct whole *w, unsigned id)
{
	const struct sim_chip_config *c = sim_passport_chip(w->passport);
	for (size_t i = 0; i < c->file_count; i++)
		if (c->files[i].id == id)
			return &c->files[i];
	return NULL;
}

static bool same(const struct whole *w, unsigned id, const struct emrtd_read_file *f)
{
	const struct sim_chip_file *issued = whole_issued(w, id);
	if (issued == NULL)
		return !f->whole && f->size == 0;
	return f->whole && f->size == issued->size && memcmp(f->bytes, issued->bytes, f->size) == 0;
}

const char *whole_differs(const struct whole *w)
{
	static const char *const names[] = {"", "DG1", "DG2", "DG3", "DG4", "DG5", "DG6", "DG7", "DG8", "DG9", "DG10", "DG11",
		"DG12", "DG13", "DG14", "DG15", "DG16"};
	const struct emrtd_document *d = &w->document;
	const struct sim_chip_file *access = whole_issued(w, SIM_MF | 0x011c);
	bool by_cam = d->access.access == EMRTD_ACCESS_PACE && d->access.mapping == EMRTD_CHIP_AUTHENTICATION;
	for (unsigned n = 1; n < EMRTD_GROUPS; n++)
		if (!same(w, 0x0100 | n, &d->group[n]))
			return names[n];
	if (!same(w, 0x011d, &d->sod))
		return "EF.SOD";
	if (by_cam ? !same(w, SIM_MF | 0x011d, &d->card_security) : d->card_security.size != 0)
		return "EF.CardSecurity";
	if (d->access.card_access_size != (access != NULL ? access->size : 0) ||
		(access != NULL && memcmp(d->access.card_access, access->bytes, access->size) != 0))
		return "EF.CardAccess";
	return NULL;
}

const struct inspect_check *whole_check(const struct inspection *found, enum inspect_check_id id, unsigned group)
{
	for (size_t i = 0; i < found->count; i++)
		if (found->check[i].id == id && found->check[i].group == group)
			return &found->check[i];
	return NULL;
}

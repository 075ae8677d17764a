/* SPDX-License-Identifier: Apache-2.0
 * See reading.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <openssl/crypto.h>
#include <string.h>

#include "reading.h"

struct sim_passport_config reading_config(enum reading_kind kind)
{
	struct sim_passport_config c = desk_usual();
	c.bac = kind == READING_PLAIN || kind == READING_BAC;
	c.full_name = "ERIKSSON<<ANNA<MARIA";
	if (kind != READING_PLAIN) {
		c.ca[0] = (struct sim_passport_ca){SIM_AES_128, 13, -1, false};
		c.ca_count = 1;
	}
	if (kind == READING_BAC)
		c.aa = SIM_AA_EC;
	if (kind == READING_PACE || kind == READING_CAM) {
		c.pace[0] = (struct sim_chip_pace){kind == READING_CAM ? SIM_CAM : SIM_GM, SIM_AES_128, 13};
		c.pace_count = 1;
	}
	return c;
}

void reading_open(struct reading *r, const struct sim_passport_config *config, const char *fault)
{
	struct sim_passport_config c = *config;
	struct emrtd_password password;
	const struct emrtd_policy policy = {.without_cam = false};
	const struct emrtd_wish wish = {
		.password = &password, .policy = &policy, .groups = 1u << 2 | 1u << 11 | 1u << 12 | 1u << 13};
	memset(r, 0, sizeof *r);
	if (fault != NULL)
		assert_int_equal(sim_chip_fault_parse(fault, c.faults), 0);
	assert_int_equal(emrtd_password_from_zone(&password, c.mrz), 0);
	desk_open(&r->desk, &c, true);
	r->complete = emrtd_document_read(r->desk.session, &wish, &r->document) == 0;
	report_of_document(&r->document, r->complete, &r->files, &r->chip);
}

void reading_close(struct reading *r)
{
	emrtd_document_free(&r->document);
	desk_close(&r->desk);
}

void reading_trust(struct trust *t)
{
	size_t size = 0;
	trust_init(t);
	uint8_t *der = sim_office_csca(desk_office(), &size);
	assert_int_equal(trust_add_certificate(t, der, size, true), TRUST_USABLE);
	OPENSSL_free(der);
	der = sim_office_list(desk_office(), &size);
	assert_int_equal(trust_add_master_list(t, der, size, false, NULL), TRUST_OK);
	OPENSSL_free(der);
	der = sim_office_crl(desk_office(), &size);
	assert_int_equal(trust_add_crl(t, der, size), TRUST_OK);
	OPENSSL_free(der);
}

struct report_input reading_input(const struct reading *r, const struct trust *t)
{
	return (struct report_input){.files = &r->files,
		.chip = &r->chip,
		.zone = desk_td3,
		.zone_required = true,
		.at_s = READING_NOW,
		.trust = t};
}

const struct report_check *reading_check(const struct report *r, const char *name, const char *field)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->check[i].name, name) == 0 && (field == NULL || strcmp(r->check[i].field, field) == 0))
			return &r->check[i];
	return NULL;
}

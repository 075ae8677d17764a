/* SPDX-License-Identifier: Apache-2.0
 * See office.h.
 */
#include "sim/chip/office.h"

#include <stdlib.h>
#include <string.h>

enum { GOOD, REVOKED, EXPIRED, STRANGER, COUNTRY, UNKNOWN, SIGNERS };

struct sim_office {
	struct sim_state *state, *unknown, *abroad;
	struct sim_signer *signer[SIGNERS];
	int64_t now_s;
};

static const int64_t year_s = 31556952, day_s = 86400;

static struct sim_state *make_state(const struct sim_office_config *c, const char *country)
{
	const struct sim_state_config s = {
		country, c->csca_key, c->now_s - 5 * year_s, c->now_s + 10 * year_s};
	return sim_state_new(&s);
}

struct sim_office *sim_office_new(const struct sim_office_config *c)
{
	if (strlen(c->country) != 2)
		return NULL;
	struct sim_office *o = calloc(1, sizeof *o);
	if (o == NULL)
		return NULL;
	o->now_s = c->now_s;
	/* XZ is a user-assigned code of ISO 3166-1, no State's. */
	o->state = make_state(c, c->country);
	o->unknown = make_state(c, c->country);
	o->abroad = make_state(c, "XZ");
	struct sim_signer_config d = {
		.key = c->ds_key, .from_s = c->now_s - year_s, .until_s = c->now_s + 10 * year_s};
	bool ok = o->state != NULL && o->unknown != NULL && o->abroad != NULL;
	if (ok) {
		o->signer[GOOD] = sim_signer_new(o->state, &d);
		o->signer[REVOKED] = sim_signer_new(o->state, &d);
		o->signer[UNKNOWN] = sim_signer_new(o->unknown, &d);
		o->signer[COUNTRY] = sim_signer_new(o->abroad, &d);
		d.by_stranger = true;
		o->signer[STRANGER] = sim_signer_new(o->state, &d);
		d.by_stranger = false;
		d.from_s = c->now_s - 4 * year_s;
		d.until_s = c->now_s - 2 * year_s;
		o->signer[EXPIRED] = sim_signer_new(o->state, &d);
	}
	for (size_t i = 0; i < SIGNERS && ok; i++)
		ok = o->signer[i] != NULL;
	if (ok)
		return o;
	sim_office_free(o);
	return NULL;
}

void sim_office_free(struct sim_office *o)
{
	if (o == NULL)
		return;
	for (size_t i = 0; i < SIGNERS; i++)
		sim_signer_free(o->signer[i]);
	sim_state_free(o->state);
	sim_state_free(o->unknown);
	sim_state_free(o->abroad);
	free(o);
}

int64_t sim_office_now(const struct sim_office *o)
{
	return o->now_s;
}

const struct sim_signer *sim_office_signer(
	const struct sim_office *o, const struct sim_chip_when faults[SIM_FAULTS])
{
	static const struct {
		enum sim_chip_fault fault;
		int signer;
	} kinds[] = {{SIM_FAULT_DS_REVOKED, REVOKED}, {SIM_FAULT_DS_EXPIRED, EXPIRED},
		{SIM_FAULT_DS_STRANGER, STRANGER}, {SIM_FAULT_DS_COUNTRY, COUNTRY},
		{SIM_FAULT_CSCA_UNKNOWN, UNKNOWN}};
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (faults[kinds[i].fault].on)
			return o->signer[kinds[i].signer];
	}
	return o->signer[GOOD];
}

const struct sim_state *sim_office_state(const struct sim_office *o)
{
	return o->state;
}

uint8_t *sim_office_csca(const struct sim_office *o, size_t *size)
{
	return sim_der(sim_state_csca(o->state), size);
}

uint8_t *sim_office_crl(const struct sim_office *o, size_t *size)
{
	const struct sim_signer *revoked[] = {o->signer[REVOKED]};
	return sim_crl(o->state, revoked, 1, o->now_s - day_s, o->now_s + 90 * day_s, size);
}

/* The neighbour's CSCA stands in the list: its signature verifies, and only the country betrays the
 * document. */
uint8_t *sim_office_list(const struct sim_office *o, size_t *size)
{
	X509 *const certificates[] = {sim_state_csca(o->state), sim_state_csca(o->abroad)};
	return sim_master_list(o->state, certificates, 2, o->now_s, SIM_LIST_PLAIN, size);
}

uint8_t *sim_office_list_of(const struct sim_office *by, const struct sim_office *const *all,
	size_t count, size_t *size)
{
	X509 *certificates[SIM_OFFICES_MAX] = {NULL};
	*size = 0;
	if (count > SIM_OFFICES_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++)
		certificates[i] = sim_state_csca(all[i]->state);
	return sim_master_list(by->state, certificates, count, by->now_s, SIM_LIST_PLAIN, size);
}

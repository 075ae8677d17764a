/* SPDX-License-Identifier: Apache-2.0
 * A State's passport office: a CSCA, a document signer that is in order, and one for each thing
 * that can be wrong with a signer (layer DATA of faults.def). All its passports are checked with
 * one list of certificates and one revocation list.
 */
#ifndef POSTERN_SIM_CHIP_OFFICE_H
#define POSTERN_SIM_CHIP_OFFICE_H
#include "sim/chip/chip.h"
#include "sim/state/state.h"

struct sim_office;

struct sim_office_config {
	const char *country; /* two letters */
	enum sim_key csca_key, ds_key;
	int64_t now_s; /* CSCA from five years before to ten after, signers from one year before to
			  ten after */
};

/* NULL: OpenSSL failed, or the country is not two letters. */
struct sim_office *sim_office_new(const struct sim_office_config *config);
void sim_office_free(struct sim_office *o);
int64_t sim_office_now(const struct sim_office *o);
/* The signer that these faults ask for. */
const struct sim_signer *sim_office_signer(
	const struct sim_office *o, const struct sim_chip_when faults[SIM_FAULTS]);
const struct sim_state *sim_office_state(const struct sim_office *o);
/* DER, freed with OPENSSL_free: the CSCA's certificate, the revocation list, a master list with the
 * CSCA in it. */
uint8_t *sim_office_csca(const struct sim_office *o, size_t *size);
uint8_t *sim_office_crl(const struct sim_office *o, size_t *size);
uint8_t *sim_office_list(const struct sim_office *o, size_t *size);
/* A master list signed by the State of by with the CSCAs of all these offices in it; NULL for more
 * than SIM_OFFICES_MAX. */
enum { SIM_OFFICES_MAX = 64 };
uint8_t *sim_office_list_of(const struct sim_office *by, const struct sim_office *const *all,
	size_t count, size_t *size);
#endif

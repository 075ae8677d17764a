/* SPDX-License-Identifier: Apache-2.0
 * The files of ICAO Doc 9303-10 as bytes. Between the files of the virtual passport only.
 */
#ifndef POSTERN_SIM_CHIP_LDS_H
#define POSTERN_SIM_CHIP_LDS_H
#include <openssl/evp.h>

#include "sim/chip/der.h"
#include "sim/chip/passport.h"

/* 4.7.1 */
void sim_lds_dg1(struct sim_der *out, const char *mrz);
/* 4.7.2 with ISO/IEC 19794-5:2005; count: of biometric information templates that the file states.
 */
void sim_lds_dg2(
	struct sim_der *out, const uint8_t *image, size_t size, enum sim_face kind, unsigned count);
void sim_lds_filler(struct sim_der *out, size_t size, enum sim_face kind);
/* 4.7.11, 4.7.12; others: a count of other names that are not there, 0 for none. */
void sim_lds_dg11(struct sim_der *out, const struct sim_passport_config *c, unsigned others);
void sim_lds_dg12(struct sim_der *out, const struct sim_passport_config *c);
/* 9303-11 9.2: SecurityInfos. DG14 is 6E around the SET. */
void sim_lds_pace_info(struct sim_der *out, const struct sim_chip_pace *p);
void sim_lds_ca_info(struct sim_der *out, const struct sim_passport_ca *c);
/* standard: AlgorithmIdentifier with the standardized parameter id rather than explicit parameters.
 */
bool sim_lds_ca_key_info(
	struct sim_der *out, const struct sim_passport_ca *c, const EVP_PKEY *key, bool standard);
void sim_lds_aa_info(struct sim_der *out, const char *digest);
bool sim_lds_dg15(struct sim_der *out, const EVP_PKEY *key);
/* numbers: bit n for DGn. */
void sim_lds_com(struct sim_der *out, uint32_t numbers);
void sim_lds_atr_info(
	struct sim_der *out, bool extended, size_t command_most, size_t response_most);
#endif

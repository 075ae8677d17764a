/* SPDX-License-Identifier: Apache-2.0
 * A passport as a folder: the files and keys by the names of BSI's reference data set for TR-03105
 * part 5 (Datagroup1.bin, EF_SOD.bin, DG14_sk.pkcs8 ...), EF_CardAccess.bin, EF_CardSecurity.bin,
 * EF_ATR_INFO.bin beside them. Must never be given a real person's document.
 */
#ifndef POSTERN_SIM_CHIP_STORE_H
#define POSTERN_SIM_CHIP_STORE_H
#include "sim/chip/office.h"

struct sim_store;

/* Files and the keys of DG14 (Chip Authentication, any cipher), DG15 and EF.CardSecurity into config; *store keeps
 * them until freed. PN_ENOTFOUND: no DG1 there. */
int sim_store_load(const char *folder, struct sim_chip_config *config, struct sim_store **store);
void sim_store_free(struct sim_store *s);
/* Also csca.der, crl.der and master-list.ml of the office. PN_EIO. */
int sim_store_save(
	const char *folder, const struct sim_chip_config *config, const struct sim_office *office);
/* A whole file, freed with free(); PN_EIO, PN_ELIMIT over 1 MiB. */
int sim_store_read(const char *path, uint8_t **bytes, size_t *size);
#endif

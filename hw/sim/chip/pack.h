/* SPDX-License-Identifier: Apache-2.0
 * A passport as one file: the chip's files, keys, ways in and faults, so that a simulated lane can
 * lay it on a reader long after it was issued. A sequence of DER objects of this project's own. A
 * folder by BSI's names, which other programs read, is store.h. Must never be given a real person's
 * document: the keys stand in it as they are.
 */
#ifndef POSTERN_SIM_CHIP_PACK_H
#define POSTERN_SIM_CHIP_PACK_H
#include "sim/chip/chip.h"

struct sim_pack;

/* Everything but timing and draw. PN_EIO, PN_ECRYPTO (a key that cannot be written), PN_ENOMEM. */
int sim_pack_save(const char *path, const struct sim_chip_config *config);
/* All of *config but timing and draw; *pack keeps it until freed. PN_EIO: no such file; PN_EFORMAT:
 * another form, or more of anything than a chip may have; PN_ELIMIT: over 1 MiB; PN_ENOMEM. */
int sim_pack_load(const char *path, struct sim_chip_config *config, struct sim_pack **pack);
void sim_pack_free(struct sim_pack *pack);
#endif

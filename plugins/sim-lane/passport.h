/* SPDX-License-Identifier: Apache-2.0
 * Which passport a traveller carries: the generations of documents that are in people's pockets, and what is wrong with
 * the chip of some kinds of traveller. The same traveller carries the same kind of document on every machine; keys and
 * signatures are made anew. Must never be built into the lane itself, which only lays down what was issued.
 */
#ifndef POSTERN_SIM_PASSPORT_H
#define POSTERN_SIM_PASSPORT_H
#include <stdio.h>

#include "scenario.h"
#include "sim/chip/passport.h"

/* Active Authentication keys that passports share: 2048 bits of RSA take a tenth of a second to make, and no reader can
 * tell that two chips have the same. */
enum { PASSPORT_POOL = 3 };
struct passport_pool {
	EVP_PKEY *rsa[PASSPORT_POOL]; /* made when first needed */
};
void passport_pool_free(struct passport_pool *pool);

struct passport_text {
	char name[96], address[96], issued[9];
};

/* *out points into *text, *t and the pool. 0, or -1 when a key cannot be made. */
int passport_describe(const struct traveller *t, struct passport_pool *pool, struct passport_text *text,
	struct sim_passport_config *out);

/* Passports of the travellers first to first + count - 1, and of one of each kind when by_hand is set, as
 * FOLDER/passports/NNNNNNN.passport (path: see carried.h), and what their States vouch for: FOLDER/trust/root.cer, list.ml,
 * crl-XX.crl. faces: a folder of portraits 0.jpg, 1.jpg, ..., of which the traveller's index chooses one, or NULL for drawn
 * ones; with it also FOLDER/pages, the portraits as they are printed on the data pages (sim/page.h). Progress goes to say (may be NULL). 0, or -1 with a sentence in error. */
int passports_issue(const struct scenario *s, struct traveller_date today, int64_t now_s, uint32_t first, uint32_t count,
	bool by_hand, const char *folder, const char *faces, FILE *say, char *error, size_t size);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * Folders of a State's operator, on disk: a key that signs, its public half where a gate looks for it, and the trust folder. Must
 * never be used outside tests.
 */
#ifndef POSTERN_TEST_CHECK_DOCUMENT_TRUST_WORLD_H
#define POSTERN_TEST_CHECK_DOCUMENT_TRUST_WORLD_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trust_world {
	char root[64], csca[96], trust[96], key[96];
};
/* A new temporary folder; the trust folder is empty. */
void trust_world_open(struct trust_world *w);
/* Removes it whole. */
void trust_world_close(struct trust_world *w);
/* A file of the trust folder. size 0: a text. */
void trust_world_put(const struct trust_world *w, const char *name, const void *bytes, size_t size);
/* The CSCA, the master list and, if asked for, the revocation list of desk_office(). */
void trust_world_fill(const struct trust_world *w, bool revocations);
void trust_world_sign(const struct trust_world *w);
#endif

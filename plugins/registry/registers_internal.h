/* SPDX-License-Identifier: Apache-2.0
 * What taking over (registers.c) and looking (registers_look.c) share. Must never be included elsewhere.
 */
#ifndef POSTERN_REGISTRY_REGISTERS_INTERNAL_H
#define POSTERN_REGISTRY_REGISTERS_INTERNAL_H
#include <openssl/evp.h>
#include <stdio.h>
#include <sys/stat.h>

#include "registers.h"

/* WATCHING: the file is looked at now and then. HASHING: it has changed; which generation is it? LOADING: its lines go into
 * the store. DROPPING: lines of other generations go out of it. */
enum register_step { REGISTER_WATCHING, REGISTER_HASHING, REGISTER_LOADING, REGISTER_DROPPING };

struct register_file {
	const char *path; /* NULL: not kept here */
	enum register_step step;
	struct stat seen; /* of the file that was taken over, or found wrong, last */
	bool has_seen;
	bool wrong; /* has been told */
	uint64_t next_ms;
	FILE *f;
	EVP_MD_CTX *hash;
	int64_t generation; /* of the file in hand: the first 62 bits of its SHA-256, and 1 */
	size_t line;
};

struct registers {
	char *tenant, *paths[REGISTER_KINDS_];
	const uint8_t *key;
	int64_t stale_s;
	void (*tell)(void *self, bool wrong, const char *where);
	void *self;
	struct register_file file[REGISTER_KINDS_];
	unsigned wrong; /* how many files */
	uint64_t loaded;
	char *block;
};
#endif

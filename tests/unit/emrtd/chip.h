/* SPDX-License-Identifier: Apache-2.0
 * The chip's side of secure messaging, written from Doc 9303-11 9.8 without sm.c: it undoes what
 * the library protects and protects what the library must undo. Must never use emrtd/sm.h.
 */
#ifndef POSTERN_TESTS_EMRTD_CHIP_H
#define POSTERN_TESTS_EMRTD_CHIP_H
#include "emrtd/emrtd.h"

struct chip_keys {
	enum emrtd_cipher cipher; /* 0: no secure messaging */
	uint8_t enc[EMRTD_KEY_MAX], mac[EMRTD_KEY_MAX], ssc[EMRTD_BLOCK_MAX];
};

void chip_keys(struct chip_keys *k, enum emrtd_cipher cipher, struct emrtd_bytes secret);
/* Counts up, asserts that the command is protected rightly, gives it in clear; data go to scratch.
 */
void chip_unprotect(
	struct chip_keys *k, struct emrtd_bytes in, struct emrtd_command *out, uint8_t *scratch);
/* Counts up and writes a protected response to out; its size. */
size_t chip_protect(
	struct chip_keys *k, struct emrtd_bytes data, bool odd, uint16_t sw, uint8_t *out);
#endif

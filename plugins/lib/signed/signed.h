/* SPDX-License-Identifier: Apache-2.0
 * Signed files and folders: lists and rule packs. Ed25519 (RFC 8032) over the bytes as they stand.
 *   file    PATH.sig beside PATH: 128 hexadecimal digits and a newline
 *   folder  pack.sums: "SHA-256-in-hex  NAME" per regular file, sorted by name, and pack.sig over pack.sums
 * Must never say "good" of bytes it has not hashed itself, nor accept a key from outside the trust folder.
 */
#ifndef POSTERN_LIB_SIGNED_H
#define POSTERN_LIB_SIGNED_H
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { SIGNED_KEYS_MAX = 16, SIGNED_FILES_MAX = 64, SIGNED_FILE_MAX = 256 * 1024 * 1024, SIGNED_HEX = 128 };

struct signed_keys {
	size_t count;
	struct {
		uint8_t raw[32];
		char id[17]; /* first 16 hex digits of SHA-256 of the raw key */
	} key[SIGNED_KEYS_MAX];
};

/* Every PREFIX*.pub (PEM, Ed25519) of the folder; files of other kinds are passed over. PN_EIO: no such folder.
 * PN_ENOTFOUND: no key in it. */
int signed_keys_load(struct signed_keys *keys, const char *folder, const char *prefix) PN_MUST_CHECK;

/* Whole file; freed by the caller. PN_EIO, PN_ELIMIT (over limit), PN_ENOMEM. */
int signed_read(const char *path, size_t limit, uint8_t **bytes, size_t *size) PN_MUST_CHECK;

/* PN_ECRYPTO: by none of the keys. key_id may be NULL. */
int signed_check(const struct signed_keys *keys, const uint8_t *bytes, size_t size, const char *signature_hex,
	char key_id[17]) PN_MUST_CHECK;

/* Reads PATH and PATH.sig; the bytes that were verified come out, freed by the caller. */
int signed_file_verify(const struct signed_keys *keys, const char *path, size_t limit, uint8_t **bytes, size_t *size)
	PN_MUST_CHECK;
/* pack.sums matches the folder's files exactly, none more, none less, and pack.sig signs it. */
int signed_folder_verify(const struct signed_keys *keys, const char *folder) PN_MUST_CHECK;

/* key_path: PEM private key. */
int signed_file_sign(const char *path, const char *key_path) PN_MUST_CHECK;
int signed_folder_sign(const char *folder, const char *key_path) PN_MUST_CHECK;
#endif

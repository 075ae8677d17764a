/* SPDX-License-Identifier: Apache-2.0
 * Signed files and folders: lists and rule packs. Ed25519 (RFC 8032) over a statement of what is
 * signed.
 *
 * Statement: "postern-signed 1 KIND SHA256\n". KIND is "file" or "folder", so that a signature over
 * one never passes for the other; SHA256 has 64 hexadecimal digits.
 *
 * Signature: "postern-signature 1 KEYID SIGNATURE\n", 16 and 128 hexadecimal digits. KEYID is the
 * first 16 digits of the SHA-256 of the raw public key.
 *
 * A file's signature is PATH.sig beside PATH; SHA256 is that of PATH. A folder has pack.sums,
 * "SHA256  NAME\n" for each regular file sorted by name (what sha256sum -c reads), and pack.sig,
 * whose SHA256 is that of pack.sums.
 *
 * Must never say "good" of bytes it has not hashed itself, hand out other bytes than those it
 * hashed, nor accept a key from outside the trust folder.
 */
#ifndef POSTERN_LIB_SIGNED_H
#define POSTERN_LIB_SIGNED_H
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum {
	SIGNED_KEYS_MAX = 16,
	SIGNED_KEY_ID = 17,                  /* with NUL */
	SIGNED_DIGEST = 32,                  /* SHA-256, bytes */
	SIGNED_HEX = 128,                    /* digits of a signature */
	SIGNED_TEXT_MAX = 256,               /* of a signature file */
	SIGNED_FILES_MAX = 512,              /* of one folder */
	SIGNED_FILE_MAX = 1024 * 1024 * 1024, /* a signed file */
	SIGNED_FOLDER_MAX = 8 * 1024 * 1024, /* all files of a folder together */
};

struct signed_keys {
	size_t count;
	struct {
		uint8_t raw[32];
		char id[SIGNED_KEY_ID];
	} key[SIGNED_KEYS_MAX];
};

/* Every PREFIX.pub and PREFIX-*.pub (PEM, Ed25519) of the folder; files of other kinds are passed
 * over. PN_EIO: no such folder. PN_ENOTFOUND: no key in it. PN_ELIMIT: more than SIGNED_KEYS_MAX.
 */
int signed_keys_load(
	struct signed_keys *keys, const char *folder, const char *prefix) PN_MUST_CHECK;

/* Whole regular file with a NUL after it, never through a link; freed by the caller. PN_EIO,
 * PN_ELIMIT (over limit), PN_ENOMEM. */
int signed_read(const char *path, size_t limit, uint8_t **bytes, size_t *size) PN_MUST_CHECK;

/* kind: "file" or "folder". PN_ECRYPTO: not by the trusted key it names. PN_EFORMAT: no signature
 * at all. key_id may be NULL. */
int signed_check(const struct signed_keys *keys, const char *kind,
	const uint8_t digest[SIGNED_DIGEST], const char *signature_text,
	char key_id[SIGNED_KEY_ID]) PN_MUST_CHECK;

/* Reads PATH and PATH.sig; the bytes that were verified come out, freed by the caller. */
int signed_file_verify(const struct signed_keys *keys, const char *path, size_t limit,
	uint8_t **bytes, size_t *size) PN_MUST_CHECK;

/* A folder's files as they were hashed, sorted by name; pack.sums and pack.sig are not among them.
 */
struct signed_folder {
	struct {
		char *name;
		uint8_t *bytes; /* a NUL follows */
		size_t size;
	} file[SIGNED_FILES_MAX];
	size_t count;
	char digest[2 * SIGNED_DIGEST + 1]; /* of pack.sums: names the content */
	char key_id[SIGNED_KEY_ID];         /* "" when the signature was not asked for */
};

/* pack.sums matches the folder's files exactly, none more, none less, and pack.sig signs it. keys
 * NULL: neither is asked for (an author's tests). Names that begin with '.' are passed over and
 * never come out. On success *out is freed with signed_folder_free. PN_ECRYPTO, PN_EFORMAT, PN_EIO,
 * PN_ELIMIT, PN_ENOMEM. */
int signed_folder_load(const struct signed_keys *keys, const char *folder,
	struct signed_folder **out) PN_MUST_CHECK;
void signed_folder_free(struct signed_folder *f);
int signed_folder_verify(const struct signed_keys *keys, const char *folder) PN_MUST_CHECK;

/* key_path: PEM private key, Ed25519. PATH.sig, or FOLDER/pack.sums and FOLDER/pack.sig, are
 * replaced whole. */
int signed_file_sign(const char *path, const char *key_path) PN_MUST_CHECK;
int signed_folder_sign(const char *folder, const char *key_path) PN_MUST_CHECK;
#endif

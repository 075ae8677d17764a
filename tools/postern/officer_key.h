/* SPDX-License-Identifier: Apache-2.0
 * An officer's private key at the command line. Must never print, copy or keep it.
 */
#ifndef POSTERN_TOOL_OFFICER_KEY_H
#define POSTERN_TOOL_OFFICER_KEY_H
#include <openssl/evp.h>

#include "cli.h"

enum { OFFICER_KEY_ID_SIZE = 17, OFFICER_SIGNATURE = 64 };

/* An Ed25519 private key in PEM form, or NULL: told on cli->err. Freed with EVP_PKEY_free. */
EVP_PKEY *officer_key_load(const struct cli *cli, const char *path);

/* The signature over the bytes, and the key's id (core/control/officer.h). PN_ECRYPTO. */
int officer_key_sign(EVP_PKEY *key, const uint8_t *bytes, size_t size,
	uint8_t signature[OFFICER_SIGNATURE], char key_id[OFFICER_KEY_ID_SIZE]) PN_MUST_CHECK;

/* A reason code: 2 to 64 of a-z 0-9 . _ - */
bool officer_reason_is_good(const char *s);
#endif

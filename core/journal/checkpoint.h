/* SPDX-License-Identifier: Apache-2.0
 * Signed statements of the chain's head, in the C2SP signed-note form (c2sp.org/signed-note v1.0.0,
 * signature type 0x01 Ed25519, RFC 8032). Five lines of text, a blank one and a signature:
 *
 *   postern/TENANT/GATE          origin, and name of the key
 *   EPOCH SEQ                    in decimal
 *   BASE64(hash of that record)
 *   wall MILLISECONDS            an extension line
 *
 *   (em dash) postern/TENANT/GATE BASE64(key id[4] || signature[64])
 *
 * The signature covers the text up to and including the newline before the blank line. Must never
 * sign a head that is not in the transaction that stores the note, or durable before it.
 */
#ifndef POSTERN_JOURNAL_CHECKPOINT_H
#define POSTERN_JOURNAL_CHECKPOINT_H
#include <stddef.h>
#include <stdint.h>

#include "base/chain.h"
#include "base/err.h"

enum {
	CHECKPOINT_TEXT_MAX = 768,
	CHECKPOINT_ORIGIN_MAX = 8 + 2 * CHAIN_NAME_MAX + 2,
	CHECKPOINT_KEY = 32
};

struct checkpoint {
	uint64_t epoch, seq;
	uint8_t head[CHAIN_HASH];
	int64_t wall_ms;
};

struct checkpoint_signer;

/* The Ed25519 key at path, made there (0600, synced with its folder) when absent; path.pub is
 * (re)written with the verifier's key "ORIGIN+HEX(key id)+BASE64(0x01 || public key)". origin:
 * "postern/TENANT/GATE". PN_ECRYPTO: not an Ed25519 key, or others than the owner may read it.
 * PN_EIO: file. */
int checkpoint_signer_open(
	struct checkpoint_signer **out, const char *path, const char *origin) PN_MUST_CHECK;
void checkpoint_signer_free(struct checkpoint_signer *s);

/* The whole note, NUL-terminated. PN_ECRYPTO. */
int checkpoint_sign(const struct checkpoint_signer *s, const struct checkpoint *c,
	char text[CHECKPOINT_TEXT_MAX]) PN_MUST_CHECK;
const uint8_t *checkpoint_public(const struct checkpoint_signer *s); /* CHECKPOINT_KEY bytes */

/* Reads a file written as path.pub. PN_EFORMAT: other form, or of another origin. */
int checkpoint_read_public(
	const char *path, const char *origin, uint8_t key[CHECKPOINT_KEY]) PN_MUST_CHECK;

/* PN_EFORMAT: not such a note of this origin. PN_ECRYPTO: the signature is not this key's. key
 * NULL: form only. */
int checkpoint_parse(const char *text, size_t size, const char *origin, const uint8_t *key,
	struct checkpoint *out) PN_MUST_CHECK;
#endif

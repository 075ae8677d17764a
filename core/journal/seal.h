/* SPDX-License-Identifier: Apache-2.0
 * Sealing a personal payload to the centre and to an escrow holder: CMS AuthEnvelopedData (RFC
 * 5083), AES-256-GCM (RFC 5084), key agreement by ECDH on P-256 with the X9.63 KDF over SHA-256
 * (RFC 5753 section 7.1.4, dhSinglePass-stdDH-sha256kdf-scheme). Whoever sealed cannot open again.
 * Must never produce or accept plain EnvelopedData: its CBC content decrypts after a changed byte.
 */
#ifndef POSTERN_JOURNAL_SEAL_H
#define POSTERN_JOURNAL_SEAL_H
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { SEAL_RECIPIENTS_MAX = 2, SEAL_KEY_ID = 16 };

struct sealer;

/* name: "centre", "escrow"; pem: one certificate. Validity dates are not judged here: an expired
 * recipient must not stop a lane, it is the configuration's business. */
struct seal_recipient {
	const char *name;
	const uint8_t *pem;
	size_t size;
};

/* PN_EINVAL: no recipient or too many. PN_EFORMAT: no certificate. PN_ECRYPTO: its key is not on
 * P-256, or the certificate's key usage forbids key agreement. */
int sealer_new(
	struct sealer **out, const struct seal_recipient *recipients, size_t count) PN_MUST_CHECK;
void sealer_free(struct sealer *s);

/* "centre:KEYID,escrow:KEYID"; KEYID is the first SEAL_KEY_ID bytes of
 * SHA-256(SubjectPublicKeyInfo) in hexadecimal. */
const char *sealer_recipients(const struct sealer *s);

/* DER in *out, freed by the caller with seal_free. plain stays the caller's to wipe. */
int sealer_seal(const struct sealer *s, const uint8_t *plain, size_t size, uint8_t **out,
	size_t *out_size) PN_MUST_CHECK;

/* Opens with one recipient's certificate and private key (PEM); certificate NULL: each recipient is tried. All or nothing: *out is set only
 * when the authentication tag verified; freed with seal_free, which wipes. PN_EFORMAT: not exactly
 * one AuthEnvelopedData. PN_ECRYPTO: not sealed to this key, or changed. */
int seal_open(const uint8_t *sealed, size_t size, const uint8_t *certificate_pem,
	size_t certificate_size, const uint8_t *key_pem, size_t key_size, uint8_t **out,
	size_t *out_size) PN_MUST_CHECK;

void seal_free(uint8_t *bytes, size_t size);
#endif

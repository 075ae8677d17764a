/* SPDX-License-Identifier: Apache-2.0
 * Verifying the centre's acknowledgement. Must never accept one made for another gate: gates share
 * the centre's key.
 */
#include "outbox/ack.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { SIGNATURE = 64 };

static int verify(const Postern__SignedAck *s, const uint8_t key[ACK_KEY])
{
	if (s->ack.len == 0 || s->ack.len > ACK_BYTES_MAX || s->signature.len != SIGNATURE)
		return PN_ECRYPTO;
	EVP_PKEY *pub = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, ACK_KEY);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok = pub != NULL && ctx != NULL &&
		 EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pub) == 1 &&
		 EVP_DigestVerify(
			 ctx, s->signature.data, s->signature.len, s->ack.data, s->ack.len) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pub);
	ERR_clear_error();
	return ok ? 0 : PN_ECRYPTO;
}

int ack_verify(const Postern__SignedAck *signed_ack, const uint8_t key[ACK_KEY], const char *tenant,
	const char *gate, struct ack *out)
{
	int err = verify(signed_ack, key);
	if (err != 0)
		return err;
	Postern__JournalAck *a =
		postern__journal_ack__unpack(NULL, signed_ack->ack.len, signed_ack->ack.data);
	if (a == NULL)
		return PN_EFORMAT;
	memset(out, 0, sizeof *out);
	if (strcmp(a->tenant, tenant) != 0 || strcmp(a->gate, gate) != 0 ||
		a->head_hash.len != CHAIN_HASH || a->epoch == 0 || a->acked_seq == 0 ||
		!text_copy(out->tenant, sizeof out->tenant, a->tenant) ||
		!text_copy(out->gate, sizeof out->gate, a->gate)) {
		err = PN_EFORMAT;
	} else {
		out->epoch = a->epoch;
		out->acked_seq = a->acked_seq;
		out->wall_ms = a->wall_ms;
		memcpy(out->head_hash, a->head_hash.data, CHAIN_HASH);
	}
	postern__journal_ack__free_unpacked(a, NULL);
	return err;
}

int ack_key_read(const char *path, uint8_t key[ACK_KEY])
{
	size_t size = ACK_KEY;
	FILE *f = fopen(path, "re");
	if (f == NULL)
		return PN_EIO;
	EVP_PKEY *pub = PEM_read_PUBKEY(f, NULL, NULL, NULL);
	fclose(f);
	int ok = pub != NULL && EVP_PKEY_is_a(pub, "ED25519") &&
		 EVP_PKEY_get_raw_public_key(pub, key, &size) == 1 && size == ACK_KEY;
	EVP_PKEY_free(pub);
	ERR_clear_error();
	return ok ? 0 : PN_EFORMAT;
}

/* SPDX-License-Identifier: Apache-2.0
 * Signing acknowledgements. Must never let the private key leave libcrypto.
 */
#include "ack.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hex.h"

enum { RAW_KEY = 32, SIGNATURE = 64, DIGEST = 32 };

struct ack_key {
	EVP_PKEY *key;
	EVP_MD_CTX *ready, *used; /* set up once, which costs a fifth of a signature; its copy */
	char id[17];
};

static int read_key(struct ack_key *k, const char *path)
{
	uint8_t raw[RAW_KEY], digest[DIGEST];
	size_t size = sizeof raw;
	FILE *f = fopen(path, "re");
	if (f == NULL)
		return PN_EIO;
	k->key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	fclose(f);
	if (k->key == NULL || !EVP_PKEY_is_a(k->key, "ED25519") ||
		EVP_PKEY_get_raw_public_key(k->key, raw, &size) != 1 || size != sizeof raw ||
		EVP_Digest(raw, size, digest, NULL, EVP_sha256(), NULL) != 1)
		return PN_ECRYPTO;
	hex_encode(k->id, digest, 8);
	k->ready = EVP_MD_CTX_new();
	k->used = EVP_MD_CTX_new();
	if (k->ready == NULL || k->used == NULL)
		return PN_ENOMEM;
	return EVP_DigestSignInit(k->ready, NULL, NULL, NULL, k->key) == 1 ? 0 : PN_ECRYPTO;
}

int ack_key_open(const char *path, struct ack_key **out)
{
	struct ack_key *k = calloc(1, sizeof *k);
	if (k == NULL)
		return PN_ENOMEM;
	int err = read_key(k, path);
	ERR_clear_error();
	if (err != 0)
		ack_key_close(k);
	else
		*out = k;
	return err;
}

void ack_key_close(struct ack_key *k)
{
	if (k == NULL)
		return;
	EVP_MD_CTX_free(k->ready);
	EVP_MD_CTX_free(k->used);
	EVP_PKEY_free(k->key);
	free(k);
}

const char *ack_key_id(const struct ack_key *k)
{
	return k->id;
}

int ack_make(const struct ack_key *k, const Postern__JournalBatch *batch, int64_t wall_ms,
	uint8_t out[ACK_MESSAGE_MAX], size_t *size)
{
	uint8_t encoded[256], signature[SIGNATURE];
	size_t signature_size = sizeof signature;
	char id[sizeof k->id];
	Postern__JournalAck ack = POSTERN__JOURNAL_ACK__INIT;
	Postern__SignedAck signed_ack = POSTERN__SIGNED_ACK__INIT;
	const Postern__JournalRecord *last = batch->records[batch->n_records - 1];
	ack.tenant = batch->tenant;
	ack.gate = batch->gate;
	ack.epoch = batch->epoch;
	ack.acked_seq = last->seq;
	ack.head_hash = last->hash;
	ack.wall_ms = wall_ms;
	if (postern__journal_ack__get_packed_size(&ack) > sizeof encoded)
		return PN_ELIMIT;
	signed_ack.ack.data = encoded;
	signed_ack.ack.len = postern__journal_ack__pack(&ack, encoded);
	int ok = EVP_MD_CTX_copy_ex(k->used, k->ready) == 1 &&
		 EVP_DigestSign(k->used, signature, &signature_size, encoded, signed_ack.ack.len) ==
			 1;
	ERR_clear_error();
	if (!ok)
		return PN_ECRYPTO;
	memcpy(id, k->id, sizeof id);
	signed_ack.signature.data = signature;
	signed_ack.signature.len = signature_size;
	signed_ack.key_id = id;
	if (postern__signed_ack__get_packed_size(&signed_ack) > ACK_MESSAGE_MAX)
		return PN_ELIMIT;
	*size = postern__signed_ack__pack(&signed_ack, out);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 * Signing decisions and orders: see word.h. Must never sign bytes other than those it hands out.
 */
#include "post/word.h"

#include <openssl/sha.h>
#include <stdbool.h>
#include <string.h>

#include "base/hex.h"

enum { DOMAIN_SIZE = sizeof POST_ORDER_DOMAIN - 1, NONCE_SIZE = 16, HASH_SIZE = 32 };

int post_key_id(EVP_PKEY *key, char out[17])
{
	uint8_t raw[32], digest[SHA256_DIGEST_LENGTH];
	size_t size = sizeof raw;
	if (EVP_PKEY_id(key) != EVP_PKEY_ED25519 || EVP_PKEY_get_raw_public_key(key, raw, &size) != 1 || size != sizeof raw)
		return PN_ECRYPTO;
	SHA256(raw, sizeof raw, digest);
	hex_encode(out, digest, 8);
	return PN_OK;
}

static int sign(EVP_PKEY *key, const uint8_t *bytes, size_t size, uint8_t signature[64])
{
	size_t length = 64;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = ctx != NULL && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
		    EVP_DigestSign(ctx, signature, &length, bytes, size) == 1 && length == 64;
	EVP_MD_CTX_free(ctx);
	return good ? PN_OK : PN_ECRYPTO;
}

static bool decision_is_whole(const Postern__Decision *d, bool second)
{
	bool named = d->second_officer[0] != '\0';
	return d->crossing_id[0] != '\0' && d->verdict_hash.len == HASH_SIZE && d->officer[0] != '\0' &&
	       d->reason_code[0] != '\0' && d->nonce.len == NONCE_SIZE && d->expires_wall_ms > d->issued_wall_ms &&
	       d->decision != POSTERN__OFFICER_DECISION__DECISION_UNSPECIFIED && named == second &&
	       (!named || strcmp(d->officer, d->second_officer) != 0);
}

int post_sign_decision(struct post_word *w, const Postern__Decision *d, EVP_PKEY *key, EVP_PKEY *second,
	Postern__SignedDecision *out)
{
	int r;
	postern__signed_decision__init(out);
	if (!decision_is_whole(d, second != NULL))
		return PN_EINVAL;
	w->size = postern__decision__get_packed_size(d);
	if (w->size > sizeof w->bytes)
		return PN_ELIMIT;
	postern__decision__pack(d, w->bytes);
	r = post_key_id(key, w->key_id);
	if (r == PN_OK)
		r = sign(key, w->bytes, w->size, w->signature);
	if (r == PN_OK && second != NULL)
		r = post_key_id(second, w->second_key_id);
	if (r == PN_OK && second != NULL)
		r = sign(second, w->bytes, w->size, w->second_signature);
	if (r != PN_OK)
		return r;
	out->decision = (ProtobufCBinaryData){ w->size, w->bytes };
	out->signature = (ProtobufCBinaryData){ sizeof w->signature, w->signature };
	out->key_id = w->key_id;
	if (second != NULL) {
		out->second_signature = (ProtobufCBinaryData){ sizeof w->second_signature, w->second_signature };
		out->second_key_id = w->second_key_id;
	}
	return PN_OK;
}

int post_sign_order(struct post_word *w, const Postern__LaneOrder *o, EVP_PKEY *key, Postern__SignedOrder *out)
{
	uint8_t message[DOMAIN_SIZE + POST_WORD_MAX];
	int r;
	postern__signed_order__init(out);
	if (o->gate[0] == '\0' || o->epoch == 0 || o->officer[0] == '\0' || o->sequence == 0 ||
		o->kind == POSTERN__LANE_ORDER_KIND__ORDER_UNSPECIFIED || o->expires_wall_ms <= o->issued_wall_ms)
		return PN_EINVAL;
	w->size = postern__lane_order__get_packed_size(o);
	if (w->size > sizeof w->bytes)
		return PN_ELIMIT;
	postern__lane_order__pack(o, w->bytes);
	memcpy(message, POST_ORDER_DOMAIN, DOMAIN_SIZE);
	memcpy(message + DOMAIN_SIZE, w->bytes, w->size);
	r = post_key_id(key, w->key_id);
	if (r == PN_OK)
		r = sign(key, message, DOMAIN_SIZE + w->size, w->signature);
	if (r != PN_OK)
		return r;
	out->order = (ProtobufCBinaryData){ w->size, w->bytes };
	out->signature = (ProtobufCBinaryData){ sizeof w->signature, w->signature };
	out->key_id = w->key_id;
	return PN_OK;
}

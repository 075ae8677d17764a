/* SPDX-License-Identifier: Apache-2.0
 * Officers' keys and signatures. Must never accept a key that the configuration's trust folder does not hold.
 */
#include "control/officer.h"

#include <dirent.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "base/text.h"

static int load_one(struct officer_keys *keys, const char *folder, const char *file)
{
	char path[512];
	uint8_t digest[SHA256_DIGEST_LENGTH];
	size_t size = 32;
	int r = PN_ECRYPTO;
	FILE *f;
	EVP_PKEY *key = NULL;
	if (keys->count == OFFICER_KEYS)
		return PN_ELIMIT;
	snprintf(path, sizeof path, "%s/%s", folder, file);
	f = fopen(path, "re");
	if (f == NULL)
		return PN_EIO;
	key = PEM_read_PUBKEY(f, NULL, NULL, NULL);
	if (key == NULL || EVP_PKEY_id(key) != EVP_PKEY_ED25519 ||
		EVP_PKEY_get_raw_public_key(key, keys->key[keys->count].key, &size) != 1 || size != 32)
		goto out;
	SHA256(keys->key[keys->count].key, 32, digest);
	hex_encode(keys->key[keys->count].id, digest, 8);
	text_copy(keys->key[keys->count].name, sizeof keys->key[keys->count].name, file);
	keys->key[keys->count].name[strlen(file) - 4] = '\0';
	keys->count++;
	r = PN_OK;
out:
	EVP_PKEY_free(key);
	fclose(f);
	return r;
}

int officer_keys_load(struct officer_keys *keys, const char *folder)
{
	int r = PN_OK;
	DIR *d = opendir(folder);
	struct dirent *e;
	memset(keys, 0, sizeof *keys);
	if (d == NULL)
		return PN_OK;
	while (r == PN_OK && (e = readdir(d)) != NULL) {
		size_t n = strlen(e->d_name);
		if (n > 4 && n < 64 && strcmp(e->d_name + n - 4, ".pub") == 0)
			r = load_one(keys, folder, e->d_name);
	}
	closedir(d);
	return r;
}

int officer_known(const struct officer_keys *keys, const char *name)
{
	for (size_t i = 0; i < keys->count; i++)
		if (strcmp(keys->key[i].name, name) == 0)
			return 1;
	return 0;
}

bool officer_signature_is_good(const uint8_t key[32], const ProtobufCBinaryData *signature, const uint8_t *bytes, size_t size)
{
	bool good = false;
	EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, 32);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	if (signature->len == 64 && pkey != NULL && ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1)
		good = EVP_DigestVerify(ctx, signature->data, signature->len, bytes, size) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return good;
}

/* The name of the officer who signed these bytes; NULL: none that is known. */
static const char *signer(const struct officer_keys *keys, const char *key_id, const ProtobufCBinaryData *signature,
	const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < keys->count; i++)
		if (strcmp(keys->key[i].id, key_id) == 0)
			return officer_signature_is_good(keys->key[i].key, signature, bytes, size) ? keys->key[i].name : NULL;
	return NULL;
}

/* Who is named as second has signed too, and is another; who is not named has not. */
static bool second_is_good(const struct officer_keys *keys, const Postern__SignedDecision *s, const Postern__Decision *d)
{
	const char *name;
	if (d->second_officer[0] == '\0')
		return s->second_signature.len == 0 && s->second_key_id[0] == '\0';
	name = signer(keys, s->second_key_id, &s->second_signature, s->decision.data, s->decision.len);
	return name != NULL && strcmp(name, d->second_officer) == 0 && strcmp(name, d->officer) != 0;
}

int officer_verify(const struct officer_keys *keys, const Postern__SignedDecision *signed_decision,
	Postern__Decision **out)
{
	const char *name = signer(keys, signed_decision->key_id, &signed_decision->signature, signed_decision->decision.data,
		signed_decision->decision.len);
	Postern__Decision *d;
	if (name == NULL)
		return PN_ECRYPTO;
	d = postern__decision__unpack(NULL, signed_decision->decision.len, signed_decision->decision.data);
	if (d == NULL)
		return PN_EFORMAT;
	if (d->base.n_unknown_fields != 0 || strcmp(d->officer, name) != 0 || !second_is_good(keys, signed_decision, d)) {
		postern__decision__free_unpacked(d, NULL);
		return PN_ECRYPTO;
	}
	*out = d;
	return PN_OK;
}

int officer_verify_order(const struct officer_keys *keys, const Postern__SignedOrder *signed_order, Postern__LaneOrder **out)
{
	uint8_t message[sizeof OFFICER_ORDER_DOMAIN - 1 + OFFICER_ORDER_MAX];
	size_t prefix = sizeof OFFICER_ORDER_DOMAIN - 1;
	const char *name;
	Postern__LaneOrder *o;
	if (signed_order->order.len == 0 || signed_order->order.len > OFFICER_ORDER_MAX)
		return PN_EFORMAT;
	memcpy(message, OFFICER_ORDER_DOMAIN, prefix);
	memcpy(message + prefix, signed_order->order.data, signed_order->order.len);
	name = signer(keys, signed_order->key_id, &signed_order->signature, message, prefix + signed_order->order.len);
	if (name == NULL)
		return PN_ECRYPTO;
	o = postern__lane_order__unpack(NULL, signed_order->order.len, signed_order->order.data);
	if (o == NULL)
		return PN_EFORMAT;
	if (o->base.n_unknown_fields != 0 || (o->open != NULL && o->open->base.n_unknown_fields != 0) ||
		strcmp(o->officer, name) != 0) {
		postern__lane_order__free_unpacked(o, NULL);
		return PN_ECRYPTO;
	}
	*out = o;
	return PN_OK;
}

/* SPDX-License-Identifier: Apache-2.0
 * Chip Authentication (version 1) and Active Authentication from the chip's side: ICAO Doc 9303-11
 * sections 6.2 and 6.1.
 */
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>
#include <string.h>

#include "sim/chip/internal.h"

/* 0.4.0.127.0.7.2.2.3.m.c; m: DH 1, ECDH 2. */
static const uint8_t arc[] = {0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x03};

/* The key with this id; without an id the first that has the cipher. */
static int find_key(const struct sim_chip *chip, enum sim_cipher cipher, int ecdh,
	const uint8_t *id, size_t id_size)
{
	int wanted = -1;
	if (id_size > 2)
		return -1;
	for (size_t i = 0; i < id_size; i++)
		wanted = (wanted < 0 ? 0 : wanted) << 8 | id[i];
	for (size_t i = 0; i < chip->config.ca_count; i++) {
		const struct sim_chip_key *k = &chip->config.ca[i];
		if ((k->cipher == SIM_NO_CIPHER || k->cipher == cipher) &&
			(wanted < 0 || k->id < 0 || k->id == wanted) &&
			(ecdh < 0 || EVP_PKEY_is_a(k->key, "EC") == ecdh))
			return (int)i;
	}
	return -1;
}

/* The new session's keys from the terminal's public key. */
static unsigned agree(
	struct sim_chip *chip, int index, enum sim_cipher cipher, const uint8_t *value, size_t size)
{
	EVP_PKEY *key = chip->config.ca[index].key;
	struct sc_group *g = sc_group_of_key(key);
	struct sc_element peer = {.size = size}, shared;
	struct sc_session *n = &chip->next_session;
	const uint8_t *secret = NULL;
	size_t secret_size = 0;
	BIGNUM *own = NULL;
	bool ok = g != NULL && size <= sizeof peer.bytes && !sc_fault(chip, SIM_FAULT_CA_6A80) &&
		  EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &own) == 1;
	if (ok && sc_fault(chip, SIM_FAULT_CLONE))
		ok = BN_add_word(own, 1) == 1;
	if (ok) {
		memcpy(peer.bytes, value, size);
		ok = sc_multiply(g, &peer, own, &shared);
	}
	if (ok) {
		sc_secret_of(g, &shared, &secret, &secret_size);
		memset(n, 0, sizeof *n);
		n->cipher = cipher;
		n->on = sc_kdf(cipher, secret, secret_size, 1, n->enc) &&
			sc_kdf(cipher, secret, secret_size, 2, n->mac);
		ok = n->on;
		OPENSSL_cleanse(&shared, sizeof shared);
	}
	BN_clear_free(own);
	sc_group_free(g);
	return ok ? 0x9000 : 0x6A80;
}

unsigned sc_ca_key_agreement(struct sim_chip *chip, const struct sc_apdu *apdu)
{
	const uint8_t *value = NULL, *id = NULL;
	size_t size = 0, id_size = 0;
	if (!chip->session.on || !chip->access)
		return 0x6982;
	if (!sim_der_find(apdu->data, apdu->size, 0x91, &value, &size))
		return 0x6A80;
	if (!sim_der_find(apdu->data, apdu->size, 0x84, &id, &id_size))
		id_size = 0;
	int index = find_key(chip, SIM_3DES, -1, id, id_size);
	return index >= 0 ? agree(chip, index, SIM_3DES, value, size) : 0x6A88;
}

unsigned sc_ca_set(struct sim_chip *chip, const struct sc_apdu *apdu)
{
	const uint8_t *oid = NULL, *id = NULL;
	size_t size = 0, id_size = 0;
	chip->ca_chosen = -1;
	if (!chip->session.on || !chip->access)
		return 0x6982;
	if (!sim_der_find(apdu->data, apdu->size, 0x80, &oid, &size) || size != sizeof arc + 2 ||
		memcmp(oid, arc, sizeof arc) != 0 || oid[size - 2] < 1 || oid[size - 2] > 2 ||
		oid[size - 1] < SIM_3DES || oid[size - 1] > SIM_AES_256)
		return 0x6A80;
	if (!sim_der_find(apdu->data, apdu->size, 0x84, &id, &id_size))
		id_size = 0;
	chip->ca_cipher = (enum sim_cipher)oid[size - 1];
	chip->ca_chosen = find_key(chip, chip->ca_cipher, oid[size - 2] == 2, id, id_size);
	return chip->ca_chosen >= 0 ? 0x9000 : 0x6A88;
}

unsigned sc_ca_step(struct sim_chip *chip, const struct sc_apdu *apdu, struct sim_der *out)
{
	const uint8_t *data = NULL, *value = NULL;
	size_t size = 0, n = 0;
	int index = chip->ca_chosen;
	chip->ca_chosen = -1;
	if (!sim_der_find(apdu->data, apdu->size, 0x7c, &data, &size) ||
		!sim_der_find(data, size, 0x80, &value, &n))
		return 0x6A80;
	unsigned sw = agree(chip, index, chip->ca_cipher, value, n);
	if (sw == 0x9000)
		sim_der_tlv(out, 0x7c, NULL, 0);
	return sw;
}

/* A clone has made itself a key of the right kind. */
static EVP_PKEY *signing_key(struct sim_chip *chip)
{
	EVP_PKEY *right = chip->config.aa.key;
	if (!sc_fault(chip, SIM_FAULT_CLONE))
		return right;
	if (chip->stranger != NULL)
		return chip->stranger;
	if (EVP_PKEY_is_a(right, "RSA")) {
		chip->stranger = EVP_RSA_gen((unsigned)EVP_PKEY_get_bits(right));
		return chip->stranger;
	}
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, right, NULL);
	if (c != NULL && EVP_PKEY_keygen_init(c) == 1)
		EVP_PKEY_keygen(c, &chip->stranger);
	EVP_PKEY_CTX_free(c);
	return chip->stranger;
}

static const char *digest_of(unsigned trailer)
{
	switch (trailer) {
	case 0xBC:
	case 0x33CC:
		return "SHA1";
	case 0x34CC:
		return "SHA256";
	case 0x35CC:
		return "SHA512";
	case 0x36CC:
		return "SHA384";
	case 0x38CC:
		return "SHA224";
	default:
		return NULL;
	}
}

/* ISO/IEC 9796-2 digital signature scheme 1, partial recovery: 6A M1 H(M1 M2) trailer. */
static bool recoverable(struct sim_chip *chip, EVP_PKEY *key, const uint8_t *challenge, size_t size,
	struct sim_der *out)
{
	unsigned trailer = chip->config.aa.trailer;
	const char *digest = digest_of(trailer);
	size_t k = (size_t)EVP_PKEY_get_size(key), h_size = 0, t = trailer > 0xff ? 2 : 1, n = k;
	uint8_t f[1024] = {0x6a}, text[1024 + 256], h[64], signature[1024];
	if (digest == NULL || k > sizeof f || size > 256 || !sc_hash(digest, f, 0, h, &h_size) ||
		k < h_size + t + 2)
		return false;
	size_t m1 = k - 1 - h_size - t;
	if (sc_draw(chip, SIM_DRAW_M1, f + 1, m1, m1) != m1)
		return false;
	memcpy(text, f + 1, m1);
	memcpy(text + m1, challenge, size);
	if (!sc_hash(digest, text, m1 + size, f + 1 + m1, &h_size))
		return false;
	if (t == 2)
		f[k - 2] = (uint8_t)(trailer >> 8);
	f[k - 1] = (uint8_t)trailer;
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	bool ok = c != NULL && EVP_PKEY_sign_init(c) == 1 &&
		  EVP_PKEY_CTX_set_rsa_padding(c, RSA_NO_PADDING) == 1 &&
		  EVP_PKEY_sign(c, signature, &n, f, k) == 1;
	EVP_PKEY_CTX_free(c);
	if (ok)
		sim_der_put(out, signature, n);
	return ok;
}

/* BSI TR-03111: r and s side by side, each of the order's size; or as a SEQUENCE. */
static bool elliptic(struct sim_chip *chip, EVP_PKEY *key, const uint8_t *challenge, size_t size,
	struct sim_der *out)
{
	const char *digest = chip->aa_digest[0] != '\0' ? chip->aa_digest : "SHA256";
	uint8_t signature[256], plain[2 * 66];
	size_t n = sizeof signature, half = ((size_t)EVP_PKEY_get_bits(key) + 7) / 8;
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool ok = c != NULL && EVP_DigestSignInit_ex(c, NULL, digest, NULL, NULL, key, NULL) == 1 &&
		  EVP_DigestSign(c, signature, &n, challenge, size) == 1;
	EVP_MD_CTX_free(c);
	if (!ok)
		return false;
	if (chip->config.aa.der) {
		sim_der_put(out, signature, n);
		return true;
	}
	const uint8_t *p = signature;
	ECDSA_SIG *s = d2i_ECDSA_SIG(NULL, &p, (long)n);
	ok = s != NULL && half * 2 <= sizeof plain &&
	     BN_bn2binpad(ECDSA_SIG_get0_r(s), plain, (int)half) == (int)half &&
	     BN_bn2binpad(ECDSA_SIG_get0_s(s), plain + half, (int)half) == (int)half;
	ECDSA_SIG_free(s);
	if (ok)
		sim_der_put(out, plain, 2 * half);
	return ok;
}

unsigned sc_internal_authenticate(
	struct sim_chip *chip, const struct sc_apdu *apdu, struct sim_der *out)
{
	uint8_t challenge[256];
	if (chip->config.aa.key == NULL)
		return 0x6D00;
	if (!chip->access && !chip->config.open)
		return 0x6982;
	if (apdu->size == 0 || apdu->size > sizeof challenge)
		return 0x6700;
	memcpy(challenge, apdu->data, apdu->size);
	if (sc_fault(chip, SIM_FAULT_AA_OLD))
		challenge[0] ^= 1;
	EVP_PKEY *key = signing_key(chip);
	if (key == NULL)
		return 0x6F00;
	bool ok = EVP_PKEY_is_a(key, "RSA") ? recoverable(chip, key, challenge, apdu->size, out)
					    : elliptic(chip, key, challenge, apdu->size, out);
	if (!ok)
		return 0x6F00;
	if (sc_fault(chip, SIM_FAULT_AA_CUT))
		out->size /= 2;
	if (sc_fault(chip, SIM_FAULT_AA_NONE))
		out->size = 0;
	return 0x9000;
}

/* SPDX-License-Identifier: Apache-2.0
 * Basic Access Control from the chip's side: ICAO Doc 9303-11 section 4.3. Must never open a
 * session for a wrong key.
 */
#include <openssl/crypto.h>
#include <string.h>

#include "sim/chip/internal.h"

unsigned sc_get_challenge(struct sim_chip *chip, const struct sc_apdu *apdu, struct sim_der *out)
{
	if (apdu->expected < 8 || apdu->size != 0)
		return 0x6700;
	if (sc_draw(chip, SIM_DRAW_CHALLENGE, chip->challenge, 8, 8) != 8)
		return 0x6F00;
	chip->has_challenge = true;
	sim_der_put(out, chip->challenge, 8);
	return 0x9000;
}

/* E_IFD || M_IFD in, E_IC || M_IC out. */
static unsigned mutual(struct sim_chip *chip, const uint8_t *data, const uint8_t enc[SC_KEY_MAX],
	const uint8_t mac_key[SC_KEY_MAX], struct sim_der *out)
{
	uint8_t mac[8], s[32], own[32], reply[40], seed[16];
	if (!sc_mac(SIM_3DES, mac_key, data, 32, mac) ||
		!sc_cbc(SIM_3DES, false, enc, NULL, data, 32, s))
		return 0x6F00;
	if (CRYPTO_memcmp(mac, data + 32, 8) != 0 ||
		CRYPTO_memcmp(s + 8, chip->challenge, 8) != 0 || sc_fault(chip, SIM_FAULT_BAC_6300))
		return 0x6300;
	memcpy(own, chip->challenge, 8);
	memcpy(own + 8, s, 8);
	if (sc_fault(chip, SIM_FAULT_BAC_RND))
		own[8] ^= 1;
	if (sc_draw(chip, SIM_DRAW_K_IC, own + 16, 16, 16) != 16 ||
		!sc_cbc(SIM_3DES, true, enc, NULL, own, 32, reply) ||
		!sc_mac(SIM_3DES, mac_key, reply, 32, reply + 32))
		return 0x6F00;
	for (size_t i = 0; i < 16; i++)
		seed[i] = s[16 + i] ^ own[16 + i];
	struct sc_session *n = &chip->next_session;
	memset(n, 0, sizeof *n);
	n->cipher = SIM_3DES;
	n->on = sc_kdf(SIM_3DES, seed, 16, 1, n->enc) && sc_kdf(SIM_3DES, seed, 16, 2, n->mac);
	memcpy(n->ssc, chip->challenge + 4, 4);
	memcpy(n->ssc + 4, s + 4, 4);
	OPENSSL_cleanse(seed, sizeof seed);
	OPENSSL_cleanse(s, sizeof s);
	OPENSSL_cleanse(own, sizeof own);
	if (!n->on)
		return 0x6F00;
	chip->access = true;
	chip->by_pace = false;
	sim_der_put(out, reply, sizeof reply);
	return 0x9000;
}

unsigned sc_external_authenticate(
	struct sim_chip *chip, const struct sc_apdu *apdu, struct sim_der *out)
{
	uint8_t enc[SC_KEY_MAX], mac[SC_KEY_MAX], h[64];
	size_t n = 0;
	if (!chip->config.bac || !chip->in_application)
		return 0x6982;
	if (apdu->size != 40)
		return 0x6700;
	if (!chip->has_challenge)
		return 0x6985;
	chip->has_challenge = false;
	const char *mrz = chip->config.mrz_information;
	unsigned sw = 0x6F00;
	if (sc_hash("SHA1", (const uint8_t *)mrz, strlen(mrz), h, &n) &&
		sc_kdf(SIM_3DES, h, 16, 1, enc) && sc_kdf(SIM_3DES, h, 16, 2, mac))
		sw = mutual(chip, apdu->data, enc, mac, out);
	OPENSSL_cleanse(enc, sizeof enc);
	OPENSSL_cleanse(mac, sizeof mac);
	OPENSSL_cleanse(h, sizeof h);
	return sw;
}

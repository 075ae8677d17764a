/* SPDX-License-Identifier: Apache-2.0
 * Chip authentication mapping of PACE, Doc 9303-11 4.4.3.3.3 and 4.4.3.5.2: the chip's proof that
 * it holds the private key of EF.CardSecurity. Must never call a key proven of other domain
 * parameters than those that PACE used.
 */
#include "emrtd/session.h"

#include <string.h>

#include "emrtd/chip_key.h"

void emrtd_cam_take(struct emrtd_session *s, enum emrtd_cipher cipher, const uint8_t *enc,
	struct emrtd_bytes sealed, struct emrtd_bytes map_key, unsigned domain)
{
	struct emrtd_cam *cam = &s->cam;
	size_t block = emrtd_block_size(cipher), size = sealed.size;
	uint8_t ones[EMRTD_BLOCK_MAX], iv[EMRTD_BLOCK_MAX];
	*cam = (struct emrtd_cam){.done = true, .domain = domain, .key_size = map_key.size};
	memcpy(cam->key, map_key.bytes, map_key.size);
	if (size == 0 || size > sizeof(cam->data) || size % block != 0)
		return;
	memset(ones, 0xff, sizeof(ones));
	if (emrtd_encrypt(cipher, enc, NULL, ones, block, iv) == 0 &&
		emrtd_decrypt(cipher, enc, iv, sealed.bytes, size, cam->data) == 0 &&
		emrtd_unpad(cam->data, &size, block) == 0)
		cam->data_size = size;
	emrtd_wipe(iv, sizeof(iv));
}

/* Whether data * key is the key of the mapping; key of the same domain. */
static bool proves(const struct emrtd_cam *cam, const struct emrtd_domain *d, const BIGNUM *data,
	struct emrtd_bytes key)
{
	uint8_t product[EMRTD_PUBLIC_MAX];
	size_t size = 0;
	return emrtd_domain_multiply(d, data, key, product, &size) == 0 && size == cam->key_size &&
	       memcmp(product, cam->key, size) == 0;
}

int emrtd_cam_verify(struct emrtd_session *s, const struct emrtd_security_infos *card_security)
{
	const struct emrtd_cam *cam = &s->cam;
	enum emrtd_step step = EMRTD_STEP_CAM;
	struct emrtd_domain used, of_key;
	if (!cam->done)
		return emrtd_fail(s, step, EMRTD_CAUSE_ARGUMENT, PN_EINVAL);
	if (cam->data_size == 0)
		return emrtd_fail(s, step, EMRTD_CAUSE_CAM_DATA, PN_EFORMAT);
	if (emrtd_domain_standard(&used, cam->domain) != 0)
		return emrtd_fail(s, step, EMRTD_CAUSE_CRYPTO, PN_ECRYPTO);
	BIGNUM *data = BN_secure_new();
	bool usable = data != NULL && BN_bin2bn(cam->data, (int)cam->data_size, data) != NULL &&
		      !BN_is_zero(data) && BN_cmp(data, used.q) < 0;
	bool proven = false;
	for (size_t i = 0; usable && !proven && i < card_security->key_count; i++) {
		const struct emrtd_ca_key *key = &card_security->key[i];
		if (!key->ecdh || emrtd_chip_key_domain(key, &of_key) != 0)
			continue;
		proven = emrtd_domain_same(&used, &of_key) && proves(cam, &used, data, key->key);
		emrtd_domain_free(&of_key);
	}
	BN_clear_free(data);
	emrtd_domain_free(&used);
	return proven ? 0 : emrtd_fail(s, step, EMRTD_CAUSE_CAM_WRONG, PN_ECRYPTO);
}

/* SPDX-License-Identifier: Apache-2.0
 * Keyed digests by libcrypto's HMAC. Must never leave the parts behind in memory.
 */
#include "base/keyed.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

static size_t add(uint8_t *at, const void *bytes, size_t size)
{
	if (size > 0)
		memcpy(at, bytes, size);
	return size;
}

int keyed_digest(const uint8_t *key, size_t key_size, const char *domain, const struct keyed_part *parts, size_t count,
	uint8_t digest[KEYED_DIGEST])
{
	uint8_t text[KEYED_BYTES_MAX];
	size_t size = strnlen(domain, sizeof text + 1), n = 0;
	unsigned length = 0;
	if (key_size < KEYED_KEY_MIN || key_size > INT32_MAX)
		return PN_EINVAL;
	for (size_t i = 0; i < count && i < KEYED_PARTS_MAX; i++) {
		if (parts[i].size > sizeof text)
			return PN_ELIMIT;
		size += 4 + parts[i].size;
	}
	if (count > KEYED_PARTS_MAX || size > sizeof text)
		return PN_ELIMIT;
	n = add(text, domain, strlen(domain));
	for (size_t i = 0; i < count; i++) {
		const uint8_t be[4] = { (uint8_t)(parts[i].size >> 24), (uint8_t)(parts[i].size >> 16),
			(uint8_t)(parts[i].size >> 8), (uint8_t)parts[i].size };
		n += add(text + n, be, sizeof be);
		n += add(text + n, parts[i].bytes, parts[i].size);
	}
	const void *made = HMAC(EVP_sha256(), key, (int)key_size, text, n, digest, &length);
	explicit_bzero(text, sizeof text);
	return made != NULL && length == KEYED_DIGEST ? PN_OK : PN_ECRYPTO;
}

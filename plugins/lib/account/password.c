/* SPDX-License-Identifier: Apache-2.0
 * Password hashes: see password.h.
 */
#include "account/password.h"

#include <argon2.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

enum { SALT_SIZE = 16, TAG_SIZE = 32 };

int password_hash(const char *password, char out[PASSWORD_HASH_MAX])
{
	uint8_t salt[SALT_SIZE];
	size_t size = strlen(password);
	if (size < PASSWORD_MIN || size > PASSWORD_MAX)
		return PN_EINVAL;
	if (RAND_bytes(salt, sizeof salt) != 1)
		return PN_ECRYPTO;
	int r = argon2id_hash_encoded(PASSWORD_PASSES, PASSWORD_MEMORY_KIB, 1, password, size, salt, sizeof salt, TAG_SIZE, out,
		PASSWORD_HASH_MAX);
	return r == ARGON2_OK ? PN_OK : r == ARGON2_MEMORY_ALLOCATION_ERROR ? PN_ENOMEM : PN_ECRYPTO;
}

bool password_hash_valid(const char *encoded)
{
	uint64_t memory, passes;
	const char *at = encoded;
	return strlen(encoded) < PASSWORD_HASH_MAX && text_word(&at, "$argon2id$v=19$m=") && text_number(&at, &memory) &&
	       text_word(&at, ",t=") && text_number(&at, &passes) && text_word(&at, ",p=1$") && memory >= 8 &&
	       memory <= PASSWORD_MEMORY_LIMIT_KIB && passes >= 1 && passes <= PASSWORD_PASSES_LIMIT;
}

bool password_matches(const char *encoded, const char *password)
{
	size_t size = strlen(password);
	uint8_t tag[TAG_SIZE];
	static const uint8_t salt[SALT_SIZE] = {0};
	if (size > PASSWORD_MAX)
		return false;
	if (encoded != NULL && password_hash_valid(encoded))
		return argon2id_verify(encoded, password, size) == ARGON2_OK;
	if (argon2id_hash_raw(PASSWORD_PASSES, PASSWORD_MEMORY_KIB, 1, password, size, salt, sizeof salt, tag, sizeof tag) == ARGON2_OK)
		OPENSSL_cleanse(tag, sizeof tag);
	return false;
}

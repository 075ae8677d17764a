/* SPDX-License-Identifier: Apache-2.0
 * A keyed digest of several parts: HMAC-SHA-256 (RFC 2104, FIPS 198-1) over a domain and the parts, each with its length
 * before it, so that no two lists of parts give the same bytes. Pure. Must never be used without a secret key: what is short,
 * as a document's number is, would be found by trying.
 */
#ifndef POSTERN_BASE_KEYED_H
#define POSTERN_BASE_KEYED_H
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { KEYED_DIGEST = 32, KEYED_KEY_MIN = 32, KEYED_PARTS_MAX = 8, KEYED_BYTES_MAX = 512 };

struct keyed_part {
	const void *bytes; /* may be NULL when size is 0 */
	size_t size;
};

/* digest = HMAC-SHA-256(key, domain || be32(size) || bytes ...). domain ends in "\n". PN_EINVAL: the key is shorter than
 * KEYED_KEY_MIN. PN_ELIMIT: more parts or bytes than the bounds above. PN_ECRYPTO: the library refused. */
int keyed_digest(const uint8_t *key, size_t key_size, const char *domain, const struct keyed_part *parts, size_t count,
	uint8_t digest[KEYED_DIGEST]) PN_MUST_CHECK;
#endif

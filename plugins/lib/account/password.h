/* SPDX-License-Identifier: Apache-2.0
 * Passwords as argon2id (RFC 9106) in the encoded form of its reference implementation, by libargon2 (docs/adr/0018).
 * Must never keep a password, nor let a stored hash decide how much memory a login may take.
 */
#ifndef POSTERN_ACCOUNT_PASSWORD_H
#define POSTERN_ACCOUNT_PASSWORD_H
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum {
	PASSWORD_MIN = 12, /* bytes; NIST SP 800-63B asks for 8 where a second factor is used */
	PASSWORD_MAX = 128,
	PASSWORD_HASH_MAX = 128, /* of the encoded form, and NUL */
	/* OWASP's recommendation for argon2id with one lane: 19 MiB, two passes. */
	PASSWORD_MEMORY_KIB = 19456,
	PASSWORD_PASSES = 2,
	/* What a stored hash may ask for at most. */
	PASSWORD_MEMORY_LIMIT_KIB = 65536,
	PASSWORD_PASSES_LIMIT = 8,
};

/* PN_EINVAL: too short or too long. */
int password_hash(const char *password, char out[PASSWORD_HASH_MAX]) PN_MUST_CHECK;
/* Is it one that password_matches() would look at? */
bool password_hash_valid(const char *encoded);
/* encoded NULL: does the work of one that exists, and says no. */
bool password_matches(const char *encoded, const char *password);
#endif

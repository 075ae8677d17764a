/* SPDX-License-Identifier: Apache-2.0
 * Time-based one-time passwords (RFC 6238 over RFC 4226) and the base32 in which their secrets are written (RFC 4648 section 6).
 * Pure. Must never accept a code twice: the caller keeps the last step that was accepted.
 */
#ifndef POSTERN_ACCOUNT_TOTP_H
#define POSTERN_ACCOUNT_TOTP_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum {
	TOTP_STEP_S = 30,
	TOTP_DIGITS = 6,
	TOTP_SECRET_MIN = 16, /* bytes, RFC 4226 section 4, R6 */
	TOTP_SECRET_MAX = 64,
	TOTP_TEXT_MAX = 104, /* of the longest secret in base32, and NUL */
};

enum totp_hash { TOTP_SHA1, TOTP_SHA256, TOTP_SHA512 };

/* RFC 4226 section 5.3 at a step of RFC 6238; 6 to 8 digits and NUL. Accounts use SHA-1 and TOTP_DIGITS, which every
 * authenticator knows. PN_EINVAL, PN_ECRYPTO. */
int totp_code(enum totp_hash hash, const uint8_t *secret, size_t size, uint64_t step, unsigned digits, char out[9]) PN_MUST_CHECK;

/* Is it the code of this step, the one before or the one after, and newer than *last_step? Then *last_step is moved. The compare
 * takes the same time for every code. */
bool totp_accept(const uint8_t *secret, size_t size, int64_t unix_s, const char *code, uint64_t *last_step);

/* Without padding; out: 8 * ((size + 4) / 5) + 1 bytes are enough. */
void base32_encode(char *out, const uint8_t *bytes, size_t size);
/* Upper or lower case, without padding. PN_EFORMAT; PN_ELIMIT: more than max bytes. */
int base32_decode(const char *text, uint8_t *out, size_t max, size_t *size) PN_MUST_CHECK;
#endif

/* SPDX-License-Identifier: Apache-2.0
 * Crossing identifiers: ULID (48-bit wall milliseconds, 80 random bits, Crockford base 32). Pure: time and
 * randomness are passed in. Must never be derived from a person or a document.
 */
#ifndef POSTERN_CROSSING_ULID_H
#define POSTERN_CROSSING_ULID_H
#include <stdint.h>

#define ULID_SIZE 27 /* 26 characters and NUL */

void ulid_make(char out[ULID_SIZE], int64_t wall_ms, const uint8_t random[10]);
#endif

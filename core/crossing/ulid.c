/* SPDX-License-Identifier: Apache-2.0
 * ULID encoding. Must never read a clock.
 */
#include "crossing/ulid.h"

void ulid_make(char out[ULID_SIZE], int64_t wall_ms, const uint8_t random[10])
{
	static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint8_t bytes[16];
	uint64_t ms = (uint64_t)wall_ms;
	for (int i = 0; i < 6; i++)
		bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
	for (int i = 0; i < 10; i++)
		bytes[6 + i] = random[i];
	/* 128 bits in 26 groups of five; the first group holds three. */
	for (int i = 0; i < 26; i++) {
		unsigned value = 0;
		for (int b = 0; b < 5; b++) {
			int bit = i * 5 + b - 2;
			value = value << 1 | (bit < 0 ? 0u : (unsigned)(bytes[bit / 8] >> (7 - bit % 8)) & 1u);
		}
		out[i] = alphabet[value];
	}
	out[26] = '\0';
}

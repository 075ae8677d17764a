/* SPDX-License-Identifier: Apache-2.0
 * Pictures that are too large, cut off, or as much work as the bounds of face/picture.h allow. Must never be linked into the product.
 */
#ifndef POSTERN_TEST_BOMBS_H
#define POSTERN_TEST_BOMBS_H
#include <stddef.h>
#include <stdint.h>

enum { BOMBS_MAX = 12 };

struct bomb {
	const char *name;
	uint8_t *bytes;
	size_t size;
};

/* How many; the bytes are the caller's to free. */
size_t bombs_make(struct bomb out[BOMBS_MAX]);
#endif

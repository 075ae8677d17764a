/* SPDX-License-Identifier: Apache-2.0
 * Hexadecimal text of bytes and back. Must never be used to print personal bytes.
 */
#ifndef POSTERN_BASE_HEX_H
#define POSTERN_BASE_HEX_H
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

/* out needs 2 * size + 1 bytes. */
void hex_encode(char *out, const uint8_t *bytes, size_t size);
/* PN_EFORMAT unless s is exactly 2 * size hexadecimal digits. */
int hex_decode(uint8_t *out, size_t size, const char *s) PN_MUST_CHECK;
#endif

/* SPDX-License-Identifier: Apache-2.0
 * Whether bytes are a JPEG that may be handed to a browser, by its headers (ITU-T T.81, annex B): nothing is decoded. Pure. Must never be
 * taken for a proof that the picture is whole, or of a person.
 */
#ifndef POSTERN_BASE_JPEG_H
#define POSTERN_BASE_JPEG_H
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { JPEG_SIDE_MAX = 4096 }; /* pixels */

/* One frame of Huffman-coded samples of 8 bits in one or three components, a scan behind it, and the end of the image as the last two bytes.
 * PN_EFORMAT: it is not; PN_ELIMIT: a side beyond JPEG_SIDE_MAX. */
int jpeg_check(const uint8_t *bytes, size_t size) PN_MUST_CHECK;
#endif

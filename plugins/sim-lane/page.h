/* SPDX-License-Identifier: Apache-2.0
 * The portrait as it is printed on a simulated document's data page: paler than the picture it was made from, rastered, with the lines of a
 * security print over it. Pure: the same portrait and number give the same page. Must never be used on a traveller's picture.
 */
#ifndef POSTERN_SIM_LANE_PAGE_H
#define POSTERN_SIM_LANE_PAGE_H
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* 35 by 45 mm at 300 dpi, as Doc 9303-3 has portraits; fewer bytes than a reader may give. */
enum { PAGE_WIDTH = 413, PAGE_HEIGHT = 531, PAGE_BYTES_MAX = 100 * 1024 };

/* portrait: a JPEG or JPEG 2000, of which the middle of that shape is taken. *jpeg is the caller's to free(). PN_EFORMAT and others of
 * face/picture.h: it is none. */
int page_print(const uint8_t *portrait, size_t size, uint32_t number, uint8_t **jpeg, size_t *jpeg_size) PN_MUST_CHECK;
#endif

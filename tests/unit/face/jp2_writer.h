/* SPDX-License-Identifier: Apache-2.0
 * JPEG 2000 into memory by OpenJPEG's own encoder, for tests and benches of our decoder. Must never be linked into the product.
 */
#ifndef POSTERN_TESTS_JP2_WRITER_H
#define POSTERN_TESTS_JP2_WRITER_H
#include <openjpeg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JP2_WRITER_ROOM = 1 << 20 };

struct jp2_file {
	uint8_t *bytes; /* the caller's to free */
	size_t at, size;
};

/* boxes: with the boxes of a file (JP2), else a codestream. False: the encoder refuses, or JP2_WRITER_ROOM does not suffice. The image
 * stays the caller's. */
bool jp2_write(opj_image_t *image, opj_cparameters_t *how, bool boxes, struct jp2_file *out);
#endif

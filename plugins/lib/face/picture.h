/* SPDX-License-Identifier: Apache-2.0
 * Pictures of a document's chip and of cameras: JPEG by libjpeg-turbo, JPEG 2000 by OpenJPEG,
 * behind bounds that are looked at before either library is asked for memory. Pure. Must never give
 * half a picture: what a decoder complains of is not a picture.
 */
#ifndef POSTERN_FACE_PICTURE_H
#define POSTERN_FACE_PICTURE_H
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum {
	FACE_PICTURE_SIDE_MAX = 4096, /* pixels */
	FACE_PICTURE_PIXELS_MAX =
		4 << 20,              /* of which a decoder takes some 30 bytes each at its worst */
	FACE_PICTURE_SCANS_MAX = 64,  /* of a progressive JPEG */
	FACE_PICTURE_TILES_MAX = 256, /* of JPEG 2000 */
	FACE_PICTURE_BYTES_MAX = 8 << 20, /* of a file */
};

/* RGB24, row by row without gaps. */
struct face_picture {
	uint32_t width, height;
	uint8_t *pixels; /* owned */
};

/* By its first bytes. PN_EUNSUPPORTED: neither, or a form that no document has (CMYK, 16 bits,
 * subsampled components). PN_ELIMIT: over a bound above. PN_EFORMAT: damaged or cut off. PN_ENOMEM.
 */
int face_picture_decode(const uint8_t *bytes, size_t size, struct face_picture *out) PN_MUST_CHECK;
int face_picture_jpeg(const uint8_t *bytes, size_t size, struct face_picture *out) PN_MUST_CHECK;
int face_picture_jp2(const uint8_t *bytes, size_t size, struct face_picture *out) PN_MUST_CHECK;
/* As a JPEG of that quality, 1 to 100; *bytes is the caller's, to be wiped and freed with free(). PN_EINVAL, PN_ENOMEM. */
int face_picture_to_jpeg(const struct face_picture *p, int quality, uint8_t **bytes, size_t *size) PN_MUST_CHECK;
/* Wipes it. */
void face_picture_free(struct face_picture *p);
/* Room for width x height, zeros, within the bounds. */
int face_picture_new(uint32_t width, uint32_t height, struct face_picture *out) PN_MUST_CHECK;
#endif

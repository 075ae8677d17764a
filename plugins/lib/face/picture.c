/* SPDX-License-Identifier: Apache-2.0
 * See picture.h.
 */
#include "picture.h"

#include <stdlib.h>
#include <string.h>

int face_picture_new(uint32_t width, uint32_t height, struct face_picture *out)
{
	*out = (struct face_picture){0};
	if (width < 1 || height < 1)
		return PN_EFORMAT;
	if (width > FACE_PICTURE_SIDE_MAX || height > FACE_PICTURE_SIDE_MAX ||
		width * height > FACE_PICTURE_PIXELS_MAX)
		return PN_ELIMIT;
	out->pixels = calloc((size_t)width * height, 3);
	if (out->pixels == NULL)
		return PN_ENOMEM;
	out->width = width;
	out->height = height;
	return PN_OK;
}

void face_picture_free(struct face_picture *p)
{
	if (p->pixels != NULL)
		explicit_bzero(p->pixels, (size_t)p->width * p->height * 3);
	free(p->pixels);
	*p = (struct face_picture){0};
}

int face_picture_decode(const uint8_t *bytes, size_t size, struct face_picture *out)
{
	static const uint8_t box[] = {0, 0, 0, 12, 'j', 'P', ' ', ' '},
			     codestream[] = {0xff, 0x4f, 0xff, 0x51}, jpeg[] = {0xff, 0xd8, 0xff};
	*out = (struct face_picture){0};
	if (size >= sizeof jpeg && memcmp(bytes, jpeg, sizeof jpeg) == 0)
		return face_picture_jpeg(bytes, size, out);
	if ((size >= sizeof box && memcmp(bytes, box, sizeof box) == 0) ||
		(size >= sizeof codestream && memcmp(bytes, codestream, sizeof codestream) == 0))
		return face_picture_jp2(bytes, size, out);
	return PN_EUNSUPPORTED;
}

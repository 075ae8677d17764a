/* SPDX-License-Identifier: Apache-2.0
 * What a decoder of hostile pictures owes. Must never let one pass that is over the bounds, half there, or not given back.
 */
#ifndef POSTERN_FUZZ_PICTURE_H
#define POSTERN_FUZZ_PICTURE_H
#include <stdlib.h>

#include "face/picture.h"

/* r: what the decoder said of p. */
static inline void fuzz_picture_owed(int r, struct face_picture *p)
{
	unsigned sum = 0;
	if ((r == PN_OK) != (p->pixels != NULL))
		abort();
	if (r != PN_OK)
		return;
	if (p->width < 1 || p->height < 1 || p->width > FACE_PICTURE_SIDE_MAX ||
		p->width * p->height > FACE_PICTURE_PIXELS_MAX)
		abort();
	for (size_t i = 0; i < (size_t)p->width * p->height * 3; i++)
		sum += p->pixels[i];
	face_picture_free(p);
	if (sum > 255U * 3 * FACE_PICTURE_PIXELS_MAX)
		abort();
}
#endif

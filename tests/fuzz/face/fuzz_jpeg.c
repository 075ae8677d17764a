/* SPDX-License-Identifier: Apache-2.0
 * Hostile pictures, jpeg. Must never give one that is over the bounds, half there, or not given
 * back; and the look at headers alone must not refuse for its size what the decoder takes.
 */
#include <stdlib.h>

#include "base/jpeg.h"
#include "face/picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct face_picture p;
	unsigned sum = 0;
	const int headers = jpeg_check(data, size);
	const int r = face_picture_jpeg(data, size, &p);
	if (headers != PN_OK && headers != PN_EFORMAT && headers != PN_ELIMIT)
		abort();
	if (headers == PN_ELIMIT && r == PN_OK)
		abort();
	if ((r == PN_OK) != (p.pixels != NULL))
		abort();
	if (r != PN_OK)
		return 0;
	if (p.width < 1 || p.height < 1 || p.width > FACE_PICTURE_SIDE_MAX ||
		p.width * p.height > FACE_PICTURE_PIXELS_MAX)
		abort();
	for (size_t i = 0; i < (size_t)p.width * p.height * 3; i++)
		sum += p.pixels[i];
	face_picture_free(&p);
	if (sum > 255U * 3 * FACE_PICTURE_PIXELS_MAX)
		abort();
	return 0;
}

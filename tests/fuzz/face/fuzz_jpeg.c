/* SPDX-License-Identifier: Apache-2.0
 * Hostile pictures, jpeg. Must never give one that is over the bounds, half there, or not given
 * back; and the look at headers alone must not refuse for its size what the decoder takes.
 */
#include "base/jpeg.h"
#include "picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct face_picture p;
	const int headers = jpeg_check(data, size);
	const int r = face_picture_jpeg(data, size, &p);
	if (headers != PN_OK && headers != PN_EFORMAT && headers != PN_ELIMIT)
		abort();
	if (headers == PN_ELIMIT && r == PN_OK)
		abort();
	fuzz_picture_owed(r, &p);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 * Hostile pictures, jp2. Must never give one that is over the bounds, half there, or not given
 * back.
 */
#include "picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct face_picture p;
	const int r = face_picture_jp2(data, size, &p);
	fuzz_picture_owed(r, &p);
	return 0;
}

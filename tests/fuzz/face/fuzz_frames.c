/* SPDX-License-Identifier: Apache-2.0
 * What a camera's plugin may say of its frames: an encoded MatchFace, its length in two bytes before it, and behind it the blob that
 * it speaks of. Must never let a description reach beyond the blob: the blob is a copy of just its size.
 */
#include <stdlib.h>
#include <string.h>

#include "face_frames.h"

enum { RAW_MAX = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned sum_of(const struct face_frame *f)
{
	unsigned sum = 0;
	const size_t each = f->format == FACE_RGB24 ? 3 : f->format == FACE_DEPTH16 ? 2 : 1;
	for (uint32_t y = 0; y < f->height; y++)
		for (size_t x = 0; x < f->width * each; x++)
			sum += f->pixels[(size_t)y * f->stride + x];
	return sum;
}

static unsigned look(const Postern__MatchFace *q, const uint8_t *blob, size_t size)
{
	struct face_frame raw[RAW_MAX];
	unsigned sum = 0;
	for (size_t i = 0; i < q->n_frames && i < RAW_MAX; i++) {
		struct face_seen seen;
		struct face_picture copy;
		struct face_frame infrared;
		if (face_frames_infrared(q->frames[i], blob, size, &infrared) == PN_OK)
			sum += sum_of(&infrared);
		if (face_frames_see(q->frames[i], blob, size, &seen) != PN_OK)
			continue;
		sum += sum_of(&seen.frame);
		if (face_frames_copy(&seen.frame, &copy) == PN_OK) {
			if (copy.width > FACE_LIVE_SIDE_MAX || copy.height > FACE_LIVE_SIDE_MAX)
				abort();
			face_picture_free(&copy);
		}
		face_frames_free(&seen);
	}
	const uint32_t count = face_frames_raw(q, blob, size, raw, RAW_MAX);
	for (uint32_t i = 0; i < count; i++)
		sum += sum_of(&raw[i]);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	const size_t length = (size_t)data[0] << 8 | data[1];
	if (length > size - 2)
		return 0;
	Postern__MatchFace *q = postern__match_face__unpack(NULL, length, data + 2);
	if (q == NULL)
		return 0;
	const size_t rest = size - 2 - length;
	uint8_t *blob = malloc(rest > 0 ? rest : 1);
	if (blob == NULL)
		abort();
	memcpy(blob, data + 2 + length, rest);
	static volatile unsigned seen; /* what was read cannot be left out */
	seen = look(q, blob, rest);
	(void)seen;
	free(blob);
	postern__match_face__free_unpacked(q, NULL);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 * See face_frames.h.
 */
#include "face_frames.h"

/* The bytes of a pixel in each format; 0: it has none of its own. */
static uint32_t pixel_bytes(Postern__FrameFormat format)
{
	switch (format) {
	case POSTERN__FRAME_FORMAT__FRAME_RGB24:
		return 3;
	case POSTERN__FRAME_FORMAT__FRAME_GREY8:
	case POSTERN__FRAME_FORMAT__FRAME_NIR8:
		return 1;
	case POSTERN__FRAME_FORMAT__FRAME_DEPTH16:
		return 2;
	case POSTERN__FRAME_FORMAT__FRAME_JPEG:
	case POSTERN__FRAME_FORMAT__FRAME_FORMAT_UNSPECIFIED:
	case _POSTERN__FRAME_FORMAT_IS_INT_SIZE:
		break;
	}
	return 0;
}

static uint32_t face_format(Postern__FrameFormat format)
{
	switch (format) {
	case POSTERN__FRAME_FORMAT__FRAME_RGB24:
		return FACE_RGB24;
	case POSTERN__FRAME_FORMAT__FRAME_GREY8:
		return FACE_GREY8;
	case POSTERN__FRAME_FORMAT__FRAME_NIR8:
		return FACE_NIR8;
	case POSTERN__FRAME_FORMAT__FRAME_DEPTH16:
		return FACE_DEPTH16;
	case POSTERN__FRAME_FORMAT__FRAME_JPEG:
	case POSTERN__FRAME_FORMAT__FRAME_FORMAT_UNSPECIFIED:
	case _POSTERN__FRAME_FORMAT_IS_INT_SIZE:
		break;
	}
	return 0;
}

static bool lies_within(const Postern__FaceFrame *f, size_t size)
{
	return f->size > 0 && f->offset <= size && f->size <= size - f->offset;
}

/* PN_EFORMAT: width and height are not those of so many bytes. */
static int raw(const Postern__FaceFrame *f, const uint8_t *bytes, struct face_frame *out)
{
	const uint32_t each = pixel_bytes(f->format);
	if (each == 0)
		return PN_EUNSUPPORTED;
	if (f->width < 1 || f->height < 1 || f->width > FACE_PICTURE_SIDE_MAX || f->height > FACE_PICTURE_SIDE_MAX ||
		f->size != f->width * f->height * each)
		return PN_EFORMAT;
	*out = (struct face_frame){.struct_size = sizeof *out,
		.width = f->width,
		.height = f->height,
		.stride = f->width * each,
		.format = face_format(f->format),
		.sensor = f->sensor,
		.time_ns = f->mono_ns,
		.pixels = bytes};
	return PN_OK;
}

static int decode(const Postern__FaceFrame *f, const uint8_t *bytes, struct face_seen *out)
{
	int r = face_picture_jpeg(bytes, f->size, &out->decoded);
	if (r != PN_OK)
		return r;
	out->frame = (struct face_frame){.struct_size = sizeof out->frame,
		.width = out->decoded.width,
		.height = out->decoded.height,
		.stride = out->decoded.width * 3,
		.format = FACE_RGB24,
		.sensor = f->sensor,
		.time_ns = f->mono_ns,
		.pixels = out->decoded.pixels};
	return PN_OK;
}

int face_frames_see(const Postern__FaceFrame *f, const uint8_t *blob, size_t size, struct face_seen *out)
{
	struct camera_look look;
	*out = (struct face_seen){.fault = CAMERA_WELL};
	if (!lies_within(f, size))
		return PN_EFORMAT;
	const uint8_t *bytes = blob + f->offset;
	int r = f->format == POSTERN__FRAME_FORMAT__FRAME_JPEG ? decode(f, bytes, out) : raw(f, bytes, &out->frame);
	if (r != PN_OK)
		return r;
	if (out->frame.format != FACE_RGB24 && out->frame.format != FACE_GREY8)
		return PN_EUNSUPPORTED;
	camera_look_at(out->frame.pixels, out->frame.width, out->frame.height, out->frame.stride, out->frame.format == FACE_RGB24 ? 3 : 1, &look);
	out->fault = camera_look_judge(&look);
	out->digest = look.digest;
	return PN_OK;
}

int face_frames_infrared(const Postern__FaceFrame *f, const uint8_t *blob, size_t size, struct face_frame *out)
{
	if (!lies_within(f, size))
		return PN_EFORMAT;
	return f->format == POSTERN__FRAME_FORMAT__FRAME_NIR8 ? raw(f, blob + f->offset, out) : PN_EUNSUPPORTED;
}

void face_frames_free(struct face_seen *seen)
{
	face_picture_free(&seen->decoded);
}

uint32_t face_frames_raw(const Postern__MatchFace *q, const uint8_t *blob, size_t size, struct face_frame *out, uint32_t room)
{
	uint32_t count = 0;
	for (size_t i = 0; i < q->n_frames && count < room; i++)
		if (lies_within(q->frames[i], size) && raw(q->frames[i], blob + q->frames[i]->offset, &out[count]) == PN_OK)
			count++;
	return count;
}

int face_frames_copy(const struct face_frame *f, struct face_picture *out)
{
	uint32_t step = 1;
	while (f->width / step > FACE_LIVE_SIDE_MAX || f->height / step > FACE_LIVE_SIDE_MAX)
		step *= 2;
	const uint32_t each = f->format == FACE_RGB24 ? 3 : 1;
	int r = face_picture_new(f->width / step, f->height / step, out);
	if (r != PN_OK)
		return r;
	for (uint32_t y = 0; y < out->height; y++)
		for (uint32_t x = 0; x < out->width; x++) {
			const uint8_t *from = f->pixels + (size_t)y * step * f->stride + (size_t)x * step * each;
			uint8_t *to = out->pixels + 3 * ((size_t)y * out->width + x);
			for (unsigned c = 0; c < 3; c++)
				to[c] = from[each == 3 ? c : 0];
		}
	return PN_OK;
}

/* SPDX-License-Identifier: Apache-2.0
 * See lds.h: which kind of image, of what size, and where it ends by its own structure. Every step goes
 * forward. Must never decode image data.
 */
#include <string.h>

#include "emrtd/lds/internal.h"

const char *lds_image_name(enum lds_image kind)
{
	static const char *const names[] = {[LDS_IMAGE_UNKNOWN] = "unknown",
		[LDS_IMAGE_JPEG] = "jpeg",
		[LDS_IMAGE_JP2] = "jp2",
		[LDS_IMAGE_J2K] = "j2k"};
	return (unsigned)kind < PN_COUNT(names) ? names[kind] : "";
}

static uint32_t get(const uint8_t *b, size_t size)
{
	uint32_t n = 0;
	for (size_t i = 0; i < size; i++)
		n = n << 8 | b[i];
	return n;
}

/* SOF0 to SOF15 without DHT, JPG and DAC (ISO/IEC 10918-1 table B.1). */
static bool frame_header(uint8_t marker)
{
	return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

/* ISO/IEC 10918-1 B.1.1.2: entropy-coded data hold FF only before 00 or a restart marker. */
static size_t skip_scan(const uint8_t *b, size_t size, size_t at)
{
	while (at + 1 < size) {
		const uint8_t *ff = memchr(b + at, 0xff, size - at - 1);
		if (ff == NULL)
			return size;
		at = (size_t)(ff - b);
		if (b[at + 1] != 0x00 && (b[at + 1] < 0xd0 || b[at + 1] > 0xd7) && b[at + 1] != 0xff)
			return at;
		at += b[at + 1] == 0xff ? 1 : 2;
	}
	return size;
}

/* Marker segments up to EOI (B.2.1). Returns the bytes up to and with it, 0 when there is none. */
static size_t jpeg(struct emrtd_bytes in, struct lds_picture *out)
{
	const uint8_t *b = in.bytes;
	size_t at = 2;
	while (at + 2 <= in.size && b[at] == 0xff) {
		uint8_t marker = b[at + 1];
		if (marker == 0xff) { /* fill bytes (B.1.1.2) */
			at++;
			continue;
		}
		if (marker == 0xd9)
			return at + 2;
		if (in.size - at < 4)
			return 0;
		size_t length = get(b + at + 2, 2);
		if (length < 2 || length > in.size - at - 2)
			return 0;
		if (frame_header(marker) && length >= 7 && out->width == 0) {
			out->height = get(b + at + 5, 2);
			out->width = get(b + at + 7, 2);
		}
		at += 2 + length;
		if (marker == 0xda)
			at = skip_scan(b, in.size, at);
	}
	return 0;
}

/* Codestream of ISO/IEC 15444-1 annex A: SIZ, the main header, tile-parts up to EOC. */
static size_t codestream(struct emrtd_bytes in, struct lds_picture *out)
{
	const uint8_t *b = in.bytes;
	size_t at = 2;
	if (in.size < 24 || get(b, 4) != 0xff4fff51)
		return 0;
	uint32_t right = get(b + 8, 4), low = get(b + 12, 4), left = get(b + 16, 4), top = get(b + 20, 4);
	if (right > left && low > top && out->width == 0) {
		out->width = right - left;
		out->height = low - top;
	}
	while (in.size - at >= 2) {
		uint32_t marker = get(b + at, 2);
		if (marker == 0xffd9)
			return at + 2;
		if (in.size - at < 4 || marker < 0xff4f)
			return 0;
		size_t length = 2 + get(b + at + 2, 2);
		if (marker == 0xff90) { /* SOT: the whole tile-part's length; 0: all up to EOC */
			if (in.size - at < 12)
				return 0;
			length = get(b + at + 6, 4);
			if (length == 0)
				length = in.size - at - 2;
			if (length < 14)
				return 0;
		}
		if (length < 4 || length > in.size - at)
			return 0;
		at += length;
	}
	return 0;
}

static void image_header(struct emrtd_bytes box, struct lds_picture *out)
{
	if (box.size < 16 || get(box.bytes, 4) < 16 || memcmp(box.bytes + 4, "ihdr", 4) != 0)
		return;
	out->height = get(box.bytes + 8, 4);
	out->width = get(box.bytes + 12, 4);
}

/* Boxes of ISO/IEC 15444-1 annex I up to the codestream's; the last may run to the end of what there is. */
static size_t jp2(struct emrtd_bytes in, struct lds_picture *out)
{
	size_t at = 0;
	while (in.size - at >= 8) {
		const uint8_t *b = in.bytes + at;
		size_t left = in.size - at, head = 8, length = get(b, 4);
		if (length == 1) {
			if (left < 16 || get(b + 8, 4) != 0)
				return 0;
			head = 16;
			length = get(b + 12, 4);
		} else if (length == 0) {
			length = left;
		}
		if (length < head || length > left)
			return 0;
		struct emrtd_bytes content = {b + head, length - head};
		if (memcmp(b + 4, "jp2h", 4) == 0)
			image_header(content, out);
		if (memcmp(b + 4, "jp2c", 4) == 0) {
			size_t size = codestream(content, out);
			bool open = get(b, 4) == 0;
			return size == 0 ? 0 : open ? at + head + size : at + length;
		}
		at += length;
	}
	return 0;
}

struct lds_picture lds_picture(struct emrtd_bytes bytes)
{
	static const uint8_t jp2_signature[] = {0, 0, 0, 12, 'j', 'P', ' ', ' ', 0x0d, 0x0a, 0x87, 0x0a};
	struct lds_picture out = {.bytes = bytes};
	size_t end = 0;
	if (bytes.size >= 3 && get(bytes.bytes, 3) == 0xffd8ff) {
		out.kind = LDS_IMAGE_JPEG;
		end = jpeg(bytes, &out);
	} else if (bytes.size >= 4 && get(bytes.bytes, 4) == 0xff4fff51) {
		out.kind = LDS_IMAGE_J2K;
		end = codestream(bytes, &out);
	} else if (bytes.size >= sizeof jp2_signature &&
		   memcmp(bytes.bytes, jp2_signature, sizeof jp2_signature) == 0) {
		out.kind = LDS_IMAGE_JP2;
		end = jp2(bytes, &out);
	}
	if (end != 0) {
		out.whole = true;
		out.tail = bytes.size - end;
		out.bytes.size = end;
	}
	return out;
}

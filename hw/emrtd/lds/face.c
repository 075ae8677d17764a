/* SPDX-License-Identifier: Apache-2.0
 * See face.h.
 */
#include "emrtd/lds/face.h"

#include <string.h>

#include "emrtd/lds/internal.h"

enum { BLOCK_2005 = 0x5f2e, BLOCK_2019 = 0x7f2e, HEADER = 0xa1, TEMPLATE = 0x7f60, GROUP = 0x7f61 };
/* ISO/IEC 19794-5:2005 5.4 to 5.7: sizes of the parts of a record. */
enum { RECORD_HEADER = 14, FACE_HEADER = 20, FEATURE_POINT = 8, IMAGE_HEADER = 12 };

static uint32_t get(const uint8_t *b, size_t size)
{
	uint32_t n = 0;
	for (size_t i = 0; i < size; i++)
		n = n << 8 | b[i];
	return n;
}

static void keep(const struct lds_scan *s, struct lds_dg2 *out, const struct lds_face *face, const uint8_t *at,
	uint32_t tag)
{
	const struct lds_picture *p = &face->picture;
	if (p->width != 0 && face->width != 0 && (p->width != face->width || p->height != face->height))
		lds_say(s, LDS_IMAGE_SIZE, at, tag);
	if (out->count == LDS_FACES_MAX)
		lds_say(s, LDS_TOO_MANY, at, tag);
	else
		out->face[out->count++] = *face;
}

/* The image of a record's last face. Issuers have written lengths that are some bytes off, one way or the other: where the
 * bytes that the face states hold no whole image and those that there are do, the image's own end decides. */
static struct lds_picture last_picture(
	const struct lds_scan *s, struct emrtd_bytes stated, struct emrtd_bytes all, const uint8_t *face)
{
	struct lds_picture p = lds_picture(all);
	if (stated.size < all.size && p.whole && !lds_picture(stated).whole) {
		lds_say(s, LDS_RECORD_LENGTH, face, BLOCK_2005);
		return lds_picture_of(s, all, BLOCK_2005);
	}
	return lds_picture_of(s, stated, BLOCK_2005);
}

/* One facial record data block. Returns its size, 0 when it was told to be wrong. last: no other follows. */
static size_t face_2005(const struct lds_scan *s, struct emrtd_bytes in, bool last, const struct lds_face *head,
	struct lds_dg2 *out)
{
	struct lds_face face = *head;
	if (in.size < FACE_HEADER + IMAGE_HEADER) {
		lds_say(s, LDS_RECORD_LENGTH, in.bytes, BLOCK_2005);
		return 0;
	}
	size_t size = get(in.bytes, 4), before = FACE_HEADER + IMAGE_HEADER;
	face.points = get(in.bytes + 4, 2);
	before += (size_t)face.points * FEATURE_POINT;
	if (size > in.size)
		lds_say(s, LDS_RECORD_LENGTH, in.bytes, BLOCK_2005);
	if (size > in.size && last)
		size = in.size;
	if (size > in.size)
		return 0;
	if (size < before) {
		lds_say(s, LDS_RECORD_LENGTH, in.bytes, BLOCK_2005);
		return 0;
	}
	const uint8_t *image = in.bytes + before - IMAGE_HEADER;
	const struct emrtd_bytes stated = {in.bytes + before, size - before}, all = {in.bytes + before, in.size - before};
	face.record = LDS_FACE_19794_5;
	face.format = image[1];
	face.width = get(image + 2, 2);
	face.height = get(image + 4, 2);
	face.picture = last ? last_picture(s, stated, all, in.bytes) : lds_picture_of(s, stated, BLOCK_2005);
	keep(s, out, &face, image, BLOCK_2005);
	return size;
}

static void record_2005(
	const struct lds_scan *s, struct emrtd_bytes in, const struct lds_face *head, struct lds_dg2 *out)
{
	if (in.size < RECORD_HEADER || memcmp(in.bytes, "FAC", 4) != 0) {
		lds_say(s, LDS_FORMAT, in.bytes, BLOCK_2005);
		return;
	}
	if (memcmp(in.bytes + 4, "010", 4) != 0) {
		lds_say(s, LDS_VERSION, in.bytes + 4, BLOCK_2005);
		return;
	}
	size_t size = get(in.bytes + 8, 4), count = get(in.bytes + 12, 2), found = 0;
	/* What follows the record, or is lacking in it, is told; the record goes on as far as there are bytes. */
	if (size != in.size)
		lds_say(s, LDS_RECORD_LENGTH, in.bytes + 8, BLOCK_2005);
	struct emrtd_bytes rest = {in.bytes + RECORD_HEADER, in.size - RECORD_HEADER};
	while (found < count && rest.size > 0) {
		size_t step = face_2005(s, rest, found + 1 == count, head, out);
		if (step == 0)
			break;
		found++;
		rest.bytes += step;
		rest.size -= step;
	}
	if (found != count)
		lds_say(s, LDS_COUNT, in.bytes + 12, BLOCK_2005);
	else if (rest.size > 0 && size == in.size)
		lds_say(s, LDS_RECORD_LENGTH, rest.bytes, BLOCK_2005);
}

/* The value of the object with this tag; told when it is not to be found. */
static bool inside(const struct lds_scan *s, struct emrtd_bytes in, uint32_t tag, struct emrtd_bytes *out)
{
	int r = emrtd_tlv_find(in, tag, out);
	if (r != 0)
		lds_say(s, r == PN_ENOTFOUND ? LDS_MISSING : LDS_ENCODING, in.bytes, tag);
	return r == 0;
}

static uint32_t number(struct emrtd_bytes in, uint32_t tag)
{
	struct emrtd_bytes v;
	if (emrtd_tlv_find(in, tag, &v) != 0 || v.size == 0 || (v.bytes[0] & 0x80) != 0)
		return 0;
	while (v.size > 1 && v.bytes[0] == 0) {
		v.bytes++;
		v.size--;
	}
	return v.size <= 4 ? get(v.bytes, v.size) : 0;
}

static size_t elements(struct emrtd_bytes in)
{
	struct emrtd_tlv_walk walk = emrtd_tlv_walk(in);
	struct emrtd_tlv tlv;
	size_t n = 0;
	while (emrtd_tlv_next(&walk, &tlv) == 1)
		n++;
	return n;
}

/* RepresentationBlock of ISO/IEC 39794-5 as ICAO's application profile has it (ASN.1 module
 * id-icao-iso-iec-39794-5-ed-1-v1): [1] ImageRepresentation, of that [0] the base, of that [0] the image of two
 * dimensions: [0] its bytes, [1] ImageInformation2DBlock; [9] the landmarks. */
static void face_2019(const struct lds_scan *s, struct emrtd_bytes in, const struct lds_face *head, struct lds_dg2 *out)
{
	struct emrtd_bytes v, image, information, size, landmarks;
	struct lds_face face = *head;
	face.record = LDS_FACE_39794_5;
	if (!inside(s, in, 0xa1, &v) || !inside(s, v, 0xa0, &v) || !inside(s, v, 0xa0, &v) || !inside(s, v, 0x80, &image))
		return;
	if (inside(s, v, 0xa1, &information)) {
		struct emrtd_bytes format;
		if (emrtd_tlv_find(information, 0xa0, &format) == 0)
			face.format = number(format, 0x80);
		if (emrtd_tlv_find(information, 0xa7, &size) == 0) {
			face.width = number(size, 0x80);
			face.height = number(size, 0x81);
		}
	}
	if (emrtd_tlv_find(in, 0xa9, &landmarks) == 0)
		face.points = (unsigned)elements(landmarks);
	face.picture = lds_picture_of(s, image, BLOCK_2019);
	keep(s, out, &face, in.bytes, BLOCK_2019);
}

/* DO 7F2E: A1 around [APPLICATION 5] FaceImageDataBlock: [0] VersionBlock, [1] RepresentationBlocks (4.5.6, tables 1 to
 * 3). */
static int record_2019(
	const struct lds_scan *s, struct emrtd_bytes in, const struct lds_face *head, struct lds_dg2 *out)
{
	struct emrtd_bytes v, version, blocks;
	struct emrtd_tlv tlv;
	int got;
	if (!inside(s, in, 0xa1, &v) || !inside(s, v, 0x65, &v) || !inside(s, v, 0xa0, &version) ||
		!inside(s, v, 0xa1, &blocks))
		return 0;
	/* VersionBlock: generation, year; the module begins with generation 3. */
	if (number(version, 0x80) != 3)
		lds_say(s, LDS_VERSION, version.bytes, BLOCK_2019);
	struct emrtd_tlv_walk walk = emrtd_tlv_walk(blocks);
	size_t found = 0;
	while ((got = lds_next(s, &walk, &tlv)) == 1) {
		if (tlv.tag == 0x30) {
			face_2019(s, tlv.value, head, out);
			found++;
		} else {
			s->notes->unknown++;
		}
	}
	if (got == 0 && found != 1) /* RepresentationBlocks ::= SEQUENCE SIZE (1) OF */
		lds_say(s, LDS_COUNT, blocks.bytes, BLOCK_2019);
	return got;
}

/* Biometric header template, table 44. */
static int header(const struct lds_scan *s, const struct emrtd_tlv *tlv, struct lds_face *head)
{
	struct emrtd_tlv_walk walk = emrtd_tlv_walk(tlv->value);
	struct emrtd_tlv e;
	int got;
	while ((got = lds_next(s, &walk, &e)) == 1) {
		struct emrtd_bytes v = e.value;
		if (e.tag == 0x83) {
			head->created = lds_date(s, v, e.tag, true, false);
		} else if (e.tag == 0x85 && v.size == 8) {
			head->valid_from = lds_date(s, (struct emrtd_bytes){v.bytes, 4}, e.tag, false, false);
			head->valid_through = lds_date(s, (struct emrtd_bytes){v.bytes + 4, 4}, e.tag, false, false);
		} else if ((e.tag == 0x87 || e.tag == 0x88) && v.size == 2) {
			*(e.tag == 0x87 ? &head->owner : &head->type) = get(v.bytes, 2);
		} else if (e.tag == 0x85 || e.tag == 0x87 || e.tag == 0x88) {
			lds_say(s, LDS_LENGTH, e.raw.bytes, e.tag);
		} else if (e.tag < 0x80 || e.tag > 0x86) {
			s->notes->unknown++;
		}
	}
	for (uint32_t tag = 0x87; tag <= 0x88 && got == 0; tag++)
		if ((tag == 0x87 ? head->owner : head->type) == 0)
			lds_say(s, LDS_MISSING, tlv->raw.bytes, tag);
	return got;
}

static int template(const struct lds_scan *s, const struct emrtd_tlv *tlv, struct lds_dg2 *out)
{
	struct emrtd_tlv_walk walk = emrtd_tlv_walk(tlv->value);
	struct lds_face head = {0};
	struct emrtd_tlv e;
	bool has_header = false, has_block = false;
	int got;
	while ((got = lds_next(s, &walk, &e)) == 1) {
		if (e.tag == HEADER && !has_header) {
			has_header = true;
			if (header(s, &e, &head) < 0)
				return PN_EFORMAT;
		} else if (e.tag == BLOCK_2005) {
			has_block = true;
			record_2005(s, e.value, &head, out);
		} else if (e.tag == BLOCK_2019) {
			has_block = true;
			if (record_2019(s, e.value, &head, out) < 0)
				return PN_EFORMAT;
		} else {
			s->notes->unknown++;
		}
	}
	if (got == 0 && !has_header)
		lds_say(s, LDS_MISSING, tlv->raw.bytes, HEADER);
	if (got == 0 && !has_block)
		lds_say(s, LDS_MISSING, tlv->raw.bytes, BLOCK_2005);
	return got;
}

static bool usable(const struct lds_dg2 *out)
{
	for (size_t i = 0; i < out->count; i++)
		if (out->face[i].picture.kind != LDS_IMAGE_UNKNOWN)
			return true;
	return false;
}

int lds_dg2(struct emrtd_bytes file, struct lds_dg2 *out, struct lds_notes *notes)
{
	struct lds_scan s;
	struct emrtd_bytes value, group;
	struct emrtd_tlv tlv;
	int got, stated = -1;
	bool told = false;
	memset(out, 0, sizeof *out);
	if (lds_open(&s, file, 0x75, &value, notes) != 0)
		return PN_EFORMAT;
	if (!inside(&s, value, GROUP, &group))
		return PN_EFORMAT;
	struct emrtd_tlv_walk walk = emrtd_tlv_walk(group);
	while ((got = lds_next(&s, &walk, &tlv)) == 1) {
		if (tlv.tag == 0x02 && !told) {
			stated = lds_small(&s, &tlv);
			told = true;
		} else if (tlv.tag == TEMPLATE) {
			out->templates++;
			if (template(&s, &tlv, out) < 0)
				return PN_EFORMAT;
		} else {
			notes->unknown++;
		}
	}
	out->stated = stated > 0 ? (unsigned)stated : 0;
	if (got < 0)
		return got;
	if (!told)
		lds_say(&s, LDS_MISSING, group.bytes, 0x02);
	else if (stated >= 0 && (size_t)stated != out->templates)
		lds_say(&s, LDS_COUNT, group.bytes, 0x02);
	return usable(out) ? 0 : lds_fail(&s, LDS_MISSING, group.bytes, TEMPLATE);
}

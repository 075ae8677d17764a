/* SPDX-License-Identifier: Apache-2.0
 * See lds.h: what all files have in common, text, dates. Must never note a position outside the file.
 */
#include "emrtd/lds/lds.h"

#include <string.h>

#include "emrtd/lds/internal.h"

const char *lds_problem_name(enum lds_problem what)
{
	static const char *const names[] = {
#define LDS_PROBLEM(id, name) name,
#include "emrtd/lds/problems.def"
#undef LDS_PROBLEM
	};
	return (unsigned)what < LDS_PROBLEMS_ ? names[what] : "";
}

void lds_say(const struct lds_scan *s, enum lds_problem what, const uint8_t *at, uint32_t tag)
{
	struct lds_notes *n = s->notes;
	if (n->count < LDS_NOTES_MAX)
		n->note[n->count] = (struct lds_note){what, at != NULL ? (size_t)(at - s->file.bytes) : 0, tag};
	n->count++;
}

int lds_fail(const struct lds_scan *s, enum lds_problem what, const uint8_t *at, uint32_t tag)
{
	lds_say(s, what, at, tag);
	return PN_EFORMAT;
}

int lds_next(const struct lds_scan *s, struct emrtd_tlv_walk *walk, struct emrtd_tlv *out)
{
	int got = emrtd_tlv_next(walk, out);
	if (got < 0)
		lds_say(s, LDS_ENCODING, walk->at, 0);
	return got;
}

int lds_open(struct lds_scan *s, struct emrtd_bytes file, uint32_t tag, struct emrtd_bytes *value,
	struct lds_notes *notes)
{
	struct emrtd_tlv_walk walk = emrtd_tlv_walk(file);
	struct emrtd_tlv tlv;
	memset(notes, 0, sizeof *notes);
	*s = (struct lds_scan){file, notes};
	*value = (struct emrtd_bytes){NULL, 0};
	int got = lds_next(s, &walk, &tlv);
	if (got == 0)
		return lds_fail(s, LDS_MISSING, file.bytes, tag);
	if (got < 0)
		return got;
	if (tlv.tag != tag)
		return lds_fail(s, LDS_TAG, file.bytes, tlv.tag);
	if (walk.left > 0)
		lds_say(s, LDS_TRAILING, walk.at, 0);
	*value = tlv.value;
	return 0;
}

int lds_small(const struct lds_scan *s, const struct emrtd_tlv *tlv)
{
	if (tlv->value.size == 1 && tlv->value.bytes[0] < 0x80)
		return tlv->value.bytes[0];
	lds_say(s, LDS_LENGTH, tlv->raw.bytes, tlv->tag);
	return -1;
}

/* Bytes of the UTF-8 sequence at b (RFC 3629, section 4), 0 when it is none; *control: of a character that moves a
 * terminal's cursor or means something to it. */
static size_t sequence(const uint8_t *b, size_t left, bool *control)
{
	static const struct {
		uint8_t first, last, second_from, second_to, size;
	} forms[] = {{0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
		{0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
		{0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};
	if (b[0] < 0x80) {
		*control = *control || b[0] < 0x20 || b[0] == 0x7f;
		return 1;
	}
	for (size_t i = 0; i < PN_COUNT(forms); i++) {
		if (b[0] < forms[i].first || b[0] > forms[i].last)
			continue;
		if (left < forms[i].size || b[1] < forms[i].second_from || b[1] > forms[i].second_to)
			return 0;
		for (size_t k = 2; k < forms[i].size; k++)
			if ((b[k] & 0xc0) != 0x80)
				return 0;
		*control = *control || (b[0] == 0xc2 && b[1] < 0xa0);
		return forms[i].size;
	}
	return 0;
}

struct lds_text lds_text(const struct lds_scan *s, const struct emrtd_tlv *tlv, size_t most)
{
	struct emrtd_bytes v = tlv->value;
	size_t at = 0, characters = 0;
	bool control = false;
	while (at < v.size) {
		size_t n = sequence(v.bytes + at, v.size - at, &control);
		if (n == 0)
			break;
		at += n;
		characters++;
	}
	if (at < v.size)
		lds_say(s, LDS_CHARACTERS, v.bytes + at, tlv->tag);
	else if (control)
		lds_say(s, LDS_CHARACTERS, v.bytes, tlv->tag);
	if (most != 0 && characters > most)
		lds_say(s, LDS_LENGTH, v.bytes, tlv->tag);
	return (struct lds_text){v, at == v.size};
}

/* count decimal digits as text or as BCD into value; false when one is none. */
static bool digits(struct emrtd_bytes v, size_t count, bool bcd, uint8_t value[14])
{
	for (size_t i = 0; i < count; i++) {
		unsigned d = bcd ? (unsigned)v.bytes[i / 2] >> (i % 2 == 0 ? 4 : 0) & 0xf : (unsigned)(v.bytes[i] - '0');
		if (d > 9)
			return false;
		value[i] = (uint8_t)d;
	}
	return true;
}

/* Doc 9303-10 4.7.11.1: zeros stand for a day, a month or a year that is not known. */
static bool calendar(const struct lds_date *d, bool unknown)
{
	static const uint8_t days[] = {31, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = d->year == 0 || (d->year % 4 == 0 && (d->year % 100 != 0 || d->year % 400 == 0));
	if (!unknown && (d->year == 0 || d->month == 0 || d->day == 0))
		return false;
	if (d->month > 12 || d->day > days[d->month] || (d->month == 2 && d->day == 29 && !leap))
		return false;
	return d->hour < 24 && d->minute < 60 && d->second < 60;
}

struct lds_date lds_date(const struct lds_scan *s, struct emrtd_bytes v, uint32_t tag, bool with_time, bool unknown)
{
	size_t count = with_time ? 14 : 8;
	uint8_t d[14] = {0};
	struct lds_date out = {.bcd = v.size == count / 2};
	if (v.size != count && !out.bcd) {
		lds_say(s, LDS_LENGTH, v.bytes, tag);
		return (struct lds_date){0};
	}
	if (digits(v, count, out.bcd, d)) {
		out.year = (uint16_t)(d[0] * 1000 + d[1] * 100 + d[2] * 10 + d[3]);
		out.month = (uint8_t)(d[4] * 10 + d[5]);
		out.day = (uint8_t)(d[6] * 10 + d[7]);
		out.hour = (uint8_t)(d[8] * 10 + d[9]);
		out.minute = (uint8_t)(d[10] * 10 + d[11]);
		out.second = (uint8_t)(d[12] * 10 + d[13]);
		out.there = calendar(&out, unknown);
	}
	if (out.there)
		return out;
	lds_say(s, LDS_DATE, v.bytes, tag);
	return (struct lds_date){0};
}

struct lds_picture lds_picture_of(const struct lds_scan *s, struct emrtd_bytes value, uint32_t tag)
{
	struct lds_picture p = lds_picture(value);
	if (p.kind == LDS_IMAGE_UNKNOWN)
		lds_say(s, LDS_IMAGE, value.bytes, tag);
	else if (!p.whole)
		lds_say(s, LDS_IMAGE_STRUCTURE, value.bytes, tag);
	if (p.tail > 0)
		lds_say(s, LDS_IMAGE_TAIL, p.bytes.bytes + p.bytes.size, tag);
	return p;
}

void lds_tags_add(struct lds_tags *t, uint32_t tag)
{
	if (t->count < LDS_TAGS_MAX && !lds_tags_hold(t, tag))
		t->tag[t->count++] = tag;
}

bool lds_tags_hold(const struct lds_tags *t, uint32_t tag)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->tag[i] == tag)
			return true;
	return false;
}

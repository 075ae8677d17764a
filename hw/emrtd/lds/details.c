/* SPDX-License-Identifier: Apache-2.0
 * See lds.h: DG5 and DG7, DG11, DG12, DG16. Must never drop an object that it knows without a note.
 */
#include <string.h>

#include "emrtd/lds/internal.h"

enum { TAG_LIST = 0x5c, OTHERS = 0xa0, COUNT = 0x02, LINE = 99, PAGE = 999 };

enum kind { TEXT, DAY, BIRTH, MOMENT, PICTURE };

/* One element of a group: where its value goes in the group's struct. */
struct element {
	uint16_t tag;
	uint8_t kind;
	uint16_t most; /* characters; 0: no limit */
	size_t offset;
};

/* Doc 9303-10 tables 71 and 72. */
static const struct element dg11[] = {
	{0x5f0e, TEXT, LINE, offsetof(struct lds_dg11, name)},
	{0x5f10, TEXT, LINE, offsetof(struct lds_dg11, personal_number)},
	{0x5f2b, BIRTH, 0, offsetof(struct lds_dg11, birth)},
	{0x5f11, TEXT, LINE, offsetof(struct lds_dg11, place_of_birth)},
	{0x5f42, TEXT, LINE, offsetof(struct lds_dg11, address)},
	{0x5f12, TEXT, LINE, offsetof(struct lds_dg11, telephone)},
	{0x5f13, TEXT, LINE, offsetof(struct lds_dg11, profession)},
	{0x5f14, TEXT, LINE, offsetof(struct lds_dg11, title)},
	{0x5f15, TEXT, LINE, offsetof(struct lds_dg11, summary)},
	{0x5f16, PICTURE, 0, offsetof(struct lds_dg11, citizenship)},
	{0x5f17, TEXT, LINE, offsetof(struct lds_dg11, other_documents)},
	{0x5f18, TEXT, PAGE, offsetof(struct lds_dg11, custody)},
};

/* Tables 73 and 74. */
static const struct element dg12[] = {
	{0x5f19, TEXT, LINE, offsetof(struct lds_dg12, authority)},
	{0x5f26, DAY, 0, offsetof(struct lds_dg12, issued)},
	{0x5f1b, TEXT, LINE, offsetof(struct lds_dg12, endorsements)},
	{0x5f1c, TEXT, LINE, offsetof(struct lds_dg12, tax_exit)},
	{0x5f1d, PICTURE, 0, offsetof(struct lds_dg12, front)},
	{0x5f1e, PICTURE, 0, offsetof(struct lds_dg12, rear)},
	{0x5f55, MOMENT, 0, offsetof(struct lds_dg12, personalized)},
	{0x5f56, TEXT, LINE, offsetof(struct lds_dg12, system)},
};

/* A group of the form of DG11 and DG12. */
struct group {
	uint32_t tag, other_tag;
	const struct element *element;
	size_t elements;
	void *out;
	struct lds_text *other;
	size_t *others;
};

static void take(const struct lds_scan *s, const struct element *e, const struct emrtd_tlv *tlv, void *out)
{
	/* Offsets and kinds are those of the tables above: each names a member of that type. */
	void *to = (uint8_t *)out + e->offset;
	if (e->kind == TEXT)
		*(struct lds_text *)to = lds_text(s, tlv, e->most);
	else if (e->kind == PICTURE)
		*(struct lds_picture *)to = lds_picture_of(s, tlv->value, tlv->tag);
	else
		*(struct lds_date *)to =
			lds_date(s, tlv->value, tlv->tag, e->kind == MOMENT, e->kind == BIRTH);
}

static void take_other(const struct lds_scan *s, const struct group *g, const struct emrtd_tlv *tlv)
{
	struct lds_text text = lds_text(s, tlv, LINE);
	if (*g->others == LDS_OTHERS_MAX)
		lds_say(s, LDS_TOO_MANY, tlv->raw.bytes, tlv->tag);
	else
		g->other[(*g->others)++] = text;
}

/* A0: a count, and as many names. */
static int take_others(const struct lds_scan *s, const struct group *g, const struct emrtd_tlv *tlv)
{
	struct emrtd_tlv_walk walk = emrtd_tlv_walk(tlv->value);
	struct emrtd_tlv inner;
	size_t found = 0;
	int got, stated = -1;
	bool told = false;
	while ((got = lds_next(s, &walk, &inner)) == 1) {
		if (inner.tag == COUNT && !told) {
			stated = lds_small(s, &inner);
			told = true;
		} else if (inner.tag == g->other_tag) {
			take_other(s, g, &inner);
			found++;
		} else {
			s->notes->unknown++;
		}
	}
	if (got < 0)
		return got;
	if (!told)
		lds_say(s, LDS_MISSING, tlv->raw.bytes, COUNT);
	else if (stated >= 0 && (size_t)stated != found)
		lds_say(s, LDS_COUNT, tlv->raw.bytes, tlv->tag);
	return 0;
}

/* 5C: tags of one or two bytes. */
static void read_list(const struct lds_scan *s, struct emrtd_bytes list, struct lds_tags *out)
{
	for (size_t i = 0; i < list.size; i++) {
		uint32_t tag = list.bytes[i];
		if ((tag & 0x1f) == 0x1f) {
			if (++i == list.size) {
				lds_say(s, LDS_LENGTH, list.bytes + i - 1, TAG_LIST);
				return;
			}
			tag = tag << 8 | list.bytes[i];
		}
		if (out->count == LDS_TAGS_MAX) {
			lds_say(s, LDS_TOO_MANY, list.bytes + i, TAG_LIST);
			return;
		}
		lds_tags_add(out, tag);
	}
}

/* Tags of a template: those of its list, those that came and are known here, those that came and are not. */
struct tags {
	struct lds_tags listed, seen, unknown;
};

static void compare(const struct lds_scan *s, const struct tags *t, const uint8_t *at)
{
	for (size_t i = 0; i < t->seen.count; i++)
		if (t->seen.tag[i] != TAG_LIST && !lds_tags_hold(&t->listed, t->seen.tag[i]))
			lds_say(s, LDS_NOT_LISTED, at, t->seen.tag[i]);
	for (size_t i = 0; i < t->listed.count; i++)
		if (!lds_tags_hold(&t->seen, t->listed.tag[i]) && !lds_tags_hold(&t->unknown, t->listed.tag[i]))
			lds_say(s, LDS_LISTED_ONLY, at, t->listed.tag[i]);
}

static const struct element *element_of(const struct group *g, uint32_t tag)
{
	for (size_t i = 0; i < g->elements; i++)
		if (g->element[i].tag == tag)
			return &g->element[i];
	return NULL;
}

/* One object of the template. The names of others are listed by their own tag or by that of what holds them. */
static int one(const struct lds_scan *s, const struct group *g, const struct emrtd_tlv *tlv, struct tags *t)
{
	const struct element *e = element_of(g, tlv->tag);
	uint32_t as = tlv->tag == OTHERS ? g->other_tag : tlv->tag;
	if (tlv->tag == g->other_tag) {
		lds_say(s, LDS_MISPLACED, tlv->raw.bytes, tlv->tag);
		take_other(s, g, tlv);
		lds_tags_add(&t->seen, as);
		return 0;
	}
	if (e == NULL && tlv->tag != OTHERS && tlv->tag != TAG_LIST) {
		s->notes->unknown++;
		lds_tags_add(&t->unknown, tlv->tag);
		return 0;
	}
	if (lds_tags_hold(&t->seen, as)) {
		lds_say(s, LDS_TWICE, tlv->raw.bytes, tlv->tag);
		return 0;
	}
	lds_tags_add(&t->seen, as);
	if (tlv->tag == TAG_LIST)
		read_list(s, tlv->value, &t->listed);
	else if (tlv->tag == OTHERS)
		return take_others(s, g, tlv);
	else
		take(s, e, tlv, g->out);
	return 0;
}

static int parse(struct emrtd_bytes file, const struct group *g, struct lds_notes *notes)
{
	struct lds_scan s;
	struct emrtd_bytes value;
	struct emrtd_tlv tlv;
	struct tags t = {.listed = {.count = 0}};
	int got, rc = 0;
	if (lds_open(&s, file, g->tag, &value, notes) != 0)
		return PN_EFORMAT;
	struct emrtd_tlv_walk walk = emrtd_tlv_walk(value);
	while (rc == 0 && (got = lds_next(&s, &walk, &tlv)) == 1)
		rc = one(&s, g, &tlv, &t);
	if (rc != 0 || got < 0)
		return PN_EFORMAT;
	if (!lds_tags_hold(&t.seen, TAG_LIST))
		return lds_fail(&s, LDS_MISSING, value.bytes, TAG_LIST);
	for (size_t i = 0; i < t.listed.count; i++)
		if (t.listed.tag[i] == OTHERS)
			t.listed.tag[i] = g->other_tag;
	compare(&s, &t, value.bytes);
	return 0;
}

int lds_dg11(struct emrtd_bytes file, struct lds_dg11 *out, struct lds_notes *notes)
{
	memset(out, 0, sizeof *out);
	const struct group g = {0x6b, 0x5f0f, dg11, PN_COUNT(dg11), out, out->other_name, &out->other_names};
	return parse(file, &g, notes);
}

int lds_dg12(struct emrtd_bytes file, struct lds_dg12 *out, struct lds_notes *notes)
{
	memset(out, 0, sizeof *out);
	const struct group g = {0x6c, 0x5f1a, dg12, PN_COUNT(dg12), out, out->other_person, &out->other_persons};
	return parse(file, &g, notes);
}

int lds_displayed(struct emrtd_bytes file, unsigned group, struct lds_displayed *out, struct lds_notes *notes)
{
	uint32_t image = group == 5 ? 0x5f40 : 0x5f43;
	struct lds_scan s;
	struct emrtd_bytes value;
	struct emrtd_tlv tlv;
	size_t found = 0;
	int got, stated = -1;
	bool told = false;
	memset(out, 0, sizeof *out);
	if (group != 5 && group != 7)
		return PN_EINVAL;
	if (lds_open(&s, file, group == 5 ? 0x65 : 0x67, &value, notes) != 0)
		return PN_EFORMAT;
	struct emrtd_tlv_walk walk = emrtd_tlv_walk(value);
	while ((got = lds_next(&s, &walk, &tlv)) == 1) {
		if (tlv.tag == COUNT && !told) {
			stated = lds_small(&s, &tlv);
			told = true;
		} else if (tlv.tag != image) {
			notes->unknown++;
		} else if (found++ < LDS_PICTURES_MAX) {
			out->picture[out->count++] = lds_picture_of(&s, tlv.value, image);
		} else {
			lds_say(&s, LDS_TOO_MANY, tlv.raw.bytes, image);
		}
	}
	out->stated = stated > 0 ? (unsigned)stated : 0;
	if (got < 0)
		return got;
	if (!told)
		lds_say(&s, LDS_MISSING, value.bytes, COUNT);
	else if (stated >= 0 && (size_t)stated != found)
		lds_say(&s, LDS_COUNT, value.bytes, COUNT);
	return found > 0 ? 0 : lds_fail(&s, LDS_MISSING, value.bytes, image);
}

/* Doc 9303-10 tables 80 and 81. */
static int person(const struct lds_scan *s, const struct emrtd_tlv *tlv, struct lds_person *out)
{
	struct emrtd_tlv_walk walk = emrtd_tlv_walk(tlv->value);
	struct emrtd_tlv inner;
	struct lds_tags seen = {.count = 0};
	int got;
	while ((got = lds_next(s, &walk, &inner)) == 1) {
		if (inner.tag < 0x5f50 || inner.tag > 0x5f53) {
			s->notes->unknown++;
			continue;
		}
		if (lds_tags_hold(&seen, inner.tag)) {
			lds_say(s, LDS_TWICE, inner.raw.bytes, inner.tag);
			continue;
		}
		lds_tags_add(&seen, inner.tag);
		if (inner.tag == 0x5f50)
			out->recorded = lds_date(s, inner.value, inner.tag, false, false);
		else if (inner.tag == 0x5f51)
			out->name = lds_text(s, &inner, 0);
		else if (inner.tag == 0x5f52)
			out->telephone = lds_text(s, &inner, 0);
		else
			out->address = lds_text(s, &inner, 0);
	}
	for (uint32_t tag = 0x5f50; tag <= 0x5f53 && got == 0; tag++)
		if (!lds_tags_hold(&seen, tag))
			lds_say(s, LDS_MISSING, tlv->raw.bytes, tag);
	return got;
}

int lds_dg16(struct emrtd_bytes file, struct lds_dg16 *out, struct lds_notes *notes)
{
	struct lds_scan s;
	struct emrtd_bytes value;
	struct emrtd_tlv tlv;
	size_t found = 0;
	int got, stated = -1;
	bool told = false;
	memset(out, 0, sizeof *out);
	if (lds_open(&s, file, 0x70, &value, notes) != 0)
		return PN_EFORMAT;
	struct emrtd_tlv_walk walk = emrtd_tlv_walk(value);
	while ((got = lds_next(&s, &walk, &tlv)) == 1) {
		struct lds_person p = {0};
		if (tlv.tag == COUNT && !told) {
			stated = lds_small(&s, &tlv);
			told = true;
			continue;
		}
		if (tlv.tag < 0xa1 || tlv.tag > 0xaf) {
			notes->unknown++;
			continue;
		}
		if (person(&s, &tlv, &p) < 0)
			return PN_EFORMAT;
		found++;
		if (out->count == LDS_OTHERS_MAX)
			lds_say(&s, LDS_TOO_MANY, tlv.raw.bytes, tlv.tag);
		else
			out->person[out->count++] = p;
	}
	out->stated = stated > 0 ? (unsigned)stated : 0;
	if (got < 0)
		return got;
	if (!told)
		return lds_fail(&s, LDS_MISSING, value.bytes, COUNT);
	if (stated >= 0 && (size_t)stated != found)
		lds_say(&s, LDS_COUNT, value.bytes, COUNT);
	return 0;
}

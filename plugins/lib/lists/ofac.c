/* SPDX-License-Identifier: Apache-2.0
 * OFAC's list in CSV: SDN.CSV (12 columns), ALT.CSV (5), ADD.CSV (6) and SDN_COMMENTS.CSV (2), without a row of names,
 * linked by their first column, "-0-" for null (SDN data specification, 25 September 2023); the non-SDN files
 * CONS_PRIM.CSV and so on have the same form. Which file is which its columns say. Individuals are kept until all
 * files are read, since aliases may come before them. Must never take an alias of an organisation for a
 * person's.
 */
#include <stdlib.h>
#include <string.h>

#include "lists/internal.h"

enum { SDN = 12, ALT = 5, ADDRESS = 6, COMMENTS = 2, REMARKS_MAX = 65536 };

/* Texts of one entry in the order in which they came: kind, then text. */
struct piece {
	struct piece *next;
	unsigned file;
	uint64_t line;
	enum { NAME, ALIAS, REMARKS, MORE_REMARKS } kind;
	char text[];
};

struct held {
	char reference[24];
	bool individual, other; /* a person; something else; neither: named by another file only */
	uint64_t line;
	unsigned file;
	struct piece *first, *last;
};

struct ofac {
	struct import *im;
	struct held *held;
	size_t count, room;
	struct keys keys;
	struct csv_row row;
	struct entry entry;
	char remarks[REMARKS_MAX];
};

static const char *value(const struct csv_row *row, size_t i)
{
	char *s = trim((char *)(uintptr_t)row->field[i]); /* into row->text, which is ours */
	return strcmp(s, "-0-") == 0 ? "" : s;
}

static struct held *held_of(struct ofac *o, const char *reference)
{
	uint64_t key = text_key(reference);
	size_t at;
	if (keys_find(&o->keys, key, &at))
		return &o->held[at];
	if (o->count == o->room) {
		size_t more = o->room == 0 ? 1024 : 2 * o->room;
		struct held *p = realloc(o->held, more * sizeof *p);
		if (p == NULL)
			return NULL;
		o->held = p;
		o->room = more;
	}
	if (keys_add(&o->keys, key, o->count) != PN_OK)
		return NULL;
	o->held[o->count] = (struct held){.file = o->im->file};
	memcpy(o->held[o->count].reference, reference, strlen(reference) + 1);
	return &o->held[o->count++];
}

static int keep(struct ofac *o, struct held *h, uint64_t line, int kind, const char *text)
{
	size_t n = strlen(text) + 1;
	struct piece *p;
	if (n == 1)
		return PN_OK;
	p = malloc(sizeof *p + n);
	if (p == NULL)
		return PN_ENOMEM;
	p->next = NULL;
	p->file = o->im->file;
	p->line = line;
	p->kind = kind;
	memcpy(p->text, text, n);
	if (h->last != NULL)
		h->last->next = p;
	else
		h->first = p;
	h->last = p;
	return PN_OK;
}

static int sdn(struct ofac *o, struct held *h, uint64_t line)
{
	bool individual = is_text(value(&o->row, 2), "individual");
	int r;
	if (h->individual || h->other) {
		tell(o->im, line, LISTS_TWICE);
		return PN_OK;
	}
	h->individual = individual;
	h->other = !individual;
	h->line = line;
	h->file = o->im->file;
	if (!individual) {
		tell(o->im, line, LISTS_ORGANISATION);
		return PN_OK;
	}
	r = keep(o, h, line, NAME, value(&o->row, 1));
	return r == PN_OK ? keep(o, h, line, REMARKS, value(&o->row, 11)) : r;
}

/* LISTS_REASONS: taken so far. */
static int take(struct ofac *o, uint64_t line, enum lists_reason *why)
{
	const char *reference;
	struct held *h;
	*why = LISTS_REASONS;
	if (o->row.count != SDN && o->row.count != ALT && o->row.count != ADDRESS && o->row.count != COMMENTS) {
		*why = LISTS_BAD_COLUMNS;
		return PN_OK;
	}
	for (size_t i = 0; i < o->row.count; i++)
		if (!is_utf8(o->row.field[i]))
			*why = LISTS_BAD_TEXT;
	if (*why != LISTS_REASONS)
		return PN_OK;
	reference = value(&o->row, 0);
	if (reference[0] == '\0' || strlen(reference) >= sizeof h->reference ||
		reference[strspn(reference, "0123456789")] != '\0') {
		*why = LISTS_NO_REFERENCE;
		return PN_OK;
	}
	if (o->row.count == ADDRESS) {
		*why = LISTS_ADDRESS;
		return PN_OK;
	}
	h = held_of(o, reference);
	if (h == NULL)
		return PN_ENOMEM;
	if (o->row.count == SDN)
		return sdn(o, h, line);
	if (o->row.count == ALT)
		return keep(o, h, line, ALIAS, value(&o->row, 3));
	return keep(o, h, line, MORE_REMARKS, value(&o->row, 1));
}

static int file(struct ofac *o, const struct lists_source *source)
{
	struct reader r;
	uint64_t good = 0;
	int e = reader_open(&r, o->im, source, CSV_ROW_MAX);
	while (e == PN_OK) {
		enum lists_reason why = LISTS_BAD_ROW;
		e = reader_row(&r, &o->row, ',');
		if (e == PN_ENOTFOUND || e == PN_EIO)
			break;
		o->im->counts->rows++;
		e = e == PN_OK ? take(o, r.line, &why) : PN_OK;
		good += why == LISTS_REASONS || why == LISTS_ADDRESS;
		if (why != LISTS_REASONS)
			tell(o->im, r.line, why);
	}
	if (e == PN_ENOTFOUND)
		e = PN_OK;
	if (e == PN_OK && good == 0) {
		tell(o->im, r.line > 0 ? r.line : 1, LISTS_NOT_THE_LIST);
		e = PN_EFORMAT;
	}
	reader_close(&r);
	return e;
}

static void add_remarks(struct ofac *o, size_t *n, const struct piece *p)
{
	size_t m = strlen(p->text);
	if (*n + m + 1 > sizeof o->remarks) {
		tell(o->im, p->line, LISTS_TEXT_LONG);
		return;
	}
	memcpy(o->remarks + *n, p->text, m + 1);
	*n += m;
}

static void person(struct ofac *o, const struct held *h)
{
	struct entry *e = &o->entry;
	size_t n = 0;
	entry_begin(e, h->line);
	o->im->file = h->file;
	memcpy(e->reference, h->reference, sizeof h->reference);
	for (int kind = NAME; kind <= MORE_REMARKS; kind++)
		for (const struct piece *p = h->first; p != NULL; p = p->next) {
			if ((int)p->kind != kind)
				continue;
			o->im->file = p->file;
			e->line = p->line;
			if (kind <= ALIAS)
				entry_name_line(o->im, e, p->text, false);
			else
				add_remarks(o, &n, p);
		}
	o->im->file = h->file;
	e->line = h->line;
	o->remarks[n] = '\0';
	ofac_remarks(o->im, e, o->remarks);
	(void)entry_end(o->im, e);
}

static int write_all(struct ofac *o)
{
	for (size_t i = 0; i < o->count && o->im->ended == PN_OK; i++) {
		const struct held *h = &o->held[i];
		if (h->individual)
			person(o, h);
		for (const struct piece *p = h->first; p != NULL && !h->individual; p = p->next) {
			o->im->file = p->file;
			tell(o->im, p->line, h->other ? LISTS_ORGANISATION : LISTS_UNKNOWN_ENTRY);
		}
	}
	return o->im->ended;
}

int import_ofac(struct import *im, const struct lists_source *sources, size_t count)
{
	struct ofac *o = calloc(1, sizeof *o);
	int e = PN_OK;
	if (o == NULL)
		return PN_ENOMEM;
	o->im = im;
	for (size_t i = 0; i < count && e == PN_OK; i++) {
		im->file = (unsigned)i;
		e = file(o, &sources[i]);
	}
	if (e == PN_OK)
		e = write_all(o);
	for (size_t i = 0; i < o->count; i++)
		for (struct piece *p = o->held[i].first, *next; p != NULL; p = next) {
			next = p->next;
			explicit_bzero(p->text, strlen(p->text));
			free(p);
		}
	free(o->held);
	keys_free(&o->keys);
	explicit_bzero(o, sizeof *o);
	free(o);
	return e;
}

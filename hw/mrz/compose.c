/* SPDX-License-Identifier: Apache-2.0
 * Writing a zone from fields: for documents that simulators present and for tests. Must never write
 * a zone that mrz_parse() would not read back as the same fields.
 */
#include "date.h"
#include "layout.h"
#include <string.h>

struct writing {
	const struct mrz_layout *layout;
	struct mrz_text *out;
	bool ok;
};

static bool is_letter(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char *at(struct writing *w, struct mrz_span span)
{
	return &w->out->lines[span.line - 1][span.column - 1];
}

/* Left-aligned; what is not written stays filler. */
static void put(struct writing *w, struct mrz_span span, const char *text, size_t size)
{
	if (size > span.size)
		w->ok = false;
	else
		memcpy(at(w, span), text, size);
}

/* Letters; digits and inner fillers too in numbers and optional data. */
static bool allowed(const char *text, size_t size, bool digits)
{
	for (size_t i = 0; i < size; i++)
		if (!is_letter(text[i]) && !(digits && (is_digit(text[i]) || text[i] == '<')))
			return false;
	return true;
}

static void put_field(struct writing *w, struct mrz_span span, const char *text, bool digits)
{
	size_t size = text ? strnlen(text, MRZ_INPUT_MAX) : 0;

	if (!allowed(text, size, digits))
		w->ok = false;
	else if (size > 0)
		put(w, span, text, size);
}

static void put_date(struct writing *w, struct mrz_span span, const struct mrz_date *date)
{
	const int parts[3] = {date->year ? date->year % 100 : -1, date->month ? date->month : -1,
		date->day ? date->day : -1};

	if (date->year < 0 || date->month < 0 || date->month > 12 || date->day < 0 ||
		date->day > mrz_month_days(date->year, date->month)) {
		w->ok = false;
		return;
	}
	for (size_t i = 0; i < 3; i++)
		if (parts[i] >= 0) {
			at(w, span)[2 * i] = (char)('0' + parts[i] / 10);
			at(w, span)[2 * i + 1] = (char)('0' + parts[i] % 10);
		}
}

/* One identifier in the MRZ alphabet (part 3, 4.6). Returns its length; ok is cleared for other
 * characters. */
static size_t identifier(struct writing *w, const char *name, char *out, size_t size)
{
	size_t n = 0;

	for (; *name; name++) {
		char c = *name;
		if (c == '\'')
			continue;
		if (c == ' ' || c == '-' || c == ',' || c == '<') {
			if (n == 0 || out[n - 1] == '<')
				continue;
			c = '<';
		} else if (!is_letter(c)) {
			w->ok = false;
			return 0;
		}
		if (n == size)
			break;
		out[n++] = c;
	}
	while (n > 0 && out[n - 1] == '<')
		n--;
	return n;
}

/* Cuts a text of n characters to size so that a letter stands last: where the cut falls behind a
 * component, the nearest component of two letters or more gives one up, and the first letter of the
 * next component moves in. */
static size_t cut(struct writing *w, char *text, size_t n, size_t size)
{
	size_t i = size - 1;

	if (n <= size || text[size - 1] != '<')
		return n < size ? n : size;
	while (i > 0 && !(is_letter(text[i]) && is_letter(text[i - 1])))
		i--;
	if (i == 0)
		w->ok = false;
	memmove(text + i, text + i + 1, n - i - 1);
	return size;
}

/* Truncation (part 3, 4.6): the primary identifier leaves at least three places, "<<" and a letter
 * of the secondary; a letter in the last place shows a reader that the name may be cut. */
static void put_name(struct writing *w, const struct mrz_fields *f)
{
	const struct mrz_span span = w->layout->name;
	char whole[260] = { 0 }, given[128] = { 0 };
	size_t n, secondary;

	n = identifier(w, f->surname ? f->surname : "", whole, 128);
	secondary = identifier(w, f->given_names ? f->given_names : "", given, sizeof(given));
	if (n == 0)
		w->ok = false;
	if (!w->ok)
		return;
	if (secondary > 0) {
		if (n + 2 + secondary > span.size)
			n = cut(w, whole, n, span.size - 3u);
		whole[n] = whole[n + 1] = '<';
		memcpy(whole + n + 2, given, secondary);
		n += 2 + secondary;
	}
	n = cut(w, whole, n, span.size);
	put(w, span, whole, n);
	explicit_bzero(whole, sizeof(whole));
	explicit_bzero(given, sizeof(given));
}

static void put_number(struct writing *w, const struct mrz_fields *f)
{
	const struct mrz_layout *l = w->layout;
	const char *optional = f->optional ? f->optional : "";
	size_t size = f->number ? strnlen(f->number, MRZ_INPUT_MAX) : 0;
	size_t more = strnlen(optional, MRZ_INPUT_MAX), rest;
	char *tail = at(w, l->optional);

	if (size == 0 || f->number[0] == '<' || f->number[size - 1] == '<' ||
		!allowed(f->number, size, true) || !allowed(optional, more, true)) {
		w->ok = false;
		return;
	}
	if (size <= l->number.size) {
		put(w, l->number, f->number, size);
		*at(w, l->number_digit) = mrz_check_digit(at(w, l->number), l->number.size);
		put(w, l->optional, optional, more);
		return;
	}
	/* The rest of the number, its check digit, a filler, and only then the issuer's optional
	 * data. */
	rest = size - l->number.size;
	if ((l->format != MRZ_TD1 && l->format != MRZ_TD2) || memchr(f->number, '<', size) ||
		rest + 2 + more > l->optional.size) {
		w->ok = false;
		return;
	}
	put(w, l->number, f->number, l->number.size);
	memcpy(tail, f->number + l->number.size, rest);
	tail[rest] = mrz_check_digit(f->number, size);
	memcpy(tail + rest + 2, optional, more);
}

static void put_digits(struct writing *w)
{
	const struct mrz_layout *l = w->layout;
	char whole[64];
	size_t n = 0;

	*at(w, l->birth_digit) = mrz_check_digit(at(w, l->birth), l->birth.size);
	*at(w, l->expiry_digit) = mrz_check_digit(at(w, l->expiry), l->expiry.size);
	if (l->optional_digit.size)
		*at(w, l->optional_digit) = mrz_check_digit(at(w, l->optional), l->optional.size);
	if (l->composite_digit.size == 0)
		return;
	for (size_t i = 0; i < MRZ_COMPOSITE_PARTS && l->composite[i].size; i++) {
		memcpy(whole + n, at(w, l->composite[i]), l->composite[i].size);
		n += l->composite[i].size;
	}
	*at(w, l->composite_digit) = mrz_check_digit(whole, n);
}

int mrz_compose(const struct mrz_fields *f, struct mrz_text *out)
{
	struct writing w = {mrz_layout(f->format), out, true};
	char sex = f->sex ? f->sex : '<';

	memset(out, 0, sizeof(*out));
	if (w.layout == NULL)
		return -1;
	out->count = w.layout->lines;
	for (size_t i = 0; i < out->count; i++)
		memset(out->lines[i], '<', w.layout->width);
	put_field(&w, w.layout->code, f->document_code, false);
	put_field(&w, w.layout->issuer, f->issuer, false);
	put_field(&w, w.layout->nationality, f->nationality, false);
	if (sex != 'M' && sex != 'F' && sex != '<')
		w.ok = false;
	*at(&w, w.layout->sex) = sex;
	put_date(&w, w.layout->birth, &f->birth);
	put_date(&w, w.layout->expiry, &f->expiry);
	put_field(&w, w.layout->optional_2, f->optional_2, true);
	if (w.ok)
		put_number(&w, f);
	if (w.ok)
		put_name(&w, f);
	if (!w.ok) {
		memset(out, 0, sizeof(*out));
		return -1;
	}
	put_digits(&w);
	return 0;
}

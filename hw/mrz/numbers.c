/* SPDX-License-Identifier: Apache-2.0
 * Document number, optional data and check digits: ICAO Doc 9303-3 4.9, 9303-4 4.2.2 (optional
 * check digit), 9303-5 4.2.2 note j and 9303-6 4.2.2 note j (long document numbers). Must never
 * take a wrong digit for a right one.
 */
#include "reading.h"
#include <string.h>

#define TEXT_MAX 64

/* Characters gathered from several spans, to be weighted together. */
struct gathered {
	char text[TEXT_MAX];
	size_t size;
};

static int value_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'Z')
		return c - 'A' + 10;
	return c == '<' ? 0 : -1;
}

char mrz_check_digit(const char *text, size_t size)
{
	static const int weights[3] = {7, 3, 1};
	int sum = 0;

	for (size_t i = 0; i < size; i++) {
		int value = value_of(text[i]);
		if (value < 0)
			return 0;
		sum = (sum + value * weights[i % 3]) % 10;
	}
	return (char)('0' + sum);
}

static void gather(const struct mrz_reading *r, struct gathered *g, struct mrz_span span)
{
	memcpy(g->text + g->size, mrz_at(r, span), span.size);
	g->size += span.size;
}

static bool all_filler(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (text[i] != '<')
			return false;
	return true;
}

/* Compares one printed digit. may_be_filler: a filler stands for 0 (TD3 optional data that is not
 * used). */
static void compare(struct mrz_reading *r, enum mrz_check_id id, const struct gathered *g,
	struct mrz_span digit, bool may_be_filler)
{
	struct mrz_check *check;
	char expected, found;

	if (memchr(g->text, '?', g->size) != NULL) {
		mrz_give(r, id, MRZ_ABORTED, MRZ_REASON_INVALID_CHARACTER, digit);
		return;
	}
	if (mrz_unreadable(r, id, digit))
		return;
	expected = mrz_check_digit(g->text, g->size);
	found = *mrz_at(r, digit);
	check = mrz_give(r, id, MRZ_SUCCESSFUL, MRZ_REASON_NONE, digit);
	mrz_expect(check, &expected, 1);
	if (found == expected || (found == '<' && may_be_filler))
		return;
	check->result = MRZ_FAILED;
	check->reason = MRZ_REASON_CHECK_DIGIT;
	if (found == '<')
		check->reason = MRZ_REASON_CHECK_DIGIT_ABSENT;
	else if (mrz_digit_like(found) == expected)
		check->reason = MRZ_REASON_OCR_CONFUSION;
}

static void compare_span(
	struct mrz_reading *r, enum mrz_check_id id, struct mrz_span span, struct mrz_span digit)
{
	struct gathered g = {.size = 0};

	gather(r, &g, span);
	compare(r, id, &g, digit, false);
}

static void copy_trimmed(char *out, const char *text, size_t size)
{
	while (size > 0 && text[size - 1] == '<')
		size--;
	memcpy(out, text, size);
	out[size] = '\0';
}

/* TD1 and TD2: a number of more than nine characters fills its field, has a filler for its check
 * digit, and goes on in the optional data: rest, check digit, filler. Returns the length of rest
 * and digit in the optional data, or 0. */
static size_t long_number(const struct mrz_reading *r)
{
	const struct mrz_layout *l = r->layout;
	const char *optional = mrz_at(r, l->optional);
	size_t size = 0;

	if (l->format != MRZ_TD1 && l->format != MRZ_TD2)
		return 0;
	if (*mrz_at(r, l->number_digit) != '<' || memchr(mrz_at(r, l->number), '<', l->number.size))
		return 0;
	while (size < l->optional.size && optional[size] != '<')
		size++;
	return size;
}

static void read_long_number(struct mrz_reading *r, size_t tail)
{
	const struct mrz_layout *l = r->layout;
	const char *optional = mrz_at(r, l->optional);
	struct mrz_span digit = {l->optional.line, (uint8_t)(l->optional.column + tail - 1), 1};
	struct mrz_span rest = {l->optional.line, l->optional.column, (uint8_t)(tail - 1)};
	struct gathered g = {.size = 0};

	gather(r, &g, l->number);
	gather(r, &g, rest);
	_Static_assert(MRZ_NUMBER_MAX >= 9 + 15 - 1, "TD1 without the closing filler");
	memcpy(r->out->number, g.text, g.size);
	if (tail < l->optional.size)
		copy_trimmed(r->out->optional, optional + tail + 1, l->optional.size - tail - 1);
	if (!mrz_unreadable(r, MRZ_CHECK_NUMBER, l->number) &&
		!mrz_unreadable(r, MRZ_CHECK_NUMBER, l->optional)) {
		bool form = tail >= 2;
		mrz_give(r, MRZ_CHECK_NUMBER, form ? MRZ_SUCCESSFUL : MRZ_FAILED,
			form ? MRZ_REASON_LONG_NUMBER : MRZ_REASON_LONG_NUMBER_FORM, l->number);
	}
	compare(r, MRZ_CHECK_DIGIT_NUMBER, &g, digit, false);
}

static void read_short_number(struct mrz_reading *r)
{
	const struct mrz_layout *l = r->layout;
	const char *number = mrz_at(r, l->number);

	copy_trimmed(r->out->number, number, l->number.size);
	copy_trimmed(r->out->optional, mrz_at(r, l->optional), l->optional.size);
	if (mrz_unreadable(r, MRZ_CHECK_NUMBER, l->number))
		;
	else if (r->out->number[0] == '\0')
		mrz_give(r, MRZ_CHECK_NUMBER, MRZ_FAILED, MRZ_REASON_FIELD_EMPTY, l->number);
	else if (number[0] == '<')
		mrz_give(r, MRZ_CHECK_NUMBER, MRZ_FAILED, MRZ_REASON_FIELD_FORM, l->number);
	else
		mrz_give(r, MRZ_CHECK_NUMBER, MRZ_SUCCESSFUL, MRZ_REASON_NONE, l->number);
	compare_span(r, MRZ_CHECK_DIGIT_NUMBER, l->number, l->number_digit);
}

void mrz_read_numbers(struct mrz_reading *r)
{
	const struct mrz_layout *l = r->layout;
	const struct mrz_span nowhere = {0, 0, 0};
	struct gathered g = {.size = 0};
	size_t tail = long_number(r);

	if (tail > 0)
		read_long_number(r, tail);
	else
		read_short_number(r);
	if (l->optional_2.size)
		copy_trimmed(r->out->optional_2, mrz_at(r, l->optional_2), l->optional_2.size);
	compare_span(r, MRZ_CHECK_DIGIT_BIRTH_DATE, l->birth, l->birth_digit);
	compare_span(r, MRZ_CHECK_DIGIT_EXPIRY_DATE, l->expiry, l->expiry_digit);

	if (l->optional_digit.size) {
		gather(r, &g, l->optional);
		compare(r, MRZ_CHECK_DIGIT_OPTIONAL, &g, l->optional_digit,
			all_filler(g.text, g.size));
	} else {
		mrz_give(r, MRZ_CHECK_DIGIT_OPTIONAL, MRZ_NOT_PERFORMED, MRZ_REASON_NOT_IN_FORMAT,
			nowhere);
	}
	g.size = 0;
	if (l->composite_digit.size) {
		for (size_t i = 0; i < MRZ_COMPOSITE_PARTS && l->composite[i].size; i++)
			gather(r, &g, l->composite[i]);
		compare(r, MRZ_CHECK_DIGIT_COMPOSITE, &g, l->composite_digit, false);
	} else {
		mrz_give(r, MRZ_CHECK_DIGIT_COMPOSITE, MRZ_NOT_PERFORMED, MRZ_REASON_NOT_IN_FORMAT,
			nowhere);
	}
	explicit_bzero(&g, sizeof(g));
}

/* SPDX-License-Identifier: Apache-2.0
 * Reading a zone: its structure, then each field, then the overall result. Must never change what
 * was read.
 */
#include "date.h"
#include "reading.h"
#include <stdio.h>
#include <string.h>

static bool in_alphabet(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '<';
}

const char *mrz_at(const struct mrz_reading *r, struct mrz_span span)
{
	return &r->lines[span.line - 1][span.column - 1];
}

void mrz_expect(struct mrz_check *check, const char *text, size_t size)
{
	if (size > MRZ_FOUND_MAX - 1)
		size = MRZ_FOUND_MAX - 1;
	memcpy(check->expected, text, size);
	check->expected[size] = '\0';
}

struct mrz_check *mrz_give(struct mrz_reading *r, enum mrz_check_id id, enum mrz_result result,
	enum mrz_reason reason, struct mrz_span span)
{
	struct mrz_check *check = &r->out->checks[id];

	memset(check, 0, sizeof(*check));
	check->result = result;
	check->reason = reason;
	if (span.size != 0) {
		check->line = span.line;
		check->column = span.column;
		memcpy(check->found, mrz_at(r, span), span.size);
	}
	return check;
}

bool mrz_unreadable(struct mrz_reading *r, enum mrz_check_id id, struct mrz_span span)
{
	const char *text = mrz_at(r, span);
	const char *bad = memchr(text, '?', span.size);
	struct mrz_check *check;

	if (bad == NULL)
		return false;
	check = mrz_give(r, id, MRZ_ABORTED, MRZ_REASON_INVALID_CHARACTER, span);
	check->column = (uint8_t)(span.column + (bad - text));
	return true;
}

char mrz_digit_like(char letter)
{
	static const char letters[] = "OQDILZSGBT", digits[] = "0001125687";
	const char *p = letter ? strchr(letters, letter) : NULL;

	return p ? digits[p - letters] : 0;
}

char mrz_letter_like(char digit)
{
	static const char digits[] = "012568", letters[] = "OIZSGB";
	const char *p = digit ? strchr(digits, digit) : NULL;

	return p ? letters[p - digits] : 0;
}

static size_t length(const char *line)
{
	return strnlen(line, MRZ_INPUT_MAX);
}

static void all_not_performed(struct mrz *out)
{
	for (int i = 0; i < MRZ_CHECKS; i++) {
		out->checks[i].result = MRZ_NOT_PERFORMED;
		out->checks[i].reason = MRZ_REASON_STRUCTURE;
	}
}

/* Format by number and length of lines; MRZ_UNKNOWN when the structure is unusable, with the reason
 * given. */
static enum mrz_format detect(const char *const lines[], size_t count, struct mrz *out)
{
	struct mrz_check *check = &out->checks[MRZ_CHECK_LINE_COUNT];
	size_t width = 30;

	if (count != 2 && count != 3) {
		*check = (struct mrz_check){MRZ_FAILED, MRZ_REASON_LINE_COUNT, 0, 0, "2 3", ""};
		snprintf(check->found, sizeof(check->found), "%zu", count);
		return MRZ_UNKNOWN;
	}
	*check = (struct mrz_check){MRZ_SUCCESSFUL, MRZ_REASON_NONE, 0, 0, "", ""};
	if (count == 2)
		width = length(lines[0]) + length(lines[1]) >= 80 ? 44 : 36;
	check = &out->checks[MRZ_CHECK_LINE_LENGTH];
	*check = (struct mrz_check){MRZ_SUCCESSFUL, MRZ_REASON_NONE, 0, 0, "", ""};
	for (size_t i = 0; i < count; i++) {
		if (length(lines[i]) == width)
			continue;
		*check = (struct mrz_check){
			MRZ_FAILED, MRZ_REASON_LINE_LENGTH, (uint8_t)(i + 1), 0, "", ""};
		snprintf(check->expected, sizeof(check->expected), "%zu", width);
		snprintf(check->found, sizeof(check->found), "%zu", length(lines[i]));
		return MRZ_UNKNOWN;
	}
	if (count == 3)
		return MRZ_TD1;
	if (lines[0][0] == 'V')
		return width == 44 ? MRZ_MRVA : MRZ_MRVB;
	return width == 44 ? MRZ_TD3 : MRZ_TD2;
}

/* Copies the lines; a character outside the alphabet becomes '?', and the first one is reported. */
static void take_lines(struct mrz_reading *r, const char *const lines[])
{
	struct mrz_check *check = &r->out->checks[MRZ_CHECK_CHARACTERS];

	*check = (struct mrz_check){MRZ_SUCCESSFUL, MRZ_REASON_NONE, 0, 0, "", ""};
	for (size_t i = 0; i < r->layout->lines; i++)
		for (size_t j = 0; j < r->layout->width; j++) {
			char c = lines[i][j];

			r->lines[i][j] = in_alphabet(c) ? c : '?';
			if (in_alphabet(c) || check->result == MRZ_FAILED)
				continue;
			*check = (struct mrz_check){MRZ_FAILED, MRZ_REASON_INVALID_CHARACTER,
				(uint8_t)(i + 1), (uint8_t)(j + 1), "A-Z 0-9 <", "?"};
			if (c > ' ' && c < 0x7f)
				check->found[0] = c;
			else if (c == ' ')
				mrz_expect(check, "<", 1);
			if (c >= 'a' && c <= 'z')
				check->expected[0] = (char)(c - 'a' + 'A'),
				check->expected[1] = '\0';
		}
}

static enum mrz_result overall(const struct mrz *m)
{
	bool failed = false, aborted = false, open = false;

	for (int i = 0; i < MRZ_CHECKS; i++) {
		const struct mrz_check *check = &m->checks[i];
		switch (check->result) {
		case MRZ_SUCCESSFUL:
			break;
		case MRZ_ABORTED:
			aborted = true;
			break;
		case MRZ_UNDETERMINED:
			open = true;
			break;
		case MRZ_NOT_PERFORMED:
			open = open || check->reason != MRZ_REASON_NOT_IN_FORMAT;
			break;
		case MRZ_FAILED:
		case MRZ_UNSPECIFIED:
		default:
			failed = true;
			break;
		}
	}
	if (failed)
		return MRZ_FAILED;
	if (aborted)
		return MRZ_ABORTED;
	return open ? MRZ_UNDETERMINED : MRZ_SUCCESSFUL;
}

enum mrz_result mrz_parse(
	const char *const lines[], size_t count, const struct mrz_date *reference, struct mrz *out)
{
	struct mrz_reading r = {.out = out};

	memset(out, 0, sizeof(*out));
	out->age_years = -1;
	all_not_performed(out);
	out->format = detect(lines, count, out);
	r.layout = mrz_layout(out->format);
	if (r.layout != NULL) {
		if (reference != NULL && mrz_date_valid(reference)) {
			r.reference = *reference;
			r.reference_known = true;
		}
		take_lines(&r, lines);
		mrz_read_codes(&r);
		mrz_read_names(&r);
		mrz_read_dates(&r);
		mrz_read_numbers(&r);
	}
	out->overall = overall(out);
	explicit_bzero(r.lines, sizeof(r.lines));
	return out->overall;
}

/* SPDX-License-Identifier: Apache-2.0
 * Codes, names, sex and dates of a zone: ICAO Doc 9303-3 4.1 to 4.8 and 5. Must never guess a
 * value: an unknown part stays 0.
 */
#include "date.h"
#include "reading.h"
#include <stdio.h>
#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return c >= 'A' && c <= 'Z';
}

static size_t trimmed(const char *text, size_t size)
{
	while (size > 0 && text[size - 1] == '<')
		size--;
	return size;
}

/* --- document code, States, sex
 * ------------------------------------------------------------------------ */

/* Parts 4 (TD3: P), 5 and 6 (A, C, I; V never second), 7 (V); the second character is the issuer's
 * choice. */
static void read_document_code(struct mrz_reading *r)
{
	const struct mrz_span span = r->layout->code;
	const char *code = mrz_at(r, span);
	const char *first = "ACI";
	bool official = r->layout->format == MRZ_TD1 || r->layout->format == MRZ_TD2;
	struct mrz_check *check;

	if (r->layout->format == MRZ_TD3)
		first = "P";
	else if (!official)
		first = "V";
	memcpy(r->out->document_code, code, trimmed(code, 2));
	if (mrz_unreadable(r, MRZ_CHECK_DOCUMENT_CODE, span))
		return;
	if (strchr(first, code[0]) != NULL && (is_letter(code[1]) || code[1] == '<') &&
		!(official && code[1] == 'V')) {
		mrz_give(r, MRZ_CHECK_DOCUMENT_CODE, MRZ_SUCCESSFUL, MRZ_REASON_NONE, span);
		return;
	}
	check = mrz_give(r, MRZ_CHECK_DOCUMENT_CODE, MRZ_FAILED, MRZ_REASON_DOCUMENT_CODE, span);
	mrz_expect(check, first, strlen(first));
	if (is_digit(code[0]) && mrz_letter_like(code[0]) &&
		strchr(first, mrz_letter_like(code[0]))) {
		check->reason = MRZ_REASON_OCR_CONFUSION;
		check->expected[0] = mrz_letter_like(code[0]);
		check->expected[1] = '\0';
	}
}

static void read_country(
	struct mrz_reading *r, enum mrz_check_id id, struct mrz_span span, char out[4])
{
	const char *text = mrz_at(r, span);
	const struct mrz_country *country;
	struct mrz_check *check;
	char guess[4] = {0};

	memcpy(out, text, trimmed(text, 3));
	if (mrz_unreadable(r, id, span))
		return;
	country = mrz_country(out);
	check = mrz_give(r, id, MRZ_SUCCESSFUL, MRZ_REASON_NONE, span);
	if (out[0] == '\0') {
		check->result = MRZ_FAILED;
		check->reason = MRZ_REASON_FIELD_EMPTY;
	} else if (country == NULL) {
		check->result = MRZ_FAILED;
		check->reason = MRZ_REASON_UNKNOWN_COUNTRY;
		for (int i = 0; i < 3 && out[i]; i++)
			guess[i] = is_digit(out[i]) ? mrz_letter_like(out[i]) : out[i];
		if (strlen(guess) == strlen(out) && mrz_country(guess) != NULL) {
			check->reason = MRZ_REASON_OCR_CONFUSION;
			mrz_expect(check, guess, strlen(guess));
		}
	} else if (id == MRZ_CHECK_ISSUER && !country->issues) {
		check->result = MRZ_FAILED;
		check->reason = MRZ_REASON_NOT_AN_ISSUER;
	} else if (country->source == MRZ_WITHDRAWN) {
		check->result = MRZ_UNDETERMINED;
		check->reason = MRZ_REASON_COUNTRY_WITHDRAWN;
	} else if (country->source == MRZ_IN_USE) {
		check->reason = MRZ_REASON_COUNTRY_IN_USE;
	}
}

static bool is_specimen(const char *code)
{
	const struct mrz_country *country = mrz_country(code);

	return country != NULL && country->source == MRZ_SPECIMEN;
}

void mrz_read_codes(struct mrz_reading *r)
{
	const struct mrz_layout *l = r->layout;
	struct mrz *out = r->out;
	char sex = *mrz_at(r, l->sex);
	struct mrz_check *check;

	read_document_code(r);
	read_country(r, MRZ_CHECK_ISSUER, l->issuer, out->issuer);
	read_country(r, MRZ_CHECK_NATIONALITY, l->nationality, out->nationality);
	if (is_specimen(out->issuer))
		mrz_give(r, MRZ_CHECK_SPECIMEN, MRZ_UNDETERMINED, MRZ_REASON_SPECIMEN, l->issuer);
	else if (is_specimen(out->nationality))
		mrz_give(r, MRZ_CHECK_SPECIMEN, MRZ_UNDETERMINED, MRZ_REASON_SPECIMEN,
			l->nationality);
	else if (!mrz_unreadable(r, MRZ_CHECK_SPECIMEN, l->issuer) &&
		 !mrz_unreadable(r, MRZ_CHECK_SPECIMEN, l->nationality))
		mrz_give(r, MRZ_CHECK_SPECIMEN, MRZ_SUCCESSFUL, MRZ_REASON_NONE,
			(struct mrz_span){0});

	if (mrz_unreadable(r, MRZ_CHECK_SEX, l->sex))
		return;
	check = mrz_give(r, MRZ_CHECK_SEX, MRZ_SUCCESSFUL, MRZ_REASON_NONE, l->sex);
	if (sex == 'M' || sex == 'F' || sex == 'X') {
		out->sex = sex;
		check->reason = sex == 'X' ? MRZ_REASON_SEX_X : MRZ_REASON_NONE;
	} else if (sex != '<') {
		check->result = MRZ_FAILED;
		check->reason = MRZ_REASON_SEX;
		mrz_expect(check, "M F <", 5);
	}
}

/* --- names (Doc 9303-3 4.6; 5 identifiers apart by "<<", components by "<")
 * ------------------------------ */

static void copy_name(char *out, const char *text, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < size; i++) {
		if (text[i] != '<')
			out[n++] = text[i];
		else if (n > 0 && out[n - 1] != ' ')
			out[n++] = ' ';
	}
	while (n > 0 && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
}

void mrz_read_names(struct mrz_reading *r)
{
	const struct mrz_span span = r->layout->name;
	const char *text = mrz_at(r, span);
	size_t size = trimmed(text, span.size), primary = size;
	struct mrz_check *check;
	bool form = true;

	for (size_t i = 0; i + 1 < size; i++)
		if (text[i] == '<' && text[i + 1] == '<') {
			primary = i;
			break;
		}
	copy_name(r->out->surname, text, primary);
	if (primary < size)
		copy_name(r->out->given_names, text + primary + 2, size - primary - 2);
	r->out->name_truncated = is_letter(text[span.size - 1]);
	if (mrz_unreadable(r, MRZ_CHECK_NAME, span))
		return;
	for (size_t i = primary + 2; i < size; i++)
		if (text[i] == '<' && text[i - 1] == '<')
			form = false;
	check = mrz_give(r, MRZ_CHECK_NAME, MRZ_SUCCESSFUL, MRZ_REASON_NONE, span);
	if (size == 0) {
		check->result = MRZ_FAILED;
		check->reason = MRZ_REASON_FIELD_EMPTY;
		return;
	}
	for (size_t i = 0; i < size; i++)
		if (is_digit(text[i])) {
			check->result = MRZ_FAILED;
			check->reason = MRZ_REASON_NAME_DIGIT;
			check->column = (uint8_t)(span.column + i);
			return;
		}
	if (text[0] == '<') {
		check->result = MRZ_FAILED;
		check->reason = MRZ_REASON_NAME_FORM;
	} else if (!form) {
		/* Issuers are seen to print more fillers than one between components: the parts are
		 * readable. */
		check->result = MRZ_UNDETERMINED;
		check->reason = MRZ_REASON_NAME_FORM;
	} else if (r->out->name_truncated) {
		check->reason = MRZ_REASON_NAME_TRUNCATED;
	} else if (r->out->given_names[0] == '\0') {
		check->reason = MRZ_REASON_NAME_SINGLE;
	}
}

/* --- dates (Doc 9303-3 4.7, 4.8)
 * ------------------------------------------------------------------------- */

/* Two digits, or two fillers (*value = -1). False: neither, *bad is the offending offset. */
static bool read_pair(const char *text, int *value, size_t *bad)
{
	*value = -1;
	if (text[0] == '<' && text[1] == '<')
		return true;
	for (size_t i = 0; i < 2; i++)
		if (!is_digit(text[i])) {
			*bad = i;
			return false;
		}
	*value = (text[0] - '0') * 10 + (text[1] - '0');
	return true;
}

/* Gives the form check of one date; parts are -1 when unknown. False when it failed or could not be
 * ended. */
static bool read_parts(
	struct mrz_reading *r, enum mrz_check_id id, struct mrz_span span, int parts[3])
{
	const char *text = mrz_at(r, span);
	struct mrz_check *check;
	size_t bad = 0;

	if (mrz_unreadable(r, id, span))
		return false;
	for (size_t i = 0; i < 3; i++) {
		if (read_pair(text + 2 * i, &parts[i], &bad))
			continue;
		bad += 2 * i;
		check = mrz_give(r, id, MRZ_FAILED, MRZ_REASON_DATE_INVALID, span);
		mrz_expect(check, "YYMMDD", 6);
		if (mrz_digit_like(text[bad])) {
			check->reason = MRZ_REASON_OCR_CONFUSION;
			check->column = (uint8_t)(span.column + bad);
			check->expected[0] = mrz_digit_like(text[bad]);
			check->expected[1] = '\0';
			check->found[0] = text[bad];
			check->found[1] = '\0';
		}
		return false;
	}
	return true;
}

/* yy/mm/dd with -1 for unknown into a date with 0 for unknown; gives the check. False unless the
 * date can exist. */
static bool take_date(struct mrz_reading *r, enum mrz_check_id id, struct mrz_span span,
	const int parts[3], struct mrz_date *date)
{
	bool known = parts[0] >= 0 && parts[1] >= 0 && parts[2] >= 0;
	int month = parts[1] < 0 ? 0 : parts[1], day = parts[2] < 0 ? 0 : parts[2], year = 0;

	if (month > 12 || parts[1] == 0 || parts[2] == 0 || day > mrz_month_days(0, month)) {
		mrz_expect(mrz_give(r, id, MRZ_FAILED, MRZ_REASON_DATE_INVALID, span), "YYMMDD", 6);
		return false;
	}
	if (parts[0] >= 0 && r->reference_known) {
		year = id == MRZ_CHECK_BIRTH_DATE
			       ? mrz_birth_year(parts[0], month, day, &r->reference)
			       : mrz_expiry_year(parts[0], &r->reference);
		if (month != 0 && day > mrz_month_days(year, month)) {
			mrz_expect(mrz_give(r, id, MRZ_FAILED, MRZ_REASON_DATE_INVALID, span),
				"YYMMDD", 6);
			return false;
		}
	}
	*date = (struct mrz_date){year, month, day};
	if (!known)
		mrz_give(r, id, MRZ_UNDETERMINED, MRZ_REASON_DATE_UNKNOWN, span);
	else if (!r->reference_known)
		mrz_give(r, id, MRZ_UNDETERMINED, MRZ_REASON_NO_REFERENCE_DATE, span);
	else
		mrz_give(r, id, MRZ_SUCCESSFUL, MRZ_REASON_NONE, span);
	return true;
}

static void print_date(char out[MRZ_FOUND_MAX], const struct mrz_date *date)
{
	snprintf(out, MRZ_FOUND_MAX, "%04d-%02d-%02d", date->year, date->month, date->day);
}

static void read_validity(struct mrz_reading *r, bool expiry_read)
{
	const struct mrz_check *expiry = &r->out->checks[MRZ_CHECK_EXPIRY_DATE];
	struct mrz_check *check;

	if (!expiry_read || expiry->result != MRZ_SUCCESSFUL) {
		enum mrz_result result =
			expiry->result == MRZ_FAILED ? MRZ_NOT_PERFORMED : expiry->result;
		mrz_give(r, MRZ_CHECK_VALIDITY, result, expiry->reason, r->layout->expiry);
		return;
	}
	r->out->days_to_expiry =
		(int)(mrz_date_days(&r->out->expiry) - mrz_date_days(&r->reference));
	r->out->days_known = true;
	check = mrz_give(r, MRZ_CHECK_VALIDITY, MRZ_SUCCESSFUL, MRZ_REASON_NONE, r->layout->expiry);
	print_date(check->found, &r->out->expiry);
	if (r->out->days_to_expiry < 0) {
		check->result = MRZ_FAILED;
		check->reason = MRZ_REASON_EXPIRED;
		print_date(check->expected, &r->reference);
	}
}

void mrz_read_dates(struct mrz_reading *r)
{
	const struct mrz_layout *l = r->layout;
	int parts[3];
	bool expiry;

	if (read_parts(r, MRZ_CHECK_BIRTH_DATE, l->birth, parts) &&
		take_date(r, MRZ_CHECK_BIRTH_DATE, l->birth, parts, &r->out->birth) &&
		r->reference_known)
		r->out->age_years = mrz_lowest_age(&r->out->birth, &r->reference);
	expiry = read_parts(r, MRZ_CHECK_EXPIRY_DATE, l->expiry, parts) &&
		 take_date(r, MRZ_CHECK_EXPIRY_DATE, l->expiry, parts, &r->out->expiry);
	read_validity(r, expiry);
}

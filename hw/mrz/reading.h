/* SPDX-License-Identifier: Apache-2.0
 * What the parts of the parser share while one zone is read. Must never be included from outside
 * the folder.
 */
#ifndef POSTERN_MRZ_READING_H
#define POSTERN_MRZ_READING_H
#include "layout.h"

struct mrz_reading {
	struct mrz *out;
	const struct mrz_layout *layout;
	struct mrz_date reference;
	bool reference_known;
	char lines[MRZ_LINES_MAX][MRZ_WIDTH_MAX + 1]; /* outside the alphabet: '?' */
};

/* First character of a span. */
const char *mrz_at(const struct mrz_reading *r, struct mrz_span span);
/* Writes one check's outcome with the place and the text found there. */
struct mrz_check *mrz_give(struct mrz_reading *r, enum mrz_check_id id, enum mrz_result result,
	enum mrz_reason reason, struct mrz_span span);
/* When the span holds an unreadable character: gives `aborted`, pointing at it, and returns true.
 */
bool mrz_unreadable(struct mrz_reading *r, enum mrz_check_id id, struct mrz_span span);
void mrz_expect(struct mrz_check *check, const char *text, size_t size);
/* The digit that OCR takes for this letter (O -> 0 ...), or 0; and the reverse. ISO 1073-2 (OCR-B)
 * look-alikes. */
char mrz_digit_like(char letter);
char mrz_letter_like(char digit);

void mrz_read_names(struct mrz_reading *r);
void mrz_read_dates(struct mrz_reading *r);
void mrz_read_codes(struct mrz_reading *r);
/* Document number, optional data, all check digits. */
void mrz_read_numbers(struct mrz_reading *r);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * Where each data element stands, per format: ICAO Doc 9303 parts 4 (4.2.2), 5 (4.2.2), 6 (4.2.2)
 * and 7 (4.2.2, 5.2.2). Shared by reading and writing, inside hw/mrz only. Must never hold a rule,
 * only positions.
 */
#ifndef POSTERN_MRZ_LAYOUT_H
#define POSTERN_MRZ_LAYOUT_H
#include "mrz.h"

/* line and column are 1-based as the document's tables print them; size 0: the format has no such
 * element. */
struct mrz_span {
	uint8_t line, column, size;
};

#define MRZ_COMPOSITE_PARTS 4

struct mrz_layout {
	enum mrz_format format;
	uint8_t lines, width;
	struct mrz_span code, issuer, name, number, number_digit, nationality;
	struct mrz_span birth, birth_digit, sex, expiry, expiry_digit;
	struct mrz_span optional, optional_digit, optional_2, composite_digit;
	struct mrz_span
		composite[MRZ_COMPOSITE_PARTS]; /* in the order in which they are weighted */
};

/* NULL for MRZ_UNKNOWN. */
const struct mrz_layout *mrz_layout(enum mrz_format format);
#endif

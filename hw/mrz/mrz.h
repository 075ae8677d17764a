/* SPDX-License-Identifier: Apache-2.0
 * The machine readable zone of ICAO Doc 9303 (8th edition, 2021): TD3 (part 4), TD1 (part 5), TD2
 * (part 6), MRV-A and MRV-B (part 7); data elements, check digits, dates and codes of part 3.
 *
 * Pure: no input or output, no allocation, no clock, no state. Everything lives in the caller's
 * structs, which hold personal data afterwards: the caller wipes them. Must never repair what was
 * read: a check reports what was found and what was expected, and the fields hold what was read.
 */
#ifndef POSTERN_MRZ_H
#define POSTERN_MRZ_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MRZ_LINES_MAX 3u     /* TD1 */
#define MRZ_WIDTH_MAX 44u    /* TD3, MRV-A */
#define MRZ_NAME_MAX 39u     /* TD3, MRV-A */
#define MRZ_NUMBER_MAX 23u   /* TD1: 9 in its field, 14 of the 15 of the optional data */
#define MRZ_OPTIONAL_MAX 16u /* MRV-A */
#define MRZ_FOUND_MAX 48u
#define MRZ_INPUT_MAX 64u /* a longer input line is measured as this long, and refused */

/* The numbers of postern.DocumentFormat. */
enum mrz_format { MRZ_UNKNOWN, MRZ_TD1, MRZ_TD2, MRZ_TD3, MRZ_MRVA, MRZ_MRVB };

/* BSI TR-03135 vocabulary, the numbers of postern.CheckResult.
 * failed: contradicts Doc 9303 or is expired. undetermined: the zone does not say. aborted: could
 * not be ended because a character it needs is unreadable. not_performed: the format has no such
 * check, or the structure is unusable. */
enum mrz_result {
	MRZ_UNSPECIFIED,
	MRZ_SUCCESSFUL,
	MRZ_FAILED,
	MRZ_UNDETERMINED,
	MRZ_NOT_PERFORMED,
	MRZ_ABORTED
};

enum mrz_check_id {
#define MRZ_CHECK(id, name, field) MRZ_CHECK_##id,
#include "checks.def"
#undef MRZ_CHECK
	MRZ_CHECKS
};

enum mrz_reason {
#define MRZ_REASON(id, key) MRZ_REASON_##id,
#include "reasons.def"
#undef MRZ_REASON
	MRZ_REASONS
};

/* Proleptic Gregorian; 0 = that part is not known. */
struct mrz_date {
	int year, month, day;
};

struct mrz_check {
	enum mrz_result result;
	enum mrz_reason reason; /* may be given with success too, as a remark (name truncated, code
				   in use ...) */
	uint8_t line, column;   /* where, 1-based; 0 when it speaks of the whole */
	char expected[MRZ_FOUND_MAX];
	char found[MRZ_FOUND_MAX]; /* as read; a byte outside the MRZ alphabet shows as '?' when it
				      is not printable */
};

/* What was read. Fields are as printed with fillers removed: inner '<' of a name becomes a space,
 * trailing ones go; a character outside A-Z 0-9 < stays '?'. All strings are ASCII and terminated.
 */
struct mrz {
	enum mrz_format format; /* MRZ_UNKNOWN: structure unusable, all fields below empty */
	enum mrz_result overall;
	char document_code[3];
	char issuer[4];
	char number[MRZ_NUMBER_MAX + 1]; /* whole, also when it ran over into the optional data */
	char surname[MRZ_NAME_MAX + 1];
	char given_names[MRZ_NAME_MAX + 1];
	bool name_truncated; /* a letter in the last position: may be cut (part 3, 4.6 and parts 4
				to 7) */
	char nationality[4];
	struct mrz_date birth;
	char sex; /* 'M', 'F', 'X'; 0 when unspecified ('<') or not readable */
	struct mrz_date expiry;
	char optional[MRZ_OPTIONAL_MAX + 1];
	char optional_2[MRZ_OPTIONAL_MAX + 1]; /* TD1, middle line */
	int age_years;      /* lowest age that the birth date allows; -1 unknown */
	int days_to_expiry; /* 0 on the last valid day, negative when expired */
	bool days_known;
	struct mrz_check checks[MRZ_CHECKS]; /* indexed by enum mrz_check_id, always all of them */
};

/* Reads count lines and makes every check. A line is a terminated string without line end.
 * reference is the crossing point's calendar date; NULL or an impossible date leaves age, validity
 * and centuries undetermined. Century: a birth date is the latest one not after the reference date;
 * an expiry date lies from 50 years before the reference year to 49 years after it (machine
 * readable documents began in the 1980s). Returns the overall result: failed if any check failed,
 * else aborted, else undetermined (also when a check that the format has was not performed), else
 * successful. */
enum mrz_result mrz_parse(
	const char *const lines[], size_t count, const struct mrz_date *reference, struct mrz *out);

/* Stable names; never NULL. An id out of range gives "". */
const char *mrz_check_name(enum mrz_check_id id);
const char *mrz_check_field(enum mrz_check_id id);
const char *mrz_reason_key(enum mrz_reason reason);
const char *mrz_result_name(enum mrz_result result);
const char *mrz_format_name(enum mrz_format format); /* "TD1" ... "MRV-B", "unknown" */

/* Check digit of Doc 9303-3 4.9: weights 7 3 1, modulus 10, A = 10 ... Z = 35, '<' = 0.
 * '0'..'9', or 0 when a character is outside the alphabet. */
char mrz_check_digit(const char *text, size_t size);

/* --- codes of States, organizations and nationalities (Doc 9303-3 section 5)
 * ----------------------------- */

enum mrz_country_source {
	MRZ_ISO,       /* ISO 3166-1 alpha-3, adopted by part A */
	MRZ_ICAO,      /* extensions of Doc 9303-3 section 5 parts A to E */
	MRZ_IN_USE,    /* on real documents, not in Doc 9303 */
	MRZ_WITHDRAWN, /* was valid once; a document that bears it may still exist */
	MRZ_SPECIMEN   /* UTO, Utopia: specimens only */
};

struct mrz_country {
	char code[4];    /* fillers removed: Germany is "D" */
	char alpha_2[3]; /* as in a document signer certificate; "" when none is known */
	enum mrz_country_source source;
	bool issues; /* may stand as issuing State or organization, not only as nationality */
};

/* NULL when unknown. Static, read-only. */
const struct mrz_country *mrz_country(const char *code);
/* The State of an ISO 3166-1 alpha-2 code in capitals, by the code that its citizens' documents
 * have; NULL when unknown. */
const struct mrz_country *mrz_country_of_alpha_2(const char *alpha_2);

/* --- many zones in one text
 * -------------------------------------------------------------------------------- */

/* One group of lines between blank lines. Lines keep all characters but the line end (LF, CR LF or
 * CR) and spaces and tabs at both ends. */
struct mrz_group {
	size_t first_line; /* 1-based line of the text */
	size_t count;      /* lines in the group, also when more than are kept */
	char lines[MRZ_LINES_MAX + 1][MRZ_INPUT_MAX + 1];
	const char *pointers[MRZ_LINES_MAX + 1]; /* to the above, for mrz_parse(); the first
						    min(count, 4) are set */
};

struct mrz_splitter {
	const char *text;
	size_t size, at, line;
};

void mrz_split_begin(struct mrz_splitter *s, const char *text, size_t size);
/* True while there was another group. group->pointers point into *group: do not copy it by value.
 */
bool mrz_split(struct mrz_splitter *s, struct mrz_group *group);

/* --- writing
 * -----------------------------------------------------------------------------------------------
 */

/* Letters A-Z, digits, and in names spaces, hyphens, commas (become '<') and apostrophes (dropped;
 * part 3, 4.6). */
struct mrz_fields {
	enum mrz_format format;
	const char *document_code; /* 1 or 2 characters */
	const char *issuer;        /* 1 to 3 letters */
	const char *number;        /* longer than 9: TD1 up to 22, TD2 up to 14 characters */
	const char *surname, *given_names; /* given_names NULL or "" for a holder with one name */
	const char *nationality;
	struct mrz_date birth; /* parts may be 0: written as fillers */
	char sex;              /* 'M', 'F' or '<' (0 is '<') */
	struct mrz_date expiry;
	const char *optional, *optional_2; /* NULL is "" */
};

struct mrz_text {
	size_t count;
	char lines[MRZ_LINES_MAX][MRZ_WIDTH_MAX + 1];
};

/* Writes the zone with all check digits; a name that does not fit is truncated by part 3, 4.6 so
 * that a letter stands last. 0, or -1 (PN_EINVAL) when a field does not fit or holds a character
 * that Doc 9303 does not allow there. */
int mrz_compose(const struct mrz_fields *fields, struct mrz_text *out);

/* --- calendar
 * ---------------------------------------------------------------------------------------------- */

bool mrz_date_valid(const struct mrz_date *date);
/* Days since 1970-01-01 of a valid date. */
long mrz_date_days(const struct mrz_date *date);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * Contents of the files of an eMRTD's chip (ICAO Doc 9303-10, 8th edition): EF.COM, EF.ATR/INFO and the data groups
 * with text in them. Faces are in face.h.
 *
 * Everything that comes out points into the caller's bytes, which must outlive it; personal data are never copied. A
 * parser gives 0 when what the standard requires is there, else PN_EFORMAT; both times *notes says what is missing or
 * odd and at which byte of the file, and *out holds what could be read. Tags that the standard does not name are
 * skipped and counted. Pure: no allocation, no recursion, no clock. Must never guess at what the bytes may have meant.
 */
#ifndef POSTERN_EMRTD_LDS_H
#define POSTERN_EMRTD_LDS_H
#include "emrtd/security_infos.h"

enum lds_problem {
#define LDS_PROBLEM(id, name) LDS_##id,
#include "emrtd/lds/problems.def"
#undef LDS_PROBLEM
	LDS_PROBLEMS_
};

const char *lds_problem_name(enum lds_problem what); /* "listed_only"; never NULL */

enum { LDS_NOTES_MAX = 24, LDS_OTHERS_MAX = 16, LDS_PICTURES_MAX = 9 };

struct lds_note {
	enum lds_problem what;
	size_t at;    /* byte of the file */
	uint32_t tag; /* of the object that it is about; 0: of none */
};

struct lds_notes {
	struct lds_note note[LDS_NOTES_MAX];
	size_t count; /* also those beyond LDS_NOTES_MAX, which are not kept */
	size_t unknown; /* objects skipped because of their tag */
};

/* Free text. */
struct lds_text {
	struct emrtd_bytes bytes; /* bytes NULL: not there */
	bool utf8; /* whole UTF-8 (RFC 3629); may still hold control characters */
};

/* A part that the document says is unknown is 0 (4.7.11.1). */
struct lds_date {
	uint16_t year;
	uint8_t month, day, hour, minute, second;
	bool there, bcd; /* there: a date of the calendar; bcd: two digits a byte, as older documents have it (4.7.12) */
};

enum lds_image { LDS_IMAGE_UNKNOWN, LDS_IMAGE_JPEG, LDS_IMAGE_JP2, LDS_IMAGE_J2K };

/* An image as its own first bytes say (ISO/IEC 10918-1, 15444-1). */
struct lds_picture {
	struct emrtd_bytes bytes; /* to its own end where that was found; bytes NULL: not there */
	enum lds_image kind;
	uint32_t width, height; /* pixels as the image itself says; 0: not found */
	bool whole;             /* its own end was found */
	size_t tail;            /* bytes after that */
};

const char *lds_image_name(enum lds_image kind); /* "jpeg", "jp2", "j2k", "unknown" */
/* Looks at headers only; decodes nothing. */
struct lds_picture lds_picture(struct emrtd_bytes bytes);

/* EF.COM, 4.6.1. Nobody has signed it. */
struct lds_com {
	struct emrtd_bytes version, unicode; /* "0107", "040000"; size 0: not there */
	uint32_t groups;                     /* bit n: DGn is listed */
	size_t unknown_tags;                 /* in the list */
};
int lds_com(struct emrtd_bytes file, struct lds_com *out, struct lds_notes *notes) PN_MUST_CHECK;

/* EF.ATR/INFO, 3.11.1; ISO/IEC 7816-4 12.1.1.9. The file's unused end may be zeros or FF. */
struct lds_atr_info {
	size_t capabilities_size; /* bytes of DO47; 0: not there */
	bool select_by_name, short_identifiers, record_numbers;
	bool command_chaining, extended_length, extended_length_information;
	uint32_t command_max, response_max; /* bytes of an APDU, DO7F66; 0: not said */
};
int lds_atr_info(struct emrtd_bytes file, struct lds_atr_info *out, struct lds_notes *notes) PN_MUST_CHECK;

/* DG1, 4.7.1: the zone without line ends, 90 (TD1), 72 (TD2) or 88 (TD3) characters. With PN_EFORMAT *zone is there all
 * the same when only its characters are not those of a zone. */
int lds_dg1(struct emrtd_bytes file, struct emrtd_bytes *zone, struct lds_notes *notes) PN_MUST_CHECK;
/* As a string, "" when it is of none of these lengths; a character that no zone has becomes '?', so that it differs from
 * every printed one. A copy of personal data: the caller wipes it. */
void lds_zone(struct emrtd_bytes file, char out[96]);

/* DG5 displayed portrait (4.7.5) or DG7 displayed signature or usual mark (4.7.7). */
struct lds_displayed {
	unsigned stated; /* number of images that the file says it has */
	size_t count;    /* in picture */
	struct lds_picture picture[LDS_PICTURES_MAX];
};
int lds_displayed(struct emrtd_bytes file, unsigned group, struct lds_displayed *out,
	struct lds_notes *notes) PN_MUST_CHECK;

/* DG11, 4.7.11. */
struct lds_dg11 {
	struct lds_text name, personal_number, place_of_birth, address, telephone, profession, title, summary,
		other_documents, custody;
	struct lds_text other_name[LDS_OTHERS_MAX];
	size_t other_names; /* in other_name */
	struct lds_date birth;
	struct lds_picture citizenship;
};
int lds_dg11(struct emrtd_bytes file, struct lds_dg11 *out, struct lds_notes *notes) PN_MUST_CHECK;

/* DG12, 4.7.12. */
struct lds_dg12 {
	struct lds_text authority, endorsements, tax_exit, system;
	struct lds_text other_person[LDS_OTHERS_MAX];
	size_t other_persons; /* in other_person */
	struct lds_date issued, personalized;
	struct lds_picture front, rear;
};
int lds_dg12(struct emrtd_bytes file, struct lds_dg12 *out, struct lds_notes *notes) PN_MUST_CHECK;

/* DG13, 4.7.13: the issuer's own; the content of tag 6D. */
int lds_dg13(struct emrtd_bytes file, struct emrtd_bytes *content, struct lds_notes *notes) PN_MUST_CHECK;

/* DG15, 4.7.15: what kind of key it is. DG14 is security_infos.h. */
enum lds_key { LDS_KEY_UNKNOWN, LDS_KEY_RSA, LDS_KEY_EC };
struct lds_dg15 {
	enum lds_key kind;
	size_t bits;              /* of the modulus, or of a coordinate; 0: not found */
	struct emrtd_bytes curve; /* object identifier, content octets; size 0: explicit parameters */
};
int lds_dg15(struct emrtd_bytes file, struct lds_dg15 *out, struct lds_notes *notes) PN_MUST_CHECK;

/* DG16, 4.7.16. */
struct lds_person {
	struct lds_date recorded;
	struct lds_text name, telephone, address;
};
struct lds_dg16 {
	unsigned stated;
	size_t count; /* in person */
	struct lds_person person[LDS_OTHERS_MAX];
};
int lds_dg16(struct emrtd_bytes file, struct lds_dg16 *out, struct lds_notes *notes) PN_MUST_CHECK;
#endif

/* SPDX-License-Identifier: Apache-2.0
 * The log of one document check as XML, in the parts of BSI TR-03135 (optical, electronic, combined) and in its words, without
 * personal data (ICAO Doc 9303-2, appendix C, F.2): kind of document, results, reasons, times. Which parts of the guideline's own
 * schema could not be followed stands in docs/emrtd.md.
 *
 * Pure. Must never write a name, a number, a date of a person, a byte of a file, or a hash or a serial number by which one
 * document could be known again.
 */
#ifndef POSTERN_EMRTD_REPORT_XML_H
#define POSTERN_EMRTD_REPORT_XML_H
#include "emrtd/report/report.h"
#include "mrz/mrz.h"

enum { REPORT_XML_MAX = 32 * 1024 };

struct report_xml {
	const char *software, *version;
	int year, month, day;          /* of the check */
	const char *format;            /* "TD3" ...; "" when not known */
	const char *code, *issuer;     /* "P", "UTO"; "" when not known */
	const struct mrz *optical;     /* the printed zone's checks; NULL: none was read */
	const struct report *report;
	const char *access;            /* "BAC", "PACE" ...; "" when no chip was there */
	unsigned exchanges;            /* 0: not known */
	uint32_t read_ms;              /* 0: not known */
	const char *trust_version;     /* "" when there is none */
};

/* Terminated, *size without the NUL. PN_ELIMIT: it does not fit. */
int report_xml(const struct report_xml *log, char *out, size_t room, size_t *size) PN_MUST_CHECK;
#endif

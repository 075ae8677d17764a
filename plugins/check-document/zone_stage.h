/* SPDX-License-Identifier: Apache-2.0
 * The machine readable zone (ICAO Doc 9303 parts 3 to 7) as check_document asks for it. Pure: a query goes in, the answer's
 * message comes out. Personal: the caller wipes the struct. Must never answer `successful` for what was not checked.
 */
#ifndef POSTERN_CHECK_DOCUMENT_ZONE_STAGE_H
#define POSTERN_CHECK_DOCUMENT_ZONE_STAGE_H
#include "document.pb-c.h"
#include "mrz/mrz.h"

/* Strings of the message point into the query or into mrz; it lives as long as both. */
struct zone_stage {
	struct mrz mrz;
	Postern__Date birth, expiry;
	char sex[2];
	Postern__Document document;
	Postern__Check checks[MRZ_CHECKS], *list[MRZ_CHECKS];
	Postern__DocumentChecked answer;
};

void zone_stage(const Postern__CheckDocument *query, struct zone_stage *out);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * The chip as inspect_chip asks for it: the reader's files and its word of the proofs, through hw/emrtd/report, into the answer's
 * message. Pure: no clock, no file. The files stay where they are, in the blob. Must never believe the reader beyond what
 * passive authentication covers, and never answer `successful` for what was not checked.
 */
#ifndef POSTERN_CHECK_DOCUMENT_CHIP_STAGE_H
#define POSTERN_CHECK_DOCUMENT_CHIP_STAGE_H
#include "document.pb-c.h"
#include "emrtd/report/report.h"

struct chip_settings {
	const struct trust *trust; /* NULL: none */
	const char *trust_version; /* "" when there is none */
	uint32_t trust_age_max_days;
	bool refuse_sha1, require_proof;
};

enum { CHIP_STAGE_PORTRAIT_MAX = 192 * 1024 }; /* bytes; beyond it no officer is shown one */

/* Strings of the message are static, or point into this struct or the settings. */
struct chip_stage {
	struct report report;
	Postern__Check checks[REPORT_CHECKS_MAX], *list[REPORT_CHECKS_MAX];
	Postern__ChipInspected answer;
	const uint8_t *portrait; /* within the files; NULL: none is there */
	size_t portrait_size;
};

/* blob NULL: no files came with the query. */
void chip_stage(const Postern__InspectChip *query, const uint8_t *blob, size_t blob_size,
	const struct chip_settings *settings, struct chip_stage *out);
#endif

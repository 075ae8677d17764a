/* SPDX-License-Identifier: Apache-2.0
 * What a reading has come to, in the words of the bus: its result by the cause of its end, its proofs, how far it has come and
 * how long it may still take. Pure. Must never call a reading successful that ended with an error.
 */
#ifndef POSTERN_CHIP_OUTCOME_H
#define POSTERN_CHIP_OUTCOME_H
#include "document.pb-c.h"
#include "emrtd/document.h"

/* err: of emrtd_document_read(), 0 when it came to its end. */
Postern__ChipResult chip_result(int err, const struct emrtd_failure *failure);

/* Whether a failure looks as a chip does that was taken away in the middle: no answer, less than two bytes, a bare 9000 where
 * data or a checksum were due. Then the chip is powered anew and the reading gone on with; if the same happens again it was no
 * tear. */
bool chip_maybe_torn(const struct emrtd_failure *failure);

Postern__ChipAccess chip_access(const struct emrtd_access_report *report);

/* result and cause; the cause is a constant. */
void chip_proof(enum emrtd_proof proof, const struct emrtd_failure *failure, Postern__ChipProof *out);

struct chip_progress {
	Postern__ChipStage stage;
	uint32_t permille;     /* never 1000 before CHIP_STAGE_DONE */
	uint32_t remaining_ms; /* 0: cannot be told */
};

/* Bytes read and bytes that are still to come; of files whose length is not known yet what is usual. Opening the chip counts as
 * some bytes. groups: as in emrtd_wish. */
void chip_bytes(const struct emrtd_document *d, uint32_t groups, size_t *done, size_t *left);
struct chip_progress chip_progress(enum emrtd_stage stage, size_t done, size_t left, uint64_t elapsed_ms);

/* All files of d as hw/emrtd/bundle.h lays them. *out is the caller's: wiped and freed by chip_bundle_free(). PN_ENOMEM,
 * PN_ELIMIT. */
int chip_bundle(const struct emrtd_document *d, uint8_t **out, size_t *size) PN_MUST_CHECK;
void chip_bundle_free(uint8_t *bytes, size_t size);
#endif

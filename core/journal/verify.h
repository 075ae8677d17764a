/* SPDX-License-Identifier: Apache-2.0
 * What the two halves of the verification share. Must never be included outside core/journal.
 */
#ifndef POSTERN_JOURNAL_VERIFY_H
#define POSTERN_JOURNAL_VERIFY_H
#include "journal/internal.h"

struct verify {
	sqlite3 *db;
	char tenant[CHAIN_NAME_MAX + 1], gate[CHAIN_NAME_MAX + 1], origin[CHECKPOINT_ORIGIN_MAX];
	void (*finding)(void *context, const struct journal_finding *finding);
	void *context;
	struct journal_verify_summary *summary;
	struct head last;  /* the row before */
	bool last_missing; /* a gap lies before the row in hand */
	bool last_bad;     /* the row before does not have its hash */
	uint64_t acked_epoch, acked_seq;
	uint64_t purge_records; /* named by all purge records together */
};

void verify_report(struct verify *v, enum journal_finding_kind kind, uint64_t epoch, uint64_t seq,
	uint64_t to_seq, const char *column);
bool verify_before(uint64_t epoch, uint64_t seq, uint64_t than_epoch, uint64_t than_seq);
/* Every row in key order; v->last is the head afterwards. PN_EFORMAT, PN_EIO: not readable. */
int verify_rows(struct verify *v);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * One document's chip from power-up to the last file, in the order that lets others begin soonest (Doc 9303-11, 4 to 6):
 * access; EF.CardSecurity where chip authentication mapping was used; EF.SOD; DG14 and chip authentication; DG1, the first
 * file under its keys, which decides it, and which is told at once; DG15 and active authentication; the smaller groups;
 * DG2, the longest, last. EF.COM, which nobody has signed, is not read.
 *
 * Pure like emrtd.h: whether a proof counts is not judged here, since only passive authentication knows which files are
 * the State's. Must never give bytes of two chips in one document: after a tear a document is gone on with only when its
 * EF.SOD is byte for byte the same.
 */
#ifndef POSTERN_EMRTD_DOCUMENT_H
#define POSTERN_EMRTD_DOCUMENT_H
#include "emrtd/family.h"
#include "emrtd/file.h"

enum { EMRTD_GROUPS = 17 };

struct emrtd_read_file {
	uint8_t *bytes; /* owned; wiped when freed */
	size_t size, room;
	struct emrtd_progress progress;
	bool whole, absent;
};

/* What the reading has come to, for a display and for those who may begin. */
enum emrtd_stage {
	EMRTD_STAGE_OPENING,
	EMRTD_STAGE_SIGNED, /* EF.SOD is there */
	EMRTD_STAGE_CHIP,   /* chip authentication is done, or there is none */
	EMRTD_STAGE_HOLDER, /* DG1 is there: look-ups may begin */
	EMRTD_STAGE_GENUINE, /* active authentication is done, or there is none */
	EMRTD_STAGE_FACE,   /* DG2 is coming: bytes of total */
	EMRTD_STAGE_DONE
};

struct emrtd_document {
	struct emrtd_access_report access;
	/* card_security: read only where PACE was with chip authentication mapping. EF.CardAccess is in access. */
	struct emrtd_read_file card_security, sod, group[EMRTD_GROUPS]; /* DGn at n */
	/* Of the keys in EF.CardSecurity (chip authentication mapping), DG14 and DG15. EMRTD_PROVEN counts only when
	 * passive authentication covers that file. EMRTD_NOT_PERFORMED with a failure: it was tried and could not be
	 * decided, because the file is missing or the chip was taken away. */
	enum emrtd_proof mapping, chip, active;
	struct emrtd_failure mapping_failure, chip_failure, active_failure;
	struct emrtd_limits limits;
	unsigned exchanges, resumed;
};

struct emrtd_wish {
	const struct emrtd_password *password;
	const struct emrtd_policy *policy;
	uint32_t groups; /* bit n: read DGn where the chip has it; DG1 always, DG14 and DG15 for their proofs */
	bool without_chip_authentication, without_active_authentication;
	size_t file_max; /* bytes of the largest file taken; 0: EMRTD_FILE_MAX */
	/* What earlier documents have taught this reader; asked once EF.CardAccess is there and told at the end, also of a
	 * reading that failed. NULL: each document begins anew. issuer and document_code of the optical zone; NULL: unknown. */
	struct emrtd_families *families;
	const char *issuer, *document_code;
	/* May be NULL. Not 0: the reading ends with that code. */
	int (*stage)(void *self, enum emrtd_stage stage, const struct emrtd_document *so_far);
	void *self;
};

/* 0: all that was wished for and is on the chip has been read; proofs that failed are in *d, not errors. Else the first
 * error, and *d holds what came before it. After PN_EIO or PN_ECLOSED, and a reset of chip and session, the same call with
 * the same *d goes on; also after PN_EFORMAT with EMRTD_CAUSE_SM_BARE when d->limits.refused has grown: the chip refused an
 * extended command in clear, and the next attempt reads in short length. PN_ECONFLICT: another chip than the one begun with. */
int emrtd_document_read(
	struct emrtd_session *s, const struct emrtd_wish *wish, struct emrtd_document *d) PN_MUST_CHECK;
void emrtd_document_free(struct emrtd_document *d);
#endif

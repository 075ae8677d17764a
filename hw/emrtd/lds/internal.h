/* SPDX-License-Identifier: Apache-2.0
 * Between the parsers of this folder. Must never be included from elsewhere.
 */
#ifndef POSTERN_EMRTD_LDS_INTERNAL_H
#define POSTERN_EMRTD_LDS_INTERNAL_H
#include "emrtd/lds/lds.h"

/* One file being looked at. */
struct lds_scan {
	struct emrtd_bytes file;
	struct lds_notes *notes;
};

/* at lies in the file, or one past its end. */
void lds_say(const struct lds_scan *s, enum lds_problem what, const uint8_t *at, uint32_t tag);
/* lds_say(), and PN_EFORMAT. */
int lds_fail(const struct lds_scan *s, enum lds_problem what, const uint8_t *at, uint32_t tag);

/* Clears notes; value is what the file's one object holds. */
int lds_open(struct lds_scan *s, struct emrtd_bytes file, uint32_t tag, struct emrtd_bytes *value,
	struct lds_notes *notes) PN_MUST_CHECK;
/* As emrtd_tlv_next(), and PN_EFORMAT has been told. */
int lds_next(const struct lds_scan *s, struct emrtd_tlv_walk *walk, struct emrtd_tlv *out) PN_MUST_CHECK;
/* An INTEGER of one byte; -1 after having told that it is not. */
int lds_small(const struct lds_scan *s, const struct emrtd_tlv *tlv);
/* most: characters; 0: no limit. */
struct lds_text lds_text(const struct lds_scan *s, const struct emrtd_tlv *tlv, size_t most);
/* bytes: eight digits or four bytes of BCD; with_time fourteen or seven. unknown: parts may be zeros. */
struct lds_date lds_date(const struct lds_scan *s, struct emrtd_bytes value, uint32_t tag, bool with_time, bool unknown);
struct lds_picture lds_picture_of(const struct lds_scan *s, struct emrtd_bytes value, uint32_t tag);

/* The tag list of DG11 and DG12 against what came. */
enum { LDS_TAGS_MAX = 24 };
struct lds_tags {
	uint32_t tag[LDS_TAGS_MAX];
	size_t count;
};
void lds_tags_add(struct lds_tags *t, uint32_t tag);
bool lds_tags_hold(const struct lds_tags *t, uint32_t tag);
#endif

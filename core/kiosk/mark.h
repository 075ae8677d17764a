/* SPDX-License-Identifier: Apache-2.0
 * A result as the journal holds it, and back. Must never take a mark that does not have the form of ours.
 */
#ifndef POSTERN_KIOSK_MARK_H
#define POSTERN_KIOSK_MARK_H
#include "kiosk/results.h"

struct kiosk_mark {
	Postern__KioskMark mark;
	Postern__KioskCheck check[KIOSK_CHECKS];
	Postern__KioskCheck *checks[KIOSK_CHECKS];
	char *reasons[KIOSK_REASONS];
};

/* KIOSK_ISSUED or KIOSK_REDEEMED; borrows from result. */
void kiosk_mark_of(struct kiosk_mark *out, Postern__KioskPhase phase, const struct kiosk_result *result);
/* KIOSK_VOIDED: of struct kiosk_results. */
void kiosk_mark_void(struct kiosk_mark *out, uint64_t era);
/* PN_EFORMAT, and *out is zero. */
int kiosk_result_of(const Postern__KioskMark *mark, struct kiosk_result *out) PN_MUST_CHECK;
#endif

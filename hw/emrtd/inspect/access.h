/* SPDX-License-Identifier: Apache-2.0
 * Whether what the State has signed agrees with how the chip was opened (ICAO Doc 9303-11, section 9.2.11 and 4.2): a relay
 * or a forger that hides or forges EF.CardAccess, which nobody has signed, shows here. Pure. Must never be given a list that
 * passive authentication does not cover.
 */
#ifndef POSTERN_EMRTD_INSPECT_ACCESS_H
#define POSTERN_EMRTD_INSPECT_ACCESS_H
#include "emrtd/inspect/passive.h"

/* dg14: the file, card_security: the SecurityInfos in it; size 0: not there or not covered. Failed: one of them contradicts.
 * Undetermined: BAC was done although PACE was on offer. Not performed: none of them says anything of PACE. */
enum inspect_result inspect_access(const struct emrtd_access_report *report, struct emrtd_bytes dg14,
	struct emrtd_bytes card_security, enum inspect_reason *reason);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * Lists of data groups as people write them. Pure. Must never take half of a list.
 */
#ifndef POSTERN_CHIP_GROUPS_H
#define POSTERN_CHIP_GROUPS_H
#include <stdint.h>

#include "base/err.h"

/* "2,11,12": bit n for DGn, 1 to 16; "" is none. PN_EFORMAT. */
int chip_groups(const char *text, uint32_t *out) PN_MUST_CHECK;
#endif

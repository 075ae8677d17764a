/* SPDX-License-Identifier: Apache-2.0
 * An engine as a vendor would write it: against face.h alone, for one slot. Must never include anything else of this tree.
 */
#ifndef POSTERN_TEST_VENDOR_H
#define POSTERN_TEST_VENDOR_H
#include "face/face.h"

/* What it says when it is asked; calls: of its one slot's functions. */
extern struct vendor {
	uint32_t slot;
	uint32_t decision, level; /* of its attack detection */
	int fails;		  /* 0, or what the slot's function returns */
	unsigned opened, closed, calls;
} vendor;

/* For vendor.slot, and nothing in the place of all else's functions. */
const struct face_engine *vendor_engine(void);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * Travellers of chosen kinds and the passports that were issued to them, in a folder of their own; the reader's library and
 * passive authentication in front of one. Must never be used outside tests.
 */
#ifndef POSTERN_TEST_SIM_LANE_OFFICE_DAY_H
#define POSTERN_TEST_SIM_LANE_OFFICE_DAY_H
#include "emrtd/document.h"
#include "emrtd/inspect/passive.h"
#include "passport.h"

struct office_day {
	char folder[32], passports[48];
	struct scenario scenario;
	struct traveller_date today;
	int64_t now_s;
};
/* kind: -1: all of them. */
void office_day_begin(struct office_day *d, int kind, uint32_t count);
void office_day_end(struct office_day *d);
struct traveller office_day_traveller(const struct office_day *d, uint32_t index);
/* What the States have published, as a gate takes it. */
void office_day_trust(const struct office_day *d, struct trust *t);

typedef int office_day_transmit(void *, const uint8_t *, size_t, uint8_t *, size_t *);
/* Everything from one chip; extended: by commands of extended length, which a chip may not take; again (may be NULL): lays a
 * torn document down again. */
int office_day_read(const char *zone, bool extended, office_day_transmit *transmit, int (*again)(void *), void *self,
	struct emrtd_document *out);
void office_day_inspect(const struct office_day *d, const struct traveller *t, const struct trust *trust,
	const struct emrtd_document *read, struct inspection *out);
#endif

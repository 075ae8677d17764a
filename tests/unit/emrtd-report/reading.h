/* SPDX-License-Identifier: Apache-2.0
 * A passport issued, laid down, read by the reader's library as a gate would, and a State's store to judge it by. Must never be
 * used outside tests.
 */
#ifndef POSTERN_TEST_EMRTD_REPORT_READING_H
#define POSTERN_TEST_EMRTD_REPORT_READING_H
#include "../sim-chip/desk.h"
#include "emrtd/report/report.h"

#define READING_NOW INT64_C(1790000000)

/* Documents as they are in the field. */
enum reading_kind {
	READING_PLAIN, /* BAC, no proof */
	READING_BAC,   /* BAC, chip authentication and active authentication */
	READING_PACE,  /* PACE with generic mapping, chip authentication */
	READING_CAM    /* PACE with chip authentication mapping */
};
struct sim_passport_config reading_config(enum reading_kind kind);

struct reading {
	struct desk desk;
	struct emrtd_document document;
	bool complete;
	struct emrtd_bundle files;
	struct report_chip chip;
};
/* fault: as sim_chip_fault_parse() takes it, or NULL. */
void reading_open(struct reading *r, const struct sim_passport_config *config, const char *fault);
void reading_close(struct reading *r);

/* What desk_office() has published. Freed with trust_free(). */
void reading_trust(struct trust *t);
/* In force at READING_NOW, with the zone that was printed. */
struct report_input reading_input(const struct reading *r, const struct trust *t);
const struct report_check *reading_check(const struct report *r, const char *name, const char *field);
#endif

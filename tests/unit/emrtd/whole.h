/* SPDX-License-Identifier: Apache-2.0
 * A passport issued, laid on a reader, read whole by emrtd_document_read() and judged by passive authentication, all in one
 * process and under a deadline of the chip's modelled time. Must never be used outside tests.
 */
#ifndef POSTERN_TEST_EMRTD_WHOLE_H
#define POSTERN_TEST_EMRTD_WHOLE_H
#include "emrtd/document.h"
#include "emrtd/inspect/passive.h"
#include "sim/chip/passport.h"

extern const char whole_td3[], whole_td2[], whole_td1[];

/* An office and the trust store that knows it: one for a test program. */
struct whole_world {
	struct sim_office *office;
	struct trust trust;
	int64_t now_s;
};
void whole_world_begin(struct whole_world *w);
void whole_world_end(struct whole_world *w);

struct whole {
	struct sim_passport_config config;
	struct sim_passport *passport;
	struct sim_chip *chip;
	struct emrtd_session *session;
	struct emrtd_policy policy;
	bool by_can, extended, without_chaining;
	double deadline_ms; /* of the chip's modelled time; beyond it the channel gives PN_ETIMEOUT */
	struct emrtd_families *families; /* may be NULL */
	uint32_t groups;    /* wished for, beside DG1, DG14 and DG15 */
	struct emrtd_document document;
	struct inspection found;
	int err;
	struct emrtd_failure failure; /* of the reading */
};

/* TD3, CAN 123456, no access protocol, DG1, DG2 of 200 bytes, DG11 and DG12. */
struct sim_passport_config whole_usual(void);
void whole_issue(struct whole *w, const struct whole_world *world, const struct sim_passport_config *config);
/* The passport's chip, powered, before a reader; again: as after a tear. */
void whole_lay(struct whole *w, bool extended);
void whole_lay_again(struct whole *w);
/* Reads on from where it is; what emrtd_document_read() says. */
int whole_read(struct whole *w);
void whole_judge(struct whole *w, const struct whole_world *world);
/* Takes chip, session and document away; the passport stays. */
void whole_lift(struct whole *w);
void whole_free(struct whole *w);

const struct sim_chip_file *whole_issued(const struct whole *w, unsigned id);
/* NULL, or the name of the first file that differs from what was issued, is missing, or was not issued. */
const char *whole_differs(const struct whole *w);
const struct inspect_check *whole_check(const struct inspection *found, enum inspect_check_id id, unsigned group);
#endif

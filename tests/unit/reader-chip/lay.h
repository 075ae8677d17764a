/* SPDX-License-Identifier: Apache-2.0
 * A virtual passport that is laid on a reader which waits on loopback, by a thread of its own, and laid there again as often as
 * the test says when it has left. Must never be used outside tests.
 */
#ifndef POSTERN_TEST_LAY_H
#define POSTERN_TEST_LAY_H
#include <pthread.h>

#include "sim/chip/passport.h"

extern const char lay_zone[], lay_other_zone[];

/* PACE with generic mapping, chip authentication, active authentication with ECDSA, DG1, DG2 of 3000 bytes, DG11. */
struct sim_passport_config lay_usual(void);
struct sim_passport *lay_issue(const struct sim_passport_config *config);
const struct sim_chip_file *lay_issued(const struct sim_passport *p, unsigned id);

struct lay {
	struct sim_passport *passport, *then; /* then: what comes when the first has left; NULL: the same one */
	uint16_t port;
	unsigned again;       /* how often it comes back after it has left */
	unsigned away_ms;     /* and after how long */
	bool in_time;
	int result;           /* of the last sim_vpcd_serve() */
	unsigned times;       /* laid down so far */
	int stop[2];
	pthread_t thread;
};

/* The fault acts in the first presence only. NULL: none. */
void lay_down(struct lay *l, const char *fault);
/* Takes it away if it is still there. */
void lay_up(struct lay *l);

/* A port on loopback that nobody listens on. */
uint16_t lay_free_port(void);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * A POSIX timer whose signal is SIGKILL. Must never leave a timer armed without saying so.
 */
#include "last_resort.h"

#include <signal.h>
#include <string.h>

int last_resort_open(struct last_resort *l)
{
	struct sigevent event;

	memset(&event, 0, sizeof event);
	event.sigev_notify = SIGEV_SIGNAL;
	event.sigev_signo = SIGKILL;
	return timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &l->timer) == 0 ? PN_OK : PN_EIO;
}

static int set(struct last_resort *l, long ms)
{
	const struct itimerspec at = {{0, 0}, {0, ms * 1000000L}};

	return timer_settime(l->timer, 0, &at, NULL) == 0 ? PN_OK : PN_EIO;
}

int last_resort_arm(struct last_resort *l)
{
	return set(l, LAST_RESORT_MS);
}

int last_resort_disarm(struct last_resort *l)
{
	return set(l, 0);
}

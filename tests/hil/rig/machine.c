/* SPDX-License-Identifier: Apache-2.0
 * What is wrong with the guest itself: its clock, the disk of the journal. Must never touch a disk but the one that `run` has mounted
 * for the state.
 */
#include <stdio.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <time.h>

#include "bench.h"

#define STATE "/rig/state"
#define STATE_MIB 400u /* as `run` mounts it */

/* The guest's clock is the host's; nobody synchronises it here, and a production profile admits nobody without. */
void machine_clock(bool synchronised)
{
	struct timex t = {.modes = ADJ_STATUS | ADJ_MAXERROR | ADJ_ESTERROR, .status = synchronised ? STA_PLL : STA_UNSYNC,
		.maxerror = synchronised ? 1000 : 16000000, .esterror = 1000};
	if (adjtimex(&t) < 0)
		fail("the clock cannot be set");
}

void machine_clock_step(int seconds)
{
	struct timespec t;
	if (clock_gettime(CLOCK_REALTIME, &t) != 0)
		fail("the clock cannot be read");
	t.tv_sec += seconds;
	if (clock_settime(CLOCK_REALTIME, &t) != 0)
		fail("the clock cannot be set");
	machine_clock(true); /* a step has the kernel forget that anybody synchronises it: here somebody says so at once */
}

void machine_disk_full(bool full)
{
	char size[32];
	struct statvfs now;
	unsigned long long bytes = (unsigned long long)STATE_MIB << 20;
	if (statvfs(STATE, &now) != 0)
		fail(STATE ": cannot be asked");
	if (full)
		bytes = (unsigned long long)(now.f_blocks - now.f_bfree) * now.f_frsize;
	snprintf(size, sizeof size, "size=%llu", bytes);
	if (mount("state", STATE, "tmpfs", MS_REMOUNT, size) != 0)
		fail(STATE ": its size cannot be changed");
}

/* SPDX-License-Identifier: Apache-2.0
 * The bench's two ends: gpio-sim's lines through sysfs (the kernel's edges on our side: `pull` of an input, `value` of an output),
 * and posternd with its children as processes. Runs as root inside the guest only. Must never touch a line that is not the bench's.
 */
#ifndef POSTERN_HIL_BENCH_H
#define POSTERN_HIL_BENCH_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sim/lane/lines.h"

struct gpio_bench {
	int fd[SIM_LANE_LINES];
	uint64_t inputs; /* levels as last written */
	bool written;
	uint64_t outputs;
	unsigned looks;
};
/* Makes the simulated chip (label postern-bench, a line for each line of a lane, named like it). Exits with a sentence on failure. */
void gpio_bench_make(struct gpio_bench *g);
/* Only what has changed; inputs are levels. */
void gpio_bench_write(struct gpio_bench *g, uint64_t levels);
/* Takes the chip away again, when nobody holds a line of it. */
void gpio_bench_end(struct gpio_bench *g);
uint64_t gpio_bench_read(struct gpio_bench *g);
/* Of one output. */
bool gpio_bench_level(const struct gpio_bench *g, enum sim_lane_line line);

struct rig_paths {
	const char *posternd, *config, *tool, *run_folder, *officer_key, *log, *documents;
};
struct daemon {
	struct rig_paths paths;
	pid_t pid;
	int reader; /* the far end of the document reader's line */
	int kiosk;  /* of the reader's at the kiosk */
	char zone[2][2][48]; /* of a good document, of a listed one; two lines each */
};
/* Starts posternd, whose configuration names the bench's chip, /dev/pts/0 and, at a kiosk, /dev/pts/1. */
void daemon_start(struct daemon *d);
/* Orderly; the status of its exit. */
int daemon_stop(struct daemon *d);
/* The newest child of that name ("core", "gate"), or 0. */
pid_t daemon_child(const struct daemon *d, const char *name);
void daemon_document(const struct daemon *d, bool at_kiosk, bool laid, bool listed);

struct daemon_status {
	bool known;
	char state[32], crossing[40];
	bool waiting;
};
void daemon_status(const struct daemon *d, struct daemon_status *out);
void daemon_decide(const struct daemon *d, const char *crossing, bool admit);
/* resume, assist, ...; reason may be NULL. */
void daemon_lane(const struct daemon *d, const char *command, const char *reason);
/* Once the lane is up. False: the rules are not in use. */
bool daemon_activate(const struct daemon *d);
/* Of posternd and all its children; resident counts a page that several share once for each. */
struct daemon_memory {
	long resident_kib, anonymous_kib;
};
struct daemon_memory daemon_memory(const struct daemon *d);

/* The guest's own clock and the disk that holds the journal. Both exit with a sentence when that is not possible. */
void machine_clock(bool synchronised);
void machine_disk_full(bool full);
void machine_clock_step(int seconds);

uint64_t mono_us(void);
__attribute__((noreturn, format(printf, 1, 2))) void fail(const char *format, ...);
#endif

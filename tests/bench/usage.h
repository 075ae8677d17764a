/* SPDX-License-Identifier: Apache-2.0
 * Who used the processors: a process, a process and its children, the whole machine. For benches on
 * machines that others use too. Must never be linked into the product.
 */
#ifndef POSTERN_BENCH_USAGE_H
#define POSTERN_BENCH_USAGE_H
#include <sys/types.h>

/* Seconds of processor time so far, of one process; with its living children; 0 when it is gone. */
double usage_of(pid_t pid);
double usage_of_family(pid_t pid);
/* Of all processes and interrupts; idle time and time taken by the hypervisor excluded. */
double usage_of_machine(void);
#endif

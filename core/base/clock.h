/* SPDX-License-Identifier: Apache-2.0
 * The two clocks. Timeouts use the monotonic one; records carry wall time and its quality.
 * Pure folders (crossing, verdict, gate) must never include this: time reaches them as an event.
 */
#ifndef POSTERN_BASE_CLOCK_H
#define POSTERN_BASE_CLOCK_H
#include <stdint.h>

uint64_t clock_mono_ms(void);
uint64_t clock_mono_ns(void);
int64_t clock_wall_ms(void);
#endif

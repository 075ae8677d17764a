/* SPDX-License-Identifier: Apache-2.0
 * A monotonic clock that the test moves (link with -Wl,--wrap=clock_mono_ns), so that no result
 * hangs on the machine's load. Must never run by itself.
 */
#ifndef POSTERN_TEST_STILL_CLOCK_H
#define POSTERN_TEST_STILL_CLOCK_H
#include <stdint.h>

/* From now on each look at the clock finds it ns later than the one before; 0: it stands. */
void still_clock_step(uint64_t ns);
#endif

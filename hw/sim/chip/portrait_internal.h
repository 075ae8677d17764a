/* SPDX-License-Identifier: Apache-2.0
 * Between the drawing and its encoders. Must never be included outside hw/sim/chip.
 */
#ifndef POSTERN_SIM_CHIP_PORTRAIT_INTERNAL_H
#define POSTERN_SIM_CHIP_PORTRAIT_INTERNAL_H
#include "sim/chip/portrait.h"

/* Red, green and blue of each pixel, row by row; appends exactly size bytes, or nothing when it does not fit. */
bool sim_jp2(struct sim_der *out, const uint8_t *pixels, size_t size);
#endif

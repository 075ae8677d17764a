/* SPDX-License-Identifier: Apache-2.0
 * A picture like a portrait for DG2 of an invented holder: a real baseline JPEG (ITU-T T.81) or JPEG 2000 (ISO/IEC
 * 15444-1) that any decoder reads, drawn from a number. Must never be taken for a face of a person: two seeds look alike no more than two drawings do.
 */
#ifndef POSTERN_SIM_CHIP_PORTRAIT_H
#define POSTERN_SIM_CHIP_PORTRAIT_H
#include "sim/chip/der.h"
#include "sim/chip/passport.h"

/* 35 by 45 mm at 300 dpi, as Doc 9303-3 has portraits; LEAST: bytes that every seed fits. */
enum { SIM_PORTRAIT_WIDTH = 413, SIM_PORTRAIT_HEIGHT = 531, SIM_PORTRAIT_LEAST = 8000 };

/* Appends exactly size bytes. False, and nothing appended, when it does not fit; also without memory. */
bool sim_portrait(struct sim_der *out, enum sim_face kind, uint32_t seed, size_t size);
#endif

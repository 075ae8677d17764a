/* SPDX-License-Identifier: Apache-2.0
 * See kernel.h. FACE_KERNEL names the function, FACE_LANES says how many floats one register has;
 * the accumulators of one step fill twelve registers whichever it is. Must never depend on the
 * alignment of rows.
 */
#include "kernel.h"

typedef float lanes __attribute__((vector_size(FACE_LANES * sizeof(float))));

enum { ACROSS = FACE_PANEL / FACE_LANES, DOWN = 12 / ACROSS };

static inline __attribute__((always_inline)) void step(const float *rows, size_t down, size_t depth,
	const float *panel, const float *bias, float *out)
{
	const lanes *filters = (const lanes *)(const void *)panel,
		    *first = (const lanes *)(const void *)bias;
	lanes sum[DOWN][ACROSS];
#pragma GCC unroll 16
	for (size_t r = 0; r < down; r++)
#pragma GCC unroll 16
		for (size_t c = 0; c < ACROSS; c++)
			sum[r][c] = first[c];
	for (size_t k = 0; k < depth; k++) {
#pragma GCC unroll 16
		for (size_t r = 0; r < down; r++)
#pragma GCC unroll 16
			for (size_t c = 0; c < ACROSS; c++)
				sum[r][c] += rows[r * depth + k] * filters[k * ACROSS + c];
	}
#pragma GCC unroll 16
	for (size_t r = 0; r < down; r++)
		__builtin_memcpy(out + r * FACE_PANEL, sum[r], sizeof sum[r]);
}

void FACE_KERNEL(const float *rows, size_t count, size_t depth, const float *panel,
	const float *bias, float *out)
{
	for (; count >= DOWN; count -= DOWN, rows += DOWN * depth, out += (size_t)DOWN * FACE_PANEL)
		step(rows, DOWN, depth, panel, bias, out);
	for (; count > 0; count--, rows += depth, out += FACE_PANEL)
		step(rows, 1, depth, panel, bias, out);
}

/* SPDX-License-Identifier: Apache-2.0
 * The one inner loop of the networks: rows of a matrix times a packed panel of filters. kernel.c is
 * built for each instruction set, and net.c takes the best that the processor has. Must never read
 * beyond count rows, nor allocate.
 */
#ifndef POSTERN_FACE_KERNEL_H
#define POSTERN_FACE_KERNEL_H
#include <stddef.h>

enum { FACE_PANEL = 16 }; /* columns of a packed panel */

/* out[r][c] = bias[c] + sum over k of rows[r * depth + k] * panel[k * FACE_PANEL + c], for count
 * rows and FACE_PANEL columns. out is count x FACE_PANEL, bias and panel are aligned to 64 bytes.
 */
typedef void face_kernel(const float *rows, size_t count, size_t depth, const float *panel,
	const float *bias, float *out);

face_kernel face_kernel_plain;
#if defined(__x86_64__)
face_kernel face_kernel_avx2; /* needs AVX2 and FMA */
#endif
#endif

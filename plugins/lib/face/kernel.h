/* SPDX-License-Identifier: Apache-2.0
 * The inner loops of the networks. kernel.c is built for each instruction set, and net.c takes the
 * best that the processor has. Must never read beyond what the arguments say, nor allocate.
 */
#ifndef POSTERN_FACE_KERNEL_H
#define POSTERN_FACE_KERNEL_H
#include <stddef.h>

enum { FACE_PANEL = 16 }; /* columns of a packed panel */

enum face_activation { FACE_NO_ACTIVATION, FACE_RELU, FACE_PRELU };

/* What is done with each sum: v > 0 ? v : 0, or v * slopes[c]. slopes: of PReLU alone, one for each
 * column or channel that is written. */
struct face_finish {
	enum face_activation activation;
	const float *slopes;
};

/* count rows of depth floats, one after the other, times one panel of [depth][FACE_PANEL], of which
 * the first `wide` columns, 1 to FACE_PANEL, are written: out[r * stride + c]. panel and bias are
 * aligned to 64 bytes and whole. */
struct face_product {
	const float *rows, *panel, *bias;
	float *out;
	size_t count, depth, wide, stride;
	struct face_finish finish;
};

/* Maps of [height][width][channels]; one filter of [size][size] for each channel, filters as
 * [size][size][channels]. The window of output pixel y, x begins at y * step - before, x * step -
 * before; outside of the map there are zeros. */
struct face_depthwise {
	const float *in, *filters;
	float *out;
	size_t in_height, in_width, out_height, out_width, channels, size, step, before;
	struct face_finish finish;
};

/* out = a + b, for pixels of so many channels; out may be neither. */
struct face_sum {
	const float *a, *b;
	float *out;
	size_t pixels, channels;
	struct face_finish finish;
};

struct face_kernel {
	const char *name;
	void (*multiply)(const struct face_product *p);
	void (*depthwise)(const struct face_depthwise *d);
	void (*add)(const struct face_sum *s);
};

extern const struct face_kernel face_kernel_plain;
#if defined(__x86_64__)
extern const struct face_kernel face_kernel_avx2; /* needs AVX2 and FMA */
#endif
#endif

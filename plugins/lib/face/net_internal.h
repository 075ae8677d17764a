/* SPDX-License-Identifier: Apache-2.0
 * A network as net.c has checked and laid it out, for net_run.c. Must never be included elsewhere.
 */
#ifndef POSTERN_FACE_NET_INTERNAL_H
#define POSTERN_FACE_NET_INTERNAL_H
#include "kernel.h"
#include "net.h"

enum face_op_kind {
	FACE_CONV = 1,
	FACE_DEPTHWISE,
	FACE_ADD,
	FACE_MAX_POOL,
	FACE_AVERAGE_POOL,
	FACE_GLOBAL_AVERAGE
};
enum { FACE_ROWS_AT_ONCE = 48 };

struct face_op {
	enum face_op_kind kind;
	enum face_activation activation;
	uint32_t a, b, size, stride, before, after; /* a, b: values */
	const float *filters; /* a convolution's: packed panels, one after the other */
	const float *bias;    /* of a convolution: whole panels of it */
	const float *slopes;  /* NULL unless PReLU */
};

struct face_value {
	struct face_shape shape;
	uint32_t last_use; /* the last operation that reads it; outputs: none comes after */
	uint32_t slot;
	float *at;
};

struct face_net {
	uint32_t operations, outputs;
	struct face_op op[FACE_NET_OPERATIONS_MAX];
	struct face_value value[FACE_NET_OPERATIONS_MAX + 1];
	uint32_t output[FACE_NET_OUTPUTS_MAX];
	float *weights, *values, *gathered;
	size_t weights_size, values_size, gathered_size; /* floats */
	const struct face_kernel *kernel;
};

static inline size_t face_panels(uint32_t channels)
{
	return (channels + FACE_PANEL - 1) / FACE_PANEL;
}

static inline size_t face_count(struct face_shape s)
{
	return (size_t)s.height * s.width * s.channels;
}
#endif

/* SPDX-License-Identifier: Apache-2.0
 * Convolutional networks, run forward on the processor (docs/adr/0021). Pure: bytes of a model in,
 * numbers out.
 *
 * The file, little endian, is made by models/net.py:
 *   8 bytes "PNFACE1\n"
 *   6 int32: height, width, channels of the input; operations; outputs; floats
 *   int32 for each output: a value's number. Value 0 is the input, value n the result of operation
 * n - 1. 12 int32 for each operation: kind, a, b (values), size, stride, padding before, padding
 * after, channels, activation (0 none, 1 ReLU, 2 PReLU), and where in the floats filters, bias and
 * slopes begin (-1: none) the floats: filters as [height][width][in][out], of a depthwise
 * convolution as [height][width][channels] A value is [height][width][channels].
 *
 * Must never run a model whose shapes, places or sizes were not all checked by face_net_new(), nor
 * allocate in face_net_run().
 */
#ifndef POSTERN_FACE_NET_H
#define POSTERN_FACE_NET_H
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum {
	FACE_NET_SIDE_MAX = 512, /* pixels of a side of any value */
	FACE_NET_CHANNELS_MAX = 2048,
	FACE_NET_OPERATIONS_MAX = 256,
	FACE_NET_OUTPUTS_MAX = 8,
	FACE_NET_FILE_MAX = 64 << 20,    /* bytes */
	FACE_NET_MEMORY_MAX = 256 << 20, /* bytes of all that a net holds */
};

struct face_net;

struct face_shape {
	uint32_t height, width, channels;
};

/* PN_EFORMAT: not such a file, or one that does not fit together. PN_ELIMIT: over a bound above.
 * PN_ENOMEM. The bytes may go afterwards.
 */
int face_net_new(const uint8_t *bytes, size_t size, struct face_net **out) PN_MUST_CHECK;
/* Wipes the values of the last run. NULL is passed over. */
void face_net_free(struct face_net *net);

struct face_shape face_net_input(const struct face_net *net);
size_t face_net_outputs(const struct face_net *net);
struct face_shape face_net_output(const struct face_net *net, size_t i);

/* Where the caller writes the input, whole, before every run. */
float *face_net_place(struct face_net *net);
/* Values of the outputs stay until the next run or face_net_wipe(). */
void face_net_run(struct face_net *net);
const float *face_net_value(const struct face_net *net, size_t output);
/* What a face left behind. */
void face_net_wipe(struct face_net *net);
/* "avx2" or "plain": what runs here. */
const char *face_net_kernel(const struct face_net *net);
/* For tests and measurements: the kernel that runs on every processor. */
void face_net_use_plain(struct face_net *net);
#endif

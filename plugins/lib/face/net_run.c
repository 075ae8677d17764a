/* SPDX-License-Identifier: Apache-2.0
 * A checked network's operations, one after the other. See net.h. Must never read what net.c has
 * not bounded.
 */
#include <stdbool.h>
#include <string.h>

#include "net_internal.h"

static struct face_finish finish_of(const struct face_op *op)
{
	return (struct face_finish){op->activation, op->slopes};
}

static void activate(const struct face_op *op, float *v, size_t pixels, size_t channels)
{
	for (size_t p = 0; p < pixels && op->activation != FACE_NO_ACTIVATION; p++, v += channels)
		for (size_t c = 0; c < channels; c++)
			v[c] = v[c] > 0                       ? v[c]
			       : op->activation == FACE_PRELU ? v[c] * op->slopes[c]
							      : 0;
}

/* What the filters see at each of count output pixels, from pixel first on; outside of the map
 * there are zeros. */
static void gather(const struct face_op *op, const struct face_value *in,
	const struct face_value *out, size_t first, size_t count, float *rows)
{
	const size_t channels = in->shape.channels, line = op->size * channels;
	for (size_t p = first; p < first + count; p++) {
		const long top = (long)(p / out->shape.width * op->stride) - (long)op->before;
		const long left = (long)(p % out->shape.width * op->stride) - (long)op->before;
		for (long y = top; y < top + (long)op->size; y++, rows += line) {
			if (y < 0 || y >= (long)in->shape.height) {
				memset(rows, 0, line * sizeof *rows);
				continue;
			}
			long from = left < 0 ? -left : 0, to = (long)in->shape.width - left;
			to = to > (long)op->size ? (long)op->size : to;
			if (from > 0 || to < (long)op->size)
				memset(rows, 0, line * sizeof *rows);
			if (to > from)
				memcpy(rows + (size_t)from * channels,
					in->at + ((size_t)y * in->shape.width +
							 (size_t)(left + from)) *
							 channels,
					(size_t)(to - from) * channels * sizeof *rows);
		}
	}
}

static void convolve(const struct face_net *n, const struct face_op *op,
	const struct face_value *in, const struct face_value *out)
{
	const size_t channels = out->shape.channels,
		     depth = (size_t)op->size * op->size * in->shape.channels;
	const size_t pixels = (size_t)out->shape.height * out->shape.width;
	const bool as_it_is = op->size == 1 && op->stride == 1;
	for (size_t first = 0; first < pixels; first += FACE_ROWS_AT_ONCE) {
		const size_t count =
			pixels - first < FACE_ROWS_AT_ONCE ? pixels - first : FACE_ROWS_AT_ONCE;
		const float *rows = as_it_is ? in->at + first * depth : n->gathered;
		if (!as_it_is)
			gather(op, in, out, first, count, n->gathered);
		for (size_t panel = 0; panel < face_panels(out->shape.channels); panel++) {
			const size_t at = panel * FACE_PANEL;
			struct face_product product = {.rows = rows,
				.panel = op->filters + at * depth,
				.bias = op->bias + at,
				.out = out->at + first * channels + at,
				.count = count,
				.depth = depth,
				.wide = channels - at < FACE_PANEL ? channels - at : FACE_PANEL,
				.stride = channels,
				.finish = finish_of(op)};
			if (op->slopes != NULL)
				product.finish.slopes += at;
			n->kernel->multiply(&product);
		}
	}
}

/* One filter for each channel. */
static void depthwise(const struct face_net *n, const struct face_op *op,
	const struct face_value *in, const struct face_value *out)
{
	const struct face_depthwise d = {.in = in->at,
		.filters = op->filters,
		.out = out->at,
		.in_height = in->shape.height,
		.in_width = in->shape.width,
		.out_height = out->shape.height,
		.out_width = out->shape.width,
		.channels = in->shape.channels,
		.size = op->size,
		.step = op->stride,
		.before = op->before,
		.finish = finish_of(op)};
	n->kernel->depthwise(&d);
}

/* What one of the two lacks, in any direction, counts as zero. */
static void add_one(const struct face_value *in, const struct face_value *out)
{
	for (size_t y = 0; y < in->shape.height; y++)
		for (size_t x = 0; x < in->shape.width; x++) {
			const float *from = in->at + (y * in->shape.width + x) * in->shape.channels;
			float *to = out->at + (y * out->shape.width + x) * out->shape.channels;
			for (size_t c = 0; c < in->shape.channels; c++)
				to[c] += from[c];
		}
}

static bool same_shape(const struct face_value *a, const struct face_value *b)
{
	return a->shape.height == b->shape.height && a->shape.width == b->shape.width &&
	       a->shape.channels == b->shape.channels;
}

static void add(const struct face_net *n, const struct face_op *op, const struct face_value *out)
{
	const struct face_value *a = &n->value[op->a], *b = &n->value[op->b];
	const size_t pixels = (size_t)out->shape.height * out->shape.width;
	if (same_shape(a, out) && same_shape(b, out)) {
		const struct face_sum sum = {.a = a->at,
			.b = b->at,
			.out = out->at,
			.pixels = pixels,
			.channels = out->shape.channels,
			.finish = finish_of(op)};
		n->kernel->add(&sum);
		return;
	}
	memset(out->at, 0, face_count(out->shape) * sizeof(float));
	add_one(a, out);
	add_one(b, out);
	activate(op, out->at, pixels, out->shape.channels);
}

/* Windows reach over no edge in the middle of a map; at its edges what is outside does not count.
 */
static void pool(
	const struct face_op *op, const struct face_value *in, const struct face_value *out)
{
	const size_t channels = in->shape.channels;
	float *v = out->at;
	for (size_t p = 0; p < (size_t)out->shape.height * out->shape.width; p++, v += channels) {
		unsigned seen = 0;
		for (size_t k = 0; k < (size_t)op->size * op->size; k++) {
			const long y = (long)(p / out->shape.width * op->stride + k / op->size) -
				       (long)op->before;
			const long x = (long)(p % out->shape.width * op->stride + k % op->size) -
				       (long)op->before;
			if (y < 0 || x < 0 || y >= (long)in->shape.height ||
				x >= (long)in->shape.width)
				continue;
			const float *from =
				in->at + ((size_t)y * in->shape.width + (size_t)x) * channels;
			for (size_t c = 0; c < channels; c++) {
				if (seen == 0)
					v[c] = from[c];
				else if (op->kind == FACE_MAX_POOL)
					v[c] = v[c] > from[c] ? v[c] : from[c];
				else
					v[c] += from[c];
			}
			seen++;
		}
		for (size_t c = 0; c < channels && op->kind == FACE_AVERAGE_POOL; c++)
			v[c] /= (float)seen;
	}
}

static void global_average(const struct face_value *in, const struct face_value *out)
{
	const size_t pixels = (size_t)in->shape.height * in->shape.width,
		     channels = in->shape.channels;
	memset(out->at, 0, channels * sizeof(float));
	for (size_t p = 0; p < pixels; p++)
		for (size_t c = 0; c < channels; c++)
			out->at[c] += in->at[p * channels + c];
	for (size_t c = 0; c < channels; c++)
		out->at[c] /= (float)pixels;
}

void face_net_run(struct face_net *n)
{
	for (uint32_t i = 0; i < n->operations; i++) {
		const struct face_op *op = &n->op[i];
		const struct face_value *in = &n->value[op->a], *out = &n->value[i + 1];
		switch (op->kind) {
		case FACE_CONV:
			convolve(n, op, in, out);
			break;
		case FACE_DEPTHWISE:
			depthwise(n, op, in, out);
			break;
		case FACE_ADD:
			add(n, op, out);
			break;
		case FACE_MAX_POOL:
		case FACE_AVERAGE_POOL:
			pool(op, in, out);
			break;
		case FACE_GLOBAL_AVERAGE:
			global_average(in, out);
			break;
		}
	}
}

/* SPDX-License-Identifier: Apache-2.0
 * A network's file checked and laid out in memory. See net.h. Must never keep a pointer into the
 * file.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "net_internal.h"

enum {
	HEAD_INTS = 6,
	HEAD_BYTES = HEAD_INTS * 4,
	OP_INTS = 12,
	OP_BYTES = OP_INTS * 4,
	ALIGNMENT = 64
};

static const uint8_t magic[8] = "PNFACE1\n";

/* The file as it is read: only bounds, no copies. */
struct file {
	const uint8_t *outputs, *operations, *floats;
	struct face_shape input;
	uint32_t operation_count, output_count, float_count;
};

static int32_t int_at(const uint8_t *b)
{
	return (int32_t)((uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
			 (uint32_t)b[3] << 24);
}

static bool shape_fits(struct face_shape s)
{
	return s.height >= 1 && s.height <= FACE_NET_SIDE_MAX && s.width >= 1 &&
	       s.width <= FACE_NET_SIDE_MAX && s.channels >= 1 &&
	       s.channels <= FACE_NET_CHANNELS_MAX;
}

static int read_head(const uint8_t *bytes, size_t size, struct file *f)
{
	if (size > FACE_NET_FILE_MAX)
		return PN_ELIMIT;
	if (size < sizeof magic + HEAD_BYTES || memcmp(bytes, magic, sizeof magic) != 0)
		return PN_EFORMAT;
	const uint8_t *head = bytes + sizeof magic;
	f->input = (struct face_shape){
		(uint32_t)int_at(head), (uint32_t)int_at(head + 4), (uint32_t)int_at(head + 8)};
	f->operation_count = (uint32_t)int_at(head + 12);
	f->output_count = (uint32_t)int_at(head + 16);
	f->float_count = (uint32_t)int_at(head + 20);
	if (!shape_fits(f->input) || f->operation_count < 1 ||
		f->operation_count > FACE_NET_OPERATIONS_MAX || f->output_count < 1 ||
		f->output_count > FACE_NET_OUTPUTS_MAX || f->float_count > FACE_NET_FILE_MAX / 4)
		return PN_ELIMIT;
	f->outputs = head + HEAD_BYTES;
	f->operations = f->outputs + 4 * (size_t)f->output_count;
	size_t before = sizeof magic + HEAD_BYTES + 4 * (size_t)f->output_count +
			OP_BYTES * (size_t)f->operation_count;
	if (size != before + 4 * (size_t)f->float_count)
		return PN_EFORMAT;
	f->floats = bytes + before;
	return PN_OK;
}

/* The shape of what the operation gives; false: it cannot be run on what it names. */
static bool shape_of(const struct face_net *n, const struct face_op *op, uint32_t channels,
	struct face_shape *out)
{
	const struct face_shape a = n->value[op->a].shape, b = n->value[op->b].shape;
	if (op->kind == FACE_ADD) {
		*out = (struct face_shape){a.height > b.height ? a.height : b.height,
			a.width > b.width ? a.width : b.width,
			a.channels > b.channels ? a.channels : b.channels};
	} else if (op->kind == FACE_GLOBAL_AVERAGE) {
		*out = (struct face_shape){1, 1, a.channels};
	} else {
		const uint32_t around = op->before + op->after;
		/* Padding short of the window: every window sees a pixel. */
		if (op->size < 1 || op->size > 16 || op->stride < 1 || op->stride > 16 ||
			op->before >= op->size || op->after >= op->size ||
			a.height + around < op->size || a.width + around < op->size)
			return false;
		*out = (struct face_shape){(a.height + around - op->size) / op->stride + 1,
			(a.width + around - op->size) / op->stride + 1,
			op->kind == FACE_CONV ? channels : a.channels};
	}
	return out->channels == channels && shape_fits(*out);
}

/* count floats from place on are in the file; place -1: none. */
static bool inside(const struct file *f, int32_t place, uint64_t count)
{
	return place >= 0 && count <= f->float_count && (uint64_t)place <= f->float_count - count;
}

static void copy(const struct file *f, int32_t place, size_t count, float *to)
{
	for (size_t i = 0; i < count; i++) {
		const uint32_t bits = (uint32_t)int_at(f->floats + 4 * ((size_t)place + i));
		memcpy(to + i, &bits, sizeof bits);
	}
}

static size_t aligned(size_t floats)
{
	return (floats + ALIGNMENT / 4 - 1) / (ALIGNMENT / 4) * (ALIGNMENT / 4);
}

/* [depth][channels] to panels of [depth][FACE_PANEL], the last one filled up with zeros. */
static void pack(const struct file *f, int32_t place, size_t depth, size_t channels, float *to)
{
	for (size_t panel = 0; panel < face_panels((uint32_t)channels); panel++)
		for (size_t k = 0; k < depth; k++, to += FACE_PANEL) {
			const size_t at = panel * FACE_PANEL;
			copy(f, place + (int32_t)(k * channels + at),
				channels - at < FACE_PANEL ? channels - at : FACE_PANEL, to);
		}
}

/* What an operation takes of the weights; with to, they are written there. false: the file has them
 * not. */
static bool weights_of(const struct face_net *n, const struct file *f, uint32_t i,
	struct face_op *op, float *to, size_t *size)
{
	const uint8_t *record = f->operations + OP_BYTES * (size_t)i;
	const int32_t filters = int_at(record + 36), bias = int_at(record + 40),
		      slopes = int_at(record + 44);
	const struct face_shape in = n->value[op->a].shape, out = n->value[i + 1].shape;
	const size_t window = (size_t)op->size * op->size;
	*size = 0;
	if (op->kind == FACE_CONV) {
		const size_t depth = window * in.channels,
			     panels = face_panels(out.channels) * FACE_PANEL;
		if (!inside(f, filters, (uint64_t)depth * out.channels) ||
			(bias != -1 && !inside(f, bias, out.channels)))
			return false;
		if (to != NULL) {
			pack(f, filters, depth, out.channels, to);
			if (bias != -1)
				copy(f, bias, out.channels, to + depth * panels);
			op->filters = to;
			op->bias = to + depth * panels;
		}
		*size = (depth + 1) * panels;
	} else if (op->kind == FACE_DEPTHWISE) {
		*size = aligned(window * in.channels);
		if (!inside(f, filters, window * in.channels) || bias != -1)
			return false;
		if (to != NULL) {
			copy(f, filters, window * in.channels, to);
			op->filters = to;
		}
	}
	if (op->activation == FACE_PRELU) {
		if (!inside(f, slopes, out.channels))
			return false;
		if (to != NULL) {
			copy(f, slopes, out.channels, to + *size);
			op->slopes = to + *size;
		}
		*size += aligned(out.channels);
	}
	return true;
}

static int read_operation(struct face_net *n, const struct file *f, uint32_t i)
{
	const uint8_t *record = f->operations + OP_BYTES * (size_t)i;
	struct face_op *op = &n->op[i];
	int32_t v[OP_INTS];
	for (size_t k = 0; k < OP_INTS; k++)
		v[k] = int_at(record + 4 * k);
	if (v[0] < FACE_CONV || v[0] > FACE_GLOBAL_AVERAGE || v[8] < FACE_NO_ACTIVATION ||
		v[8] > FACE_PRELU)
		return PN_EFORMAT;
	op->kind = (enum face_op_kind)v[0];
	op->activation = (enum face_activation)v[8];
	if (v[1] < 0 || (uint32_t)v[1] > i ||
		(op->kind == FACE_ADD ? v[2] < 0 || (uint32_t)v[2] > i : v[2] != -1))
		return PN_EFORMAT;
	if (op->kind > FACE_ADD && op->activation != FACE_NO_ACTIVATION)
		return PN_EFORMAT;
	for (size_t k = 3; k < 8; k++)
		if (v[k] < 0 || v[k] > FACE_NET_CHANNELS_MAX)
			return PN_EFORMAT;
	op->a = (uint32_t)v[1];
	op->b = op->kind == FACE_ADD ? (uint32_t)v[2] : op->a;
	op->size = (uint32_t)v[3];
	op->stride = (uint32_t)v[4];
	op->before = (uint32_t)v[5];
	op->after = (uint32_t)v[6];
	n->value[op->a].last_use = n->value[op->b].last_use = i;
	return shape_of(n, op, (uint32_t)v[7], &n->value[i + 1].shape) ? PN_OK : PN_EFORMAT;
}

static float *floats_new(size_t count)
{
	float *p = NULL;
	if (posix_memalign((void **)&p, ALIGNMENT, count * sizeof *p) != 0)
		return NULL;
	memset(p, 0, count * sizeof *p);
	return p;
}

static int read_weights(struct face_net *n, const struct file *f)
{
	size_t total = 0, size;
	for (uint32_t i = 0; i < n->operations; i++) {
		if (!weights_of(n, f, i, &n->op[i], NULL, &size))
			return PN_EFORMAT;
		total += size;
		if (total > FACE_NET_MEMORY_MAX / sizeof(float))
			return PN_ELIMIT;
	}
	n->weights_size = total + ALIGNMENT;
	n->weights = floats_new(n->weights_size);
	if (n->weights == NULL)
		return PN_ENOMEM;
	total = 0;
	for (uint32_t i = 0; i < n->operations; i++) {
		if (!weights_of(n, f, i, &n->op[i], n->weights + total, &size))
			return PN_EFORMAT;
		total += size;
	}
	return PN_OK;
}

/* A value takes the first slot that no value still to be read is in; the input has one of its own.
 */
static size_t take_slot(struct face_net *n, uint32_t value, size_t slot_size[], size_t slots)
{
	const size_t wanted = aligned(face_count(n->value[value].shape));
	size_t slot = 1;
	for (bool busy = true; busy && slot < slots; slot += busy) {
		busy = false;
		for (uint32_t k = 1; k < value; k++)
			busy = busy ||
			       (n->value[k].slot == slot && n->value[k].last_use + 1 >= value);
	}
	n->value[value].slot = (uint32_t)slot;
	if (slot == slots)
		slot_size[slots++] = 0;
	if (slot_size[slot] < wanted)
		slot_size[slot] = wanted;
	return slots;
}

static int lay_out(struct face_net *n)
{
	size_t size[FACE_NET_OPERATIONS_MAX + 1], start[FACE_NET_OPERATIONS_MAX + 1], slots = 1,
										      total = 0;
	size[0] = aligned(face_count(n->value[0].shape));
	for (uint32_t i = 0; i < n->operations; i++) {
		const struct face_op *op = &n->op[i];
		const size_t depth = (size_t)op->size * op->size * n->value[op->a].shape.channels;
		slots = take_slot(n, i + 1, size, slots);
		if (op->kind == FACE_CONV && depth * FACE_ROWS_AT_ONCE > n->gathered_size)
			n->gathered_size = depth * FACE_ROWS_AT_ONCE;
	}
	for (size_t s = 0; s < slots; s++) {
		start[s] = total;
		total += size[s];
		if (total > FACE_NET_MEMORY_MAX / sizeof(float))
			return PN_ELIMIT;
	}
	n->values_size = total;
	n->values = floats_new(total);
	n->gathered = floats_new(n->gathered_size + ALIGNMENT);
	if (n->values == NULL || n->gathered == NULL)
		return PN_ENOMEM;
	for (uint32_t i = 0; i <= n->operations; i++)
		n->value[i].at = n->values + start[n->value[i].slot];
	return PN_OK;
}

static const struct face_kernel *best_kernel(void)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
		return &face_kernel_avx2;
#endif
	return &face_kernel_plain;
}

int face_net_new(const uint8_t *bytes, size_t size, struct face_net **out)
{
	struct file f;
	struct face_net *n = NULL;
	int r = read_head(bytes, size, &f);
	*out = NULL;
	if (r != PN_OK)
		return r;
	n = calloc(1, sizeof *n);
	if (n == NULL)
		return PN_ENOMEM;
	n->kernel = best_kernel();
	n->operations = f.operation_count;
	n->outputs = f.output_count;
	n->value[0].shape = f.input;
	for (uint32_t i = 0; i < n->operations && r == PN_OK; i++)
		r = read_operation(n, &f, i);
	for (uint32_t i = 0; i < n->outputs && r == PN_OK; i++) {
		n->output[i] = (uint32_t)int_at(f.outputs + 4 * (size_t)i);
		if (n->output[i] < 1 || n->output[i] > n->operations)
			r = PN_EFORMAT;
		else
			n->value[n->output[i]].last_use = n->operations;
	}
	if (r == PN_OK)
		r = read_weights(n, &f);
	if (r == PN_OK)
		r = lay_out(n);
	if (r == PN_OK)
		*out = n;
	else
		face_net_free(n);
	return r;
}

void face_net_wipe(struct face_net *n)
{
	explicit_bzero(n->values, n->values_size * sizeof(float));
	explicit_bzero(n->gathered, n->gathered_size * sizeof(float));
}

void face_net_free(struct face_net *n)
{
	if (n == NULL)
		return;
	if (n->values != NULL && n->gathered != NULL)
		face_net_wipe(n);
	free(n->weights);
	free(n->values);
	free(n->gathered);
	free(n);
}

struct face_shape face_net_input(const struct face_net *n)
{
	return n->value[0].shape;
}

size_t face_net_outputs(const struct face_net *n)
{
	return n->outputs;
}

struct face_shape face_net_output(const struct face_net *n, size_t i)
{
	return n->value[n->output[i]].shape;
}

float *face_net_place(struct face_net *n)
{
	return n->value[0].at;
}

const float *face_net_value(const struct face_net *n, size_t i)
{
	return n->value[n->output[i]].at;
}

const char *face_net_kernel(const struct face_net *n)
{
	return n->kernel->name;
}

void face_net_use_plain(struct face_net *n)
{
	n->kernel = &face_kernel_plain;
}

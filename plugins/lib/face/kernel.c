/* SPDX-License-Identifier: Apache-2.0
 * See kernel.h. FACE_KERNEL names the table, FACE_LANES says how many floats one register has;
 * the accumulators of one step fill twelve registers whichever it is. Must never depend on the
 * alignment of rows.
 */
#include "kernel.h"

#include <stdbool.h>
#include <stdint.h>

typedef float lanes __attribute__((vector_size(FACE_LANES * sizeof(float))));
typedef int32_t masks __attribute__((vector_size(FACE_LANES * sizeof(float))));

#define INLINE static inline __attribute__((always_inline))
#define WORD(x) #x
#define NAME(x) WORD(x)

enum { ACROSS = FACE_PANEL / FACE_LANES, DOWN = 12 / ACROSS };

INLINE lanes load(const float *from)
{
	lanes v;
	__builtin_memcpy(&v, from, sizeof v);
	return v;
}

INLINE void store(lanes v, float *to)
{
	__builtin_memcpy(to, &v, sizeof v);
}

/* Of the channels from c on. */
INLINE lanes finish(lanes v, const struct face_finish *f, size_t c)
{
	const masks above = v > (lanes){0};
	if (f->activation == FACE_NO_ACTIVATION)
		return v;
	masks out = (masks)v & above;
	if (f->activation == FACE_PRELU)
		out |= (masks)(v * load(f->slopes + c)) & ~above;
	return (lanes)out;
}

INLINE float finish_one(float v, const struct face_finish *f, size_t c)
{
	if (f->activation == FACE_NO_ACTIVATION || v > 0)
		return v;
	return f->activation == FACE_PRELU ? v * f->slopes[c] : 0;
}

/* Fewer columns than registers hold. */
static void store_part(const float *sum, const struct face_product *p, float *out)
{
	for (size_t c = 0; c < p->wide; c++)
		out[c] = finish_one(sum[c], &p->finish, c);
}

/* down rows from row first on, across registers of each; both are constants wherever this is
 * called. */
INLINE void step(const struct face_product *p, size_t first, size_t down, size_t across)
{
	const float *rows = p->rows + first * p->depth;
	const lanes *filters = (const lanes *)(const void *)p->panel,
		    *bias = (const lanes *)(const void *)p->bias;
	const size_t depth = p->depth;
	lanes sum[12][ACROSS];
#pragma GCC unroll 16
	for (size_t r = 0; r < down; r++)
#pragma GCC unroll 16
		for (size_t c = 0; c < across; c++)
			sum[r][c] = bias[c];
	for (size_t k = 0; k < depth; k++) {
#pragma GCC unroll 16
		for (size_t r = 0; r < down; r++)
#pragma GCC unroll 16
			for (size_t c = 0; c < across; c++)
				sum[r][c] += rows[r * depth + k] * filters[k * ACROSS + c];
	}
#pragma GCC unroll 16
	for (size_t r = 0; r < down; r++) {
		float *out = p->out + (first + r) * p->stride;
		if (p->wide == across * FACE_LANES) {
#pragma GCC unroll 16
			for (size_t c = 0; c < across; c++)
				store(finish(sum[r][c], &p->finish, c * FACE_LANES),
					out + c * FACE_LANES);
		} else {
			store_part((const float *)sum[r], p, out);
		}
	}
}

/* Each row that is left over would read the whole panel again: they go together. */
INLINE void steps(const struct face_product *p, size_t down, size_t across)
{
	size_t first = 0;
	for (; p->count - first >= down; first += down)
		step(p, first, down, across);
	if (down > 6 && p->count - first >= 6) {
		step(p, first, 6, across);
		first += 6;
	}
	switch (p->count - first) {
	case 5:
		step(p, first, 5, across);
		break;
	case 4:
		step(p, first, 4, across);
		break;
	case 3:
		step(p, first, 3, across);
		break;
	case 2:
		step(p, first, 2, across);
		break;
	case 1:
		step(p, first, 1, across);
		break;
	default:
		break;
	}
}

static void multiply(const struct face_product *p)
{
	if (p->wide * 2 > FACE_PANEL)
		steps(p, DOWN, ACROSS);
	else
		steps(p, (size_t)2 * DOWN, ACROSS / 2);
}

/* The part of a window that lies in the map, and where its first pixel is. */
struct window {
	size_t from_y, to_y, from_x, to_x;
	const float *at;
};

static struct window window_of(const struct face_depthwise *d, size_t y, size_t x)
{
	const size_t top = y * d->step, left = x * d->step;
	struct window w = {top < d->before ? d->before - top : 0, d->size,
		left < d->before ? d->before - left : 0, d->size, NULL};
	if (top + w.to_y > d->in_height + d->before)
		w.to_y = d->in_height + d->before - top;
	if (left + w.to_x > d->in_width + d->before)
		w.to_x = d->in_width + d->before - left;
	w.at = d->in + ((top + w.from_y - d->before) * d->in_width + left + w.from_x - d->before) *
			       d->channels;
	return w;
}

/* Any pixel. */
static void pixel(const struct face_depthwise *d, const struct window *w, float *out)
{
	const size_t channels = d->channels, line = d->in_width * channels;
	size_t c = 0;
	for (; c + FACE_LANES <= channels; c += FACE_LANES) {
		lanes sum = {0};
		for (size_t y = w->from_y; y < w->to_y; y++)
			for (size_t x = w->from_x; x < w->to_x; x++)
				sum += load(d->filters + (y * d->size + x) * channels + c) *
				       load(w->at + (y - w->from_y) * line +
					       (x - w->from_x) * channels + c);
		store(finish(sum, &d->finish, c), out + c);
	}
	for (; c < channels; c++) {
		float sum = 0;
		for (size_t y = w->from_y; y < w->to_y; y++)
			for (size_t x = w->from_x; x < w->to_x; x++)
				sum += d->filters[(y * d->size + x) * channels + c] *
				       w->at[(y - w->from_y) * line + (x - w->from_x) * channels +
					       c];
		out[c] = finish_one(sum, &d->finish, c);
	}
}

/* count pixels of one line whose windows of 3 x 3 lie within the map; the filters of some channels
 * stay in registers. */
static void three(const struct face_depthwise *d, const float *at, size_t count, float *out)
{
	const size_t channels = d->channels, line = d->in_width * channels, on = d->step * channels;
	for (size_t c = 0; c + FACE_LANES <= channels; c += FACE_LANES) {
		const float *from = at + c;
		lanes filter[9];
#pragma GCC unroll 9
		for (size_t k = 0; k < 9; k++)
			filter[k] = load(d->filters + k * channels + c);
		for (size_t p = 0; p < count; p++, from += on) {
			lanes sum = {0};
#pragma GCC unroll 9
			for (size_t k = 0; k < 9; k++)
				sum += filter[k] * load(from + k / 3 * line + k % 3 * channels);
			store(finish(sum, &d->finish, c), out + p * channels + c);
		}
	}
}

static void depthwise(const struct face_depthwise *d)
{
	for (size_t y = 0; y < d->out_height; y++) {
		for (size_t x = 0; x < d->out_width; x++) {
			const struct window w = window_of(d, y, x);
			float *out = d->out + (y * d->out_width + x) * d->channels;
			const bool inner = d->size == 3 && d->channels % FACE_LANES == 0 &&
					   w.to_y - w.from_y == 3 && w.to_x - w.from_x == 3;
			size_t run = 0;
			if (inner) {
				/* the last window that begins where three columns are left */
				run = (d->in_width + d->before - 3) / d->step + 1;
				run = (run > d->out_width ? d->out_width : run) - x;
				three(d, w.at, run, out);
				x += run - 1;
			} else {
				pixel(d, &w, out);
			}
		}
	}
}

static void add(const struct face_sum *s)
{
	for (size_t p = 0; p < s->pixels; p++) {
		const size_t at = p * s->channels;
		size_t c = 0;
		for (; c + FACE_LANES <= s->channels; c += FACE_LANES)
			store(finish(load(s->a + at + c) + load(s->b + at + c), &s->finish, c),
				s->out + at + c);
		for (; c < s->channels; c++)
			s->out[at + c] = finish_one(s->a[at + c] + s->b[at + c], &s->finish, c);
	}
}

const struct face_kernel FACE_KERNEL = {NAME(FACE_INSTRUCTIONS), multiply, depthwise, add};

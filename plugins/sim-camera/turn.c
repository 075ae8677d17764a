/* SPDX-License-Identifier: Apache-2.0
 * See turn.h.
 */
#include "turn.h"

#include <math.h>
#include <stdbool.h>

static const float per_degree = 0.01745329F;
/* Half sides of the square: the head's half width, half height and depth; how far the nose stands out, and its spread. */
static const float wide = 0.62F, high = 0.8F, deep = 0.75F, nose = 0.14F, nose_wide = 0.1F, nose_high = 0.16F, nose_at = 0.08F;
static const float sheet_from = 4; /* half sides between the sheet and the lens */

/* 0: no head there. u and v: -1 to 1 from the middle. */
static float depth_at(float u, float v)
{
	const float inside = 1 - u * u / (wide * wide) - v * v / (high * high);
	if (inside <= 0)
		return 0;
	const float across = u / nose_wide, along = (v - nose_at) / nose_high;
	return deep * sqrtf(inside) + nose * expf(-(across * across + along * along) / 2);
}

/* A point of the row: its column, and where it is seen. */
struct seen {
	float at, column, near;
};

/* Between two neighbours of the row, whatever is nearer than what is there. */
static void span(const struct seen *a, const struct seen *b, int side, float column[TURN_SIDE_MAX], float near[TURN_SIDE_MAX])
{
	const int from = (int)ceilf(fminf(a->at, b->at)), to = (int)floorf(fmaxf(a->at, b->at));
	for (int x = from < 0 ? 0 : from; x <= to && x < side; x++) {
		const float part = b->at != a->at ? ((float)x - a->at) / (b->at - a->at) : 0, depth = a->near + part * (b->near - a->near);
		if (depth <= near[x])
			continue;
		near[x] = depth;
		column[x] = a->column + part * (b->column - a->column);
	}
}

void turn_head_row(float degrees, int y, int side, float column[TURN_SIDE_MAX])
{
	const float s = sinf(degrees * per_degree), c = cosf(degrees * per_degree), half = (float)side / 2;
	const float v = ((float)y + 0.5F) / half - 1;
	float near[TURN_SIDE_MAX];
	struct seen before = {0};
	bool has_before = false;
	for (int x = 0; x < side; x++) {
		column[x] = (float)x;
		near[x] = -INFINITY;
	}
	for (int x = 0; x < side; x++) {
		const float u = ((float)x + 0.5F) / half - 1, z = depth_at(u, v);
		const struct seen now = {(u * c + z * s + 1) * half - 0.5F, (float)x, z * c - u * s};
		if (z > 0 && has_before)
			span(&before, &now, side, column, near);
		before = now;
		has_before = z > 0;
	}
}

void turn_sheet_row(float degrees, int y, int side, float column[TURN_SIDE_MAX], float row[TURN_SIDE_MAX])
{
	const float s = sinf(degrees * per_degree), c = cosf(degrees * per_degree), half = (float)side / 2;
	const float v = ((float)y + 0.5F) / half - 1;
	for (int x = 0; x < side; x++) {
		const float seen = ((float)x + 0.5F) / half - 1, u = seen * sheet_from / (sheet_from * c - seen * s);
		const float w = v * (sheet_from + u * s) / sheet_from;
		const float at = (u + 1) * half - 0.5F, above = (w + 1) * half - 0.5F, last = (float)(side - 1);
		const bool on = at >= 0 && at <= last && above >= 0 && above <= last;
		column[x] = on ? at : -1;
		row[x] = on ? above : -1;
	}
}

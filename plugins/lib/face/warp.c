/* SPDX-License-Identifier: Apache-2.0
 * See warp.h.
 */
#include "warp.h"

#include <math.h>
#include <string.h>

enum { SIDE_MAX = 8192, SAMPLES_MAX = 8, UPRIGHT_WIDTH_MAX = 2048, UPRIGHT_SIDE_MAX = 256 };

bool face_frame_usable(const struct face_frame *f)
{
	const uint32_t bytes = f->format == FACE_RGB24 ? 3 : 1;
	return f->pixels != NULL && (f->format == FACE_RGB24 || f->format == FACE_GREY8) &&
	       f->width >= 1 && f->height >= 1 && f->width <= SIDE_MAX && f->height <= SIDE_MAX &&
	       f->stride >= f->width * bytes;
}

struct face_map face_map_square(float x, float y, float wide, float angle, unsigned side)
{
	const float scale = wide / (float)side, middle = ((float)side - 1) / 2;
	struct face_map m = {scale * cosf(angle), scale * sinf(angle), 0, 0};
	m.x = x - m.a * middle + m.b * middle;
	m.y = y - m.b * middle - m.a * middle;
	return m;
}

/* Least squares in complex numbers: to = c from + d, without a mirror (Umeyama 1991, for two
 * dimensions). */
bool face_map_fit(
	const float (*from)[2], const float (*to)[2], unsigned count, struct face_map *out)
{
	double fx = 0, fy = 0, tx = 0, ty = 0, a = 0, b = 0, square = 0;
	for (unsigned i = 0; i < count; i++) {
		fx += (double)from[i][0] / count;
		fy += (double)from[i][1] / count;
		tx += (double)to[i][0] / count;
		ty += (double)to[i][1] / count;
	}
	for (unsigned i = 0; i < count; i++) {
		const double u = (double)from[i][0] - fx, v = (double)from[i][1] - fy;
		const double x = (double)to[i][0] - tx, y = (double)to[i][1] - ty;
		a += u * x + v * y;
		b += u * y - v * x;
		square += u * u + v * v;
	}
	if (!(square > 0))
		return false;
	a /= square;
	b /= square;
	*out = (struct face_map){
		(float)a, (float)b, (float)(tx - a * fx + b * fy), (float)(ty - b * fx - a * fy)};
	return true;
}

/* Of three colours; the fourth is whatever lies behind them. */
typedef float four __attribute__((vector_size(16)));
typedef int32_t words __attribute__((vector_size(16)));
typedef int16_t halves __attribute__((vector_size(16)));
typedef int8_t bytes __attribute__((vector_size(16)));

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "bytes become numbers by what is laid behind them");

static four colours(const uint8_t *at)
{
	const bytes none = {0};
	int32_t word;
	memcpy(&word, at, sizeof word);
	const bytes b = (bytes)(words){word, 0, 0, 0};
	const halves h = (halves)__builtin_shufflevector(b, none, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
	return __builtin_convertvector((words)__builtin_shufflevector(h, (halves)none, 0, 8, 1, 9, 2, 10, 3, 11), four);
}

static void pixel(const struct face_frame *f, long x, long y, float weight, four *sum)
{
	if (x < 0 || y < 0 || x >= (long)f->width || y >= (long)f->height)
		return;
	const uint8_t *row = f->pixels + (size_t)y * f->stride;
	for (unsigned c = 0; c < 3; c++)
		(*sum)[c] += weight * (float)(f->format == FACE_RGB24 ? row[3 * x + c] : row[x]);
}

static void sample(const struct face_frame *f, float x, float y, four *sum)
{
	/* Also what is not a number goes no further. */
	if (!(x > -1 && y > -1 && x < (float)f->width && y < (float)f->height))
		return;
	const long at = (long)(x + 1) - 1,
		   line = (long)(y + 1) - 1; /* rounded down: both are above -1 */
	const float right = x - (float)at, below = y - (float)line;
	/* Two pixels and the byte behind them. */
	if (at >= 0 && line >= 0 && at + 2 < (long)f->width && line + 1 < (long)f->height &&
		f->format == FACE_RGB24) {
		const uint8_t *upper = f->pixels + (size_t)line * f->stride + 3 * (size_t)at,
			      *lower = upper + f->stride;
		const four a = colours(upper), b = colours(lower);
		const four above = a + right * (colours(upper + 3) - a), under = b + right * (colours(lower + 3) - b);
		*sum += above + below * (under - above);
		return;
	}
	pixel(f, at, line, (1 - right) * (1 - below), sum);
	pixel(f, at + 1, line, right * (1 - below), sum);
	pixel(f, at, line + 1, (1 - right) * below, sum);
	pixel(f, at + 1, line + 1, right * below, sum);
}

/* The two pixels of a line that a sample lies between, and how much of each; outside of the line nothing counts. */
struct tap {
	uint32_t first, second;
	float before, after;
};

static struct tap tap_at(float x, uint32_t count)
{
	if (!(x > -1 && x < (float)count))
		return (struct tap){0, 0, 0, 0};
	const long at = (long)(x + 1) - 1;
	const float part = x - (float)at;
	struct tap t = {(uint32_t)at, (uint32_t)(at + 1), 1 - part, part};
	if (at < 0)
		t = (struct tap){0, 0, 0, part};
	else if (at + 1 >= (long)count)
		t = (struct tap){(uint32_t)at, (uint32_t)at, 1 - part, 0};
	return t;
}

static void add_row(const uint8_t *row, float weight, size_t count, float *sum)
{
	for (size_t i = 0; i < count; i++)
		sum[i] += weight * (float)row[i];
}

/* Without a turn the samples of a pixel are lines times columns: lines are added up first, each once. n * n samples of a
 * pixel. */
static void warp_upright(const struct face_frame *f, const struct face_map *m, unsigned side, unsigned n, float *out)
{
	const uint32_t each = f->format == FACE_RGB24 ? 3 : 1;
	const size_t wide = (size_t)f->width * each;
	float sum[UPRIGHT_WIDTH_MAX * 3];
	struct tap across[UPRIGHT_SIDE_MAX * SAMPLES_MAX] = {{0, 0, 0, 0}};
	float x, y;
	for (unsigned i = 0; i < side * n; i++) {
		const unsigned column = i / n, part = i % n;
		face_map_point(m, (float)column + ((float)part + 0.5F) / (float)n - 0.5F, 0, &x, &y);
		across[i] = tap_at(x, f->width);
	}
	for (unsigned v = 0; v < side; v++) {
		memset(sum, 0, wide * sizeof *sum);
		for (unsigned k = 0; k < n; k++) {
			face_map_point(m, 0, (float)v + ((float)k + 0.5F) / (float)n - 0.5F, &x, &y);
			const struct tap down = tap_at(y, f->height);
			if (down.before > 0)
				add_row(f->pixels + (size_t)down.first * f->stride, down.before, wide, sum);
			if (down.after > 0)
				add_row(f->pixels + (size_t)down.second * f->stride, down.after, wide, sum);
		}
		for (unsigned u = 0; u < side; u++, out += 3)
			for (unsigned c = 0; c < 3; c++) {
				const float *from = sum + (each == 3 ? c : 0);
				float all = 0;
				for (unsigned k = 0; k < n; k++) {
					const struct tap *t = &across[u * n + k];
					all += t->before * from[(size_t)t->first * each] + t->after * from[(size_t)t->second * each];
				}
				out[c] = all / (float)(n * n);
			}
	}
	explicit_bzero(sum, sizeof sum);
}

void face_warp(const struct face_frame *f, const struct face_map *m, unsigned side, float *out)
{
	const float scale = sqrtf(m->a * m->a + m->b * m->b);
	const unsigned n = !(scale < SAMPLES_MAX) ? SAMPLES_MAX
			   : scale < 1.75F        ? 1
						  : (unsigned)(scale + 0.25F);
	if (m->b == 0 && m->a > 0 && f->width <= UPRIGHT_WIDTH_MAX && side <= UPRIGHT_SIDE_MAX) {
		warp_upright(f, m, side, n, out);
		return;
	}
	float part[SAMPLES_MAX];
	for (unsigned k = 0; k < SAMPLES_MAX; k++)
		part[k] = ((float)k + 0.5F) / (float)n - 0.5F;
	for (unsigned v = 0; v < side; v++)
		for (unsigned u = 0; u < side; u++, out += 3) {
			four sum = {0};
			for (unsigned row = 0; row < n; row++)
				for (unsigned column = 0; column < n; column++) {
					float x, y;
					face_map_point(m, (float)u + part[column], (float)v + part[row], &x, &y);
					sample(f, x, y, &sum);
				}
			for (unsigned c = 0; c < 3; c++)
				out[c] = sum[c] / (float)(n * n);
		}
}

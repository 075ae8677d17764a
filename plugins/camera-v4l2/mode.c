/* SPDX-License-Identifier: Apache-2.0
 * See mode.h.
 */
#include "mode.h"

static uint64_t area(const struct mode *m)
{
	return (uint64_t)m->width * m->height;
}

bool mode_wanted(uint32_t format, const struct mode_wish *wish)
{
	return wish->format != 0 ? format == wish->format : format == MODE_YUYV || format == MODE_MJPEG;
}

static bool usable(const struct mode *m, const struct mode_wish *w)
{
	if (m->width < 16 || m->height < 16 || m->width > 8192 || m->height > 8192)
		return false;
	return mode_wanted(m->format, w);
}

static bool fits(const struct mode *m, const struct mode_wish *w)
{
	return m->width <= w->width && m->height <= w->height;
}

/* Of as many frames as are of use; who does not say has them. */
static uint32_t useful(const struct mode *m, const struct mode_wish *w)
{
	const uint32_t most = w->rate != 0 ? w->rate : UINT32_MAX;
	return m->rate == 0 || m->rate > most ? most : m->rate;
}

static bool slow(const struct mode *m, const struct mode_wish *w)
{
	return m->rate != 0 && m->rate < MODE_RATE_LEAST && (w->rate == 0 || m->rate < w->rate);
}

static bool better(const struct mode *a, const struct mode *b, const struct mode_wish *w)
{
	if (b == NULL)
		return true;
	if (fits(a, w) != fits(b, w))
		return fits(a, w);
	if (slow(a, w) != slow(b, w))
		return slow(b, w);
	if (area(a) != area(b))
		return fits(a, w) == (area(a) > area(b));
	if (useful(a, w) != useful(b, w))
		return useful(a, w) > useful(b, w);
	return a->format == MODE_YUYV && b->format != MODE_YUYV;
}

const struct mode *mode_choose(const struct mode *modes, size_t count, const struct mode_wish *wish)
{
	const struct mode *best = NULL;
	for (size_t i = 0; i < count; i++)
		if (usable(&modes[i], wish) && better(&modes[i], best, wish))
			best = &modes[i];
	return best;
}

static uint8_t clamp(int v)
{
	return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

/* In 1/65536. */
static void pixel(int y, int u, int v, uint8_t *to)
{
	const int l = 76309 * (y - 16) + 32768;
	to[0] = clamp((l + 104597 * (v - 128)) >> 16);
	to[1] = clamp((l - 25675 * (u - 128) - 53279 * (v - 128)) >> 16);
	to[2] = clamp((l + 132201 * (u - 128)) >> 16);
}

int mode_yuyv_to_rgb(const uint8_t *from, size_t size, uint32_t width, uint32_t height, uint32_t stride, uint8_t *to)
{
	const size_t row = (size_t)width * 2;
	if (width == 0 || height == 0 || width % 2 != 0 || stride < row || size < row || (size - row) / stride < height - 1)
		return PN_EFORMAT;
	for (uint32_t y = 0; y < height; y++)
		for (uint32_t x = 0; x < width; x += 2, to += 6) {
			const uint8_t *p = from + (size_t)y * stride + (size_t)x * 2;
			pixel(p[0], p[1], p[3], to);
			pixel(p[2], p[1], p[3], to + 3);
		}
	return PN_OK;
}

size_t mode_jpeg_size(const uint8_t *bytes, size_t size)
{
	if (size < 4 || bytes[0] != 0xff || bytes[1] != 0xd8)
		return 0;
	for (size_t n = size; n >= 4; n--)
		if (bytes[n - 2] == 0xff && bytes[n - 1] == 0xd9)
			return n;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 * See page.h.
 */
#include "page.h"

#include <math.h>
#include <stdlib.h>

#include "face/picture.h"

enum { QUALITY_MOST = 85, QUALITY_LEAST = 40, QUALITY_STEP = 15, GRAIN = 4, INKS = 3, FULL = 255 };

struct pixel {
	float ink[INKS]; /* red, green, blue */
};

static uint32_t next(uint32_t *state)
{
	*state = *state * 1664525U + 1013904223U;
	return *state >> 16;
}

/* From the four pixels around its place in the portrait's middle, which has the shape of the page's. */
static struct pixel sample(const struct face_picture *p, unsigned x, unsigned y)
{
	const float scale = fminf((float)(p->width - 1) / PAGE_WIDTH, (float)(p->height - 1) / PAGE_HEIGHT);
	const float u = (float)(p->width - 1) / 2 + ((float)x - PAGE_WIDTH / 2.0F) * scale;
	const float v = (float)(p->height - 1) / 2 + ((float)y - PAGE_HEIGHT / 2.0F) * scale;
	const size_t left = (size_t)fmaxf(u, 0), top = (size_t)fmaxf(v, 0);
	const size_t right = left + 1 < p->width ? left + 1 : left, below = top + 1 < p->height ? top + 1 : top;
	const float fu = fmaxf(u, 0) - (float)left, fv = fmaxf(v, 0) - (float)top;
	struct pixel out;
	for (unsigned c = 0; c < INKS; c++) {
		const float a = (float)p->pixels[3 * (top * p->width + left) + c], b = (float)p->pixels[3 * (top * p->width + right) + c];
		const float d = (float)p->pixels[3 * (below * p->width + left) + c], e = (float)p->pixels[3 * (below * p->width + right) + c];
		out.ink[c] = (a * (1 - fu) + b * fu) * (1 - fv) + (d * (1 - fu) + e * fu) * fv;
	}
	return out;
}

/* Less colour, less depth, on paper that is not white. */
static void fade(struct pixel *p)
{
	static const float paper[INKS] = {246, 241, 230};
	const float grey = 0.3F * p->ink[0] + 0.59F * p->ink[1] + 0.11F * p->ink[2];
	for (unsigned c = 0; c < INKS; c++) {
		const float pale = grey + (p->ink[c] - grey) * 0.7F;
		p->ink[c] = 46 + pale * (paper[c] - 46) / FULL;
	}
}

/* Each ink's raster at an angle of its own, 4.5 pixels from dot to dot. */
static void raster(struct pixel *p, unsigned x, unsigned y)
{
	static const float angles[INKS] = {0.26F, 1.31F, 0.79F};
	for (unsigned c = 0; c < INKS; c++) {
		const float u = ((float)x * cosf(angles[c]) + (float)y * sinf(angles[c])) * 1.4F;
		const float v = ((float)y * cosf(angles[c]) - (float)x * sinf(angles[c])) * 1.4F;
		p->ink[c] += 9 * sinf(u) * sinf(v);
	}
}

/* Fine waves over the lower half, as they run from the page into the picture. */
static void guilloche(struct pixel *p, unsigned x, unsigned y, uint32_t number)
{
	static const float ink[INKS] = {70, 120, 150};
	if (y < PAGE_HEIGHT / 2)
		return;
	for (unsigned wave = 0; wave < 5; wave++) {
		const float at = PAGE_HEIGHT / 2.0F + 40 * (float)(wave + 1) + 14 * sinf((float)x / 31 + (float)wave + (float)(number % 7));
		const float part = 0.5F * fmaxf(0, 1 - fabsf((float)y - at));
		for (unsigned c = 0; c < INKS; c++)
			p->ink[c] += (ink[c] - p->ink[c]) * part;
	}
}

static void draw(const struct face_picture *portrait, uint32_t number, struct face_picture *page)
{
	uint32_t random = number * 2654435761U + 1;
	uint8_t *to = page->pixels;
	for (unsigned y = 0; y < PAGE_HEIGHT; y++)
		for (unsigned x = 0; x < PAGE_WIDTH; x++) {
			struct pixel p = sample(portrait, x, y);
			fade(&p);
			raster(&p, x, y);
			guilloche(&p, x, y, number);
			for (unsigned c = 0; c < INKS; c++) {
				const float v = p.ink[c] + (float)((int)(next(&random) % (2 * GRAIN + 1)) - GRAIN);
				*to++ = (uint8_t)fminf(fmaxf(v, 0), FULL);
			}
		}
}

int page_print(const uint8_t *portrait, size_t size, uint32_t number, uint8_t **jpeg, size_t *jpeg_size)
{
	struct face_picture from, page;
	int r = face_picture_decode(portrait, size, &from);
	if (r != PN_OK)
		return r;
	r = face_picture_new(PAGE_WIDTH, PAGE_HEIGHT, &page);
	if (r == PN_OK) {
		draw(&from, number, &page);
		r = PN_ELIMIT;
		for (int quality = QUALITY_MOST; r == PN_ELIMIT && quality >= QUALITY_LEAST; quality -= QUALITY_STEP) {
			r = face_picture_to_jpeg(&page, quality, jpeg, jpeg_size);
			if (r == PN_OK && *jpeg_size > PAGE_BYTES_MAX) {
				free(*jpeg);
				r = PN_ELIMIT;
			}
		}
		face_picture_free(&page);
	}
	face_picture_free(&from);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0
 * See portrait.h: a background, shoulders, a head with hair, eyes, nose and mouth, of shapes and colours that the seed picks, and
 * a little grain as a camera has it; then a picture file of the wanted size. Must never draw anybody: nothing enters but a number.
 */
#include "sim/chip/portrait_internal.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* jpeglib.h wants the above first */
#include <jpeglib.h>

enum { QUALITY_MOST = 92, QUALITY_LEAST = 5, QUALITY_STEP = 3, HEAD = 20, COMMENT_HEAD = 4, COMMENT_MOST = 65533 };

struct colour {
	float r, g, b;
};

/* Coordinates are parts of the picture's width, from its middle and its upper edge. */
struct person {
	struct colour back, skin, hair, coat, eye;
	float head_x, head_y, head_w, head_h, hair_line, eyes_apart, mouth_w, shoulder;
	uint32_t grain;
};

static uint32_t next(uint32_t *x)
{
	*x = *x * 1664525U + 1013904223U;
	return *x >> 8;
}

static float between(uint32_t *x, float low, float high)
{
	return low + (high - low) * (float)(next(x) % 10000) / 10000;
}

static struct colour mix(struct colour a, struct colour b, float part)
{
	return (struct colour){a.r + (b.r - a.r) * part, a.g + (b.g - a.g) * part, a.b + (b.b - a.b) * part};
}

static struct person person_of(uint32_t seed)
{
	static const struct colour skins[] = {{246, 214, 190}, {224, 178, 146}, {190, 138, 102}, {140, 94, 66}, {92, 60, 44}};
	static const struct colour hairs[] = {{32, 24, 20}, {86, 56, 34}, {150, 106, 60}, {206, 176, 120}, {150, 150, 150}};
	uint32_t x = seed * 2654435761U + 12345U;
	struct person p = {.back = {between(&x, 200, 235), between(&x, 205, 235), between(&x, 215, 240)}};
	p.skin = mix(skins[next(&x) % 5], skins[next(&x) % 5], between(&x, 0, 0.5F));
	p.hair = mix(hairs[next(&x) % 5], hairs[next(&x) % 5], between(&x, 0, 0.4F));
	p.coat = (struct colour){between(&x, 20, 140), between(&x, 20, 140), between(&x, 30, 160)};
	p.eye = (struct colour){between(&x, 40, 110), between(&x, 50, 120), between(&x, 40, 150)};
	p.head_x = between(&x, -0.01F, 0.01F);
	p.head_y = between(&x, 0.56F, 0.6F);
	p.head_w = between(&x, 0.235F, 0.28F);
	p.head_h = between(&x, 0.34F, 0.39F);
	p.hair_line = between(&x, 0.28F, 0.52F);
	p.eyes_apart = between(&x, 0.095F, 0.12F);
	p.mouth_w = between(&x, 0.07F, 0.1F);
	p.shoulder = between(&x, 0.4F, 0.48F);
	p.grain = next(&x);
	return p;
}

/* Below 1 inside the ellipse. */
static float ellipse(float x, float y, float cx, float cy, float w, float h)
{
	float dx = (x - cx) / w, dy = (y - cy) / h;
	return dx * dx + dy * dy;
}

static struct colour shaded(struct colour c, float by)
{
	return (struct colour){c.r * by, c.g * by, c.b * by};
}

static struct colour face_at(const struct person *p, float x, float y)
{
	static const struct colour white = {238, 236, 232}, black = {18, 16, 16}, lips = {168, 84, 80};
	float eye_y = p->head_y - 0.03F, side = fabsf(x - p->head_x);
	float round = ellipse(x, y, p->head_x - 0.05F, p->head_y - 0.05F, p->head_w * 1.5F, p->head_h * 1.4F);
	struct colour c = shaded(p->skin, 1.04F - 0.22F * round);
	if (ellipse(side, y, p->eyes_apart, eye_y, 0.045F, 0.02F) < 1)
		c = white;
	if (ellipse(side, y, p->eyes_apart, eye_y, 0.019F, 0.019F) < 1)
		c = ellipse(side, y, p->eyes_apart, eye_y, 0.008F, 0.008F) < 1 ? black : p->eye;
	if (ellipse(side, y, p->eyes_apart, eye_y - 0.055F, 0.055F, 0.01F) < 1)
		c = shaded(p->hair, 0.8F);
	if (ellipse(side, y, 0.022F, p->head_y + 0.11F, 0.012F, 0.008F) < 1)
		c = shaded(p->skin, 0.6F);
	if (ellipse(x, y, p->head_x, p->head_y + 0.2F, p->mouth_w, 0.018F) < 1)
		c = mix(p->skin, lips, 0.7F);
	return c;
}

static struct colour colour_at(const struct person *p, float x, float y)
{
	float head = ellipse(x, y, p->head_x, p->head_y, p->head_w, p->head_h);
	float hair = ellipse(x, y, p->head_x, p->head_y - 0.05F, p->head_w + 0.035F, p->head_h + 0.01F);
	if (head < 1 && y > p->hair_line - 0.1F * fabsf(x))
		return face_at(p, x, y);
	if (hair < 1 && y < p->head_y + 0.05F)
		return shaded(p->hair, 0.85F + 0.3F * fabsf(sinf(60 * x + 14 * y)));
	if (ellipse(x, y, 0, 1.34F, p->shoulder, 0.36F) < 1)
		return shaded(p->coat, 1.1F - 0.3F * fabsf(x));
	if (fabsf(x - p->head_x) < 0.12F && y > p->head_y)
		return shaded(p->skin, 0.82F);
	return shaded(p->back, 1.05F - 0.12F * y);
}

static uint8_t level(float value, uint32_t *grain)
{
	value += (float)(next(grain) % 5) - 2;
	return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

static void draw(const struct person *p, uint8_t *pixels)
{
	uint32_t grain = p->grain;
	for (unsigned y = 0; y < SIM_PORTRAIT_HEIGHT; y++) {
		for (unsigned x = 0; x < SIM_PORTRAIT_WIDTH; x++) {
			struct colour c = colour_at(p, (float)x / SIM_PORTRAIT_WIDTH - 0.5F, (float)y / SIM_PORTRAIT_WIDTH);
			*pixels++ = level(c.r, &grain);
			*pixels++ = level(c.g, &grain);
			*pixels++ = level(c.b, &grain);
		}
	}
}

/* libjpeg's own error exit ends the process on want of memory: this is for simulation only. */
static void encode(uint8_t *pixels, int quality, unsigned char **out, unsigned long *size)
{
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr errors;
	c.err = jpeg_std_error(&errors);
	jpeg_create_compress(&c);
	jpeg_mem_dest(&c, out, size);
	c.image_width = SIM_PORTRAIT_WIDTH;
	c.image_height = SIM_PORTRAIT_HEIGHT;
	c.input_components = 3;
	c.in_color_space = JCS_RGB;
	jpeg_set_defaults(&c);
	jpeg_set_quality(&c, quality, TRUE);
	jpeg_start_compress(&c, TRUE);
	for (unsigned y = 0; y < SIM_PORTRAIT_HEIGHT; y++) {
		JSAMPROW row = pixels + (size_t)y * SIM_PORTRAIT_WIDTH * 3;
		jpeg_write_scanlines(&c, &row, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
}

/* Comments make up what is missing (ITU-T T.81, B.2.4.5), behind the JFIF header, which libjpeg writes and which comes first. */
static void put_filled(struct sim_der *out, const unsigned char *jpeg, size_t jpeg_size, size_t size)
{
	static const uint8_t blank[4096];
	size_t missing = size - jpeg_size;
	sim_der_put(out, jpeg, HEAD);
	while (missing > 0) {
		size_t n = missing < COMMENT_MOST + 2 ? missing : COMMENT_MOST + 2;
		if (missing > n && missing - n < COMMENT_HEAD)
			n -= COMMENT_HEAD;
		const uint8_t head[] = {0xff, 0xfe, (uint8_t)((n - 2) >> 8), (uint8_t)(n - 2)};
		sim_der_put(out, head, sizeof head);
		for (size_t left = n - COMMENT_HEAD; left > 0;) {
			size_t part = left < sizeof blank ? left : sizeof blank;
			sim_der_put(out, blank, part);
			left -= part;
		}
		missing -= n;
	}
	sim_der_put(out, jpeg + HEAD, jpeg_size - HEAD);
}

static bool jpeg(struct sim_der *out, uint8_t *pixels, size_t size)
{
	bool fits = false;
	for (int q = QUALITY_MOST; q >= QUALITY_LEAST && !fits; q -= QUALITY_STEP) {
		unsigned char *bytes = NULL;
		unsigned long n = 0;
		encode(pixels, q, &bytes, &n);
		fits = n == size || n + COMMENT_HEAD <= size;
		if (fits)
			put_filled(out, bytes, n, size);
		free(bytes);
	}
	return fits;
}

bool sim_portrait(struct sim_der *out, enum sim_face kind, uint32_t seed, size_t size)
{
	const struct person p = person_of(seed);
	uint8_t *pixels = malloc((size_t)SIM_PORTRAIT_WIDTH * SIM_PORTRAIT_HEIGHT * 3);
	if (pixels == NULL)
		return false;
	draw(&p, pixels);
	bool fits = kind == SIM_FACE_JPEG ? jpeg(out, pixels, size) : sim_jp2(out, pixels, size);
	free(pixels);
	return fits && !out->failed;
}

/* SPDX-License-Identifier: Apache-2.0
 * See scene.h.
 */
#include "scene.h"

#include <stdlib.h>
#include <string.h>

enum { SCREEN_GIVES = 10, PAPER_GIVES = 205, AROUND = 12, SWAP_AFTER = 2, NOISE = 9, FAR_SIDE = 130, NEAR_SIDE = 400, BESIDE_SIDE = 300, BLUR = 9 };

static const char *const names[SCENE_CONDITIONS] = {
#define CONDITION(id, name, about) [SCENE_##id] = (name),
#include "conditions.def"
#undef CONDITION
};

enum scene_condition scene_condition_find(const char *name)
{
	int i = 0;
	while (i < SCENE_CONDITIONS && strcmp(names[i], name) != 0)
		i++;
	return (enum scene_condition)i;
}

bool scene_parse(const char *line, size_t count, struct scene *out)
{
	char *end;
	if (count == 0 || line[0] < '0' || line[0] > '9')
		return false;
	const unsigned long who = strtoul(line, &end, 10);
	if (*end != ' ')
		return false;
	const enum scene_condition c = scene_condition_find(end + 1);
	if (c == SCENE_CONDITIONS)
		return false;
	*out = (struct scene){c, (uint32_t)(who % count), (uint32_t)((who % count + 1) % count)};
	return true;
}

static uint32_t next(uint32_t *state)
{
	*state = *state * 1664525U + 1013904223U;
	return *state >> 16;
}

static uint8_t clamp(int v)
{
	return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

/* The wall behind: a light that falls off to one side. */
static void wall(uint8_t *out)
{
	for (size_t y = 0; y < SCENE_HEIGHT; y++)
		for (size_t x = 0; x < SCENE_WIDTH; x++, out += 3) {
			out[0] = (uint8_t)(110 + x / 16);
			out[1] = (uint8_t)(115 + x / 16);
			out[2] = (uint8_t)(120 + y / 16);
		}
}

/* The portrait as a square of side pixels at (left, top), each pixel from the four around its place. */
static void paste(const struct face_picture *p, int left, int top, int side, uint8_t *out)
{
	for (int y = 0; y < side; y++)
		for (int x = 0; x < side; x++) {
			const int ox = left + x, oy = top + y;
			if (ox < 0 || oy < 0 || ox >= SCENE_WIDTH || oy >= SCENE_HEIGHT)
				continue;
			const uint32_t u = (uint32_t)x * 256U * (p->width - 1) / (uint32_t)side, v = (uint32_t)y * 256U * (p->height - 1) / (uint32_t)side;
			const uint32_t fu = u & 255, fv = v & 255;
			const uint8_t *a = p->pixels + 3 * ((size_t)(v >> 8) * p->width + (u >> 8)), *b = a + (size_t)p->width * 3;
			uint8_t *to = out + 3 * ((size_t)oy * SCENE_WIDTH + (size_t)ox);
			for (unsigned c = 0; c < 3; c++) {
				const uint32_t above = a[c] * (256 - fu) + a[c + 3] * fu, below = b[c] * (256 - fu) + b[c + 3] * fu;
				to[c] = (uint8_t)((above * (256 - fv) + below * fv) >> 16);
			}
		}
}

static void light(uint8_t *out, int per_mille, int more, int noise, uint32_t *random)
{
	for (size_t i = 0; i < SCENE_BYTES; i++)
		out[i] = clamp(out[i] * per_mille / 1000 + more + (int)(next(random) % (unsigned)(noise + 1)) - noise / 2);
}

/* The mean of 2 BLUR + 1 pixels of a row, in place; three times is near enough to a lens out of focus. */
static void blur_rows(uint8_t *out)
{
	uint8_t row[SCENE_WIDTH * 3];
	for (size_t y = 0; y < SCENE_HEIGHT; y++) {
		uint8_t *to = out + y * SCENE_WIDTH * 3;
		memcpy(row, to, sizeof row);
		for (int x = 0; x < SCENE_WIDTH; x++)
			for (int c = 0; c < 3; c++) {
				unsigned sum = 0, n = 0;
				for (int k = x - BLUR; k <= x + BLUR; k++)
					if (k >= 0 && k < SCENE_WIDTH) {
						sum += row[3 * k + c];
						n++;
					}
				to[3 * x + c] = (uint8_t)(sum / n);
			}
	}
}

/* Whose portrait is seen where, as a square of side pixels. */
struct spot {
	uint32_t who;
	int left, top, side;
};

/* How many; the same for every camera that looks at this moment. */
static unsigned people(const struct scene *s, uint32_t number, uint32_t *random, struct spot out[2])
{
	const int dx = (int)(next(random) % 17) - 8, dy = (int)(next(random) % 17) - 8;
	int side = NEAR_SIDE + (int)(next(random) % 21) - 10;
	uint32_t who = s->who;
	if (s->condition == SCENE_NOBODY)
		return 0;
	if (s->condition == SCENE_TWO) {
		out[0] = (struct spot){s->who, 10 + dx, 90 + dy, BESIDE_SIDE};
		out[1] = (struct spot){s->other, 325 + dx, 90 - dy, BESIDE_SIDE};
		return 2;
	}
	if (s->condition == SCENE_FAR)
		side = FAR_SIDE;
	if (s->condition == SCENE_SWAPPED && number >= SWAP_AFTER)
		who = s->other;
	out[0] = (struct spot){who, (SCENE_WIDTH - side) / 2 + dx, (SCENE_HEIGHT - side) / 2 + dy, side};
	return 1;
}

static uint32_t seed_of(const struct scene *s, uint32_t number)
{
	return s->condition == SCENE_FROZEN ? 1 : number * 2654435761U + 12345;
}

void scene_draw(const struct face_picture *portraits, size_t count, const struct scene *s, uint32_t number, uint8_t *out)
{
	uint32_t random = seed_of(s, number);
	struct spot spots[2];
	if (s->who >= count || s->other >= count || s->condition >= SCENE_STALLED)
		return;
	wall(out);
	const unsigned n = people(s, number, &random, spots);
	for (unsigned i = 0; i < n; i++)
		paste(&portraits[spots[i].who], spots[i].left, spots[i].top, spots[i].side, out);
	for (int i = 0; s->condition == SCENE_BLURRED && i < 3; i++)
		blur_rows(out);
	switch (s->condition) {
	case SCENE_DARK:
		light(out, 160, 6, NOISE, &random);
		break;
	case SCENE_BRIGHT:
		light(out, 600, 150, NOISE, &random);
		break;
	case SCENE_BLACK:
		light(out, 0, 2, NOISE / 2, &random);
		break;
	case SCENE_FLOODED:
		light(out, 0, 255, 3, &random);
		break;
	default:
		light(out, 960 + (int)(next(&random) % 81), 0, s->condition == SCENE_BLURRED ? 2 : NOISE, &random);
		break;
	}
}

/* Skin and hair are nearest to what red shows of them; a screen is dark, paper bright, whatever they show to the eye. */
static int infrared_of(const struct scene *s, const struct face_picture *p, const struct spot *t, int x, int y)
{
	const int u = (2 * x - t->left) * (int)p->width / t->side, v = (2 * y - t->top) * (int)p->height / t->side;
	if (s->condition == SCENE_SCREEN)
		return SCREEN_GIVES;
	if (s->condition == SCENE_PRINT)
		return PAPER_GIVES;
	if (u < 0 || v < 0 || u >= (int)p->width || v >= (int)p->height)
		return -1;
	return 30 + p->pixels[3 * ((size_t)v * p->width + (size_t)u)] * 3 / 4;
}

static bool within(const struct spot *t, int x, int y, int around)
{
	return 2 * x >= t->left - around && 2 * y >= t->top - around && 2 * x < t->left + t->side + around && 2 * y < t->top + t->side + around;
}

bool scene_draw_infrared(const struct face_picture *portraits, size_t count, const struct scene *s, uint32_t number, uint8_t *out)
{
	uint32_t random = seed_of(s, number);
	struct spot spots[2];
	if (s->who >= count || s->other >= count || s->condition >= SCENE_STALLED || s->condition == SCENE_NO_INFRARED)
		return false;
	const unsigned n = people(s, number, &random, spots);
	const int around = s->condition == SCENE_SCREEN || s->condition == SCENE_PRINT ? AROUND : 0;
	for (int y = 0; y < SCENE_INFRARED_HEIGHT; y++)
		for (int x = 0; x < SCENE_INFRARED_WIDTH; x++) {
			int value = 80 + x / 16;
			for (unsigned i = 0; i < n; i++)
				if (within(&spots[i], x, y, around)) {
					const int v = infrared_of(s, &portraits[spots[i].who], &spots[i], x, y);
					value = v >= 0 ? v : value;
				}
			out[(size_t)y * SCENE_INFRARED_WIDTH + (size_t)x] = clamp(value + (int)(next(&random) % (NOISE + 1)) - NOISE / 2);
		}
	return true;
}

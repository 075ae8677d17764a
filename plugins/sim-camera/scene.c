/* SPDX-License-Identifier: Apache-2.0
 * See scene.h.
 */
#include "scene.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "turn.h"

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

/* "down=" or "turn=" and a number within most; *end is behind it. */
static bool word(const char *text, const char *name, long most, int32_t *out, const char **end)
{
	const size_t n = strlen(name);
	char *after;
	if (strncmp(text, name, n) != 0)
		return false;
	const long value = strtol(text + n, &after, 10);
	if (after == text + n || value < -most || value > most)
		return false;
	*out = (int32_t)value;
	*end = after;
	return true;
}

static bool words(const char *at, struct scene *out)
{
	while (*at == ' ') {
		at++;
		if (!word(at, "down=", SCENE_DOWN_MAX, &out->down_permille, &at) && !word(at, "turn=", SCENE_TURN_MAX, &out->turn_degrees, &at))
			return false;
	}
	return *at == '\0';
}

bool scene_parse(const char *line, size_t count, struct scene *out)
{
	char *end, name[24];
	if (count == 0 || line[0] < '0' || line[0] > '9')
		return false;
	const unsigned long who = strtoul(line, &end, 10);
	const size_t n = *end == ' ' ? strcspn(end + 1, " ") : 0;
	if (n == 0 || n >= sizeof name)
		return false;
	memcpy(name, end + 1, n);
	name[n] = '\0';
	struct scene s = {.condition = scene_condition_find(name), .who = (uint32_t)(who % count), .other = (uint32_t)((who % count + 1) % count)};
	if (s.condition == SCENE_CONDITIONS || !words(end + 1 + n, &s))
		return false;
	*out = s;
	return true;
}

bool scene_goes_on(const struct scene *before, const struct scene *now)
{
	return before->condition == now->condition && before->who == now->who && before->other == now->other;
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

/* Whose portrait is seen where, as a square of side pixels; turned by so much. */
struct spot {
	uint32_t who;
	int left, top, side;
	float degrees;
	bool flat;
};

/* Where in the portrait, as a square of side pixels, each pixel of a row of it is seen. */
struct row {
	float column[TURN_SIDE_MAX], line[TURN_SIDE_MAX];
};

static void row_of(const struct spot *t, int y, struct row *out)
{
	for (int x = 0; x < t->side; x++) {
		out->column[x] = (float)x;
		out->line[x] = (float)y;
	}
	if (t->flat && t->degrees != 0)
		turn_sheet_row(t->degrees, y, t->side, out->column, out->line);
	else if (t->degrees != 0)
		turn_head_row(t->degrees, y, t->side, out->column);
}

/* From the four pixels around its place. */
static void sample(const struct face_picture *p, float column, float line, int side, uint8_t to[3])
{
	const uint32_t u = (uint32_t)(column * 256.0F * (float)(p->width - 1) / (float)side), v = (uint32_t)(line * 256.0F * (float)(p->height - 1) / (float)side);
	const uint32_t fu = u & 255, fv = v & 255;
	const uint8_t *a = p->pixels + 3 * ((size_t)(v >> 8) * p->width + (u >> 8)), *b = a + (size_t)p->width * 3;
	for (unsigned c = 0; c < 3; c++) {
		const uint32_t above = a[c] * (256 - fu) + a[c + 3] * fu, below = b[c] * (256 - fu) + b[c + 3] * fu;
		to[c] = (uint8_t)((above * (256 - fv) + below * fv) >> 16);
	}
}

static void paste(const struct face_picture *p, const struct spot *t, uint8_t *out)
{
	struct row row;
	for (int y = 0; y < t->side; y++) {
		const int oy = t->top + y;
		if (oy < 0 || oy >= SCENE_HEIGHT)
			continue;
		row_of(t, y, &row);
		for (int x = 0; x < t->side; x++) {
			const int ox = t->left + x;
			if (ox >= 0 && ox < SCENE_WIDTH && row.column[x] >= 0)
				sample(p, row.column[x], row.line[x], t->side, out + 3 * ((size_t)oy * SCENE_WIDTH + (size_t)ox));
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

static bool is_flat(const struct scene *s)
{
	return s->condition == SCENE_SCREEN || s->condition == SCENE_PRINT;
}

/* How many; the same for every camera that looks at this moment. */
static unsigned people(const struct scene *s, uint32_t number, uint32_t *random, struct spot out[2])
{
	const int dx = (int)(next(random) % 17) - 8, dy = (int)(next(random) % 17) - 8;
	int side = NEAR_SIDE + (int)(next(random) % 21) - 10;
	const int down = s->down_permille * SCENE_HEIGHT / 1000;
	const float degrees = (float)s->turn_degrees;
	uint32_t who = s->who;
	if (s->condition == SCENE_NOBODY)
		return 0;
	if (s->condition == SCENE_TWO) {
		out[0] = (struct spot){s->who, 10 + dx, 90 + dy + down, BESIDE_SIDE, degrees, false};
		out[1] = (struct spot){s->other, 325 + dx, 90 - dy, BESIDE_SIDE, 0, false};
		return 2;
	}
	if (s->condition == SCENE_FAR)
		side = FAR_SIDE;
	if (s->condition == SCENE_SWAPPED && number >= SWAP_AFTER)
		who = s->other;
	out[0] = (struct spot){who, (SCENE_WIDTH - side) / 2 + dx, (SCENE_HEIGHT - side) / 2 + dy + down, side, degrees, is_flat(s)};
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
		paste(&portraits[spots[i].who], &spots[i], out);
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

/* Skin and hair are nearest to what red shows of them; a screen is dark, paper bright, whatever they show to the eye. -1: nothing of it. */
static int infrared_of(const struct scene *s, const struct face_picture *p, const struct spot *t, const struct row *row, int x, int y)
{
	const int at = 2 * x - t->left;
	if (s->condition == SCENE_SCREEN)
		return SCREEN_GIVES;
	if (s->condition == SCENE_PRINT)
		return PAPER_GIVES;
	if (at < 0 || at >= t->side || 2 * y < t->top || 2 * y >= t->top + t->side)
		return -1;
	const int u = (int)(row->column[at] * (float)p->width / (float)t->side), v = (int)(row->line[at] * (float)p->height / (float)t->side);
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
	struct row rows[2];
	if (s->who >= count || s->other >= count || s->condition >= SCENE_STALLED || s->condition == SCENE_NO_INFRARED)
		return false;
	const unsigned n = people(s, number, &random, spots);
	const int around = is_flat(s) ? AROUND : 0;
	for (int y = 0; y < SCENE_INFRARED_HEIGHT; y++) {
		for (unsigned i = 0; i < n; i++)
			row_of(&spots[i], 2 * y - spots[i].top, &rows[i]);
		for (int x = 0; x < SCENE_INFRARED_WIDTH; x++) {
			int value = 80 + x / 16;
			for (unsigned i = 0; i < n; i++)
				if (within(&spots[i], x, y, around)) {
					const int v = infrared_of(s, &portraits[spots[i].who], &spots[i], &rows[i], x, y);
					value = v >= 0 ? v : value;
				}
			out[(size_t)y * SCENE_INFRARED_WIDTH + (size_t)x] = clamp(value + (int)(next(&random) % (NOISE + 1)) - NOISE / 2);
		}
	}
	return true;
}

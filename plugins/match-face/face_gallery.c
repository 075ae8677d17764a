/* SPDX-License-Identifier: Apache-2.0
 * See face_gallery.h.
 */
#include "face_gallery.h"

#include <string.h>

static void wipe(struct face_kept *k)
{
	explicit_bzero(k, sizeof *k);
}

static struct face_kept *find(struct face_gallery *g, const uint8_t *name, size_t size)
{
	for (size_t i = 0; size == FACE_GALLERY_NAME && i < FACE_GALLERY_MAX; i++)
		if (g->kept[i].until_ms != 0 && memcmp(g->kept[i].name, name, FACE_GALLERY_NAME) == 0)
			return &g->kept[i];
	return NULL;
}

static struct face_kept *vacant(struct face_gallery *g)
{
	for (size_t i = 0; i < FACE_GALLERY_MAX; i++)
		if (g->kept[i].until_ms == 0)
			return &g->kept[i];
	return NULL;
}

int face_gallery_keep(struct face_gallery *g, const uint8_t *name, size_t size, const struct face_capture *face, uint64_t until_ms)
{
	struct face_kept *k = find(g, name, size);
	if (size != FACE_GALLERY_NAME || face->size == 0 || until_ms == 0)
		return PN_EINVAL;
	if (k == NULL)
		k = vacant(g);
	if (k == NULL)
		return PN_ELIMIT;
	k->until_ms = until_ms;
	memcpy(k->name, name, sizeof k->name);
	k->face = *face;
	return PN_OK;
}

int face_gallery_take(struct face_gallery *g, const uint8_t *name, size_t size, uint64_t now_ms, struct face_capture *out)
{
	struct face_kept *k = find(g, name, size);
	bool over = k != NULL && now_ms >= k->until_ms;
	if (k == NULL)
		return PN_ENOTFOUND;
	if (!over)
		*out = k->face;
	wipe(k);
	return over ? PN_ENOTFOUND : PN_OK;
}

static bool is_there(const struct face_kept *k, uint64_t now_ms)
{
	return k->until_ms != 0 && now_ms < k->until_ms;
}

uint32_t face_gallery_count(const struct face_gallery *g, uint64_t now_ms)
{
	uint32_t n = 0;
	for (size_t i = 0; i < FACE_GALLERY_MAX; i++)
		n += is_there(&g->kept[i], now_ms);
	return n;
}

int face_gallery_find(const struct face_gallery *g, struct face_matcher *m, const struct face_capture *const *probes, size_t count,
	double threshold, uint64_t now_ms, struct face_candidates *out)
{
	struct face_candidates c = {.highest = -1};
	*out = c;
	for (size_t i = 0; i < FACE_GALLERY_MAX; i++) {
		const struct face_kept *k = &g->kept[i];
		float score;
		if (!is_there(k, now_ms))
			continue;
		int r = face_matcher_score(m, &k->face, probes, count, &score);
		if (r != PN_OK)
			return r;
		c.compared++;
		c.highest = score > c.highest ? score : c.highest;
		if ((double)score >= threshold) {
			c.reached++;
			c.name = k->name;
		}
	}
	if (c.reached != 1)
		c.name = NULL;
	*out = c;
	return PN_OK;
}

void face_gallery_drop(struct face_gallery *g, const uint8_t *name, size_t size)
{
	struct face_kept *k = find(g, name, size);
	if (size == 0)
		explicit_bzero(g, sizeof *g);
	else if (k != NULL)
		wipe(k);
}

uint64_t face_gallery_tick(struct face_gallery *g, uint64_t now_ms)
{
	uint64_t next = 0;
	for (size_t i = 0; i < FACE_GALLERY_MAX; i++) {
		struct face_kept *k = &g->kept[i];
		if (k->until_ms != 0 && now_ms >= k->until_ms)
			wipe(k);
		else if (k->until_ms != 0 && (next == 0 || k->until_ms < next))
			next = k->until_ms;
	}
	return next;
}

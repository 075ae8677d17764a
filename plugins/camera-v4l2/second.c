/* SPDX-License-Identifier: Apache-2.0
 * See second.h.
 */
#include "second.h"

#include <stdlib.h>
#include <string.h>

static const uint64_t age_ns = SECOND_AGE_MS * UINT64_C(1000000);

int second_open(struct second *s, const struct stream_calls *calls, int fd, uint32_t rate)
{
	const struct mode_wish wish = {.width = SECOND_WIDTH_MAX, .height = SECOND_HEIGHT_MAX, .format = MODE_GREY, .rate = rate};
	*s = (struct second){.stream = {.fd = fd}};
	if (fd < 0)
		return PN_OK;
	int r = stream_open(&s->stream, calls, fd, &wish);
	if (r != PN_OK)
		return r;
	s->size = (size_t)s->stream.mode.width * s->stream.mode.height;
	s->pixels = malloc(s->size);
	s->open = true;
	if (s->pixels != NULL)
		return PN_OK;
	second_close(s);
	return PN_ENOMEM;
}

static void forget(struct second *s)
{
	if (s->taken_ns != 0)
		explicit_bzero(s->pixels, s->size);
	s->taken_ns = 0;
}

static void keep(struct second *s, const struct stream_frame *f, uint64_t now_ns)
{
	const size_t width = s->stream.mode.width, height = s->stream.mode.height, stride = s->stream.stride;
	if (stride < width || f->size < width || (f->size - width) / stride < height - 1)
		return;
	for (size_t y = 0; y < height; y++)
		memcpy(s->pixels + y * width, f->bytes + y * stride, width);
	s->taken_ns = f->taken_ns != 0 ? f->taken_ns : now_ns;
}

int second_take(struct second *s, uint64_t now_ns)
{
	struct stream_frame f;
	int r = stream_take(&s->stream, &f);
	if (r == PN_OK) {
		keep(s, &f, now_ns);
		r = stream_give_back(&s->stream, f.index);
	}
	return r == PN_EAGAIN || r == PN_EFORMAT ? PN_OK : r;
}

const uint8_t *second_at(const struct second *s, uint64_t taken_ns)
{
	if (s->taken_ns == 0)
		return NULL;
	const uint64_t apart = s->taken_ns > taken_ns ? s->taken_ns - taken_ns : taken_ns - s->taken_ns;
	return apart <= age_ns ? s->pixels : NULL;
}

void second_forget_old(struct second *s, uint64_t now_ns)
{
	if (s->taken_ns != 0 && now_ns > s->taken_ns && now_ns - s->taken_ns > age_ns)
		forget(s);
}

void second_close(struct second *s)
{
	if (s->pixels != NULL)
		forget(s);
	free(s->pixels);
	s->pixels = NULL;
	if (s->open)
		stream_close(&s->stream);
	s->open = false;
}

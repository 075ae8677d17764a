/* SPDX-License-Identifier: Apache-2.0
 * See vpcd_frame.h. Must never hold a byte of a payload: they stand in the caller's room alone.
 */
#include "chip/vpcd_frame.h"

#include <string.h>

void vpcd_frame_begin(struct vpcd_frame *f, uint8_t *out, size_t room)
{
	memset(f, 0, sizeof *f);
	f->out = out;
	f->room = room;
}

size_t vpcd_frame_next(struct vpcd_frame *f, uint8_t **at)
{
	if (f->head_got < VPCD_HEAD) {
		*at = f->head + f->head_got;
		return VPCD_HEAD - f->head_got;
	}
	if (f->size > f->room)
		return 0;
	*at = f->out + f->got;
	return f->size - f->got;
}

int vpcd_frame_took(struct vpcd_frame *f, size_t count)
{
	uint8_t *at = NULL;
	if (count > vpcd_frame_next(f, &at))
		return PN_EINVAL;
	if (f->head_got == VPCD_HEAD) {
		f->got += count;
		return PN_OK;
	}
	f->head_got += count;
	if (f->head_got < VPCD_HEAD)
		return PN_OK;
	f->size = (size_t)f->head[0] << 8 | f->head[1];
	return f->size > f->room ? PN_ELIMIT : PN_OK;
}

bool vpcd_frame_whole(const struct vpcd_frame *f)
{
	return f->head_got == VPCD_HEAD && f->size <= f->room && f->got == f->size;
}

void vpcd_frame_head(uint8_t head[VPCD_HEAD], size_t size)
{
	head[0] = (uint8_t)(size >> 8);
	head[1] = (uint8_t)size;
}

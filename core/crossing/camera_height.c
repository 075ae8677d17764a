/* SPDX-License-Identifier: Apache-2.0
 * See camera_height.h.
 */
#include "crossing/camera_height.h"

#define DRIVE(name) POSTERN__CAMERA_DRIVE__CAMERA_##name

/* How long the drive runs for a thousandth of the frame: short of what a drive of 15 cm a second takes before a frame of 60 cm, so that
 * the face is come near in a few moves. A drive that is faster goes too far, and its moves are halved. */
enum { US_PER_PERMILLE = 2000, HALVED_MAX = 4 };

static struct camera_move none(void)
{
	return (struct camera_move){ POSTERN__CAMERA_DIRECTION__CAMERA_DIRECTION_UNSPECIFIED, 0 };
}

/* The ways that are left to it. */
static bool may_go(Postern__CameraDrive drive, bool down)
{
	return drive == DRIVE(STANDS) || drive == (down ? DRIVE(AT_TOP) : DRIVE(AT_BOTTOM));
}

static struct camera_move move(struct camera_height *h, const struct camera_look *look, bool down, uint32_t ms)
{
	if (!may_go(look->drive, down) || look->left_ms < CAMERA_HEIGHT_MOVE_MIN_MS + CAMERA_HEIGHT_AFTER_MS)
		return none();
	if (ms > look->left_ms - CAMERA_HEIGHT_AFTER_MS)
		ms = look->left_ms - CAMERA_HEIGHT_AFTER_MS;
	if (h->moves == CAMERA_HEIGHT_MOVES_MAX || h->all_ms + ms > CAMERA_HEIGHT_ALL_MAX_MS) {
		h->gave_up = true;
		return none();
	}
	h->moves++;
	h->all_ms += ms;
	return (struct camera_move){ down ? POSTERN__CAMERA_DIRECTION__CAMERA_DOWN : POSTERN__CAMERA_DIRECTION__CAMERA_UP, ms };
}

static struct camera_move follow(struct camera_height *h, const struct camera_look *look)
{
	const bool down = look->down_permille > 0;
	const uint32_t far = down ? (uint32_t)look->down_permille : (uint32_t)-(int64_t)look->down_permille;
	const int8_t way = down ? 1 : -1;
	h->looks = 0;
	h->searching = h->upwards = false;
	if (look->usable || far <= CAMERA_HEIGHT_BAND)
		return none();
	if (h->followed == -way && h->halved < HALVED_MAX)
		h->halved++;
	h->followed = way;
	uint32_t ms = far > 1000 ? CAMERA_HEIGHT_MOVE_MAX_MS : far * US_PER_PERMILLE / 1000 >> h->halved;
	ms = ms < CAMERA_HEIGHT_MOVE_MIN_MS ? CAMERA_HEIGHT_MOVE_MIN_MS : ms > CAMERA_HEIGHT_MOVE_MAX_MS ? CAMERA_HEIGHT_MOVE_MAX_MS : ms;
	return move(h, look, down, ms);
}

static struct camera_move search(struct camera_height *h, const struct camera_look *look)
{
	h->followed = 0;
	if (!h->searching && ++h->looks < CAMERA_HEIGHT_LOOKS)
		return none();
	h->searching = true;
	if (look->drive == DRIVE(AT_BOTTOM))
		h->upwards = true;
	if (h->upwards && look->drive == DRIVE(AT_TOP)) {
		h->gave_up = true; /* all of the way was looked at */
		return none();
	}
	return move(h, look, !h->upwards, CAMERA_HEIGHT_SEARCH_MS);
}

struct camera_move camera_height_next(struct camera_height *h, const struct camera_look *look)
{
	if (h->gave_up || look->drive == DRIVE(DRIVE_UNSPECIFIED) || look->drive == DRIVE(MOVES) || look->drive == DRIVE(DRIVE_FAULT))
		return none();
	return look->seen ? follow(h, look) : search(h, look);
}

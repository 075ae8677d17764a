/* SPDX-License-Identifier: Apache-2.0
 * A portrait seen as its subject turns the head, or as somebody turns the sheet that it is printed on. Pure. The head is half of an
 * ellipsoid with a nose, the same for everybody, seen from far away: enough that what measures a pose sees one. Must never be used on
 * a traveller's picture.
 */
#ifndef POSTERN_SIM_CAMERA_TURN_H
#define POSTERN_SIM_CAMERA_TURN_H

enum { TURN_SIDE_MAX = 480, TURN_DEGREES_MAX = 60 };

/* Of row y of a square of side pixels: for each pixel the column of the portrait, as a square of side pixels, that is seen there.
 * degrees: to the subject's own left, which is the picture's right; at most TURN_DEGREES_MAX either way. side: at most TURN_SIDE_MAX. */
void turn_head_row(float degrees, int y, int side, float column[TURN_SIDE_MAX]);
/* The same of a flat sheet, seen from twice its width; *row: whence above or below, for each pixel. A column below 0: beside the sheet. */
void turn_sheet_row(float degrees, int y, int side, float column[TURN_SIDE_MAX], float row[TURN_SIDE_MAX]);
#endif

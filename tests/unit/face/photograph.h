/* SPDX-License-Identifier: Apache-2.0
 * The photographs that lie beside the models, for the tests of engines. Must never be linked into anything that ships.
 */
#ifndef POSTERN_TEST_PHOTOGRAPH_H
#define POSTERN_TEST_PHOTOGRAPH_H
#include "face/face.h"
#include "face/picture.h"

/* FOLDER/samples/NAME, decoded; the test fails where it cannot be. face_picture_free() it. */
struct face_picture photograph(const char *folder, const char *name);
/* Of the picture's own pixels. */
struct face_frame photograph_frame(const struct face_picture *p);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * Which engines a folder of models wants. Must never choose one that the folder has no file for.
 */
#ifndef POSTERN_FACE_ENGINES_H
#define POSTERN_FACE_ENGINES_H
#include "model.h"

enum { FACE_ENGINES_MAX = 2 };

/* In the order in which face_matcher_open() takes them. PN_EUNSUPPORTED: this build has none for the folder's "sface". */
int face_engines_of(const struct face_folder *folder, const struct face_engine *out[FACE_ENGINES_MAX], size_t *count) PN_MUST_CHECK;
#endif

/* SPDX-License-Identifier: Apache-2.0
 * The matcher of two ONNX files, for builds with OpenCV (-Dopencv=enabled). Must never be asked for in another build.
 */
#ifndef POSTERN_FACE_ONNX_ENGINE_H
#define POSTERN_FACE_ONNX_ENGINE_H
#include "face/face.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Slot of the matcher. open() wants the slots "yunet" and "sface" in files of those names with .onnx, and the folder:
 * PN_ENOTFOUND; PN_EFORMAT: OpenCV cannot run them as what they are called. extract() gives PN_ENOTFOUND where YuNet sees no
 * face. A score is the cosine, -1 to 1. */
const struct face_engine *face_onnx_engine(void);

#ifdef __cplusplus
}
#endif
#endif

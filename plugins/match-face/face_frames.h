/* SPDX-License-Identifier: Apache-2.0
 * Frames of a blob, as any camera plugin may have described them. Pure. Must never read beyond the blob, nor believe a
 * description that does not fit the bytes.
 */
#ifndef POSTERN_MATCH_FACE_FACE_FRAMES_H
#define POSTERN_MATCH_FACE_FACE_FRAMES_H
#include "camera/watch.h"
#include "face.pb-c.h"
#include "face/face.h"
#include "face/picture.h"

enum { FACE_LIVE_SIDE_MAX = 1024 }; /* pixels of the picture that an officer is shown */

/* One frame for the eye: decoded, or in the blob itself. */
struct face_seen {
	struct face_frame frame;
	struct face_picture decoded; /* owned; of a JPEG */
	enum camera_fault fault;
	uint64_t digest; /* of its bytes */
};

/* PN_EUNSUPPORTED: of another sensor than the eye's. PN_EFORMAT, PN_ELIMIT, PN_ENOMEM. On an error there is nothing to free. */
int face_frames_see(const Postern__FaceFrame *f, const uint8_t *blob, size_t size, struct face_seen *out) PN_MUST_CHECK;
/* A frame of near infrared, as it stands in the blob. As above. */
int face_frames_infrared(const Postern__FaceFrame *f, const uint8_t *blob, size_t size, struct face_frame *out) PN_MUST_CHECK;
void face_frames_free(struct face_seen *seen);
/* For presentation attack detection: raw frames of any sensor, as they stand in the blob. How many. */
uint32_t face_frames_raw(const Postern__MatchFace *q, const uint8_t *blob, size_t size, struct face_frame *out, uint32_t room);
/* A copy in RGB, halved until no side is longer than FACE_LIVE_SIDE_MAX. */
int face_frames_copy(const struct face_frame *f, struct face_picture *out) PN_MUST_CHECK;
#endif

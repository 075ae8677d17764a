/* SPDX-License-Identifier: Apache-2.0
 * See tell.h. Must never send frames together with a cause.
 */
#include "camera/tell.h"

#include <string.h>

#include "base/err.h"
#include "bus.pb-c.h"

enum { ANSWER_MAX = 2048 };

void camera_tell_trouble(struct camera_tell *t, const char *key)
{
	const struct postern_host *h = t->host;
	if (strcmp(t->trouble, key) == 0)
		return;
	if (t->trouble[0] != '\0')
		h->trouble(h->ctx, t->trouble, 0);
	if (key[0] != '\0')
		h->trouble(h->ctx, key, 1);
	t->trouble = key;
}

void camera_tell_ready(struct camera_tell *t, const char *reason)
{
	Postern__ReaderStatus s = POSTERN__READER_STATUS__INIT;
	uint8_t bytes[64];
	const bool ready = reason[0] == '\0';
	if (t->told && t->told_ready == ready)
		return;
	s.ready = ready;
	s.reason = (char *)(uintptr_t)reason;
	t->told = t->host->report(t->host->ctx, POSTERN__ENVELOPE__BODY_READER_STATUS, NULL, bytes,
			  postern__reader_status__pack(&s, bytes)) == 0;
	t->told_ready = ready;
}

void camera_tell_captured(struct camera_tell *t, uint64_t query, const char *cause, Postern__FaceFrame *frames, uint32_t count,
	uint8_t *blob, size_t used)
{
	Postern__FaceCaptured a = POSTERN__FACE_CAPTURED__INIT;
	Postern__FaceFrame *list[CAMERA_FRAMES_MAX];
	uint8_t bytes[ANSWER_MAX];
	const struct postern_host *h = t->host;
	const bool well = cause[0] == '\0' && count <= CAMERA_FRAMES_MAX;
	int r = PN_ELIMIT;
	a.result = well ? POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL : POSTERN__CHECK_RESULT__CHECK_ABORTED;
	a.cause = (char *)(uintptr_t)cause;
	for (uint32_t i = 0; well && i < count; i++)
		list[a.n_frames++] = &frames[i];
	a.frames = list;
	const size_t packed = postern__face_captured__get_packed_size(&a);
	if (packed <= sizeof bytes) {
		postern__face_captured__pack(&a, bytes);
		r = a.n_frames > 0 ? h->answer_blob(h->ctx, query, POSTERN__ENVELOPE__BODY_FACE_CAPTURED, bytes, packed, blob, used)
				   : h->answer(h->ctx, query, POSTERN__ENVELOPE__BODY_FACE_CAPTURED, bytes, packed);
	}
	if (r != 0)
		h->log(h->ctx, POSTERN_WARNING, "camera.answer_refused", "");
	h->count(h->ctx, well ? "frames_total" : "faults_total", well ? count : 1);
	explicit_bzero(blob, used);
}

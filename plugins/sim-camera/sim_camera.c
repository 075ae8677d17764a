/* SPDX-License-Identifier: Apache-2.0
 * Plugin sim-camera: answers capture_face with the next JPEG files of a folder, read once at the
 * start. Must never be loaded by a production profile, which its manifest sees to, nor be given a
 * traveller's picture.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "bus.pb-c.h"
#include "face.pb-c.h"
#include "postern/plugin.h"

enum {
	FILES_MAX = 64,
	FRAMES_MAX = 16,
	FILE_BYTES_MAX = 4 << 20,
	BLOB_BYTES_MAX = 8 << 20,
	TOTAL_BYTES_MAX = 32 << 20,
	PATH_BYTES = 4096,
	ANSWER_MAX = 2048
};

struct shot {
	uint8_t *bytes;
	uint32_t size;
};

struct camera {
	const struct postern_host *host;
	struct shot shot[FILES_MAX];
	size_t count, next, total;
	uint8_t *blob; /* of BLOB_BYTES_MAX */
};

static uint64_t now_ns(void)
{
	struct timespec t;
	if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
		return 0;
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static void give(struct camera *c, uint64_t query_id, const Postern__FaceCaptured *a, size_t size)
{
	uint8_t bytes[ANSWER_MAX];
	const struct postern_host *h = c->host;
	int r = PN_ELIMIT;
	const size_t packed = postern__face_captured__get_packed_size(a);
	if (packed <= sizeof bytes) {
		postern__face_captured__pack(a, bytes);
		r = size > 0 ? h->answer_blob(h->ctx, query_id,
				       POSTERN__ENVELOPE__BODY_FACE_CAPTURED, bytes, packed,
				       c->blob, size)
			     : h->answer(h->ctx, query_id, POSTERN__ENVELOPE__BODY_FACE_CAPTURED,
				       bytes, packed);
	}
	if (r != 0)
		h->log(h->ctx, POSTERN_WARNING, "sim_camera.answer_refused", "");
}

static void capture(struct camera *c, uint64_t query_id, uint32_t wanted)
{
	Postern__FaceCaptured a = POSTERN__FACE_CAPTURED__INIT;
	Postern__FaceFrame frame[FRAMES_MAX], *list[FRAMES_MAX];
	size_t at = 0;
	a.frames = list;
	for (; a.n_frames < wanted && a.n_frames < FRAMES_MAX; a.n_frames++) {
		const struct shot *s = &c->shot[c->next];
		if (s->size > BLOB_BYTES_MAX - at)
			break;
		memcpy(c->blob + at, s->bytes, s->size);
		postern__face_frame__init(&frame[a.n_frames]);
		frame[a.n_frames].format = POSTERN__FRAME_FORMAT__FRAME_JPEG;
		frame[a.n_frames].offset = (uint32_t)at;
		frame[a.n_frames].size = s->size;
		frame[a.n_frames].mono_ns = now_ns();
		list[a.n_frames] = &frame[a.n_frames];
		at += s->size;
		c->next = (c->next + 1) % c->count;
	}
	a.result = a.n_frames > 0 ? POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL
				  : POSTERN__CHECK_RESULT__CHECK_ABORTED;
	a.cause = (char *)(uintptr_t)(a.n_frames > 0 ? "" : "camera.no_frames");
	give(c, query_id, &a, at);
	c->host->count(c->host->ctx, "captures_total", 1);
}

static void on_message(void *self, const struct postern_message *m)
{
	if (m->body != POSTERN__ENVELOPE__BODY_CAPTURE_FACE)
		return;
	Postern__CaptureFace *q = postern__capture_face__unpack(NULL, m->size, m->bytes);
	if (q == NULL)
		return;
	capture(self, m->query_id, q->frames);
	postern__capture_face__free_unpacked(q, NULL);
}

static int is_jpeg(const struct dirent *d)
{
	const size_t n = strlen(d->d_name);
	return n > 4 && d->d_name[0] != '.' && strcmp(d->d_name + n - 4, ".jpg") == 0;
}

static int load(struct camera *c, const char *folder, const char *name)
{
	char path[PATH_BYTES];
	struct shot *s = &c->shot[c->count];
	if (c->count == FILES_MAX ||
		snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
		return PN_ELIMIT;
	FILE *f = fopen(path, "rbe");
	if (f == NULL)
		return PN_EIO;
	const size_t size = fread(c->blob, 1, FILE_BYTES_MAX + 1, f);
	fclose(f);
	if (size == 0)
		return PN_EIO;
	if (size > FILE_BYTES_MAX || size > TOTAL_BYTES_MAX - c->total)
		return PN_ELIMIT;
	s->bytes = malloc(size);
	if (s->bytes == NULL)
		return PN_ENOMEM;
	memcpy(s->bytes, c->blob, size);
	s->size = (uint32_t)size;
	c->total += size;
	c->count++;
	return PN_OK;
}

static void on_stop(void *self)
{
	struct camera *c = self;
	for (size_t i = 0; i < c->count; i++)
		free(c->shot[i].bytes);
	free(c->blob);
	free(c);
}

static int on_init(const struct postern_host *host, void **self)
{
	struct dirent **names = NULL;
	const char *folder = host->folder(host->ctx, "pictures");
	if (!POSTERN_HOST_HAS(host, answer_blob) || folder == NULL)
		return PN_EUNSUPPORTED;
	struct camera *c = calloc(1, sizeof *c);
	if (c == NULL)
		return PN_ENOMEM;
	c->host = host;
	c->blob = malloc(BLOB_BYTES_MAX);
	const int found = scandir(folder, &names, is_jpeg, alphasort);
	int r = c->blob == NULL ? PN_ENOMEM
		: found < 0     ? PN_EIO
		: found == 0    ? PN_ENOTFOUND
				: PN_OK;
	for (int i = 0; i < found; i++) {
		if (r == PN_OK)
			r = load(c, folder, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	if (r == PN_OK)
		*self = c;
	else
		on_stop(c);
	return r;
}

POSTERN_PLUGIN(.name = "sim-camera", .version = "0.1.0", .init = on_init, .message = on_message,
	.stop = on_stop);

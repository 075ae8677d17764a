/* SPDX-License-Identifier: Apache-2.0
 * Pictures of a crossing whose face check did not succeed, where the configuration keeps them: read from what passed through, handed to the
 * journal's sealer, wiped. Must never decode one, keep one longer than this call in clear, nor any without the configuration's word.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "bus/blob.h"
#include "face.pb-c.h"
#include "loop/core_run.h"

enum { HOUR_MS = 3600000, CLOCK_SLACK_MS = HOUR_MS };

static int fd_of(const struct core *c, const uint8_t *sha256)
{
	for (int i = 0; i < CORE_PICTURES; i++)
		if (c->pictures[i].fd >= 0 && memcmp(c->pictures[i].sha256, sha256, BUS_HASH_SIZE) == 0)
			return c->pictures[i].fd;
	return -1;
}

static void wipe(Postern__KeptFace *f)
{
	if (f->picture.data != NULL)
		explicit_bzero(f->picture.data, f->picture.len);
	free(f->picture.data);
	f->picture = (ProtobufCBinaryData){ 0 };
}

/* PN_ENOTFOUND: it has not passed through here, or is not held any more. */
static int take(const struct core *c, const struct lane_picture *p, Postern__KeptFace *out)
{
	struct bus_blob blob = { .size = p->size };
	const int fd = fd_of(c, p->sha256);
	postern__kept_face__init(out);
	if (fd < 0)
		return PN_ENOTFOUND;
	if (p->size == 0 || p->size > JOURNAL_FACES_BYTES_MAX)
		return PN_ELIMIT;
	memcpy(blob.sha256, p->sha256, sizeof blob.sha256);
	out->picture.data = malloc((size_t)p->size);
	if (out->picture.data == NULL)
		return PN_ENOMEM;
	out->picture.len = (size_t)p->size;
	int r = blob_read(fd, &blob, out->picture.data);
	out->name = (char *)(uintptr_t)p->name;
	out->media_type = (char *)(uintptr_t)(p->media_type != NULL ? p->media_type : "");
	if (r != PN_OK)
		wipe(out);
	return r;
}

static int submit(struct core *c, const Postern__KeptFaces *k)
{
	const size_t size = postern__kept_faces__get_packed_size(k);
	uint8_t *bytes = malloc(size);
	if (bytes == NULL)
		return PN_ENOMEM;
	postern__kept_faces__pack(k, bytes);
	int r = journal_keep_faces(c->journal, TAG_FACES, k->crossing_id, k->wall_ms, bytes, size);
	explicit_bzero(bytes, size);
	free(bytes);
	return r;
}

/* Beside those that k has. PN_ELIMIT: there is no room for it. */
static int add(const struct core *c, const struct lane_picture *p, Postern__KeptFaces *k, Postern__KeptFace *place)
{
	int r = take(c, p, place);
	if (r != PN_OK)
		return r;
	k->faces[k->n_faces++] = place;
	if (postern__kept_faces__get_packed_size(k) <= JOURNAL_FACES_BYTES_MAX)
		return PN_OK;
	k->n_faces--;
	wipe(place);
	return PN_ELIMIT;
}

bool faces_keep(void *ctx, const char *crossing_id, int64_t wall_ms, const struct lane_picture *faces, size_t count)
{
	struct core *c = ctx;
	Postern__KeptFace face[CORE_PICTURES], *list[CORE_PICTURES];
	Postern__KeptFaces k = POSTERN__KEPT_FACES__INIT;
	int r = PN_OK;
	k.crossing_id = (char *)(uintptr_t)crossing_id;
	k.wall_ms = wall_ms;
	k.faces = list;
	for (size_t i = 0; i < count && i < CORE_PICTURES; i++) {
		const int added = add(c, &faces[i], &k, &face[k.n_faces]);
		r = added != PN_OK ? added : r;
	}
	const int submitted = k.n_faces > 0 ? submit(c, &k) : PN_ENOTFOUND;
	for (size_t i = 0; i < k.n_faces; i++)
		wipe(&face[i]);
	if (r != PN_OK || submitted != PN_OK)
		pn_log(LOG_LEVEL_WARNING, "journal", submitted == PN_OK ? "faces.not_all_kept" : "faces.not_kept", LE(r != PN_OK ? r : submitted));
	return submitted == PN_OK;
}

void faces_purge(struct core *c)
{
	const int64_t hours = c->unit->journal.failed_faces_hours, now = clock_wall_ms();
	/* Without the configuration's word there is none to keep, whenever it was taken. */
	int r = hours == 0 ? journal_purge_faces(c->journal, TAG_FACES, INT64_MAX, INT64_MAX)
			   : journal_purge_faces(c->journal, TAG_FACES, now - hours * HOUR_MS, now + CLOCK_SLACK_MS);
	if (r != PN_OK)
		pn_log(LOG_LEVEL_WARNING, "journal", "faces.purge_refused", LE(r));
}

void faces_done(const struct journal_completion *done)
{
	if (done->result != PN_OK)
		pn_log(LOG_LEVEL_ERROR, "journal", done->operation == JOURNAL_FACES_KEPT ? "faces.not_kept" : "faces.not_purged", LE(done->result));
	else if (done->faces > 0)
		pn_log(LOG_LEVEL_INFO, "journal", "faces.purged", LN("crossings", done->faces));
}

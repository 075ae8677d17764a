/* SPDX-License-Identifier: Apache-2.0
 * What the post has asked of its gates: replies, portraits that follow a reply, and what time ends. Must never hand out a portrait
 * that no reply has announced, or whose hash is another.
 */
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "post/frame.h"
#include "post/internal.h"

void post_release(struct post_gates *t)
{
	post_frame_free(t->frame);
	t->frame = NULL;
	if (t->portrait != NULL)
		explicit_bzero(t->portrait, t->portrait_size);
	free(t->portrait);
	t->portrait = NULL;
}

void post_incoming_end(struct incoming *in)
{
	if (in->bytes != NULL)
		explicit_bzero(in->bytes, in->size);
	free(in->bytes);
	memset(in, 0, sizeof *in);
}

/* Without a free place, or with a size beyond the bound, the portrait is not shown. */
static void expect(struct post_gates *t, const struct waiting *w, const Postern__Portrait *p, uint64_t now_ms)
{
	struct incoming *in = NULL;
	for (size_t i = 0; in == NULL && i < POST_PORTRAITS_MAX; i++)
		if (t->incoming[i].request == 0)
			in = &t->incoming[i];
	if (in == NULL || p->size == 0 || p->size > POST_PORTRAIT_MAX || p->sha256.len != sizeof in->sha256)
		return;
	in->bytes = malloc(p->size);
	if (in->bytes == NULL)
		return;
	in->request = w->request;
	in->connection = w->connection;
	in->gate = w->gate;
	in->asker = w->asker;
	in->due_ms = now_ms + POST_REPLY_MS;
	in->source = p->source;
	in->size = p->size;
	memcpy(in->sha256, p->sha256.data, sizeof in->sha256);
}

int post_reply_heard(struct post_gates *t, size_t gate, Postern__PostReply *reply, uint64_t now_ms, struct post_event *event)
{
	const struct gate *g = &t->gates[gate];
	if (strcmp(reply->gate, g->name) != 0 || (reply->referral != NULL && strcmp(reply->referral->gate, g->name) != 0))
		return PN_EDENIED;
	for (size_t i = 0; i < POST_REQUESTS_MAX; i++) {
		struct waiting *w = &t->waiting[i];
		if (w->request == 0 || w->request != reply->request || w->connection != g->connection)
			continue;
		event->kind = POST_REPLY;
		event->request = w->request;
		event->asker = w->asker;
		event->reply = reply;
		for (size_t k = 0; reply->referral != NULL && k < reply->referral->n_portraits; k++)
			expect(t, w, reply->referral->portraits[k], now_ms);
		w->request = 0;
		return PN_OK;
	}
	return PN_OK; /* too late: it has been given up */
}

int post_part_heard(struct post_gates *t, size_t gate, const Postern__PortraitPart *part, struct post_event *event)
{
	const struct gate *g = &t->gates[gate];
	uint8_t digest[SHA256_DIGEST_LENGTH];
	struct incoming *in = NULL;
	if (part->portrait == NULL || part->bytes.len == 0 || part->bytes.len > POST_PART_MAX)
		return PN_EFORMAT;
	for (size_t i = 0; in == NULL && i < POST_PORTRAITS_MAX; i++)
		if (t->incoming[i].request == part->request && part->request != 0 && t->incoming[i].connection == g->connection &&
			t->incoming[i].source == part->portrait->source)
			in = &t->incoming[i];
	if (in == NULL)
		return PN_OK;
	if (part->offset != in->have || part->bytes.len > in->size - in->have) {
		post_incoming_end(in);
		return PN_EFORMAT;
	}
	memcpy(in->bytes + in->have, part->bytes.data, part->bytes.len);
	in->have += part->bytes.len;
	if (in->have < in->size)
		return PN_OK;
	SHA256(in->bytes, in->size, digest);
	if (memcmp(digest, in->sha256, sizeof digest) != 0) {
		post_incoming_end(in);
		return PN_EFORMAT;
	}
	event->kind = POST_PORTRAIT;
	event->request = in->request;
	event->asker = in->asker;
	event->portrait = part->portrait;
	event->bytes = t->portrait = in->bytes;
	event->size = t->portrait_size = in->size;
	in->bytes = NULL;
	post_incoming_end(in);
	return PN_OK;
}

void post_gates_forget(struct post_gates *t, const void *asker)
{
	for (size_t i = 0; i < POST_REQUESTS_MAX; i++)
		if (t->waiting[i].request != 0 && t->waiting[i].asker == asker)
			t->waiting[i].request = 0;
	for (size_t i = 0; i < POST_PORTRAITS_MAX; i++)
		if (t->incoming[i].request != 0 && t->incoming[i].asker == asker)
			post_incoming_end(&t->incoming[i]);
}

bool post_gates_due(struct post_gates *t, uint64_t now_ms, struct post_event *event)
{
	post_release(t);
	for (size_t i = 0; i < POST_PORTRAITS_MAX; i++) {
		struct incoming *in = &t->incoming[i];
		if (in->request != 0 && (now_ms >= in->due_ms || t->gates[in->gate].connection != in->connection))
			post_incoming_end(in);
	}
	for (size_t i = 0; i < POST_REQUESTS_MAX; i++) {
		struct waiting *w = &t->waiting[i];
		if (w->request == 0 || (now_ms < w->due_ms && t->gates[w->gate].connection == w->connection))
			continue;
		*event = (struct post_event){
			.kind = POST_REPLY, .gate = t->gates[w->gate].name, .request = w->request, .asker = w->asker };
		w->request = 0;
		return true;
	}
	return false;
}

/* SPDX-License-Identifier: Apache-2.0
 * Owned poll handles. Must never be freed before libuv has closed them.
 */
#include "loop/watch.h"

#include <stdlib.h>

struct watch {
	uv_poll_t poll;
	watch_handler handler;
	void *data;
};

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct watch *w = poll->data;
	/* An error on the descriptor is found by reading it. */
	w->handler(w->data, status < 0 ? UV_READABLE : events);
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

struct watch *watch_start(uv_loop_t *loop, int fd, int events, watch_handler handler, void *data)
{
	struct watch *w = calloc(1, sizeof *w);
	if (w == NULL || uv_poll_init(loop, &w->poll, fd) != 0) {
		free(w);
		return NULL;
	}
	w->handler = handler;
	w->data = data;
	w->poll.data = w;
	uv_poll_start(&w->poll, events, on_poll);
	return w;
}

void watch_events(struct watch *w, int events)
{
	uv_poll_start(&w->poll, events, on_poll);
}

void watch_stop(struct watch **w)
{
	if (*w == NULL)
		return;
	uv_poll_stop(&(*w)->poll);
	uv_close((uv_handle_t *)&(*w)->poll, on_closed);
	*w = NULL;
}

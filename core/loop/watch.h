/* SPDX-License-Identifier: Apache-2.0
 * A poll handle that owns its memory: libuv frees a handle only in a later turn of the loop, so a handle that
 * may be started again at once must not live in its user's struct. Must never outlive the loop.
 */
#ifndef POSTERN_LOOP_WATCH_H
#define POSTERN_LOOP_WATCH_H
#include <uv.h>

struct watch;
typedef void (*watch_handler)(void *data, int events);

/* Watches fd for UV_READABLE | UV_WRITABLE; NULL when memory or the loop refuses. The fd stays the caller's. */
struct watch *watch_start(uv_loop_t *loop, int fd, int events, watch_handler handler, void *data);
void watch_events(struct watch *w, int events);
/* Sets *w to NULL; no handler is called afterwards. Call before closing the fd. */
void watch_stop(struct watch **w);
#endif

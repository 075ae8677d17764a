/* SPDX-License-Identifier: Apache-2.0
 * sd_notify(3) by hand. See notify.h and docs/adr/0013-watchdogs.md. Must never wait for the service manager.
 */
#include "loop/notify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"

enum { TICK_MIN_MS = 10, TICK_MAX_MS = 1000 };

/* A decimal number and nothing else; 0 when it is none. */
static uint64_t number(const char *text)
{
	char *end = NULL;
	if (text == NULL || *text < '0' || *text > '9')
		return 0;
	errno = 0;
	unsigned long long n = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0' ? n : 0;
}

static bool address(struct notify *n, const char *path)
{
	size_t length = path != NULL ? strlen(path) : 0;
	if (length < 2 || length >= sizeof n->to.sun_path || (path[0] != '/' && path[0] != '@'))
		return false;
	n->to = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(n->to.sun_path, path, length);
	if (path[0] == '@') /* the abstract name space: all bytes count, the first is NUL */
		n->to.sun_path[0] = '\0';
	n->to_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	return true;
}

void notify_open(struct notify *n)
{
	const char *pid = getenv("WATCHDOG_PID");
	*n = (struct notify){ .fd = -1 };
	if (!address(n, getenv("NOTIFY_SOCKET")))
		return;
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (n->fd < 0)
		pn_log(LOG_LEVEL_ERROR, "supervisor", "notify.no_socket", LN("errno", errno));
	else if (pid == NULL || number(pid) == (uint64_t)getpid())
		n->watchdog_ms = number(getenv("WATCHDOG_USEC")) / 1000;
}

void notify_tell(struct notify *n, const char *state)
{
	if (n->fd < 0)
		return;
	/* A manager that does not read costs a word, never the loop. */
	if (sendto(n->fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT, (const struct sockaddr *)&n->to, n->to_size) < 0)
		pn_log(LOG_LEVEL_WARNING, "supervisor", "notify.failed", LN("errno", errno));
}

void notify_status(struct notify *n, const char *status)
{
	char line[sizeof n->status + sizeof "STATUS="];
	struct text t;
	if (strncmp(n->status, status, sizeof n->status - 1) == 0)
		return;
	text_copy(n->status, sizeof n->status, status);
	text_init(&t, line, sizeof line);
	text_add(&t, "STATUS=%s", n->status);
	notify_tell(n, line);
}

static void on_tick(uv_timer_t *timer)
{
	notify_tell(timer->data, "WATCHDOG=1");
}

void notify_watchdog(struct notify *n, uv_loop_t *loop)
{
	uint64_t every = n->watchdog_ms / 4;
	if (n->fd < 0 || n->watchdog_ms == 0)
		return;
	every = every > TICK_MAX_MS ? TICK_MAX_MS : every < TICK_MIN_MS ? TICK_MIN_MS : every;
	uv_timer_init(loop, &n->tick);
	n->tick.data = n;
	uv_timer_start(&n->tick, on_tick, 0, every);
}

void notify_close(struct notify *n)
{
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}

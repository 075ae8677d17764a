/* SPDX-License-Identifier: Apache-2.0
 * The supervisor's word to the service manager: sd_notify(3)'s protocol, one datagram of VARIABLE=VALUE lines to $NOTIFY_SOCKET.
 * The watchdog is told from a timer of the supervisor's own loop and from nowhere else, so that it is silent when the loop is.
 * Must never block, never speak for a watchdog of another process ($WATCHDOG_PID), and never be called from a thread.
 */
#ifndef POSTERN_LOOP_NOTIFY_H
#define POSTERN_LOOP_NOTIFY_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/un.h>
#include <uv.h>

struct notify {
	int fd; /* -1: there is no service manager, and nothing is told */
	struct sockaddr_un to;
	socklen_t to_size;
	uint64_t watchdog_ms; /* within which it wants to hear WATCHDOG=1; 0: it does not */
	uv_timer_t tick;
	char status[96]; /* as last told */
};

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID (sd_notify(3), sd_watchdog_enabled(3)). n is not moved afterwards. */
void notify_open(struct notify *n);
/* "READY=1", "STOPPING=1" ... */
void notify_tell(struct notify *n, const char *state);
/* STATUS=status, when it is another one than before. */
void notify_status(struct notify *n, const char *status);
/* WATCHDOG=1 four times within watchdog_ms, at least once a second, for as long as the loop turns. */
void notify_watchdog(struct notify *n, uv_loop_t *loop);
void notify_close(struct notify *n);
#endif

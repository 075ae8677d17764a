/* SPDX-License-Identifier: Apache-2.0
 * The loopback port at which `postern traveller` takes the place of a simulated lane's people. Lines of text both ways: acts,
 * "look" and "kinds" come in; "KEY VALUE" for what a person sees, "kind NAME ABOUT" and answers go out. Whoever sends anything else, too much
 * or nothing is disconnected. Must never wait, hold more than four connections, or do more than one act at a turn.
 */
#ifndef POSTERN_SIM_HAND_SOCKET_H
#define POSTERN_SIM_HAND_SOCKET_H
#include "by_hand.h"

enum {
	HAND_CLIENTS = 4,
	HAND_GAP_MS = 50,         /* between two acts, whoever asks for them */
	HAND_FIRST_LINE_MS = 5000 /* after which a connection that has said nothing is closed */
};

/* What a person at the lane sees; the keys of the lines. */
enum hand_value { HAND_WHO, HAND_SHOWN, HAND_ENTRY, HAND_EXIT, HAND_PLACE, HAND_DOCUMENT, HAND_BAG, HAND_VALUES };

struct hand_socket;

/* PN_EIO: 127.0.0.1:port cannot be listened on; PN_ENOMEM. */
int hand_socket_open(uint16_t port, struct hand_socket **out);
void hand_socket_close(struct hand_socket *s);
/* Takes at most one new connection and one act; tells everybody each value that is not what was told. act() gets a line of at most
 * HAND_LINE_MAX - 1 printable characters. */
void hand_socket_turn(struct hand_socket *s, uint64_t now_ms, const char *const values[HAND_VALUES],
	enum hand_answer (*act)(void *self, const char *line), void *self);
#endif

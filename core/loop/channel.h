/* SPDX-License-Identifier: Apache-2.0
 * The supervisor's word with a core: who lives, who died, whom to kill. Fixed structs over one SOCK_SEQPACKET pair;
 * both ends are the same build. Must never carry bytes that came from a plugin.
 */
#ifndef POSTERN_LOOP_CHANNEL_H
#define POSTERN_LOOP_CHANNEL_H
#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"

enum channel_kind {
	CHANNEL_PLUGIN_UP = 1,	 /* supervisor -> core, with the core's end of the bus */
	CHANNEL_PLUGIN_DOWN = 2, /* supervisor -> core */
	CHANNEL_STOP = 3,	 /* supervisor -> core: finish the commit in hand, then exit */
	CHANNEL_KILL = 4,	 /* core -> supervisor: this plugin broke the contract */
	CHANNEL_ALIVE = 5,	 /* core -> supervisor, every heartbeat */
};

struct channel_message {
	uint32_t kind;
	int32_t pid;
	uint32_t plugin_kind; /* Postern__PluginKind */
	uint32_t restarts;
	uint32_t wait_status; /* as waitpid gave it */
	uint8_t unavailable;  /* PLUGIN_DOWN: will not come back by itself */
	char instance[64];
	char plugin[64];
	char version[32];
};

/* fd -1: none. */
int channel_send(int channel, const struct channel_message *m, int fd) PN_MUST_CHECK;
/* PN_EAGAIN, PN_ECLOSED, PN_EFORMAT; *fd is -1 or owned by the caller. */
int channel_receive(int channel, struct channel_message *m, int *fd) PN_MUST_CHECK;
#endif

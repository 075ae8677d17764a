/* SPDX-License-Identifier: Apache-2.0
 * Supervisor-core channel. Must never block.
 */
#include "loop/channel.h"

#include <string.h>
#include <unistd.h>

#include "bus/bus.h"

int channel_send(int channel, const struct channel_message *m, int fd)
{
	return bus_send(channel, (const uint8_t *)m, sizeof *m, fd);
}

int channel_receive(int channel, struct channel_message *m, int *fd)
{
	size_t size = 0;
	int r = bus_receive(channel, (uint8_t *)m, sizeof *m, &size, fd);
	if (r != PN_OK)
		return r;
	if (size != sizeof *m) {
		if (*fd >= 0)
			close(*fd);
		*fd = -1;
		return PN_EFORMAT;
	}
	m->instance[sizeof m->instance - 1] = '\0';
	m->plugin[sizeof m->plugin - 1] = '\0';
	m->version[sizeof m->version - 1] = '\0';
	return PN_OK;
}

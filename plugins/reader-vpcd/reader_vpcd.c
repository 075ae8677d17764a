/* SPDX-License-Identifier: Apache-2.0
 * Plugin reader-vpcd: reads virtual passports that connect to a port on loopback. A plugin of its own, and simulated, so that a
 * production profile does not load it: whoever can connect is a document. Must never be reached from another machine.
 */
#include <stdio.h>
#include <stdlib.h>

#include "chip/plugin.h"
#include "chip/vpcd.h"
#include "postern/plugin.h"

struct reader_vpcd {
	const struct postern_host *host;
	struct vpcd *vpcd;
};

static int start(void *self, struct chip_slot slots[CHIP_SLOTS_MAX], size_t *count)
{
	struct reader_vpcd *r = self;
	char port[8];
	int err = vpcd_open("127.0.0.1", (uint16_t)r->host->option_int(r->host->ctx, "port"), &r->vpcd);
	if (err != PN_OK)
		return err;
	snprintf(port, sizeof port, "%u", vpcd_port(r->vpcd));
	r->host->log(r->host->ctx, POSTERN_INFO, "reader.listens", port);
	slots[0] = vpcd_slot(r->vpcd);
	*count = 1;
	return PN_OK;
}

static bool ready(void *self, const char **reason)
{
	struct reader_vpcd *r = self;
	*reason = "reader.disconnected";
	return r->vpcd != NULL;
}

static int status_fd(void *self)
{
	(void)self;
	return -1;
}

static void stop(void *self, bool hung)
{
	struct reader_vpcd *r = self;
	if (hung)
		return;
	vpcd_close(r->vpcd);
	free(r);
}

static int init(const struct postern_host *host, void **self)
{
	struct reader_vpcd *r = calloc(1, sizeof *r);
	if (r == NULL)
		return PN_ENOMEM;
	r->host = host;
	/* The source owns r; its stop() frees it. */
	return chip_plugin_init(host, &(struct chip_source){r, start, ready, status_fd, stop}, self);
}

POSTERN_PLUGIN(.name = "reader-vpcd", .version = "0.1.0", .init = init, .start = chip_plugin_start,
	.message = chip_plugin_message, .tick = chip_plugin_tick, .core_started = chip_plugin_core_started,
	.stop = chip_plugin_stop);

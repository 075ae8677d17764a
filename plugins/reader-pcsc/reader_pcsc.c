/* SPDX-License-Identifier: Apache-2.0
 * Plugin reader-pcsc: reads chips on the readers that pcscd knows. Must never wait for pcscd on the main thread once it has
 * started.
 */
#include <stdlib.h>

#include "chip/pcsc.h"
#include "chip/plugin.h"
#include "postern/plugin.h"

struct reader_pcsc {
	struct pcsc *pcsc;
};

static int start(void *self, struct chip_slot slots[CHIP_SLOTS_MAX], size_t *count)
{
	struct reader_pcsc *r = self;
	for (size_t i = 0; i < CHIP_SLOTS_MAX; i++)
		slots[i] = pcsc_slot(r->pcsc, i);
	*count = CHIP_SLOTS_MAX;
	return pcsc_start(r->pcsc);
}

static bool ready(void *self, const char **reason)
{
	return pcsc_ready(((struct reader_pcsc *)self)->pcsc, reason);
}

static int status_fd(void *self)
{
	return pcsc_status_fd(((struct reader_pcsc *)self)->pcsc);
}

static void stop(void *self, bool hung)
{
	struct reader_pcsc *r = self;
	pcsc_close(r->pcsc, hung);
	free(r);
}

static int init(const struct postern_host *host, void **self)
{
	const char *readers = host->option(host->ctx, "readers");
	struct reader_pcsc *r = calloc(1, sizeof *r);
	if (r == NULL)
		return PN_ENOMEM;
	int err = pcsc_open(readers != NULL ? readers : "", &r->pcsc);
	if (err != PN_OK) {
		free(r);
		return err;
	}
	pcsc_warm();
	return chip_plugin_init(host, &(struct chip_source){r, start, ready, status_fd, stop}, self);
}

POSTERN_PLUGIN(.name = "reader-pcsc", .version = "0.1.0", .init = init, .start = chip_plugin_start,
	.message = chip_plugin_message, .tick = chip_plugin_tick, .core_started = chip_plugin_core_started,
	.stop = chip_plugin_stop);

/* SPDX-License-Identifier: Apache-2.0
 * Plugin reader-serial: an OCR reader of machine readable zones on a serial line, which is plugins/lib/reader. Must never do more than it
 * there does.
 */
#include "postern/plugin.h"
#include "reader/serial.h"

static int reader_init(const struct postern_host *host, void **self)
{
	struct serial_reader *r = NULL;
	const int err = serial_reader_new(host, false, &r);

	if (err == 0)
		*self = r;
	return err;
}

static int reader_start(void *self)
{
	serial_reader_start(self);
	return 0;
}

/* The core asks this reader nothing, since it says that it gives no portraits. */
static void reader_message(void *self, const struct postern_message *message)
{
	(void)self;
	(void)message;
}

static void reader_tick(void *self, uint64_t now_ms)
{
	serial_reader_tick(self, now_ms);
}

static void reader_core_started(void *self, uint64_t core_epoch)
{
	(void)core_epoch;
	serial_reader_core_started(self);
}

static void reader_stop(void *self)
{
	serial_reader_free(self);
}

POSTERN_PLUGIN(.name = "reader-serial", .version = "0.1.0", .init = reader_init,
	.start = reader_start, .message = reader_message, .tick = reader_tick,
	.core_started = reader_core_started, .stop = reader_stop);

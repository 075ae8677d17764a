/* SPDX-License-Identifier: Apache-2.0
 * An OCR reader of machine readable zones on a serial line, as a plugin of kind reader has it: options and device by the names in
 * reader-serial.plugin, everything that it reports. Must never interpret a zone, log one, or keep one after its document is gone.
 *
 * Loss of the line: the core is told at once, the descriptor is tried again for lost_after_ms (the far end may only have been restarted), then
 * the plugin asks to be ended: only the supervisor can open the device anew.
 */
#ifndef POSTERN_READER_SERIAL_H
#define POSTERN_READER_SERIAL_H
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "postern/plugin.h"

struct serial_reader;

/* portraits: what its status says of them. host lives longer. PN_EINVAL: an option; PN_ENOTFOUND: no device; PN_EIO: a line that
 * refuses; PN_ENOMEM, PN_EUNSUPPORTED. */
int serial_reader_new(const struct postern_host *host, bool portraits, struct serial_reader **out) PN_MUST_CHECK;
/* The plugin's own calls of these names. */
void serial_reader_start(struct serial_reader *r);
void serial_reader_tick(struct serial_reader *r, uint64_t now_ms);
void serial_reader_core_started(struct serial_reader *r);
void serial_reader_free(struct serial_reader *r);
#endif

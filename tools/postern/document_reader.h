/* SPDX-License-Identifier: Apache-2.0
 * Where a chip is read by hand: a reader of PC/SC, or a socket on loopback. Must never take a reader that the name does not fit alone.
 */
#ifndef POSTERN_TOOL_DOCUMENT_READER_H
#define POSTERN_TOOL_DOCUMENT_READER_H
#include "chip/slot.h"
#include "cli.h"

struct document_reader {
	struct vpcd *vpcd;
	struct pcsc *pcsc;
	struct chip_slot slot;
};

/* Told on cli->err when it is not CLI_OK. */
int document_reader_open(struct cli *cli, const char *name, struct document_reader *out);
void document_reader_close(struct document_reader *r);
int document_readers_command(struct cli *cli);
#endif

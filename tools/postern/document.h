/* SPDX-License-Identifier: Apache-2.0
 * What `postern document inspect` and `postern document read` share. Must never be included by another command.
 */
#ifndef POSTERN_TOOL_DOCUMENT_H
#define POSTERN_TOOL_DOCUMENT_H
#include "cli.h"
#include "emrtd/inspect/passive.h"
#include "mrz/mrz.h"

/* Each told on cli->err when it is not CLI_OK. */
int document_load(struct cli *cli, const char *path, size_t limit, uint8_t **bytes, size_t *size);
/* --root, --trust, --crl, --defects. */
int document_trust(struct cli *cli, struct trust *t);
/* --mrz FILE without its line ends; "" when not given. */
int document_optical(struct cli *cli, char out[96]);
void document_parse_zone(const char *zone, const struct mrz_date *at, struct mrz *out);
void document_report(struct cli *cli, const struct inspection *result, const struct mrz *mrz);

int document_read_command(struct cli *cli);
#endif

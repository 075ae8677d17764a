/* SPDX-License-Identifier: Apache-2.0
 * What the commands of `postern document` share. Must never be included by another command.
 */
#ifndef POSTERN_TOOL_DOCUMENT_H
#define POSTERN_TOOL_DOCUMENT_H
#include "cli.h"
#include "emrtd/report/xml.h"
#include "mrz/mrz.h"

enum { DOCUMENT_FILE_MAX = 1024 * 1024 };

struct document_groups {
	uint8_t *bytes[SOD_GROUPS]; /* DGn at n; NULL: not given */
	size_t size[SOD_GROUPS];
};

/* Each told on cli->err when it is not CLI_OK. */
int document_load(struct cli *cli, const char *path, size_t limit, uint8_t **bytes, size_t *size);
/* "N=FILE" of each --dg; freed, and wiped, also after a failure. */
int document_load_groups(struct cli *cli, struct document_groups *g);
void document_free_groups(struct document_groups *g);
/* --root, --trust, --crl, --deviations, --defects. */
int document_trust(struct cli *cli, struct trust *t);
/* --mrz FILE without its line ends; "" when not given. */
int document_optical(struct cli *cli, char out[96]);
void document_parse_zone(const char *zone, const struct mrz_date *at, struct mrz *out);
/* The report on cli->out, and as XML where --xml names a file: the caller has set report, access, exchanges and read_ms of *log. */
int document_report(struct cli *cli, struct report_xml *log, const struct report_input *in, const struct mrz_date *at);

int document_read_command(struct cli *cli);
int document_show_command(struct cli *cli);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * See document_reader.h. Must never listen beyond loopback.
 */
#include "document_reader.h"

#include <stdlib.h>
#include <string.h>

#include "chip/vpcd.h"
#ifdef POSTERN_PCSC
#include "chip/pcsc.h"
#endif
#include "json/json.h"

static int open_vpcd(struct cli *cli, const char *name, struct document_reader *out)
{
	char host[64];
	const char *at = name + strlen("vpcd:"), *colon = strrchr(at, ':');
	size_t n = colon != NULL ? (size_t)(colon - at) : 0;
	long port = colon != NULL ? strtol(colon + 1, NULL, 10) : 0;
	if (n == 0 || n >= sizeof host || port < 1 || port > 65535)
		return cli_fail(cli, CLI_USAGE, "--reader %s: expected vpcd:HOST:PORT", name);
	memcpy(host, at, n);
	host[n] = '\0';
	int err = vpcd_open(host, (uint16_t)port, &out->vpcd);
	if (err == PN_EINVAL)
		return cli_fail(cli, CLI_USAGE, "--reader %s: expected a loopback address such as 127.0.0.1", name);
	if (err != PN_OK)
		return cli_fail(cli, CLI_UNAVAILABLE, "%s: the port cannot be had", name);
	out->slot = vpcd_slot(out->vpcd);
	return CLI_OK;
}

#ifdef POSTERN_PCSC
static int list_readers(const struct cli *cli, struct pcsc_list *l)
{
	return pcsc_list(l) == PN_OK ? CLI_OK : cli_fail(cli, CLI_UNAVAILABLE, "pcscd does not answer: is it installed and running?");
}

/* The name itself, or the only one that it is part of. */
static int choose(const struct cli *cli, const char *name, const struct pcsc_list *l, const char **chosen)
{
	size_t fit = 0;
	for (size_t i = 0; i < l->count; i++) {
		if (strcmp(l->names[i], name) == 0) {
			*chosen = l->names[i];
			return CLI_OK;
		}
		if (strstr(l->names[i], name) != NULL) {
			*chosen = l->names[i];
			fit++;
		}
	}
	if (fit == 1)
		return CLI_OK;
	return cli_fail(cli, CLI_USAGE, "--reader %s: %zu of %zu readers have that in their name, expected one; see `postern document readers`",
		name, fit, l->count);
}

static int open_pcsc(struct cli *cli, const char *name, struct document_reader *out)
{
	struct pcsc_list l;
	const char *chosen = NULL;
	int r = list_readers(cli, &l);
	if (r == CLI_OK)
		r = choose(cli, name, &l, &chosen);
	if (r != CLI_OK)
		return r;
	if (pcsc_open_one(chosen, &out->pcsc) != PN_OK || pcsc_start(out->pcsc) != PN_OK)
		return cli_fail(cli, CLI_UNAVAILABLE, "%s: no thread to follow it", chosen);
	out->slot = pcsc_slot(out->pcsc, 0);
	return CLI_OK;
}

int document_readers_command(struct cli *cli)
{
	struct pcsc_list l;
	struct json j;
	int r = list_readers(cli, &l);
	if (r != CLI_OK)
		return r;
	if (cli->json) {
		json_begin(&j, cli->out, true);
		json_object(&j, NULL);
		json_array(&j, "readers");
	}
	for (size_t i = 0; i < l.count; i++) {
		if (cli->json)
			json_string(&j, NULL, l.names[i]);
		else
			fprintf(cli->out, "%s\n", l.names[i]);
	}
	if (cli->json) {
		json_end_array(&j);
		json_end_object(&j);
		json_finish(&j);
	}
	return CLI_OK;
}
#else
static int open_pcsc(struct cli *cli, const char *name, struct document_reader *out)
{
	(void)out;
	return cli_fail(cli, CLI_USAGE, "--reader %s: built without PC/SC, expected vpcd:HOST:PORT", name);
}

int document_readers_command(struct cli *cli)
{
	return cli_fail(cli, CLI_UNAVAILABLE, "built without PC/SC");
}
#endif

int document_reader_open(struct cli *cli, const char *name, struct document_reader *out)
{
	memset(out, 0, sizeof *out);
	int r = strncmp(name, "vpcd:", 5) == 0 ? open_vpcd(cli, name, out) : open_pcsc(cli, name, out);
	if (r != CLI_OK)
		document_reader_close(out);
	return r;
}

void document_reader_close(struct document_reader *r)
{
	vpcd_close(r->vpcd);
#ifdef POSTERN_PCSC
	pcsc_close(r->pcsc, false);
#endif
	memset(r, 0, sizeof *r);
}

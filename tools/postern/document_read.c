/* SPDX-License-Identifier: Apache-2.0
 * `postern document read`: one chip from the command line, over the vpcd protocol. Prints what the document says to the one
 * who holds it. Must never print a password or a key, nor wait without a bound.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "document.h"
#include "emrtd/document.h"
#include "emrtd/lds/lds.h"

enum { APDU_TIMEOUT_MS = 5000, READ_TIMEOUT_MS = 60000, APDU_MAX = 4096 };

/* vpcd: two bytes of length, then as many bytes; one byte alone is a control. */
enum { VPCD_POWER_OFF, VPCD_POWER_ON, VPCD_RESET, VPCD_ATR = 4 };

struct reader {
	int fd;
	FILE *trace;
	uint64_t begun_ms;
	unsigned exchanges;
};

static bool wait_for(const struct reader *r, short events)
{
	struct pollfd p = {.fd = r->fd, .events = events};
	int rc;
	if (clock_mono_ms() - r->begun_ms > READ_TIMEOUT_MS)
		return false;
	do
		rc = poll(&p, 1, APDU_TIMEOUT_MS);
	while (rc < 0 && errno == EINTR);
	return rc == 1;
}

static bool get(const struct reader *r, uint8_t *out, size_t size)
{
	while (size > 0) {
		ssize_t n = wait_for(r, POLLIN) ? recv(r->fd, out, size, 0) : -1;
		if (n <= 0)
			return false;
		out += n;
		size -= (size_t)n;
	}
	return true;
}

static bool give(const struct reader *r, const uint8_t *bytes, size_t size)
{
	uint8_t packet[2 + APDU_MAX];
	if (size > APDU_MAX)
		return false;
	packet[0] = (uint8_t)(size >> 8);
	packet[1] = (uint8_t)size;
	memcpy(packet + 2, bytes, size);
	return send(r->fd, packet, size + 2, MSG_NOSIGNAL) == (ssize_t)(size + 2);
}

static bool take(const struct reader *r, uint8_t *out, size_t *size)
{
	uint8_t head[2];
	if (!get(r, head, 2))
		return false;
	size_t n = (size_t)head[0] << 8 | head[1];
	if (n > *size)
		return false;
	*size = n;
	return get(r, out, n);
}

static int transmit(void *self, const uint8_t *command, size_t size, uint8_t *response, size_t *response_size)
{
	struct reader *r = self;
	uint64_t begin = clock_mono_ns();
	r->exchanges++;
	bool ok = give(r, command, size) && take(r, response, response_size);
	if (r->trace != NULL && size >= 4)
		fprintf(r->trace, "%3u  CLA %02X INS %02X  %4zu bytes there, %5zu back, status %02X%02X, %.1f ms\n", r->exchanges,
			command[0], command[1], size, ok ? *response_size : 0, ok && *response_size >= 2 ? response[*response_size - 2] : 0,
			ok && *response_size >= 2 ? response[*response_size - 1] : 0,
			(double)(clock_mono_ns() - begin) / 1e6);
	return ok ? PN_OK : PN_EIO;
}

static int listen_at(struct cli *cli, const char *reader)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	char host[64];
	const char *colon = strncmp(reader, "vpcd:", 5) == 0 ? strrchr(reader + 5, ':') : NULL;
	size_t n = colon != NULL ? (size_t)(colon - (reader + 5)) : 0;
	long port = colon != NULL ? strtol(colon + 1, NULL, 10) : 0;
	if (n == 0 || n >= sizeof host || port < 1 || port > 65535) {
		cli_fail(cli, CLI_USAGE, "--reader %s: expected vpcd:HOST:PORT", reader);
		return -1;
	}
	memcpy(host, reader + 5, n);
	host[n] = '\0';
	at.sin_port = htons((uint16_t)port);
	if (inet_pton(AF_INET, host, &at.sin_addr) != 1 || (ntohl(at.sin_addr.s_addr) >> 24) != 127) {
		cli_fail(cli, CLI_USAGE, "--reader %s: expected a loopback address such as 127.0.0.1", reader);
		return -1;
	}
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 1) != 0) {
		cli_fail(cli, CLI_UNAVAILABLE, "%s: %s", reader, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

/* The chip that comes, powered. */
static int await_chip(struct cli *cli, struct reader *r, long wait_s)
{
	static const uint8_t on[] = {VPCD_POWER_ON}, ask[] = {VPCD_ATR};
	uint8_t atr[64];
	size_t size = sizeof atr;
	int one = 1, server = listen_at(cli, cli_value(cli, "reader"));
	if (server < 0)
		return CLI_USAGE;
	struct pollfd p = {.fd = server, .events = POLLIN};
	int rc = poll(&p, 1, (int)wait_s * 1000);
	r->fd = rc == 1 ? accept4(server, NULL, NULL, SOCK_CLOEXEC) : -1;
	close(server);
	if (r->fd < 0)
		return cli_fail(cli, CLI_UNAVAILABLE, "no chip came within %ld seconds", wait_s);
	setsockopt(r->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	r->begun_ms = clock_mono_ms();
	if (!give(r, on, 1) || !give(r, ask, 1) || !take(r, atr, &size) || size == 0)
		return cli_fail(cli, CLI_UNAVAILABLE, "the chip does not answer to power");
	return CLI_OK;
}

static int password(struct cli *cli, const char *zone, struct emrtd_password *out)
{
	const char *can = cli_value(cli, "can");
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc;
	if ((can != NULL) == (zone[0] != '\0'))
		return cli_fail(cli, CLI_USAGE, "expected --mrz FILE or --can FILE");
	if (can == NULL) {
		rc = emrtd_password_from_zone(out, zone);
		return rc == 0 ? CLI_OK : cli_fail(cli, CLI_USAGE, "--mrz %s: not the zone of a TD1, TD2 or TD3", cli_value(cli, "mrz"));
	}
	int r = document_load(cli, can, 64, &bytes, &size);
	if (r != CLI_OK)
		return r;
	bytes[strcspn((char *)bytes, "\r\n \t")] = '\0';
	rc = emrtd_password_from_can(out, (char *)bytes);
	explicit_bzero(bytes, size);
	free(bytes);
	return rc == 0 ? CLI_OK : cli_fail(cli, CLI_USAGE, "--can %s: expected six digits", can);
}

static int groups(struct cli *cli, uint32_t *out)
{
	const char *text = cli_value(cli, "groups");
	*out = 1u << 2 | 1u << 11 | 1u << 12;
	if (text == NULL)
		return CLI_OK;
	*out = 0;
	for (char *end; *text != '\0'; text = *end == ',' ? end + 1 : end) {
		unsigned long n = strtoul(text, &end, 10);
		if (end == text || n < 1 || n > 16 || (*end != ',' && *end != '\0'))
			return cli_fail(cli, CLI_USAGE, "--groups: expected numbers from 1 to 16 with commas between");
		*out |= UINT32_C(1) << n;
	}
	return CLI_OK;
}

static int keep(struct cli *cli, const char *folder, const char *name, const struct emrtd_read_file *f)
{
	char path[1024];
	if (!f->whole)
		return CLI_OK;
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *out = fopen(path, "wxe");
	bool ok = out != NULL && fchmod(fileno(out), 0600) == 0 && fwrite(f->bytes, 1, f->size, out) == f->size;
	if (out != NULL)
		ok = fclose(out) == 0 && ok;
	return ok ? CLI_OK : cli_fail(cli, CLI_UNAVAILABLE, "%s: %s", path, strerror(errno));
}

static int keep_all(struct cli *cli, const struct emrtd_document *d)
{
	const char *folder = cli_value(cli, "out");
	char name[16];
	if (folder == NULL)
		return CLI_OK;
	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return cli_fail(cli, CLI_UNAVAILABLE, "%s: %s", folder, strerror(errno));
	int r = keep(cli, folder, "EF.SOD", &d->sod);
	if (r == CLI_OK)
		r = keep(cli, folder, "EF.CardSecurity", &d->card_security);
	for (unsigned n = 1; n < EMRTD_GROUPS && r == CLI_OK; n++) {
		snprintf(name, sizeof name, "DG%u", n);
		r = keep(cli, folder, name, &d->group[n]);
	}
	return r;
}

static const char *proof(enum emrtd_proof p, bool covered)
{
	if (p == EMRTD_PROVEN && inspect_proof(p, covered) != EMRTD_PROVEN)
		return "done, by a key that the State has not been shown to sign";
	return p == EMRTD_PROVEN ? "proven" : p == EMRTD_REFUTED ? "failed" : "not performed";
}

static void tell(FILE *out, const struct emrtd_document *d, const struct inspection *i, const struct reader *r)
{
	static const char *const ways[] = {"none", "BAC", "PACE"};
	fprintf(out, "access              %s%s\n", ways[d->access.access], d->access.fell_back ? ", although the chip offers PACE" : "");
	fprintf(out, "mapping             %s\n", proof(d->mapping, i->card_security_proven));
	fprintf(out, "chip authentication %s\n", proof(d->chip, i->proven & 1u << 14));
	fprintf(out, "active authentic.   %s\n", proof(d->active, i->proven & 1u << 15));
	fprintf(out, "read in             %.2f s, %u exchanges\n", (double)(clock_mono_ms() - r->begun_ms) / 1000, d->exchanges);
}

static void judge(struct cli *cli, const struct emrtd_document *d, const struct trust *trust, const struct mrz_date *at,
	const char *seen, const struct reader *reader, struct inspection *out)
{
	struct mrz mrz;
	char zone[96];
	struct tm tm = {.tm_year = at->year - 1900, .tm_mon = at->month - 1, .tm_mday = at->day, .tm_hour = 12};
	lds_zone((struct emrtd_bytes){d->group[1].bytes, d->group[1].size}, zone);
	document_parse_zone(zone, at, &mrz);
	struct inspect_input in = {.sod = {d->sod.whole ? d->sod.bytes : NULL, d->sod.size},
		.issuer = mrz.issuer,
		.document_code = mrz.document_code,
		.dg1_mrz = zone,
		.optical_mrz = seen,
		.at_s = (int64_t)timegm(&tm),
		.trust = trust,
		.access = &d->access};
	if (d->card_security.whole)
		in.card_security = (struct inspect_file){d->card_security.bytes, d->card_security.size};
	for (unsigned n = 1; n < EMRTD_GROUPS; n++) {
		if (d->group[n].whole)
			in.group[n] = (struct inspect_file){d->group[n].bytes, d->group[n].size};
		in.absent |= (uint32_t)d->group[n].absent << n;
	}
	inspect(&in, out);
	if (!cli->json)
		tell(cli->out, d, out, reader);
	document_report(cli, out, &mrz);
	explicit_bzero(&mrz, sizeof mrz);
	explicit_bzero(zone, sizeof zone);
}

int document_read_command(struct cli *cli)
{
	struct reader reader = {.fd = -1, .trace = cli_flag(cli, "trace") ? cli->err : NULL};
	struct emrtd_document document = {0};
	struct emrtd_password secret = {0};
	const struct emrtd_policy policy = {.without_cam = false};
	struct emrtd_session *session = NULL;
	struct trust trust;
	struct inspection result;
	struct mrz_date at;
	char seen[96] = "";
	const char *date = cli_value(cli, "at");
	uint32_t wanted;
	long wait_s;
	trust_init(&trust);
	cli_today(&at.year, &at.month, &at.day);
	if (date != NULL && cli_date(date, &at.year, &at.month, &at.day) != 0)
		return cli_fail(cli, CLI_USAGE, "--at %s: expected a date as YYYY-MM-DD", date);
	if (cli_number(cli, "wait", 1, 3600, 30, &wait_s) != 0)
		return CLI_USAGE;
	int r = groups(cli, &wanted);
	if (r == CLI_OK)
		r = document_trust(cli, &trust);
	if (r == CLI_OK)
		r = document_optical(cli, seen);
	if (r == CLI_OK)
		r = password(cli, seen, &secret);
	if (r == CLI_OK)
		r = await_chip(cli, &reader, wait_s);
	if (r != CLI_OK)
		goto out;
	const struct emrtd_channel channel = {&reader, transmit, APDU_MAX, APDU_MAX, NULL};
	session = emrtd_open(&channel);
	const struct emrtd_wish wish = {.password = &secret, .policy = &policy, .groups = wanted};
	int err = session != NULL ? emrtd_document_read(session, &wish, &document) : PN_ENOMEM;
	if (err != 0) {
		struct emrtd_failure f = session != NULL ? emrtd_failure(session) : (struct emrtd_failure){0};
		r = cli_fail(cli, CLI_FINDING, "the chip could not be read: %s at %s, status %04X", emrtd_cause_key(f.cause),
			emrtd_step_key(f.step), f.sw);
		goto out;
	}
	judge(cli, &document, &trust, &at, seen, &reader, &result);
	r = keep_all(cli, &document);
	if (r == CLI_OK && (result.overall != INSPECT_SUCCESSFUL || document.mapping == EMRTD_REFUTED ||
				   document.chip == EMRTD_REFUTED || document.active == EMRTD_REFUTED))
		r = CLI_FINDING;
out:
	explicit_bzero(&secret, sizeof secret);
	explicit_bzero(seen, sizeof seen);
	emrtd_document_free(&document);
	emrtd_close(session);
	trust_free(&trust);
	if (reader.fd >= 0)
		close(reader.fd);
	return r;
}

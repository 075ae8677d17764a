/* SPDX-License-Identifier: Apache-2.0
 * The control sockets' client side. Must never print what it has not received.
 */
#include "control_client.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { CONTROL_REPLY_MAX = 65536 };

static const char *run_folder(const struct cli *cli)
{
	const char *given = cli_value(cli, "run-folder");
	if (given == NULL)
		given = getenv("POSTERN_RUN");
	return given != NULL ? given : "/run/postern";
}

static int connect_one(const char *folder, const char *unit)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd, n = snprintf(at.sun_path, sizeof at.sun_path, "%s/%s.control", folder, unit);
	if (n < 0 || (size_t)n >= sizeof at.sun_path)
		return -1;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(
		((const struct control_unit *)a)->name, ((const struct control_unit *)b)->name);
}

static void find_units(const char *folder, const char *wanted, struct control_units *units)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	while (d != NULL && (e = readdir(d)) != NULL && units->count < CONTROL_UNITS_MAX) {
		struct control_unit *u = &units->unit[units->count];
		size_t n = strlen(e->d_name);
		if (n <= 8 || n - 8 >= sizeof u->name || strcmp(e->d_name + n - 8, ".control") != 0)
			continue;
		memcpy(u->name, e->d_name, n - 8);
		u->name[n - 8] = '\0';
		if (wanted != NULL && strcmp(wanted, u->name) != 0)
			continue;
		u->fd = connect_one(folder, u->name);
		units->count++;
	}
	if (d != NULL)
		closedir(d);
	qsort(units->unit, units->count, sizeof units->unit[0], by_name);
}

int control_connect(const struct cli *cli, const char *unit, struct control_units *units)
{
	const char *folder = run_folder(cli);
	size_t connected = 0;
	memset(units, 0, sizeof *units);
	find_units(folder, unit, units);
	for (size_t i = 0; i < units->count; i++)
		connected += units->unit[i].fd >= 0;
	if (connected > 0)
		return PN_OK;
	if (unit != NULL && units->count == 0)
		fprintf(cli->err, "postern: no unit '%s' in %s: `postern status` lists them\n",
			unit, folder);
	else
		fprintf(cli->err,
			"postern: no daemon answers in %s: is posternd running, are you root, is "
			"--run-folder right?\n",
			folder);
	return PN_ENOTFOUND;
}

void control_close(struct control_units *units)
{
	for (size_t i = 0; i < units->count; i++)
		if (units->unit[i].fd >= 0)
			close(units->unit[i].fd);
	units->count = 0;
}

int control_ask(int fd, const Postern__ControlRequest *request)
{
	uint8_t bytes[4096];
	size_t size = postern__control_request__get_packed_size(request);
	if (size > sizeof bytes)
		return PN_ELIMIT;
	postern__control_request__pack(request, bytes);
	return send(fd, bytes, size, MSG_NOSIGNAL) == (ssize_t)size ? PN_OK : PN_ECLOSED;
}

int control_reply(int fd, int timeout_ms, Postern__ControlReply **out)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	uint8_t *bytes;
	ssize_t n;
	int r = poll(&p, 1, timeout_ms);
	if (r <= 0)
		return r == 0 ? PN_ETIMEOUT : PN_ECLOSED;
	bytes = malloc(CONTROL_REPLY_MAX);
	if (bytes == NULL)
		return PN_ENOMEM;
	n = recv(fd, bytes, CONTROL_REPLY_MAX, 0);
	*out = n > 0 ? postern__control_reply__unpack(NULL, (size_t)n, bytes) : NULL;
	free(bytes);
	if (n <= 0)
		return PN_ECLOSED;
	return *out != NULL ? PN_OK : PN_EFORMAT;
}

int control_call(int fd, const Postern__ControlRequest *request, Postern__ControlReply **out)
{
	int r = control_ask(fd, request);
	return r == PN_OK ? control_reply(fd, CONTROL_WAIT_MS, out) : r;
}

int control_status(int fd, Postern__ControlReply **out)
{
	Postern__ControlRequest q = POSTERN__CONTROL_REQUEST__INIT;
	Postern__StatusRequest s = POSTERN__STATUS_REQUEST__INIT;
	int r;
	q.body_case = POSTERN__CONTROL_REQUEST__BODY_STATUS;
	q.status = &s;
	r = control_call(fd, &q, out);
	if (r == PN_OK && (*out)->status == NULL) {
		postern__control_reply__free_unpacked(*out, NULL);
		return PN_EFORMAT;
	}
	return r;
}

const char *control_word(const ProtobufCEnumDescriptor *type, int value, char out[48])
{
	const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(type, value);
	const char *name, *prefix;
	size_t i;

	if (value == 0 || v == NULL)
		return "-";
	prefix = strchr(v->name, '_');
	name = prefix != NULL ? prefix + 1 : v->name;
	for (i = 0; i < 47 && name[i] != '\0'; i++)
		out[i] = name[i] == '_' ? '-' : (char)tolower((unsigned char)name[i]);
	out[i] = '\0';
	return out;
}

const char *control_reason(const char *reason, const char *argument, char out[144])
{
	if (reason[0] == '\0')
		return "";
	snprintf(out, 144, " (%s%s%s)", reason, argument[0] != '\0' ? ": " : "", argument);
	return out;
}

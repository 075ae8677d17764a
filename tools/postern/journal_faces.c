/* SPDX-License-Identifier: Apache-2.0
 * `postern journal faces`: which crossings' faces a gate has kept, and, for who holds a recipient's key, the pictures into a folder. Must
 * never open a picture, write over a file, or take a name for a file from what it reads.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "control_client.h"
#include "face.pb-c.h"
#include "journal/journal.h"
#include "json/json.h"

enum { KEY_BYTES_MAX = 65536, CROSSING_MAX = 32 };

struct listing {
	struct cli *cli;
	struct json json;
	const char *crossing; /* NULL: all */
	int folder;	      /* -1: nothing is written */
	uint64_t rows, closed;
};

static bool letters_and_digits(const char *s)
{
	const size_t n = strspn(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
	return n > 0 && n < CROSSING_MAX && s[n] == '\0';
}

static const char *ending(const char *media_type)
{
	if (strcmp(media_type, "image/jpeg") == 0)
		return "jpg";
	return strcmp(media_type, "image/jp2") == 0 ? "jp2" : "bin";
}

/* Our own word for that name; NULL: nobody else's. */
static const char *known(const char *name)
{
	static const char *const names[] = {"live", "chip", "printed"};
	for (size_t i = 0; i < PN_COUNT(names); i++)
		if (strcmp(name, names[i]) == 0)
			return names[i];
	return NULL;
}

static int write_new(int folder, const char *name, const uint8_t *bytes, size_t size)
{
	const int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	size_t have = 0;
	if (fd < 0)
		return errno == EEXIST ? PN_ECONFLICT : PN_EIO;
	while (have < size) {
		const ssize_t n = write(fd, bytes + have, size - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		have += (size_t)n;
	}
	return close(fd) == 0 && have == size ? PN_OK : PN_EIO;
}

static int write_face(const struct listing *l, const char *crossing_id, const Postern__KeptFace *f)
{
	char name[CROSSING_MAX + 16];
	const char *which = known(f->name);
	if (which == NULL)
		return PN_EFORMAT;
	snprintf(name, sizeof name, "%s-%s.%s", crossing_id, which, ending(f->media_type));
	int r = write_new(l->folder, name, f->picture.data, f->picture.len);
	if (r != PN_OK)
		cli_fail(l->cli, CLI_UNAVAILABLE, "%s: %s", name, r == PN_ECONFLICT ? "is there already" : "cannot be written");
	return r;
}

/* What was sealed says itself whose it is: a row may have been given another's name since. */
static int write_faces(const struct listing *l, const char *crossing_id, const uint8_t *kept, size_t size)
{
	Postern__KeptFaces *k = postern__kept_faces__unpack(NULL, size, kept);
	int r = k == NULL || strcmp(k->crossing_id, crossing_id) != 0 || !letters_and_digits(crossing_id) ? PN_EFORMAT : PN_OK;
	for (size_t i = 0; r == PN_OK && i < k->n_faces; i++)
		r = write_face(l, crossing_id, k->faces[i]);
	if (k != NULL) {
		for (size_t i = 0; i < k->n_faces; i++)
			explicit_bzero(k->faces[i]->picture.data, k->faces[i]->picture.len);
		postern__kept_faces__free_unpacked(k, NULL);
	}
	if (r == PN_EFORMAT)
		cli_fail(l->cli, CLI_FINDING, "what is kept of %s is not of it", crossing_id);
	return r;
}

static int on_row(void *context, const char *crossing_id, int64_t wall_ms, int result, const uint8_t *kept, size_t size)
{
	struct listing *l = context;
	if (l->crossing != NULL && strcmp(l->crossing, crossing_id) != 0)
		return 0;
	l->rows++;
	l->closed += result != PN_OK;
	if (l->cli->json) {
		json_object(&l->json, NULL);
		json_string(&l->json, "crossing_id", crossing_id);
		json_number(&l->json, "wall_ms", wall_ms);
		json_bool(&l->json, "opened", result == PN_OK);
		json_end_object(&l->json);
	} else {
		fprintf(l->cli->out, "%-26s %" PRId64 " %s\n", crossing_id, wall_ms, result == PN_OK ? "opened" : "sealed");
	}
	return result == PN_OK ? write_faces(l, crossing_id, kept, size) : 0;
}

static int list(struct listing *l, const uint8_t *pem, size_t size)
{
	const char *path = l->cli->arguments[0];
	if (l->cli->json) {
		json_begin(&l->json, l->cli->out, true);
		json_array(&l->json, NULL);
	}
	int r = journal_show_faces(path, pem, size, on_row, l);
	if (l->cli->json) {
		json_end_array(&l->json);
		json_finish(&l->json);
	} else if (r == PN_OK) {
		fprintf(l->cli->out, "%" PRIu64 " crossings\n", l->rows);
	}
	if (r == PN_ENOTFOUND)
		return cli_fail(l->cli, CLI_UNAVAILABLE, "%s: no such file", path);
	if (r == PN_EFORMAT && l->rows == 0)
		return cli_fail(l->cli, CLI_USAGE, "%s: not a journal of this version", path);
	if (r == PN_EFORMAT)
		return CLI_FINDING; /* told */
	if (r == PN_ECONFLICT)
		return CLI_UNAVAILABLE; /* told */
	if (r != PN_OK)
		return cli_fail(l->cli, CLI_UNAVAILABLE, "%s: %s", path, pn_err_name(r));
	if (pem != NULL && l->closed > 0)
		return cli_fail(l->cli, CLI_FINDING, "%" PRIu64 " of %" PRIu64 " were not opened by this key", l->closed, l->rows);
	return CLI_OK;
}

int journal_faces(struct cli *cli)
{
	const char *key = cli_value(cli, "key"), *out = cli_value(cli, "out");
	struct listing l = {.cli = cli, .crossing = cli_value(cli, "crossing"), .folder = -1};
	uint8_t *pem = NULL;
	size_t size = 0;
	if ((key == NULL) != (out == NULL))
		return cli_fail(cli, CLI_USAGE, "--key and --out go together: pictures are opened to be laid somewhere");
	if (key == NULL)
		return list(&l, NULL, 0);
	l.folder = open(out, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l.folder < 0)
		return cli_fail(cli, CLI_UNAVAILABLE, "%s: no folder", out);
	int status = CLI_UNAVAILABLE;
	if (cli_read_file(key, KEY_BYTES_MAX, &pem, &size) != PN_OK) {
		cli_fail(cli, status, "%s: cannot be read", key);
	} else {
		status = list(&l, pem, size);
		explicit_bzero(pem, size);
	}
	free(pem);
	close(l.folder);
	return status;
}

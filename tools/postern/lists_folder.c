/* SPDX-License-Identifier: Apache-2.0
 * See lists_folder.h. The highest version is kept in a file of its own before anything is put in place, so that a list
 * that was taken away is no way back. Must never leave half a file under a name that the plugin reads.
 */
#include "lists_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 1024 };

static const char *or_else(const char *given, const char *usual)
{
	return given != NULL ? given : usual;
}

static bool is_name(const char *s)
{
	return s[0] != '\0' && s[0] != '.' && strchr(s, '/') == NULL && strlen(s) < 200;
}

static bool highest_path(const struct lists_folder *f, char path[PATH_SIZE])
{
	int n = snprintf(path, PATH_SIZE, "%s/.%s.highest", f->path, f->list_name);
	return n > 0 && n < PATH_SIZE;
}

static uint64_t read_highest(const struct lists_folder *f)
{
	char path[PATH_SIZE];
	uint8_t *bytes = NULL;
	size_t size = 0;
	uint64_t v = 0;
	if (highest_path(f, path) && signed_read(path, 64, &bytes, &size) == PN_OK)
		v = strtoull((const char *)bytes, NULL, 10);
	free(bytes);
	return v;
}

static int load(struct lists_folder *f, const char *name, char path[PATH_SIZE], struct lists_file *out)
{
	if (!lists_path(path, PATH_SIZE, f->path, name, ""))
		return PN_ELIMIT;
	return lists_file_load(out, path, &f->keys);
}

int lists_folder_open(struct cli *cli, struct lists_folder *f, bool lock)
{
	char list[PATH_SIZE], changes[PATH_SIZE];
	memset(f, 0, sizeof *f);
	f->lock = -1;
	f->path = cli_value(cli, "folder");
	f->list_name = or_else(cli_value(cli, "file"), "watchlist.csv");
	f->changes_name = or_else(cli_value(cli, "changes"), "watchlist.changes.csv");
	if (!is_name(f->list_name) || !is_name(f->changes_name) || strcmp(f->list_name, f->changes_name) == 0)
		return cli_fail(cli, CLI_USAGE, "--file and --changes are two names in the folder");
	if (signed_keys_load(&f->keys, cli_value(cli, "trust"), "lists") != PN_OK)
		return cli_fail(cli, CLI_USAGE, "%s: expected lists.pub or lists-*.pub in it", cli_value(cli, "trust"));
	f->lock = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->lock < 0)
		return cli_fail(cli, CLI_UNAVAILABLE, "%s: %s", f->path, strerror(errno));
	if (lock && flock(f->lock, LOCK_EX) != 0)
		return cli_fail(cli, CLI_UNAVAILABLE, "%s: cannot be locked: %s", f->path, strerror(errno));
	f->list_state = load(f, f->list_name, list, &f->list);
	f->changes_state = load(f, f->changes_name, changes, &f->changes);
	f->list.path = f->list_name;
	f->changes.path = f->changes_name;
	if (f->list_state == PN_OK && f->list.head->base != 0)
		f->list_state = PN_EFORMAT;
	if (f->changes_state == PN_OK && f->changes.head->base == 0)
		f->changes_state = PN_EFORMAT;
	f->highest = read_highest(f);
	if (lists_folder_version(f) > f->highest)
		f->highest = lists_folder_version(f);
	return CLI_OK;
}

void lists_folder_close(struct lists_folder *f)
{
	lists_file_free(&f->list);
	lists_file_free(&f->changes);
	if (f->lock >= 0)
		close(f->lock);
	f->lock = -1;
}

bool lists_folder_has_changes(const struct lists_folder *f)
{
	return f->list_state == PN_OK && f->changes_state == PN_OK &&
	       f->changes.head->base == f->list.head->version &&
	       strcmp(f->changes.head->id, f->list.head->id) == 0;
}

uint64_t lists_folder_version(const struct lists_folder *f)
{
	return f->list_state != PN_OK	       ? 0
	       : lists_folder_has_changes(f) ? f->changes.head->version
					       : f->list.head->version;
}

/* Beside its place, and on the disk. */
static int write_beside(const char *beside, const void *bytes, size_t size)
{
	int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	const char *at = bytes;
	bool good = fd >= 0;
	while (good && size > 0) {
		ssize_t n = write(fd, at, size);
		if (n < 0 && errno == EINTR)
			continue;
		good = n > 0;
		at += good ? n : 0;
		size -= good ? (size_t)n : 0;
	}
	good = good && fchmod(fd, 0644) == 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	if (!good && fd >= 0)
		unlink(beside);
	return good ? PN_OK : PN_EIO;
}

static int keep_highest(struct lists_folder *f, uint64_t version)
{
	char path[PATH_SIZE], beside[PATH_SIZE + 8], text[32];
	int n = snprintf(text, sizeof text, "%" PRIu64 "\n", version);
	if (!highest_path(f, path))
		return PN_ELIMIT;
	snprintf(beside, sizeof beside, "%s.new", path);
	if (write_beside(beside, text, (size_t)n) != PN_OK || rename(beside, path) != 0)
		return PN_EIO;
	f->highest = version;
	return PN_OK;
}

int lists_folder_put(struct lists_folder *f, const char *name, const void *bytes, size_t size, const char *signature,
	uint64_t version)
{
	char path[PATH_SIZE], sig[PATH_SIZE], path_new[PATH_SIZE], sig_new[PATH_SIZE];
	if (version < f->highest)
		return PN_ECONFLICT;
	if (!lists_path(path, sizeof path, f->path, name, "") || !lists_path(sig, sizeof sig, f->path, name, ".sig") ||
		!lists_path(path_new, sizeof path_new, f->path, name, ".new") ||
		!lists_path(sig_new, sizeof sig_new, f->path, name, ".sig.new"))
		return PN_ELIMIT;
	if (write_beside(path_new, bytes, size) != PN_OK)
		return PN_EIO;
	if (write_beside(sig_new, signature, strlen(signature)) != PN_OK || fsync(f->lock) != 0 ||
		keep_highest(f, version) != PN_OK || rename(path_new, path) != 0) {
		unlink(path_new);
		unlink(sig_new);
		return PN_EIO;
	}
	if (rename(sig_new, sig) != 0 || fsync(f->lock) != 0)
		return PN_EIO;
	return PN_OK;
}

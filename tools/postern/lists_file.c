/* SPDX-License-Identifier: Apache-2.0
 * See lists_file.h. Must never verify other bytes than it goes through.
 */
#include "lists_file.h"

#include <errno.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { OLD_COLUMNS = 8 };

const char lists_columns[] = "entry_id,kind,document_number,issuer,document_status,surname,given_names,aliases,birth_date,"
			     "sex,nationality,authority,purpose,handling_code,valid_from,valid_until";

bool lists_path(char *out, size_t size, const char *folder, const char *name, const char *end)
{
	int n = snprintf(out, size, "%s/%s%s", folder, name, end);
	return n > 0 && (size_t)n < size;
}

void lists_time(int64_t s, char out[32])
{
	time_t at = (time_t)s;
	struct tm t;
	out[0] = '\0';
	if (gmtime_r(&at, &t) != NULL)
		strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &t);
}

static int verify(struct lists_file *f, const struct signed_keys *keys)
{
	uint8_t *text = NULL, digest[SIGNED_DIGEST];
	char path[1100];
	size_t size = 0;
	int r;
	if (snprintf(path, sizeof path, "%s.sig", f->path) >= (int)sizeof path)
		return PN_ELIMIT;
	r = signed_read(path, sizeof f->signature - 1, &text, &size);
	if (r == PN_OK) {
		SHA256(f->bytes, f->size, digest);
		r = signed_check(keys, "file", digest, (const char *)text, f->key_id);
	}
	if (r == PN_OK)
		memcpy(f->signature, text, size + 1);
	free(text);
	return r == PN_EIO || r == PN_EFORMAT ? PN_ECRYPTO : r;
}

/* The first two lines alone, by the watchlist's own reader. */
static int head_of(struct lists_file *f)
{
	const char *at = (const char *)f->bytes, *end = at + f->size;
	const char *second = memchr(at, '\n', f->size), *third;
	unsigned line;
	if (second == NULL)
		return PN_EFORMAT;
	third = memchr(second + 1, '\n', (size_t)(end - second - 1));
	third = third != NULL ? third + 1 : end;
	f->at = (size_t)(third - at);
	f->line = 2;
	f->columns = 1;
	for (const char *p = second; p < third; p++)
		f->columns += *p == ',';
	return list_parse(at, f->at, &f->head, &line);
}

int lists_file_load(struct lists_file *f, const char *path, const struct signed_keys *keys)
{
	int r;
	memset(f, 0, sizeof *f);
	f->path = path;
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return PN_ENOTFOUND;
	r = signed_read(path, SIGNED_FILE_MAX, &f->bytes, &f->size);
	if (r == PN_OK && keys != NULL)
		r = verify(f, keys);
	if (r == PN_OK)
		r = head_of(f);
	if (r != PN_OK)
		lists_file_free(f);
	return r;
}

int lists_file_open(struct cli *cli, struct lists_file *f, const char *path, const char *trust)
{
	struct signed_keys keys;
	int r;
	if (trust != NULL && signed_keys_load(&keys, trust, "lists") != PN_OK)
		return cli_fail(cli, CLI_USAGE, "%s: expected lists.pub or lists-*.pub in it", trust);
	r = lists_file_load(f, path, trust != NULL ? &keys : NULL);
	if (r == PN_OK)
		return CLI_OK;
	if (r == PN_ECRYPTO)
		return cli_fail(cli, CLI_FINDING, "%s: not signed by a key of %s", path, trust);
	if (r == PN_EFORMAT)
		return cli_fail(cli, CLI_USAGE, "%s: no list: expected \"# list=\" and the columns", path);
	return cli_fail(cli, r == PN_ENOTFOUND || r == PN_EIO ? CLI_UNAVAILABLE : CLI_USAGE, "%s: %s", path,
		pn_err_name(r));
}

static bool columns_of(struct lists_file *f, struct lists_row *row, char *columns[LIST_COLUMNS])
{
	static const int8_t of_old[LIST_COLUMNS] = {0, 1, 2, 3, -1, 4, 5, -1, 6, -1, -1, -1, -1, 7, -1, -1};
	char *field[LIST_COLUMNS] = {NULL}, *at = row->copy;
	size_t n = 0;
	for (; n < f->columns && n < LIST_COLUMNS && at != NULL; n++)
		field[n] = strsep(&at, ",");
	if (n != f->columns || at != NULL)
		return false;
	for (size_t i = 0; i < LIST_COLUMNS; i++) {
		int from = n == OLD_COLUMNS ? of_old[i] : (int)i;
		columns[i] = from >= 0 ? field[from] : row->copy + row->size;
	}
	return true;
}

int lists_file_next(struct lists_file *f, struct lists_row *row)
{
	char *columns[LIST_COLUMNS];
	do {
		if (f->at >= f->size)
			return PN_ENOTFOUND;
		row->text = (const char *)f->bytes + f->at;
		const char *stop = memchr(row->text, '\n', f->size - f->at);
		row->size = stop != NULL ? (size_t)(stop - row->text) : f->size - f->at;
		f->at += row->size + (stop != NULL);
		f->line++;
		if (row->size > 0 && row->text[row->size - 1] == '\r')
			row->size--;
	} while (row->size == 0);
	if (row->size >= sizeof row->copy || memchr(row->text, '\0', row->size) != NULL ||
		memchr(row->text, '"', row->size) != NULL)
		return PN_EFORMAT;
	memcpy(row->copy, row->text, row->size);
	row->copy[row->size] = '\0';
	if (!columns_of(f, row, columns) || !list_entry_read(columns, f->head->base != 0, &row->entry))
		return PN_EFORMAT;
	snprintf(row->id, sizeof row->id, "%s", row->entry.id);
	return PN_OK;
}

void lists_file_rewind(struct lists_file *f)
{
	const char *at = (const char *)f->bytes, *second = memchr(at, '\n', f->size);
	const char *third = second != NULL ? memchr(second + 1, '\n', f->size - (size_t)(second + 1 - at)) : NULL;
	f->at = third != NULL ? (size_t)(third + 1 - at) : f->size;
	f->line = 2;
}

int lists_file_count(struct lists_file *f, struct lists_numbers *out)
{
	struct lists_row row;
	int r;
	memset(out, 0, sizeof *out);
	lists_file_rewind(f);
	while ((r = lists_file_next(f, &row)) == PN_OK) {
		out->lines++;
		out->documents += row.entry.kind == LIST_DOCUMENT;
		out->persons += row.entry.kind == LIST_PERSON;
		out->dismissals += row.entry.kind == LIST_NOT_THIS_PERSON;
		out->removed += row.entry.kind == LIST_REMOVED;
	}
	lists_file_rewind(f);
	explicit_bzero(&row, sizeof row);
	return r == PN_ENOTFOUND ? PN_OK : r;
}

void lists_file_free(struct lists_file *f)
{
	if (f->bytes != NULL)
		explicit_bzero(f->bytes, f->size);
	free(f->bytes);
	list_free(f->head);
	f->bytes = NULL;
	f->head = NULL;
}

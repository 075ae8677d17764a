/* SPDX-License-Identifier: Apache-2.0
 * Watchlist files as the tool's commands go through them: the head, and one line after the other. Must never hand out
 * a line of a file that was to be verified and was not.
 */
#ifndef POSTERN_TOOL_LISTS_FILE_H
#define POSTERN_TOOL_LISTS_FILE_H
#include "cli.h"
#include "signed/signed.h"
#include "watchlist/list.h"

struct lists_file {
	const char *path;
	uint8_t *bytes;
	size_t size, at;
	unsigned line;	   /* of what came last */
	struct list *head; /* without entries */
	size_t columns;	   /* 16, or 8 of the earlier format */
	char signature[SIGNED_TEXT_MAX], key_id[SIGNED_KEY_ID]; /* "" when not verified */
};

struct lists_row {
	const char *text; /* in the file's bytes, size long, without its end */
	size_t size;
	struct list_entry entry;
	char copy[LIST_LINE_MAX]; /* entry's strings */
	char id[64];
};

/* keys NULL: the signature is not asked for. PN_ENOTFOUND: no such file; PN_ECRYPTO: not signed by one of them;
 * PN_EFORMAT: no list; PN_EIO, PN_ELIMIT, PN_ENOMEM. */
int lists_file_load(struct lists_file *f, const char *path, const struct signed_keys *keys) PN_MUST_CHECK;
/* The same, told on cli->err; a CLI_ status. trust: folder of keys, or NULL. */
int lists_file_open(struct cli *cli, struct lists_file *f, const char *path, const char *trust) PN_MUST_CHECK;
/* PN_ENOTFOUND: no more; PN_EFORMAT: a wrong line, f->line. */
int lists_file_next(struct lists_file *f, struct lists_row *row) PN_MUST_CHECK;
void lists_file_rewind(struct lists_file *f);
void lists_file_free(struct lists_file *f);
/* Both files' path, "%s.sig", and so on; false: too long. */
bool lists_path(char *out, size_t size, const char *folder, const char *name, const char *end);

struct lists_numbers {
	uint64_t lines, persons, documents, dismissals, removed;
};
/* Every line read. PN_EFORMAT as above. */
int lists_file_count(struct lists_file *f, struct lists_numbers *out) PN_MUST_CHECK;

extern const char lists_columns[]; /* the second line of a list */
/* "2026-06-30T12:00:00Z" */
void lists_time(int64_t s, char out[32]);
#endif

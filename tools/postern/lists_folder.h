/* SPDX-License-Identifier: Apache-2.0
 * The folder that a watchlist plugin reads: what stands there, and putting something in its place while searches go
 * on. Must never put in place what is older than what stood there once.
 */
#ifndef POSTERN_TOOL_LISTS_FOLDER_H
#define POSTERN_TOOL_LISTS_FOLDER_H
#include "lists_file.h"

struct lists_folder {
	const char *path, *list_name, *changes_name; /* file names: as the plugin's options */
	int lock;				     /* descriptor of the folder, locked, or -1 */
	struct signed_keys keys;
	struct lists_file list, changes;
	int list_state, changes_state; /* PN_OK: there and verified; PN_ENOTFOUND: none; else what is wrong */
	uint64_t highest;	       /* version that ever stood there, as far as is known */
};

#define LISTS_FOLDER_OPTIONS                                                                       \
	{"folder", "DIR", "the folder lists of the plugin", true},                                 \
		{"trust", "DIR", "folder with lists.pub, lists-*.pub", true},                      \
		{"file", "NAME", "default: watchlist.csv", false},                                 \
		{"changes", "NAME", "default: watchlist.changes.csv", false}

/* By the options above; a CLI_ status, told. lock: nobody else changes it until it is closed. */
int lists_folder_open(struct cli *cli, struct lists_folder *f, bool lock) PN_MUST_CHECK;
void lists_folder_close(struct lists_folder *f);
/* Do the changes count: made for the list that stands there? */
bool lists_folder_has_changes(const struct lists_folder *f);
/* The version that the gate would tell, 0 without a list. */
uint64_t lists_folder_version(const struct lists_folder *f);
/* Both files, each renamed over what was there, after they are on the disk; name: list_name or changes_name. */
int lists_folder_put(struct lists_folder *f, const char *name, const void *bytes, size_t size, const char *signature,
	uint64_t version) PN_MUST_CHECK;
#endif

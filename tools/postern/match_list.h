/* SPDX-License-Identifier: Apache-2.0
 * A list of people read for the matcher. Must never leave a name out without
 * saying so.
 */
#ifndef POSTERN_TOOL_MATCH_LIST_H
#define POSTERN_TOOL_MATCH_LIST_H
#include "cli.h"
#include "match/people.h"

struct match_list {
	struct match_index *index;
	char *ids; /* one after the other */
	uint32_t *id_at;
	size_t count, room, size, ids_room;
	unsigned left_out; /* names in letters that are not known */
	const char *path;
};

/* A CLI_ status; told on cli->err, with the line. */
int match_list_read(struct cli *cli, const char *path, struct match_list *out);
const char *match_list_id(const struct match_list *list, uint32_t id);
void match_list_free(struct match_list *list);
/* "FILE line N: ..." for what csv_next or people_read returned. */
int match_file_fail(struct cli *cli, const char *path, unsigned line, int r, const char *what);
#endif

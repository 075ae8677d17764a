/* SPDX-License-Identifier: Apache-2.0
 * Many zones in one text, blank lines between. Must never join or cut what a blank line does not
 * part.
 */
#include "mrz.h"
#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

void mrz_split_begin(struct mrz_splitter *s, const char *text, size_t size)
{
	*s = (struct mrz_splitter){text, size, 0, 0};
}

/* Next line without its end and without blanks at both ends; false at the end of the text. */
static bool next_line(struct mrz_splitter *s, const char **line, size_t *size)
{
	size_t from = s->at, to;

	if (s->at >= s->size)
		return false;
	while (s->at < s->size && s->text[s->at] != '\n' && s->text[s->at] != '\r')
		s->at++;
	to = s->at;
	if (s->at < s->size) {
		char end = s->text[s->at++];
		if (end == '\r' && s->at < s->size && s->text[s->at] == '\n')
			s->at++;
	}
	s->line++;
	while (from < to && is_blank(s->text[from]))
		from++;
	while (to > from && is_blank(s->text[to - 1]))
		to--;
	*line = s->text + from;
	*size = to - from;
	return true;
}

bool mrz_split(struct mrz_splitter *s, struct mrz_group *group)
{
	const char *line;
	size_t size;

	memset(group, 0, sizeof(*group));
	while (next_line(s, &line, &size)) {
		if (size == 0) {
			if (group->count > 0)
				return true;
			continue;
		}
		if (group->count == 0)
			group->first_line = s->line;
		if (group->count <= MRZ_LINES_MAX) {
			char *kept = group->lines[group->count];
			memcpy(kept, line, size < MRZ_INPUT_MAX ? size : MRZ_INPUT_MAX);
			group->pointers[group->count] = kept;
		}
		group->count++;
	}
	return group->count > 0;
}

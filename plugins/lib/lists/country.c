/* SPDX-License-Identifier: Apache-2.0
 * From names of States to the codes of machine readable documents. Must never guess: a name of another
 * spelling is not known.
 */
#include <string.h>
#include <strings.h>

#include "lists/internal.h"

enum { NAME_TEXT_MAX = 128 };

static const struct {
	const char *two, *code, *names;
} states[] = {
#define STATE(two, code, names) {two, code, names},
#include "lists/states.def"
#undef STATE
};

/* Is it one of "A|B|C"? */
static bool is_among(const char *names, const char *name)
{
	size_t n = strlen(name);
	for (;;) {
		size_t m = strcspn(names, "|");
		if (m == n && memcmp(names, name, n) == 0)
			return true;
		if (names[m] == '\0')
			return false;
		names += m + 1;
	}
}

const char *lists_country(const char *name)
{
	char plain[NAME_TEXT_MAX];
	size_t n = strlen(name);
	for (size_t i = 0; n <= 3 && i < PN_COUNT(states); i++)
		if (strcasecmp(states[i].two, name) == 0 || strcasecmp(states[i].code, name) == 0)
			return states[i].code;
	if (n == 3 && strcasecmp(name, "DEU") == 0)
		return "D";
	if (match_transliterate(name, plain, sizeof plain) != PN_OK || plain[0] == '\0')
		return NULL;
	name = strncmp(plain, "THE ", 4) == 0 ? plain + 4 : plain;
	for (size_t i = 0; i < PN_COUNT(states); i++)
		if (is_among(states[i].names, name) || is_among(states[i].names, plain))
			return states[i].code;
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0
 * Lines of UTF-8 as match_transliterate writes them, "!" for what it refuses: test_forms.py
 * compares them with what Python's unicodedata says. Must never judge.
 */
#include <stdio.h>
#include <string.h>

#include "match/match.h"

int main(void)
{
	char line[512], out[MATCH_TEXT_SIZE];
	while (fgets(line, sizeof line, stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		puts(match_transliterate(line, out, sizeof out) == PN_OK ? out : "!");
	}
	return 0;
}

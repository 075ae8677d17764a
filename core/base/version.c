/* SPDX-License-Identifier: Apache-2.0
 * Comparing versions. Must never compare letters: 1.10 is higher than 1.9.
 */
#include "base/version.h"

#include <stdlib.h>
#include <string.h>

enum { PARTS_MAX = 4, DIGITS_MAX = 9 };

static bool parts(const char *s, unsigned long out[PARTS_MAX])
{
	memset(out, 0, PARTS_MAX * sizeof out[0]);
	for (int i = 0; i < PARTS_MAX; i++) {
		size_t n = strspn(s, "0123456789");

		if (n == 0 || n > DIGITS_MAX)
			return false;
		out[i] = strtoul(s, NULL, 10);
		if (s[n] == '\0')
			return true;
		if (s[n] != '.')
			return false;
		s += n + 1;
	}
	return false;
}

bool version_compare(const char *a, const char *b, int *out)
{
	unsigned long x[PARTS_MAX], y[PARTS_MAX];

	*out = 0;
	if (!parts(a, x) || !parts(b, y))
		return false;
	for (int i = 0; *out == 0 && i < PARTS_MAX; i++)
		*out = (x[i] > y[i]) - (x[i] < y[i]);
	return true;
}

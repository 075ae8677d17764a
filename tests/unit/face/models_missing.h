/* SPDX-License-Identifier: Apache-2.0
 * Whether the build could not have the face models: exit status 77 is a test's then, and counted. Must never be asked of a folder that no build
 * has made.
 */
#ifndef POSTERN_TEST_MODELS_MISSING_H
#define POSTERN_TEST_MODELS_MISSING_H
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

enum { MODELS_MISSING = 77 };

/* Says so. */
static inline bool models_missing(const char *folder)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/missing.txt", folder);
	if (access(path, F_OK) != 0)
		return false;
	fprintf(stderr, "skipped: %s\n", path);
	return true;
}
#endif

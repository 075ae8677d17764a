/* SPDX-License-Identifier: Apache-2.0
 * Where the picture printed on a simulated document's data page lies: under what its zone says, so that who reads the zone finds it as a reader
 * finds the picture beside the zone. Shared by what issues documents and by the simulated reader. Must never open it.
 */
#ifndef POSTERN_SIM_PAGE_H
#define POSTERN_SIM_PAGE_H
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { SIM_PAGE_PATH_MAX = 512 };

/* FOLDER/H.jpg, H: FNV-1a (64 bits) over the lines, each with its NUL. False when the folder's name is too long. */
static inline bool sim_page_path(char out[SIM_PAGE_PATH_MAX], const char *folder, const char *const *lines, size_t count)
{
	uint64_t h = UINT64_C(14695981039346656037);
	for (size_t i = 0; i < count; i++)
		for (const char *p = lines[i];; p++) {
			h = (h ^ (unsigned char)*p) * UINT64_C(1099511628211);
			if (*p == '\0')
				break;
		}
	const int n = snprintf(out, SIM_PAGE_PATH_MAX, "%s/%016" PRIx64 ".jpg", folder, h);
	return n > 0 && n < SIM_PAGE_PATH_MAX;
}
#endif

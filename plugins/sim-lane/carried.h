/* SPDX-License-Identifier: Apache-2.0
 * Where a traveller's passport lies: shared by the program that issues passports and the lane that lays them down. Must
 * never depend on what is in them.
 */
#ifndef POSTERN_SIM_CARRIED_H
#define POSTERN_SIM_CARRIED_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { CARRIED_PATH_MAX = 512 };

/* False when the folder's name is too long. */
static inline bool carried_path(char out[CARRIED_PATH_MAX], const char *folder, uint32_t index)
{
	int n = snprintf(out, CARRIED_PATH_MAX, "%s/%07u.passport", folder, index);
	return n > 0 && n < CARRIED_PATH_MAX;
}
#endif

/* SPDX-License-Identifier: Apache-2.0
 * Versions of bundles: numbers between dots, at most four, each of at most nine digits. Must never
 * take anything else for a version.
 */
#ifndef POSTERN_BASE_VERSION_H
#define POSTERN_BASE_VERSION_H
#include <stdbool.h>

/* Number by number: *out is negative, 0 or positive as a is lower, equal or higher; what is not
 * said is 0. False: one of them is no version, and *out is 0. */
bool version_compare(const char *a, const char *b, int *out);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * Finds the line of a key in a YAML text, for errors that are found after the values were read.
 * Must never be used to read values.
 */
#ifndef POSTERN_HOST_YAML_PLACE_H
#define POSTERN_HOST_YAML_PLACE_H
#include <stddef.h>

/* Line (from 1) of the value under KEY; with index >= 0 of SUBKEY in that entry of the sequence
 * under KEY. Falls back on the nearest enclosing thing that exists; 1 when the text does not parse.
 * subkey may be NULL. */
unsigned yaml_place(const char *bytes, size_t size, const char *key, int index, const char *subkey);
/* Line of the first mapping key named KEY at or after LINE; 0 when there is none. */
unsigned yaml_place_key(const char *bytes, size_t size, const char *key, unsigned line);
#endif

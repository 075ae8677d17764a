/* SPDX-License-Identifier: Apache-2.0
 * Publishers' files read in a confined process of their own, which gives back lines and reasons. Must never trust
 * what comes from there: every line is read by the watchlist's own reader before it is handed on.
 */
#ifndef POSTERN_TOOL_LISTS_READ_H
#define POSTERN_TOOL_LISTS_READ_H
#include "lists/lists.h"

enum { LISTS_MEMORY_MIB = 2048, LISTS_CPU_S = 3600 };

/* files: descriptors open for reading, which stay the caller's. The sink's functions are called in this process.
 * PN_ECLOSED: the process was ended, by a limit or by what it may not do. */
int lists_read(enum lists_format format, const struct lists_options *options, const int *files, size_t count,
	const struct lists_sink *sink, struct lists_counts *counts) PN_MUST_CHECK;
#endif

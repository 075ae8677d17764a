/* SPDX-License-Identifier: Apache-2.0
 * Walks through a lane, written down from the text of docs/gate.md: event by event what comes next
 * and what is done. Must never be written from a lane's own output.
 *
 *   walk NAME                    begins one
 *     after NAME                 first walk that one
 *     then NAME                  go on as that tail does
 *     EVENT KEY=VALUE.. > STATE: ACTIONS..   ACTIONS exactly, in this order; "-" for none; STATE+
 *                                the state stays and its time begins anew
 *     timeout MS                 of the state now, with the default timing; 0 none
 *
 *   walk NAME | A B ..           the same once for each word: a word $ in it is that word
 *   tail NAME                    what only others play, with surroundings of its own
 *
 * Keys: entry, exit (LOCKED CLOSED MOVING OPEN OBSTRUCTED FORCED FAULT UNKNOWN), in (0 1 2 ?), and
 * with 0 or 1: document object fire estop mains ups_low tamper key maintenance well officer lists
 * clock journal serving. They stay until changed.
 */
#ifndef POSTERN_MODEL_WALKS_H
#define POSTERN_MODEL_WALKS_H
#include "gate/table.h"

struct walks;

/* Reads every .txt file of a folder in the order of their names. NULL when one cannot be read or
 * understood; says which on stderr. */
struct walks *walks_read(const char *folder);
void walks_free(struct walks *walks);
size_t walks_count(const struct walks *walks);
/* NULL, or the name of the first walk that goes another way; detail says where, when given. */
const char *walks_broken(const struct walks *walks, const struct gate_table *table,
	const struct gate_timing *timing, char *detail, size_t size);
#endif

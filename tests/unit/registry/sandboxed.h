/* SPDX-License-Identifier: Apache-2.0
 * The shipped registry in its sandbox, as the real loader starts it: for its test, the load bench
 * and the power cuts. Must never grant it more than its manifest asks for.
 *
 * Every function ends the process with a sentence when it cannot do its work.
 */
#ifndef POSTERN_TEST_SANDBOXED_H
#define POSTERN_TEST_SANDBOXED_H
#include <sys/types.h>

#include "base/err.h"

struct sandboxed;

/* The certificates of the gates ("g0,g1"; tenant NOR) and a state folder, pki and state, in folder,
 * or with NULL in a temporary one. programs: registry.plugin, postern, posternd. */
struct sandboxed *sandboxed_new(
	const char *const programs[3], const char *gates, const char *folder) PN_MUST_CHECK;
/* store: its option of that name; "" for SQLite in the state folder. */
void sandboxed_start(struct sandboxed *s, const char *store);
/* Discards what the registry has said to the core. At least every few seconds. */
void sandboxed_drain(struct sandboxed *s);
/* As the core asks it to stop. The exit status, -1 when a signal ended it. */
int sandboxed_stop(struct sandboxed *s);
/* Removes the folder unless it was given. */
void sandboxed_free(struct sandboxed *s);

pid_t sandboxed_pid(const struct sandboxed *s);
unsigned sandboxed_port(const struct sandboxed *s);
/* The folder `postern pki demo` made. */
const char *sandboxed_pki(const struct sandboxed *s);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * Passwords are weighed in a thread of their own, one after the other: a hash is made to take its time, and whoever serves lanes must be
 * heard meanwhile. Must never keep a password longer than it is weighed, nor wait for the thread but at the end.
 */
#ifndef POSTERN_CONSOLE_PROOF_H
#define POSTERN_CONSOLE_PROOF_H
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum { PROOFS_MAX = 8 }; /* asked and not fetched */

struct proofs;

/* *fd is readable when an answer waits; it is the proofs' own. PN_ENOMEM, PN_EIO: no thread. */
int proofs_start(struct proofs **out, int *fd) PN_MUST_CHECK;
/* What is being weighed is finished first. */
void proofs_stop(struct proofs *p);
/* encoded "": nobody's, which takes as long and is wrong. False: PROOFS_MAX are asked for. */
bool proofs_ask(struct proofs *p, uint64_t id, const char *encoded, const char *password);
/* The oldest answer that was not fetched; false: none yet. */
bool proofs_fetch(struct proofs *p, uint64_t *id, bool *right);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * Between trust.c and trust_lists.c. Must never be included from elsewhere.
 */
#ifndef POSTERN_EMRTD_TRUST_INTERNAL_H
#define POSTERN_EMRTD_TRUST_INTERNAL_H
#include "emrtd/inspect/trust.h"

/* Takes a reference of x when it is usable. */
enum trust_use trust_take(struct trust *t, X509 *x, bool pinned);
/* Room for one more element of size bytes; false at max or without memory. */
bool trust_room(void **array, size_t *room, size_t count, size_t size, size_t max);
#endif

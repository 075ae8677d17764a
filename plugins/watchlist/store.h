/* SPDX-License-Identifier: Apache-2.0
 * The list in use and its changes, as they lie signed in a folder, and the highest version that was
 * ever used. A large list is read by a thread while searches go on in the old one. Must never hand
 * out a list whose signature it has not checked, nor go back to an older version.
 */
#ifndef POSTERN_WATCHLIST_STORE_H
#define POSTERN_WATCHLIST_STORE_H
#include "list.h"
#include "postern/plugin.h"
#include "signed/signed.h"

struct store;

struct store_options {
	const struct postern_host *host; /* log and trouble */
	const char *folder, *file, *changes, *state_folder;
};

/* keys are copied. Reads what is there before it returns, unless it is large. */
int store_new(const struct store_options *options, const struct signed_keys *keys,
	struct store **out) PN_MUST_CHECK;
/* Has a file been replaced, or a thread come to its end? */
void store_look(struct store *s);
/* Waits for the thread. */
void store_free(struct store *s);

/* NULL: none. Valid until the next store_look. */
const struct list *store_list(const struct store *s);
const struct list *store_changes(const struct store *s);
/* What counts of both: the version as text, "" without a list; when it was issued, when it expires
 * (0: never). */
const char *store_version(const struct store *s);
int64_t store_issued_s(const struct store *s);
int64_t store_expires_s(const struct store *s);
bool store_is_loading(const struct store *s);
#endif

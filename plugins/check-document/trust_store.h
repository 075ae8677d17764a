/* SPDX-License-Identifier: Apache-2.0
 * The trust material of the gate: the signed folder of CSCA certificates, read at the start and again when its signature
 * changes. Must never hold what the State's key for lists did not sign, keep half of a folder, nor put an older list in the place
 * of a newer one.
 */
#ifndef POSTERN_CHECK_DOCUMENT_TRUST_STORE_H
#define POSTERN_CHECK_DOCUMENT_TRUST_STORE_H
#include <sys/stat.h>
#include <time.h>

#include "emrtd/inspect/trust.h"
#include "signed/signed.h"

struct trust_seen {
	ino_t inode;
	struct timespec changed;
};

struct trust_store {
	const char *folder; /* NULL: none is granted */
	struct signed_keys keys;
	struct trust *trust; /* NULL: none that verifies; owned */
	char version[32];    /* date of the newest master list and 16 digits of the folder's digest; "" */
	struct trust_seen seen[2]; /* pack.sums and pack.sig as last looked at */
	char why[200];             /* of the last load that failed: a file's name and what is wrong with it */
};

/* keys_folder: holds lists.pub, lists-*.pub. Either folder may be NULL. PN_OK also when nothing verifies: see trust_store_load.
 */
void trust_store_init(struct trust_store *s, const char *folder, const char *keys_folder);
void trust_store_free(struct trust_store *s);
/* The folder has another signature than when it was last looked at. */
bool trust_store_changed(struct trust_store *s);
/* What was there stays in use when the new does not verify. PN_ENOTFOUND: no folder or no key is granted. PN_EDENIED: older than
 * the one in use. Else as signed_folder_load() and trust_folder_take(). */
int trust_store_load(struct trust_store *s) PN_MUST_CHECK;
/* The newest master list is older than that. false without a limit, a store, or a list. */
bool trust_store_old(const struct trust_store *s, int64_t now_s, uint32_t max_days);
#endif

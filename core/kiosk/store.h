/* SPDX-License-Identifier: Apache-2.0
 * What the kiosks and the gate of one core share: the results, who they are of where the face may be shown alone, the key under which
 * documents are named, and what results rest on.
 * Pure. Must never be shared by two journals: what is redeemed in one the other would not know of.
 */
#ifndef POSTERN_KIOSK_STORE_H
#define POSTERN_KIOSK_STORE_H
#include "kiosk/remembered.h"

/* Versions as they were last heard, "" before. */
struct kiosk_basis {
	char rule_pack[KIOSK_TEXT], watchlist[KIOSK_TEXT], trust[KIOSK_TEXT];
};

struct kiosk_store {
	struct kiosk_results results;
	struct kiosk_slot slots[KIOSK_SLOTS];
	struct kiosk_remembered remembered[KIOSK_SLOTS];
	uint8_t key[KEYED_KEY_MIN];
	struct kiosk_basis basis;
};

/* results is initialised over slots; the caller has filled the key. */
void kiosk_store_init(struct kiosk_store *store, const struct kiosk_policy *policy);
/* kiosk_look(), and whoever has no open result any more is forgotten. */
bool kiosk_store_look(struct kiosk_store *store, const struct kiosk_now *now) PN_MUST_CHECK;
/* Wipes key and results. */
void kiosk_store_wipe(struct kiosk_store *store);
/* NULL or "": not heard, the one before stands. A longer one than KIOSK_TEXT counts by its beginning. */
void kiosk_basis_hear(struct kiosk_basis *basis, const char *rule_pack, const char *watchlist, const char *trust);
/* keyed_digest() with the domain "postern kiosk basis v1\n" over the three. PN_ECRYPTO. */
int kiosk_basis_digest(const struct kiosk_store *store, uint8_t digest[KEYED_DIGEST]) PN_MUST_CHECK;
#endif

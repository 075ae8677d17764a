/* SPDX-License-Identifier: Apache-2.0
 * See store.h. Must never keep the key longer than the results.
 */
#include "kiosk/store.h"

#include <string.h>

#include "base/text.h"

void kiosk_store_init(struct kiosk_store *store, const struct kiosk_policy *policy)
{
	kiosk_init(&store->results, policy, store->slots, PN_COUNT(store->slots));
	memset(&store->basis, 0, sizeof store->basis);
	memset(store->remembered, 0, sizeof store->remembered);
}

bool kiosk_store_look(struct kiosk_store *store, const struct kiosk_now *now)
{
	bool jumped = kiosk_look(&store->results, now);
	kiosk_sweep(store->remembered, PN_COUNT(store->remembered), &store->results);
	return jumped;
}

void kiosk_store_wipe(struct kiosk_store *store)
{
	if (store->results.slots != NULL)
		kiosk_wipe(&store->results);
	explicit_bzero(store->remembered, sizeof store->remembered);
	explicit_bzero(store->key, sizeof store->key);
}

static void hear(char to[KIOSK_TEXT], const char *version)
{
	size_t n;
	if (version == NULL || version[0] == '\0')
		return;
	n = strnlen(version, KIOSK_TEXT - 1);
	memcpy(to, version, n);
	to[n] = '\0';
}

void kiosk_basis_hear(struct kiosk_basis *basis, const char *rule_pack, const char *watchlist, const char *trust)
{
	hear(basis->rule_pack, rule_pack);
	hear(basis->watchlist, watchlist);
	hear(basis->trust, trust);
}

int kiosk_basis_digest(const struct kiosk_store *store, uint8_t digest[KEYED_DIGEST])
{
	const struct kiosk_basis *b = &store->basis;
	const struct keyed_part parts[] = { { b->rule_pack, strlen(b->rule_pack) }, { b->watchlist, strlen(b->watchlist) },
		{ b->trust, strlen(b->trust) } };
	return keyed_digest(store->key, sizeof store->key, "postern kiosk basis v1\n", parts, PN_COUNT(parts), digest);
}

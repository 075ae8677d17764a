/* SPDX-License-Identifier: Apache-2.0
 * See family.h.
 */
#include "emrtd/family.h"

#include <string.h>

#include "emrtd/crypto.h"

int emrtd_family_key(const char *issuer, const char *code, struct emrtd_bytes card_access, uint8_t key[EMRTD_FAMILY_KEY])
{
	uint8_t digest[EMRTD_HASH_MAX];
	const char *const texts[] = {issuer != NULL ? issuer : "", code != NULL ? code : ""};
	/* Each text with its end, so that what belongs to one is never taken for the other's. */
	const struct emrtd_bytes parts[] = {{(const uint8_t *)texts[0], strlen(texts[0]) + 1},
		{(const uint8_t *)texts[1], strlen(texts[1]) + 1}, card_access};
	int err = emrtd_hash(EMRTD_SHA256, parts, PN_COUNT(parts), digest);
	if (err == 0)
		memcpy(key, digest, EMRTD_FAMILY_KEY);
	return err;
}

static struct emrtd_family *entry(struct emrtd_families *t, const uint8_t key[EMRTD_FAMILY_KEY])
{
	for (size_t i = 0; i < t->count; i++)
		if (memcmp(t->entry[i].key, key, EMRTD_FAMILY_KEY) == 0)
			return &t->entry[i];
	return NULL;
}

static void forget(struct emrtd_families *t, struct emrtd_family *f)
{
	*f = t->entry[--t->count];
	memset(&t->entry[t->count], 0, sizeof t->entry[0]);
}

bool emrtd_families_find(struct emrtd_families *t, const uint8_t key[EMRTD_FAMILY_KEY], struct emrtd_limits *limits)
{
	struct emrtd_family *f = entry(t, key);
	if (f == NULL)
		return false;
	if (++f->uses > EMRTD_FAMILY_USES) {
		forget(t, f);
		return false;
	}
	f->asked = ++t->asked;
	*limits = f->limits;
	return true;
}

static bool same(const struct emrtd_limits *a, const struct emrtd_limits *b)
{
	return a->chunk == b->chunk && a->without_sfi == b->without_sfi && a->exact == b->exact;
}

/* A free entry, or the one that was not asked for longest. */
static struct emrtd_family *room(struct emrtd_families *t)
{
	struct emrtd_family *oldest = &t->entry[0];
	if (t->count < EMRTD_FAMILIES_MAX)
		return &t->entry[t->count++];
	for (size_t i = 1; i < t->count; i++)
		if (t->entry[i].asked < oldest->asked)
			oldest = &t->entry[i];
	return oldest;
}

void emrtd_families_keep(
	struct emrtd_families *t, const uint8_t key[EMRTD_FAMILY_KEY], const struct emrtd_limits *limits)
{
	static const struct emrtd_limits nothing = {0};
	struct emrtd_family *f = entry(t, key);
	if ((f != NULL && same(&f->limits, limits)) || (f == NULL && same(&nothing, limits)))
		return;
	if (f == NULL)
		f = room(t);
	*f = (struct emrtd_family){.limits = *limits, .asked = ++t->asked};
	f->limits.refused = 0;
	memcpy(f->key, key, EMRTD_FAMILY_KEY);
}

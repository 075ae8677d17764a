/* SPDX-License-Identifier: Apache-2.0
 * Document numbers by hash: open addressing, 32 bits of the hash beside each id. Must never answer
 * that a number is there: the caller compares it.
 */
#include <stdlib.h>
#include <string.h>

#include "match/match.h"

struct document_slot {
	uint32_t tag, id; /* id + 1; 0: free */
};

struct match_documents {
	struct document_slot *slots;
	uint64_t count, used, room; /* slots; entries; entries at most */
};

/* FNV-1a and a finaliser (Stafford's mix 13), since the table's size is no power of two. */
static uint64_t hash(const char *s)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
	h = (h ^ h >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	h = (h ^ h >> 27) * UINT64_C(0x94d049bb133111eb);
	return h ^ h >> 31;
}

static uint64_t home(const struct match_documents *d, uint64_t h)
{
	return (h >> 32) * d->count >> 32;
}

int match_documents_new(size_t room, struct match_documents **out)
{
	struct match_documents *d = calloc(1, sizeof *d);
	*out = NULL;
	if (d == NULL || room > INT32_MAX) {
		free(d);
		return d == NULL ? PN_ENOMEM : PN_ELIMIT;
	}
	d->room = room;
	d->count = room + room / 2 + 16;
	d->slots = calloc(d->count, sizeof *d->slots);
	if (d->slots == NULL) {
		free(d);
		return PN_ENOMEM;
	}
	*out = d;
	return PN_OK;
}

int match_documents_add(struct match_documents *d, const char *number, uint32_t id)
{
	uint64_t h = hash(number), at = home(d, h);
	if (d->used == d->room || id == UINT32_MAX)
		return PN_ELIMIT;
	while (d->slots[at].id != 0)
		at = at + 1 < d->count ? at + 1 : 0;
	d->slots[at] = (struct document_slot){(uint32_t)h, id + 1};
	d->used++;
	return PN_OK;
}

bool match_documents_find(
	const struct match_documents *d, const char *number, uint64_t *cursor, uint32_t *id)
{
	uint64_t h = hash(number), at = *cursor == 0 ? home(d, h) : *cursor - 1;
	for (; d->slots[at].id != 0; at = at + 1 < d->count ? at + 1 : 0)
		if (d->slots[at].tag == (uint32_t)h) {
			*id = d->slots[at].id - 1;
			*cursor = (at + 1 < d->count ? at + 1 : 0) + 1;
			return true;
		}
	return false;
}

size_t match_documents_bytes(const struct match_documents *d)
{
	return sizeof *d + d->count * sizeof *d->slots;
}

void match_documents_free(struct match_documents *d)
{
	if (d == NULL)
		return;
	explicit_bzero(d->slots, d->count * sizeof *d->slots);
	free(d->slots);
	free(d);
}

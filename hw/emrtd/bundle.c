/* SPDX-License-Identifier: Apache-2.0
 * Writing and reading bundles. Must never read beyond the bytes given.
 */
#include "emrtd/bundle.h"

#include <string.h>

static struct emrtd_bundle_file *file_of(struct emrtd_bundle *b, unsigned id)
{
	if (id == EMRTD_BUNDLE_CARD_ACCESS)
		return &b->card_access;
	if (id == EMRTD_BUNDLE_CARD_SECURITY)
		return &b->card_security;
	if (id == EMRTD_BUNDLE_SOD)
		return &b->sod;
	if (id > EMRTD_BUNDLE_GROUP && id < EMRTD_BUNDLE_GROUP + EMRTD_BUNDLE_GROUPS)
		return &b->group[id - EMRTD_BUNDLE_GROUP];
	return NULL;
}

static int fits(unsigned state, size_t size)
{
	return (state == EMRTD_BUNDLE_WHOLE && size > 0) || (state == EMRTD_BUNDLE_ABSENT && size == 0);
}

int emrtd_bundle_add(uint8_t *out, size_t room, size_t *used, unsigned id, enum emrtd_bundle_state state,
	const uint8_t *bytes, size_t size)
{
	struct emrtd_bundle known;
	if (file_of(&known, id) == NULL || !fits(state, size))
		return PN_EINVAL;
	if (*used > room || room - *used < EMRTD_BUNDLE_HEAD || room - *used - EMRTD_BUNDLE_HEAD < size)
		return PN_ELIMIT;
	uint8_t *at = out + *used;
	at[0] = (uint8_t)(id >> 8);
	at[1] = (uint8_t)id;
	at[2] = (uint8_t)state;
	for (int i = 0; i < 4; i++)
		at[3 + i] = (uint8_t)(size >> (24 - 8 * i));
	if (size > 0)
		memcpy(at + EMRTD_BUNDLE_HEAD, bytes, size);
	*used += EMRTD_BUNDLE_HEAD + size;
	return PN_OK;
}

int emrtd_bundle_read(const uint8_t *bytes, size_t size, struct emrtd_bundle *out)
{
	memset(out, 0, sizeof *out);
	for (size_t at = 0; at < size;) {
		if (size - at < EMRTD_BUNDLE_HEAD)
			return PN_EFORMAT;
		const uint8_t *head = bytes + at;
		struct emrtd_bundle_file *f = file_of(out, (unsigned)head[0] << 8 | head[1]);
		size_t length = (size_t)head[3] << 24 | (size_t)head[4] << 16 | (size_t)head[5] << 8 | head[6];
		at += EMRTD_BUNDLE_HEAD;
		if (f == NULL || f->state != EMRTD_BUNDLE_NOT_READ || length > size - at || !fits(head[2], length))
			return PN_EFORMAT;
		f->state = (enum emrtd_bundle_state)head[2];
		f->bytes = length > 0 ? bytes + at : NULL;
		f->size = length;
		at += length;
	}
	return PN_OK;
}

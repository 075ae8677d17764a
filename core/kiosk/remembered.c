/* SPDX-License-Identifier: Apache-2.0
 * See remembered.h.
 */
#include "kiosk/remembered.h"

#include <string.h>

static struct kiosk_remembered *vacant(struct kiosk_remembered *all, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!all[i].used)
			return &all[i];
	return NULL;
}

int kiosk_remember(struct kiosk_remembered *all, size_t count, const struct kiosk_results *s, const uint8_t token[KIOSK_TOKEN],
	const Postern__DocumentChecked *document)
{
	struct kiosk_remembered *r;
	size_t size = postern__document_checked__get_packed_size(document);
	if (!kiosk_is_open(s, token) || kiosk_whose(all, count, s, token, KIOSK_TOKEN) != NULL)
		return PN_EINVAL;
	kiosk_sweep(all, count, s);
	r = vacant(all, count);
	if (r == NULL || size > sizeof r->bytes)
		return PN_ELIMIT;
	r->used = true;
	r->size = postern__document_checked__pack(document, r->bytes);
	memcpy(r->token, token, sizeof r->token);
	return PN_OK;
}

const struct kiosk_remembered *kiosk_whose(const struct kiosk_remembered *all, size_t count, const struct kiosk_results *s,
	const uint8_t *token, size_t size)
{
	if (size != KIOSK_TOKEN || !kiosk_is_open(s, token))
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (all[i].used && memcmp(all[i].token, token, KIOSK_TOKEN) == 0)
			return &all[i];
	return NULL;
}

bool kiosk_awaits_face(const struct kiosk_remembered *all, size_t count, const struct kiosk_results *s)
{
	for (size_t i = 0; i < count; i++)
		if (all[i].used && kiosk_is_open(s, all[i].token))
			return true;
	return false;
}

void kiosk_sweep(struct kiosk_remembered *all, size_t count, const struct kiosk_results *s)
{
	for (size_t i = 0; i < count; i++)
		if (all[i].used && !kiosk_is_open(s, all[i].token))
			explicit_bzero(&all[i], sizeof all[i]);
}

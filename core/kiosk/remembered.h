/* SPDX-License-Identifier: Apache-2.0
 * Whom a face token names: what the kiosk read of the document, so that the gate can search the list again and record who came when only
 * the face is shown. In memory alone, one for each slot at most. Must never outlive its result, nor be written anywhere.
 */
#ifndef POSTERN_KIOSK_REMEMBERED_H
#define POSTERN_KIOSK_REMEMBERED_H
#include "kiosk/results.h"

enum { KIOSK_DOCUMENT = 2048 }; /* bytes of an encoded DocumentChecked; one that is larger is not remembered */

struct kiosk_remembered {
	bool used;
	uint8_t token[KIOSK_TOKEN];
	size_t size;
	uint8_t bytes[KIOSK_DOCUMENT];
};

/* PN_EINVAL: no open result names it. PN_ELIMIT: too large, or no room. */
int kiosk_remember(struct kiosk_remembered *all, size_t count, const struct kiosk_results *s, const uint8_t token[KIOSK_TOKEN],
	const Postern__DocumentChecked *document) PN_MUST_CHECK;
/* NULL: nobody, or the result is not open. */
const struct kiosk_remembered *kiosk_whose(const struct kiosk_remembered *all, size_t count, const struct kiosk_results *s,
	const uint8_t *token, size_t size);
/* Is there anybody whose result is open? */
bool kiosk_awaits_face(const struct kiosk_remembered *all, size_t count, const struct kiosk_results *s);
/* Wipes what belongs to no open result. */
void kiosk_sweep(struct kiosk_remembered *all, size_t count, const struct kiosk_results *s);
#endif

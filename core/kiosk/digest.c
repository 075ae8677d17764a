/* SPDX-License-Identifier: Apache-2.0
 * The digest of a document. Must never take a document whose number, issuer or birth date is missing: all such would be one.
 */
#include "kiosk/digest.h"

#include <string.h>

#include "base/text.h"

int kiosk_document_digest(const uint8_t key[KEYED_KEY_MIN], const Postern__Document *document, uint8_t digest[KEYED_DIGEST])
{
	const Postern__Date *born = document->birth_date;
	char date[16];
	struct text t;
	if (document->number[0] == '\0' || document->issuer[0] == '\0' || born == NULL || born->year == 0 ||
		born->year > 9999 || born->month > 12 || born->day > 31)
		return PN_EINVAL;
	text_init(&t, date, sizeof date);
	text_add(&t, "%04u%02u%02u", (unsigned)born->year, (unsigned)born->month, (unsigned)born->day);
	const struct keyed_part parts[] = { { document->number, strlen(document->number) },
		{ document->issuer, strlen(document->issuer) }, { date, t.len } };
	int r = keyed_digest(key, KEYED_KEY_MIN, "postern kiosk document v1\n", parts, PN_COUNT(parts), digest);
	explicit_bzero(date, sizeof date);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0
 * Between trust.c, trust_lists.c and trust_deviations.c, and for the fuzz target of the last. Must never be included from
 * elsewhere.
 */
#ifndef POSTERN_EMRTD_TRUST_INTERNAL_H
#define POSTERN_EMRTD_TRUST_INTERNAL_H
#include <openssl/cms.h>

#include "emrtd/inspect/trust.h"

/* A list as States sign them (CMS SignedData, Doc 9303-12): one signer, whose certificate is beside it, and whose signature is
 * right. Who the signer is, and whether it may, is for the caller. */
struct trust_signed {
	CMS_ContentInfo *cms;
	CMS_SignerInfo *info; /* these three in cms */
	X509 *signer;
	const ASN1_OCTET_STRING *content;
};
/* type: of the content, dotted. trust_signed_close() whatever comes of it. */
enum trust_error trust_signed_open(struct trust_signed *s, const uint8_t *bytes, size_t size, const char *type);
void trust_signed_close(struct trust_signed *s);

/* Takes a reference of x when it is usable. */
enum trust_use trust_take(struct trust *t, X509 *x, bool pinned);
/* Whether the extended key usage names this purpose (dotted). */
bool trust_signs(X509 *signer, const char *purpose);
/* Seconds of the signing time, 0 without one. */
int64_t trust_signing_time(CMS_SignerInfo *si);

/* The check name of entries for trust_active_key_in_doubt(); no check of checks.def. */
#define TRUST_ACTIVE_KEY "active_authentication.key"

bool trust_id_matches(const struct trust_signer_id *id, X509 *signer);
void trust_id_free(struct trust_signer_id *id);
/* The content of a deviation list whose signature was verified; digest: NID of its signature's, for certificate digests. */
enum trust_error trust_take_deviations(struct trust *t, const char country[3], int digest, const uint8_t *bytes,
	size_t size, struct trust_deviation_report *report);

/* Room for one more element of size bytes; false at max or without memory. */
bool trust_room(void **array, size_t *room, size_t count, size_t size, size_t max);
#endif

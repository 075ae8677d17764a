/* SPDX-License-Identifier: Apache-2.0
 * See trust.h: the store and its answers. Must never answer TRUST_FOUND without having verified a signature.
 */
#include "emrtd/inspect/trust.h"

#include <ctype.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "emrtd/inspect/trust_internal.h"

void trust_init(struct trust *t)
{
	memset(t, 0, sizeof *t);
}

void trust_free(struct trust *t)
{
	for (size_t i = 0; i < t->certificate_count; i++)
		X509_free(t->certificates[i].x);
	for (size_t i = 0; i < t->crl_count; i++)
		X509_CRL_free(t->crls[i].x);
	for (size_t i = 0; i < t->defect_count; i++)
		trust_id_free(t->defects[i].id);
	free(t->certificates);
	free(t->crls);
	free(t->defects);
	free(t->deviation_lists);
	memset(t, 0, sizeof *t);
}

const char *trust_use_name(enum trust_use use)
{
	static const char *const names[TRUST_USE_COUNT_] = {
		[TRUST_USABLE] = "usable",
		[TRUST_UNREADABLE] = "unreadable",
		[TRUST_NO_KEY] = "no_key",
		[TRUST_NO_CA] = "no_ca",
		[TRUST_NO_COUNTRY] = "no_country",
		[TRUST_DUPLICATE] = "duplicate",
		[TRUST_FULL] = "full",
	};
	return (unsigned)use < TRUST_USE_COUNT_ ? names[use] : "";
}

const char *trust_error_text(enum trust_error err)
{
	switch (err) {
	case TRUST_OK:
		return "nothing is wrong";
	case TRUST_TOO_LARGE:
		return "it is too large";
	case TRUST_ENCODING:
		return "it is not of the expected form";
	case TRUST_NO_SIGNER:
		return "its signer's certificate is not in it";
	case TRUST_SIGNATURE:
		return "its signature is wrong";
	case TRUST_NO_ROOT:
		return "none of the given roots has signed its signer's certificate";
	case TRUST_SIGNER_USAGE:
		return "its signer's certificate is not one for such lists";
	case TRUST_MEMORY:
		return "there is no memory for it";
	case TRUST_UNKNOWN_ISSUER:
		return "no certificate in the store has signed it";
	case TRUST_OLDER:
		return "a newer one is in the store";
	case TRUST_LINE:
		return "a line of it is not of the expected form";
	case TRUST_SIGNED_OUTSIDE:
		return "it was signed outside the validity of its signer's certificate";
	case TRUST_SIGNER_REVOKED:
		return "its signer's certificate is revoked";
	}
	return "";
}

bool trust_country(const X509_NAME *name, char out[3])
{
	int at = X509_NAME_get_index_by_NID(name, NID_countryName, -1);
	const ASN1_STRING *s = at >= 0 ? X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)) : NULL;
	memset(out, 0, 3);
	if (s == NULL || ASN1_STRING_length(s) != 2)
		return false;
	for (int i = 0; i < 2; i++) {
		unsigned char c = ASN1_STRING_get0_data(s)[i];
		if (!isalpha(c))
			return false;
		out[i] = (char)toupper(c);
	}
	return true;
}

int64_t trust_time(const ASN1_TIME *t)
{
	struct tm tm;
	return t != NULL && ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

bool trust_room(void **array, size_t *room, size_t count, size_t size, size_t max)
{
	if (count < *room)
		return true;
	size_t more = *room == 0 ? 64 : *room * 2;
	void *p = count < max ? realloc(*array, more * size) : NULL;
	if (p == NULL)
		return false;
	*array = p;
	*room = more;
	return true;
}

static bool may_sign_certificates(X509 *x)
{
	uint32_t usage = X509_get_key_usage(x); /* all ones without the extension */
	return (usage & KU_KEY_CERT_SIGN) != 0 && (X509_get_extension_flags(x) & EXFLAG_INVALID) == 0;
}

static enum trust_form form_of(X509 *x)
{
	if (X509_NAME_cmp(X509_get_subject_name(x), X509_get_issuer_name(x)) != 0)
		return TRUST_LINK;
	const ASN1_OCTET_STRING *own = X509_get0_subject_key_id(x), *by = X509_get0_authority_key_id(x);
	return own != NULL && by != NULL && ASN1_OCTET_STRING_cmp(own, by) != 0 ? TRUST_SAME_NAME :
										     TRUST_SELF_SIGNED;
}

static bool known(const struct trust *t, const struct trust_certificate *c)
{
	for (size_t i = 0; i < t->certificate_count; i++)
		if (t->certificates[i].from_s == c->from_s &&
			t->certificates[i].key_id_size == c->key_id_size &&
			memcmp(t->certificates[i].key_id, c->key_id, c->key_id_size) == 0 &&
			X509_cmp(t->certificates[i].x, c->x) == 0)
			return true;
	return false;
}

enum trust_use trust_take(struct trust *t, X509 *x, bool pinned)
{
	struct trust_certificate c = {.x = x, .pinned = pinned};
	if (X509_get0_pubkey(x) == NULL) {
		ERR_clear_error();
		return TRUST_NO_KEY;
	}
	if (!may_sign_certificates(x))
		return TRUST_NO_CA;
	if (!trust_country(X509_get_subject_name(x), c.country))
		return TRUST_NO_COUNTRY;
	const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(x);
	if (id != NULL && ASN1_STRING_length(id) > 0 && ASN1_STRING_length(id) <= TRUST_KEY_ID_MAX) {
		c.key_id_size = (uint8_t)ASN1_STRING_length(id);
		memcpy(c.key_id, ASN1_STRING_get0_data(id), c.key_id_size);
	}
	c.from_s = trust_time(X509_get0_notBefore(x));
	c.until_s = trust_time(X509_get0_notAfter(x));
	c.form = form_of(x);
	if (known(t, &c))
		return TRUST_DUPLICATE;
	void *array = t->certificates;
	if (!trust_room(&array, &t->certificate_room, t->certificate_count, sizeof c, TRUST_CERTIFICATES_MAX))
		return TRUST_FULL;
	t->certificates = array;
	X509_up_ref(x);
	t->certificates[t->certificate_count++] = c;
	return TRUST_USABLE;
}

/* One certificate, DER or the first of a PEM text; nothing may follow in DER. */
static X509 *read_certificate(const uint8_t *bytes, size_t size)
{
	const unsigned char *p = bytes;
	if (size > TRUST_LIST_MAX || size < 2)
		return NULL;
	if (bytes[0] == 0x30) {
		X509 *x = d2i_X509(NULL, &p, (long)size);
		if (x != NULL && p != bytes + size) {
			X509_free(x);
			x = NULL;
		}
		return x;
	}
	BIO *in = BIO_new_mem_buf(bytes, (int)size);
	X509 *x = in != NULL ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
	BIO_free(in);
	return x;
}

enum trust_use trust_add_certificate(struct trust *t, const uint8_t *bytes, size_t size, bool pinned)
{
	X509 *x = read_certificate(bytes, size);
	enum trust_use use = x != NULL ? trust_take(t, x, pinned) : TRUST_UNREADABLE;
	X509_free(x);
	ERR_clear_error();
	return use;
}

static bool same_key_id(const struct trust_certificate *c, const ASN1_OCTET_STRING *id)
{
	return id != NULL && c->key_id_size > 0 && ASN1_STRING_length(id) == c->key_id_size &&
	       memcmp(ASN1_STRING_get0_data(id), c->key_id, c->key_id_size) == 0;
}

enum trust_found trust_issuer(const struct trust *t, X509 *signer, const struct trust_certificate **out)
{
	const ASN1_OCTET_STRING *id = X509_get0_authority_key_id(signer);
	const X509_NAME *issuer = X509_get_issuer_name(signer);
	enum trust_found found = TRUST_NONE;
	for (int pass = 0; pass < 2 && found != TRUST_FOUND; pass++)
		for (size_t i = 0; i < t->certificate_count && found != TRUST_FOUND; i++) {
			const struct trust_certificate *c = &t->certificates[i];
			bool by_id = same_key_id(c, id);
			if (pass == 0 ? !by_id : by_id || X509_NAME_cmp(issuer, X509_get_subject_name(c->x)) != 0)
				continue;
			/* A certificate of that name with another key identifier than the one named is another key of the same
			 * CSCA, or of a later one that no list has yet: tried, but no witness against the signature. */
			if (by_id || id == NULL || c->key_id_size == 0)
				found = TRUST_WRONG_SIGNATURE;
			if (X509_verify(signer, X509_get0_pubkey(c->x)) == 1) {
				found = TRUST_FOUND;
				*out = c;
			}
		}
	ERR_clear_error();
	return found;
}

enum trust_revocation trust_revocation(
	const struct trust *t, X509 *signer, const struct trust_certificate *issuer, int64_t at_s)
{
	enum trust_revocation answer = TRUST_NO_CRL;
	for (size_t i = 0; i < t->crl_count; i++) {
		const struct trust_crl *c = &t->crls[i];
		X509_REVOKED *entry = NULL;
		if (strcmp(c->country, issuer->country) != 0)
			continue;
		/* Doc 9303-12, 7.1.4: one CRL of a State for all its CSCA keys, so a serial number of a CRL of
		 * the same country speaks of this certificate only under the same issuer's name. */
		if (X509_NAME_cmp(X509_CRL_get_issuer(c->x), X509_get_issuer_name(signer)) == 0) {
			if (X509_CRL_get0_by_serial(c->x, &entry, X509_get_serialNumber(signer)) == 1)
				return TRUST_REVOKED;
			bool fresh = at_s >= c->this_s && (c->next_s == 0 || at_s <= c->next_s);
			if (answer != TRUST_NOT_REVOKED)
				answer = fresh ? TRUST_NOT_REVOKED : TRUST_STALE;
		}
	}
	return answer;
}

const struct trust_defect *trust_defect_of_group(
	const struct trust *t, X509 *signer, enum trust_effect effect, const char *check, unsigned group)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	char country[3];
	if (t->defect_count == 0 || X509_digest(signer, EVP_sha256(), digest, &size) != 1 || size != 32 ||
		!trust_country(X509_get_issuer_name(signer), country))
		return NULL;
	for (size_t i = 0; i < t->defect_count; i++) {
		const struct trust_defect *d = &t->defects[i];
		if (d->effect != effect || strcmp(d->country, country) != 0 || (d->group != 0 && d->group != group) ||
			(effect != TRUST_DEFECT && strcmp(d->check, check) != 0))
			continue;
		if (d->id != NULL ? trust_id_matches(d->id, signer) :
				    d->any_signer || memcmp(d->signer, digest, 32) == 0)
			return d;
	}
	return NULL;
}

const struct trust_defect *trust_defect(
	const struct trust *t, X509 *signer, enum trust_effect effect, const char *check)
{
	return trust_defect_of_group(t, signer, effect, check, 0);
}

bool trust_active_key_in_doubt(const struct trust *t, X509 *signer)
{
	return trust_defect(t, signer, TRUST_DEVIATION, TRUST_ACTIVE_KEY) != NULL;
}

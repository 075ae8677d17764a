/* SPDX-License-Identifier: Apache-2.0
 * The State's deviation lists (ICAO Doc 9303-12, section 10.2), written by hand. Must never be read by its own code.
 */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "sim/state/internal.h"

static void put_text(struct der *d, uint8_t tag, const char *text)
{
	sim_state_put_tagged(d, tag, text, strlen(text));
}

static void wrap(struct der *d, uint8_t tag, struct der *inner)
{
	d->failed = d->failed || inner->failed;
	sim_state_put_tagged(d, tag, inner->bytes, inner->size);
	free(inner->bytes);
	memset(inner, 0, sizeof *inner);
}

static void put_oid(struct der *d, const char *dotted)
{
	ASN1_OBJECT *o = OBJ_txt2obj(dotted, 1);
	uint8_t *der = NULL;
	int n = o != NULL ? i2d_ASN1_OBJECT(o, &der) : 0;
	if (n > 0)
		sim_state_put(d, der, (size_t)n);
	d->failed = d->failed || n <= 0;
	OPENSSL_free(der);
	ASN1_OBJECT_free(o);
}

/* [1] issuerAndSerialNumber, [2] subjectKeyIdentifier or [3] certificateDigest. */
static void put_signer(struct der *d, X509 *x, enum sim_named by)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	if (by == SIM_BY_SERIAL) {
		struct der inner = {0};
		uint8_t *name = NULL, *serial = NULL;
		int n = i2d_X509_NAME(X509_get_issuer_name(x), &name);
		int s = i2d_ASN1_INTEGER(X509_get_serialNumber(x), &serial);
		inner.failed = n <= 0 || s <= 0;
		if (!inner.failed) {
			sim_state_put(&inner, name, (size_t)n);
			sim_state_put(&inner, serial, (size_t)s);
		}
		OPENSSL_free(name);
		OPENSSL_free(serial);
		wrap(d, 0xa1, &inner);
	} else if (by == SIM_BY_KEY_ID) {
		const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(x);
		d->failed = d->failed || id == NULL;
		if (id != NULL)
			sim_state_put_tagged(d, 0x82, ASN1_STRING_get0_data(id), (size_t)ASN1_STRING_length(id));
	} else {
		d->failed = d->failed || X509_digest(x, EVP_sha256(), digest, &size) != 1;
		sim_state_put_tagged(d, 0x83, digest, size);
	}
}

static struct der documents(const struct sim_deviation *v)
{
	struct der d = {0}, inner = {0};
	if (v->document_type != NULL)
		put_text(&d, 0x80, v->document_type);
	if (v->signer != NULL)
		put_signer(&d, sim_signer_certificate(v->signer), v->by);
	if (v->first != NULL) {
		put_text(&inner, 0x18, v->first);
		put_text(&inner, 0x18, v->last);
		wrap(&d, 0xa4, &inner);
	}
	if (v->number != NULL) {
		put_text(&inner, 0x13, v->number);
		wrap(&d, 0xa5, &inner);
	}
	return d;
}

static struct der description(const struct sim_deviation *v)
{
	struct der d = {0}, inner = {0};
	if (v->description != NULL)
		put_text(&d, 0x13, v->description);
	put_oid(&d, v->type);
	if (v->extension != NULL)
		put_oid(&inner, v->extension);
	else if (v->parameter >= 0)
		sim_state_put(&inner, (const uint8_t[]){0x02, 0x01, (uint8_t)v->parameter}, 3);
	if (inner.size > 0)
		wrap(&d, 0xa0, &inner);
	return d;
}

uint8_t *sim_deviations(const struct sim_deviation *v, size_t count, size_t *size)
{
	struct der set = {0}, body = {0}, algorithm = {0}, out = {0};
	for (size_t i = 0; i < count; i++) {
		struct der one = {0}, of = documents(&v[i]), what = description(&v[i]), descriptions = {0};
		wrap(&one, 0x30, &of);
		wrap(&descriptions, 0x30, &what);
		wrap(&one, 0x31, &descriptions);
		wrap(&set, 0x30, &one);
	}
	sim_state_put(&body, "\x02\x01\x00", 3);
	put_oid(&algorithm, "2.16.840.1.101.3.4.2.1"); /* SHA-256 */
	wrap(&body, 0x30, &algorithm);
	wrap(&body, 0x31, &set);
	wrap(&out, 0x30, &body);
	uint8_t *copy = out.failed ? NULL : OPENSSL_memdup(out.bytes, out.size);
	*size = copy != NULL ? out.size : 0;
	free(out.bytes);
	return copy;
}

uint8_t *sim_deviation_list(struct sim_state *by, const uint8_t *content, size_t content_size, int64_t signed_s,
	unsigned form, size_t *size)
{
	struct der text = {0};
	sim_state_put(&text, content, content_size);
	uint8_t *out = sim_state_sign_list(by, "2.23.136.1.1.7",
		form & SIM_LIST_NO_USAGE ? NULL : "critical,2.23.136.1.1.8", &text, signed_s, size);
	free(text.bytes);
	return out;
}

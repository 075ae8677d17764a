/* SPDX-License-Identifier: Apache-2.0
 * What the State of state.h signs: document security objects, master lists, revocation lists. The DER of their contents
 * is written by hand here, and read by ASN.1 templates where it is inspected.
 */
#include <openssl/cms.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/state/internal.h"

void sim_state_put(struct der *d, const void *bytes, size_t size)
{
	uint8_t *more = d->failed ? NULL : realloc(d->bytes, d->size + size + 1);
	if (more == NULL) {
		d->failed = true;
		return;
	}
	d->bytes = more;
	if (size > 0)
		memcpy(d->bytes + d->size, bytes, size);
	d->size += size;
}

void sim_state_put_tagged(struct der *d, uint8_t tag, const void *bytes, size_t size)
{
	uint8_t head[6] = {tag};
	size_t n = 1;
	if (size < 0x80) {
		head[n++] = (uint8_t)size;
	} else {
		size_t digits = size > 0xffffff ? 4 : size > 0xffff ? 3 : size > 0xff ? 2 : 1;
		head[n++] = (uint8_t)(0x80 | digits);
		for (size_t i = digits; i-- > 0;)
			head[n++] = (uint8_t)(size >> (8 * i));
	}
	sim_state_put(d, head, n);
	sim_state_put(d, bytes, size);
}

static void put_algorithm(struct der *d, int nid)
{
	struct der inner = {0};
	uint8_t *oid = NULL;
	int n = i2d_ASN1_OBJECT(OBJ_nid2obj(nid), &oid);
	sim_state_put(&inner, oid, n > 0 ? (size_t)n : 0);
	sim_state_put(&inner, "\x05\x00", 2);
	sim_state_put_tagged(d, 0x30, inner.bytes, inner.size);
	d->failed = d->failed || inner.failed || n <= 0;
	free(inner.bytes);
	OPENSSL_free(oid);
}

/* LDSSecurityObject (Doc 9303-10, appendix D.1). */
static struct der lds_object(int digest, const struct sim_group *groups, size_t count, bool v1)
{
	struct der body = {0}, list = {0}, out = {0};
	sim_state_put(&body, v1 ? "\x02\x01\x01" : "\x02\x01\x00", 3);
	put_algorithm(&body, digest);
	for (size_t i = 0; i < count; i++) {
		unsigned char hash[EVP_MAX_MD_SIZE];
		unsigned size = 0;
		struct der entry = {0};
		const uint8_t number[3] = {0x02, 0x01, (uint8_t)groups[i].number};
		list.failed |= EVP_Digest(groups[i].bytes, groups[i].size, hash, &size, EVP_get_digestbynid(digest), NULL) != 1;
		sim_state_put(&entry, number, sizeof number);
		sim_state_put_tagged(&entry, 0x04, hash, size);
		sim_state_put_tagged(&list, 0x30, entry.bytes, entry.size);
		free(entry.bytes);
	}
	sim_state_put_tagged(&body, 0x30, list.bytes, list.size);
	if (v1)
		sim_state_put(&body, "\x30\x0e\x13\x04" "0108" "\x13\x06" "040000", 16);
	sim_state_put_tagged(&out, 0x30, body.bytes, body.size);
	out.failed |= body.failed || list.failed;
	free(body.bytes);
	free(list.bytes);
	return out;
}

static bool set_time(CMS_SignerInfo *si, int64_t signed_s)
{
	ASN1_TIME *t = ASN1_TIME_set(NULL, (time_t)signed_s);
	bool ok = t != NULL && CMS_signed_add1_attr_by_NID(si, NID_pkcs9_signingTime, ASN1_STRING_type(t), t, -1) == 1;
	ASN1_TIME_free(t);
	return ok;
}

/* SignedData of one signer over content; freed with OPENSSL_free. */
static uint8_t *sign_content(X509 *certificate, EVP_PKEY *key, int digest, const char *type, const struct der *content,
	unsigned flags, bool attributes, int64_t signed_s, X509 *beside, size_t *size)
{
	BIO *in = BIO_new_mem_buf(content->bytes, (int)content->size);
	ASN1_OBJECT *oid = OBJ_txt2obj(type, 1);
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, CMS_PARTIAL | CMS_BINARY | CMS_NOSMIMECAP);
	CMS_SignerInfo *si = NULL;
	uint8_t *out = NULL;
	int n = 0;
	if (content->failed || in == NULL || oid == NULL || cms == NULL || CMS_set1_eContentType(cms, oid) != 1)
		goto done;
	/* Signed attributes at all only with CMS_NOATTR absent; the time is ours, not the machine's. */
	si = CMS_add1_signer(cms, certificate, key, EVP_get_digestbynid(digest),
		flags | CMS_PARTIAL | CMS_BINARY | CMS_NOSMIMECAP | (attributes ? 0u : (unsigned)CMS_NOATTR));
	if (si == NULL || (attributes && signed_s != 0 && !set_time(si, signed_s)))
		goto done;
	if (beside != NULL && CMS_add1_cert(cms, beside) != 1)
		goto done;
	if (CMS_final(cms, in, NULL, CMS_BINARY) == 1)
		n = i2d_CMS_ContentInfo(cms, &out);
done:
	CMS_ContentInfo_free(cms);
	ASN1_OBJECT_free(oid);
	BIO_free(in);
	*size = n > 0 ? (size_t)n : 0;
	return n > 0 ? out : NULL;
}

uint8_t *sim_sod(const struct sim_signer *d, int digest, int signature_digest, const struct sim_group *groups,
	size_t count, unsigned form, int64_t signed_s, size_t *size)
{
	struct der content = lds_object(digest, groups, count, form & SIM_SOD_V1), wrapped = {0};
	const char *type = form & SIM_SOD_DATA_TYPE   ? "1.2.840.113549.1.7.1" :
			   form & SIM_SOD_LEGACY_TYPE ? "1.2.528.1.1006.1.20.1" :
							"2.23.136.1.1.1";
	size_t inner = 0;
	uint8_t *out = NULL;
	uint8_t *cms = sign_content(sim_signer_certificate(d), sim_signer_key(d), signature_digest, type, &content,
		(form & SIM_SOD_NO_CERTIFICATE ? CMS_NOCERTS : 0u) | (form & SIM_SOD_BY_KEY_ID ? CMS_USE_KEYID : 0u),
		!(form & SIM_SOD_NO_ATTRIBUTES), signed_s, NULL, &inner);
	if (cms != NULL)
		sim_state_put_tagged(&wrapped, 0x77, cms, inner);
	if (cms != NULL && !wrapped.failed)
		out = OPENSSL_memdup(wrapped.bytes, wrapped.size);
	*size = out != NULL ? wrapped.size : 0;
	OPENSSL_free(cms);
	free(wrapped.bytes);
	free(content.bytes);
	return out;
}

uint8_t *sim_signed(const struct sim_signer *d, const char *type, const uint8_t *content, size_t content_size,
	int signature_digest, int64_t signed_s, size_t *size)
{
	struct der text = {0};
	sim_state_put(&text, content, content_size);
	uint8_t *out = sign_content(sim_signer_certificate(d), sim_signer_key(d), signature_digest, type, &text, 0, true,
		signed_s, NULL, size);
	free(text.bytes);
	return out;
}

/* SET OF wants its elements in the order of their encodings. */
static int by_encoding(const void *a, const void *b)
{
	const struct der *x = a, *y = b;
	size_t n = x->size < y->size ? x->size : y->size;
	int c = memcmp(x->bytes, y->bytes, n);
	return c != 0 ? c : (x->size > y->size) - (x->size < y->size);
}

static struct der master_list(X509 *const *certificates, size_t count)
{
	struct der set = {0}, body = {0}, out = {0};
	struct der *each = calloc(count + 1, sizeof *each);
	if (each == NULL) {
		out.failed = true;
		return out;
	}
	for (size_t i = 0; i < count; i++)
		each[i].bytes = sim_der(certificates[i], &each[i].size);
	qsort(each, count, sizeof *each, by_encoding);
	for (size_t i = 0; i < count; i++) {
		sim_state_put(&set, each[i].bytes, each[i].size);
		OPENSSL_free(each[i].bytes);
	}
	free(each);
	sim_state_put(&body, "\x02\x01\x00", 3);
	sim_state_put_tagged(&body, 0x31, set.bytes, set.size);
	sim_state_put_tagged(&out, 0x30, body.bytes, body.size);
	out.failed |= set.failed || body.failed;
	free(set.bytes);
	free(body.bytes);
	return out;
}

uint8_t *sim_state_sign_list(struct sim_state *by, const char *type, const char *purpose, const struct der *content,
	int64_t signed_s, size_t *size)
{
	const struct sim_signer_config config = {SIM_EC_P256, signed_s - 86400, signed_s + 86400, NULL, NULL, false, false};
	struct sim_signer *signer = sim_signer_new(by, &config);
	uint8_t *out = NULL;
	*size = 0;
	if (signer != NULL && purpose != NULL) {
		/* The extension comes after the signature: sign once more. */
		X509 *x = sim_signer_certificate(signer);
		X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, NID_ext_key_usage, purpose);
		if (e == NULL || X509_add_ext(x, e, -1) != 1 || X509_sign(x, sim_state_key(by), EVP_sha256()) <= 0) {
			sim_signer_free(signer);
			signer = NULL;
		}
		X509_EXTENSION_free(e);
	}
	if (signer != NULL)
		out = sign_content(sim_signer_certificate(signer), sim_signer_key(signer), NID_sha256, type, content, 0,
			true, signed_s, sim_state_csca(by), size);
	sim_signer_free(signer);
	return out;
}

uint8_t *sim_master_list(struct sim_state *by, X509 *const *certificates, size_t count, int64_t signed_s,
	unsigned form, size_t *size)
{
	struct der content = master_list(certificates, count);
	uint8_t *out = sim_state_sign_list(by, "2.23.136.1.1.2",
		form & SIM_LIST_NO_USAGE ? NULL : "critical,2.23.136.1.1.3", &content, signed_s, size);
	free(content.bytes);
	return out;
}

uint8_t *sim_crl(struct sim_state *s, const struct sim_signer *const *revoked, size_t count, int64_t this_s,
	int64_t next_s, size_t *size)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *t = ASN1_TIME_set(NULL, (time_t)this_s), *next = ASN1_TIME_set(NULL, (time_t)next_s);
	uint8_t *out = NULL;
	int n = 0;
	bool ok = crl != NULL && t != NULL && next != NULL && X509_CRL_set_version(crl, 1) == 1 &&
		  X509_CRL_set_issuer_name(crl, X509_get_subject_name(sim_state_csca(s))) == 1 &&
		  X509_CRL_set1_lastUpdate(crl, t) == 1 && X509_CRL_set1_nextUpdate(crl, next) == 1;
	for (size_t i = 0; i < count && ok; i++) {
		X509_REVOKED *entry = X509_REVOKED_new();
		ok = entry != NULL &&
		     X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(sim_signer_certificate(revoked[i]))) == 1 &&
		     X509_REVOKED_set_revocationDate(entry, t) == 1 && X509_CRL_add0_revoked(crl, entry) == 1;
	}
	if (ok)
		X509_CRL_sort(crl);
	if (ok && X509_CRL_sign(crl, sim_state_key(s), EVP_sha256()) > 0)
		n = i2d_X509_CRL(crl, &out);
	X509_CRL_free(crl);
	ASN1_TIME_free(t);
	ASN1_TIME_free(next);
	*size = n > 0 ? (size_t)n : 0;
	return n > 0 ? out : NULL;
}

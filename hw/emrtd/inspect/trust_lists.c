/* SPDX-License-Identifier: Apache-2.0
 * What enters the trust store in bulk: master lists, CRLs, lists of defects. Must never let a part of a list in when the
 * list as a whole does not verify.
 */
#include <openssl/asn1t.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "emrtd/inspect/trust_internal.h"

/* CscaMasterList (Doc 9303-12, appendix on master lists). */
typedef struct {
	ASN1_INTEGER *version;
	STACK_OF(X509) * certificates;
} MASTER_LIST;
DECLARE_ASN1_FUNCTIONS(MASTER_LIST)
/* clang-format off */
ASN1_SEQUENCE(MASTER_LIST) = {
	ASN1_SIMPLE(MASTER_LIST, version, ASN1_INTEGER),
	ASN1_SET_OF(MASTER_LIST, certificates, X509),
} ASN1_SEQUENCE_END(MASTER_LIST)
/* clang-format on */
IMPLEMENT_ASN1_FUNCTIONS(MASTER_LIST)

enum { LINKS_MAX = 64 };

/* CA certificates of one State that a list brings along, and which of them a pinned root reaches over
 * link certificates (Doc 9303-12, 5.3). */
struct links {
	X509 *x[LINKS_MAX];
	bool reached[LINKS_MAX];
	size_t count;
};

static bool signed_by_root(const struct trust *t, X509 *x)
{
	for (size_t i = 0; i < t->certificate_count; i++)
		if (t->certificates[i].pinned && X509_verify(x, X509_get0_pubkey(t->certificates[i].x)) == 1)
			return true;
	return false;
}

static void gather_links(struct links *l, STACK_OF(X509) * from, const char country[3])
{
	char own[3];
	for (int i = 0; i < sk_X509_num(from) && l->count < LINKS_MAX; i++) {
		X509 *x = sk_X509_value(from, i);
		if (trust_country(X509_get_subject_name(x), own) && strcmp(own, country) == 0 &&
			X509_get0_pubkey(x) != NULL && (X509_get_key_usage(x) & KU_KEY_CERT_SIGN) != 0)
			l->x[l->count++] = x;
	}
}

static bool signed_by_reached(const struct links *l, X509 *x)
{
	for (size_t k = 0; k < l->count; k++)
		if (l->reached[k] && X509_verify(x, X509_get0_pubkey(l->x[k])) == 1)
			return true;
	return false;
}

/* A pinned root signed it, or signed one that signed one that did. Each round reaches one more or is the last. */
static bool pinned_issuer(const struct trust *t, X509 *signer, struct links *l)
{
	bool more = true;
	if (signed_by_root(t, signer))
		return true;
	for (size_t i = 0; i < l->count; i++)
		l->reached[i] = signed_by_root(t, l->x[i]);
	while (more) {
		more = false;
		for (size_t i = 0; i < l->count; i++)
			if (!l->reached[i] && signed_by_reached(l, l->x[i]))
				l->reached[i] = more = true;
	}
	return signed_by_reached(l, signer);
}

bool trust_signs(X509 *signer, const char *purpose)
{
	EXTENDED_KEY_USAGE *usage = X509_get_ext_d2i(signer, NID_ext_key_usage, NULL, NULL);
	bool ok = false;
	char oid[32];
	for (int i = 0; i < sk_ASN1_OBJECT_num(usage) && !ok; i++) {
		OBJ_obj2txt(oid, sizeof oid, sk_ASN1_OBJECT_value(usage, i), 1);
		ok = strcmp(oid, purpose) == 0;
	}
	EXTENDED_KEY_USAGE_free(usage);
	return ok;
}

int64_t trust_signing_time(CMS_SignerInfo *si)
{
	int at = CMS_signed_get_attr_by_NID(si, NID_pkcs9_signingTime, -1);
	X509_ATTRIBUTE *a = at >= 0 ? CMS_signed_get_attr(si, at) : NULL;
	const ASN1_TYPE *t = a != NULL && X509_ATTRIBUTE_count(a) == 1 ? X509_ATTRIBUTE_get0_type(a, 0) : NULL;
	return t != NULL && (t->type == V_ASN1_UTCTIME || t->type == V_ASN1_GENERALIZEDTIME) ?
		       trust_time(t->value.asn1_string) :
		       0;
}

enum trust_error trust_signed_open(struct trust_signed *s, const uint8_t *bytes, size_t size, const char *type)
{
	const unsigned char *p = bytes;
	char oid[40] = "";
	memset(s, 0, sizeof *s);
	if (size > TRUST_LIST_MAX)
		return TRUST_TOO_LARGE;
	s->cms = d2i_CMS_ContentInfo(NULL, &p, (long)size);
	if (s->cms == NULL || OBJ_obj2nid(CMS_get0_type(s->cms)) != NID_pkcs7_signed)
		return TRUST_ENCODING;
	ASN1_OCTET_STRING **content = CMS_get0_content(s->cms);
	OBJ_obj2txt(oid, sizeof oid, CMS_get0_eContentType(s->cms), 1);
	if (content == NULL || *content == NULL || strcmp(oid, type) != 0)
		return TRUST_ENCODING;
	s->content = *content;
	STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(s->cms);
	if (sk_CMS_SignerInfo_num(signers) != 1)
		return TRUST_NO_SIGNER;
	s->info = sk_CMS_SignerInfo_value(signers, 0);
	if (CMS_verify(s->cms, NULL, NULL, NULL, NULL, CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY) != 1)
		return TRUST_SIGNATURE;
	CMS_SignerInfo_get0_algs(s->info, NULL, &s->signer, NULL, NULL);
	return s->signer != NULL ? TRUST_OK : TRUST_NO_SIGNER;
}

void trust_signed_close(struct trust_signed *s)
{
	CMS_ContentInfo_free(s->cms);
	memset(s, 0, sizeof *s);
	ERR_clear_error();
}

/* The signer's right to sign master lists, and the root that vouches for it. */
static enum trust_error verify_list(
	const struct trust *t, const struct trust_signed *s, const MASTER_LIST *list, struct trust_report *report)
{
	struct links links = {.count = 0};
	char country[3];
	X509_NAME_oneline(X509_get_subject_name(s->signer), report->signer, sizeof report->signer);
	report->signed_s = trust_signing_time(s->info);
	if (!trust_country(X509_get_issuer_name(s->signer), country))
		return TRUST_NO_ROOT;
	STACK_OF(X509) *beside = CMS_get1_certs(s->cms);
	gather_links(&links, beside, country);
	gather_links(&links, list->certificates, country);
	bool vouched_for = pinned_issuer(t, s->signer, &links);
	sk_X509_pop_free(beside, X509_free);
	if (!vouched_for)
		return TRUST_NO_ROOT;
	return trust_signs(s->signer, "2.23.136.1.1.3") ? TRUST_OK : TRUST_SIGNER_USAGE;
}

static bool explicit_parameters(X509 *x)
{
	X509_ALGOR *algorithm = NULL;
	int type = V_ASN1_UNDEF;
	X509_PUBKEY_get0_param(NULL, NULL, NULL, &algorithm, X509_get_X509_PUBKEY(x));
	X509_ALGOR_get0(NULL, &type, NULL, algorithm);
	return type == V_ASN1_SEQUENCE;
}

static void describe(X509 *x, enum trust_use use, int64_t at_s, bool check_self, struct trust_report *r)
{
	int digest = NID_undef, signature = X509_get_signature_nid(x);
	EVP_PKEY *key = X509_get0_pubkey(x);
	r->used[use]++;
	if (key != NULL && EVP_PKEY_get_base_id(key) == EVP_PKEY_EC) {
		r->ec++;
		r->explicit_parameters += explicit_parameters(x);
	} else if (key != NULL) {
		r->rsa++;
	}
	r->pss += signature == NID_rsassaPss;
	if (X509_get_signature_info(x, &digest, NULL, NULL, NULL) == 1)
		r->sha1 += digest == NID_sha1;
	int64_t until = trust_time(X509_get0_notAfter(x));
	r->expired += at_s != 0 && until != 0 && until < at_s;
	r->negative_serial += ASN1_STRING_type(X509_get0_serialNumber(x)) == V_ASN1_NEG_INTEGER;
	if (check_self && key != NULL &&
		X509_NAME_cmp(X509_get_subject_name(x), X509_get_issuer_name(x)) == 0 &&
		(X509_get0_authority_key_id(x) == NULL ||
			(X509_get0_subject_key_id(x) != NULL &&
				ASN1_OCTET_STRING_cmp(X509_get0_subject_key_id(x), X509_get0_authority_key_id(x)) ==
					0)))
		r->self_signature_wrong += X509_verify(x, key) != 1;
	ERR_clear_error();
}

static void take_all(struct trust *t, const MASTER_LIST *list, bool check_self, struct trust_report *r)
{
	size_t before = t->certificate_count;
	for (int i = 0; i < sk_X509_num(list->certificates); i++) {
		X509 *x = sk_X509_value(list->certificates, i);
		describe(x, trust_take(t, x, false), r->signed_s, check_self, r);
		r->total++;
	}
	for (size_t i = before; i < t->certificate_count; i++) {
		const struct trust_certificate *c = &t->certificates[i];
		bool again = false;
		r->self_signed += c->form == TRUST_SELF_SIGNED;
		r->same_name += c->form == TRUST_SAME_NAME;
		r->link += c->form == TRUST_LINK;
		for (size_t k = before; k < i && !again; k++)
			again = strcmp(t->certificates[k].country, c->country) == 0;
		r->countries += !again;
	}
	if (r->signed_s > t->newest_s)
		t->newest_s = r->signed_s;
}

enum trust_error trust_add_master_list(
	struct trust *t, const uint8_t *bytes, size_t size, bool check_self, struct trust_report *report)
{
	struct trust_report own, *r = report != NULL ? report : &own;
	MASTER_LIST *list = NULL;
	struct trust_signed s;
	memset(r, 0, sizeof *r);
	enum trust_error rc = trust_signed_open(&s, bytes, size, "2.23.136.1.1.2");
	if (rc == TRUST_OK) {
		const unsigned char *p = ASN1_STRING_get0_data(s.content);
		list = d2i_MASTER_LIST(NULL, &p, ASN1_STRING_length(s.content));
		rc = list != NULL ? verify_list(t, &s, list, r) : TRUST_ENCODING;
	}
	if (rc == TRUST_OK)
		take_all(t, list, check_self, r);
	MASTER_LIST_free(list);
	trust_signed_close(&s);
	return rc;
}

static bool has_digest(X509 *x, const uint8_t digest[32])
{
	unsigned char own[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	return X509_digest(x, EVP_sha256(), own, &size) == 1 && size == 32 && memcmp(own, digest, 32) == 0;
}

enum trust_error trust_pin_of_list(struct trust *t, const uint8_t *bytes, size_t size, const uint8_t digest[32],
	uint8_t **out, size_t *out_size)
{
	const unsigned char *p = bytes;
	CMS_ContentInfo *cms = size <= TRUST_LIST_MAX ? d2i_CMS_ContentInfo(NULL, &p, (long)size) : NULL;
	STACK_OF(X509) *beside = cms != NULL ? CMS_get1_certs(cms) : NULL;
	enum trust_error rc = cms != NULL ? TRUST_NO_ROOT : TRUST_ENCODING;
	for (int i = 0; i < sk_X509_num(beside) && rc == TRUST_NO_ROOT; i++) {
		X509 *x = sk_X509_value(beside, i);
		if (!has_digest(x, digest))
			continue;
		enum trust_use use = trust_take(t, x, true);
		rc = use == TRUST_USABLE || use == TRUST_DUPLICATE ? TRUST_OK : TRUST_SIGNER_USAGE;
		if (rc == TRUST_OK && out != NULL) {
			unsigned char *der = NULL;
			int n = i2d_X509(x, &der);
			*out = der;
			*out_size = n > 0 ? (size_t)n : 0;
		}
	}
	sk_X509_pop_free(beside, X509_free);
	CMS_ContentInfo_free(cms);
	ERR_clear_error();
	return rc;
}

static X509_CRL *read_crl(const uint8_t *bytes, size_t size)
{
	const unsigned char *p = bytes;
	if (size < 2)
		return NULL;
	if (bytes[0] == 0x30)
		return d2i_X509_CRL(NULL, &p, (long)size);
	BIO *in = BIO_new_mem_buf(bytes, (int)size);
	X509_CRL *x = in != NULL ? PEM_read_bio_X509_CRL(in, NULL, NULL, NULL) : NULL;
	BIO_free(in);
	return x;
}

static bool vouched(const struct trust *t, X509_CRL *x, const char country[3])
{
	for (size_t i = 0; i < t->certificate_count; i++)
		if (strcmp(t->certificates[i].country, country) == 0 &&
			X509_CRL_verify(x, X509_get0_pubkey(t->certificates[i].x)) == 1)
			return true;
	return false;
}

enum trust_error trust_add_crl(struct trust *t, const uint8_t *bytes, size_t size)
{
	struct trust_crl c = {0};
	enum trust_error rc = TRUST_ENCODING;
	if (size > TRUST_LIST_MAX)
		return TRUST_TOO_LARGE;
	c.x = read_crl(bytes, size);
	if (c.x == NULL || !trust_country(X509_CRL_get_issuer(c.x), c.country))
		goto out;
	rc = TRUST_UNKNOWN_ISSUER;
	if (!vouched(t, c.x, c.country))
		goto out;
	c.this_s = trust_time(X509_CRL_get0_lastUpdate(c.x));
	c.next_s = trust_time(X509_CRL_get0_nextUpdate(c.x));
	for (size_t i = 0; i < t->crl_count; i++) {
		if (X509_NAME_cmp(X509_CRL_get_issuer(t->crls[i].x), X509_CRL_get_issuer(c.x)) != 0)
			continue;
		rc = TRUST_OLDER;
		if (c.this_s < t->crls[i].this_s)
			goto out;
		X509_CRL_free(t->crls[i].x);
		t->crls[i] = c;
		ERR_clear_error();
		return TRUST_OK;
	}
	void *array = t->crls;
	rc = TRUST_MEMORY;
	if (!trust_room(&array, &t->crl_room, t->crl_count, sizeof c, TRUST_CRLS_MAX))
		goto out;
	t->crls = array;
	t->crls[t->crl_count++] = c;
	ERR_clear_error();
	return TRUST_OK;
out:
	X509_CRL_free(c.x);
	ERR_clear_error();
	return rc;
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool column(const char **at, char *out, size_t size, char end)
{
	size_t n = 0;
	for (; **at != end; (*at)++) {
		if (**at < ' ' || **at > '~' || n + 1 >= size)
			return false;
		out[n++] = **at;
	}
	out[n] = '\0';
	if (**at != '\0')
		(*at)++;
	return n > 0;
}

static bool defect_line(const char *line, struct trust_defect *d)
{
	static const char *const effects[] = {
		[TRUST_DEFECT] = "defect", [TRUST_DEVIATION] = "deviation", [TRUST_ACCEPT] = "accept"};
	char effect[16], signer[65] = {0};
	size_t e = 0;
	memset(d, 0, sizeof *d);
	if (!column(&line, effect, sizeof effect, '\t') || !column(&line, d->country, sizeof d->country, '\t') ||
		!column(&line, signer, sizeof signer, '\t') || !column(&line, d->check, sizeof d->check, '\t') ||
		!column(&line, d->reason, sizeof d->reason, '\0') || strlen(d->country) != 2)
		return false;
	while (e < 3 && strcmp(effects[e], effect) != 0)
		e++;
	if (e == 3)
		return false;
	d->effect = (enum trust_effect)e;
	d->any_signer = strcmp(signer, "*") == 0;
	if (d->any_signer)
		return true;
	for (size_t i = 0; i < 32; i++) {
		int high = digit(signer[2 * i]), low = high >= 0 ? digit(signer[2 * i + 1]) : -1;
		if (low < 0)
			return false;
		d->signer[i] = (uint8_t)(high << 4 | low);
	}
	return signer[64] == '\0';
}

enum trust_error trust_add_defects(struct trust *t, const char *text, size_t *line)
{
	char copy[512];
	size_t before = t->defect_count;
	*line = 0;
	while (*text != '\0') {
		size_t n = strcspn(text, "\n"), keep = n;
		const char *begin = text;
		struct trust_defect d;
		(*line)++;
		text += n + (text[n] == '\n');
		if (keep > 0 && begin[keep - 1] == '\r')
			keep--;
		if (keep == 0 || begin[0] == '#')
			continue;
		void *array = t->defects;
		if (keep >= sizeof copy) {
			t->defect_count = before;
			return TRUST_LINE;
		}
		memcpy(copy, begin, keep);
		copy[keep] = '\0';
		if (!defect_line(copy, &d)) {
			t->defect_count = before;
			return TRUST_LINE;
		}
		if (!trust_room(&array, &t->defect_room, t->defect_count, sizeof d, TRUST_DEFECTS_MAX)) {
			t->defect_count = before;
			return TRUST_MEMORY;
		}
		t->defects = array;
		t->defects[t->defect_count++] = d;
	}
	return TRUST_OK;
}

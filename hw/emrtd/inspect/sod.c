/* SPDX-License-Identifier: Apache-2.0
 * See sod.h. Must never recurse over the input by itself: OpenSSL's decoder bounds its own depth.
 */
#include "emrtd/inspect/sod.h"

#include <openssl/asn1t.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <string.h>

/* LDSSecurityObject (Doc 9303-10, appendix D.1). */
typedef struct {
	ASN1_INTEGER *number;
	ASN1_OCTET_STRING *hash;
} LDS_GROUP;
typedef struct {
	ASN1_PRINTABLESTRING *lds, *unicode;
} LDS_VERSION;
typedef struct {
	ASN1_INTEGER *version;
	X509_ALGOR *digest;
	STACK_OF(LDS_GROUP) * groups;
	LDS_VERSION *versions;
} LDS_OBJECT;

DEFINE_STACK_OF(LDS_GROUP)
DECLARE_ASN1_FUNCTIONS(LDS_GROUP)
DECLARE_ASN1_FUNCTIONS(LDS_VERSION)
DECLARE_ASN1_FUNCTIONS(LDS_OBJECT)
/* clang-format off */
ASN1_SEQUENCE(LDS_GROUP) = {
	ASN1_SIMPLE(LDS_GROUP, number, ASN1_INTEGER),
	ASN1_SIMPLE(LDS_GROUP, hash, ASN1_OCTET_STRING),
} ASN1_SEQUENCE_END(LDS_GROUP)
ASN1_SEQUENCE(LDS_VERSION) = {
	ASN1_SIMPLE(LDS_VERSION, lds, ASN1_PRINTABLESTRING),
	ASN1_SIMPLE(LDS_VERSION, unicode, ASN1_PRINTABLESTRING),
} ASN1_SEQUENCE_END(LDS_VERSION)
ASN1_SEQUENCE(LDS_OBJECT) = {
	ASN1_SIMPLE(LDS_OBJECT, version, ASN1_INTEGER),
	ASN1_SIMPLE(LDS_OBJECT, digest, X509_ALGOR),
	ASN1_SEQUENCE_OF(LDS_OBJECT, groups, LDS_GROUP),
	ASN1_OPT(LDS_OBJECT, versions, LDS_VERSION),
} ASN1_SEQUENCE_END(LDS_OBJECT)
/* clang-format on */
IMPLEMENT_ASN1_FUNCTIONS(LDS_GROUP)
IMPLEMENT_ASN1_FUNCTIONS(LDS_VERSION)
IMPLEMENT_ASN1_FUNCTIONS(LDS_OBJECT)

/* Takes the wrapping tag 77 off, with a definite or an indefinite length. */
static void unwrap(const uint8_t **bytes, size_t *size)
{
	const uint8_t *p = *bytes;
	long length;
	int tag, class;
	if (*size < 2 || p[0] != 0x77)
		return;
	int form = ASN1_get_object(&p, &length, &tag, &class, (long)*size);
	size_t head = (size_t)(p - *bytes);
	if (form & 0x80)
		return;
	*bytes = p;
	*size = form == 0x21 ? *size - head : (size_t)length;
}

static int digest_size(int nid)
{
	switch (nid) {
	case NID_sha1:
		return 20;
	case NID_sha224:
		return 28;
	case NID_sha256:
		return 32;
	case NID_sha384:
		return 48;
	case NID_sha512:
		return 64;
	default:
		return 0;
	}
}

static void version_of(const ASN1_PRINTABLESTRING *s, char out[8])
{
	int n = ASN1_STRING_length(s);
	if (n <= 0 || n >= 8)
		return;
	for (int i = 0; i < n; i++) {
		unsigned char c = ASN1_STRING_get0_data(s)[i];
		out[i] = c >= '0' && c <= '9' ? (char)c : '?';
	}
	out[n] = '\0';
}

static enum sod_problem take_groups(const LDS_OBJECT *o, struct sod *out)
{
	out->digest_nid = OBJ_obj2nid(o->digest->algorithm);
	int size = digest_size(out->digest_nid);
	if (size == 0)
		return SOD_ALGORITHM;
	int count = sk_LDS_GROUP_num(o->groups);
	if (count < 1 || count >= SOD_GROUPS)
		return SOD_ENCODING;
	for (int i = 0; i < count; i++) {
		const LDS_GROUP *g = sk_LDS_GROUP_value(o->groups, i);
		int64_t number = 0;
		if (!ASN1_INTEGER_get_int64(&number, g->number) || number < 1 ||
			number >= SOD_GROUPS || out->group[number].size != 0 ||
			ASN1_STRING_length(g->hash) != size)
			return SOD_ENCODING;
		memcpy(out->group[number].digest, ASN1_STRING_get0_data(g->hash), (size_t)size);
		out->group[number].size = (size_t)size;
	}
	if (o->versions != NULL) {
		version_of(o->versions->lds, out->lds_version);
		version_of(o->versions->unicode, out->unicode_version);
	}
	return SOD_OK;
}

static enum sod_problem type_of(CMS_ContentInfo *cms, struct sod *out)
{
	char oid[40] = "";
	OBJ_obj2txt(oid, sizeof oid, CMS_get0_eContentType(cms), 1);
	if (strcmp(oid, "2.23.136.1.1.1") == 0)
		out->content = SOD_LDS;
	else if (strcmp(oid, "1.2.528.1.1006.1.20.1") == 0)
		out->content = SOD_LDS_LEGACY;
	else if (strcmp(oid, "1.2.840.113549.1.7.1") == 0)
		out->content = SOD_DATA;
	else if (strcmp(oid, "0.4.0.127.0.7.3.2.1") == 0)
		out->content = SOD_SECURITY_INFOS;
	else
		return SOD_ENCODING;
	return SOD_OK;
}

static enum sod_problem groups_of(struct sod *out)
{
	const unsigned char *p = out->signed_bytes;
	LDS_OBJECT *o = d2i_LDS_OBJECT(NULL, &p, (long)out->signed_size);
	if (o == NULL)
		return SOD_ENCODING;
	enum sod_problem rc = p == out->signed_bytes + out->signed_size ? take_groups(o, out) : SOD_ENCODING;
	LDS_OBJECT_free(o);
	return rc;
}

static enum sod_problem content_of(CMS_ContentInfo *cms, bool card_security, struct sod *out)
{
	enum sod_problem rc = type_of(cms, out);
	ASN1_OCTET_STRING **content = CMS_get0_content(cms);
	if (rc != SOD_OK)
		return rc;
	if (content == NULL || *content == NULL || (out->content == SOD_SECURITY_INFOS) != card_security)
		return SOD_ENCODING;
	out->signed_bytes = ASN1_STRING_get0_data(*content);
	out->signed_size = (size_t)ASN1_STRING_length(*content);
	return card_security ? SOD_OK : groups_of(out);
}

/* Same key identifier, or same serial number: the form of the issuer's name apart. */
static bool names(CMS_SignerInfo *si, X509 *certificate)
{
	ASN1_OCTET_STRING *key_id = NULL;
	X509_NAME *issuer = NULL;
	ASN1_INTEGER *serial = NULL;
	if (CMS_SignerInfo_get0_signer_id(si, &key_id, &issuer, &serial) != 1)
		return false;
	if (key_id != NULL) {
		const ASN1_OCTET_STRING *own = X509_get0_subject_key_id(certificate);
		return own != NULL && ASN1_OCTET_STRING_cmp(own, key_id) == 0;
	}
	return serial != NULL && ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(certificate)) == 0;
}

static void find_signer(CMS_ContentInfo *cms, CMS_SignerInfo *si, struct sod *out)
{
	STACK_OF(X509) *all = CMS_get1_certs(cms);
	X509 *by_number = NULL;
	for (int i = 0; i < sk_X509_num(all) && out->signer == NULL; i++) {
		X509 *c = sk_X509_value(all, i);
		if (CMS_SignerInfo_cert_cmp(si, c) == 0)
			out->signer = c;
		else if (by_number == NULL && names(si, c))
			by_number = c;
	}
	if (out->signer == NULL && by_number != NULL) {
		out->signer = by_number;
		out->signer_id_form = true;
	}
	if (out->signer != NULL) {
		X509_up_ref(out->signer);
		CMS_SignerInfo_set1_signer_cert(si, out->signer);
	}
	sk_X509_pop_free(all, X509_free);
}

static int64_t signing_time(CMS_SignerInfo *si)
{
	struct tm tm;
	int at = CMS_signed_get_attr_by_NID(si, NID_pkcs9_signingTime, -1);
	X509_ATTRIBUTE *a = at >= 0 ? CMS_signed_get_attr(si, at) : NULL;
	const ASN1_TYPE *t = a != NULL && X509_ATTRIBUTE_count(a) == 1 ? X509_ATTRIBUTE_get0_type(a, 0) : NULL;
	if (t == NULL || (t->type != V_ASN1_UTCTIME && t->type != V_ASN1_GENERALIZEDTIME) ||
		ASN1_TIME_to_tm(t->value.asn1_string, &tm) != 1)
		return 0;
	return (int64_t)timegm(&tm);
}

/* The header of a data object of this tag; *size: what is in it, SIZE_MAX when it ends by end-of-contents. */
static bool enter(const unsigned char **p, const unsigned char *end, int class, int tag, size_t *size)
{
	long length;
	int found_tag, found_class, form = ASN1_get_object(p, &length, &found_tag, &found_class, end - *p);
	if ((form & 0x80) || found_tag != tag || found_class != class)
		return false;
	*size = form & 1 ? SIZE_MAX : (size_t)length;
	return true;
}

/* The digestAlgorithms of SignedData (RFC 5652, 5.1): OpenSSL pushes a filter for each of them before it verifies, so that
 * work and stack grow with the square of their number. Real objects name one. */
static enum sod_problem few_digests(const unsigned char *p, size_t size)
{
	const unsigned char *end = p + size;
	size_t inner;
	int depth = 1, tag, class;
	if (!enter(&p, end, V_ASN1_UNIVERSAL, V_ASN1_SEQUENCE, &inner) ||
		!enter(&p, end, V_ASN1_UNIVERSAL, V_ASN1_OBJECT, &inner) || inner > (size_t)(end - p))
		return SOD_ENCODING;
	p += inner;
	if (!enter(&p, end, V_ASN1_CONTEXT_SPECIFIC, 0, &inner) ||
		!enter(&p, end, V_ASN1_UNIVERSAL, V_ASN1_SEQUENCE, &inner) ||
		!enter(&p, end, V_ASN1_UNIVERSAL, V_ASN1_INTEGER, &inner) || inner > (size_t)(end - p))
		return SOD_ENCODING;
	p += inner;
	if (!enter(&p, end, V_ASN1_UNIVERSAL, V_ASN1_SET, &inner))
		return SOD_ENCODING;
	if (inner != SIZE_MAX)
		return inner <= SOD_DIGESTS_MAX ? SOD_OK : SOD_TOO_LARGE;
	for (const unsigned char *begin = p; p - begin <= SOD_DIGESTS_MAX && p < end;) {
		long length;
		int form = ASN1_get_object(&p, &length, &tag, &class, end - p);
		if ((form & 0x80) || (!(form & 1) && length > end - p))
			return SOD_ENCODING;
		if (form & 1)
			depth++;
		else if (tag == 0 && length == 0 && --depth == 0)
			return SOD_OK;
		else
			p += length;
	}
	return SOD_TOO_LARGE;
}

static enum sod_problem read_signed(const uint8_t *bytes, size_t size, bool card_security, struct sod *out)
{
	enum sod_problem rc;
	memset(out, 0, sizeof *out);
	if (size > SOD_SIZE_MAX)
		return SOD_TOO_LARGE;
	if (!card_security)
		unwrap(&bytes, &size);
	rc = few_digests(bytes, size);
	ERR_clear_error();
	if (rc != SOD_OK)
		return rc;
	const unsigned char *p = bytes;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)size);
	out->cms = cms;
	if (cms == NULL || OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed) {
		rc = SOD_ENCODING;
	} else if ((rc = content_of(cms, card_security, out)) == SOD_OK) {
		STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(cms);
		if (sk_CMS_SignerInfo_num(signers) != 1) {
			rc = SOD_SIGNERS;
		} else {
			CMS_SignerInfo *si = sk_CMS_SignerInfo_value(signers, 0);
			X509_ALGOR *digest = NULL;
			CMS_SignerInfo_get0_algs(si, NULL, NULL, &digest, NULL);
			out->signature_digest_nid = digest != NULL ? OBJ_obj2nid(digest->algorithm) : NID_undef;
			out->signed_s = signing_time(si);
			find_signer(cms, si, out);
		}
	}
	if (rc != SOD_OK)
		sod_free(out);
	ERR_clear_error();
	return rc;
}

enum sod_problem sod_read(const uint8_t *bytes, size_t size, struct sod *out)
{
	return read_signed(bytes, size, false, out);
}

enum sod_problem sod_read_card_security(const uint8_t *bytes, size_t size, struct sod *out)
{
	return read_signed(bytes, size, true, out);
}

enum sod_problem sod_verify(struct sod *s)
{
	if (s->signer == NULL)
		return SOD_NO_CERTIFICATE;
	if (X509_get0_pubkey(s->signer) == NULL || digest_size(s->signature_digest_nid) == 0) {
		ERR_clear_error();
		return SOD_ALGORITHM;
	}
	int ok = CMS_verify(s->cms, NULL, NULL, NULL, NULL, CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY);
	ERR_clear_error();
	return ok == 1 ? SOD_OK : SOD_SIGNATURE;
}

void sod_free(struct sod *s)
{
	X509_free(s->signer);
	CMS_ContentInfo_free(s->cms);
	memset(s, 0, sizeof *s);
}

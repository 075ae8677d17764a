/* SPDX-License-Identifier: Apache-2.0
 * ICAO deviation lists (Doc 9303-12 section 10, Doc 9303-3 section 7): what a State says is wrong with documents that it
 * has issued. Must never widen what the State said: an entry that names some documents of a signer only, or none, is
 * counted and has no effect; and no entry makes a failed check successful.
 */
#include <openssl/asn1t.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "emrtd/inspect/trust_internal.h"

/* Doc 9303-12, 10.2: a module of implicit tags; a tag on ANY is explicit all the same (X.680, 31.2.7). */
typedef struct {
	X509_NAME *issuer;
	ASN1_INTEGER *serial;
} ISSUER_SERIAL;
typedef struct {
	int type;
	union {
		ISSUER_SERIAL *serial;
		ASN1_OCTET_STRING *octets; /* key identifier or digest */
	} value;
} SIGNER_NAME;
typedef struct {
	ASN1_GENERALIZEDTIME *first, *last;
} ISSUED;
typedef struct {
	ASN1_PRINTABLESTRING *type;
	SIGNER_NAME *signer;
	ISSUED *issued;
	STACK_OF(ASN1_PRINTABLESTRING) * numbers;
} DOCUMENTS;
typedef struct {
	ASN1_STRING *text;
	ASN1_OBJECT *type;
	ASN1_TYPE *parameters, *national;
} DESCRIPTION;
DEFINE_STACK_OF(DESCRIPTION)
typedef struct {
	DOCUMENTS *documents;
	STACK_OF(DESCRIPTION) * descriptions;
} DEVIATION;
DEFINE_STACK_OF(DEVIATION)
typedef struct {
	ASN1_INTEGER *version;
	X509_ALGOR *digest;
	STACK_OF(DEVIATION) * deviations;
} DEVIATION_LIST;
DEFINE_STACK_OF(ASN1_PRINTABLESTRING)

enum { BY_SERIAL, BY_KEY_ID, BY_DIGEST };

/* clang-format off */
ASN1_SEQUENCE(ISSUER_SERIAL) = {
	ASN1_SIMPLE(ISSUER_SERIAL, issuer, X509_NAME),
	ASN1_SIMPLE(ISSUER_SERIAL, serial, ASN1_INTEGER),
} static_ASN1_SEQUENCE_END(ISSUER_SERIAL)
ASN1_CHOICE(SIGNER_NAME) = {
	ASN1_IMP(SIGNER_NAME, value.serial, ISSUER_SERIAL, 1),
	ASN1_IMP(SIGNER_NAME, value.octets, ASN1_OCTET_STRING, 2),
	ASN1_IMP(SIGNER_NAME, value.octets, ASN1_OCTET_STRING, 3),
} static_ASN1_CHOICE_END(SIGNER_NAME)
ASN1_SEQUENCE(ISSUED) = {
	ASN1_SIMPLE(ISSUED, first, ASN1_GENERALIZEDTIME),
	ASN1_SIMPLE(ISSUED, last, ASN1_GENERALIZEDTIME),
} static_ASN1_SEQUENCE_END(ISSUED)
ASN1_SEQUENCE(DOCUMENTS) = {
	ASN1_IMP_OPT(DOCUMENTS, type, ASN1_PRINTABLESTRING, 0),
	ASN1_OPT(DOCUMENTS, signer, SIGNER_NAME),
	ASN1_IMP_OPT(DOCUMENTS, issued, ISSUED, 4),
	ASN1_IMP_SET_OF_OPT(DOCUMENTS, numbers, ASN1_PRINTABLESTRING, 5),
} static_ASN1_SEQUENCE_END(DOCUMENTS)
ASN1_SEQUENCE(DESCRIPTION) = {
	ASN1_OPT(DESCRIPTION, text, DIRECTORYSTRING), /* PrintableString; other kinds do no harm */
	ASN1_SIMPLE(DESCRIPTION, type, ASN1_OBJECT),
	ASN1_EXP_OPT(DESCRIPTION, parameters, ASN1_ANY, 0),
	ASN1_EXP_OPT(DESCRIPTION, national, ASN1_ANY, 1),
} static_ASN1_SEQUENCE_END(DESCRIPTION)
ASN1_SEQUENCE(DEVIATION) = {
	ASN1_SIMPLE(DEVIATION, documents, DOCUMENTS),
	ASN1_SET_OF(DEVIATION, descriptions, DESCRIPTION),
} static_ASN1_SEQUENCE_END(DEVIATION)
ASN1_SEQUENCE(DEVIATION_LIST) = {
	ASN1_SIMPLE(DEVIATION_LIST, version, ASN1_INTEGER),
	ASN1_OPT(DEVIATION_LIST, digest, X509_ALGOR),
	ASN1_SET_OF(DEVIATION_LIST, deviations, DEVIATION),
} static_ASN1_SEQUENCE_END(DEVIATION_LIST)
/* clang-format on */

struct trust_signer_id {
	int kind;
	X509_NAME *issuer;    /* BY_SERIAL */
	ASN1_INTEGER *serial; /* BY_SERIAL */
	ASN1_OCTET_STRING *octets;
	const EVP_MD *digest; /* BY_DIGEST */
};

void trust_id_free(struct trust_signer_id *id)
{
	if (id == NULL)
		return;
	X509_NAME_free(id->issuer);
	ASN1_INTEGER_free(id->serial);
	ASN1_OCTET_STRING_free(id->octets);
	free(id);
}

bool trust_id_matches(const struct trust_signer_id *id, X509 *signer)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	if (id->kind == BY_SERIAL)
		return X509_NAME_cmp(id->issuer, X509_get_issuer_name(signer)) == 0 &&
		       ASN1_INTEGER_cmp(id->serial, X509_get0_serialNumber(signer)) == 0;
	if (id->kind == BY_KEY_ID) {
		const ASN1_OCTET_STRING *own = X509_get0_subject_key_id(signer);
		return own != NULL && ASN1_OCTET_STRING_cmp(own, id->octets) == 0;
	}
	return X509_digest(signer, id->digest, digest, &size) == 1 && ASN1_STRING_length(id->octets) == (int)size &&
	       memcmp(ASN1_STRING_get0_data(id->octets), digest, size) == 0;
}

/* digest: one that is known here. NULL: no memory. */
static struct trust_signer_id *id_of(const SIGNER_NAME *n, int digest)
{
	struct trust_signer_id *id = calloc(1, sizeof *id);
	if (id == NULL)
		return NULL;
	id->kind = n->type;
	bool ok;
	if (n->type == BY_SERIAL) {
		id->issuer = X509_NAME_dup(n->value.serial->issuer);
		id->serial = ASN1_INTEGER_dup(n->value.serial->serial);
		ok = id->issuer != NULL && id->serial != NULL;
	} else {
		id->octets = ASN1_OCTET_STRING_dup(n->value.octets);
		id->digest = EVP_get_digestbynid(digest);
		ok = id->octets != NULL && (n->type == BY_KEY_ID || id->digest != NULL);
	}
	if (ok)
		return id;
	trust_id_free(id);
	return NULL;
}

enum parameter { NOTHING, GROUP, FIELD };

/* Doc 9303-3 7.3.5: what a failed check of checks.def may owe to the deviation. Where no check here would fail because of
 * it, there is no row; nor where the signer himself is not known then: a signature on his certificate that is wrong, an
 * EF.SOD that cannot be read. Anybody could claim to be him. */
static const struct kind {
	const char *type;
	enum parameter parameter;
	const char *check;
} kinds[] = {
	{"2.23.136.1.1.7.1.2", FIELD, "signer"},              /* CertOrKey-DSEncoding */
	{"2.23.136.1.1.7.1.3", FIELD, "csca"},                /* CertOrKey-CSCAEncoding */
	{"2.23.136.1.1.7.1.4", NOTHING, TRUST_ACTIVE_KEY},    /* CertOrKey-AAKeyCompromised */
	{"2.23.136.1.1.7.2.1", GROUP, "malformed"},           /* LDS-DGMalformed */
	{"2.23.136.1.1.7.2.2", GROUP, "pa.dg.hash"},          /* LDS-DGHashWrong */
	{"2.23.136.1.1.7.2.3", NOTHING, "pa.signature"},      /* LDS-SODSignatureWrong */
	{"2.23.136.1.1.7.2.4", NOTHING, "pa.com"},            /* LDS-COMInconsistent */
	{"2.23.136.1.1.7.3.1", NOTHING, "chip.mrz"},          /* MRZ-WrongData */
};

/* CertField: a member of CertificateBodyField, or an extension. */
static const struct field {
	const char *of, *extension;
	int body;
	const char *check;
} fields[] = {
	{"signer", NULL, 4, "pa.signer.country"},                      /* issuer */
	{"signer", NULL, 5, "pa.signer.validity"},                     /* validity */
	{"signer", NULL, 6, "pa.signer.country"},                      /* subject */
	{"signer", "2.5.29.15", -1, "pa.signer.usage"},                /* keyUsage */
	{"signer", "2.23.136.1.1.6.2", -1, "pa.signer.usage"},         /* documentTypeList */
	{"signer", "2.5.29.16", -1, "pa.signer.validity"},             /* privateKeyUsagePeriod */
	{"csca", NULL, 5, "pa.csca.validity"},
};

/* -1: not an INTEGER from 0 to 255. */
static int small(const ASN1_TYPE *t)
{
	long n = t != NULL && t->type == V_ASN1_INTEGER ? ASN1_INTEGER_get(t->value.integer) : -1;
	return n >= 0 && n <= 255 ? (int)n : -1;
}

static const char *field_check(const char *of, const ASN1_TYPE *parameter)
{
	char oid[64] = "";
	int body = small(parameter);
	if (parameter != NULL && parameter->type == V_ASN1_OBJECT)
		OBJ_obj2txt(oid, sizeof oid, parameter->value.object, 1);
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		const struct field *f = &fields[i];
		if (strcmp(f->of, of) == 0 && (f->extension != NULL ? strcmp(f->extension, oid) == 0 : f->body == body))
			return f->check;
	}
	return NULL;
}

/* NULL: no check here. *group: the data group it is about, 0 for none. */
static const char *check_of(const DESCRIPTION *d, unsigned *group)
{
	char oid[64];
	const struct kind *k = NULL;
	int n = small(d->parameters);
	OBJ_obj2txt(oid, sizeof oid, d->type, 1);
	*group = 0;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && k == NULL; i++)
		k = strcmp(kinds[i].type, oid) == 0 ? &kinds[i] : NULL;
	if (k == NULL)
		return NULL;
	if (k->parameter == FIELD)
		return field_check(k->check, d->parameters);
	if (k->parameter == NOTHING)
		return k->check;
	/* Datagroup: 1 to 16, sod(20), com(21). A group whose data objects are broken hashes as any other. */
	if (strcmp(k->check, "malformed") == 0)
		return n == 21 ? "pa.com" : NULL;
	if (n < 1 || n > 16)
		return NULL;
	*group = (unsigned)n;
	return k->check;
}

/* What the description says, as far as a log or a table can take it. */
static void reason_of(const DESCRIPTION *d, char out[TRUST_NAME_MAX])
{
	const unsigned char *p = d->text != NULL ? ASN1_STRING_get0_data(d->text) : NULL;
	int size = d->text != NULL ? ASN1_STRING_length(d->text) : 0;
	size_t n = 0;
	for (int i = 0; i < size && n + 1 < TRUST_NAME_MAX; i++)
		out[n++] = p[i] >= ' ' && p[i] <= '~' ? (char)p[i] : '?';
	if (n == 0)
		n = (size_t)snprintf(out, TRUST_NAME_MAX, "deviation list");
	out[n] = '\0';
}

struct batch {
	struct trust_defect *entry;
	size_t count, room;
};

static void batch_free(struct batch *b)
{
	for (size_t i = 0; i < b->count; i++)
		trust_id_free(b->entry[i].id);
	free(b->entry);
}

static enum trust_error take_description(struct batch *b, const char country[3], const DOCUMENTS *documents,
	const DESCRIPTION *d, int digest, struct trust_deviation_report *r)
{
	struct trust_defect e = {.effect = TRUST_DEVIATION, .of_list = true};
	void *array = b->entry;
	const char *check = check_of(d, &e.group);
	r->descriptions++;
	if (check == NULL)
		r->without_check++;
	else if (documents->signer == NULL || (documents->signer->type == BY_DIGEST && EVP_get_digestbynid(digest) == NULL))
		r->without_signer++;
	else if (documents->type != NULL || documents->issued != NULL || documents->numbers != NULL)
		r->narrowed++;
	else {
		if (b->count == TRUST_DEFECTS_MAX)
			return TRUST_TOO_LARGE;
		e.id = id_of(documents->signer, digest);
		if (e.id == NULL || !trust_room(&array, &b->room, b->count, sizeof e, TRUST_DEFECTS_MAX)) {
			trust_id_free(e.id);
			return TRUST_MEMORY;
		}
		b->entry = array;
		memcpy(e.country, country, sizeof e.country);
		snprintf(e.check, sizeof e.check, "%s", check);
		reason_of(d, e.reason);
		b->entry[b->count++] = e;
		r->entries++;
	}
	return TRUST_OK;
}

static void forget_list(struct trust *t, const char country[3])
{
	size_t kept = 0;
	for (size_t i = 0; i < t->defect_count; i++) {
		if (t->defects[i].of_list && strcmp(t->defects[i].country, country) == 0)
			trust_id_free(t->defects[i].id);
		else
			t->defects[kept++] = t->defects[i];
	}
	t->defect_count = kept;
}

static size_t of_list(const struct trust *t, const char country[3])
{
	size_t n = 0;
	for (size_t i = 0; i < t->defect_count; i++)
		n += t->defects[i].of_list && strcmp(t->defects[i].country, country) == 0;
	return n;
}

/* The batch instead of the country's list so far; room is had before anything goes. */
static enum trust_error put_in(struct trust *t, struct batch *b, const char country[3])
{
	size_t others = t->defect_count - of_list(t, country), need = others + b->count;
	if (need > TRUST_DEFECTS_MAX)
		return TRUST_TOO_LARGE;
	if (need > t->defect_room) {
		struct trust_defect *more = realloc(t->defects, need * sizeof *more);
		if (more == NULL)
			return TRUST_MEMORY;
		t->defects = more;
		t->defect_room = need;
	}
	forget_list(t, country);
	if (b->count > 0)
		memcpy(t->defects + t->defect_count, b->entry, b->count * sizeof *b->entry);
	t->defect_count += b->count;
	b->count = 0;
	return TRUST_OK;
}

static DEVIATION_LIST *read_content(const uint8_t *bytes, size_t size)
{
	const unsigned char *p = bytes;
	DEVIATION_LIST *list = (DEVIATION_LIST *)ASN1_item_d2i(NULL, &p, (long)size, ASN1_ITEM_rptr(DEVIATION_LIST));
	if (list != NULL && (p != bytes + size || ASN1_INTEGER_get(list->version) != 0)) {
		ASN1_item_free((ASN1_VALUE *)list, ASN1_ITEM_rptr(DEVIATION_LIST));
		list = NULL;
	}
	return list;
}

enum trust_error trust_take_deviations(struct trust *t, const char country[3], int digest, const uint8_t *bytes,
	size_t size, struct trust_deviation_report *r)
{
	struct batch b = {0};
	enum trust_error rc = TRUST_OK;
	DEVIATION_LIST *list = size <= TRUST_LIST_MAX ? read_content(bytes, size) : NULL;
	ERR_clear_error();
	if (list == NULL)
		return TRUST_ENCODING;
	if (list->digest != NULL)
		digest = OBJ_obj2nid(list->digest->algorithm);
	for (int i = 0; i < sk_DEVIATION_num(list->deviations) && rc == TRUST_OK; i++) {
		const DEVIATION *d = sk_DEVIATION_value(list->deviations, i);
		r->deviations++;
		for (int k = 0; k < sk_DESCRIPTION_num(d->descriptions) && rc == TRUST_OK; k++)
			rc = take_description(
				&b, country, d->documents, sk_DESCRIPTION_value(d->descriptions, k), digest, r);
	}
	if (rc == TRUST_OK)
		rc = put_in(t, &b, country);
	batch_free(&b);
	ASN1_item_free((ASN1_VALUE *)list, ASN1_ITEM_rptr(DEVIATION_LIST));
	ERR_clear_error();
	return rc;
}

/* Doc 9303-12, 10.1 and 7.1.1: the signer is of a State in the store. */
static enum trust_error verify(
	const struct trust *t, const struct trust_signed *s, int *digest, struct trust_deviation_report *r)
{
	const struct trust_certificate *issuer = NULL;
	X509_ALGOR *algorithm = NULL;
	X509 *signer = s->signer;
	CMS_SignerInfo_get0_algs(s->info, NULL, NULL, &algorithm, NULL);
	if (algorithm == NULL)
		return TRUST_NO_SIGNER;
	*digest = OBJ_obj2nid(algorithm->algorithm);
	X509_NAME_oneline(X509_get_subject_name(signer), r->signer, sizeof r->signer);
	r->signed_s = trust_signing_time(s->info);
	if (r->signed_s == 0)
		return TRUST_ENCODING;
	if (trust_issuer(t, signer, &issuer) != TRUST_FOUND || !trust_country(X509_get_subject_name(signer), r->country) ||
		strcmp(r->country, issuer->country) != 0)
		return TRUST_UNKNOWN_ISSUER;
	if (r->signed_s < trust_time(X509_get0_notBefore(signer)) || r->signed_s > trust_time(X509_get0_notAfter(signer)))
		return TRUST_SIGNED_OUTSIDE;
	if (!trust_signs(signer, "2.23.136.1.1.8"))
		return TRUST_SIGNER_USAGE;
	return trust_revocation(t, signer, issuer, r->signed_s) == TRUST_REVOKED ? TRUST_SIGNER_REVOKED : TRUST_OK;
}

/* Where the country's list is noted; a new place, or NULL without room. */
static struct trust_deviation_list *place(struct trust *t, const char country[3])
{
	void *array = t->deviation_lists;
	for (size_t i = 0; i < t->deviation_list_count; i++)
		if (strcmp(t->deviation_lists[i].country, country) == 0)
			return &t->deviation_lists[i];
	if (!trust_room(&array, &t->deviation_list_room, t->deviation_list_count, sizeof *t->deviation_lists,
		    TRUST_DEVIATION_LISTS_MAX))
		return NULL;
	t->deviation_lists = array;
	struct trust_deviation_list *l = &t->deviation_lists[t->deviation_list_count];
	memset(l, 0, sizeof *l);
	return l;
}

enum trust_error trust_add_deviations(
	struct trust *t, const uint8_t *bytes, size_t size, struct trust_deviation_report *report)
{
	struct trust_deviation_report own, *r = report != NULL ? report : &own;
	int digest = NID_undef;
	memset(r, 0, sizeof *r);
	struct trust_signed s;
	enum trust_error rc = trust_signed_open(&s, bytes, size, "2.23.136.1.1.7");
	if (rc != TRUST_OK)
		goto out;
	rc = verify(t, &s, &digest, r);
	if (rc != TRUST_OK)
		goto out;
	struct trust_deviation_list *l = place(t, r->country);
	rc = l == NULL ? TRUST_MEMORY : r->signed_s < l->signed_s ? TRUST_OLDER : TRUST_OK;
	if (rc == TRUST_OK)
		rc = trust_take_deviations(t, r->country, digest, ASN1_STRING_get0_data(s.content),
			(size_t)ASN1_STRING_length(s.content), r);
	if (rc == TRUST_OK) {
		if (l->signed_s == 0)
			t->deviation_list_count++;
		memcpy(l->country, r->country, sizeof l->country);
		l->signed_s = r->signed_s;
	}
out:
	trust_signed_close(&s);
	return rc;
}

/* SPDX-License-Identifier: Apache-2.0
 * See passive.h. Must never count a check as successful that it did not make.
 */
#include "emrtd/inspect/passive.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "emrtd/inspect/access.h"
#include "mrz/mrz.h"

enum { DAY_S = 86400 };

/* One inspection under way. */
struct work {
	const struct inspect_input *in;
	struct inspection *out;
	struct sod sod;
	const struct trust_certificate *csca;
	bool signature_good;
	struct emrtd_bytes security_infos; /* in EF.CardSecurity, when that is proven */
};

static const struct {
	const char *name, *field;
} checks[] = {
#define INSPECT_CHECK(id, name, field) {name, field},
#include "emrtd/inspect/checks.def"
#undef INSPECT_CHECK
};

static const char *const reasons[] = {
#define INSPECT_REASON(id, key) key,
#include "emrtd/inspect/reasons.def"
#undef INSPECT_REASON
};

const char *inspect_check_name(enum inspect_check_id id)
{
	return (unsigned)id < INSPECT_CHECK_COUNT_ ? checks[id].name : "";
}

const char *inspect_check_field(const struct inspect_check *c, char text[8])
{
	if (c->id != INSPECT_DG_HASH)
		return (unsigned)c->id < INSPECT_CHECK_COUNT_ ? checks[c->id].field : "";
	snprintf(text, 8, "dg%u", c->group % 100);
	return text;
}

const char *inspect_reason_key(enum inspect_reason reason)
{
	return (unsigned)reason < INSPECT_REASON_COUNT_ ? reasons[reason] : "";
}

/* A failure that the State's own list explains is taken for what the list says. */
static void say_group(
	struct work *w, enum inspect_check_id id, unsigned group, enum inspect_result result, enum inspect_reason reason)
{
	const struct trust *t = w->in->trust;
	if (result == INSPECT_FAILED && t != NULL && w->sod.signer != NULL && w->csca != NULL) {
		const char *name = inspect_check_name(id);
		if (trust_defect_of_group(t, w->sod.signer, TRUST_ACCEPT, name, group) != NULL) {
			result = INSPECT_SUCCESSFUL;
			reason = INSPECT_WHY_DEVIATION;
		} else if (trust_defect_of_group(t, w->sod.signer, TRUST_DEVIATION, name, group) != NULL) {
			result = INSPECT_UNDETERMINED;
			reason = INSPECT_WHY_DEVIATION;
		}
	}
	if (w->out->count < INSPECT_CHECKS_MAX)
		w->out->check[w->out->count++] = (struct inspect_check){id, group, result, reason};
}

static void say(struct work *w, enum inspect_check_id id, enum inspect_result result, enum inspect_reason reason)
{
	say_group(w, id, 0, result, reason);
}

/* What reading a signed file came to, as the check of that file. */
static bool took(struct work *w, enum inspect_check_id id, enum sod_problem problem)
{
	bool usual = w->sod.content == SOD_LDS || w->sod.content == SOD_SECURITY_INFOS;
	switch (problem) {
	case SOD_OK:
		say(w, id, INSPECT_SUCCESSFUL, usual ? INSPECT_WHY_NONE : INSPECT_WHY_CONTENT_TYPE);
		return true;
	case SOD_TOO_LARGE:
		say(w, id, INSPECT_FAILED, INSPECT_WHY_TOO_LARGE);
		return false;
	case SOD_SIGNERS:
		say(w, id, INSPECT_FAILED, INSPECT_WHY_SIGNERS);
		return false;
	case SOD_ALGORITHM:
		say(w, id, INSPECT_UNDETERMINED, INSPECT_WHY_ALGORITHM);
		return false;
	case SOD_MEMORY:
		say(w, id, INSPECT_ABORTED, INSPECT_WHY_NONE);
		return false;
	case SOD_ENCODING:
	case SOD_NO_CERTIFICATE:
	case SOD_SIGNATURE:
		break;
	}
	say(w, id, INSPECT_FAILED, INSPECT_WHY_ENCODING);
	return false;
}

static bool read_sod(struct work *w)
{
	const struct inspect_file *f = &w->in->sod;
	if (f->bytes != NULL)
		return took(w, INSPECT_SOD, sod_read(f->bytes, f->size, &w->sod));
	say(w, INSPECT_SOD, INSPECT_NOT_PERFORMED, INSPECT_WHY_NOT_READ);
	return false;
}

static void check_signature(struct work *w)
{
	switch (sod_verify(&w->sod)) {
	case SOD_OK:
		w->signature_good = true;
		say(w, INSPECT_SIGNATURE, INSPECT_SUCCESSFUL,
			w->sod.signer_id_form ? INSPECT_WHY_SIGNER_ID_FORM : INSPECT_WHY_NONE);
		return;
	case SOD_NO_CERTIFICATE:
		say(w, INSPECT_SIGNATURE, INSPECT_UNDETERMINED, INSPECT_WHY_NO_CERTIFICATE);
		return;
	case SOD_ALGORITHM:
		say(w, INSPECT_SIGNATURE, INSPECT_UNDETERMINED, INSPECT_WHY_ALGORITHM);
		return;
	case SOD_TOO_LARGE:
	case SOD_ENCODING:
	case SOD_SIGNERS:
	case SOD_SIGNATURE:
	case SOD_MEMORY:
		break;
	}
	say(w, INSPECT_SIGNATURE, INSPECT_FAILED, INSPECT_WHY_SIGNATURE);
}

static void check_digests(struct work *w)
{
	int nid = NID_undef;
	bool weak = w->sod.digest_nid == NID_sha1 || w->sod.signature_digest_nid == NID_sha1;
	if (w->sod.signer != NULL && X509_get_signature_info(w->sod.signer, &nid, NULL, NULL, NULL) == 1)
		weak = weak || nid == NID_sha1 || nid == NID_md5;
	say(w, INSPECT_DIGEST_STRENGTH, weak && w->in->refuse_sha1 ? INSPECT_FAILED : INSPECT_SUCCESSFUL,
		weak ? INSPECT_WHY_WEAK_DIGEST : INSPECT_WHY_NONE);
}

/* documentTypeList (Doc 9303-12, 7.1.1.6): SEQUENCE { version, SET OF PrintableString }. 1 names it, 0 does
 * not, -1 there is no such list or it has another form. */
static int listed_type(X509 *x, const char *code)
{
	ASN1_OBJECT *oid = OBJ_txt2obj("2.23.136.1.1.6.2", 1);
	int at = oid != NULL ? X509_get_ext_by_OBJ(x, oid, -1) : -1, answer = -1;
	ASN1_OBJECT_free(oid);
	if (at < 0)
		return -1;
	const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(X509_get_ext(x, at));
	const unsigned char *p = ASN1_STRING_get0_data(value), *end = p + ASN1_STRING_length(value);
	long length;
	int tag, class;
	if (ASN1_get_object(&p, &length, &tag, &class, end - p) != V_ASN1_CONSTRUCTED || tag != V_ASN1_SEQUENCE)
		goto out;
	if ((ASN1_get_object(&p, &length, &tag, &class, end - p) & 0x80) || tag != V_ASN1_INTEGER)
		goto out;
	p += length;
	if (ASN1_get_object(&p, &length, &tag, &class, end - p) != V_ASN1_CONSTRUCTED || tag != V_ASN1_SET)
		goto out;
	answer = 0;
	while (p < end && answer == 0) {
		if ((ASN1_get_object(&p, &length, &tag, &class, end - p) & 0x80) || length > end - p) {
			answer = -1;
			break;
		}
		if (tag == V_ASN1_PRINTABLESTRING && length > 0 && (size_t)length <= strlen(code) &&
			strncmp((const char *)p, code, (size_t)length) == 0)
			answer = 1;
		p += length;
	}
out:
	ERR_clear_error();
	return answer;
}

static void check_usage(struct work *w)
{
	X509 *x = w->sod.signer;
	if ((X509_get_key_usage(x) & KU_DIGITAL_SIGNATURE) == 0 || X509_check_ca(x) == 1)
		say(w, INSPECT_SIGNER_USAGE, INSPECT_FAILED, INSPECT_WHY_KEY_USAGE);
	else if (w->in->document_code[0] != '\0' && listed_type(x, w->in->document_code) == 0)
		say(w, INSPECT_SIGNER_USAGE, INSPECT_FAILED, INSPECT_WHY_DOCUMENT_TYPE);
	else
		say(w, INSPECT_SIGNER_USAGE, INSPECT_SUCCESSFUL, INSPECT_WHY_NONE);
}

static void check_validity(struct work *w)
{
	struct inspection *o = w->out;
	int64_t at = w->in->at_s;
	o->signer_from_s = trust_time(X509_get0_notBefore(w->sod.signer));
	o->signer_until_s = trust_time(X509_get0_notAfter(w->sod.signer));
	bool signed_within =
		w->sod.signed_s != 0 && w->sod.signed_s >= o->signer_from_s && w->sod.signed_s <= o->signer_until_s;
	if (at < o->signer_from_s)
		say(w, INSPECT_SIGNER_VALIDITY, INSPECT_FAILED, INSPECT_WHY_NOT_YET_VALID);
	else if (at > o->signer_until_s)
		say(w, INSPECT_SIGNER_VALIDITY, signed_within ? INSPECT_UNDETERMINED : INSPECT_FAILED,
			INSPECT_WHY_EXPIRED);
	else if (w->sod.signed_s != 0 && !signed_within)
		say(w, INSPECT_SIGNER_VALIDITY, INSPECT_UNDETERMINED, INSPECT_WHY_SIGNED_OUTSIDE);
	else
		say(w, INSPECT_SIGNER_VALIDITY, INSPECT_SUCCESSFUL, INSPECT_WHY_NONE);
}

static void check_chain(struct work *w)
{
	const struct trust *t = w->in->trust;
	if (t == NULL || t->certificate_count == 0) {
		say(w, INSPECT_SIGNER_CHAIN, INSPECT_UNDETERMINED, INSPECT_WHY_NO_TRUST);
		return;
	}
	switch (trust_issuer(t, w->sod.signer, &w->csca)) {
	case TRUST_FOUND:
		X509_NAME_oneline(X509_get_subject_name(w->csca->x), w->out->csca_subject, sizeof w->out->csca_subject);
		say(w, INSPECT_SIGNER_CHAIN, INSPECT_SUCCESSFUL, INSPECT_WHY_NONE);
		w->out->active_key_in_doubt = trust_active_key_in_doubt(t, w->sod.signer);
		return;
	case TRUST_NONE:
		say(w, INSPECT_SIGNER_CHAIN, INSPECT_UNDETERMINED, INSPECT_WHY_NO_CSCA);
		return;
	case TRUST_WRONG_SIGNATURE:
		break;
	}
	say(w, INSPECT_SIGNER_CHAIN, INSPECT_FAILED, INSPECT_WHY_CSCA_SIGNATURE);
}

static void check_country(struct work *w)
{
	const struct mrz_country *issuer = w->in->issuer[0] != '\0' ? mrz_country(w->in->issuer) : NULL;
	char subject[3], *signer = w->out->signer_country;
	bool has_subject = trust_country(X509_get_subject_name(w->sod.signer), subject);
	bool has_issuer = trust_country(X509_get_issuer_name(w->sod.signer), signer);
	if (has_subject && has_issuer && strcmp(subject, signer) != 0)
		say(w, INSPECT_SIGNER_COUNTRY, INSPECT_FAILED, INSPECT_WHY_COUNTRY);
	else if (!has_issuer || issuer == NULL || issuer->alpha_2[0] == '\0')
		say(w, INSPECT_SIGNER_COUNTRY, INSPECT_UNDETERMINED, INSPECT_WHY_COUNTRY_UNKNOWN);
	else if (strcmp(issuer->alpha_2, signer) != 0)
		say(w, INSPECT_SIGNER_COUNTRY, INSPECT_FAILED, INSPECT_WHY_COUNTRY);
	else
		say(w, INSPECT_SIGNER_COUNTRY, INSPECT_SUCCESSFUL, INSPECT_WHY_NONE);
}

static void check_revocation(struct work *w)
{
	if (w->csca == NULL) {
		say(w, INSPECT_SIGNER_REVOCATION, INSPECT_NOT_PERFORMED, INSPECT_WHY_NO_CSCA);
		return;
	}
	switch (trust_revocation(w->in->trust, w->sod.signer, w->csca, w->in->at_s)) {
	case TRUST_REVOKED:
		say(w, INSPECT_SIGNER_REVOCATION, INSPECT_FAILED, INSPECT_WHY_REVOKED);
		return;
	case TRUST_NOT_REVOKED:
		say(w, INSPECT_SIGNER_REVOCATION, INSPECT_SUCCESSFUL, INSPECT_WHY_NONE);
		return;
	case TRUST_STALE:
		say(w, INSPECT_SIGNER_REVOCATION, INSPECT_UNDETERMINED, INSPECT_WHY_CRL_STALE);
		return;
	case TRUST_NO_CRL:
		break;
	}
	say(w, INSPECT_SIGNER_REVOCATION, INSPECT_NOT_PERFORMED, INSPECT_WHY_NO_CRL);
}

static void check_store(struct work *w)
{
	const struct trust *t = w->in->trust;
	int64_t at = w->in->at_s;
	if (w->csca == NULL) {
		say(w, INSPECT_SIGNER_DEFECT, INSPECT_NOT_PERFORMED, INSPECT_WHY_NO_CSCA);
		say(w, INSPECT_CSCA_VALIDITY, INSPECT_NOT_PERFORMED, INSPECT_WHY_NO_CSCA);
	} else {
		bool defect = trust_defect(t, w->sod.signer, TRUST_DEFECT, "") != NULL;
		say(w, INSPECT_SIGNER_DEFECT, defect ? INSPECT_FAILED : INSPECT_SUCCESSFUL,
			defect ? INSPECT_WHY_DEFECT : INSPECT_WHY_NONE);
		bool early = at < w->csca->from_s, late = at > w->csca->until_s;
		say(w, INSPECT_CSCA_VALIDITY, early || late ? INSPECT_UNDETERMINED : INSPECT_SUCCESSFUL,
			early  ? INSPECT_WHY_NOT_YET_VALID :
			late   ? INSPECT_WHY_EXPIRED :
				 INSPECT_WHY_NONE);
	}
	if (t == NULL || t->newest_s == 0 || w->in->trust_age_max_days == 0)
		say(w, INSPECT_TRUST_AGE, INSPECT_NOT_PERFORMED, INSPECT_WHY_NONE);
	else if (at - t->newest_s > (int64_t)w->in->trust_age_max_days * DAY_S)
		say(w, INSPECT_TRUST_AGE, INSPECT_UNDETERMINED, INSPECT_WHY_TRUST_OLD);
	else
		say(w, INSPECT_TRUST_AGE, INSPECT_SUCCESSFUL, INSPECT_WHY_NONE);
}

static void check_set(struct work *w)
{
	const struct inspect_input *in = w->in;
	uint32_t listed = 0, extra = 0, missing = 0;
	for (unsigned n = 1; n < SOD_GROUPS; n++) {
		bool in_sod = w->sod.group[n].size > 0;
		listed |= (uint32_t)in_sod << n;
		extra |= (uint32_t)(in->group[n].bytes != NULL && !in_sod) << n;
	}
	missing = listed & in->absent;
	if (extra != 0)
		say(w, INSPECT_DG_SET, INSPECT_FAILED, INSPECT_WHY_GROUP_EXTRA);
	else if (missing != 0)
		say(w, INSPECT_DG_SET, INSPECT_FAILED, INSPECT_WHY_GROUP_MISSING);
	else
		say(w, INSPECT_DG_SET, INSPECT_SUCCESSFUL, INSPECT_WHY_NONE);
	if (!in->com_read)
		say(w, INSPECT_COM, INSPECT_NOT_PERFORMED, INSPECT_WHY_NOT_READ);
	else
		say(w, INSPECT_COM, in->com_groups == listed ? INSPECT_SUCCESSFUL : INSPECT_FAILED,
			in->com_groups == listed ? INSPECT_WHY_NONE : INSPECT_WHY_COM_DIFFERS);
}

static bool equal_hash(const struct work *w, unsigned n)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	const EVP_MD *md = EVP_get_digestbynid(w->sod.digest_nid);
	const struct inspect_file *f = &w->in->group[n];
	return md != NULL && EVP_Digest(f->bytes, f->size, digest, &size, md, NULL) == 1 &&
	       size == w->sod.group[n].size && CRYPTO_memcmp(digest, w->sod.group[n].digest, size) == 0;
}

static void check_hashes(struct work *w)
{
	for (unsigned n = 1; n < SOD_GROUPS; n++) {
		if (w->in->group[n].bytes != NULL && w->sod.group[n].size > 0) {
			bool equal = equal_hash(w, n);
			w->out->intact |= (uint32_t)equal << n;
			say_group(w, INSPECT_DG_HASH, n, equal ? INSPECT_SUCCESSFUL : INSPECT_FAILED,
				equal ? INSPECT_WHY_NONE : INSPECT_WHY_HASH);
		} else if (w->sod.group[n].size > 0) {
			say_group(w, INSPECT_DG_HASH, n, INSPECT_NOT_PERFORMED, INSPECT_WHY_NOT_READ);
		}
	}
}

static void check_mrz(struct work *w)
{
	const char *chip = w->in->dg1_mrz, *optical = w->in->optical_mrz;
	if (chip == NULL || chip[0] == '\0')
		say(w, INSPECT_DG1_MRZ, INSPECT_NOT_PERFORMED, INSPECT_WHY_NOT_READ);
	else if (optical == NULL || optical[0] == '\0')
		say(w, INSPECT_DG1_MRZ, INSPECT_NOT_PERFORMED, INSPECT_WHY_NO_MRZ);
	else
		say(w, INSPECT_DG1_MRZ, strcmp(chip, optical) == 0 ? INSPECT_SUCCESSFUL : INSPECT_FAILED,
			strcmp(chip, optical) == 0 ? INSPECT_WHY_NONE : INSPECT_WHY_MRZ_DIFFERS);
}

static enum inspect_result result_of(const struct inspection *o, enum inspect_check_id id)
{
	for (size_t i = 0; i < o->count; i++)
		if (o->check[i].id == id)
			return o->check[i].result;
	return INSPECT_NOT_PERFORMED;
}

static bool by_mapping(const struct inspect_input *in)
{
	return in->access != NULL && in->access->access == EMRTD_ACCESS_PACE &&
	       in->access->mapping == EMRTD_CHIP_AUTHENTICATION;
}

/* What may be missing without doubt about the document: groups nobody read, a CRL that the State does not
 * publish, EF.COM, the optical zone, the age of a store without a limit, a signed list of access protocols, and
 * EF.CardSecurity where nothing was to be proven by it. */
static bool may_be_missing(const struct inspect_input *in, const struct inspect_check *c)
{
	return c->id == INSPECT_DG_HASH || c->id == INSPECT_COM || c->id == INSPECT_DG1_MRZ ||
	       c->id == INSPECT_TRUST_AGE || c->id == INSPECT_SIGNER_REVOCATION || c->id == INSPECT_ACCESS ||
	       (c->id == INSPECT_CARD_SECURITY && !by_mapping(in));
}

static bool trusted(const struct work *w)
{
	return w->signature_good && result_of(w->out, INSPECT_SIGNER_CHAIN) == INSPECT_SUCCESSFUL &&
	       result_of(w->out, INSPECT_SIGNER_REVOCATION) != INSPECT_FAILED &&
	       result_of(w->out, INSPECT_SIGNER_USAGE) == INSPECT_SUCCESSFUL;
}

/* The worst of the checks, and the first reason for it. */
static enum inspect_result worst(
	const struct inspect_input *in, const struct inspection *o, enum inspect_reason *reason)
{
	enum inspect_result worst = INSPECT_SUCCESSFUL;
	*reason = INSPECT_WHY_NONE;
	for (size_t i = 0; i < o->count && worst != INSPECT_FAILED; i++) {
		const struct inspect_check *c = &o->check[i];
		if (c->result == INSPECT_SUCCESSFUL ||
			(c->result == INSPECT_NOT_PERFORMED && may_be_missing(in, c)))
			continue;
		if (c->result != INSPECT_FAILED && worst != INSPECT_SUCCESSFUL)
			continue;
		worst = c->result == INSPECT_FAILED ? INSPECT_FAILED : INSPECT_UNDETERMINED;
		*reason = c->reason;
	}
	return worst;
}

static void conclude(struct work *w)
{
	enum inspect_reason reason;
	w->out->overall = worst(w->in, w->out, &reason);
}

static void describe_signer(struct work *w)
{
	BIGNUM *serial = ASN1_INTEGER_to_BN(X509_get0_serialNumber(w->sod.signer), NULL);
	char *text = serial != NULL ? BN_bn2hex(serial) : NULL;
	if (text != NULL && strlen(text) < sizeof w->out->signer_serial)
		snprintf(w->out->signer_serial, sizeof w->out->signer_serial, "%s", text);
	OPENSSL_free(text);
	BN_free(serial);
}

static void check_signer(struct work *w)
{
	/* The chain comes before all that a list of deviations may explain: only a known State's may. */
	if (w->sod.signer != NULL) {
		check_chain(w);
		describe_signer(w);
	} else {
		say(w, INSPECT_SIGNER_CHAIN, INSPECT_NOT_PERFORMED, INSPECT_WHY_NO_CERTIFICATE);
	}
	check_signature(w);
	check_digests(w);
	if (w->sod.signer != NULL) {
		check_usage(w);
		check_validity(w);
		check_country(w);
		check_revocation(w);
	}
	check_store(w);
}

/* The list inside must be what the proof's own reader takes it for, else the signature is over something else.
 * *set points into the caller's file. */
static bool same_list(const struct work *own, struct emrtd_bytes *set)
{
	const struct inspect_file *f = &own->in->card_security;
	struct emrtd_security_infos infos;
	return emrtd_card_security_payload((struct emrtd_bytes){f->bytes, f->size}, set) == 0 &&
	       set->size == own->sod.signed_size && memcmp(set->bytes, own->sod.signed_bytes, set->size) == 0 &&
	       emrtd_security_infos(&infos, *set) == 0;
}

/* Judged as EF.SOD is, by its own signer, which need not be that one. */
static void check_card_security(struct work *w)
{
	const struct inspect_file *f = &w->in->card_security;
	struct inspection found = {0};
	struct work own = {.in = w->in, .out = &found};
	enum inspect_reason reason = INSPECT_WHY_NOT_READ;
	enum inspect_result result = INSPECT_NOT_PERFORMED;
	if (f->bytes != NULL &&
		took(&own, INSPECT_CARD_SECURITY, sod_read_card_security(f->bytes, f->size, &own.sod))) {
		struct emrtd_bytes set;
		bool same = same_list(&own, &set);
		if (!same)
			say(&own, INSPECT_CARD_SECURITY, INSPECT_FAILED, INSPECT_WHY_ENCODING);
		check_signer(&own);
		result = worst(w->in, &found, &reason);
		w->out->card_security_proven = trusted(&own) && same;
		if (w->out->card_security_proven)
			w->security_infos = set;
		sod_free(&own.sod);
	} else if (f->bytes != NULL) {
		result = found.check[0].result;
		reason = found.check[0].reason;
	}
	say(w, INSPECT_CARD_SECURITY, result, reason);
}

static void check_access(struct work *w)
{
	const struct inspect_file *dg14 = &w->in->group[14];
	enum inspect_reason reason;
	const struct emrtd_bytes list = {dg14->bytes, w->out->proven & 1U << 14 ? dg14->size : 0};
	enum inspect_result result = inspect_access(w->in->access, list, w->security_infos, &reason);
	say(w, INSPECT_ACCESS, result, reason);
}

enum emrtd_proof inspect_proof(enum emrtd_proof proof, bool covered)
{
	return proof == EMRTD_PROVEN && !covered ? EMRTD_NOT_PERFORMED : proof;
}

void inspect(const struct inspect_input *in, struct inspection *out)
{
	struct work w = {.in = in, .out = out};
	memset(out, 0, sizeof *out);
	if (!read_sod(&w)) {
		check_mrz(&w);
		check_card_security(&w);
		check_access(&w);
		conclude(&w);
		if (out->overall == INSPECT_SUCCESSFUL) /* nothing at all was proven */
			out->overall = INSPECT_UNDETERMINED;
		return;
	}
	out->signed_s = w.sod.signed_s;
	check_signer(&w);
	check_set(&w);
	check_hashes(&w);
	check_mrz(&w);
	out->proven = trusted(&w) ? out->intact : 0;
	check_card_security(&w);
	check_access(&w);
	conclude(&w);
	sod_free(&w.sod);
}

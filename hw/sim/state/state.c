/* SPDX-License-Identifier: Apache-2.0
 * See state.h.
 */
#include "sim/state/internal.h"

#include <openssl/cms.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

struct sim_state {
	char country[3];
	EVP_PKEY *key, *stranger;
	X509 *csca;
	int64_t from_s, until_s;
};

struct sim_signer {
	EVP_PKEY *key;
	X509 *certificate;
};

static EVP_PKEY *make_key(enum sim_key kind)
{
	static const char *const curves[] = {
		[SIM_EC_P256] = "P-256",
		[SIM_EC_P384] = "P-384",
		[SIM_EC_BRAINPOOL_256] = "brainpoolP256r1",
		[SIM_EC_EXPLICIT] = "brainpoolP256r1",
	};
	if (kind == SIM_RSA_2048 || kind == SIM_RSA_PSS)
		return EVP_RSA_gen(2048);
	EVP_PKEY *key = EVP_EC_gen(curves[kind]);
	if (key != NULL && kind == SIM_EC_EXPLICIT)
		EVP_PKEY_set_utf8_string_param(key, "encoding", "explicit");
	return key;
}

static bool extend(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	X509V3_set_ctx(&context, issuer, x, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	bool ok = e != NULL && X509_add_ext(x, e, -1) == 1;
	X509_EXTENSION_free(e);
	return ok;
}

static X509_NAME *name_of(const char *country, const char *common)
{
	X509_NAME *n = X509_NAME_new();
	if (n == NULL ||
		X509_NAME_add_entry_by_txt(n, "C", MBSTRING_ASC, (const unsigned char *)country, -1, -1, 0) != 1 ||
		X509_NAME_add_entry_by_txt(n, "O", MBSTRING_ASC, (const unsigned char *)"Test State", -1, -1, 0) != 1 ||
		X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_ASC, (const unsigned char *)common, -1, -1, 0) != 1) {
		X509_NAME_free(n);
		return NULL;
	}
	return n;
}

static X509 *begin_certificate(
	const char *country, const char *common, X509 *issuer, EVP_PKEY *key, int64_t from_s, int64_t until_s)
{
	X509 *x = X509_new();
	X509_NAME *subject = name_of(country, common);
	unsigned char serial[12];
	BIGNUM *number = NULL;
	bool ok = x != NULL && subject != NULL && RAND_bytes(serial, sizeof serial) == 1;
	if (ok) {
		serial[0] &= 0x7f;
		number = BN_bin2bn(serial, sizeof serial, NULL);
	}
	ok = ok && number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)) != NULL &&
	     X509_set_version(x, 2) == 1 && X509_set_subject_name(x, subject) == 1 &&
	     X509_set_issuer_name(x, issuer != NULL ? X509_get_subject_name(issuer) : subject) == 1 &&
	     ASN1_TIME_set(X509_getm_notBefore(x), (time_t)from_s) != NULL &&
	     ASN1_TIME_set(X509_getm_notAfter(x), (time_t)until_s) != NULL && X509_set_pubkey(x, key) == 1;
	BN_free(number);
	X509_NAME_free(subject);
	if (ok)
		return x;
	X509_free(x);
	return NULL;
}

/* RSA-PSS certificates are signed with PSS as well. */
static bool sign_certificate(X509 *x, EVP_PKEY *key, bool pss)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;
	bool ok = context != NULL && EVP_DigestSignInit(context, &pctx, EVP_sha256(), NULL, key) == 1;
	if (ok && pss)
		ok = EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) == 1 &&
		     EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, 32) == 1;
	ok = ok && X509_sign_ctx(x, context) > 0;
	EVP_MD_CTX_free(context);
	return ok;
}

static X509 *make_csca(struct sim_state *s, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, bool pss)
{
	X509 *x = begin_certificate(s->country, "CSCA", issuer, key, s->from_s, s->until_s);
	bool ok = x != NULL && extend(x, issuer != NULL ? issuer : x, NID_subject_key_identifier, "hash") &&
		  extend(x, issuer != NULL ? issuer : x, NID_authority_key_identifier, "keyid:always") &&
		  extend(x, x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
		  extend(x, x, NID_key_usage, "critical,keyCertSign,cRLSign") && sign_certificate(x, issuer_key, pss);
	if (ok)
		return x;
	X509_free(x);
	return NULL;
}

struct sim_state *sim_state_new(const struct sim_state_config *config)
{
	struct sim_state *s = calloc(1, sizeof *s);
	if (s == NULL || strlen(config->country) != 2) {
		free(s);
		return NULL;
	}
	memcpy(s->country, config->country, 3);
	s->from_s = config->from_s;
	s->until_s = config->until_s;
	s->key = make_key(config->csca_key);
	s->stranger = make_key(config->csca_key);
	if (s->key != NULL)
		s->csca = make_csca(s, s->key, NULL, s->key, config->csca_key == SIM_RSA_PSS);
	if (s->csca == NULL || s->stranger == NULL) {
		sim_state_free(s);
		return NULL;
	}
	return s;
}

void sim_state_free(struct sim_state *s)
{
	if (s == NULL)
		return;
	EVP_PKEY_free(s->key);
	EVP_PKEY_free(s->stranger);
	X509_free(s->csca);
	free(s);
}

X509 *sim_state_csca(const struct sim_state *s)
{
	return s->csca;
}

X509 *sim_state_roll_over(struct sim_state *s, int64_t from_s, int64_t until_s)
{
	EVP_PKEY *key = make_key(SIM_EC_P256), *old = s->key;
	X509 *old_csca = s->csca, *link = NULL, *own = NULL;
	if (key == NULL)
		return NULL;
	s->from_s = from_s;
	s->until_s = until_s;
	link = make_csca(s, key, old_csca, old, false);
	own = make_csca(s, key, NULL, key, false);
	if (link == NULL || own == NULL) {
		X509_free(link);
		X509_free(own);
		EVP_PKEY_free(key);
		return NULL;
	}
	s->key = key;
	s->csca = own;
	EVP_PKEY_free(old);
	X509_free(old_csca);
	return link;
}

/* SEQUENCE { INTEGER 0, SET OF PrintableString } */
static bool add_types(X509 *x, const char *types)
{
	unsigned char set[64] = {0}, der[80] = {0x30};
	size_t n = 0;
	while (*types != '\0') {
		size_t size = strcspn(types, ",");
		if (n + 2 + size > sizeof set)
			return false;
		set[n++] = 0x13;
		set[n++] = (unsigned char)size;
		memcpy(set + n, types, size);
		n += size;
		types += size + (types[size] == ',');
	}
	der[1] = (unsigned char)(n + 5);
	der[2] = 0x02;
	der[3] = 0x01;
	der[5] = 0x31;
	der[6] = (unsigned char)n;
	memcpy(der + 7, set, n);
	ASN1_OBJECT *oid = OBJ_txt2obj("2.23.136.1.1.6.2", 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *e = NULL;
	bool ok = oid != NULL && value != NULL && ASN1_OCTET_STRING_set(value, der, (int)(n + 7)) == 1;
	if (ok)
		e = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, value);
	ok = e != NULL && X509_add_ext(x, e, -1) == 1;
	X509_EXTENSION_free(e);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(oid);
	return ok;
}

struct sim_signer *sim_signer_new(struct sim_state *s, const struct sim_signer_config *c)
{
	struct sim_signer *d = calloc(1, sizeof *d);
	if (d == NULL)
		return NULL;
	d->key = make_key(c->key);
	if (d->key != NULL)
		d->certificate = begin_certificate(c->country != NULL ? c->country : s->country, "Document Signer", s->csca,
			d->key, c->from_s, c->until_s);
	X509 *x = d->certificate;
	bool ok = x != NULL && extend(x, s->csca, NID_subject_key_identifier, "hash") &&
		  extend(x, s->csca, NID_authority_key_identifier, "keyid:always") &&
		  extend(x, s->csca, NID_key_usage,
			  c->certificate_usage ? "critical,keyCertSign" : "critical,digitalSignature") &&
		  (c->types == NULL || add_types(x, c->types)) &&
		  sign_certificate(x, c->by_stranger ? s->stranger : s->key, false);
	if (ok)
		return d;
	sim_signer_free(d);
	return NULL;
}

void sim_signer_free(struct sim_signer *d)
{
	if (d == NULL)
		return;
	EVP_PKEY_free(d->key);
	X509_free(d->certificate);
	free(d);
}

X509 *sim_signer_certificate(const struct sim_signer *d)
{
	return d->certificate;
}

EVP_PKEY *sim_signer_key(const struct sim_signer *d)
{
	return d->key;
}

EVP_PKEY *sim_state_key(const struct sim_state *s)
{
	return s->key;
}

uint8_t *sim_der(X509 *x, size_t *size)
{
	unsigned char *out = NULL;
	int n = i2d_X509(x, &out);
	*size = n > 0 ? (size_t)n : 0;
	return out;
}

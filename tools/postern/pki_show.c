/* SPDX-License-Identifier: Apache-2.0
 * `postern pki show`: what a PEM file holds. Must never print a byte of a private key.
 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "commands.h"
#include "json/json.h"

enum { PEM_MAX = 1024 * 1024, TEXT_MAX = 1024, OBJECTS_MAX = 64 };

/* Both forms of the answer; a line of text per member. */
struct show {
	FILE *out;
	struct json json;
	bool as_json, finding;
	unsigned objects;
};

static void begin(struct show *s, const char *kind)
{
	if (s->as_json) {
		json_object(&s->json, NULL);
		json_string(&s->json, "kind", kind);
	} else {
		fprintf(s->out, "%s%s\n", s->objects > 0 ? "\n" : "", kind);
	}
	s->objects++;
}

static void line(struct show *s, const char *name, const char *value)
{
	if (s->as_json)
		json_string(&s->json, name, value);
	else
		fprintf(s->out, "  %-14s %s\n", name, value);
}

static void end(struct show *s)
{
	if (s->as_json)
		json_end_object(&s->json);
}

/* What print() writes, as one line. */
static void take(char out[TEXT_MAX], BIO *bio)
{
	int n = BIO_read(bio, out, TEXT_MAX - 1);

	out[n > 0 ? n : 0] = '\0';
	for (char *p = out; *p != '\0'; p++)
		if ((unsigned char)*p < ' ')
			*p = ' ';
}

static void show_name(struct show *s, const char *what, const X509_NAME *name)
{
	char text[TEXT_MAX];
	BIO *bio = BIO_new(BIO_s_mem());

	if (bio == NULL)
		return;
	X509_NAME_print_ex(bio, name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
	take(text, bio);
	line(s, what, text);
	BIO_free(bio);
}

static void show_time(struct show *s, const char *what, const ASN1_TIME *t)
{
	struct tm tm;
	char text[40] = "not readable";

	if (ASN1_TIME_to_tm(t, &tm) == 1)
		strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	line(s, what, text);
}

static const char *kind_of(const EVP_PKEY *key)
{
	if (EVP_PKEY_is_a(key, "ED25519"))
		return "Ed25519";
	if (EVP_PKEY_is_a(key, "EC")) {
		static const struct {
			const char *openssl, *name;
		} curves[] = {{"prime256v1", "EC P-256"}, {"secp384r1", "EC P-384"},
			{"secp521r1", "EC P-521"}};
		char group[32];
		if (EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1)
			for (size_t i = 0; i < PN_COUNT(curves); i++)
				if (strcmp(group, curves[i].openssl) == 0)
					return curves[i].name;
		return "EC, other curve";
	}
	return EVP_PKEY_is_a(key, "RSA") ? "RSA" : "other";
}

/* The ids that records and configuration name keys by: of an Ed25519 key the first 8 bytes of the
 * SHA-256 of its raw bytes, of any other the first 16 of its SubjectPublicKeyInfo's. */
static void show_key(struct show *s, EVP_PKEY *key)
{
	unsigned char *der = NULL, raw[32], digest[SHA256_DIGEST_LENGTH];
	char text[2 * SHA256_DIGEST_LENGTH + 1];
	size_t size = sizeof raw;
	int n;

	line(s, "key", kind_of(key));
	if (EVP_PKEY_is_a(key, "ED25519") && EVP_PKEY_get_raw_public_key(key, raw, &size) == 1) {
		SHA256(raw, size, digest);
		hex_encode(text, digest, 8);
		line(s, "key_id", text);
		return;
	}
	n = i2d_PUBKEY(key, &der);
	if (n > 0) {
		SHA256(der, (size_t)n, digest);
		hex_encode(text, digest, 16);
		line(s, "key_id", text);
	}
	OPENSSL_free(der);
}

static void show_extension(struct show *s, const X509 *cert, const char *what, int nid)
{
	int at = X509_get_ext_by_NID(cert, nid, -1);
	BIO *bio = at < 0 ? NULL : BIO_new(BIO_s_mem());
	char text[TEXT_MAX];

	if (bio == NULL)
		return;
	if (X509V3_EXT_print(bio, X509_get_ext(cert, at), 0, 0) == 1) {
		take(text, bio);
		line(s, what, text);
	}
	BIO_free(bio);
}

static void show_certificate(struct show *s, X509 *cert)
{
	int from = X509_cmp_current_time(X509_get0_notBefore(cert));
	int to = X509_cmp_current_time(X509_get0_notAfter(cert));
	BIGNUM *serial = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), NULL);
	char *hex = serial != NULL ? BN_bn2hex(serial) : NULL;
	EVP_PKEY *key = X509_get0_pubkey(cert);

	begin(s, "certificate");
	show_name(s, "subject", X509_get_subject_name(cert));
	show_name(s, "issuer", X509_get_issuer_name(cert));
	if (hex != NULL)
		line(s, "serial", hex);
	show_time(s, "not_before", X509_get0_notBefore(cert));
	show_time(s, "not_after", X509_get0_notAfter(cert));
	line(s, "validity",
		from > 0 || from == 0 ? "not yet valid"
		: to <= 0             ? "expired"
				      : "valid");
	if (from >= 0 || to <= 0)
		s->finding = true;
	if (key != NULL)
		show_key(s, key);
	show_extension(s, cert, "names", NID_subject_alt_name);
	show_extension(s, cert, "constraints", NID_basic_constraints);
	show_extension(s, cert, "usage", NID_key_usage);
	show_extension(s, cert, "extended_usage", NID_ext_key_usage);
	end(s);
	OPENSSL_free(hex);
	BN_free(serial);
}

static void show_request(struct show *s, X509_REQ *req)
{
	EVP_PKEY *key = X509_REQ_get0_pubkey(req);
	bool good = key != NULL && X509_REQ_verify(req, key) == 1;

	begin(s, "certificate request");
	show_name(s, "subject", X509_REQ_get_subject_name(req));
	if (key != NULL)
		show_key(s, key);
	line(s, "signature", good ? "good" : "does not verify");
	if (!good)
		s->finding = true;
	end(s);
}

/* false: a block of a kind that is not told apart, or damaged. */
static bool show_block(struct show *s, const char *name, const unsigned char *data, long size)
{
	const unsigned char *p = data;
	EVP_PKEY *key;

	if (strcmp(name, PEM_STRING_X509) == 0) {
		X509 *cert = d2i_X509(NULL, &p, size);
		if (cert != NULL)
			show_certificate(s, cert);
		X509_free(cert);
		return cert != NULL;
	}
	if (strcmp(name, PEM_STRING_X509_REQ) == 0) {
		X509_REQ *req = d2i_X509_REQ(NULL, &p, size);
		if (req != NULL)
			show_request(s, req);
		X509_REQ_free(req);
		return req != NULL;
	}
	if (strcmp(name, PEM_STRING_PUBLIC) == 0) {
		key = d2i_PUBKEY(NULL, &p, size);
		begin(s, "public key");
	} else if (strcmp(name, PEM_STRING_PKCS8INF) == 0 ||
		   strcmp(name, PEM_STRING_ECPRIVATEKEY) == 0) {
		key = d2i_AutoPrivateKey(NULL, &p, size);
		begin(s, "private key");
	} else {
		return false;
	}
	if (key != NULL)
		show_key(s, key);
	end(s);
	EVP_PKEY_free(key);
	return key != NULL;
}

int pki_show(struct cli *cli)
{
	struct show s = {.out = cli->out, .as_json = cli->json};
	const char *path = cli->arguments[0];
	uint8_t *bytes = NULL;
	size_t size = 0;
	char *name = NULL, *header = NULL;
	unsigned char *data = NULL;
	long data_size = 0;
	bool understood = true;
	BIO *bio;
	int r = cli_read_file(path, PEM_MAX, &bytes, &size);

	if (r != 0)
		return cli_fail(cli, CLI_UNAVAILABLE, "%s: %s", path, pn_err_name(r));
	bio = BIO_new_mem_buf(bytes, (int)size);
	if (s.as_json) {
		json_begin(&s.json, cli->out, true);
		json_array(&s.json, NULL);
	}
	while (bio != NULL && understood && s.objects < OBJECTS_MAX &&
		PEM_read_bio(bio, &name, &header, &data, &data_size) == 1) {
		understood = show_block(&s, name, data, data_size);
		OPENSSL_clear_free(data, (size_t)data_size);
		OPENSSL_free(name);
		OPENSSL_free(header);
	}
	if (s.as_json) {
		json_end_array(&s.json);
		json_finish(&s.json);
	}
	ERR_clear_error();
	BIO_free(bio);
	explicit_bzero(bytes, size);
	free(bytes);
	if (s.objects == 0 || !understood)
		return cli_fail(cli, CLI_USAGE,
			"%s: expected a PEM file with certificates, requests or unencrypted keys",
			path);
	return s.finding ? CLI_FINDING : CLI_OK;
}

/* SPDX-License-Identifier: Apache-2.0
 * A State that issues travel documents, for tests and demonstrations: country signing CA, document signers, revocation
 * lists, master lists, document security objects. Written from ICAO Doc 9303-10 and -12 without a line of the code that
 * inspects them, so that each proves the other. Must never be linked into a gate of the production profile.
 */
#ifndef POSTERN_SIM_STATE_H
#define POSTERN_SIM_STATE_H
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sim_key { SIM_EC_P256, SIM_EC_P384, SIM_EC_BRAINPOOL_256, SIM_EC_EXPLICIT, SIM_RSA_2048, SIM_RSA_PSS };

struct sim_state; /* one State: its CSCA and what it has signed */

struct sim_state_config {
	const char *country; /* two letters */
	enum sim_key csca_key;
	int64_t from_s, until_s; /* validity of the CSCA */
};

/* NULL: OpenSSL failed, which ends a test. */
struct sim_state *sim_state_new(const struct sim_state_config *config);
void sim_state_free(struct sim_state *s);
X509 *sim_state_csca(const struct sim_state *s);
/* A new CSCA key of the same name; the link certificate that the old key signed for it. */
X509 *sim_state_roll_over(struct sim_state *s, int64_t from_s, int64_t until_s);

struct sim_signer; /* a document signer */
struct sim_signer_config {
	enum sim_key key;
	int64_t from_s, until_s;
	const char *country;  /* NULL: the State's own */
	const char *types;    /* documentTypeList, one or two characters a kind, separated by ','; NULL: none */
	bool certificate_usage; /* instead of digitalSignature, the key usage keyCertSign */
	bool by_stranger;       /* signed by a key that is not the State's */
};
struct sim_signer *sim_signer_new(struct sim_state *s, const struct sim_signer_config *config);
void sim_signer_free(struct sim_signer *d);
X509 *sim_signer_certificate(const struct sim_signer *d);

struct sim_group {
	unsigned number; /* 1 to 16 */
	const uint8_t *bytes;
	size_t size;
};

enum sim_sod_form {
	SIM_SOD_PLAIN = 0,
	SIM_SOD_NO_ATTRIBUTES = 1,  /* the signature over the content itself */
	SIM_SOD_NO_CERTIFICATE = 2, /* without the signer's certificate */
	SIM_SOD_DATA_TYPE = 4,      /* eContentType id-data */
	SIM_SOD_LEGACY_TYPE = 8,    /* eContentType 1.2.528.1.1006.1.20.1 */
	SIM_SOD_BY_KEY_ID = 16,     /* SignerIdentifier is a subjectKeyIdentifier */
	SIM_SOD_V1 = 32,            /* LDS 1.8: with the version numbers */
};

/* EF.SOD with its tag 77; freed with OPENSSL_free. digest, signature_digest: NIDs. signed_s 0: no signing time. */
uint8_t *sim_sod(const struct sim_signer *d, int digest, int signature_digest, const struct sim_group *groups,
	size_t count, unsigned form, int64_t signed_s, size_t *size);

/* SignedData over content of this type (dotted), EF.CardSecurity for one; freed with OPENSSL_free. */
uint8_t *sim_signed(const struct sim_signer *d, const char *type, const uint8_t *content, size_t content_size,
	int signature_digest, int64_t signed_s, size_t *size);

/* DER; freed with OPENSSL_free. */
uint8_t *sim_crl(struct sim_state *s, const struct sim_signer *const *revoked, size_t count, int64_t this_s,
	int64_t next_s, size_t *size);
enum sim_list_form { SIM_LIST_PLAIN = 0, SIM_LIST_NO_USAGE = 1 };
uint8_t *sim_master_list(struct sim_state *by, X509 *const *certificates, size_t count, int64_t signed_s,
	unsigned form, size_t *size);

/* One entry of a deviation list (Doc 9303-12, 10.2). */
enum sim_named { SIM_BY_SERIAL, SIM_BY_KEY_ID, SIM_BY_DIGEST /* SHA-256, and the list says so */ };
struct sim_deviation {
	const struct sim_signer *signer; /* of the documents; NULL: not named */
	enum sim_named by;
	const char *document_type;       /* two characters; NULL: none */
	const char *first, *last;        /* days of issue, GeneralizedTime; NULL: none */
	const char *number;              /* of one document; NULL: none */
	const char *type;                /* deviationType, dotted */
	int parameter;                   /* an INTEGER; below 0: none */
	const char *extension;           /* instead of it, an object identifier, dotted; NULL: none */
	const char *description;         /* NULL: none */
};
/* The content of a list; freed with OPENSSL_free. */
uint8_t *sim_deviations(const struct sim_deviation *d, size_t count, size_t *size);
/* Signed by a deviation list signer of the State, or with SIM_LIST_NO_USAGE by one that is none. signed_s 0: signed
 * now, by a signer of 1970. */
uint8_t *sim_deviation_list(struct sim_state *by, const uint8_t *content, size_t content_size, int64_t signed_s,
	unsigned form, size_t *size);
/* DER of a certificate. */
uint8_t *sim_der(X509 *x, size_t *size);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * The trust store of passive authentication: certificates of country signing CAs (ICAO Doc 9303-12, section 7.1.1), CRLs,
 * lists of known defects. Answers which CSCA signed a document signer's certificate, and whether it is revoked.
 *
 * A certificate is trusted because of the list it came in: a master list that a pinned root vouches for, or a single
 * certificate that the State had from the other by diplomatic means. Its own signature by itself adds nothing. Must never
 * trust what a document brings along, look at a clock, or open a file: bytes and times come from the caller.
 */
#ifndef POSTERN_EMRTD_TRUST_H
#define POSTERN_EMRTD_TRUST_H
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TRUST_CERTIFICATES_MAX = 8192,
	TRUST_CRLS_MAX = 1024,
	TRUST_DEFECTS_MAX = 4096,
	TRUST_LIST_MAX = 16 * 1024 * 1024, /* bytes of one master list, CRL or deviation list */
	TRUST_DEVIATION_LISTS_MAX = 256,
	TRUST_KEY_ID_MAX = 32,
	TRUST_NAME_MAX = 64,
};

enum trust_form {
	TRUST_SELF_SIGNED, /* issuer and subject are one, and its own key signed it */
	TRUST_SAME_NAME,   /* issuer and subject are one, another key signed it: a link of the same name */
	TRUST_LINK,        /* issuer and subject differ */
};

/* Why a certificate of a list is of no use, or TRUST_USABLE. */
enum trust_use {
	TRUST_USABLE,
	TRUST_UNREADABLE, /* not a certificate that OpenSSL reads */
	TRUST_NO_KEY,     /* a key of an algorithm or a form that OpenSSL does not take */
	TRUST_NO_CA,      /* its key usage or basic constraints say that it signs no certificates */
	TRUST_NO_COUNTRY, /* no countryName in its subject */
	TRUST_DUPLICATE,  /* known already */
	TRUST_FULL,
	TRUST_USE_COUNT_
};

struct trust_certificate {
	X509 *x; /* owned */
	char country[3];
	uint8_t key_id[TRUST_KEY_ID_MAX];
	uint8_t key_id_size; /* 0: it has none */
	enum trust_form form;
	int64_t from_s, until_s; /* validity, seconds of the epoch */
	bool pinned;             /* may vouch for a master list */
};

struct trust_crl {
	X509_CRL *x; /* owned; its signature verified under a certificate of the store */
	char country[3];
	int64_t this_s, next_s; /* next_s 0: not stated */
};

enum trust_effect {
	TRUST_DEFECT,    /* documents of this signer are not to be relied on */
	TRUST_DEVIATION, /* the named check fails on good documents too: undetermined, not failed */
	TRUST_ACCEPT     /* as above, and the State accepts it */
};

/* How a deviation list names a document signer (Doc 9303-3 7.3.6); private. */
struct trust_signer_id;

struct trust_defect {
	enum trust_effect effect;
	char country[3];
	bool any_signer;
	bool of_list;               /* from the country's deviation list, which a newer one replaces */
	unsigned group;             /* the data group it speaks of; 0: any */
	struct trust_signer_id *id; /* owned; not NULL: names the signer instead of the member signer */
	uint8_t signer[32]; /* SHA-256 of the certificate's DER */
	char check[40];     /* TRUST_DEVIATION, TRUST_ACCEPT: a name of checks.def */
	char reason[TRUST_NAME_MAX];
};

struct trust_deviation_list {
	char country[3];
	int64_t signed_s;
};

struct trust {
	struct trust_certificate *certificates;
	size_t certificate_count, certificate_room;
	struct trust_crl *crls;
	size_t crl_count, crl_room;
	struct trust_defect *defects;
	size_t defect_count, defect_room;
	struct trust_deviation_list *deviation_lists;
	size_t deviation_list_count, deviation_list_room;
	int64_t newest_s; /* signing time of the newest master list; 0: none */
};

/* What a master list held, for the one who imports it. */
struct trust_report {
	size_t total, used[TRUST_USE_COUNT_];
	size_t self_signed, same_name, link;        /* of the usable ones */
	size_t rsa, ec, explicit_parameters, pss, sha1; /* of all that are readable; sha1: signed with it */
	size_t expired, negative_serial, self_signature_wrong;
	size_t countries;
	int64_t signed_s; /* 0: the list does not say */
	char signer[128]; /* the list's signer, "/C=DE/..." */
};

enum trust_error {
	TRUST_OK,
	TRUST_TOO_LARGE,
	TRUST_ENCODING,
	TRUST_NO_SIGNER,   /* not exactly one signer with its certificate in the list */
	TRUST_SIGNATURE,   /* the signature over the list is wrong */
	TRUST_NO_ROOT,     /* its signer was not signed by a pinned root */
	TRUST_SIGNER_USAGE, /* the signer may not sign such lists (Doc 9303-12, 7.1.1: 2.23.136.1.1.3 or .8) */
	TRUST_MEMORY,
	TRUST_UNKNOWN_ISSUER, /* a CRL of no CSCA in the store */
	TRUST_OLDER,          /* a CRL or deviation list older than the one in the store */
	TRUST_LINE,           /* a line of a defect list */
	TRUST_SIGNED_OUTSIDE, /* the list was signed outside the validity of its signer */
	TRUST_SIGNER_REVOKED  /* the list's signer is on its State's revocation list */
};

void trust_init(struct trust *t);
void trust_free(struct trust *t);
const char *trust_use_name(enum trust_use use);     /* "usable", "no_key" ... */
const char *trust_error_text(enum trust_error err); /* a sentence's middle: "the signature is wrong" */

/* DER or PEM. */
enum trust_use trust_add_certificate(struct trust *t, const uint8_t *bytes, size_t size, bool pinned);
/* CMS SignedData over a CscaMasterList (Doc 9303-12, 7.1.1.4 and appendix). All usable certificates
 * of it enter the store, or none. check_self: verify self-signatures too, for the report; costs as
 * much as all else. report may be NULL. */
enum trust_error trust_add_master_list(
	struct trust *t, const uint8_t *bytes, size_t size, bool check_self, struct trust_report *report);
/* Pins the certificate that a master list brings along and whose SHA-256 the caller knows from its State. out: its
 * DER, freed by the caller with OPENSSL_free; may be NULL. TRUST_NO_ROOT: no such certificate beside the list. */
enum trust_error trust_pin_of_list(struct trust *t, const uint8_t *bytes, size_t size, const uint8_t digest[32],
	uint8_t **out, size_t *out_size);
/* DER or PEM. Replaces an older one of the same issuer. */
enum trust_error trust_add_crl(struct trust *t, const uint8_t *bytes, size_t size);
/* Lines "EFFECT TAB COUNTRY TAB SIGNER TAB CHECK TAB REASON"; EFFECT defect, deviation or accept;
 * SIGNER 64 hexadecimal digits or *; CHECK a name or *; '#' begins a comment line. *line: where it
 * stopped. */
enum trust_error trust_add_defects(struct trust *t, const char *text, size_t *line);

/* What a deviation list held, for the one who imports it. Each description makes entries, or is counted as one that
 * cannot be applied here. */
struct trust_deviation_report {
	size_t deviations, descriptions;
	size_t entries;        /* made in the store */
	size_t without_signer; /* names no document signer, or by a digest that is not known here: nobody can tell whose
				  documents are meant */
	size_t narrowed;       /* holds for some documents of the signer only: by type, day of issue or number */
	size_t without_check;  /* of a kind that no check here asks for; those of national use among them */
	int64_t signed_s;
	char country[3];
	char signer[128]; /* "/C=DE/..." */
};

/* CMS SignedData over a DeviationList (Doc 9303-12, 10; Doc 9303-3, 7). Its signer must be a deviation list signer that a
 * CSCA of the store has signed, and it speaks of that State's documents only. Replaces the State's older list. Each
 * description becomes a TRUST_DEVIATION of the check it is about: failed is then undetermined, never successful. All of
 * it enters the store, or nothing. report may be NULL. */
enum trust_error trust_add_deviations(
	struct trust *t, const uint8_t *bytes, size_t size, struct trust_deviation_report *report);

enum trust_found { TRUST_FOUND, TRUST_NONE, TRUST_WRONG_SIGNATURE };
/* The CSCA whose key signed this certificate; by authority key identifier, then by name. */
enum trust_found trust_issuer(const struct trust *t, X509 *signer, const struct trust_certificate **out);

enum trust_revocation { TRUST_NOT_REVOKED, TRUST_REVOKED, TRUST_NO_CRL, TRUST_STALE };
enum trust_revocation trust_revocation(
	const struct trust *t, X509 *signer, const struct trust_certificate *issuer, int64_t at_s);

/* The first entry for this signer with this effect, and for TRUST_DEVIATION and TRUST_ACCEPT this
 * check; NULL when there is none. Entries that speak of one data group only are not among them. */
const struct trust_defect *trust_defect(
	const struct trust *t, X509 *signer, enum trust_effect effect, const char *check);
/* Those too, when they speak of this one. */
const struct trust_defect *trust_defect_of_group(
	const struct trust *t, X509 *signer, enum trust_effect effect, const char *check, unsigned group);
/* The State says that keys of active authentication of this signer's documents may be known to others (Doc 9303-3
 * 7.3.5, AAKeyCompromised): an active authentication that succeeds is then undetermined. */
bool trust_active_key_in_doubt(const struct trust *t, X509 *signer);

/* countryName of a name, in capitals; false when it has none of two letters. */
bool trust_country(const X509_NAME *name, char out[3]);
/* Seconds of the epoch, 0 when it is not a time. */
int64_t trust_time(const ASN1_TIME *t);
#endif

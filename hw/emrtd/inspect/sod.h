/* SPDX-License-Identifier: Apache-2.0
 * EF.SOD, the document security object: CMS SignedData (RFC 5652) over an LDS security object (ICAO Doc 9303-10, section
 * 4.6.2 and appendix D); and EF.CardSecurity, the same over SecurityInfos (Doc 9303-11, section 9.2). Reads DER and BER, finds the document signer's certificate, verifies the signature.
 *
 * Must never take a hash from content whose signature it has not been asked to verify without saying so, and never look
 * at a clock or a file. Input is hostile: sizes are bounded before OpenSSL sees them.
 */
#ifndef POSTERN_EMRTD_SOD_H
#define POSTERN_EMRTD_SOD_H
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SOD_SIZE_MAX = 32 * 1024, /* bytes; real ones have 1 to 8 kB */
	SOD_DIGESTS_MAX = 512,    /* bytes of its digestAlgorithms; one has 9 to 19 */
	SOD_GROUPS = 17,           /* DG1 ... DG16 at their numbers */
	SOD_DIGEST_MAX = 64,
};

enum sod_problem {
	SOD_OK,
	SOD_TOO_LARGE,
	SOD_ENCODING,       /* not SignedData, or not an LDS security object in it */
	SOD_SIGNERS,        /* not exactly one SignerInfo */
	SOD_ALGORITHM,      /* a digest that is not SHA-1, SHA-2 */
	SOD_NO_CERTIFICATE, /* the signer's certificate is not in it */
	SOD_SIGNATURE,      /* the signature does not verify */
	SOD_MEMORY,
};

/* What the content is called in the eContentType. */
enum sod_content { SOD_LDS, SOD_LDS_LEGACY, SOD_DATA, SOD_SECURITY_INFOS };

struct sod {
	int digest_nid; /* of the groups; NID_undef with SOD_SECURITY_INFOS */
	struct {
		uint8_t digest[SOD_DIGEST_MAX];
		size_t size; /* 0: the object does not list this group */
	} group[SOD_GROUPS];
	enum sod_content content;
	char lds_version[8], unicode_version[8]; /* of LDS 1.8 objects, else "" */
	X509 *signer;        /* the document signer's certificate; owned */
	bool signer_id_form; /* its issuer stands in another form in the SignerInfo */
	int64_t signed_s;    /* signing time, seconds of the epoch; 0: not stated. The signer's word only */
	int signature_digest_nid;
	void *cms; /* the parsed SignedData; owned */
	const uint8_t *signed_bytes; /* what the signature is over, inside cms */
	size_t signed_size;
};

/* bytes: the file with or without its tag 77. On SOD_OK *out is freed with sod_free(); its
 * signature is not yet verified. */
enum sod_problem sod_read(const uint8_t *bytes, size_t size, struct sod *out);
/* EF.CardSecurity: a ContentInfo whose content is of the type id-SecurityObject, 0.4.0.127.0.7.3.2.1 (BSI TR-03110-3,
 * A.1.2.5). The groups stay empty. */
enum sod_problem sod_read_card_security(const uint8_t *bytes, size_t size, struct sod *out);
/* SOD_OK or SOD_SIGNATURE, SOD_NO_CERTIFICATE, SOD_ALGORITHM: over the signed attributes where there
 * are any, else over the content. */
enum sod_problem sod_verify(struct sod *s);
void sod_free(struct sod *s);
#endif

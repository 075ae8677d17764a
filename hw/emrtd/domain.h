/* SPDX-License-Identifier: Apache-2.0
 * Key agreement in one shape for elliptic curves and prime groups (Doc 9303-11 9.4, 9.5 and
 * BSI TR-03111 4.3): domain parameters, ephemeral keys, checking a chip's public key, the shared
 * secret. Private to hw/emrtd and to whoever plays a chip in tests.
 *
 * Must never compute with a public key that is not a member of the group, nor leave secrets behind.
 */
#ifndef POSTERN_EMRTD_DOMAIN_H
#define POSTERN_EMRTD_DOMAIN_H
#include <openssl/bn.h>
#include <openssl/ec.h>

#include "emrtd/tlv.h"

enum {
	EMRTD_FIELD_MAX = 512,                  /* bytes of a prime: 4096 bits */
	EMRTD_PUBLIC_MAX = EMRTD_FIELD_MAX + 8, /* bytes of a public key as sent */
	EMRTD_RANDOM_EXTRA = 8
};

/* All members are owned. The generator is the standard one until a mapping replaces it. */
struct emrtd_domain {
	bool ec;
	size_t size;     /* bytes of the prime: of coordinates, of values, of the shared secret */
	BIGNUM *p;       /* the field's or the group's prime */
	BIGNUM *q;       /* order of the generator; NULL: prime group that does not say */
	BIGNUM *g;       /* prime group */
	EC_GROUP *curve; /* elliptic curve */
	EC_POINT *base;
	BN_CTX *bn;
};

/* The standardized domain parameters of Doc 9303-11 9.5.1 table 12: ids 0 to 2 (RFC 5114) and 8 to
 * 18 (NIST, Brainpool). PN_EUNSUPPORTED for the rest. */
int emrtd_domain_standard(struct emrtd_domain *d, unsigned id) PN_MUST_CHECK;
/* A prime group of bytes; q may be empty. Sizes are bounded: 1024 to 4096 bits. */
int emrtd_domain_dh(struct emrtd_domain *d, struct emrtd_bytes p, struct emrtd_bytes g,
	struct emrtd_bytes q) PN_MUST_CHECK;
/* EcpkParameters in DER, a name or explicit; the curve must be over a prime field of 160 to 640
 * bits and be sound. */
int emrtd_domain_curve(struct emrtd_domain *d, struct emrtd_bytes parameters) PN_MUST_CHECK;
void emrtd_domain_free(struct emrtd_domain *d);

/* How many random bytes a key takes: the order's and eight more, so that the remainder is uniform
 * (FIPS 186-5 A.2.1). */
size_t emrtd_domain_random(const struct emrtd_domain *d);
/* secret = (random mod (q - 1)) + 1, public = what is sent: 04 || X || Y, or the value in size
 * bytes. *secret is the caller's, to free with BN_clear_free(). */
int emrtd_domain_key(const struct emrtd_domain *d, struct emrtd_bytes random, BIGNUM **secret,
	uint8_t out[EMRTD_PUBLIC_MAX], size_t *size) PN_MUST_CHECK;
/* PN_EFORMAT unless bytes are a public key of this domain (TR-03111 3.2.2.1; 1 < y < p - 1 and y^q
 * = 1). */
int emrtd_domain_check(const struct emrtd_domain *d, struct emrtd_bytes key) PN_MUST_CHECK;
/* The shared secret in d->size bytes: the x coordinate, or the value. PN_EFORMAT: key is none. */
int emrtd_domain_agree(const struct emrtd_domain *d, const BIGNUM *secret, struct emrtd_bytes key,
	uint8_t out[EMRTD_FIELD_MAX]) PN_MUST_CHECK;
/* secret * key as a public key: for chip authentication mapping. */
int emrtd_domain_multiply(const struct emrtd_domain *d, const BIGNUM *secret,
	struct emrtd_bytes key, uint8_t out[EMRTD_PUBLIC_MAX], size_t *size) PN_MUST_CHECK;
/* Whether two domains have the same parameters, whatever their generators were mapped to. */
bool emrtd_domain_same(const struct emrtd_domain *a, const struct emrtd_domain *b);

/* Private to the mappings: a point of the curve from bytes, checked; NULL when it is none. */
EC_POINT *emrtd_domain_point(const struct emrtd_domain *d, struct emrtd_bytes key);
/* The value of a prime group, checked; NULL when it is none. */
BIGNUM *emrtd_domain_value(const struct emrtd_domain *d, struct emrtd_bytes key);
/* Takes the point or value as new generator; PN_ECRYPTO when it is the neutral element. */
int emrtd_domain_take_point(struct emrtd_domain *d, EC_POINT *base) PN_MUST_CHECK;
int emrtd_domain_take_value(struct emrtd_domain *d, BIGNUM *g) PN_MUST_CHECK;

/* Generic mapping (Doc 9303-11 4.4.3.3.1): G' = s*G + H, H agreed on by the first keys. */
int emrtd_map_generic(struct emrtd_domain *d, const BIGNUM *secret, struct emrtd_bytes key,
	struct emrtd_bytes nonce) PN_MUST_CHECK;
#endif

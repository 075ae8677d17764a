/* SPDX-License-Identifier: Apache-2.0
 * The officer's word as it leaves a console: a decision or a lane order, signed with the officer's Ed25519 key (RFC 8032). What is
 * signed is in core/schema/crossing.proto (SignedDecision) and core/schema/post.proto (SignedOrder).
 * Must never sign a word without officer, or one that lives longer than a core accepts; wipes nothing but its own copies, the key
 * stays the caller's.
 */
#ifndef POSTERN_POST_WORD_H
#define POSTERN_POST_WORD_H
#include <openssl/evp.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "post.pb-c.h"

#define POST_ORDER_DOMAIN "postern-lane-order-v1\n"

enum {
	POST_WORD_MAX = 768,		 /* bytes of an encoded decision or order */
	POST_DECISION_LIFE_MS = 30000,
	POST_ORDER_LIFE_MS = 5000,
};

/* Owns the bytes that a SignedDecision or SignedOrder made from it borrows. */
struct post_word {
	uint8_t bytes[POST_WORD_MAX], signature[64], second_signature[64];
	size_t size;
	char key_id[17], second_key_id[17];
};

/* First 16 hexadecimal digits of SHA-256 of the raw public key, and NUL. PN_ECRYPTO: no Ed25519 key. */
int post_key_id(EVP_PKEY *key, char out[17]) PN_MUST_CHECK;

/* Encodes and signs d as it stands, with second when d names a second officer (else NULL). The caller has filled crossing_id,
 * verdict_hash, officer, decision, reason_code, issued and expires, a nonce of 16 random bytes, and second_officer. *out borrows from
 * w. PN_EINVAL: one of these is missing or the two do not match; PN_ELIMIT: too long; PN_ECRYPTO. */
int post_sign_decision(struct post_word *w, const Postern__Decision *d, EVP_PKEY *key, EVP_PKEY *second,
	Postern__SignedDecision *out) PN_MUST_CHECK;

/* The same for an order: gate, epoch, officer, sequence, issued, expires and kind are required. */
int post_sign_order(struct post_word *w, const Postern__LaneOrder *o, EVP_PKEY *key, Postern__SignedOrder *out) PN_MUST_CHECK;
#endif

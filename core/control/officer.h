/* SPDX-License-Identifier: Apache-2.0
 * Verifying an officer's signed decision against the console keys of the signed configuration.
 * Must never decide whether the decision fits the crossing: core/crossing does.
 */
#ifndef POSTERN_CONTROL_OFFICER_H
#define POSTERN_CONTROL_OFFICER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crossing.pb-c.h"
#include "post.pb-c.h"

#define OFFICER_KEYS 32
#define OFFICER_ORDER_MAX 1024 /* bytes of an encoded order */
/* What stands before an order where it is signed, so that no decision can be taken for one (core/schema/post.proto). */
#define OFFICER_ORDER_DOMAIN "postern-lane-order-v1\n"
#define OFFICER_KEY_ID 17 /* 16 hexadecimal digits and NUL */

/* Ed25519 public keys, one per officer (or per console). */
struct officer_keys {
	size_t count;
	struct {
		char id[OFFICER_KEY_ID]; /* first 16 hex digits of SHA-256 of the raw public key */
		char name[64];		 /* file name without .pub */
		uint8_t key[32];
	} key[OFFICER_KEYS];
};

/* Reads FOLDER/NAME.pub (PEM). A missing folder gives no keys: no decision is then accepted. */
int officer_keys_load(struct officer_keys *keys, const char *folder) PN_MUST_CHECK;

/* PN_ECRYPTO unless the signature is by a known key whose name is the decision's officer, and, when it names a second officer, the
 * second signature by that other officer's key; PN_EFORMAT when the bytes
 * are no Decision. On success *out is owned by the caller (postern__decision__free_unpacked). */
int officer_verify(const struct officer_keys *keys, const Postern__SignedDecision *signed_decision,
	Postern__Decision **out) PN_MUST_CHECK;

/* The same for a lane order; *out: postern__lane_order__free_unpacked. */
int officer_verify_order(const struct officer_keys *keys, const Postern__SignedOrder *signed_order,
	Postern__LaneOrder **out) PN_MUST_CHECK;

/* Is it an Ed25519 signature by this key over these bytes? */
bool officer_signature_is_good(const uint8_t key[32], const ProtobufCBinaryData *signature, const uint8_t *bytes, size_t size);

/* Is the name an officer's whose key is known? */
int officer_known(const struct officer_keys *keys, const char *name);
#endif

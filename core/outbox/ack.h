/* SPDX-License-Identifier: Apache-2.0
 * The centre's signed acknowledgement: Ed25519 (RFC 8032) over the encoded JournalAck exactly as
 * received. Must never decode what has not been verified, and never re-encode what is verified.
 */
#ifndef POSTERN_OUTBOX_ACK_H
#define POSTERN_OUTBOX_ACK_H
#include <stdint.h>

#include "base/chain.h"
#include "base/err.h"
#include "journal.pb-c.h"

enum { ACK_KEY = 32, ACK_BYTES_MAX = 512 };

struct ack {
	char tenant[CHAIN_NAME_MAX + 1], gate[CHAIN_NAME_MAX + 1];
	uint64_t epoch, acked_seq;
	uint8_t head_hash[CHAIN_HASH];
	int64_t wall_ms; /* the centre's */
};

/* key: the raw public key. SignedAck.key_id is for people; with two keys in rotation, try both.
 * PN_ECRYPTO: the signature is not this key's. PN_EFORMAT: signed, but no such acknowledgement of
 * this tenant and gate. */
int ack_verify(const Postern__SignedAck *signed_ack, const uint8_t key[ACK_KEY], const char *tenant,
	const char *gate, struct ack *out) PN_MUST_CHECK;

/* The raw key from a PEM SubjectPublicKeyInfo. PN_EIO: not readable. PN_EFORMAT: no Ed25519 public
 * key. */
int ack_key_read(const char *path, uint8_t key[ACK_KEY]) PN_MUST_CHECK;
#endif

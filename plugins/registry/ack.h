/* SPDX-License-Identifier: Apache-2.0
 * The centre's acknowledgement: Ed25519 (RFC 8032) over the encoded JournalAck. Must never be made
 * for records whose transaction has not been committed.
 */
#ifndef POSTERN_REGISTRY_ACK_H
#define POSTERN_REGISTRY_ACK_H
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "journal.pb-c.h"

enum { ACK_MESSAGE_MAX = 512 };

struct ack_key;

/* A PEM private key. PN_EIO: not readable; PN_ECRYPTO: not an Ed25519 key. */
int ack_key_open(const char *path, struct ack_key **out) PN_MUST_CHECK;
void ack_key_close(struct ack_key *key);
/* First 16 hexadecimal digits of SHA-256 over the raw public key. */
const char *ack_key_id(const struct ack_key *key);
/* Writes an encoded SignedAck for the batch's last record; *size is its length. */
int ack_make(const struct ack_key *key, const Postern__JournalBatch *batch, int64_t wall_ms,
	uint8_t out[ACK_MESSAGE_MAX], size_t *size) PN_MUST_CHECK;
#endif

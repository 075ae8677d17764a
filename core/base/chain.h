/* SPDX-License-Identifier: Apache-2.0
 * The hash chain over journal records, as the gate writes it and the registry checks it: one
 * definition for both. Pure. Must never change for version 1: stored hashes depend on every byte.
 *
 * hash = SHA-256( "postern journal record v1\n" || be64(epoch) || be64(seq) || be32(len tenant) ||
 * tenant || be32(len gate) || gate || previous[32] || SHA-256(clear) || sealed_hash[32] )
 * sealed_hash = SHA-256(sealed), or 32 zero bytes when the record never had a sealed payload.
 * previous = hash of seq - 1 in the same epoch; for seq 1 the last hash of the epoch before it in
 * the same journal file, or 32 zero bytes when there is none. seq counts from 1 in every epoch,
 * without gaps.
 */
#ifndef POSTERN_BASE_CHAIN_H
#define POSTERN_BASE_CHAIN_H
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { CHAIN_HASH = 32 };
enum { CHAIN_NAME_MAX = 64 }; /* bytes of a tenant's or a gate's name */

/* SHA-256 of the sealed payload; zeros when size is 0. PN_ECRYPTO: the library refused. */
int chain_sealed_hash(const uint8_t *sealed, size_t size, uint8_t out[CHAIN_HASH]) PN_MUST_CHECK;

/* PN_EINVAL: epoch or seq 0, or a name empty or over CHAIN_NAME_MAX. PN_ECRYPTO: the library
 * refused. */
int chain_hash(const char *tenant, const char *gate, uint64_t epoch, uint64_t seq,
	const uint8_t previous[CHAIN_HASH], const uint8_t *clear, size_t clear_size,
	const uint8_t sealed_hash[CHAIN_HASH], uint8_t out[CHAIN_HASH]) PN_MUST_CHECK;
#endif

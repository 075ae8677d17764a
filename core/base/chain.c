/* SPDX-License-Identifier: Apache-2.0
 * The hash chain over journal records. SHA-256: FIPS 180-4, from libcrypto. Must never allocate on
 * its own account nor keep state between calls.
 */
#include "base/chain.h"

#include <openssl/evp.h>
#include <string.h>

static const char domain[] = "postern journal record v1\n";

static int digest(const uint8_t *bytes, size_t size, uint8_t out[CHAIN_HASH])
{
	static const uint8_t none[1];
	return EVP_Digest(size > 0 ? bytes : none, size, out, NULL, EVP_sha256(), NULL) == 1
		       ? 0
		       : PN_ECRYPTO;
}

static size_t put_be(uint8_t *at, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
	return bytes;
}

static size_t put(uint8_t *at, const void *bytes, size_t size)
{
	memcpy(at, bytes, size);
	return size;
}

int chain_sealed_hash(const uint8_t *sealed, size_t size, uint8_t out[CHAIN_HASH])
{
	if (size == 0) {
		memset(out, 0, CHAIN_HASH);
		return 0;
	}
	return digest(sealed, size, out);
}

int chain_hash(const char *tenant, const char *gate, uint64_t epoch, uint64_t seq,
	const uint8_t previous[CHAIN_HASH], const uint8_t *clear, size_t clear_size,
	const uint8_t sealed_hash[CHAIN_HASH], uint8_t out[CHAIN_HASH])
{
	uint8_t text[sizeof domain + 8 + 8 + 4 + CHAIN_NAME_MAX + 4 + CHAIN_NAME_MAX +
		     (size_t)3 * CHAIN_HASH];
	size_t tenant_size = strnlen(tenant, CHAIN_NAME_MAX + 1),
	       gate_size = strnlen(gate, CHAIN_NAME_MAX + 1);
	size_t n = 0;
	if (epoch == 0 || seq == 0 || tenant_size == 0 || tenant_size > CHAIN_NAME_MAX ||
		gate_size == 0 || gate_size > CHAIN_NAME_MAX)
		return PN_EINVAL;
	n += put(text + n, domain, sizeof domain - 1);
	n += put_be(text + n, epoch, 8);
	n += put_be(text + n, seq, 8);
	n += put_be(text + n, tenant_size, 4);
	n += put(text + n, tenant, tenant_size);
	n += put_be(text + n, gate_size, 4);
	n += put(text + n, gate, gate_size);
	n += put(text + n, previous, CHAIN_HASH);
	if (digest(clear, clear_size, text + n) != 0)
		return PN_ECRYPTO;
	n += CHAIN_HASH;
	n += put(text + n, sealed_hash, CHAIN_HASH);
	return digest(text, n, out);
}

/* SPDX-License-Identifier: Apache-2.0
 * See chip_key.h.
 */
#include "emrtd/chip_key.h"

#include <string.h>

enum { SEQUENCE = 0x30, INTEGER = 0x02 };

/* standardizedDomainParameters, ecPublicKey, ecDH (SEC 1), X9.42 and PKCS#3 Diffie-Hellman */
static const uint8_t standardized[] = {0x04, 0x00, 0x7f, 0x00, 0x07, 0x01, 0x02};
static const uint8_t ec_public[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};
static const uint8_t ec_dh[] = {0x2b, 0x81, 0x04, 0x01, 0x0c};
static const uint8_t dh_x942[] = {0x2a, 0x86, 0x48, 0xce, 0x3e, 0x02, 0x01};
static const uint8_t dh_pkcs3[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x03, 0x01};

static bool is(struct emrtd_bytes a, const uint8_t *b, size_t size)
{
	return a.size == size && memcmp(a.bytes, b, size) == 0;
}
#define IS(a, b) is(a, b, sizeof(b))

static int standard(const struct emrtd_ca_key *key, struct emrtd_domain *out)
{
	struct emrtd_bytes id;
	if (emrtd_tlv_only(key->parameters, INTEGER, &id) != 0 || id.size != 1)
		return PN_EFORMAT;
	if (key->ecdh != (id.bytes[0] > 2))
		return PN_EUNSUPPORTED;
	return emrtd_domain_standard(out, id.bytes[0]);
}

/* SEQUENCE of p, g, q ... (X9.42) or of p, g and perhaps a size (PKCS#3). */
static int prime_group(const struct emrtd_ca_key *key, bool with_q, struct emrtd_domain *out)
{
	struct emrtd_bytes sequence;
	struct emrtd_tlv p, g, q = {0};
	if (emrtd_tlv_only(key->parameters, SEQUENCE, &sequence) != 0)
		return PN_EFORMAT;
	struct emrtd_tlv_walk walk = emrtd_tlv_walk(sequence);
	if (emrtd_tlv_expect(&walk, INTEGER, &p) != 0 || emrtd_tlv_expect(&walk, INTEGER, &g) != 0)
		return PN_EFORMAT;
	if (with_q && emrtd_tlv_expect(&walk, INTEGER, &q) != 0)
		return PN_EFORMAT;
	return emrtd_domain_dh(out, p.value, g.value, q.value);
}

int emrtd_chip_key_domain(const struct emrtd_ca_key *key, struct emrtd_domain *out)
{
	*out = (struct emrtd_domain){0};
	if (IS(key->algorithm, standardized))
		return standard(key, out);
	if (key->ecdh && (IS(key->algorithm, ec_public) || IS(key->algorithm, ec_dh)))
		return emrtd_domain_curve(out, key->parameters);
	if (!key->ecdh && IS(key->algorithm, dh_x942))
		return prime_group(key, true, out);
	if (!key->ecdh && IS(key->algorithm, dh_pkcs3))
		return prime_group(key, false, out);
	return PN_EUNSUPPORTED;
}

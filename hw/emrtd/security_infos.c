/* SPDX-License-Identifier: Apache-2.0
 * See security_infos.h. Must never fail a whole file for one entry inside it.
 */
#include "emrtd/security_infos.h"

#include <string.h>

enum { SEQUENCE = 0x30, SET = 0x31, OID = 0x06, INTEGER = 0x02, BIT_STRING = 0x03, DG14 = 0x6e };

/* bsi-de protocols smartcard 0.4.0.127.0.7.2.2, and what hangs below it (9.2.3, 9.2.7). */
static const uint8_t smartcard[] = {0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02};
enum { ARC_PK = 1, ARC_TA = 2, ARC_CA = 3, ARC_PACE = 4 };
/* standardizedDomainParameters 0.4.0.127.0.7.1.2 */
static const uint8_t standardized[] = {0x04, 0x00, 0x7f, 0x00, 0x07, 0x01, 0x02};
/* icao-mrtd-security-aaProtocolObject 2.23.136.1.1.5 */
static const uint8_t aa_protocol[] = {0x67, 0x81, 0x08, 0x01, 0x01, 0x05};
static const uint8_t signed_data[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};
/* id-SecurityObject 0.4.0.127.0.7.3.2.1 */
static const uint8_t security_object[] = {0x04, 0x00, 0x7f, 0x00, 0x07, 0x03, 0x02, 0x01};

static bool is(struct emrtd_bytes a, const uint8_t *b, size_t size)
{
	return a.size == size && (size == 0 || memcmp(a.bytes, b, size) == 0);
}
#define IS(a, b) is(a, b, sizeof(b))

static bool same(struct emrtd_bytes a, struct emrtd_bytes b)
{
	return is(a, b.bytes, b.size);
}

/* Non-negative INTEGER: its octets without the zero of the sign. */
static int unsigned_octets(struct emrtd_tlv_walk *walk, struct emrtd_bytes *out)
{
	struct emrtd_tlv tlv;
	if (emrtd_tlv_expect(walk, INTEGER, &tlv) != 0 || tlv.value.size == 0 ||
		(tlv.value.bytes[0] & 0x80) != 0)
		return PN_EFORMAT;
	*out = tlv.value;
	if (out->size > 1 && out->bytes[0] == 0) {
		out->bytes++;
		out->size--;
	}
	return 0;
}

static int small_integer(struct emrtd_tlv_walk *walk, unsigned *out)
{
	struct emrtd_bytes octets;
	if (unsigned_octets(walk, &octets) != 0 || octets.size != 1)
		return PN_EFORMAT;
	*out = octets.bytes[0];
	return 0;
}

/* The INTEGER that may end an entry. */
static int optional_octets(struct emrtd_tlv_walk *walk, struct emrtd_bytes *out)
{
	*out = (struct emrtd_bytes){NULL, 0};
	if (walk->left == 0)
		return 0;
	return unsigned_octets(walk, out) != 0 || walk->left != 0 || out->size > 32 ? PN_EFORMAT
										    : 0;
}

/* PACEDomainParameterInfo, until every entry was seen. */
struct domains {
	struct {
		uint8_t arc;
		struct emrtd_bytes id;
		int domain;
	} entry[EMRTD_INFOS_MAX];
	size_t count;
};

static bool domain_fits(int domain, bool ecdh, enum emrtd_mapping mapping)
{
	if (!ecdh)
		return domain >= 0 && domain <= 2;
	/* 10 is NIST P-224, which integrated mapping cannot use (9.5.1). */
	return domain >= 8 && domain <= 18 && !(mapping == EMRTD_INTEGRATED && domain == 10);
}

/* 4.1 DH-GM, 4.2 ECDH-GM, 4.3 DH-IM, 4.4 ECDH-IM, 4.6 ECDH-CAM. */
static bool pace_arc(uint8_t arc)
{
	return (arc >= 1 && arc <= 4) || arc == 6;
}

static int take_pace(struct emrtd_security_infos *out, const struct emrtd_tlv *raw,
	struct emrtd_bytes oid, struct emrtd_tlv_walk *walk)
{
	unsigned version;
	struct emrtd_pace_info info = {.raw = raw->raw, .oid = oid, .domain = -1};
	uint8_t arc = oid.bytes[8], cipher = oid.bytes[9];
	if (small_integer(walk, &version) != 0 || version != 2 ||
		optional_octets(walk, &info.parameter) != 0 || cipher < EMRTD_3DES ||
		cipher > EMRTD_AES_256 || (arc == 6 && cipher == EMRTD_3DES))
		return PN_EFORMAT;
	info.cipher = cipher;
	info.ecdh = arc % 2 == 0;
	info.mapping = arc <= 2   ? EMRTD_GENERIC
		       : arc <= 4 ? EMRTD_INTEGRATED
				  : EMRTD_CHIP_AUTHENTICATION;
	if (out->pace_count == EMRTD_INFOS_MAX)
		out->left_out++;
	else
		out->pace[out->pace_count++] = info;
	return 0;
}

static int take_domain(struct emrtd_security_infos *out, struct domains *domains, uint8_t arc,
	struct emrtd_tlv_walk *walk)
{
	struct emrtd_tlv algorithm, oid;
	struct emrtd_bytes id;
	unsigned number;
	if (emrtd_tlv_expect(walk, SEQUENCE, &algorithm) != 0 || optional_octets(walk, &id) != 0)
		return PN_EFORMAT;
	struct emrtd_tlv_walk inner = emrtd_tlv_walk(algorithm.value);
	if (emrtd_tlv_expect(&inner, OID, &oid) != 0)
		return PN_EFORMAT;
	if (domains->count == EMRTD_INFOS_MAX) {
		out->left_out++;
		return 0;
	}
	int domain = -1;
	if (!IS(oid.value, standardized))
		out->pace_explicit = true;
	else if (small_integer(&inner, &number) == 0 && inner.left == 0)
		domain = (int)number;
	else
		return PN_EFORMAT;
	domains->entry[domains->count].arc = arc;
	domains->entry[domains->count].id = id;
	domains->entry[domains->count++].domain = domain;
	return 0;
}

/* Which standardized domain an entry means (9.2.1, 9.2.2); none when it is ambiguous. */
static int resolve(const struct emrtd_pace_info *info, const struct domains *domains)
{
	int domain = -1;
	unsigned found = 0;
	if (info->parameter.size == 1 && info->parameter.bytes[0] <= 31)
		domain = info->parameter.bytes[0];
	for (size_t i = 0; domain < 0 && i < domains->count; i++) {
		if (domains->entry[i].arc != info->oid.bytes[8] ||
			(info->parameter.size > 0 && !same(info->parameter, domains->entry[i].id)))
			continue;
		if (++found > 1)
			return -1;
	}
	for (size_t i = 0; found == 1 && i < domains->count; i++) {
		if (domains->entry[i].arc == info->oid.bytes[8] &&
			(info->parameter.size == 0 || same(info->parameter, domains->entry[i].id)))
			domain = domains->entry[i].domain;
	}
	return domain_fits(domain, info->ecdh, info->mapping) ? domain : -1;
}

static int take_ca(
	struct emrtd_security_infos *out, struct emrtd_bytes oid, struct emrtd_tlv_walk *walk)
{
	struct emrtd_ca_info info = {.oid = oid, .cipher = oid.bytes[9], .ecdh = oid.bytes[8] == 2};
	if (small_integer(walk, &info.version) != 0 || optional_octets(walk, &info.key_id) != 0 ||
		oid.bytes[8] < 1 || oid.bytes[8] > 2 || info.cipher < EMRTD_3DES ||
		info.cipher > EMRTD_AES_256)
		return PN_EFORMAT;
	if (out->ca_count == EMRTD_INFOS_MAX)
		out->left_out++;
	else
		out->ca[out->ca_count++] = info;
	return 0;
}

static int take_key(
	struct emrtd_security_infos *out, struct emrtd_bytes oid, struct emrtd_tlv_walk *walk)
{
	struct emrtd_ca_key key = {.ecdh = oid.bytes[8] == 2};
	struct emrtd_tlv info, algorithm, tlv;
	if (oid.bytes[8] < 1 || oid.bytes[8] > 2 || emrtd_tlv_expect(walk, SEQUENCE, &info) != 0 ||
		optional_octets(walk, &key.key_id) != 0)
		return PN_EFORMAT;
	struct emrtd_tlv_walk inner = emrtd_tlv_walk(info.value);
	if (emrtd_tlv_expect(&inner, SEQUENCE, &algorithm) != 0 ||
		emrtd_tlv_expect(&inner, BIT_STRING, &tlv) != 0 || inner.left != 0 ||
		tlv.value.size < 2 || tlv.value.bytes[0] != 0)
		return PN_EFORMAT;
	key.key = (struct emrtd_bytes){tlv.value.bytes + 1, tlv.value.size - 1};
	if (!key.ecdh) {
		struct emrtd_tlv_walk value = emrtd_tlv_walk(key.key);
		if (unsigned_octets(&value, &key.key) != 0 || value.left != 0)
			return PN_EFORMAT;
	}
	inner = emrtd_tlv_walk(algorithm.value);
	if (emrtd_tlv_expect(&inner, OID, &tlv) != 0)
		return PN_EFORMAT;
	key.algorithm = tlv.value;
	key.parameters = (struct emrtd_bytes){inner.at, inner.left};
	if (out->key_count == EMRTD_INFOS_MAX)
		out->left_out++;
	else
		out->key[out->key_count++] = key;
	return 0;
}

static int take_aa(struct emrtd_security_infos *out, struct emrtd_tlv_walk *walk)
{
	struct emrtd_tlv oid;
	unsigned version;
	if (small_integer(walk, &version) != 0 || emrtd_tlv_expect(walk, OID, &oid) != 0)
		return PN_EFORMAT;
	out->active_authentication = true;
	out->aa_hash = emrtd_hash_by_oid(oid.value);
	return 0;
}

static void take_unknown(struct emrtd_security_infos *out, struct emrtd_bytes oid)
{
	if (out->unknown_count == EMRTD_UNKNOWN_MAX)
		out->left_out++;
	else
		out->unknown[out->unknown_count++] = oid;
}

static int take(
	struct emrtd_security_infos *out, struct domains *domains, const struct emrtd_tlv *entry)
{
	struct emrtd_tlv_walk walk = emrtd_tlv_walk(entry->value);
	struct emrtd_tlv oid;
	if (entry->tag != SEQUENCE || emrtd_tlv_expect(&walk, OID, &oid) != 0)
		return PN_EFORMAT;
	struct emrtd_bytes o = oid.value;
	bool ours = o.size >= 8 && memcmp(o.bytes, smartcard, sizeof(smartcard)) == 0;
	uint8_t arc = ours ? o.bytes[7] : 0;
	if (arc == ARC_PACE && o.size == 10 && pace_arc(o.bytes[8]))
		return take_pace(out, entry, o, &walk);
	if (arc == ARC_PACE && o.size == 9 && pace_arc(o.bytes[8]))
		return take_domain(out, domains, o.bytes[8], &walk);
	if (arc == ARC_CA && o.size == 10)
		return take_ca(out, o, &walk);
	if (arc == ARC_PK && o.size == 9)
		return take_key(out, o, &walk);
	if (IS(o, aa_protocol))
		return take_aa(out, &walk);
	if (arc == ARC_TA && o.size == 8)
		out->terminal_authentication = true;
	else
		take_unknown(out, o);
	return 0;
}

int emrtd_security_infos(struct emrtd_security_infos *out, struct emrtd_bytes file)
{
	struct domains domains = {.count = 0};
	struct emrtd_bytes set = file;
	struct emrtd_tlv entry;
	unsigned entries = 0;
	int got;
	*out = (struct emrtd_security_infos){.bytes = file};
	if (file.size > 0 && file.bytes[0] == DG14 && emrtd_tlv_only(file, DG14, &set) != 0)
		return PN_EFORMAT;
	if (emrtd_tlv_only(set, SET, &set) != 0)
		return PN_EFORMAT;
	struct emrtd_tlv_walk walk = emrtd_tlv_walk(set);
	while ((got = emrtd_tlv_next(&walk, &entry)) == 1) {
		if (++entries > EMRTD_ENTRIES_MAX)
			return PN_ELIMIT;
		if (take(out, &domains, &entry) != 0)
			out->malformed++;
	}
	if (got != 0)
		return PN_EFORMAT;
	for (size_t i = 0; i < out->pace_count; i++)
		out->pace[i].domain = resolve(&out->pace[i], &domains);
	return 0;
}

int emrtd_card_security_payload(struct emrtd_bytes file, struct emrtd_bytes *set)
{
	struct emrtd_tlv tlv;
	struct emrtd_bytes in;
	if (emrtd_tlv_only(file, SEQUENCE, &in) != 0)
		return PN_EFORMAT;
	struct emrtd_tlv_walk walk = emrtd_tlv_walk(in);
	if (emrtd_tlv_expect(&walk, OID, &tlv) != 0 || !IS(tlv.value, signed_data) ||
		emrtd_tlv_expect(&walk, 0xa0, &tlv) != 0 ||
		emrtd_tlv_only(tlv.value, SEQUENCE, &in) != 0)
		return PN_EFORMAT;
	walk = emrtd_tlv_walk(in);
	if (emrtd_tlv_expect(&walk, INTEGER, &tlv) != 0 ||
		emrtd_tlv_expect(&walk, SET, &tlv) != 0 ||
		emrtd_tlv_expect(&walk, SEQUENCE, &tlv) != 0)
		return PN_EFORMAT;
	walk = emrtd_tlv_walk(tlv.value);
	if (emrtd_tlv_expect(&walk, OID, &tlv) != 0 || !IS(tlv.value, security_object) ||
		emrtd_tlv_expect(&walk, 0xa0, &tlv) != 0)
		return PN_EFORMAT;
	return emrtd_tlv_only(tlv.value, 0x04, set);
}

bool emrtd_security_infos_confirm(
	const struct emrtd_security_infos *signed_list, const struct emrtd_security_infos *access)
{
	for (size_t i = 0; i < access->pace_count; i++) {
		bool found = false;
		for (size_t j = 0; j < signed_list->pace_count; j++)
			found = found || same(access->pace[i].raw, signed_list->pace[j].raw);
		if (!found)
			return false;
	}
	return access->left_out == 0;
}

static unsigned pace_rank(const struct emrtd_pace_info *p)
{
	return (p->ecdh ? 100U : 0U) +
	       (p->mapping == EMRTD_CHIP_AUTHENTICATION ? 20U
		       : p->mapping == EMRTD_GENERIC    ? 10U
							: 0U) +
	       (unsigned)p->cipher;
}

size_t emrtd_pace_order(
	const struct emrtd_security_infos *infos, bool without_cam, uint8_t order[EMRTD_INFOS_MAX])
{
	size_t count = 0;
	for (size_t i = 0; i < infos->pace_count; i++) {
		const struct emrtd_pace_info *p = &infos->pace[i];
		size_t at = count;
		if (p->domain < 0 || (without_cam && p->mapping == EMRTD_CHIP_AUTHENTICATION))
			continue;
		for (; at > 0 && pace_rank(&infos->pace[order[at - 1]]) < pace_rank(p); at--)
			order[at] = order[at - 1];
		order[at] = (uint8_t)i;
		count++;
	}
	return count;
}

int emrtd_ca_choose(const struct emrtd_security_infos *infos, struct emrtd_ca_choice *out)
{
	/* What a key without a ChipAuthenticationInfo means. */
	static const uint8_t dh_3des[] = {
		0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x03, 0x01, 0x01};
	static const uint8_t ecdh_3des[] = {
		0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x03, 0x02, 0x01};
	unsigned best = 0;
	for (size_t i = 0; i < infos->key_count; i++) {
		const struct emrtd_ca_key *key = &infos->key[i];
		for (size_t j = 0; j < infos->ca_count; j++) {
			const struct emrtd_ca_info *ca = &infos->ca[j];
			unsigned rank = 2U * (unsigned)ca->cipher + (ca->ecdh ? 1U : 0U);
			bool pair = ca->ecdh == key->ecdh && same(ca->key_id, key->key_id);
			/* One key without an id serves whatever names one. */
			if (!pair && ca->ecdh == key->ecdh && infos->key_count == 1 &&
				key->key_id.size == 0)
				pair = true;
			if (!pair || rank <= best || ca->version != 1)
				continue;
			best = rank;
			*out = (struct emrtd_ca_choice){
				key, ca->oid, ca->key_id, ca->cipher, ca->key_id.size > 0};
		}
	}
	if (best > 0)
		return 0;
	if (infos->key_count == 0 || infos->ca_count > 0)
		return PN_ENOTFOUND;
	const struct emrtd_ca_key *key = &infos->key[0];
	*out = (struct emrtd_ca_choice){key,
		key->ecdh ? (struct emrtd_bytes){ecdh_3des, sizeof(ecdh_3des)}
			  : (struct emrtd_bytes){dh_3des, sizeof(dh_3des)},
		key->key_id, EMRTD_3DES, key->key_id.size > 0};
	return 0;
}

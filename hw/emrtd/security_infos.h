/* SPDX-License-Identifier: Apache-2.0
 * SecurityInfos of Doc 9303-11 section 9.2, as EF.CardAccess, EF.DG14 and the payload of
 * EF.CardSecurity hold them. Everything points into the caller's bytes, which must outlive it;
 * whoever hashes a file hashes those bytes, never something written again.
 *
 * One entry that is not understood spoils no other: object identifiers that are not known are kept
 * as such, entries of known kinds with a wrong form are counted. Must never allocate.
 */
#ifndef POSTERN_EMRTD_SECURITY_INFOS_H
#define POSTERN_EMRTD_SECURITY_INFOS_H
#include "emrtd/crypto.h"

enum {
	EMRTD_INFOS_MAX = 8, /* of one kind; more are counted in left_out */
	EMRTD_UNKNOWN_MAX = 16,
	EMRTD_ENTRIES_MAX = 256 /* of a whole file; more are PN_ELIMIT */
};

enum emrtd_mapping { EMRTD_GENERIC = 1, EMRTD_INTEGRATED, EMRTD_CHIP_AUTHENTICATION };

/* PACEInfo (9.2.1). */
struct emrtd_pace_info {
	struct emrtd_bytes raw, oid;  /* oid: content octets, as DO80 takes them */
	struct emrtd_bytes parameter; /* parameterId as DO84 takes it; size 0: absent */
	enum emrtd_mapping mapping;
	enum emrtd_cipher cipher;
	bool ecdh;
	/* Standardized domain parameters (9.5.1) to be used: the parameterId, or what the one
	 * PACEDomainParameterInfo that belongs to it names. -1: explicit, proprietary, unknown or
	 * not for this mapping; such an entry is never used. */
	int domain;
};

/* ChipAuthenticationInfo (9.2.5). */
struct emrtd_ca_info {
	struct emrtd_bytes oid;
	struct emrtd_bytes key_id; /* as DO84 takes it; size 0: absent */
	enum emrtd_cipher cipher;
	bool ecdh;
	unsigned version;
};

/* ChipAuthenticationPublicKeyInfo (9.2.6). */
struct emrtd_ca_key {
	struct emrtd_bytes algorithm;  /* object identifier of the SubjectPublicKeyInfo */
	struct emrtd_bytes parameters; /* its parameters, with tag; size 0: none */
	struct emrtd_bytes key;        /* point, or value without sign */
	struct emrtd_bytes key_id;
	bool ecdh;
};

struct emrtd_security_infos {
	struct emrtd_bytes bytes; /* the whole file as given */
	struct emrtd_pace_info pace[EMRTD_INFOS_MAX];
	struct emrtd_ca_info ca[EMRTD_INFOS_MAX];
	struct emrtd_ca_key key[EMRTD_INFOS_MAX];
	struct emrtd_bytes unknown[EMRTD_UNKNOWN_MAX]; /* object identifiers, content octets */
	size_t pace_count, ca_count, key_count, unknown_count;
	size_t left_out, malformed;
	bool pace_explicit; /* a PACEDomainParameterInfo with explicit parameters was seen and
			       refused */
	bool active_authentication; /* an ActiveAuthenticationInfo (9.2.4) is there */
	enum emrtd_hash aa_hash;    /* of its signatureAlgorithm; 0: not known */
	bool terminal_authentication;
};

/* file: a SET, or DG14's 6E around it, to its last byte. PN_EFORMAT, PN_ELIMIT. */
int emrtd_security_infos(struct emrtd_security_infos *out, struct emrtd_bytes file) PN_MUST_CHECK;
/* The SecurityInfos inside EF.CardSecurity (9.2, 3.11.4 of part 10): the content of its SignedData,
 * in DER. The signature is not looked at: that is passive authentication's. */
int emrtd_card_security_payload(struct emrtd_bytes file, struct emrtd_bytes *set) PN_MUST_CHECK;
/* Whether every PACEInfo of access, byte for byte, is also in the signed list (9.2.11, against
 * a forged EF.CardAccess). */
bool emrtd_security_infos_confirm(
	const struct emrtd_security_infos *signed_list, const struct emrtd_security_infos *access);

/* Indexes of the usable entries of pace, best first: ECDH before DH, chip authentication mapping
 * before generic before integrated, the stronger cipher, then the chip's order. Returns how many.
 */
size_t emrtd_pace_order(
	const struct emrtd_security_infos *infos, bool without_cam, uint8_t order[EMRTD_INFOS_MAX]);

struct emrtd_ca_choice {
	const struct emrtd_ca_key *key;
	struct emrtd_bytes oid;    /* for DO80 */
	struct emrtd_bytes key_id; /* of the protocol's entry */
	enum emrtd_cipher cipher;
	bool name_key; /* DO84 is to be sent */
};

/* The pair of protocol and key for chip authentication, the strongest cipher first, ECDH before DH.
 * With keys but no ChipAuthenticationInfo, 3DES by MSE:Set KAT is meant. PN_ENOTFOUND: none that
 * fits.
 */
int emrtd_ca_choose(
	const struct emrtd_security_infos *infos, struct emrtd_ca_choice *out) PN_MUST_CHECK;
#endif

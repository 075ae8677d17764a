/* SPDX-License-Identifier: Apache-2.0
 * Issues a virtual passport: the logical data structure of ICAO Doc 9303-10 signed by an office,
 * the chip's own keys, and whatever is wrong with its data (layer DATA of faults.def). Every person
 * in it is the caller's invention.
 */
#ifndef POSTERN_SIM_CHIP_PASSPORT_H
#define POSTERN_SIM_CHIP_PASSPORT_H
#include "sim/chip/office.h"

enum sim_face { SIM_FACE_JPEG, SIM_FACE_JPEG_2000 };
enum sim_aa { SIM_AA_NONE, SIM_AA_RSA, SIM_AA_EC };

struct sim_passport_ca {
	enum sim_cipher cipher;
	unsigned parameter; /* as in struct sim_chip_pace */
	int id;             /* keyId in DG14; below 0: none */
	bool no_info;       /* no ChipAuthenticationInfo: 3DES is meant */
};

struct sim_passport_config {
	const char *mrz; /* without separators: 88 characters (TD3), 72 (TD2) or 90 (TD1) */
	const char *can;
	/* The image as it is. NULL: filler of face_size bytes (at least 64) that begins as the kind
	 * of image does and decodes to nothing. */
	const uint8_t *face;
	size_t face_size;
	enum sim_face face_kind;
	/* Instead of the filler: a picture that decodes, drawn from the seed; face_size at least
	 * SIM_PORTRAIT_LEAST. */
	bool portrait;
	uint32_t portrait_seed;
	/* DG11: UTF-8, NULL where not there; no DG11 without any. */
	const char *full_name, *personal_number, *place_of_birth, *address, *telephone, *profession;
	/* DG12: authority and day of issue (YYYYMMDD). */
	const char *authority, *issued;
	bool open, bac, no_extended;
	size_t response_most;
	struct sim_chip_pace pace[SIM_CHIP_PACE_MAX];
	size_t pace_count;
	struct sim_passport_ca ca[SIM_CHIP_KEYS_MAX];
	size_t ca_count;
	enum sim_aa aa;
	EVP_PKEY *aa_key;      /* NULL: one of its own is made; else shared by reference */
	unsigned aa_bits;      /* RSA; 0: 2048 */
	unsigned aa_trailer;   /* RSA; 0: 0x34CC */
	unsigned aa_parameter; /* EC; 0: 12 */
	const char *aa_digest; /* EC; NULL: SHA256 */
	bool aa_der;
	int digest, signature_digest; /* NIDs; 0: SHA-256 */
	unsigned sod_form;            /* enum sim_sod_form */
	struct sim_chip_timing timing;
	struct sim_chip_when faults[SIM_FAULTS];
};

struct sim_passport;

/* PN_EINVAL: an MRZ of no such length, an impossible protocol; PN_ECRYPTO, PN_ENOMEM. The office is
 * not kept. */
int sim_passport_issue(const struct sim_office *office, const struct sim_passport_config *config,
	struct sim_passport **out);
void sim_passport_free(struct sim_passport *p);
/* What sim_chip_new() takes; lives as long as the passport. */
const struct sim_chip_config *sim_passport_chip(const struct sim_passport *p);
/* Number, birth and expiry with check digits (9303-11 4.3.2; numbers of more than 9 characters as
 * there). False when the zone is of no known length. out: at least 40 bytes. */
bool sim_passport_mrz_information(const char *mrz, char *out, size_t room);
#endif

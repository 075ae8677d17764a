/* SPDX-License-Identifier: Apache-2.0
 * Between the files of the virtual passport. Must never be included from elsewhere.
 */
#ifndef POSTERN_SIM_CHIP_INTERNAL_H
#define POSTERN_SIM_CHIP_INTERNAL_H
#include <openssl/bn.h>
#include <openssl/ec.h>

#include "base/err.h"
#include "sim/chip/chip.h"
#include "sim/chip/der.h"

enum { SC_BLOCK_MAX = 16, SC_KEY_MAX = 32, SC_ELEMENT_MAX = 520, SC_FILE_MAX = 1 << 20 };

/* crypt.c */
size_t sc_block(enum sim_cipher cipher);
size_t sc_key_size(enum sim_cipher cipher);
/* CBC over whole blocks; iv NULL: zero. */
bool sc_cbc(enum sim_cipher cipher, bool encrypt, const uint8_t *key, const uint8_t *iv,
	const uint8_t *in, size_t size, uint8_t *out);
/* 8 bytes. 3DES: ISO 9797-1 algorithm 3 with padding method 2; AES: CMAC of the bytes as they are.
 */
bool sc_mac(
	enum sim_cipher cipher, const uint8_t *key, const uint8_t *in, size_t size, uint8_t out[8]);
/* 9303-11 9.7.1. */
bool sc_kdf(enum sim_cipher cipher, const uint8_t *secret, size_t size, uint32_t counter,
	uint8_t key[SC_KEY_MAX]);
bool sc_hash(const char *digest, const uint8_t *in, size_t size, uint8_t out[64], size_t *out_size);
/* Pads with 80 00 ...; room for one more block. */
size_t sc_pad(uint8_t *bytes, size_t size, size_t block);
/* The size without padding, or SIZE_MAX. */
size_t sc_unpad(const uint8_t *bytes, size_t size);

/* group.c: one set of domain parameters; elements as they travel (04 x y, or a number of p's size).
 */
struct sc_group {
	EC_GROUP *curve; /* NULL: DH */
	BIGNUM *p, *a, *b, *q, *g;
	size_t size; /* of p in bytes */
	BN_CTX *scratch;
};
struct sc_element {
	uint8_t bytes[SC_ELEMENT_MAX];
	size_t size;
};
struct sc_group *sc_group_standard(unsigned parameter);
struct sc_group *sc_group_of_key(const EVP_PKEY *key);
void sc_group_free(struct sc_group *g);
/* base NULL: the generator. False also for an element that is not of the group. */
bool sc_multiply(const struct sc_group *g, const struct sc_element *base, const BIGNUM *scalar,
	struct sc_element *out);
bool sc_add(const struct sc_group *g, const struct sc_element *a, const struct sc_element *b,
	struct sc_element *out);
bool sc_integrated_map(const struct sc_group *g, const BIGNUM *random, struct sc_element *out);
/* The x coordinate, or the number. */
void sc_secret_of(
	const struct sc_group *g, const struct sc_element *e, const uint8_t **bytes, size_t *size);
const char *sc_curve_name(unsigned parameter);
const char *sc_dh_name(unsigned parameter);

struct sc_apdu {
	uint8_t cla, ins, p1, p2;
	const uint8_t *data;
	size_t size, expected; /* expected 0: none */
	bool extended;
};

struct sc_session {
	bool on;
	enum sim_cipher cipher;
	uint8_t enc[SC_KEY_MAX], mac[SC_KEY_MAX], ssc[16];
};

struct sc_file {
	unsigned id;
	uint8_t *bytes;
	size_t size;
};

/* A PACE run between MSE:Set AT and the tokens. */
struct sc_pace_run {
	enum { SC_PACE_IDLE, SC_PACE_CHOSEN, SC_PACE_NONCE, SC_PACE_MAPPED, SC_PACE_AGREED } step;
	const struct sim_chip_pace *info;
	struct sc_group *group;
	uint8_t password[SC_KEY_MAX], oid[16], nonce[32];
	size_t oid_size, nonce_size;
	BIGNUM *map_secret;
	struct sc_element map, generator, own, peer;
	uint8_t enc[SC_KEY_MAX], mac[SC_KEY_MAX];
};

/* Parts of one command; bytes stay until the next begins. */
struct sc_chain {
	bool open;
	uint8_t cla, ins, p1, p2; /* cla without the chaining bit */
	struct sim_der data;
};

struct sim_chip {
	struct sim_chip_config config; /* pointers into the chip's own memory, or NULL */
	struct sc_file *files;
	size_t file_count;
	char mrz_information[64], can[16], aa_digest[16];
	EVP_PKEY *stranger; /* signs in a clone */

	bool powered, in_application, access, by_pace;
	const struct sc_file *current;
	struct sc_session session,
		next_session; /* next_session starts when the response has gone out */
	uint8_t challenge[8];
	bool has_challenge;
	struct sc_pace_run pace;
	int ca_chosen; /* index of ca[], -1 */
	enum sim_cipher ca_cipher;

	struct sc_chain chain;
	uint32_t commands;
	uint8_t *rest; /* for GET RESPONSE */
	size_t rest_size;
	uint8_t *last; /* the response before this one */
	size_t last_size, announced;
	double last_ms, total_ms;
};

/* True when the fault acts on the command that is being served. */
bool sc_fault(const struct sim_chip *chip, enum sim_chip_fault fault);
int32_t sc_fault_value(const struct sim_chip *chip, enum sim_chip_fault fault, int32_t usual);
size_t sc_draw(
	struct sim_chip *chip, enum sim_chip_draw what, uint8_t *out, size_t size, size_t room);
/* A secret below the order, or what draw() says; NULL after a failure. */
BIGNUM *sc_draw_secret(struct sim_chip *chip, enum sim_chip_draw what, const struct sc_group *g);

/* apdu.c */
int sc_apdu_parse(const uint8_t *bytes, size_t size, struct sc_apdu *out);
/* chain.c: 0, and *apdu is a whole command, its data those of all its parts; or the status word for a part. */
unsigned sc_chain(struct sim_chip *chip, struct sc_apdu *apdu);
/* file.c: append to out, return the status word. */
unsigned sc_select(struct sim_chip *chip, const struct sc_apdu *apdu);
unsigned sc_read(
	struct sim_chip *chip, const struct sc_apdu *apdu, size_t most, struct sim_der *out);
/* bac.c */
unsigned sc_get_challenge(struct sim_chip *chip, const struct sc_apdu *apdu, struct sim_der *out);
unsigned sc_external_authenticate(
	struct sim_chip *chip, const struct sc_apdu *apdu, struct sim_der *out);
/* pace.c */
unsigned sc_pace_set(struct sim_chip *chip, const struct sc_apdu *apdu);
unsigned sc_pace_step(struct sim_chip *chip, const struct sc_apdu *apdu, struct sim_der *out);
void sc_pace_end(struct sim_chip *chip);
/* authenticate.c */
unsigned sc_ca_set(struct sim_chip *chip, const struct sc_apdu *apdu);
unsigned sc_ca_key_agreement(struct sim_chip *chip, const struct sc_apdu *apdu);
unsigned sc_ca_step(struct sim_chip *chip, const struct sc_apdu *apdu, struct sim_der *out);
unsigned sc_internal_authenticate(
	struct sim_chip *chip, const struct sc_apdu *apdu, struct sim_der *out);
/* message.c: 0 and the plain command (its data in plain), or a status word. */
unsigned sc_unprotect(struct sim_chip *chip, const struct sc_apdu *in, struct sc_apdu *apdu,
	struct sim_der *plain);
bool sc_protect(struct sim_chip *chip, const struct sim_der *plain, unsigned status, bool odd,
	struct sim_der *out);
/* Bytes of plain data that a protected response of room bytes holds. */
size_t sc_protected_room(const struct sim_chip *chip, size_t room);
#endif

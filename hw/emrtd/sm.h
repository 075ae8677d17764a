/* SPDX-License-Identifier: Apache-2.0
 * Secure messaging, Doc 9303-11 9.8: protecting commands and checking responses, for 3DES (8-byte
 * counter, initial vector zero) and AES (16-byte counter, initial vector the enciphered counter).
 * Must never give out a byte of a response whose checksum did not verify, nor go on after one.
 */
#ifndef POSTERN_EMRTD_SM_H
#define POSTERN_EMRTD_SM_H
#include "emrtd/emrtd.h"

struct emrtd_sm {
	bool live;    /* keys are here */
	bool waiting; /* a command was protected, its response was not yet seen */
	bool odd;     /* that command's INS is odd: data travel in DO85 */
	enum emrtd_cipher cipher;
	uint8_t enc[EMRTD_KEY_MAX], mac[EMRTD_KEY_MAX];
	uint8_t ssc[EMRTD_BLOCK_MAX]; /* the block's size of it */
};

/* Derives both keys from the shared secret (9.7.4). ssc: the block's size of bytes, NULL for zero.
 */
int emrtd_sm_start(struct emrtd_sm *sm, enum emrtd_cipher cipher, struct emrtd_bytes secret,
	const uint8_t *ssc) PN_MUST_CHECK;
void emrtd_sm_wipe(struct emrtd_sm *sm);
/* *size: room in, bytes out. PN_ELIMIT and nothing changed when it does not fit or would need the
 * extended form and that is not allowed. */
int emrtd_sm_wrap(struct emrtd_sm *sm, const struct emrtd_command *command, bool extended_allowed,
	bool extended_wanted, uint8_t *out, size_t *size) PN_MUST_CHECK;
/* Deciphers in place: out points into response. Any failure wipes the keys, and *cause says why. */
int emrtd_sm_unwrap(struct emrtd_sm *sm, uint8_t *response, size_t size, struct emrtd_response *out,
	enum emrtd_cause *cause) PN_MUST_CHECK;
/* The most bytes of data in a protected short command of this instruction. */
size_t emrtd_sm_data_max(const struct emrtd_sm *sm, uint8_t ins);
/* Bytes of a protected response that carries size bytes of data, status word included. */
size_t emrtd_sm_response_size(enum emrtd_cipher cipher, size_t size);
#endif

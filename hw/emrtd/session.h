/* SPDX-License-Identifier: Apache-2.0
 * What the protocols share of a session. Private to hw/emrtd: nothing outside it includes this.
 */
#ifndef POSTERN_EMRTD_SESSION_H
#define POSTERN_EMRTD_SESSION_H
#include "emrtd/domain.h"
#include "emrtd/emrtd.h"
#include "emrtd/sm.h"

enum {
	EMRTD_GET_RESPONSE_MAX = 300,
	EMRTD_CHAIN_RESPONSE_MAX = 1024 /* what a chained command may be answered with by GET RESPONSE */
};

/* What chip authentication mapping leaves for emrtd_cam_verify(). */
struct emrtd_cam {
	bool done;                  /* PACE was with that mapping */
	unsigned domain;            /* its standardized domain parameters */
	size_t data_size, key_size; /* data_size 0: none that could be deciphered */
	uint8_t data[EMRTD_PUBLIC_MAX];
	uint8_t key[EMRTD_PUBLIC_MAX]; /* the chip's public key of the mapping */
};

struct emrtd_session {
	struct emrtd_channel channel;
	struct emrtd_sm sm;
	struct emrtd_cam cam;
	enum emrtd_proof chip;
	enum emrtd_access access;
	struct emrtd_failure failure;
	bool dead;
	unsigned exchanges;
	size_t response_room;        /* at least channel.response_max */
	uint8_t *command, *response; /* of channel.command_max and response_room bytes */
};

/* Records and returns err. */
int emrtd_fail(struct emrtd_session *s, enum emrtd_step step, enum emrtd_cause cause, int err);
/* One exchange of a protocol's step: 0 only with status word 9000, else the failure is recorded. */
int emrtd_send(struct emrtd_session *s, enum emrtd_step step, const struct emrtd_command *command,
	struct emrtd_bytes *data) PN_MUST_CHECK;
/* The same, in the extended form also where the short one would do. */
int emrtd_send_extended(struct emrtd_session *s, enum emrtd_step step,
	const struct emrtd_command *command, bool extended, struct emrtd_bytes *data) PN_MUST_CHECK;
int emrtd_random(
	struct emrtd_session *s, enum emrtd_step step, uint8_t *out, size_t size) PN_MUST_CHECK;
/* Turns secure messaging on with new keys; the old ones are wiped. */
int emrtd_secure(struct emrtd_session *s, enum emrtd_step step, enum emrtd_cipher cipher,
	struct emrtd_bytes secret, const uint8_t *ssc) PN_MUST_CHECK;

/* Takes the mapping's encrypted chip authentication data; enc is the new session key (4.4.3.5.2).
 */
void emrtd_cam_take(struct emrtd_session *s, enum emrtd_cipher cipher, const uint8_t *enc,
	struct emrtd_bytes sealed, struct emrtd_bytes map_key, unsigned domain);

/* An ephemeral key pair of the domain; the pair before in *secret is freed. A value of a prime
 * group that begins with a zero byte is thrown away and made anew: implementations differ in
 * whether they drop that byte (9303-11 9.4.1 "unsigned integer" against PKCS#3's fixed size). */
int emrtd_own_key(struct emrtd_session *s, enum emrtd_step step, const struct emrtd_domain *d,
	BIGNUM **secret, uint8_t out[EMRTD_PUBLIC_MAX], size_t *size) PN_MUST_CHECK;
#endif

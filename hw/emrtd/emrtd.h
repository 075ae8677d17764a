/* SPDX-License-Identifier: Apache-2.0
 * An inspection system's side of an eMRTD: the protocols of ICAO Doc 9303-11 (8th edition) over a
 * channel that the caller supplies. One session is one chip, from power-up or reset until it
 * leaves.
 *
 * Pure: no I/O, no clock, no global state; two sessions never share anything. Keys live in the
 * session only and are wiped when it breaks and when it is closed. Nothing here decides what a
 * proof is worth: a key proven by chip or active authentication counts only when passive
 * authentication covers the file that the key came from (Doc 9303-11 6.1, 6.2).
 *
 * Functions give 0 or a negative PN_E*; emrtd_failure() then says at which step, why, and with
 * which status word. PN_EIO (and the channel's own codes): the channel failed; PN_EFORMAT: the chip
 * sent what cannot be; PN_ECRYPTO: a checksum, token or signature is wrong; PN_EDENIED: the chip
 * answered with another status word than 9000; PN_EUNSUPPORTED: not known here; PN_ECLOSED: secure
 * messaging broke earlier; PN_ELIMIT: it does not fit the channel.
 */
#ifndef POSTERN_EMRTD_H
#define POSTERN_EMRTD_H
#include "emrtd/apdu.h"
#include "emrtd/crypto.h"
#include "emrtd/security_infos.h"

enum emrtd_cause {
#define EMRTD_CAUSE(id, key, fallback) EMRTD_CAUSE_##id,
#include "emrtd/causes.def"
#undef EMRTD_CAUSE
	EMRTD_CAUSES_
};

enum emrtd_step {
#define EMRTD_STEP(id, key) EMRTD_STEP_##id,
#include "emrtd/steps.def"
#undef EMRTD_STEP
	EMRTD_STEPS_
};

const char *emrtd_cause_key(enum emrtd_cause cause); /* "sm-mac"; never NULL */
const char *emrtd_step_key(enum emrtd_step step);

struct emrtd_failure {
	int err; /* 0: nothing has failed since the last success */
	enum emrtd_step step;
	enum emrtd_cause cause;
	uint16_t sw; /* of the response that it was about; 0: there was none */
};

/* --- session ------------------------------------------------------------------------------------
 */

struct emrtd_channel {
	void *self;
	/* One APDU there and back, blocking, with whatever deadline the caller keeps.
	 * *response_size: room in, bytes out. Anything but 0 counts as the chip having gone. */
	int (*transmit)(void *self, const uint8_t *command, size_t size, uint8_t *response,
		size_t *response_size);
	/* The largest APDUs that both reader and chip accept, in bytes, header and status word
	 * included. At most EMRTD_SHORT_*_MAX (or 0) means: short APDUs only. */
	size_t command_max, response_max;
	/* Secret random bytes; NULL: OpenSSL's private generator. For worked examples. */
	int (*random)(void *self, uint8_t *out, size_t size);
	/* The chip announces command chaining (card capabilities, third byte, bit 8: ISO/IEC 7816-4
	 * 12.1.1.9). Then a command that only the extended form would hold, and that has no such form
	 * here, goes in several (ISO/IEC 7816-4 5.3.3). Without an announcement it must not (Doc
	 * 9303-11 4.4.4, TR-03110-3 C.1.4). */
	bool chaining;
};

struct emrtd_session;

/* NULL: no memory, or a channel without transmit. *channel is copied; its self must outlive the
 * session. */
struct emrtd_session *emrtd_open(const struct emrtd_channel *channel);
/* Wipes and frees. NULL is nothing. */
void emrtd_close(struct emrtd_session *s);
/* The chip was reset or taken away and put back: forgets keys, proofs and failures. */
void emrtd_reset(struct emrtd_session *s);

struct emrtd_failure emrtd_failure(const struct emrtd_session *s);

enum emrtd_access { EMRTD_ACCESS_NONE, EMRTD_ACCESS_BAC, EMRTD_ACCESS_PACE };

struct emrtd_state {
	enum emrtd_access access; /* how the session was opened */
	bool secure;              /* secure messaging is in use and whole */
	bool dead;                /* it broke: reset the chip and begin again */
	enum emrtd_cipher cipher; /* of secure messaging; 0: none */
	unsigned exchanges;       /* APDUs sent */
};

struct emrtd_state emrtd_state(const struct emrtd_session *s);

/* One command, protected when secure messaging is on (Doc 9303-11 9.8). 0 whatever the status word
 * is: that is in *response, whose data stay valid until the next call. extended: use the extended
 * form even where the short one would do. A 61XX outside secure messaging is followed up with GET
 * RESPONSE. Where the channel has chaining, data too long for a short command go in several; a chip
 * that refuses that gives PN_EDENIED with the cause CHAINING. Any fault in a protected response ends the session: keys wiped, PN_ECLOSED from then.
 */
int emrtd_exchange(struct emrtd_session *s, const struct emrtd_command *command, bool extended,
	struct emrtd_response *response) PN_MUST_CHECK;

/* Doc 9303-10 3.6, 9303-11 4.2: SELECT of the eMRTD application A0000002471001, of the master file,
 * of an elementary file. */
int emrtd_select_application(struct emrtd_session *s) PN_MUST_CHECK;
int emrtd_select_master(struct emrtd_session *s) PN_MUST_CHECK;
int emrtd_select_file(struct emrtd_session *s, uint16_t file) PN_MUST_CHECK;
/* Doc 9303-10 3.6.3: READ BINARY of up to size bytes of the current file; above offset 32767 with
 * INS B1 and DO54/DO53. sfi 1 to 30 selects that file in the same command (offset up to 255 then);
 * 0 does not. 0 also on 6282 (end of file) when data came with it. Fewer bytes than asked is no
 * error here. */
int emrtd_read(struct emrtd_session *s, uint8_t sfi, size_t offset, size_t size,
	struct emrtd_bytes *out) PN_MUST_CHECK;
/* The largest size for emrtd_read() whose response fits the channel as the session now stands: 231
 * with 3DES and 223 with AES in short APDUs. */
size_t emrtd_read_max(const struct emrtd_session *s);

/* --- passwords and access -----------------------------------------------------------------------
 */

enum emrtd_password_kind { EMRTD_PASSWORD_NONE, EMRTD_PASSWORD_MRZ, EMRTD_PASSWORD_CAN };

/* Doc 9303-11 4.3.2 and 9.7.3 table 14: K of the key derivation. Personal: wipe it after use. */
struct emrtd_password {
	enum emrtd_password_kind kind;
	uint8_t secret[20]; /* SHA-1 of the MRZ information, or the CAN's characters */
	size_t size;
};

/* zone: all lines as read, without separators: 90 (TD1), 72 (TD2) or 88 (TD3) characters. The raw
 * characters of number, dates and their check digits go into the key, fillers and unknown dates
 * included; a TD1 or TD2 number longer than nine continues in the optional data (Doc 9303-5 4.2.2,
 * 9303-6 4.2.2.2). PN_EFORMAT when it is no such zone. */
int emrtd_password_from_zone(struct emrtd_password *p, const char *zone) PN_MUST_CHECK;
/* number without fillers at its end (they are added up to nine), dates of six characters. Check
 * digits are computed. */
int emrtd_password_from_fields(struct emrtd_password *p, const char *number, const char *birth,
	const char *expiry) PN_MUST_CHECK;
/* The six digits of the card access number (Doc 9303-11 4.4; up to 16 are taken). */
int emrtd_password_from_can(struct emrtd_password *p, const char *can) PN_MUST_CHECK;

/* Basic access control, Doc 9303-11 4.3 and appendix D.3: the application must be selected. MRZ
 * passwords only. On success secure messaging is on (3DES). */
int emrtd_bac(struct emrtd_session *s, const struct emrtd_password *password) PN_MUST_CHECK;

/* Password authenticated connection establishment, Doc 9303-11 4.4, in the master file or wherever
 * the chip takes it; info must have domain >= 0. Protected exchanges begin on success.
 * several: more than one set of domain parameters is on offer, so DO84 is needed
 * (4.4.4.1); a chip that refuses MSE:Set AT is asked once more the other way round. The chip's
 * public keys are checked to be on the curve and not our own, its token is compared before any
 * protected exchange. */
int emrtd_pace(struct emrtd_session *s, const struct emrtd_pace_info *info,
	const struct emrtd_password *password, bool several) PN_MUST_CHECK;

/* How the session was opened. */
struct emrtd_access_report {
	enum emrtd_access access;
	enum emrtd_password_kind password;
	/* With PACE */
	enum emrtd_mapping mapping;
	enum emrtd_cipher cipher;
	bool ecdh;
	int domain;
	/* Of PACE that was not done or did not work; kept when BAC was done instead. */
	struct emrtd_failure pace;
	bool fell_back;          /* BAC although the chip offered PACE: to be recorded and judged */
	size_t card_access_size; /* bytes of EF.CardAccess in card_access; 0: not read */
	uint8_t card_access[1024];
};

struct emrtd_policy {
	bool without_cam;          /* do not choose chip authentication mapping */
	bool without_bac;          /* never open by BAC */
	bool bac_after_pace_offer; /* allow BAC where PACE was offered and failed for a listed cause
				    */
};

/* Whether BAC may follow a PACE that failed so: only for the causes that causes.def lists (nothing
 * offered, nothing offered that is known here, or MSE:Set AT refused), only with an MRZ password,
 * only with a whole session, and when something usable was offered only if the policy allows it.
 * Pure. */
bool emrtd_fallback(const struct emrtd_failure *pace, const struct emrtd_policy *policy,
	enum emrtd_password_kind password, bool dead);

/* Opens a chip after power-up: EF.CardAccess (by short identifier, then by SELECT), PACE with the
 * offers in the order of emrtd_pace_order(), going to the next only when the chip refused
 * MSE:Set AT; BAC as emrtd_fallback() says; the application is selected at the end. *report is
 * filled in on failure too. */
int emrtd_access(struct emrtd_session *s, const struct emrtd_password *password,
	const struct emrtd_policy *policy, struct emrtd_access_report *report) PN_MUST_CHECK;
/* The same, but after PACE the master file stays current, so that EF.CardSecurity can be read before
 * the caller selects the application. After BAC the application is selected. */
int emrtd_access_here(struct emrtd_session *s, const struct emrtd_password *password,
	const struct emrtd_policy *policy, struct emrtd_access_report *report) PN_MUST_CHECK;

/* Whether a signed list (DG14, or EF.CardSecurity's) that passive authentication covers contradicts
 * how the chip was opened: it offers a PACE that is usable here and the chip was opened by BAC
 * without trying, or it names PACE and EF.CardAccess offered what it does not hold. A relay that
 * hides or forges EF.CardAccess shows so. A list that says nothing of PACE, as older chips' do,
 * contradicts nothing. Pure. */
bool emrtd_access_contradicted(
	const struct emrtd_access_report *report, const struct emrtd_security_infos *signed_list);

/* --- proofs of the chip -------------------------------------------------------------------------
 */

/* Chip authentication mapping, Doc 9303-11 4.4.3.3.3: whether the data that PACE brought prove the
 * key of EF.CardSecurity (which passive authentication must cover). 0: proven. PN_EINVAL: PACE was
 * not with that mapping; PN_EFORMAT: the chip sent none, or with wrong padding; PN_ECRYPTO: they do
 * not prove it. Tries the keys of the same domain parameters. */
int emrtd_cam_verify(
	struct emrtd_session *s, const struct emrtd_security_infos *card_security) PN_MUST_CHECK;

/* TR-03135's vocabulary in brief: what is known of a proof. */
enum emrtd_proof {
	EMRTD_NOT_PERFORMED,
	EMRTD_PENDING, /* keys were agreed on; no response under them has been seen */
	EMRTD_PROVEN,
	EMRTD_REFUTED
};

/* Chip authentication version 1, Doc 9303-11 6.2: 3DES by MSE:Set KAT (6.2.4.1), AES by MSE:Set AT
 * and GENERAL AUTHENTICATE (6.2.4.2), with the key's reference where choice.name_key. Secure
 * messaging must be on. 0 says only that the new keys are in use: the chip has proven its key when
 * the first response under them verifies, which the next exchange, or emrtd_chip_confirm(), shows.
 */
int emrtd_chip_authenticate(
	struct emrtd_session *s, const struct emrtd_ca_choice *choice) PN_MUST_CHECK;
/* Exchanges one command (SELECT of EF.DG14) if the proof is still pending. 0: proven. */
int emrtd_chip_confirm(struct emrtd_session *s) PN_MUST_CHECK;
/* Of the key of the last emrtd_chip_authenticate() of this session. */
enum emrtd_proof emrtd_chip_proof(const struct emrtd_session *s);

/* Active authentication, Doc 9303-11 6.1: INTERNAL AUTHENTICATE with a random challenge and the
 * verification of its signature by the key of DG15. dg15: the file with its tag 6F. hash: of DG14's
 * ActiveAuthenticationInfo, 0 where there is none (ECDSA: those that fit are tried). 0: proven. */
int emrtd_active_authenticate(
	struct emrtd_session *s, struct emrtd_bytes dg15, enum emrtd_hash hash) PN_MUST_CHECK;

enum { EMRTD_AA_CHALLENGE = 8 };

/* The verification alone; pure. *cause says why not: AA_KEY, AA_UNSUPPORTED, AA_SIGNATURE.
 * RSA (6.1.2.2): ISO/IEC 9796-2 scheme 1 with partial recovery, signatures of its B.6 and B.4,
 * trailers BC, 33CC, 34CC, 35CC, 36CC, 38CC.  * ECDSA (6.1.2.3): r || s (TR-03111) or DER, SHA-1 of
 * older chips too. */
int emrtd_active_verify(struct emrtd_bytes dg15, enum emrtd_hash hash,
	const uint8_t challenge[EMRTD_AA_CHALLENGE], struct emrtd_bytes signature,
	enum emrtd_cause *cause) PN_MUST_CHECK;

#endif

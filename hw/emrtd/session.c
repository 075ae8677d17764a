/* SPDX-License-Identifier: Apache-2.0
 * A session with one chip: sending commands, in clear or protected, and remembering what failed.
 * Must never send in clear what the session protects, nor anything after protection broke.
 */
#include "emrtd/session.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>

const char *emrtd_cause_key(enum emrtd_cause cause)
{
	static const char *const keys[] = {
#define EMRTD_CAUSE(id, key, fallback) key,
#include "emrtd/causes.def"
#undef EMRTD_CAUSE
	};
	return (unsigned)cause < PN_COUNT(keys) ? keys[cause] : "unknown";
}

const char *emrtd_step_key(enum emrtd_step step)
{
	static const char *const keys[] = {
#define EMRTD_STEP(id, key) key,
#include "emrtd/steps.def"
#undef EMRTD_STEP
	};
	return (unsigned)step < PN_COUNT(keys) ? keys[step] : "unknown";
}

enum { CLA_CHAINED = 0x10, CHAIN_EXPECTED_LAST = 0x6883, CHAIN_UNSUPPORTED = 0x6884 };

static size_t clamp(size_t value, size_t low, size_t high)
{
	return value < low ? low : value > high ? high : value;
}

struct emrtd_session *emrtd_open(const struct emrtd_channel *channel)
{
	if (channel->transmit == NULL)
		return NULL;
	struct emrtd_session *s = OPENSSL_zalloc(sizeof(*s));
	if (s == NULL)
		return NULL;
	s->channel = *channel;
	s->channel.command_max =
		clamp(channel->command_max, EMRTD_SHORT_COMMAND_MAX, EMRTD_COMMAND_MAX);
	s->channel.response_max =
		clamp(channel->response_max, EMRTD_SHORT_RESPONSE_MAX, EMRTD_RESPONSE_MAX);
	s->command = OPENSSL_zalloc(s->channel.command_max);
	s->response_room = s->channel.response_max;
	if (channel->chaining && s->response_room < EMRTD_CHAIN_RESPONSE_MAX)
		s->response_room = EMRTD_CHAIN_RESPONSE_MAX;
	s->response = OPENSSL_zalloc(s->response_room);
	if (s->command == NULL || s->response == NULL) {
		emrtd_close(s);
		return NULL;
	}
	return s;
}

void emrtd_close(struct emrtd_session *s)
{
	if (s == NULL)
		return;
	emrtd_reset(s);
	OPENSSL_clear_free(s->command, s->channel.command_max);
	OPENSSL_clear_free(s->response, s->response_room);
	OPENSSL_clear_free(s, sizeof(*s));
}

void emrtd_reset(struct emrtd_session *s)
{
	emrtd_sm_wipe(&s->sm);
	emrtd_wipe(&s->cam, sizeof(s->cam));
	s->access = EMRTD_ACCESS_NONE;
	s->chip = EMRTD_NOT_PERFORMED;
	s->failure = (struct emrtd_failure){0};
	s->dead = false;
}

struct emrtd_failure emrtd_failure(const struct emrtd_session *s)
{
	return s->failure;
}

struct emrtd_state emrtd_state(const struct emrtd_session *s)
{
	return (struct emrtd_state){s->access, s->sm.live, s->dead, s->sm.cipher, s->exchanges};
}

int emrtd_fail(struct emrtd_session *s, enum emrtd_step step, enum emrtd_cause cause, int err)
{
	s->failure = (struct emrtd_failure){err, step, cause, s->failure.sw};
	return err;
}

int emrtd_random(struct emrtd_session *s, enum emrtd_step step, uint8_t *out, size_t size)
{
	int err = s->channel.random != NULL ? s->channel.random(s->channel.self, out, size)
		  : RAND_priv_bytes(out, (int)size) == 1 ? 0
							 : PN_ECRYPTO;
	return err == 0 ? 0 : emrtd_fail(s, step, EMRTD_CAUSE_CRYPTO, PN_ECRYPTO);
}

/* The channel, once, size bytes of s->command; the answer to s->response + at. */
static int transmit(struct emrtd_session *s, size_t size, size_t at, size_t *got)
{
	size_t left = s->response_room - at, room = left < s->channel.response_max ? left : s->channel.response_max;
	*got = room;
	s->exchanges++;
	int err = s->channel.transmit(s->channel.self, s->command, size, s->response + at, got);
	if (err != 0)
		return emrtd_fail(s, s->failure.step, EMRTD_CAUSE_CHANNEL, err < 0 ? err : PN_EIO);
	if (*got < 2 || *got > room)
		return emrtd_fail(s, s->failure.step, EMRTD_CAUSE_TORN, PN_EIO);
	return 0;
}

/* In clear. 61XX: more bytes wait (ISO/IEC 7816-4 5.6 table 5), fetched a bounded number of times.
 */
static int exchange_clear(struct emrtd_session *s, const struct emrtd_command *c, bool extended,
	struct emrtd_response *r)
{
	size_t size = s->channel.command_max, at = 0, got;
	bool needed = emrtd_command_needs_extended(c);
	if (needed && s->channel.command_max <= EMRTD_SHORT_COMMAND_MAX)
		return emrtd_fail(s, s->failure.step, EMRTD_CAUSE_CHANNEL_SMALL, PN_ELIMIT);
	int err = emrtd_command_encode(c, extended || needed, s->command, &size);
	if (err != 0)
		return emrtd_fail(s, s->failure.step,
			err == PN_ELIMIT ? EMRTD_CAUSE_CHANNEL_SMALL : EMRTD_CAUSE_ARGUMENT, err);
	for (unsigned i = 0; i < EMRTD_GET_RESPONSE_MAX; i++) {
		err = transmit(s, size, at, &got);
		if (err != 0)
			return err;
		at += got;
		if (emrtd_response_decode((struct emrtd_bytes){s->response, at}, r) != 0)
			return emrtd_fail(s, s->failure.step, EMRTD_CAUSE_FORMAT, PN_EFORMAT);
		if (r->sw >> 8 != 0x61)
			return 0;
		at -= 2;
		if (s->response_room - at < 2)
			break;
		memcpy(s->command, (const uint8_t[]){0, 0xc0, 0, 0, (uint8_t)r->sw}, 5);
		size = 5;
	}
	return emrtd_fail(s, s->failure.step, EMRTD_CAUSE_CHANNEL_SMALL, PN_ELIMIT);
}

/* The first response under the keys of chip authentication decides it (6.2.1). A chip that has
 * other keys cannot send one that verifies, and says so in clear at best; a torn field decides
 * nothing. */
static void judge_chip(struct emrtd_session *s, int err)
{
	if (s->chip != EMRTD_PENDING)
		return;
	bool refuted = s->failure.cause >= EMRTD_CAUSE_SM_BARE &&
		       s->failure.cause <= EMRTD_CAUSE_SM_PADDING;
	s->chip = err == 0 ? EMRTD_PROVEN : refuted ? EMRTD_REFUTED : EMRTD_NOT_PERFORMED;
}

static int exchange_secure(struct emrtd_session *s, const struct emrtd_command *c, bool extended,
	struct emrtd_response *r)
{
	size_t size = s->channel.command_max, got;
	enum emrtd_cause cause;
	int err = emrtd_sm_wrap(&s->sm, c, s->channel.command_max > EMRTD_SHORT_COMMAND_MAX,
		extended, s->command, &size);
	if (err == PN_ELIMIT)
		return emrtd_fail(s, s->failure.step, EMRTD_CAUSE_CHANNEL_SMALL, err);
	if (err == PN_EINVAL)
		return emrtd_fail(s, s->failure.step, EMRTD_CAUSE_ARGUMENT, err);
	if (err == 0) {
		err = transmit(s, size, 0, &got);
		if (err == 0) {
			err = emrtd_sm_unwrap(&s->sm, s->response, got, r, &cause);
			s->failure.sw = r->sw;
			if (err != 0)
				emrtd_fail(s, s->failure.step, cause, err);
			judge_chip(s, err);
		}
	} else {
		emrtd_fail(s, s->failure.step,
			err == PN_ECLOSED ? EMRTD_CAUSE_SM_COUNTER : EMRTD_CAUSE_CRYPTO, err);
	}
	if (err != 0) {
		if (s->chip == EMRTD_PENDING)
			s->chip = EMRTD_NOT_PERFORMED;
		/* The two counters can no longer be known to agree. */
		emrtd_sm_wipe(&s->sm);
		s->dead = true;
	}
	return err;
}

static int exchange_one(struct emrtd_session *s, const struct emrtd_command *c, bool extended, struct emrtd_response *r)
{
	return s->sm.live ? exchange_secure(s, c, extended, r) : exchange_clear(s, c, extended, r);
}

/* Bytes of data in one short command as the session now stands. */
static size_t carried(const struct emrtd_session *s, uint8_t ins)
{
	return s->sm.live ? emrtd_sm_data_max(&s->sm, ins) : EMRTD_SHORT_DATA_MAX;
}

/* ISO/IEC 7816-4 5.3.3: all but the last with bit 5 of CLA and without Le, each protected by itself. A command that has that
 * bit anyway, to be linked to the next of its protocol, keeps it in its last part; the chip knows its end by the length of its
 * data object. */
static int exchange_chain(struct emrtd_session *s, const struct emrtd_command *c, struct emrtd_response *r)
{
	size_t part = carried(s, c->ins), at = 0;
	struct emrtd_command one = *c;
	int err = 0;
	one.cla |= CLA_CHAINED;
	one.le = 0;
	for (; err == 0 && c->data.size - at > part; at += part) {
		one.data = (struct emrtd_bytes){c->data.bytes + at, part};
		err = exchange_one(s, &one, false, r);
		if (err == 0 && (r->sw != 0x9000 || r->data.size > 0))
			err = emrtd_fail(s, s->failure.step, EMRTD_CAUSE_CHAINING, PN_EDENIED);
	}
	if (err != 0)
		return err;
	one.cla = c->cla;
	one.data = (struct emrtd_bytes){c->data.bytes + at, c->data.size - at};
	one.le = c->le < EMRTD_SHORT_LE_MAX ? c->le : EMRTD_SHORT_LE_MAX;
	err = exchange_one(s, &one, false, r);
	if (err == 0 && (r->sw == CHAIN_EXPECTED_LAST || r->sw == CHAIN_UNSUPPORTED))
		err = emrtd_fail(s, s->failure.step, EMRTD_CAUSE_CHAINING, PN_EDENIED);
	return err;
}

static int exchange(struct emrtd_session *s, enum emrtd_step step, const struct emrtd_command *c,
	bool extended, struct emrtd_response *r)
{
	*r = (struct emrtd_response){{NULL, 0}, 0};
	s->failure = (struct emrtd_failure){0, step, EMRTD_CAUSE_NONE, 0};
	if (s->dead)
		return emrtd_fail(s, step, EMRTD_CAUSE_SM_DEAD, PN_ECLOSED);
	bool long_form = s->channel.command_max > EMRTD_SHORT_COMMAND_MAX;
	bool chained = s->channel.chaining && !long_form && c->data.size > carried(s, c->ins);
	int err = chained ? exchange_chain(s, c, r) : exchange_one(s, c, extended && long_form, r);
	s->failure.sw = r->sw;
	if (err != 0)
		r->data = (struct emrtd_bytes){NULL, 0};
	return err;
}

int emrtd_exchange(struct emrtd_session *s, const struct emrtd_command *command, bool extended,
	struct emrtd_response *response)
{
	return exchange(s, EMRTD_STEP_COMMAND, command, extended, response);
}

int emrtd_send_extended(struct emrtd_session *s, enum emrtd_step step,
	const struct emrtd_command *command, bool extended, struct emrtd_bytes *data)
{
	struct emrtd_response r;
	*data = (struct emrtd_bytes){NULL, 0};
	int err = exchange(s, step, command, extended, &r);
	if (err != 0)
		return err;
	*data = r.data;
	return r.sw == 0x9000 ? 0 : emrtd_fail(s, step, EMRTD_CAUSE_STATUS, PN_EDENIED);
}

int emrtd_send(struct emrtd_session *s, enum emrtd_step step, const struct emrtd_command *command,
	struct emrtd_bytes *data)
{
	return emrtd_send_extended(s, step, command, false, data);
}

int emrtd_secure(struct emrtd_session *s, enum emrtd_step step, enum emrtd_cipher cipher,
	struct emrtd_bytes secret, const uint8_t *ssc)
{
	int err = emrtd_sm_start(&s->sm, cipher, secret, ssc);
	return err == 0 ? 0 : emrtd_fail(s, step, EMRTD_CAUSE_CRYPTO, err);
}

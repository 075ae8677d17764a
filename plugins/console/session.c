/* SPDX-License-Identifier: Apache-2.0
 * Sessions and guards: see session.h.
 */
#include "session.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <string.h>

#include "base/hex.h"
#include "base/text.h"

static void digest(const char *token, uint8_t out[32])
{
	SHA256((const uint8_t *)token, strlen(token), out);
}

static bool live(const struct session *s)
{
	return s->id != 0;
}

static struct session *oldest(struct sessions *t, const char *account, unsigned *count)
{
	struct session *found = NULL;
	*count = 0;
	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		struct session *s = &t->at[i];
		if (!live(s) || (account != NULL && strcmp(s->account, account) != 0))
			continue;
		++*count;
		if (found == NULL || s->id < found->id)
			found = s;
	}
	return found;
}

static struct session *place(struct sessions *t, const char *account, uint64_t *ended)
{
	unsigned own, all;
	struct session *mine = oldest(t, account, &own), *any = oldest(t, NULL, &all);
	struct session *gives_way = own >= SESSIONS_PER_ACCOUNT ? mine : all == SESSIONS_MAX ? any : NULL;
	*ended = gives_way != NULL ? gives_way->id : 0;
	if (gives_way != NULL) {
		session_close(gives_way);
		return gives_way;
	}
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (!live(&t->at[i]))
			return &t->at[i];
	return NULL;
}

struct session *session_open(struct sessions *t, const struct account *a, const uint8_t random[SESSION_RANDOM], uint64_t now_ms,
	char token[SESSION_TOKEN], uint64_t *ended)
{
	struct session *s = place(t, a->name, ended);
	if (s == NULL)
		return NULL;
	memset(s, 0, sizeof *s);
	s->id = ++t->last_id;
	hex_encode(token, random, 32);
	hex_encode(s->csrf, random + 32, 32);
	digest(token, s->hash);
	text_copy(s->account, sizeof s->account, a->name);
	s->role = a->role;
	s->opened_ms = s->seen_ms = now_ms;
	return s;
}

bool session_over(const struct session *s, uint64_t now_ms)
{
	return !live(s) || now_ms - s->opened_ms >= SESSION_LIFE_MS || now_ms - s->seen_ms >= SESSION_IDLE_MS;
}

struct session *session_find(struct sessions *t, const char *token, uint64_t now_ms)
{
	uint8_t hash[32];
	struct session *found = NULL;
	if (strlen(token) != SESSION_TOKEN - 1)
		return NULL;
	digest(token, hash);
	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		struct session *s = &t->at[i];
		bool now = CRYPTO_memcmp(s->hash, hash, sizeof hash) == 0;
		bool before = CRYPTO_memcmp(s->old_hash, hash, sizeof hash) == 0 && now_ms < s->old_until_ms;
		if ((now || before) && !session_over(s, now_ms))
			found = s;
	}
	if (found != NULL)
		found->seen_ms = now_ms;
	return found;
}

struct session *session_by_id(struct sessions *t, uint64_t id)
{
	for (size_t i = 0; id != 0 && i < SESSIONS_MAX; i++)
		if (t->at[i].id == id)
			return &t->at[i];
	return NULL;
}

void session_rotate(struct session *s, const uint8_t random[32], uint64_t now_ms, char token[SESSION_TOKEN])
{
	memcpy(s->old_hash, s->hash, sizeof s->old_hash);
	s->old_until_ms = now_ms + SESSION_OLD_MS;
	hex_encode(token, random, 32);
	digest(token, s->hash);
}

bool session_card_is(const struct session *s, const uint8_t *certificate_sha256)
{
	return !s->by_certificate || (certificate_sha256 != NULL && CRYPTO_memcmp(s->certificate_sha256, certificate_sha256, 32) == 0);
}

bool session_csrf_is(const struct session *s, const char *given)
{
	return strlen(given) == SESSION_TOKEN - 1 && CRYPTO_memcmp(s->csrf, given, SESSION_TOKEN - 1) == 0;
}

void session_close(struct session *s)
{
	OPENSSL_cleanse(s, sizeof *s);
}

void guard_init(struct guard *g, unsigned free_failures)
{
	memset(g, 0, sizeof *g);
	g->free_failures = free_failures;
}

static const struct guard_row *row_of(const struct guard *g, const char *key)
{
	for (size_t i = 0; i < GUARD_ROWS; i++)
		if (g->rows[i].failures > 0 && strcmp(g->rows[i].key, key) == 0)
			return &g->rows[i];
	return NULL;
}

uint64_t guard_wait_ms(const struct guard *g, const char *key, uint64_t now_ms)
{
	const struct guard_row *r = row_of(g, key);
	return r != NULL && r->until_ms > now_ms ? r->until_ms - now_ms : 0;
}

static struct guard_row *row_for(struct guard *g, const char *key)
{
	struct guard_row *best = &g->rows[0];
	for (size_t i = 0; i < GUARD_ROWS; i++) {
		struct guard_row *r = &g->rows[i];
		if (r->failures > 0 && strcmp(r->key, key) == 0)
			return r;
		if (r->failures == 0 ? best->failures > 0 : best->failures > 0 && r->last_ms < best->last_ms)
			best = r;
	}
	memset(best, 0, sizeof *best);
	text_copy(best->key, sizeof best->key, key);
	return best;
}

void guard_failed(struct guard *g, const char *key, uint64_t now_ms)
{
	struct guard_row *r = row_for(g, key);
	uint64_t wait = GUARD_WAIT_MS;
	if (r->failures > 0 && now_ms - r->last_ms >= GUARD_FORGET_MS)
		r->failures = 0;
	r->failures++;
	r->last_ms = now_ms;
	if (r->failures < g->free_failures)
		return;
	for (unsigned i = g->free_failures; i < r->failures && wait < GUARD_WAIT_MAX_MS; i++)
		wait *= 2;
	r->until_ms = now_ms + (wait < GUARD_WAIT_MAX_MS ? wait : GUARD_WAIT_MAX_MS);
}

void guard_passed(struct guard *g, const char *key)
{
	for (size_t i = 0; i < GUARD_ROWS; i++)
		if (strcmp(g->rows[i].key, key) == 0)
			memset(&g->rows[i], 0, sizeof g->rows[i]);
}

/* SPDX-License-Identifier: Apache-2.0
 * Sessions of the console and what holds guessers back. Pure: time and random bytes come from the caller.
 * Must never keep a session's token itself, compare one in a time that tells of it, or let a table grow.
 */
#ifndef POSTERN_CONSOLE_SESSION_H
#define POSTERN_CONSOLE_SESSION_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "account/account.h"

enum {
	SESSIONS_MAX = 64,
	SESSIONS_PER_ACCOUNT = 4, /* one more ends the oldest */
	SESSION_TOKEN = 65,	  /* 64 hexadecimal digits and NUL */
	SESSION_RANDOM = 64,	  /* bytes for a new session: token and CSRF token */
	/* A turn of monitoring and its hand-over: an officer who watches does nothing else. */
	SESSION_IDLE_MS = 65 * 60 * 1000,
	SESSION_LIFE_MS = 12 * 60 * 60 * 1000,
	SESSION_OLD_MS = 10000, /* a token that was replaced still counts, for requests on their way */

	GUARD_ACCOUNT_FREE = 5, /* failures before an account waits */
	GUARD_ADDRESS_FREE = 20,
	GUARD_WAIT_MS = 60 * 1000, /* doubled by each further failure */
	GUARD_WAIT_MAX_MS = 15 * 60 * 1000,
	GUARD_FORGET_MS = 30 * 60 * 1000, /* without a failure */
	GUARD_ROWS = 256,
};

struct session {
	uint64_t id; /* never used again; 0: free */
	uint8_t hash[32], old_hash[32];
	uint64_t old_until_ms, opened_ms, seen_ms;
	char csrf[SESSION_TOKEN];
	char account[ACCOUNT_NAME_MAX];
	enum role role;
	/* Logged in by a card: the session counts only on connections that show the same certificate, so that its cookie is of no use to
	 * whoever has it without the card. */
	bool by_certificate;
	uint8_t certificate_sha256[32];
};

struct sessions {
	uint64_t last_id;
	struct session at[SESSIONS_MAX];
};

/* Ends the account's oldest when it has too many, or the table's oldest when it is full: *ended is its id, or 0. */
struct session *session_open(struct sessions *t, const struct account *a, const uint8_t random[SESSION_RANDOM], uint64_t now_ms,
	char token[SESSION_TOKEN], uint64_t *ended);
/* NULL: no such session, or it is over. It counts as seen. */
struct session *session_find(struct sessions *t, const char *token, uint64_t now_ms);
struct session *session_by_id(struct sessions *t, uint64_t id);
/* A new token for the same session. */
void session_rotate(struct session *s, const uint8_t random[32], uint64_t now_ms, char token[SESSION_TOKEN]);
/* Does a request belong to it that came over a connection with this verified certificate, or (NULL) with none? */
bool session_card_is(const struct session *s, const uint8_t *certificate_sha256);
bool session_csrf_is(const struct session *s, const char *given);
bool session_over(const struct session *s, uint64_t now_ms);
void session_close(struct session *s);

/* Failures by key: an account's name or an address. A full table forgets the one that failed longest ago. */
struct guard {
	unsigned free_failures;
	struct guard_row {
		char key[64];
		unsigned failures;
		uint64_t last_ms, until_ms;
	} rows[GUARD_ROWS];
};

void guard_init(struct guard *g, unsigned free_failures);
/* How long this key must wait before it may try; 0: not at all. */
uint64_t guard_wait_ms(const struct guard *g, const char *key, uint64_t now_ms);
void guard_failed(struct guard *g, const char *key, uint64_t now_ms);
void guard_passed(struct guard *g, const char *key);
#endif

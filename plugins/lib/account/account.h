/* SPDX-License-Identifier: Apache-2.0
 * The accounts of a control post: who may log in, as what, and by which proofs. The file is YAML, written by `postern account`:
 *
 *   accounts:
 *     - {name: officer-1, role: officer, password: "$argon2id$...", totp: JBSWY3DP..., certificate: 64 hex digits, locked: false, demo: false}
 *
 * A password counts only together with the one-time code. certificate is SHA-256 of the DER form of the officer's client
 * certificate (a smart card's), which stands for both. Must never say which part of a login was wrong.
 */
#ifndef POSTERN_ACCOUNT_ACCOUNT_H
#define POSTERN_ACCOUNT_ACCOUNT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "account/password.h"
#include "account/role.h"
#include "account/totp.h"
#include "base/err.h"

enum { ACCOUNTS_MAX = 64, ACCOUNT_NAME_MAX = 33 };

struct account {
	char name[ACCOUNT_NAME_MAX]; /* a-z 0-9 . _ -; equals the name of the officer's key */
	enum role role;
	char password[PASSWORD_HASH_MAX]; /* "": none, only by certificate */
	uint8_t totp[TOTP_SECRET_MAX];
	size_t totp_size;
	bool has_certificate;
	uint8_t certificate[32];
	bool locked; /* by an administrator, until unlocked */
	bool demo;   /* of the demonstration: its password is in print */
	/* Not in the file. */
	uint64_t last_step;
};

struct accounts {
	size_t count;
	struct account at[ACCOUNTS_MAX];
};

bool account_name_valid(const char *name);
/* NULL: none of this name. */
struct account *account_find(struct accounts *a, const char *name);
/* One that a login may be for: known, neither locked nor, unless demo_allowed, of the demonstration. */
struct account *account_usable(struct accounts *a, const char *name, bool demo_allowed);
/* The same by a certificate that the server has verified. */
struct account *account_by_certificate(struct accounts *a, const uint8_t sha256[32], bool demo_allowed);
/* Password and code. Takes the time of a password's hash whatever is wrong, also when account is NULL. */
bool account_proves(struct account *account, const char *password, const char *code, int64_t unix_s);

/* The same in two parts, for whoever weighs the password elsewhere: the hash to weigh it by, "" for one that is wrong whatever it is and takes
 * as long; and what comes of it with the code. */
const char *account_hash(const struct account *account);
bool account_proves_code(struct account *account, bool password_right, const char *code, int64_t unix_s);
/* error: a sentence naming file and place. PN_EFORMAT, PN_ELIMIT, PN_EIO. */
int accounts_load(const char *path, struct accounts *out, char *error, size_t error_size) PN_MUST_CHECK;
/* Replaces the file at once, mode 0600. */
int accounts_save(const char *path, const struct accounts *a) PN_MUST_CHECK;
void accounts_wipe(struct accounts *a);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * Finding accounts and weighing what a login shows: see account.h.
 */
#include "account/account.h"

#include <openssl/crypto.h>
#include <string.h>

bool account_name_valid(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-");
	return n > 0 && name[n] == '\0' && n < ACCOUNT_NAME_MAX && name[0] != '.' && name[0] != '-';
}

struct account *account_find(struct accounts *a, const char *name)
{
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->at[i].name, name) == 0)
			return &a->at[i];
	return NULL;
}

static struct account *usable(struct account *account, bool demo_allowed)
{
	return account != NULL && !account->locked && (!account->demo || demo_allowed) ? account : NULL;
}

struct account *account_usable(struct accounts *a, const char *name, bool demo_allowed)
{
	return usable(account_find(a, name), demo_allowed);
}

struct account *account_by_certificate(struct accounts *a, const uint8_t sha256[32], bool demo_allowed)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->at[i].has_certificate && CRYPTO_memcmp(a->at[i].certificate, sha256, 32) == 0)
			return usable(&a->at[i], demo_allowed);
	return NULL;
}

const char *account_hash(const struct account *account)
{
	bool has_both = account != NULL && account->password[0] != '\0' && account->totp_size >= TOTP_SECRET_MIN;
	return has_both ? account->password : "";
}

bool account_proves_code(struct account *account, bool password_right, const char *code, int64_t unix_s)
{
	if (!password_right || account_hash(account)[0] == '\0')
		return false;
	return totp_accept(account->totp, account->totp_size, unix_s, code, &account->last_step);
}

bool account_proves(struct account *account, const char *password, const char *code, int64_t unix_s)
{
	const char *encoded = account_hash(account);
	bool right = password_matches(encoded[0] != '\0' ? encoded : NULL, password);
	return account_proves_code(account, right, code, unix_s);
}

void accounts_wipe(struct accounts *a)
{
	OPENSSL_cleanse(a, sizeof *a);
}

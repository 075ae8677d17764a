/* SPDX-License-Identifier: Apache-2.0
 * Small words, and tables of keys. Must never compare texts in the locale's way.
 */
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/hex.h"
#include "lists/internal.h"

#define WORD "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/-"

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

char *trim(char *s)
{
	char *to = s;
	for (char *at = s; *at != '\0'; at++) {
		if (!is_space(*at))
			*to++ = *at;
		else if (to > s && to[-1] != ' ')
			*to++ = ' ';
	}
	while (to > s && to[-1] == ' ')
		to--;
	*to = '\0';
	return s;
}

bool without_remarks(const char *s, char *out, size_t size)
{
	size_t n = 0, depth = 0;
	for (; *s != '\0'; s++) {
		if (*s == '(' && depth++ == 0 && n + 1 < size)
			out[n++] = ' ';
		if (depth == 0 && n + 1 >= size)
			return false;
		if (depth == 0)
			out[n++] = *s;
		else
			depth -= *s == ')';
	}
	out[n] = '\0';
	return true;
}

bool is_text(const char *a, const char *b)
{
	return strcasecmp(a, b) == 0;
}

bool begins_with(const char *s, const char *word)
{
	return strncasecmp(s, word, strlen(word)) == 0;
}

bool is_code(const char *s)
{
	size_t n = strspn(s, WORD);
	return n <= LISTS_CODE_MAX && s[n] == '\0';
}

bool is_utf8(const char *s)
{
	const unsigned char *at = (const unsigned char *)s;
	while (*at != '\0') {
		unsigned more = *at < 0x80 ? 0 : *at >= 0xF0 ? 3 : *at >= 0xE0 ? 2 : *at >= 0xC2 ? 1 : 4;
		if (more == 4 || *at > 0xF4)
			return false;
		for (at++; more > 0; more--, at++)
			if ((*at & 0xC0) != 0x80)
				return false;
	}
	return true;
}

int lists_entry_id(const char *issuer, const char *reference, char out[LISTS_ID_MAX + 1])
{
	size_t n = strlen(reference), before = issuer != NULL ? strlen(issuer) + 1 : 0;
	bool good = n > 0 && reference[strspn(reference, WORD)] == '\0';
	uint8_t digest[SHA256_DIGEST_LENGTH];
	char hex[33];
	out[0] = '\0';
	if (n == 0 || (issuer == NULL && (!good || n > LISTS_ID_MAX)) || before + 3 + 32 > LISTS_ID_MAX)
		return PN_EFORMAT;
	if (issuer != NULL) {
		memcpy(out, issuer, before - 1);
		out[before - 1] = ':';
	}
	if (good && before + n <= LISTS_ID_MAX) {
		memcpy(out + before, reference, n + 1);
		return PN_OK;
	}
	SHA256((const uint8_t *)reference, n, digest);
	hex_encode(hex, digest, 16);
	memcpy(out + before, "h-", 2);
	memcpy(out + before + 2, hex, sizeof hex);
	return PN_OK;
}

/* --- keys --- */

uint64_t text_key(const char *s)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	uint64_t key;
	SHA256((const uint8_t *)s, strlen(s), digest);
	memcpy(&key, digest, sizeof key);
	return key != 0 ? key : 1;
}

static size_t place_of(const struct keys *k, uint64_t key)
{
	size_t at = (size_t)key & (k->room - 1);
	while (k->slot[at].key != 0 && k->slot[at].key != key)
		at = (at + 1) & (k->room - 1);
	return at;
}

static int grow(struct keys *k)
{
	struct keys more = {.room = k->room == 0 ? 1024 : 2 * k->room, .count = k->count};
	more.slot = calloc(more.room, sizeof *more.slot);
	if (more.slot == NULL)
		return PN_ENOMEM;
	for (size_t i = 0; i < k->room; i++)
		if (k->slot[i].key != 0)
			more.slot[place_of(&more, k->slot[i].key)] = k->slot[i];
	free(k->slot);
	*k = more;
	return PN_OK;
}

int keys_add(struct keys *k, uint64_t key, size_t value)
{
	size_t at;
	if (4 * (k->count + 1) > 3 * k->room && grow(k) != PN_OK)
		return PN_ENOMEM;
	at = place_of(k, key);
	if (k->slot[at].key != 0)
		return PN_ECONFLICT;
	k->slot[at].key = key;
	k->slot[at].value = value;
	k->count++;
	return PN_OK;
}

bool keys_find(const struct keys *k, uint64_t key, size_t *value)
{
	if (k->room == 0)
		return false;
	size_t at = place_of(k, key);
	*value = k->slot[at].value;
	return k->slot[at].key != 0;
}

void keys_free(struct keys *k)
{
	free(k->slot);
	*k = (struct keys){0};
}

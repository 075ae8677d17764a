/* SPDX-License-Identifier: Apache-2.0
 * Taking another pack into use. Must never close the old engine before the new one stands.
 */
#include "holder.h"

#include <ctype.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"

enum { SUMS_BYTES_MAX = 128 * 1024, VERSION_PARTS_MAX = 4 };

static bool parts(const char *s, unsigned long out[VERSION_PARTS_MAX])
{
	memset(out, 0, VERSION_PARTS_MAX * sizeof out[0]);
	for (int i = 0; i < VERSION_PARTS_MAX; i++) {
		size_t n = strspn(s, "0123456789");

		if (n == 0 || n > 9)
			return false;
		out[i] = strtoul(s, NULL, 10);
		if (s[n] == '\0')
			return true;
		if (s[n] != '.')
			return false;
		s += n + 1;
	}
	return false;
}

bool holder_compare(const char *a, const char *b, int *out)
{
	unsigned long x[VERSION_PARTS_MAX], y[VERSION_PARTS_MAX];

	*out = 0;
	if (!parts(a, x) || !parts(b, y))
		return false;
	for (int i = 0; *out == 0 && i < VERSION_PARTS_MAX; i++)
		*out = (x[i] > y[i]) - (x[i] < y[i]);
	return true;
}

/* Is what lies there, by its list of sums, what is in use? What cannot be read is something else:
 * loading it says why. */
static bool is_same(const struct holder *h, const char *folder)
{
	uint8_t *bytes = NULL, digest[SHA256_DIGEST_LENGTH];
	char path[1100], text[2 * SHA256_DIGEST_LENGTH + 1];
	size_t size = 0;

	if (h->pack == NULL)
		return false;
	snprintf(path, sizeof path, "%s/pack.sums", folder);
	if (signed_read(path, SUMS_BYTES_MAX, &bytes, &size) != PN_OK)
		return false;
	SHA256(bytes, size, digest);
	free(bytes);
	hex_encode(text, digest, sizeof digest);
	return strcmp(text, h->pack->files->digest) == 0;
}

static bool is_newer(const struct holder *h, const struct pack *pack, struct text *error)
{
	const char *now = h->pack != NULL ? h->pack->manifest->version : NULL;
	const char *next = pack->manifest->version;
	int order = 0;

	if (now == NULL)
		return true;
	if (strcmp(pack->manifest->name, h->pack->manifest->name) != 0) {
		text_add(error, "pack '%s' instead of '%s'", pack->manifest->name,
			h->pack->manifest->name);
		return false;
	}
	if (holder_compare(next, now, &order) && order > 0)
		return true;
	text_add(error, "version %s, expected a higher one than %s", next, now);
	return false;
}

enum holder_change holder_look(
	struct holder *h, const char *folder, const struct signed_keys *keys, struct text *error)
{
	struct holder next = {NULL, NULL};

	if (is_same(h, folder))
		return HOLDER_SAME;
	if (pack_load(folder, keys, &next.pack, error) != PN_OK)
		return HOLDER_REFUSED;
	if (!is_newer(h, next.pack, error) || engine_open(next.pack, &next.engine, error) != PN_OK) {
		holder_close(&next);
		return HOLDER_REFUSED;
	}
	holder_close(h);
	*h = next;
	return HOLDER_SWAPPED;
}

void holder_close(struct holder *h)
{
	engine_close(h->engine);
	pack_free(h->pack);
	h->engine = NULL;
	h->pack = NULL;
}

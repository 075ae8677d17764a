/* SPDX-License-Identifier: Apache-2.0
 * Taking another pack into use. Must never close the old engine before the new one stands.
 */
#include "holder.h"

#include <dirent.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/version.h"

enum { SUMS_BYTES_MAX = 128 * 1024, FOLDERS_MAX = 64 };

/* Of what lies there, by its list of sums. False: it cannot be read; loading it says why. */
static bool digest_of(const char *folder, char text[2 * SHA256_DIGEST_LENGTH + 1])
{
	uint8_t *bytes = NULL, digest[SHA256_DIGEST_LENGTH];
	char path[HOLDER_PATH + 32];
	size_t size = 0;

	snprintf(path, sizeof path, "%s/pack.sums", folder);
	if (signed_read(path, SUMS_BYTES_MAX, &bytes, &size) != PN_OK)
		return false;
	SHA256(bytes, size, digest);
	free(bytes);
	hex_encode(text, digest, sizeof digest);
	return true;
}

bool holder_has(const struct holder *h, const char *digest)
{
	return h->pack != NULL && strcmp(h->pack->files->digest, digest) == 0;
}

static bool is_same(const struct holder *h, const char *folder)
{
	char text[2 * SHA256_DIGEST_LENGTH + 1];

	return h->pack != NULL && digest_of(folder, text) && holder_has(h, text);
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
	if (version_compare(next, now, &order) && order > 0)
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

/* The folder of that content; false: none has it. */
static bool find(const char *packs, const char *digest, char out[HOLDER_PATH])
{
	char text[2 * SHA256_DIGEST_LENGTH + 1];
	struct dirent *e;
	bool found = false;
	int seen = 0;
	DIR *d = opendir(packs);

	while (d != NULL && !found && seen < FOLDERS_MAX && (e = readdir(d)) != NULL) {
		struct text path;

		if (e->d_name[0] == '.')
			continue;
		seen++;
		text_init(&path, out, HOLDER_PATH);
		text_add(&path, "%s/%s", packs, e->d_name);
		found = !path.truncated && digest_of(out, text) && strcmp(text, digest) == 0;
	}
	if (d != NULL)
		closedir(d);
	return found;
}

enum holder_change holder_take(struct holder *h, const char *packs, const char *name,
	const char *version, const char *digest, const struct signed_keys *keys, struct text *error)
{
	struct holder next = {NULL, NULL};
	char folder[HOLDER_PATH];

	if (holder_has(h, digest))
		return HOLDER_SAME;
	if (!find(packs, digest, folder)) {
		text_add(error, "no folder of the packs has the content %.16s: copy the pack there",
			digest);
		return HOLDER_REFUSED;
	}
	if (pack_load(folder, keys, &next.pack, error) != PN_OK)
		return HOLDER_REFUSED;
	if (!holder_has(&next, digest) || strcmp(next.pack->manifest->name, name) != 0 ||
		strcmp(next.pack->manifest->version, version) != 0) {
		text_add(error, "the folder holds %s %s, expected %s %s",
			next.pack->manifest->name, next.pack->manifest->version, name, version);
	} else if (engine_open(next.pack, &next.engine, error) == PN_OK) {
		holder_close(h);
		*h = next;
		return HOLDER_SWAPPED;
	}
	holder_close(&next);
	return HOLDER_REFUSED;
}

void holder_close(struct holder *h)
{
	engine_close(h->engine);
	pack_free(h->pack);
	h->engine = NULL;
	h->pack = NULL;
}

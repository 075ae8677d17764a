/* SPDX-License-Identifier: Apache-2.0
 * See store.h.
 */
#include "sim/chip/store.h"

#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"

enum { FILES = 21, SIZE_MOST = 1 << 20 };

struct sim_store {
	struct sim_chip_file files[FILES];
	uint8_t *bytes[FILES];
	size_t count;
	EVP_PKEY *ca, *aa, *cam;
};

/* The n-th file's identifier and name; 0 beyond the last. */
static unsigned file_name(size_t n, char *name, size_t room)
{
	static const struct {
		unsigned id;
		const char *name;
	} others[] = {{0x011e, "EF_COM.bin"}, {0x011d, "EF_SOD.bin"},
		{SIM_MF | 0x011c, "EF_CardAccess.bin"}, {SIM_MF | 0x011d, "EF_CardSecurity.bin"},
		{SIM_MF | 0x2f01, "EF_ATR_INFO.bin"}};
	if (n < 16) {
		snprintf(name, room, "Datagroup%u.bin", (unsigned)n + 1);
		return 0x0101 + (unsigned)n;
	}
	if (n - 16 >= PN_COUNT(others))
		return 0;
	snprintf(name, room, "%s", others[n - 16].name);
	return others[n - 16].id;
}

static bool path_of(const char *folder, const char *name, char path[1024])
{
	int n = snprintf(path, 1024, "%s/%s", folder, name);
	return n > 0 && n < 1024;
}

int sim_store_read(const char *path, uint8_t **bytes, size_t *size)
{
	FILE *f = fopen(path, "rbe");
	if (f == NULL)
		return PN_EIO;
	uint8_t *b = malloc(SIZE_MOST + 1);
	size_t n = b != NULL ? fread(b, 1, SIZE_MOST + 1, f) : 0;
	bool failed = b == NULL || ferror(f) != 0;
	fclose(f);
	if (failed || n > SIZE_MOST) {
		free(b);
		return failed ? PN_EIO : PN_ELIMIT;
	}
	*bytes = b;
	*size = n;
	return PN_OK;
}

static EVP_PKEY *load_key(const char *folder, const char *name)
{
	char path[1024];
	uint8_t *bytes = NULL;
	size_t size = 0;
	if (!path_of(folder, name, path) || sim_store_read(path, &bytes, &size) != PN_OK)
		return NULL;
	const uint8_t *p = bytes;
	EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &p, (long)size);
	OPENSSL_cleanse(bytes, size);
	free(bytes);
	return key;
}

int sim_store_load(const char *folder, struct sim_chip_config *config, struct sim_store **out)
{
	char name[40], path[1024];
	bool found = false;
	unsigned id = 0;
	struct sim_store *s = calloc(1, sizeof *s);
	*out = s;
	if (s == NULL)
		return PN_ENOMEM;
	for (size_t i = 0; (id = file_name(i, name, sizeof name)) != 0; i++) {
		uint8_t *bytes = NULL;
		size_t size = 0;
		if (!path_of(folder, name, path) || sim_store_read(path, &bytes, &size) != PN_OK)
			continue;
		found = found || id == 0x0101;
		s->bytes[s->count] = bytes;
		s->files[s->count++] = (struct sim_chip_file){id, bytes, size};
	}
	s->ca = load_key(folder, "DG14_sk.pkcs8");
	s->aa = load_key(folder, "DG15_sk.pkcs8");
	s->cam = load_key(folder, "EF_CardSecurity_sk.pkcs8");
	config->files = s->files;
	config->file_count = s->count;
	config->ca_count = s->ca != NULL ? 1 : 0;
	config->ca[0] = (struct sim_chip_key){s->ca, SIM_NO_CIPHER, -1};
	config->aa.key = s->aa;
	config->cam = s->cam;
	if (config->aa.trailer == 0)
		config->aa.trailer = 0xbc;
	return found ? PN_OK : PN_ENOTFOUND;
}

void sim_store_free(struct sim_store *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->count; i++)
		free(s->bytes[i]);
	EVP_PKEY_free(s->ca);
	EVP_PKEY_free(s->aa);
	EVP_PKEY_free(s->cam);
	free(s);
}

static bool save(const char *folder, const char *name, const uint8_t *bytes, size_t size)
{
	char path[1024];
	FILE *f = path_of(folder, name, path) ? fopen(path, "wbe") : NULL;
	if (f == NULL)
		return false;
	bool ok = fwrite(bytes, 1, size, f) == size;
	return fclose(f) == 0 && ok;
}

/* Takes the bytes. */
static bool save_der(const char *folder, const char *name, uint8_t *bytes, size_t size)
{
	bool ok = bytes != NULL && save(folder, name, bytes, size);
	OPENSSL_free(bytes);
	return ok;
}

static bool save_key(const char *folder, const char *name, EVP_PKEY *key)
{
	uint8_t *der = NULL;
	if (key == NULL)
		return true;
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	int n = info != NULL ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : 0;
	PKCS8_PRIV_KEY_INFO_free(info);
	return save_der(folder, name, n > 0 ? der : NULL, n > 0 ? (size_t)n : 0);
}

int sim_store_save(
	const char *folder, const struct sim_chip_config *config, const struct sim_office *office)
{
	char name[40];
	unsigned id = 0;
	size_t size = 0;
	mkdir(folder, 0700);
	for (size_t i = 0; (id = file_name(i, name, sizeof name)) != 0; i++) {
		for (size_t k = 0; k < config->file_count; k++) {
			if (config->files[k].id == id &&
				!save(folder, name, config->files[k].bytes, config->files[k].size))
				return PN_EIO;
		}
	}
	if (!save_key(folder, "DG14_sk.pkcs8", config->ca_count > 0 ? config->ca[0].key : NULL) ||
		!save_key(folder, "DG15_sk.pkcs8", config->aa.key) ||
		!save_key(folder, "EF_CardSecurity_sk.pkcs8", config->cam))
		return PN_EIO;
	uint8_t *der = sim_office_csca(office, &size);
	if (!save_der(folder, "csca.der", der, size))
		return PN_EIO;
	der = sim_office_crl(office, &size);
	if (!save_der(folder, "crl.der", der, size))
		return PN_EIO;
	der = sim_office_list(office, &size);
	return save_der(folder, "master-list.ml", der, size) ? PN_OK : PN_EIO;
}

/* SPDX-License-Identifier: Apache-2.0
 * The file of the accounts: read with libcyaml, written anew and put in its place. Must never guess at a key it does not know, nor
 * leave a half-written file.
 */
#include <cyaml/cyaml.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "account/account.h"
#include "base/hex.h"
#include "base/text.h"

struct row {
	char *name, *role, *password, *totp, *certificate;
	bool locked, demo;
};

struct file {
	struct row *rows;
	uint32_t rows_count;
};

#define MAY (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
static const cyaml_schema_field_t row_fields[] = {
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct row, name, 1, ACCOUNT_NAME_MAX - 1),
	CYAML_FIELD_STRING_PTR("role", CYAML_FLAG_POINTER, struct row, role, 1, 32),
	CYAML_FIELD_STRING_PTR("password", MAY, struct row, password, 0, PASSWORD_HASH_MAX - 1),
	CYAML_FIELD_STRING_PTR("totp", MAY, struct row, totp, 0, TOTP_TEXT_MAX - 1),
	CYAML_FIELD_STRING_PTR("certificate", MAY, struct row, certificate, 0, 64),
	CYAML_FIELD_BOOL("locked", CYAML_FLAG_OPTIONAL, struct row, locked),
	CYAML_FIELD_BOOL("demo", CYAML_FLAG_OPTIONAL, struct row, demo),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t row_value = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct row, row_fields)};
static const cyaml_schema_field_t file_fields[] = {
	CYAML_FIELD_SEQUENCE("accounts", CYAML_FLAG_POINTER, struct file, rows, &row_value, 0, ACCOUNTS_MAX),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t file_value = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct file, file_fields)};

static void __attribute__((format(printf, 3, 0))) on_log(cyaml_log_t level, void *ctx, const char *fmt, va_list args)
{
	struct text *t = ctx;
	char line[256];
	(void)level;
	vsnprintf(line, sizeof line, fmt, args);
	line[strcspn(line, "\n")] = '\0';
	text_add(t, "%s ", line);
}

/* One card logs one officer in. */
static bool certificate_taken(const struct accounts *all, const uint8_t certificate[32])
{
	for (size_t i = 0; i < all->count; i++)
		if (all->at[i].has_certificate && memcmp(all->at[i].certificate, certificate, 32) == 0)
			return true;
	return false;
}

static bool given(const char *s)
{
	return s != NULL && s[0] != '\0';
}

/* What is wrong with it, or NULL. */
static const char *take(const struct row *row, struct accounts *all)
{
	struct account *a = &all->at[all->count];
	memset(a, 0, sizeof *a);
	if (!account_name_valid(row->name))
		return "name: expected a-z, 0-9, '.', '_', '-'";
	if (account_find(all, row->name) != NULL)
		return "name: it is there twice";
	text_copy(a->name, sizeof a->name, row->name);
	a->role = role_find(row->role);
	if (a->role == ROLE_NONE)
		return "role: expected officer, supervisor, administrator or auditor";
	if (given(row->password) && !password_hash_valid(row->password))
		return "password: expected argon2id, version 19, one lane, at most 64 MiB and 8 passes";
	if (given(row->password))
		text_copy(a->password, sizeof a->password, row->password);
	if (given(row->totp) && (base32_decode(row->totp, a->totp, sizeof a->totp, &a->totp_size) != PN_OK || a->totp_size < TOTP_SECRET_MIN))
		return "totp: expected 16 to 64 bytes in base32";
	a->has_certificate = given(row->certificate);
	if (a->has_certificate && hex_decode(a->certificate, sizeof a->certificate, row->certificate) != PN_OK)
		return "certificate: expected 64 hexadecimal digits";
	if (a->has_certificate && certificate_taken(all, a->certificate))
		return "certificate: it is there twice";
	if (!a->has_certificate && (a->password[0] == '\0' || a->totp_size == 0))
		return "expected password and totp, or certificate";
	a->locked = row->locked;
	a->demo = row->demo;
	all->count++;
	return NULL;
}

int accounts_load(const char *path, struct accounts *out, char *error, size_t error_size)
{
	struct text t;
	struct file *f = NULL;
	cyaml_config_t config = {.log_fn = on_log, .log_ctx = &t, .mem_fn = cyaml_mem, .log_level = CYAML_LOG_ERROR};
	memset(out, 0, sizeof *out);
	text_init(&t, error, error_size);
	text_add(&t, "%s: ", path);
	cyaml_err_t err = cyaml_load_file(path, &config, &file_value, (cyaml_data_t **)&f, NULL);
	if (err != CYAML_OK || f == NULL) { /* a file without a document gives nothing */
		text_add(&t, "%s", err != CYAML_OK ? cyaml_strerror(err) : "expected accounts");
		return err == CYAML_ERR_FILE_OPEN ? PN_EIO : PN_EFORMAT;
	}
	const char *wrong = NULL;
	for (uint32_t i = 0; i < f->rows_count && wrong == NULL; i++) {
		wrong = take(&f->rows[i], out);
		if (wrong != NULL)
			text_add(&t, "account %u: %s", i + 1, wrong);
	}
	for (uint32_t i = 0; i < f->rows_count; i++)
		if (f->rows[i].totp != NULL)
			OPENSSL_cleanse(f->rows[i].totp, strlen(f->rows[i].totp));
	cyaml_free(&config, &file_value, f, 0);
	if (wrong != NULL)
		accounts_wipe(out);
	else
		error[0] = '\0';
	return wrong != NULL ? PN_EFORMAT : PN_OK;
}

static void write_one(FILE *f, const struct account *a)
{
	char totp[TOTP_TEXT_MAX], certificate[65];
	base32_encode(totp, a->totp, a->totp_size);
	hex_encode(certificate, a->certificate, a->has_certificate ? sizeof a->certificate : 0);
	/* Nothing that is written here can hold a quotation mark or a backslash. */
	fprintf(f, "  - name: %s\n    role: %s\n", a->name, role_name(a->role));
	if (a->password[0] != '\0')
		fprintf(f, "    password: \"%s\"\n    totp: \"%s\"\n", a->password, totp);
	if (a->has_certificate)
		fprintf(f, "    certificate: \"%s\"\n", certificate);
	fprintf(f, "    locked: %s\n    demo: %s\n", a->locked ? "true" : "false", a->demo ? "true" : "false");
	OPENSSL_cleanse(totp, sizeof totp);
}

int accounts_save(const char *path, const struct accounts *a)
{
	char temporary[1024];
	int n = snprintf(temporary, sizeof temporary, "%s.new", path);
	if (n < 0 || (size_t)n >= sizeof temporary)
		return PN_ELIMIT;
	int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (f == NULL) {
		if (fd >= 0)
			close(fd);
		return PN_EIO;
	}
	fputs("# SPDX-License-Identifier: Apache-2.0\n# Accounts of a control post, written by postern account.\naccounts:", f);
	fputs(a->count == 0 ? " []\n" : "\n", f);
	for (size_t i = 0; i < a->count; i++)
		write_one(f, &a->at[i]);
	bool good = fflush(f) == 0 && ferror(f) == 0 && fsync(fd) == 0;
	good = fclose(f) == 0 && good && rename(temporary, path) == 0;
	if (!good)
		unlink(temporary);
	return good ? PN_OK : PN_EIO;
}

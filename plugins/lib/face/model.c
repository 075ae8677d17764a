/* SPDX-License-Identifier: Apache-2.0
 * See model.h.
 */
#include "model.h"

#include <cyaml/cyaml.h>
#include <math.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { JSON_MAX = 64 << 10, PATH_BYTES = 4096 };

static const cyaml_schema_field_t file_fields[] = {
	CYAML_FIELD_STRING_PTR("slot", CYAML_FLAG_POINTER, struct face_model_file, slot, 1, 31),
	CYAML_FIELD_STRING_PTR("file", CYAML_FLAG_POINTER, struct face_model_file, file, 1, 63),
	CYAML_FIELD_STRING_PTR(
		"sha256", CYAML_FLAG_POINTER, struct face_model_file, sha256, 64, 64),
	CYAML_FIELD_STRING_PTR(
		"licence", CYAML_FLAG_POINTER, struct face_model_file, licence, 1, 255),
	CYAML_FIELD_STRING_PTR(
		"source", CYAML_FLAG_POINTER, struct face_model_file, source, 1, 255),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t file_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct face_model_file, file_fields)};
static const cyaml_schema_field_t threshold_fields[] = {
	CYAML_FIELD_FLOAT("fmr", CYAML_FLAG_DEFAULT, struct face_threshold, fmr),
	CYAML_FIELD_FLOAT("score", CYAML_FLAG_DEFAULT, struct face_threshold, score),
	CYAML_FIELD_STRING_PTR("about", CYAML_FLAG_POINTER, struct face_threshold, about, 1, 255),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t threshold_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct face_threshold, threshold_fields)};
static const cyaml_schema_field_t fields[] = {
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct face_model, name, 1, 63),
	CYAML_FIELD_STRING_PTR("version", CYAML_FLAG_POINTER, struct face_model, version, 1, 31),
	CYAML_FIELD_SEQUENCE("files", CYAML_FLAG_POINTER, struct face_model, files, &file_value, 1,
		FACE_MODEL_FILES_MAX),
	CYAML_FIELD_SEQUENCE("thresholds", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
		struct face_model, thresholds, &threshold_value, 0, FACE_MODEL_THRESHOLDS_MAX),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t top = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct face_model, fields)};

static void on_log(cyaml_log_t level, void *ctx, const char *fmt, va_list args) PN_PRINTF(3, 0);

static void on_log(cyaml_log_t level, void *ctx, const char *fmt, va_list args)
{
	char line[200];
	(void)level;
	vsnprintf(line, sizeof line, fmt, args);
	line[strcspn(line, "\n")] = '\0';
	text_add(ctx, "%s ", line);
}

static const cyaml_config_t plain = {
	.mem_fn = cyaml_mem, .log_level = CYAML_LOG_ERROR, .flags = CYAML_CFG_NO_ALIAS};

/* A name of this folder, not a way out of it. */
static bool name_is_good(const char *name)
{
	return name[0] != '.' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") ==
		       strlen(name);
}

static int read_file(const char *folder, const char *name, size_t limit, uint8_t **out,
	size_t *size, struct text *why)
{
	char path[PATH_BYTES];
	uint8_t *bytes = NULL;
	int r = PN_EIO;
	FILE *f = NULL;
	if (snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path)
		f = fopen(path, "rbe");
	if (f == NULL) {
		text_add(why, "%s: cannot be opened", name);
		return PN_EIO;
	}
	if (fseek(f, 0, SEEK_END) != 0)
		goto out;
	const long length = ftell(f);
	if (length < 0 || fseek(f, 0, SEEK_SET) != 0)
		goto out;
	if ((size_t)length > limit) {
		r = PN_ELIMIT;
		goto out;
	}
	bytes = malloc((size_t)length + 1);
	if (bytes == NULL) {
		r = PN_ENOMEM;
		goto out;
	}
	if (fread(bytes, 1, (size_t)length, f) != (size_t)length)
		goto out;
	*out = bytes;
	*size = (size_t)length;
	bytes = NULL;
	r = PN_OK;
out:
	if (r != PN_OK)
		text_add(why, "%s: %s", name, pn_err_name(r));
	free(bytes);
	fclose(f);
	return r;
}

static void digest(const uint8_t *bytes, size_t size, char out[65])
{
	uint8_t sum[SHA256_DIGEST_LENGTH];
	SHA256(bytes, size, sum);
	for (size_t i = 0; i < sizeof sum; i++)
		snprintf(out + 2 * i, 3, "%02x", sum[i]);
}

static int check(const struct face_model *m, struct text *why)
{
	for (unsigned i = 0; i < m->files_count; i++)
		if (!name_is_good(m->files[i].file)) {
			text_add(why, "model.json: file %u has a name that is none", i);
			return PN_EFORMAT;
		}
	for (unsigned i = 0; i < m->thresholds_count; i++)
		if (!(m->thresholds[i].fmr > 0 && m->thresholds[i].fmr < 1) ||
			!isfinite(m->thresholds[i].score)) {
			text_add(why, "model.json: threshold %u is out of range", i);
			return PN_EFORMAT;
		}
	return PN_OK;
}

static int load_description(const char *folder, struct face_folder *f, struct text *why)
{
	cyaml_config_t config = plain;
	uint8_t *bytes = NULL;
	size_t size = 0;
	int r = read_file(folder, "model.json", JSON_MAX, &bytes, &size, why);
	if (r != PN_OK)
		return r;
	config.log_fn = on_log;
	config.log_ctx = why;
	digest(bytes, size, f->digest);
	if (cyaml_load_data(bytes, size, &config, &top, (cyaml_data_t **)&f->model, NULL) !=
			CYAML_OK ||
		f->model == NULL) {
		f->model = NULL;
		text_add(why, "model.json: not such a description");
		r = PN_EFORMAT;
	}
	free(bytes);
	return r == PN_OK ? check(f->model, why) : r;
}

static int load_files(const char *folder, struct face_folder *f, struct text *why)
{
	size_t total = 0;
	for (unsigned i = 0; i < f->model->files_count; i++) {
		const struct face_model_file *named = &f->model->files[i];
		char found[65];
		uint8_t *bytes = NULL;
		int r = read_file(folder, named->file, FACE_MODEL_BYTES_MAX - total, &bytes,
			&f->files[i].size, why);
		if (r != PN_OK)
			return r;
		f->files[i].slot = named->slot;
		f->files[i].bytes = bytes;
		total += f->files[i].size;
		digest(bytes, f->files[i].size, found);
		if (strcmp(found, named->sha256) != 0) {
			text_add(why, "%s: not the file that model.json names", named->file);
			return PN_ECRYPTO;
		}
	}
	return PN_OK;
}

int face_folder_load(const char *folder, struct face_folder **out, struct text *why)
{
	struct face_folder *f = calloc(1, sizeof *f);
	*out = NULL;
	if (f == NULL)
		return PN_ENOMEM;
	int r = load_description(folder, f, why);
	if (r == PN_OK)
		r = load_files(folder, f, why);
	if (r == PN_OK)
		*out = f;
	else
		face_folder_free(f);
	return r;
}

void face_folder_drop_files(struct face_folder *f)
{
	for (size_t i = 0; i < FACE_MODEL_FILES_MAX; i++) {
		free((void *)(uintptr_t)f->files[i].bytes);
		f->files[i] = (struct face_file){0};
	}
}

void face_folder_free(struct face_folder *f)
{
	if (f == NULL)
		return;
	face_folder_drop_files(f);
	cyaml_free(&plain, &top, f->model, 0);
	free(f);
}

int face_model_threshold(const struct face_model *m, double fmr, const struct face_threshold **out)
{
	const struct face_threshold *best = NULL;
	for (unsigned i = 0; i < m->thresholds_count; i++) {
		const struct face_threshold *t = &m->thresholds[i];
		if (t->fmr > fmr)
			continue;
		if (best == NULL || t->fmr > best->fmr ||
			(!(t->fmr < best->fmr) && t->score > best->score))
			best = t;
	}
	*out = best;
	return best != NULL ? PN_OK : PN_ENOTFOUND;
}

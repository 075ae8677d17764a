/* SPDX-License-Identifier: Apache-2.0
 * A folder of face models: model.json says which files, by which digest, under which licence, from
 * where, and which threshold gave which false match rate on which data. Reads the folder once. Must
 * never give an engine a file that is not the one model.json names, nor a threshold that nobody
 * measured.
 */
#ifndef POSTERN_FACE_MODEL_H
#define POSTERN_FACE_MODEL_H
#include "base/err.h"
#include "base/text.h"
#include "face.h"

enum {
	FACE_MODEL_FILES_MAX = 16,
	FACE_MODEL_THRESHOLDS_MAX = 32,
	FACE_MODEL_BYTES_MAX = 128 << 20
};

struct face_model_file {
	char *slot, *file, *sha256, *licence, *source;
};

struct face_threshold {
	double fmr;   /* false match rate, 0 to 1 exclusive */
	double score; /* this much, or more, is a match */
	char *about;  /* the data it was measured on */
};

struct face_model {
	char *name, *version;
	struct face_model_file *files;
	unsigned files_count;
	struct face_threshold *thresholds; /* may be none */
	unsigned thresholds_count;
};

struct face_folder {
	struct face_model *model;
	struct face_file
		files[FACE_MODEL_FILES_MAX]; /* as in model->files; empty once they were dropped */
	char digest[65]; /* SHA-256 of model.json, which names all the others' */
};

/* PN_EIO, PN_EFORMAT, PN_ELIMIT, PN_ECRYPTO (a digest), PN_ENOMEM, each told in why. */
int face_folder_load(const char *folder, struct face_folder **out, struct text *why) PN_MUST_CHECK;
/* The files' bytes, when every engine has opened. */
void face_folder_drop_files(struct face_folder *f);
void face_folder_free(struct face_folder *f);
/* The highest score that the table has for the highest false match rate up to fmr: the strictest of
 * what was measured. PN_ENOTFOUND. */
int face_model_threshold(const struct face_model *model, double fmr,
	const struct face_threshold **out) PN_MUST_CHECK;
#endif

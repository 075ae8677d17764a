/* SPDX-License-Identifier: Apache-2.0
 * See folder.h.
 */
#include "trust/folder.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { SIGNATURE = -2, OTHER = -1, ROOT = 0, LIST = 1, CSCA = 2, CRL = 3, DEVIATIONS = 4, DEFECTS = 5, KIND_COUNT = 6 };

static bool ends(const char *name, const char *end)
{
	size_t n = strlen(name), e = strlen(end);
	return n >= e && strcmp(name + n - e, end) == 0;
}

static int kind_of(const char *name)
{
	if (strncmp(name, "root", 4) == 0 && ends(name, ".cer"))
		return ROOT;
	if (strncmp(name, "list-", 5) == 0 && ends(name, ".ml"))
		return LIST;
	if (strncmp(name, "csca-", 5) == 0 && ends(name, ".cer"))
		return CSCA;
	if (strncmp(name, "crl-", 4) == 0 && ends(name, ".crl"))
		return CRL;
	if (strncmp(name, "deviations-", 11) == 0 && ends(name, ".dl"))
		return DEVIATIONS;
	if (strncmp(name, "defects", 7) == 0 && ends(name, ".tsv"))
		return DEFECTS;
	return strcmp(name, "pack.sums") == 0 || strcmp(name, "pack.sig") == 0 ? SIGNATURE : OTHER;
}

static int take(enum kind kind, const char *name, const uint8_t *bytes, size_t size, struct trust *t, struct text *why)
{
	enum trust_error err = TRUST_OK;
	enum trust_use use = TRUST_USABLE;
	size_t line = 0;
	switch (kind) {
	case ROOT:
	case CSCA:
		use = trust_add_certificate(t, bytes, size, kind == ROOT);
		break;
	case LIST:
		err = trust_add_master_list(t, bytes, size, false, NULL);
		break;
	case CRL:
		err = trust_add_crl(t, bytes, size);
		break;
	case DEVIATIONS:
		err = trust_add_deviations(t, bytes, size, NULL);
		break;
	case DEFECTS:
		err = trust_add_defects(t, (const char *)bytes, &line);
		break;
	case KIND_COUNT:
	case OTHER:
	case SIGNATURE:
		break;
	}
	if (use != TRUST_USABLE && use != TRUST_DUPLICATE)
		text_add(why, "%s: not usable as a trusted certificate: %s", name, trust_use_name(use));
	else if (err == TRUST_LINE)
		text_add(why, "%s:%zu: expected EFFECT, COUNTRY, SIGNER, CHECK and REASON between tabs", name, line);
	else if (err != TRUST_OK)
		text_add(why, "%s: %s", name, trust_error_text(err));
	else
		return PN_OK;
	return err == TRUST_MEMORY ? PN_ENOMEM : PN_EFORMAT;
}

int trust_folder_take(const struct signed_folder *f, struct trust *t, struct text *why)
{
	for (size_t i = 0; i < f->count; i++)
		if (kind_of(f->file[i].name) == OTHER) {
			text_add(why, "%s: expected root*.cer, list-*.ml, csca-*.cer, crl-*.crl, deviations-*.dl or defects*.tsv",
				f->file[i].name);
			return PN_EFORMAT;
		}
	/* Roots vouch for lists, certificates for revocation lists, both for deviation lists: the order is that of the kinds. */
	for (int kind = 0; kind < KIND_COUNT; kind++)
		for (size_t i = 0; i < f->count; i++) {
			if (kind_of(f->file[i].name) != kind)
				continue;
			int r = take((enum kind)kind, f->file[i].name, f->file[i].bytes, f->file[i].size, t, why);
			if (r != PN_OK)
				return r;
		}
	return PN_OK;
}

/* The names in their order, so that every reading gives the same store. */
static int read_all(const char *folder, struct signed_folder *f)
{
	struct dirent **entries = NULL;
	int n = scandir(folder, &entries, NULL, alphasort), r = n < 0 ? PN_EIO : PN_OK;
	for (int i = 0; i < n; i++) {
		char path[1024];
		const char *name = entries[i]->d_name;
		if (r == PN_OK && name[0] != '.' && kind_of(name) != SIGNATURE) {
			if (f->count == SIGNED_FILES_MAX ||
				snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
				r = PN_ELIMIT;
			else
				r = signed_read(path, TRUST_LIST_MAX, &f->file[f->count].bytes, &f->file[f->count].size);
			if (r == PN_OK) {
				f->file[f->count].name = strdup(name);
				r = f->file[f->count++].name != NULL ? PN_OK : PN_ENOMEM;
			}
		}
		free(entries[i]);
	}
	free(entries);
	return r;
}

int trust_folder_read(const char *folder, struct trust *t, struct text *why)
{
	struct signed_folder *f = calloc(1, sizeof *f);
	int r = f != NULL ? read_all(folder, f) : PN_ENOMEM;
	if (r == PN_OK)
		r = trust_folder_take(f, t, why);
	else
		text_add(why, "%s: cannot be read", folder);
	signed_folder_free(f);
	return r;
}

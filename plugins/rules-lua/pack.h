/* SPDX-License-Identifier: Apache-2.0
 * A rule pack: a signed folder with pack.yaml, constants.lua and one Lua text file per rule. Must
 * never give out a file that the signature does not cover, nor a field that the pack's purpose does
 * not allow. docs/rules.md describes the folder.
 */
#ifndef POSTERN_RULES_PACK_H
#define POSTERN_RULES_PACK_H
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"
#include "fields.h"
#include "order.h"
#include "signed/signed.h"

enum { PACK_RULES_MAX = 100, PACK_FIELDS_MAX = 64, PACK_NAME_MAX = 64 };

struct pack_source {
	char name[PACK_NAME_MAX]; /* file name without .lua */
	const char *text;         /* within the pack's files */
	size_t size;
};

/* pack.yaml as libcyaml fills it. */
struct pack_manifest {
	char *name, *version, *purpose;
	char **fields; /* dotted paths below CrossingFacts, e.g. "document.age_years" */
	unsigned fields_count;
	char **rules; /* a tie of verdicts is decided by the one heard first */
	unsigned rules_count;
	struct order_entry *order; /* what moves a rule from its place in `rules` */
	unsigned order_count;
};

struct pack {
	struct pack_manifest *manifest; /* owned */
	struct signed_folder *files;    /* owned */
	struct fields tree;
	struct pack_source constants; /* text NULL: none */
	struct pack_source rules[PACK_RULES_MAX]; /* in the order in which they are heard */
	size_t rule_count;
};

/* keys NULL: the signature is not asked for (tests of the pack's author). error: a sentence.
 * PN_ECRYPTO: not signed by a trusted key, or altered. PN_EDENIED: it declares or reads what its
 * purpose does not open. PN_EFORMAT: pack.yaml or a source is not as it must be. */
int pack_load(const char *folder, const struct signed_keys *keys, struct pack **out,
	struct text *error) PN_MUST_CHECK;
/* The same of files in memory, which become the pack's whatever is returned. */
int pack_read(struct signed_folder *files, struct pack **out, struct text *error) PN_MUST_CHECK;
void pack_free(struct pack *pack);
/* The file's text (a NUL follows), or NULL. */
const char *pack_file(const struct pack *pack, const char *name, size_t *size);
#endif

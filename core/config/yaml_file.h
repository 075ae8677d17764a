/* SPDX-License-Identifier: Apache-2.0
 * One YAML file held against a libcyaml schema, every problem told as "file:line: what is wrong,
 * what is expected". libcyaml stops at the first problem; here the same schema is walked over the
 * libyaml document first, so that all are told, and libcyaml then loads a file that is known to
 * fit. Source: YAML 1.1 as libyaml reads it. Aliases, anchors, a second document and a key given
 * twice are problems. In a schema CYAML_IGNORE stands for a free map of names to scalars, which the
 * caller reads with yaml_map_next. Must never print a value of a key whose name ends in "_secret".
 */
#ifndef POSTERN_CONFIG_YAML_FILE_H
#define POSTERN_CONFIG_YAML_FILE_H
#include <cyaml/cyaml.h>
#include <stdbool.h>
#include <stdint.h>
#include <yaml.h>

#include "base/err.h"
#include "base/text.h"

enum { YAML_FILE_MAX = 256 * 1024 }; /* bytes */

/* Where problems go. Zero count: none so far. */
struct yaml_problems {
	const char *file; /* the caller's */
	struct text *out; /* the caller's; one line per problem */
	unsigned count;
};

struct yaml_file {
	uint8_t *bytes; /* owned */
	size_t size;
	yaml_document_t document;
	bool parsed;
	yaml_node_t *root; /* within document */
};

/* node NULL: the file as a whole, without a line. */
void yaml_problem(struct yaml_problems *p, const yaml_node_t *node, const char *fmt, ...)
	PN_PRINTF(3, 4);

/* Read and parse p->file. PN_EIO: cannot be read. PN_ELIMIT: too large. PN_EFORMAT: no YAML. All
 * are told in p. yaml_file_close afterwards in every case. */
int yaml_file_open(struct yaml_file *f, struct yaml_problems *p) PN_MUST_CHECK;
/* The same from memory; bytes are copied. */
int yaml_file_parse(struct yaml_file *f, const uint8_t *bytes, size_t size,
	struct yaml_problems *p) PN_MUST_CHECK;
void yaml_file_close(struct yaml_file *f);

/* Walks the whole document; PN_EFORMAT when it told a problem. */
int yaml_file_check(struct yaml_file *f, const cyaml_schema_value_t *schema,
	struct yaml_problems *p) PN_MUST_CHECK;

/* Checks, then loads with libcyaml. *data is freed with yaml_data_free and the same schema. A
 * sequence at the top needs count. */
int yaml_file_load(struct yaml_file *f, const cyaml_schema_value_t *schema, void **data,
	unsigned *count, struct yaml_problems *p) PN_MUST_CHECK;
void yaml_data_free(const cyaml_schema_value_t *schema, void *data, unsigned count);

/* Lookups in the document, for what a schema cannot say and for line numbers. All give NULL when
 * there is no such thing, and take NULL. */
yaml_node_t *yaml_get(struct yaml_file *f, const yaml_node_t *map, const char *key);
yaml_node_t *yaml_item(struct yaml_file *f, const yaml_node_t *list, size_t index);
/* NULL unless node is a scalar. */
const char *yaml_scalar(const yaml_node_t *node);
/* 0 when node is NULL. */
unsigned yaml_line(const yaml_node_t *node);
/* Steps through a map of scalars from *at = 0; false at the end. */
bool yaml_map_next(struct yaml_file *f, const yaml_node_t *map, size_t *at, yaml_node_t **key,
	yaml_node_t **value);
size_t yaml_map_size(const yaml_node_t *map);

/* Decimal digits with an optional minus; false when it is not a number or does not fit. */
bool yaml_integer(const char *text, int64_t *value);
#endif

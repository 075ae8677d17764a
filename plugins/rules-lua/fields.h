/* SPDX-License-Identifier: Apache-2.0
 * What a pack may see of a crossing: the tree of CrossingFacts' fields, made from the protobuf-c
 * descriptors and the schema's purposes, opened where the pack's manifest declares it. Both the
 * lint and the running rules walk this one tree. Must never open a field whose purpose in the
 * schema is not the pack's.
 *
 * A message with no purpose on any of its fields (Date, Stay) is a value: it is declared, opened
 * and noted as a whole. A message with purposes is declared field by field. A list of messages is
 * open, with its length, when it or one of its fields is declared.
 */
#ifndef POSTERN_RULES_FIELDS_H
#define POSTERN_RULES_FIELDS_H
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/text.h"

enum { FIELDS_MAX = 128, FIELD_PATH_MAX = 64, FIELDS_ROOT = 0 };

struct field {
	const ProtobufCFieldDescriptor *descriptor; /* NULL at the root */
	size_t name_size; /* of the descriptor's name: fields are looked up by it at every read */
	int first, count; /* its fields, side by side in the tree; none for a scalar */
	int noted;        /* what is noted when it is read: itself, or the value it is part of */
	bool declared;    /* named in the manifest, or part of a value that is */
	bool open;        /* declared, or on the way to something declared */
	bool permitted;   /* by the schema's purpose */
	char path[FIELD_PATH_MAX]; /* "document.issuer"; "" at the root */
};

struct fields {
	struct field field[FIELDS_MAX];
	int count;
};

/* purpose: "border", "statistics" or "passenger". PN_EDENIED: unknown purpose, unknown field, or
 * one that the purpose does not open; error is a sentence. */
int fields_open(struct fields *f, const char *purpose, char *const *declared, size_t count,
	struct text *error) PN_MUST_CHECK;
/* Index of the field of that name below parent, open or not; -1. */
int fields_find(const struct fields *f, int parent, const char *name, size_t size);
bool field_is_list(const struct field *field);
bool field_is_message(const struct field *field);
#endif

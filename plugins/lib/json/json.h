/* SPDX-License-Identifier: Apache-2.0
 * JSON (RFC 8259) onto a stream: nesting and commas kept here, strings escaped here. A schema
 * message is printed by walking its descriptor; there is no second list of its fields. Must never
 * print a byte of a string unescaped.
 */
#ifndef POSTERN_JSON_JSON_H
#define POSTERN_JSON_JSON_H
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { JSON_DEPTH_MAX = 24 };

struct json {
	FILE *out;
	unsigned depth;
	bool filled[JSON_DEPTH_MAX]; /* this level has a member already */
	bool pretty;                 /* one member per line; else all on one line */
};

/* Are these bytes UTF-8 (RFC 3629)? */
bool json_utf8(const char *text, size_t size);
void json_begin(struct json *j, FILE *out, bool pretty);
/* name is NULL in an array and at the top. */
void json_object(struct json *j, const char *name);
void json_array(struct json *j, const char *name);
/* Ends the innermost object or array. */
void json_end_object(struct json *j);
void json_end_array(struct json *j);
/* Ends the line after the outermost value. */
void json_finish(struct json *j);

void json_string(struct json *j, const char *name, const char *value); /* NULL gives null */
void json_text(struct json *j, const char *name, const char *value, size_t size);
void json_number(struct json *j, const char *name, int64_t value);
void json_unsigned(struct json *j, const char *name, uint64_t value);
void json_bool(struct json *j, const char *name, bool value);
void json_hex(struct json *j, const char *name, const uint8_t *bytes, size_t size);
void json_null(struct json *j, const char *name);

/* Every field by its schema name, also those at their default; enums by the name of their value,
 * bytes in hexadecimal; of a oneof only the member that is set. json_fields() adds to an object
 * that is open. */
void json_message(struct json *j, const char *name, const ProtobufCMessage *message);
void json_fields(struct json *j, const ProtobufCMessage *message);
#endif

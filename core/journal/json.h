/* SPDX-License-Identifier: Apache-2.0
 * A protobuf-c message as JSON text, by walking its descriptor: there is no second list of fields.
 * Field names as in the schema, enums by name, bytes in hexadecimal, 64-bit integers as numbers,
 * fields at their default left out. Must never be given a message with personal fields for a place
 * that is not meant to hold them: it prints everything.
 */
#ifndef POSTERN_JOURNAL_JSON_H
#define POSTERN_JOURNAL_JSON_H
#include <protobuf-c/protobuf-c.h>

#include "base/text.h"

/* Appends "name":value pairs, each led by a comma, without braces: the caller owns the object. */
void json_add_fields(struct text *t, const ProtobufCMessage *message);
/* A JSON string with its quotes; RFC 8259 section 7. Bytes that are no UTF-8 become U+FFFD. */
void json_add_string(struct text *t, const char *s);
#endif

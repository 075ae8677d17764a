/* SPDX-License-Identifier: Apache-2.0
 * The schema's annotations at run time: verb, deadline, default verdict, personal, purpose.
 * Generated from the .proto files; must never be edited or repeated elsewhere.
 */
#ifndef POSTERN_SCHEMA_TABLE_H
#define POSTERN_SCHEMA_TABLE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "types.pb-c.h"

enum schema_verb { SCHEMA_UNSPECIFIED, SCHEMA_REPORT, SCHEMA_QUERY, SCHEMA_ANSWER };

/* One member of Envelope.body. */
struct schema_body {
	uint32_t body;		  /* Envelope field number == body case */
	const char *name;	  /* field name, e.g. "check_document" */
	enum schema_verb verb;
	uint32_t deadline_ms;	  /* queries only */
	Postern__Verdict default_verdict; /* queries only; never CLEAR */
	bool droppable;
};

/* One field of one message. purpose: 0 none, 1 border, 2 statistics, 3 passenger. */
struct schema_field {
	const char *message;
	const char *field;
	bool personal;
	uint8_t purpose;
};

extern const struct schema_body schema_bodies[];
extern const size_t schema_body_count;
extern const struct schema_field schema_fields[];
extern const size_t schema_field_count;

/* NULL when BODY is no member of Envelope.body. */
const struct schema_body *schema_body_find(uint32_t body);
/* NULL when there is no such field. */
const struct schema_field *schema_field_find(const char *message, const char *field);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * What the readers share. Must never be included outside hw/wiring.
 */
#ifndef POSTERN_WIRING_INTERNAL_H
#define POSTERN_WIRING_INTERNAL_H
#include <cyaml/cyaml.h>
#include <stdarg.h>

#include "wiring/wiring.h"

/* What a field expects, for messages; the list ends with field NULL, whose text is for any other. */
struct wiring_expected {
	const char *field, *text;
};

/* Always -1. */
int wiring_wrong(char *error, size_t size, const char *path, unsigned line, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/* The file in hand, for messages. */
struct wiring_where {
	const char *path;
	const uint8_t *bytes;
	size_t count;
	char *error;
	size_t size;
};
/* -1, with a sentence about the index-th item of a key, or the key itself, of the file in hand. */
#define WIRING_WRONG(w, key, index, ...)                                                                                 \
	wiring_wrong((w)->error, (w)->size, (w)->path, wiring_line_of((w)->bytes, (w)->count, (key), (index)), __VA_ARGS__)
/* *bytes is the caller's to free. */
int wiring_read(const char *path, uint8_t **bytes, size_t *count, char *error, size_t size);
int wiring_cyaml(const char *path, const uint8_t *bytes, size_t count, const cyaml_schema_value_t *schema,
	const struct wiring_expected *fields, void **out, char *error, size_t size);
void wiring_free(const cyaml_schema_value_t *schema, void *data);
/* The line of the index-th item below a key, or of the key's value. */
unsigned wiring_line_of(const uint8_t *bytes, size_t count, const char *key, unsigned index);
/* Names of lines, LANE_HW_LINES of them. */
extern const cyaml_strval_t wiring_lines[LANE_HW_LINES];
#endif

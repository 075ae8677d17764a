/* SPDX-License-Identifier: Apache-2.0
 * The JSON writer. See json.h. Must never be given more levels than JSON_DEPTH_MAX.
 */
#include "json/json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void json_begin(struct json *j, FILE *out, bool pretty)
{
	memset(j, 0, sizeof *j);
	j->out = out;
	j->pretty = pretty;
}

/* The bytes of the UTF-8 character at s, or 0 when there is none (RFC 3629). */
static size_t utf8_size(const unsigned char *s, size_t left)
{
	size_t n = s[0] >= 0xf0 && s[0] <= 0xf4  ? 4
		   : s[0] >= 0xe0 && s[0] < 0xf0 ? 3
		   : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
						 : 0;

	if (n == 0 || n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
		(s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

bool json_utf8(const char *text, size_t size)
{
	const unsigned char *s = (const unsigned char *)text;
	for (size_t i = 0, n; i < size; i += n) {
		n = s[i] < 0x80 ? 1 : utf8_size(s + i, size - i);
		if (n == 0)
			return false;
	}
	return true;
}

static void quoted(FILE *out, const char *value, size_t size)
{
	const unsigned char *s = (const unsigned char *)value;

	fputc('"', out);
	for (size_t i = 0; i < size;) {
		if (s[i] == '"' || s[i] == '\\') {
			fprintf(out, "\\%c", s[i++]);
		} else if (s[i] < 0x20 || s[i] == 0x7f) {
			fprintf(out, "\\u%04x", s[i++]);
		} else if (s[i] < 0x80) {
			fputc(s[i++], out);
		} else {
			size_t n = utf8_size(s + i, size - i);
			if (n == 0)
				fputs("\\ufffd", out);
			else
				fwrite(s + i, 1, n, out);
			i += n == 0 ? 1 : n;
		}
	}
	fputc('"', out);
}

static void member(struct json *j, const char *name)
{
	if (j->depth > 0) {
		if (j->filled[j->depth])
			fputc(',', j->out);
		j->filled[j->depth] = true;
		if (j->pretty)
			fprintf(j->out, "\n%*s", (int)j->depth * 2, "");
	}
	if (name != NULL) {
		quoted(j->out, name, strlen(name));
		fputs(j->pretty ? ": " : ":", j->out);
	}
}

static void open_level(struct json *j, const char *name, int mark)
{
	member(j, name);
	fputc(mark, j->out);
	if (++j->depth >= JSON_DEPTH_MAX)
		abort();
	j->filled[j->depth] = false;
}

static void close_level(struct json *j, int mark)
{
	bool filled = j->filled[j->depth];

	if (j->depth == 0)
		abort();
	j->depth--;
	if (filled && j->pretty)
		fprintf(j->out, "\n%*s", (int)j->depth * 2, "");
	fputc(mark, j->out);
}

void json_object(struct json *j, const char *name)
{
	open_level(j, name, '{');
}

void json_array(struct json *j, const char *name)
{
	open_level(j, name, '[');
}

void json_end_object(struct json *j)
{
	close_level(j, '}');
}

void json_end_array(struct json *j)
{
	close_level(j, ']');
}

void json_finish(struct json *j)
{
	fputc('\n', j->out);
}

void json_text(struct json *j, const char *name, const char *value, size_t size)
{
	member(j, name);
	quoted(j->out, value, size);
}

void json_string(struct json *j, const char *name, const char *value)
{
	if (value == NULL)
		json_null(j, name);
	else
		json_text(j, name, value, strlen(value));
}

void json_number(struct json *j, const char *name, int64_t value)
{
	member(j, name);
	fprintf(j->out, "%" PRId64, value);
}

void json_unsigned(struct json *j, const char *name, uint64_t value)
{
	member(j, name);
	fprintf(j->out, "%" PRIu64, value);
}

void json_bool(struct json *j, const char *name, bool value)
{
	member(j, name);
	fputs(value ? "true" : "false", j->out);
}

void json_null(struct json *j, const char *name)
{
	member(j, name);
	fputs("null", j->out);
}

void json_hex(struct json *j, const char *name, const uint8_t *bytes, size_t size)
{
	member(j, name);
	fputc('"', j->out);
	for (size_t i = 0; i < size; i++)
		fprintf(j->out, "%02x", bytes[i]);
	fputc('"', j->out);
}

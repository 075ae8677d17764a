/* SPDX-License-Identifier: Apache-2.0
 * Reading a form: see form.h.
 */
#include "form.h"

#include <string.h>

#include "base/hex.h"
#include "base/text.h"
#include "json/json.h"

/* Decodes until one of ends or the end of all; the size of what was decoded, or a negative error. */
static int decode(const uint8_t **at, const uint8_t *end, const char *ends, char *out, size_t room)
{
	size_t n = 0;
	while (*at < end && (**at == 0 || strchr(ends, **at) == NULL)) {
		uint8_t c = *(*at)++;
		if (c == '%') {
			char digits[3] = {0};
			if (end - *at < 2)
				return PN_EFORMAT;
			memcpy(digits, *at, 2);
			if (hex_decode(&c, 1, digits) != PN_OK)
				return PN_EFORMAT;
			*at += 2;
		} else if (c == '+') {
			c = ' ';
		}
		if (c < 0x20 || c == 0x7f)
			return PN_EFORMAT;
		if (n + 1 >= room)
			return PN_ELIMIT;
		out[n++] = (char)c;
	}
	out[n] = '\0';
	return json_utf8(out, n) ? (int)n : PN_EFORMAT;
}

static int field(struct form *f, const uint8_t **at, const uint8_t *end)
{
	if (f->count == FORM_FIELDS)
		return PN_ELIMIT;
	char *name = f->fields[f->count].name;
	int n = decode(at, end, "=&", name, FORM_NAME);
	if (n <= 0)
		return n < 0 ? n : PN_EFORMAT;
	if (*at == end || **at != '=')
		return PN_EFORMAT;
	++*at;
	for (size_t i = 0; i < f->count; i++)
		if (strcmp(f->fields[i].name, name) == 0)
			return PN_EFORMAT;
	n = decode(at, end, "&", f->fields[f->count].value, FORM_VALUE);
	if (n < 0)
		return n;
	f->count++;
	return PN_OK;
}

int form_read(struct form *f, const uint8_t *bytes, size_t size)
{
	const uint8_t *at = bytes, *end = bytes + size;
	int r = PN_OK;
	memset(f, 0, sizeof *f);
	while (r == PN_OK && at < end) {
		r = field(f, &at, end);
		if (r != PN_OK || at == end)
			break;
		at++;
		if (at == end)
			r = PN_EFORMAT; /* an '&' that nothing follows */
	}
	if (r != PN_OK)
		form_wipe(f);
	return r;
}

const char *form_text(const struct form *f, const char *name)
{
	for (size_t i = 0; i < f->count; i++)
		if (strcmp(f->fields[i].name, name) == 0)
			return f->fields[i].value;
	return "";
}

int form_number(const struct form *f, const char *name, uint64_t *out)
{
	const char *at = form_text(f, name);
	return text_number(&at, out) && *at == '\0' ? PN_OK : PN_EFORMAT;
}

void form_wipe(struct form *f)
{
	explicit_bzero(f, sizeof *f);
}

/* SPDX-License-Identifier: Apache-2.0
 * See script.h.
 */
#include "script.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>

static int nibble(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : toupper((unsigned char)c) - 'A' + 10;
}

/* One byte of the text, or -1 at its end. */
static int next_byte(const char **text)
{
	while (**text == ' ')
		(*text)++;
	if (**text == '\0')
		return -1;
	assert_true(isxdigit((unsigned char)(*text)[0]) && isxdigit((unsigned char)(*text)[1]));
	int value = nibble((*text)[0]) << 4 | nibble((*text)[1]);
	*text += 2;
	return value;
}

size_t hex_any(uint8_t *out, size_t max, const char *text)
{
	size_t size = 0;
	int byte;
	while ((byte = next_byte(&text)) >= 0) {
		assert_true(size < max);
		out[size++] = (uint8_t)byte;
	}
	return size;
}

void expect_hex(const void *bytes, size_t size, const char *text)
{
	static uint8_t wanted[EMRTD_RESPONSE_MAX];
	size_t n = hex_any(wanted, sizeof(wanted), text);
	assert_int_equal(size, n);
	assert_memory_equal(bytes, wanted, n);
}

static int transmit(
	void *self, const uint8_t *command, size_t size, uint8_t *response, size_t *response_size)
{
	struct script *s = self;
	memcpy(s->last, command, size);
	s->last_size = size;
	if (s->at == s->count)
		fail_msg("a command after the end of the script");
	const struct line *l = &s->lines[s->at++];
	if (l->command != NULL)
		expect_hex(command, size, l->command);
	if (l->err != 0)
		return l->err;
	*response_size = hex_any(response, *response_size, l->response);
	return 0;
}

static int random_bytes(void *self, uint8_t *out, size_t size)
{
	struct script *s = self;
	for (size_t i = 0; i < size; i++) {
		int byte = next_byte(&s->random);
		if (byte < 0)
			fail_msg("more random bytes wanted than the script holds");
		out[i] = (uint8_t)byte;
	}
	return 0;
}

struct emrtd_channel script_channel(struct script *s)
{
	return (struct emrtd_channel){s, transmit, 0, 0, s->random != NULL ? random_bytes : NULL, false};
}

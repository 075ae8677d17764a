/* SPDX-License-Identifier: Apache-2.0
 * A channel that plays a written dialogue: every command must be byte for byte the one that the
 * published example shows. Must never answer a command that is not in the script.
 */
#ifndef POSTERN_TESTS_EMRTD_SCRIPT_H
#define POSTERN_TESTS_EMRTD_SCRIPT_H
#include "emrtd/emrtd.h"

struct line {
	const char *command, *response; /* hexadecimal; blanks between are skipped */
	int err;                        /* not 0: the channel fails here */
};

struct script {
	const struct line *lines;
	size_t count, at;
	const char *random; /* hexadecimal: what the random generator gives, in order */
	uint8_t last[EMRTD_COMMAND_MAX];
	size_t last_size;
};

/* size bytes of hexadecimal text, which must be exactly that; the size is returned by hex_any(). */
size_t hex_any(uint8_t *out, size_t max, const char *text);
struct emrtd_channel script_channel(struct script *s);
/* assert that bytes are what the text says. */
void expect_hex(const void *bytes, size_t size, const char *text);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * A shipped plugin that somebody has tampered with: its own objects, and code that makes an attempt
 * or misbehaves on the bus at a chosen moment. What a process does stands in a table inside the
 * object file, one line per uid, which the test writes before the daemon starts. Must never be
 * installed.
 */
#ifndef POSTERN_TESTS_INFECTION_H
#define POSTERN_TESTS_INFECTION_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/plugin.h"

enum { INFECTION_BUS = 3, INFECTION_TABLE = 65536 };

/* "uid WHO DOES AT WHICH NTH" of this process; DOES "honest" when the table has no line for it. */
struct infection {
	char does[32], at[16];
	uint32_t which,
		nth; /* of messages: the kind of command, or 0; the how manieth such message */
	uint32_t seen;
	uint64_t epoch;
	const struct postern_host *host;   /* the real one */
	const struct postern_plugin *real; /* what the plugin is without the infection */
	/* The answer given last, for those that answer late. */
	uint64_t late_id;
	uint32_t late_body;
	uint8_t late[4096];
	size_t late_size;
	void *self;
};

/* The value of "NAME=..." in the table; "" when there is none. */
const char *infection_argument(void *ctx, const char *name);
/* Carries out what must not be done on the bus; returns when the plugin may go on as if nothing
 * were. */
void infection_misbehave(struct infection *i);
/* Instead of the host's answer(). */
int infection_answer(
	struct infection *i, uint64_t id, uint32_t body, const uint8_t *bytes, size_t size);
#endif

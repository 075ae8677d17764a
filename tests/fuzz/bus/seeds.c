/* SPDX-License-Identifier: Apache-2.0
 * Writes the bus's seed corpus into a folder: every message of the schema, empty and with every
 * field set, made by walking the descriptors, so that a new message has seeds the day it is added.
 * Usage: seeds FOLDER STAMP. Must never know a message by name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../../unit/bus/fill.h"

static int save(const char *folder, const char *name, const char *kind, Postern__Envelope *e)
{
	char path[1024];
	uint8_t bytes[BUS_MESSAGE_MAX];
	size_t len;
	if (bus_encode(e, bytes, sizeof bytes, &len) != PN_OK)
		return 1;
	snprintf(path, sizeof path, "%s/%s-%s", folder, name, kind);
	FILE *f = fopen(path, "wb");
	if (f == NULL)
		return 1;
	size_t written = fwrite(bytes, 1, len, f);
	return fclose(f) != 0 || written != len;
}

int main(int argc, char **argv)
{
	static uint8_t memory[4 * 1024 * 1024];
	struct arena arena;
	if (argc != 3 || (mkdir(argv[1], 0755) != 0 && access(argv[1], W_OK) != 0))
		return 2;
	for (size_t i = 0; i < schema_body_count; i++) {
		const struct schema_body *b = &schema_bodies[i];
		for (unsigned repeat = 0; repeat <= 2; repeat++) {
			arena_init(&arena, memory, sizeof memory);
			Postern__Envelope *e = fill_envelope(&arena, b, repeat);
			if (e == NULL || save(argv[1], b->name,
						 repeat == 0   ? "empty"
						 : repeat == 1 ? "one"
							       : "two",
						 e) != 0)
				return 1;
		}
	}
	FILE *stamp = fopen(argv[2], "w");
	if (stamp == NULL)
		return 1;
	fprintf(stamp, "%zu\n", schema_body_count * 3);
	return fclose(stamp) != 0;
}

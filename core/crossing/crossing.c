/* SPDX-License-Identifier: Apache-2.0
 * Life of one crossing. Must never leave a personal byte behind its end.
 */
#include "crossing/crossing.h"

#include <string.h>

static void *keep_alloc(void *arena, size_t size)
{
	return arena_alloc(arena, size);
}

static void keep_free(void *arena, void *pointer)
{
	(void)arena;
	(void)pointer; /* freed all at once by arena_wipe */
}

void crossing_begin(struct crossing *c, void *memory, int64_t wall_ms, uint64_t mono_ms, const uint8_t random[10])
{
	memset(c, 0, sizeof *c);
	arena_init(&c->arena, memory, CROSSING_ARENA_BYTES);
	c->active = true;
	c->begun_mono_ms = mono_ms;
	ulid_make(c->id, wall_ms, random);
}

void crossing_end(struct crossing *c)
{
	if (c->arena.base != NULL)
		arena_wipe(&c->arena);
	explicit_bzero(c, sizeof *c);
}

void crossing_forget(struct crossing *c)
{
	arena_wipe(&c->arena);
	c->presented = NULL;
	c->document = NULL;
	c->watchlist = NULL;
	c->history = NULL;
	c->rules = NULL;
	c->chip = NULL;
	c->inspected = NULL;
	c->chip_size = c->portrait_size = 0;
	explicit_bzero(c->chip_sha256, sizeof c->chip_sha256);
	explicit_bzero(c->portrait_sha256, sizeof c->portrait_sha256);
	c->printed_size = c->printed_query = 0;
	explicit_bzero(c->printed_sha256, sizeof c->printed_sha256);
	c->reference = NULL;
	c->face = NULL;
	c->reference_query = c->face_query = c->live_size = 0;
	c->height = (struct camera_height){ 0 };
	c->move_id = 0;
	c->face_rounds = 0;
	c->reference_asked = c->reference_done = c->face_asked = c->face_done = c->face_last = false;
}

void *crossing_keep(struct crossing *c, const ProtobufCMessageDescriptor *type, const uint8_t *bytes, size_t size)
{
	ProtobufCAllocator allocator = { keep_alloc, keep_free, &c->arena };
	return protobuf_c_message_unpack(type, &allocator, size, bytes);
}

void crossing_step_start(struct crossing *c, enum crossing_step step, uint64_t mono_ms)
{
	c->step_begun_mono_ms[step] = mono_ms;
	c->step_running[step] = true;
}

void crossing_step_end(struct crossing *c, enum crossing_step step, uint64_t mono_ms)
{
	if (!c->step_running[step])
		return;
	c->step_running[step] = false;
	c->step_ms[step] += (uint32_t)(mono_ms - c->step_begun_mono_ms[step]);
}

const char *crossing_step_name(enum crossing_step step)
{
	static const char *const names[STEP_COUNT_] = {
		[STEP_DOCUMENT] = "document",
		[STEP_CHIP] = "chip",
		[STEP_LISTS] = "lists",
		[STEP_RULES] = "rules",
		[STEP_TAKE_BACK] = "take_back",
		[STEP_ENTRY] = "entry",
		[STEP_INSIDE] = "inside",
		[STEP_COMMIT] = "commit",
		[STEP_EXIT] = "exit",
		[STEP_OFFICER] = "officer",
	};
	return step < STEP_COUNT_ ? names[step] : "unknown";
}

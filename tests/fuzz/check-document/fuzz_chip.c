/* SPDX-License-Identifier: Apache-2.0
 * inspect_chip whole: two bytes say how long the query is, then the query as the bus gives it, then the blob. Must never come to a
 * successful chip, nor to a successful proof: no certificate is trusted, whatever a reader and a chip say together.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "chip_stage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *take(void *arena, size_t size)
{
	return arena_alloc(arena, size);
}

static void leave(void *arena, void *pointer)
{
	(void)arena;
	(void)pointer;
}

static void judge(const Postern__InspectChip *q, const uint8_t *blob, size_t size, const struct trust *t)
{
	static struct chip_stage s;
	static uint8_t answer[16384];
	const struct chip_settings settings = {.trust = t,
		.trust_version = "",
		.trust_age_max_days = (uint32_t)size & 1,
		.refuse_sha1 = size & 2,
		.require_proof = size & 4};
	chip_stage(q, size > 0 ? blob : NULL, size, &settings, &s);
	if (s.answer.overall == POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL || s.answer.n_checks == 0 ||
		postern__chip_inspected__get_packed_size(&s.answer) > sizeof answer)
		abort();
	postern__chip_inspected__pack(&s.answer, answer);
	for (size_t i = 0; i < s.answer.n_checks; i++) {
		const Postern__Check *c = s.answer.checks[i];
		if (c->name[0] == '\0' || c->field[0] == '\0' || c->result < 1 || c->result > 5)
			abort();
		bool proof = strcmp(c->name, "chip.ca") == 0 || strcmp(c->name, "chip.aa") == 0 ||
			     strcmp(c->name, "chip.cam") == 0 || strcmp(c->name, "chip.proof") == 0;
		if (proof && c->result == POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t memory[65536];
	struct arena arena;
	struct trust t;
	ProtobufCAllocator allocator = {take, leave, &arena};
	if (size < 2)
		return 0;
	size_t length = (size_t)data[0] << 8 | data[1];
	if (length > size - 2)
		length = size - 2;
	arena_init(&arena, memory, sizeof memory);
	trust_init(&t);
	const Postern__InspectChip *q = postern__inspect_chip__unpack(&allocator, length, data + 2);
	if (q != NULL)
		judge(q, data + 2 + length, size - 2 - length, &t);
	trust_free(&t);
	arena_wipe(&arena);
	return 0;
}

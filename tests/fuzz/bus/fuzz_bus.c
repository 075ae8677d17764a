/* SPDX-License-Identifier: Apache-2.0
 * Bytes as a plugin may send them, through everything the core does before it believes a message.
 * Must never end in anything but a refusal or a message that stands every check below.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bus/bus.h"
#include "bus/permission.h"
#include "bus/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

static void rulings(Postern__Envelope__BodyCase body)
{
	for (int kind = 0; kind <= POSTERN__PLUGIN_KIND__KIND_CHIP_READER; kind++)
		for (int phase = BUS_STARTING; phase <= BUS_CROSSING; phase++) {
			bool may = bus_may_send(
				(Postern__PluginKind)kind, (enum bus_phase)phase, body);
			enum bus_ruling r =
				bus_judge((Postern__PluginKind)kind, (enum bus_phase)phase, body);
			MUST(may == (r == BUS_ALLOW));
			MUST(!may || kind != 0);
		}
}

/* What was accepted means the same when its body is wrapped again without being understood. */
static void wrap_again(const struct bus_message *m)
{
	static uint8_t memory[BUS_ARENA_SIZE];
	uint8_t bytes[BUS_MESSAGE_MAX];
	struct bus_blob blob = {.size = m->envelope->blob_size};
	struct bus_message again;
	struct arena arena;
	size_t len;
	if (m->has_blob)
		memcpy(blob.sha256, m->envelope->blob_sha256.data, BUS_HASH_SIZE);
	int r = bus_encode_raw(m->envelope->id, m->envelope->crossing_id,
		m->has_blob ? &blob : NULL, m->info->body, m->body_bytes, m->body_size, bytes,
		sizeof bytes, &len);
	if (r == PN_ELIMIT) {
		MUST(m->body_size > BUS_BODY_MAX);
		return;
	}
	MUST(r == PN_OK);
	arena_init(&arena, memory, sizeof memory);
	MUST(bus_decode(bytes, len, &arena, &again) == PN_OK);
	MUST(again.body_size == m->body_size && again.info == m->info);
	MUST(again.body_size == 0 || memcmp(again.body_bytes, m->body_bytes, m->body_size) == 0);
	MUST(again.envelope->id == m->envelope->id);
	MUST(postern__envelope__get_packed_size(again.envelope) ==
		postern__envelope__get_packed_size(m->envelope));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t memory[BUS_ARENA_SIZE];
	struct bus_message m;
	struct arena arena;
	arena_init(&arena, memory, sizeof memory);
	int r = bus_decode(data, size, &arena, &m);
	/* BUS_ARENA_SIZE is enough for whatever the bounds let through. */
	MUST(r == PN_OK || r == PN_EFORMAT || r == PN_ELIMIT);
	if (r != PN_OK)
		return 0;
	MUST(m.info != NULL && m.envelope->body_case == (Postern__Envelope__BodyCase)m.info->body);
	MUST(m.body_bytes >= data && m.body_bytes + m.body_size <= data + size);
	rulings(m.envelope->body_case);
	wrap_again(&m);
	/* A smaller arena gives a clean refusal or the same message. */
	arena_init(&arena, memory, arena.peak / 2);
	r = bus_decode(data, size, &arena, &m);
	MUST(r == PN_OK || r == PN_ENOMEM);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 * The codec: every message of the schema goes through it unchanged, and wire bytes written by hand
 * after the Protocol Buffers encoding document are accepted or refused as that document and bus.h
 * say. Must never take an expected byte from the encoder under test alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka.h needs those above it */
#include <cmocka.h>

#include "base/hex.h"
#include "bus/bus.h"
#include "bus/wire.h"
#include "fill.h"

static uint8_t memory[BUS_ARENA_SIZE];

static int decode(
	const uint8_t *bytes, size_t size, struct bus_message *m, size_t arena_size, size_t *peak)
{
	struct arena a;
	arena_init(&a, memory, arena_size);
	int r = bus_decode(bytes, size, &a, m);
	if (peak != NULL)
		*peak = a.peak;
	return r;
}

static void every_message(void **state)
{
	static uint8_t filling[1024 * 1024];
	(void)state;
	for (size_t i = 0; i < schema_body_count; i++)
		for (unsigned repeat = 0; repeat <= 3; repeat++) {
			uint8_t bytes[BUS_MESSAGE_MAX], again[BUS_MESSAGE_MAX],
				raw[BUS_MESSAGE_MAX];
			size_t len, again_len, raw_len, peak;
			struct bus_message m;
			struct bus_blob blob = {.size = 70000};
			struct arena a;
			arena_init(&a, filling, sizeof filling);
			Postern__Envelope *e = fill_envelope(&a, &schema_bodies[i], repeat);
			assert_non_null(e);
			assert_int_equal(bus_encode(e, bytes, sizeof bytes, &len), PN_OK);
			assert_int_equal(decode(bytes, len, &m, sizeof memory, &peak), PN_OK);
			assert_ptr_equal(m.info, &schema_bodies[i]);
			assert_int_equal(m.envelope->body_case, schema_bodies[i].body);
			assert_int_equal(m.has_blob, repeat > 1);
			assert_int_equal(m.blob_fd, -1);
			assert_int_equal(
				bus_encode(m.envelope, again, sizeof again, &again_len), PN_OK);
			assert_int_equal(again_len, len);
			assert_memory_equal(again, bytes, len);
			/* the body is the tail of the envelope: its field numbers are the highest
			 */
			assert_ptr_equal(m.body_bytes + m.body_size, bytes + len);
			assert_int_equal(
				bus_check_body(m.info->body, m.body_bytes, m.body_size), PN_OK);
			assert_int_equal(
				bus_encode_raw(e->id, e->crossing_id, repeat > 1 ? &blob : NULL,
					m.info->body, m.body_bytes, m.body_size, raw, sizeof raw,
					&raw_len),
				PN_OK);
			assert_int_equal(raw_len, len);
			assert_memory_equal(raw, bytes, len);
			/* any smaller arena is PN_ENOMEM, never a crash and never half a message */
			for (size_t size = 0; size < peak; size += 16)
				assert_int_equal(decode(bytes, len, &m, size, NULL), PN_ENOMEM);
			/* any prefix is refused */
			for (size_t cut = 0; cut < len; cut++)
				assert_int_not_equal(
					decode(bytes, cut, &m, sizeof memory, NULL), PN_OK);
		}
}

static const struct {
	const char *what, *hex;
	int result;
} by_hand[] = {
	/* key = number << 3 | type: heartbeat is 12 -> 62, stop 13 -> 6a, check_document 30 -> f2
	   01 */
	{"heartbeat with mono_ms 300",
		"6203"
		"08ac02",
		PN_OK},
	{"empty heartbeat", "6200", PN_OK},
	{"query with id 1", "0801f20100", PN_OK},
	{"query whose id comes after its body", "f201000801", PN_OK},
	{"nothing", "", PN_EFORMAT},
	{"no body", "0801", PN_EFORMAT},
	{"two bodies of two kinds", "62006a00", PN_EFORMAT},
	{"two bodies of one kind", "62006200", PN_EFORMAT},
	{"id twice", "08010802f20100", PN_EFORMAT},
	{"query without id", "f20100", PN_EFORMAT},
	{"report with id", "08016200", PN_EFORMAT},
	{"field number 0", "00006200", PN_EFORMAT},
	{"unknown field of Envelope, number 5", "28006200", PN_EFORMAT},
	{"unknown field of Heartbeat, number 2", "62021000", PN_EFORMAT},
	{"group start", "6b6200", PN_EFORMAT},
	{"wire type 7", "0f6200", PN_EFORMAT},
	{"id as 64-bit",
		"09010000000000000062"
		"00",
		PN_EFORMAT},
	{"body as varint", "6000", PN_EFORMAT},
	{"length past the end",
		"6203"
		"0801",
		PN_EFORMAT},
	{"length of ten bytes", "62ffffffffffffffffff01", PN_EFORMAT},
	{"varint of eleven bytes", "08ffffffffffffffffffff01f20100", PN_EFORMAT},
	{"varint over 64 bits", "08ffffffffffffffffff02f20100", PN_EFORMAT},
	{"largest id", "08ffffffffffffffffff01f20100", PN_OK},
	{"padded varint", "088100f20100", PN_EFORMAT},
	{"padded key",
		"888000"
		"01f20100",
		PN_EFORMAT},
	/* gate_sensed 71 -> ba 04; entry_leaf 1, occupants 3, fire_alarm 6 */
	{"enum value 7", "ba04020807", PN_OK},
	{"enum value 8 is not named", "ba04020808", PN_EFORMAT},
	{"enum value -1", "ba040b08ffffffffffffffffff01", PN_EFORMAT},
	{"enum value 2^32 would be cut to 0", "ba0406088080808010", PN_EFORMAT},
	{"uint32 largest", "ba040618ffffffff0f", PN_OK},
	{"uint32 2^32", "ba0406188080808010", PN_EFORMAT},
	{"bool 2", "ba04023002", PN_EFORMAT},
	{"bool 1", "ba04023001", PN_OK},
	/* document_checked 31 -> fa 01; Document is 1, its age_years 14 is int32 -> 70 */
	{"int32 -1 in ten bytes", "0801fa010d0a0b70ffffffffffffffffff01", PN_OK},
	{"int32 -1 in five bytes is 2^32-1", "0801fa01080a0670ffffffff0f", PN_EFORMAT},
	/* stop 13; reason 1 -> 0a. RFC 3629 section 4 */
	{"U+0041 U+00E9 U+20AC U+1D11E", "6a0c0a0a41c3a9e282acf09d849e", PN_OK},
	{"NUL in text", "6a040a024100", PN_EFORMAT},
	{"overlong slash", "6a040a02c0af", PN_EFORMAT},
	{"overlong of three", "6a050a03e080af", PN_EFORMAT},
	{"overlong of four", "6a060a04f08080af", PN_EFORMAT},
	{"surrogate D800", "6a050a03eda080", PN_EFORMAT},
	{"U+D7FF, the last before the surrogates", "6a050a03ed9fbf", PN_OK},
	{"beyond U+10FFFF", "6a060a04f4908080", PN_EFORMAT},
	{"U+10FFFF", "6a060a04f48fbfbf", PN_OK},
	{"lone continuation byte", "6a030a0180", PN_EFORMAT},
	{"cut sequence", "6a040a02e282", PN_EFORMAT},
	{"byte ff", "6a030a01ff", PN_EFORMAT},
	/* crossing_id 2 -> 12: a ULID has 26 characters of Crockford base 32 */
	{"ULID and no body",
		"121a"
		"3031415250334e44454b54535634525246465136394735464156",
		PN_EFORMAT},
	{"ULID and heartbeat",
		"121a"
		"3031415250334e44454b54535634525246465136394735464156"
		"6200",
		PN_OK},
	{"25 characters",
		"1219"
		"30314152 50334e44454b545356345252464651363947354641"
		"6200",
		PN_EFORMAT},
	{"letter U",
		"121a"
		"3031415255334e44454b54535634525246465136394735464156"
		"6200",
		PN_EFORMAT},
	{"small letter",
		"121a"
		"3031417250334e44454b54535634525246465136394735464156"
		"6200",
		PN_EFORMAT},
	{"over 128 bits",
		"121a"
		"3831415250334e44454b54535634525246465136394735464156"
		"6200",
		PN_EFORMAT},
	/* blob_sha256 3 -> 1a, blob_size 4 -> 20 */
	{"blob",
		"1a20"
		"0000000000000000000000000000000000000000000000000000000000000000"
		"2001"
		"6200",
		PN_OK},
	{"blob without size",
		"1a20"
		"0000000000000000000000000000000000000000000000000000000000000000"
		"6200",
		PN_EFORMAT},
	{"size without blob", "20016200", PN_EFORMAT},
	{"hash of 31 bytes",
		"1a1f"
		"00000000000000000000000000000000000000000000000000000000000000"
		"2001"
		"6200",
		PN_EFORMAT},
};

static void wire_by_hand(void **state)
{
	(void)state;
	for (size_t i = 0; i < PN_COUNT(by_hand); i++) {
		char hex[256];
		uint8_t bytes[128];
		size_t n = 0;
		struct bus_message m;
		for (const char *h = by_hand[i].hex; *h != '\0'; h++)
			if (*h != ' ')
				hex[n++] = *h;
		hex[n] = '\0';
		assert_int_equal(hex_decode(bytes, n / 2, hex), PN_OK);
		int r = decode(bytes, n / 2, &m, sizeof memory, NULL);
		if (r != by_hand[i].result)
			fail_msg("%s: %d, expected %d", by_hand[i].what, r, by_hand[i].result);
	}
}

static size_t put(uint8_t *at, const char *hex)
{
	size_t n = strlen(hex) / 2;
	assert_int_equal(hex_decode(at, n, hex), PN_OK);
	return n;
}

/* A length-delimited field around what was written at from. */
static size_t wrap(uint8_t *from, size_t size, uint32_t tag)
{
	uint8_t head[20];
	size_t n = wire_put_varint(head, (uint64_t)tag << 3 | 2);
	n += wire_put_varint(head + n, size);
	memmove(from + n, from, size);
	memcpy(from, head, n);
	return n + size;
}

static void repeated_bound(void **state)
{
	uint8_t bytes[BUS_MESSAGE_MAX];
	struct bus_message m;
	(void)state;
	/* document_presented 21, mrz_lines 2 -> 12: 256 empty lines are let through, 257 are not */
	for (unsigned count = 256; count <= 257; count++) {
		size_t n = 0;
		for (unsigned i = 0; i < count; i++)
			n += put(bytes + n, "1200");
		n = wrap(bytes, n, 21);
		assert_int_equal(decode(bytes, n, &m, sizeof memory, NULL),
			count == 256 ? PN_OK : PN_EFORMAT);
	}
}

static void size_bound(void **state)
{
	static uint8_t bytes[BUS_MESSAGE_MAX + 16];
	struct bus_message m;
	size_t len;
	uint8_t out[BUS_MESSAGE_MAX];
	(void)state;
	/* stop 13 with a reason that makes the message exactly the largest: 2 heads of 3 bytes each
	 */
	size_t text = BUS_MESSAGE_MAX - 6, n;
	memset(bytes, 'a', text);
	n = wrap(bytes, text, 1);
	n = wrap(bytes, n, 13);
	assert_int_equal(n, BUS_MESSAGE_MAX);
	assert_int_equal(decode(bytes, n, &m, sizeof memory, NULL), PN_OK);
	assert_int_equal(bus_encode(m.envelope, out, sizeof out, &len), PN_OK);
	assert_int_equal(bus_encode(m.envelope, out, sizeof out - 1, &len), PN_ELIMIT);
	assert_int_equal(len, 0);
	memset(bytes, 'a', text + 1);
	n = wrap(bytes, text + 1, 1);
	n = wrap(bytes, n, 13);
	assert_int_equal(decode(bytes, n, &m, sizeof memory, NULL), PN_ELIMIT);
	assert_int_equal(
		bus_encode_raw(0, NULL, NULL, 13, bytes, BUS_BODY_MAX + 1, out, sizeof out, &len),
		PN_ELIMIT);
}

static void raw_arguments(void **state)
{
	uint8_t out[BUS_MESSAGE_MAX];
	size_t len;
	(void)state;
	assert_int_equal(
		bus_encode_raw(0, NULL, NULL, 9, NULL, 0, out, sizeof out, &len), PN_EINVAL);
	assert_int_equal(
		bus_encode_raw(0, NULL, NULL, 1, NULL, 0, out, sizeof out, &len), PN_EINVAL);
	assert_int_equal(
		bus_encode_raw(0, "lane 1", NULL, 12, NULL, 0, out, sizeof out, &len), PN_EINVAL);
	assert_int_equal(bus_encode_raw(0, "", NULL, 12, NULL, 0, out, 1, &len), PN_ELIMIT);
	assert_int_equal(bus_encode_raw(0, "", NULL, 12, NULL, 0, out, 2, &len), PN_OK);
	assert_int_equal(len, 2);
	assert_memory_equal(out, "\x62\x00", 2);
	/* the largest body fits beside the largest head */
	static uint8_t body[BUS_BODY_MAX];
	struct bus_blob blob = {.size = UINT64_MAX};
	assert_int_equal(bus_encode_raw(UINT64_MAX, FILL_CROSSING, &blob, 81, body, sizeof body,
				 out, sizeof out, &len),
		PN_OK);
	assert_int_equal(bus_check_body(9, NULL, 0), PN_ENOTFOUND);
	assert_int_equal(bus_check_body(12, (const uint8_t *)"\x08", 1), PN_EFORMAT);
}

/* The arena's stated size is enough for the messages that need most of it per byte: findings with
 * many arguments each, where protobuf-c's own bookkeeping is largest. */
static void worst_case_arena(void **state)
{
	size_t worst = 0;
	(void)state;
	for (unsigned args = 0; args <= BUS_REPEAT_MAX; args++) {
		static uint8_t bytes[BUS_MESSAGE_MAX + 1024];
		uint8_t finding[1024];
		size_t n = 0, size = 0, peak;
		struct bus_message m;
		for (unsigned i = 0; i < args; i++)
			n += put(finding + n, "2a00"); /* Finding.args 5 */
		n = wrap(finding, n, 2);               /* RulesEvaluated.findings 2 */
		for (unsigned i = 0; i < BUS_REPEAT_MAX && size + n <= BUS_BODY_MAX; i++) {
			memcpy(bytes + size, finding, n);
			size += n;
		}
		size = wrap(bytes, size, 61);
		memmove(bytes + 2, bytes, size);
		size += put(bytes, "0801");
		assert_int_equal(decode(bytes, size, &m, sizeof memory, &peak), PN_OK);
		if (peak > worst)
			worst = peak;
	}
	print_message("worst case %zu of %d bytes\n", worst, BUS_ARENA_SIZE);
	assert_true(worst < BUS_ARENA_SIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message),
		cmocka_unit_test(wire_by_hand),
		cmocka_unit_test(repeated_bound),
		cmocka_unit_test(size_bound),
		cmocka_unit_test(raw_arguments),
		cmocka_unit_test(worst_case_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

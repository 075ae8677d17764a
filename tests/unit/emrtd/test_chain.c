/* SPDX-License-Identifier: Apache-2.0
 * Command chaining (ISO/IEC 7816-4 5.3.3) for what no short command holds: the very bytes of each part, written down from the
 * standard; whole documents with keys of 2048 bits against the virtual passport, which puts the parts together by itself; and
 * what comes of a chip that refuses, answers too early, or never said that it can. No published example has a key of that size.
 * Must never let a chain go out to a chip that does not announce it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "emrtd/session.h"
#include "script.h"
#include "whole.h"

#define B16 "000102030405060708090A0B0C0D0E0F"
#define B240 B16 B16 B16 B16 B16 B16 B16 B16 B16 B16 B16 B16 B16 B16 B16
#define B255 B240 "000102030405060708090A0B0C0D0E"

static struct whole_world world;

static struct emrtd_session *opened(struct script *s, bool chaining)
{
	struct emrtd_channel c = script_channel(s);
	c.chaining = chaining;
	struct emrtd_session *session = emrtd_open(&c);
	assert_non_null(session);
	return session;
}

/* size bytes 00 01 ... 0F 00 ... */
static struct emrtd_command command(uint8_t cla, uint8_t ins, size_t size, size_t le)
{
	static uint8_t data[600];
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = i & 15;
	return (struct emrtd_command){cla, ins, 0x41, 0xa6, {data, size}, le};
}

/* Le stands in the last part only; 255 bytes need no chain, 256 do; bytes beyond a short response come by GET RESPONSE. */
static void parts_in_clear(void **state)
{
	static const struct line lines[] = {
		{"002241A6FF" B255, "9000", 0},
		{"102241A6FF" B255, "9000", 0},
		{"002241A601" "0F", "9000", 0},
		{"108641A6FF" B255, "9000", 0},
		{"108641A6FF" "0F" B240 "000102030405060708090A0B0C0D", "9000", 0},
		{"108641A602" "0E0F" "00", B240 B16 "6104", 0},
		{"00C0000004", "AABBCCDD" "9000", 0},
	};
	struct script script = {.lines = lines, .count = PN_COUNT(lines)};
	struct emrtd_session *s = opened(&script, true);
	struct emrtd_response r;
	(void)state;
	const struct emrtd_command fits = command(0, 0x22, 255, 0), two = command(0, 0x22, 256, 0),
				   linked = command(0x10, 0x86, 512, EMRTD_LE_MAX);
	assert_int_equal(emrtd_exchange(s, &fits, false, &r), 0);
	assert_int_equal(emrtd_exchange(s, &two, false, &r), 0);
	assert_int_equal(r.sw, 0x9000);
	assert_int_equal(emrtd_exchange(s, &linked, false, &r), 0);
	assert_int_equal(r.data.size, 260);
	expect_hex(r.data.bytes, r.data.size, B240 B16 "AABBCCDD");
	assert_int_equal(script.at, script.count);
	emrtd_close(s);
}

static void not_announced(void **state)
{
	struct script script = {.lines = NULL, .count = 0};
	struct emrtd_session *s = opened(&script, false);
	struct emrtd_response r;
	const struct emrtd_command c = command(0, 0x86, 256, 256);
	(void)state;
	assert_int_equal(emrtd_exchange(s, &c, false, &r), PN_ELIMIT);
	assert_int_equal(emrtd_failure(s).cause, EMRTD_CAUSE_CHANNEL_SMALL);
	assert_int_equal(emrtd_state(s).exchanges, 0);
	emrtd_close(s);
}

/* A chip that can take the extended form is never sent a chain. */
static void extended_goes_first(void **state)
{
	static const struct line lines[] = {{"002241A6000100" B255 "0F", "9000", 0}};
	struct script script = {.lines = lines, .count = PN_COUNT(lines)};
	struct emrtd_channel channel = script_channel(&script);
	struct emrtd_response r;
	const struct emrtd_command c = command(0, 0x22, 256, 0);
	(void)state;
	channel.chaining = true;
	channel.command_max = channel.response_max = 2000;
	struct emrtd_session *s = emrtd_open(&channel);
	assert_non_null(s);
	assert_int_equal(emrtd_exchange(s, &c, false, &r), 0);
	emrtd_close(s);
}

/* 6884: chaining not supported; 6883: last command expected; data or another status in the middle: not a chain's. */
static void refusals(void **state)
{
	static const struct {
		struct line lines[2];
		size_t count;
		int err;
		enum emrtd_cause cause;
		uint16_t sw;
	} cases[] = {
		{{{NULL, "6884", 0}}, 1, PN_EDENIED, EMRTD_CAUSE_CHAINING, 0x6884},
		{{{NULL, "6700", 0}}, 1, PN_EDENIED, EMRTD_CAUSE_CHAINING, 0x6700},
		{{{NULL, "7C009000", 0}}, 1, PN_EDENIED, EMRTD_CAUSE_CHAINING, 0x9000},
		{{{NULL, "9000", 0}, {NULL, "6884", 0}}, 2, PN_EDENIED, EMRTD_CAUSE_CHAINING, 0x6884},
		{{{NULL, "9000", 0}, {NULL, "6883", 0}}, 2, PN_EDENIED, EMRTD_CAUSE_CHAINING, 0x6883},
		{{{NULL, "9000", 0}, {NULL, "6A80", 0}}, 2, 0, EMRTD_CAUSE_NONE, 0x6a80},
		{{{NULL, "90", 0}}, 1, PN_EIO, EMRTD_CAUSE_TORN, 0},
		{{{NULL, "", PN_EIO}}, 1, PN_EIO, EMRTD_CAUSE_CHANNEL, 0},
	};
	(void)state;
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		struct script script = {.lines = cases[i].lines, .count = cases[i].count};
		struct emrtd_session *s = opened(&script, true);
		struct emrtd_response r;
		const struct emrtd_command c = command(0, 0x86, 300, 256);
		assert_int_equal(emrtd_exchange(s, &c, false, &r), cases[i].err);
		assert_int_equal(emrtd_failure(s).cause, cases[i].cause);
		assert_int_equal(emrtd_failure(s).sw, cases[i].sw);
		assert_int_equal(script.at, script.count);
		assert_int_equal(r.data.size, 0);
		emrtd_close(s);
	}
}

/* Doc 9303-11 9.8.4: DO87 with padding, DO97, DO8E in at most 255 bytes: 231 bytes of data with 3DES, 223 with AES. */
static void room_under_protection(void **state)
{
	static const struct {
		enum emrtd_cipher cipher;
		size_t room;
	} cases[] = {{EMRTD_3DES, 231}, {EMRTD_AES_128, 223}, {EMRTD_AES_192, 223}, {EMRTD_AES_256, 223}};
	const uint8_t secret[32] = {1};
	(void)state;
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		struct emrtd_sm sm = {0};
		uint8_t out[300];
		size_t size = sizeof out;
		assert_int_equal(emrtd_sm_start(&sm, cases[i].cipher, (struct emrtd_bytes){secret, 32}, NULL), 0);
		assert_int_equal(emrtd_sm_data_max(&sm, 0x86), cases[i].room);
		struct emrtd_command c = command(0, 0x86, cases[i].room + 1, 256);
		assert_int_equal(emrtd_sm_wrap(&sm, &c, false, false, out, &size), PN_ELIMIT);
		c.data.size--;
		assert_int_equal(emrtd_sm_wrap(&sm, &c, false, false, out, &size), 0);
		emrtd_sm_wipe(&sm);
	}
}

static struct sim_passport_config wide(enum sim_mapping mapping, unsigned domain, enum sim_cipher ca)
{
	struct sim_passport_config c = whole_usual();
	c.pace[0] = (struct sim_chip_pace){mapping, SIM_AES_256, domain};
	c.pace_count = 1;
	c.ca[0] = (struct sim_passport_ca){ca, 1, 5, false};
	c.ca_count = 1;
	return c;
}

/* PACE, and chip authentication by MSE:Set KAT (3DES) and by GENERAL AUTHENTICATE (AES): read and proven in short length. */
static void whole_documents(void **state)
{
	static const enum sim_cipher ciphers[] = {SIM_3DES, SIM_AES_128};
	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		const struct sim_passport_config c = wide(i & 1 ? SIM_IM : SIM_GM, i & 2 ? 1 : 2, ciphers[i >> 2]);
		struct whole w;
		whole_issue(&w, &world, &c);
		whole_lay(&w, false);
		assert_int_equal(whole_read(&w), 0);
		assert_null(whole_differs(&w));
		assert_int_equal(w.document.access.access, EMRTD_ACCESS_PACE);
		assert_int_equal(w.document.chip, EMRTD_PROVEN);
		whole_free(&w);
	}
}

static void the_chip_refuses(void **state)
{
	struct sim_passport_config c = wide(SIM_GM, 2, SIM_AES_128);
	struct whole w;
	(void)state;
	assert_int_equal(sim_chip_fault_parse("chain-6884", c.faults), 0);
	whole_issue(&w, &world, &c);
	whole_lay(&w, false);
	assert_int_equal(whole_read(&w), PN_EDENIED);
	assert_int_equal(w.failure.step, EMRTD_STEP_PACE_MAP);
	assert_int_equal(w.failure.cause, EMRTD_CAUSE_CHAINING);
	assert_int_equal(w.failure.sw, 0x6884);
	/* Not BAC instead: a refusal of the form must not be a way to a weaker protocol. */
	assert_int_equal(w.document.access.access, EMRTD_ACCESS_NONE);
	whole_free(&w);
	memset(c.faults, 0, sizeof c.faults);
	whole_issue(&w, &world, &c);
	w.without_chaining = true;
	whole_lay(&w, false);
	assert_int_equal(whole_read(&w), PN_ELIMIT);
	assert_int_equal(w.failure.cause, EMRTD_CAUSE_CHANNEL_SMALL);
	whole_free(&w);
}

static uint16_t says(struct sim_chip *chip, const char *hex)
{
	uint8_t in[300], out[300];
	size_t size = sizeof out, n = hex_any(in, sizeof in, hex);
	assert_int_equal(sim_chip_apdu(chip, in, n, out, &size), 0);
	assert_int_equal(size, 2);
	return (uint16_t)(out[0] << 8 | out[1]);
}

/* The virtual passport's own part: only a chain of one command is one, and it has an end. */
static void the_chip_side(void **state)
{
	const struct sim_passport_config c = wide(SIM_GM, 2, SIM_AES_128);
	struct whole w;
	(void)state;
	whole_issue(&w, &world, &c);
	whole_lay(&w, false);
	assert_int_equal(says(w.chip, "10B0000001" "00"), 0x6884); /* no long data there */
	assert_int_equal(says(w.chip, "1022C1A401" "80"), 0x9000);
	assert_int_equal(says(w.chip, "0022C1A601" "80"), 0x6883); /* another P2 */
	assert_int_equal(says(w.chip, "1022C1A401" "80"), 0x9000);
	assert_int_equal(says(w.chip, "0022C1A401" "00"), 0x6A80); /* together: no protocol named */
	for (unsigned i = 0; i < 2048 / 255; i++)
		assert_int_equal(says(w.chip, "1022C1A4FF" B255), 0x9000);
	assert_int_equal(says(w.chip, "1022C1A4FF" B255), 0x6700);
	assert_int_equal(says(w.chip, "0022C1A401" "80"), 0x6A80); /* a new command */
	whole_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_in_clear),
		cmocka_unit_test(not_announced),
		cmocka_unit_test(extended_goes_first),
		cmocka_unit_test(refusals),
		cmocka_unit_test(room_under_protection),
		cmocka_unit_test(whole_documents),
		cmocka_unit_test(the_chip_refuses),
		cmocka_unit_test(the_chip_side),
	};
	whole_world_begin(&world);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	whole_world_end(&world);
	return failed;
}

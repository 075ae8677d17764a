/* SPDX-License-Identifier: Apache-2.0
 * The chip in front of the plain terminal: reading in the clear and protected, refusals, time, and
 * that each fault of the layers LINK, MESSAGE, READ and ACCESS does what its line in faults.def
 * says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "script.h"
#include "terminal.h"

static const char key[] = "L898902C<369080619406236";

struct bench {
	struct sim_chip_config config;
	struct sim_chip_file files[4];
	uint8_t big[40000], small[300];
	struct terminal t;
};

/* EF.COM of 22 bytes, DG1 of 300, DG2 of 40000, and EF.CardAccess of 3. */
static struct bench *bench_new(bool open)
{
	static struct bench b;
	static struct bytes com;
	com = hex("60145F0104303130365F36063034303030305C026175");
	memset(&b, 0, sizeof b);
	for (size_t i = 0; i < sizeof b.big; i++)
		b.big[i] = (uint8_t)(i * 7 + i / 251);
	memcpy(b.big, "\x75\x82\x9c\x3c", 4);
	for (size_t i = 0; i < sizeof b.small; i++)
		b.small[i] = (uint8_t)(i ^ 0x5a);
	memcpy(b.small, "\x61\x82\x01\x28", 4);
	b.files[0] = (struct sim_chip_file){0x011e, com.at, com.size};
	b.files[1] = (struct sim_chip_file){0x0101, b.small, sizeof b.small};
	b.files[2] = (struct sim_chip_file){0x0102, b.big, sizeof b.big};
	b.files[3] = (struct sim_chip_file){SIM_MF | 0x011c, (const uint8_t *)"1\1\0", 3};
	b.config.files = b.files;
	b.config.file_count = 4;
	b.config.open = open;
	b.config.bac = true;
	b.config.mrz_information = key;
	return &b;
}

static struct terminal *lay_down(struct bench *b)
{
	sim_chip_free(b->t.chip);
	memset(&b->t, 0, sizeof b->t);
	assert_int_equal(sim_chip_new(&b->config, &b->t.chip), 0);
	return &b->t;
}

static void put_away(struct bench *b)
{
	sim_chip_free(b->t.chip);
	b->t.chip = NULL;
}

static void in_the_clear(void **state)
{
	(void)state;
	struct bench *b = bench_new(true);
	struct terminal *t = lay_down(b);
	struct sim_chip *chip = t->chip;
	says(chip, "00B0000000", "6986");
	says(chip, "00A4020C02011E", "6A82"); /* not in the master file */
	says(chip, "00A4020C02011C", "9000");
	says(chip, "00B0000000", "3101009000");
	says(chip, "00B0000003", "3101009000");
	says(chip, "00B0000004", "3101006282");
	says(chip, "00B0000003", "3101009000");
	says(chip, "00B0000300", "6B00");
	says(chip, "00B0000100", "01009000");
	says(chip, "00B00000", "6700");
	says(chip, "00A4040C06A00000024710", "6A82");
	says(chip, "00A4040C07A0000002471001", "9000");
	says(chip, "00A4020C02011E", "9000");
	says(chip, "00B0000002", "60149000");
	says(chip, "00B09E0002", "60149000");
	says(chip, "00B09E0402", "04309000");
	says(chip, "00B0830002", "6A82");
	says(chip, "00B0C10002", "6A86");
	says(chip, "00A4020C020101", "9000");
	says(chip, "00B0000004", "618201289000");
	put_away(b);
}

static void odd_instruction(void **state)
{
	(void)state;
	struct bench *b = bench_new(true);
	struct terminal *t = lay_down(b);
	struct sim_chip *chip = t->chip;
	char text[80];
	says(chip, "00A4040C07A0000002471001", "9000");
	says(chip, "00B1011E03 540104 06", "5304 04303130 9000");
	says(chip, "00B1001E03 540104 06", "5304 04303130 9000");
	says(chip, "00B10000 03 540105 04", "5302 3031 9000");
	says(chip, "00B10102 04 54029C3F 05", "5301 58 9000");
	snprintf(text, sizeof text, "5303 %02X%02X%02X 9000", b->big[35000], b->big[35001],
		b->big[35002]);
	says(chip, "00B10102 04 540288B8 05", text);
	says(chip, "00B10102 04 54029C40 05", "6B00");
	says(chip, "00B10102 03 550101 05", "6A80");
	put_away(b);
}

static void lengths(void **state)
{
	(void)state;
	struct bench *b = bench_new(true);
	struct terminal *t = lay_down(b);
	static const uint8_t whole[] = {0, 0xb0, 0, 0, 0, 0, 0},
			     four_k[] = {0, 0xb0, 0, 0, 0, 0x10, 0};
	says(t->chip, "00A4040C07A0000002471001", "9000");
	says(t->chip, "00A4020C0000020102", "9000");
	assert_int_equal(terminal_plain(t, four_k, sizeof four_k), 0x9000);
	assert_int_equal(t->reply_size, 4096 + 2);
	assert_int_equal(terminal_plain(t, whole, sizeof whole), 0x9000);
	assert_int_equal(t->reply_size, 40000 + 2);
	assert_memory_equal(t->reply, b->big, 40000);
	b->config.response_most = 1000;
	t = lay_down(b);
	says(t->chip, "00A4040C07A0000002471001", "9000");
	says(t->chip, "00A4020C020102", "9000");
	assert_int_equal(terminal_plain(t, whole, sizeof whole), 0x9000);
	assert_int_equal(t->reply_size, 1002);
	b->config.no_extended = true;
	t = lay_down(b);
	says(t->chip, "00A4040C07A0000002471001", "9000");
	says(t->chip, "00A4020C020102", "9000");
	assert_int_equal(terminal_plain(t, whole, sizeof whole), 0x6700);
	says(t->chip, "00", "6700");
	says(t->chip, "00B00000000000", "6700");
	says(t->chip, "80B0000000", "6E00");
	says(t->chip, "00440000", "6D00");
	says(t->chip, "0CB0000000", "6882");
	says(t->chip, "00200000", "6D00");
	says(t->chip, "0022FFFF", "6A86");
	says(t->chip, "0086000002 7C00 00", "6985");
	says(t->chip, "0088000008 0000000000000000 00", "6D00");
	put_away(b);
}

static void protected_reading(void **state)
{
	(void)state;
	struct bench *b = bench_new(false);
	struct terminal *t = lay_down(b);
	static uint8_t out[50000];
	assert_int_equal(terminal_bac(t, "L898902C<369080619406237"), 0x6300);
	assert_int_equal(terminal_bac(t, key), 0x9000);
	assert_int_equal(terminal_read(t, 0x011e, out, sizeof out, 231), 22);
	assert_memory_equal(out, b->files[0].bytes, 22);
	assert_int_equal(terminal_read(t, 0x0101, out, sizeof out, 7), 300);
	assert_memory_equal(out, b->small, 300);
	/* A short response holds 231 bytes (note: DO87, DO99 and DO8E take the rest). */
	assert_int_equal(terminal_send(t, 0xb0, 0, 0, NULL, 0, 256), 0x9000);
	assert_int_equal(t->data_size, 231);
	assert_int_equal(terminal_read(t, 0x0103, out, sizeof out, 231), -0x6A82);
	static const uint8_t offset[] = {0x54, 2, 0x88, 0xb8};
	assert_int_equal(terminal_send(t, 0xb1, 1, 2, offset, sizeof offset, 12),
		T_BARE); /* DO85 in its place */
	static const uint8_t plain[] = {0, 0xb0, 0x81, 0, 4};
	assert_int_equal(terminal_plain(t, plain, sizeof plain), 0x6982);
	assert_int_equal(terminal_send(t, 0xb0, 0x81, 0, NULL, 0, 4), T_BARE);
	put_away(b);
}

static void time_model(void **state)
{
	(void)state;
	struct bench *b = bench_new(true);
	b->config.timing =
		(struct sim_chip_timing){.us_per_byte = 4, .air_kbit = 106, .frame_ms = 0.3};
	b->config.timing.ms[0xb0] = 4;
	struct terminal *t = lay_down(b);
	static const uint8_t read[] = {0, 0xb0, 0x81, 0, 0};
	says(t->chip, "00A4040C07A0000002471001", "9000");
	/* 12 + 2 bytes in two frames: 14 * 4 us, 9 * (14 + 6) / 106 ms, 2 * 0.3 ms */
	double ms = 0.056 + 180.0 / 106 + 0.6;
	assert_true(sim_chip_last_ms(t->chip) > ms - 1e-9 && sim_chip_last_ms(t->chip) < ms + 1e-9);
	assert_int_equal(terminal_plain(t, read, sizeof read), 0x9000);
	/* 5 + 258 bytes in three frames */
	double more = 4 + 1.052 + 9.0 * (263 + 9) / 106 + 0.9;
	assert_true(
		sim_chip_last_ms(t->chip) > more - 1e-9 && sim_chip_last_ms(t->chip) < more + 1e-9);
	assert_true(sim_chip_total_ms(t->chip) > ms + more - 1e-9 &&
		    sim_chip_total_ms(t->chip) < ms + more + 1e-9);
	assert_int_equal(sim_chip_commands(t->chip), 2);
	put_away(b);
}

static void attributes(void **state)
{
	(void)state;
	uint8_t atr[33];
	struct bench *b = bench_new(true);
	struct terminal *t = lay_down(b);
	size_t n = sim_chip_atr(t->chip, atr);
	uint8_t check = 0;
	for (size_t i = 1; i < n; i++)
		check ^= atr[i];
	assert_int_equal(check, 0);
	assert_int_equal(atr[0], 0x3b);
	assert_int_equal(n, 4 + (atr[1] & 15) + 1);
	put_away(b);
}

/* The terminal's verdict on reading 64 bytes of DG1 (first command after BAC is SELECT, then READ).
 */
static int under(const char *fault, struct bench **out)
{
	struct bench *b = bench_new(false);
	static const uint8_t name[] = {1, 1};
	assert_int_equal(sim_chip_fault_parse(fault, b->config.faults), PN_OK);
	struct terminal *t = lay_down(b);
	*out = b;
	int sw = terminal_bac(t, key);
	if (sw != 0x9000)
		return sw;
	sw = terminal_send(t, 0xa4, 2, 0x0c, name, 2, 0);
	return sw == 0x9000 ? terminal_send(t, 0xb0, 0, 0, NULL, 0, 64) : sw;
}

static void message_faults(void **state)
{
	(void)state;
	/* Command 4 is SELECT, 5 is READ. */
	static const struct {
		const char *fault;
		int verdict;
	} cases[] = {{"sm-mac@5", T_CHECKSUM}, {"sm-no-mac@5", T_BARE}, {"sm-ssc@5", T_CHECKSUM},
		{"sm-replay@5", T_CHECKSUM}, {"sm-padding@5", T_CRYPTOGRAM},
		{"sm-indicator@5", T_CRYPTOGRAM}, {"sm-cryptogram@5", T_CRYPTOGRAM},
		{"sm-status@5", T_STATUS}, {"sm-no-status@5", T_STATUS},
		{"sm-plain-9000@5", T_BARE}, {"sm-plain-data@5", T_BARE},
		{"sm-plain-error@5", T_BARE}, {"sm-drop@5", T_BARE}, {"sm-mac", T_CHECKSUM},
		{"sm-mac@6", 0x9000}, {"sm-mac@4+", T_CHECKSUM}, {"bac-6300", 0x6300},
		{"bac-rnd", -9}, {"reply-0@3", T_LINK}, {"reply-1@5", T_LINK},
		{"read-none@5", 0x9000}, {"read-6c@5", 0x9000}, {"read-6c=48@5", 0x6C30},
		{"read-error@5", 0x6F00}, {"read-error=27010@5", 0x6982},
		{"read-absent=257", 0x6A82}, {"read-absent=0x102", 0x9000}, {"read-no-aid", 0x6A82},
		{"read-6282=16@5", 0x6282}, {"read-6b00@5", 0x9000}, {"le-6700", 0x9000}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct bench *b = NULL;
		int got = under(cases[i].fault, &b);
		if (got != cases[i].verdict)
			fail_msg("%s: %x, not %x", cases[i].fault, (unsigned)got,
				(unsigned)cases[i].verdict);
		put_away(b);
	}
}

/* What the terminal got of 64 bytes. */
static void read_faults(void **state)
{
	(void)state;
	static const struct {
		const char *fault;
		size_t size;
	} cases[] = {{"slow=5", 64}, {"read-short@5", 32}, {"read-none@5", 0}, {"read-long@5", 65},
		{"read-6282=16@5", 16}, {"read-no-256", 64}, {"read-no-extended", 64}};
	struct bench *b = NULL;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		under(cases[i].fault, &b);
		if (b->t.data_size != cases[i].size)
			fail_msg("%s: %zu bytes", cases[i].fault, b->t.data_size);
		put_away(b);
	}
	assert_int_equal(under("read-no-256", &b), 0x9000);
	assert_int_equal(terminal_send(&b->t, 0xb0, 0, 0, NULL, 0, 256), 0x6700);
	put_away(b);
	assert_int_equal(under("read-6b00", &b), 0x9000);
	assert_int_equal(terminal_send(&b->t, 0xb0, 1, 0, NULL, 0, 44), 0x9000);
	assert_int_equal(terminal_send(&b->t, 0xb0, 1, 0, NULL, 0, 45), 0x6B00);
	put_away(b);
	assert_int_equal(under("read-no-sfi", &b), 0x9000);
	assert_int_equal(terminal_send(&b->t, 0xb0, 0x81, 0, NULL, 0, 4), 0x6A86);
	put_away(b);
	assert_int_equal(under("slow=5", &b), 0x9000);
	assert_true(sim_chip_last_ms(b->t.chip) > 4.99 && sim_chip_last_ms(b->t.chip) < 5.01);
	put_away(b);
	static const uint8_t offset[] = {0x54, 1, 0};
	assert_int_equal(under("read-no-odd", &b), 0x9000);
	assert_int_equal(terminal_send(&b->t, 0xb1, 0, 0, offset, sizeof offset, 12), 0x6D00);
	put_away(b);
}

static void plain_faults(void **state)
{
	(void)state;
	struct bench *b = bench_new(true);
	struct terminal *t = lay_down(b);
	const struct sim_chip_when on = {.on = true}, off = {.on = false};
	static const uint8_t extended[] = {0, 0xb0, 0, 0, 0, 0, 16};
	says(t->chip, "00A4040C07A0000002471001", "9000");
	says(t->chip, "00A4020C02011E", "9000");
	sim_chip_set_fault(t->chip, SIM_FAULT_READ_61, &on);
	says(t->chip, "00B0000008", "6108");
	says(t->chip, "00C0000004", "60145F016104");
	says(t->chip, "00C0000004", "043031309000");
	says(t->chip, "00C0000004", "6985");
	sim_chip_set_fault(t->chip, SIM_FAULT_READ_61, &off);
	sim_chip_set_fault(t->chip, SIM_FAULT_READ_NO_EXTENDED, &on);
	assert_int_equal(terminal_plain(t, extended, sizeof extended), 0x6700);
	sim_chip_set_fault(t->chip, SIM_FAULT_READ_NO_EXTENDED, &off);
	assert_int_equal(terminal_plain(t, extended, sizeof extended), 0x9000);
	sim_chip_set_fault(t->chip, SIM_FAULT_LE_6700, &on);
	says(t->chip, "00A4020C02011E00", "6700");
	says(t->chip, "00A4020C02011E", "9000");
	put_away(b);
}

static void tears(void **state)
{
	(void)state;
	static const char *const kinds[] = {"tear", "tear-late", "tear-half"};
	for (size_t kind = 0; kind < 3; kind++) {
		for (unsigned at = 1; at <= 5; at++) {
			struct bench *b = NULL;
			char text[32];
			snprintf(text, sizeof text, "%s@%u", kinds[kind], at);
			under(text, &b);
			assert_int_equal(b->t.link, PN_ECLOSED);
			assert_int_equal(b->t.reply_size, kind == 2 && at >= 3 ? 2 : 0);
			assert_int_equal(
				sim_chip_announced(b->t.chip), kind == 2 && at >= 3 ? 10 : 0);
			/* away is away, and laid down again all is well */
			assert_int_equal(terminal_bac(&b->t, key), T_LINK);
			sim_chip_power(b->t.chip, true);
			assert_int_equal(terminal_bac(&b->t, key), 0x9000);
			put_away(b);
		}
	}
}

/* ACCESS faults of PACE, seen by their bytes. */
static void pace_faults(void **state)
{
	(void)state;
	static const char mse[] = "0022C1A40F800A04007F00070202040202830102",
			  named[] = "0022C1A412800A04007F00070202040202830102"
				    "84010D";
	static const char map[] = "10860000457C438141047ACF3EFC982EC45565A4B155129EFBC74650DCBFA636"
				  "2D896FC70262E0C2CC5E544552DCB672"
				  "5218799115B55C9BAA6D9F6BC3A9618E70C25AF71777A9C4922D00";
	struct sim_chip_config c = {
		.pace = {{SIM_GM, SIM_AES_128, 13}}, .pace_count = 1, .can = "123456"};
	static const struct {
		enum sim_chip_fault fault;
		const char *command, *response;
	} cases[] = {{SIM_FAULT_MSE_6A80, mse, "6A80"}, {SIM_FAULT_MSE_6A88, mse, "6A88"},
		{SIM_FAULT_MSE_6A87, mse, "6A87"}, {SIM_FAULT_MSE_6A87, named, "9000"}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct sim_chip *chip = NULL;
		struct sim_chip_config copy = c;
		copy.faults[cases[i].fault].on = true;
		assert_int_equal(sim_chip_new(&copy, &chip), 0);
		says(chip, cases[i].command, cases[i].response);
		sim_chip_free(chip);
	}
	static uint8_t out[SIM_CHIP_RESPONSE_MAX];
	for (int f = 0; f < 3; f++) {
		struct sim_chip *chip = NULL;
		struct sim_chip_config copy = c;
		copy.faults[f == 0   ? SIM_FAULT_PACE_NONCE
			    : f == 1 ? SIM_FAULT_PACE_OFF_CURVE
				     : SIM_FAULT_PACE_SAME_MAP]
			.on = true;
		assert_int_equal(sim_chip_new(&copy, &chip), 0);
		says(chip, mse, "9000");
		struct bytes command = hex("10860000027C0000");
		size_t n = sizeof out;
		assert_int_equal(sim_chip_apdu(chip, command.at, command.size, out, &n), 0);
		assert_int_equal(n, f == 0 ? 21 : 22);
		command = hex(map);
		n = sizeof out;
		assert_int_equal(sim_chip_apdu(chip, command.at, command.size, out, &n), 0);
		assert_int_equal(n, 71);
		assert_int_equal(memcmp(out + 5, command.at + 10, 64) == 0, f == 2);
		/* a point of the curve, or not */
		EC_GROUP *g = EC_GROUP_new_by_curve_name(NID_brainpoolP256r1);
		EC_POINT *p = EC_POINT_new(g);
		assert_int_equal(EC_POINT_oct2point(g, p, out + 4, 65, NULL) == 1, f != 1);
		EC_POINT_free(p);
		EC_GROUP_free(g);
		sim_chip_free(chip);
	}
}

static void fault_texts(void **state)
{
	(void)state;
	struct sim_chip_when f[SIM_FAULTS];
	memset(f, 0, sizeof f);
	for (int i = 0; i < SIM_FAULTS; i++) {
		assert_int_equal(
			sim_chip_fault_parse(sim_chip_fault_name((enum sim_chip_fault)i), f),
			PN_OK);
		assert_true(f[i].on && f[i].at == 0);
		assert_non_null(sim_chip_fault_about((enum sim_chip_fault)i));
	}
	assert_null(sim_chip_fault_name(SIM_FAULTS));
	assert_int_equal(sim_chip_fault_parse("read-6c=0x40@7+", f), PN_OK);
	assert_int_equal(f[SIM_FAULT_READ_6C].value, 64);
	assert_int_equal(f[SIM_FAULT_READ_6C].at, 7);
	assert_true(f[SIM_FAULT_READ_6C].and_after);
	static const char *const wrong[] = {"sm-mac@", "sm-mac@0", "sm-mac=", "sm-mac=x",
		"sm-mac@1x", "sm-mac@-1", "=1", "", "read-6c=99999999999"};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_int_not_equal(sim_chip_fault_parse(wrong[i], f), PN_OK);
	assert_int_equal(sim_chip_fault_parse("sm-mad", f), PN_ENOTFOUND);
}

static void impossible(void **state)
{
	(void)state;
	struct sim_chip *chip = NULL;
	struct sim_chip_config c = {.can = "1", .pace_count = 1};
	static const struct sim_chip_pace wrong[] = {{SIM_IM, SIM_AES_128, 10},
		{SIM_CAM, SIM_AES_128, 13}, {SIM_CAM, SIM_3DES, 13}, {SIM_GM, SIM_NO_CIPHER, 13},
		{SIM_GM, SIM_AES_128, 3}, {SIM_GM, SIM_AES_128, 19}};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		c.pace[0] = wrong[i];
		assert_int_equal(sim_chip_new(&c, &chip), PN_EINVAL);
		assert_null(chip);
	}
	c = (struct sim_chip_config){.bac = true};
	assert_int_equal(sim_chip_new(&c, &chip), PN_EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_the_clear),
		cmocka_unit_test(odd_instruction),
		cmocka_unit_test(lengths),
		cmocka_unit_test(protected_reading),
		cmocka_unit_test(time_model),
		cmocka_unit_test(attributes),
		cmocka_unit_test(message_faults),
		cmocka_unit_test(read_faults),
		cmocka_unit_test(plain_faults),
		cmocka_unit_test(tears),
		cmocka_unit_test(pace_faults),
		cmocka_unit_test(fault_texts),
		cmocka_unit_test(impossible),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

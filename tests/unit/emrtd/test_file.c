/* SPDX-License-Identifier: Apache-2.0
 * Whole files from chips of many manners: every size, every limit, every way to refuse, and a tear at every exchange. The
 * chip here is plain: secure messaging is another test's. Must never compare anything but the bytes the caller got.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "emrtd/file.h"

enum refusal { SAY_6700, SAY_6C, SAY_6282, SAY_NOTHING, SAY_6B00, GIVE_LESS };

struct chip {
	uint8_t *file;
	size_t size;       /* of the file on the chip: the object and padding behind it */
	size_t most;       /* bytes that it gives at once */
	enum refusal refusal;
	bool without_sfi, absent, current;
	unsigned exchanges, tear_at; /* 0: never */
};

struct got {
	uint8_t *bytes;
	size_t size, room;
};

static int answer(uint8_t *response, size_t *size, const uint8_t *data, size_t n, uint16_t sw)
{
	if (n + 2 > *size)
		return -1;
	if (n > 0)
		memcpy(response, data, n);
	response[n] = (uint8_t)(sw >> 8);
	response[n + 1] = (uint8_t)sw;
	*size = n + 2;
	return 0;
}

static size_t offset_of(const struct emrtd_command *c, bool *sfi)
{
	*sfi = c->ins == 0xb0 && (c->p1 & 0x80);
	if (c->ins == 0xb0)
		return *sfi ? c->p2 : (size_t)c->p1 << 8 | c->p2;
	size_t at = 0; /* 54 LL offset */
	for (size_t i = 2; i < c->data.size; i++)
		at = at << 8 | c->data.bytes[i];
	return at;
}

static int read_binary(struct chip *chip, const struct emrtd_command *c, uint8_t *response, size_t *size)
{
	bool sfi;
	size_t offset = offset_of(c, &sfi), want = c->le;
	if (sfi && chip->absent)
		return answer(response, size, NULL, 0, 0x6a82);
	if (sfi && chip->without_sfi)
		return answer(response, size, NULL, 0, 0x6981);
	if (sfi)
		chip->current = true;
	if (!chip->current)
		return answer(response, size, NULL, 0, 0x6986);
	if (offset >= chip->size)
		return answer(response, size, NULL, 0, 0x6b00);
	if (want > chip->most) {
		switch (chip->refusal) {
		case SAY_6700:
			return answer(response, size, NULL, 0, 0x6700);
		case SAY_6C:
			return answer(response, size, NULL, 0, (uint16_t)(0x6c00 | (chip->most & 0xff)));
		case SAY_6282:
			return answer(response, size, NULL, 0, 0x6282);
		case SAY_NOTHING:
			return answer(response, size, NULL, 0, 0x9000);
		case SAY_6B00:
			return answer(response, size, NULL, 0, 0x6b00);
		case GIVE_LESS:
			want = chip->most;
			break;
		}
	}
	uint8_t framed[70000];
	size_t head = 0;
	if (c->ins == 0xb1) { /* 53 LL data, Le counts it all */
		size_t room = want > 8 ? want - (want > 0x102 ? 4 : want > 0x81 ? 3 : 2) : 1;
		if (room > chip->size - offset)
			room = chip->size - offset;
		struct emrtd_writer w = {framed, 0, sizeof framed, false};
		emrtd_put_tlv(&w, 0x53, chip->file + offset, room);
		head = w.size;
	} else {
		size_t room = want < chip->size - offset ? want : chip->size - offset;
		memcpy(framed, chip->file + offset, room);
		head = room;
	}
	return answer(response, size, framed, head, 0x9000);
}

static int transmit(void *self, const uint8_t *command, size_t n, uint8_t *response, size_t *size)
{
	struct chip *chip = self;
	struct emrtd_command c;
	if (chip->tear_at != 0 && ++chip->exchanges == chip->tear_at)
		return -1;
	if (emrtd_command_decode((struct emrtd_bytes){command, n}, &c) != 0)
		return answer(response, size, NULL, 0, 0x6700);
	if (c.ins == 0xa4) {
		chip->current = !chip->absent;
		return answer(response, size, NULL, 0, chip->absent ? 0x6a82 : 0x9000);
	}
	return read_binary(chip, &c, response, size);
}

static int take(void *self, const uint8_t *bytes, size_t size)
{
	struct got *g = self;
	assert_true(g->size + size <= g->room);
	memcpy(g->bytes + g->size, bytes, size);
	g->size += size;
	return 0;
}

static void make(struct chip *chip, size_t value, size_t padding)
{
	struct emrtd_writer w;
	size_t object = emrtd_tlv_size(0x75, value);
	chip->file = malloc(object + padding);
	assert_non_null(chip->file);
	w = (struct emrtd_writer){chip->file, 0, object, false};
	emrtd_put_header(&w, 0x75, value);
	for (size_t i = w.size; i < object + padding; i++)
		chip->file[i] = (uint8_t)(i * 31 + (i >> 8));
	chip->size = object + padding;
}

static struct emrtd_session *open_chip(struct chip *chip, bool extended)
{
	const struct emrtd_channel channel = {chip, transmit, extended ? 4096 : 0, extended ? 4096 : 0, NULL, false};
	struct emrtd_session *s = emrtd_open(&channel);
	assert_non_null(s);
	return s;
}

static void whole_file(size_t value, size_t padding, size_t most, enum refusal refusal, bool without_sfi, bool extended)
{
	struct chip chip = {.most = most, .refusal = refusal, .without_sfi = without_sfi};
	struct emrtd_limits limits = {0};
	struct emrtd_progress progress = {0};
	struct emrtd_file file;
	make(&chip, value, padding);
	struct got got = {malloc(chip.size), 0, chip.size};
	struct emrtd_session *s = open_chip(&chip, extended);
	assert_true(emrtd_file_group(2, &file));
	int err = emrtd_file_read(s, &file, &limits, &progress, EMRTD_FILE_MAX, take, &got);
	if (err != 0)
		fail_msg("value %zu, padding %zu, most %zu, refusal %d, without SFI %d, extended %d: error %d, status %04x at %zu",
			value, padding, most, (int)refusal, without_sfi, extended, err, emrtd_failure(s).sw, progress.done);
	assert_int_equal(got.size, chip.size - padding);
	assert_memory_equal(got.bytes, chip.file, got.size);
	emrtd_close(s);
	free(got.bytes);
	free(chip.file);
}

static void every_size_and_manner(void **state)
{
	static const size_t values[] = {1, 2, 100, 127, 128, 223, 250, 255, 256, 257, 1000, 32760, 32767, 32768, 33000, 66000};
	static const size_t mosts[] = {64, 100, 200, 231, 256, 5000};
	(void)state;
	for (size_t v = 0; v < PN_COUNT(values); v++)
		for (size_t m = 0; m < PN_COUNT(mosts); m++)
			for (int refusal = SAY_6700; refusal <= GIVE_LESS; refusal++)
				for (int bits = 0; bits < 8; bits++)
					whole_file(values[v], bits & 1 ? 7 : 0, mosts[m], (enum refusal)refusal, bits & 2,
						bits & 4);
}

/* A tear at every exchange: what was handed out is kept, the rest follows, and the whole is the file. */
static void a_tear_at_every_exchange(void **state)
{
	(void)state;
	for (unsigned n = 1; n < 40; n++) {
		struct chip chip = {.most = 150, .refusal = SAY_6700, .tear_at = n};
		struct emrtd_limits limits = {0};
		struct emrtd_progress progress = {0};
		struct emrtd_file file;
		make(&chip, 3000, 0);
		struct got got = {malloc(chip.size), 0, chip.size};
		struct emrtd_session *s = open_chip(&chip, false);
		assert_true(emrtd_file_group(2, &file));
		int err = emrtd_file_read(s, &file, &limits, &progress, EMRTD_FILE_MAX, take, &got);
		if (err != 0) {
			assert_true(got.size < chip.size);
			assert_int_equal(got.size, progress.done);
			chip.current = false;
			emrtd_reset(s);
			err = emrtd_file_read(s, &file, &limits, &progress, EMRTD_FILE_MAX, take, &got);
		} else {
			assert_true(n > 20); /* the whole went before that exchange */
		}
		assert_int_equal(err, 0);
		assert_int_equal(got.size, chip.size);
		assert_memory_equal(got.bytes, chip.file, got.size);
		emrtd_close(s);
		free(got.bytes);
		free(chip.file);
	}
}

static void another_document_is_not_mixed_in(void **state)
{
	struct chip chip = {.most = 150, .refusal = SAY_6700, .tear_at = 9};
	struct emrtd_limits limits = {0};
	struct emrtd_progress progress = {0};
	struct emrtd_file file;
	(void)state;
	make(&chip, 3000, 0);
	struct got got = {malloc(chip.size), 0, chip.size};
	struct emrtd_session *s = open_chip(&chip, false);
	assert_true(emrtd_file_group(2, &file));
	assert_int_not_equal(emrtd_file_read(s, &file, &limits, &progress, EMRTD_FILE_MAX, take, &got), 0);
	emrtd_reset(s);
	chip.file[6] ^= 1;
	chip.current = false;
	assert_int_equal(emrtd_file_read(s, &file, &limits, &progress, EMRTD_FILE_MAX, take, &got), PN_EFORMAT);
	emrtd_close(s);
	free(got.bytes);
	free(chip.file);
}

static void what_is_not_there_or_not_it(void **state)
{
	struct chip chip = {.most = 256, .absent = true};
	struct emrtd_limits limits = {0};
	struct emrtd_progress progress = {0};
	struct emrtd_file file;
	(void)state;
	make(&chip, 300, 0);
	struct got got = {malloc(70000), 0, 70000};
	struct emrtd_session *s = open_chip(&chip, false);
	assert_true(emrtd_file_group(1, &file));
	assert_false(emrtd_file_group(0, &file));
	assert_false(emrtd_file_group(17, &file));
	assert_int_equal(emrtd_file_read(s, &file, &limits, &progress, EMRTD_FILE_MAX, take, &got), PN_ENOTFOUND);
	chip.absent = false;
	assert_int_equal(emrtd_file_read(s, &file, &limits, &progress, EMRTD_FILE_MAX, take, &got), PN_EFORMAT); /* a DG2 */
	assert_true(emrtd_file_group(2, &file));
	assert_int_equal(emrtd_file_read(s, &file, &limits, &progress, 200, take, &got), PN_ELIMIT);
	chip.most = 10;
	chip.refusal = SAY_NOTHING;
	assert_int_equal(emrtd_file_read(s, &file, &limits, &progress, EMRTD_FILE_MAX, take, &got), PN_ELIMIT);
	assert_int_equal(got.size, 0);
	emrtd_close(s);
	free(got.bytes);
	free(chip.file);
}

/* What one file taught serves the next: no chunk is refused twice. */
static void limits_are_remembered(void **state)
{
	struct chip chip = {.most = 120, .refusal = SAY_6700, .without_sfi = true};
	struct emrtd_limits limits = {0};
	struct emrtd_file file;
	(void)state;
	make(&chip, 2000, 0);
	struct emrtd_session *s = open_chip(&chip, false);
	unsigned exchanges = 0, refused = 0;
	assert_true(emrtd_file_group(2, &file));
	for (int i = 0; i < 2; i++) {
		struct emrtd_progress progress = {0};
		struct got got = {malloc(chip.size), 0, chip.size};
		assert_int_equal(emrtd_file_read(s, &file, &limits, &progress, EMRTD_FILE_MAX, take, &got), 0);
		free(got.bytes);
		if (i == 0) {
			exchanges = emrtd_state(s).exchanges;
			refused = limits.refused;
			assert_true(refused > 0);
		}
	}
	assert_int_equal(limits.refused, refused);
	assert_true(emrtd_state(s).exchanges - exchanges < exchanges);
	emrtd_close(s);
	free(chip.file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_size_and_manner),
		cmocka_unit_test(a_tear_at_every_exchange),
		cmocka_unit_test(another_document_is_not_mixed_in),
		cmocka_unit_test(what_is_not_there_or_not_it),
		cmocka_unit_test(limits_are_remembered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

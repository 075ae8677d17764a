/* SPDX-License-Identifier: Apache-2.0
 * The pure framing of reader-serial: bytes and times in, events out, for each framing, with half
 * frames, garbage, oversized frames and removals. Must never look at a private field: only events
 * and counts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* cmocka wants the three above first */
#include "framing.h"
#include <cmocka.h>

#define TD3A "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
#define TD3B "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
#define TD2A "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<"
#define TD2B "D231458907UTO7408122F1204159<<<<<<<6"
#define TD1A "I<UTOD231458907<<<<<<<<<<<<<<<"
#define TD1B "7408122F1204159UTO<<<<<<<<<<<6"
#define TD1C "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"
#define S "\x02"
#define E "\x03"
#define GIVEN_TD3 "presented " TD3A " " TD3B "; "
#define GIVEN_TD2 "presented " TD2A " " TD2B "; "
#define GIVEN_TD1 "presented " TD1A " " TD1B " " TD1C "; "

struct log {
	char text[4096];
	uint32_t read_ms;
};

static void on_event(void *self, const struct framing_event *event)
{
	struct log *log = self;
	char *end = log->text + strlen(log->text);
	size_t room = sizeof(log->text) - strlen(log->text);

	switch (event->kind) {
	case FRAMING_PRESENTED:
		strncat(end, "presented", room - 1);
		for (size_t i = 0; i < event->count; i++) {
			strcat(end, " ");
			strcat(end, event->lines[i]);
		}
		strcat(end, "; ");
		log->read_ms = event->read_ms;
		break;
	case FRAMING_REMOVED:
		snprintf(end, room, "removed%s; ", event->early ? " early" : "");
		break;
	case FRAMING_UNREADABLE:
		snprintf(end, room, "unreadable %s; ", event->reason);
		break;
	}
}

static void begin(struct framing *f, struct log *log, enum framing_kind kind, const char *removed)
{
	struct framing_config config = {.kind = kind, .timeout_ms = 500};

	memset(log, 0, sizeof(*log));
	strcpy(config.removed_frame, removed);
	assert_true(framing_init(f, &config, on_event, log));
}

static void feed(struct framing *f, const char *text, size_t size, uint64_t now)
{
	framing_feed(f, (const uint8_t *)text, size, now);
}

/* Feeds the bytes at once, and again one by one: the events must be the same. */
static void expect(enum framing_kind kind, const char *removed, const char *bytes, size_t size,
	const char *events)
{
	struct framing f;
	struct log log;

	begin(&f, &log, kind, removed);
	feed(&f, bytes, size, 1000);
	framing_tick(&f, 3000);
	assert_string_equal(log.text, events);
	begin(&f, &log, kind, removed);
	for (size_t i = 0; i < size; i++)
		feed(&f, bytes + i, 1, 1000);
	framing_tick(&f, 3000);
	assert_string_equal(log.text, events);
}

#define EXPECT(kind, removed, bytes, events) expect(kind, removed, bytes, sizeof(bytes) - 1, events)

static void test_stx_etx(void **state)
{
	(void)state;
	EXPECT(FRAMING_STX_ETX, "", S TD3A "\r\n" TD3B E, GIVEN_TD3 "removed; ");
	EXPECT(FRAMING_STX_ETX, "", S TD3A "\r" TD3B "\r" E, GIVEN_TD3 "removed; ");
	EXPECT(FRAMING_STX_ETX, "", S TD3A E S TD3B E, GIVEN_TD3 "removed; ");
	EXPECT(FRAMING_STX_ETX, "", S TD1A "\n" TD1B "\n" TD1C E, GIVEN_TD1 "removed; ");
	EXPECT(FRAMING_STX_ETX, "", S TD1A E S TD1B E S TD1C E, GIVEN_TD1 "removed; ");
	EXPECT(FRAMING_STX_ETX, "", S TD2A "\r" TD2B E, GIVEN_TD2 "removed; ");
}

static void test_cr(void **state)
{
	(void)state;
	EXPECT(FRAMING_CR, "", TD3A "\r" TD3B "\r", GIVEN_TD3 "removed; ");
	EXPECT(FRAMING_CR, "", TD1A "\r" TD1B "\r" TD1C "\r\r", GIVEN_TD1 "removed; ");
	EXPECT(FRAMING_CR, "", TD2A "\r\n" TD2B "\r\n", GIVEN_TD2 "removed; "); /* LF is noise */
}

static void test_crlf(void **state)
{
	(void)state;
	EXPECT(FRAMING_CRLF, "", TD3A "\r\n" TD3B "\r\n", GIVEN_TD3 "removed; ");
	EXPECT(FRAMING_CRLF, "", TD1A "\r\n" TD1B "\r\n" TD1C "\r\n\r\n", GIVEN_TD1 "removed; ");
	EXPECT(FRAMING_CRLF, "", "\r" TD2A "\r\n" TD2A "\r\n" TD2B "\r\n",
		"unreadable reader.garbled; " GIVEN_TD2 "removed; ");
	EXPECT(FRAMING_CRLF, "", TD3A "\n" TD3B "\r\n", "unreadable reader.garbled; ");
}

static void test_lines_without_ends(void **state)
{
	(void)state;
	EXPECT(FRAMING_STX_ETX, "", S TD3A TD3B E, GIVEN_TD3 "removed; ");
	EXPECT(FRAMING_CR, "", TD2A TD2B "\r", GIVEN_TD2 "removed; ");
	EXPECT(FRAMING_CRLF, "", TD1A TD1B TD1C "\r\n", GIVEN_TD1 "removed; ");
}

static void test_removal(void **state)
{
	(void)state;
	EXPECT(FRAMING_STX_ETX, "REMOVED", S TD3A "\r" TD3B E, GIVEN_TD3);
	EXPECT(FRAMING_STX_ETX, "REMOVED", S TD3A "\r" TD3B E S "REMOVED" E, GIVEN_TD3 "removed; ");
	EXPECT(FRAMING_STX_ETX, "REMOVED", S TD3A "\r" TD3B E S "REMOVED\r\n" E S "REMOVED" E,
		GIVEN_TD3 "removed; ");
	EXPECT(FRAMING_CR, "@GONE", "@GONE\r" TD1A "\r" TD1B "\r@GONE\r", "removed early; ");
	EXPECT(FRAMING_CRLF, "NODOC-PRESENT", "12345678901234567890\r\nNODOC-PRESENT\r\n",
		"unreadable reader.garbled; removed early; ");
	/* a reader that repeats what lies on it; then another document, its predecessor's removal
	 * lost on the line */
	EXPECT(FRAMING_CR, "@GONE",
		TD3A "\r" TD3B "\r" TD3A "\r" TD3B "\r" TD3A "\r" TD3B "\r@GONE\r",
		GIVEN_TD3 "removed; ");
	EXPECT(FRAMING_CR, "@GONE", TD3A "\r" TD3B "\r" TD2A "\r" TD2B "\r",
		GIVEN_TD3 "removed; " GIVEN_TD2);
}

static void test_swipes(void **state)
{
	(void)state;
	EXPECT(FRAMING_CR, "", TD3A "\r" TD3B "\r" TD3A "\r" TD3B "\r",
		GIVEN_TD3 "removed; " GIVEN_TD3
			  "removed; "); /* the same document twice is two swipes */
}

static void test_half_frames(void **state)
{
	(void)state;
	EXPECT(FRAMING_STX_ETX, "", S "P<UTOERIK", "unreadable reader.incomplete; ");
	EXPECT(FRAMING_STX_ETX, "", S TD3A E, "unreadable reader.incomplete; ");
	EXPECT(FRAMING_CR, "", TD1A "\r" TD1B "\r", "unreadable reader.incomplete; ");
	EXPECT(FRAMING_CR, "", TD1A "\r" TD1B "\rERIKS", "unreadable reader.incomplete; ");
	EXPECT(FRAMING_CRLF, "", TD3A "\r\n" TD3B "\r", "unreadable reader.incomplete; ");
	EXPECT(FRAMING_STX_ETX, "", S "P<UTO" S TD3A "\r" TD3B E,
		"unreadable reader.incomplete; " GIVEN_TD3 "removed; ");
	/* lines of two formats: the first one's zone was cut off */
	EXPECT(FRAMING_CR, "", TD3A "\r" TD2A "\r" TD2B "\r",
		"unreadable reader.incomplete; " GIVEN_TD2 "removed; ");
	EXPECT(FRAMING_STX_ETX, "", S E S S E E, "");
}

static void test_garbage(void **state)
{
	char flood[4000];

	(void)state;
	EXPECT(FRAMING_STX_ETX, "", "\xff\x00noise\r\n" S TD3A "\r" TD3B E "more",
		GIVEN_TD3 "removed; ");
	EXPECT(FRAMING_CR, "", "\x81~#\r" TD3A "\r" TD3B "\r", GIVEN_TD3 "removed; ");
	/* a byte with a parity error is read as 0 */
	EXPECT(FRAMING_CR, "",
		"P<UTOERIK\0SON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\r" TD3A "\r" TD3B "\r",
		"unreadable reader.garbled; " GIVEN_TD3 "removed; ");
	EXPECT(FRAMING_CR, "", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<\r",
		"unreadable reader.garbled; ");
	/* printable but not of the alphabet: the document check says so, the reader does not judge
	 */
	EXPECT(FRAMING_CR, "", "p*UTOERIKSSON  ANNA<MARIA<<<<<<<<<<<<<<<<<<<\r" TD3B "\r",
		"presented p*UTOERIKSSON  ANNA<MARIA<<<<<<<<<<<<<<<<<<< " TD3B "; removed; ");
	memset(flood, 'A', sizeof(flood));
	expect(FRAMING_STX_ETX, "", flood, sizeof(flood), "");
	expect(FRAMING_CR, "", flood, sizeof(flood), "unreadable reader.oversized_frame; ");
	for (size_t i = 20; i < sizeof(flood); i += 20)
		flood[i] = '\r';
	flood[sizeof(flood) - 1] = '\r';
	expect(FRAMING_CR, "", flood, sizeof(flood),
		"unreadable reader.garbled; "); /* once, not 200 times */
}

static void test_counts(void **state)
{
	static const char bytes[] =
		"xx" S TD3A "\r" TD3B E "yy" S "12345678901234567890" E S "abc" E;
	struct framing f;
	struct log log;

	(void)state;
	begin(&f, &log, FRAMING_STX_ETX, "");
	feed(&f, bytes, sizeof(bytes) - 1, 1000);
	assert_int_equal(f.counts.frames, 3);
	assert_int_equal(f.counts.noise, 7); /* xx, yy, and abc: too short for a document */
	assert_int_equal(f.counts.garbled, 1);
	feed(&f, S TD3A, 45, 2000);
	framing_tick(&f, 2600);
	assert_int_equal(f.counts.incomplete, 1);
}

static void test_times(void **state)
{
	struct framing f;
	struct log log;

	(void)state;
	begin(&f, &log, FRAMING_CR, "");
	assert_int_equal(framing_tick(&f, 1000), 0); /* nothing begun: no timer */
	feed(&f, TD3A "\r", 45, 1000);
	assert_int_equal(framing_tick(&f, 1200), 300);
	feed(&f, TD3B, 44, 1450);
	assert_int_equal(framing_tick(&f, 1900), 50);
	feed(&f, "\r", 1, 1940);
	assert_string_equal(log.text, GIVEN_TD3 "removed; ");
	assert_int_equal(log.read_ms, 940);
	assert_int_equal(framing_tick(&f, 1941), 0);
	/* silence before the second line: the first is dropped even when no tick came in
	 * between, and the second waits in vain for another */
	log.text[0] = '\0';
	feed(&f, TD3A "\r", 45, 10000);
	feed(&f, TD3B "\r", 45, 10600);
	framing_tick(&f, 20000);
	assert_string_equal(
		log.text, "unreadable reader.incomplete; unreadable reader.incomplete; ");
	assert_int_equal(f.counts.quieted, 0);
	/* a flood resynchronises on silence although its end never came */
	log.text[0] = '\0';
	for (int i = 0; i < 300; i++)
		feed(&f, "A", 1, 30000);
	feed(&f, TD3A "\r" TD3B "\r", 90, 31000);
	assert_string_equal(log.text, "unreadable reader.oversized_frame; " GIVEN_TD3 "removed; ");
}

static void test_quiet_is_over(void **state)
{
	struct framing f;
	struct log log;

	(void)state;
	begin(&f, &log, FRAMING_CR, "");
	for (uint64_t now = 1000; now < 3000; now += 100)
		feed(&f, "12345678901234567890\r", 21, now);
	assert_string_equal(log.text, "unreadable reader.garbled; unreadable reader.garbled; ");
	assert_int_equal(f.counts.quieted, 18);
	/* a zone in between is news: the next unreadable one is told at once */
	feed(&f, TD3A "\r" TD3B "\r12345678901234567890\r", 111, 3000);
	assert_non_null(strstr(log.text, "removed; unreadable reader.garbled; "));
}

static void test_reset_and_repeat(void **state)
{
	struct framing f;
	struct log log;

	(void)state;
	begin(&f, &log, FRAMING_CR, "@GONE");
	framing_repeat(&f);
	feed(&f, TD3A "\r" TD3B "\r", 90, 1000);
	framing_repeat(&f);
	assert_string_equal(log.text, GIVEN_TD3 GIVEN_TD3);
	log.text[0] = '\0';
	framing_reset(&f);
	framing_repeat(&f);
	feed(&f, "@GONE\r", 6, 2000);
	assert_string_equal(log.text, "");
	for (size_t i = 0; i + 8 < sizeof(f); i++)
		assert_true(memcmp((const char *)&f + i, "ERIKSSON", 8) !=
			    0); /* nothing of the person is left */
}

static void test_configuration(void **state)
{
	struct framing_config config = {.kind = FRAMING_CR, .timeout_ms = 0};
	struct framing f;

	(void)state;
	assert_false(framing_init(&f, &config, on_event, NULL));
	config.timeout_ms = 1;
	assert_true(framing_init(&f, &config, on_event, NULL));
	strcpy(config.removed_frame, "A\rB");
	assert_false(framing_init(&f, &config, on_event, NULL));
	strcpy(config.removed_frame,
		"123456789012345678901234567890"); /* as long as a line of TD1 */
	assert_false(framing_init(&f, &config, on_event, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_stx_etx),
		cmocka_unit_test(test_cr), cmocka_unit_test(test_crlf),
		cmocka_unit_test(test_lines_without_ends), cmocka_unit_test(test_removal),
		cmocka_unit_test(test_swipes), cmocka_unit_test(test_half_frames),
		cmocka_unit_test(test_garbage), cmocka_unit_test(test_counts),
		cmocka_unit_test(test_times), cmocka_unit_test(test_quiet_is_over),
		cmocka_unit_test(test_reset_and_repeat), cmocka_unit_test(test_configuration)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

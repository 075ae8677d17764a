/* SPDX-License-Identifier: Apache-2.0
 * The plugin reader-vpcd before the core: virtual passports come to its port, its answers, its files and its progress are looked
 * at. Must never depend on how fast the machine is but by limits that are far apart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../sdk/fake_host.h"
#include "base/err.h"
#include "document.pb-c.h"
#include "emrtd/bundle.h"
#include "lay.h"

enum { READER_STATUS = 20, READ_CHIP = 24, CHIP_READ = 25, CHIP_PROGRESS = 26, LONG_MS = 20000 };

struct gate {
	struct fake_host *host;
	uint16_t port;
	const struct fake_message *last;
	Postern__ChipRead *read;
	struct emrtd_bundle files;
	unsigned progress, waiting;
	uint32_t permille;
};

static void ask(struct gate *g, uint64_t id, const char *zone)
{
	Postern__ReadChip q = POSTERN__READ_CHIP__INIT;
	char first[45] = "", second[45] = "", *lines[] = {first, second};
	uint8_t bytes[256];
	strncpy(first, zone, 44);
	strncpy(second, zone + strlen(first), 44);
	q.n_mrz_lines = 2;
	q.mrz_lines = lines;
	size_t size = postern__read_chip__pack(&q, bytes);
	fake_host_send(g->host, READ_CHIP, id, bytes, size);
}

static void look_at_progress(struct gate *g, const struct fake_message *m)
{
	Postern__ChipProgress *p = postern__chip_progress__unpack(NULL, m->size, m->bytes);
	assert_non_null(p);
	assert_int_not_equal(p->stage, POSTERN__CHIP_STAGE__CHIP_STAGE_UNSPECIFIED);
	assert_true(p->permille >= g->permille && p->permille <= 1000);
	g->permille = p->permille;
	g->waiting += p->stage == POSTERN__CHIP_STAGE__CHIP_STAGE_WAITING;
	g->progress++;
	postern__chip_progress__free_unpacked(p, NULL);
}

static void forget(struct gate *g)
{
	if (g->read != NULL)
		postern__chip_read__free_unpacked(g->read, NULL);
	g->read = NULL;
}

/* The answer to id; the files are read when there are any, and there are only with CHIP_READ. */
static void expect(struct gate *g, uint64_t id, Postern__ChipResult result)
{
	const struct fake_message *m;
	forget(g);
	g->progress = g->waiting = g->permille = 0;
	while ((m = fake_host_next(g->host, LONG_MS)) != NULL && m->body != CHIP_READ)
		if (m->body == CHIP_PROGRESS)
			look_at_progress(g, m);
	if (m == NULL)
		fail_msg("no answer");
	assert_int_equal(m->query_id, id);
	g->read = postern__chip_read__unpack(NULL, m->size, m->bytes);
	assert_non_null(g->read);
	if (g->read->result != result)
		fail_msg("result %d, expected %d: %s at %s", g->read->result, result, g->read->cause, g->read->step);
	assert_int_equal(m->blob != NULL, result == POSTERN__CHIP_RESULT__CHIP_READ);
	memset(&g->files, 0, sizeof g->files);
	if (m->blob != NULL)
		assert_int_equal(emrtd_bundle_read(m->blob, m->blob_size, &g->files), 0);
}

static void start(struct gate *g)
{
	memset(g, 0, sizeof *g);
	g->port = lay_free_port();
	g->host = fake_host_new(&postern_plugin);
	fake_host_option(g->host, "port", NULL, g->port);
	fake_host_option(g->host, "groups", "2,7,11,12", 0);
	fake_host_option(g->host, "apdu_limit_ms", NULL, 3000);
	fake_host_option(g->host, "read_limit_ms", NULL, 10000);
	fake_host_option(g->host, "wait_chip_ms", NULL, 3000);
	fake_host_option(g->host, "resume_ms", NULL, 3000);
	fake_host_option(g->host, "bac_after_pace", NULL, 0);
}

static void go(struct gate *g)
{
	assert_int_equal(fake_host_start(g->host), 0);
	const struct fake_message *m = fake_host_next(g->host, LONG_MS);
	assert_non_null(m);
	assert_int_equal(m->body, READER_STATUS);
	Postern__ReaderStatus *s = postern__reader_status__unpack(NULL, m->size, m->bytes);
	assert_non_null(s);
	assert_true(s->ready);
	postern__reader_status__free_unpacked(s, NULL);
}

static void stop(struct gate *g)
{
	forget(g);
	assert_null(g->host->failed);
	fake_host_stop(g->host);
	fake_host_free(g->host);
}

static void expect_file(const struct emrtd_bundle_file *f, const struct sim_passport *p, unsigned id)
{
	const struct sim_chip_file *issued = lay_issued(p, id);
	assert_int_equal(f->state, issued != NULL ? EMRTD_BUNDLE_WHOLE : EMRTD_BUNDLE_ABSENT);
	if (issued != NULL) {
		assert_int_equal(f->size, issued->size);
		assert_memory_equal(f->bytes, issued->bytes, issued->size);
	}
}

static void expect_files(const struct gate *g, const struct sim_passport *p)
{
	static const unsigned wished[] = {1, 2, 7, 11, 12, 14, 15};
	expect_file(&g->files.sod, p, 0x011d);
	expect_file(&g->files.card_access, p, SIM_MF | 0x011c);
	for (size_t i = 0; i < sizeof wished / sizeof wished[0]; i++)
		expect_file(&g->files.group[wished[i]], p, 0x0100 + wished[i]);
	assert_int_equal(g->files.group[3].state, EMRTD_BUNDLE_NOT_READ);
}

static void expect_proofs(const struct gate *g, Postern__CheckResult chip, Postern__CheckResult active, Postern__CheckResult mapping)
{
	assert_int_equal(g->read->chip_authentication->result, chip);
	assert_int_equal(g->read->active_authentication->result, active);
	assert_int_equal(g->read->mapping->result, mapping);
}

static void a_whole_document(void **state)
{
	(void)state;
	struct gate g;
	const struct sim_passport_config c = lay_usual();
	struct lay l = {.passport = lay_issue(&c)};
	start(&g);
	go(&g);
	l.port = g.port;
	lay_down(&l, NULL);
	ask(&g, 7, lay_zone);
	expect(&g, 7, POSTERN__CHIP_RESULT__CHIP_READ);
	assert_int_equal(g.read->access, POSTERN__CHIP_ACCESS__CHIP_ACCESS_PACE);
	assert_string_equal(g.read->cause, "");
	assert_int_equal(g.read->resumed, 0);
	assert_true(g.read->exchanges > 10);
	expect_proofs(&g, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL,
		POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED);
	expect_files(&g, l.passport);
	/* the same document, without being lifted, asked for again */
	ask(&g, 8, lay_zone);
	expect(&g, 8, POSTERN__CHIP_RESULT__CHIP_READ);
	expect_files(&g, l.passport);
	assert_int_equal(fake_host_count(g.host, "read_total"), 2);
	lay_up(&l);
	stop(&g);
	sim_passport_free(l.passport);
}

static void mapping_with_chip_authentication(void **state)
{
	(void)state;
	struct gate g;
	struct sim_passport_config c = lay_usual();
	c.pace[0].mapping = SIM_CAM;
	struct lay l = {.passport = lay_issue(&c)};
	start(&g);
	go(&g);
	l.port = g.port;
	lay_down(&l, NULL);
	ask(&g, 1, lay_zone);
	expect(&g, 1, POSTERN__CHIP_RESULT__CHIP_READ);
	assert_int_equal(g.read->mapping->result, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	expect_file(&g.files.card_security, l.passport, SIM_MF | 0x011d);
	lay_up(&l);
	stop(&g);
	sim_passport_free(l.passport);
}

static void opened_by_bac(void **state)
{
	(void)state;
	struct gate g;
	struct sim_passport_config c = lay_usual();
	c.pace_count = 0;
	c.bac = true;
	c.ca_count = 0;
	c.aa = SIM_AA_NONE;
	struct lay l = {.passport = lay_issue(&c)};
	start(&g);
	go(&g);
	l.port = g.port;
	lay_down(&l, NULL);
	ask(&g, 1, lay_zone);
	expect(&g, 1, POSTERN__CHIP_RESULT__CHIP_READ);
	assert_int_equal(g.read->access, POSTERN__CHIP_ACCESS__CHIP_ACCESS_BAC);
	expect_proofs(&g, POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED, POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED,
		POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED);
	expect_files(&g, l.passport);
	lay_up(&l);
	stop(&g);
	sim_passport_free(l.passport);
}

/* PACE on offer and refused: BAC only where the option says so, and then it is told. */
static void bac_instead_of_pace(void **state)
{
	(void)state;
	for (int allowed = 0; allowed < 2; allowed++) {
		struct gate g;
		struct sim_passport_config c = lay_usual();
		c.bac = true;
		struct lay l = {.passport = lay_issue(&c)};
		start(&g);
		fake_host_option(g.host, "bac_after_pace", NULL, allowed);
		go(&g);
		l.port = g.port;
		lay_down(&l, "mse-6a88");
		ask(&g, 1, lay_zone);
		expect(&g, 1, allowed ? POSTERN__CHIP_RESULT__CHIP_READ : POSTERN__CHIP_RESULT__CHIP_ERROR);
		assert_int_equal(g.read->access, allowed ? POSTERN__CHIP_ACCESS__CHIP_ACCESS_BAC_AFTER_PACE
							 : POSTERN__CHIP_ACCESS__CHIP_ACCESS_UNSPECIFIED);
		assert_string_equal(g.read->cause, allowed ? "" : "pace-refused");
		lay_up(&l);
		stop(&g);
		sim_passport_free(l.passport);
	}
}

static void the_wrong_zone(void **state)
{
	(void)state;
	for (int bac = 0; bac < 2; bac++) {
		struct gate g;
		struct sim_passport_config c = lay_usual();
		c.bac = bac;
		c.pace_count = bac ? 0 : 1;
		struct lay l = {.passport = lay_issue(&c)};
		start(&g);
		go(&g);
		l.port = g.port;
		lay_down(&l, NULL);
		ask(&g, 1, lay_other_zone);
		expect(&g, 1, POSTERN__CHIP_RESULT__CHIP_REFUSED);
		assert_string_equal(g.read->cause, "password");
		ask(&g, 2, "P<UTO");
		expect(&g, 2, POSTERN__CHIP_RESULT__CHIP_REFUSED);
		assert_string_equal(g.read->cause, "argument");
		/* and the right one after it */
		ask(&g, 3, lay_zone);
		expect(&g, 3, POSTERN__CHIP_RESULT__CHIP_READ);
		lay_up(&l);
		stop(&g);
		sim_passport_free(l.passport);
	}
}

static void no_chip(void **state)
{
	(void)state;
	struct gate g;
	start(&g);
	fake_host_option(g.host, "wait_chip_ms", NULL, 200);
	go(&g);
	ask(&g, 1, lay_zone);
	expect(&g, 1, POSTERN__CHIP_RESULT__CHIP_NONE);
	assert_int_equal(fake_host_count(g.host, "none_total"), 1);
	stop(&g);
}

static void torn(const char *fault, const struct sim_passport_config *c, unsigned away_ms, bool back)
{
	struct gate g;
	struct lay l = {.passport = lay_issue(c), .again = back ? 1 : 0, .away_ms = away_ms};
	start(&g);
	fake_host_option(g.host, "resume_ms", NULL, back ? 5000 : 150);
	go(&g);
	l.port = g.port;
	lay_down(&l, fault);
	ask(&g, 1, lay_zone);
	expect(&g, 1, back ? POSTERN__CHIP_RESULT__CHIP_READ : POSTERN__CHIP_RESULT__CHIP_TORN);
	if (g.read->resumed != 1)
		fail_msg("%s: gone on with %u times, %u exchanges", fault, g.read->resumed, g.read->exchanges);
	if (back) {
		expect_proofs(&g, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL,
			POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED);
		expect_files(&g, l.passport);
	}
	lay_up(&l);
	stop(&g);
	sim_passport_free(l.passport);
}

static void taken_away(void **state)
{
	(void)state;
	static const char *const ways[] = {"tear", "tear-late", "tear-half"};
	const struct sim_passport_config c = lay_usual();
	for (unsigned n = 1; n < 20; n += 3)
		for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
			char fault[32];
			snprintf(fault, sizeof fault, "%s@%u", ways[i], n);
			torn(fault, &c, 10, true);
		}
	torn("tear@1", &c, 0, false);
	torn("tear@12", &c, 0, false);
}

/* Time enough away for the display to say so. */
static void told_that_it_left(void **state)
{
	(void)state;
	struct gate g;
	const struct sim_passport_config c = lay_usual();
	struct lay l = {.passport = lay_issue(&c), .again = 1, .away_ms = 400};
	start(&g);
	go(&g);
	l.port = g.port;
	lay_down(&l, "tear@12");
	fake_host_run(g.host, 100);
	ask(&g, 1, lay_zone);
	expect(&g, 1, POSTERN__CHIP_RESULT__CHIP_READ);
	assert_true(g.waiting > 0);
	lay_up(&l);
	stop(&g);
	sim_passport_free(l.passport);
}

/* Another passport with the same zone laid down instead. */
static void another_document(void **state)
{
	(void)state;
	struct gate g;
	struct sim_passport_config c = lay_usual();
	struct lay l = {.passport = lay_issue(&c), .again = 1, .away_ms = 10};
	c.face_size = 2000;
	l.then = lay_issue(&c);
	start(&g);
	go(&g);
	l.port = g.port;
	lay_down(&l, "tear@16");
	ask(&g, 1, lay_zone);
	expect(&g, 1, POSTERN__CHIP_RESULT__CHIP_TORN);
	lay_up(&l);
	stop(&g);
	sim_passport_free(l.then);
	sim_passport_free(l.passport);
}

/* Answers that no chip may give, again and again: an end, and soon. */
static void malformed(void **state)
{
	(void)state;
	static const struct {
		const char *fault, *cause;
		Postern__ChipResult result;
	} cases[] = {{"reply-0@12+", "torn", POSTERN__CHIP_RESULT__CHIP_TORN}, {"reply-1", "torn", POSTERN__CHIP_RESULT__CHIP_TORN},
		{"sm-plain-9000@12+", "sm-bare", POSTERN__CHIP_RESULT__CHIP_ERROR},
		{"sm-mac@12+", "sm-mac", POSTERN__CHIP_RESULT__CHIP_ERROR}};
	const struct sim_passport_config c = lay_usual();
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct gate g;
		struct lay l = {.passport = lay_issue(&c)};
		start(&g);
		go(&g);
		l.port = g.port;
		lay_down(&l, cases[i].fault);
		ask(&g, 1, lay_zone);
		expect(&g, 1, cases[i].result);
		assert_string_equal(g.read->cause, cases[i].cause);
		lay_up(&l);
		stop(&g);
		sim_passport_free(l.passport);
	}
}

static void a_clone(void **state)
{
	(void)state;
	struct gate g;
	const struct sim_passport_config c = lay_usual();
	struct lay l = {.passport = lay_issue(&c)};
	start(&g);
	go(&g);
	l.port = g.port;
	lay_down(&l, "clone");
	ask(&g, 1, lay_zone);
	expect(&g, 1, POSTERN__CHIP_RESULT__CHIP_ERROR);
	assert_string_equal(g.read->cause, "ca-wrong");
	assert_int_equal(g.read->chip_authentication->result, POSTERN__CHECK_RESULT__CHECK_FAILED);
	assert_string_equal(g.read->chip_authentication->cause, "ca-wrong");
	lay_up(&l);
	stop(&g);
	sim_passport_free(l.passport);
}

static void slow(void **state)
{
	(void)state;
	static const struct {
		const char *fault;
		int64_t apdu_ms, read_ms;
	} cases[] = {{"slow=60000@9", 300, 10000}, {"slow=150", 3000, 700}};
	const struct sim_passport_config c = lay_usual();
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct gate g;
		struct lay l = {.passport = lay_issue(&c), .in_time = true};
		start(&g);
		fake_host_option(g.host, "apdu_limit_ms", NULL, cases[i].apdu_ms);
		fake_host_option(g.host, "read_limit_ms", NULL, cases[i].read_ms);
		go(&g);
		l.port = g.port;
		lay_down(&l, cases[i].fault);
		ask(&g, 1, lay_zone);
		expect(&g, 1, POSTERN__CHIP_RESULT__CHIP_LATE);
		assert_int_equal(fake_host_count(g.host, "late_total"), 1);
		lay_up(&l);
		stop(&g);
		sim_passport_free(l.passport);
	}
}

/* Told on the way, with time left that comes down to nothing. */
static void progress(void **state)
{
	(void)state;
	struct gate g;
	const struct sim_passport_config c = lay_usual();
	struct lay l = {.passport = lay_issue(&c), .in_time = true};
	start(&g);
	go(&g);
	l.port = g.port;
	lay_down(&l, "slow=60");
	ask(&g, 1, lay_zone);
	expect(&g, 1, POSTERN__CHIP_RESULT__CHIP_READ);
	assert_true(g.progress >= 3);
	assert_true(g.progress <= g.read->read_ms / 100 + 2);
	lay_up(&l);
	stop(&g);
	sim_passport_free(l.passport);
}

static void a_newer_question(void **state)
{
	(void)state;
	struct gate g;
	const struct sim_passport_config c = lay_usual();
	struct lay l = {.passport = lay_issue(&c), .in_time = true};
	start(&g);
	go(&g);
	l.port = g.port;
	lay_down(&l, "slow=100@1+");
	ask(&g, 1, lay_other_zone);
	fake_host_run(g.host, 250);
	ask(&g, 2, lay_zone);
	expect(&g, 1, POSTERN__CHIP_RESULT__CHIP_TORN);
	expect(&g, 2, POSTERN__CHIP_RESULT__CHIP_READ);
	expect_files(&g, l.passport);
	lay_up(&l);
	stop(&g);
	sim_passport_free(l.passport);
}

/* A core that starts anew has forgotten its questions: nothing is answered, and the next is. */
static void a_new_core(void **state)
{
	(void)state;
	struct gate g;
	const struct sim_passport_config c = lay_usual();
	struct lay l = {.passport = lay_issue(&c), .in_time = true};
	start(&g);
	go(&g);
	l.port = g.port;
	lay_down(&l, "slow=50");
	ask(&g, 1, lay_zone);
	fake_host_run(g.host, 200);
	postern_plugin.core_started(g.host->self, 2);
	ask(&g, 2, lay_zone);
	expect(&g, 2, POSTERN__CHIP_RESULT__CHIP_READ);
	lay_up(&l);
	stop(&g);
	sim_passport_free(l.passport);
}

static void refused_options(void **state)
{
	(void)state;
	static const char *const lists[] = {"0", "17", "2,", ",2", "2 11", "x"};
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		struct gate g;
		start(&g);
		fake_host_option(g.host, "groups", lists[i], 0);
		assert_int_equal(fake_host_start(g.host), PN_EFORMAT);
		fake_host_free(g.host);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_document),
		cmocka_unit_test(mapping_with_chip_authentication),
		cmocka_unit_test(opened_by_bac),
		cmocka_unit_test(bac_instead_of_pace),
		cmocka_unit_test(the_wrong_zone),
		cmocka_unit_test(no_chip),
		cmocka_unit_test(taken_away),
		cmocka_unit_test(told_that_it_left),
		cmocka_unit_test(another_document),
		cmocka_unit_test(malformed),
		cmocka_unit_test(a_clone),
		cmocka_unit_test(slow),
		cmocka_unit_test(progress),
		cmocka_unit_test(a_newer_question),
		cmocka_unit_test(a_new_core),
		cmocka_unit_test(refused_options),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

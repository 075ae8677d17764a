/* SPDX-License-Identifier: Apache-2.0
 * In which mode a core that starts finds its lane: that of the newest record, if this configuration wrote it, else that of the
 * configuration. Must never need a running core.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../journal/fixture.h"
#include "loop/core_run.h"

#define MODE(name) POSTERN__LANE_MODE__MODE_##name
#define HERE "3b1f"
#define ELSEWHERE "77aa"

static void record_of(struct journal *j, char *station, uint64_t tag, Postern__LaneMode mode, const char *configuration)
{
	uint8_t clear[256];
	Postern__Versions versions = POSTERN__VERSIONS__INIT;
	Postern__RecordClear r = POSTERN__RECORD_CLEAR__INIT;
	versions.config_hash = (char *)(uintptr_t)configuration;
	r.kind = POSTERN__RECORD_KIND__RECORD_AUDIT;
	r.wall_ms = (int64_t)tag;
	r.mode = mode;
	r.lane = station;
	r.versions = configuration != NULL ? &versions : NULL;
	const struct journal_append a = {.tag = tag, .clear = clear, .clear_size = postern__record_clear__pack(&r, clear)};
	assert_int_equal(journal_submit(j, &a), 0);
	assert_int_equal(fixture_wait(j).tag, tag);
}

/* The fixture's folder is the unit's: so is its name. */
static char *lane_of(struct fixture *f)
{
	char *slash = strrchr(f->folder, '/');
	assert_non_null(slash);
	return slash + 1;
}

/* The mode of a core whose configuration is HERE and says `configured`. */
static Postern__LaneMode recalled(const struct fixture *f, Postern__LaneMode configured)
{
	char folder[sizeof f->folder], *name;
	struct core *c = calloc(1, sizeof *c);
	struct config config = {0};
	struct config_unit unit = {0};
	assert_non_null(c);
	snprintf(folder, sizeof folder, "%s", f->folder);
	name = strrchr(folder, '/');
	assert_non_null(name);
	*name++ = '\0';
	config.state_folder = folder;
	unit.name = name;
	c->config = &config;
	c->unit = &unit;
	snprintf(c->config_hash, sizeof c->config_hash, HERE);
	c->lane.config.record.mode = configured;
	assert_int_equal(mode_recall(c), PN_OK);
	Postern__LaneMode mode = c->lane.config.record.mode;
	free(c);
	return mode;
}

static void an_order_stands(void **state)
{
	struct fixture *f = fixture_new(NULL);
	struct journal *j = fixture_open(f);
	(void)state;
	assert_int_equal(recalled(f, MODE(CONTROLLED)), MODE(CONTROLLED)); /* nothing is recorded yet */
	record_of(j, lane_of(f), 1, MODE(CONTROLLED), HERE);
	record_of(j, lane_of(f), 2, MODE(LOCKED), HERE);
	assert_int_equal(recalled(f, MODE(CONTROLLED)), MODE(LOCKED));
	record_of(j, lane_of(f), 3, MODE(UNSPECIFIED), NULL); /* of no lane */
	record_of(j, lane_of(f), 4, MODE(UNSPECIFIED), HERE);
	assert_int_equal(recalled(f, MODE(CONTROLLED)), MODE(LOCKED));
	record_of(j, (char *)(uintptr_t) "kiosk-1", 5, MODE(CONTROLLED), HERE); /* at the same gate */
	assert_int_equal(recalled(f, MODE(CONTROLLED)), MODE(LOCKED));
	record_of(j, lane_of(f), 6, MODE(CONTROLLED), HERE);
	assert_int_equal(recalled(f, MODE(LOCKED)), MODE(CONTROLLED));
	journal_close(j);
	fixture_free(f);
}

/* Nobody is on duty at a core that starts: whoever ordered it must say so again. Nor does what stood before it count. */
static void no_core_starts_free(void **state)
{
	struct fixture *f = fixture_new(NULL);
	struct journal *j = fixture_open(f);
	(void)state;
	record_of(j, lane_of(f), 1, MODE(FREE), HERE);
	assert_int_equal(recalled(f, MODE(CONTROLLED)), MODE(CONTROLLED));
	assert_int_equal(recalled(f, MODE(LOCKED)), MODE(LOCKED));
	record_of(j, lane_of(f), 2, MODE(LOCKED), HERE);
	record_of(j, lane_of(f), 3, MODE(FREE), HERE);
	assert_int_equal(recalled(f, MODE(CONTROLLED)), MODE(CONTROLLED));
	record_of(j, lane_of(f), 4, MODE(LOCKED), HERE);
	assert_int_equal(recalled(f, MODE(CONTROLLED)), MODE(LOCKED));
	journal_close(j);
	fixture_free(f);
}

static void another_configuration_decides(void **state)
{
	struct fixture *f = fixture_new(NULL);
	struct journal *j = fixture_open(f);
	(void)state;
	record_of(j, lane_of(f), 1, MODE(LOCKED), HERE);
	record_of(j, lane_of(f), 2, MODE(LOCKED), ELSEWHERE);
	assert_int_equal(recalled(f, MODE(CONTROLLED)), MODE(CONTROLLED));
	record_of(j, lane_of(f), 3, MODE(CONTROLLED), ELSEWHERE);
	assert_int_equal(recalled(f, MODE(LOCKED)), MODE(LOCKED));
	journal_close(j);
	fixture_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(an_order_stands), cmocka_unit_test(no_core_starts_free), cmocka_unit_test(another_configuration_decides)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

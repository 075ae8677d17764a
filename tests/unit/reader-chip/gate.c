/* SPDX-License-Identifier: Apache-2.0
 * See gate.h. Must never wait for ever.
 */
#include "gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

void gate_ask(struct gate *g, uint64_t id, const char *zone)
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

static void look_at_report(struct gate *g, const struct fake_message *m)
{
	if (m->body == CHIP_PROGRESS) {
		look_at_progress(g, m);
		return;
	}
	assert_int_equal(m->body, READER_STATUS);
	Postern__ReaderStatus *s = postern__reader_status__unpack(NULL, m->size, m->bytes);
	assert_non_null(s);
	g->ready = s->ready;
	assert_int_equal(s->ready, s->reason[0] == '\0');
	postern__reader_status__free_unpacked(s, NULL);
}

static void forget(struct gate *g)
{
	if (g->read != NULL)
		postern__chip_read__free_unpacked(g->read, NULL);
	g->read = NULL;
}

/* The answer to id; the files are read when there are any, and there are only with CHIP_READ. */
void gate_expect(struct gate *g, uint64_t id, Postern__ChipResult result)
{
	const struct fake_message *m;
	forget(g);
	g->progress = g->waiting = g->permille = 0;
	while ((m = fake_host_next(g->host, LONG_MS)) != NULL && m->body != CHIP_READ)
		look_at_report(g, m);
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

void gate_new(struct gate *g)
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

void gate_start(struct gate *g)
{
	assert_int_equal(fake_host_start(g->host), 0);
	const struct fake_message *m = fake_host_next(g->host, LONG_MS);
	assert_non_null(m);
	look_at_report(g, m);
}

void gate_expect_ready(struct gate *g, bool ready)
{
	const struct fake_message *m;
	while (g->ready != ready && (m = fake_host_next(g->host, LONG_MS)) != NULL)
		look_at_report(g, m);
	assert_int_equal(g->ready, ready);
}

void gate_stop(struct gate *g)
{
	forget(g);
	fake_host_stop(g->host);
	fake_host_free(g->host);
}

void gate_expect_file(const struct emrtd_bundle_file *f, const struct sim_passport *p, unsigned id)
{
	const struct sim_chip_file *issued = lay_issued(p, id);
	assert_int_equal(f->state, issued != NULL ? EMRTD_BUNDLE_WHOLE : EMRTD_BUNDLE_ABSENT);
	if (issued != NULL) {
		assert_int_equal(f->size, issued->size);
		assert_memory_equal(f->bytes, issued->bytes, issued->size);
	}
}

void gate_expect_files(const struct gate *g, const struct sim_passport *p)
{
	static const unsigned wished[] = {1, 2, 7, 11, 12, 14, 15};
	gate_expect_file(&g->files.sod, p, 0x011d);
	gate_expect_file(&g->files.card_access, p, SIM_MF | 0x011c);
	for (size_t i = 0; i < sizeof wished / sizeof wished[0]; i++)
		gate_expect_file(&g->files.group[wished[i]], p, 0x0100 + wished[i]);
	assert_int_equal(g->files.group[3].state, EMRTD_BUNDLE_NOT_READ);
}

void gate_expect_proofs(const struct gate *g, Postern__CheckResult chip, Postern__CheckResult active, Postern__CheckResult mapping)
{
	assert_int_equal(g->read->chip_authentication->result, chip);
	assert_int_equal(g->read->active_authentication->result, active);
	assert_int_equal(g->read->mapping->result, mapping);
}

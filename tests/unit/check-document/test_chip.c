/* SPDX-License-Identifier: Apache-2.0
 * check-document's second question, through the plugin's own ABI: bytes of a query and a blob go in, the answer comes out as bytes.
 * Must never repeat what the tests of hw/emrtd/report show: here it is about the way of a chip from query to answer, the trust
 * folder on disk, and what stays in memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../emrtd-report/reading.h"
#include "../sdk/fake_host.h"
#include "document.pb-c.h"
#include "trust_world.h"

enum { BLOB_ROOM = 512 * 1024 };

struct gate {
	struct fake_host *host;
	struct trust_world world;
	struct reading read;
	uint8_t *blob;
	size_t blob_size;
	char lines[2][45], *line[2];
	Postern__InspectChip query;
	Postern__ChipRead chip;
	Postern__ChipProof ca, aa, cam;
	uint64_t id;
};

static void start(struct gate *g, const char *csca, const char *trust)
{
	g->host = fake_host_new(&postern_plugin);
	fake_host_option(g->host, "trust_age_max_days", NULL, 0); /* a tick looks at this machine's clock */
	fake_host_option(g->host, "refuse_sha1", NULL, 0);
	fake_host_option(g->host, "require_chip_proof", NULL, 0);
	if (csca != NULL)
		fake_host_folder(g->host, "csca", csca);
	if (trust != NULL)
		fake_host_folder(g->host, "trust", trust);
}

static void stop(struct gate *g)
{
	fake_host_stop(g->host);
	fake_host_free(g->host);
}

static void put(struct gate *g, unsigned id, const struct emrtd_bundle_file *f)
{
	if (f->state != EMRTD_BUNDLE_NOT_READ)
		assert_int_equal(emrtd_bundle_add(g->blob, BLOB_ROOM, &g->blob_size, id, f->state, f->bytes, f->size), 0);
}

static void set_proof(Postern__ChipProof *p, enum emrtd_proof proof, const struct emrtd_failure *f)
{
	static const Postern__CheckResult results[] = {POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED,
		POSTERN__CHECK_RESULT__CHECK_UNDETERMINED, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL,
		POSTERN__CHECK_RESULT__CHECK_FAILED};
	postern__chip_proof__init(p);
	p->result = results[proof];
	p->cause = f->err != 0 ? (char *)(uintptr_t)emrtd_cause_key(f->cause) : (char *)(uintptr_t)"";
}

/* A chip laid down and read, its query as the core asks it. */
static void lay(struct gate *g, enum reading_kind kind, const char *fault)
{
	const struct sim_passport_config config = reading_config(kind);
	reading_open(&g->read, &config, fault);
	const struct emrtd_document *d = &g->read.document;
	g->blob = calloc(1, BLOB_ROOM);
	g->blob_size = 0;
	assert_non_null(g->blob);
	put(g, EMRTD_BUNDLE_CARD_ACCESS, &g->read.files.card_access);
	put(g, EMRTD_BUNDLE_CARD_SECURITY, &g->read.files.card_security);
	put(g, EMRTD_BUNDLE_SOD, &g->read.files.sod);
	for (unsigned n = 1; n < EMRTD_BUNDLE_GROUPS; n++)
		put(g, EMRTD_BUNDLE_GROUP + n, &g->read.files.group[n]);
	postern__inspect_chip__init(&g->query);
	postern__chip_read__init(&g->chip);
	g->chip.result = g->read.complete ? POSTERN__CHIP_RESULT__CHIP_READ : POSTERN__CHIP_RESULT__CHIP_ERROR;
	g->chip.access = d->access.access == EMRTD_ACCESS_PACE ? POSTERN__CHIP_ACCESS__CHIP_ACCESS_PACE :
								 POSTERN__CHIP_ACCESS__CHIP_ACCESS_BAC;
	set_proof(&g->ca, d->chip, &d->chip_failure);
	set_proof(&g->aa, d->active, &d->active_failure);
	set_proof(&g->cam, d->mapping, &d->mapping_failure);
	g->chip.chip_authentication = &g->ca;
	g->chip.active_authentication = &g->aa;
	g->chip.mapping = &g->cam;
	for (int i = 0; i < 2; i++) {
		snprintf(g->lines[i], sizeof g->lines[i], "%.44s", desk_td3 + 44 * i);
		g->line[i] = g->lines[i];
	}
	g->query.read = &g->chip;
	g->query.n_mrz_lines = 2;
	g->query.mrz_lines = g->line;
	g->query.wall_ms = READING_NOW * 1000;
}

static void take_away(struct gate *g)
{
	reading_close(&g->read);
	free(g->blob);
	g->blob = NULL;
}

static Postern__ChipInspected *ask(struct gate *g)
{
	uint8_t bytes[4096];
	size_t size = postern__inspect_chip__get_packed_size(&g->query);
	assert_true(size <= sizeof bytes);
	postern__inspect_chip__pack(&g->query, bytes);
	fake_host_send_blob(g->host, 32, ++g->id, bytes, size, g->blob, g->blob_size);
	const struct fake_message *m = fake_host_next(g->host, 0);
	assert_non_null(m);
	assert_int_equal(m->body, 33);
	assert_int_equal(m->query_id, g->id);
	Postern__ChipInspected *a = postern__chip_inspected__unpack(NULL, m->size, m->bytes);
	assert_non_null(a);
	return a;
}

static void expect(struct gate *g, Postern__CheckResult overall, const char *name, Postern__CheckResult result, const char *reason)
{
	Postern__ChipInspected *a = ask(g);
	const Postern__Check *found = NULL;
	for (size_t i = 0; i < a->n_checks; i++) {
		assert_string_equal(a->checks[i]->expected, "");
		assert_string_equal(a->checks[i]->found, "");
		if (found == NULL && strcmp(a->checks[i]->name, name) == 0)
			found = a->checks[i];
	}
	if (found == NULL || found->result != result || strcmp(found->reason, reason) != 0)
		fail_msg("%s: %d %s", name, found != NULL ? (int)found->result : 0, found != NULL ? found->reason : "none");
	assert_int_equal(a->overall, overall);
	postern__chip_inspected__free_unpacked(a, NULL);
}

#define RESULT(word) POSTERN__CHECK_RESULT__CHECK_##word

static int make(void **state)
{
	struct gate *g = calloc(1, sizeof *g);
	assert_non_null(g);
	trust_world_open(&g->world);
	*state = g;
	return 0;
}

static int end(void **state)
{
	struct gate *g = *state;
	trust_world_close(&g->world);
	free(g);
	return 0;
}

static void a_sound_chip(void **state)
{
	static const enum reading_kind kinds[] = {READING_PLAIN, READING_BAC, READING_PACE, READING_CAM};
	struct gate *g = *state;
	trust_world_fill(&g->world, true);
	trust_world_sign(&g->world);
	start(g, g->world.csca, g->world.trust);
	assert_int_equal(fake_host_start(g->host), 0);
	assert_null(g->host->trouble);
	for (size_t i = 0; i < PN_COUNT(kinds); i++) {
		lay(g, kinds[i], NULL);
		Postern__ChipInspected *a = ask(g);
		for (size_t n = 0; n < a->n_checks; n++)
			if (a->checks[n]->result != RESULT(SUCCESSFUL) && a->checks[n]->result != RESULT(NOT_PERFORMED))
				fail_msg("%s: %s", a->checks[n]->name, a->checks[n]->reason);
		assert_int_equal(a->overall, RESULT(SUCCESSFUL));
		assert_string_equal(a->signer_country, "UT");
		/* 1790000000 is 2026-09-21. */
		assert_memory_equal(a->trust_version, "20260921-", 9);
		assert_int_equal(strlen(a->trust_version), 25);
		assert_int_equal(strspn(a->trust_version + 9, "0123456789abcdef"), 16);
		postern__chip_inspected__free_unpacked(a, NULL);
		take_away(g);
	}
	assert_int_equal(fake_host_count(g->host, "chips_total"), 4);
	assert_int_equal(fake_host_count(g->host, "chips_not_successful_total"), 0);
	stop(g);
}

static void a_wrong_chip(void **state)
{
	struct gate *g = *state;
	trust_world_fill(&g->world, true);
	trust_world_sign(&g->world);
	start(g, g->world.csca, g->world.trust);
	assert_int_equal(fake_host_start(g->host), 0);
	lay(g, READING_BAC, "clone");
	expect(g, RESULT(FAILED), "chip.ca", RESULT(FAILED), "chip.proof_refuted");
	/* The reader says proven: of this chip's own key, or of the State's that it cannot have been asked for. */
	take_away(g);
	lay(g, READING_PACE, "ca-key-unsigned");
	g->ca.result = RESULT(SUCCESSFUL);
	expect(g, RESULT(FAILED), "chip.ca", RESULT(FAILED), "chip.key_not_signed");
	take_away(g);
	lay(g, READING_BAC, "ds-revoked");
	expect(g, RESULT(FAILED), "pa.signer.revocation", RESULT(FAILED), "pa.revoked");
	take_away(g);
	lay(g, READING_PACE, NULL);
	g->chip.access = POSTERN__CHIP_ACCESS__CHIP_ACCESS_BAC_AFTER_PACE;
	expect(g, RESULT(UNDETERMINED), "chip.access", RESULT(UNDETERMINED), "chip.fell_back");
	g->chip.access = POSTERN__CHIP_ACCESS__CHIP_ACCESS_BAC;
	expect(g, RESULT(FAILED), "chip.access", RESULT(FAILED), "chip.access_differs");
	g->chip.access = POSTERN__CHIP_ACCESS__CHIP_ACCESS_UNSPECIFIED;
	expect(g, RESULT(UNDETERMINED), "chip.access", RESULT(NOT_PERFORMED), "pa.not_read");
	g->chip.access = POSTERN__CHIP_ACCESS__CHIP_ACCESS_PACE;
	g->chip.chip_authentication = NULL;
	expect(g, RESULT(UNDETERMINED), "chip.ca", RESULT(UNDETERMINED), "chip.proof_missing");
	g->chip.chip_authentication = &g->ca;
	g->chip.result = POSTERN__CHIP_RESULT__CHIP_TORN;
	expect(g, RESULT(UNDETERMINED), "chip.read", RESULT(UNDETERMINED), "chip.read_incomplete");
	g->query.read = NULL;
	expect(g, RESULT(UNDETERMINED), "chip.read", RESULT(UNDETERMINED), "chip.read_incomplete");
	take_away(g);
	assert_true(fake_host_count(g->host, "chips_not_successful_total") == fake_host_count(g->host, "chips_total"));
	stop(g);
}

static void no_files(void **state)
{
	struct gate *g = *state;
	start(g, NULL, NULL);
	assert_int_equal(fake_host_start(g->host), 0);
	lay(g, READING_BAC, NULL);
	size_t size = g->blob_size;
	uint8_t *blob = g->blob;
	g->blob_size--;
	expect(g, RESULT(ABORTED), "chip.read", RESULT(ABORTED), "chip.files_form");
	g->blob_size = size;
	blob[0] ^= 0x40;
	expect(g, RESULT(ABORTED), "chip.read", RESULT(ABORTED), "chip.files_form");
	blob[0] ^= 0x40;
	g->blob = NULL;
	g->blob_size = 0;
	expect(g, RESULT(ABORTED), "chip.read", RESULT(ABORTED), "chip.no_files");
	g->blob = blob;
	g->blob_size = size;
	g->query.wall_ms = 0;
	expect(g, RESULT(ABORTED), "chip.read", RESULT(ABORTED), "chip.no_time");
	g->query.wall_ms = INT64_MIN;
	expect(g, RESULT(ABORTED), "chip.read", RESULT(ABORTED), "chip.no_time");
	/* What is no query is not answered: the declared default, refer, does that. */
	fake_host_send_blob(g->host, 32, 999, (const uint8_t *)"\xff\xff\xff", 3, g->blob, g->blob_size);
	assert_null(fake_host_next(g->host, 0));
	take_away(g);
	stop(g);
}

static void the_zone(void **state)
{
	struct gate *g = *state;
	trust_world_fill(&g->world, true);
	trust_world_sign(&g->world);
	start(g, g->world.csca, g->world.trust);
	assert_int_equal(fake_host_start(g->host), 0);
	lay(g, READING_PACE, NULL);
	g->lines[1][27] = '1'; /* the year of expiry */
	expect(g, RESULT(FAILED), "chip.mrz", RESULT(FAILED), "chip.mrz_differs");
	g->query.n_mrz_lines = 0;
	expect(g, RESULT(UNDETERMINED), "chip.mrz", RESULT(NOT_PERFORMED), "chip.no_optical_mrz");
	char *many[] = {g->line[0], g->line[1], g->line[1]};
	g->query.n_mrz_lines = 3;
	g->query.mrz_lines = many;
	expect(g, RESULT(UNDETERMINED), "chip.mrz", RESULT(NOT_PERFORMED), "chip.no_optical_mrz");
	take_away(g);
	stop(g);
}

static void without_certificates(void **state)
{
	struct gate *g = *state;
	start(g, NULL, g->world.trust);
	assert_int_equal(fake_host_start(g->host), 0);
	assert_null(g->host->trouble);
	assert_int_equal(g->host->wake_ms, 0);
	lay(g, READING_BAC, NULL);
	expect(g, RESULT(UNDETERMINED), "pa.signer.chain", RESULT(UNDETERMINED), "pa.no_trust_store");
	Postern__ChipInspected *a = ask(g);
	assert_string_equal(a->trust_version, "");
	postern__chip_inspected__free_unpacked(a, NULL);
	stop(g);
	/* A folder that nobody signed, and one signed by another. */
	trust_world_fill(&g->world, true);
	start(g, g->world.csca, g->world.trust);
	assert_int_equal(fake_host_start(g->host), 0);
	assert_string_equal(g->host->trouble, "trust.bad_folder");
	expect(g, RESULT(UNDETERMINED), "pa.signer.chain", RESULT(UNDETERMINED), "pa.no_trust_store");
	struct trust_world other;
	trust_world_open(&other);
	assert_int_equal(rename(other.key, g->world.key), 0);
	trust_world_sign(&g->world);
	g->host->plugin->tick(g->host->self, 0);
	assert_string_equal(g->host->trouble, "trust.bad_folder");
	expect(g, RESULT(UNDETERMINED), "pa.signer.chain", RESULT(UNDETERMINED), "pa.no_trust_store");
	trust_world_close(&other);
	take_away(g);
	stop(g);
}

static void the_folder_is_read_again(void **state)
{
	struct gate *g = *state;
	char name[160];
	trust_world_fill(&g->world, false);
	trust_world_sign(&g->world);
	start(g, g->world.csca, g->world.trust);
	assert_int_equal(fake_host_start(g->host), 0);
	assert_int_not_equal(g->host->wake_ms, 0);
	lay(g, READING_BAC, "ds-revoked");
	expect(g, RESULT(SUCCESSFUL), "pa.signer.revocation", RESULT(NOT_PERFORMED), "pa.no_crl");
	/* The list of revocations comes, not yet signed: what is in use stays, and nothing is half of it. */
	trust_world_fill(&g->world, true);
	g->host->plugin->tick(g->host->self, 0);
	expect(g, RESULT(SUCCESSFUL), "pa.signer.revocation", RESULT(NOT_PERFORMED), "pa.no_crl");
	trust_world_sign(&g->world);
	g->host->plugin->tick(g->host->self, 0);
	expect(g, RESULT(FAILED), "pa.signer.revocation", RESULT(FAILED), "pa.revoked");
	/* Without its master list the folder is older than the one in use. */
	snprintf(name, sizeof name, "%s/list-UT.ml", g->world.csca);
	assert_int_equal(remove(name), 0);
	trust_world_sign(&g->world);
	g->host->plugin->tick(g->host->self, 0);
	assert_string_equal(g->host->trouble, "trust.bad_folder");
	expect(g, RESULT(FAILED), "pa.signer.revocation", RESULT(FAILED), "pa.revoked");
	/* A file that nobody reads. */
	trust_world_fill(&g->world, true);
	trust_world_put(&g->world, "notes.txt", "x", 0);
	trust_world_sign(&g->world);
	g->host->plugin->tick(g->host->self, 0);
	assert_string_equal(g->host->trouble, "trust.bad_folder");
	take_away(g);
	stop(g);
}

static void options(void **state)
{
	struct gate *g = *state;
	trust_world_fill(&g->world, true);
	trust_world_sign(&g->world);
	start(g, g->world.csca, g->world.trust);
	fake_host_option(g->host, "require_chip_proof", NULL, 1);
	fake_host_option(g->host, "trust_age_max_days", NULL, 30);
	assert_int_equal(fake_host_start(g->host), 0);
	lay(g, READING_PLAIN, NULL);
	expect(g, RESULT(UNDETERMINED), "chip.proof", RESULT(UNDETERMINED), "chip.no_proof");
	g->query.wall_ms += INT64_C(31) * 86400 * 1000;
	expect(g, RESULT(UNDETERMINED), "pa.trust.age", RESULT(UNDETERMINED), "pa.trust_old");
	take_away(g);
	stop(g);
}

/* After the answer nothing of the document is left in the plugin's own memory. */
static void forgets(void **state)
{
	struct gate *g = *state;
	trust_world_fill(&g->world, true);
	trust_world_sign(&g->world);
	start(g, g->world.csca, g->world.trust);
	assert_int_equal(fake_host_start(g->host), 0);
	lay(g, READING_BAC, NULL);
	expect(g, RESULT(SUCCESSFUL), "chip.mrz", RESULT(SUCCESSFUL), "");
	const char *memory = g->host->self;
	for (size_t i = 0; i + 9 <= malloc_usable_size(g->host->self); i++)
		if (memcmp(memory + i, "ERIKSSON", 8) == 0 || memcmp(memory + i, "L898902C3", 9) == 0 ||
			memcmp(memory + i, "pa.groups", 9) == 0)
			fail_msg("something of the document is left at %zu", i);
	take_away(g);
	stop(g);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, end)

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(a_sound_chip), TEST(a_wrong_chip), TEST(no_files), TEST(the_zone),
		TEST(without_certificates), TEST(the_folder_is_read_again), TEST(options), TEST(forgets)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 * The passports of every kind of traveller, read by the reader's library and judged by passive authentication against what
 * their States have published: good kinds are good in everything, and each bad kind is found out by the check that its
 * name promises.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "carried.h"
#include "office_day.h"
#include "page.h"
#include "sim/chip/pack.h"
#include "sim/chip/portrait.h"
#include "sim/page.h"

static int transmit(void *self, const uint8_t *command, size_t size, uint8_t *response, size_t *response_size)
{
	return sim_chip_apdu(self, command, size, response, response_size);
}

/* What the passport of this traveller gives. */
static int look(const struct office_day *d, const struct traveller *t, struct emrtd_document *out)
{
	struct sim_chip_config config = {.open = false};
	struct sim_pack *pack = NULL;
	struct sim_chip *chip = NULL;
	char path[CARRIED_PATH_MAX];
	assert_true(carried_path(path, d->passports, t->index));
	assert_int_equal(sim_pack_load(path, &config, &pack), PN_OK);
	assert_int_equal(sim_chip_new(&config, &chip), PN_OK);
	sim_chip_power(chip, true);
	int err = office_day_read(t->zone, !config.no_extended, transmit, NULL, chip, out);
	sim_chip_free(chip);
	sim_pack_free(pack);
	return err;
}

static const struct inspect_check *check_of(const struct inspection *r, enum inspect_check_id id, unsigned group)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->check[i].id == id && r->check[i].group == group)
			return &r->check[i];
	return NULL;
}

/* A proof counts when the file that its key came from is the State's. */
static bool proven(const struct emrtd_document *d, const struct inspection *r)
{
	return (d->mapping == EMRTD_PROVEN && r->card_security_proven) || (d->chip == EMRTD_PROVEN && (r->proven & 1u << 14) != 0) ||
	       (d->active == EMRTD_PROVEN && (r->proven & 1u << 15) != 0);
}

static void good(const struct traveller *t, const struct emrtd_document *d, const struct inspection *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->check[i].result != INSPECT_SUCCESSFUL && r->check[i].result != INSPECT_NOT_PERFORMED &&
			!(t->kind == TRAVELLER_WRONG_DIGIT && r->check[i].id == INSPECT_DG1_MRZ))
			fail_msg("%u %s: %s DG%u: %s", t->index, traveller_kind_name(t->kind),
				inspect_check_name(r->check[i].id), r->check[i].group, inspect_reason_key(r->check[i].reason));
	if (!proven(d, r))
		fail_msg("%u %s: no proof: chip %d (%s, %s, %04x), active %d (%s), covered %x", t->index,
			traveller_kind_name(t->kind), (int)d->chip, emrtd_step_key(d->chip_failure.step),
			emrtd_cause_key(d->chip_failure.cause), d->chip_failure.sw, (int)d->active,
			emrtd_cause_key(d->active_failure.cause), r->proven);
	assert_true(d->mapping != EMRTD_REFUTED && d->chip != EMRTD_REFUTED && d->active != EMRTD_REFUTED);
	assert_memory_equal(d->group[1].bytes + 5, t->zone, 88);
	assert_in_range(d->group[2].size, 12000, 18200);
}

static void bad(const struct traveller *t, const struct emrtd_document *d, const struct inspection *r)
{
	static const struct {
		enum traveller_kind kind;
		enum inspect_check_id check;
		unsigned group;
		enum inspect_reason reason;
	} expected[] = {
		{TRAVELLER_FORGED_DG1, INSPECT_DG_HASH, 1, INSPECT_WHY_HASH},
		{TRAVELLER_REVOKED_SIGNER, INSPECT_SIGNER_REVOCATION, 0, INSPECT_WHY_REVOKED},
		/* its CSCA has the name of one that is known, and another key */
		{TRAVELLER_UNKNOWN_CSCA, INSPECT_SIGNER_CHAIN, 0, INSPECT_WHY_NO_CSCA},
	};
	if (t->kind == TRAVELLER_CLONED_CHIP) {
		/* right in all that is signed, and no proof of the chip */
		assert_int_equal(r->overall, INSPECT_SUCCESSFUL);
		assert_false(proven(d, r));
		return;
	}
	assert_int_not_equal(r->overall, INSPECT_SUCCESSFUL);
	for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
		if (t->kind != expected[i].kind)
			continue;
		const struct inspect_check *c = check_of(r, expected[i].check, expected[i].group);
		assert_non_null(c);
		assert_int_not_equal(c->result, INSPECT_SUCCESSFUL);
		assert_string_equal(inspect_reason_key(c->reason), inspect_reason_key(expected[i].reason));
		return;
	}
	fail_msg("%s: nothing is expected of it", traveller_kind_name(t->kind));
}

static bool spoilt(enum traveller_kind kind)
{
	return kind == TRAVELLER_CLONED_CHIP || kind == TRAVELLER_FORGED_DG1 || kind == TRAVELLER_REVOKED_SIGNER ||
	       kind == TRAVELLER_UNKNOWN_CSCA;
}

static void every_kind(void **state)
{
	(void)state;
	struct office_day d;
	struct trust trust;
	unsigned of[TRAVELLER_KINDS] = {0};
	enum { COUNT = 150 };
	office_day_begin(&d, -1, COUNT);
	office_day_trust(&d, &trust);
	for (uint32_t i = 0; i < COUNT; i++) {
		struct traveller t = office_day_traveller(&d, i);
		struct emrtd_document read;
		struct inspection r;
		int err = look(&d, &t, &read);
		if (err != 0 && t.kind != TRAVELLER_CLONED_CHIP)
			fail_msg("%u %s: %s", i, traveller_kind_name(t.kind), pn_err_name(err));
		office_day_inspect(&d, &t, &trust, &read, &r);
		of[t.kind]++;
		if (spoilt(t.kind))
			bad(&t, &read, &r);
		else
			good(&t, &read, &r);
		emrtd_document_free(&read);
	}
	for (int k = 0; k < TRAVELLER_KINDS; k++)
		assert_int_not_equal(of[k], 0);
	trust_free(&trust);
	office_day_end(&d);
}

/* A copy that gives itself away by nothing but its keys, whatever the document's generation. */
static void every_clone(void **state)
{
	(void)state;
	struct office_day d;
	struct trust trust;
	enum { COUNT = 40 };
	office_day_begin(&d, TRAVELLER_CLONED_CHIP, COUNT);
	office_day_trust(&d, &trust);
	for (uint32_t i = 0; i < COUNT; i++) {
		struct traveller t = office_day_traveller(&d, i);
		struct emrtd_document read;
		struct inspection r;
		(void)look(&d, &t, &read);
		office_day_inspect(&d, &t, &trust, &read, &r);
		assert_false(proven(&read, &r));
		emrtd_document_free(&read);
	}
	trust_free(&trust);
	office_day_end(&d);
}

static void digit(void **state)
{
	(void)state;
	const struct traveller_mix mix = {.weight = {[TRAVELLER_WRONG_DIGIT] = 1}};
	struct traveller t;
	char printed[96];
	traveller_make(&t, 3, 0, &mix, "NOR", (struct traveller_date){2026, 11, 1});
	snprintf(printed, sizeof printed, "%s%s", t.mrz[0], t.mrz[1]);
	assert_int_equal(strlen(t.zone), 88);
	assert_int_not_equal(printed[53], t.zone[53]);
	printed[53] = t.zone[53];
	assert_string_equal(printed, t.zone);
}

static void no_such_place(void **state)
{
	(void)state;
	struct scenario s = {.own_state = "NOR", .mix = {.weight = {1}}};
	char error[640] = "";
	assert_int_equal(passports_issue(&s, (struct traveller_date){2026, 11, 1}, 1790000000, 0, 1, false, "/proc/none", NULL, NULL, error,
				 sizeof error),
		-1);
	assert_string_not_equal(error, "");
	s.own_state[0] = '#';
	char folder[] = "sim-lane-XXXXXX";
	assert_non_null(mkdtemp(folder));
	assert_int_equal(passports_issue(&s, (struct traveller_date){2026, 11, 1}, 1790000000, 0, 1, false, folder, NULL, NULL, error,
				 sizeof error),
		-1);
	struct office_day d;
	snprintf(d.folder, sizeof d.folder, "%s", folder);
	office_day_end(&d);
}

static void write_face(const char *folder, unsigned number, struct sim_der *portrait)
{
	char path[64];
	assert_true(sim_portrait(portrait, SIM_FACE_JPEG, number + 1, 20000));
	snprintf(path, sizeof path, "%s/%u.jpg", folder, number);
	FILE *f = fopen(path, "wbe");
	assert_non_null(f);
	assert_int_equal(fwrite(portrait->bytes, 1, portrait->size, f), portrait->size);
	assert_int_equal(fclose(f), 0);
}

/* The holder's portrait on the page, under what its zone says; of who substituted it, their own. */
static void pages(void **state)
{
	(void)state;
	enum { FACES = 2, COUNT = 8 };
	struct scenario s = {.seed = 5, .own_state = "NOR", .mix = {.weight = {[TRAVELLER_CITIZEN] = 1, [TRAVELLER_PHOTO_SUBSTITUTED] = 1}}};
	const struct traveller_date today = {2026, 11, 1};
	struct sim_der face[FACES] = {{0}};
	unsigned of[TRAVELLER_KINDS] = {0};
	char faces[] = "sim-lane-XXXXXX", error[640] = "", page[SIM_PAGE_PATH_MAX], folder[48];
	struct office_day d = {.folder = "sim-lane-XXXXXX"}, f;
	assert_non_null(mkdtemp(faces));
	assert_non_null(mkdtemp(d.folder));
	for (unsigned i = 0; i < FACES; i++)
		write_face(faces, i, &face[i]);
	if (passports_issue(&s, today, 1790000000, 0, COUNT, false, d.folder, faces, NULL, error, sizeof error) != 0)
		fail_msg("%s", error);
	snprintf(folder, sizeof folder, "%s/pages", d.folder);
	for (uint32_t i = 0; i < COUNT; i++) {
		static uint8_t read[PAGE_BYTES_MAX];
		struct traveller t;
		uint8_t *expected = NULL;
		size_t size = 0;
		traveller_make(&t, s.seed, i, &s.mix, "NOR", today);
		of[t.kind]++;
		const struct sim_der *who = &face[(i + (t.kind == TRAVELLER_PHOTO_SUBSTITUTED)) % FACES];
		assert_int_equal(page_print(who->bytes, who->size, i, &expected, &size), PN_OK);
		const char *lines[] = {t.mrz[0], t.mrz[1], t.mrz[2]};
		assert_true(sim_page_path(page, folder, lines, t.lines));
		FILE *file = fopen(page, "rbe");
		assert_non_null(file);
		assert_int_equal(fread(read, 1, sizeof read, file), size);
		assert_memory_equal(read, expected, size);
		fclose(file);
		free(expected);
	}
	assert_true(of[TRAVELLER_CITIZEN] > 0 && of[TRAVELLER_PHOTO_SUBSTITUTED] > 0);
	for (unsigned i = 0; i < FACES; i++)
		sim_der_free(&face[i]);
	office_day_end(&d);
	snprintf(f.folder, sizeof f.folder, "%s", faces);
	office_day_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind),
		cmocka_unit_test(every_clone),
		cmocka_unit_test(digit),
		cmocka_unit_test(no_such_place),
		cmocka_unit_test(pages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 * What is said of a chip that was read whole, by the reader's own library, from a passport that another library issued: sound
 * ones of every kind, and every fault of the chip's data and of its proofs (faults.def). Must never take an expected result from
 * the report itself: they are those of docs/emrtd.md.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emrtd/lds/lds.h"
#include "reading.h"

static struct trust store;

static int open_store(void **state)
{
	(void)state;
	reading_trust(&store);
	return 0;
}

static int close_store(void **state)
{
	(void)state;
	trust_free(&store);
	return 0;
}

static void expect(const struct report *r, const char *name, const char *field, enum inspect_result result, const char *reason)
{
	const struct report_check *c = reading_check(r, name, field);
	if (c == NULL)
		fail_msg("no check %s", name);
	if (c->result != result || strcmp(c->reason, reason) != 0)
		fail_msg("%s %s: %d %s, expected %d %s", name, c->field, (int)c->result, c->reason, (int)result, reason);
}

static void sound(void **state)
{
	(void)state;
	static const struct {
		enum reading_kind kind;
		enum inspect_result ca, aa, cam, proof;
		const char *ca_why, *aa_why, *cam_why, *proof_why;
	} cases[] = {
		{READING_PLAIN, INSPECT_NOT_PERFORMED, INSPECT_NOT_PERFORMED, INSPECT_NOT_PERFORMED, INSPECT_NOT_PERFORMED,
			"chip.not_offered", "chip.not_offered", "chip.not_used", "chip.not_offered"},
		{READING_BAC, INSPECT_SUCCESSFUL, INSPECT_SUCCESSFUL, INSPECT_NOT_PERFORMED, INSPECT_SUCCESSFUL, "", "",
			"chip.not_used", ""},
		{READING_PACE, INSPECT_SUCCESSFUL, INSPECT_NOT_PERFORMED, INSPECT_NOT_PERFORMED, INSPECT_SUCCESSFUL, "",
			"chip.not_offered", "chip.not_used", ""},
		{READING_CAM, INSPECT_SUCCESSFUL, INSPECT_NOT_PERFORMED, INSPECT_SUCCESSFUL, INSPECT_SUCCESSFUL, "",
			"chip.not_offered", "", ""},
	};
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		const struct sim_passport_config config = reading_config(cases[i].kind);
		struct reading read;
		struct report r;
		reading_open(&read, &config, NULL);
		assert_true(read.complete);
		struct report_input in = reading_input(&read, &store);
		report_make(&in, &r);
		for (size_t n = 0; n < r.count; n++)
			if (r.check[n].result != INSPECT_SUCCESSFUL && r.check[n].result != INSPECT_NOT_PERFORMED)
				fail_msg("%zu: %s %s: %s", i, r.check[n].name, r.check[n].field, r.check[n].reason);
		expect(&r, "chip.read", NULL, INSPECT_SUCCESSFUL, "");
		expect(&r, "chip.mrz", NULL, INSPECT_SUCCESSFUL, "");
		expect(&r, "chip.ca", NULL, cases[i].ca, cases[i].ca_why);
		expect(&r, "chip.aa", NULL, cases[i].aa, cases[i].aa_why);
		expect(&r, "chip.cam", NULL, cases[i].cam, cases[i].cam_why);
		expect(&r, "chip.proof", NULL, cases[i].proof, cases[i].proof_why);
		assert_int_equal(r.overall, INSPECT_SUCCESSFUL);
		assert_null(report_decisive(&r));
		assert_string_equal(r.inspection.signer_country, "UT");
		in.proof_required = true;
		report_make(&in, &r);
		assert_int_equal(
			r.overall, cases[i].kind == READING_PLAIN ? INSPECT_UNDETERMINED : INSPECT_SUCCESSFUL);
		if (cases[i].kind == READING_PLAIN)
			expect(&r, "chip.proof", NULL, INSPECT_UNDETERMINED, "chip.no_proof");
		reading_close(&read);
	}
}

/* Each fault, the one check that must tell it, and what decides the whole. */
static const struct fault_case {
	const char *fault;
	enum reading_kind kind;
	const char *name, *field;
	enum inspect_result result;
	const char *reason;
	enum inspect_result overall;
} faults[] = {
	{"forged-dg1", READING_BAC, "pa.dg.hash", "dg1", INSPECT_FAILED, "pa.hash_differs", INSPECT_FAILED},
	{"forged-dg1", READING_BAC, "chip.mrz", "dg1", INSPECT_FAILED, "chip.mrz_differs", INSPECT_FAILED},
	{"forged-dg2", READING_BAC, "pa.dg.hash", "dg2", INSPECT_FAILED, "pa.hash_differs", INSPECT_FAILED},
	{"ca-key-unsigned", READING_BAC, "pa.dg.hash", "dg14", INSPECT_FAILED, "pa.hash_differs", INSPECT_FAILED},
	{"ca-key-unsigned", READING_BAC, "chip.ca", "dg14", INSPECT_FAILED, "chip.key_not_signed", INSPECT_FAILED},
	{"ca-key-unsigned", READING_PACE, "chip.proof", "chip", INSPECT_FAILED, "chip.key_not_signed", INSPECT_FAILED},
	{"aa-key-unsigned", READING_BAC, "pa.dg.hash", "dg15", INSPECT_FAILED, "pa.hash_differs", INSPECT_FAILED},
	{"aa-key-unsigned", READING_BAC, "chip.aa", "dg15", INSPECT_FAILED, "chip.key_not_signed", INSPECT_FAILED},
	{"cam-key-unsigned", READING_CAM, "pa.card_security", "card_security", INSPECT_FAILED, "pa.signature_wrong",
		INSPECT_FAILED},
	{"dg-extra", READING_BAC, "pa.groups", "sod", INSPECT_FAILED, "pa.group_not_listed", INSPECT_FAILED},
	{"dg-missing", READING_BAC, "pa.groups", "sod", INSPECT_FAILED, "pa.group_missing", INSPECT_FAILED},
	{"sod-absent", READING_BAC, "pa.sod", "sod", INSPECT_NOT_PERFORMED, "pa.not_read", INSPECT_UNDETERMINED},
	{"sod-absent", READING_BAC, "chip.ca", "dg14", INSPECT_UNDETERMINED, "chip.key_not_trusted", INSPECT_UNDETERMINED},
	{"sod-broken", READING_BAC, "pa.signature", "sod", INSPECT_FAILED, "pa.signature_wrong", INSPECT_FAILED},
	{"sod-broken", READING_BAC, "chip.ca", "dg14", INSPECT_UNDETERMINED, "chip.key_not_trusted", INSPECT_FAILED},
	{"ds-revoked", READING_BAC, "pa.signer.revocation", "signer", INSPECT_FAILED, "pa.revoked", INSPECT_FAILED},
	{"ds-revoked", READING_BAC, "chip.aa", "dg15", INSPECT_UNDETERMINED, "chip.key_not_trusted", INSPECT_FAILED},
	{"ds-expired", READING_BAC, "pa.signer.validity", "signer", INSPECT_FAILED, "pa.expired", INSPECT_FAILED},
	{"ds-stranger", READING_BAC, "pa.signer.chain", "signer", INSPECT_FAILED, "pa.csca_signature_wrong", INSPECT_FAILED},
	{"ds-country", READING_BAC, "pa.signer.country", "signer", INSPECT_FAILED, "pa.country_differs", INSPECT_FAILED},
	/* Read or not, a reading that did not end is not one that is well. */
	{"length-beyond", READING_BAC, "chip.read", "chip", INSPECT_UNDETERMINED, "chip.read_incomplete", INSPECT_UNDETERMINED},
	{"length-bomb", READING_BAC, "chip.read", "chip", INSPECT_UNDETERMINED, "chip.read_incomplete", INSPECT_UNDETERMINED},
	{"length-indefinite", READING_BAC, "chip.read", "chip", INSPECT_UNDETERMINED, "chip.read_incomplete",
		INSPECT_UNDETERMINED},
	/* A signed file in no usable form: the State's defect, and nothing is known of the chip. */
	{"recursion", READING_PACE, "chip.ca", "dg14", INSPECT_UNDETERMINED, "chip.key_form", INSPECT_UNDETERMINED},
	/* What is signed and odd is for those who parse it. */
	{"dg2-huge", READING_BAC, "pa.dg.hash", "dg2", INSPECT_SUCCESSFUL, "", INSPECT_SUCCESSFUL},
	{"dg2-count", READING_BAC, "pa.dg.hash", "dg2", INSPECT_SUCCESSFUL, "", INSPECT_SUCCESSFUL},
	{"dg11-count", READING_BAC, "pa.dg.hash", "dg11", INSPECT_SUCCESSFUL, "", INSPECT_SUCCESSFUL},
	/* EF.COM is nobody's word: it is not read. */
	{"com-differs", READING_BAC, "pa.com", "com", INSPECT_NOT_PERFORMED, "pa.not_read", INSPECT_SUCCESSFUL},
	/* Proofs that the chip owes. */
	{"clone", READING_BAC, "chip.ca", "dg14", INSPECT_FAILED, "chip.proof_refuted", INSPECT_FAILED},
	{"clone", READING_PACE, "chip.ca", "dg14", INSPECT_FAILED, "chip.proof_refuted", INSPECT_FAILED},
	{"clone", READING_PACE, "chip.proof", "chip", INSPECT_FAILED, "chip.proof_refuted", INSPECT_FAILED},
	{"cam-wrong", READING_CAM, "chip.cam", "card_security", INSPECT_FAILED, "chip.proof_refuted", INSPECT_FAILED},
	{"cam-absent", READING_CAM, "chip.cam", "card_security", INSPECT_FAILED, "chip.proof_refuted", INSPECT_FAILED},
	{"ca-6a80", READING_BAC, "chip.ca", "dg14", INSPECT_FAILED, "chip.proof_refuted", INSPECT_FAILED},
	{"aa-cut", READING_BAC, "chip.aa", "dg15", INSPECT_FAILED, "chip.proof_refuted", INSPECT_FAILED},
	{"aa-none", READING_BAC, "chip.aa", "dg15", INSPECT_FAILED, "chip.proof_refuted", INSPECT_FAILED},
	{"aa-old", READING_BAC, "chip.aa", "dg15", INSPECT_FAILED, "chip.proof_refuted", INSPECT_FAILED},
	/* A chip that hides the file of its key. */
	{"read-absent=0x010f", READING_BAC, "pa.groups", "sod", INSPECT_FAILED, "pa.group_missing", INSPECT_FAILED},
	{"read-absent=0x010f", READING_BAC, "chip.aa", "dg15", INSPECT_UNDETERMINED, "chip.key_missing", INSPECT_FAILED},
};

static void each_fault(void **state)
{
	(void)state;
	for (size_t i = 0; i < PN_COUNT(faults); i++) {
		const struct fault_case *c = &faults[i];
		const struct sim_passport_config config = reading_config(c->kind);
		struct reading read;
		struct report r;
		reading_open(&read, &config, c->fault);
		const struct report_input in = reading_input(&read, &store);
		report_make(&in, &r);
		const struct report_check *found = reading_check(&r, c->name, c->field);
		if (found == NULL || found->result != c->result || strcmp(found->reason, c->reason) != 0)
			fail_msg("%s: %s %d %s", c->fault, c->name, found != NULL ? (int)found->result : 0,
				found != NULL ? found->reason : "none");
		if (r.overall != c->overall)
			fail_msg("%s: overall %d, by %s", c->fault, (int)r.overall,
				report_decisive(&r) != NULL ? report_decisive(&r)->name : "none");
		assert_int_equal(report_decisive(&r) == NULL, r.overall == INSPECT_SUCCESSFUL);
		reading_close(&read);
	}
}

/* Every fault of the layers that the report is about stands in the table. */
static void none_is_left_out(void **state)
{
	(void)state;
#define FAULT(symbol, option, layer, text) {option, #layer},
	static const struct {
		const char *option, *layer;
	} all[] = {
#include "sim/chip/faults.def"
	};
#undef FAULT
	for (size_t i = 0; i < PN_COUNT(all); i++) {
		bool found = (strcmp(all[i].layer, "DATA") != 0 && strcmp(all[i].layer, "CHIP") != 0) ||
			     strcmp(all[i].option, "csca-unknown") == 0; /* a test of its own, below */
		for (size_t k = 0; k < PN_COUNT(faults) && !found; k++)
			found = strcmp(faults[k].fault, all[i].option) == 0;
		if (!found)
			fail_msg("no case for %s", all[i].option);
	}
}

/* A claim without a file behind it counts for nothing, whatever the reader says. */
static void claims_alone(void **state)
{
	(void)state;
	const struct sim_passport_config config = reading_config(READING_PLAIN), full = reading_config(READING_BAC);
	struct reading read;
	struct report r;
	reading_open(&read, &config, NULL);
	read.chip.ca = read.chip.aa = read.chip.cam = REPORT_CLAIM_PROVEN;
	struct report_input in = reading_input(&read, &store);
	report_make(&in, &r);
	expect(&r, "chip.ca", NULL, INSPECT_UNDETERMINED, "chip.key_not_trusted");
	expect(&r, "chip.aa", NULL, INSPECT_UNDETERMINED, "chip.key_not_trusted");
	expect(&r, "chip.cam", NULL, INSPECT_UNDETERMINED, "chip.key_not_trusted");
	assert_int_equal(r.overall, INSPECT_UNDETERMINED);
	reading_close(&read);
	/* A clone that brings DG15 of its own, which EF.SOD does not list. */
	reading_open(&read, &config, NULL);
	read.files.group[15] = read.files.group[1];
	read.chip.aa = REPORT_CLAIM_PROVEN;
	in = reading_input(&read, &store);
	report_make(&in, &r);
	expect(&r, "chip.aa", NULL, INSPECT_FAILED, "chip.key_not_signed");
	expect(&r, "pa.groups", NULL, INSPECT_FAILED, "pa.group_not_listed");
	reading_close(&read);
	/* A clone whose reader looks away: the State's files, and nobody asks. */
	reading_open(&read, &full, NULL);
	read.chip.ca = read.chip.aa = REPORT_CLAIM_NONE;
	in = reading_input(&read, &store);
	report_make(&in, &r);
	expect(&r, "chip.ca", NULL, INSPECT_UNDETERMINED, "chip.proof_missing");
	expect(&r, "chip.aa", NULL, INSPECT_UNDETERMINED, "chip.proof_missing");
	assert_int_equal(r.overall, INSPECT_UNDETERMINED);
	/* One proof is enough; the file of the other need not even be read. */
	read.chip.ca = REPORT_CLAIM_PROVEN;
	memset(&read.files.group[15], 0, sizeof read.files.group[15]);
	report_make(&in, &r);
	expect(&r, "chip.aa", NULL, INSPECT_NOT_PERFORMED, "chip.proven_otherwise");
	assert_int_equal(r.overall, INSPECT_SUCCESSFUL);
	reading_close(&read);
}

/* The State says that keys of active authentication of its documents are known to others (Doc 9303-3 7.3.5). */
static void an_active_key_in_doubt(void **state)
{
	(void)state;
	const struct sim_passport_config config = reading_config(READING_BAC);
	struct reading read;
	struct report r;
	struct trust trust;
	size_t line = 0;
	reading_trust(&trust);
	assert_int_equal(trust_add_defects(&trust, "deviation\tUT\t*\tactive_authentication.key\tkeys.leaked\n", &line), TRUST_OK);
	reading_open(&read, &config, NULL);
	read.chip.ca = REPORT_CLAIM_NONE;
	struct report_input in = reading_input(&read, &trust);
	report_make(&in, &r);
	expect(&r, "chip.aa", NULL, INSPECT_UNDETERMINED, "chip.key_in_doubt");
	assert_int_equal(r.overall, INSPECT_UNDETERMINED);
	in.trust = &store;
	report_make(&in, &r);
	expect(&r, "chip.aa", NULL, INSPECT_SUCCESSFUL, "");
	reading_close(&read);
	trust_free(&trust);
}

static void without_trust(void **state)
{
	(void)state;
	const struct sim_passport_config config = reading_config(READING_BAC);
	struct trust nobody;
	struct reading read;
	struct report r;
	reading_open(&read, &config, NULL);
	struct report_input in = reading_input(&read, NULL);
	report_make(&in, &r);
	expect(&r, "pa.signer.chain", NULL, INSPECT_UNDETERMINED, "pa.no_trust_store");
	expect(&r, "chip.ca", NULL, INSPECT_UNDETERMINED, "chip.key_not_trusted");
	assert_int_equal(r.overall, INSPECT_UNDETERMINED);
	trust_init(&nobody);
	in.trust = &nobody;
	report_make(&in, &r);
	assert_int_equal(r.overall, INSPECT_UNDETERMINED);
	trust_free(&nobody);
	reading_close(&read);
	/* Signed under a CSCA of the same name whose certificate nobody has. */
	reading_open(&read, &config, "csca-unknown");
	in = reading_input(&read, &store);
	report_make(&in, &r);
	assert_int_not_equal(reading_check(&r, "pa.signer.chain", NULL)->result, INSPECT_SUCCESSFUL);
	expect(&r, "chip.ca", NULL, INSPECT_UNDETERMINED, "chip.key_not_trusted");
	assert_int_not_equal(r.overall, INSPECT_SUCCESSFUL);
	reading_close(&read);
}

/* A relay that hides EF.CardAccess so that the chip is opened by BAC; a reader that fell back; one that does not say. */
static void access_is_held_against_the_signed_list(void **state)
{
	(void)state;
	const struct sim_passport_config config = reading_config(READING_PACE);
	struct sim_passport_config both = config;
	struct reading read;
	struct report r;
	both.bac = true;
	reading_open(&read, &both, NULL);
	struct report_input in = reading_input(&read, &store);
	report_make(&in, &r);
	assert_int_equal(r.overall, INSPECT_SUCCESSFUL);
	bool told = reading_check(&r, "chip.access", NULL)->result == INSPECT_SUCCESSFUL;
	read.chip.fell_back = true;
	read.chip.access = EMRTD_ACCESS_BAC;
	report_make(&in, &r);
	expect(&r, "chip.access", NULL, INSPECT_UNDETERMINED, "chip.fell_back");
	assert_int_equal(r.overall, INSPECT_UNDETERMINED);
	read.chip.fell_back = false;
	memset(&read.files.card_access, 0, sizeof read.files.card_access);
	report_make(&in, &r);
	if (told) /* DG14 speaks of PACE */
		expect(&r, "chip.access", NULL, INSPECT_FAILED, "chip.access_differs");
	read.chip.access = EMRTD_ACCESS_NONE;
	report_make(&in, &r);
	assert_int_equal(reading_check(&r, "chip.access", NULL)->result, INSPECT_NOT_PERFORMED);
	assert_int_equal(r.overall, INSPECT_UNDETERMINED);
	assert_string_equal(report_decisive(&r)->name, "chip.access");
	assert_true(told);
	reading_close(&read);
}

static void zone_and_time(void **state)
{
	(void)state;
	const struct sim_passport_config config = reading_config(READING_PACE);
	struct reading read;
	struct report r;
	reading_open(&read, &config, NULL);
	struct report_input in = reading_input(&read, &store);
	in.zone = "";
	report_make(&in, &r);
	expect(&r, "chip.mrz", NULL, INSPECT_NOT_PERFORMED, "chip.no_optical_mrz");
	assert_int_equal(r.overall, INSPECT_UNDETERMINED);
	in.zone_required = false;
	report_make(&in, &r);
	assert_int_equal(r.overall, INSPECT_SUCCESSFUL);
	in.zone_required = true;
	in.zone = "P<UTOERIKSSON<<ANNA<MARIE<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10";
	report_make(&in, &r);
	expect(&r, "chip.mrz", NULL, INSPECT_FAILED, "chip.mrz_differs");
	/* DG1 that nobody read says nothing, and that is not enough. */
	in.zone = desk_td3;
	memset(&read.files.group[1], 0, sizeof read.files.group[1]);
	report_make(&in, &r);
	expect(&r, "pa.dg.hash", "dg1", INSPECT_NOT_PERFORMED, "pa.not_read");
	assert_int_equal(r.overall, INSPECT_UNDETERMINED);
	in.at_s = 0;
	report_make(&in, &r);
	assert_int_equal(r.count, 1);
	expect(&r, "chip.read", NULL, INSPECT_ABORTED, "chip.no_time");
	assert_int_equal(r.overall, INSPECT_ABORTED);
	reading_close(&read);
}

static struct emrtd_bundle_file load(const char *folder, const char *name)
{
	char path[1024];
	uint8_t *bytes = malloc(64 * 1024);
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *f = fopen(path, "rb");
	assert_true(f != NULL && bytes != NULL);
	size_t size = fread(bytes, 1, 64 * 1024, f);
	fclose(f);
	assert_true(size > 0);
	return (struct emrtd_bundle_file){EMRTD_BUNDLE_WHOLE, bytes, size};
}

/* The set that BSI publishes with TR-03105-5, whose CSCA it does not: nothing of it is anybody's, and its object does not list
 * DG15. */
static void reference_data(void **state)
{
	static const unsigned groups[] = {1, 2, 3, 4, 14, 15};
	const char *folder = getenv("POSTERN_TEST_BSI");
	const struct report_chip chip = {.access = EMRTD_ACCESS_BAC,
		.complete = true,
		.ca = REPORT_CLAIM_PROVEN,
		.aa = REPORT_CLAIM_PROVEN};
	struct emrtd_bundle files;
	struct report r;
	char name[32], zone[96];
	(void)state;
	if (folder == NULL) {
		print_message("not run: POSTERN_TEST_BSI does not name the reference data set\n");
		skip();
	}
	memset(&files, 0, sizeof files);
	files.sod = load(folder, "EF_SOD.bin");
	for (size_t i = 0; i < PN_COUNT(groups); i++) {
		snprintf(name, sizeof name, "Datagroup%u.bin", groups[i]);
		files.group[groups[i]] = load(folder, name);
	}
	lds_zone((struct emrtd_bytes){files.group[1].bytes, files.group[1].size}, zone);
	struct report_input in = {
		.files = &files, .chip = &chip, .zone = zone, .zone_required = true, .at_s = INT64_C(1400000000)};
	report_make(&in, &r);
	expect(&r, "pa.signature", NULL, INSPECT_SUCCESSFUL, "");
	expect(&r, "pa.signer.country", NULL, INSPECT_SUCCESSFUL, "");
	expect(&r, "pa.signer.chain", NULL, INSPECT_UNDETERMINED, "pa.no_trust_store");
	expect(&r, "pa.dg.hash", "dg14", INSPECT_SUCCESSFUL, "");
	expect(&r, "chip.ca", NULL, INSPECT_UNDETERMINED, "chip.key_not_trusted");
	expect(&r, "pa.groups", NULL, INSPECT_FAILED, "pa.group_not_listed");
	expect(&r, "chip.aa", NULL, INSPECT_FAILED, "chip.key_not_signed");
	assert_int_equal(r.overall, INSPECT_FAILED);
	const struct emrtd_bundle_file dg15 = files.group[15];
	memset(&files.group[15], 0, sizeof files.group[15]);
	report_make(&in, &r);
	expect(&r, "pa.groups", NULL, INSPECT_SUCCESSFUL, "");
	assert_int_equal(r.overall, INSPECT_UNDETERMINED);
	free((void *)(uintptr_t)dg15.bytes);
	free((void *)(uintptr_t)files.sod.bytes);
	for (size_t i = 0; i + 1 < PN_COUNT(groups); i++)
		free((void *)(uintptr_t)files.group[groups[i]].bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(reference_data), cmocka_unit_test(sound), cmocka_unit_test(each_fault),
		cmocka_unit_test(none_is_left_out), cmocka_unit_test(claims_alone),
		cmocka_unit_test(an_active_key_in_doubt), cmocka_unit_test(without_trust),
		cmocka_unit_test(access_is_held_against_the_signed_list), cmocka_unit_test(zone_and_time)};
	return cmocka_run_group_tests(tests, open_store, close_store);
}

/* SPDX-License-Identifier: Apache-2.0
 * What Passive Authentication, written apart, finds in each document whose data are wrong (layer
 * DATA of faults.def): the check that must fail or stay open and its reason, that all others
 * succeed, and that none of them is found successful.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <openssl/crypto.h>
#include <string.h>

#include "emrtd/inspect/passive.h"
#include "sim/chip/passport.h"

static const char zone[] =
	"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10";

enum { NOW = 1790000000 };
static struct sim_office *office;
static struct trust store;

static int open_office(void **state)
{
	(void)state;
	const struct sim_office_config c = {"UT", SIM_EC_BRAINPOOL_256, SIM_EC_P256, NOW};
	size_t size = 0;
	office = sim_office_new(&c);
	if (office == NULL)
		return 1;
	trust_init(&store);
	uint8_t *der = sim_office_csca(office, &size);
	bool ok = trust_add_certificate(&store, der, size, true) == TRUST_USABLE;
	OPENSSL_free(der);
	/* Brings the neighbour's CSCA. */
	der = sim_office_list(office, &size);
	ok = ok && trust_add_master_list(&store, der, size, false, NULL) == TRUST_OK;
	OPENSSL_free(der);
	der = sim_office_crl(office, &size);
	ok = ok && trust_add_crl(&store, der, size) == TRUST_OK;
	OPENSSL_free(der);
	return ok ? 0 : 1;
}

static int close_office(void **state)
{
	(void)state;
	trust_free(&store);
	sim_office_free(office);
	return 0;
}

/* All files as the chip gives them, read without a fault of reading. */
static void look(const char *fault, struct inspection *out)
{
	struct sim_passport_config c = {
		.mrz = zone, .bac = true, .face_size = 200, .full_name = "A<<B", .aa = SIM_AA_EC};
	struct sim_passport *p = NULL;
	struct inspect_input in;
	memset(&in, 0, sizeof in);
	c.ca[0] = (struct sim_passport_ca){SIM_AES_128, 13, -1, false};
	c.ca_count = 1;
	if (fault != NULL)
		assert_int_equal(sim_chip_fault_parse(fault, c.faults), 0);
	assert_int_equal(sim_passport_issue(office, &c, &p), 0);
	const struct sim_chip_config *chip = sim_passport_chip(p);
	char mrz[89] = "";
	in.absent = 0x1fffe;
	in.com_read = true;
	for (size_t i = 0; i < chip->file_count; i++) {
		const struct sim_chip_file *f = &chip->files[i];
		const struct inspect_file file = {f->bytes, f->size};
		if (f->id == 0x011d) {
			in.sod = file;
		} else if (f->id >= 0x0101 && f->id <= 0x0110) {
			in.group[f->id & 0xff] = file;
			in.absent &= ~(1U << (f->id & 0xff));
		}
		if (f->id == 0x0101)
			memcpy(mrz, f->bytes + (f->size == 93 ? 5 : 6), 88);
	}
	/* EF.COM lists what is there, but for the fault that says otherwise. */
	in.com_groups = 0x1fffe & ~in.absent;
	if (c.faults[SIM_FAULT_COM_DIFFERS].on)
		in.com_groups |= 1U << 16;
	if (c.faults[SIM_FAULT_DG_MISSING].on)
		in.com_groups |= 1U << 13;
	in.issuer = "UTO";
	in.document_code = "P";
	in.dg1_mrz = mrz;
	in.optical_mrz = zone;
	in.at_s = NOW;
	in.trust = &store;
	inspect(&in, out);
	sim_passport_free(p);
}

static const struct inspect_check *check_of(
	const struct inspection *r, enum inspect_check_id id, unsigned group)
{
	for (size_t i = 0; i < r->count; i++) {
		if (r->check[i].id == id && r->check[i].group == group)
			return &r->check[i];
	}
	return NULL;
}

static void in_order(void **state)
{
	(void)state;
	struct inspection r;
	look(NULL, &r);
	for (size_t i = 0; i < r.count; i++) {
		if (r.check[i].result != INSPECT_SUCCESSFUL &&
			r.check[i].result != INSPECT_NOT_PERFORMED)
			fail_msg("%s DG%u: %d %s", inspect_check_name(r.check[i].id),
				r.check[i].group, (int)r.check[i].result,
				inspect_reason_key(r.check[i].reason));
	}
	assert_int_equal(r.overall, INSPECT_SUCCESSFUL);
	assert_int_equal(r.proven, 1U << 1 | 1U << 2 | 1U << 11 | 1U << 14 | 1U << 15);
}

static void wrong(void **state)
{
	(void)state;
	static const struct {
		const char *fault;
		enum inspect_check_id check;
		unsigned group;
		enum inspect_result result;
		enum inspect_reason reason;
		uint32_t not_proven; /* groups that must not count; all: 0xffffffff */
	} cases[] = {
		{"forged-dg1", INSPECT_DG_HASH, 1, INSPECT_FAILED, INSPECT_WHY_HASH, 1U << 1},
		{"forged-dg2", INSPECT_DG_HASH, 2, INSPECT_FAILED, INSPECT_WHY_HASH, 1U << 2},
		{"ca-key-unsigned", INSPECT_DG_HASH, 14, INSPECT_FAILED, INSPECT_WHY_HASH,
			1U << 14},
		{"aa-key-unsigned", INSPECT_DG_HASH, 15, INSPECT_FAILED, INSPECT_WHY_HASH,
			1U << 15},
		{"length-beyond", INSPECT_DG_HASH, 2, INSPECT_FAILED, INSPECT_WHY_HASH, 1U << 2},
		{"length-bomb", INSPECT_DG_HASH, 2, INSPECT_FAILED, INSPECT_WHY_HASH, 1U << 2},
		{"length-indefinite", INSPECT_DG_HASH, 1, INSPECT_FAILED, INSPECT_WHY_HASH,
			1U << 1},
		{"dg-extra", INSPECT_DG_SET, 0, INSPECT_FAILED, INSPECT_WHY_GROUP_EXTRA, 1U << 13},
		{"dg-missing", INSPECT_DG_SET, 0, INSPECT_FAILED, INSPECT_WHY_GROUP_MISSING,
			1U << 13},
		{"com-differs", INSPECT_COM, 0, INSPECT_FAILED, INSPECT_WHY_COM_DIFFERS, 0},
		{"sod-absent", INSPECT_SOD, 0, INSPECT_NOT_PERFORMED, INSPECT_WHY_NOT_READ,
			0xffffffff},
		{"sod-broken", INSPECT_SIGNATURE, 0, INSPECT_FAILED, INSPECT_WHY_SIGNATURE,
			0xffffffff},
		{"ds-revoked", INSPECT_SIGNER_REVOCATION, 0, INSPECT_FAILED, INSPECT_WHY_REVOKED,
			0xffffffff},
		{"ds-expired", INSPECT_SIGNER_VALIDITY, 0, INSPECT_FAILED, INSPECT_WHY_EXPIRED, 0},
		{"ds-stranger", INSPECT_SIGNER_CHAIN, 0, INSPECT_FAILED, INSPECT_WHY_CSCA_SIGNATURE,
			0xffffffff},
		{"ds-country", INSPECT_SIGNER_COUNTRY, 0, INSPECT_FAILED, INSPECT_WHY_COUNTRY, 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct inspection r;
		look(cases[i].fault, &r);
		const struct inspect_check *c = check_of(&r, cases[i].check, cases[i].group);
		if (c == NULL || c->result != cases[i].result || c->reason != cases[i].reason)
			fail_msg("%s: %s %d %s", cases[i].fault, inspect_check_name(cases[i].check),
				c != NULL ? (int)c->result : 0,
				c != NULL ? inspect_reason_key(c->reason) : "");
		assert_int_equal(r.proven & cases[i].not_proven, 0);
		assert_int_not_equal(r.overall, INSPECT_SUCCESSFUL);
	}
}

/* The signer names a key that no list has, under a CSCA name that the lists do have. */
static void nobody_vouches(void **state)
{
	(void)state;
	struct inspection r;
	look("csca-unknown", &r);
	const struct inspect_check *c = check_of(&r, INSPECT_SIGNER_CHAIN, 0);
	assert_non_null(c);
	assert_int_not_equal(c->result, INSPECT_SUCCESSFUL);
	assert_int_not_equal(c->result, INSPECT_NOT_PERFORMED);
	assert_int_equal(r.proven, 0);
	assert_int_not_equal(r.overall, INSPECT_SUCCESSFUL);
}

/* Signed as they are: what they do wrong is for those who parse them. */
static void harmless(void **state)
{
	(void)state;
	static const char *const faults[] = {"recursion", "dg2-huge", "dg2-count", "dg11-count"};
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		struct inspection r;
		look(faults[i], &r);
		assert_int_equal(r.overall, INSPECT_SUCCESSFUL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_order),
		cmocka_unit_test(wrong),
		cmocka_unit_test(nobody_vouches),
		cmocka_unit_test(harmless),
	};
	return cmocka_run_group_tests(tests, open_office, close_office);
}

/* SPDX-License-Identifier: Apache-2.0
 * EF.CardSecurity judged as EF.SOD is (pa.card_security), and how the chip was opened against what the State signed
 * (chip.access). The list is the worked example's of ICAO Doc 9303-11, appendix I. Must never use a certificate of a real
 * State.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/crypto.h>
#include <openssl/objects.h>
#include <string.h>

#include "base/err.h"
#include "emrtd/inspect/passive.h"
#include "sim/state/state.h"

#define YEAR INT64_C(31557600)
#define NOW INT64_C(1767225600) /* 2026-01-01T00:00:00Z */
#define SECURITY_OBJECT "0.4.0.127.0.7.3.2.1"

static const uint8_t dg1[] = "\x61\x5d\x5f\x1f\x5a" "I<NORD23145890<<<<<<<<<<<<<<<7408122F1204159NOR<<<<<<<<<<<4ERIKSSON<<ANNA<MARIA<<<<<<<<<<";
static const uint8_t dg2[] = "\x75\x03\x7f\x61\x00";
/* SET { PACEInfo id-PACE-ECDH-CAM-AES-CBC-CMAC-128, version 2, parameter 13 }, as EF.CardAccess and within DG14. */
#define CAM_INFO "\x30\x12\x06\x0a\x04\x00\x7f\x00\x07\x02\x02\x04\x06\x02\x02\x01\x02\x02\x01\x0d"
#define GM_INFO "\x30\x12\x06\x0a\x04\x00\x7f\x00\x07\x02\x02\x04\x02\x02\x02\x01\x02\x02\x01\x0d"
static const uint8_t cam_access[] = "\x31\x14" CAM_INFO, gm_access[] = "\x31\x14" GM_INFO;
static const uint8_t dg14_cam[] = "\x6e\x16\x31\x14" CAM_INFO, dg14_silent[] = "\x6e\x02\x31\x00";
/* The same PACEInfo and the ChipAuthenticationPublicKeyInfo of appendix I. */
static const uint8_t security_infos[] = "\x31\x78" CAM_INFO
	"\x30\x62\x06\x09\x04\x00\x7f\x00\x07\x02\x02\x01\x02\x30\x52\x30\x0c\x06\x07\x04\x00\x7f\x00\x07\x01\x02\x02\x01\x0d"
	"\x03\x42\x00\x04\x18\x72\x70\x94\x94\x39\x9e\x74\x70\xa6\x43\x1b\xe2\x5e\x83\xee\xe2\x4f\xea\x56\x8c\x2e\xd2\x8d\xb4"
	"\x8e\x05\xdb\x3a\x61\x0d\xc8\x84\xd2\x56\xa4\x0e\x35\xef\xcb\x59\xbf\x67\x53\xd3\xa4\x89\xd2\x8c\x7a\x4d\x97\x3c\x2d"
	"\xa1\x38\xa6\xe7\xa4\xa0\x8f\x68\xe1\x6f\x02\x01\x0d";

struct world {
	struct sim_state *state;
	struct sim_signer *signer, *card_signer;
	struct sim_signer_config card_config;
	struct trust trust;
	const char *type;
	const uint8_t *dg14, *list;
	size_t dg14_size, list_size, sod_size, card_size;
	uint8_t *sod, *card;
	struct emrtd_access_report access;
	struct inspect_input in;
	struct inspection out;
};

static void set_access(struct world *w, const uint8_t *bytes, size_t size)
{
	memcpy(w->access.card_access, bytes, size);
	w->access.card_access_size = size;
}

static void begin(struct world *w)
{
	const struct sim_state_config c = {"NO", SIM_EC_P256, NOW - 3 * YEAR, NOW + 12 * YEAR};
	memset(w, 0, sizeof *w);
	w->card_config = (struct sim_signer_config){SIM_EC_P256, NOW - YEAR, NOW + 10 * YEAR, NULL, "P,I", false, false};
	w->type = SECURITY_OBJECT;
	w->list = security_infos;
	w->list_size = sizeof security_infos - 1;
	w->dg14 = dg14_cam;
	w->dg14_size = sizeof dg14_cam - 1;
	w->access = (struct emrtd_access_report){
		.access = EMRTD_ACCESS_PACE, .mapping = EMRTD_CHIP_AUTHENTICATION, .domain = 13};
	set_access(w, cam_access, sizeof cam_access - 1);
	trust_init(&w->trust);
	w->state = sim_state_new(&c);
	assert_non_null(w->state);
	w->signer = sim_signer_new(w->state, &w->card_config);
}

static void issue(struct world *w)
{
	const struct sim_group groups[] = {
		{1, dg1, sizeof dg1 - 1}, {2, dg2, sizeof dg2 - 1}, {14, w->dg14, w->dg14_size}};
	size_t size;
	uint8_t *der = sim_der(sim_state_csca(w->state), &size);
	assert_int_equal(trust_add_certificate(&w->trust, der, size, false), TRUST_USABLE);
	OPENSSL_free(der);
	w->card_signer = sim_signer_new(w->state, &w->card_config);
	w->sod = sim_sod(w->signer, NID_sha256, NID_sha256, groups, PN_COUNT(groups), SIM_SOD_PLAIN, NOW - 10, &w->sod_size);
	w->card = sim_signed(w->card_signer, w->type, w->list, w->list_size, NID_sha256, NOW - 10, &w->card_size);
	assert_true(w->sod != NULL && w->card != NULL);
	w->in = (struct inspect_input){.sod = {w->sod, w->sod_size},
		.card_security = {w->card, w->card_size},
		.access = &w->access,
		.issuer = "NOR",
		.document_code = "I",
		.dg1_mrz = (const char *)dg1 + 5,
		.optical_mrz = (const char *)dg1 + 5,
		.at_s = NOW,
		.trust = &w->trust};
	for (size_t i = 0; i < PN_COUNT(groups); i++)
		w->in.group[groups[i].number] = (struct inspect_file){groups[i].bytes, groups[i].size};
}

static void end(struct world *w)
{
	OPENSSL_free(w->sod);
	OPENSSL_free(w->card);
	sim_signer_free(w->signer);
	sim_signer_free(w->card_signer);
	sim_state_free(w->state);
	trust_free(&w->trust);
}

/* This check says this; no other failed; the whole and what counts as proven are as they must be. */
static void expect(struct world *w, enum inspect_check_id id, enum inspect_result result, enum inspect_reason reason,
	enum inspect_result overall, bool proven)
{
	const struct inspect_check *c = NULL;
	inspect(&w->in, &w->out);
	for (size_t i = 0; i < w->out.count; i++) {
		if (w->out.check[i].id == id)
			c = &w->out.check[i];
		else if (w->out.check[i].result == INSPECT_FAILED)
			fail_msg("%s failed too", inspect_check_name(w->out.check[i].id));
	}
	assert_non_null(c);
	assert_int_equal(c->result, result);
	assert_string_equal(inspect_reason_key(c->reason), inspect_reason_key(reason));
	assert_int_equal(w->out.overall, overall);
	assert_int_equal(w->out.card_security_proven, proven);
	/* The groups stand on EF.SOD alone. */
	assert_int_equal(w->out.proven, 1u << 1 | 1u << 2 | 1u << 14);
}

static void a_signed_list_is_proven(void **state)
{
	struct world w;
	(void)state;
	begin(&w);
	issue(&w);
	expect(&w, INSPECT_CARD_SECURITY, INSPECT_SUCCESSFUL, INSPECT_WHY_NONE, INSPECT_SUCCESSFUL, true);
	expect(&w, INSPECT_ACCESS, INSPECT_SUCCESSFUL, INSPECT_WHY_NONE, INSPECT_SUCCESSFUL, true);
	end(&w);
}

/* One byte of the key, of the signature, of the length: never proven. */
static void a_changed_byte_is_not_proven(void **state)
{
	struct world w;
	(void)state;
	begin(&w);
	issue(&w);
	uint8_t *key = memmem(w.card, w.card_size, "\x18\x72\x70\x94", 4);
	assert_non_null(key);
	*key ^= 1;
	expect(&w, INSPECT_CARD_SECURITY, INSPECT_FAILED, INSPECT_WHY_SIGNATURE, INSPECT_FAILED, false);
	*key ^= 1;
	w.card[w.card_size - 1] ^= 1;
	expect(&w, INSPECT_CARD_SECURITY, INSPECT_FAILED, INSPECT_WHY_SIGNATURE, INSPECT_FAILED, false);
	w.card[w.card_size - 1] ^= 1;
	for (size_t size = 0; size < w.card_size; size++) {
		w.in.card_security.size = size;
		inspect(&w.in, &w.out);
		assert_false(w.out.card_security_proven);
		assert_int_equal(w.out.overall, INSPECT_FAILED);
	}
	end(&w);
}

static void its_own_signer_is_judged(void **state)
{
	static const struct {
		bool stranger, certificate_usage, revoked, late;
		const char *types;
		enum inspect_result result;
		enum inspect_reason reason;
		bool proven;
	} cases[] = {
		{true, false, false, false, "P,I", INSPECT_FAILED, INSPECT_WHY_CSCA_SIGNATURE, false},
		{false, true, false, false, "P,I", INSPECT_FAILED, INSPECT_WHY_KEY_USAGE, false},
		{false, false, false, false, "P", INSPECT_FAILED, INSPECT_WHY_DOCUMENT_TYPE, false},
		{false, false, true, false, "P,I", INSPECT_FAILED, INSPECT_WHY_REVOKED, false},
		{false, false, false, true, "P,I", INSPECT_FAILED, INSPECT_WHY_NOT_YET_VALID, true},
	};
	(void)state;
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		struct world w;
		begin(&w);
		w.card_config.by_stranger = cases[i].stranger;
		w.card_config.certificate_usage = cases[i].certificate_usage;
		w.card_config.types = cases[i].types;
		if (cases[i].late)
			w.card_config.from_s = NOW + 1000;
		issue(&w);
		if (cases[i].revoked) {
			const struct sim_signer *revoked[] = {w.card_signer};
			size_t size;
			uint8_t *crl = sim_crl(w.state, revoked, 1, NOW - 100, NOW + 100, &size);
			assert_int_equal(trust_add_crl(&w.trust, crl, size), TRUST_OK);
			OPENSSL_free(crl);
		}
		expect(&w, INSPECT_CARD_SECURITY, cases[i].result, cases[i].reason, INSPECT_FAILED, cases[i].proven);
		end(&w);
	}
}

/* Something else that the same State signed is no EF.CardSecurity, and EF.CardSecurity is no EF.SOD. */
static void another_content_is_refused(void **state)
{
	struct world w;
	(void)state;
	begin(&w);
	w.type = "2.23.136.1.1.1";
	issue(&w);
	expect(&w, INSPECT_CARD_SECURITY, INSPECT_FAILED, INSPECT_WHY_ENCODING, INSPECT_FAILED, false);
	end(&w);
	begin(&w);
	w.list = dg2;
	w.list_size = sizeof dg2 - 1;
	issue(&w);
	expect(&w, INSPECT_CARD_SECURITY, INSPECT_FAILED, INSPECT_WHY_ENCODING, INSPECT_FAILED, false);
	w.in.sod = w.in.card_security;
	inspect(&w.in, &w.out);
	assert_int_equal(w.out.check[0].id, INSPECT_SOD);
	assert_int_equal(w.out.check[0].result, INSPECT_FAILED);
	assert_int_equal(w.out.proven, 0);
	end(&w);
}

/* It is asked for only where chip authentication mapping was used. */
static void where_it_may_be_missing(void **state)
{
	struct world w;
	(void)state;
	begin(&w);
	issue(&w);
	w.in.card_security = (struct inspect_file){NULL, 0};
	expect(&w, INSPECT_CARD_SECURITY, INSPECT_NOT_PERFORMED, INSPECT_WHY_NOT_READ, INSPECT_UNDETERMINED, false);
	w.access.mapping = EMRTD_GENERIC;
	expect(&w, INSPECT_CARD_SECURITY, INSPECT_NOT_PERFORMED, INSPECT_WHY_NOT_READ, INSPECT_SUCCESSFUL, false);
	w.in.access = NULL;
	expect(&w, INSPECT_ACCESS, INSPECT_NOT_PERFORMED, INSPECT_WHY_NOT_READ, INSPECT_SUCCESSFUL, false);
	end(&w);
}

static void a_hidden_or_forged_offer_shows(void **state)
{
	struct world w;
	(void)state;
	begin(&w);
	issue(&w);
	/* Another PACE than the signed one. */
	set_access(&w, gm_access, sizeof gm_access - 1);
	expect(&w, INSPECT_ACCESS, INSPECT_FAILED, INSPECT_WHY_ACCESS_DIFFERS, INSPECT_FAILED, true);
	/* BAC, because EF.CardAccess was hidden. */
	w.access = (struct emrtd_access_report){.access = EMRTD_ACCESS_BAC, .domain = -1};
	w.in.card_security = (struct inspect_file){NULL, 0};
	expect(&w, INSPECT_ACCESS, INSPECT_FAILED, INSPECT_WHY_ACCESS_DIFFERS, INSPECT_FAILED, false);
	/* BAC after a PACE that the chip refused. */
	w.access.fell_back = true;
	set_access(&w, cam_access, sizeof cam_access - 1);
	expect(&w, INSPECT_ACCESS, INSPECT_UNDETERMINED, INSPECT_WHY_FELL_BACK, INSPECT_UNDETERMINED, false);
	end(&w);
}

static void a_silent_list_confirms_nothing(void **state)
{
	struct world w;
	(void)state;
	begin(&w);
	w.dg14 = dg14_silent;
	w.dg14_size = sizeof dg14_silent - 1;
	issue(&w);
	w.in.card_security = (struct inspect_file){NULL, 0};
	w.access = (struct emrtd_access_report){.access = EMRTD_ACCESS_BAC, .domain = -1};
	expect(&w, INSPECT_ACCESS, INSPECT_NOT_PERFORMED, INSPECT_WHY_NO_SIGNED_LIST, INSPECT_SUCCESSFUL, false);
	end(&w);
}

/* A list that nobody signed is not asked: a forged DG14 with the forged offer in it. */
static void an_unsigned_list_is_not_asked(void **state)
{
	struct world w;
	(void)state;
	begin(&w);
	w.dg14 = dg14_silent;
	w.dg14_size = sizeof dg14_silent - 1;
	issue(&w);
	w.in.group[14] = (struct inspect_file){dg14_cam, sizeof dg14_cam - 1};
	w.in.card_security = (struct inspect_file){NULL, 0};
	inspect(&w.in, &w.out);
	assert_int_equal(w.out.check[w.out.count - 1].id, INSPECT_ACCESS);
	assert_int_equal(w.out.check[w.out.count - 1].result, INSPECT_NOT_PERFORMED);
	assert_int_equal(w.out.overall, INSPECT_FAILED); /* the hash */
	end(&w);
}

static void what_a_proof_is_worth(void **state)
{
	(void)state;
	assert_int_equal(inspect_proof(EMRTD_PROVEN, true), EMRTD_PROVEN);
	assert_int_equal(inspect_proof(EMRTD_PROVEN, false), EMRTD_NOT_PERFORMED);
	assert_int_equal(inspect_proof(EMRTD_REFUTED, true), EMRTD_REFUTED);
	assert_int_equal(inspect_proof(EMRTD_REFUTED, false), EMRTD_REFUTED);
	assert_int_equal(inspect_proof(EMRTD_NOT_PERFORMED, true), EMRTD_NOT_PERFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signed_list_is_proven),
		cmocka_unit_test(a_changed_byte_is_not_proven),
		cmocka_unit_test(its_own_signer_is_judged),
		cmocka_unit_test(another_content_is_refused),
		cmocka_unit_test(where_it_may_be_missing),
		cmocka_unit_test(a_hidden_or_forged_offer_shows),
		cmocka_unit_test(a_silent_list_confirms_nothing),
		cmocka_unit_test(an_unsigned_list_is_not_asked),
		cmocka_unit_test(what_a_proof_is_worth),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

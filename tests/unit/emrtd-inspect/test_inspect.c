/* SPDX-License-Identifier: Apache-2.0
 * Passive authentication against a State of its own making (hw/sim/state, written without the inspection's code): each
 * way in which a document can be wrong, and the one check that must say so. Must never use a certificate of a real State.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/crypto.h>
#include <openssl/objects.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "emrtd/inspect/passive.h"
#include "sim/state/state.h"

#define YEAR INT64_C(31557600)
#define NOW INT64_C(1767225600) /* 2026-01-01T00:00:00Z */

static const uint8_t dg1[] = "\x61\x5d\x5f\x1f\x5a" "I<NORD23145890<<<<<<<<<<<<<<<7408122F1204159NOR<<<<<<<<<<<4ERIKSSON<<ANNA<MARIA<<<<<<<<<<";
static const uint8_t dg2[] = "\x75\x03\x7f\x61\x00";
static const uint8_t dg14[] = "\x6e\x02\x31\x00";

/* A sound document of a sound State; a test changes one thing. */
struct world {
	struct sim_state_config state_config;
	struct sim_signer_config signer_config;
	struct sim_state *state;
	struct sim_signer *signer;
	struct trust trust;
	int digest, signature_digest;
	unsigned form;
	int64_t signed_s;
	uint8_t *sod;
	size_t sod_size;
	struct inspect_input in;
	struct inspection out;
};

static void begin(struct world *w)
{
	memset(w, 0, sizeof *w);
	w->state_config = (struct sim_state_config){"NO", SIM_EC_P256, NOW - 3 * YEAR, NOW + 12 * YEAR};
	w->signer_config = (struct sim_signer_config){SIM_EC_P256, NOW - YEAR, NOW + 10 * YEAR, NULL, "P,I", false, false};
	w->digest = w->signature_digest = NID_sha256;
	w->signed_s = NOW - YEAR / 2;
	trust_init(&w->trust);
}

static void trust_csca(struct world *w)
{
	size_t size;
	uint8_t *der = sim_der(sim_state_csca(w->state), &size);
	assert_non_null(der);
	assert_int_equal(trust_add_certificate(&w->trust, der, size, false), TRUST_USABLE);
	OPENSSL_free(der);
}

static void issue(struct world *w)
{
	static const struct sim_group groups[] = {
		{1, dg1, sizeof dg1 - 1}, {2, dg2, sizeof dg2 - 1}, {14, dg14, sizeof dg14 - 1}};
	if (w->state == NULL)
		w->state = sim_state_new(&w->state_config);
	assert_non_null(w->state);
	w->signer = sim_signer_new(w->state, &w->signer_config);
	assert_non_null(w->signer);
	w->sod = sim_sod(w->signer, w->digest, w->signature_digest, groups, PN_COUNT(groups), w->form, w->signed_s,
		&w->sod_size);
	assert_non_null(w->sod);
	w->in = (struct inspect_input){.sod = {w->sod, w->sod_size},
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
	sim_signer_free(w->signer);
	sim_state_free(w->state);
	trust_free(&w->trust);
}

static const struct inspect_check *find(const struct inspection *o, enum inspect_check_id id, unsigned group)
{
	for (size_t i = 0; i < o->count; i++)
		if (o->check[i].id == id && o->check[i].group == group)
			return &o->check[i];
	return NULL;
}

/* This check says this, no other check failed, and the whole is as it must be. */
static void expect(struct world *w, enum inspect_check_id id, unsigned group, enum inspect_result result,
	enum inspect_reason reason, enum inspect_result overall)
{
	inspect(&w->in, &w->out);
	const struct inspect_check *c = find(&w->out, id, group);
	assert_non_null(c);
	assert_int_equal(c->result, result);
	assert_string_equal(inspect_reason_key(c->reason), inspect_reason_key(reason));
	for (size_t i = 0; i < w->out.count; i++)
		if (w->out.check[i].result == INSPECT_FAILED && &w->out.check[i] != c)
			fail_msg("%s failed too: %s", inspect_check_name(w->out.check[i].id),
				inspect_reason_key(w->out.check[i].reason));
	assert_int_equal(w->out.overall, overall);
}

static void sound(struct world *w)
{
	inspect(&w->in, &w->out);
	for (size_t i = 0; i < w->out.count; i++)
		if (w->out.check[i].result == INSPECT_FAILED || w->out.check[i].result == INSPECT_UNDETERMINED)
			fail_msg("%s: %s", inspect_check_name(w->out.check[i].id),
				inspect_reason_key(w->out.check[i].reason));
	assert_int_equal(w->out.overall, INSPECT_SUCCESSFUL);
	assert_int_equal(w->out.proven, 1u << 1 | 1u << 2 | 1u << 14);
	assert_string_equal(w->out.signer_country, "NO");
}

static void every_algorithm_is_read(void **state)
{
	static const enum sim_key keys[] = {
		SIM_EC_P256, SIM_EC_P384, SIM_EC_BRAINPOOL_256, SIM_EC_EXPLICIT, SIM_RSA_2048, SIM_RSA_PSS};
	static const int digests[] = {NID_sha1, NID_sha224, NID_sha256, NID_sha384, NID_sha512};
	(void)state;
	for (size_t c = 0; c < PN_COUNT(keys); c++)
		for (size_t k = 0; k < PN_COUNT(keys); k++) {
			struct world w;
			begin(&w);
			w.state_config.csca_key = keys[c];
			w.signer_config.key = keys[k];
			w.digest = digests[(c + k) % 5];
			w.signature_digest = digests[(c + 2 * k) % 5];
			w.state = sim_state_new(&w.state_config);
			trust_csca(&w);
			issue(&w);
			sound(&w);
			end(&w);
		}
}

static void every_form_of_the_object_is_read(void **state)
{
	static const unsigned forms[] = {SIM_SOD_NO_ATTRIBUTES, SIM_SOD_DATA_TYPE, SIM_SOD_LEGACY_TYPE, SIM_SOD_BY_KEY_ID,
		SIM_SOD_V1, SIM_SOD_NO_ATTRIBUTES | SIM_SOD_BY_KEY_ID | SIM_SOD_V1};
	(void)state;
	for (size_t i = 0; i < PN_COUNT(forms); i++) {
		struct world w;
		begin(&w);
		w.form = forms[i];
		w.state = sim_state_new(&w.state_config);
		trust_csca(&w);
		issue(&w);
		sound(&w);
		end(&w);
	}
}

#define WORLD(change)                                                                                                  \
	struct world w;                                                                                                \
	(void)state;                                                                                                   \
	begin(&w);                                                                                                     \
	change;                                                                                                        \
	w.state = sim_state_new(&w.state_config);                                                                      \
	trust_csca(&w);                                                                                                \
	issue(&w)

static void a_changed_group_fails(void **state)
{
	WORLD((void)0);
	uint8_t forged[sizeof dg1];
	memcpy(forged, dg1, sizeof dg1);
	forged[70] ^= 1;
	w.in.group[1].bytes = forged;
	expect(&w, INSPECT_DG_HASH, 1, INSPECT_FAILED, INSPECT_WHY_HASH, INSPECT_FAILED);
	assert_int_equal(w.out.proven, 1u << 2 | 1u << 14);
	end(&w);
}

static void a_group_that_is_not_listed_fails(void **state)
{
	WORLD((void)0);
	w.in.group[15] = (struct inspect_file){dg14, sizeof dg14 - 1};
	expect(&w, INSPECT_DG_SET, 0, INSPECT_FAILED, INSPECT_WHY_GROUP_EXTRA, INSPECT_FAILED);
	assert_false(w.out.proven & 1u << 15);
	end(&w);
}

static void a_group_that_is_gone_fails(void **state)
{
	WORLD((void)0);
	w.in.group[14] = (struct inspect_file){0};
	inspect(&w.in, &w.out);
	assert_int_equal(w.out.overall, INSPECT_SUCCESSFUL); /* not read is not wrong */
	w.in.absent = 1u << 14;
	expect(&w, INSPECT_DG_SET, 0, INSPECT_FAILED, INSPECT_WHY_GROUP_MISSING, INSPECT_FAILED);
	end(&w);
}

static void every_changed_byte_of_the_object_is_found(void **state)
{
	WORLD((void)0);
	uint8_t *copy = OPENSSL_memdup(w.sod, w.sod_size);
	assert_non_null(copy);
	size_t clear = 0;
	w.in.sod.bytes = copy;
	for (size_t i = 0; i < w.sod_size; i += 3)
		for (unsigned bit = i % 8; bit < 8; bit += 8) {
			copy[i] ^= (uint8_t)(1 << bit);
			inspect(&w.in, &w.out);
			/* What is not covered by a signature may differ without harm: then all that is proven is what was
			 * proven before. */
			if (w.out.overall == INSPECT_SUCCESSFUL)
				clear += w.out.proven != (1u << 1 | 1u << 2 | 1u << 14);
			copy[i] ^= (uint8_t)(1 << bit);
		}
	assert_int_equal(clear, 0);
	OPENSSL_free(copy);
	end(&w);
}

static void an_unknown_state_is_undetermined(void **state)
{
	struct world w;
	(void)state;
	begin(&w);
	issue(&w);
	expect(&w, INSPECT_SIGNER_CHAIN, 0, INSPECT_UNDETERMINED, INSPECT_WHY_NO_TRUST, INSPECT_UNDETERMINED);
	assert_int_equal(w.out.proven, 0);
	struct world other;
	begin(&other);
	other.state_config.country = "SE";
	other.state = sim_state_new(&other.state_config);
	trust_csca(&other);
	w.in.trust = &other.trust;
	expect(&w, INSPECT_SIGNER_CHAIN, 0, INSPECT_UNDETERMINED, INSPECT_WHY_NO_CSCA, INSPECT_UNDETERMINED);
	assert_int_equal(w.out.proven, 0);
	assert_int_equal(w.out.intact, 1u << 1 | 1u << 2 | 1u << 14);
	end(&other);
	end(&w);
}

static void a_strangers_signer_fails(void **state)
{
	WORLD(w.signer_config.by_stranger = true);
	expect(&w, INSPECT_SIGNER_CHAIN, 0, INSPECT_FAILED, INSPECT_WHY_CSCA_SIGNATURE, INSPECT_FAILED);
	assert_int_equal(w.out.proven, 0);
	end(&w);
}

static void a_signer_outside_its_time(void **state)
{
	{
		WORLD(w.signer_config.until_s = NOW - 10);
		expect(&w, INSPECT_SIGNER_VALIDITY, 0, INSPECT_UNDETERMINED, INSPECT_WHY_EXPIRED, INSPECT_UNDETERMINED);
		end(&w);
	}
	{
		WORLD((w.signer_config.until_s = NOW - 10, w.signed_s = NOW - 5));
		expect(&w, INSPECT_SIGNER_VALIDITY, 0, INSPECT_FAILED, INSPECT_WHY_EXPIRED, INSPECT_FAILED);
		end(&w);
	}
	{
		WORLD(w.signer_config.from_s = NOW + 10);
		expect(&w, INSPECT_SIGNER_VALIDITY, 0, INSPECT_FAILED, INSPECT_WHY_NOT_YET_VALID, INSPECT_FAILED);
		end(&w);
	}
	{
		WORLD(w.signed_s = NOW - 2 * YEAR);
		expect(&w, INSPECT_SIGNER_VALIDITY, 0, INSPECT_UNDETERMINED, INSPECT_WHY_SIGNED_OUTSIDE,
			INSPECT_UNDETERMINED);
		end(&w);
	}
}

static void a_signer_of_another_use_fails(void **state)
{
	{
		WORLD(w.signer_config.certificate_usage = true);
		expect(&w, INSPECT_SIGNER_USAGE, 0, INSPECT_FAILED, INSPECT_WHY_KEY_USAGE, INSPECT_FAILED);
		assert_int_equal(w.out.proven, 0);
		end(&w);
	}
	{
		WORLD(w.signer_config.types = "V");
		expect(&w, INSPECT_SIGNER_USAGE, 0, INSPECT_FAILED, INSPECT_WHY_DOCUMENT_TYPE, INSPECT_FAILED);
		end(&w);
	}
}

static void another_country_fails(void **state)
{
	{
		WORLD((void)0);
		w.in.issuer = "SWE";
		expect(&w, INSPECT_SIGNER_COUNTRY, 0, INSPECT_FAILED, INSPECT_WHY_COUNTRY, INSPECT_FAILED);
		w.in.issuer = "QQQ";
		expect(&w, INSPECT_SIGNER_COUNTRY, 0, INSPECT_UNDETERMINED, INSPECT_WHY_COUNTRY_UNKNOWN,
			INSPECT_UNDETERMINED);
		end(&w);
	}
	{
		WORLD(w.signer_config.country = "SE");
		expect(&w, INSPECT_SIGNER_COUNTRY, 0, INSPECT_FAILED, INSPECT_WHY_COUNTRY, INSPECT_FAILED);
		end(&w);
	}
}

static enum trust_error add_crl(struct world *w, bool revoke, int64_t this_s, int64_t next_s)
{
	size_t size;
	const struct sim_signer *revoked[] = {w->signer};
	uint8_t *crl = sim_crl(w->state, revoked, revoke ? 1 : 0, this_s, next_s, &size);
	assert_non_null(crl);
	enum trust_error err = trust_add_crl(&w->trust, crl, size);
	OPENSSL_free(crl);
	return err;
}

static void revocation(void **state)
{
	WORLD((void)0);
	expect(&w, INSPECT_SIGNER_REVOCATION, 0, INSPECT_NOT_PERFORMED, INSPECT_WHY_NO_CRL, INSPECT_SUCCESSFUL);
	assert_int_equal(add_crl(&w, false, NOW - 100, NOW - 50), TRUST_OK);
	expect(&w, INSPECT_SIGNER_REVOCATION, 0, INSPECT_UNDETERMINED, INSPECT_WHY_CRL_STALE, INSPECT_UNDETERMINED);
	assert_int_equal(add_crl(&w, false, NOW - 40, NOW + 50), TRUST_OK);
	expect(&w, INSPECT_SIGNER_REVOCATION, 0, INSPECT_SUCCESSFUL, INSPECT_WHY_NONE, INSPECT_SUCCESSFUL);
	assert_int_equal(add_crl(&w, true, NOW - 60, NOW + 50), TRUST_OLDER);
	assert_int_equal(add_crl(&w, true, NOW - 30, NOW + 50), TRUST_OK);
	expect(&w, INSPECT_SIGNER_REVOCATION, 0, INSPECT_FAILED, INSPECT_WHY_REVOKED, INSPECT_FAILED);
	assert_int_equal(w.out.proven, 0);
	/* A list by nobody the store knows. */
	struct world other;
	begin(&other);
	other.state = sim_state_new(&other.state_config);
	size_t size;
	uint8_t *crl = sim_crl(other.state, NULL, 0, NOW, NOW + 1, &size);
	assert_int_equal(trust_add_crl(&w.trust, crl, size), TRUST_UNKNOWN_ISSUER);
	OPENSSL_free(crl);
	end(&other);
	end(&w);
}

static void known_defects(void **state)
{
	WORLD((void)0);
	size_t line = 0;
	assert_int_equal(trust_add_defects(&w.trust, "# effect\tcountry\tsigner\tcheck\treason\ndefect\tSE\t*\t*\tx\n", &line),
		TRUST_OK);
	expect(&w, INSPECT_SIGNER_DEFECT, 0, INSPECT_SUCCESSFUL, INSPECT_WHY_NONE, INSPECT_SUCCESSFUL);
	assert_int_equal(trust_add_defects(&w.trust, "deviation\tNO\t*\tpa.dg.hash\tDG14 of 2025\n", &line), TRUST_OK);
	w.in.group[14].bytes = dg2;
	expect(&w, INSPECT_DG_HASH, 14, INSPECT_UNDETERMINED, INSPECT_WHY_DEVIATION, INSPECT_UNDETERMINED);
	assert_int_equal(trust_add_defects(&w.trust, "accept\tNO\t*\tpa.dg.hash\tDG14 of 2025\n", &line), TRUST_OK);
	expect(&w, INSPECT_DG_HASH, 14, INSPECT_SUCCESSFUL, INSPECT_WHY_DEVIATION, INSPECT_SUCCESSFUL);
	assert_false(w.out.proven & 1u << 14); /* accepted, never proven */
	w.in.group[14].bytes = dg14;
	assert_int_equal(trust_add_defects(&w.trust, "defect\tNO\t*\t*\tkeys known to others\n", &line), TRUST_OK);
	expect(&w, INSPECT_SIGNER_DEFECT, 0, INSPECT_FAILED, INSPECT_WHY_DEFECT, INSPECT_FAILED);
	static const char *const wrong[] = {"defect\tNO\t*\t*\n", "defect NO * * x\n", "other\tNO\t*\t*\tx\n",
		"defect\tNOR\t*\t*\tx\n", "defect\tNO\t12\t*\tx\n", "defect\tNO\t*\t*\tx\001\n"};
	size_t before = w.trust.defect_count;
	for (size_t i = 0; i < PN_COUNT(wrong); i++) {
		assert_int_equal(trust_add_defects(&w.trust, wrong[i], &line), TRUST_LINE);
		assert_int_equal(line, 1);
		assert_int_equal(w.trust.defect_count, before);
	}
	end(&w);
}

static void the_zone_must_be_the_same(void **state)
{
	WORLD((void)0);
	w.in.optical_mrz = "I<NORD231458907<<<";
	expect(&w, INSPECT_DG1_MRZ, 0, INSPECT_FAILED, INSPECT_WHY_MRZ_DIFFERS, INSPECT_FAILED);
	w.in.optical_mrz = "";
	expect(&w, INSPECT_DG1_MRZ, 0, INSPECT_NOT_PERFORMED, INSPECT_WHY_NO_MRZ, INSPECT_SUCCESSFUL);
	end(&w);
}

static void com_must_list_the_same(void **state)
{
	WORLD((void)0);
	w.in.com_read = true;
	w.in.com_groups = 1u << 1 | 1u << 2;
	expect(&w, INSPECT_COM, 0, INSPECT_FAILED, INSPECT_WHY_COM_DIFFERS, INSPECT_FAILED);
	w.in.com_groups |= 1u << 14;
	expect(&w, INSPECT_COM, 0, INSPECT_SUCCESSFUL, INSPECT_WHY_NONE, INSPECT_SUCCESSFUL);
	end(&w);
}

static void sha1_may_be_refused(void **state)
{
	WORLD(w.digest = NID_sha1);
	expect(&w, INSPECT_DIGEST_STRENGTH, 0, INSPECT_SUCCESSFUL, INSPECT_WHY_WEAK_DIGEST, INSPECT_SUCCESSFUL);
	w.in.refuse_sha1 = true;
	expect(&w, INSPECT_DIGEST_STRENGTH, 0, INSPECT_FAILED, INSPECT_WHY_WEAK_DIGEST, INSPECT_FAILED);
	end(&w);
}

static void what_is_no_object_fails(void **state)
{
	static const uint8_t junk[] = {0x77, 0x03, 0x30, 0x01, 0x00};
	WORLD((void)0);
	w.in.sod = (struct inspect_file){junk, sizeof junk};
	expect(&w, INSPECT_SOD, 0, INSPECT_FAILED, INSPECT_WHY_ENCODING, INSPECT_FAILED);
	w.in.sod = (struct inspect_file){w.sod, 40};
	expect(&w, INSPECT_SOD, 0, INSPECT_FAILED, INSPECT_WHY_ENCODING, INSPECT_FAILED);
	w.in.sod = (struct inspect_file){w.sod, SOD_SIZE_MAX + 1};
	expect(&w, INSPECT_SOD, 0, INSPECT_FAILED, INSPECT_WHY_TOO_LARGE, INSPECT_FAILED);
	w.in.sod = (struct inspect_file){0};
	expect(&w, INSPECT_SOD, 0, INSPECT_NOT_PERFORMED, INSPECT_WHY_NOT_READ, INSPECT_UNDETERMINED);
	end(&w);
}

static void without_a_certificate_it_is_undetermined(void **state)
{
	WORLD(w.form = SIM_SOD_NO_CERTIFICATE);
	expect(&w, INSPECT_SIGNATURE, 0, INSPECT_UNDETERMINED, INSPECT_WHY_NO_CERTIFICATE, INSPECT_UNDETERMINED);
	assert_int_equal(w.out.proven, 0);
	end(&w);
}

/* The key rolled over: old documents under the old certificate, new ones under the new, a list by the new State key
 * reached from the old root over the link. */
static void master_lists_and_links(void **state)
{
	struct world w;
	struct trust_report report;
	size_t size, root_size;
	(void)state;
	begin(&w);
	w.state = sim_state_new(&w.state_config);
	issue(&w);
	uint8_t *root = sim_der(sim_state_csca(w.state), &root_size);
	X509 *old = sim_state_csca(w.state);
	X509_up_ref(old);
	X509 *link = sim_state_roll_over(w.state, NOW - 100, NOW + 12 * YEAR);
	X509 *all[] = {old, link, sim_state_csca(w.state)};
	uint8_t *list = sim_master_list(w.state, all, 3, NOW - 50, SIM_LIST_PLAIN, &size);
	assert_non_null(list);
	assert_int_equal(trust_add_master_list(&w.trust, list, size, true, &report), TRUST_NO_ROOT);
	assert_int_equal(w.trust.certificate_count, 0);
	assert_int_equal(trust_add_certificate(&w.trust, root, root_size, true), TRUST_USABLE);
	assert_int_equal(trust_add_master_list(&w.trust, list, size, true, &report), TRUST_OK);
	assert_int_equal(report.total, 3);
	assert_int_equal(report.used[TRUST_USABLE], 2);
	assert_int_equal(report.used[TRUST_DUPLICATE], 1);
	assert_int_equal(report.same_name, 1);
	assert_int_equal(report.self_signed, 1);
	assert_int_equal(report.self_signature_wrong, 0);
	assert_true(report.signed_s == NOW - 50 && w.trust.newest_s == NOW - 50);
	sound(&w);
	w.in.trust_age_max_days = 30;
	sound(&w);
	w.in.at_s = NOW + 31 * 86400;
	expect(&w, INSPECT_TRUST_AGE, 0, INSPECT_UNDETERMINED, INSPECT_WHY_TRUST_OLD, INSPECT_UNDETERMINED);
	/* A changed list is refused, or its change lies outside of what is signed and the store is the same. */
	size_t found = 0;
	for (size_t i = 0; i < size; i += 7) {
		struct trust t;
		list[i] ^= 4;
		trust_init(&t);
		assert_int_equal(trust_add_certificate(&t, root, root_size, true), TRUST_USABLE);
		if (trust_add_master_list(&t, list, size, false, NULL) != TRUST_OK) {
			found++;
			assert_int_equal(t.certificate_count, 1); /* all or nothing */
		} else {
			assert_int_equal(t.certificate_count, w.trust.certificate_count);
			for (size_t k = 0; k < t.certificate_count; k++)
				assert_int_equal(X509_cmp(t.certificates[k].x, w.trust.certificates[k].x), 0);
		}
		trust_free(&t);
		list[i] ^= 4;
	}
	assert_true(found > size / 7 / 2);
	OPENSSL_free(list);
	list = sim_master_list(w.state, all, 3, NOW - 50, SIM_LIST_NO_USAGE, &size);
	assert_int_equal(trust_add_master_list(&w.trust, list, size, false, &report), TRUST_SIGNER_USAGE);
	OPENSSL_free(list);
	OPENSSL_free(root);
	X509_free(old);
	X509_free(link);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_algorithm_is_read),
		cmocka_unit_test(every_form_of_the_object_is_read),
		cmocka_unit_test(a_changed_group_fails),
		cmocka_unit_test(a_group_that_is_not_listed_fails),
		cmocka_unit_test(a_group_that_is_gone_fails),
		cmocka_unit_test(every_changed_byte_of_the_object_is_found),
		cmocka_unit_test(an_unknown_state_is_undetermined),
		cmocka_unit_test(a_strangers_signer_fails),
		cmocka_unit_test(a_signer_outside_its_time),
		cmocka_unit_test(a_signer_of_another_use_fails),
		cmocka_unit_test(another_country_fails),
		cmocka_unit_test(revocation),
		cmocka_unit_test(known_defects),
		cmocka_unit_test(the_zone_must_be_the_same),
		cmocka_unit_test(com_must_list_the_same),
		cmocka_unit_test(sha1_may_be_refused),
		cmocka_unit_test(what_is_no_object_fails),
		cmocka_unit_test(without_a_certificate_it_is_undetermined),
		cmocka_unit_test(master_lists_and_links),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 * Deviation lists of States of their own making (hw/sim/state), and the content of a real one that was published. What
 * each deviation may change, and for which documents. Must never use a certificate of a real State.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/cms.h>
#include <openssl/crypto.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/err.h"
#include "emrtd/inspect/passive.h"
#include "sim/state/state.h"

#define YEAR INT64_C(31557600)
#define NOW INT64_C(1767225600) /* 2026-01-01T00:00:00Z */
#define TYPE "2.23.136.1.1.7."

static const uint8_t dg1[] = "\x61\x5d\x5f\x1f\x5a" "I<NORD23145890<<<<<<<<<<<<<<<7408122F1204159NOR<<<<<<<<<<<4ERIKSSON<<ANNA<MARIA<<<<<<<<<<";

/* A State whose CSCA is trusted, and two of its document signers. */
struct world {
	struct sim_state *state;
	struct sim_signer *signer, *other;
	struct trust trust;
	struct trust_deviation_report report;
};

static struct sim_signer *new_signer(struct world *w)
{
	const struct sim_signer_config c = {SIM_EC_P256, NOW - YEAR, NOW + YEAR, NULL, "P,I", false, false};
	struct sim_signer *s = sim_signer_new(w->state, &c);
	assert_non_null(s);
	return s;
}

static void begin(struct world *w, const char *country)
{
	size_t size;
	memset(w, 0, sizeof *w);
	trust_init(&w->trust);
	w->state = sim_state_new(&(struct sim_state_config){country, SIM_EC_P256, NOW - 3 * YEAR, NOW + 12 * YEAR});
	assert_non_null(w->state);
	w->signer = new_signer(w);
	w->other = new_signer(w);
	uint8_t *der = sim_der(sim_state_csca(w->state), &size);
	assert_non_null(der);
	assert_int_equal(trust_add_certificate(&w->trust, der, size, false), TRUST_USABLE);
	OPENSSL_free(der);
}

static void end(struct world *w)
{
	sim_signer_free(w->signer);
	sim_signer_free(w->other);
	sim_state_free(w->state);
	trust_free(&w->trust);
}

static enum trust_error add_signed(struct world *w, const uint8_t *content, size_t content_size, int64_t signed_s,
	unsigned form)
{
	size_t size;
	uint8_t *list = sim_deviation_list(w->state, content, content_size, signed_s, form, &size);
	assert_non_null(list);
	enum trust_error err = trust_add_deviations(&w->trust, list, size, &w->report);
	OPENSSL_free(list);
	return err;
}

static enum trust_error add(struct world *w, const struct sim_deviation *d, size_t count, int64_t signed_s)
{
	size_t size;
	uint8_t *content = sim_deviations(d, count, &size);
	assert_non_null(content);
	enum trust_error err = add_signed(w, content, size, signed_s, SIM_LIST_PLAIN);
	OPENSSL_free(content);
	return err;
}

static bool deviates(const struct world *w, const struct sim_signer *s, const char *check, unsigned group)
{
	return trust_defect_of_group(&w->trust, sim_signer_certificate(s), TRUST_DEVIATION, check, group) != NULL;
}

static void each_way_to_name_a_signer(void **state)
{
	(void)state;
	for (int by = SIM_BY_SERIAL; by <= SIM_BY_DIGEST; by++) {
		struct world w;
		begin(&w, "NO");
		const struct sim_deviation d = {.signer = w.signer, .by = (enum sim_named)by, .type = TYPE "2.3", .parameter = -1};
		assert_int_equal(add(&w, &d, 1, NOW - 10), TRUST_OK);
		assert_int_equal(w.report.deviations, 1);
		assert_int_equal(w.report.entries, 1);
		assert_string_equal(w.report.country, "NO");
		assert_int_equal(w.report.signed_s, NOW - 10);
		assert_true(deviates(&w, w.signer, "pa.signature", 0));
		assert_false(deviates(&w, w.other, "pa.signature", 0));
		assert_false(deviates(&w, w.signer, "pa.com", 0));
		end(&w);
	}
}

/* Doc 9303-3 7.3.5: deviationType, its parameter, and the check that may fail because of it; NULL: none here. */
static void each_kind_and_its_check(void **state)
{
	static const struct {
		const char *type;
		int parameter;
		const char *extension, *check;
		unsigned group;
	} cases[] = {
		{TYPE "1", -1, NULL, NULL, 0},
		{TYPE "1.1", -1, NULL, NULL, 0}, /* who signed is not known then */
		{TYPE "1.2", 0, NULL, NULL, 0},
		{TYPE "1.2", 3, NULL, NULL, 0},
		{TYPE "1.2", 4, NULL, "pa.signer.country", 0},
		{TYPE "1.2", 5, NULL, "pa.signer.validity", 0},
		{TYPE "1.2", 6, NULL, "pa.signer.country", 0},
		{TYPE "1.2", -1, "2.5.29.15", "pa.signer.usage", 0},
		{TYPE "1.2", -1, "2.23.136.1.1.6.2", "pa.signer.usage", 0},
		{TYPE "1.2", -1, "2.5.29.16", "pa.signer.validity", 0},
		{TYPE "1.2", -1, "2.5.29.35", NULL, 0},
		{TYPE "1.2", -1, "2.5.29.31", NULL, 0},
		{TYPE "1.3", 5, NULL, "pa.csca.validity", 0},
		{TYPE "1.3", 4, NULL, NULL, 0},
		{TYPE "2", -1, NULL, NULL, 0},
		{TYPE "2.1", 2, NULL, NULL, 0},
		{TYPE "2.1", 20, NULL, NULL, 0}, /* nor here */
		{TYPE "2.1", 21, NULL, "pa.com", 0},
		{TYPE "2.2", 14, NULL, "pa.dg.hash", 14},
		{TYPE "2.2", 0, NULL, NULL, 0},
		{TYPE "2.2", 17, NULL, NULL, 0},
		{TYPE "2.2", -1, NULL, NULL, 0},
		{TYPE "2.3", -1, NULL, "pa.signature", 0},
		{TYPE "2.4", -1, NULL, "pa.com", 0},
		{TYPE "3", -1, NULL, NULL, 0},
		{TYPE "3.1", 4, NULL, "chip.mrz", 0},
		{TYPE "3.2", 4, NULL, NULL, 0},
		{TYPE "4", -1, NULL, NULL, 0},
		{TYPE "5", -1, NULL, NULL, 0},
		{"1.2.3", -1, NULL, NULL, 0},
	};
	(void)state;
	struct world w;
	begin(&w, "NO");
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		const struct sim_deviation d = {.signer = w.signer, .by = SIM_BY_KEY_ID, .type = cases[i].type,
			.parameter = cases[i].parameter, .extension = cases[i].extension, .description = "known"};
		assert_int_equal(add(&w, &d, 1, NOW - 10), TRUST_OK);
		assert_int_equal(w.report.without_check, cases[i].check == NULL);
		assert_int_equal(w.trust.defect_count, cases[i].check != NULL);
		if (cases[i].check == NULL)
			continue;
		assert_string_equal(w.trust.defects[0].check, cases[i].check);
		assert_int_equal(w.trust.defects[0].group, cases[i].group);
		assert_int_equal(w.trust.defects[0].effect, TRUST_DEVIATION);
		assert_string_equal(w.trust.defects[0].reason, "known");
		assert_true(deviates(&w, w.signer, cases[i].check, cases[i].group));
	}
	end(&w);
}

static void one_group_is_not_another(void **state)
{
	struct world w;
	(void)state;
	begin(&w, "NO");
	const struct sim_deviation d = {.signer = w.signer, .type = TYPE "2.2", .parameter = 14};
	assert_int_equal(add(&w, &d, 1, NOW - 10), TRUST_OK);
	assert_true(deviates(&w, w.signer, "pa.dg.hash", 14));
	assert_false(deviates(&w, w.signer, "pa.dg.hash", 1));
	/* Who does not say which group is told of none. */
	assert_null(trust_defect(&w.trust, sim_signer_certificate(w.signer), TRUST_DEVIATION, "pa.dg.hash"));
	end(&w);
}

/* Doc 9303-3 7.3.6: conditions hold together. What is not known of a document here may not be left out of them. */
static void narrower_entries_have_no_effect(void **state)
{
	struct world w;
	(void)state;
	begin(&w, "NO");
	const struct sim_deviation d[] = {
		{.type = TYPE "2.3", .parameter = -1},
		{.signer = w.signer, .document_type = "P<", .type = TYPE "2.3", .parameter = -1},
		{.signer = w.signer, .first = "20250101000000Z", .last = "20250201000000Z", .type = TYPE "2.3", .parameter = -1},
		{.signer = w.signer, .number = "D23145890", .type = TYPE "2.3", .parameter = -1},
		{.number = "D23145890", .type = TYPE "2.3", .parameter = -1},
	};
	assert_int_equal(add(&w, d, PN_COUNT(d), NOW - 10), TRUST_OK);
	assert_int_equal(w.report.deviations, 5);
	assert_int_equal(w.report.descriptions, 5);
	assert_int_equal(w.report.without_signer, 2);
	assert_int_equal(w.report.narrowed, 3);
	assert_int_equal(w.report.entries, 0);
	assert_int_equal(w.trust.defect_count, 0);
	end(&w);
}

static void a_digest_that_is_not_known(void **state)
{
	/* The last arc of SHA-256's identifier, changed to one that nobody has. */
	static const uint8_t sha256[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01};
	struct world w;
	size_t size;
	(void)state;
	begin(&w, "NO");
	const struct sim_deviation d = {.signer = w.signer, .by = SIM_BY_DIGEST, .type = TYPE "2.3", .parameter = -1};
	uint8_t *content = sim_deviations(&d, 1, &size);
	uint8_t *at = memmem(content, size, sha256, sizeof sha256);
	assert_non_null(at);
	at[8] = 0x7f;
	assert_int_equal(add_signed(&w, content, size, NOW, SIM_LIST_PLAIN), TRUST_OK);
	assert_int_equal(w.report.without_signer, 1);
	assert_int_equal(w.trust.defect_count, 0);
	OPENSSL_free(content);
	end(&w);
}

static void a_newer_list_replaces(void **state)
{
	struct world w;
	size_t line;
	(void)state;
	begin(&w, "NO");
	const struct sim_deviation first = {.signer = w.signer, .type = TYPE "2.3", .parameter = -1},
				   second = {.signer = w.other, .type = TYPE "2.4", .parameter = -1};
	assert_int_equal(trust_add_defects(&w.trust, "deviation\tNO\t*\tpa.sod\tby hand\n", &line), TRUST_OK);
	assert_int_equal(add(&w, &first, 1, NOW - 100), TRUST_OK);
	assert_int_equal(add(&w, &second, 1, NOW - 50), TRUST_OK);
	assert_false(deviates(&w, w.signer, "pa.signature", 0));
	assert_true(deviates(&w, w.other, "pa.com", 0));
	assert_true(deviates(&w, w.other, "pa.sod", 0)); /* what the State itself noted stays */
	assert_int_equal(add(&w, &first, 1, NOW - 60), TRUST_OLDER);
	assert_true(deviates(&w, w.other, "pa.com", 0));
	assert_int_equal(w.trust.deviation_list_count, 1);
	end(&w);
}

static void lists_that_must_not_enter(void **state)
{
	struct world w, stranger;
	size_t size;
	(void)state;
	begin(&w, "NO");
	begin(&stranger, "NO");
	const struct sim_deviation d = {.signer = w.signer, .type = TYPE "2.3", .parameter = -1};
	uint8_t *content = sim_deviations(&d, 1, &size);
	assert_int_equal(add_signed(&w, content, size, NOW, SIM_LIST_NO_USAGE), TRUST_SIGNER_USAGE);
	assert_int_equal(add_signed(&w, content, size, 0, SIM_LIST_PLAIN), TRUST_SIGNED_OUTSIDE);
	assert_int_equal(add_signed(&w, content, size - 1, NOW, SIM_LIST_PLAIN), TRUST_ENCODING);
	size_t list_size;
	uint8_t *list = sim_deviation_list(stranger.state, content, size, NOW, SIM_LIST_PLAIN, &list_size);
	assert_int_equal(trust_add_deviations(&w.trust, list, list_size, NULL), TRUST_UNKNOWN_ISSUER);
	OPENSSL_free(list);
	list = sim_deviation_list(w.state, content, size, NOW, SIM_LIST_PLAIN, &list_size);
	size_t refused = 0, changed = 0;
	for (size_t i = 0; i < list_size; i += 3) {
		list[i] ^= 2;
		refused += trust_add_deviations(&w.trust, list, list_size, NULL) != TRUST_OK;
		/* What is not covered by the signature may differ without harm. */
		changed += w.trust.defect_count > 1 ||
			   (w.trust.defect_count == 1 && !deviates(&w, w.signer, "pa.signature", 0));
		list[i] ^= 2;
	}
	assert_int_equal(changed, 0);
	assert_true(refused > list_size / 3 / 2);
	assert_int_equal(trust_add_master_list(&w.trust, list, list_size, false, NULL), TRUST_ENCODING);
	OPENSSL_free(list);
	OPENSSL_free(content);
	end(&stranger);
	end(&w);
}

/* What a document signer signs is no deviation list, nor what a signer says after or before its time, or of whose State
 * nobody can tell. */
static void signers_that_may_not(void **state)
{
	static const struct {
		const char *country;
		int64_t signed_s;
		enum trust_error err;
	} cases[] = {{NULL, NOW, TRUST_SIGNER_USAGE}, {NULL, NOW - 2 * YEAR, TRUST_SIGNED_OUTSIDE},
		{NULL, NOW + 2 * YEAR, TRUST_SIGNED_OUTSIDE}, {"SE", NOW, TRUST_UNKNOWN_ISSUER}};
	struct world w;
	size_t size, list_size;
	(void)state;
	begin(&w, "NO");
	const struct sim_deviation d = {.signer = w.signer, .type = TYPE "2.3", .parameter = -1};
	uint8_t *content = sim_deviations(&d, 1, &size);
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		const struct sim_signer_config c = {
			SIM_EC_P256, NOW - YEAR, NOW + YEAR, cases[i].country, NULL, false, false};
		struct sim_signer *by = sim_signer_new(w.state, &c);
		uint8_t *list = sim_signed(by, "2.23.136.1.1.7", content, size, NID_sha256, cases[i].signed_s, &list_size);
		assert_non_null(list);
		assert_int_equal(trust_add_deviations(&w.trust, list, list_size, NULL), cases[i].err);
		OPENSSL_free(list);
		sim_signer_free(by);
	}
	assert_int_equal(w.trust.defect_count, 0);
	OPENSSL_free(content);
	end(&w);
}

static void contents_that_are_none(void **state)
{
	static const uint8_t empty[] = {0x30, 0x05, 0x02, 0x01, 0x00, 0x31, 0x00};
	static const uint8_t later[] = {0x30, 0x05, 0x02, 0x01, 0x01, 0x31, 0x00};
	static const uint8_t longer[] = {0x30, 0x05, 0x02, 0x01, 0x00, 0x31, 0x00, 0x00};
	struct world w;
	(void)state;
	begin(&w, "NO");
	assert_int_equal(add_signed(&w, later, sizeof later, NOW, SIM_LIST_PLAIN), TRUST_ENCODING);
	assert_int_equal(add_signed(&w, longer, sizeof longer, NOW, SIM_LIST_PLAIN), TRUST_ENCODING);
	assert_int_equal(w.trust.deviation_list_count, 0);
	assert_int_equal(add_signed(&w, empty, sizeof empty, NOW, SIM_LIST_PLAIN), TRUST_OK); /* all deviations are over */
	assert_int_equal(w.report.deviations, 0);
	end(&w);
}

static void lists_of_two_states(void **state)
{
	struct world w, other;
	size_t size, list_size;
	(void)state;
	begin(&w, "NO");
	begin(&other, "SE");
	uint8_t *der = sim_der(sim_state_csca(other.state), &size);
	assert_int_equal(trust_add_certificate(&w.trust, der, size, false), TRUST_USABLE);
	OPENSSL_free(der);
	const struct sim_deviation here = {.signer = w.signer, .type = TYPE "2.3", .parameter = -1},
				   there = {.signer = other.signer, .type = TYPE "2.4", .parameter = -1};
	assert_int_equal(add(&w, &here, 1, NOW - 10), TRUST_OK);
	uint8_t *content = sim_deviations(&there, 1, &size);
	uint8_t *list = sim_deviation_list(other.state, content, size, NOW - 20, SIM_LIST_PLAIN, &list_size);
	assert_int_equal(trust_add_deviations(&w.trust, list, list_size, NULL), TRUST_OK);
	assert_int_equal(w.trust.deviation_list_count, 2);
	assert_true(deviates(&w, w.signer, "pa.signature", 0));
	assert_true(deviates(&w, other.signer, "pa.com", 0));
	OPENSSL_free(list);
	OPENSSL_free(content);
	end(&other);
	end(&w);
}

static void another_states_documents(void **state)
{
	struct world w, other;
	(void)state;
	begin(&w, "NO");
	begin(&other, "SE");
	const struct sim_deviation d = {.signer = other.signer, .by = SIM_BY_KEY_ID, .type = TYPE "2.3", .parameter = -1};
	assert_int_equal(add(&w, &d, 1, NOW), TRUST_OK); /* it may say so, and nobody listens */
	assert_false(deviates(&w, other.signer, "pa.signature", 0));
	end(&other);
	end(&w);
}

/* The list's signer, as the list holds it. */
static X509 *signer_of(const uint8_t *list, size_t size)
{
	const unsigned char *p = list;
	X509 *found = NULL;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)size);
	assert_non_null(cms);
	STACK_OF(X509) *beside = CMS_get1_certs(cms);
	for (int i = 0; i < sk_X509_num(beside); i++)
		if ((X509_get_extension_flags(sk_X509_value(beside, i)) & EXFLAG_CA) == 0)
			found = X509_dup(sk_X509_value(beside, i));
	sk_X509_pop_free(beside, X509_free);
	CMS_ContentInfo_free(cms);
	assert_non_null(found);
	return found;
}

static void a_revoked_list_signer(void **state)
{
	struct world w;
	size_t size, list_size;
	(void)state;
	begin(&w, "NO");
	const struct sim_deviation d = {.signer = w.signer, .type = TYPE "2.3", .parameter = -1};
	uint8_t *content = sim_deviations(&d, 1, &size);
	uint8_t *list = sim_deviation_list(w.state, content, size, NOW, SIM_LIST_PLAIN, &list_size);
	const struct sim_signer *all[] = {w.other};
	X509 *x = signer_of(list, list_size);
	uint8_t *crl = sim_crl(w.state, all, 1, NOW - 5, NOW + 5, &size);
	assert_int_equal(trust_add_crl(&w.trust, crl, size), TRUST_OK);
	assert_int_equal(trust_add_deviations(&w.trust, list, list_size, NULL), TRUST_OK); /* another was revoked */
	OPENSSL_free(crl);
	/* The certificate of another takes on the list signer's serial number, by which a CRL names it. */
	assert_int_equal(X509_set_serialNumber(sim_signer_certificate(w.other), X509_get_serialNumber(x)), 1);
	crl = sim_crl(w.state, all, 1, NOW - 4, NOW + 5, &size);
	assert_int_equal(trust_add_crl(&w.trust, crl, size), TRUST_OK);
	assert_int_equal(trust_add_deviations(&w.trust, list, list_size, NULL), TRUST_SIGNER_REVOKED);
	X509_free(x);
	OPENSSL_free(crl);
	OPENSSL_free(list);
	OPENSSL_free(content);
	end(&w);
}

static void a_key_in_doubt(void **state)
{
	struct world w;
	(void)state;
	begin(&w, "NO");
	const struct sim_deviation d = {.signer = w.signer, .type = TYPE "1.4", .parameter = -1};
	assert_false(trust_active_key_in_doubt(&w.trust, sim_signer_certificate(w.signer)));
	assert_int_equal(add(&w, &d, 1, NOW), TRUST_OK);
	assert_true(trust_active_key_in_doubt(&w.trust, sim_signer_certificate(w.signer)));
	assert_false(trust_active_key_in_doubt(&w.trust, sim_signer_certificate(w.other)));
	end(&w);
}

static const struct inspect_check *find(const struct inspection *o, enum inspect_check_id id)
{
	for (size_t i = 0; i < o->count; i++)
		if (o->check[i].id == id)
			return &o->check[i];
	return NULL;
}

/* The whole way: a document that fails a check, and the State's own word about it. */
static void a_document_that_its_state_explains(void **state)
{
	struct world w;
	struct inspection out;
	size_t size;
	(void)state;
	begin(&w, "NO");
	const struct sim_group group = {1, dg1, sizeof dg1 - 1};
	uint8_t *sod = sim_sod(w.signer, NID_sha256, NID_sha256, &group, 1, SIM_SOD_PLAIN, NOW - 100, &size);
	assert_non_null(sod);
	const struct inspect_input in = {.sod = {sod, size}, .group[1] = {dg1, sizeof dg1 - 1}, .issuer = "NOR",
		.document_code = "I", .at_s = NOW, .trust = &w.trust, .com_read = true, .com_groups = 1u << 2};
	inspect(&in, &out);
	assert_int_equal(find(&out, INSPECT_COM)->result, INSPECT_FAILED);
	const struct sim_deviation d = {.signer = w.signer, .by = SIM_BY_DIGEST, .type = TYPE "2.4", .parameter = -1};
	assert_int_equal(add(&w, &d, 1, NOW - 10), TRUST_OK);
	inspect(&in, &out);
	assert_int_equal(find(&out, INSPECT_COM)->result, INSPECT_UNDETERMINED);
	assert_int_equal(find(&out, INSPECT_COM)->reason, INSPECT_WHY_DEVIATION);
	assert_int_equal(out.overall, INSPECT_UNDETERMINED);
	OPENSSL_free(sod);
	end(&w);
}

/* A hash that is wrong in one group, as the State says of that group alone: explained, and still no proof of what was read. */
static void a_hash_that_its_state_explains(void **state)
{
	static const uint8_t other[] = "\x61\x03\x5f\x1f\x00";
	struct world w;
	struct inspection out;
	size_t size;
	(void)state;
	for (int of = 1; of <= 2; of++) {
		begin(&w, "NO");
		const struct sim_group group = {1, dg1, sizeof dg1 - 1};
		uint8_t *sod = sim_sod(w.signer, NID_sha256, NID_sha256, &group, 1, SIM_SOD_PLAIN, NOW - 100, &size);
		assert_non_null(sod);
		const struct inspect_input in = {.sod = {sod, size}, .group[1] = {other, sizeof other - 1}, .issuer = "NOR",
			.document_code = "I", .at_s = NOW, .trust = &w.trust};
		inspect(&in, &out);
		assert_int_equal(find(&out, INSPECT_DG_HASH)->result, INSPECT_FAILED);
		const struct sim_deviation d = {.signer = w.signer, .type = TYPE "2.2", .parameter = of};
		assert_int_equal(add(&w, &d, 1, NOW - 10), TRUST_OK);
		inspect(&in, &out);
		assert_int_equal(find(&out, INSPECT_DG_HASH)->result, of == 1 ? INSPECT_UNDETERMINED : INSPECT_FAILED);
		assert_int_equal(out.proven & 1u << 1, 0);
		assert_false(out.active_key_in_doubt);
		OPENSSL_free(sod);
		end(&w);
	}
}

/* The content of the German deviation list of 2018-11-06, from a published dump of it: one document signer by issuer and
 * serial number, DSEncoding of no field in particular. */
static const uint8_t german[] = {0x30, 0x81, 0xbd, 0x02, 0x01, 0x00, 0x30, 0x07, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a,
	0x31, 0x81, 0xae, 0x30, 0x81, 0xab, 0x30, 0x57, 0xa1, 0x55, 0x30, 0x4f, 0x31, 0x0b, 0x30, 0x09, 0x06, 0x03, 0x55,
	0x04, 0x06, 0x13, 0x02, 0x44, 0x45, 0x31, 0x0d, 0x30, 0x0b, 0x06, 0x03, 0x55, 0x04, 0x0a, 0x0c, 0x04, 0x62, 0x75,
	0x6e, 0x64, 0x31, 0x0c, 0x30, 0x0a, 0x06, 0x03, 0x55, 0x04, 0x0b, 0x0c, 0x03, 0x62, 0x73, 0x69, 0x31, 0x0c, 0x30,
	0x0a, 0x06, 0x03, 0x55, 0x04, 0x05, 0x13, 0x03, 0x30, 0x31, 0x33, 0x31, 0x15, 0x30, 0x13, 0x06, 0x03, 0x55, 0x04,
	0x03, 0x0c, 0x0c, 0x63, 0x73, 0x63, 0x61, 0x2d, 0x67, 0x65, 0x72, 0x6d, 0x61, 0x6e, 0x79, 0x02, 0x02, 0x01, 0x42,
	0x31, 0x50, 0x30, 0x4e, 0x13, 0x3d, 0x43, 0x6f, 0x75, 0x6e, 0x74, 0x72, 0x79, 0x20, 0x6e, 0x61, 0x6d, 0x65, 0x20,
	0x69, 0x73, 0x20, 0x65, 0x6e, 0x63, 0x6f, 0x64, 0x65, 0x64, 0x20, 0x61, 0x73, 0x20, 0x55, 0x54, 0x46, 0x2d, 0x38,
	0x20, 0x69, 0x6e, 0x73, 0x74, 0x65, 0x61, 0x64, 0x20, 0x6f, 0x66, 0x20, 0x50, 0x72, 0x69, 0x6e, 0x74, 0x61, 0x62,
	0x6c, 0x65, 0x20, 0x53, 0x74, 0x72, 0x69, 0x6e, 0x67, 0x2e, 0x06, 0x08, 0x67, 0x81, 0x08, 0x01, 0x01, 0x07, 0x01,
	0x02, 0xa0, 0x03, 0x02, 0x01, 0x00};

static void a_published_list(void **state)
{
	struct world w;
	uint8_t of_validity[sizeof german];
	(void)state;
	begin(&w, "DE");
	assert_int_equal(add_signed(&w, german, sizeof german, NOW, SIM_LIST_PLAIN), TRUST_OK);
	assert_int_equal(w.report.deviations, 1);
	assert_int_equal(w.report.descriptions, 1);
	assert_int_equal(w.report.without_check, 1);
	/* The same with a field that a check here looks at: the signer is then found by its issuer's name. */
	memcpy(of_validity, german, sizeof german);
	of_validity[sizeof german - 1] = 5;
	assert_int_equal(add_signed(&w, of_validity, sizeof german, NOW, SIM_LIST_PLAIN), TRUST_OK);
	assert_int_equal(w.report.entries, 1);
	assert_string_equal(w.trust.defects[0].reason, "Country name is encoded as UTF-8 instead of Printable String.");
	assert_false(deviates(&w, w.signer, "pa.signer.validity", 0));
	X509_NAME *issuer = X509_NAME_new();
	static const char *const parts[][2] = {
		{"C", "DE"}, {"O", "bund"}, {"OU", "bsi"}, {"serialNumber", "013"}, {"CN", "csca-germany"}};
	for (size_t i = 0; i < PN_COUNT(parts); i++)
		assert_int_equal(X509_NAME_add_entry_by_txt(issuer, parts[i][0], MBSTRING_UTF8,
					 (const unsigned char *)parts[i][1], -1, -1, 0), 1);
	X509 *x = sim_signer_certificate(w.signer);
	assert_int_equal(X509_set_issuer_name(x, issuer), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), 0x142), 1);
	assert_true(deviates(&w, w.signer, "pa.signer.validity", 0));
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), 0x143), 1);
	assert_false(deviates(&w, w.signer, "pa.signer.validity", 0));
	X509_NAME_free(issuer);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(each_way_to_name_a_signer),
		cmocka_unit_test(each_kind_and_its_check), cmocka_unit_test(one_group_is_not_another),
		cmocka_unit_test(narrower_entries_have_no_effect), cmocka_unit_test(a_digest_that_is_not_known), cmocka_unit_test(a_newer_list_replaces),
		cmocka_unit_test(lists_that_must_not_enter),
		cmocka_unit_test(signers_that_may_not), cmocka_unit_test(contents_that_are_none),
		cmocka_unit_test(lists_of_two_states), cmocka_unit_test(another_states_documents),
		cmocka_unit_test(a_revoked_list_signer), cmocka_unit_test(a_key_in_doubt),
		cmocka_unit_test(a_document_that_its_state_explains),
		cmocka_unit_test(a_hash_that_its_state_explains), cmocka_unit_test(a_published_list)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

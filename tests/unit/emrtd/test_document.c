/* SPDX-License-Identifier: Apache-2.0
 * Whole documents, read by this library from the virtual passport, which was written without it, and inspected: access
 * protocols, proofs, tears at every exchange, and what each kind of lie comes to. Must never count a proof whose key the
 * State has not signed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emrtd/document.h"
#include "emrtd/inspect/passive.h"
#include "sim/chip/chip.h"
#include "sim/state/state.h"

#define NOW INT64_C(1767225600)
#define ZONE "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10"
#define MRZ_INFORMATION "L898902C3674081221204159"

/* Everything that does not change from one reading to the next: keys are slow to make. */
struct world {
	struct sim_state *state;
	struct sim_signer *signer;
	struct trust trust;
	EVP_PKEY *ca, *aa;
	uint8_t dg1[93], dg2[4000], dg14[400], dg15[600], card_access[32];
	size_t dg14_size, dg15_size, card_access_size, sod_size;
	uint8_t *sod;
};

static size_t put(uint8_t *out, size_t room, uint32_t tag, const uint8_t *value, size_t size)
{
	struct emrtd_writer w = {out, 0, room, false};
	emrtd_put_tlv(&w, tag, value, size);
	assert_false(w.full);
	return w.size;
}

/* DG14: ChipAuthenticationPublicKeyInfo and ChipAuthenticationInfo with AES-128 (Doc 9303-11, 9.2). */
static void make_dg14(struct world *w)
{
	static const uint8_t pk_oid[] = {0x06, 0x09, 0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x01, 0x02};
	uint8_t *spki = NULL, body[300], entry[300], set[360];
	int n = i2d_PUBKEY(w->ca, &spki);
	assert_true(n > 0 && (size_t)n < 200);
	memcpy(body, pk_oid, sizeof pk_oid);
	memcpy(body + sizeof pk_oid, spki, (size_t)n);
	OPENSSL_free(spki);
	size_t size = put(entry, sizeof entry, 0x30, body, sizeof pk_oid + (size_t)n);
	/* ChipAuthenticationInfo: OID, INTEGER 1 */
	static const uint8_t ca_info[] = {0x06, 0x0a, 0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x03, 0x02, 0x02, 0x02, 0x01, 0x01};
	size += put(entry + size, sizeof entry - size, 0x30, ca_info, sizeof ca_info);
	size = put(set, sizeof set, 0x31, entry, size);
	w->dg14_size = put(w->dg14, sizeof w->dg14, 0x6e, set, size);
}

static void make_world(struct world *w)
{
	static const uint8_t pace[] = {0x31, 0x14, 0x30, 0x12, 0x06, 0x0a, 0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x04, 0x02, 0x02,
		0x02, 0x01, 0x02, 0x02, 0x01, 0x0d};
	size_t size;
	memset(w, 0, sizeof *w);
	w->state = sim_state_new(&(struct sim_state_config){"UT", SIM_EC_P256, NOW - 1000000, NOW + 100000000});
	assert_non_null(w->state);
	w->signer =
		sim_signer_new(w->state, &(struct sim_signer_config){SIM_EC_P256, NOW - 1000, NOW + 1000000, NULL, NULL, false, false});
	w->ca = EVP_EC_gen("brainpoolP256r1");
	w->aa = EVP_RSA_gen(1024);
	assert_true(w->signer != NULL && w->ca != NULL && w->aa != NULL);
	memcpy(w->dg1, "\x61\x5b\x5f\x1f\x58", 5);
	memcpy(w->dg1 + 5, ZONE, 88);
	uint8_t image[3990];
	for (size_t i = 0; i < sizeof image; i++)
		image[i] = (uint8_t)(i * 7 + (i >> 8));
	assert_int_equal(put(w->dg2, sizeof w->dg2, 0x75, image, sizeof image), 3994);
	make_dg14(w);
	uint8_t *spki = NULL;
	int n = i2d_PUBKEY(w->aa, &spki);
	w->dg15_size = put(w->dg15, sizeof w->dg15, 0x6f, spki, (size_t)n);
	OPENSSL_free(spki);
	memcpy(w->card_access, pace, sizeof pace);
	w->card_access_size = sizeof pace;
	const struct sim_group groups[] = {
		{1, w->dg1, sizeof w->dg1}, {2, w->dg2, 3994}, {14, w->dg14, w->dg14_size}, {15, w->dg15, w->dg15_size}};
	w->sod = sim_sod(w->signer, NID_sha256, NID_sha256, groups, 4, SIM_SOD_PLAIN, NOW - 10, &w->sod_size);
	assert_non_null(w->sod);
	trust_init(&w->trust);
	uint8_t *der = sim_der(sim_state_csca(w->state), &size);
	assert_int_equal(trust_add_certificate(&w->trust, der, size, false), TRUST_USABLE);
	OPENSSL_free(der);
}

static int setup(void **state)
{
	struct world *w = malloc(sizeof *w);
	*state = w;
	if (w == NULL)
		return -1;
	make_world(w);
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	OPENSSL_free(w->sod);
	sim_signer_free(w->signer);
	sim_state_free(w->state);
	trust_free(&w->trust);
	EVP_PKEY_free(w->ca);
	EVP_PKEY_free(w->aa);
	free(w);
	return 0;
}

/* One reading: a chip, a session, what came of it. */
struct reading {
	struct sim_chip_config config;
	struct sim_chip_file files[8];
	struct sim_chip *chip;
	struct emrtd_session *session;
	struct emrtd_password password;
	struct emrtd_policy policy;
	struct emrtd_document document;
	enum emrtd_stage last;
	bool holder_before_face;
	int error;
};

static int transmit(void *self, const uint8_t *command, size_t size, uint8_t *response, size_t *response_size)
{
	uint8_t all[SIM_CHIP_RESPONSE_MAX];
	size_t n = sizeof all;
	if (sim_chip_apdu(self, command, size, all, &n) != 0 || n > *response_size)
		return PN_EIO;
	memcpy(response, all, n);
	*response_size = n;
	return 0;
}

static int stage(void *self, enum emrtd_stage stage, const struct emrtd_document *so_far)
{
	struct reading *r = self;
	if (stage == EMRTD_STAGE_HOLDER)
		r->holder_before_face |= so_far->group[1].whole && so_far->group[2].size == 0;
	r->last = stage;
	return 0;
}

static void prepare(struct reading *r, const struct world *w)
{
	memset(r, 0, sizeof *r);
	size_t n = 0;
	r->files[n++] = (struct sim_chip_file){0x11d, w->sod, w->sod_size};
	r->files[n++] = (struct sim_chip_file){0x101, w->dg1, sizeof w->dg1};
	r->files[n++] = (struct sim_chip_file){0x102, w->dg2, 3994};
	r->files[n++] = (struct sim_chip_file){0x10e, w->dg14, w->dg14_size};
	r->files[n++] = (struct sim_chip_file){0x10f, w->dg15, w->dg15_size};
	r->files[n++] = (struct sim_chip_file){SIM_MF | 0x11c, w->card_access, w->card_access_size};
	r->config.files = r->files;
	r->config.file_count = n;
	r->config.bac = true;
	r->config.pace[0] = (struct sim_chip_pace){SIM_GM, SIM_AES_128, 13};
	r->config.pace_count = 1;
	r->config.mrz_information = MRZ_INFORMATION;
	r->config.ca[0] = (struct sim_chip_key){w->ca, SIM_AES_128, -1};
	r->config.ca_count = 1;
	r->config.aa = (struct sim_chip_aa){w->aa, 0xbc, NULL, false};
	assert_int_equal(emrtd_password_from_zone(&r->password, ZONE), 0);
}

static void start(struct reading *r, size_t apdu_max)
{
	assert_int_equal(sim_chip_new(&r->config, &r->chip), 0);
	sim_chip_power(r->chip, true);
	const struct emrtd_channel channel = {r->chip, transmit, apdu_max, apdu_max, NULL, false};
	r->session = emrtd_open(&channel);
	assert_non_null(r->session);
}

static int go(struct reading *r)
{
	const struct emrtd_wish wish = {
		.password = &r->password, .policy = &r->policy, .groups = 1u << 2, .stage = stage, .self = r};
	r->error = emrtd_document_read(r->session, &wish, &r->document);
	return r->error;
}

static void stop(struct reading *r)
{
	emrtd_document_free(&r->document);
	emrtd_close(r->session);
	sim_chip_free(r->chip);
}

static void judge(const struct reading *r, const struct world *w, struct inspection *out)
{
	struct inspect_input in = {.sod = {r->document.sod.bytes, r->document.sod.size},
		.issuer = "UTO",
		.document_code = "P",
		.dg1_mrz = r->document.group[1].whole ? (const char *)r->document.group[1].bytes + 5 : NULL,
		.at_s = NOW,
		.trust = &w->trust};
	char zone[89] = "";
	if (r->document.group[1].whole && r->document.group[1].size == sizeof w->dg1)
		memcpy(zone, r->document.group[1].bytes + 5, 88);
	in.dg1_mrz = zone;
	in.optical_mrz = ZONE;
	for (unsigned n = 1; n < EMRTD_GROUPS; n++) {
		if (r->document.group[n].whole)
			in.group[n] = (struct inspect_file){r->document.group[n].bytes, r->document.group[n].size};
		in.absent |= (uint32_t)r->document.group[n].absent << n;
	}
	inspect(&in, out);
}

static void sound(const struct reading *r, const struct world *w)
{
	struct inspection out;
	assert_int_equal(r->error, 0);
	assert_int_equal(r->last, EMRTD_STAGE_DONE);
	assert_true(r->holder_before_face);
	assert_int_equal(r->document.group[2].size, 3994);
	assert_memory_equal(r->document.group[2].bytes, w->dg2, 3994);
	assert_int_equal(r->document.chip, EMRTD_PROVEN);
	assert_int_equal(r->document.active, EMRTD_PROVEN);
	judge(r, w, &out);
	assert_true(out.proven & 1u << 14 && out.proven & 1u << 15);
}

static void pace_and_every_proof(void **state)
{
	struct reading r;
	prepare(&r, *state);
	start(&r, 0);
	go(&r);
	sound(&r, *state);
	assert_int_equal(r.document.access.access, EMRTD_ACCESS_PACE);
	stop(&r);
}

static void bac_where_no_pace_is_offered(void **state)
{
	struct reading r;
	prepare(&r, *state);
	r.config.file_count--;
	r.config.pace_count = 0;
	start(&r, 0);
	go(&r);
	sound(&r, *state);
	assert_int_equal(r.document.access.access, EMRTD_ACCESS_BAC);
	assert_false(r.document.access.fell_back);
	stop(&r);
}

static void extended_length_needs_fewer_exchanges(void **state)
{
	struct reading shorter, longer;
	prepare(&shorter, *state);
	start(&shorter, 0);
	go(&shorter);
	prepare(&longer, *state);
	start(&longer, 4096);
	go(&longer);
	sound(&longer, *state);
	assert_true(longer.document.exchanges + 10 < shorter.document.exchanges);
	stop(&shorter);
	stop(&longer);
}

/* The whole of a reading, torn at each exchange in turn: gone on with, and never anything but this document. */
static void a_tear_at_every_exchange(void **state)
{
	unsigned resumed = 0, n = 1;
	for (;; n++) {
		struct reading r;
		prepare(&r, *state);
		start(&r, 0);
		sim_chip_set_fault(r.chip, SIM_FAULT_TEAR, &(struct sim_chip_when){.on = true, .at = n});
		if (go(&r) == 0) {
			sound(&r, *state);
			stop(&r);
			break;
		}
		assert_int_equal(r.error, PN_EIO);
		sim_chip_set_fault(r.chip, SIM_FAULT_TEAR, &(struct sim_chip_when){.on = false});
		sim_chip_power(r.chip, false);
		sim_chip_power(r.chip, true);
		emrtd_reset(r.session);
		go(&r);
		sound(&r, *state);
		resumed += r.document.resumed;
		stop(&r);
	}
	assert_true(n > 25 && resumed > 10);
}

static void another_chip_is_not_gone_on_with(void **state)
{
	struct world *w = *state, other;
	struct reading r, second;
	make_world(&other);
	prepare(&r, w);
	start(&r, 0);
	sim_chip_set_fault(r.chip, SIM_FAULT_TEAR, &(struct sim_chip_when){.on = true, .at = 35});
	assert_int_equal(go(&r), PN_EIO);
	prepare(&second, &other);
	assert_int_equal(sim_chip_new(&second.config, &second.chip), 0);
	sim_chip_power(second.chip, true);
	const struct emrtd_channel channel = {second.chip, transmit, 0, 0, NULL, false};
	emrtd_close(r.session);
	r.session = emrtd_open(&channel);
	assert_non_null(r.session);
	assert_int_equal(go(&r), PN_ECONFLICT);
	stop(&r);
	sim_chip_free(second.chip);
	void *p = malloc(sizeof other);
	assert_non_null(p);
	memcpy(p, &other, sizeof other);
	teardown(&p);
}

/* Every fault of the chip at every command: an end in bounded exchanges, and no document that is not this one. */
static void no_fault_gets_through(void **state)
{
	const struct world *w = *state;
	for (int f = 0; f < SIM_FAULTS; f++) {
		struct reading r;
		struct inspection out;
		if (f == SIM_FAULT_SLOW)
			continue; /* deadlines are the channel's */
		prepare(&r, w);
		start(&r, 0);
		sim_chip_set_fault(r.chip, (enum sim_chip_fault)f, &(struct sim_chip_when){.on = true});
		go(&r);
		assert_true(emrtd_state(r.session).exchanges < 600);
		judge(&r, w, &out);
		if (r.error == 0 && out.overall == INSPECT_SUCCESSFUL) {
			assert_memory_equal(r.document.group[1].bytes, w->dg1, sizeof w->dg1);
			assert_int_equal(r.document.group[2].size, 3994);
			assert_memory_equal(r.document.group[2].bytes, w->dg2, 3994);
		}
		stop(&r);
	}
}

/* The right files in a chip without their keys. */
static void a_clone_is_refuted(void **state)
{
	struct reading r;
	EVP_PKEY *other = EVP_EC_gen("brainpoolP256r1"), *rsa = EVP_RSA_gen(1024);
	prepare(&r, *state);
	r.config.ca[0].key = other;
	r.config.aa.key = rsa;
	start(&r, 0);
	go(&r);
	assert_int_not_equal(r.document.chip, EMRTD_PROVEN);
	assert_int_not_equal(r.document.active, EMRTD_PROVEN);
	stop(&r);
	EVP_PKEY_free(other);
	EVP_PKEY_free(rsa);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pace_and_every_proof),
		cmocka_unit_test(bac_where_no_pace_is_offered),
		cmocka_unit_test(extended_length_needs_fewer_exchanges),
		cmocka_unit_test(a_tear_at_every_exchange),
		cmocka_unit_test(another_chip_is_not_gone_on_with),
		cmocka_unit_test(no_fault_gets_through),
		cmocka_unit_test(a_clone_is_refuted),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

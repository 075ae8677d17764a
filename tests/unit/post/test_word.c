/* SPDX-License-Identifier: Apache-2.0
 * What a console signs, held against the core's own verification (core/control/officer.c), which shares no code with it: who signed,
 * what was signed, and as what.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <unistd.h>

#include "control/officer.h"
#include "post/word.h"

struct place {
	struct officer_keys keys;
	EVP_PKEY *one, *two, *stranger;
};

static EVP_PKEY *make(const char *folder, const char *name)
{
	char path[128];
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	assert_non_null(key);
	if (name == NULL)
		return key;
	snprintf(path, sizeof path, "%s/%s.pub", folder, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(PEM_write_PUBKEY(f, key), 1);
	fclose(f);
	return key;
}

static int setup(void **state)
{
	char folder[] = "/tmp/post-word-XXXXXX", path[128];
	struct place *p = calloc(1, sizeof *p);
	assert_non_null(mkdtemp(folder));
	p->one = make(folder, "officer-1");
	p->two = make(folder, "officer-2");
	p->stranger = make(folder, NULL);
	assert_int_equal(officer_keys_load(&p->keys, folder), PN_OK);
	assert_int_equal(p->keys.count, 2);
	for (int i = 1; i <= 2; i++) {
		snprintf(path, sizeof path, "%s/officer-%d.pub", folder, i);
		unlink(path);
	}
	rmdir(folder);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;
	EVP_PKEY_free(p->one);
	EVP_PKEY_free(p->two);
	EVP_PKEY_free(p->stranger);
	free(p);
	return 0;
}

static uint8_t hash[32], nonce[16];

static Postern__Decision decision(const char *officer, const char *second)
{
	Postern__Decision d = POSTERN__DECISION__INIT;
	d.crossing_id = (char *)(uintptr_t) "01J9ZZZZZZZZZZZZZZZZZZZZZZ";
	d.verdict_hash = (ProtobufCBinaryData){ sizeof hash, hash };
	d.nonce = (ProtobufCBinaryData){ sizeof nonce, nonce };
	d.officer = (char *)(uintptr_t)officer;
	d.second_officer = (char *)(uintptr_t)second;
	d.decision = POSTERN__OFFICER_DECISION__DECISION_ADMIT;
	d.reason_code = (char *)(uintptr_t) "identity.confirmed";
	d.issued_wall_ms = 1;
	d.expires_wall_ms = 2;
	return d;
}

static Postern__LaneOrder order(const char *officer)
{
	Postern__LaneOrder o = POSTERN__LANE_ORDER__INIT;
	o.gate = (char *)(uintptr_t) "lane-1";
	o.officer = (char *)(uintptr_t)officer;
	o.epoch = o.sequence = 5;
	o.kind = POSTERN__LANE_ORDER_KIND__ORDER_LOCK;
	o.issued_wall_ms = 1;
	o.expires_wall_ms = 2;
	return o;
}

static int heard(const struct place *p, const Postern__SignedDecision *s)
{
	Postern__Decision *d = NULL;
	int r = officer_verify(&p->keys, s, &d);
	if (r == PN_OK)
		postern__decision__free_unpacked(d, NULL);
	else
		assert_null(d);
	return r;
}

static int ordered(const struct place *p, const Postern__SignedOrder *s)
{
	Postern__LaneOrder *o = NULL;
	int r = officer_verify_order(&p->keys, s, &o);
	if (r == PN_OK)
		postern__lane_order__free_unpacked(o, NULL);
	else
		assert_null(o);
	return r;
}

static void decisions(void **state)
{
	struct place *p = *state;
	struct post_word w;
	Postern__SignedDecision s;
	Postern__Decision d = decision("officer-1", "");
	assert_int_equal(post_sign_decision(&w, &d, p->one, NULL, &s), PN_OK);
	assert_int_equal(heard(p, &s), PN_OK);
	w.bytes[3] ^= 1;
	assert_int_equal(heard(p, &s), PN_ECRYPTO);
	assert_int_equal(post_sign_decision(&w, &d, p->two, NULL, &s), PN_OK); /* for somebody else */
	assert_int_equal(heard(p, &s), PN_ECRYPTO);
	assert_int_equal(post_sign_decision(&w, &d, p->stranger, NULL, &s), PN_OK);
	assert_int_equal(heard(p, &s), PN_ECRYPTO);
	d.nonce.len = 15;
	assert_int_equal(post_sign_decision(&w, &d, p->one, NULL, &s), PN_EINVAL);
	d = decision("", "");
	assert_int_equal(post_sign_decision(&w, &d, p->one, NULL, &s), PN_EINVAL);
}

static void two_officers(void **state)
{
	struct place *p = *state;
	struct post_word w;
	Postern__SignedDecision s;
	Postern__Decision d = decision("officer-1", "officer-2");
	assert_int_equal(post_sign_decision(&w, &d, p->one, NULL, &s), PN_EINVAL);
	assert_int_equal(post_sign_decision(&w, &d, p->one, p->two, &s), PN_OK);
	assert_int_equal(heard(p, &s), PN_OK);
	assert_int_equal(post_sign_decision(&w, &d, p->one, p->one, &s), PN_OK); /* one signs for both */
	assert_int_equal(heard(p, &s), PN_ECRYPTO);
	assert_int_equal(post_sign_decision(&w, &d, p->one, p->stranger, &s), PN_OK);
	assert_int_equal(heard(p, &s), PN_ECRYPTO);
	assert_int_equal(post_sign_decision(&w, &d, p->one, p->two, &s), PN_OK); /* the second signature left off */
	s.second_signature.len = 0;
	assert_int_equal(heard(p, &s), PN_ECRYPTO);
	d = decision("officer-1", "officer-1");
	assert_int_equal(post_sign_decision(&w, &d, p->one, p->one, &s), PN_EINVAL);
	/* a signature for which nobody is named */
	d = decision("officer-1", "");
	assert_int_equal(post_sign_decision(&w, &d, p->one, NULL, &s), PN_OK);
	s.second_key_id = s.key_id;
	s.second_signature = s.signature;
	assert_int_equal(heard(p, &s), PN_ECRYPTO);
}

static void orders(void **state)
{
	struct place *p = *state;
	struct post_word w;
	Postern__SignedOrder s;
	Postern__LaneOrder o = order("officer-1");
	assert_int_equal(post_sign_order(&w, &o, p->one, &s), PN_OK);
	assert_int_equal(ordered(p, &s), PN_OK);
	w.bytes[w.size - 1] ^= 1;
	assert_int_equal(ordered(p, &s), PN_ECRYPTO);
	assert_int_equal(post_sign_order(&w, &o, p->two, &s), PN_OK);
	assert_int_equal(ordered(p, &s), PN_ECRYPTO);
	s.order.len = 0;
	assert_int_equal(ordered(p, &s), PN_EFORMAT);
	o.epoch = 0;
	assert_int_equal(post_sign_order(&w, &o, p->one, &s), PN_EINVAL);
}

/* A signature over an order's bytes alone, as a decision is signed, is none of an order's; nor the other way round. */
static void one_cannot_be_taken_for_the_other(void **state)
{
	struct place *p = *state;
	struct post_word w;
	Postern__SignedDecision s;
	Postern__SignedOrder as_order = POSTERN__SIGNED_ORDER__INIT;
	Postern__Decision d = decision("officer-1", "");
	assert_int_equal(post_sign_decision(&w, &d, p->one, NULL, &s), PN_OK);
	as_order.order = s.decision;
	as_order.signature = s.signature;
	as_order.key_id = s.key_id;
	assert_int_equal(ordered(p, &as_order), PN_ECRYPTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(decisions, setup, teardown),
		cmocka_unit_test_setup_teardown(two_officers, setup, teardown),
		cmocka_unit_test_setup_teardown(orders, setup, teardown),
		cmocka_unit_test_setup_teardown(one_cannot_be_taken_for_the_other, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 * Orders of activation: who may give them, which fit, and what is activated after them. Signatures
 * are made here by OpenSSL over the statement as activation.proto words it, never by the code under
 * test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "control/activation.h"

enum { NOW = 1764360000000 / 1000 }; /* seconds */
#define NOW_MS ((int64_t)NOW * 1000)

struct officer {
	EVP_PKEY *key;
};

struct world {
	struct officer berg, dahl, stranger;
	struct officer_keys keys;
	struct activations made;
	int64_t issued;
};

static uint8_t digests[10][32], nonce[16];

static void know(struct world *w, const char *name, const struct officer *o, const char *id)
{
	size_t i = w->keys.count++, size = 32;

	assert_int_equal(EVP_PKEY_get_raw_public_key(o->key, w->keys.key[i].key, &size), 1);
	text_copy(w->keys.key[i].name, sizeof w->keys.key[i].name, name);
	text_copy(w->keys.key[i].id, sizeof w->keys.key[i].id, id);
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof *w);

	assert_non_null(w);
	w->berg.key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	w->dahl.key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	w->stranger.key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	know(w, "berg", &w->berg, "b");
	know(w, "dahl", &w->dahl, "d");
	know(w, "twin", &w->berg, "t"); /* one key under two names */
	for (size_t i = 0; i < 10; i++)
		memset(digests[i], (int)(0x10 + i), sizeof digests[i]);
	w->issued = NOW_MS - 1000000;
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	EVP_PKEY_free(w->berg.key);
	EVP_PKEY_free(w->dahl.key);
	EVP_PKEY_free(w->stranger.key);
	free(w);
	return 0;
}

struct order {
	Postern__Activation a;
	Postern__RulePackChoice pack;
	uint8_t bytes[ACTIVATION_BYTES_MAX], signature[3][64];
	Postern__Endorsement e[3], *list[3];
	Postern__SignedActivation s;
};

/* Activating pack NUMBER as the version, in the place of `replaces` (-1: nothing). */
static void make(struct world *w, struct order *o, const char *name, const char *version, int number, int replaces)
{
	memset(o, 0, sizeof *o);
	postern__activation__init(&o->a);
	postern__rule_pack_choice__init(&o->pack);
	postern__signed_activation__init(&o->s);
	o->pack.name = (char *)(uintptr_t)name;
	o->pack.version = (char *)(uintptr_t)version;
	o->pack.digest = (ProtobufCBinaryData){32, digests[number]};
	o->a.tenant = (char *)(uintptr_t)"NOR";
	o->a.unit = (char *)(uintptr_t)"lane-1";
	o->a.target = POSTERN__ACTIVATION_TARGET__ACTIVATION_RULE_PACK;
	o->a.action = POSTERN__ACTIVATION_ACTION__ACTIVATION_ACTIVATE;
	o->a.pack = &o->pack;
	if (replaces >= 0)
		o->a.replaces = (ProtobufCBinaryData){32, digests[replaces]};
	o->a.reason_code = (char *)(uintptr_t)"season.summer";
	o->a.issued_wall_ms = w->issued += 1000;
	o->a.expires_wall_ms = o->a.issued_wall_ms + 3600000;
	o->a.nonce = (ProtobufCBinaryData){sizeof nonce, nonce};
}

static void encode(struct order *o)
{
	assert_true(postern__activation__get_packed_size(&o->a) <= sizeof o->bytes);
	o->s.activation = (ProtobufCBinaryData){postern__activation__pack(&o->a, o->bytes), o->bytes};
	o->s.endorsements = o->list;
	o->s.n_endorsements = 0;
}

static void endorse(struct order *o, const char *name, const char *id, const struct officer *by)
{
	size_t i = o->s.n_endorsements++, size = 64;
	uint8_t said[ACTIVATION_BYTES_MAX + 100];
	int head = snprintf((char *)said, 100, "postern-activation 1 %s\n", name);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	memcpy(said + head, o->bytes, o->s.activation.len);
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, by->key), 1);
	assert_int_equal(EVP_DigestSign(ctx, o->signature[i], &size, said, (size_t)head + o->s.activation.len), 1);
	EVP_MD_CTX_free(ctx);
	postern__endorsement__init(&o->e[i]);
	o->e[i].officer = (char *)(uintptr_t)name;
	o->e[i].key_id = (char *)(uintptr_t)id;
	o->e[i].signature = (ProtobufCBinaryData){64, o->signature[i]};
	o->list[i] = &o->e[i];
}

static enum activation_verdict endorsed(struct world *w, struct order *o)
{
	Postern__Activation *a = NULL;
	enum activation_verdict v = activation_endorsed(&w->keys, &o->s, &a);

	assert_int_equal(a != NULL, v == ACTIVATION_TAKEN);
	if (a != NULL) {
		assert_string_equal(a->unit, "lane-1");
		postern__activation__free_unpacked(a, NULL);
	}
	return v;
}

static void two_officers(void **state)
{
	struct world *w = *state;
	struct order o;

	make(w, &o, "crew", "1.0.0", 0, -1);
	encode(&o);
	assert_int_equal(endorsed(w, &o), ACTIVATION_ONE_OFFICER); /* nobody at all */
	endorse(&o, "berg", "b", &w->berg);
	assert_int_equal(endorsed(w, &o), ACTIVATION_ONE_OFFICER);
	endorse(&o, "dahl", "d", &w->dahl);
	assert_int_equal(endorsed(w, &o), ACTIVATION_TAKEN);
	endorse(&o, "twin", "t", &w->berg);
	assert_int_equal(endorsed(w, &o), ACTIVATION_MALFORMED);
}

static void not_two_officers(void **state)
{
	struct world *w = *state;
	struct order o;

	make(w, &o, "crew", "1.0.0", 0, -1);
	encode(&o);
	endorse(&o, "berg", "b", &w->berg);
	endorse(&o, "berg", "b", &w->berg);
	assert_int_equal(endorsed(w, &o), ACTIVATION_ONE_OFFICER);
	encode(&o);
	endorse(&o, "berg", "b", &w->berg);
	endorse(&o, "twin", "t", &w->berg);
	assert_int_equal(endorsed(w, &o), ACTIVATION_ONE_OFFICER);
	encode(&o);
	endorse(&o, "berg", "b", &w->berg);
	endorse(&o, "dahl", "d", &w->berg); /* under another's name */
	assert_int_equal(endorsed(w, &o), ACTIVATION_NOT_SIGNED);
	encode(&o);
	endorse(&o, "berg", "b", &w->berg);
	endorse(&o, "dahl", "b", &w->berg); /* another's name, one's own key's id */
	assert_int_equal(endorsed(w, &o), ACTIVATION_NOT_SIGNED);
	encode(&o);
	endorse(&o, "berg", "b", &w->berg);
	endorse(&o, "eve", "e", &w->stranger);
	assert_int_equal(endorsed(w, &o), ACTIVATION_NOT_SIGNED);
}

static void nothing_altered(void **state)
{
	struct world *w = *state;
	struct order o;

	make(w, &o, "crew", "1.0.0", 0, -1);
	encode(&o);
	endorse(&o, "berg", "b", &w->berg);
	endorse(&o, "dahl", "d", &w->dahl);
	for (size_t i = 0; i < o.s.activation.len; i++) {
		o.bytes[i] ^= 1;
		assert_int_equal(endorsed(w, &o), ACTIVATION_NOT_SIGNED);
		o.bytes[i] ^= 1;
	}
	o.e[1].signature.len = 63;
	assert_int_equal(endorsed(w, &o), ACTIVATION_NOT_SIGNED);
	o.e[1].signature.len = 64;
	assert_int_equal(endorsed(w, &o), ACTIVATION_TAKEN);
}

static enum activation_verdict fits(struct world *w, const struct order *o)
{
	return activation_fits(&w->made, &o->a, "NOR", "lane-1", NOW_MS);
}

static void take(struct world *w, struct order *o)
{
	assert_int_equal(fits(w, o), ACTIVATION_TAKEN);
	assert_true(activation_apply(&w->made, &o->a));
	assert_int_equal(fits(w, o), ACTIVATION_OVERTAKEN); /* once only */
}

static void at(const struct world *w, const char *version, const char *previous)
{
	assert_string_equal(activations_pack(&w->made)->version, version);
	if (previous == NULL)
		assert_null(activations_previous(&w->made));
	else
		assert_string_equal(activations_previous(&w->made)->version, previous);
}

static void form(void **state)
{
	struct world *w = *state;
	struct order o;

#define REFUSED(change, v)                                                                         \
	do {                                                                                       \
		make(w, &o, "crew", "1.0.0", 0, -1);                                               \
		change;                                                                            \
		assert_int_equal(fits(w, &o), (v));                                                \
	} while (0)
	REFUSED(o.a.target = 0, ACTIVATION_MALFORMED);
	REFUSED(o.a.target = 3, ACTIVATION_MALFORMED);
	REFUSED(o.a.action = 0, ACTIVATION_MALFORMED);
	REFUSED(o.a.pack = NULL, ACTIVATION_MALFORMED);
	REFUSED(o.a.reason_code = (char *)(uintptr_t)"", ACTIVATION_MALFORMED);
	REFUSED(o.a.reason_code = (char *)(uintptr_t)"Ola Nordmann", ACTIVATION_MALFORMED);
	REFUSED(o.a.nonce.len = 15, ACTIVATION_MALFORMED);
	REFUSED(o.pack.digest.len = 31, ACTIVATION_MALFORMED);
	REFUSED(o.pack.name = (char *)(uintptr_t)"a/b", ACTIVATION_MALFORMED);
	REFUSED(o.pack.version = (char *)(uintptr_t)"1.0-rc1", ACTIVATION_MALFORMED);
	REFUSED(o.a.tenant = (char *)(uintptr_t)"SWE", ACTIVATION_ELSEWHERE);
	REFUSED(o.a.unit = (char *)(uintptr_t)"lane-2", ACTIVATION_ELSEWHERE);
	REFUSED(o.a.expires_wall_ms = NOW_MS, ACTIVATION_EXPIRED);
	REFUSED(o.a.expires_wall_ms = o.a.issued_wall_ms + 24 * 3600000 + 1, ACTIVATION_EXPIRED);
	REFUSED((o.a.issued_wall_ms = NOW_MS + 60001, o.a.expires_wall_ms = NOW_MS + 100000), ACTIVATION_EXPIRED);
	REFUSED(o.a.replaces = ((ProtobufCBinaryData){32, digests[3]}), ACTIVATION_OVERTAKEN);
	REFUSED((void)0, ACTIVATION_TAKEN);
}

static void versions_rise(void **state)
{
	struct world *w = *state;
	struct order o;

	make(w, &o, "crew", "1.9.0", 0, -1);
	take(w, &o);
	make(w, &o, "crew", "1.9.0", 1, 0);
	assert_int_equal(fits(w, &o), ACTIVATION_NOT_HIGHER);
	make(w, &o, "crew", "1.10.0", 1, -1);
	assert_int_equal(fits(w, &o), ACTIVATION_OVERTAKEN); /* written before the first was */
	make(w, &o, "crew", "1.10.0", 1, 0);
	take(w, &o);
	at(w, "1.10.0", "1.9.0");
	make(w, &o, "other", "1.0.0", 2, 1); /* versions are those of a name */
	take(w, &o);
	make(w, &o, "crew", "1.10.0", 3, 2);
	assert_int_equal(fits(w, &o), ACTIVATION_NOT_HIGHER);
}

static void back(struct world *w, struct order *o, const char *version, int number, int replaces)
{
	make(w, o, "crew", version, number, replaces);
	o->a.action = POSTERN__ACTIVATION_ACTION__ACTIVATION_ROLLBACK;
}

static void rollback(void **state)
{
	struct world *w = *state;
	struct order o;

	back(w, &o, "1.0.0", 0, -1);
	assert_int_equal(fits(w, &o), ACTIVATION_NO_WAY_BACK);
	make(w, &o, "crew", "1.0.0", 0, -1);
	take(w, &o);
	make(w, &o, "crew", "2.0.0", 1, 0);
	take(w, &o);
	make(w, &o, "crew", "3.0.0", 2, 1);
	take(w, &o);
	back(w, &o, "1.0.0", 0, 2); /* not the one before */
	assert_int_equal(fits(w, &o), ACTIVATION_NO_WAY_BACK);
	back(w, &o, "2.0.0", 5, 2); /* other content under its version */
	assert_int_equal(fits(w, &o), ACTIVATION_NO_WAY_BACK);
	back(w, &o, "2.0.0", 1, 2);
	take(w, &o);
	at(w, "2.0.0", "1.0.0");
	make(w, &o, "crew", "3.0.0", 2, 1); /* what was given up comes back under a higher version only */
	assert_int_equal(fits(w, &o), ACTIVATION_NOT_HIGHER);
	back(w, &o, "1.0.0", 0, 1);
	take(w, &o);
	at(w, "1.0.0", NULL);
	make(w, &o, "crew", "3.0.1", 3, 0);
	take(w, &o);
	at(w, "3.0.1", "1.0.0");
}

static void shadow(void **state)
{
	struct world *w = *state;
	struct order o;

	make(w, &o, "crew", "1.0.0", 0, -1);
	take(w, &o);
	make(w, &o, "crew", "0.9.0", 1, -1); /* decides nothing: any version */
	o.a.target = POSTERN__ACTIVATION_TARGET__ACTIVATION_SHADOW_PACK;
	take(w, &o);
	assert_true(w->made.has_shadow);
	assert_string_equal(w->made.shadow.version, "0.9.0");
	at(w, "1.0.0", NULL);
	make(w, &o, "crew", "0.9.0", 1, 1);
	o.a.target = POSTERN__ACTIVATION_TARGET__ACTIVATION_SHADOW_PACK;
	o.a.action = POSTERN__ACTIVATION_ACTION__ACTIVATION_ROLLBACK;
	assert_int_equal(fits(w, &o), ACTIVATION_MALFORMED); /* it leads to none */
	o.a.pack = NULL;
	take(w, &o);
	assert_false(w->made.has_shadow);
}

static void bounds(void **state)
{
	struct world *w = *state;
	char version[16], name[16];
	struct order o;

	for (int i = 0; i < ACTIVATIONS_KEPT + 3; i++) {
		snprintf(version, sizeof version, "1.%d", i);
		make(w, &o, "crew", version, i % 2, i == 0 ? -1 : (i + 1) % 2);
		take(w, &o);
	}
	assert_int_equal(w->made.pack_count, ACTIVATIONS_KEPT);
	at(w, "1.18", "1.17");
	for (int i = 1; i <= ACTIVATIONS_NAMES; i++) {
		snprintf(name, sizeof name, "p%d", i);
		make(w, &o, name, "1", i % 2, (i + 1) % 2);
		assert_int_equal(fits(w, &o), i < ACTIVATIONS_NAMES ? ACTIVATION_TAKEN : ACTIVATION_TOO_MANY_NAMES);
		if (i < ACTIVATIONS_NAMES)
			assert_true(activation_apply(&w->made, &o.a));
	}
}

static void every_refusal_says_something(void **state)
{
	(void)state;
	assert_string_equal(activation_refusal(ACTIVATION_TAKEN), "");
	for (int v = ACTIVATION_MALFORMED; v <= ACTIVATION_TOO_MANY_NAMES; v++)
		assert_true(strlen(activation_refusal((enum activation_verdict)v)) > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(two_officers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(not_two_officers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_altered, set_up, tear_down),
		cmocka_unit_test_setup_teardown(form, set_up, tear_down),
		cmocka_unit_test_setup_teardown(versions_rise, set_up, tear_down),
		cmocka_unit_test_setup_teardown(rollback, set_up, tear_down),
		cmocka_unit_test_setup_teardown(shadow, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bounds, set_up, tear_down),
		cmocka_unit_test(every_refusal_says_something),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

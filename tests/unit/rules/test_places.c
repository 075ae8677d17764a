/* SPDX-License-Identifier: Apache-2.0
 * Which packs the plugin uses, by the core's orders: none before an order, none that nobody
 * activated where that is asked for, the activated one by its content wherever it lies, and never
 * another for an order that cannot be followed. The host is played here. Must never sign with a key
 * of the tree's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "places.h"

struct world {
	struct postern_host host;
	char dir[64], packs[96], key[96];
	const char *shadow_option;
	struct places places;
	Postern__RulePackState *state; /* the newest */
	unsigned reports;
	bool no_pack, refused;
	uint64_t order;
};

static const char *option(void *ctx, const char *name)
{
	struct world *w = ctx;

	return strcmp(name, "pack") == 0 ? "by-option" : w->shadow_option;
}

static const char *folder(void *ctx, const char *name)
{
	struct world *w = ctx;

	return strcmp(name, "packs") == 0 ? w->packs : w->dir;
}

static void say(void *ctx, enum postern_log_level level, const char *event, const char *detail)
{
	(void)ctx;
	(void)level;
	(void)event;
	(void)detail;
}

static void trouble(void *ctx, const char *code, int active)
{
	struct world *w = ctx;

	if (strcmp(code, "rules.no_pack") == 0)
		w->no_pack = active;
	if (strcmp(code, "rules.pack_refused") == 0)
		w->refused = active;
}

static int report(void *ctx, uint32_t body, const char *crossing_id, const uint8_t *bytes, size_t size)
{
	struct world *w = ctx;

	(void)crossing_id;
	assert_int_equal(body, 63);
	if (w->state != NULL)
		postern__rule_pack_state__free_unpacked(w->state, NULL);
	w->state = postern__rule_pack_state__unpack(NULL, size, bytes);
	assert_non_null(w->state);
	w->reports++;
	return PN_OK;
}

static void write_text(const char *in, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", in, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* A signed pack of one rule in a folder of that name. */
static void put(struct world *w, const char *name, const char *version)
{
	char path[160], text[256];

	snprintf(path, sizeof path, "%s/%s", w->packs, name);
	mkdir(path, 0700);
	snprintf(text, sizeof text, "name: crew\nversion: %s\npurpose: border\nfields: [lane]\nrules: [one]\n", version);
	write_text(path, "pack.yaml", text);
	write_text(path, "one.lua", "return function() end");
	assert_int_equal(signed_folder_sign(path, w->key), PN_OK);
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	char path[96];
	FILE *f;

	assert_non_null(w);
	strcpy(w->dir, "/tmp/postern-places-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->packs, sizeof w->packs, "%s/packs", w->dir);
	snprintf(w->key, sizeof w->key, "%s/rules.key", w->dir);
	snprintf(path, sizeof path, "%s/rules.pub", w->dir);
	assert_int_equal(mkdir(w->packs, 0700), 0);
	f = fopen(w->key, "w");
	assert_int_equal(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(f);
	f = fopen(path, "w");
	assert_int_equal(PEM_write_PUBKEY(f, key), 1);
	fclose(f);
	EVP_PKEY_free(key);
	w->shadow_option = "";
	w->host = (struct postern_host){.struct_size = sizeof w->host, .ctx = w, .option = option, .folder = folder,
		.log = say, .trouble = trouble, .report = report};
	places_init(&w->places, &w->host);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	char command[128];

	places_close(&w->places);
	if (w->state != NULL)
		postern__rule_pack_state__free_unpacked(w->state, NULL);
	snprintf(command, sizeof command, "rm -r %s", w->dir);
	assert_int_equal(system(command), 0);
	free(w);
	return 0;
}

struct named {
	Postern__RulePackChoice choice;
	uint8_t digest[32];
};

/* The pack in that folder, as an order names it: by the digest that sha256sum gives for pack.sums. */
static Postern__RulePackChoice *name(struct world *w, struct named *n, const char *in, const char *version)
{
	char path[256];
	uint8_t bytes[4096];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s/pack.sums", w->packs, in);
	f = fopen(path, "r");
	assert_non_null(f);
	SHA256(bytes, fread(bytes, 1, sizeof bytes, f), n->digest);
	fclose(f);
	postern__rule_pack_choice__init(&n->choice);
	n->choice.name = (char *)(uintptr_t)"crew";
	n->choice.version = (char *)(uintptr_t)version;
	n->choice.digest = (ProtobufCBinaryData){sizeof n->digest, n->digest};
	return &n->choice;
}

static void order(struct world *w, bool any_signed, Postern__RulePackChoice *pack, Postern__RulePackChoice *shadow,
	Postern__RulePackChoice *candidate)
{
	Postern__RulePackOrder o = POSTERN__RULE_PACK_ORDER__INIT;
	unsigned before = w->reports;

	o.order = ++w->order;
	o.any_signed = any_signed;
	o.pack = pack;
	o.shadow = shadow;
	o.candidate = candidate;
	places_order(&w->places, &o);
	assert_int_equal(w->reports, before + 1);
	assert_int_equal(w->state->order, w->order);
}

static void uses(const struct world *w, const char *version)
{
	const struct holder *h = &w->places.main.holder;

	assert_int_equal(h->engine != NULL, version != NULL);
	assert_int_equal(w->state->pack != NULL, version != NULL);
	assert_int_equal(w->no_pack, version == NULL);
	if (version != NULL) {
		assert_string_equal(h->pack->manifest->version, version);
		assert_string_equal(w->state->pack->version, version);
	}
}

static void nobody_has_activated(void **state)
{
	struct world *w = *state;

	put(w, "by-option", "1.0.0");
	places_look(&w->places);
	assert_null(w->places.main.holder.engine); /* the core has not spoken */
	order(w, false, NULL, NULL, NULL);
	uses(w, NULL);
	places_look(&w->places);
	uses(w, NULL);
	order(w, true, NULL, NULL, NULL);
	uses(w, "1.0.0");
	put(w, "by-option", "1.1.0");
	places_look(&w->places);
	uses(w, "1.1.0");
	order(w, false, NULL, NULL, NULL);
	uses(w, NULL);
}

static void by_content(void **state)
{
	struct world *w = *state;
	struct named one, two;

	put(w, "by-option", "9.0.0");
	put(w, "here", "1.0.0");
	put(w, "there", "2.0.0");
	order(w, true, name(w, &one, "here", "1.0.0"), NULL, NULL);
	uses(w, "1.0.0");
	places_look(&w->places);
	uses(w, "1.0.0"); /* not what the option names */
	order(w, false, &one.choice, NULL, name(w, &two, "there", "2.0.0"));
	assert_true(w->state->candidate_ready);
	uses(w, "1.0.0"); /* held ready only */
	put(w, "there", "2.0.1");
	order(w, false, &two.choice, NULL, NULL);
	uses(w, "2.0.0"); /* although its folder holds another by now */
	assert_false(w->refused);
	order(w, false, &one.choice, NULL, NULL);
	uses(w, "1.0.0");
}

static void what_cannot_be_followed(void **state)
{
	struct world *w = *state;
	struct named one, gone, lies;

	put(w, "here", "1.0.0");
	put(w, "gone", "2.0.0");
	put(w, "lies", "3.0.0");
	name(w, &gone, "gone", "2.0.0");
	name(w, &lies, "lies", "3.1.0"); /* the content of another version than it is called */
	put(w, "gone", "2.0.1");
	order(w, false, name(w, &one, "here", "1.0.0"), NULL, &gone.choice);
	assert_false(w->state->candidate_ready);
	assert_non_null(strstr(w->state->refusal, "no folder"));
	order(w, false, &one.choice, NULL, &lies.choice);
	assert_false(w->state->candidate_ready);
	assert_non_null(strstr(w->state->refusal, "3.0.0"));
	order(w, false, &gone.choice, NULL, NULL);
	uses(w, "1.0.0"); /* goes on */
	assert_true(w->refused);
	put(w, "back", "2.0.0");
	places_look(&w->places);
	uses(w, "2.0.0"); /* once it has come */
	assert_false(w->refused);
}

static void not_signed(void **state)
{
	struct world *w = *state;
	struct named one;
	char path[160];

	put(w, "here", "1.0.0");
	name(w, &one, "here", "1.0.0");
	snprintf(path, sizeof path, "%s/here", w->packs);
	write_text(path, "one.lua", "return function() return end");
	order(w, false, NULL, NULL, &one.choice);
	assert_false(w->state->candidate_ready);
	order(w, false, &one.choice, NULL, NULL);
	uses(w, NULL);
}

static void shadow(void **state)
{
	struct world *w = *state;
	struct named one, two;

	put(w, "here", "1.0.0");
	put(w, "there", "0.9.0");
	order(w, false, name(w, &one, "here", "1.0.0"), name(w, &two, "there", "0.9.0"), NULL);
	uses(w, "1.0.0");
	assert_string_equal(w->state->shadow->version, "0.9.0");
	order(w, false, &one.choice, NULL, NULL);
	assert_null(w->state->shadow);
	assert_null(w->places.shadow.holder.engine);
	uses(w, "1.0.0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nobody_has_activated, set_up, tear_down),
		cmocka_unit_test_setup_teardown(by_content, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_cannot_be_followed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(not_signed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(shadow, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

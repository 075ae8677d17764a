/* SPDX-License-Identifier: Apache-2.0
 * See passport.h: the table of documents in circulation and what each bad kind changes in it.
 */
#include "passport.h"

#include <string.h>

#define P256 12
#define BRAINPOOL_256 13
#define BRAINPOOL_384 16
#define DH_2048 2

/* Ways into the chip and its proofs, as they came into circulation; weights in percent. BAC stays beside PACE because
 * inspection systems without PACE still stand. Each has a proof of its own key: without one a copy cannot be told. */
static const struct generation {
	unsigned weight;
	bool bac, no_extended;
	size_t response_most;
	size_t pace_count, ca_count;
	struct sim_chip_pace pace[2];
	struct sim_passport_ca ca;
	enum sim_aa aa;
} generations[] = {
	{12, true, false, 1500, 0, 0, {{0}}, {0}, SIM_AA_RSA}, /* its signature does not fit a short response */
	{10, true, true, 0, 0, 1, {{0}}, {SIM_3DES, P256, -1, true}, SIM_AA_NONE},
	{24, true, false, 1500, 1, 1, {{SIM_GM, SIM_AES_128, P256}}, {SIM_AES_128, P256, -1, false}, SIM_AA_NONE},
	{23, true, false, 0, 1, 1, {{SIM_GM, SIM_AES_256, BRAINPOOL_256}}, {SIM_AES_256, BRAINPOOL_256, 1, false}, SIM_AA_NONE},
	{8, true, false, 0, 1, 1, {{SIM_IM, SIM_AES_128, P256}}, {SIM_AES_128, P256, -1, false}, SIM_AA_EC},
	{10, true, false, 3000, 2, 1, {{SIM_CAM, SIM_AES_128, BRAINPOOL_256}, {SIM_GM, SIM_AES_128, BRAINPOOL_256}},
		{SIM_AES_128, BRAINPOOL_256, -1, false}, SIM_AA_NONE},
	{10, false, false, 0, 1, 1, {{SIM_GM, SIM_AES_256, BRAINPOOL_384}}, {SIM_AES_256, BRAINPOOL_384, -1, false}, SIM_AA_EC},
	{3, true, false, 1500, 1, 1, {{SIM_GM, SIM_AES_128, DH_2048}}, {SIM_AES_128, DH_2048, -1, false}, SIM_AA_NONE},
};
enum { GENERATIONS = sizeof generations / sizeof generations[0] };

/* A number below bound that depends on the document alone (FNV-1a over its number). */
static unsigned chance(const struct traveller *t, const char *of, unsigned bound)
{
	uint32_t h = 2166136261u;
	for (const char *p = t->number; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * 16777619u;
	for (; *of != '\0'; of++)
		h = (h ^ (unsigned char)*of) * 16777619u;
	return (h ^ h >> 15) % bound;
}

static const struct generation *generation_of(const struct traveller *t)
{
	unsigned at = chance(t, "generation", 100);
	for (size_t i = 0; i < GENERATIONS; i++) {
		if (at < generations[i].weight)
			return &generations[i];
		at -= generations[i].weight;
	}
	return &generations[0];
}

static void spoil(const struct traveller *t, struct sim_passport_config *out)
{
	static const struct {
		enum traveller_kind kind;
		enum sim_chip_fault fault;
	} kinds[] = {
		{TRAVELLER_CLONED_CHIP, SIM_FAULT_CLONE},
		{TRAVELLER_FORGED_DG1, SIM_FAULT_FORGED_DG1},
		{TRAVELLER_REVOKED_SIGNER, SIM_FAULT_DS_REVOKED},
		{TRAVELLER_UNKNOWN_CSCA, SIM_FAULT_CSCA_UNKNOWN},
		{TRAVELLER_SLOW_CHIP, SIM_FAULT_SLOW},
	};
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (t->kind == kinds[i].kind)
			out->faults[kinds[i].fault].on = true;
	/* A second for each command: with a dozen of them a lane's patience is over. */
	out->faults[SIM_FAULT_SLOW].has_value = out->faults[SIM_FAULT_SLOW].on;
	out->faults[SIM_FAULT_SLOW].value = 1000;
}

static int share_key(const struct traveller *t, struct passport_pool *pool, struct sim_passport_config *out)
{
	EVP_PKEY **key = &pool->rsa[chance(t, "key", PASSPORT_POOL)];
	if (out->aa != SIM_AA_RSA)
		return 0;
	if (*key == NULL)
		*key = EVP_RSA_gen(2048);
	out->aa_key = *key;
	return *key != NULL ? 0 : -1;
}

static void details(const struct traveller *t, struct passport_text *text, struct sim_passport_config *out)
{
	if (chance(t, "details", 100) >= 40)
		return;
	snprintf(text->name, sizeof text->name, "%s<<%s", t->surname, t->given_names);
	for (char *p = text->name; *p != '\0'; p++)
		if (*p == ' ')
			*p = '<';
	snprintf(text->address, sizeof text->address, "%u LONG STREET<%s", 1 + chance(t, "house", 200), t->issuer);
	out->full_name = text->name;
	out->address = text->address;
	out->authority = "PASSPORT OFFICE";
	snprintf(text->issued, sizeof text->issued, "%04u%02u%02u", 2017 + chance(t, "year", 8), 1 + chance(t, "month", 12),
		1 + chance(t, "day", 28));
	out->issued = text->issued;
}

int passport_describe(const struct traveller *t, struct passport_pool *pool, struct passport_text *text,
	struct sim_passport_config *out)
{
	const struct generation *g = generation_of(t);
	memset(out, 0, sizeof *out);
	memset(text, 0, sizeof *text);
	out->mrz = t->zone;
	out->bac = g->bac;
	out->no_extended = g->no_extended;
	out->response_most = g->response_most;
	out->pace_count = g->pace_count;
	memcpy(out->pace, g->pace, sizeof g->pace);
	out->ca_count = g->ca_count;
	out->ca[0] = g->ca;
	out->aa = g->aa;
	out->face_size = 12000 + chance(t, "face", 6001);
	out->face_kind = chance(t, "kind", 2) == 0 ? SIM_FACE_JPEG : SIM_FACE_JPEG_2000;
	out->portrait = true;
	out->portrait_seed = chance(t, "portrait", 1U << 31);
	details(t, text, out);
	spoil(t, out);
	return share_key(t, pool, out);
}

void passport_pool_free(struct passport_pool *pool)
{
	for (size_t i = 0; i < PASSPORT_POOL; i++)
		EVP_PKEY_free(pool->rsa[i]);
	memset(pool, 0, sizeof *pool);
}

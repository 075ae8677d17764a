/* SPDX-License-Identifier: Apache-2.0
 * Simulated travellers: who they are and how they behave, drawn from a seed. The same seed and index give the same
 * traveller on every machine. Must never be built into anything but the simulator and its data generator.
 */
#ifndef POSTERN_SIM_TRAVELLER_H
#define POSTERN_SIM_TRAVELLER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum traveller_kind {
#define KIND(id, name, about) TRAVELLER_##id,
#include "traveller_kinds.def"
#undef KIND
	TRAVELLER_KINDS
};

struct traveller_mix {
	uint32_t weight[TRAVELLER_KINDS];
};

struct traveller_date {
	int year, month, day;
};

struct traveller {
	uint32_t index;
	enum traveller_kind kind;
	char issuer[4], nationality[4];
	char number[16], surname[40], given_names[40];
	char sex;
	struct traveller_date birth, expiry;
	/* Previous stay to be known at the centre; year 0: none. */
	struct traveller_date stay_entry, stay_exit;
	uint32_t lines;
	char mrz[3][45];  /* as printed */
	char zone[89];    /* as issued and in the chip, without separators; "" when there is none */
};

/* own_state: the lane's State, e.g. "NOR". today: the crossing point's date. */
void traveller_make(struct traveller *t, uint64_t seed, uint32_t index, const struct traveller_mix *mix,
	const char *own_state, struct traveller_date today);
/* The one of a kind whom a person at a keyboard can be: TRAVELLER_BY_HAND + kind is the index, which no scenario comes to. */
enum { TRAVELLER_BY_HAND = 1100000000 };
void traveller_by_hand(struct traveller *t, uint64_t seed, enum traveller_kind kind, const char *own_state,
	struct traveller_date today);
/* What a State's registers hold of a traveller: a line of the registry's file of that kind, without its end; false: nothing. */
enum traveller_register { TRAVELLER_PERMITS, TRAVELLER_AUTHORISATIONS, TRAVELLER_BANS, TRAVELLER_REGISTERS };
enum { TRAVELLER_REGISTER_LINE = 128 };
bool traveller_register_line(const struct traveller *t, enum traveller_register of, struct traveller_date today, char *line, size_t size);
/* Is it somebody else than the document's holder who stands there, with a portrait of their own on its page? */
bool traveller_shows_another(enum traveller_kind kind);
const char *traveller_kind_name(enum traveller_kind kind);
/* -1 when there is no such kind. */
int traveller_kind_find(const char *name);
#endif

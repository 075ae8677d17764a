/* SPDX-License-Identifier: Apache-2.0
 * Orders that put a rule pack into use or take it back: who has endorsed one, whether it fits what
 * was activated before, and what is activated after it. Pure but for the signatures. Must never let
 * one officer do the work of two, nor a lower version come back by anything but a rollback.
 */
#ifndef POSTERN_CONTROL_ACTIVATION_H
#define POSTERN_CONTROL_ACTIVATION_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/officer.h"

/* What an officer signs: this line with the officer's name, then the encoded Activation. A Decision,
 * which the same key signs, never begins so. */
#define ACTIVATION_STATEMENT "postern-activation 1 %s\n"

enum {
	ACTIVATION_BYTES_MAX = 1024, /* of an encoded Activation */
	ACTIVATION_DIGEST = 32,
	ACTIVATION_LIFE_MS = 24 * 3600 * 1000, /* the longest that an order may live */
	ACTIVATIONS_KEPT = 16,                 /* how far rollbacks can lead */
	ACTIVATIONS_NAMES = 32,                /* packs of different names at one gate, ever */
};

struct activated {
	char name[64], version[32];
	uint8_t digest[ACTIVATION_DIGEST];
};

/* What the journal's activation records say, one after the other. Begins as zeros. */
struct activations {
	struct activated pack[ACTIVATIONS_KEPT]; /* the last decides; the one before it is where a
						    rollback leads */
	size_t pack_count;
	struct activated shadow;
	bool has_shadow;
	struct {
		char name[64], version[32];
	} highest[ACTIVATIONS_NAMES]; /* ever activated to decide */
	size_t name_count;
	int64_t issued_wall_ms; /* of the newest order */
};

enum activation_verdict {
	ACTIVATION_TAKEN,
	ACTIVATION_MALFORMED,
	ACTIVATION_NOT_SIGNED,  /* not by keys of the trust folder under the officers' names */
	ACTIVATION_ONE_OFFICER, /* fewer than two, or the same one, or the same key, twice */
	ACTIVATION_ELSEWHERE,   /* for another tenant or unit */
	ACTIVATION_EXPIRED,     /* or not issued yet, or living for too long */
	ACTIVATION_OVERTAKEN,   /* something else was activated since it was written */
	ACTIVATION_NOT_HIGHER,  /* the pack's version, than the highest ever of its name */
	ACTIVATION_NO_WAY_BACK, /* nothing was activated before, or it names something else */
	ACTIVATION_TOO_MANY_NAMES,
};

/* Who has endorsed the order; *out is then owned by the caller
 * (postern__activation__free_unpacked). TAKEN, MALFORMED, NOT_SIGNED or ONE_OFFICER. */
enum activation_verdict activation_endorsed(const struct officer_keys *keys,
	const Postern__SignedActivation *order, Postern__Activation **out);

/* Does the order fit here and now? */
enum activation_verdict activation_fits(const struct activations *made,
	const Postern__Activation *order, const char *tenant, const char *unit, int64_t now_wall_ms);

/* What is activated after an order that fitted. False: the order is malformed and changes nothing. */
bool activation_apply(struct activations *made, const Postern__Activation *order);

/* The pack that decides, and the one before it; NULL: none. */
const struct activated *activations_pack(const struct activations *made);
const struct activated *activations_previous(const struct activations *made);

/* A sentence that says what to do; "" for TAKEN. */
const char *activation_refusal(enum activation_verdict v);
#endif

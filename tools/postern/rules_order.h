/* SPDX-License-Identifier: Apache-2.0
 * An order of activation on its way from the first officer to the second: a text file of one line,
 * "postern-activation-order 1 HEX", HEX an encoded SignedActivation (core/schema/activation.proto).
 * Must never add an endorsement to other bytes than those that were read.
 */
#ifndef POSTERN_TOOL_RULES_ORDER_H
#define POSTERN_TOOL_RULES_ORDER_H
#include <openssl/evp.h>

#include "cli.h"
#include "control/activation.h"
#include "officer_key.h"

struct rules_order {
	uint8_t bytes[ACTIVATION_BYTES_MAX];
	size_t size;
	struct {
		char officer[64], key_id[OFFICER_KEY_ID_SIZE];
		uint8_t signature[OFFICER_SIGNATURE];
	} by[2];
	size_t count;
};

/* PN_ELIMIT: too large. */
int rules_order_begin(struct rules_order *o, const Postern__Activation *a) PN_MUST_CHECK;
/* Adds the officer's word. PN_ELIMIT: two have spoken, or the name is too long. PN_ECRYPTO. */
int rules_order_endorse(struct rules_order *o, const char *officer, EVP_PKEY *key) PN_MUST_CHECK;

/* A new file, never over another. PN_ECONFLICT: there is one. PN_EIO. */
int rules_order_write(const struct rules_order *o, const char *path) PN_MUST_CHECK;
/* *a is the order decoded, freed with postern__activation__free_unpacked. PN_EIO, PN_EFORMAT. */
int rules_order_read(
	struct rules_order *o, const char *path, Postern__Activation **a) PN_MUST_CHECK;

/* The order as a message that points into o and into the room given. */
struct rules_order_message {
	Postern__SignedActivation order;
	Postern__Endorsement endorsement[2], *list[2];
};
void rules_order_message(struct rules_order *o, struct rules_order_message *m);
#endif

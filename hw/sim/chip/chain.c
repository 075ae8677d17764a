/* SPDX-License-Identifier: Apache-2.0
 * Command chaining from the chip's side (ISO/IEC 7816-4 5.3.3): the parts of MSE and GENERAL AUTHENTICATE put together. In PACE
 * every GENERAL AUTHENTICATE but the last carries the chaining bit to be linked to the next step (Doc 9303-11 4.4.4), so that
 * there the length of its object 7C tells where a command ends. Must never hold more than a bounded number of bytes.
 */
#include "sim/chip/internal.h"

enum { CHAINED = 0x10, MANAGE = 0x22, GENERAL = 0x86, WHOLE_MAX = 2048 };

/* The object 7C states more bytes than are here. */
static bool goes_on(const uint8_t *bytes, size_t size)
{
	if (size < 2 || bytes[0] != 0x7c)
		return false;
	size_t digits = bytes[1] >= 0x80 ? bytes[1] & 0x7fU : 0, stated = digits == 0 ? bytes[1] : 0;
	if (digits > 2 || (bytes[1] >= 0x80 && digits == 0) || size < 2 + digits)
		return false;
	for (size_t i = 0; i < digits; i++)
		stated = stated << 8 | bytes[2 + i];
	return stated > size - 2 - digits;
}

static bool same(const struct sc_chain *c, const struct sc_apdu *apdu)
{
	return c->cla == (apdu->cla & ~CHAINED) && c->ins == apdu->ins && c->p1 == apdu->p1 && c->p2 == apdu->p2;
}

static void begin(struct sc_chain *c, const struct sc_apdu *apdu)
{
	sim_der_free(&c->data);
	*c = (struct sc_chain){true, apdu->cla & (uint8_t)~CHAINED, apdu->ins, apdu->p1, apdu->p2, {NULL, 0, 0, false}};
}

unsigned sc_chain(struct sim_chip *chip, struct sc_apdu *apdu)
{
	struct sc_chain *c = &chip->chain;
	bool more = (apdu->cla & CHAINED) != 0, pace = apdu->ins == GENERAL && chip->ca_chosen < 0;
	if (c->open && !same(c, apdu)) {
		c->open = false;
		return 0x6883;
	}
	if (!c->open) {
		if (!more || (pace && !goes_on(apdu->data, apdu->size)))
			return 0;
		if ((apdu->ins != MANAGE && apdu->ins != GENERAL) || sc_fault(chip, SIM_FAULT_CHAIN_6884))
			return 0x6884;
		begin(c, apdu);
	}
	if (apdu->size > WHOLE_MAX - c->data.size) {
		c->open = false;
		return 0x6700;
	}
	sim_der_put(&c->data, apdu->data, apdu->size);
	if (c->data.failed) {
		c->open = false;
		return 0x6F00;
	}
	if (more && !(pace && !goes_on(c->data.bytes, c->data.size)))
		return 0x9000;
	c->open = false;
	apdu->data = c->data.bytes;
	apdu->size = c->data.size;
	return 0;
}

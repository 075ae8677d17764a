/* SPDX-License-Identifier: Apache-2.0
 * Selecting and reading: ISO 7816-4 SELECT and READ BINARY (B0, B1) as ICAO Doc 9303-10 section 3
 * uses them. Must never give a byte of a file that the access conditions close.
 */
#include <string.h>

#include "sim/chip/internal.h"

static const uint8_t application[] = {0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01};

static const struct sc_file *find(const struct sim_chip *chip, unsigned id)
{
	if (sc_fault(chip, SIM_FAULT_READ_ABSENT) &&
		(unsigned)sc_fault_value(chip, SIM_FAULT_READ_ABSENT, 0x010e) == (id & 0xffff))
		return NULL;
	for (size_t i = 0; i < chip->file_count; i++) {
		if (chip->files[i].id == id)
			return &chip->files[i];
	}
	return NULL;
}

static bool may_read(const struct sim_chip *chip, unsigned id)
{
	if (id == (SIM_MF | 0x011d))
		return chip->config.open || (chip->access && chip->by_pace);
	if ((id & SIM_MF) != 0)
		return true;
	/* Fingerprints and irises ask for more than this chip has: Terminal Authentication. */
	return (chip->config.open || chip->access) && id != 0x0103 && id != 0x0104;
}

static unsigned take(struct sim_chip *chip, unsigned id)
{
	const struct sc_file *f = find(chip, id);
	if (f == NULL)
		return 0x6A82;
	if (!may_read(chip, id))
		return 0x6982;
	chip->current = f;
	return 0x9000;
}

unsigned sc_select(struct sim_chip *chip, const struct sc_apdu *apdu)
{
	const uint8_t *d = apdu->data;
	switch (apdu->p1) {
	case 0x00:
		if (apdu->size != 0 && (apdu->size != 2 || d[0] != 0x3f || d[1] != 0))
			return 0x6A82;
		chip->in_application = false;
		chip->current = NULL;
		return 0x9000;
	case 0x02:
		if (apdu->size != 2)
			return 0x6A80;
		return take(chip, (unsigned)(d[0] << 8 | d[1]) |
					  (chip->in_application ? 0U : (unsigned)SIM_MF));
	case 0x04:
		if (apdu->size != sizeof application ||
			memcmp(d, application, sizeof application) != 0 ||
			sc_fault(chip, SIM_FAULT_READ_NO_AID))
			return 0x6A82;
		chip->in_application = true;
		chip->current = NULL;
		return 0x9000;
	default:
		return 0x6A86;
	}
}

static unsigned by_short_id(struct sim_chip *chip, unsigned sfi)
{
	if (sc_fault(chip, SIM_FAULT_READ_NO_SFI))
		return 0x6A86;
	if (chip->in_application)
		return take(chip, 0x0100 | sfi);
	return take(chip, SIM_MF | (sfi == 0x01 ? 0x2f01 : 0x0100 | sfi));
}

/* The command's file and offset. */
static unsigned address(struct sim_chip *chip, const struct sc_apdu *apdu, size_t *offset)
{
	if (apdu->ins == 0xb0) {
		*offset = apdu->p2;
		if ((apdu->p1 & 0x80) != 0)
			return (apdu->p1 & 0x60) != 0 ? 0x6A86 : by_short_id(chip, apdu->p1 & 0x1f);
		*offset |= (size_t)apdu->p1 << 8;
		return chip->current != NULL ? 0x9000 : 0x6986;
	}
	const uint8_t *value = NULL;
	size_t n = 0;
	if (sc_fault(chip, SIM_FAULT_READ_NO_ODD))
		return 0x6D00;
	if (!sim_der_find(apdu->data, apdu->size, 0x54, &value, &n) || n < 1 || n > 4)
		return 0x6A80;
	*offset = 0;
	for (size_t i = 0; i < n; i++)
		*offset = *offset << 8 | value[i];
	unsigned where = (unsigned)apdu->p1 << 8 | apdu->p2;
	if (where == 0)
		return chip->current != NULL ? 0x9000 : 0x6986;
	if (where < 0x1f)
		return by_short_id(chip, where);
	return take(chip, where | (chip->in_application ? 0U : (unsigned)SIM_MF));
}

/* Header bytes of DO53 around n bytes. */
static size_t wrapping(size_t n)
{
	return n < 0x80 ? 2 : n < 0x100 ? 3 : n < 0x10000 ? 4 : 5;
}

unsigned sc_read(
	struct sim_chip *chip, const struct sc_apdu *apdu, size_t most, struct sim_der *out)
{
	size_t offset = 0, asked = apdu->expected;
	bool odd = apdu->ins == 0xb1;
	unsigned sw = address(chip, apdu, &offset), end = 0x9000;
	if (sw != 0x9000)
		return sw;
	if (!may_read(chip, chip->current->id))
		return 0x6982;
	const struct sc_file *f = chip->current;
	if (asked == 0)
		return 0x6700;
	if (offset > f->size || (offset == f->size && f->size > 0))
		return 0x6B00;
	if (sc_fault(chip, SIM_FAULT_READ_ERROR))
		return (unsigned)sc_fault_value(chip, SIM_FAULT_READ_ERROR, 0x6F00) & 0xffff;
	if (sc_fault(chip, SIM_FAULT_READ_NO_256) && asked >= 256)
		return 0x6700;
	size_t limit = (size_t)sc_fault_value(chip, SIM_FAULT_READ_6C, 128) & 0xff;
	if (sc_fault(chip, SIM_FAULT_READ_6C) && asked > limit)
		return 0x6C00 | (unsigned)limit;
	if (asked < most)
		most = asked;
	if (odd)
		most = most > wrapping(most) ? most - wrapping(most) : 0;
	size_t n = f->size - offset;
	if (sc_fault(chip, SIM_FAULT_READ_6B00) && asked > n)
		return 0x6B00;
	if (n < most) {
		/* "All there is" has been given when the number asked for means just that. */
		end = asked == 256 || asked == 65536 || odd ? 0x9000 : 0x6282;
	} else {
		n = most;
	}
	limit = (size_t)sc_fault_value(chip, SIM_FAULT_READ_6282, 160);
	if (sc_fault(chip, SIM_FAULT_READ_6282) && n > limit) {
		n = limit;
		end = 0x6282;
	}
	if (sc_fault(chip, SIM_FAULT_READ_SHORT))
		n = (n + 1) / 2;
	if (sc_fault(chip, SIM_FAULT_READ_NONE))
		n = 0;
	if (odd)
		sim_der_header(out, 0x53, n);
	sim_der_put(out, f->bytes + offset, n);
	if (sc_fault(chip, SIM_FAULT_READ_LONG))
		sim_der_byte(out, 0);
	return end;
}

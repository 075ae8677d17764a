/* SPDX-License-Identifier: Apache-2.0
 * Requests and answers. Must never read beyond an answer's size.
 */
#include "modbus/plan.h"

#include <stdio.h>
#include <string.h>

enum { READ_BITS_MAX = 2000, READ_REGISTERS_MAX = 125, WRITE_BITS_MAX = 1968, WRITE_REGISTERS_MAX = 123 };

static bool of_bits(enum wiring_table table)
{
	return table == WIRING_COIL || table == WIRING_DISCRETE_INPUT;
}

static const char *table_name(enum wiring_table table)
{
	static const char *const names[] = {"discrete-input", "coil", "input-register", "holding-register"};
	return names[table];
}

static int wrong(char *error, size_t size, const char *what)
{
	snprintf(error, size, "%s", what);
	return -1;
}

/* The block of all those lines that are in the table; false: none is. */
static bool block_of(const struct wiring_controller *c, enum wiring_table table, uint64_t among, struct bus_block *out)
{
	unsigned first = UINT16_MAX, last = 0;
	*out = (struct bus_block){.table = table};
	for (unsigned i = 0; i < LANE_HW_LINES; i++) {
		if (!(among & LANE_HW_BIT(i)) || c->point[i].table != table)
			continue;
		out->lines |= LANE_HW_BIT(i);
		first = c->point[i].address < first ? c->point[i].address : first;
		last = c->point[i].address > last ? c->point[i].address : last;
	}
	if (out->lines == 0)
		return false;
	/* 65536 places in one block are more than any request takes */
	out->address = (uint16_t)first;
	out->count = last - first >= UINT16_MAX ? UINT16_MAX : (uint16_t)(last - first + 1);
	return true;
}

static bool has_gap(const struct wiring_controller *c, const struct bus_block *b)
{
	for (unsigned a = b->address; a < (unsigned)b->address + b->count; a++) {
		bool found = false;
		for (unsigned i = 0; i < LANE_HW_LINES && !found; i++)
			found = (b->lines & LANE_HW_BIT(i)) && c->point[i].address == a;
		if (!found)
			return true;
	}
	return false;
}

static bool shares_register(const struct wiring_controller *c, const struct bus_block *b, uint64_t inputs)
{
	for (unsigned i = 0; i < LANE_HW_LINES; i++)
		if ((inputs & LANE_HW_BIT(i)) && c->point[i].table == b->table && c->point[i].address >= b->address &&
			c->point[i].address - b->address < b->count)
			return true;
	return false;
}

static int add_reads(struct bus_plan *p, char *error, size_t size)
{
	struct bus_block b;
	for (unsigned t = WIRING_DISCRETE_INPUT; t <= WIRING_HOLDING_REGISTER; t++) {
		if (!block_of(&p->controller, (enum wiring_table)t, p->inputs, &b))
			continue;
		if (b.count > (of_bits(b.table) ? READ_BITS_MAX : READ_REGISTERS_MAX))
			return snprintf(error, size, "%s: the inputs span %u places, expected no more than one request reads (%d)",
				       table_name(b.table), b.count, of_bits(b.table) ? READ_BITS_MAX : READ_REGISTERS_MAX),
			       -1;
		if (p->reads == BUS_BLOCKS_MAX)
			return wrong(error, size, "lines: inputs are in more than two tables, expected two requests for all of them");
		p->read[p->reads++] = b;
	}
	return 0;
}

static int add_writes(struct bus_plan *p, char *error, size_t size)
{
	static const enum wiring_table tables[] = {WIRING_COIL, WIRING_HOLDING_REGISTER};
	struct bus_block b;
	for (unsigned t = 0; t < BUS_BLOCKS_MAX; t++) {
		if (!block_of(&p->controller, tables[t], p->outputs, &b))
			continue;
		if (b.count > (of_bits(b.table) ? WRITE_BITS_MAX : WRITE_REGISTERS_MAX) || has_gap(&p->controller, &b))
			return snprintf(error, size, "%s: the outputs leave a place out between them, expected neighbours: what is between is written",
				       table_name(b.table)),
			       -1;
		if (shares_register(&p->controller, &b, p->inputs))
			return snprintf(error, size, "%s: an input stands among the outputs, expected a place that is not written", table_name(b.table)),
			       -1;
		p->write[p->writes++] = b;
	}
	return 0;
}

int bus_plan_make(const struct lane_hw_description *lane, const struct wiring_controller *controller, struct bus_plan *out, char *error,
	size_t size)
{
	memset(out, 0, sizeof *out);
	out->controller = *controller;
	out->outputs = lane_hw_output_lines(lane);
	out->safe = lane_hw_safe_outputs(lane);
	for (unsigned i = 0; i < LANE_HW_LINES; i++)
		if (lane->line[i].present && !(out->outputs & LANE_HW_BIT(i)))
			out->inputs |= LANE_HW_BIT(i);
	if (add_reads(out, error, size) != 0 || add_writes(out, error, size) != 0)
		return -1;
	/* without a kick nothing holds the controller's relay, and nothing tells one reading back of the outputs from another */
	if (out->reads == 0 || out->writes == 0 || !(out->outputs & LANE_HW_BIT(LANE_HW_watchdog_kick)))
		return wrong(error, size, "lines: expected inputs, outputs and watchdog_kick among them");
	return 0;
}

static const struct bus_block *block_at(const struct bus_plan *plan, const struct bus_request *r)
{
	return r->kind == BUS_READ ? &plan->read[r->block] : &plan->write[r->block];
}

static uint8_t function_of(const struct bus_request *r, enum wiring_table table)
{
	static const uint8_t reads[] = {0x02, 0x01, 0x04, 0x03};
	if (r->kind == BUS_WRITE)
		return table == WIRING_COIL ? 0x0f : 0x10;
	return reads[table];
}

static size_t data_bytes(const struct bus_block *b)
{
	return of_bits(b->table) ? (b->count + 7u) / 8u : b->count * 2u;
}

/* The bit of a line in a block's data: the lowest address is the first byte's least significant bit (6.1); registers are
 * most significant byte first (4.2). */
static uint8_t *place_of(const struct bus_plan *plan, const struct bus_block *b, unsigned line, uint8_t *data, uint8_t *mask)
{
	const struct wiring_point *p = &plan->controller.point[line];
	unsigned n = (unsigned)p->address - b->address;
	if (of_bits(b->table)) {
		*mask = (uint8_t)(1u << n % 8);
		return &data[n / 8];
	}
	*mask = (uint8_t)(1u << p->bit % 8);
	return &data[n * 2 + (p->bit < 8)];
}

size_t bus_request_bytes(const struct bus_plan *plan, const struct bus_request *r, uint8_t out[BUS_ADU_MAX])
{
	const struct bus_block *b = block_at(plan, r);
	const uint8_t head[] = {plan->controller.unit, function_of(r, b->table), (uint8_t)(b->address >> 8), (uint8_t)b->address,
		(uint8_t)(b->count >> 8), (uint8_t)b->count};
	memset(out, 0, BUS_ADU_MAX);
	memcpy(out, head, sizeof head);
	if (r->kind != BUS_WRITE)
		return sizeof head;
	out[sizeof head] = (uint8_t)data_bytes(b);
	for (unsigned i = 0; i < LANE_HW_LINES; i++) {
		uint8_t mask, *at;
		if (!(b->lines & r->levels & LANE_HW_BIT(i)))
			continue;
		at = place_of(plan, b, i, out + sizeof head + 1, &mask);
		*at |= mask;
	}
	return sizeof head + 1 + data_bytes(b);
}

static enum bus_result answer_data(const struct bus_plan *plan, const struct bus_block *b, const uint8_t *bytes, size_t size,
	uint64_t *levels)
{
	uint8_t data[BUS_ADU_MAX] = {0};
	size_t n = data_bytes(b);
	if (size != 3 + n || bytes[2] != n)
		return BUS_GARBLED;
	memcpy(data, bytes + 3, n);
	for (unsigned i = 0; i < LANE_HW_LINES; i++) {
		uint8_t mask;
		if ((b->lines & LANE_HW_BIT(i)) && (*place_of(plan, b, i, data, &mask) & mask))
			*levels |= LANE_HW_BIT(i);
	}
	return BUS_GOOD;
}

enum bus_result bus_answer(const struct bus_plan *plan, const struct bus_request *r, const uint8_t *bytes, size_t size, uint64_t *levels)
{
	const struct bus_block *b = block_at(plan, r);
	uint8_t function = function_of(r, b->table);
	uint8_t asked[BUS_ADU_MAX];
	*levels = 0;
	if (size < 2)
		return BUS_GARBLED;
	if (bytes[0] != plan->controller.unit)
		return BUS_OTHER_UNIT;
	if (bytes[1] == (function | 0x80))
		return size == 3 ? BUS_EXCEPTION : BUS_GARBLED;
	if (bytes[1] != function)
		return BUS_GARBLED;
	if (r->kind != BUS_WRITE)
		return answer_data(plan, b, bytes, size, levels);
	/* 6.11, 6.12: address and quantity come back */
	size_t n = bus_request_bytes(plan, r, asked);
	return n >= 6 && size == 6 && memcmp(bytes, asked, 6) == 0 ? BUS_GOOD : BUS_GARBLED;
}

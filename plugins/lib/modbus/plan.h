/* SPDX-License-Identifier: Apache-2.0
 * Which requests carry a lane's lines over Modbus, and what their answers say. Function codes, addresses, quantities and byte order
 * are those of the MODBUS Application Protocol Specification V1.1b3, 4.3 to 4.4, 6.1 to 6.4, 6.11, 6.12 and 7.
 * Pure. Must never take an answer that is not exactly the one that its request asks for, nor write a coil or a register that holds
 * no output of the lane.
 */
#ifndef POSTERN_MODBUS_PLAN_H
#define POSTERN_MODBUS_PLAN_H
#include "wiring/controller.h"

/* 4.1: a PDU has at most 253 bytes; here the unit identifier stands before it. */
enum { BUS_ADU_MAX = 254, BUS_BLOCKS_MAX = 2 };

/* Neighbouring places of one table, moved by one request. */
struct bus_block {
	enum wiring_table table;
	uint16_t address, count; /* coils, inputs or registers */
	uint64_t lines;		 /* a bit each of those that are in it */
};

struct bus_plan {
	struct wiring_controller controller;
	struct bus_block read[BUS_BLOCKS_MAX], write[BUS_BLOCKS_MAX];
	unsigned reads, writes;
	uint64_t inputs, outputs;
	uint64_t safe; /* levels of the outputs */
};

enum bus_kind { BUS_READ, BUS_WRITE, BUS_READ_BACK };
struct bus_request {
	enum bus_kind kind;
	unsigned block;	 /* of plan->read, else of plan->write */
	uint64_t levels; /* BUS_WRITE: of all outputs, a bit each */
};

enum bus_result {
	BUS_GOOD,
	BUS_EXCEPTION, /* the controller answered that it will not: the line is in order */
	BUS_SILENT,    /* no answer, or no whole one, in time */
	BUS_GARBLED,   /* an answer that is none to this request: checksum, length, function, echo */
	BUS_OTHER_UNIT,
	BUS_NO_LINE, /* no connection, or the device is gone */
};

/* lane and controller are those of wiring_controller_join(). 0, or -1 with a sentence in error. */
int bus_plan_make(const struct lane_hw_description *lane, const struct wiring_controller *controller, struct bus_plan *out, char *error,
	size_t size);
/* Unit identifier and PDU; the number of bytes. */
size_t bus_request_bytes(const struct bus_plan *plan, const struct bus_request *r, uint8_t out[BUS_ADU_MAX]);
/* What an answer, unit identifier and PDU, is to that request. BUS_GOOD to a reading: *levels has the levels of the block's lines,
 * the others 0. The bytes may be hostile. */
enum bus_result bus_answer(const struct bus_plan *plan, const struct bus_request *r, const uint8_t *bytes, size_t size, uint64_t *levels);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * The controller file (hw/controllers): where each line of a lane is in the tables of a Modbus controller, and how often it is asked.
 * Tables and addresses are those of the MODBUS Application Protocol Specification V1.1b3, 4.3 and 4.4: addresses count from 0.
 * Must never drive or read a line.
 */
#ifndef POSTERN_WIRING_CONTROLLER_H
#define POSTERN_WIRING_CONTROLLER_H
#include "wiring/wiring.h"

/* From the last good answer until the lines count as lost: never later than a lane's kick may stand still. */
enum { WIRING_BUS_LOST_MS_MAX = 450 };

enum wiring_table { WIRING_DISCRETE_INPUT, WIRING_COIL, WIRING_INPUT_REGISTER, WIRING_HOLDING_REGISTER };

struct wiring_point {
	bool present;
	enum wiring_table table;
	uint16_t address;
	uint8_t bit;       /* of a register, 0 the least significant; else 0 */
	bool closed_level; /* the bit when the circuit is closed */
};

struct wiring_controller {
	char name[40];
	uint8_t unit;        /* 1 to 247; 255: a TCP device without units behind it */
	uint32_t poll_ms;    /* 5 to 100 */
	uint32_t timeout_ms; /* 5 to 200, for one answer */
	uint32_t lost_after; /* 1 to 10 failures in a row; (poll + timeout) * lost_after <= WIRING_BUS_LOST_MS_MAX */
	struct wiring_point point[LANE_HW_LINES]; /* outputs: coils and holding registers only */
};

/* 0, or -1 with a sentence in error. The file may be hostile. */
int wiring_controller_load(const char *path, struct wiring_controller *out, char *error, size_t size);
/* The same from memory; path is for messages only. */
int wiring_controller_parse(const char *path, const uint8_t *bytes, size_t count, struct wiring_controller *out, char *error, size_t size);
/* As wiring_join() with a board: -1 when a line of the lane has no place. */
int wiring_controller_join(struct lane_hw_description *lane, const struct wiring_controller *controller, const char *path, char *error,
	size_t size);
#endif

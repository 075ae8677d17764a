/* SPDX-License-Identifier: Apache-2.0
 * A GPIO chip behind the system calls that libgpiod makes, as <linux/gpio.h> has them (line ABI v2): one chip with the bench's
 * lines, for tests on a kernel without gpio-sim. Linked with --wrap of ioctl and close. Must never be
 * taken for a proof of what a kernel does: tests/hil is that.
 */
#ifndef POSTERN_TESTS_FAKE_CHIP_H
#define POSTERN_TESTS_FAKE_CHIP_H
#include <stdbool.h>
#include <stdint.h>

#include "lane/lane.h"

struct fake_line {
	bool level, output, used;
	uint64_t flags;
	uint32_t debounce_us;
	unsigned set; /* times that it was driven after the request */
};

struct fake_chip {
	const char *label;
	struct fake_line line[LANE_HW_LINES]; /* offset = enum lane_hw_line; named like it */
	uint32_t number; /* of the last edge */
	bool gone;
	int events[2]; /* a pipe */
	/* What the hardware does when a line is driven; may call fake_chip_say(). NULL: nothing. */
	void (*on_drive)(enum lane_hw_line line, bool asserted);
};

struct fake_chip *fake_chip(void);
/* All well and shut: levels by contact with closed_level 1. */
void fake_chip_reset(const char *label);
void fake_chip_end(void);
/* The line changes to this level at this time; drop: the kernel loses the edge. */
void fake_chip_edge(enum lane_hw_line line, bool level, uint64_t at_ns, bool drop);
/* The same by meaning. */
void fake_chip_say(enum lane_hw_line line, bool asserted, uint64_t at_ns);
bool fake_chip_drives(enum lane_hw_line line);
#endif

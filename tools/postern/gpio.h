/* SPDX-License-Identifier: Apache-2.0
 * What `postern gpio check` knows of each line, and its report. Must never drive a line: gpio_exercise.c does.
 */
#ifndef POSTERN_TOOL_GPIO_H
#define POSTERN_TOOL_GPIO_H
#include "cli.h"
#include "gpio/lines.h"

enum gpio_test { GPIO_UNTESTED, GPIO_GOOD, GPIO_BAD, GPIO_TO_BE_SEEN };

struct gpio_line_test {
	bool known, level;
	bool seen[2];       /* asserted: no, yes */
	uint64_t edge_ns;   /* of the last edge; 0: none */
	enum gpio_test driven; /* outputs */
	uint32_t answer_ms;    /* until what was driven was sensed */
	const char *what;      /* what was tried, or went wrong: a constant */
};

struct gpio_check {
	struct cli *cli;
	struct lane_hw_description lane;
	struct wiring_board board;
	struct gpio_lines *lines;
	struct gpio_line_test line[LANE_HW_LINES];
	bool exercise, live;
	enum gpio_test relay; /* the kick relay drops when the kick stands still */
	const char *relay_what;
	long seconds; /* 0: until interrupted */
	uint64_t started_ns, deadline_ns; /* 0: none */
	int signals;
	bool ended, lost;
};

uint64_t gpio_now_ns(void);
/* Waits at most ms for edges, takes what there is; false when it is to end. */
bool gpio_wait(struct gpio_check *c, unsigned ms);
bool gpio_line_asserted(const struct gpio_check *c, enum lane_hw_line line);
/* Drives every output in turn and looks for the answer. The maintenance key is turned; ends when it is turned back. */
void gpio_exercise(struct gpio_check *c);
/* True when every line was seen in both states, or exercised, and nothing was bad. */
bool gpio_complete(const struct gpio_check *c);
/* The commissioning report, as text or JSON. */
void gpio_report(const struct gpio_check *c, FILE *out, bool json);
#endif

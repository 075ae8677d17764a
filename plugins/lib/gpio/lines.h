/* SPDX-License-Identifier: Apache-2.0
 * A lane's lines on GPIO character devices, through libgpiod's v2 interface: requested as lane and board file say, read with the
 * kernel's edge times, driven by level. For the gate plugin and for tools. Must never know what a line means, nor drive anything
 * but what it is told, save the safe levels at the request and at the end.
 *
 * A released line is as the kernel and the chip leave it, which is no safe output: what is safe is the external relay's matter,
 * which the kick line holds (docs/integrators/gate.md).
 */
#ifndef POSTERN_GPIO_LINES_H
#define POSTERN_GPIO_LINES_H
#include "wiring/wiring.h"

struct gpio_lines;

/* Where the board's chips are: a descriptor that was granted, or a path. */
struct gpio_place {
	int fd;           /* -1: by path */
	const char *path;
};

struct gpio_edge {
	enum lane_hw_line line;
	bool level;
	uint64_t at_ns; /* CLOCK_MONOTONIC, by the kernel */
};

enum gpio_read { GPIO_READ_EDGE, GPIO_READ_NONE, GPIO_READ_MISSED, GPIO_READ_LOST };

/* Opens the chips and requests every line of the lane: inputs with both edges, outputs with their safe level. inputs_only: no
 * output is touched. lane and board are those of wiring_join(). 0, or -1 with a sentence in error: which line or chip, what is
 * wrong, what is expected; a line that somebody else holds is named with its holder. */
int gpio_lines_open(const struct lane_hw_description *lane, const struct wiring_board *board,
	const struct gpio_place place[WIRING_CHIPS_MAX], bool inputs_only, struct gpio_lines **out, char *error, size_t size);
/* Drives the safe levels and releases. NULL is nothing. */
void gpio_lines_close(struct gpio_lines *g);

/* Descriptors to poll, one for each chip with inputs; -1: none. chip < WIRING_CHIPS_MAX. */
int gpio_lines_fd(const struct gpio_lines *g, unsigned chip);
/* The next edge of a chip, without waiting. MISSED: the kernel dropped some before this one, which is in *edge. LOST: the chip is
 * gone. */
enum gpio_read gpio_lines_read(struct gpio_lines *g, unsigned chip, struct gpio_edge *edge);
/* Present levels of all inputs, a bit each. -1: a chip is gone. */
int gpio_lines_levels(struct gpio_lines *g, uint64_t *levels);
uint64_t gpio_lines_inputs(const struct gpio_lines *g);
/* Levels of the output lines, a bit each; those that stand so already are left alone. -1: a chip is gone. */
int gpio_lines_drive(struct gpio_lines *g, uint64_t levels);
/* Where a line was found, for people: "chip1 (0-0021):5". */
void gpio_lines_place(const struct gpio_lines *g, enum lane_hw_line line, char *out, size_t size);
/* The path of the chip with this label among /dev/gpiochip*; -1: none, or several. */
int gpio_lines_find_chip(const char *label, char *path, size_t size);
#endif

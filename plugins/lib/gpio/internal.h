/* SPDX-License-Identifier: Apache-2.0
 * Memory of requested lines. Must never be included outside plugins/lib/gpio.
 */
#ifndef POSTERN_GPIO_INTERNAL_H
#define POSTERN_GPIO_INTERNAL_H
#include <gpiod.h>

#include "gpio/lines.h"

enum { GPIO_EVENTS = 64, GPIO_KERNEL_EVENTS = 1024 };

struct gpio_chip {
	struct gpiod_chip *chip;
	struct gpiod_line_request *in, *out;
	unsigned next, count; /* of the events read */
	unsigned long number; /* of the last one */
};

struct gpio_lines {
	const struct lane_hw_description *lane; /* the caller's */
	const struct wiring_board *board;       /* the caller's */
	struct gpio_chip chip[WIRING_CHIPS_MAX];
	struct gpiod_edge_event_buffer *buffer[WIRING_CHIPS_MAX];
	unsigned offset[LANE_HW_LINES];
	uint64_t inputs, outputs, driven, safe;
};
#endif

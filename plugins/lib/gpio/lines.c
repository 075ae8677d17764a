/* SPDX-License-Identifier: Apache-2.0
 * Requested lines: reading edges, driving levels. Must never wait.
 */
#include "gpio/internal.h"

#include <stdio.h>
#include <stdlib.h>

int gpio_lines_fd(const struct gpio_lines *g, unsigned chip)
{
	return g->chip[chip].in != NULL ? gpiod_line_request_get_fd(g->chip[chip].in) : -1;
}

static enum lane_hw_line line_at(const struct gpio_lines *g, unsigned chip, unsigned offset)
{
	for (unsigned i = 0; i < LANE_HW_LINES; i++)
		if ((g->inputs & LANE_HW_BIT(i)) && g->board->pin[i].chip == chip && g->offset[i] == offset)
			return (enum lane_hw_line)i;
	return LANE_HW_LINES;
}

enum gpio_read gpio_lines_read(struct gpio_lines *g, unsigned chip, struct gpio_edge *edge)
{
	struct gpio_chip *c = &g->chip[chip];
	if (c->in == NULL)
		return GPIO_READ_NONE;
	if (c->next == c->count) {
		int ready = gpiod_line_request_wait_edge_events(c->in, 0);
		if (ready <= 0)
			return ready == 0 ? GPIO_READ_NONE : GPIO_READ_LOST;
		c->next = c->count = 0;
		int n = gpiod_line_request_read_edge_events(c->in, g->buffer[chip], GPIO_EVENTS);
		if (n <= 0)
			return GPIO_READ_LOST;
		c->count = (unsigned)n;
	}
	struct gpiod_edge_event *e = gpiod_edge_event_buffer_get_event(g->buffer[chip], c->next++);
	unsigned long number = gpiod_edge_event_get_global_seqno(e);
	bool missed = c->number != 0 && number != c->number + 1;
	c->number = number;
	edge->line = line_at(g, chip, gpiod_edge_event_get_line_offset(e));
	edge->level = gpiod_edge_event_get_event_type(e) == GPIOD_EDGE_EVENT_RISING_EDGE;
	edge->at_ns = gpiod_edge_event_get_timestamp_ns(e);
	return missed ? GPIO_READ_MISSED : GPIO_READ_EDGE;
}

/* Lines of one direction on one chip. */
static size_t select_lines(const struct gpio_lines *g, unsigned chip, uint64_t among, unsigned offsets[LANE_HW_LINES],
	unsigned lines[LANE_HW_LINES])
{
	size_t n = 0;
	for (unsigned i = 0; i < LANE_HW_LINES; i++) {
		if ((among & LANE_HW_BIT(i)) && g->board->pin[i].chip == chip) {
			offsets[n] = g->offset[i];
			lines[n++] = i;
		}
	}
	return n;
}

int gpio_lines_levels(struct gpio_lines *g, uint64_t *levels)
{
	unsigned offsets[LANE_HW_LINES], lines[LANE_HW_LINES];
	enum gpiod_line_value values[LANE_HW_LINES];
	*levels = 0;
	for (unsigned chip = 0; chip < WIRING_CHIPS_MAX; chip++) {
		size_t n = select_lines(g, chip, g->inputs, offsets, lines);
		if (n == 0)
			continue;
		if (gpiod_line_request_get_values_subset(g->chip[chip].in, n, offsets, values) != 0)
			return -1;
		for (size_t i = 0; i < n; i++)
			if (values[i] == GPIOD_LINE_VALUE_ACTIVE)
				*levels |= LANE_HW_BIT(lines[i]);
	}
	return 0;
}

uint64_t gpio_lines_inputs(const struct gpio_lines *g)
{
	return g->inputs;
}

int gpio_lines_drive(struct gpio_lines *g, uint64_t levels)
{
	unsigned offsets[LANE_HW_LINES], lines[LANE_HW_LINES];
	enum gpiod_line_value values[LANE_HW_LINES];
	uint64_t changed = (levels ^ g->driven) & g->outputs;
	int rc = 0;
	for (unsigned chip = 0; chip < WIRING_CHIPS_MAX && changed != 0; chip++) {
		size_t n = select_lines(g, chip, changed, offsets, lines);
		if (n == 0)
			continue;
		for (size_t i = 0; i < n; i++)
			values[i] = levels >> lines[i] & 1 ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE;
		if (gpiod_line_request_set_values_subset(g->chip[chip].out, n, offsets, values) != 0) {
			rc = -1; /* the other chips are still driven */
			continue;
		}
		for (size_t i = 0; i < n; i++)
			g->driven ^= LANE_HW_BIT(lines[i]);
	}
	return rc;
}

void gpio_lines_place(const struct gpio_lines *g, enum lane_hw_line line, char *out, size_t size)
{
	const struct wiring_chip *c = &g->board->chip[g->board->pin[line].chip];
	snprintf(out, size, "%s (%s):%u", c->device, c->label, g->offset[line]);
}

void gpio_lines_close(struct gpio_lines *g)
{
	if (g == NULL)
		return;
	/* a chip that is gone cannot be told; its relay is */
	int told = gpio_lines_drive(g, g->safe);
	(void)told;
	for (unsigned i = 0; i < WIRING_CHIPS_MAX; i++) {
		if (g->chip[i].in != NULL)
			gpiod_line_request_release(g->chip[i].in);
		if (g->chip[i].out != NULL)
			gpiod_line_request_release(g->chip[i].out);
		if (g->chip[i].chip != NULL)
			gpiod_chip_close(g->chip[i].chip);
		if (g->buffer[i] != NULL)
			gpiod_edge_event_buffer_free(g->buffer[i]);
	}
	free(g);
}

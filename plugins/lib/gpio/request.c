/* SPDX-License-Identifier: Apache-2.0
 * From lane and board file to requested lines. Must never debounce a line that is to be taken at once, nor take a chip with
 * another label.
 */
#include "gpio/internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct opening {
	struct gpio_lines *g;
	char *error;
	size_t size;
};

static int __attribute__((format(printf, 2, 3))) wrong(struct opening *o, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	vsnprintf(o->error, o->size, fmt, args);
	va_end(args);
	return -1;
}

static int open_chip(struct opening *o, unsigned i, const struct gpio_place *place)
{
	const struct wiring_chip *want = &o->g->board->chip[i];
	char own[32], label[WIRING_NAME_MAX] = "";
	snprintf(own, sizeof own, "/proc/self/fd/%d", place->fd);
	const char *path = place->fd >= 0 ? own : place->path;
	if (path == NULL)
		return wrong(o, "%s (%s) is not given, expected a GPIO chip", want->device, want->label);
	o->g->chip[i].chip = gpiod_chip_open(path);
	if (o->g->chip[i].chip == NULL)
		return wrong(o, "%s (%s): cannot be opened (%s), expected a GPIO chip", want->device, want->label, strerror(errno));
	struct gpiod_chip_info *info = gpiod_chip_get_info(o->g->chip[i].chip);
	if (info != NULL)
		snprintf(label, sizeof label, "%s", gpiod_chip_info_get_label(info));
	gpiod_chip_info_free(info);
	if (strcmp(label, want->label) != 0)
		return wrong(o, "%s is the chip labelled '%s', expected '%s' as the board file says", want->device, label, want->label);
	o->g->buffer[i] = gpiod_edge_event_buffer_new(GPIO_EVENTS);
	return o->g->buffer[i] != NULL ? 0 : wrong(o, "no memory");
}

static int find_line(struct opening *o, unsigned i)
{
	struct gpio_lines *g = o->g;
	const struct wiring_pin *p = &g->board->pin[i];
	const char *line = lane_hw_line_info((enum lane_hw_line)i)->name;
	struct gpiod_chip *chip = g->chip[p->chip].chip;
	int offset = p->name[0] != '\0' ? gpiod_chip_get_line_offset_from_name(chip, p->name) : (int)p->offset;
	if (offset < 0)
		return wrong(o, "%s: %s has no line named %s, expected one as the board file says", line,
			g->board->chip[p->chip].device, p->name);
	g->offset[i] = (unsigned)offset;
	struct gpiod_line_info *info = gpiod_chip_get_line_info(chip, g->offset[i]);
	if (info == NULL)
		return wrong(o, "%s: %s has no line %d, expected one as the board file says", line, g->board->chip[p->chip].device, offset);
	bool used = gpiod_line_info_is_used(info);
	const char *holder = gpiod_line_info_get_consumer(info);
	int rc = !used ? 0
		       : wrong(o, "%s: line %d of %s is held by %s, expected it free: stop what holds it", line, offset,
				   g->board->chip[p->chip].device, holder != NULL ? holder : "the kernel");
	gpiod_line_info_free(info);
	for (unsigned k = 0; k < i && rc == 0; k++)
		if (((g->inputs | g->outputs) & LANE_HW_BIT(k)) && g->board->pin[k].chip == p->chip && g->offset[k] == g->offset[i])
			rc = wrong(o, "%s and %s are the same line %d of %s, expected a place of its own for each", line,
				lane_hw_line_info((enum lane_hw_line)k)->name, offset, g->board->chip[p->chip].device);
	return rc;
}

static enum gpiod_line_bias bias_of(enum wiring_bias bias)
{
	switch (bias) {
	case WIRING_AS_IS:
		break;
	case WIRING_NO_BIAS:
		return GPIOD_LINE_BIAS_DISABLED;
	case WIRING_PULL_UP:
		return GPIOD_LINE_BIAS_PULL_UP;
	case WIRING_PULL_DOWN:
		return GPIOD_LINE_BIAS_PULL_DOWN;
	}
	return GPIOD_LINE_BIAS_AS_IS;
}

static enum gpiod_line_drive drive_of(enum wiring_drive drive)
{
	return drive == WIRING_OPEN_DRAIN ? GPIOD_LINE_DRIVE_OPEN_DRAIN
	       : drive == WIRING_OPEN_SOURCE ? GPIOD_LINE_DRIVE_OPEN_SOURCE
					     : GPIOD_LINE_DRIVE_PUSH_PULL;
}

/* Half of the debounce is the kernel's, so that a chattering contact does not fill its queue; the whole is the library's. */
static unsigned long kernel_debounce_us(const struct lane_hw_description *lane, unsigned i)
{
	bool steady = lane_hw_line_info((enum lane_hw_line)i)->filter == LANE_HW_STEADY;
	return steady ? lane->line[i].debounce_ms * 1000UL / 2 : 0;
}

static int set_line(struct gpio_lines *g, unsigned i, struct gpiod_line_settings *s, struct gpiod_line_config *config)
{
	const struct wiring_pin *p = &g->board->pin[i];
	bool output = (g->outputs & LANE_HW_BIT(i)) != 0;
	int rc;
	gpiod_line_settings_reset(s);
	rc = gpiod_line_settings_set_bias(s, bias_of(p->bias));
	if (output) {
		rc |= gpiod_line_settings_set_direction(s, GPIOD_LINE_DIRECTION_OUTPUT);
		rc |= gpiod_line_settings_set_drive(s, drive_of(p->drive));
		rc |= gpiod_line_settings_set_output_value(s,
			g->safe >> i & 1 ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE);
	} else {
		rc |= gpiod_line_settings_set_direction(s, GPIOD_LINE_DIRECTION_INPUT);
		rc |= gpiod_line_settings_set_edge_detection(s, GPIOD_LINE_EDGE_BOTH);
		rc |= gpiod_line_settings_set_event_clock(s, GPIOD_LINE_CLOCK_MONOTONIC);
		gpiod_line_settings_set_debounce_period_us(s, kernel_debounce_us(g->lane, i));
	}
	return rc != 0 ? -1 : gpiod_line_config_add_line_settings(config, &g->offset[i], 1, s);
}

static int request(struct opening *o, unsigned chip, uint64_t among, struct gpiod_line_request **out)
{
	struct gpio_lines *g = o->g;
	struct gpiod_line_settings *s = gpiod_line_settings_new();
	struct gpiod_line_config *config = gpiod_line_config_new();
	struct gpiod_request_config *how = gpiod_request_config_new();
	unsigned count = 0;
	int rc = s == NULL || config == NULL || how == NULL ? -1 : 0;
	for (unsigned i = 0; i < LANE_HW_LINES && rc == 0; i++) {
		if ((among & LANE_HW_BIT(i)) == 0 || g->board->pin[i].chip != chip)
			continue;
		rc = set_line(g, i, s, config);
		count++;
	}
	if (rc == 0 && count > 0) {
		gpiod_request_config_set_consumer(how, "postern");
		gpiod_request_config_set_event_buffer_size(how, GPIO_KERNEL_EVENTS);
		*out = gpiod_chip_request_lines(g->chip[chip].chip, how, config);
		rc = *out != NULL ? 0 : -1;
	}
	int cause = errno;
	gpiod_request_config_free(how);
	gpiod_line_config_free(config);
	gpiod_line_settings_free(s);
	if (rc == 0)
		return 0;
	return wrong(o, "%s (%s): its %s lines cannot be requested (%s), expected %s", g->board->chip[chip].device,
		g->board->chip[chip].label, among == g->inputs ? "input" : "output", strerror(cause),
		cause == EBUSY    ? "them free: stop what holds them"
		: cause == ENXIO  ? "edges: the chip's interrupt line must be connected"
		: cause == EINVAL ? "bias and drive that the chip has"
				  : "a chip that is there");
}

static int open_all(struct opening *o, const struct gpio_place place[WIRING_CHIPS_MAX])
{
	struct gpio_lines *g = o->g;
	int rc = 0;
	for (unsigned i = 0; i < g->board->chips && rc == 0; i++) {
		bool wanted = false;
		for (unsigned k = 0; k < LANE_HW_LINES; k++)
			wanted |= ((g->inputs | g->outputs) & LANE_HW_BIT(k)) != 0 && g->board->pin[k].chip == i;
		if (wanted)
			rc = open_chip(o, i, &place[i]);
	}
	for (unsigned i = 0; i < LANE_HW_LINES && rc == 0; i++)
		if ((g->inputs | g->outputs) & LANE_HW_BIT(i))
			rc = find_line(o, i);
	/* outputs first: from then on nobody else drives them */
	for (unsigned i = 0; i < g->board->chips && rc == 0; i++)
		rc = request(o, i, g->outputs, &g->chip[i].out);
	for (unsigned i = 0; i < g->board->chips && rc == 0; i++)
		rc = request(o, i, g->inputs, &g->chip[i].in);
	return rc;
}

int gpio_lines_open(const struct lane_hw_description *lane, const struct wiring_board *board,
	const struct gpio_place place[WIRING_CHIPS_MAX], bool inputs_only, struct gpio_lines **out, char *error, size_t size)
{
	struct gpio_lines *g = calloc(1, sizeof *g);
	struct opening o = {g, error, size};
	*out = NULL;
	if (g == NULL)
		return wrong(&o, "no memory");
	g->lane = lane;
	g->board = board;
	g->outputs = inputs_only ? 0 : lane_hw_output_lines(lane);
	g->safe = g->driven = lane_hw_safe_outputs(lane);
	for (unsigned i = 0; i < LANE_HW_LINES; i++)
		if (lane->line[i].present && !lane_hw_line_info((enum lane_hw_line)i)->output)
			g->inputs |= LANE_HW_BIT(i);
	if (open_all(&o, place) != 0) {
		gpio_lines_close(g);
		return -1;
	}
	*out = g;
	return 0;
}

static bool has_label(const char *path, const char *label)
{
	struct gpiod_chip *chip = gpiod_is_gpiochip_device(path) ? gpiod_chip_open(path) : NULL;
	if (chip == NULL)
		return false;
	struct gpiod_chip_info *info = gpiod_chip_get_info(chip);
	bool same = info != NULL && strcmp(gpiod_chip_info_get_label(info), label) == 0;
	gpiod_chip_info_free(info);
	gpiod_chip_close(chip);
	return same;
}

int gpio_lines_find_chip(const char *label, char *path, size_t size)
{
	char candidate[300];
	unsigned found = 0;
	DIR *dev = opendir("/dev");
	if (dev == NULL)
		return -1;
	for (struct dirent *e = readdir(dev); e != NULL; e = readdir(dev)) {
		if (strncmp(e->d_name, "gpiochip", 8) != 0)
			continue;
		snprintf(candidate, sizeof candidate, "/dev/%s", e->d_name);
		if (has_label(candidate, label) && found++ == 0)
			snprintf(path, size, "%s", candidate);
	}
	closedir(dev);
	return found == 1 ? 0 : -1;
}

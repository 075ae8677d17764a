/* SPDX-License-Identifier: Apache-2.0
 * See fake_chip.h.
 */
#include "fake_chip.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { REQUESTS = 8 };

struct request {
	int fd;
	uint32_t count, offsets[GPIO_V2_LINES_MAX];
};

static struct fake_chip chip;
static struct request requests[REQUESTS];

static const struct {
	const char *name;
	bool opens, output;
} about[LANE_HW_LINES] = {
#define CLOSES false
#define OPENS true
#define IN(name, contact, filter, debounce_ms, text) {#name, contact, false},
#define OUT(name, contact, safe, text) {#name, contact, true},
#include "lane/lines.def"
#undef CLOSES
#undef OPENS
};

struct fake_chip *fake_chip(void)
{
	return &chip;
}

void fake_chip_reset(const char *label)
{
	static const enum lane_hw_line at_rest[] = {LANE_HW_mains_ok, LANE_HW_entry_closed, LANE_HW_entry_locked,
		LANE_HW_exit_closed, LANE_HW_exit_locked};
	memset(&chip, 0, sizeof chip);
	memset(requests, 0, sizeof requests);
	chip.label = label;
	if (pipe2(chip.events, O_CLOEXEC | O_NONBLOCK) != 0)
		perror("pipe");
	for (unsigned i = 0; i < LANE_HW_LINES; i++)
		chip.line[i].level = !about[i].output && about[i].opens;
	for (size_t i = 0; i < sizeof at_rest / sizeof at_rest[0]; i++)
		chip.line[at_rest[i]].level = true;
}

void fake_chip_end(void)
{
	close(chip.events[0]);
	close(chip.events[1]);
}

void fake_chip_edge(enum lane_hw_line line, bool level, uint64_t at_ns, bool drop)
{
	struct gpio_v2_line_event e = {.timestamp_ns = at_ns, .id = level ? GPIO_V2_LINE_EVENT_RISING_EDGE : GPIO_V2_LINE_EVENT_FALLING_EDGE,
		.offset = line, .seqno = ++chip.number, .line_seqno = chip.number};
	chip.line[line].level = level;
	if (!drop && write(chip.events[1], &e, sizeof e) != (ssize_t)sizeof e)
		perror("write");
}

void fake_chip_say(enum lane_hw_line line, bool asserted, uint64_t at_ns)
{
	fake_chip_edge(line, asserted != about[line].opens, at_ns, false);
}

bool fake_chip_drives(enum lane_hw_line line)
{
	return chip.line[line].level != about[line].opens;
}

static int line_info(struct gpio_v2_line_info *info)
{
	if (info->offset >= LANE_HW_LINES) {
		errno = EINVAL;
		return -1;
	}
	snprintf(info->name, sizeof info->name, "%s", about[info->offset].name);
	info->flags = chip.line[info->offset].used ? GPIO_V2_LINE_FLAG_USED : 0;
	if (chip.line[info->offset].used)
		snprintf(info->consumer, sizeof info->consumer, "posternd");
	return 0;
}

static int line_request(struct gpio_v2_line_request *r)
{
	struct request *mine = requests;
	bool output = false;
	for (uint32_t i = 0; i < r->num_lines; i++) {
		struct fake_line *l = &chip.line[r->offsets[i]];
		l->flags = r->config.flags;
		l->debounce_us = 0;
		for (uint32_t a = 0; a < r->config.num_attrs; a++) {
			const struct gpio_v2_line_config_attribute *c = &r->config.attrs[a];
			if ((c->mask >> i & 1) == 0)
				continue;
			if (c->attr.id == GPIO_V2_LINE_ATTR_ID_FLAGS)
				l->flags = c->attr.flags;
			else if (c->attr.id == GPIO_V2_LINE_ATTR_ID_DEBOUNCE)
				l->debounce_us = c->attr.debounce_period_us;
			else if (c->attr.id == GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES)
				l->level = c->attr.values >> i & 1;
		}
		l->output = (l->flags & GPIO_V2_LINE_FLAG_OUTPUT) != 0;
		output |= l->output;
		l->used = true;
	}
	while (mine < requests + REQUESTS && mine->count != 0)
		mine++;
	r->fd = output ? open("/dev/null", O_RDWR | O_CLOEXEC) : fcntl(chip.events[0], F_DUPFD_CLOEXEC, 0);
	mine->fd = r->fd;
	mine->count = r->num_lines;
	memcpy(mine->offsets, r->offsets, sizeof mine->offsets);
	return 0;
}

static int values(int fd, struct gpio_v2_line_values *v, bool set)
{
	struct request *mine = requests;
	while (mine < requests + REQUESTS && (mine->count == 0 || mine->fd != fd))
		mine++;
	if (mine == requests + REQUESTS) {
		errno = EBADF;
		return -1;
	}
	for (uint32_t i = 0; i < mine->count; i++) {
		struct fake_line *l = &chip.line[mine->offsets[i]];
		if ((v->mask >> i & 1) == 0)
			continue;
		if (set) {
			l->level = v->bits >> i & 1;
			l->set++;
			if (chip.on_drive != NULL)
				chip.on_drive((enum lane_hw_line)mine->offsets[i], l->level != about[mine->offsets[i]].opens);
		} else {
			v->bits = (v->bits & ~(UINT64_C(1) << i)) | (uint64_t)l->level << i;
		}
	}
	return 0;
}

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
	for (struct request *r = requests; r < requests + REQUESTS; r++) {
		for (uint32_t i = 0; i < r->count && r->fd == fd; i++)
			chip.line[r->offsets[i]].used = false;
		if (r->fd == fd)
			r->count = 0;
	}
	return __real_close(fd);
}

int __wrap_ioctl(int fd, unsigned long what, ...);
int __wrap_ioctl(int fd, unsigned long what, ...)
{
	va_list args;
	va_start(args, what);
	void *arg = va_arg(args, void *);
	va_end(args);
	if (chip.gone) {
		errno = ENODEV;
		return -1;
	}
	switch ((uint32_t)what) { /* as the kernel does; libgpiod hands an int on */
	case GPIO_GET_CHIPINFO_IOCTL: {
		struct gpiochip_info *info = arg;
		snprintf(info->name, sizeof info->name, "gpiochip0");
		snprintf(info->label, sizeof info->label, "%s", chip.label);
		info->lines = LANE_HW_LINES;
		return 0;
	}
	case GPIO_V2_GET_LINEINFO_IOCTL:
		return line_info(arg);
	case GPIO_V2_GET_LINE_IOCTL:
		return line_request(arg);
	case GPIO_V2_LINE_GET_VALUES_IOCTL:
		return values(fd, arg, false);
	case GPIO_V2_LINE_SET_VALUES_IOCTL:
		return values(fd, arg, true);
	default:
		errno = ENOTTY;
		return -1;
	}
}

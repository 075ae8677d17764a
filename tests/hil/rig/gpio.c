/* SPDX-License-Identifier: Apache-2.0
 * gpio-sim by configfs and sysfs (Documentation/admin-guide/gpio/gpio-sim.rst of the kernel). Must never leave a line unopened.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define CONFIGFS "/sys/kernel/config/gpio-sim/bench"

void fail(const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	fputs("rig: ", stdout);
	vprintf(format, ap);
	putchar('\n');
	va_end(ap);
	fflush(stdout);
	_exit(1);
}

uint64_t mono_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		fail("%s: cannot write %s (%s)", path, text, strerror(errno));
	close(fd);
}

static void get(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, out, size - 1);
	if (n <= 0)
		fail("%s cannot be read", path);
	out[n] = '\0';
	out[strcspn(out, "\n")] = '\0';
	close(fd);
}

static void folder(const char *path)
{
	if (mkdir(path, 0755) != 0)
		fail("%s cannot be made (%s)", path, strerror(errno));
}

void gpio_bench_make(struct gpio_bench *g)
{
	char path[320], text[64], device[64], chip[64];
	folder(CONFIGFS);
	folder(CONFIGFS "/bank0");
	snprintf(text, sizeof text, "%d", SIM_LANE_LINES);
	put(CONFIGFS "/bank0/num_lines", text);
	put(CONFIGFS "/bank0/label", "postern-bench");
	for (unsigned i = 0; i < SIM_LANE_LINES; i++) {
		snprintf(path, sizeof path, CONFIGFS "/bank0/line%u", i);
		folder(path);
		snprintf(path, sizeof path, CONFIGFS "/bank0/line%u/name", i);
		put(path, sim_lane_line_name((enum sim_lane_line)i));
	}
	put(CONFIGFS "/live", "1");
	get(CONFIGFS "/dev_name", device, sizeof device);
	get(CONFIGFS "/bank0/chip_name", chip, sizeof chip);
	if (strcmp(chip, "gpiochip0") != 0)
		fail("the bench's chip is %s, expected gpiochip0", chip);
	for (unsigned i = 0; i < SIM_LANE_LINES; i++) {
		bool output = i >= SIM_LANE_FIRST_OUTPUT;
		snprintf(path, sizeof path, "/sys/devices/platform/%s/%s/sim_gpio%u/%s", device, chip, i, output ? "value" : "pull");
		g->fd[i] = open(path, (output ? O_RDONLY : O_WRONLY) | O_CLOEXEC);
		if (g->fd[i] < 0)
			fail("%s cannot be opened", path);
	}
	g->written = false;
}

void gpio_bench_end(struct gpio_bench *g)
{
	char path[320];
	for (unsigned i = 0; i < SIM_LANE_LINES; i++)
		close(g->fd[i]);
	put(CONFIGFS "/live", "0");
	for (unsigned i = 0; i < SIM_LANE_LINES; i++) {
		snprintf(path, sizeof path, CONFIGFS "/bank0/line%u", i);
		if (rmdir(path) != 0)
			fail("%s stays (%s)", path, strerror(errno));
	}
	if (rmdir(CONFIGFS "/bank0") != 0 || rmdir(CONFIGFS) != 0)
		fail("the bench stays (%s)", strerror(errno));
}

void gpio_bench_write(struct gpio_bench *g, uint64_t levels)
{
	uint64_t changed = g->written ? levels ^ g->inputs : UINT64_MAX;
	for (unsigned i = 0; i < SIM_LANE_FIRST_OUTPUT; i++) {
		const char *pull = (levels >> i & 1) != 0 ? "pull-up" : "pull-down";
		if ((changed >> i & 1) != 0 && pwrite(g->fd[i], pull, strlen(pull), 0) < 0)
			fail("%s cannot be pulled", sim_lane_line_name((enum sim_lane_line)i));
	}
	g->inputs = levels;
	g->written = true;
}

bool gpio_bench_level(const struct gpio_bench *g, enum sim_lane_line line)
{
	char c = '0';
	if (pread(g->fd[line], &c, 1, 0) != 1)
		fail("%s cannot be read", sim_lane_line_name(line));
	return c == '1';
}

uint64_t gpio_bench_read(struct gpio_bench *g)
{
	/* Kick, locks and drives every time; lamps, which people look at, every fourth. */
	unsigned end = g->looks++ % 4 == 0 ? SIM_LANE_LINES : SIM_LANE_entry_red;
	for (unsigned i = SIM_LANE_FIRST_OUTPUT; i < end; i++) {
		uint64_t bit = UINT64_C(1) << i;
		g->outputs = gpio_bench_level(g, (enum sim_lane_line)i) ? g->outputs | bit : g->outputs & ~bit;
	}
	return g->outputs;
}

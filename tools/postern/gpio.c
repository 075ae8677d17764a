/* SPDX-License-Identifier: Apache-2.0
 * `postern gpio check`: a technician sees each line of a lane live, exercises the outputs, and takes home a report of what was
 * tested and what was not. Must never drive an output without the maintenance key, nor while a daemon holds the lines.
 */
#include "commands.h"

#ifdef POSTERN_GPIO
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "gpio.h"

enum { EDGES_AT_ONCE = 256 };

uint64_t gpio_now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

bool gpio_line_asserted(const struct gpio_check *c, enum lane_hw_line line)
{
	return c->line[line].known && lane_hw_meaning(&c->lane, line, c->line[line].level);
}

static void note(struct gpio_check *c, enum lane_hw_line line, bool level)
{
	c->line[line].known = true;
	c->line[line].level = level;
	c->line[line].seen[lane_hw_meaning(&c->lane, line, level)] = true;
}

static void edge(struct gpio_check *c, const struct gpio_edge *e)
{
	if ((unsigned)e->line >= LANE_HW_LINES)
		return;
	note(c, e->line, e->level);
	c->line[e->line].edge_ns = e->at_ns;
	if (c->live)
		fprintf(c->cli->out, "%10.3f s  %-18s %d  %s\n",
			(double)(e->at_ns > c->started_ns ? e->at_ns - c->started_ns : 0) / 1e9,
			lane_hw_line_info(e->line)->name, e->level, gpio_line_asserted(c, e->line) ? lane_hw_line_info(e->line)->about : "no");
}

static void take_edges(struct gpio_check *c, unsigned chip)
{
	struct gpio_edge e;
	for (unsigned i = 0; i < EDGES_AT_ONCE; i++) {
		enum gpio_read what = gpio_lines_read(c->lines, chip, &e);
		if (what == GPIO_READ_LOST)
			c->lost = c->ended = true;
		if (what == GPIO_READ_LOST || what == GPIO_READ_NONE)
			return;
		edge(c, &e);
	}
}

bool gpio_wait(struct gpio_check *c, unsigned ms)
{
	struct pollfd p[WIRING_CHIPS_MAX + 1] = {{.fd = c->signals, .events = POLLIN}};
	for (unsigned i = 0; i < WIRING_CHIPS_MAX; i++)
		p[i + 1] = (struct pollfd){.fd = gpio_lines_fd(c->lines, i), .events = POLLIN};
	if (poll(p, WIRING_CHIPS_MAX + 1, (int)ms) < 0 && errno != EINTR)
		c->ended = true;
	if (p[0].revents != 0 || (c->deadline_ns != 0 && gpio_now_ns() >= c->deadline_ns))
		c->ended = true;
	for (unsigned i = 0; i < WIRING_CHIPS_MAX; i++)
		if (p[i + 1].fd >= 0)
			take_edges(c, i);
	fflush(c->cli->out);
	return !c->ended;
}

static void table(const struct gpio_check *c)
{
	char place[96];
	fprintf(c->cli->out, "%-18s %-30s %3s  %s\n", "line", "place", "raw", "says");
	for (unsigned i = 0; i < LANE_HW_LINES; i++) {
		const struct lane_hw_line_info *info = lane_hw_line_info((enum lane_hw_line)i);
		if (!c->lane.line[i].present || info->output)
			continue;
		gpio_lines_place(c->lines, (enum lane_hw_line)i, place, sizeof place);
		fprintf(c->cli->out, "%-18s %-30s %3d  %s%s\n", info->name, place, c->line[i].level,
			gpio_line_asserted(c, (enum lane_hw_line)i) ? "" : "not: ", info->about);
	}
}

/* "chip0=/dev/gpiochip2"; NULL when it was not given. */
static const char *chip_path(const struct cli *cli, const char *device)
{
	size_t at = 0, n = strlen(device);
	for (const char *v = cli_each(cli, "chip", &at); v != NULL; v = cli_each(cli, "chip", &at))
		if (strncmp(v, device, n) == 0 && v[n] == '=')
			return v + n + 1;
	return NULL;
}

static int open_lines(struct gpio_check *c)
{
	struct gpio_place place[WIRING_CHIPS_MAX];
	char found[WIRING_CHIPS_MAX][300], error[WIRING_ERROR_MAX] = "";
	for (unsigned i = 0; i < WIRING_CHIPS_MAX; i++) {
		place[i] = (struct gpio_place){-1, NULL};
		if (i >= c->board.chips)
			continue;
		place[i].path = chip_path(c->cli, c->board.chip[i].device);
		if (place[i].path == NULL && gpio_lines_find_chip(c->board.chip[i].label, found[i], sizeof found[i]) == 0)
			place[i].path = found[i];
		if (place[i].path == NULL)
			return cli_fail(c->cli, CLI_UNAVAILABLE, "no chip, or more than one, is labelled '%s', expected --chip %s=PATH (gpiodetect lists them)",
				c->board.chip[i].label, c->board.chip[i].device);
	}
	if (gpio_lines_open(&c->lane, &c->board, place, !c->exercise, &c->lines, error, sizeof error) != 0)
		return cli_fail(c->cli, CLI_UNAVAILABLE, "%s", error);
	return CLI_OK;
}

static int read_levels(struct gpio_check *c)
{
	uint64_t levels;
	if (gpio_lines_levels(c->lines, &levels) != 0)
		return cli_fail(c->cli, CLI_UNAVAILABLE, "a chip is gone, expected it to be there");
	for (unsigned i = 0; i < LANE_HW_LINES; i++)
		if (gpio_lines_inputs(c->lines) & LANE_HW_BIT(i))
			note(c, (enum lane_hw_line)i, (levels >> i & 1) != 0);
	return CLI_OK;
}

/* The key is looked at before any output is requested: a lane in service must not feel this tool at all. */
static int key_is_turned(struct gpio_check *c)
{
	c->exercise = false;
	int rc = open_lines(c);
	if (rc == CLI_OK)
		rc = read_levels(c);
	gpio_lines_close(c->lines);
	c->lines = NULL;
	c->exercise = true;
	if (rc == CLI_OK && !gpio_line_asserted(c, LANE_HW_key_maint))
		rc = cli_fail(c->cli, CLI_USAGE, "the maintenance key is not turned, expected key_maint to be asserted before outputs are exercised");
	static const enum lane_hw_line alarms[] = {LANE_HW_fire_alarm, LANE_HW_estop, LANE_HW_breakglass};
	for (size_t i = 0; i < PN_COUNT(alarms) && rc == CLI_OK; i++)
		if (gpio_line_asserted(c, alarms[i]))
			rc = cli_fail(c->cli, CLI_USAGE, "%s is asserted, expected no alarm before outputs are exercised", lane_hw_line_info(alarms[i])->name);
	return rc;
}

static int write_report(struct gpio_check *c)
{
	const char *path = cli_value(c->cli, "report");
	if (c->cli->json || path == NULL)
		gpio_report(c, c->cli->out, c->cli->json);
	if (path == NULL)
		return CLI_OK;
	FILE *f = fopen(path, "we");
	if (f == NULL)
		return cli_fail(c->cli, CLI_UNAVAILABLE, "%s: cannot be written: %s", path, strerror(errno));
	gpio_report(c, f, c->cli->json);
	bool failed = ferror(f) != 0;
	if (fclose(f) != 0 || failed)
		return cli_fail(c->cli, CLI_UNAVAILABLE, "%s: cannot be written", path);
	return CLI_OK;
}

static int watch(struct gpio_check *c)
{
	int rc = open_lines(c);
	if (rc == CLI_OK)
		rc = read_levels(c);
	if (rc != CLI_OK)
		return rc;
	if (c->live)
		table(c);
	if (c->exercise)
		gpio_exercise(c);
	if (c->seconds > 0)
		c->deadline_ns = gpio_now_ns() + (uint64_t)c->seconds * 1000000000;
	while (gpio_wait(c, 200))
		;
	if (c->lost)
		cli_fail(c->cli, CLI_UNAVAILABLE, "a chip is gone: what follows is what was seen until then");
	rc = write_report(c);
	return rc != CLI_OK ? rc : c->lost ? CLI_UNAVAILABLE : gpio_complete(c) ? CLI_OK : CLI_FINDING;
}

static int load(struct gpio_check *c)
{
	char error[WIRING_ERROR_MAX] = "";
	const char *lane = cli_value(c->cli, "lane"), *board = cli_value(c->cli, "board");
	if (wiring_lane_load(lane, &c->lane, error, sizeof error) != 0 || wiring_board_load(board, &c->board, error, sizeof error) != 0 ||
		wiring_join(&c->lane, &c->board, board, error, sizeof error) != 0)
		return cli_fail(c->cli, CLI_USAGE, "%s", error);
	return CLI_OK;
}

static int gpio_check(struct cli *cli)
{
	struct gpio_check *c = calloc(1, sizeof *c);
	sigset_t set, before;
	long seconds = 0;
	if (c == NULL)
		return cli_fail(cli, CLI_UNAVAILABLE, "no memory");
	c->cli = cli;
	c->exercise = cli_flag(cli, "exercise");
	c->live = !cli->json;
	int rc = cli_number(cli, "seconds", 1, 86400, 0, &seconds) == PN_OK ? load(c) : CLI_USAGE;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &before);
	c->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	c->started_ns = gpio_now_ns();
	c->seconds = seconds;
	if (rc == CLI_OK && c->exercise)
		rc = key_is_turned(c);
	if (rc == CLI_OK)
		rc = watch(c);
	gpio_lines_close(c->lines);
	if (c->signals >= 0)
		close(c->signals);
	sigprocmask(SIG_SETMASK, &before, NULL);
	free(c);
	return rc;
}
#else
static int gpio_check(struct cli *cli)
{
	return cli_fail(cli, CLI_UNAVAILABLE, "this build has no libgpiod, expected one with -Dgate-gpio=enabled");
}
#endif

const struct cli_command gpio_commands[] = {
	{.group = "gpio",
		.name = "check",
		.arguments = "",
		.summary = "show a lane's lines live, exercise its outputs, write a commissioning report",
		.detail = "The lines must be free: stop posternd first. Inputs are only looked at. With --exercise each output\n"
			  "is driven in turn, for which the maintenance key must be turned and stay so. Ends with ^C, or --seconds\n"
			  "after the exercise. The exit status is 1 when a line was not tested in both states or an answer did not\n"
			  "come.",
		.options = {{"lane", "FILE", "lane file (hw/lanes)", true},
			{"board", "FILE", "board file (hw/boards)", true},
			{"chip", "DEVICE=PATH...", "a chip of the board file is this device (default: by its label)", false},
			{"exercise", NULL, "drive each output and look for the answer", false},
			{"seconds", "N", "look on for so long (default: until interrupted)", false},
			{"report", "FILE", "write the report there, as JSON with --json", false}},
		.run = gpio_check},
	{.group = NULL},
};

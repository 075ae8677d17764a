/* SPDX-License-Identifier: Apache-2.0
 * Plugin gate-gpio: a lane's hardware on GPIO lines. A thin shell: edges go into hw/lane, levels come out of it, GateSensed goes
 * to the core on every change and every 200 ms. Must never judge what a line means, and never drive anything that hw/lane did not
 * say but the safe levels at the start and the end.
 *
 * When this process dies its lines are released and stay as the chip leaves them: the kick line stands still, and the external
 * relay makes the outputs safe. The loss of a chip is the loss of every line; the plugin then asks to be started anew, since only
 * the supervisor can open the device again.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "bus.pb-c.h"
#include "gate/hear.h"
#include "gate/setup.h"
#include "gate/tell.h"
#include "gpio/lines.h"
#include "postern/plugin.h"

#define NS_PER_MS UINT64_C(1000000)
#define EDGES_PER_TURN 256u /* then the loop turns: heartbeats go on under a flood */

struct gate {
	const struct postern_host *host;
	struct lane_hw_description lane;
	struct wiring_board board;
	struct gpio_lines *lines;
	struct lane_hw *hw;
	struct gate_tell tell;
	bool lost, failed;
	uint64_t lost_ns, lost_after_ns;
};

static void count(struct gate *g, const char *metric, uint64_t add)
{
	if (add > 0)
		g->host->count(g->host->ctx, metric, add);
}

static void lose(struct gate *g, uint64_t now)
{
	if (g->lost)
		return;
	g->lost = true;
	g->lost_ns = now;
	lane_hw_lost(g->hw, LANE_HW_LINES, now);
	for (unsigned i = 0; i < WIRING_CHIPS_MAX; i++) {
		int fd = gpio_lines_fd(g->lines, i);
		if (fd >= 0)
			g->host->watch(g->host->ctx, fd, 0, NULL, NULL);
	}
	g->host->trouble(g->host->ctx, "gate.chip_lost", 1);
	g->host->log(g->host->ctx, POSTERN_ERROR, "gate.chip_lost", "");
}

/* The safe levels, where they can still be driven, when every line is lost. */
static void drive(struct gate *g, uint64_t now)
{
	uint64_t levels = g->lost ? lane_hw_safe_outputs(&g->lane) : lane_hw_outputs(g->hw);
	if (gpio_lines_drive(g->lines, levels) == 0 || g->lost)
		return;
	count(g, "drive_failed_total", 1);
	lose(g, now);
	int rc = gpio_lines_drive(g->lines, lane_hw_safe_outputs(&g->lane));
	(void)rc; /* what can be driven is */
}

static void wake(struct gate *g, uint64_t now)
{
	uint64_t next = lane_hw_next_ns(g->hw), due = gate_tell_next_ns(&g->tell);
	if (due < next)
		next = due;
	uint64_t ms = next <= now ? 0 : (next - now + NS_PER_MS - 1) / NS_PER_MS;
	if (g->host->wake_after(g->host->ctx, ms < 1 ? 1 : (uint32_t)ms) != 0)
		g->host->fail(g->host->ctx, "gate.no_timer");
}

/* After everything that may have changed something. */
static void settle(struct gate *g)
{
	uint64_t now = clock_mono_ns(), heard_ms = g->host->core_heard_ms(g->host->ctx);
	if (heard_ms != 0)
		lane_hw_core(g->hw, heard_ms * NS_PER_MS, now);
	lane_hw_tick(g->hw, now);
	drive(g, now);
	gate_tell(&g->tell, g->hw, now);
	if (g->lost && now - g->lost_ns >= g->lost_after_ns && !g->failed) {
		g->failed = true;
		g->host->fail(g->host->ctx, "gate.chip_lost");
	}
	wake(g, now);
}

static void read_levels(struct gate *g, uint64_t now)
{
	uint64_t levels;
	if (gpio_lines_levels(g->lines, &levels) != 0) {
		lose(g, now);
		return;
	}
	for (unsigned i = 0; i < LANE_HW_LINES; i++)
		if (gpio_lines_inputs(g->lines) & LANE_HW_BIT(i))
			lane_hw_input(g->hw, (enum lane_hw_line)i, (levels >> i & 1) != 0, now);
}

static void read_chip(struct gate *g, unsigned chip)
{
	struct gpio_edge edge;
	enum gpio_read what = GPIO_READ_EDGE;
	uint64_t edges = 0, missed = 0;
	for (unsigned i = 0; i < EDGES_PER_TURN && !g->lost; i++) {
		what = gpio_lines_read(g->lines, chip, &edge);
		if (what == GPIO_READ_NONE || what == GPIO_READ_LOST)
			break;
		missed += what == GPIO_READ_MISSED;
		edges++;
		lane_hw_input(g->hw, edge.line, edge.level, edge.at_ns);
	}
	if (what == GPIO_READ_LOST)
		lose(g, clock_mono_ns());
	if (missed > 0 && !g->lost) {
		lane_hw_missed(g->hw, clock_mono_ns());
		read_levels(g, clock_mono_ns());
	}
	count(g, "edges_total", edges);
	count(g, "missed_total", missed);
}

static void on_edges(void *self, int fd, uint32_t events)
{
	struct gate *g = self;
	for (unsigned i = 0; i < WIRING_CHIPS_MAX && !g->lost; i++)
		if (gpio_lines_fd(g->lines, i) == fd)
			read_chip(g, i);
	if (events & POSTERN_HANGUP)
		lose(g, clock_mono_ns());
	settle(g);
}

static void gate_tick(void *self, uint64_t now_ms)
{
	struct gate *g = self;
	(void)now_ms;
	/* what the kernel has already stamped comes before the time that is now */
	for (unsigned i = 0; i < WIRING_CHIPS_MAX && !g->lost; i++)
		read_chip(g, i);
	settle(g);
}

static void gate_message(void *self, const struct postern_message *m)
{
	struct gate *g = self;
	if (m->body == POSTERN__ENVELOPE__BODY_GATE_COMMAND || m->body == POSTERN__ENVELOPE__BODY_MOVE_CAMERA)
		gate_tick(g, 0);
	if (gate_hear(g->hw, m, clock_mono_ns()))
		settle(g);
}

static int open_lines(struct gate *g)
{
	char lane[GATE_PATH_MAX], board[GATE_PATH_MAX], error[WIRING_ERROR_MAX] = "";
	struct gpio_place place[WIRING_CHIPS_MAX];
	if (gate_wiring_path(g->host, "lane", lane) != PN_OK || gate_wiring_path(g->host, "board", board) != PN_OK)
		return gate_refuse(g->host, "gate.no_wiring", "");
	if (wiring_lane_load(lane, &g->lane, error, sizeof error) != 0 || wiring_board_load(board, &g->board, error, sizeof error) != 0 ||
		wiring_join(&g->lane, &g->board, board, error, sizeof error) != 0)
		return gate_refuse(g->host, "gate.bad_wiring", error);
	for (unsigned i = 0; i < WIRING_CHIPS_MAX; i++)
		place[i] = (struct gpio_place){i < g->board.chips ? g->host->device(g->host->ctx, g->board.chip[i].device) : -1, NULL};
	if (gpio_lines_open(&g->lane, &g->board, place, false, &g->lines, error, sizeof error) != 0)
		return gate_refuse(g->host, "gate.no_lines", error);
	return PN_OK;
}

static int gate_init(const struct postern_host *host, void **self)
{
	struct gate *g;
	if (!POSTERN_HOST_HAS(host, core_heard_ms))
		return PN_EUNSUPPORTED;
	g = calloc(1, sizeof *g);
	if (g == NULL)
		return PN_ENOMEM;
	g->host = host;
	g->tell.host = host;
	g->lost_after_ns = (uint64_t)host->option_int(host->ctx, "lost_after_ms") * NS_PER_MS;
	g->hw = malloc(lane_hw_size());
	int rc = g->hw == NULL ? PN_ENOMEM : open_lines(g);
	if (rc != PN_OK) {
		free(g->hw);
		free(g);
		return rc;
	}
	*self = g;
	return PN_OK;
}

static int gate_start(void *self)
{
	struct gate *g = self;
	uint64_t now = clock_mono_ns();
	lane_hw_init(g->hw, &g->lane, now);
	for (unsigned i = 0; i < WIRING_CHIPS_MAX; i++) {
		int fd = gpio_lines_fd(g->lines, i);
		if (fd >= 0 && g->host->watch(g->host->ctx, fd, POSTERN_READABLE, on_edges, g) != 0)
			return PN_EIO;
	}
	read_levels(g, now);
	settle(g);
	return PN_OK;
}

static void gate_core_started(void *self, uint64_t core_epoch)
{
	struct gate *g = self;
	(void)core_epoch;
	gate_tell_anew(&g->tell);
	settle(g);
}

static void gate_stop(void *self)
{
	struct gate *g = self;
	gpio_lines_close(g->lines);
	free(g->hw);
	free(g);
}

POSTERN_PLUGIN(.name = "gate-gpio", .version = "0.1.0", .init = gate_init, .start = gate_start, .message = gate_message,
	.tick = gate_tick, .core_started = gate_core_started, .stop = gate_stop);

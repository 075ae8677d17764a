/* SPDX-License-Identifier: Apache-2.0
 * A lane's hardware behind a Modbus controller, as a plugin. A thin shell: cycle.h says what is asked when, bus_line.h asks it,
 * levels go into hw/lane and come out of it, gate/tell.h tells the core. One exchange in a turn of the host's loop, at most timeout_ms
 * long: heartbeats and messages go on between two.
 *
 * The bus lost is every line lost. The controller then hears no kick and no writing: its own watchdog must make its outputs safe
 * (docs/integrators/gate-modbus.md), since this process cannot. Must never judge what a line means, drive anything that hw/lane did
 * not say but the safe levels, or give hw/lane a level of a bus that is not in service.
 */
#include "modbus/gate.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "gate/hear.h"
#include "gate/setup.h"
#include "gate/tell.h"
#include "modbus/cycle.h"

#define NS_PER_MS UINT64_C(1000000)

struct gate {
	const struct postern_host *host;
	struct lane_hw_description lane;
	struct wiring_controller controller;
	struct bus_plan plan;
	struct bus_poll poll;
	struct bus_line line;
	struct lane_hw *hw;
	struct gate_tell tell;
	uint64_t pause_ns;
	bool serves, told_lost, failed;
	uint64_t gone_ns, lost_after_ns; /* gone_ns: since when the device is away; 0: it is there */
};

static void tell_lost(struct gate *g, bool lost)
{
	if (g->told_lost == lost)
		return;
	g->told_lost = lost;
	g->host->trouble(g->host->ctx, "gate.bus_lost", lost);
	g->host->log(g->host->ctx, lost ? POSTERN_ERROR : POSTERN_INFO, lost ? "gate.bus_lost" : "gate.bus_back", "");
}

/* What the poll says of the bus, carried over to the lane. */
static void follow(struct gate *g, uint64_t now)
{
	bool serves = bus_poll_in_service(&g->poll, now);
	if (g->serves && !serves) {
		lane_hw_lost(g->hw, LANE_HW_LINES, now);
		g->host->count(g->host->ctx, "lost_total", 1);
		tell_lost(g, true);
	} else if (!g->serves && serves)
		tell_lost(g, false);
	g->serves = serves;
}

static uint64_t outputs(const struct gate *g)
{
	return g->serves ? lane_hw_outputs(g->hw) : g->plan.safe;
}

static void take(struct gate *g, uint64_t lines, uint64_t levels, uint64_t at_ns)
{
	for (unsigned i = 0; i < LANE_HW_LINES; i++)
		if (lines & LANE_HW_BIT(i))
			lane_hw_input(g->hw, (enum lane_hw_line)i, (levels >> i & 1) != 0, at_ns);
}

static void count_result(struct gate *g, const struct bus_request *r, enum bus_result result)
{
	static const char *const metrics[] = {NULL, "exceptions_total", "silent_total", "garbled_total", "other_unit_total", "no_line_total"};
	if (result != BUS_GOOD)
		g->host->count(g->host->ctx, metrics[result], 1);
	else if (r->kind != BUS_READ_BACK)
		g->host->count(g->host->ctx, r->kind == BUS_READ ? "readings_total" : "writings_total", 1);
}

static void exchange(struct gate *g, const struct bus_request *r)
{
	uint64_t levels, asked = clock_mono_ns();
	enum bus_result result = bus_line_exchange(&g->line, &g->plan, r, &levels);
	uint64_t now = clock_mono_ns();
	count_result(g, r, result);
	if (bus_poll_answered(&g->poll, result, levels, asked, now))
		take(g, g->plan.read[r->block].lines, levels, now);
}

/* A USB adapter that was pulled out: only the supervisor can open it again. */
static void look_after_device(struct gate *g, uint64_t now)
{
	if (!bus_line_gone(&g->line))
		g->gone_ns = 0;
	else if (g->gone_ns == 0)
		g->gone_ns = now;
	else if (now - g->gone_ns >= g->lost_after_ns && !g->failed) {
		g->failed = true;
		g->host->fail(g->host->ctx, "gate.line_gone");
	}
}

static void advance(struct gate *g, uint64_t now)
{
	uint64_t heard_ms = g->host->core_heard_ms(g->host->ctx);
	if (heard_ms != 0)
		lane_hw_core(g->hw, heard_ms * NS_PER_MS, now);
	follow(g, now);
	lane_hw_tick(g->hw, now);
	gate_tell(&g->tell, g->hw, now);
}

static void wake_at(struct gate *g, uint64_t at, uint64_t now)
{
	uint64_t next = lane_hw_next_ns(g->hw), due = gate_tell_next_ns(&g->tell);
	next = due < next ? due : next;
	next = at < next ? at : next;
	uint64_t ms = next <= now ? 0 : (next - now + NS_PER_MS - 1) / NS_PER_MS;
	if (g->host->wake_after(g->host->ctx, ms < 1 ? 1 : (uint32_t)ms) != 0)
		g->host->fail(g->host->ctx, "gate.no_timer");
}

void modbus_gate_tick(void *self, uint64_t now_ms)
{
	struct gate *g = self;
	uint64_t now = clock_mono_ns();
	(void)now_ms;
	advance(g, now);
	struct bus_step s = bus_poll_next(&g->poll, outputs(g), now);
	if (s.what == BUS_DO_EXCHANGE)
		exchange(g, &s.request);
	else if (s.what == BUS_DO_ANEW)
		bus_poll_anew(&g->poll, bus_line_anew(&g->line), clock_mono_ns());
	now = clock_mono_ns();
	if (s.what != BUS_DO_WAIT) {
		look_after_device(g, now);
		advance(g, now);
		s.until_ns = now;
	}
	wake_at(g, s.until_ns, now);
}

/* Whatever it changes goes out in the next turn, which is at once. */
void modbus_gate_message(void *self, const struct postern_message *m)
{
	struct gate *g = self;
	uint64_t now = clock_mono_ns();
	advance(g, now);
	if (!gate_hear(g->hw, m, now))
		return;
	advance(g, now);
	wake_at(g, now, now);
}

static int read_wiring(struct gate *g)
{
	char lane[GATE_PATH_MAX], controller[GATE_PATH_MAX], error[WIRING_ERROR_MAX] = "";
	if (gate_wiring_path(g->host, "lane", lane) != PN_OK || gate_wiring_path(g->host, "controller", controller) != PN_OK)
		return gate_refuse(g->host, "gate.no_wiring", "");
	if (wiring_lane_load(lane, &g->lane, error, sizeof error) != 0 ||
		wiring_controller_load(controller, &g->controller, error, sizeof error) != 0 ||
		wiring_controller_join(&g->lane, &g->controller, controller, error, sizeof error) != 0 ||
		bus_plan_make(&g->lane, &g->controller, &g->plan, error, sizeof error) != 0)
		return gate_refuse(g->host, "gate.bad_wiring", error);
	return PN_OK;
}

int modbus_gate_init(const struct postern_host *host, modbus_gate_line_fn make, const char *kind, uint64_t lost_after_ms, void **self)
{
	struct gate *g;
	if (!POSTERN_HOST_HAS(host, core_heard_ms))
		return PN_EUNSUPPORTED;
	g = calloc(1, sizeof *g);
	if (g == NULL)
		return PN_ENOMEM;
	g->host = host;
	g->tell.host = host;
	g->lost_after_ns = lost_after_ms * NS_PER_MS;
	g->hw = malloc(lane_hw_size());
	int rc = g->hw == NULL ? PN_ENOMEM : read_wiring(g);
	if (rc == PN_OK && !make(host, g->controller.timeout_ms, &g->line, &g->pause_ns))
		rc = gate_refuse(g->host, "gate.no_bus", kind);
	if (rc != PN_OK) {
		free(g->hw);
		free(g);
		return rc;
	}
	*self = g;
	return PN_OK;
}

int modbus_gate_start(void *self)
{
	struct gate *g = self;
	uint64_t now = clock_mono_ns();
	lane_hw_init(g->hw, &g->lane, now);
	bus_poll_init(&g->poll, &g->plan, g->pause_ns, now);
	tell_lost(g, true); /* until the controller has passed its test */
	advance(g, now);
	wake_at(g, now, now);
	return PN_OK;
}

void modbus_gate_core_started(void *self, uint64_t core_epoch)
{
	struct gate *g = self;
	(void)core_epoch;
	gate_tell_anew(&g->tell);
	if (g->told_lost)
		g->host->trouble(g->host->ctx, "gate.bus_lost", 1);
	gate_tell(&g->tell, g->hw, clock_mono_ns());
}

/* The safe outputs once more, where the controller still listens; its watchdog does the rest. */
void modbus_gate_stop(void *self)
{
	struct gate *g = self;
	uint64_t levels;
	for (unsigned i = 0; g->serves && i < g->plan.writes; i++) {
		const struct bus_request r = {BUS_WRITE, i, g->plan.safe};
		if (bus_line_exchange(&g->line, &g->plan, &r, &levels) != BUS_GOOD)
			break;
	}
	bus_line_close(&g->line);
	free(g->hw);
	free(g);
}

/* SPDX-License-Identifier: Apache-2.0
 * The poll cycle. Must never decide by anything but what was answered and when.
 */
#include "modbus/cycle.h"

#include <string.h>

#define NS_PER_MS UINT64_C(1000000)
#define KICK LANE_HW_BIT(LANE_HW_watchdog_kick)

static void lose(struct bus_poll *p, uint64_t now)
{
	p->in_service = false;
	p->round = p->step = p->failures = 0;
	if (p->not_before_ns < now + p->back_off_ns)
		p->not_before_ns = now + p->back_off_ns;
	p->back_off_ns = p->back_off_ns * 2 > BUS_BACK_OFF_MOST_NS ? BUS_BACK_OFF_MOST_NS : p->back_off_ns * 2;
}

void bus_poll_init(struct bus_poll *p, const struct bus_plan *plan, uint64_t pause_ns, uint64_t now_ns)
{
	const struct wiring_controller *c = &plan->controller;
	*p = (struct bus_poll){.plan = plan, .pause_ns = pause_ns, .timeout_ns = c->timeout_ms * NS_PER_MS, .period_ns = c->poll_ms * NS_PER_MS,
		.lost_ns = (uint64_t)(c->poll_ms + c->timeout_ms) * c->lost_after * NS_PER_MS, .doubtful = true, .not_before_ns = now_ns,
		.back_off_ns = BUS_BACK_OFF_NS};
}

bool bus_poll_in_service(struct bus_poll *p, uint64_t now)
{
	bool old = false;
	if (!p->in_service)
		return false;
	for (unsigned i = 0; i < p->plan->reads; i++)
		old = old || now - p->read_ns[i] > p->lost_ns;
	for (unsigned i = 0; i < p->plan->writes; i++)
		old = old || now - p->write_ns[i] > BUS_REFRESH_NS + p->lost_ns ||
		      (p->changed_ns[i] != 0 && now - p->changed_ns[i] > p->lost_ns);
	if (old) {
		/* an answer may still be under way */
		p->doubtful = true;
		lose(p, now);
	}
	return !old;
}

static uint64_t test_levels(const struct bus_poll *p)
{
	return (p->plan->safe & ~KICK) | (p->round % 2 != 0 ? KICK : 0);
}

/* The steps of a round: every block of outputs written, each read back, every block of inputs read. */
static struct bus_request test_request(const struct bus_poll *p)
{
	unsigned w = p->plan->writes, s = p->step;
	if (s < w)
		return (struct bus_request){BUS_WRITE, s, test_levels(p)};
	if (s < 2 * w)
		return (struct bus_request){BUS_READ_BACK, s - w, 0};
	return (struct bus_request){BUS_READ, s - 2 * w, 0};
}

static void tested(struct bus_poll *p, uint64_t levels, uint64_t asked, uint64_t now)
{
	const struct bus_plan *plan = p->plan;
	if (p->last.kind == BUS_READ_BACK && levels != (test_levels(p) & plan->write[p->last.block].lines)) {
		p->doubtful = true;
		lose(p, now);
		return;
	}
	if (p->last.kind == BUS_WRITE) {
		p->write_ns[p->last.block] = asked;
		p->written[p->last.block] = test_levels(p) & plan->write[p->last.block].lines;
	} else if (p->last.kind == BUS_READ)
		p->read_ns[p->last.block] = asked;
	if (++p->step < 2 * plan->writes + plan->reads)
		return;
	p->step = 0;
	if (++p->round < BUS_TEST_ROUNDS)
		return;
	p->in_service = true;
	p->next_block = 0;
	p->cycle_ns = now;
	p->wrote_last = true; /* a reading comes first */
	p->back_off_ns = BUS_BACK_OFF_NS;
	memset(p->changed_ns, 0, sizeof p->changed_ns);
	/* no block's time may be over for want of a turn while the others were tested */
	for (unsigned i = 0; i < plan->writes; i++)
		p->write_ns[i] = asked;
	for (unsigned i = 0; i < plan->reads; i++)
		p->read_ns[i] = asked;
}

static void note_changes(struct bus_poll *p, uint64_t outputs, uint64_t now)
{
	for (unsigned i = 0; i < p->plan->writes; i++) {
		bool differs = (outputs & p->plan->write[i].lines) != p->written[i];
		if (!differs)
			p->changed_ns[i] = 0;
		else if (p->changed_ns[i] == 0)
			p->changed_ns[i] = now;
	}
}

/* The block of outputs that is to be written; writes: none. */
static unsigned due_write(const struct bus_poll *p, uint64_t now)
{
	unsigned i = 0;
	while (i < p->plan->writes && p->changed_ns[i] == 0)
		i++;
	if (i < p->plan->writes)
		return i;
	for (i = 0; i < p->plan->writes; i++)
		if (now - p->write_ns[i] >= BUS_REFRESH_NS)
			break;
	return i;
}

static struct bus_step service(struct bus_poll *p, uint64_t outputs, uint64_t now)
{
	struct bus_step s = {.what = BUS_DO_EXCHANGE};
	unsigned w = due_write(p, now);
	bool read_due = now >= p->cycle_ns;
	if (p->last_failed && p->last.kind == BUS_READ)
		s.request = (struct bus_request){BUS_WRITE, w < p->plan->writes ? w : 0, outputs};
	else if (read_due && (p->wrote_last || w == p->plan->writes || (p->last_failed && p->last.kind == BUS_WRITE)))
		s.request = (struct bus_request){BUS_READ, p->next_block, 0};
	else if (p->last_failed) /* a writing, and no reading is due: one all the same */
		s.request = (struct bus_request){BUS_READ, p->next_block, 0};
	else if (w < p->plan->writes)
		s.request = (struct bus_request){BUS_WRITE, w, outputs};
	else {
		s.what = BUS_DO_WAIT;
		s.until_ns = p->cycle_ns;
		for (unsigned i = 0; i < p->plan->writes; i++)
			if (p->write_ns[i] + BUS_REFRESH_NS < s.until_ns)
				s.until_ns = p->write_ns[i] + BUS_REFRESH_NS;
	}
	return s;
}

struct bus_step bus_poll_next(struct bus_poll *p, uint64_t outputs, uint64_t now)
{
	struct bus_step s = {.what = BUS_DO_EXCHANGE};
	bool serves = bus_poll_in_service(p, now);
	if (serves)
		note_changes(p, outputs, now);
	if (now < p->not_before_ns)
		return (struct bus_step){.what = BUS_DO_WAIT, .until_ns = p->not_before_ns};
	if (p->doubtful)
		return (struct bus_step){.what = BUS_DO_ANEW};
	if (serves)
		s = service(p, outputs, now);
	else
		s.request = test_request(p);
	if (s.what == BUS_DO_EXCHANGE)
		p->last = s.request;
	return s;
}

static void failed(struct bus_poll *p, uint64_t now)
{
	p->not_before_ns = now + p->timeout_ns;
	if (!p->in_service || ++p->failures >= p->plan->controller.lost_after)
		lose(p, now);
}

void bus_poll_anew(struct bus_poll *p, bool good, uint64_t now)
{
	p->doubtful = !good;
	if (!good)
		failed(p, now);
}

static void read_well(struct bus_poll *p, uint64_t asked)
{
	unsigned b = p->last.block;
	p->read_ns[b] = asked;
	p->wrote_last = false;
	if (b == 0)
		p->cycle_ns = asked;
	p->next_block = (b + 1) % p->plan->reads;
	if (p->next_block == 0)
		p->cycle_ns += p->period_ns;
}

bool bus_poll_answered(struct bus_poll *p, enum bus_result result, uint64_t levels, uint64_t asked, uint64_t now)
{
	/* what has come too late says how things were, whoever held it up */
	if (result == BUS_GOOD && now - asked > 2 * p->timeout_ns)
		result = BUS_SILENT;
	p->last_failed = result != BUS_GOOD;
	p->not_before_ns = now + p->pause_ns;
	if (result != BUS_GOOD) {
		p->doubtful = p->doubtful || result != BUS_EXCEPTION;
		failed(p, now);
		return false;
	}
	p->failures = 0;
	if (!p->in_service) {
		tested(p, levels, asked, now);
		return false;
	}
	if (p->last.kind == BUS_READ) {
		read_well(p, asked);
		return true;
	}
	p->wrote_last = true;
	p->write_ns[p->last.block] = asked;
	p->written[p->last.block] = p->last.levels & p->plan->write[p->last.block].lines;
	p->changed_ns[p->last.block] = 0;
	return false;
}

/* SPDX-License-Identifier: Apache-2.0
 * The lane's surroundings: every input gets its time and randomness here, every output leaves here.
 * Must never call the lane from within the lane.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "loop/core_run.h"

#define DISPATCH_LIMIT_NS 5000000u

/* Quality of the wall clock as the kernel knows it (adjtimex(2)); never better than it says, and none after a step. */
static Postern__ClockQuality clock_quality(struct core *c, const struct lane_input *in)
{
	struct timex t = { 0 };
	uint64_t now = clock_mono_ms();
	int64_t step = clock_watch_step(&c->clock, in->mono_ms, in->wall_ms, now);
	int state;
	if (step != 0)
		pn_log(LOG_LEVEL_WARNING, "core", "clock.stepped", LN("ms", (long long)step));
	if (clock_watch_doubts(&c->clock, now))
		return POSTERN__CLOCK_QUALITY__CLOCK_UNKNOWN;
	if (c->config->clock == CONFIG_CLOCK_OPERATOR_ASSERTED)
		return POSTERN__CLOCK_QUALITY__CLOCK_OPERATOR_ASSERTED;
	state = adjtimex(&t);
	if (state < 0 || (t.status & STA_UNSYNC) != 0)
		return POSTERN__CLOCK_QUALITY__CLOCK_UNKNOWN;
	return POSTERN__CLOCK_QUALITY__CLOCK_SYNCHRONISED;
}

void core_input(struct core *c, struct lane_input *in, enum lane_input_kind kind)
{
	time_t seconds;
	struct tm local;
	memset(in, 0, sizeof *in);
	in->kind = kind;
	in->mono_ms = clock_mono_ms();
	in->wall_ms = clock_wall_ms();
	in->clock_quality = clock_quality(c, in);
	seconds = (time_t)(in->wall_ms / 1000);
	localtime_r(&seconds, &local); /* TZ is the crossing point's, set at start */
	in->year = (uint32_t)local.tm_year + 1900;
	in->month = (uint32_t)local.tm_mon + 1;
	in->day = (uint32_t)local.tm_mday;
	if (getrandom(in->random, sizeof in->random, 0) != sizeof in->random)
		pn_log(LOG_LEVEL_ERROR, "core", "random.short");
}

static void on_wake(uv_timer_t *timer)
{
	struct core *c = timer->data;
	struct lane_input in;
	plugins_catch_up(c);
	for (size_t i = 0; i <= c->kiosk_count; i++) {
		core_input(c, &in, LANE_TICK);
		core_dispatch_at(c, i, &in);
	}
	core_arm(c);
}

void core_arm(struct core *c)
{
	uint64_t at, now;
	if (!c->has_lane)
		return;
	post_show(c);
	at = lane_next_wake(&c->lane);
	for (size_t i = 0; i < c->kiosk_count; i++) {
		uint64_t next = lane_next_wake(&c->kiosks[i].lane);
		at = next < at ? next : at;
	}
	now = clock_mono_ms();
	if (at == UINT64_MAX)
		uv_timer_stop(&c->wake);
	else
		uv_timer_start(&c->wake, on_wake, at > now ? at - now : 0, 0);
}

/* What the lane says is this crossing's picture; NULL: it has none. */
static const uint8_t *picture_of(const struct crossing *x, int which)
{
	if (!x->active)
		return NULL;
	if (which == PICTURE_CHIP)
		return x->portrait_size > 0 ? x->portrait_sha256 : NULL;
	if (which == PICTURE_LIVE)
		return x->live_size > 0 ? x->live_sha256 : NULL;
	return x->printed_size > 0 ? x->printed_sha256 : NULL;
}

static void drop_pictures(struct core *c)
{
	for (int i = 0; i < CORE_PICTURES; i++) {
		const uint8_t *wanted = picture_of(&c->lane.crossing, i);
		if (c->pictures[i].fd < 0 || (wanted != NULL && memcmp(wanted, c->pictures[i].sha256, BUS_HASH_SIZE) == 0))
			continue;
		close(c->pictures[i].fd);
		c->pictures[i].fd = -1;
	}
}

void core_keep_pictures(struct core *c, int fd, const uint8_t *sha256)
{
	for (int i = 0; i < CORE_PICTURES; i++) {
		const uint8_t *wanted = picture_of(&c->lane.crossing, i);
		if (c->pictures[i].fd >= 0 || wanted == NULL || memcmp(wanted, sha256, BUS_HASH_SIZE) != 0)
			continue;
		c->pictures[i].fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		memcpy(c->pictures[i].sha256, sha256, BUS_HASH_SIZE);
	}
}

int core_dispatch(struct core *c, struct lane_input *in)
{
	return core_dispatch_at(c, 0, in);
}

int core_dispatch_at(struct core *c, size_t station, struct lane_input *in)
{
	uint64_t begun = clock_mono_ns(), took;
	int r;
	c->in_lane = true;
	c->at = station;
	if (station > 0) /* a gate that is locked needs no results */
		kiosks_lane(c, station)->config.record.mode = c->lane.config.record.mode;
	r = lane_dispatch(kiosks_lane(c, station), in, &c->sink);
	c->in_lane = false;
	c->at = 0;
	drop_pictures(c);
	took = clock_mono_ns() - begun;
	if (took > DISPATCH_LIMIT_NS) {
		metrics_add(&c->metrics, METRIC_SLOW_DISPATCHES, 1);
		pn_log(LOG_LEVEL_WARNING, "core", "dispatch.slow", LN("microseconds", took / 1000), LN("input", in->kind));
	}
	plugins_settle(c);
	rules_settle(c);
	return r;
}

/* -1: the message names no blob, or none that is at hand, and its receiver will find out. */
static int carried(const struct core *c, const Postern__Envelope *e)
{
	if (e->blob_sha256.len != BUS_HASH_SIZE)
		return -1;
	for (int i = 0; i < CORE_PICTURES; i++)
		if (c->pictures[i].fd >= 0 && memcmp(e->blob_sha256.data, c->pictures[i].sha256, BUS_HASH_SIZE) == 0)
			return fcntl(c->pictures[i].fd, F_DUPFD_CLOEXEC, 3);
	if (c->carried_fd < 0 ||
		memcmp(e->blob_sha256.data, c->carried_sha256, BUS_HASH_SIZE) != 0)
		return -1;
	return fcntl(c->carried_fd, F_DUPFD_CLOEXEC, 3);
}

static void sink_send(void *ctx, Postern__PluginKind to, const Postern__Envelope *e)
{
	struct core *c = ctx;
	if (plugins_send_at(c, c->at, to, e, carried(c, e)) != PN_OK)
		pn_log(LOG_LEVEL_DEBUG, "core", "send.nobody", LN("kind", to));
}

static void sink_append(void *ctx, uint64_t tag, const Postern__RecordClear *clear, const Postern__CrossingRecord *personal)
{
	records_append(ctx, tag, clear, personal);
}

static void sink_count(void *ctx, enum metric metric, int64_t add)
{
	struct core *c = ctx;
	/* A traveller counts at the gate. */
	if (c->at == 0 || (metric != METRIC_CROSSINGS && metric != METRIC_REFERRALS))
		metrics_add(&c->metrics, metric, add);
}

_Static_assert((int)CONFIG_TWO_STEP == (int)GATE_TWO_STEP && (int)CONFIG_ONE_STEP == (int)GATE_ONE_STEP &&
		       (int)CONFIG_SEGREGATED == (int)GATE_SEGREGATED && (int)CONFIG_TOPOLOGIES_ == (int)GATE_KIOSK,
	"what can be configured can be run");

int core_lane_init(struct core *c)
{
	struct lane_config lc = { 0 };
	const struct config_unit *u = c->unit;
	int r;
	uv_timer_init(&c->loop, &c->wake);
	c->wake.data = c;
	c->has_lane = u->role == CONFIG_GATE;
	if (!c->has_lane)
		return PN_OK;
	config_hash(c->config, c->config_hash);
	lc.record.lane = u->name;
	lc.record.software = POSTERN_VERSION;
	lc.record.schema = "1";
	lc.record.config_hash = c->config_hash;
	lc.record.seal_recipients = c->seal_recipients;
	lc.record.direction = (Postern__Direction)u->direction;
	lc.record.mode = (Postern__LaneMode)u->mode;
	lc.tenant = c->config->tenant;
	lc.topology = (enum gate_topology)u->topology;
	pn_log(LOG_LEVEL_INFO, "core", "lane.topology", LK("is", gate_topology_name(lc.topology)));
	lc.timing = gate_timing_default;
	lc.stale_after_ms = u->stale_after_ms;
	lc.officer_required = u->officer_required;
	lc.face_assisted = u->face == CONFIG_FACE_ASSISTED;
	for (int k = 0; k < LANE_KINDS; k++)
		lc.has[k] = (c->kinds >> k & 1u) != 0;
	c->sink = (struct lane_sink){ c, sink_send, sink_append, sink_count, faces_keep };
	r = kiosks_start(c, &lc);
	if (r != PN_OK)
		return r;
	lc.keep_faces = u->journal.failed_faces_hours > 0; /* of a gate's crossings: the core holds no picture of a kiosk's */
	lane_init(&c->lane, &lc);
	return mode_recall(c);
}

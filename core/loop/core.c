/* SPDX-License-Identifier: Apache-2.0
 * Start, life and end of one core process. Must never parse anything but its configuration, the bus and the channel.
 */
#include "loop/core.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "host/spawn.h"
#include "loop/core_run.h"
#include "loop/core_sandbox.h"

static void on_channel(void *data, int events)
{
	struct core *c = data;
	struct channel_message m;
	int fd = -1, r;
	(void)events;
	while ((r = channel_receive(c->channel, &m, &fd)) == PN_OK) {
		if (m.kind == CHANNEL_PLUGIN_UP && fd >= 0)
			plugins_up(c, &m, fd);
		else if (fd >= 0)
			close(fd);
		if (m.kind == CHANNEL_PLUGIN_DOWN)
			plugins_down(c, &m);
		if (m.kind == CHANNEL_STOP)
			c->stopping = true;
	}
	if (r == PN_ECLOSED)
		c->stopping = true;
	if (c->stopping)
		uv_stop(&c->loop);
	core_arm(c);
}

static void on_beat(uv_timer_t *timer)
{
	struct core *c = timer->data;
	struct channel_message alive = { .kind = CHANNEL_ALIVE };
	uint64_t now = clock_mono_ms();
	if (channel_send(c->channel, &alive, -1) == PN_ECLOSED)
		uv_stop(&c->loop);
	plugins_catch_up(c);
	c->beat_ms = now;
	plugins_beat(c, now);
	records_beat(c, now);
	rules_beat(c, now);
	kiosks_beat(c);
	core_arm(c);
}

static int read_spec(struct core_spec *spec)
{
	ssize_t n = pread(HOST_FD_SPEC, spec, sizeof *spec, 0);
	close(HOST_FD_SPEC);
	if (n != (ssize_t)sizeof *spec)
		return PN_EFORMAT;
	spec->unit[sizeof spec->unit - 1] = '\0';
	spec->config_path[sizeof spec->config_path - 1] = '\0';
	return PN_OK;
}

static int read_ack_key(struct core *c)
{
	char path[512];
	if (c->unit->trust == NULL)
		return PN_OK;
	snprintf(path, sizeof path, "%s/ack.pub", c->unit->trust);
	if (access(path, R_OK) != 0)
		return PN_OK;
	c->has_ack_key = true;
	return ack_key_read(path, c->ack_key);
}

static int load(struct core *c, const struct core_spec *spec, struct config **config)
{
	char message[4096], path[512];
	struct text errors;
	int r;
	text_init(&errors, message, sizeof message);
	r = config_load(spec->config_path, config, &errors);
	if (r != PN_OK) {
		pn_log(LOG_LEVEL_ERROR, "core", "config.refused", LK("why", message));
		return r;
	}
	c->config = *config;
	c->unit = config_unit_find(*config, spec->unit);
	if (c->unit == NULL)
		return PN_ENOTFOUND;
	log_identify(c->unit->name);
	log_threshold((*config)->log_level);
	if (c->unit->time_zone != NULL && setenv("TZ", c->unit->time_zone, 1) != 0)
		return PN_ENOMEM;
	tzset();
	if (c->unit->trust != NULL) {
		snprintf(path, sizeof path, "%s/officers", c->unit->trust);
		r = officer_keys_load(&c->officers, path);
		if (r != PN_OK)
			return r;
	}
	return read_ack_key(c);
}

static int allocate(struct core *c)
{
	c->arena_memory = malloc(BUS_ARENA_SIZE);
	c->buffer = malloc(BUS_MESSAGE_MAX);
	c->reply = malloc(REPLY_MAX);
	if (c->arena_memory == NULL || c->buffer == NULL || c->reply == NULL)
		return PN_ENOMEM;
	arena_init(&c->arena, c->arena_memory, BUS_ARENA_SIZE);
	return PN_OK;
}

/* The number of this core grows at every start: wall milliseconds never repeat here, and a clock that was set back only
 * makes the plugins say hello once more. */
static uint64_t new_epoch(void)
{
	return (uint64_t)clock_wall_ms();
}

static int run(struct core *c, const struct core_spec *spec)
{
	int landlock = 0, r = allocate(c);
	c->channel = HOST_FD_BUS;
	c->kinds = spec->kinds;
	memcpy(c->kiosk_kinds, spec->kiosk_kinds, sizeof c->kiosk_kinds);
	c->carried_fd = -1;
	for (int i = 0; i < CORE_PICTURES; i++)
		c->pictures[i].fd = -1;
	c->epoch = new_epoch();
	c->next_query_id = UINT64_C(1) << 62; /* apart from the lane's */
	if (r != PN_OK)
		return r;
	r = core_sandbox_enter(c->config, c->unit, spec->uid, spec->gid, &landlock);
	if (r != PN_OK)
		return r;
	/* After the filter: a later libuv that could set up an io_uring would lose it on the way. */
	if (uv_loop_init(&c->loop) != 0)
		return PN_ENOMEM;
	uv_timer_init(&c->loop, &c->beat);
	c->beat.data = c;
	if (landlock == 0)
		control_trouble(c, "sandbox.no_landlock", true);
	r = records_start(c);
	if (r == PN_OK)
		r = core_lane_init(c);
	if (r == PN_OK)
		r = rules_start(c);
	plugins_init(c);
	if (r == PN_OK)
		r = control_start(c);
	if (r == PN_OK)
		r = post_start(c);
	if (r == PN_OK)
		r = records_finish_open_crossing(c);
	if (r != PN_OK)
		return r;
	c->channel_watch = watch_start(&c->loop, c->channel, UV_READABLE, on_channel, c);
	if (c->channel_watch == NULL)
		return PN_ENOMEM;
	c->beat_ms = clock_mono_ms();
	uv_timer_start(&c->beat, on_beat, c->unit->heartbeat_ms, c->unit->heartbeat_ms);
	core_arm(c);
	pn_log(LOG_LEVEL_INFO, "core", "core.started", LN("epoch", c->epoch), LN("head_seq", c->head_seq));
	uv_run(&c->loop, UV_RUN_DEFAULT);
	records_stop(c);
	rules_stop(c);
	post_stop(c);
	lane_wipe(&c->lane);
	kiosks_stop(c);
	pn_log(LOG_LEVEL_INFO, "core", "core.stopped", LN("head_seq", c->head_seq));
	return PN_OK;
}

int core_main(void)
{
	struct core_spec spec;
	struct config *config = NULL;
	struct core *c = calloc(1, sizeof *c);
	int r = PN_ENOMEM;
	log_identify("core");
	if (c == NULL)
		goto out;
	r = read_spec(&spec);
	if (r == PN_OK)
		r = load(c, &spec, &config);
	if (r == PN_OK)
		r = run(c, &spec);
out:
	if (r != PN_OK)
		pn_log(LOG_LEVEL_ERROR, "core", "core.cannot_run", LE(r));
	config_free(config);
	if (c != NULL) {
		free(c->arena_memory);
		free(c->buffer);
		free(c->reply);
		for (size_t i = 0; i < CORE_RECENT; i++)
			free(c->recent[i].bytes);
	}
	free(c);
	return r == PN_OK ? 0 : 1;
}

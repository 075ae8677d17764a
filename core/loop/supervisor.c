/* SPDX-License-Identifier: Apache-2.0
 * Starting, watching and restarting cores and plugins. Keeps the core's end of every bus, so that a plugin outlives
 * its core and the next core finds it. Must never parse a byte of a child's but the channel's fixed structs.
 */
#include "loop/supervisor.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "loop/supervisor_run.h"

static void on_channel(void *data, int events);
static void on_ended(void *data, int events);

static const char *name_of(const struct child *c)
{
	return c->config != NULL ? c->config->instance : "core";
}

/* Tells a core that a plugin is there; a core that is away hears it when it starts. */
static void announce(struct child *c)
{
	struct channel_message m = { .kind = CHANNEL_PLUGIN_UP };
	struct unit *u = c->unit;
	if (!u->core.running || !c->running)
		return;
	m.pid = c->spawned.pid;
	m.plugin_kind = (uint32_t)c->manifest->kind;
	m.restarts = c->backoff.restarts;
	text_copy(m.instance, sizeof m.instance, c->config->instance);
	text_copy(m.plugin, sizeof m.plugin, c->manifest->name);
	text_copy(m.version, sizeof m.version, c->manifest->version);
	if (channel_send(u->core.spawned.bus_fd, &m, c->spawned.bus_fd) != PN_OK)
		pn_log(LOG_LEVEL_WARNING, "supervisor", "core.deaf", LK("unit", u->config->name));
}

static void announce_loss(struct child *c, int wait_status)
{
	struct channel_message m = { .kind = CHANNEL_PLUGIN_DOWN };
	if (!c->unit->core.running)
		return;
	m.wait_status = (uint32_t)wait_status;
	m.plugin_kind = (uint32_t)c->manifest->kind;
	m.unavailable = c->unavailable;
	text_copy(m.instance, sizeof m.instance, c->config->instance);
	if (channel_send(c->unit->core.spawned.bus_fd, &m, -1) != PN_OK)
		pn_log(LOG_LEVEL_WARNING, "supervisor", "core.deaf", LK("unit", c->unit->config->name));
}

static void watch(struct child *c)
{
	struct unit *u = c->unit;
	uv_loop_t *loop = &u->supervisor->loop;
	c->running = true;
	backoff_started(&c->backoff, clock_mono_ms());
	c->exited = watch_start(loop, c->spawned.pidfd, UV_READABLE, on_ended, c);
	pn_log(LOG_LEVEL_INFO, "supervisor", "child.started", LK("unit", u->config->name), LK("child", name_of(c)),
		LN("pid", c->spawned.pid), LN("restarts", c->backoff.restarts));
	if (c->config != NULL) {
		announce(c);
		return;
	}
	u->heard_ms = clock_mono_ms();
	u->channel = watch_start(loop, c->spawned.bus_fd, UV_READABLE, on_channel, u);
	for (size_t i = 0; i < u->plugin_count; i++)
		announce(&u->plugin[i]);
}

static void start(struct child *c);

static void on_retry(uv_timer_t *timer)
{
	start(timer->data);
}

/* started: it has run, and ended. */
static void later(struct child *c, bool started)
{
	uint32_t chance = 0;
	if (c->unit->supervisor->stopping)
		return;
	if (getrandom(&chance, sizeof chance, 0) != sizeof chance)
		chance = (uint32_t)clock_mono_ns();
	uint32_t wait_ms = started ? backoff_died(&c->backoff, clock_mono_ms(), chance) : backoff_failed(&c->backoff, chance);
	pn_log(LOG_LEVEL_INFO, "supervisor", "child.retry", LK("unit", c->unit->config->name), LK("child", name_of(c)),
		LN("wait_ms", wait_ms));
	uv_timer_start(&c->retry, on_retry, wait_ms, 0);
}

static void start(struct child *c)
{
	int r;
	if (c->unit->supervisor->stopping || c->running)
		return;
	r = c->config != NULL ? spawn_plugin(c) : spawn_core(c->unit);
	if (r == PN_OK) {
		watch(c);
		return;
	}
	if (c->absent) { /* nothing was started: there is nothing to be careful with */
		uv_timer_start(&c->retry, on_retry, DEVICE_LOOK_MS, 0);
		return;
	}
	pn_log(LOG_LEVEL_ERROR, "supervisor", "child.not_started", LK("unit", c->unit->config->name), LK("child", name_of(c)),
		LE(r));
	if (r == PN_EINVAL || r == PN_EDENIED || r == PN_EFORMAT) {
		c->unavailable = true; /* configuration: trying again would not help */
		if (c->config != NULL)
			announce_loss(c, 0);
		return;
	}
	later(c, false);
}

static void on_ended(void *data, int events)
{
	struct child *c = data;
	int wait_status = 0;
	(void)events;
	if (host_reap(&c->spawned, &wait_status) != PN_OK)
		return;
	watch_stop(&c->exited);
	if (c->config == NULL)
		watch_stop(&c->unit->channel);
	c->running = false;
	pn_log(LOG_LEVEL_WARNING, "supervisor", "child.ended", LK("unit", c->unit->config->name), LK("child", name_of(c)),
		LN("signal", WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0),
		LN("status", WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1));
	if (c->config != NULL)
		announce_loss(c, wait_status);
	close(c->spawned.pidfd);
	close(c->spawned.bus_fd);
	later(c, true);
}

static struct child *find(struct unit *u, const char *instance)
{
	for (size_t i = 0; i < u->plugin_count; i++)
		if (strcmp(u->plugin[i].config->instance, instance) == 0)
			return &u->plugin[i];
	return NULL;
}

static void on_channel(void *data, int events)
{
	struct unit *u = data;
	struct channel_message m;
	int fd = -1;
	(void)events;
	while (channel_receive(u->core.spawned.bus_fd, &m, &fd) == PN_OK) {
		struct child *c;
		if (fd >= 0)
			close(fd);
		u->heard_ms = clock_mono_ms();
		c = m.kind == CHANNEL_KILL ? find(u, m.instance) : NULL;
		if (c != NULL && c->running && c->spawned.pid == m.pid) {
			pn_log(LOG_LEVEL_WARNING, "supervisor", "plugin.killed_for_core", LK("unit", u->config->name),
				LK("child", m.instance));
			kill(c->spawned.pid, SIGKILL);
		}
	}
}

/* For whoever asks the service manager: how many there are of how many. */
static void tell_status(struct supervisor *s)
{
	unsigned cores = 0, plugins = 0, all = 0;
	char line[80];
	struct text t;
	for (size_t i = 0; i < s->unit_count; i++) {
		const struct unit *u = &s->units[i];
		cores += u->core.running;
		all += (unsigned)u->plugin_count;
		for (size_t k = 0; k < u->plugin_count; k++)
			plugins += u->plugin[k].running;
	}
	text_init(&t, line, sizeof line);
	text_add(&t, "cores %u/%zu, plugins %u/%u", cores, s->unit_count, plugins, all);
	notify_status(&s->notify, line);
}

static void on_beat(uv_timer_t *timer)
{
	struct supervisor *s = timer->data;
	uint64_t now = clock_mono_ms();
	tell_status(s);
	for (size_t i = 0; i < s->unit_count; i++) {
		struct unit *u = &s->units[i];
		/* A timer comes before what waits to be read: a supervisor that stood still has not listened. */
		if (u->core.running && now - u->heard_ms > CORE_SILENT_MS)
			on_channel(u, UV_READABLE);
		if (u->core.running && now > u->heard_ms && now - u->heard_ms > CORE_SILENT_MS) {
			pn_log(LOG_LEVEL_ERROR, "supervisor", "core.hung", LK("unit", u->config->name));
			u->heard_ms = now;
			kill(u->core.spawned.pid, SIGKILL);
		}
	}
}

static void stop_child(struct child *c, int signal)
{
	if (c->running)
		kill(c->spawned.pid, signal);
}

static void on_signal(uv_signal_t *handle, int signal)
{
	struct supervisor *s = handle->data;
	(void)signal;
	if (!s->stopping)
		uv_stop(&s->loop);
	s->stopping = true;
}

static bool still_there(struct child *c)
{
	int status;
	if (c->running && host_reap(&c->spawned, &status) == PN_OK)
		c->running = false;
	return c->running;
}

/* Waits until every core (or plugin) has ended, at most so long. */
static void await_end(struct supervisor *s, bool cores, unsigned limit_ms)
{
	for (unsigned waited_ms = 0; waited_ms < limit_ms; waited_ms += 10) {
		bool any = false;
		for (size_t i = 0; i < s->unit_count; i++) {
			struct unit *u = &s->units[i];
			any = (cores && still_there(&u->core)) || any;
			for (size_t k = 0; k < u->plugin_count && !cores; k++)
				any = still_there(&u->plugin[k]) || any;
		}
		if (!any)
			return;
		usleep(10000);
	}
}

static void must_end(struct child *c)
{
	int status;
	if (c->running && host_kill(&c->spawned, 1000, &status) != PN_OK)
		pn_log(LOG_LEVEL_ERROR, "supervisor", "child.cannot_be_ended", LK("unit", c->unit->config->name),
			LK("child", name_of(c)));
}

/* Cores first, so that what is in hand is committed; plugins after them, and in order: a gate's makes its outputs safe. */
static void stop_all(struct supervisor *s)
{
	notify_tell(&s->notify, "STOPPING=1");
	for (size_t i = 0; i < s->unit_count; i++) {
		struct channel_message m = { .kind = CHANNEL_STOP };
		struct child *c = &s->units[i].core;
		if (c->running && channel_send(c->spawned.bus_fd, &m, -1) != PN_OK)
			stop_child(c, SIGTERM);
	}
	await_end(s, true, CORES_END_MS);
	for (size_t i = 0; i < s->unit_count; i++) {
		must_end(&s->units[i].core);
		for (size_t k = 0; k < s->units[i].plugin_count; k++)
			stop_child(&s->units[i].plugin[k], SIGTERM);
	}
	await_end(s, false, PLUGINS_END_MS);
	for (size_t i = 0; i < s->unit_count; i++)
		for (size_t k = 0; k < s->units[i].plugin_count; k++)
			must_end(&s->units[i].plugin[k]);
}

int supervisor_run(const struct config *config, const char *config_path)
{
	struct supervisor s = { .config = config, .config_path = config_path };
	int r = PN_ENOMEM;
	log_identify("supervisor");
	notify_open(&s.notify);
	if (uv_loop_init(&s.loop) != 0)
		goto out;
	uv_signal_init(&s.loop, &s.terminate);
	uv_signal_init(&s.loop, &s.interrupt);
	uv_timer_init(&s.loop, &s.beat);
	s.terminate.data = s.interrupt.data = s.beat.data = &s;
	r = spawn_prepare(&s);
	if (r == PN_OK)
		r = spawn_folders(&s);
	if (r == PN_OK)
		r = spawn_ptys(&s);
	if (r != PN_OK)
		goto out;
	uv_signal_start(&s.terminate, on_signal, SIGTERM);
	uv_signal_start(&s.interrupt, on_signal, SIGINT);
	uv_timer_start(&s.beat, on_beat, 1000, 1000);
	for (size_t i = 0; i < s.unit_count; i++) {
		start(&s.units[i].core);
		for (size_t k = 0; k < s.units[i].plugin_count; k++)
			start(&s.units[i].plugin[k]);
	}
	tell_status(&s);
	notify_tell(&s.notify, "READY=1");
	notify_watchdog(&s.notify, &s.loop);
	uv_run(&s.loop, UV_RUN_DEFAULT);
	stop_all(&s);
out:
	if (r != PN_OK)
		pn_log(LOG_LEVEL_ERROR, "supervisor", "supervisor.cannot_start", LE(r));
	notify_close(&s.notify);
	free(s.units);
	return r == PN_OK ? 0 : 1;
}

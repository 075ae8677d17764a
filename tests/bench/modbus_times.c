/* SPDX-License-Identifier: Apache-2.0
 * bench-modbus [EDGES]: gate-modbus-tcp in its sandbox with the controller file as shipped, between a controller written by hand and a
 * core written by hand. Tells how long it takes from an emergency stop's edge at the controller to the message that says so on the
 * core's bus, and how far apart heartbeats come while the bus answers, while every exchange waits for an answer that does not come,
 * and while every answer comes too late; the same with the longest time-out that a controller file may have. Needs root, for the
 * plugin's own uid. Must never judge a time: it fails when an edge or the heartbeats do not come at all.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../sandbox/core_side.h"
#include "../scenario/modbus/server.h"
#include "base/clock.h"
#include "sim/lane/lane.h"

#define UID 64007
#define BEAT_MS 100u
#define EDGES_MAX 5000u
#define WATCH_US UINT64_C(10000000)

struct bench {
	struct server server;
	struct core_side core;
	char wiring[64];
	uint16_t port;
	uint64_t rest; /* levels of a lane that nothing is wrong with */
	uint64_t beat_us, told_us; /* newest heartbeat of the plugin; of ours */
	bool pressed;		   /* as the newest message says */
	unsigned messages;
};

__attribute__((noreturn)) static void fail(const char *why)
{
	fprintf(stderr, "bench-modbus: %s\n", why);
	exit(1);
}

static uint64_t now_us(void)
{
	return clock_mono_ns() / 1000;
}

static void listen_here(struct bench *b)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 4) != 0 ||
		getsockname(fd, (struct sockaddr *)&at, &size) != 0)
		fail("no listener on loopback");
	b->port = ntohs(at.sin_port);
	b->server = (struct server){.tcp = true, .listener = fd, .fd = -1, .unit = 1};
}

/* The shipped file, and where timeout_ms is not 0 another time-out in it. */
static void lay(const struct bench *b, const char *from_folder, const char *name, unsigned timeout_ms)
{
	char path[512], line[512];
	snprintf(path, sizeof path, "%s/%s", from_folder, name);
	FILE *in = fopen(path, "re");
	snprintf(path, sizeof path, "%s/%s", b->wiring, name);
	FILE *out = fopen(path, "we");
	if (in == NULL || out == NULL)
		fail(path);
	while (fgets(line, sizeof line, in) != NULL) {
		if (timeout_ms != 0 && strncmp(line, "timeout_ms:", 11) == 0)
			snprintf(line, sizeof line, "timeout_ms: %u\n", timeout_ms);
		if (timeout_ms != 0 && strncmp(line, "lost_after:", 11) == 0)
			snprintf(line, sizeof line, "lost_after: 2\n"); /* what the sum allows with it */
		fputs(line, out);
	}
	fclose(in);
	if (fclose(out) != 0 || chmod(path, 0644) != 0)
		fail(path);
}

static void take(struct bench *b)
{
	const Postern__Envelope *e = b->core.message.envelope;
	if (e->body_case == POSTERN__ENVELOPE__BODY_HEARTBEAT)
		b->beat_us = now_us();
	if (e->body_case == POSTERN__ENVELOPE__BODY_GATE_SENSED) {
		b->pressed = e->gate_sensed->emergency_stop;
		b->messages++;
	}
}

/* Both ends once: the controller answers what has come, the core hears what was said and tells that it lives. */
static void turn(struct bench *b)
{
	struct pollfd p[] = {{.fd = b->core.child.bus_fd, .events = POLLIN},
		{.fd = b->server.fd >= 0 ? b->server.fd : b->server.listener, .events = POLLIN}};
	uint64_t now;
	poll(p, 2, 1);
	now = now_us();
	server_turn(&b->server, now);
	while (core_side_next(&b->core, 0) == PN_OK)
		take(b);
	if (now - b->told_us >= BEAT_MS * 1000) {
		Postern__Heartbeat beat = POSTERN__HEARTBEAT__INIT;
		uint8_t bytes[32];
		beat.mono_ms = now / 1000;
		if (core_side_tell(&b->core, 0, POSTERN__ENVELOPE__BODY_HEARTBEAT, bytes, postern__heartbeat__pack(&beat, bytes)) != PN_OK)
			fail("the plugin hears nothing any more");
		b->told_us = now;
	}
}

static void until_pressed(struct bench *b, bool pressed)
{
	uint64_t end = now_us() + UINT64_C(20000000);
	while (b->pressed != pressed || b->messages == 0)
		if (now_us() > end)
			fail(pressed ? "an edge is not told" : "the lane does not come to rest");
		else
			turn(b);
}

static int by_size(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static void edges(struct bench *b, unsigned count)
{
	static uint32_t took[EDGES_MAX];
	for (unsigned i = 0; i < count; i++) {
		/* Each at another place of the poll cycle. */
		uint64_t at = now_us() + 60000 + (uint64_t)i * 1777 % 20000;
		while (now_us() < at)
			turn(b);
		b->server.inputs = b->rest & ~SIM_LANE_BIT(estop);
		at = now_us();
		until_pressed(b, true);
		took[i] = (uint32_t)(now_us() - at);
		b->server.inputs = b->rest;
		until_pressed(b, false);
	}
	qsort(took, count, sizeof took[0], by_size);
	printf("edge at the controller to message on the core's bus: n %u, p50 %.1f ms, p99 %.1f ms, most %.1f ms\n", count,
		took[count / 2] / 1e3, took[(size_t)count * 99 / 100] / 1e3, took[count - 1] / 1e3);
}

static void heartbeats(struct bench *b, const char *name, enum server_fault fault)
{
	uint64_t begun = now_us(), last = b->beat_us, longest = 0;
	unsigned beats = 0;
	b->server.fault = fault;
	while (now_us() - begun < WATCH_US) {
		turn(b);
		if (b->beat_us != last) {
			longest = last != 0 && b->beat_us - last > longest ? b->beat_us - last : longest;
			last = b->beat_us;
			beats++;
		}
	}
	b->server.fault = FAULT_NONE;
	if (beats == 0)
		fail("no heartbeat for 10 s");
	printf("heartbeats, one in %u ms asked for, %s: %u in 10 s, at most %.1f ms apart\n", BEAT_MS, name, beats, (double)longest / 1e3);
}

static void start(struct bench *b, const struct manifest *manifest)
{
	char port[8], why[500] = "";
	struct text error;
	snprintf(port, sizeof port, "%u", b->port);
	const struct named_value folders[] = {{"wiring", b->wiring}}, options[] = {{"controller", "generic-io.yaml"}, {"port", port}};
	const struct plugin_request r = {.unit = "lane-1", .instance = "lane-1/gate", .manifest_path = BENCH_MANIFEST, .manifest = manifest,
		.uid = UID, .gid = UID, .folders = folders, .folder_count = 1, .options = options, .option_count = 2,
		.sockets_allowed = manifest->sockets, .connect_ports = &b->port, .connect_port_count = 1};
	text_init(&error, why, sizeof why);
	if (core_side_start(&b->core, &r, &error) != PN_OK || core_side_greet(&b->core, 1, BEAT_MS, 1000) != PN_OK)
		fail(why[0] != '\0' ? why : "the plugin does not say hello");
	b->pressed = true;
	b->messages = 0;
	until_pressed(b, false);
}

static void with_timeout(struct bench *b, const struct manifest *manifest, unsigned timeout_ms, unsigned count)
{
	lay(b, BENCH_LANES, "two-step.yaml", 0);
	lay(b, BENCH_CONTROLLERS, "generic-io.yaml", timeout_ms);
	start(b, manifest);
	printf("time-out %s\n", timeout_ms == 0 ? "as shipped, 50 ms" : "200 ms, the longest");
	edges(b, count);
	heartbeats(b, "the bus answers", FAULT_NONE);
	heartbeats(b, "no answer comes", FAULT_SILENCE);
	heartbeats(b, "every answer is late", FAULT_LATE);
	if (core_side_status(&b->core, 0) != -1)
		fail("the plugin has ended");
	core_side_end(&b->core);
	if (b->server.fd >= 0)
		close(b->server.fd);
	b->server.fd = -1;
}

int main(int argc, char **argv)
{
	static struct bench b;
	static struct sim_lane lane;
	const struct sim_lane_setup setup = {.stroke_ms = 500, .bolt_ms = 80, .drive_latches = true, .relay_hold_ms = 300,
		.escape = {true, true}};
	struct manifest *manifest;
	char why[500] = "";
	struct text error;
	unsigned count = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 200;
	setvbuf(stdout, NULL, _IOLBF, 0);
	text_init(&error, why, sizeof why);
	if (geteuid() != 0 || count == 0 || count > EDGES_MAX)
		fail("expected root, and 1 to 5000 edges");
	if (setenv("HOST_CHILD", BENCH_HOST_CHILD, 1) != 0 || manifest_load(BENCH_MANIFEST, &manifest, &error) != PN_OK)
		fail(why);
	snprintf(b.wiring, sizeof b.wiring, "/tmp/postern-bench-XXXXXX");
	if (mkdtemp(b.wiring) == NULL || chmod(b.wiring, 0755) != 0)
		fail("no folder for the wiring");
	listen_here(&b);
	sim_lane_init(&lane, &setup, now_us());
	b.server.inputs = b.rest = sim_lane_inputs(&lane);
	with_timeout(&b, manifest, 0, count);
	with_timeout(&b, manifest, 200, count);
	manifest_free(manifest);
	close(b.server.listener);
	snprintf(why, sizeof why, "%s/two-step.yaml", b.wiring);
	unlink(why);
	snprintf(why, sizeof why, "%s/generic-io.yaml", b.wiring);
	unlink(why);
	rmdir(b.wiring);
	return 0;
}

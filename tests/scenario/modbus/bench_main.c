/* SPDX-License-Identifier: Apache-2.0
 * A gate controller on a Modbus bus, with a lane of steel and people behind it, driven by a scenario over its standard streams:
 *   modbus-bench {tcp LISTENER-FD|rtu LINE-FD}
 * Told: come | fault NAME | console WAITING RESUME | quit. Tells what an onlooker sees, a line each. The controller drops its outputs
 * when nothing was written for 400 ms, as gate-modbus.md asks of it. Must never know anything of posternd but what comes on the bus.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "server.h"
#include "sim/lane/traffic.h"

#define WATCHDOG_US 400000

struct bench {
	struct server server;
	struct sim_lane lane;
	struct sim_traffic traffic;
	struct sim_console console;
	enum sim_place place;
	bool invited, dropped, alarmed, served_out, ends;
	char line[128];
	size_t have;
};

static uint64_t mono_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void told(struct bench *b, const char *line)
{
	char word[32] = "";
	unsigned waiting, resume;
	if (strcmp(line, "come") == 0) {
		const struct sim_plan plan = {.number = b->traffic.done + 1, .will = WILL_CROSS, .fault = SIM_FAULT_NOTHING, .when = COMES,
			.speed_mm_s = 1200, .react_ms = 250, .officer_ms = 1000, .admits = false};
		sim_traffic_begin(&b->traffic, &plan);
	} else if (sscanf(line, "fault %31s", word) == 1 && server_fault_find(word) < SERVER_FAULTS) {
		b->server.fault = server_fault_find(word);
	} else if (sscanf(line, "console %u %u", &waiting, &resume) == 2) {
		b->console = (struct sim_console){.waiting = waiting != 0, .wants_resume = resume != 0};
	} else if (strcmp(line, "quit") == 0) {
		b->ends = true;
	} else {
		printf("what %s\n", line);
	}
}

static void hear(struct bench *b)
{
	char *end;
	ssize_t n = read(0, b->line + b->have, sizeof b->line - 1 - b->have);
	if (n <= 0) {
		b->ends = b->ends || n == 0;
		return;
	}
	b->have += (size_t)n;
	b->line[b->have] = '\0';
	while ((end = strchr(b->line, '\n')) != NULL) {
		*end = '\0';
		told(b, b->line);
		b->have -= (size_t)(end + 1 - b->line);
		memmove(b->line, end + 1, b->have + 1);
	}
}

static void tell(struct bench *b, const struct sim_traffic_acts *acts)
{
	static const char *const places[] = {"away", "comes", "reader", "waits", "enters", "in-entry", "chamber", "leaves", "in-exit", "returns",
		"intrudes", "shows"};
	static const char *const requests[] = {NULL, "admit", "send-back", "resume"};
	const struct sim_person *p = &b->lane.person[0];
	bool invites = sim_lane_invites(&b->lane);
	bool alarm = (b->lane.outputs & SIM_LANE_BIT(alarm)) == 0, out = (b->lane.outputs & SIM_LANE_BIT(out_of_service)) == 0;
	if (p->place != b->place)
		printf("place %s\n", places[p->place]);
	if (invites != b->invited)
		printf(invites ? "invites\n" : "closed\n");
	if (alarm != b->alarmed || out != b->served_out)
		printf("contacts alarm=%d out=%d\n", alarm, out);
	if (acts->lays_document)
		puts("lays");
	if (acts->takes_document)
		puts("takes");
	if (acts->request != SIM_ASKS_NOTHING)
		printf("want %s\n", requests[acts->request]);
	if (acts->crossing_over)
		printf("over passed=%d back=%u\n", p->passed, b->lane.oracle.went_back);
	b->place = p->place;
	b->invited = invites;
	b->alarmed = alarm;
	b->served_out = out;
	fflush(stdout);
}

/* The controller's own safe state: no circuit is driven. */
static void watch(struct bench *b, uint64_t now)
{
	bool silent = now - b->server.written_us > WATCHDOG_US;
	if (silent)
		b->server.outputs = 0;
	if (silent != b->dropped)
		printf(silent ? "drop\n" : "hears\n");
	b->dropped = silent;
}

static void turn(struct bench *b)
{
	struct sim_traffic_acts acts;
	struct pollfd p[] = {{.fd = 0, .events = POLLIN}, {.fd = b->server.fd, .events = POLLIN}};
	poll(p, b->server.fd >= 0 ? 2 : 1, 2);
	if (p[0].revents != 0)
		hear(b);
	uint64_t now = mono_us();
	watch(b, now);
	/* who hears nothing of the fire detection must take it for an alarm, as with a cut wire; the model's law is told so, and nobody
	 * else: no input is answered for meanwhile */
	b->lane.trouble.cut = b->server.fault != FAULT_NONE ? SIM_LANE_BIT(fire_alarm) : 0;
	uint64_t levels = b->server.outputs << SIM_LANE_FIRST_OUTPUT;
	sim_lane_outputs(&b->lane, levels, now);
	/* nobody asks the console about what the lamps show to be in order */
	if (levels & (SIM_LANE_BIT(entry_green) | SIM_LANE_BIT(exit_green)))
		b->console = (struct sim_console){.waiting = false};
	sim_traffic_step(&b->traffic, &b->console, false, &acts);
	b->server.inputs = sim_lane_inputs(&b->lane);
	server_turn(&b->server, now);
	if (acts.request != SIM_ASKS_NOTHING)
		b->console = (struct sim_console){.waiting = false};
	tell(b, &acts);
}

int main(int argc, char **argv)
{
	static struct bench b;
	const struct sim_lane_setup setup = {.stroke_ms = 500, .bolt_ms = 80, .drive_latches = true, .relay_hold_ms = 300,
		.escape = {true, true}};
	if (argc != 3) {
		fputs("usage: modbus-bench {tcp LISTENER-FD|rtu LINE-FD}\n", stderr);
		return 2;
	}
	int fd = (int)strtol(argv[2], NULL, 10);
	b.server = (struct server){.tcp = strcmp(argv[1], "tcp") == 0, .listener = fd, .fd = fd, .unit = 1};
	if (b.server.tcp)
		b.server.fd = -1;
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	sim_lane_init(&b.lane, &setup, mono_us());
	sim_traffic_init(&b.traffic, &b.lane, 1, 1);
	while (!b.ends)
		turn(&b);
	const struct sim_lane_oracle *o = &b.lane.oracle;
	const struct server *s = &b.server;
	double seconds = (double)(s->last_read_us - s->first_read_us) / 1e6;
	printf("end both_released_us=%llu both_open=%u opened_to_forced=%u in=%u out=%u back=%u longest_shut_in_us=%llu reads=%u writes=%u "
	       "others=%u connections=%u read_period_ms=%.2f\n",
		(unsigned long long)o->both_released_us, o->both_open, o->opened_to_forced, o->came_in, o->went_out, o->went_back,
		(unsigned long long)o->longest_shut_in_us, s->reads, s->writes, s->others, s->connections,
		s->reads > 1 ? seconds * 1e3 / (s->reads - 1) : 0.0);
	return 0;
}

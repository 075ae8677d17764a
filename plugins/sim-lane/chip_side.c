/* SPDX-License-Identifier: Apache-2.0
 * See chip_side.h.
 */
#include "chip_side.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "carried.h"
#include "sim/chip/pack.h"
#include "sim/chip/vpcd.h"
#include "thread/thread.h"

enum { EVENTS = 64, STACK = 512 * 1024, AGAIN_MS = 50, BACK_MS = 400 };

struct chip_side {
	struct chip_side_config config;
	pthread_t thread;
	int away; /* an eventfd: readable from taking a document back until the next one is served */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* Under the lock from here on. */
	bool laid, ending;
	uint32_t index, turn, served; /* turn counts documents laid down; served is the thread's last */
	enum traveller_kind kind;
	struct chip_side_event events[EVENTS];
	unsigned first, count, lost;
};

/* One document while it lies there; the thread's own. */
struct presence {
	struct chip_side *side;
	struct sim_chip *chip;
	uint32_t index;
	enum traveller_kind kind;
	size_t bytes, tear_at; /* answered so far; after how many it is moved, 0: never */
	uint64_t first_ms, last_ms;
	uint32_t exchanges;
};

static void tell(struct presence *p, enum chip_side_what what)
{
	struct chip_side *c = p->side;
	pthread_mutex_lock(&c->lock);
	if (c->count == EVENTS) {
		c->lost++;
	} else {
		c->events[(c->first + c->count++) % EVENTS] = (struct chip_side_event){what, p->index, p->kind,
			(uint32_t)(p->last_ms - p->first_ms), p->exchanges};
	}
	pthread_mutex_unlock(&c->lock);
}

/* A command came, or an answer goes out after ms. */
static void on_line(void *self, bool from_reader, const uint8_t *bytes, size_t size, double ms)
{
	struct presence *p = self;
	(void)bytes;
	if (from_reader) {
		if (p->first_ms == 0)
			p->first_ms = clock_mono_ms();
		return;
	}
	p->exchanges++;
	p->last_ms = clock_mono_ms() + (uint64_t)ms;
	p->bytes += size;
	if (p->tear_at != 0 && p->bytes >= p->tear_at) {
		const struct sim_chip_when next = {.on = true, .at = sim_chip_commands(p->chip) + 1};
		sim_chip_set_fault(p->chip, SIM_FAULT_TEAR, &next);
		p->tear_at = 0;
	}
}

/* True when the document was taken back meanwhile. */
static bool taken_within(const struct chip_side *c, int ms)
{
	struct pollfd p = {.fd = c->away, .events = POLLIN};
	int n;
	do
		n = poll(&p, 1, ms);
	while (n < 0 && errno == EINTR);
	return n != 0;
}

/* Until it is taken back, the document is there for every reader that comes. */
static void lie_there(struct presence *p)
{
	const struct sim_vpcd_trace trace = {on_line, p};
	struct chip_side *c = p->side;
	bool told = false, taken = false;
	while (!taken) {
		int fd = -1, wait_ms = AGAIN_MS;
		if (sim_vpcd_connect("127.0.0.1", c->config.port, &fd) == PN_OK) {
			if (!told)
				tell(p, CHIP_SIDE_PRESENTED);
			told = true;
			int err = sim_vpcd_serve(p->chip, fd, c->away, true, &trace);
			close(fd);
			taken = err == PN_ETIMEOUT;
			if (err == PN_ECLOSED) {
				tell(p, CHIP_SIDE_TORN);
				wait_ms = BACK_MS;
			}
		}
		taken = taken || taken_within(c, wait_ms);
	}
	if (p->exchanges > 0)
		tell(p, CHIP_SIDE_DONE);
}

static struct sim_chip_timing timing_of(const struct chip_pace *pace)
{
	struct sim_chip_timing t = {.air_kbit = pace->air_kbit, .frame_ms = pace->frame_us / 1000.0};
	for (size_t i = 0; i < 256; i++)
		t.ms[i] = pace->command_us / 1000.0;
	/* EXTERNAL, GENERAL and INTERNAL AUTHENTICATE */
	t.ms[0x82] = t.ms[0x86] = t.ms[0x88] = pace->key_ms;
	return t;
}

static void present(struct presence *p)
{
	struct chip_side *c = p->side;
	struct sim_chip_config config = {.timing = timing_of(&c->config.pace)};
	struct sim_pack *pack = NULL;
	char path[CARRIED_PATH_MAX];
	if (p->kind == TRAVELLER_BROKEN_CHIP)
		return;
	if (!carried_path(path, c->config.folder, p->index) || sim_pack_load(path, &config, &pack) != PN_OK ||
		sim_chip_new(&config, &p->chip) != PN_OK) {
		tell(p, CHIP_SIDE_MISSING);
		sim_pack_free(pack);
		return;
	}
	for (size_t i = 0; i < config.file_count && p->kind == TRAVELLER_WIGGLES; i++)
		p->tear_at += config.files[i].size / 2;
	lie_there(p);
	sim_chip_free(p->chip);
	sim_pack_free(pack);
}

/* The next document; false: the end. */
static bool await(struct chip_side *c, struct presence *p)
{
	uint64_t times;
	pthread_mutex_lock(&c->lock);
	while (!c->ending && !(c->laid && c->turn != c->served))
		pthread_cond_wait(&c->changed, &c->lock);
	bool ending = c->ending;
	/* what was taken back before this one was laid down is no matter of its own */
	while (!ending && read(c->away, &times, sizeof times) < 0 && errno == EINTR)
		;
	c->served = c->turn;
	*p = (struct presence){.side = c, .index = c->index, .kind = c->kind};
	pthread_mutex_unlock(&c->lock);
	return !ending;
}

static void *work(void *self)
{
	struct presence p;
	while (await(self, &p))
		present(&p);
	return NULL;
}

int chip_side_start(const struct chip_side_config *config, struct chip_side **out)
{
	struct chip_side *c = calloc(1, sizeof *c);
	*out = NULL;
	if (c == NULL)
		return PN_ENOMEM;
	c->config = *config;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->changed, NULL);
	c->away = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int rc = c->away >= 0 ? thread_begin(&c->thread, STACK, work, c) : PN_EIO;
	if (rc == PN_OK) {
		*out = c;
		return PN_OK;
	}
	if (c->away >= 0)
		close(c->away);
	free(c);
	return rc;
}

/* Under the lock. */
static void take_away(struct chip_side *c)
{
	const uint64_t one = 1;
	c->laid = false;
	while (write(c->away, &one, sizeof one) < 0 && errno == EINTR)
		;
}

void chip_side_lay(struct chip_side *c, uint32_t index, enum traveller_kind kind)
{
	pthread_mutex_lock(&c->lock);
	if (c->laid)
		take_away(c);
	c->laid = true;
	c->index = index;
	c->kind = kind;
	c->turn++;
	pthread_cond_signal(&c->changed);
	pthread_mutex_unlock(&c->lock);
}

void chip_side_take(struct chip_side *c)
{
	pthread_mutex_lock(&c->lock);
	if (c->laid)
		take_away(c);
	pthread_mutex_unlock(&c->lock);
}

bool chip_side_fetch(struct chip_side *c, struct chip_side_event *out)
{
	pthread_mutex_lock(&c->lock);
	bool any = c->count > 0;
	if (any) {
		*out = c->events[c->first];
		c->first = (c->first + 1) % EVENTS;
		c->count--;
	}
	pthread_mutex_unlock(&c->lock);
	return any;
}

unsigned chip_side_lost(struct chip_side *c)
{
	pthread_mutex_lock(&c->lock);
	unsigned lost = c->lost;
	pthread_mutex_unlock(&c->lock);
	return lost;
}

void chip_side_stop(struct chip_side *c)
{
	if (c == NULL)
		return;
	pthread_mutex_lock(&c->lock);
	c->ending = true;
	take_away(c);
	pthread_cond_signal(&c->changed);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	close(c->away);
	pthread_cond_destroy(&c->changed);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

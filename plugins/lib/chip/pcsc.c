/* SPDX-License-Identifier: Apache-2.0
 * See pcsc.h: following readers. A reader keeps its slot for as long as it is there. When pcscd goes every reader is gone, and it
 * is looked for until it is back. Must never hold the lock over a call to PC/SC.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "chip/pcsc_internal.h"
#include "thread/thread.h"

enum { LOOK_MS = 1000, AGAIN_MS = 300, NAMES_MAX = PCSC_LIST_MAX * PCSC_NAME_MAX };

#define PNP "\\\\?PnP?\\Notification"

struct timespec pcsc_until(uint32_t ms)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += (long)(ms % 1000) * 1000000L;
	if (t.tv_nsec >= 1000000000L) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000L;
	}
	return t;
}

bool pcsc_wanted(const char *wanted, const char *name)
{
	char part[PCSC_NAME_MAX];
	bool any = false;
	for (const char *at = wanted; *at != '\0';) {
		size_t n = strcspn(at, ",");
		if (n > 0 && n < sizeof part) {
			memcpy(part, at, n);
			part[n] = '\0';
			any = true;
			if (strstr(name, part) != NULL)
				return true;
		}
		at += n + (at[n] == ',');
	}
	return !any;
}

static LONG list(SCARDCONTEXT context, struct pcsc_list *out)
{
	char names[NAMES_MAX];
	DWORD size = sizeof names;
	out->count = 0;
	LONG rc = SCardListReaders(context, NULL, names, &size);
	if (rc == SCARD_E_NO_READERS_AVAILABLE)
		return SCARD_S_SUCCESS;
	if (rc != SCARD_S_SUCCESS)
		return rc;
	for (size_t at = 0; at < size && names[at] != '\0' && out->count < PCSC_LIST_MAX;) {
		size_t n = strnlen(names + at, size - at);
		if (n < PCSC_NAME_MAX && at + n < size) {
			memcpy(out->names[out->count], names + at, n + 1);
			out->count++;
		}
		at += n + 1;
	}
	return SCARD_S_SUCCESS;
}

int pcsc_list(struct pcsc_list *out)
{
	SCARDCONTEXT context;
	if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context) != SCARD_S_SUCCESS)
		return PN_EIO;
	LONG rc = list(context, out);
	SCardReleaseContext(context);
	return rc == SCARD_S_SUCCESS ? PN_OK : PN_EIO;
}

void pcsc_warm(void)
{
	SCARDCONTEXT context;
	if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context) == SCARD_S_SUCCESS)
		SCardReleaseContext(context);
}

static bool any_reader(const struct pcsc *p)
{
	for (size_t i = 0; i < CHIP_SLOTS_MAX; i++)
		if (p->slots[i].name[0] != '\0')
			return true;
	return false;
}

/* Wakes who waits for a card, and who wants to know of readers if that has changed. The lock is held. */
static void tell(struct pcsc *p)
{
	uint64_t one = 1;
	bool reader = any_reader(p);
	pthread_cond_broadcast(&p->changed);
	if (p->told && p->told_service == p->service && p->told_reader == reader)
		return;
	p->told = true;
	p->told_service = p->service;
	p->told_reader = reader;
	ssize_t n = write(p->status, &one, sizeof one);
	(void)n; /* full means that it is readable already */
}

static void empty(struct pcsc_slot *s)
{
	s->name[0] = '\0';
	s->state = SCARD_STATE_UNAWARE;
	s->present = false;
}

static bool in_list(const struct pcsc_list *l, const char *name)
{
	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->names[i], name) == 0)
			return true;
	return false;
}

/* Readers that are gone give up their slots, new ones take free ones. The lock is held. */
static void assign(struct pcsc *p, const struct pcsc_list *l)
{
	for (size_t i = 0; i < CHIP_SLOTS_MAX; i++)
		if (p->slots[i].name[0] != '\0' && !in_list(l, p->slots[i].name))
			empty(&p->slots[i]);
	for (size_t k = 0; k < l->count; k++) {
		struct pcsc_slot *free_slot = NULL;
		bool has = p->exact ? strcmp(p->wanted, l->names[k]) != 0 : !pcsc_wanted(p->wanted, l->names[k]);
		for (size_t i = CHIP_SLOTS_MAX; i-- > 0;) {
			has = has || strcmp(p->slots[i].name, l->names[k]) == 0;
			if (p->slots[i].name[0] == '\0')
				free_slot = &p->slots[i];
		}
		if (!has && free_slot != NULL)
			memcpy(free_slot->name, l->names[k], sizeof free_slot->name);
	}
}

/* One look at readers and cards; blocks until something changes, a second at most. */
static LONG look(struct pcsc *p)
{
	struct pcsc_list l;
	SCARD_READERSTATE states[CHIP_SLOTS_MAX + 1] = {{0}};
	char names[CHIP_SLOTS_MAX][PCSC_NAME_MAX];
	size_t slot_of[CHIP_SLOTS_MAX], n = 0;
	LONG rc = list(p->context, &l);
	if (rc != SCARD_S_SUCCESS)
		return rc;
	pthread_mutex_lock(&p->lock);
	assign(p, &l);
	for (size_t i = 0; i < CHIP_SLOTS_MAX; i++) {
		if (p->slots[i].name[0] == '\0')
			continue;
		memcpy(names[n], p->slots[i].name, PCSC_NAME_MAX);
		states[n].szReader = names[n];
		states[n].dwCurrentState = p->slots[i].state;
		slot_of[n++] = i;
	}
	tell(p);
	pthread_mutex_unlock(&p->lock);
	states[n].szReader = PNP;
	rc = SCardGetStatusChange(p->context, LOOK_MS, states, (DWORD)n + 1);
	if (rc == SCARD_E_TIMEOUT || rc == SCARD_E_UNKNOWN_READER)
		return SCARD_S_SUCCESS;
	if (rc != SCARD_S_SUCCESS)
		return rc;
	pthread_mutex_lock(&p->lock);
	for (size_t k = 0; k < n; k++) {
		struct pcsc_slot *s = &p->slots[slot_of[k]];
		s->state = states[k].dwEventState & ~(DWORD)SCARD_STATE_CHANGED;
		s->present = (s->state & SCARD_STATE_PRESENT) != 0 && (s->state & SCARD_STATE_MUTE) == 0;
	}
	tell(p);
	pthread_mutex_unlock(&p->lock);
	return SCARD_S_SUCCESS;
}

static void pause_ms(struct pcsc *p, uint32_t ms)
{
	const struct timespec until = pcsc_until(ms);
	pthread_mutex_lock(&p->lock);
	while (!p->ending && pthread_cond_timedwait(&p->changed, &p->lock, &until) == 0)
		continue;
	pthread_mutex_unlock(&p->lock);
}

static bool ending(struct pcsc *p)
{
	pthread_mutex_lock(&p->lock);
	bool is = p->ending;
	pthread_mutex_unlock(&p->lock);
	return is;
}

static void set_service(struct pcsc *p, bool there)
{
	pthread_mutex_lock(&p->lock);
	p->service = there;
	if (!there) {
		for (size_t i = 0; i < CHIP_SLOTS_MAX; i++)
			empty(&p->slots[i]);
		tell(p);
	}
	pthread_mutex_unlock(&p->lock);
}

static void *follow(void *self)
{
	struct pcsc *p = self;
	while (!ending(p)) {
		if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &p->context) == SCARD_S_SUCCESS) {
			set_service(p, true);
			while (!ending(p) && look(p) == SCARD_S_SUCCESS)
				continue;
			set_service(p, false);
			SCardReleaseContext(p->context);
		} else {
			set_service(p, false);
		}
		pause_ms(p, AGAIN_MS);
	}
	return NULL;
}

int pcsc_open(const char *wanted, struct pcsc **out)
{
	pthread_condattr_t attr;
	if (strlen(wanted) >= PCSC_WANTED_MAX)
		return PN_ELIMIT;
	struct pcsc *p = calloc(1, sizeof *p);
	if (p == NULL)
		return PN_ENOMEM;
	p->status = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->status < 0) {
		free(p);
		return PN_EIO;
	}
	memcpy(p->wanted, wanted, strlen(wanted));
	for (size_t i = 0; i < CHIP_SLOTS_MAX; i++)
		p->slots[i].p = p;
	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p->changed, &attr);
	pthread_condattr_destroy(&attr);
	*out = p;
	return PN_OK;
}

int pcsc_open_one(const char *name, struct pcsc **out)
{
	int err = pcsc_open(name, out);
	if (err == PN_OK)
		(*out)->exact = true;
	return err;
}

int pcsc_start(struct pcsc *p)
{
	int err = thread_begin(&p->follower, THREAD_STACK, follow, p);
	p->started = err == PN_OK;
	return err;
}

void pcsc_close(struct pcsc *p, bool left)
{
	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->ending = true;
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
	/* The follower looks up within LOOK_MS: it need not be cancelled. A pcscd that hangs would hang it, too. */
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 2 * LOOK_MS / 1000;
	if ((p->started && pthread_timedjoin_np(p->follower, NULL, &until) != 0) || left)
		return;
	for (size_t i = 0; i < CHIP_SLOTS_MAX; i++)
		pcsc_slot_close(&p->slots[i]);
	close(p->status);
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

struct chip_slot pcsc_slot(struct pcsc *p, size_t number)
{
	return (struct chip_slot){&p->slots[number], pcsc_slot_power, pcsc_slot_transmit, pcsc_slot_release, pcsc_slot_cancel};
}

bool pcsc_ready(struct pcsc *p, const char **reason)
{
	pthread_mutex_lock(&p->lock);
	bool reader = any_reader(p);
	*reason = p->service ? "reader.disconnected" : "reader.no_pcscd";
	pthread_mutex_unlock(&p->lock);
	return reader;
}

int pcsc_status_fd(const struct pcsc *p)
{
	return p->status;
}

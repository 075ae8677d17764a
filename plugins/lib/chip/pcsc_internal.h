/* SPDX-License-Identifier: Apache-2.0
 * What the follower of readers and their slots share. Private to pcsc.c and pcsc_slot.c: nothing else includes this.
 */
#ifndef POSTERN_CHIP_PCSC_INTERNAL_H
#define POSTERN_CHIP_PCSC_INTERNAL_H
#include <pthread.h>
#include <winscard.h>

#include "chip/pcsc.h"

enum { PCSC_WANTED_MAX = 512 };

struct pcsc_slot {
	struct pcsc *p;
	/* Under the lock */
	char name[PCSC_NAME_MAX]; /* "": no reader has this slot */
	DWORD state;              /* as SCardGetStatusChange() last said */
	bool present, cancelled;
	/* Of the thread that uses the slot */
	SCARDCONTEXT context;
	SCARDHANDLE card;
	DWORD protocol;
	bool has_context, connected;
};

struct pcsc {
	pthread_mutex_t lock;
	pthread_cond_t changed; /* monotonic clock */
	char wanted[PCSC_WANTED_MAX];
	bool exact; /* wanted is one whole name */
	struct pcsc_slot slots[CHIP_SLOTS_MAX];
	int status;
	bool service, ending, started; /* service: pcscd answers */
	bool told, told_service, told_reader;
	SCARDCONTEXT context; /* the follower's, while service */
	pthread_t follower;
};

/* So many milliseconds from now, for pthread_cond_timedwait(). */
struct timespec pcsc_until(uint32_t ms);

/* The functions of a struct chip_slot. */
int pcsc_slot_power(void *self, uint32_t wait_ms, struct chip_card *card);
int pcsc_slot_transmit(void *self, const uint8_t *command, size_t size, uint8_t *response, size_t *response_size, uint32_t limit_ms);
void pcsc_slot_release(void *self);
void pcsc_slot_cancel(void *self, bool on);
/* Frees what the slot has of PC/SC; its thread has ended. */
void pcsc_slot_close(struct pcsc_slot *s);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * Readers of PC/SC, through libpcsclite and pcscd: up to CHIP_SLOTS_MAX of those whose names are wanted, each a slot, as they come
 * and go. A thread of its own follows readers, cards and pcscd itself; slots are used by the threads of their callers.
 *
 * Neither connecting nor transmitting can be given a time or be cancelled: a slot's call may take for ever (worker.h).
 * Must never keep a card powered that nobody reads, nor share a context of PC/SC between threads.
 */
#ifndef POSTERN_CHIP_PCSC_H
#define POSTERN_CHIP_PCSC_H
#include "chip/slot.h"

enum { PCSC_NAME_MAX = 128, PCSC_LIST_MAX = 16 };

struct pcsc;

/* wanted: parts of names with commas between, a reader fits when one of them is in its name; "": every reader. Starts nothing.
 * PN_ELIMIT: too long; PN_ENOMEM, PN_EIO. */
int pcsc_open(const char *wanted, struct pcsc **out) PN_MUST_CHECK;
/* The one reader of this name. */
int pcsc_open_one(const char *name, struct pcsc **out) PN_MUST_CHECK;
int pcsc_start(struct pcsc *p) PN_MUST_CHECK;
/* Frees when all threads have ended. left: a thread hangs within a slot, and what it uses must stay. */
void pcsc_close(struct pcsc *p, bool left);

struct chip_slot pcsc_slot(struct pcsc *p, size_t number);

/* Whether there is a reader. *reason: a catalogue key when not. */
bool pcsc_ready(struct pcsc *p, const char **reason);
/* An eventfd, readable when that has changed. */
int pcsc_status_fd(const struct pcsc *p);

/* Loads what libpcsclite loads late, in a process that will not be able to later. */
void pcsc_warm(void);

struct pcsc_list {
	char names[PCSC_LIST_MAX][PCSC_NAME_MAX];
	size_t count;
};

/* The readers there are. PN_EIO: pcscd does not answer. */
int pcsc_list(struct pcsc_list *out) PN_MUST_CHECK;
/* Whether a name is wanted. Pure. */
bool pcsc_wanted(const char *wanted, const char *name);
#endif

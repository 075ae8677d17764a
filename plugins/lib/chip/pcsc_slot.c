/* SPDX-License-Identifier: Apache-2.0
 * See pcsc.h: one reader as a slot. A context of PC/SC for each, since the library serialises all calls of one. Must never be
 * called by two threads at a time, pcsc_slot_cancel() excepted.
 */
#include <reader.h>
#include <string.h>

#include "base/clock.h"
#include "chip/capacity.h"
#include "chip/pcsc_internal.h"

/* AGAIN_MS: between two tries to connect; a card that has just come, or gone, is not to be had at once. */
enum { AGAIN_MS = 50, EXTENDED_SIZE = 65535, APDU_OVERHEAD = 9, SHORT_SIZE = 261, FOLLOW_MAX = 300 };

static void disconnect(struct pcsc_slot *s, DWORD disposition)
{
	if (s->connected)
		SCardDisconnect(s->card, disposition);
	s->connected = false;
}

static void drop_context(struct pcsc_slot *s)
{
	s->connected = false;
	if (s->has_context)
		SCardReleaseContext(s->context);
	s->has_context = false;
}

/* pcscd has gone, or come back as another: what it gave is worth nothing. */
static bool service_lost(LONG rc)
{
	return rc == SCARD_E_NO_SERVICE || rc == SCARD_E_SERVICE_STOPPED || rc == SCARD_F_COMM_ERROR ||
	       rc == SCARD_E_INVALID_HANDLE || rc == SCARD_F_INTERNAL_ERROR;
}

/* Bytes of data in one command, as far as the reader says so (PC/SC part 10, 2.6.14). */
static size_t data_max(const struct pcsc_slot *s)
{
	uint8_t answer[256];
	DWORD size = 0;
	if (SCardControl(s->card, CM_IOCTL_GET_FEATURE_REQUEST, NULL, 0, answer, sizeof answer, &size) != SCARD_S_SUCCESS ||
		size > sizeof answer)
		return EXTENDED_SIZE;
	uint32_t code = chip_feature(answer, size, CHIP_FEATURE_TLV_PROPERTIES);
	if (code == 0 || SCardControl(s->card, code, NULL, 0, answer, sizeof answer, &size) != SCARD_S_SUCCESS || size > sizeof answer)
		return EXTENDED_SIZE;
	uint32_t max = chip_reader_size(answer, size);
	return max == 0 || max > EXTENDED_SIZE ? EXTENDED_SIZE : max;
}

/* The card in the reader of this name. */
static LONG connect_card(struct pcsc_slot *s, const char *name, struct chip_card *card)
{
	DWORD atr_size = sizeof card->atr;
	LONG rc = SCARD_S_SUCCESS;
	memset(card, 0, sizeof *card);
	if (!s->has_context)
		rc = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &s->context);
	if (rc != SCARD_S_SUCCESS)
		return rc;
	s->has_context = true;
	rc = SCardConnect(s->context, name, SCARD_SHARE_EXCLUSIVE, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &s->card, &s->protocol);
	if (rc == SCARD_S_SUCCESS) {
		s->connected = true;
		rc = SCardStatus(s->card, NULL, NULL, NULL, NULL, card->atr, &atr_size);
	}
	if (rc == SCARD_S_SUCCESS) {
		size_t max = data_max(s);
		card->atr_size = atr_size;
		/* T=0 has no extended length of its own (ISO/IEC 7816-3, 12.2). */
		card->command_max = s->protocol == SCARD_PROTOCOL_T0 || max <= 256 ? SHORT_SIZE : max + APDU_OVERHEAD;
		card->response_max = card->command_max;
		return rc;
	}
	disconnect(s, SCARD_UNPOWER_CARD);
	if (service_lost(rc))
		drop_context(s);
	return rc;
}

enum waited { CARD, NO_CARD, NO_READER, CANCELLED };

/* Until a card is in this slot's reader, or deadline_ms. tried: the card there did not answer, so wait a moment first. */
static enum waited await_card(struct pcsc_slot *s, uint64_t deadline_ms, bool tried, char name[PCSC_NAME_MAX])
{
	struct pcsc *p = s->p;
	enum waited found;
	pthread_mutex_lock(&p->lock);
	uint64_t now = clock_mono_ms(), not_before = tried ? now + AGAIN_MS : now;
	for (;;) {
		now = clock_mono_ms();
		found = s->cancelled ? CANCELLED : s->name[0] == '\0' ? NO_READER : s->present ? CARD : NO_CARD;
		if (found == CANCELLED || (found == CARD && now >= not_before && now <= deadline_ms) || now >= deadline_ms)
			break;
		uint64_t next = found == CARD && not_before < deadline_ms ? not_before : deadline_ms;
		const struct timespec until = pcsc_until((uint32_t)(next > now ? next - now : 1));
		pthread_cond_timedwait(&p->changed, &p->lock, &until);
	}
	memcpy(name, s->name, PCSC_NAME_MAX);
	pthread_mutex_unlock(&p->lock);
	/* A card that never answered is none. */
	return found == CARD && tried && now >= deadline_ms ? NO_CARD : found;
}

int pcsc_slot_power(void *self, uint32_t wait_ms, struct chip_card *card)
{
	struct pcsc_slot *s = self;
	uint64_t deadline = clock_mono_ms() + wait_ms;
	char name[PCSC_NAME_MAX];
	disconnect(s, SCARD_RESET_CARD);
	for (bool tried = false;; tried = true) {
		switch (await_card(s, deadline, tried, name)) {
		case CANCELLED:
			return PN_ECLOSED;
		case NO_READER:
			return PN_EIO;
		case NO_CARD:
			return PN_ENOTFOUND;
		case CARD:
			break;
		}
		if (connect_card(s, name, card) == SCARD_S_SUCCESS)
			return PN_OK;
	}
}

static LONG exchange(struct pcsc_slot *s, const uint8_t *command, size_t size, uint8_t *response, size_t *response_size)
{
	const SCARD_IO_REQUEST *pci = s->protocol == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1;
	DWORD got = (DWORD)*response_size;
	LONG rc = SCardTransmit(s->card, pci, command, (DWORD)size, NULL, response, &got);
	*response_size = got;
	return rc;
}

/* T=0 gives what a command with data answers only when it is asked for it (ISO/IEC 7816-3, 12.2.1): without Le, then GET RESPONSE
 * for as long as there is more. */
static LONG exchange_t0(struct pcsc_slot *s, const uint8_t *command, size_t size, uint8_t *response, size_t *response_size)
{
	size_t room = *response_size, got = room;
	size_t with_le = size > 6 ? (size_t)command[4] + 6 : 0;
	LONG rc = exchange(s, command, size == with_le ? size - 1 : size, response, &got);
	for (size_t at = 0, i = 0; rc == SCARD_S_SUCCESS; i++) {
		*response_size = at + got;
		if (got < 2 || got > room - at || response[at + got - 2] != 0x61 || i == FOLLOW_MAX)
			break;
		const uint8_t more[] = {0x00, 0xc0, 0x00, 0x00, response[at + got - 1]};
		at += got - 2;
		got = room - at;
		rc = exchange(s, more, sizeof more, response + at, &got);
	}
	return rc;
}

int pcsc_slot_transmit(void *self, const uint8_t *command, size_t size, uint8_t *response, size_t *response_size, uint32_t limit_ms)
{
	struct pcsc_slot *s = self;
	size_t room = *response_size;
	(void)limit_ms; /* cannot be told to PC/SC; the worker watches */
	if (!s->connected)
		return PN_EIO;
	LONG rc = s->protocol == SCARD_PROTOCOL_T0 ? exchange_t0(s, command, size, response, response_size)
						   : exchange(s, command, size, response, response_size);
	if (rc == SCARD_S_SUCCESS && *response_size <= room)
		return PN_OK;
	*response_size = 0;
	if (service_lost(rc))
		drop_context(s);
	return PN_EIO;
}

void pcsc_slot_release(void *self)
{
	disconnect(self, SCARD_UNPOWER_CARD);
}

void pcsc_slot_cancel(void *self, bool on)
{
	struct pcsc_slot *s = self;
	pthread_mutex_lock(&s->p->lock);
	s->cancelled = on;
	pthread_cond_broadcast(&s->p->changed);
	pthread_mutex_unlock(&s->p->lock);
}

void pcsc_slot_close(struct pcsc_slot *s)
{
	disconnect(s, SCARD_UNPOWER_CARD);
	drop_context(s);
}

/* SPDX-License-Identifier: Apache-2.0
 * What an infected plugin does on its bus, by hand-made packets: past every check of the host
 * library, which is in its own process and so proves nothing. Must never be installed.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bus.pb-c.h"
#include "infection.h"

static void put(const void *bytes, size_t size)
{
	struct pollfd p = {.fd = INFECTION_BUS, .events = POLLOUT};
	while (write(INFECTION_BUS, bytes, size) < 0 && (errno == EAGAIN || errno == ENOBUFS))
		poll(&p, 1, 100);
}

static void say(const Postern__Envelope *e)
{
	static uint8_t bytes[70000];
	if (postern__envelope__get_packed_size(e) <= sizeof bytes)
		put(bytes, postern__envelope__pack(e, bytes));
}

static void say_empty(Postern__Envelope__BodyCase body, uint64_t id)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	/* every body with no field set has the same bytes: none */
	uint8_t bytes[64];
	size_t n;
	e.id = id;
	n = postern__envelope__pack(&e, bytes);
	uint32_t key = (uint32_t)body << 3 | 2;
	while (key >= 0x80) {
		bytes[n++] = (uint8_t)(key | 0x80);
		key >>= 7;
	}
	bytes[n++] = (uint8_t)key;
	bytes[n++] = 0;
	put(bytes, n);
}

static void say_trouble(uint32_t number, bool active)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__Trouble t = POSTERN__TROUBLE__INIT;
	char code[32];
	snprintf(code, sizeof code, "invented.%u", number);
	t.code = code;
	t.active = active;
	e.body_case = POSTERN__ENVELOPE__BODY_TROUBLE;
	e.trouble = &t;
	say(&e);
}

static void say_text(const char *code)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__Trouble t = POSTERN__TROUBLE__INIT;
	t.code = (char *)(uintptr_t)code;
	t.active = true;
	e.body_case = POSTERN__ENVELOPE__BODY_TROUBLE;
	e.trouble = &t;
	say(&e);
}

/* Every sensor changes at every message: each is a word a gate may say. */
static void say_sensed(uint32_t number)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__GateSensed s = POSTERN__GATE_SENSED__INIT;
	bool odd = number & 1;
	s.entry_leaf =
		odd ? POSTERN__LEAF_POSITION__LEAF_OPEN : POSTERN__LEAF_POSITION__LEAF_LOCKED;
	s.exit_leaf = odd ? POSTERN__LEAF_POSITION__LEAF_LOCKED : POSTERN__LEAF_POSITION__LEAF_OPEN;
	s.occupants = number % 3;
	s.occupants_known = odd;
	s.object_left = odd;
	s.fire_alarm = odd;
	s.emergency_stop = !odd;
	s.mains_ok = odd;
	s.tamper = odd;
	s.self_test_ok = odd;
	s.key_reset = odd;
	e.body_case = POSTERN__ENVELOPE__BODY_GATE_SENSED;
	e.gate_sensed = &s;
	say(&e);
}

static void say_hello(uint64_t epoch, uint32_t kind)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__Hello h = POSTERN__HELLO__INIT;
	h.core_epoch = epoch;
	h.kind = (Postern__PluginKind)kind;
	h.schema_version = 1;
	e.body_case = POSTERN__ENVELOPE__BODY_HELLO;
	e.hello = &h;
	say(&e);
}

/* Takes the core's hello itself and answers it as a plugin of another kind. */
static void wrong_hello(void)
{
	static uint8_t bytes[20000];
	struct pollfd p = {.fd = INFECTION_BUS, .events = POLLIN};
	for (;;) {
		poll(&p, 1, 1000);
		ssize_t n = read(INFECTION_BUS, bytes, sizeof bytes);
		Postern__Envelope *e =
			n > 0 ? postern__envelope__unpack(NULL, (size_t)n, bytes) : NULL;
		if (e != NULL && e->body_case == POSTERN__ENVELOPE__BODY_CORE_HELLO)
			say_hello(e->core_hello->core_epoch, POSTERN__PLUGIN_KIND__KIND_DISPLAY);
		if (e != NULL)
			postern__envelope__free_unpacked(e, NULL);
	}
}

/* A heartbeat with a descriptor that it does not announce. */
static void with_descriptor(void)
{
	uint8_t bytes[2] = {(uint8_t)(POSTERN__ENVELOPE__BODY_HEARTBEAT << 3 | 2), 0};
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = {0};
	struct iovec part = {bytes, sizeof bytes};
	struct msghdr m = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof control};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	int fd = INFECTION_BUS;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(c), &fd, sizeof fd);
	if (sendmsg(INFECTION_BUS, &m, 0) < 0)
		_exit(1);
}

static void rest(void)
{
	for (;;)
		poll(NULL, 0, 1000);
}

/* Alive by every sign but one: it never reads again. */
static void deaf(void)
{
	for (;;) {
		say_empty(POSTERN__ENVELOPE__BODY_HEARTBEAT, 0);
		poll(NULL, 0, 50);
	}
}

static void flood(const char *what)
{
	for (uint32_t n = 0;; n++) {
		if (strcmp(what, "flood-trouble") == 0)
			say_trouble(n, true);
		else if (strcmp(what, "flood-sensed") == 0)
			say_sensed(n);
		else
			say_empty(POSTERN__ENVELOPE__BODY_HEARTBEAT, 0);
	}
}

void infection_misbehave(struct infection *i)
{
	static unsigned char large[60000];
	const char *does = i->does;
	if (strncmp(does, "flood", 5) == 0) {
		flood(does);
	} else if (strcmp(does, "hang") == 0) {
		rest();
	} else if (strcmp(does, "spin") == 0) {
		for (;;)
			__asm__ volatile("" ::: "memory");
	} else if (strcmp(does, "exit") == 0) {
		syscall(SYS_exit_group, 0);
	} else if (strcmp(does, "crash") == 0) {
		abort();
	} else if (strcmp(does, "deaf") == 0) {
		deaf();
	} else if (strcmp(does, "garbage") == 0) {
		put("\xff\xfe\xfd garbage", 11);
	} else if (strcmp(does, "oversized") == 0) {
		put(large, sizeof large);
	} else if (strcmp(does, "empty") == 0) {
		put("", 0);
		rest();
	} else if (strcmp(does, "closed") == 0) {
		close(INFECTION_BUS);
		rest();
	} else if (strcmp(does, "descriptor") == 0) {
		with_descriptor();
	} else if (strcmp(does, "command") == 0) { /* the core's own word */
		say_empty(POSTERN__ENVELOPE__BODY_GATE_COMMAND, 0);
	} else if (strcmp(does, "another") == 0) { /* another kind's word */
		uint32_t body = (uint32_t)strtoul(infection_argument(NULL, "another"), NULL, 10);
		say_empty((Postern__Envelope__BodyCase)body, 0);
	} else if (strcmp(does, "second-hello") == 0) {
		say_hello(i->epoch, POSTERN__PLUGIN_KIND__KIND_READER);
	} else if (strcmp(does, "wrong-hello") == 0) {
		wrong_hello();
	} else if (strcmp(does, "no-key") == 0) {
		say_text("ERIKSSON ANNA MARIA");
	}
}

/* An answer by hand. crossing: "" as for a query outside a crossing. */
static void answer_raw(
	const char *crossing, uint64_t id, uint32_t body, const uint8_t *bytes, size_t size)
{
	static uint8_t out[8192];
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	e.id = id;
	e.crossing_id = (char *)(uintptr_t)crossing;
	size_t n = postern__envelope__pack(&e, out);
	uint32_t key = body << 3 | 2, length = (uint32_t)size;
	if (size > 4096)
		return;
	for (; key >= 0x80; key >>= 7)
		out[n++] = (uint8_t)(key | 0x80);
	out[n++] = (uint8_t)key;
	for (; length >= 0x80; length >>= 7)
		out[n++] = (uint8_t)(length | 0x80);
	out[n++] = (uint8_t)length;
	memcpy(out + n, bytes, size);
	put(out, n + size);
}

int infection_answer(
	struct infection *i, uint64_t id, uint32_t body, const uint8_t *bytes, size_t size)
{
	const struct postern_host *h = i->host;
	const char *does = i->does;
	uint64_t late_id = i->late_id;
	if (strcmp(does, "mute") == 0)
		return 0;
	if (strcmp(does, "late") == 0 && size <= sizeof i->late) {
		/* the question before gets its answer now, this one at the next question */
		if (late_id != 0 &&
			h->answer(h->ctx, late_id, i->late_body, i->late, i->late_size) != 0)
			answer_raw("", late_id, i->late_body, i->late, i->late_size);
		i->late_id = id;
		i->late_body = body;
		i->late_size = size;
		memcpy(i->late, bytes, size);
		return 0;
	}
	if (strcmp(does, "unasked") == 0)
		answer_raw("", id + 1000, body, bytes, size);
	if (strcmp(does, "stranger") == 0) { /* right question, another crossing */
		answer_raw("01ARZ3NDEKTSV4RRFFQ69G5FAV", id, body, bytes, size);
		return 0;
	}
	if (strcmp(does, "other-type") == 0) {
		answer_raw("", id,
			body == POSTERN__ENVELOPE__BODY_RULES_EVALUATED
				? POSTERN__ENVELOPE__BODY_DOCUMENT_CHECKED
				: POSTERN__ENVELOPE__BODY_RULES_EVALUATED,
			(const uint8_t *)"", 0);
		return 0;
	}
	if (strcmp(does, "bent") == 0) { /* the first byte is no field of the message */
		answer_raw("", id, body, (const uint8_t *)"\xfa\x7f\x00", 3);
		return 0;
	}
	int rc = h->answer(h->ctx, id, body, bytes, size);
	if (strcmp(does, "twice") == 0)
		answer_raw("", id, body, bytes, size);
	return rc;
}

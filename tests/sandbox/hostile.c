/* SPDX-License-Identifier: Apache-2.0
 * A hostile plugin: makes the attempt its options name, in init() or in start(), misbehaves on
 * the bus when a core begins or when it is asked, or never comes to its end. Must never be installed.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attempts.h"
#include "base/err.h"
#include "bus.pb-c.h"
#include "postern/plugin.h"

enum { BUS = 3 };

struct hostile {
	const struct postern_host *host;
	const char *phase, *does;
	unsigned messages, die_at;
	uint32_t at; /* body of the message at which it misbehaves; 0: when a core begins */
};

static const char *argument(void *ctx, const char *name)
{
	const struct postern_host *host = ctx;
	const char *value = host->option(host->ctx, name);
	return value ? value : "";
}

static void attempt(const struct hostile *h, const char *phase)
{
	const struct attempt *a = attempt_find(h->does);
	if (a == NULL || strcmp(h->phase, phase) != 0)
		return;
	int rc = a->run(argument, (void *)h->host);
	syscall(SYS_exit_group, rc == 0 ? ATTEMPT_SUCCEEDED : ATTEMPT_REFUSED);
}

static void say(const void *bytes, size_t size)
{
	ssize_t n = write(BUS, bytes, size);
	(void)n;
}

static void *idle(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return NULL;
}

static int init(const struct postern_host *host, void **self)
{
	struct hostile *h = calloc(1, sizeof *h);
	if (h == NULL)
		return -2;
	h->host = host;
	h->phase = argument((void *)host, "phase");
	h->does = argument((void *)host, "attempt");
	h->die_at = (unsigned)strtoul(argument((void *)host, "die_at"), NULL, 10);
	h->at = (uint32_t)strtoul(argument((void *)host, "at"), NULL, 10);
	*self = h;
	attempt(h, "init");
	pthread_t thread;
	return strcmp(h->does, "thread-in-init") == 0 ? -pthread_create(&thread, NULL, idle, NULL)
						      : 0;
}

static int start(void *self)
{
	struct hostile *h = self;
	attempt(h, "start");
	return 0;
}

/* One frame that lies nowhere, beside a sealed memfd of one page that was never digested. */
static void say_frame(uint64_t id, const char *crossing)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__FaceCaptured a = POSTERN__FACE_CAPTURED__INIT;
	Postern__FaceFrame f = POSTERN__FACE_FRAME__INIT, *list[] = {&f};
	uint8_t bytes[256], digest[32] = {0};
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = {0};
	struct iovec part = {bytes, 0};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	const int fd = memfd_create("frame", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0 || ftruncate(fd, 4096) != 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
		abort();
	f.format = POSTERN__FRAME_FORMAT__FRAME_JPEG;
	f.offset = f.size = UINT32_MAX;
	a.result = POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL;
	a.frames = list;
	a.n_frames = 1;
	e.id = id;
	e.crossing_id = (char *)(uintptr_t)crossing;
	e.blob_sha256 = (ProtobufCBinaryData){sizeof digest, digest};
	e.blob_size = 4096;
	e.body_case = POSTERN__ENVELOPE__BODY_FACE_CAPTURED;
	e.face_captured = &a;
	part.iov_len = postern__envelope__pack(&e, bytes);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(c), &fd, sizeof fd);
	ssize_t n = sendmsg(BUS, &m, 0);
	(void)n;
	close(fd);
}

/* The answer that would let somebody through, with nothing behind it. */
static void lie(const struct hostile *h, const struct postern_message *m)
{
	/* FaceMatched: successful, scored, 1000 of 0 permille */
	static const uint8_t matched[] = {0x08, 0x01, 0x18, 0x01, 0x20, 0xe8, 0x07}, page[4096] = {0};
	Postern__FaceCaptured a = POSTERN__FACE_CAPTURED__INIT;
	Postern__FaceFrame f = POSTERN__FACE_FRAME__INIT, *list[] = {&f, &f, &f};
	uint8_t bytes[256];
	if (m->body == POSTERN__ENVELOPE__BODY_MATCH_FACE) {
		h->host->answer(h->host->ctx, m->query_id, POSTERN__ENVELOPE__BODY_FACE_MATCHED, matched, sizeof matched);
		return;
	}
	f.format = POSTERN__FRAME_FORMAT__FRAME_RGB24;
	f.offset = 4095;
	f.size = f.width = f.height = UINT32_MAX;
	a.result = POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL;
	a.frames = list;
	a.n_frames = 3;
	h->host->answer_blob(h->host->ctx, m->query_id, POSTERN__ENVELOPE__BODY_FACE_CAPTURED, bytes,
		postern__face_captured__pack(&a, bytes), page, sizeof page);
}

/* One picture that says it is 20,000 by 20,000, one of a single pixel, and one that is cut off. */
static void bombs(const struct hostile *h, const struct postern_message *m)
{
	static const uint8_t jpeg[] = {0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 8, 0, 16, 1, 1, 0x11, 0, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0x12, 0xff,
		0xd9};
	static const uint8_t sides[][2] = {{20000 >> 8, 20000 & 0xff}, {0, 1}, {1, 0}};
	Postern__FaceCaptured a = POSTERN__FACE_CAPTURED__INIT;
	Postern__FaceFrame f[3], *list[3];
	uint8_t bytes[256], blob[3 * sizeof jpeg];
	for (unsigned i = 0; i < 3; i++) {
		uint8_t *at = blob + i * sizeof jpeg;
		memcpy(at, jpeg, sizeof jpeg);
		memcpy(at + 7, sides[i], 2);
		memcpy(at + 9, sides[i], 2);
		postern__face_frame__init(&f[i]);
		f[i].format = POSTERN__FRAME_FORMAT__FRAME_JPEG;
		f[i].offset = (uint32_t)(i * sizeof jpeg);
		f[i].size = sizeof jpeg - (i == 2 ? 4 : 0);
		list[i] = &f[i];
	}
	a.result = POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL;
	a.frames = list;
	a.n_frames = 3;
	h->host->answer_blob(h->host->ctx, m->query_id, POSTERN__ENVELOPE__BODY_FACE_CAPTURED, bytes, postern__face_captured__pack(&a, bytes), blob,
		sizeof blob);
}

/* Everything that a reader asked for a portrait may not answer; then, unless it is to give none, what it may, and that again. */
static void page(const struct hostile *h, const struct postern_message *m)
{
	static const uint8_t jpeg[] = {0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 8, 0, 16, 1, 1, 0x11, 0, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0x12, 0xff,
		0xd9};
	static const uint8_t good[] = {0x08, 0x01}, svg[] = "<svg onload=alert(1)>";
	static uint8_t large[128 * 1024 + 1];
	const uint32_t cut = POSTERN__ENVELOPE__BODY_PORTRAIT_CUT, other = POSTERN__ENVELOPE__BODY_FACE_CAPTURED;
	const struct postern_host *host = h->host;
	memcpy(large, jpeg, sizeof jpeg - 2);
	memcpy(large + sizeof large - 2, jpeg + sizeof jpeg - 2, 2);
	const bool refused = host->answer_blob(host->ctx, m->query_id, cut, good, sizeof good, large, sizeof large) == PN_ELIMIT &&
			     host->answer_blob(host->ctx, m->query_id, cut, good, sizeof good, svg, sizeof svg) == PN_EFORMAT &&
			     host->answer_blob(host->ctx, m->query_id, cut, good, sizeof good, jpeg, sizeof jpeg - 1) == PN_EFORMAT &&
			     host->answer_blob(host->ctx, m->query_id, other, good, sizeof good, jpeg, sizeof jpeg) == PN_EINVAL &&
			     host->answer_blob(host->ctx, m->query_id + 1, cut, good, sizeof good, jpeg, sizeof jpeg) == PN_ENOTFOUND &&
			     host->report(host->ctx, cut, NULL, good, sizeof good) == PN_EDENIED;
	if (!refused) {
		/* CHECK_FAILED, cause "x" */
		host->answer(host->ctx, m->query_id, cut, (const uint8_t[]){0x08, 0x02, 0x12, 0x01, 'x'}, 5);
		return;
	}
	if (strcmp(h->does, "page") != 0)
		return;
	host->answer_blob(host->ctx, m->query_id, cut, good, sizeof good, jpeg, sizeof jpeg);
	if (host->answer_blob(host->ctx, m->query_id, cut, good, sizeof good, jpeg, sizeof jpeg) != PN_ENOTFOUND)
		abort();
}

static void misbehave(const struct hostile *h, const struct postern_message *m)
{
	/* Envelope.gate_command (70) of zero bytes; Envelope.reader_status (20) of zero bytes */
	static const unsigned char command[] = {0xb2, 0x04, 0x00}, status[] = {0xa2, 0x01, 0x00};
	static unsigned char large[60000];
	if (strcmp(h->does, "spin") == 0)
		for (;;)
			__asm__ volatile("" ::: "memory");
	if (strcmp(h->does, "hang") == 0)
		for (;;)
			sleep(1000);
	if (strcmp(h->does, "garbage") == 0)
		say("\xff\xfe\xfd garbage", 11);
	if (strcmp(h->does, "oversized") == 0)
		say(large, sizeof large);
	if (strcmp(h->does, "forbidden") == 0)
		say(command, sizeof command);
	if (strcmp(h->does, "empty") == 0)
		say("", 0);
	if (strcmp(h->does, "lies") == 0 && m != NULL)
		lie(h, m);
	if (strcmp(h->does, "bombs") == 0 && m != NULL)
		bombs(h, m);
	while (strcmp(h->does, "flood") == 0)
		say(status, sizeof status);
	while (strcmp(h->does, "frames") == 0)
		say_frame(m != NULL ? m->query_id : 1, m != NULL ? m->crossing_id : "");
}

/* Told when it is to misbehave, it first does what its kind must, so that it is asked at all: a camera that is ready, a matcher that
 * takes the reference. */
static void behave(const struct hostile *h, const struct postern_message *m)
{
	static const uint8_t ready[] = {0x08, 0x01}, taken[] = {0x08, 0x01};
	if (m == NULL)
		h->host->report(h->host->ctx, POSTERN__ENVELOPE__BODY_READER_STATUS, NULL, ready, sizeof ready);
	else if (m->body == POSTERN__ENVELOPE__BODY_TAKE_REFERENCE)
		h->host->answer(h->host->ctx, m->query_id, POSTERN__ENVELOPE__BODY_REFERENCE_TAKEN, taken, sizeof taken);
}

static void message(void *self, const struct postern_message *m)
{
	struct hostile *h = self;
	const bool die = strcmp(h->does, "die") == 0;
	if (m->body == POSTERN__ENVELOPE__BODY_CUT_PORTRAIT)
		page(h, m);
	if (h->at == 0 && die && ++h->messages >= h->die_at)
		abort();
	if (h->at == 0)
		return;
	if (m->body != h->at) {
		behave(h, m);
		return;
	}
	if (die)
		abort();
	misbehave(h, m);
}

static void core_started(void *self, uint64_t epoch)
{
	struct hostile *h = self;
	(void)epoch;
	if (h->at != 0) {
		behave(h, NULL);
		return;
	}
	if (strcmp(h->does, "die") == 0 && h->die_at == 0)
		abort();
	misbehave(h, NULL);
}

/* Called when it is told to end. */
static void stop(void *self)
{
	struct hostile *h = self;
	if (strcmp(h->does, "never-ends") == 0)
		h->host->log(h->host->ctx, POSTERN_WARNING, "hostile.told_to_end", "");
	while (strcmp(h->does, "never-ends") == 0)
		sleep(1000);
	free(h);
}

POSTERN_PLUGIN(.name = "hostile", .version = "0", .init = init, .start = start, .message = message,
	.core_started = core_started, .stop = stop);

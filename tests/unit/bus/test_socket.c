/* SPDX-License-Identifier: Apache-2.0
 * What crosses a process border: packets, descriptors, sealed memfds, and the queue before the
 * socket. Must never leave a descriptor open: each test compares their number before and after.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
/* cmocka.h needs those above it */
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/hex.h"
#include "bus/blob.h"
#include "bus/queue.h"

static int count_descriptors(void)
{
	int n = 0;
	DIR *d = opendir("/proc/self/fd");
	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

struct pair {
	int fd[2], before;
};

static int open_pair(void **state)
{
	struct pair *p = calloc(1, sizeof *p);
	assert_non_null(p);
	p->before = count_descriptors();
	assert_int_equal(bus_pair(p->fd), PN_OK);
	*state = p;
	return 0;
}

static int close_pair(void **state)
{
	struct pair *p = *state;
	for (int i = 0; i < 2; i++)
		if (p->fd[i] >= 0)
			close(p->fd[i]);
	assert_int_equal(count_descriptors(), p->before);
	free(p);
	return 0;
}

static void packets(void **state)
{
	struct pair *p = *state;
	uint8_t got[BUS_MESSAGE_MAX];
	size_t len;
	int fd;
	assert_int_equal(bus_receive(p->fd[1], got, sizeof got, &len, &fd), PN_EAGAIN);
	assert_int_equal(bus_send(p->fd[0], (const uint8_t *)"one", 3, -1), PN_OK);
	assert_int_equal(bus_send(p->fd[0], (const uint8_t *)"second", 6, -1), PN_OK);
	assert_int_equal(bus_receive(p->fd[1], got, sizeof got, &len, &fd), PN_OK);
	assert_int_equal(len, 3);
	assert_int_equal(fd, -1);
	assert_memory_equal(got, "one", 3);
	assert_int_equal(bus_receive(p->fd[1], got, sizeof got, &len, &fd), PN_OK);
	assert_int_equal(len, 6);
	assert_int_equal(bus_send(p->fd[0], got, 0, -1), PN_EINVAL);
	static uint8_t large[BUS_MESSAGE_MAX + 1];
	assert_int_equal(bus_send(p->fd[0], large, BUS_MESSAGE_MAX, -1), PN_OK);
	assert_int_equal(bus_send(p->fd[0], large, BUS_MESSAGE_MAX + 1, -1), PN_ELIMIT);
	assert_int_equal(bus_receive(p->fd[1], got, sizeof got, &len, &fd), PN_OK);
	assert_int_equal(len, BUS_MESSAGE_MAX);
}

static void cut_packet(void **state)
{
	struct pair *p = *state;
	uint8_t got[4];
	size_t len;
	int fd, blob = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(bus_send(p->fd[0], (const uint8_t *)"12345", 5, blob), PN_OK);
	assert_int_equal(bus_receive(p->fd[1], got, sizeof got, &len, &fd), PN_EFORMAT);
	assert_int_equal(fd, -1);
	assert_int_equal(len, 0);
	/* the rest of the packet is gone, not the next message */
	assert_int_equal(bus_receive(p->fd[1], got, sizeof got, &len, &fd), PN_EAGAIN);
	close(blob);
}

static void send_descriptors(int fd, const int *fds, size_t count, const char *bytes, size_t size)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * 16)];
	} control = {0};
	struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
	struct msghdr m = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = CMSG_SPACE(sizeof(int) * count)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int) * count);
	memcpy(CMSG_DATA(c), fds, sizeof(int) * count);
	assert_int_equal(sendmsg(fd, &m, MSG_NOSIGNAL), size);
}

static void descriptors(void **state)
{
	struct pair *p = *state;
	uint8_t got[16];
	size_t len;
	int fd, null = open("/dev/null", O_RDONLY | O_CLOEXEC), fds[16];
	for (size_t i = 0; i < 16; i++)
		fds[i] = null;
	assert_int_equal(bus_send(p->fd[0], (const uint8_t *)"a", 1, null), PN_OK);
	assert_int_equal(bus_receive(p->fd[1], got, sizeof got, &len, &fd), PN_OK);
	assert_true(fd >= 0 && fd != null);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	close(fd);
	/* two, as many as are seen, and more than are seen */
	static const size_t counts[] = {2, 8, 16};
	for (size_t i = 0; i < PN_COUNT(counts); i++) {
		int before = count_descriptors();
		send_descriptors(p->fd[0], fds, counts[i], "a", 1);
		assert_int_equal(bus_receive(p->fd[1], got, sizeof got, &len, &fd), PN_EFORMAT);
		assert_int_equal(fd, -1);
		assert_int_equal(count_descriptors(), before);
	}
	close(null);
}

static void closed(void **state)
{
	struct pair *p = *state;
	uint8_t got[16];
	size_t len;
	int fd;
	assert_int_equal(bus_send(p->fd[0], (const uint8_t *)"last", 4, -1), PN_OK);
	close(p->fd[0]);
	p->fd[0] = -1;
	/* what was said before the end is still heard */
	assert_int_equal(bus_receive(p->fd[1], got, sizeof got, &len, &fd), PN_OK);
	assert_int_equal(bus_receive(p->fd[1], got, sizeof got, &len, &fd), PN_ECLOSED);
	assert_int_equal(bus_send(p->fd[1], got, 4, -1), PN_ECLOSED);
}

static void full(void **state)
{
	struct pair *p = *state;
	static uint8_t bytes[BUS_MESSAGE_MAX];
	unsigned sent = 0;
	int r;
	while ((r = bus_send(p->fd[0], bytes, sizeof bytes, -1)) == PN_OK)
		sent++;
	assert_int_equal(r, PN_EAGAIN);
	assert_true(sent >= 4);
}

/* --- memfds -------------------------------------------------------------------------------------
 */

static void blob_whole(void **state)
{
	struct bus_blob blob;
	const uint8_t *bytes;
	char hex[65];
	int fd, before = count_descriptors();
	(void)state;
	assert_int_equal(blob_create((const uint8_t *)"abc", 3, &fd, &blob), PN_OK);
	hex_encode(hex, blob.sha256, sizeof blob.sha256);
	/* FIPS 180-4, SHA-256 example, one block */
	assert_string_equal(
		hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(blob.size, 3);
	assert_int_equal(blob_check_seals(fd, 3), PN_OK);
	assert_int_equal(blob_check_seals(fd, 4), PN_EFORMAT);
	assert_int_equal(blob_check_seals(fd, 0), PN_ELIMIT);
	assert_int_equal(blob_map(fd, &blob, &bytes), PN_OK);
	assert_memory_equal(bytes, "abc", 3);
	blob_unmap(bytes, blob.size);
	uint8_t copy[3] = {0};
	assert_int_equal(blob_read(fd, &blob, copy), PN_OK);
	assert_memory_equal(copy, "abc", 3);
	blob.sha256[31] ^= 1;
	assert_int_equal(blob_read(fd, &blob, copy), PN_ECRYPTO);
	assert_memory_equal(copy, "\0\0\0", 3); /* nobody sees bytes that are others than was said */
	assert_int_equal(blob_map(fd, &blob, &bytes), PN_ECRYPTO);
	assert_null(bytes);
	/* the seals hold: nobody can change what was hashed */
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	assert_int_equal(ftruncate(fd, 1), -1);
	assert_ptr_equal(mmap(NULL, 3, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
	close(fd);
	assert_int_equal(blob_create(NULL, 0, &fd, &blob), PN_EINVAL);
	assert_int_equal(count_descriptors(), before);
}

static void blob_unsealed(void **state)
{
	static const int seals[] = {F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE,
		F_SEAL_SEAL | F_SEAL_GROW | F_SEAL_WRITE,
		F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_WRITE,
		F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW};
	(void)state;
	for (size_t i = 0; i < PN_COUNT(seals); i++) {
		int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		assert_int_equal(write(fd, "abc", 3), 3);
		assert_int_equal(fcntl(fd, F_ADD_SEALS, seals[i]), 0);
		assert_int_equal(blob_check_seals(fd, 3), PN_EFORMAT); /* one seal is missing */
		close(fd);
	}
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	const struct bus_blob none = {.size = 3};
	uint8_t copy[3];
	assert_int_equal(blob_check_seals(fd, 3), PN_EFORMAT);
	assert_int_equal(blob_read(fd, &none, copy), PN_EFORMAT);
	close(fd);
}

static struct bus_message announcing(Postern__Envelope *e, uint64_t size)
{
	postern__envelope__init(e);
	e->blob_size = size;
	return (struct bus_message){.envelope = e, .has_blob = size > 0, .blob_fd = -1};
}

static void blob_taken(void **state)
{
	Postern__Envelope e;
	struct bus_blob blob;
	int fd, before = count_descriptors();
	(void)state;
	struct bus_message m = announcing(&e, 0);
	assert_int_equal(bus_take_blob(&m, -1), PN_OK);
	assert_int_equal(blob_create((const uint8_t *)"abc", 3, &fd, &blob), PN_OK);
	assert_int_equal(bus_take_blob(&m, fd), PN_EFORMAT); /* not announced */
	m = announcing(&e, 3);
	assert_int_equal(bus_take_blob(&m, -1), PN_EFORMAT); /* announced, not there */
	assert_int_equal(blob_create((const uint8_t *)"abcd", 4, &fd, &blob), PN_OK);
	assert_int_equal(bus_take_blob(&m, fd), PN_EFORMAT); /* another size */
	assert_int_equal(count_descriptors(), before);
	assert_int_equal(blob_create((const uint8_t *)"abc", 3, &fd, &blob), PN_OK);
	assert_int_equal(bus_take_blob(&m, fd), PN_OK);
	assert_int_equal(m.blob_fd, fd);
	close(fd);
}

/* --- queue --------------------------------------------------------------------------------------
 */

static void queue_in_order(void **state)
{
	struct pair *p = *state;
	static uint8_t memory[64 * 1024], big[BUS_MESSAGE_MAX];
	struct bus_queue q;
	uint8_t got[BUS_MESSAGE_MAX];
	size_t len;
	int fd;
	bus_queue_init(&q, memory, sizeof memory);
	assert_int_equal(bus_queue_flush(&q, p->fd[0]), PN_OK);
	/* 500 messages of different lengths through a queue of 64 KiB, some with a descriptor */
	unsigned in = 0, out = 0;
	while (out < 500) {
		while (in < 500 && in < out + 20) {
			size_t size = 4 + (in * 37) % 2000;
			memcpy(big, &in, sizeof in);
			memset(big + 4, (int)(in & 0xff), size - 4);
			int blob = in % 7 == 0 ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;
			assert_int_equal(bus_queue_push(&q, big, size, blob, false), PN_OK);
			in++;
		}
		int r = bus_queue_flush(&q, p->fd[0]);
		assert_true(r == PN_OK || r == PN_EAGAIN);
		while (bus_receive(p->fd[1], got, sizeof got, &len, &fd) == PN_OK) {
			unsigned number;
			memcpy(&number, got, sizeof number);
			assert_int_equal(number, out);
			assert_int_equal(len, 4 + (out * 37) % 2000);
			if (len > 4)
				assert_int_equal(got[len - 1], out & 0xff);
			assert_int_equal(fd >= 0, out % 7 == 0);
			if (fd >= 0)
				close(fd);
			out++;
		}
	}
	assert_int_equal(q.count, 0);
	for (size_t i = 0; i < sizeof memory; i++)
		assert_int_equal(memory[i], 0); /* wiped */
}

static void queue_bounds(void **state)
{
	static uint8_t memory[BUS_MESSAGE_MAX * 4], bytes[BUS_MESSAGE_MAX];
	struct bus_queue q;
	int before = count_descriptors();
	(void)state;
	bus_queue_init(&q, memory, sizeof memory);
	assert_int_equal(
		bus_queue_push(&q, bytes, 0, open("/dev/null", O_RDONLY), false), PN_EINVAL);
	/* bytes: three droppable messages fill three quarters, the fourth place is kept for what
	 * matters */
	for (int i = 0; i < 3; i++)
		assert_int_equal(
			bus_queue_push(&q, bytes, sizeof bytes, open("/dev/null", O_RDONLY), true),
			PN_OK);
	assert_int_equal(bus_queue_push(&q, bytes, sizeof bytes, open("/dev/null", O_RDONLY), true),
		PN_EAGAIN);
	assert_int_equal(q.dropped, 1);
	assert_int_equal(bus_queue_push(&q, bytes, sizeof bytes, -1, false), PN_OK);
	assert_int_equal(
		bus_queue_push(&q, bytes, 1, open("/dev/null", O_RDONLY), false), PN_ELIMIT);
	assert_int_equal(q.dropped, 1);
	assert_int_equal(q.count, 4);
	bus_queue_clear(&q);
	assert_int_equal(q.count, 0);
	assert_int_equal(count_descriptors(), before);
	/* messages: 96 of 128 places for droppable ones */
	for (int i = 0; i < 96; i++)
		assert_int_equal(bus_queue_push(&q, bytes, 1, -1, true), PN_OK);
	assert_int_equal(bus_queue_push(&q, bytes, 1, -1, true), PN_EAGAIN);
	for (int i = 0; i < 32; i++)
		assert_int_equal(bus_queue_push(&q, bytes, 1, -1, false), PN_OK);
	assert_int_equal(bus_queue_push(&q, bytes, 1, -1, false), PN_ELIMIT);
	assert_int_equal(q.dropped, 2);
	bus_queue_clear(&q);
	assert_int_equal(count_descriptors(), before);
}

static void queue_peer_gone(void **state)
{
	struct pair *p = *state;
	static uint8_t memory[BUS_MESSAGE_MAX];
	struct bus_queue q;
	bus_queue_init(&q, memory, sizeof memory);
	assert_int_equal(
		bus_queue_push(&q, (const uint8_t *)"a", 1, open("/dev/null", O_RDONLY), false),
		PN_OK);
	close(p->fd[1]);
	p->fd[1] = -1;
	assert_int_equal(bus_queue_flush(&q, p->fd[0]), PN_ECLOSED);
	bus_queue_clear(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(packets, open_pair, close_pair),
		cmocka_unit_test_setup_teardown(cut_packet, open_pair, close_pair),
		cmocka_unit_test_setup_teardown(descriptors, open_pair, close_pair),
		cmocka_unit_test_setup_teardown(closed, open_pair, close_pair),
		cmocka_unit_test_setup_teardown(full, open_pair, close_pair),
		cmocka_unit_test(blob_whole),
		cmocka_unit_test(blob_unsealed),
		cmocka_unit_test(blob_taken),
		cmocka_unit_test_setup_teardown(queue_in_order, open_pair, close_pair),
		cmocka_unit_test(queue_bounds),
		cmocka_unit_test_setup_teardown(queue_peer_gone, open_pair, close_pair),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 * The sender's decisions, and acknowledgements signed by the openssl program over typed-in bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"
#include "journal/file.h"
#include "outbox/outbox.h"

#define ACKED POSTERN__FORWARD_RESULT__FORWARD_ACKED
#define UNREACHABLE POSTERN__FORWARD_RESULT__FORWARD_UNREACHABLE
#define BUSY POSTERN__FORWARD_RESULT__FORWARD_BUSY
#define CONFLICT POSTERN__FORWARD_RESULT__FORWARD_CONFLICT
#define REJECTED POSTERN__FORWARD_RESULT__FORWARD_REJECTED

static const struct outbox_config config = {.batch_max = 64,
	.backoff_first_ms = 1000,
	.backoff_max_ms = 60000,
	.request_timeout_ms = 30000};
static const uint8_t hash[32] = {1, 2, 3};

static struct outbox fresh(void)
{
	struct outbox o;
	assert_int_equal(outbox_init(&o, &config), 0);
	return o;
}

static struct ack ack_of(uint64_t epoch, uint64_t seq)
{
	struct ack a = {.epoch = epoch, .acked_seq = seq};
	memcpy(a.head_hash, hash, sizeof hash);
	return a;
}

static uint32_t ask(struct outbox *o, uint64_t now, uint64_t pending)
{
	struct outbox_decision d = outbox_next(o, now, pending, 0);
	assert_int_equal(d.send, d.max_records > 0);
	return d.max_records;
}

static void deliver(struct outbox *o, uint64_t now, uint64_t first, uint64_t last)
{
	struct ack a = ack_of(1, last);
	outbox_sent(o, now, 1, first, last, hash);
	assert_true(outbox_answered(o, now, ACKED, &a, 0, 0));
	outbox_settled(o, now, 0, 0);
}

static void test_live_and_backlog(void **state)
{
	(void)state;
	struct outbox o = fresh();
	assert_int_equal(ask(&o, 0, 0), 0);
	assert_int_equal(ask(&o, 0, 1), 1); /* live: at once, alone */
	deliver(&o, 0, 1, 1);
	assert_int_equal(ask(&o, 0, 3), 3);
	assert_int_equal(ask(&o, 0, 100000), 64);
}

static void test_one_in_flight(void **state)
{
	(void)state;
	struct outbox o = fresh();
	struct ack a = ack_of(1, 2);
	outbox_sent(&o, 100, 1, 1, 2, hash);
	struct outbox_decision d = outbox_next(&o, 101, 50, 0);
	assert_false(d.send);
	assert_int_equal(d.wake_ms, 30100);
	assert_true(outbox_answered(&o, 102, ACKED, &a, 0, 0));
	assert_int_equal(ask(&o, 103, 50), 0); /* not before the acknowledgement is durable */
	assert_false(outbox_answered(&o, 104, ACKED, &a, 0, 0)); /* twice the same answer */
	outbox_settled(&o, 105, 0, 0);
	assert_int_equal(ask(&o, 106, 48), 48);
}

static void test_back_off(void **state)
{
	(void)state;
	/* Upper bounds: 1, 2, 4 ... s, at most 60; the pause is uniform below, and at least 1 ms.
	 */
	static const uint64_t bound[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
	static const uint32_t batch[] = {32, 16, 8, 4, 2, 1, 1, 1};
	struct outbox o = fresh();
	uint64_t now = 1000000;
	for (size_t i = 0; i < PN_COUNT(bound); i++) {
		struct outbox high = o;
		outbox_sent(&o, now, 1, 1, 9, hash);
		outbox_sent(&high, now, 1, 1, 9, hash);
		assert_false(outbox_answered(&o, now, UNREACHABLE, NULL, 0, 0));
		assert_false(outbox_answered(&high, now, UNREACHABLE, NULL, 0, UINT32_MAX));
		assert_int_equal(outbox_next(&o, now, 99, 0).wake_ms, now + 1);
		assert_int_equal(outbox_next(&high, now, 99, 0).wake_ms, now + 1 + bound[i]);
		assert_int_equal(ask(&high, now + bound[i], 99), 0);
		assert_int_equal(ask(&high, now + bound[i] + 1, 99), batch[i]);
		now += 1;
		assert_int_equal(ask(&o, now, 99), batch[i]);
	}
	deliver(&o, now, 1, 1);
	assert_int_equal(ask(&o, now, 99), 2);
	deliver(&o, now, 2, 3);
	assert_int_equal(ask(&o, now, 99), 4);
	outbox_sent(&o, now, 1, 4, 7, hash);
	assert_false(outbox_answered(&o, now, UNREACHABLE, NULL, 0, UINT32_MAX));
	assert_int_equal(outbox_next(&o, now, 99, 0).wake_ms,
		now + 1001); /* a success starts the count anew */
}

static void test_busy(void **state)
{
	(void)state;
	struct outbox o = fresh();
	outbox_sent(&o, 0, 1, 1, 64, hash);
	assert_false(outbox_answered(&o, 0, BUSY, NULL, 5000, UINT32_MAX));
	assert_int_equal(outbox_next(&o, 0, 99, 0).wake_ms, 6001);
	assert_int_equal(ask(&o, 6001, 99), 64); /* busy is no reason for smaller batches */
	outbox_sent(&o, 6001, 1, 1, 64, hash);
	assert_false(outbox_answered(&o, 6001, BUSY, NULL, UINT32_MAX, 0));
	assert_int_equal(
		outbox_next(&o, 6001, 99, 0).wake_ms, 6001 + 600000 + 1); /* never for ever */
}

static void test_no_answer(void **state)
{
	(void)state;
	struct outbox o = fresh();
	struct ack a = ack_of(1, 2);
	outbox_sent(&o, 0, 1, 1, 2, hash);
	assert_int_equal(outbox_next(&o, 29999, 2, UINT32_MAX).wake_ms, 30000);
	assert_int_equal(outbox_next(&o, 30000, 2, UINT32_MAX).wake_ms, 31001);
	/* The late answer is not counted; the records go again, and the centre knows them. */
	assert_false(outbox_answered(&o, 30001, ACKED, &a, 0, 0));
	assert_int_equal(ask(&o, 31001, 2), 2);
}

static void stopped(struct outbox *o, enum outbox_alarm alarm, const char *key)
{
	assert_int_equal(o->state, OUTBOX_ALARM);
	assert_int_equal(o->alarm, alarm);
	assert_string_equal(outbox_alarm_key(o->alarm), key);
	assert_int_equal(ask(o, UINT64_MAX / 2, 99), 0);
	outbox_clear_alarm(o);
	assert_int_equal(ask(o, 0, 99), 1);
}

static void test_alarms(void **state)
{
	(void)state;
	struct outbox o = fresh();
	outbox_sent(&o, 0, 1, 1, 2, hash);
	assert_false(outbox_answered(&o, 0, CONFLICT, NULL, 0, 0));
	stopped(&o, OUTBOX_ALARM_CONFLICT, "outbox.conflict");
	outbox_sent(&o, 0, 1, 1, 2, hash);
	assert_false(outbox_answered(&o, 0, REJECTED, NULL, 0, 0));
	stopped(&o, OUTBOX_ALARM_REJECTED, "outbox.rejected");
	struct ack a = ack_of(1, 2);
	outbox_sent(&o, 0, 1, 1, 2, hash);
	assert_true(outbox_answered(&o, 0, ACKED, &a, 0, 0));
	outbox_settled(&o, 0, PN_ECONFLICT, 0);
	stopped(&o, OUTBOX_ALARM_CONFLICT, "outbox.conflict");
}

static void test_acknowledgement_of_something_else(void **state)
{
	(void)state;
	struct ack none = ack_of(1, 4), other_epoch = ack_of(2, 7), past = ack_of(1, 9),
		   other_hash = ack_of(1, 8);
	other_hash.head_hash[0] ^= 1;
	const struct ack *const wrong[] = {NULL, &none, &other_epoch, &past, &other_hash};
	for (size_t i = 0; i < PN_COUNT(wrong); i++) {
		struct outbox o = fresh();
		outbox_sent(&o, 0, 1, 5, 8, hash);
		assert_false(outbox_answered(&o, 0, ACKED, wrong[i], 0, 0));
		stopped(&o, OUTBOX_ALARM_FORGED, "outbox.forged_acknowledgement");
	}
	/* The front of a batch is an answer. */
	struct outbox o = fresh();
	struct ack front = ack_of(1, 6);
	outbox_sent(&o, 0, 1, 5, 8, hash);
	assert_true(outbox_answered(&o, 0, ACKED, &front, 0, 0));
}

static void test_disk_refuses_acknowledgement(void **state)
{
	(void)state;
	struct outbox o = fresh();
	struct ack a = ack_of(1, 2);
	outbox_sent(&o, 0, 1, 1, 2, hash);
	assert_true(outbox_answered(&o, 0, ACKED, &a, 0, 0));
	outbox_settled(&o, 10, PN_EIO, 0);
	assert_int_equal(o.state, OUTBOX_PAUSED);
	assert_int_equal(ask(&o, 11, 2), 2);
}

static void test_unknown_result_is_unreachable(void **state)
{
	(void)state;
	for (int r = 0; r < 20; r++) {
		struct outbox o = fresh();
		if (r == (int)ACKED || r == (int)CONFLICT || r == (int)REJECTED || r == (int)BUSY)
			continue;
		outbox_sent(&o, 0, 1, 1, 2, hash);
		assert_false(outbox_answered(&o, 0, (Postern__ForwardResult)r, NULL, 0, 0));
		assert_int_equal(o.state, OUTBOX_PAUSED);
	}
}

static void test_config(void **state)
{
	(void)state;
	struct outbox o;
	struct outbox_config c = config;
	c.batch_max = 65;
	assert_int_equal(outbox_init(&o, &c), PN_EINVAL);
	c.batch_max = 0;
	assert_int_equal(outbox_init(&o, &c), PN_EINVAL);
	c = config;
	c.backoff_first_ms = c.backoff_max_ms + 1;
	assert_int_equal(outbox_init(&o, &c), PN_EINVAL);
	c.backoff_first_ms = 0;
	assert_int_equal(outbox_init(&o, &c), PN_EINVAL);
}

/* JournalAck by hand: 1 "utopia", 2 "north-1", 3 epoch 3, 4 acked_seq 300, 5 32 bytes 0x5a, 6
 * wall_ms 1000. */
static size_t typed_ack(uint8_t *out)
{
	static const uint8_t head[] = {0x0a, 6, 'u', 't', 'o', 'p', 'i', 'a', 0x12, 7, 'n', 'o',
		'r', 't', 'h', '-', '1', 0x18, 3, 0x20, 0xac, 0x02, 0x2a, 32};
	static const uint8_t tail[] = {0x30, 0xe8, 0x07};
	memcpy(out, head, sizeof head);
	memset(out + sizeof head, 0x5a, 32);
	memcpy(out + sizeof head + 32, tail, sizeof tail);
	return sizeof head + 32 + sizeof tail;
}

static void test_signature(void **state)
{
	struct fixture *f = fixture_new(NULL);
	uint8_t bytes[128], signature[65], key[ACK_KEY];
	char path[160];
	size_t size = typed_ack(bytes), signature_size;
	struct ack a;
	(void)state;
	snprintf(path, sizeof path, "%s/ack", f->folder);
	assert_int_equal(file_write_synced(path, bytes, size, 0600), 0);
	fixture_shell("cd %s && openssl genpkey -algorithm ed25519 -out ack.key 2>/dev/null &&"
		      " openssl pkey -in ack.key -pubout -out ack.pub &&"
		      " openssl pkeyutl -sign -inkey ack.key -rawin -in ack -out signature",
		f->folder);
	snprintf(path, sizeof path, "%s/ack.pub", f->folder);
	assert_int_equal(ack_key_read(path, key), 0);
	assert_int_equal(ack_key_read(f->centre, key), PN_EFORMAT);
	assert_int_equal(ack_key_read("/nonexistent", key), PN_EIO);
	assert_int_equal(ack_key_read(path, key), 0);
	snprintf(path, sizeof path, "%s/signature", f->folder);
	assert_int_equal(file_read(path, signature, sizeof signature, &signature_size), 0);
	assert_int_equal(signature_size, 64);
	Postern__SignedAck s = POSTERN__SIGNED_ACK__INIT;
	s.ack = (ProtobufCBinaryData){.data = bytes, .len = size};
	s.signature = (ProtobufCBinaryData){.data = signature, .len = 64};
	assert_int_equal(ack_verify(&s, key, "utopia", "north-1", &a), 0);
	assert_int_equal(a.epoch, 3);
	assert_int_equal(a.acked_seq, 300);
	assert_int_equal(a.head_hash[0], 0x5a);
	assert_int_equal(a.head_hash[31], 0x5a);
	assert_int_equal(a.wall_ms, 1000);
	assert_int_equal(ack_verify(&s, key, "utopia", "north-2", &a), PN_EFORMAT);
	assert_int_equal(ack_verify(&s, key, "utopi", "north-1", &a), PN_EFORMAT);
	for (size_t i = 0; i < size; i++) {
		bytes[i] ^= 0x10;
		assert_int_equal(ack_verify(&s, key, "utopia", "north-1", &a), PN_ECRYPTO);
		bytes[i] ^= 0x10;
	}
	s.signature.len = 63;
	assert_int_equal(ack_verify(&s, key, "utopia", "north-1", &a), PN_ECRYPTO);
	s.signature.len = 64;
	key[3] ^= 1;
	assert_int_equal(ack_verify(&s, key, "utopia", "north-1", &a), PN_ECRYPTO);
	fixture_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_live_and_backlog),
		cmocka_unit_test(test_one_in_flight),
		cmocka_unit_test(test_back_off),
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_alarms),
		cmocka_unit_test(test_acknowledgement_of_something_else),
		cmocka_unit_test(test_disk_refuses_acknowledgement),
		cmocka_unit_test(test_unknown_result_is_unreachable),
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_signature),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

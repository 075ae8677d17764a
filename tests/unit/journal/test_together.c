/* SPDX-License-Identifier: Apache-2.0
 * Appends, acknowledgements, purges, batches and an outside reader at the same time, as in a lane
 * with a live link: what is left must verify, every record must have been in exactly one
 * acknowledged batch, and no operation may fail.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"
#include "journal.pb-c.h"

enum { RECORDS = 600, TAG_ACK = 1000000, TAG_PURGE = 1000001 };

struct reader {
	const struct fixture *f;
	atomic_bool stop;
	unsigned verified;
	int result;
};

/* What `postern journal verify` does while the lane works. */
static void *read_along(void *arg)
{
	struct reader *r = arg;
	const struct journal_verify_options o = {.checkpoint_pub_path = r->f->pub};
	while (!r->stop && r->result == 0) {
		struct journal_verify_summary s;
		r->result = journal_verify(r->f->path, &o, NULL, NULL, &s);
		r->verified++;
	}
	return NULL;
}

struct link {
	bool in_flight;
	uint64_t acked, batches, purges, purged;
};

static void send_batch(struct journal *j, struct link *l)
{
	static uint8_t buffer[JOURNAL_BATCH_BYTES_MAX];
	struct journal_batch b;
	int err = journal_next_batch(j, 0, 0, 1 + l->batches % 64, buffer, sizeof buffer, &b);
	if (err == PN_EAGAIN || err == PN_ENOTFOUND)
		return;
	assert_int_equal(err, 0);
	assert_int_equal(b.first_seq, l->acked + 1); /* nothing skipped, nothing twice */
	struct journal_ack a = {.tag = TAG_ACK, .epoch = b.epoch, .seq = b.last_seq};
	memcpy(a.head_hash, b.last_hash, CHAIN_HASH);
	if (journal_acknowledge(j, &a) == 0)
		l->in_flight = true;
}

static void take(struct link *l, const struct journal_completion *done, uint64_t *appended)
{
	assert_int_equal(done->result, 0);
	if (done->operation == JOURNAL_ACKNOWLEDGED) {
		l->in_flight = false;
		l->acked = done->seq;
		l->batches++;
	} else if (done->operation == JOURNAL_PURGED) {
		l->purges++;
		l->purged += done->purge.records;
	} else {
		++*appended;
	}
}

static void test_together(void **state)
{
	struct fixture *f = *state;
	struct reader r = {.f = f};
	struct link l = {0};
	struct journal *j = fixture_open(f);
	struct journal_completion done;
	struct journal_status st;
	uint8_t clear[256], personal[500] = {7};
	uint64_t submitted = 0, appended = 0;
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, read_along, &r), 0);
	do {
		const struct journal_append a = {.tag = submitted,
			.clear = clear,
			.clear_size = fixture_clear(
				clear, POSTERN__RECORD_KIND__RECORD_VERDICT, "X", 1000),
			.personal = personal,
			.personal_size = sizeof personal};
		if (submitted < RECORDS && journal_submit(j, &a) == 0)
			submitted++;
		if (submitted % 50 == 0 && submitted / 50 > l.purges)
			(void)!journal_purge(j, TAG_PURGE, 2000, 5000);
		if (!l.in_flight)
			send_batch(j, &l);
		while (journal_next_completion(j, &done) == 0)
			take(&l, &done, &appended);
		journal_status(j, &st);
	} while (submitted < RECORDS || st.outbox > 0);
	while (journal_purge(j, TAG_PURGE, 2000, 5000) == PN_ELIMIT) {
		done = fixture_wait(j);
		take(&l, &done, &appended);
	}
	r.stop = true;
	pthread_join(thread, NULL);
	journal_close(j);
	assert_int_equal(r.result, 0);
	assert_true(r.verified > 0);
	assert_int_equal(appended, RECORDS);
	assert_true(l.batches > 1);
	assert_true(l.purged > 0);
	const struct journal_verify_options o = {.checkpoint_pub_path = f->pub};
	struct journal_verify_summary s;
	assert_int_equal(journal_verify(f->path, &o, NULL, NULL, &s), 0);
	assert_int_equal(s.sealed + s.purged, RECORDS);
	print_message("           %llu batches, %llu purges, %u verifications alongside\n",
		(unsigned long long)l.batches, (unsigned long long)l.purges, r.verified);
}

static int setup(void **state)
{
	*state = fixture_new(NULL);
	return 0;
}

static int teardown(void **state)
{
	fixture_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_together, setup, teardown)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

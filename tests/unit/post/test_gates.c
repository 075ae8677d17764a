/* SPDX-License-Identifier: Apache-2.0
 * The post's table of gates, from outside: whose word counts, which view stays, what a request comes to, what is bounded.
 * Expected values are those of plugins/lib/post/gates.h and core/schema/post.proto.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/sha.h>

#include "post/gates.h"

static uint8_t frame[POST_FRAME_MAX];

static size_t pack(const Postern__PostFrame *f)
{
	assert_true(postern__post_frame__get_packed_size(f) <= sizeof frame);
	return postern__post_frame__pack(f, frame);
}

static size_t hello_of(const char *name)
{
	Postern__PostFrame f = POSTERN__POST_FRAME__INIT;
	Postern__PostHello h = POSTERN__POST_HELLO__INIT;
	h.name = (char *)(uintptr_t)name;
	h.schema_version = 1;
	f.body_case = POSTERN__POST_FRAME__BODY_HELLO;
	f.hello = &h;
	return pack(&f);
}

static size_t view_of(const char *name, uint64_t epoch, uint64_t sequence)
{
	Postern__PostFrame f = POSTERN__POST_FRAME__INIT;
	Postern__LaneView v = POSTERN__LANE_VIEW__INIT;
	v.gate = (char *)(uintptr_t)name;
	v.epoch = epoch;
	v.sequence = sequence;
	v.state = (char *)(uintptr_t) "IDLE";
	f.body_case = POSTERN__POST_FRAME__BODY_VIEW;
	f.view = &v;
	return pack(&f);
}

static size_t reply_of(const char *name, uint64_t request, Postern__ReferralView *referral)
{
	Postern__PostFrame f = POSTERN__POST_FRAME__INIT;
	Postern__PostReply p = POSTERN__POST_REPLY__INIT;
	p.gate = (char *)(uintptr_t)name;
	p.request = request;
	p.accepted = 1;
	p.referral = referral;
	f.body_case = POSTERN__POST_FRAME__BODY_REPLY;
	f.reply = &p;
	return pack(&f);
}

/* A gate that has said hello. */
static uint64_t join(struct post_gates *t, const char *name, uint64_t now)
{
	struct post_event e;
	uint64_t connection = 0, displaced = 0;
	assert_int_equal(post_gates_connect(t, name, now, &connection, &displaced), PN_OK);
	assert_int_equal(post_gates_heard(t, connection, frame, hello_of(name), now, &e), PN_OK);
	assert_int_equal(e.kind, POST_GATE_READY);
	assert_string_equal(e.gate, name);
	return connection;
}

static uint64_t ask(struct post_gates *t, const char *gate, void *asker, uint64_t now, int expected)
{
	Postern__SignedOrder order = POSTERN__SIGNED_ORDER__INIT;
	uint64_t request = 0, connection = 0;
	size_t size = 0;
	order.key_id = (char *)(uintptr_t) "0123456789abcdef";
	assert_int_equal(post_gates_ask(t, gate, NULL, &order, asker, now, &request, &connection, frame, &size), expected);
	return request;
}

static int setup(void **state)
{
	int r = post_gates_new((struct post_gates **)state);
	return r == PN_OK ? post_gates_expect(*state, "lane-1, lane-2,lane-3") : r;
}

static int teardown(void **state)
{
	post_gates_free(*state);
	return 0;
}

static void a_certificate_names_the_gate(void **state)
{
	struct post_gates *t = *state;
	struct post_event e;
	uint64_t a = join(t, "lane-1", 0), b, displaced;
	/* lane-1 holds a good certificate and speaks for lane-2, in every message that names a gate */
	assert_int_equal(post_gates_heard(t, a, frame, view_of("lane-2", 1, 1), 0, &e), PN_EDENIED);
	assert_int_equal(post_gates_heard(t, a, frame, reply_of("lane-2", 1, NULL), 0, &e), PN_EDENIED);
	Postern__ReferralView r = POSTERN__REFERRAL_VIEW__INIT;
	r.gate = (char *)(uintptr_t) "lane-2";
	assert_int_equal(post_gates_heard(t, a, frame, reply_of("lane-1", 1, &r), 0, &e), PN_EDENIED);
	Postern__PostFrame f = POSTERN__POST_FRAME__INIT;
	Postern__LaneRecord record = POSTERN__LANE_RECORD__INIT;
	Postern__RecordClear clear = POSTERN__RECORD_CLEAR__INIT;
	record.gate = (char *)(uintptr_t) "lane-1";
	clear.lane = (char *)(uintptr_t) "lane-2";
	record.record = &clear;
	f.body_case = POSTERN__POST_FRAME__BODY_RECORD;
	f.record = &record;
	assert_int_equal(post_gates_heard(t, a, frame, pack(&f), 0, &e), PN_EDENIED);
	clear.lane = (char *)(uintptr_t) "lane-1";
	assert_int_equal(post_gates_heard(t, a, frame, pack(&f), 0, &e), PN_OK);
	assert_int_equal(e.kind, POST_RECORD);
	assert_string_equal(e.record->record->lane, "lane-1");
	/* a hello with another name, and a second hello */
	assert_int_equal(post_gates_connect(t, "lane-3", 0, &b, &displaced), PN_OK);
	assert_int_equal(post_gates_heard(t, b, frame, hello_of("lane-1"), 0, &e), PN_EDENIED);
	assert_int_equal(post_gates_heard(t, a, frame, hello_of("lane-1"), 0, &e), PN_EDENIED);
}

static void only_gates_that_are_named(void **state)
{
	struct post_gates *t = *state;
	static const char *const others[] = { "lane-4", "lane-", "lane", "lane-11", "post-1", "", "LANE-1", "lane-1,lane-2", "lane-1 " };
	static const char *const wrong[] = { "Lane", "lane/1", "1-lane", "a23456789012345678901234567890123", "lane-5 lane-5", "lane-1" };
	struct post_gate g;
	uint64_t b = 0, displaced = 0;
	assert_int_equal(post_gates_count(t), 3);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_int_equal(post_gates_connect(t, others[i], 0, &b, &displaced), PN_EDENIED);
	assert_int_equal(post_gates_count(t), 3);
	/* known before it comes */
	assert_int_equal(post_gates_get(t, 1, 0, &g), PN_OK);
	assert_string_equal(g.name, "lane-2");
	assert_true(!g.connected && g.stale && g.view == NULL);
	/* without a name nobody may come; a name that is none, or that is there twice, is not taken */
	assert_int_equal(post_gates_expect(t, " , "), PN_OK);
	assert_int_equal(post_gates_count(t), 3);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_int_equal(post_gates_expect(t, wrong[i]), PN_EINVAL);
}

static void nothing_before_the_hello(void **state)
{
	struct post_gates *t = *state;
	struct post_event e;
	struct post_gate g;
	uint64_t c, displaced;
	assert_int_equal(post_gates_connect(t, "lane-1", 0, &c, &displaced), PN_OK);
	assert_int_equal(post_gates_heard(t, c, frame, view_of("lane-1", 1, 1), 0, &e), PN_EDENIED);
	assert_int_equal(post_gates_find(t, "lane-1", 0, &g), PN_OK);
	assert_false(g.connected);
	assert_null(g.view);
	ask(t, "lane-1", NULL, 0, PN_ENOTFOUND);
}

static void the_newest_view_stays(void **state)
{
	struct post_gates *t = *state;
	struct post_event e;
	struct post_gate g;
	uint64_t c = join(t, "lane-1", 100);
	assert_int_equal(post_gates_find(t, "lane-1", 100, &g), PN_OK);
	assert_true(g.stale && g.age_ms == UINT64_MAX);
	assert_int_equal(post_gates_heard(t, c, frame, view_of("lane-1", 7, 5), 200, &e), PN_OK);
	assert_int_equal(e.kind, POST_VIEW);
	/* the same again, and an older one */
	assert_int_equal(post_gates_heard(t, c, frame, view_of("lane-1", 7, 5), 300, &e), PN_OK);
	assert_int_equal(e.kind, POST_NOTHING);
	assert_int_equal(post_gates_heard(t, c, frame, view_of("lane-1", 7, 4), 300, &e), PN_OK);
	assert_int_equal(e.kind, POST_NOTHING);
	assert_int_equal(post_gates_get(t, 0, 1200, &g), PN_OK);
	assert_int_equal(g.view->sequence, 5);
	assert_int_equal(g.age_ms, 1000);
	assert_false(g.stale);
	assert_int_equal(post_gates_get(t, 0, 1201, &g), PN_OK);
	assert_true(g.stale);
	/* another core, whose clock was set back */
	assert_int_equal(post_gates_heard(t, c, frame, view_of("lane-1", 6, 1), 1300, &e), PN_OK);
	assert_int_equal(e.kind, POST_VIEW);
	post_gates_disconnect(t, c);
	assert_int_equal(post_gates_get(t, 0, 1300, &g), PN_OK);
	assert_true(g.stale && !g.connected && g.view != NULL);
	assert_int_equal(post_gates_get(t, 3, 0, &g), PN_ENOTFOUND);
}

static void a_second_connection_displaces_the_first(void **state)
{
	struct post_gates *t = *state;
	struct post_event e;
	uint64_t a = join(t, "lane-1", 0), b, displaced;
	assert_int_equal(post_gates_connect(t, "lane-1", 10, &b, &displaced), PN_OK);
	assert_int_equal(displaced, a);
	assert_int_not_equal(a, b);
	assert_int_equal(post_gates_heard(t, a, frame, view_of("lane-1", 1, 1), 10, &e), PN_ENOTFOUND);
	post_gates_disconnect(t, a); /* its end comes late and must not end the new one */
	assert_int_equal(post_gates_heard(t, b, frame, hello_of("lane-1"), 10, &e), PN_OK);
	assert_int_equal(post_gates_heard(t, b, frame, view_of("lane-1", 1, 1), 10, &e), PN_OK);
	/* what was asked of the first comes to nothing, and the second cannot answer it in its place */
	uint64_t q = ask(t, "lane-1", NULL, 10, PN_OK), c;
	assert_int_equal(post_gates_connect(t, "lane-1", 20, &c, &displaced), PN_OK);
	assert_int_equal(displaced, b);
	assert_int_equal(post_gates_heard(t, c, frame, hello_of("lane-1"), 20, &e), PN_OK);
	assert_int_equal(post_gates_heard(t, c, frame, reply_of("lane-1", q, NULL), 20, &e), PN_OK);
	assert_int_equal(e.kind, POST_NOTHING);
	assert_true(post_gates_due(t, 20, &e));
	assert_int_equal(e.request, q);
	assert_null(e.reply);
}

static void replies_find_their_asker(void **state)
{
	struct post_gates *t = *state;
	struct post_event e;
	int one, two;
	uint64_t a = join(t, "lane-1", 0), b = join(t, "lane-2", 0);
	uint64_t q = ask(t, "lane-1", &one, 0, PN_OK), late = ask(t, "lane-1", &two, 10, PN_OK);
	/* the other gate's reply to it is not one */
	assert_int_equal(post_gates_heard(t, b, frame, reply_of("lane-2", q, NULL), 20, &e), PN_OK);
	assert_int_equal(e.kind, POST_NOTHING);
	assert_int_equal(post_gates_heard(t, a, frame, reply_of("lane-1", q, NULL), 20, &e), PN_OK);
	assert_int_equal(e.kind, POST_REPLY);
	assert_ptr_equal(e.asker, &one);
	assert_int_equal(e.request, q);
	assert_true(e.reply->accepted);
	assert_int_equal(post_gates_heard(t, a, frame, reply_of("lane-1", q, NULL), 21, &e), PN_OK);
	assert_int_equal(e.kind, POST_NOTHING); /* once */
	assert_false(post_gates_due(t, 10 + POST_REPLY_MS - 1, &e));
	assert_true(post_gates_due(t, 10 + POST_REPLY_MS, &e));
	assert_int_equal(e.request, late);
	assert_ptr_equal(e.asker, &two);
	assert_null(e.reply);
	assert_false(post_gates_due(t, 10 + POST_REPLY_MS, &e));
	/* its gate leaves; and an asker that has left is not named */
	q = ask(t, "lane-1", &one, 6000, PN_OK);
	ask(t, "lane-1", &two, 6000, PN_OK);
	post_gates_forget(t, &two);
	post_gates_disconnect(t, a);
	assert_true(post_gates_due(t, 6000, &e));
	assert_int_equal(e.request, q);
	assert_false(post_gates_due(t, 6000, &e));
}

static void bounds(void **state)
{
	struct post_gates *t = *state;
	struct post_event e;
	char name[16];
	uint64_t c = join(t, "lane-1", 0), other, displaced;
	for (int i = 0; i < POST_REQUESTS_MAX; i++)
		ask(t, "lane-1", NULL, 0, PN_OK);
	ask(t, "lane-1", NULL, 0, PN_ELIMIT);
	for (int i = 3; i < POST_GATES_MAX; i++) {
		snprintf(name, sizeof name, "other-%d", i);
		assert_int_equal(post_gates_expect(t, name), PN_OK);
	}
	assert_int_equal(post_gates_expect(t, "one-more"), PN_ELIMIT);
	assert_int_equal(post_gates_connect(t, "other-63", 0, &other, &displaced), PN_OK);
	static uint8_t large[POST_FRAME_MAX + 1];
	memset(large, 0, sizeof large);
	assert_int_equal(post_gates_heard(t, c, large, sizeof large, 0, &e), PN_EFORMAT);
	assert_int_equal(post_gates_heard(t, c, large, 0, 0, &e), PN_EFORMAT);
}

/* Bytes written by hand: field 2 of PostFrame (beat) is tag 0x12, its field 1 is 0x08; field 3 (view) is 0x1a. */
static void form(void **state)
{
	static const uint8_t beat[] = { 0x12, 2, 0x08, 1 }, unknown_outside[] = { 0x7a, 0 }, unknown_inside[] = { 0x12, 2, 0x10, 1 },
			     cut[] = { 0x12, 2, 0x08 }, clock_9[] = { 0x1a, 2, 0x28, 9 }, state_bell[] = { 0x1a, 3, 0x32, 1, 7 },
			     state_not_utf8[] = { 0x1a, 4, 0x32, 2, 0xc3, 0x28 }, request[] = { 0x3a, 2, 0x08, 1 };
	struct post_gates *t = *state;
	struct post_event e;
	uint64_t c = join(t, "lane-1", 0);
	assert_int_equal(post_gates_heard(t, c, beat, sizeof beat, 0, &e), PN_OK);
	assert_int_equal(post_gates_heard(t, c, unknown_outside, sizeof unknown_outside, 0, &e), PN_EFORMAT);
	assert_int_equal(post_gates_heard(t, c, unknown_inside, sizeof unknown_inside, 0, &e), PN_EFORMAT);
	assert_int_equal(post_gates_heard(t, c, cut, sizeof cut, 0, &e), PN_EFORMAT);
	assert_int_equal(post_gates_heard(t, c, clock_9, sizeof clock_9, 0, &e), PN_EFORMAT);
	assert_int_equal(post_gates_heard(t, c, state_bell, sizeof state_bell, 0, &e), PN_EFORMAT);
	assert_int_equal(post_gates_heard(t, c, state_not_utf8, sizeof state_not_utf8, 0, &e), PN_EFORMAT);
	assert_int_equal(post_gates_heard(t, c, request, sizeof request, 0, &e), PN_EDENIED); /* a gate asks for nothing */
}

static void silence(void **state)
{
	struct post_gates *t = *state;
	struct post_event e;
	static const uint8_t beat[] = { 0x12, 2, 0x08, 1 };
	uint64_t c = join(t, "lane-1", 1000);
	assert_int_equal(post_gates_silent(t, 3999), 0);
	assert_int_equal(post_gates_silent(t, 4000), c);
	assert_int_equal(post_gates_heard(t, c, beat, sizeof beat, 4000, &e), PN_OK);
	assert_int_equal(post_gates_silent(t, 4000), 0);
}

static int part_of(struct post_gates *t, uint64_t c, uint64_t request, Postern__PortraitSource source, size_t offset, const uint8_t *bytes,
	size_t size, struct post_event *e)
{
	Postern__PostFrame f = POSTERN__POST_FRAME__INIT;
	Postern__PortraitPart p = POSTERN__PORTRAIT_PART__INIT;
	Postern__Portrait of = POSTERN__PORTRAIT__INIT;
	of.source = source;
	p.request = request;
	p.portrait = &of;
	p.offset = (uint32_t)offset;
	p.bytes = (ProtobufCBinaryData){ size, (uint8_t *)(uintptr_t)bytes };
	f.body_case = POSTERN__POST_FRAME__BODY_PORTRAIT;
	f.portrait = &p;
	size_t n = pack(&f);
	return post_gates_heard(t, c, frame, n, 0, e);
}

static int part(struct post_gates *t, uint64_t c, uint64_t request, size_t offset, const uint8_t *bytes, size_t size,
	struct post_event *e)
{
	return part_of(t, c, request, POSTERN__PORTRAIT_SOURCE__PORTRAIT_CHIP, offset, bytes, size, e);
}

/* Asks, and lets the reply announce a portrait of this size and hash. */
static uint64_t announced(struct post_gates *t, uint64_t c, size_t size, uint8_t hash[32])
{
	struct post_event e;
	Postern__ReferralView r = POSTERN__REFERRAL_VIEW__INIT;
	Postern__Portrait p = POSTERN__PORTRAIT__INIT, *list = &p;
	uint64_t q = ask(t, "lane-1", &p, 0, PN_OK);
	r.gate = (char *)(uintptr_t) "lane-1";
	p.source = POSTERN__PORTRAIT_SOURCE__PORTRAIT_CHIP;
	p.size = (uint32_t)size;
	p.sha256 = (ProtobufCBinaryData){ 32, hash };
	r.portraits = &list;
	r.n_portraits = 1;
	assert_int_equal(post_gates_heard(t, c, frame, reply_of("lane-1", q, &r), 0, &e), PN_OK);
	assert_int_equal(e.kind, POST_REPLY);
	return q;
}

static void portraits_are_what_was_announced(void **state)
{
	struct post_gates *t = *state;
	struct post_event e;
	uint8_t image[POST_PART_MAX + 100], hash[32];
	uint64_t c = join(t, "lane-1", 0), q;
	for (size_t i = 0; i < sizeof image; i++)
		image[i] = (uint8_t)(i * 7);
	SHA256(image, sizeof image, hash);
	/* not announced: nothing is kept */
	assert_int_equal(part(t, c, 99, 0, image, 10, &e), PN_OK);
	assert_int_equal(e.kind, POST_NOTHING);
	q = announced(t, c, sizeof image, hash);
	assert_int_equal(part(t, c, q, 0, image, POST_PART_MAX, &e), PN_OK);
	assert_int_equal(e.kind, POST_NOTHING);
	assert_int_equal(part(t, c, q, POST_PART_MAX, image + POST_PART_MAX, 100, &e), PN_OK);
	assert_int_equal(e.kind, POST_PORTRAIT);
	assert_int_equal(e.request, q);
	assert_int_equal(e.size, sizeof image);
	assert_memory_equal(e.bytes, image, sizeof image);
	/* another hash, a gap, too much, a part that is too large */
	q = announced(t, c, 100, hash);
	assert_int_equal(part(t, c, q, 0, image, 100, &e), PN_EFORMAT);
	q = announced(t, c, 100, hash);
	assert_int_equal(part(t, c, q, 1, image, 50, &e), PN_EFORMAT);
	q = announced(t, c, 100, hash);
	assert_int_equal(part(t, c, q, 0, image, 101, &e), PN_EFORMAT);
	q = announced(t, c, sizeof image, hash);
	assert_int_equal(part(t, c, q, 0, image, POST_PART_MAX + 1, &e), PN_EFORMAT);
	/* larger than any portrait: never begun */
	q = announced(t, c, POST_PORTRAIT_MAX + 1, hash);
	assert_int_equal(part(t, c, q, 0, image, 10, &e), PN_OK);
	assert_int_equal(e.kind, POST_NOTHING);
}

/* Eight officers look at once, and the parts of three pictures each come in turn. */
static void three_of_each_look(void **state)
{
	enum { LOOKS = 8, SOURCES = 3, SIZE = POST_PART_MAX + 1 };
	static const Postern__PortraitSource sources[SOURCES] = { POSTERN__PORTRAIT_SOURCE__PORTRAIT_CHIP,
		POSTERN__PORTRAIT_SOURCE__PORTRAIT_LIVE, POSTERN__PORTRAIT_SOURCE__PORTRAIT_PRINTED };
	static uint8_t image[SOURCES][SIZE], hash[SOURCES][32];
	struct post_gates *t = *state;
	struct post_event e;
	uint64_t c = join(t, "lane-1", 0), q[LOOKS];
	Postern__ReferralView r = POSTERN__REFERRAL_VIEW__INIT;
	Postern__Portrait p[SOURCES], *list[SOURCES];
	r.gate = (char *)(uintptr_t) "lane-1";
	r.portraits = list;
	r.n_portraits = SOURCES;
	for (size_t s = 0; s < SOURCES; s++) {
		memset(image[s], (int)s + 1, SIZE);
		SHA256(image[s], SIZE, hash[s]);
		postern__portrait__init(&p[s]);
		p[s].source = sources[s];
		p[s].size = SIZE;
		p[s].sha256 = (ProtobufCBinaryData){ 32, hash[s] };
		list[s] = &p[s];
	}
	for (size_t i = 0; i < LOOKS; i++) {
		q[i] = ask(t, "lane-1", &r, 0, PN_OK);
		assert_int_equal(post_gates_heard(t, c, frame, reply_of("lane-1", q[i], &r), 0, &e), PN_OK);
	}
	for (size_t i = 0; i < LOOKS; i++)
		for (size_t s = 0; s < SOURCES; s++)
			assert_int_equal(part_of(t, c, q[i], sources[s], 0, image[s], POST_PART_MAX, &e), PN_OK);
	for (size_t i = 0; i < LOOKS; i++)
		for (size_t s = 0; s < SOURCES; s++) {
			assert_int_equal(part_of(t, c, q[i], sources[s], POST_PART_MAX, image[s] + POST_PART_MAX, 1, &e), PN_OK);
			assert_int_equal(e.kind, POST_PORTRAIT);
			assert_int_equal(e.portrait->source, sources[s]);
			assert_memory_equal(e.bytes, image[s], SIZE);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_certificate_names_the_gate, setup, teardown),
		cmocka_unit_test_setup_teardown(only_gates_that_are_named, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_before_the_hello, setup, teardown),
		cmocka_unit_test_setup_teardown(the_newest_view_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(a_second_connection_displaces_the_first, setup, teardown),
		cmocka_unit_test_setup_teardown(replies_find_their_asker, setup, teardown),
		cmocka_unit_test_setup_teardown(bounds, setup, teardown),
		cmocka_unit_test_setup_teardown(form, setup, teardown),
		cmocka_unit_test_setup_teardown(silence, setup, teardown),
		cmocka_unit_test_setup_teardown(portraits_are_what_was_announced, setup, teardown),
		cmocka_unit_test_setup_teardown(three_of_each_look, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 * Every order of issue, redemption by document, by face and by another's face, durable and failed records, expiry, clock that jumps, lists that change and power loss, to a
 * depth, over the shipped module and a journal that keeps what was durable. An onlooker who knows only what was done and what the
 * journal holds says whom a gate may let in. Must never read the module's slots to judge it.
 *
 *   test-kiosk-orders [DEPTH]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kiosk/mark.h"

enum { SLOTS = 3, MARKS = 12, RESULTS = 6, VALID = 1000, DRIFT = 50 };

/* One result as everybody but the module sees it. */
struct known {
	bool durable, spent_durable, acted, void_, clear, on_way, spending, gone;
	unsigned who, basis;
	int64_t until;
	uint64_t era;
	char id[KIOSK_ID];
};

struct trial {
	struct kiosk_slot slots[SLOTS];
	struct kiosk_results s;
	struct kiosk_now now;
	struct {
		Postern__KioskPhase phase;
		struct kiosk_result result;
		int64_t wall_ms;
		uint64_t era;
	} journal[MARKS];
	unsigned marks;
	struct known of[RESULTS];
	unsigned results, basis;
	uint64_t era;
};

enum deed {
	ISSUE_CLEAR,
	ISSUE_REFER,
	ISSUE_OTHER,
	RECORD_DURABLE,
	RECORD_FAILS,
	REDEEM,
	REDEEM_OTHER,
	REDEEM_FACE,
	REDEEM_BOTH,
	TIME_PASSES,
	CLOCK_JUMPS,
	LISTS_CHANGE,
	POWER_LOSS,
	DEEDS
};

static const char *const words[DEEDS] = { "issue clear", "issue refer", "issue another's", "durable", "fails", "redeem",
	"redeem another's", "redeem by face", "redeem by document and another's face", "time passes", "clock jumps back", "lists change", "power loss" };

static const struct kiosk_policy policy = { .valid_ms = VALID, .drift_ms = DRIFT, .same_basis = true };
static unsigned long long steps, admitted, orders;
static enum deed path[32];

static void fail(unsigned depth, const char *what)
{
	printf("BROKEN: %s\n", what);
	for (unsigned i = 0; i <= depth; i++)
		printf("  %s\n", words[path[i]]);
	exit(1);
}

/* The name of each result's face is its own. */
static uint8_t face_of(const struct trial *t, const struct known *k)
{
	return (uint8_t)(1 + (k - t->of));
}

static void write_mark(struct trial *t, unsigned depth, Postern__KioskPhase phase, const struct known *k)
{
	if (t->marks == MARKS)
		fail(depth, "the trial's journal is full");
	t->journal[t->marks].phase = phase;
	t->journal[t->marks].wall_ms = t->now.wall_ms;
	memset(&t->journal[t->marks].result, 0, sizeof t->journal[t->marks].result);
	if (k != NULL) {
		struct kiosk_result *r = &t->journal[t->marks].result;
		memcpy(r->id, k->id, sizeof r->id);
		r->document[0] = (uint8_t)(1 + k->who);
		r->has_token = true;
		r->token[0] = face_of(t, k);
		r->verdict = k->clear ? POSTERN__VERDICT__VERDICT_CLEAR : POSTERN__VERDICT__VERDICT_REFER;
		r->checked_wall_ms = k->until - VALID;
		r->expires_wall_ms = k->until;
		r->basis[0] = (uint8_t)k->basis;
		r->era = k->era;
	}
	t->journal[t->marks].era = t->era;
	t->marks++;
}

static void void_all(struct trial *t)
{
	for (unsigned i = 0; i < t->results; i++)
		t->of[i].void_ = true;
	t->era++;
}

static void look(struct trial *t, unsigned depth, bool expected)
{
	bool jump = kiosk_look(&t->s, &t->now);
	if (jump != expected)
		fail(depth, expected ? "a jump is not seen" : "a jump is seen where none was");
	if (jump) {
		void_all(t);
		write_mark(t, depth, POSTERN__KIOSK_PHASE__KIOSK_VOIDED, NULL);
	}
}

/* What was issued for the same document before is out of force from the moment a newer one is taken. */
static void issue(struct trial *t, unsigned depth, unsigned who, bool clear)
{
	struct kiosk_result r = { .verdict = clear ? POSTERN__VERDICT__VERDICT_CLEAR : POSTERN__VERDICT__VERDICT_REFER };
	struct known *k = &t->of[t->results];
	bool waits = false, stands = false;
	if (t->results == RESULTS)
		return;
	for (unsigned i = 0; i < t->results; i++) {
		const struct known *o = &t->of[i];
		bool mine = o->who == who && !o->gone;
		waits |= mine && (o->on_way || o->spending);
		stands |= mine && o->durable && !o->spent_durable && !o->acted && !o->void_ && !o->clear &&
			  t->now.wall_ms < o->until && !o->spending;
	}
	memcpy(r.id, "01ARYZ6S41000000000000000", KIOSK_ID - 2);
	r.id[KIOSK_ID - 2] = (char)('A' + t->results);
	r.document[0] = (uint8_t)(1 + who);
	r.has_token = true;
	r.token[0] = face_of(t, k);
	r.basis[0] = (uint8_t)t->basis;
	int result = kiosk_issue(&t->s, &r, &t->now);
	if (result != PN_OK) {
		if (!waits && !(stands && clear))
			fail(depth, "a result is refused without a reason");
		return;
	}
	if (waits)
		fail(depth, "a result is taken while another's record is on its way");
	if (stands && clear)
		fail(depth, "a referral is washed away by a new check");
	for (unsigned i = 0; i < t->results; i++)
		t->of[i].gone |= t->of[i].who == who;
	*k = (struct known){ .who = who, .clear = clear, .on_way = true, .until = r.expires_wall_ms, .basis = t->basis, .era = t->era };
	memcpy(k->id, r.id, sizeof k->id);
	if (k->until != t->now.wall_ms + VALID)
		fail(depth, "a result has another time than policy says");
	t->results++;
}

static void answer_record(struct trial *t, unsigned depth, bool durable)
{
	for (unsigned i = 0; i < t->results; i++) {
		struct known *k = &t->of[i];
		if (k->on_way) {
			k->on_way = false;
			k->durable = durable;
			k->gone |= !durable;
			if (durable)
				write_mark(t, depth, POSTERN__KIOSK_PHASE__KIOSK_ISSUED, k);
			kiosk_issued(&t->s, k->id, durable);
			return;
		}
		if (!k->spending)
			continue;
		k->spending = false;
		if (durable)
			write_mark(t, depth, POSTERN__KIOSK_PHASE__KIOSK_REDEEMED, k);
		bool may = kiosk_redeemed(&t->s, k->id, durable);
		if (may && (!durable || k->void_))
			fail(depth, "a gate acts on a redemption that is not recorded, or after a jump");
		if (!may && durable && !k->void_)
			fail(depth, "a recorded redemption is of no use");
		if (may && k->acted)
			fail(depth, "TWO REDEMPTIONS of one result");
		k->spent_durable |= durable;
		k->gone |= !durable; /* nobody redeems it again in this life */
		k->acted |= may;
		admitted += may && k->clear;
		return;
	}
}

static bool is_good(const struct trial *t, const struct known *k)
{
	return !k->gone && k->durable && !k->spent_durable && !k->spending && !k->void_ && t->now.wall_ms < k->until &&
	       (!k->clear || k->basis == t->basis);
}

static struct known *newest_of(struct trial *t, unsigned who)
{
	struct known *k = NULL;
	for (unsigned i = 0; i < t->results; i++)
		if (t->of[i].who == who)
			k = &t->of[i];
	return k;
}

/* face: of somebody's newest result, which is not to be mistaken for an older one's. */
static void redeem(struct trial *t, unsigned depth, const unsigned *who, const unsigned *face)
{
	struct kiosk_claim claim = { 0 };
	struct kiosk_result out;
	uint8_t document[KEYED_DIGEST] = { (uint8_t)(1 + (who != NULL ? *who : 0)) }, token[KIOSK_TOKEN] = { 0 };
	struct known *named = face != NULL ? newest_of(t, *face) : NULL, *good = NULL;
	if (face != NULL && named == NULL)
		return;
	if (named != NULL)
		token[0] = face_of(t, named);
	claim.document = who != NULL ? document : NULL;
	claim.token = named != NULL ? token : NULL;
	claim.basis[0] = (uint8_t)t->basis;
	for (unsigned i = 0; i < t->results; i++) {
		struct known *k = &t->of[i];
		if ((who == NULL || k->who == *who) && (named == NULL || k == named) && is_good(t, k))
			good = k;
	}
	enum kiosk_answer answer = kiosk_redeem(&t->s, &claim, &t->now, &out);
	if ((answer == KIOSK_CLEAR) != (good != NULL && good->clear))
		fail(depth, good != NULL ? "a good result does not admit" : "what is no good result admits");
	if ((answer == KIOSK_REFER) != (good != NULL && !good->clear))
		fail(depth, "a referral is not told, or told without one");
	if (kiosk_answer_spends(answer) != (good != NULL))
		fail(depth, "something else is spent");
	if (good == NULL)
		return;
	if (strcmp(out.id, good->id) != 0)
		fail(depth, "another result is redeemed");
	good->spending = true;
}

static void power_loss(struct trial *t, unsigned depth)
{
	int64_t newest = INT64_MIN;
	/* The monotonic clock starts anew, and what was on its way may or may not have reached the disk: both are tried, the
	 * one by the deed before. */
	t->now.mono_ms = 7;
	t->now.wall_ms += 20;
	kiosk_init(&t->s, &policy, t->slots, SLOTS);
	for (unsigned i = 0; i < t->marks; i++) {
		struct kiosk_mark m;
		if (t->journal[i].phase == POSTERN__KIOSK_PHASE__KIOSK_VOIDED)
			kiosk_mark_void(&m, t->journal[i].era);
		else
			kiosk_mark_of(&m, t->journal[i].phase, &t->journal[i].result);
		if (kiosk_restore(&t->s, &m.mark, &t->now) != PN_OK)
			fail(depth, "the journal's own mark is refused");
		newest = t->journal[i].wall_ms > newest ? t->journal[i].wall_ms : newest;
	}
	bool before = newest > t->now.wall_ms + DRIFT;
	if (kiosk_restored(&t->s, newest, &t->now) != before)
		fail(depth, "a clock that stands before the journal is not seen, or seen where none is");
	/* Only what the journal holds is known now. */
	for (unsigned i = 0; i < t->results; i++) {
		struct known *k = &t->of[i];
		bool in = k->durable;
		k->on_way = k->spending = false;
		k->gone = !in;
		for (unsigned j = i + 1; j < t->results; j++)
			k->gone |= t->of[j].who == k->who && t->of[j].durable;
	}
	if (before) {
		void_all(t);
		write_mark(t, depth, POSTERN__KIOSK_PHASE__KIOSK_VOIDED, NULL);
	}
}

static void try_all(const struct trial *from, unsigned depth, unsigned most)
{
	static const unsigned me = 0, another = 1;
	if (depth == most) {
		orders++;
		return;
	}
	for (unsigned d = 0; d < DEEDS; d++) {
		struct trial t = *from;
		t.s.slots = t.slots;
		path[depth] = (enum deed)d;
		steps++;
		t.now.mono_ms += 10;
		t.now.wall_ms += 10;
		if (d == TIME_PASSES) {
			t.now.mono_ms += VALID / 2;
			t.now.wall_ms += VALID / 2;
		} else if (d == CLOCK_JUMPS) {
			t.now.wall_ms -= 200;
		}
		if (d == POWER_LOSS)
			power_loss(&t, depth);
		else
			look(&t, depth, d == CLOCK_JUMPS);
		switch ((enum deed)d) {
		case ISSUE_CLEAR:
		case ISSUE_REFER:
		case ISSUE_OTHER:
			issue(&t, depth, d == ISSUE_OTHER, d != ISSUE_REFER);
			break;
		case RECORD_DURABLE:
		case RECORD_FAILS:
			answer_record(&t, depth, d == RECORD_DURABLE);
			break;
		case REDEEM:
		case REDEEM_OTHER:
			redeem(&t, depth, d == REDEEM ? &me : &another, NULL);
			break;
		case REDEEM_FACE:
			redeem(&t, depth, NULL, &me);
			break;
		case REDEEM_BOTH:
			redeem(&t, depth, &me, &another);
			break;
		case LISTS_CHANGE:
			t.basis++;
			break;
		case TIME_PASSES:
		case CLOCK_JUMPS:
		case POWER_LOSS:
		case DEEDS:
			break;
		}
		try_all(&t, depth + 1, most);
	}
}

int main(int argc, char **argv)
{
	static struct trial t;
	unsigned most = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 6;
	if (most < 1 || most > 10) {
		fprintf(stderr, "usage: test-kiosk-orders [1..10]\n");
		return 2;
	}
	t.now = (struct kiosk_now){ .mono_ms = 1000, .wall_ms = 1700000000000, .trusted = true };
	kiosk_init(&t.s, &policy, t.slots, SLOTS);
	look(&t, 0, false);
	try_all(&t, 0, most);
	printf("%llu orders of %u things, %llu steps; admitted %llu times, nobody twice\n", orders, most, steps, admitted);
	return admitted > 0 ? 0 : 1;
}

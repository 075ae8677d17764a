/* SPDX-License-Identifier: Apache-2.0
 * The results of kiosks between issue and redemption. A traveller is checked at a kiosk, which issues a result; at the gate it
 * is redeemed by the document shown again, or by a face token, once and within its time. (Frontex, Best Practice Technical
 * Guidelines for ABC Systems, 2015: the segregated two-step process.)
 *
 * Journal before act, twice. A result cannot be redeemed before the record that it was issued is durable, and a gate may not act
 * on a redemption before the record of that is: until then the result is neither open nor spent. What survives a restart is what
 * the journal holds: kiosk_restore() is given its marks in their order, then kiosk_restored().
 *
 * Pure; over slots that the caller owns. Must never hold a document's data in clear, nor give one result twice.
 */
#ifndef POSTERN_KIOSK_RESULTS_H
#define POSTERN_KIOSK_RESULTS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/keyed.h"
#include "crossing.pb-c.h"

enum {
	KIOSK_ID = 27,	    /* a ULID and NUL */
	KIOSK_TOKEN = 16,   /* bytes of a face token: the name under which the face is known to whoever compares */
	KIOSK_TEXT = 64,    /* of a name or key, with NUL */
	KIOSK_REASONS = 4,
	KIOSK_CHECKS = 32,
	KIOSK_SLOTS = 64,   /* as many as a machine with six gates needs in ten minutes; any number may be given */
};

struct kiosk_check {
	char name[KIOSK_TEXT];
	Postern__CheckResult result;
};

struct kiosk_result {
	char id[KIOSK_ID]; /* of the kiosk's crossing */
	uint8_t document[KEYED_DIGEST];
	bool has_token;
	uint8_t token[KIOSK_TOKEN];
	Postern__Verdict verdict;
	unsigned reason_count, check_count;
	char reasons[KIOSK_REASONS][KIOSK_TEXT];
	struct kiosk_check checks[KIOSK_CHECKS];
	char kiosk[KIOSK_TEXT];
	int64_t checked_wall_ms, expires_wall_ms;
	uint64_t era; /* how often the clock had jumped when it was issued */
	uint8_t basis[KEYED_DIGEST]; /* of the versions of lists, rules and trust that it rests on */
};

enum kiosk_state {
	KIOSK_FREE,
	KIOSK_ISSUING,	/* the record of the issue is on its way */
	KIOSK_OPEN,
	KIOSK_SPENDING, /* the record of the redemption is on its way */
	KIOSK_SPENT,
	KIOSK_VOID,	/* the clock jumped */
	KIOSK_OVER,	/* wiped but for the names of document and face, which stay as long again */
};

struct kiosk_slot {
	enum kiosk_state state;
	bool doubtful;		/* the clock jumped while a record was on its way */
	uint64_t gone_mono_ms;	/* by this process's own clock it is over then, whatever the wall clock says */
	struct kiosk_result result;
};

struct kiosk_now {
	uint64_t mono_ms;
	int64_t wall_ms;
	bool trusted;
};

struct kiosk_policy {
	uint32_t valid_ms;    /* how long a result is good for; above 0 */
	uint32_t drift_ms;    /* by how much the two clocks may part between two looks, else one has jumped */
	bool same_basis;      /* a result is good only while lists, rules and trust are those it rests on */
};

struct kiosk_results {
	struct kiosk_policy policy;
	struct kiosk_slot *slots;
	size_t count;
	struct kiosk_now seen; /* the last look at the clocks */
	bool has_seen;
	uint64_t era;
};

enum kiosk_answer {
#define KIOSK_ANSWER(name, code, about) KIOSK_##name,
#include "kiosk/answers.def"
#undef KIOSK_ANSWER
	KIOSK_ANSWERS_
};

/* A catalogue key; never NULL. */
const char *kiosk_answer_code(enum kiosk_answer answer);
/* Does it use the result up? All others leave it as it was. */
bool kiosk_answer_spends(enum kiosk_answer answer);

void kiosk_init(struct kiosk_results *s, const struct kiosk_policy *policy, struct kiosk_slot *slots, size_t count);
/* Wipes everything. */
void kiosk_wipe(struct kiosk_results *s);

/* Looks at the clocks: what is over is wiped (KIOSK_OVER). True: a clock has jumped, every result not yet redeemed is void, and the caller
 * appends a mark KIOSK_VOIDED with the era that has begun. Every function below that takes now must be called after this one with the same now. */
bool kiosk_look(struct kiosk_results *s, const struct kiosk_now *now) PN_MUST_CHECK;

/* Takes a result, whose time and era it sets; the caller then appends its mark KIOSK_ISSUED. It replaces what was known of the same
 * document. PN_EINVAL: no id, or a verdict out of range. PN_EDENIED: the clock is not trusted, or a result that restricts more
 * waits to be redeemed: that one stands. PN_ECONFLICT: a record of the same document is on its way, or the token or the id is in
 * use. PN_ELIMIT: no slot is free; nothing makes room but time. */
int kiosk_issue(struct kiosk_results *s, struct kiosk_result *result, const struct kiosk_now *now) PN_MUST_CHECK;
/* The face that a result of this document names, which goes when another takes its place. False: there is none. */
bool kiosk_token_of(const struct kiosk_results *s, const uint8_t document[KEYED_DIGEST], uint8_t token[KIOSK_TOKEN]);
/* Its record is durable, or will never be. */
void kiosk_issued(struct kiosk_results *s, const char *id, bool durable);

/* Is there a result with this face that waits to be redeemed? As of the last look at the clocks. */
bool kiosk_is_open(const struct kiosk_results *s, const uint8_t token[KIOSK_TOKEN]);
/* How long it is still good for; 0: it is not open. */
uint32_t kiosk_left_ms(const struct kiosk_results *s, const char *id, const struct kiosk_now *now);

/* What a gate shows. */
struct kiosk_claim {
	const uint8_t *document; /* KEYED_DIGEST bytes, or NULL */
	const uint8_t *token;	 /* KIOSK_TOKEN bytes, or NULL; when both are shown they must mean the same result */
	uint8_t basis[KEYED_DIGEST]; /* of what is in force now */
};

/* When the answer spends, *out is the result, and the caller appends its mark KIOSK_REDEEMED; else *out is zero. The caller
 * wipes it. */
enum kiosk_answer kiosk_redeem(struct kiosk_results *s, const struct kiosk_claim *claim, const struct kiosk_now *now,
	struct kiosk_result *out);
/* The record of the redemption is durable, or will never be; either way nobody redeems it again. True: the gate may act on the
 * answer it was given. */
bool kiosk_redeemed(struct kiosk_results *s, const char *id, bool durable) PN_MUST_CHECK;

/* One mark of the journal, oldest first. PN_EFORMAT: not one of ours. PN_ELIMIT: no slot is free. Either way nothing may be
 * redeemed: the caller wipes. */
int kiosk_restore(struct kiosk_results *s, const Postern__KioskMark *mark, const struct kiosk_now *now) PN_MUST_CHECK;
/* There are no more; newest_wall_ms: of any record in the journal, INT64_MIN without one. True: as kiosk_look(); the clock stands before that. */
bool kiosk_restored(struct kiosk_results *s, int64_t newest_wall_ms, const struct kiosk_now *now) PN_MUST_CHECK;

/* Monotonic milliseconds at which something is over; UINT64_MAX: nothing. */
uint64_t kiosk_next_wake(const struct kiosk_results *s);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * Slots with a thread each, and one question at a time put to all of them: the first on which a chip answers reads it. The thread
 * that asks never blocks; it is woken by a descriptor, and by the clock when worker_next_ms() says so.
 *
 * A call to PC/SC can neither be cancelled nor given a time. A thread that is still within one after its limit cannot be ended:
 * the question is then over for it, worker_hung() says so, and only the end of the process helps.
 * Must never hand out an outcome of a question that is over, nor keep a password after its reading.
 */
#ifndef POSTERN_CHIP_WORKER_H
#define POSTERN_CHIP_WORKER_H
#include "chip/reading.h"

struct worker;

struct worker_config {
	struct emrtd_policy policy;
	uint32_t groups, apdu_limit_ms, read_limit_ms, wait_ms, resume_ms;
};

/* What is asked: personal as far as the password goes. */
struct worker_question {
	struct emrtd_password password;
	char issuer[4], document_code[3]; /* of the optical zone, without fillers */
};

enum { WORKER_GRACE_MS = 300 }; /* after a limit that a slot keeps itself, before it counts as hung */

/* PN_ENOMEM, PN_EIO. slots are copied, their self must outlive the worker. Starts no thread yet. */
int worker_new(const struct worker_config *config, const struct chip_slot *slots, size_t count, struct worker **out) PN_MUST_CHECK;
/* PN_EIO: a thread could not be made. */
int worker_start(struct worker *w) PN_MUST_CHECK;
/* Ends the threads, as far as they can be, and frees. False: one hangs; what it uses, slots included, stays. */
bool worker_free(struct worker *w);

/* Readable when there is something for worker_take(). */
int worker_fd(const struct worker *w);
/* The one before it, if it was open, is over without an outcome. Copied. */
void worker_ask(struct worker *w, const struct worker_question *question);
void worker_forget(struct worker *w);

enum worker_event { WORKER_NOTHING, WORKER_PROGRESS, WORKER_OUTCOME };
/* What is new. The outcome is the caller's; progress is the latest only. After WORKER_OUTCOME the question is over. */
enum worker_event worker_take(struct worker *w, uint64_t now_ms, struct chip_progress *progress, struct chip_outcome *outcome);
/* Milliseconds until worker_take() should be called whatever comes; UINT32_MAX: not at all. */
uint32_t worker_next_ms(struct worker *w, uint64_t now_ms);
/* A thread is beyond its limit. */
bool worker_hung(struct worker *w, uint64_t now_ms);
#endif

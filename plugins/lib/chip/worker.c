/* SPDX-License-Identifier: Apache-2.0
 * See worker.h. All that threads share is in struct worker, under its one lock, which nobody holds over a call to a slot other
 * than cancel(). Must never free what a thread that hangs may still use.
 */
#include "chip/worker.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "thread/thread.h"

enum { STACK_SIZE = 1024 * 1024, JOIN_MS = 1000, NOBODY = CHIP_SLOTS_MAX };

struct thread {
	struct worker *worker;
	struct chip_slot slot;
	pthread_t id;
	bool started;
	uint64_t taken;     /* the question that it works on, or did last */
	uint64_t within_ms; /* the limit of the call that it is in; 0: in none */
	bool no_reader;     /* its slot said so, of that question */
	struct emrtd_families families; /* this thread's alone */
};

struct worker {
	pthread_mutex_t lock;
	pthread_cond_t asked;
	struct worker_config config;
	struct thread threads[CHIP_SLOTS_MAX];
	size_t count;
	bool ending;
	int event;
	/* The question; open: it has no outcome yet. */
	uint64_t number, begun_ms;
	bool open, finished;
	size_t winner;
	struct worker_question question;
	struct chip_progress progress;
	bool progressed;
	struct chip_outcome outcome; /* when finished */
};

static void wake(const struct worker *w)
{
	uint64_t one = 1;
	/* Full means that it is readable already. */
	ssize_t n = write(w->event, &one, sizeof one);
	(void)n;
}

static bool current(const struct thread *t)
{
	return !t->worker->ending && t->worker->open && t->taken == t->worker->number;
}

static bool found(void *self)
{
	struct thread *t = self;
	struct worker *w = t->worker;
	pthread_mutex_lock(&w->lock);
	bool first = current(t) && w->winner == NOBODY;
	if (first) {
		w->winner = (size_t)(t - w->threads);
		for (size_t i = 0; i < w->count; i++)
			if (i != w->winner && w->threads[i].started)
				w->threads[i].slot.cancel(w->threads[i].slot.self, true);
	}
	pthread_mutex_unlock(&w->lock);
	return first;
}

static bool stopped(void *self)
{
	struct thread *t = self;
	pthread_mutex_lock(&t->worker->lock);
	bool is = !current(t);
	pthread_mutex_unlock(&t->worker->lock);
	return is;
}

static void within(void *self, uint64_t deadline_ms)
{
	struct thread *t = self;
	pthread_mutex_lock(&t->worker->lock);
	t->within_ms = deadline_ms;
	pthread_mutex_unlock(&t->worker->lock);
}

static void progress(void *self, const struct chip_progress *p)
{
	struct thread *t = self;
	struct worker *w = t->worker;
	pthread_mutex_lock(&w->lock);
	if (current(t) && (w->winner == NOBODY || w->winner == (size_t)(t - w->threads))) {
		w->progress = *p;
		w->progressed = true;
		wake(w);
	}
	pthread_mutex_unlock(&w->lock);
}

/* Takes the outcome over, or drops it when nobody waits for it any more. */
static void finish(struct thread *t, struct chip_outcome *out)
{
	struct worker *w = t->worker;
	pthread_mutex_lock(&w->lock);
	t->no_reader = out->result == POSTERN__CHIP_RESULT__CHIP_ERROR && out->chip_ms == 0;
	bool wanted = current(t) && w->winner == (size_t)(t - w->threads) &&
		      out->result != POSTERN__CHIP_RESULT__CHIP_RESULT_UNSPECIFIED;
	if (wanted) {
		w->outcome = *out;
		w->open = false;
		w->finished = true;
		OPENSSL_cleanse(&w->question, sizeof w->question);
		wake(w);
	}
	pthread_mutex_unlock(&w->lock);
	if (wanted)
		explicit_bzero(out, sizeof *out);
	else
		chip_outcome_free(out);
}

static void read_one(struct thread *t, const struct worker_question *q, uint64_t begun_ms)
{
	const struct worker_config *c = &t->worker->config;
	struct chip_outcome out;
	const struct chip_reading reading = {.password = &q->password,
		.issuer = q->issuer,
		.document_code = q->document_code,
		.families = &t->families,
		.policy = c->policy,
		.groups = c->groups,
		.apdu_limit_ms = c->apdu_limit_ms,
		.wait_ms = c->wait_ms,
		.resume_ms = c->resume_ms,
		.deadline_ms = begun_ms + c->read_limit_ms,
		.self = t,
		.found = found,
		.stopped = stopped,
		.within = within,
		.progress = progress};
	chip_read(&t->slot, &reading, &out);
	finish(t, &out);
}

static void *work(void *self)
{
	struct thread *t = self;
	struct worker *w = t->worker;
	struct worker_question question;
	pthread_mutex_lock(&w->lock);
	while (!w->ending) {
		if (!w->open || t->taken == w->number || w->winner != NOBODY) {
			pthread_cond_wait(&w->asked, &w->lock);
			continue;
		}
		t->taken = w->number;
		t->no_reader = false;
		t->slot.cancel(t->slot.self, false);
		question = w->question;
		uint64_t begun = w->begun_ms;
		pthread_mutex_unlock(&w->lock);
		read_one(t, &question, begun);
		OPENSSL_cleanse(&question, sizeof question);
		pthread_mutex_lock(&w->lock);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

int worker_new(const struct worker_config *config, const struct chip_slot *slots, size_t count, struct worker **out)
{
	if (count == 0 || count > CHIP_SLOTS_MAX)
		return PN_EINVAL;
	struct worker *w = calloc(1, sizeof *w);
	if (w == NULL)
		return PN_ENOMEM;
	w->config = *config;
	w->count = count;
	w->winner = NOBODY;
	for (size_t i = 0; i < count; i++) {
		w->threads[i].worker = w;
		w->threads[i].slot = slots[i];
	}
	w->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->event < 0) {
		free(w);
		return PN_EIO;
	}
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->asked, NULL);
	*out = w;
	return PN_OK;
}

int worker_start(struct worker *w)
{
	int err = PN_OK;
	for (size_t i = 0; i < w->count && err == PN_OK; i++) {
		err = thread_begin(&w->threads[i].id, STACK_SIZE, work, &w->threads[i]);
		if (err != PN_OK)
			break;
		pthread_mutex_lock(&w->lock);
		w->threads[i].started = true;
		pthread_mutex_unlock(&w->lock);
	}
	return err;
}

/* The question is over: threads that work on it stop as soon as they can. The lock is held. */
static void close_question(struct worker *w)
{
	w->open = false;
	w->progressed = false;
	OPENSSL_cleanse(&w->question, sizeof w->question);
	if (w->finished)
		chip_outcome_free(&w->outcome);
	w->finished = false;
	for (size_t i = 0; i < w->count; i++)
		if (w->threads[i].started)
			w->threads[i].slot.cancel(w->threads[i].slot.self, true);
}

bool worker_free(struct worker *w)
{
	struct timespec until;
	bool all = true;
	if (w == NULL)
		return true;
	pthread_mutex_lock(&w->lock);
	close_question(w);
	w->ending = true;
	pthread_cond_broadcast(&w->asked);
	pthread_mutex_unlock(&w->lock);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += JOIN_MS / 1000;
	for (size_t i = 0; i < w->count; i++)
		if (w->threads[i].started)
			all = pthread_timedjoin_np(w->threads[i].id, NULL, &until) == 0 && all;
	if (!all)
		return false;
	close(w->event);
	pthread_cond_destroy(&w->asked);
	pthread_mutex_destroy(&w->lock);
	explicit_bzero(w, sizeof *w);
	free(w);
	return true;
}

int worker_fd(const struct worker *w)
{
	return w->event;
}

void worker_ask(struct worker *w, const struct worker_question *question)
{
	pthread_mutex_lock(&w->lock);
	close_question(w);
	w->number++;
	w->begun_ms = clock_mono_ms();
	w->winner = NOBODY;
	w->question = *question;
	w->open = true;
	pthread_cond_broadcast(&w->asked);
	pthread_mutex_unlock(&w->lock);
}

void worker_forget(struct worker *w)
{
	pthread_mutex_lock(&w->lock);
	close_question(w);
	pthread_mutex_unlock(&w->lock);
}

/* When the question is over for want of a chip, or of an answer of the thread that has one. The lock is held. */
static uint64_t end_ms(const struct worker *w)
{
	uint32_t limit = w->winner == NOBODY && w->config.wait_ms < w->config.read_limit_ms ? w->config.wait_ms
											    : w->config.read_limit_ms;
	return w->begun_ms + limit + WORKER_GRACE_MS;
}

/* Nobody will answer: what to say instead. A thread that has not come to this question is within a call of another. */
static void give_up(struct worker *w, struct chip_outcome *out)
{
	bool readers = false;
	memset(out, 0, sizeof *out);
	for (size_t i = 0; i < w->count; i++)
		readers = readers || (w->threads[i].taken == w->number && !w->threads[i].no_reader);
	out->failure = (struct emrtd_failure){PN_ETIMEOUT, EMRTD_STEP_NONE, EMRTD_CAUSE_CHANNEL, 0};
	out->err = PN_ETIMEOUT;
	out->result = w->winner != NOBODY ? POSTERN__CHIP_RESULT__CHIP_LATE
		      : readers		  ? POSTERN__CHIP_RESULT__CHIP_NONE
					  : POSTERN__CHIP_RESULT__CHIP_ERROR;
	close_question(w);
}

/* The thread that reads hangs. The lock is held. */
static bool winner_hangs(const struct worker *w, uint64_t now_ms)
{
	return w->winner != NOBODY && w->threads[w->winner].within_ms != 0 &&
	       now_ms >= w->threads[w->winner].within_ms + WORKER_GRACE_MS;
}

enum worker_event worker_take(struct worker *w, uint64_t now_ms, struct chip_progress *progress_out, struct chip_outcome *outcome)
{
	enum worker_event event = WORKER_NOTHING;
	uint64_t count;
	ssize_t n = read(w->event, &count, sizeof count);
	(void)n;
	pthread_mutex_lock(&w->lock);
	if (w->finished) {
		*outcome = w->outcome;
		w->finished = false;
		w->progressed = false;
		explicit_bzero(&w->outcome, sizeof w->outcome);
		event = WORKER_OUTCOME;
	} else if (w->open && (now_ms >= end_ms(w) || winner_hangs(w, now_ms))) {
		give_up(w, outcome);
		event = WORKER_OUTCOME;
	} else if (w->open && w->progressed) {
		*progress_out = w->progress;
		w->progressed = false;
		event = WORKER_PROGRESS;
	}
	pthread_mutex_unlock(&w->lock);
	return event;
}

uint32_t worker_next_ms(struct worker *w, uint64_t now_ms)
{
	uint64_t next = UINT64_MAX;
	pthread_mutex_lock(&w->lock);
	if (w->open)
		next = end_ms(w);
	for (size_t i = 0; i < w->count; i++)
		if (w->threads[i].within_ms != 0 && w->threads[i].within_ms + WORKER_GRACE_MS < next)
			next = w->threads[i].within_ms + WORKER_GRACE_MS;
	pthread_mutex_unlock(&w->lock);
	if (next == UINT64_MAX)
		return UINT32_MAX;
	return next > now_ms ? (uint32_t)(next - now_ms) : 0;
}

bool worker_hung(struct worker *w, uint64_t now_ms)
{
	bool hung = false;
	pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < w->count; i++)
		hung = hung || (w->threads[i].within_ms != 0 && now_ms >= w->threads[i].within_ms + WORKER_GRACE_MS);
	pthread_mutex_unlock(&w->lock);
	return hung;
}

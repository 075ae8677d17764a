/* SPDX-License-Identifier: Apache-2.0
 * See proof.h.
 */
#include "proof.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "account/password.h"
#include "base/text.h"
#include "thread/thread.h"

struct proof {
	uint64_t id;
	bool right;
	char encoded[PASSWORD_HASH_MAX], password[PASSWORD_MAX + 2]; /* longer than any: wrong */
};

struct proofs {
	pthread_t thread;
	int fd;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* Under the lock from here on: a ring, the oldest at first; the first "weighed" of them are. */
	bool ending;
	unsigned first, count, weighed;
	struct proof at[PROOFS_MAX];
};

static void *work(void *self)
{
	struct proofs *p = self;
	const uint64_t one = 1;
	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (!p->ending && p->weighed == p->count)
			pthread_cond_wait(&p->changed, &p->lock);
		if (p->ending)
			break;
		struct proof *one_of = &p->at[(p->first + p->weighed) % PROOFS_MAX];
		/* nobody else touches it before it is weighed */
		pthread_mutex_unlock(&p->lock);
		bool right = password_matches(one_of->encoded[0] != '\0' ? one_of->encoded : NULL, one_of->password);
		OPENSSL_cleanse(one_of->password, sizeof one_of->password);
		pthread_mutex_lock(&p->lock);
		one_of->right = right;
		p->weighed++;
		while (write(p->fd, &one, sizeof one) < 0 && errno == EINTR)
			;
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

int proofs_start(struct proofs **out, int *fd)
{
	struct proofs *p = calloc(1, sizeof *p);
	*out = NULL;
	if (p == NULL)
		return PN_ENOMEM;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->changed, NULL);
	p->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int rc = p->fd >= 0 ? thread_begin(&p->thread, THREAD_STACK, work, p) : PN_EIO;
	if (rc == PN_OK) {
		*fd = p->fd;
		*out = p;
		return PN_OK;
	}
	if (p->fd >= 0)
		close(p->fd);
	free(p);
	return rc;
}

void proofs_stop(struct proofs *p)
{
	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->ending = true;
	pthread_cond_signal(&p->changed);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	close(p->fd);
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->lock);
	OPENSSL_cleanse(p->at, sizeof p->at);
	free(p);
}

bool proofs_ask(struct proofs *p, uint64_t id, const char *encoded, const char *password)
{
	pthread_mutex_lock(&p->lock);
	bool room = p->count < PROOFS_MAX;
	if (room) {
		struct proof *one = &p->at[(p->first + p->count++) % PROOFS_MAX];
		*one = (struct proof){.id = id};
		text_copy(one->encoded, sizeof one->encoded, encoded);
		text_copy(one->password, sizeof one->password, password);
		pthread_cond_signal(&p->changed);
	}
	pthread_mutex_unlock(&p->lock);
	return room;
}

bool proofs_fetch(struct proofs *p, uint64_t *id, bool *right)
{
	uint64_t times;
	pthread_mutex_lock(&p->lock);
	bool any = p->weighed > 0;
	if (any) {
		struct proof *one = &p->at[p->first];
		*id = one->id;
		*right = one->right;
		OPENSSL_cleanse(one, sizeof *one);
		p->first = (p->first + 1) % PROOFS_MAX;
		p->count--;
		p->weighed--;
	}
	if (p->weighed == 0)
		while (read(p->fd, &times, sizeof times) < 0 && errno == EINTR)
			;
	pthread_mutex_unlock(&p->lock);
	return any;
}

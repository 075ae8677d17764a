/* SPDX-License-Identifier: Apache-2.0
 * See thread.h.
 */
#include "thread/thread.h"

#include <signal.h>

int thread_begin(pthread_t *id, size_t stack_bytes, void *(*work)(void *), void *self)
{
	pthread_attr_t attributes;
	sigset_t all, old;
	if (pthread_attr_init(&attributes) != 0)
		return PN_ENOMEM;
	pthread_attr_setstacksize(&attributes, stack_bytes);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	int rc = pthread_create(id, &attributes, work, self);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attributes);
	return rc == 0 ? PN_OK : PN_EIO;
}

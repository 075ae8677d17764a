/* SPDX-License-Identifier: Apache-2.0
 * A plugin's thread beside its loop. Must never take a signal, which are the host's, nor a stack of the system's usual size, which
 * counts against the plugin's memory.
 */
#ifndef POSTERN_LIB_THREAD_H
#define POSTERN_LIB_THREAD_H
#include <pthread.h>
#include <stddef.h>

#include "base/err.h"

/* Bytes of a stack that suffice for all but deep recursion. */
enum { THREAD_STACK = 256 * 1024 };

/* work(self) runs in a thread of its own; the caller joins it. PN_ENOMEM, PN_EIO: it does not. */
int thread_begin(pthread_t *id, size_t stack_bytes, void *(*work)(void *), void *self) PN_MUST_CHECK;
#endif

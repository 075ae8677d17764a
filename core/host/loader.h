/* SPDX-License-Identifier: Apache-2.0
 * Loads one plugin object and takes its descriptor, whatever minor version of the ABI it was built
 * against. Must never unload, and must never read a byte of the descriptor beyond its own
 * struct_size.
 */
#ifndef POSTERN_HOST_LOADER_H
#define POSTERN_HOST_LOADER_H
#include "base/err.h"
#include "base/text.h"
#include "postern/plugin.h"

/* fd: the object, open for reading; it stays the caller's. Once in a
 * process: the run-time linker knows an object by its path, here the descriptor's number. dlopen, find postern_plugin, copy. PN_EIO: it does not load. PN_EUNSUPPORTED: another ABI, or not
 * name's descriptor. error: a sentence. Members the plugin does not have are NULL in *out. */
int loader_open(int fd, const char *name, struct postern_plugin *out,
	struct text *error) PN_MUST_CHECK;
/* The copy alone, for tests: theirs is what the object exports. */
int loader_accept(const struct postern_plugin *theirs, const char *name, struct postern_plugin *out,
	struct text *error) PN_MUST_CHECK;
#endif

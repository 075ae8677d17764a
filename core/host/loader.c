/* SPDX-License-Identifier: Apache-2.0
 * Loads one plugin object and takes its descriptor.
 * Must never unload, and must never read a byte of the descriptor beyond its own struct_size.
 */
#include "host/loader.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

/* Up to the last member that a plugin cannot do without. */
#define SMALLEST                                                                                   \
	(offsetof(struct postern_plugin, message) + sizeof((struct postern_plugin *)0)->message)

int loader_accept(const struct postern_plugin *theirs, const char *name, struct postern_plugin *out,
	struct text *error)
{
	uint32_t size = theirs->struct_size;
	*out = (struct postern_plugin){.struct_size = 0};
	if (theirs->abi_major != POSTERN_ABI_MAJOR) {
		text_add(error,
			"plugin '%s' was built against ABI major %u, expected %u: build it for "
			"this release",
			name, theirs->abi_major, POSTERN_ABI_MAJOR);
		return PN_EUNSUPPORTED;
	}
	if (size < SMALLEST || size % sizeof(void *) != 0) {
		text_add(error,
			"the descriptor of plugin '%s' has %u bytes, expected at least %zu: it is "
			"not one",
			name, size, SMALLEST);
		return PN_EUNSUPPORTED;
	}
	memcpy(out, theirs, size < sizeof *out ? size : sizeof *out);
	out->struct_size = size < sizeof *out ? size : (uint32_t)sizeof *out;
	if (out->name == NULL || strcmp(out->name, name) != 0) {
		text_add(error, "the object calls itself '%s', expected '%s' as its manifest says",
			out->name ? out->name : "", name);
		return PN_EUNSUPPORTED;
	}
	if (out->init == NULL || out->message == NULL) {
		text_add(error, "plugin '%s' lacks init() or message(), expected both", name);
		return PN_EUNSUPPORTED;
	}
	return PN_OK;
}

int loader_open(int fd, const char *name, struct postern_plugin *out, struct text *error)
{
	char path[32];
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	const struct postern_plugin *theirs = object ? dlsym(object, "postern_plugin") : NULL;
	if (theirs == NULL) {
		const char *why = dlerror();
		text_add(error, "plugin '%s' does not load (%s)", name,
			why ? why : "no symbol postern_plugin");
		return PN_EIO;
	}
	return loader_accept(theirs, name, out, error);
}

/* SPDX-License-Identifier: Apache-2.0
 * The plugin ABI 1.0 as it would have stood with fewer members at the end of both structs: what an
 * old plugin was built against. Kept as source for the ABI test, and never changed: it stands for
 * binaries that exist.
 */
#ifndef POSTERN_PLUGIN_V1_0_SMALL_H
#define POSTERN_PLUGIN_V1_0_SMALL_H
#include <stddef.h>
#include <stdint.h>

struct postern_message {
	uint32_t struct_size;
	uint32_t body;
	uint64_t query_id;
	const char *crossing_id;
	const uint8_t *bytes;
	size_t size;
};

enum postern_log_level { POSTERN_DEBUG, POSTERN_INFO, POSTERN_WARNING, POSTERN_ERROR };

struct postern_host {
	uint32_t struct_size;
	uint16_t abi_major, abi_minor;
	void *ctx;
	int (*report)(void *ctx, uint32_t body, const char *crossing_id, const uint8_t *bytes,
		size_t size);
	int (*answer)(
		void *ctx, uint64_t query_id, uint32_t body, const uint8_t *bytes, size_t size);
	const char *(*option)(void *ctx, const char *name);
	int64_t (*option_int)(void *ctx, const char *name);
};

struct postern_plugin {
	uint32_t struct_size;
	uint16_t abi_major, abi_minor;
	const char *name;
	const char *version;
	int (*init)(const struct postern_host *host, void **self);
	int (*start)(void *self);
	void (*message)(void *self, const struct postern_message *message);
};
#endif

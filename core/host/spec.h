/* SPDX-License-Identifier: Apache-2.0
 * What one plugin process is given: its identity, its grants and its options, as plain text in a
 * sealed memfd.
 *
 * Form: one record after another, "KEY LENGTH VALUE\n"; LENGTH counts the bytes of VALUE, which may
 * hold any byte but NUL. Keys: instance, unit, name, version, kind, manifest, object, uid, gid,
 * sockets, syscalls, memory_mib, state_mib, heartbeat_ms, stale_after_ms, landlock, state_folder;
 * device.NAME (the number of the inherited fd), folder.NAME (a path), option.NAME, metric.NAME
 * (empty), port.connect, port.bind (repeatable). Written and read by the same build: an unknown key
 * is an error. Must never carry a secret key or personal data.
 */
#ifndef POSTERN_HOST_SPEC_H
#define POSTERN_HOST_SPEC_H
#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "host/manifest.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SPEC_MAX_DEVICES = 16,
	SPEC_MAX_FOLDERS = 16,
	SPEC_MAX_OPTIONS = 64,
	SPEC_MAX_METRICS = 64,
	SPEC_MAX_PORTS = 16,
	SPEC_MAX_BYTES = 64 * 1024,
	SPEC_KEEP_UID = -1, /* uid, gid: stay what the supervisor is (it does not run as root) */
};

struct spec_device {
	const char *name, *path; /* path: on the supervisor's side only, not carried */
	int fd;                  /* the number in the child, from HOST_FD_GRANTS */
};

/* Strings belong to whoever filled the struct: the arena after spec_decode() and
 * plugin_spec_make(). */
struct plugin_spec {
	const char *instance; /* unique on this machine, e.g. "lane-1/reader" */
	const char *unit;     /* the lane, post or centre it serves */
	const char *name, *version;
	const char *manifest, *object; /* paths of NAME.plugin and NAME.so */
	Postern__PluginKind kind;
	int64_t uid, gid;
	uint32_t sockets,
		syscalls; /* bits of enum manifest_sockets, manifest_syscalls: what is granted */
	uint32_t memory_mib, state_mib;
	uint32_t heartbeat_ms, stale_after_ms; /* until the core's hello says otherwise */
	bool landlock_required;                /* false in the demo profile only */
	const char *state_folder;              /* NULL: none */
	struct spec_device devices[SPEC_MAX_DEVICES];
	struct named_value folders[SPEC_MAX_FOLDERS], options[SPEC_MAX_OPTIONS];
	const char *metrics[SPEC_MAX_METRICS];
	uint16_t connect_ports[SPEC_MAX_PORTS],
		bind_ports[SPEC_MAX_PORTS]; /* none: not limited by port */
	size_t device_count, folder_count, option_count, metric_count, connect_port_count,
		bind_port_count;
};

/* What etc/ says of one instance. */
struct plugin_request {
	const char *unit, *instance;
	const char *manifest_path;
	const struct manifest *manifest;
	int64_t uid, gid; /* SPEC_KEEP_UID when the supervisor is not root */
	const struct named_value *devices, *folders, *options; /* name to path, path, value */
	size_t device_count, folder_count, option_count;
	const char *state_folder; /* NULL: none */
	uint32_t sockets_allowed; /* the grant is what the manifest asks and this allows */
	const uint16_t *connect_ports, *bind_ports;
	size_t connect_port_count, bind_port_count;
	bool demo; /* the demo profile: may lack Landlock, may load simulated devices */
};

/* Grant = requested and allowed. PN_EINVAL or PN_EDENIED with a sentence: an option that does not
 * suit the manifest, a required grant that etc/ does not give, a grant the manifest does not ask
 * for, a simulated device outside the demo profile, an ABI major this build does not speak. Strings
 * are copied into arena. */
int plugin_spec_make(const struct plugin_request *request, struct arena *arena,
	struct plugin_spec *out, struct text *error) PN_MUST_CHECK;
/* Writes the form above. PN_ELIMIT when it does not fit. */
int spec_encode(
	const struct plugin_spec *spec, char *bytes, size_t size, size_t *used) PN_MUST_CHECK;
/* PN_EFORMAT on anything but the form above; PN_ELIMIT or PN_ENOMEM beyond its bounds. */
int spec_decode(
	const char *bytes, size_t size, struct arena *arena, struct plugin_spec *out) PN_MUST_CHECK;
#endif

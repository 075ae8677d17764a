/* SPDX-License-Identifier: Apache-2.0
 * A plugin's manifest NAME.plugin: what it is and what it asks for, read without loading its code,
 * and the check of an instance's options against it. The shape is documented in
 * docs/integrators/plugin.md. Must never load code, and must never accept a key or a value that it
 * does not know.
 */
#ifndef POSTERN_HOST_MANIFEST_H
#define POSTERN_HOST_MANIFEST_H
#include "base/err.h"
#include "base/text.h"
#include "schema/table.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum manifest_type { MANIFEST_STRING = 1, MANIFEST_INT, MANIFEST_BOOL };

/* What a plugin may do with sockets. None set: no socket call at all. */
enum manifest_sockets {
	SOCKETS_INET_CLIENT = 1, /* connect over TCP (and ask the resolver over UDP) */
	SOCKETS_INET_SERVER = 2, /* bind and listen on TCP */
	SOCKETS_UNIX_CLIENT =
		4, /* connect to a socket in the file system, e.g. of a database server */
};

/* Named sets of system calls beyond base, which every plugin has. */
enum manifest_syscalls {
	SYSCALLS_BASE = 1,
	SYSCALLS_FILES = 2,
	SYSCALLS_NET = 4,
	SYSCALLS_THREADS = 8,
	SYSCALLS_BLOBS = 16 /* sealed memfds for host->answer_blob() */
};

enum manifest_flag { MANIFEST_NO, MANIFEST_YES };

struct manifest_grant {
	char *name, *about;
	enum manifest_flag required;
};

struct manifest_metric {
	char *name, *help;
};

struct manifest_option {
	char *name, *about, *unit;
	enum manifest_type type;
	char *default_value; /* NULL: none */
	int64_t *min, *max;  /* NULL: no bound; ints only */
	char **values;       /* allowed values; strings only */
	unsigned values_count;
	enum manifest_flag required;
};

struct manifest_abi {
	uint16_t major, minor;
};

struct manifest {
	char *name, *version, *summary;
	char *kind_text, *sockets_text;
	Postern__PluginKind kind;
	struct manifest_abi abi;
	enum manifest_flag simulated, state_folder;
	uint32_t sockets;  /* enum manifest_sockets bits */
	uint32_t syscalls; /* enum manifest_syscalls bits; SYSCALLS_BASE always set */
	uint32_t memory_mib;
	uint32_t state_mib; /* largest file in the state folder */
	struct manifest_grant *devices, *folders;
	struct manifest_metric *metrics;
	struct manifest_option *options;
	char **syscalls_text;
	unsigned devices_count, folders_count, metrics_count, options_count, syscalls_text_count;
};

struct named_value {
	const char *name, *value;
};

/* Reads PATH. On failure (PN_EFORMAT, PN_EIO, PN_ENOMEM) *out is NULL and error holds one line
 * "PATH:LINE: what is wrong, what is expected". The caller frees with manifest_free(). */
int manifest_load(const char *path, struct manifest **out, struct text *error) PN_MUST_CHECK;
/* The same from memory; path names it in errors. */
int manifest_parse(const char *path, const char *bytes, size_t size, struct manifest **out,
	struct text *error) PN_MUST_CHECK;
void manifest_free(struct manifest *m);

/* Checks an instance's options: unknown, of a wrong type, out of range, not among the values,
 * required but missing. On PN_EINVAL *bad is the index into given (or count when one is missing)
 * and error a sentence without position. */
int manifest_check_options(const struct manifest *m, const struct named_value *given, size_t count,
	size_t *bad, struct text *error) PN_MUST_CHECK;
/* The value in force: given, else the default, else NULL. */
const char *manifest_option_value(
	const struct manifest_option *option, const struct named_value *given, size_t count);
const struct manifest_option *manifest_option_find(const struct manifest *m, const char *name);

/* A whole number in decimal, nothing else. PN_EFORMAT. */
int manifest_int(const char *s, int64_t *out) PN_MUST_CHECK;
/* "true" or "false", nothing else. PN_EFORMAT. */
int manifest_bool(const char *s, bool *out) PN_MUST_CHECK;
/* KIND_DOCUMENT_CHECK <-> "document-check", from the schema's own names. Writes "unspecified" for
 * an unknown kind; returns KIND_UNSPECIFIED for an unknown name. */
void manifest_kind_name(Postern__PluginKind kind, char *out, size_t size);
Postern__PluginKind manifest_kind(const char *name);
#endif

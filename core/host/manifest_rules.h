/* SPDX-License-Identifier: Apache-2.0
 * What a manifest's values must be together, once its form is right. Private to core/host.
 * Must never read a file.
 */
#ifndef POSTERN_HOST_MANIFEST_RULES_H
#define POSTERN_HOST_MANIFEST_RULES_H
#include "host/manifest.h"

/* Fills the derived members (kind, sockets, syscalls, defaults) and checks names, ranges and
 * defaults. bytes is the text m was read from, for the lines in errors. */
int manifest_rules(
	const char *path, const char *bytes, size_t size, struct manifest *m, struct text *error);
/* What the value of a key should be, for errors. outer is the enclosing sequence or mapping or "".
 * Never NULL. */
const char *manifest_expects(const char *outer, const char *field);
#endif

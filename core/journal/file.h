/* SPDX-License-Identifier: Apache-2.0
 * The journal's small files beside its database: read whole, or replaced so that a power cut leaves
 * the old or the new content, never a part. Must never follow a symbolic link in the last part of a
 * path.
 */
#ifndef POSTERN_JOURNAL_FILE_H
#define POSTERN_JOURNAL_FILE_H
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* PN_ENOTFOUND: no such file. PN_ELIMIT: longer than capacity. PN_EIO. */
int file_read(const char *path, void *bytes, size_t capacity, size_t *size) PN_MUST_CHECK;
/* PATH.new is written with that mode from its creation on, synced, renamed, and its folder synced.
 * PN_EIO. */
int file_write_synced(const char *path, const void *bytes, size_t size, mode_t mode) PN_MUST_CHECK;
#endif

/* SPDX-License-Identifier: Apache-2.0
 * Bytes too large for a message: a memfd sealed against every change, with its SHA-256 stated by
 * the sender in Envelope.blob_sha256. The core forwards the descriptor and never maps it, and reads it only
 * to seal what it may not understand; the process that uses the bytes maps, verifies and then reads them. Must never map a memfd whose
 * seals have not been checked: it could shrink under the reader.
 */
#ifndef POSTERN_BUS_BLOB_H
#define POSTERN_BUS_BLOB_H
#include "bus/bus.h"

enum { BLOB_MAX = 8 * 1024 * 1024 }; /* bytes; a face image or a DG2 is under 1 MiB */

/* A new sealed, close-on-exec memfd holding bytes, and what to say about it. *fd is the caller's.
 * PN_EINVAL: no bytes. PN_ELIMIT: over BLOB_MAX. PN_EIO, PN_ECRYPTO. */
int blob_create(const uint8_t *bytes, size_t size, int *fd, struct bus_blob *blob) PN_MUST_CHECK;

/* F_SEAL_SEAL, SHRINK, GROW and WRITE are all set and the size is as stated. Reads no byte.
 * PN_EFORMAT: not so, or not a memfd. PN_ELIMIT: over BLOB_MAX. */
int blob_check_seals(int fd, uint64_t size) PN_MUST_CHECK;

/* Checks seals and size, maps read-only, and compares the SHA-256. On success *bytes is mapped
 * until blob_unmap. PN_ECRYPTO: the bytes are not the announced ones. fd stays the caller's. */
int blob_map(int fd, const struct bus_blob *blob, const uint8_t **bytes) PN_MUST_CHECK;
/* The same, copied into blob->size bytes of the caller's, who wipes them; on an error they are wiped. */
int blob_read(int fd, const struct bus_blob *blob, uint8_t *bytes) PN_MUST_CHECK;
void blob_unmap(const uint8_t *bytes, uint64_t size);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * The bare store: the registry's own rows with its own statement, many a transaction, without TLS,
 * chains, heads or acknowledgements. What the registry could reach at most. Must never be linked
 * into the product.
 */
#ifndef POSTERN_BENCH_INGEST_BARE_H
#define POSTERN_BENCH_INGEST_BARE_H
#include <stddef.h>

struct ingest_bare;

/* store: "postgresql:..." into the same tables; else a file of its own. Exits on failure. */
struct ingest_bare *ingest_bare_open(const char *store, size_t rows, size_t sealed);
/* Inserts for so long; rows per second. */
double ingest_bare_rate(struct ingest_bare *b, unsigned seconds);
void ingest_bare_close(struct ingest_bare *b);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * A gate as the registry sees one: a chain of records, batches of them, and the POST that carries
 * them. Shared by the registry's tests and the load bench. Must never be linked into the product.
 */
#ifndef POSTERN_TEST_SENDER_H
#define POSTERN_TEST_SENDER_H
#include <curl/curl.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/chain.h"
#include "journal.pb-c.h"

struct sender {
	char tenant[CHAIN_NAME_MAX + 1], gate[CHAIN_NAME_MAX + 1];
	uint64_t epoch, seq; /* of the last record made; 0 none */
	uint8_t head[CHAIN_HASH];
	int64_t wall_ms; /* of its clock; 0: the time */
};

struct bytes {
	uint8_t *data;
	size_t size;
};

void sender_init(struct sender *s, const char *tenant, const char *gate);
/* The next `records` records as an encoded JournalBatch; each with a sealed part of sealed_size
 * bytes (0 none). Advances the sender. */
struct bytes sender_batch(struct sender *s, size_t records, size_t sealed_size);
/* The same, decoded, for a test that spoils it; free with postern__journal_batch__free_unpacked. */
Postern__JournalBatch *sender_decoded(struct sender *s, size_t records, size_t sealed_size);
struct bytes sender_encoded(const Postern__JournalBatch *batch);

/* The public key of the acknowledgements, as a gate is given it. */
EVP_PKEY *sender_ack_key(const char *pki);
/* True: answer is a SignedAck with that key's signature over exactly this gate, seq and hash. */
bool sender_acknowledged(EVP_PKEY *key, const uint8_t *answer, size_t size, const struct sender *s);

/* The registry, started by the test: see registry_host.c. */
struct registry_process {
	pid_t pid;
	int input, output;
	unsigned port;
};

/* argv as of registry_host, NULL-terminated, without the program. Exits with a sentence when it
 * does not start. */
void registry_process_start(
	struct registry_process *p, const char *program, const char *const *argv);
/* Its exit status; -1 when a signal ended it. */
int registry_process_stop(struct registry_process *p);

/* Sets the options of every request: certificates below pki (made by `postern pki demo`) of a gate,
 * NULL: none. */
void sender_curl(CURL *c, const char *pki, const char *gate);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * Earlier stays of a person, for the short-stay calculation at the gate. Persons are known by a
 * keyed pseudonym alone: HMAC-SHA-256 (RFC 2104) of "number|issuer|YYYYMMDD" under a key that stays
 * in the registry's state folder. Must never store or log what the pseudonym was made of.
 */
#ifndef POSTERN_REGISTRY_HISTORY_H
#define POSTERN_REGISTRY_HISTORY_H
#include "crossing.pb-c.h"
#include "db/db.h"

struct registers;

enum { HISTORY_KEY = 32 };
enum { HISTORY_STAYS_MAX = 512 }; /* of one answer; more: the answer is not complete */

/* Reads the key, or makes it (mode 0600) when there is none. PN_EIO, PN_EFORMAT, PN_ECRYPTO. */
int history_key(const char *path, uint8_t key[HISTORY_KEY]) PN_MUST_CHECK;
struct history {
	struct db *db;
	const uint8_t *key; /* HISTORY_KEY bytes */
	bool complete;      /* the stays known here are all there are */
	const struct registers *registers; /* NULL: none are kept */
	int64_t wall_s;     /* now */
};
/* Encoded HistoryLooked, to be freed by the caller with explicit_bzero() and free(). PN_EFORMAT:
 * the question is not well-formed; others: the store's. */
int history_look(const struct history *h, const char *tenant, const uint8_t *question, size_t size,
	uint8_t **answer, size_t *answer_size) PN_MUST_CHECK;
/* CSV (RFC 4180 without quoting) with the header document_number,issuer,birth_date,entry,exit;
 * dates YYYY-MM-DD, exit may be empty. All lines or none; a second load changes nothing.
 * PN_EFORMAT: *line says where. */
int history_load(struct db *db, const uint8_t key[HISTORY_KEY], const char *tenant,
	const char *path, size_t *line) PN_MUST_CHECK;
#endif

/* SPDX-License-Identifier: Apache-2.0
 * Pseudonyms and look-ups of stays. Must never leave a document number in memory after the answer.
 */
#include "history.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "history_person.h"
#include "registers.h"
#include "schema.h"

static int make_key(const char *path, uint8_t key[HISTORY_KEY])
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return PN_EIO;
	int err = RAND_priv_bytes(key, HISTORY_KEY) == 1 ? 0 : PN_ECRYPTO;
	if (err == 0 && (write(fd, key, HISTORY_KEY) != HISTORY_KEY || fsync(fd) != 0))
		err = PN_EIO;
	if (close(fd) != 0 && err == 0)
		err = PN_EIO;
	if (err != 0)
		unlink(path);
	return err;
}

int history_key(const char *path, uint8_t key[HISTORY_KEY])
{
	uint8_t more;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return make_key(path, key);
	int err = read(fd, key, HISTORY_KEY) == HISTORY_KEY && read(fd, &more, 1) == 0 ? 0
										       : PN_EFORMAT;
	close(fd);
	return err;
}

int history_person(const uint8_t key[HISTORY_KEY], const char *number, const char *issuer,
	uint32_t birth_date, uint8_t person[HISTORY_PERSON])
{
	char text[2 * HISTORY_WORD_MAX + 16];
	unsigned size = 0;
	if (number[0] == '\0' || strnlen(number, HISTORY_WORD_MAX) == HISTORY_WORD_MAX ||
		strnlen(issuer, HISTORY_WORD_MAX) == HISTORY_WORD_MAX ||
		strchr(number, '|') != NULL || strchr(issuer, '|') != NULL)
		return PN_EFORMAT;
	int n = snprintf(text, sizeof text, "%s|%s|%08u", number, issuer, birth_date);
	int ok = n > 0 && n < (int)sizeof text &&
		 HMAC(EVP_sha256(), key, HISTORY_KEY, (const uint8_t *)text, (size_t)n, person,
			 &size) != NULL &&
		 size == HISTORY_PERSON;
	explicit_bzero(text, sizeof text);
	return ok ? 0 : PN_ECRYPTO;
}

struct stays {
	size_t count;
	bool cut;
	Postern__Stay stay[HISTORY_STAYS_MAX];
	Postern__Stay *list[HISTORY_STAYS_MAX];
	Postern__Date date[HISTORY_STAYS_MAX][2];
};

void history_date(Postern__Date *d, int64_t yyyymmdd)
{
	postern__date__init(d);
	d->year = (uint32_t)(yyyymmdd / 10000);
	d->month = (uint32_t)(yyyymmdd / 100 % 100);
	d->day = (uint32_t)(yyyymmdd % 100);
}

static int stay_row(void *self, const struct db_value *c, size_t count)
{
	struct stays *s = self;
	if (count != 2)
		return PN_EFORMAT;
	if (s->count == HISTORY_STAYS_MAX) {
		s->cut = true;
		return 0;
	}
	size_t i = s->count++;
	history_date(&s->date[i][0], c[0].number);
	history_date(&s->date[i][1], c[1].number);
	postern__stay__init(&s->stay[i]);
	s->stay[i].entry_date = &s->date[i][0];
	s->stay[i].exit_date = &s->date[i][1];
	s->list[i] = &s->stay[i];
	return 0;
}

static int person_of(const uint8_t key[HISTORY_KEY], const uint8_t *question, size_t size,
	uint8_t person[HISTORY_PERSON], uint32_t *day)
{
	int err = PN_EFORMAT;
	Postern__LookupHistory *q = postern__lookup_history__unpack(NULL, size, question);
	if (q == NULL)
		return err;
	const Postern__Date *b = q->birth_date;
	if (q->base.n_unknown_fields == 0 && b != NULL && b->base.n_unknown_fields == 0 &&
		(q->reference_date == NULL || q->reference_date->base.n_unknown_fields == 0) &&
		b->year <= 9999 && b->month <= 12 && b->day <= 31)
		err = history_person(key, q->document_number, q->issuer,
			b->year * 10000 + b->month * 100 + b->day, person);
	const Postern__Date *today = q->reference_date;
	*day = today != NULL && today->year <= 9999 && today->month <= 12 && today->day <= 31
		       ? today->year * 10000 + today->month * 100 + today->day
		       : 0;
	explicit_bzero(q->document_number, strlen(q->document_number));
	if (q->birth_date != NULL)
		postern__date__init(q->birth_date);
	postern__lookup_history__free_unpacked(q, NULL);
	return err;
}

/* Everything of one answer, so that it is wiped in one piece. */
struct known {
	struct stays stays;
	struct registers_answer registers;
};

static int encode(const struct history *h, const struct known *k, uint8_t **answer, size_t *size)
{
	Postern__HistoryLooked looked = POSTERN__HISTORY_LOOKED__INIT;
	looked.result = POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL;
	looked.stays = (Postern__Stay **)k->stays.list;
	looked.n_stays = k->stays.count;
	looked.complete = h->complete && !k->stays.cut;
	looked.permits_result = k->registers.result[REGISTER_PERMITS];
	looked.permits = (Postern__Permit **)k->registers.permit_list;
	looked.n_permits = k->registers.permits;
	looked.authorisation_result = k->registers.result[REGISTER_AUTHORISATIONS];
	looked.bans_result = k->registers.result[REGISTER_BANS];
	looked.bans = (Postern__EntryBan **)k->registers.ban_list;
	looked.n_bans = k->registers.bans;
	*answer = malloc(postern__history_looked__get_packed_size(&looked) + 1);
	if (*answer == NULL)
		return PN_ENOMEM;
	*size = postern__history_looked__pack(&looked, *answer);
	return 0;
}

int history_look(const struct history *h, const char *tenant, const uint8_t *question, size_t size,
	uint8_t **answer, size_t *answer_size)
{
	uint8_t person[HISTORY_PERSON];
	uint32_t day;
	int err = person_of(h->key, question, size, person, &day);
	if (err != 0)
		return err;
	struct known *k = calloc(1, sizeof *k);
	if (k == NULL)
		return PN_ENOMEM;
	struct db_value binds[] = {db_text(tenant), db_blob(person, sizeof person)};
	err = db_exec(h->db, STAY_LIST, binds, PN_COUNT(binds), stay_row, &k->stays);
	if (err == 0)
		err = registers_look(h->registers, h->db, tenant, person, day, h->wall_s, &k->registers);
	if (err == 0)
		err = encode(h, k, answer, answer_size);
	explicit_bzero(k, sizeof *k);
	free(k);
	return err;
}

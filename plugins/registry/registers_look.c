/* SPDX-License-Identifier: Apache-2.0
 * What the registers in force say of one person. Must never vouch for a register that is not in force, is too old, or of
 * which it did not see every entry.
 */
#include <stdio.h>
#include <string.h>

#include "history_person.h"
#include "registers_internal.h"
#include "schema.h"

struct looking {
	const struct registers *r;
	struct registers_answer *out;
	uint32_t day;
	int64_t wall_s;
};

/* A file from the future is as new as one can be: clocks differ. */
static bool too_old(const struct looking *l, int64_t as_of_s)
{
	return l->r->stale_s != 0 && l->wall_s - as_of_s > l->r->stale_s;
}

static Postern__Date *date_of(struct looking *l, size_t i, size_t k, int64_t yyyymmdd)
{
	history_date(&l->out->date[i][k], yyyymmdd);
	return yyyymmdd == 0 ? NULL : &l->out->date[i][k];
}

static char *issuer_of(struct looking *l, size_t i, const struct db_value *v)
{
	snprintf(l->out->issuer[i], sizeof l->out->issuer[i], "%.*s", (int)v->size, (const char *)v->bytes);
	return l->out->issuer[i];
}

enum { KIND, AS_OF, WHAT, ISSUER, FROM, UNTIL, ALLOWED, USED, DAYS, COLUMNS };

static bool add_permit(struct looking *l, const struct db_value *c)
{
	size_t i = l->out->permits;
	if (i == REGISTER_ENTRIES_MAX)
		return false;
	Postern__Permit *p = l->out->permit_list[i] = &l->out->permit[i];
	postern__permit__init(p);
	p->kind = (Postern__PermitKind)c[WHAT].number;
	p->issuer = issuer_of(l, i, &c[ISSUER]);
	p->valid_from = date_of(l, i, 0, c[FROM].number);
	p->valid_until = date_of(l, i, 1, c[UNTIL].number);
	p->entries_allowed = (uint32_t)c[ALLOWED].number;
	p->entries_used = (uint32_t)c[USED].number;
	p->stay_days = (uint32_t)c[DAYS].number;
	l->out->permits++;
	return true;
}

static bool add_ban(struct looking *l, const struct db_value *c)
{
	size_t i = l->out->bans;
	if (i == REGISTER_ENTRIES_MAX)
		return false;
	Postern__EntryBan *b = l->out->ban_list[i] = &l->out->ban[i];
	postern__entry_ban__init(b);
	b->issuer = issuer_of(l, REGISTER_ENTRIES_MAX + i, &c[ISSUER]);
	b->valid_until = date_of(l, i, 2, c[UNTIL].number);
	l->out->bans++;
	return true;
}

/* One that is good today is enough, whatever became of others. */
static void add_authorisation(struct looking *l, const struct db_value *c)
{
	bool good = c[WHAT].number == REGISTER_GRANTED && c[FROM].number <= l->day && l->day <= c[UNTIL].number;
	if (good && l->out->result[REGISTER_AUTHORISATIONS] == POSTERN__CHECK_RESULT__CHECK_FAILED)
		l->out->result[REGISTER_AUTHORISATIONS] = POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL;
}

/* One row for each register in force, with the entry columns null where it has none of this person. */
static int row(void *self, const struct db_value *c, size_t count)
{
	struct looking *l = self;
	if (count != COLUMNS || c[KIND].number < 1 || c[KIND].number >= REGISTER_KINDS_)
		return PN_EFORMAT;
	enum register_kind kind = (enum register_kind)c[KIND].number;
	Postern__CheckResult *result = &l->out->result[kind];
	if (l->r->file[kind].path == NULL || too_old(l, c[AS_OF].number))
		return 0;
	bool first = *result == POSTERN__CHECK_RESULT__CHECK_UNDETERMINED;
	if (kind == REGISTER_AUTHORISATIONS) {
		if (l->day == 0)
			return 0;
		if (first)
			*result = POSTERN__CHECK_RESULT__CHECK_FAILED;
		if (c[WHAT].type != DB_NULL)
			add_authorisation(l, c);
		return 0;
	}
	if (first)
		*result = POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL;
	if (c[WHAT].type != DB_NULL && !(kind == REGISTER_PERMITS ? add_permit(l, c) : add_ban(l, c)))
		*result = POSTERN__CHECK_RESULT__CHECK_ABORTED;
	return 0;
}

int registers_look(const struct registers *r, struct db *db, const char *tenant, const uint8_t person[32], uint32_t day,
	int64_t wall_s, struct registers_answer *out)
{
	struct looking l = {.r = r, .out = out, .day = day, .wall_s = wall_s};
	memset(out, 0, sizeof *out);
	bool ours = r != NULL && strcmp(tenant, r->tenant) == 0;
	for (int k = 1; k < REGISTER_KINDS_; k++)
		out->result[k] = ours && r->file[k].path != NULL ? POSTERN__CHECK_RESULT__CHECK_UNDETERMINED
								 : POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED;
	if (!ours)
		return 0;
	struct db_value binds[] = {db_text(tenant), db_blob(person, 32)};
	int err = db_exec(db, ENTRY_LIST, binds, PN_COUNT(binds), row, &l);
	for (int k = 1; k < REGISTER_KINDS_; k++)
		if (out->result[k] == POSTERN__CHECK_RESULT__CHECK_ABORTED)
			out->result[k] = POSTERN__CHECK_RESULT__CHECK_UNDETERMINED;
	return err;
}

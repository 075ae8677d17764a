/* SPDX-License-Identifier: Apache-2.0
 * One line of a register's file. Must never keep what a pseudonym was made of.
 */
#include <string.h>

#include "csv.h"
#include "history_person.h"
#include "registers.h"

enum { FIELDS_MAX = 10, COUNT_MAX = 9999 };

static const struct {
	const char *name, *header;
	size_t fields;
} shapes[REGISTER_KINDS_] = {
	[REGISTER_PERMITS] = {"permits",
		"document_number,issuer,birth_date,kind,permit_issuer,valid_from,valid_until,entries_allowed,entries_used,stay_days", 10},
	[REGISTER_AUTHORISATIONS] = {"authorisations", "document_number,issuer,birth_date,status,valid_from,valid_until", 6},
	[REGISTER_BANS] = {"bans", "document_number,issuer,birth_date,ban_issuer,valid_until", 5},
};

const char *register_name(enum register_kind kind)
{
	return shapes[kind].name;
}

const char *register_header(enum register_kind kind)
{
	return shapes[kind].header;
}

static bool word(const char *s, const char *const *words, size_t count, uint32_t *out)
{
	for (size_t i = 1; i < count; i++)
		if (strcmp(s, words[i]) == 0) {
			*out = (uint32_t)i;
			return true;
		}
	return false;
}

static bool period(const char *from, const char *until, struct register_row *out)
{
	return csv_day(from, &out->valid_from) && csv_day(until, &out->valid_until) && out->valid_from <= out->valid_until;
}

static bool state(const char *s, struct register_row *out)
{
	bool good = csv_state(s);
	if (good)
		memcpy(out->issuer, s, strlen(s) + 1);
	return good;
}

static bool permit(char **f, struct register_row *out)
{
	static const char *const kinds[] = {[POSTERN__PERMIT_KIND__PERMIT_SHORT_STAY_VISA] = "short_stay_visa",
		[POSTERN__PERMIT_KIND__PERMIT_LONG_STAY_VISA] = "long_stay_visa",
		[POSTERN__PERMIT_KIND__PERMIT_RESIDENCE] = "residence",
		[POSTERN__PERMIT_KIND__PERMIT_LOCAL_BORDER_TRAFFIC] = "local_border_traffic"};
	return word(f[3], kinds, PN_COUNT(kinds), &out->what) && state(f[4], out) && period(f[5], f[6], out) &&
	       csv_number(f[7], COUNT_MAX, &out->entries_allowed) && csv_number(f[8], COUNT_MAX, &out->entries_used) &&
	       csv_number(f[9], COUNT_MAX, &out->stay_days);
}

static bool authorisation(char **f, struct register_row *out)
{
	static const char *const words[] = {
		[REGISTER_GRANTED] = "granted", [REGISTER_REFUSED] = "refused", [REGISTER_REVOKED] = "revoked"};
	return word(f[3], words, PN_COUNT(words), &out->what) && period(f[4], f[5], out);
}

static bool ban(char **f, struct register_row *out)
{
	return state(f[3], out) && (f[4][0] == '\0' || csv_day(f[4], &out->valid_until));
}

int register_read(enum register_kind kind, const uint8_t key[HISTORY_KEY], char *line, struct register_row *out)
{
	char *f[FIELDS_MAX];
	uint32_t birth;
	memset(out, 0, sizeof *out);
	if (!csv_split(line, f, shapes[kind].fields) || !csv_date(f[2], &birth) || !csv_state(f[1]))
		return PN_EFORMAT;
	bool good = kind == REGISTER_PERMITS ? permit(f, out) : kind == REGISTER_BANS ? ban(f, out) : authorisation(f, out);
	return good ? history_person(key, f[0], f[1], birth, out->person) : PN_EFORMAT;
}

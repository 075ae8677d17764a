/* SPDX-License-Identifier: Apache-2.0
 * People from rows. Must never guess a date.
 */
#include "match/people.h"

#include <string.h>
#include <strings.h>

#include "mrz/mrz.h"

struct column_name {
	const char *name;
	enum people_column column;
};

static const struct column_name names[] = {{"entry_id", PEOPLE_ID}, {"id", PEOPLE_ID},
	{"query_id", PEOPLE_ID}, {"entity_id", PEOPLE_ID}, {"uid", PEOPLE_ID},
	{"ent_num", PEOPLE_ID}, {"kind", PEOPLE_KIND}, {"name", PEOPLE_NAME},
	{"full_name", PEOPLE_NAME}, {"caption", PEOPLE_NAME}, {"query", PEOPLE_NAME},
	{"query_name", PEOPLE_NAME}, {"surname", PEOPLE_SURNAME}, {"last_name", PEOPLE_SURNAME},
	{"family_name", PEOPLE_SURNAME}, {"given_names", PEOPLE_GIVEN},
	{"given_name", PEOPLE_GIVEN}, {"first_name", PEOPLE_GIVEN}, {"middle_name", PEOPLE_MIDDLE},
	{"birth_date", PEOPLE_BIRTH}, {"date_of_birth", PEOPLE_BIRTH}, {"dob", PEOPLE_BIRTH},
	{"sex", PEOPLE_SEX}, {"gender", PEOPLE_SEX}, {"nationality", PEOPLE_NATIONALITY},
	{"country", PEOPLE_NATIONALITY}, {"aliases", PEOPLE_ALIASES}, {"alias", PEOPLE_ALIASES}};

int people_head(const struct csv_row *row, struct people_columns *out)
{
	for (size_t i = 0; i < PEOPLE_COLUMNS; i++)
		out->at[i] = -1;
	for (size_t k = 0; k < row->count; k++)
		for (size_t i = 0; i < PN_COUNT(names); i++)
			if (strcasecmp(row->field[k], names[i].name) == 0 &&
				out->at[names[i].column] < 0)
				out->at[names[i].column] = (int)k;
	return out->at[PEOPLE_NAME] >= 0 || out->at[PEOPLE_SURNAME] >= 0 ? PN_OK : PN_EFORMAT;
}

const char *people_field(
	const struct csv_row *row, const struct people_columns *c, enum people_column what)
{
	int at = c->at[what];
	return at >= 0 && (size_t)at < row->count ? row->field[at] : "";
}

bool people_is_person(const struct csv_row *row, const struct people_columns *c)
{
	const char *kind = people_field(row, c, PEOPLE_KIND);
	return kind[0] == '\0' || strcasecmp(kind, "person") == 0;
}

/* n digits, all of them; -1 else */
static int digits(const char *s, size_t n)
{
	int value = 0;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		value = value * 10 + (s[i] - '0');
	}
	return value;
}

bool people_birth(const char *s, struct match_birth *out)
{
	size_t n = strcspn(s, ";");
	bool dashes = n == 7 || n == 10;
	int year, month = 0, day = 0;
	*out = (struct match_birth){0, 0, 0};
	if (n == 0)
		return true;
	if (n != 4 && n != 7 && n != 8 && n != 10)
		return false;
	year = digits(s, 4);
	if (year >= 1850 && year <= 2999)
		out->year = (uint16_t)year;
	if (n > 4 && !(dashes ? s[4] == '-' : true))
		return false;
	if (n > 4)
		month = digits(s + (dashes ? 5 : 4), 2);
	if (n == 10 && s[7] != '-')
		return false;
	if (n == 10 || n == 8)
		day = digits(s + (dashes ? 8 : 6), 2);
	if (year < 0 || month < 0 || month > 12 || day < 0 || day > 31 ||
		(year != 0 && (year < 1850 || year > 2999)))
		return false;
	*out = (struct match_birth){
		(uint16_t)year, (uint8_t)month, (uint8_t)(month != 0 ? day : 0)};
	if (year == 0)
		*out = (struct match_birth){0, 0, 0};
	return true;
}

/* ISO's two letters become three, DEU becomes D; what else is no code is none. */
static bool read_state(const char *text, size_t n, char out[4])
{
	char code[4] = {0};
	const struct mrz_country *known;
	memset(out, 0, 4);
	for (size_t i = 0; i < n; i++) {
		if (n > 3 || (text[i] & ~0x20) < 'A' || (text[i] & ~0x20) > 'Z')
			return false;
		code[i] = (char)(text[i] & ~0x20);
	}
	known = mrz_country_of_alpha_2(strcmp(code, "DEU") == 0 ? "DE" : code);
	memcpy(out, known != NULL ? known->code : code, 4);
	return n > 0;
}

bool people_nationality(
	const struct csv_row *row, const struct people_columns *c, const char **at, char out[4])
{
	bool good = false;
	if (*at == NULL)
		*at = people_field(row, c, PEOPLE_NATIONALITY);
	while (!good && **at != '\0') {
		*at += strspn(*at, "; ");
		size_t n = strcspn(*at, ";");
		good = read_state(*at, n, out);
		*at += n;
	}
	return good;
}

static void read_person(
	const struct csv_row *row, const struct people_columns *c, struct match_person *out)
{
	const char *sex = people_field(row, c, PEOPLE_SEX), *at = NULL;
	out->sex = sex[0] == 'm' || sex[0] == 'M'   ? 'M'
		   : sex[0] == 'f' || sex[0] == 'F' ? 'F'
						    : '\0';
	if (!people_nationality(row, c, &at, out->nationality))
		memset(out->nationality, 0, sizeof out->nationality);
}

static int read_name(
	const struct csv_row *row, const struct people_columns *c, struct match_name *out)
{
	const char *surname = people_field(row, c, PEOPLE_SURNAME),
		   *given = people_field(row, c, PEOPLE_GIVEN);
	const char *middle = people_field(row, c, PEOPLE_MIDDLE);
	char both[4 * MATCH_TEXT_SIZE];
	size_t n = strlen(given), m = strlen(middle);
	int r;
	if (surname[0] == '\0' && given[0] == '\0')
		return match_name_read_line(people_field(row, c, PEOPLE_NAME), out);
	if (n + m + 2 > sizeof both)
		return PN_ELIMIT;
	memcpy(both, given, n);
	both[n] = ' ';
	memcpy(both + n + 1, middle, m);
	both[n + 1 + m] = '\0';
	r = match_name_read(surname, both, out);
	explicit_bzero(both, sizeof both);
	return r;
}

int people_read(const struct csv_row *row, const struct people_columns *c, struct match_name *name,
	struct match_person *person, const char **what)
{
	int r = read_name(row, c, name);
	*what = "name";
	if (r != PN_OK)
		return r;
	read_person(row, c, person);
	*what = "birth date";
	return people_birth(people_field(row, c, PEOPLE_BIRTH), &person->birth) ? PN_OK
										: PN_EFORMAT;
}

int people_alias(const struct csv_row *row, const struct people_columns *c, const char **at,
	struct match_name *name)
{
	char one[4 * MATCH_TEXT_SIZE];
	size_t n;
	int r;
	if (*at == NULL)
		*at = people_field(row, c, PEOPLE_ALIASES);
	*at += strspn(*at, "; ");
	n = strcspn(*at, ";");
	if (n == 0)
		return PN_ENOTFOUND;
	if (n >= sizeof one)
		return PN_ELIMIT;
	memcpy(one, *at, n);
	one[n] = '\0';
	*at += n;
	r = match_name_read_line(one, name);
	explicit_bzero(one, sizeof one);
	return r;
}

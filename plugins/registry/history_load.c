/* SPDX-License-Identifier: Apache-2.0
 * Loading known stays from a file at start. Must never load half of a file.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "history_person.h"
#include "schema.h"

static const char header[] = "document_number,issuer,birth_date,entry,exit";

enum { FIELDS = 5, LINE_MAX_BYTES = 512 };

/* YYYY-MM-DD; empty gives 0 where allowed. */
static bool read_date(const char *s, bool may_be_empty, uint32_t *out)
{
	static const char form[] = "dddd-dd-dd";
	*out = 0;
	if (s[0] == '\0')
		return may_be_empty;
	if (strlen(s) != sizeof form - 1)
		return false;
	for (size_t i = 0; form[i] != '\0'; i++) {
		if (form[i] == '-' ? s[i] != '-' : !isdigit((unsigned char)s[i]))
			return false;
		if (form[i] == 'd')
			*out = *out * 10 + (uint32_t)(s[i] - '0');
	}
	return *out / 100 % 100 <= 12 && *out % 100 <= 31;
}

static bool split(char *line, char *fields[FIELDS])
{
	line[strcspn(line, "\r\n")] = '\0';
	for (size_t i = 0; i < FIELDS; i++) {
		fields[i] = line;
		line = strchr(line, ',');
		if ((line == NULL) != (i == FIELDS - 1))
			return false;
		if (line != NULL)
			*line++ = '\0';
	}
	return true;
}

static int load_line(struct db *db, const uint8_t key[HISTORY_KEY], const char *tenant, char *line)
{
	char *f[FIELDS];
	uint8_t person[HISTORY_PERSON];
	uint32_t birth, entry, leaving;
	if (!split(line, f) || !read_date(f[2], false, &birth) || !read_date(f[3], false, &entry) ||
		!read_date(f[4], true, &leaving) || (leaving != 0 && leaving < entry))
		return PN_EFORMAT;
	int err = history_person(key, f[0], f[1], birth, person);
	if (err != 0)
		return err;
	struct db_value binds[] = {
		db_text(tenant), db_blob(person, sizeof person), db_int(entry), db_int(leaving)};
	return db_exec(db, STAY_SET, binds, PN_COUNT(binds), NULL, NULL);
}

static int load(
	struct db *db, const uint8_t key[HISTORY_KEY], const char *tenant, FILE *f, size_t *line)
{
	char text[LINE_MAX_BYTES];
	int err = 0;
	*line = 1;
	if (fgets(text, sizeof text, f) == NULL)
		return PN_EFORMAT;
	text[strcspn(text, "\r\n")] = '\0';
	if (strcmp(text, header) != 0)
		return PN_EFORMAT;
	while (err == 0 && fgets(text, sizeof text, f) != NULL) {
		(*line)++;
		if (strchr(text, '\n') == NULL && !feof(f))
			err = PN_EFORMAT;
		else if (text[0] != '\n' && text[0] != '\r')
			err = load_line(db, key, tenant, text);
	}
	explicit_bzero(text, sizeof text);
	return err != 0 ? err : ferror(f) ? PN_EIO : 0;
}

int history_load(struct db *db, const uint8_t key[HISTORY_KEY], const char *tenant,
	const char *path, size_t *line)
{
	*line = 0;
	FILE *f = fopen(path, "re");
	if (f == NULL)
		return PN_EIO;
	int err = db_begin(db);
	if (err == 0)
		err = load(db, key, tenant, f, line);
	if (err == 0)
		err = db_commit(db);
	if (err != 0)
		db_rollback(db);
	fclose(f);
	return err;
}

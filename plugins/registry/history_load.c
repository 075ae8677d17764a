/* SPDX-License-Identifier: Apache-2.0
 * Loading known stays from a file at start. Must never load half of a file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "history_person.h"
#include "schema.h"

static const char header[] = "document_number,issuer,birth_date,entry,exit";

enum { FIELDS = 5 };

static int load_line(struct db *db, const uint8_t key[HISTORY_KEY], const char *tenant, char *line)
{
	char *f[FIELDS];
	uint8_t person[HISTORY_PERSON];
	uint32_t birth, entry, leaving = 0;
	if (!csv_split(line, f, FIELDS) || !csv_date(f[2], &birth) || !csv_date(f[3], &entry) ||
		(f[4][0] != '\0' && !csv_date(f[4], &leaving)) || (leaving != 0 && leaving < entry))
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
	char text[CSV_LINE_MAX];
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

/* SPDX-License-Identifier: Apache-2.0
 * FollowTheMoney, one entity a line (OpenSanctions' entities.ftm.json). A Person is an entry; a Passport or an
 * Identification is a document of its holder, who may come later: documents wait for the end. Must never hold more of a
 * person than the key of the id.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lists/internal.h"

enum { LINE_MAX_BYTES = 1024 * 1024, DEPTH_MAX = 24, HOLDERS_MAX = 16 };

struct waiting {
	uint64_t holder, line;
	unsigned file;
	char id[LISTS_ID_MAX + 1];
	struct entry_document document;
};

struct ftm {
	struct import *im;
	struct keys persons;
	struct waiting *waiting;
	size_t count, room;
	struct entry entry;
};

/* The property's texts one after the other; told once where they are none. */
static const char *text_at(struct ftm *f, const json_t *properties, const char *name, size_t i)
{
	const json_t *list = json_object_get(properties, name), *one;
	const char *s;
	if (list == NULL)
		return NULL;
	if (!json_is_array(list)) {
		if (i == 0)
			tell(f->im, f->entry.line, LISTS_VALUE_FORM);
		return NULL;
	}
	if (i >= json_array_size(list))
		return NULL;
	one = json_array_get(list, i);
	s = json_string_value(one);
	if (s == NULL) {
		tell(f->im, f->entry.line, LISTS_VALUE_FORM);
		return "";
	}
	return s;
}

static bool has_topic(const struct ftm *f, const json_t *properties)
{
	const json_t *list = json_object_get(properties, "topics");
	const char *wanted = f->im->options->topics;
	if (wanted == NULL)
		return true;
	while (*wanted != '\0') {
		size_t n = strcspn(wanted, ",");
		for (size_t i = 0; i < json_array_size(list); i++) {
			const char *s = json_string_value(json_array_get(list, i));
			if (s != NULL && strlen(s) == n && memcmp(s, wanted, n) == 0)
				return true;
		}
		wanted += n + (wanted[n] == ',');
	}
	return false;
}

static void names_of(struct ftm *f, const json_t *p)
{
	static const struct {
		const char *property;
		bool weak;
	} kinds[] = {{"name", false}, {"alias", false}, {"previousName", false}, {"weakAlias", true}};
	const char *last = text_at(f, p, "lastName", 0), *first = text_at(f, p, "firstName", 0), *s;
	/* the parts of one name, where there is but one of each */
	if (last != NULL && first != NULL && json_array_size(json_object_get(p, "lastName")) == 1 &&
		json_array_size(json_object_get(p, "firstName")) == 1)
		entry_name_parts(f->im, &f->entry, last, first, false);
	for (size_t k = 0; k < PN_COUNT(kinds); k++)
		for (size_t i = 0; (s = text_at(f, p, kinds[k].property, i)) != NULL; i++)
			entry_name_line(f->im, &f->entry, s, kinds[k].weak);
}

static void particulars_of(struct ftm *f, const json_t *p)
{
	static const char *const nations[] = {"nationality", "citizenship"};
	const char *s;
	for (size_t i = 0; (s = text_at(f, p, "birthDate", i)) != NULL; i++)
		entry_birth_text(f->im, &f->entry, s, false);
	for (size_t k = 0; k < PN_COUNT(nations); k++)
		for (size_t i = 0; (s = text_at(f, p, nations[k], i)) != NULL; i++)
			entry_nationality(f->im, &f->entry, s);
	for (size_t i = 0; (s = text_at(f, p, "gender", i)) != NULL; i++)
		entry_sex(f->im, &f->entry, s);
	for (size_t i = 0; (s = text_at(f, p, "passportNumber", i)) != NULL; i++)
		entry_document_add(f->im, &f->entry, s, NULL, false);
	for (size_t i = 0; (s = text_at(f, p, "idNumber", i)) != NULL; i++)
		entry_document_add(f->im, &f->entry, s, NULL, true);
}

static int person(struct ftm *f, const json_t *entity, const json_t *properties)
{
	struct entry *e = &f->entry;
	size_t at;
	uint64_t key = text_key(e->reference);
	if (json_is_false(json_object_get(entity, "target")) || !has_topic(f, properties)) {
		tell(f->im, e->line, LISTS_NOT_A_TARGET);
		return PN_OK;
	}
	if (keys_find(&f->persons, key, &at)) {
		tell(f->im, e->line, LISTS_TWICE);
		return PN_OK;
	}
	names_of(f, properties);
	particulars_of(f, properties);
	return entry_end(f->im, e) ? keys_add(&f->persons, key, 0) : PN_OK;
}

static int wait(struct ftm *f, const char *holder, const struct entry_document *d)
{
	struct waiting *w;
	if (f->count == f->room) {
		size_t more = f->room == 0 ? 1024 : 2 * f->room;
		w = realloc(f->waiting, more * sizeof *w);
		if (w == NULL)
			return PN_ENOMEM;
		f->waiting = w;
		f->room = more;
	}
	w = &f->waiting[f->count];
	*w = (struct waiting){.holder = text_key(holder), .line = f->entry.line, .file = f->im->file, .document = *d};
	if (lists_entry_id(f->im->options->issuer, holder, w->id) == PN_OK)
		f->count++;
	else
		tell(f->im, f->entry.line, LISTS_NO_HOLDER);
	return PN_OK;
}

static int document(struct ftm *f, const json_t *p, bool passport)
{
	static const char *const numbers[] = {"number", "passportNumber"};
	struct entry *e = &f->entry;
	const char *state = text_at(f, p, "country", 0), *type = text_at(f, p, "type", 0), *s;
	bool by_number = !passport, any = false;
	int r = PN_OK;
	if (!passport && type != NULL && !document_kind(type, &by_number)) {
		tell(f->im, e->line, LISTS_DOCUMENT_KIND);
		return PN_OK;
	}
	for (size_t k = 0; k < PN_COUNT(numbers); k++)
		for (size_t i = 0; (s = text_at(f, p, numbers[k], i)) != NULL; i++) {
			any = any || s[0] != '\0';
			entry_document_add(f->im, e, s, state, by_number);
		}
	if (!any)
		tell(f->im, e->line, LISTS_NO_NUMBER);
	if (any && text_at(f, p, "holder", 0) == NULL)
		tell(f->im, e->line, LISTS_NO_HOLDER);
	for (size_t h = 0; r == PN_OK && h < HOLDERS_MAX && (s = text_at(f, p, "holder", h)) != NULL; h++)
		for (size_t i = 0; r == PN_OK && i < e->documents; i++)
			r = wait(f, s, &e->document[i]);
	return r;
}

static bool is_organisation(const char *schema)
{
	static const char *const words[] = {"Organization", "Company", "LegalEntity", "PublicBody", "Vessel", "Airplane", "Vehicle",
		"Asset", "CryptoWallet", "Security"};
	for (size_t i = 0; i < PN_COUNT(words); i++)
		if (strcmp(schema, words[i]) == 0)
			return true;
	return false;
}

static int entity(struct ftm *f, const json_t *root)
{
	const json_t *properties = json_object_get(root, "properties");
	const char *schema = json_string_value(json_object_get(root, "schema"));
	const char *id = json_string_value(json_object_get(root, "id"));
	bool passport;
	if (schema == NULL) {
		tell(f->im, f->entry.line, LISTS_NO_SCHEMA);
		return PN_OK;
	}
	passport = strcmp(schema, "Passport") == 0;
	if (id != NULL && strlen(id) < sizeof f->entry.reference)
		memcpy(f->entry.reference, id, strlen(id) + 1);
	if (strcmp(schema, "Person") == 0)
		return person(f, root, properties);
	if (passport || strcmp(schema, "Identification") == 0)
		return document(f, properties, passport);
	tell(f->im, f->entry.line, is_organisation(schema) ? LISTS_ORGANISATION : LISTS_OTHER_THING);
	return PN_OK;
}

/* Outside of strings no deeper than DEPTH_MAX: the parser below goes as deep as its text. */
static bool is_flat(const char *s, size_t n)
{
	size_t depth = 0;
	bool string = false;
	for (size_t i = 0; i < n; i++) {
		if (string && s[i] == '\\') {
			i++; /* what is escaped ends nothing */
		} else if (string) {
			string = s[i] != '"';
		} else if (s[i] == '"') {
			string = true;
		} else if ((s[i] == '{' || s[i] == '[') && ++depth > DEPTH_MAX) {
			return false;
		} else if ((s[i] == '}' || s[i] == ']') && depth > 0) {
			depth--;
		}
	}
	return true;
}

static int line(struct ftm *f, const char *s, size_t n)
{
	json_error_t error;
	json_t *root = is_flat(s, n) ? json_loadb(s, n, JSON_REJECT_DUPLICATES, &error) : NULL;
	int r = PN_OK;
	if (!json_is_object(root))
		tell(f->im, f->entry.line, LISTS_BAD_JSON);
	else
		r = entity(f, root);
	json_decref(root);
	return r;
}

static int file(struct ftm *f, const struct lists_source *source)
{
	struct reader r;
	char *s;
	size_t n;
	uint64_t lines = 0;
	int e = reader_open(&r, f->im, source, LINE_MAX_BYTES);
	while (e == PN_OK && f->im->ended == PN_OK) {
		e = reader_line(&r, &s, &n);
		if (e == PN_ENOTFOUND || e == PN_EIO)
			break;
		if (e == PN_OK && n == 0)
			continue;
		lines++;
		f->im->counts->rows++;
		entry_begin(&f->entry, r.line);
		if (e == PN_ELIMIT)
			tell(f->im, r.line, LISTS_BAD_JSON);
		e = e == PN_OK ? line(f, s, n) : PN_OK;
	}
	reader_close(&r);
	if (f->im->ended != PN_OK)
		return f->im->ended;
	if (e == PN_ENOTFOUND && lines == 0)
		tell(f->im, 1, LISTS_NOT_THE_LIST);
	if (e == PN_ENOTFOUND)
		e = lines > 0 ? PN_OK : PN_EFORMAT;
	return e;
}

static void write_waiting(struct ftm *f)
{
	size_t at;
	for (size_t i = 0; i < f->count && f->im->ended == PN_OK; i++) {
		const struct waiting *w = &f->waiting[i];
		f->im->file = w->file;
		entry_begin(&f->entry, w->line);
		if (keys_find(&f->persons, w->holder, &at))
			write_document(f->im, w->id, &f->entry, &w->document);
		else
			tell(f->im, w->line, LISTS_NOT_ITS_DOCUMENT);
	}
}

void lists_prepare(void)
{
	json_object_seed(0);
	/* OpenSSL reads its configuration with the first digest */
	(void)text_key("");
}

int import_ftm(struct import *im, const struct lists_source *sources, size_t count)
{
	struct ftm *f = calloc(1, sizeof *f);
	int e = PN_OK;
	if (f == NULL)
		return PN_ENOMEM;
	f->im = im;
	for (size_t i = 0; i < count && e == PN_OK; i++) {
		im->file = (unsigned)i;
		e = file(f, &sources[i]);
	}
	if (e == PN_OK) {
		write_waiting(f);
		e = im->ended;
	}
	keys_free(&f->persons);
	if (f->waiting != NULL)
		explicit_bzero(f->waiting, f->count * sizeof *f->waiting);
	free(f->waiting);
	explicit_bzero(f, sizeof *f);
	free(f);
	return e;
}

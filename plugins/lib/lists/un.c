/* SPDX-License-Identifier: Apache-2.0
 * The consolidated list of the United Nations Security Council: CONSOLIDATED_LIST with INDIVIDUALS and
 * ENTITIES (sc-sanctions.xsd). Read as it comes, by expat. A document type declaration ends it, so that no
 * entity is ever declared, expanded or fetched. Must never keep more than one individual.
 *
 * FIRST_NAME to FOURTH_NAME are parts of one name in its order; the last that is given becomes the surname,
 * since the list does not say which is. QUALITY "Low" is a weak alias.
 */
#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "lists/internal.h"

enum { DEPTH_MAX = 16, TEXT_SIZE = 1024, TOKEN_MAX = 1024 * 1024, NAMES_OF_LIST = 4 };

enum element {
	OTHER,
	ROOT,
	INDIVIDUAL,
	ENTITY,
	DATAID,
	REFERENCE,
	FIRST_NAME,
	SECOND_NAME,
	THIRD_NAME,
	FOURTH_NAME,
	ORIGINAL_SCRIPT,
	GENDER,
	NATIONALITY,
	VALUE,
	ALIAS,
	QUALITY,
	ALIAS_NAME,
	ALIAS_BIRTH,
	BIRTH,
	TYPE_OF_DATE,
	DATE,
	YEAR,
	FROM_YEAR,
	TO_YEAR,
	NOTE,
	DOCUMENT,
	DOCUMENT_TYPE,
	DOCUMENT_TYPE_2,
	NUMBER,
	ISSUING_COUNTRY,
	COUNTRY_OF_ISSUE,
	ELEMENTS
};

static const char *const names[ELEMENTS] = {
	[ROOT] = "CONSOLIDATED_LIST",
	[INDIVIDUAL] = "INDIVIDUAL",
	[ENTITY] = "ENTITY",
	[DATAID] = "DATAID",
	[REFERENCE] = "REFERENCE_NUMBER",
	[FIRST_NAME] = "FIRST_NAME",
	[SECOND_NAME] = "SECOND_NAME",
	[THIRD_NAME] = "THIRD_NAME",
	[FOURTH_NAME] = "FOURTH_NAME",
	[ORIGINAL_SCRIPT] = "NAME_ORIGINAL_SCRIPT",
	[GENDER] = "GENDER",
	[NATIONALITY] = "NATIONALITY",
	[VALUE] = "VALUE",
	[ALIAS] = "INDIVIDUAL_ALIAS",
	[QUALITY] = "QUALITY",
	[ALIAS_NAME] = "ALIAS_NAME",
	[ALIAS_BIRTH] = "DATE_OF_BIRTH",
	[BIRTH] = "INDIVIDUAL_DATE_OF_BIRTH",
	[TYPE_OF_DATE] = "TYPE_OF_DATE",
	[DATE] = "DATE",
	[YEAR] = "YEAR",
	[FROM_YEAR] = "FROM_YEAR",
	[TO_YEAR] = "TO_YEAR",
	[NOTE] = "NOTE",
	[DOCUMENT] = "INDIVIDUAL_DOCUMENT",
	[DOCUMENT_TYPE] = "TYPE_OF_DOCUMENT",
	[DOCUMENT_TYPE_2] = "TYPE_OF_DOCUMENT2",
	[NUMBER] = "NUMBER",
	[ISSUING_COUNTRY] = "ISSUING_COUNTRY",
	[COUNTRY_OF_ISSUE] = "COUNTRY_OF_ISSUE",
};

struct un {
	struct import *im;
	XML_Parser parser;
	enum element open[DEPTH_MAX];
	size_t depth;
	bool inside; /* an individual */
	int result;
	char text[ELEMENTS][TEXT_SIZE]; /* of the elements inside of what is open */
	size_t size[ELEMENTS];
	bool cut;
	struct entry entry;
};

/* Newer expat has these with 64 bits on every machine, and calls the others deprecated. */
#ifdef EXPAT_HAS_64
#define LINE_OF XML_GetCurrentLineNumber64
#define BYTE_OF XML_GetCurrentByteIndex64
#else
#define LINE_OF XML_GetCurrentLineNumber
#define BYTE_OF XML_GetCurrentByteIndex
#endif

static uint64_t line_of(const struct un *u)
{
	return (uint64_t)LINE_OF(u->parser);
}

static void stop(struct un *u, enum lists_reason why)
{
	if (u->result == PN_OK)
		tell(u->im, line_of(u), why);
	u->result = PN_EFORMAT;
	XML_StopParser(u->parser, XML_FALSE);
}

static enum element element_of(const char *name)
{
	for (enum element e = ROOT; e < ELEMENTS; e++)
		if (strcmp(name, names[e]) == 0)
			return e;
	return OTHER;
}

static enum element above(const struct un *u, size_t n)
{
	return u->depth > n ? u->open[u->depth - 1 - n] : OTHER;
}

static void clear(struct un *u, enum element from, enum element to)
{
	for (enum element e = from; e <= to; e++) {
		u->text[e][0] = '\0';
		u->size[e] = 0;
	}
}

static void begin(void *ctx, const XML_Char *name, const XML_Char **attributes)
{
	struct un *u = ctx;
	enum element e = element_of(name);
	(void)attributes;
	if (u->depth == 0 && e != ROOT) {
		stop(u, LISTS_NOT_THE_LIST);
		return;
	}
	if (u->depth == DEPTH_MAX) {
		stop(u, LISTS_TOO_DEEP);
		return;
	}
	u->open[u->depth++] = e;
	if (e == INDIVIDUAL) {
		entry_begin(&u->entry, line_of(u));
		clear(u, OTHER, COUNTRY_OF_ISSUE);
		u->inside = true;
		u->cut = false;
	} else if (u->inside && (e == ALIAS || e == BIRTH || e == DOCUMENT)) {
		clear(u, e, e == ALIAS ? ALIAS_BIRTH : e == BIRTH ? NOTE : COUNTRY_OF_ISSUE);
	} else if (u->inside && (e == VALUE || (e > VALUE && above(u, 1) != INDIVIDUAL))) {
		clear(u, e, e);
	}
}

/* White space between elements is no text; comments on people are not kept. */
static void characters(void *ctx, const XML_Char *s, int length)
{
	struct un *u = ctx;
	enum element e = above(u, 0);
	size_t n = (size_t)length;
	if (!u->inside || e == OTHER || e == INDIVIDUAL || e == ALIAS || e == BIRTH || e == DOCUMENT || e == NATIONALITY)
		return;
	if (n >= TEXT_SIZE - u->size[e]) {
		u->cut = true;
		return;
	}
	memcpy(u->text[e] + u->size[e], s, n);
	u->size[e] += n;
	u->text[e][u->size[e]] = '\0';
}

static const char *text_of(struct un *u, enum element e)
{
	return trim(u->text[e]);
}

/* "A; B; C" stands in one element of some */
static void end_alias(struct un *u)
{
	bool weak = is_text(text_of(u, QUALITY), "Low");
	char *rest = u->text[ALIAS_NAME], *one;
	while ((one = strsep(&rest, ";")) != NULL)
		entry_name_line(u->im, &u->entry, trim(one), weak);
	entry_birth_text(u->im, &u->entry, text_of(u, ALIAS_BIRTH), false);
}

static void end_birth(struct un *u)
{
	bool about = is_text(text_of(u, TYPE_OF_DATE), "APPROXIMATELY");
	if (u->text[FROM_YEAR][0] != '\0' || u->text[TO_YEAR][0] != '\0') {
		char range[2 * TEXT_SIZE + 8];
		struct text t;
		text_init(&t, range, sizeof range);
		text_add(&t, "%s to %s", text_of(u, FROM_YEAR), text_of(u, TO_YEAR));
		entry_birth_text(u->im, &u->entry, range, about);
	} else if (text_of(u, DATE)[0] != '\0') {
		entry_birth_text(u->im, &u->entry, u->text[DATE], about);
	} else if (text_of(u, YEAR)[0] != '\0') {
		entry_birth_text(u->im, &u->entry, u->text[YEAR], about);
	} else {
		/* "Nov. 1973" stands in the note of some */
		entry_birth_text(u->im, &u->entry, text_of(u, NOTE), about);
	}
}

static void end_document(struct un *u)
{
	char kind[2 * TEXT_SIZE + 2];
	const char *number = text_of(u, NUMBER);
	const char *state = text_of(u, ISSUING_COUNTRY);
	struct text t;
	bool by_number;
	if (number[0] == '\0')
		return;
	text_init(&t, kind, sizeof kind);
	text_add(&t, "%s %s", text_of(u, DOCUMENT_TYPE_2), text_of(u, DOCUMENT_TYPE));
	/* "Passport" is also written over what its number calls something else */
	if (!document_kind(number, &by_number) && !document_kind(kind, &by_number)) {
		tell(u->im, u->entry.line, LISTS_DOCUMENT_KIND);
		return;
	}
	entry_document_add(u->im, &u->entry, number, state[0] != '\0' ? state : text_of(u, COUNTRY_OF_ISSUE), by_number);
}

static void name_of_list(struct un *u)
{
	const char *part[NAMES_OF_LIST];
	char given[NAMES_OF_LIST * TEXT_SIZE] = "";
	size_t count = 0, n = 0;
	for (enum element e = FIRST_NAME; e <= FOURTH_NAME; e++)
		if (text_of(u, e)[0] != '\0')
			part[count++] = u->text[e];
	if (count == 0)
		return;
	if (count == 1) {
		entry_name_line(u->im, &u->entry, part[0], false);
		return;
	}
	for (size_t i = 0; i + 1 < count; i++) {
		size_t m = strlen(part[i]);
		if (n > 0)
			given[n++] = ' ';
		memcpy(given + n, part[i], m + 1);
		n += m;
	}
	entry_name_parts(u->im, &u->entry, part[count - 1], given, false);
}

static void end_individual(struct un *u)
{
	struct entry *e = &u->entry;
	const char *reference = text_of(u, REFERENCE);
	struct entry_name of_list;
	size_t before = e->names;
	u->inside = false;
	u->im->counts->rows++;
	if (u->cut)
		tell(u->im, e->line, LISTS_TEXT_LONG);
	if (reference[0] == '\0')
		reference = text_of(u, DATAID);
	if (strlen(reference) < sizeof e->reference)
		memcpy(e->reference, reference, strlen(reference) + 1);
	name_of_list(u);
	/* the name of the list stands first, before the aliases */
	if (e->names > before && before > 0) {
		of_list = e->name[before];
		memmove(&e->name[1], &e->name[0], before * sizeof e->name[0]);
		e->name[0] = of_list;
	}
	if (text_of(u, ORIGINAL_SCRIPT)[0] != '\0')
		entry_name_line(u->im, e, u->text[ORIGINAL_SCRIPT], false);
	entry_sex(u->im, e, text_of(u, GENDER));
	(void)entry_end(u->im, e);
}

static void end(void *ctx, const XML_Char *name)
{
	struct un *u = ctx;
	enum element e = above(u, 0);
	(void)name;
	if (u->result != PN_OK || u->depth == 0)
		return;
	if (e == ENTITY) {
		u->im->counts->rows++;
		tell(u->im, line_of(u), LISTS_ORGANISATION);
	} else if (u->inside && e == VALUE && above(u, 1) == NATIONALITY) {
		entry_nationality(u->im, &u->entry, text_of(u, VALUE));
	} else if (u->inside && e == ALIAS) {
		end_alias(u);
	} else if (u->inside && e == BIRTH) {
		end_birth(u);
	} else if (u->inside && e == DOCUMENT) {
		end_document(u);
	} else if (u->inside && e == INDIVIDUAL) {
		end_individual(u);
	}
	u->depth--;
	if (u->im->ended != PN_OK)
		XML_StopParser(u->parser, XML_FALSE);
}

static void doctype(void *ctx, const XML_Char *name, const XML_Char *system, const XML_Char *public, int internal)
{
	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	stop(ctx, LISTS_DECLARATION);
}

static int parse(struct un *u, struct reader *r)
{
	for (;;) {
		void *to = XML_GetBuffer(u->parser, READER_CHUNK);
		ssize_t n;
		if (to == NULL)
			return PN_ENOMEM;
		n = reader_chunk(r, to, READER_CHUNK);
		if (n < 0)
			return PN_EIO;
		if (XML_ParseBuffer(u->parser, (int)n, n == 0) != XML_STATUS_OK) {
			if (u->im->ended != PN_OK || XML_GetErrorCode(u->parser) == XML_ERROR_NO_MEMORY)
				return u->im->ended != PN_OK ? u->im->ended : PN_ENOMEM;
			stop(u, LISTS_NOT_XML);
			return u->result;
		}
		if (n == 0)
			return PN_OK;
		/* a tag or comment without an end would be kept, and looked through again with every chunk */
		int64_t at = (int64_t)BYTE_OF(u->parser);
		if (at >= 0 && r->read - (uint64_t)at > TOKEN_MAX) {
			tell(u->im, line_of(u), LISTS_TOO_DEEP);
			return PN_EFORMAT;
		}
	}
}

int import_un(struct import *im, const struct lists_source *source)
{
	struct reader r = {.im = im, .source = source};
	struct un *u = calloc(1, sizeof *u);
	int result = PN_ENOMEM;
	if (u == NULL)
		return PN_ENOMEM;
	u->im = im;
	u->parser = XML_ParserCreate(NULL);
	if (u->parser != NULL) {
		XML_SetUserData(u->parser, u);
		XML_SetElementHandler(u->parser, begin, end);
		XML_SetCharacterDataHandler(u->parser, characters);
		XML_SetStartDoctypeDeclHandler(u->parser, doctype);
		result = parse(u, &r);
		XML_ParserFree(u->parser);
	}
	explicit_bzero(u, sizeof *u);
	free(u);
	return result;
}

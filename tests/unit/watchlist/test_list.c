/* SPDX-License-Identifier: Apache-2.0
 * Reading a list and finding travellers on it: exact numbers, exact names with birth dates and
 * their unknown parts, names that the zone has cut, and every way in which a line can be wrong.
 * Must never read a file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "matcher.h"

#define HEAD                                                                                       \
	"# list=sis-test version=42 issued=2026-06-30T12:00:00Z\n"                                 \
	"entry_id,kind,document_number,issuer,surname,given_names,birth_date,handling_code\n"

#define WIDE_HEADER                                                                                \
	"entry_id,kind,document_number,issuer,document_status,surname,given_names,aliases,birth_"  \
	"date,sex,nationality,authority,purpose,handling_code,valid_from,valid_until\n"
#define WIDE "# list=wide version=7 issued=2026-06-30T12:00:00Z\n" WIDE_HEADER
#define CHANGES "# list=wide version=8 issued=2026-07-01T12:00:00Z base=7\n" WIDE_HEADER

static struct list *parse(const char *text)
{
	struct list *list = NULL;
	unsigned line = 0;
	if (list_parse(text, strlen(text), &list, &line) != PN_OK)
		fail_msg("line %u of: %s", line, text);
	return list;
}

/* Lines after the two of the head; the wrong one is the third unless said. */
static void refused_at(const char *text, unsigned expected)
{
	struct list *list = NULL;
	unsigned line = 0;
	int r = list_parse(text, strlen(text), &list, &line);
	if (r != PN_EFORMAT || line != expected)
		fail_msg("returned %d at line %u, not at %u: %s", r, line, expected, text);
	assert_null(list);
}

static void refused(const char *entry)
{
	char text[2048];
	snprintf(text, sizeof text, HEAD "%s\n", entry);
	refused_at(text, 3);
}

static void accepted(const char *entry)
{
	char text[2048];
	snprintf(text, sizeof text, HEAD "%s\n", entry);
	list_free(parse(text));
}

struct found {
	char ids[256]; /* "A1 A2": by number, and by a name that is equal or cut */
	char alike[256];
	bool complete;
	struct matcher_match match[MATCHES_MAX];
	size_t count, dismissed;
};

static struct found find_with(
	const struct list *list, const struct list *changes, const struct matcher_query *q)
{
	struct found f = {.complete = false};
	struct matcher_found found;
	matcher_find(list, changes, q, &found);
	memcpy(f.match, found.match, sizeof f.match);
	f.count = found.count;
	f.dismissed = found.dismissed_count;
	f.complete = found.complete;
	for (size_t i = 0; i < f.count; i++) {
		char *ids = strstr(f.match[i].reasons[0], "_alike") != NULL ? f.alike : f.ids;
		size_t n = strlen(ids);
		snprintf(ids + n, sizeof f.ids - n, "%s%s", n > 0 ? " " : "", f.match[i].entry.id);
	}
	return f;
}

static struct found find(const struct list *list, const struct matcher_query *q)
{
	return find_with(list, NULL, q);
}

static void documents(
	const struct list *list, const char *number, const char *issuer, const char *expected)
{
	const char *numbers[] = {number};
	struct matcher_query q = {
		numbers, 1, issuer, "NOBODY", "ATALL", false, 1990, 1, 1, NULL, NULL, 0, 0, NULL};
	struct found f = find(list, &q);
	assert_string_equal(f.ids, expected);
	assert_true(f.complete);
	for (size_t i = 0; i < f.count; i++)
		assert_string_equal(f.match[i].basis, "document_number");
}

static void persons(const struct list *list, const char *surname, const char *given, unsigned y,
	unsigned m, unsigned d, const char *expected)
{
	struct matcher_query q = {NULL, 0, "NOR", surname, given, false, y, m, d, NULL, NULL, 0, 0, NULL};
	struct found f = find(list, &q);
	if (strcmp(f.ids, expected) != 0)
		fail_msg("%s, %s %u-%u-%u: found '%s', not '%s'", surname, given, y, m, d, f.ids,
			expected);
	for (size_t i = 0; i < f.count; i++)
		assert_string_equal(f.match[i].basis, "name_birth_date");
}

static void cut(
	const struct list *list, const char *surname, const char *given, const char *expected)
{
	struct matcher_query q = {NULL, 0, "NOR", surname, given, true, 1970, 5, 6, NULL, NULL, 0, 0, NULL};
	struct found f = find(list, &q);
	if (strcmp(f.ids, expected) != 0)
		fail_msg("%s, %s: found '%s', not '%s'", surname, given, f.ids, expected);
}

static void head(void **state)
{
	(void)state;
	struct list *list = parse(HEAD);
	assert_string_equal(list->id, "sis-test");
	assert_true(list->version == 42);
	assert_true(list->issued_s == 1782820800); /* date -u -d 2026-06-30T12:00:00Z +%s */
	assert_int_equal(list->count, 0);
	documents(list, "X1", "NOR", "");
	list_free(list);
	refused_at("", 0);
	refused_at("# list=a version=1 issued=2026-06-30T12:00:00Z\n", 1);
	refused_at("# list=a version=1 issued=2026-06-30T12:00:00Z\nentry_id,kind\n", 2);
	static const char *const bad[] = {"", "# list= version=1 issued=2026-06-30T12:00:00Z",
		"# version=1", "# list=a version= issued=2026-06-30T12:00:00Z",
		"# list=a version=-1 issued=2026-06-30T12:00:00Z",
		"# list=a version=18446744073709551616 issued=2026-06-30T12:00:00Z",
		"# list=a version=1 issued=2026-06-30",
		"# list=a version=1 issued=2026-06-30T12:00:00Z more",
		"# list=a version=1 issued=2026-13-30T12:00:00Z",
		"# list=a\xe9 version=1 issued=2026-06-30T12:00:00Z",
		"list=a version=1 issued=2026-06-30T12:00:00Z",
		"# list=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa version=1 "
		"issued=2026-06-30T12:00:00Z"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char text[512];
		snprintf(text, sizeof text, "%s\n%s", bad[i], strchr(HEAD, '\n') + 1);
		refused_at(text, 1);
	}
}

static void document_numbers(void **state)
{
	(void)state;
	struct list *list = parse(HEAD "A1,document,AB1234567,NOR,,,,stop\n"
				       "A2,document,AB1234567,,,,,\n"
				       "A3,document,AB1234567,SWE,,,,\r\n"
				       "\n"
				       "A4,document,AB123456,NOR,,,,\n"
				       "A5,document,L01X00T47,D,MUSTERMANN,ERIKA,1964-08-12,");
	assert_int_equal(list->count, 5);
	documents(list, "AB1234567", "NOR", "A1 A2");
	documents(list, "AB1234567", "SWE", "A2 A3");
	documents(list, "AB1234567", "DNK", "A2");
	documents(list, "AB123456", "NOR", "A4");
	documents(list, "AB12345678", "NOR", "");
	documents(list, "ab1234567", "NOR", "");
	documents(list, "", "NOR", "");
	documents(list, "L01X00T47", "D", "A5");
	/* a document's entry is not a person's */
	persons(list, "MUSTERMANN", "ERIKA", 1964, 8, 12, "");
	/* several numbers are OR-ed; one entry is told once */
	const char *both[] = {"AB123456", "L01X00T47", "AB123456", "NONE"};
	struct matcher_query q = {both, 4, "NOR", "", "", false, 0, 0, 0, NULL, NULL, 0, 0, NULL};
	struct found f = find(list, &q);
	assert_string_equal(f.ids, "A4");
	q.issuer = "D";
	assert_string_equal(find(list, &q).ids, "A5");
	assert_string_equal(f.match[0].entry.handling_code, "");
	assert_int_equal(f.match[0].reason_count, 2);
	list_free(list);
}

static void birth_dates(void **state)
{
	(void)state;
	struct list *list = parse(HEAD "P1,person,,,ERIKSSON,ANNA MARIA,1974-08-12,\n"
				       "P2,person,,,ERIKSSON,ANNA MARIA,1974-08-00,\n"
				       "P3,person,,,ERIKSSON,ANNA MARIA,1974-00-00,\n"
				       "P4,person,,,ERIKSSON,ANNA MARIA,1974-00-12,\n"
				       "P5,person,,,ERIKSSON,ANNA,1974-08-12,\n");
	persons(list, "ERIKSSON", "ANNA MARIA", 1974, 8, 12, "P1 P2 P3 P4");
	persons(list, "ERIKSSON", "ANNA MARIA", 1974, 8, 13, "P2 P3");
	persons(list, "ERIKSSON", "ANNA MARIA", 1974, 9, 12, "P3 P4");
	persons(list, "ERIKSSON", "ANNA MARIA", 1975, 8, 12, "");
	/* unknown in the document */
	persons(list, "ERIKSSON", "ANNA MARIA", 1974, 0, 0, "P1 P2 P3 P4");
	persons(list, "ERIKSSON", "ANNA MARIA", 1974, 8, 0, "P1 P2 P3 P4");
	persons(list, "ERIKSSON", "ANNA MARIA", 1974, 9, 0, "P3 P4");
	persons(list, "ERIKSSON", "ANNA", 1974, 8, 12, "P5");
	persons(list, "ERIKSSON", "", 1974, 8, 12, "");
	persons(list, "ERIKSON", "ANNA MARIA", 1974, 8, 12, "");
	list_free(list);
}

/* Doc 9303-3, 4.6: hyphens become fillers, apostrophes and full stops go; section 6 for the letters
 * themselves. */
static void names_as_in_the_zone(void **state)
{
	(void)state;
	struct list *list = parse(HEAD "N1,person,,,O'Connor,Enya Siobhan,1980-01-02,\n"
				       "N2,person,,,van der Muellen,Hilke-Marie,1980-01-02,\n"
				       "N3,person,,,OECALAN,,1980-01-02,\n"
				       "N4,person,,,  SPACE   SPACE  ,St. John,1980-01-02,\n");
	persons(list, "OCONNOR", "ENYA SIOBHAN", 1980, 1, 2, "N1");
	persons(list, "O CONNOR", "ENYA SIOBHAN", 1980, 1, 2, "");
	persons(list, "VAN DER MUELLEN", "HILKE MARIE", 1980, 1, 2, "N2");
	persons(list, "VAN<DER<MUELLEN", "HILKE<MARIE<<<", 1980, 1, 2, "N2");
	persons(list, "OECALAN", "", 1980, 1, 2, "N3");
	persons(list, "OCALAN", "", 1980, 1, 2, "");
	persons(list, "SPACE SPACE", "ST JOHN", 1980, 1, 2, "N4");
	list_free(list);
	char out[8];
	assert_false(list_fold("\xc3\x96"
			       "calan",
		out, sizeof out));
	assert_false(list_fold("A1", out, sizeof out));
	assert_true(list_fold("ABCDEFG", out, sizeof out));
	assert_false(list_fold("ABCDEFGH", out, sizeof out));
	assert_true(list_fold("- <-", out, sizeof out));
	assert_string_equal(out, "");
}

/* The truncated names of Doc 9303-3, 4.6, and what must not match. */
static void cut_names(void **state)
{
	(void)state;
	struct list *list =
		parse(HEAD "T1,person,,,NILAVADHANANANDA,CHAYAPA DEJTHAMRONG KRASUANG,1970-05-06,\n"
			   "T2,person,,,BENNELONG WOOLOOMOOLOO WARRANDYTE WARNAMBOOL,DINGO "
			   "POTOROO,1970-05-06,\n"
			   "T3,person,,,NILAVADHANANANDA,ARNPOL PETCH CHARONGUANG,1970-05-06,\n"
			   "T4,person,,,NILAVADHANANANDA,CHAYAPA,1971-05-06,\n");
	cut(list, "NILAVADHANANANDA", "CHAYAPA DEJTHAMRONG KRASU", "T1");
	cut(list, "NILAVADHANANANDA", "CHAYAPA DEJ K", "T1");
	cut(list, "NILAVADHANANANDA", "ARNPOL PETCH C", "T3");
	cut(list, "NILAVADHANANANDA", "", "T1 T3");
	cut(list, "BENNELONG WOOLOOMOOLOO WARRANDYTE W", "DINGO POTOROO", "T2");
	cut(list, "BENNELONG W W W", "DINGO", "T2");
	cut(list, "WOOLOOMOOLOO", "DINGO", "");
	cut(list, "BENNELONG", "POTOROO", "");
	cut(list, "NILAVADHANANANDAX", "CHAYAPA", "");
	cut(list, "NILAVADHANANANDA X", "CHAYAPA", "");
	/* whole names are not taken for cut ones */
	persons(list, "NILAVADHANANANDA", "CHAYAPA DEJTHAMRONG KRASU", 1970, 5, 6, "");
	list_free(list);
}

/* A word of one to four of few letters, so that many begin alike. */
static void draw_word(unsigned *r, char *out)
{
	unsigned n = 1 + rand_r(r) % 4U;
	for (unsigned i = 0; i < n; i++)
		out[i] = "ABZ"[rand_r(r) % 3];
	out[n] = '\0';
}

static void draw_name(unsigned *r, char out[24])
{
	char word[8];
	out[0] = '\0';
	for (int words = 1 + rand_r(r) % 3; words > 0; words--) {
		draw_word(r, word);
		strcat(out, word);
		strcat(out, words > 1 ? " " : "");
	}
}

/* Does each word of cut begin a word of whole, in order, the first the first? By trying all. */
static bool may_be_cut(const char *whole, const char *cut, bool first)
{
	size_t n = strcspn(cut, " ");
	if (*cut == '\0')
		return true;
	for (const char *w = whole;; w += strspn(w, " ")) {
		size_t length = strcspn(w, " ");
		if (length == 0)
			return false;
		if (n <= length && strncmp(w, cut, n) == 0 &&
			may_be_cut(w + length + strspn(w + length, " "), cut + n + (cut[n] == ' '), false))
			return true;
		if (first)
			return false;
		w += length;
	}
}

enum { DRAWN = 40 };

struct drawn {
	char names[2 * DRAWN][24], text[DRAWN * 96 + 512], cut[24];
};

static struct list *draw_list(unsigned *r, struct drawn *d)
{
	size_t n = (size_t)snprintf(d->text, sizeof d->text, WIDE);
	char word[8];
	for (size_t i = 0; i < DRAWN; i++) {
		draw_name(r, d->names[2 * i]);
		draw_name(r, d->names[2 * i + 1]);
		n += (size_t)snprintf(d->text + n, sizeof d->text - n,
			"P%zu,person,,,,%s,JO,%s<<JO,1970-05-06,,,,,,,\n", i, d->names[2 * i],
			d->names[2 * i + 1]);
	}
	draw_word(r, d->cut);
	if (rand_r(r) % 2 == 0) {
		draw_word(r, word);
		strcat(strcat(d->cut, " "), word);
	}
	return parse(d->text);
}

static size_t told_by_a_scan(const struct drawn *d)
{
	size_t told = 0;
	for (size_t i = 0; i < DRAWN; i++)
		told += may_be_cut(d->names[2 * i], d->cut, true) ||
			may_be_cut(d->names[2 * i + 1], d->cut, true);
	return told < MATCHES_MAX ? told : MATCHES_MAX;
}

/* The persons that begin alike are found by their first letters alone; here every one is tried. */
static void cut_names_are_those_of_a_scan(void **state)
{
	(void)state;
	static struct drawn d;
	unsigned r = 7, found_any = 0;
	for (unsigned round = 0; round < 300; round++) {
		struct list *list = draw_list(&r, &d);
		struct matcher_query q = {NULL, 0, "NOR", d.cut, "JO", true, 1970, 5, 6, NULL, NULL, 0, 0, NULL};
		struct found f = find(list, &q);
		size_t have = f.ids[0] != '\0';
		for (const char *s = f.ids; *s != '\0'; s++)
			have += *s == ' ';
		assert_int_equal(have, told_by_a_scan(&d));
		found_any += have > 0;
		list_free(list);
	}
	assert_in_range(found_any, 50, 299);
}

static void alike(const struct list *list, const char *surname, const char *given, unsigned y,
	unsigned m, unsigned d, const char *expected)
{
	struct matcher_query q = {NULL, 0, "NOR", surname, given, false, y, m, d, "F", "NOR", 0, 0, NULL};
	struct found f = find(list, &q);
	assert_string_equal(f.ids, "");
	if (strcmp(f.alike, expected) != 0)
		fail_msg("%s, %s: alike '%s', not '%s'", surname, given, f.alike, expected);
	assert_true(f.complete);
}

/* Other spellings, orders and dates of one person; and another person of that day, who is none. */
static void names_alike(void **state)
{
	(void)state;
	struct list *list = parse(HEAD "P1,person,,,MUELLER,HILKE MARIE,1974-08-12,\n"
				       "P2,person,,,SHCHERBAKOV,IURII,1961-03-04,\n"
				       "P3,person,,,AL GHAZALI,MUHAMMAD OMAR,1970-00-00,\n");
	alike(list, "MULLER", "HILKE MARIE", 1974, 8, 12, "P1");
	alike(list, "MUELLER", "HILKE", 1974, 8, 12, "P1");
	alike(list, "HILKE MARIE", "MUELLER", 1974, 8, 12, "P1");
	alike(list, "MUELLER", "HILKE MARIE", 1974, 12, 8, "P1");
	alike(list, "SCHERBAKOV", "YURI", 1961, 3, 4, "P2");
	alike(list, "ALGHAZALI", "MOHAMMED OMAR", 1970, 5, 6, "P3");
	alike(list, "MEIER", "SABINE", 1974, 8, 12, "");
	alike(list, "MUELLER", "HILKE MARIE", 1990, 2, 27, "");
	struct matcher_query q = {
		NULL, 0, "", "MULLER", "HILKE MARIE", false, 1974, 12, 8, NULL, NULL, 0, 0, NULL};
	struct found f = find(list, &q);
	assert_int_equal(f.count, 1);
	assert_in_range(f.match[0].score_permille, 800, 999);
	assert_string_equal(f.match[0].reasons[0], "match.surname_alike");
	assert_string_equal(f.match[0].reasons[1], "match.given_names_alike");
	assert_string_equal(f.match[0].reasons[2], "match.birth_date_flipped");
	list_free(list);
}

static void cannot_be_searched(void **state)
{
	(void)state;
	static const struct {
		const char *surname, *given;
		unsigned year;
		bool complete;
	} cases[] = {{"SMITH", "JO", 1980, true}, {"SMITH", "", 1980, true},
		{"", "JO", 1980, false}, {"SM1TH", "JO", 1980, false}, {"SMITH", "J?", 1980, false},
		{"SMITH", "JO", 0, false}, {"<<<", "JO", 1980, false},
		{"SM\xc3\x8dTH", "JO", 1980, false}};
	const char *numbers[] = {"X1"};
	struct list *list = parse(HEAD "A1,document,X1,,,,,\n");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct matcher_query q = {numbers, 1, "NOR", cases[i].surname, cases[i].given,
			false, cases[i].year, 1, 1, NULL, NULL, 0, 0, NULL};
		struct found f = find(list, &q);
		assert_int_equal(f.complete, cases[i].complete);
		assert_string_equal(f.ids, "A1"); /* documents are found all the same */
	}
	list_free(list);
}

static void wrong_lines(void **state)
{
	(void)state;
	static const char *const bad[] = {"A", "A,document,X1,NOR,,,", "A,document,X1,NOR,,,,,",
		",document,X1,NOR,,,,", "A,Document,X1,NOR,,,,", "A,,X1,NOR,,,,",
		"A,document,,NOR,,,,", "A,document,x1,NOR,,,,", "A,document,X 1,NOR,,,,",
		"A,document,X1<,NOR,,,,", "A,document,X1,nor,,,,", "A,document,X1,NORW,,,,",
		"A,document,1234567890123456789012345,NOR,,,,", "A,person,,,,JO,1980-01-01,",
		"A,person,,,SMITH,JO,,", "A,person,,,SMITH,JO,0000-01-01,",
		"A,person,,,SMITH,JO,1980-13-01,", "A,person,,,SMITH,JO,1980-02-30,",
		"A,person,,,SMITH,JO,1981-02-29,", "A,person,,,SMITH,JO,1980-1-1,",
		"A,person,,,SMITH,JO,80-01-01,", "A,person,,,SMITH,JO,01.01.1980,",
		"A,person,,,SMITH,JO,1980-01-01Z,", "A,person,,,SM1TH,JO,1980-01-01,",
		"A,person,,,SM\xc3\x8dTH,JO,1980-01-01,", "\"A\",document,X1,NOR,,,,",
		"A,document,X1,NOR,,,,\"x\"", "A\xe9,document,X1,NOR,,,,",
		"A,document,X1,NOR,,,,caf\xe9", "A B,document,X1,NOR,,,,", "=A,document,X1,NOR,,,,",
		" A,document,X1,NOR,,,,", "# a comment"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		refused(bad[i]);
	accepted("A,person,,,SMITH,JO,1980-02-29,");
	accepted("A,person,,,SMITH,,1980-00-00,");
	accepted("12345678901234567890123456789012345678.,document,12345678901234567890123,NOR,,,,"
		 "a:b/c.d_e-f");
	refused("1234567890123456789012345678901234567890123456789012345678901234,document,X1,NOR,"
		",,,");
	refused("A,document,X1,NOR,,,,1234567890123456789012345678901234567890");
	/* a line too long, and one with a NUL */
	char text[8192] = HEAD;
	size_t n = strlen(text);
	memset(text + n, 'A', LIST_LINE_MAX);
	refused_at(text, 3);
	memcpy(text + n, "A,document,X1,NOR,,,,\0x\n", 24);
	struct list *list = NULL;
	unsigned line = 0;
	assert_int_equal(list_parse(text, n + 24, &list, &line), PN_EFORMAT);
	assert_int_equal(line, 3);
	/* good lines before a bad one are not kept */
	refused_at(HEAD "A,document,X1,NOR,,,,\nB,document,X2,NOR,,,\n", 4);
}

/* One id may stand on several lines: one alert, several documents. Each line is a match of its own.
 */
static void one_id_on_many_lines(void **state)
{
	(void)state;
	struct list *list = parse(HEAD
		"A1,document,X1,NOR,,,,\nA1,document,X2,NOR,,,,\nA1,person,,,SMITH,JO,1980-01-01,\n"
		"A1,document,X1,NOR,,,,\n");
	const char *numbers[] = {"X1", "X2"};
	struct matcher_query q = {numbers, 2, "NOR", "SMITH", "JO", false, 1980, 1, 1, NULL, NULL, 0, 0, NULL};
	assert_int_equal(list->count, 4);
	assert_string_equal(find(list, &q).ids, "A1 A1 A1 A1");
	list_free(list);
}

/* printf 'postern-pair 1 NOR X7\n' | sha256sum */
#define HASH_NOR_X7 "036e88b0d58189829c0bedcd96a3a56963468247752197021d963acd300af308"

static void wide_refused(const char *head, const char *entry)
{
	char text[4096];
	snprintf(text, sizeof text, "%s%s\n", head, entry);
	refused_at(text, 3);
}

static void wide_head(void **state)
{
	(void)state;
	struct list *list =
		parse("# list=a version=3 issued=2026-06-30T12:00:00Z expires=2026-07-01T12:00:00Z "
		      "base=2\n" WIDE_HEADER);
	assert_true(list->expires_s - list->issued_s == 86400);
	assert_int_equal(list->base, 2);
	list_free(list);
	static const char *const bad[] = {"expires=2026-06-30T12:00:00Z", "expires=",
		"expires=2026-07-01", "base=3", "base=0", "base=", "base=2 ", "else=1",
		"base=2 expires=2026-07-01T12:00:00Z"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char text[512];
		snprintf(text, sizeof text, "# list=a version=3 issued=2026-06-30T12:00:00Z %s\n%s",
			bad[i], WIDE_HEADER);
		refused_at(text, 1);
	}
}

static void wide_columns(void **state)
{
	(void)state;
	struct list *list = parse(WIDE
		"A1,document,X7,NOR,stolen,,,,,,,police,border,seize,2026-01-01,2026-12-31\r\n"
		"A2,person,,,,O'Connor,Enya,MULLER<<HILKE-MARIE;SOLO<<;VAN DER BERG<<JO,1980-01-02;"
		"1981-00-00,F,IRL;D,court,border,second-line,,\n"
		"A3,person,,,,SMITH,JO,,,,,,,,,\n");
	struct list_entry document, person;
	const struct list_entry *e = &person;
	struct list_name name;
	struct match_birth birth;
	unsigned at = 0;
	assert_int_equal(list->count, 3);
	assert_int_equal(list->names, 5);
	list_entry_at(list, 0, &document);
	list_entry_at(list, 1, &person);
	assert_int_equal(document.status, LIST_STOLEN);
	assert_int_equal(document.from, 20260101);
	assert_int_equal(document.until, 20261231);
	assert_string_equal(document.authority, "police");
	assert_string_equal(document.handling_code, "seize");
	assert_int_equal(e->sex, 'F');
	assert_string_equal(e->nationality[0], "IRL");
	assert_string_equal(e->nationality[1], "D");
	assert_string_equal(e->nationality[2], "");
	assert_true(list_entry_name(e, &at, &name));
	assert_string_equal(name.surname, "OCONNOR");
	assert_true(list_entry_name(e, &at, &name));
	assert_string_equal(name.surname, "MULLER");
	assert_string_equal(name.given_names, "HILKE MARIE");
	assert_true(list_entry_name(e, &at, &name));
	assert_string_equal(name.surname, "SOLO");
	assert_string_equal(name.given_names, "");
	assert_true(list_entry_name(e, &at, &name));
	assert_string_equal(name.surname, "VAN DER BERG");
	assert_string_equal(name.given_names, "JO");
	assert_false(list_entry_name(e, &at, &name));
	at = 0;
	assert_true(list_entry_birth(e, &at, &birth));
	assert_true(birth.year == 1980 && birth.month == 1 && birth.day == 2);
	assert_true(list_entry_birth(e, &at, &birth));
	assert_true(birth.year == 1981 && birth.month == 0);
	assert_false(list_entry_birth(e, &at, &birth));
	/* an alias with a second date is as good as the name */
	persons(list, "MULLER", "HILKE MARIE", 1981, 5, 5, "A2");
	persons(list, "OCONNOR", "ENYA", 1980, 1, 2, "A2");
	persons(list, "MULLER", "HILKE MARIE", 1985, 5, 5, "");
	struct matcher_query q = {.numbers = (const char *const[]){"X7"},
		.number_count = 1,
		.issuer = "NOR",
		.surname = "NOBODY",
		.given_names = "",
		.year = 1990};
	struct found f = find(list, &q);
	assert_string_equal(f.ids, "A1");
	assert_string_equal(f.match[0].reasons[2], "match.document_stolen");
	list_free(list);
}

static void wide_wrong_lines(void **state)
{
	(void)state;
	static const char *const bad[] = {"A,document,X1,NOR,gone,,,,,,,,,,,",
		"A,person,,,,SMITH,JO,JONES,,,,,,,,", "A,person,,,,SMITH,JO,<<JO,,,,,,,,",
		"A,person,,,,SMITH,JO,J0NES<<,,,,,,,,", "A,person,,,,SMITH,JO,;,,,,,,,,",
		"A,person,,,,SMITH,JO,,1980-01-01;,,,,,,,",
		"A,person,,,,SMITH,JO,,1980-01-01;1980-13-01,,,,,,,",
		"A,person,,,,SMITH,JO,,1980-01-01 1980-01-02,,,,,,,",
		"A,person,,,,SMITH,JO,,1980-01-01;1980-01-01;1980-01-01;1980-01-01;1980-01-01;"
		"1980-01-01;1980-01-01;1980-01-01;1980-01-01,,,,,,,",
		"A,person,,,,SMITH,JO,,,X,,,,,,", "A,person,,,,SMITH,JO,,,m,,,,,,",
		"A,person,,,,SMITH,JO,,,,Nor,,,,,",
		"A,person,,,,SMITH,JO,,,,NOR;,,,,,", "A,person,,,,SMITH,JO,,,,;NOR,,,,,",
		"A,person,,,,SMITH,JO,,,,NOR;SWE;D;GBR;FRA,,,,,", "A,person,,,,SMITH,JO,,,,,a b,,,,",
		"A,person,,,,SMITH,JO,,,,,,b\"c,,,", "A,person,,,,SMITH,JO,,,,,,,,2026-00-01,",
		"A,person,,,,SMITH,JO,,,,,,,,2026-02-01,2026-01-31",
		"A,person,,,,SMITH,JO,,,,,,,,,2026-02-30", "A,person,,,,,JO,,,,,,,,,",
		"A,removed,,,,,,,,,,,,,,", "A,not_this_person,X7,,,,,,,,,officer,,,2026-01-01,2026-02-01",
		"A,not_this_person," HASH_NOR_X7 ",,,,,,,,,,,,2026-01-01,2026-02-01",
		"A,not_this_person," HASH_NOR_X7 ",,,,,,,,,officer,,,2026-01-01,",
		"A,not_this_person," HASH_NOR_X7 ",,,,,,,,,officer,,,,2026-02-01",
		"A,person,,,,SMITH,JO,,,,,,,,", "A,person,,,,SMITH,JO,,,,,,,,,,"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		wide_refused(WIDE, bad[i]);
	/* the kinds of before only, under the header of before */
	refused("A,not_this_person," HASH_NOR_X7 ",NOR,,,,");
	refused("A,removed,,,,,,");
}

static void validity(void **state)
{
	(void)state;
	struct list *list = parse(WIDE "A1,document,X7,,,,,,,,,,,,2026-03-01,2026-03-31\n"
				       "A2,document,X7,,,,,,,,,,border,,,\n"
				       "A3,document,X7,,,,,,,,,,asylum,,,2026-03-31\n");
	static const struct {
		uint32_t day;
		const char *purposes, *ids;
	} cases[] = {{0, NULL, "A1 A2 A3"}, {20260228, NULL, "A2 A3"},
		{20260301, NULL, "A1 A2 A3"}, {20260331, "", "A1 A2 A3"}, {20260401, NULL, "A2"},
		{20260315, "border", "A1 A2"}, {20260315, "tax,asylum", "A1 A3"},
		{20260315, "borders,asy", "A1"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct matcher_query q = {.numbers = (const char *const[]){"X7"},
			.number_count = 1,
			.issuer = "NOR",
			.surname = "NOBODY",
			.given_names = "",
			.year = 1990,
			.today = cases[i].day,
			.purposes = cases[i].purposes};
		assert_string_equal(find(list, &q).ids, cases[i].ids);
	}
	list_free(list);
}

/* Of one pair of document and entry, for as long as it was given and the policy allows; never of a
 * document that is itself on the list. */
static void not_this_person(void **state)
{
	(void)state;
	char hash[LIST_HASH_DIGITS + 1];
	assert_int_equal(list_pair_hash("NOR", "X7", hash), PN_OK);
	assert_string_equal(hash, HASH_NOR_X7);
	struct list *list = parse(WIDE
		"A1,person,,,,SMITH,JO,,1980-01-01,,,,,,,\n"
		"A2,person,,,,SMITH,JO,,1980-01-01,,,,,,,\n"
		"A1,document,X7,,,,,,,,,,,,,\n"
		"A1,not_this_person," HASH_NOR_X7 ",,,,,,,,,officer-7,,,2026-03-01,2026-03-31\n");
	static const struct {
		const char *number, *issuer;
		uint32_t day;
		unsigned days;
		size_t dismissed;
		const char *ids;
	} cases[] = {{"X7", "NOR", 20260310, 30, 1, "A1 A2"}, {"X7", "NOR", 20260310, 29, 0, "A1 A1 A2"},
		{"X7", "NOR", 20260310, 0, 0, "A1 A1 A2"}, {"X7", "NOR", 20260401, 90, 0, "A1 A1 A2"},
		{"X7", "NOR", 20260228, 90, 0, "A1 A1 A2"}, {"X7", "SWE", 20260310, 90, 0, "A1 A1 A2"},
		{"X8", "NOR", 20260310, 90, 0, "A1 A2"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *numbers[] = {cases[i].number};
		struct matcher_query q = {.numbers = numbers,
			.number_count = 1,
			.issuer = cases[i].issuer,
			.surname = "SMITH",
			.given_names = "JO",
			.year = 1980,
			.month = 1,
			.day = 1,
			.today = cases[i].day,
			.dismissal_days = cases[i].days};
		struct found f = find(list, &q);
		if (strcmp(f.ids, cases[i].ids) != 0 || f.dismissed != cases[i].dismissed)
			fail_msg("case %zu: '%s', %zu dismissed", i, f.ids, f.dismissed);
	}
	list_free(list);
}

static void changes(void **state)
{
	(void)state;
	struct list *list = parse(WIDE "A1,person,,,,SMITH,JO,,1980-01-01,,,,,,,\n"
				       "A1,document,X7,,,,,,,,,,,,,\n"
				       "A2,document,X7,,,,,,,,,,,,,\n"
				       "A3,document,X7,,,,,,,,,,,,,\n");
	struct list *later = parse(CHANGES
		"A1,person,,,,SMITH,JOHN,,1980-01-01,,,,,,,\n"
		"A2,removed,,,,,,,,,,,,,,\n"
		"A4,document,X7,,,,,,,,,,,,,\n"
		"A3,not_this_person," HASH_NOR_X7 ",,,,,,,,,officer-7,,,2026-03-01,2026-03-31\n");
	const char *numbers[] = {"X7"};
	struct matcher_query q = {.numbers = numbers,
		.number_count = 1,
		.issuer = "NOR",
		.surname = "SMITH",
		.given_names = "JOHN",
		.year = 1980,
		.month = 1,
		.day = 1};
	assert_int_equal(later->base, 7);
	assert_string_equal(find_with(list, later, &q).ids, "A3 A4 A1");
	q.given_names = "JO";
	struct found f = find_with(list, later, &q);
	assert_string_equal(f.ids, "A3 A4");
	assert_string_equal(find(list, &q).ids, "A1 A2 A3 A1");
	list_free(list);
	list_free(later);
}

static void limits(void **state)
{
	(void)state;
	enum { PERSONS = 20000 };
	char *text = malloc(PERSONS * 64);
	assert_non_null(text);
	size_t n = (size_t)snprintf(text, 512, HEAD);
	/* one surname for all: the index must not walk it from end to end for each */
	for (int i = 0; i < PERSONS; i++)
		n += (size_t)snprintf(text + n, 64, "P%d,person,,,NGUYEN,%c%c%c,1980-01-01,\n", i,
			'A' + i % 26, 'A' + i / 26 % 26, 'A' + i / 676 % 26);
	for (int i = 0; i < 20; i++)
		n += (size_t)snprintf(text + n, 64, "D%d,document,X1,,,,,\n", i);
	struct list *list = NULL;
	unsigned line = 0;
	assert_int_equal(list_parse(text, n, &list, &line), PN_OK);
	assert_int_equal(list->count, PERSONS + 20);
	const char *numbers[] = {"X1"};
	struct matcher_query q = {
		numbers, 1, "NOR", "NGUYEN", "AAA", false, 1980, 1, 1, NULL, NULL, 0, 0, NULL};
	/* more than fit: the first, and no more */
	struct found f = find(list, &q);
	assert_int_equal(f.count, MATCHES_MAX);
	assert_string_equal(f.match[0].entry.id, "D0");
	assert_string_equal(f.match[15].entry.id, "D15");
	q.number_count = 0;
	assert_string_equal(
		find(list, &q).ids, "P0 P17576"); /* 26 * 26 * 26 names, then the first again */
	q.name_truncated = true;
	q.given_names = "B";
	assert_int_equal(find(list, &q).count, MATCHES_MAX);
	list_free(list);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(head),
		cmocka_unit_test(document_numbers),
		cmocka_unit_test(birth_dates),
		cmocka_unit_test(names_as_in_the_zone),
		cmocka_unit_test(cut_names), cmocka_unit_test(cut_names_are_those_of_a_scan),
		cmocka_unit_test(names_alike),
		cmocka_unit_test(cannot_be_searched),
		cmocka_unit_test(wrong_lines),
		cmocka_unit_test(one_id_on_many_lines),
		cmocka_unit_test(wide_head),
		cmocka_unit_test(wide_columns),
		cmocka_unit_test(wide_wrong_lines),
		cmocka_unit_test(validity),
		cmocka_unit_test(not_this_person),
		cmocka_unit_test(changes),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

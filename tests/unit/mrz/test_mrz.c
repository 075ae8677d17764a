/* SPDX-License-Identifier: Apache-2.0
 * hw/mrz beside the table of zones: check digit vectors, what the weighting detects and what it
 * cannot, writing and reading back, codes, calendar, splitting, and that the documentation names
 * every word of a report. Positions are typed here from the tables of Doc 9303, not taken from the
 * library's layout.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* cmocka wants the three above first */
#include "mrz/mrz.h"
#include <cmocka.h>

#define DOC_MAX 65536

static const struct mrz_date today = {2026, 1, 15};

/* Doc 9303-3 4.9 (worked examples), 9303-4 to -6 (specimens), 9303-11 appendix D. */
static void test_check_digit_vectors(void **state)
{
	static const struct {
		const char *text;
		char digit;
	} vectors[] = {{"520727", '3'}, {"AB2134<<<", '5'},
		{"HA672242<658022549601086<<<<<<<<<<<<<<0", '8'},
		{"D231458907<<<<<<<<<<<<<<<34071279507122<<<<<<<<<<", '2'},
		{"HA672242<658022549601086<<<<<<<", '8'}, {"L898902C3", '6'}, {"740812", '2'},
		{"120415", '9'}, {"ZE184226B<<<<<", '1'}, {"D23145890734", '9'}, {"D23145890", '7'},
		{"L898902C<", '3'}, {"690806", '1'}, {"940623", '6'}, {"<<<<<<", '0'}, {"", '0'}};

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		assert_int_equal(mrz_check_digit(vectors[i].text, strlen(vectors[i].text)),
			vectors[i].digit);
	assert_int_equal(mrz_check_digit("12a", 3), 0);
	assert_int_equal(mrz_check_digit("12 ", 3), 0);
	assert_int_equal(mrz_check_digit("12\0", 3), 0);
}

/* --- what a single substitution does
 * ---------------------------------------------------------------- */

struct covered {
	int line, from, to; /* 1-based columns */
	enum mrz_check_id
		own; /* the field's own check digit; MRZ_CHECKS: only the composite covers it */
};

struct subject {
	const char *lines[3];
	int count;
	bool composite;
	struct covered covered[6];
};

/* The specimens of parts 4 to 7 with the ranges that the check digits cover. */
static const struct subject subjects[] = {
	{{"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
		 "L898902C36UTO7408122F1204159ZE184226B<<<<<10"},
		2, true,
		{{2, 1, 9, MRZ_CHECK_DIGIT_NUMBER}, {2, 14, 19, MRZ_CHECK_DIGIT_BIRTH_DATE},
			{2, 22, 27, MRZ_CHECK_DIGIT_EXPIRY_DATE},
			{2, 29, 42, MRZ_CHECK_DIGIT_OPTIONAL}}},
	{{"I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6",
		 "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"},
		3, true,
		{{1, 6, 14, MRZ_CHECK_DIGIT_NUMBER}, {2, 1, 6, MRZ_CHECK_DIGIT_BIRTH_DATE},
			{2, 9, 14, MRZ_CHECK_DIGIT_EXPIRY_DATE}, {1, 16, 30, MRZ_CHECKS},
			{2, 19, 29, MRZ_CHECKS}}},
	{{"I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6"}, 2, true,
		{{2, 1, 9, MRZ_CHECK_DIGIT_NUMBER}, {2, 14, 19, MRZ_CHECK_DIGIT_BIRTH_DATE},
			{2, 22, 27, MRZ_CHECK_DIGIT_EXPIRY_DATE}, {2, 29, 35, MRZ_CHECKS}}},
	{{"V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
		 "L8988901C4XXX4009078F96121096ZE184226B<<<<<<"},
		2, false,
		{{2, 1, 9, MRZ_CHECK_DIGIT_NUMBER}, {2, 14, 19, MRZ_CHECK_DIGIT_BIRTH_DATE},
			{2, 22, 27, MRZ_CHECK_DIGIT_EXPIRY_DATE}}},
	{{"V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "L8988901C4XXX4009078F9612109<<<<<<<<"}, 2, false,
		{{2, 1, 9, MRZ_CHECK_DIGIT_NUMBER}, {2, 14, 19, MRZ_CHECK_DIGIT_BIRTH_DATE},
			{2, 22, 27, MRZ_CHECK_DIGIT_EXPIRY_DATE}}},
};

static int value_of(char c)
{
	static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	return c == '<' ? 0 : (int)(strchr(alphabet, c) - alphabet);
}

static enum mrz_result result_of(const struct mrz *m, enum mrz_check_id id)
{
	return m->checks[id].result;
}

/* The weights 7, 3, 1 have no factor in common with 10: a substitution stays hidden exactly when
 * the two values are equal modulo 10, that is among {0 < A K U}, {1 B L V}, {2 C M W} ... {9 J T}.
 * Where it is not, the field's own digit and the composite both fail. */
static void substitute(const struct subject *s, const struct covered *c, int column, char with,
	long *hidden, long *seen)
{
	char copy[3][64];
	const char *lines[3];
	struct mrz m;
	char was = s->lines[c->line - 1][column - 1];
	bool same = value_of(was) % 10 == value_of(with) % 10;

	for (int i = 0; i < s->count; i++) {
		strcpy(copy[i], s->lines[i]);
		lines[i] = copy[i];
	}
	copy[c->line - 1][column - 1] = with;
	mrz_parse(lines, (size_t)s->count, &today, &m);
	if (c->own != MRZ_CHECKS)
		assert_int_equal(result_of(&m, c->own) == MRZ_FAILED, !same);
	if (s->composite)
		assert_int_equal(result_of(&m, MRZ_CHECK_DIGIT_COMPOSITE) == MRZ_FAILED, !same);
	*(same ? hidden : seen) += 1;
}

static void test_every_substitution(void **state)
{
	static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<";
	long hidden = 0, seen = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++)
		for (const struct covered *c = subjects[i].covered; c->line; c++)
			for (int column = c->from; column <= c->to; column++)
				for (const char *with = alphabet; *with; with++)
					if (*with != subjects[i].lines[c->line - 1][column - 1])
						substitute(&subjects[i], c, column, *with, &hidden,
							&seen);
	print_message("substitutions: %ld found, %ld equal modulo 10 and hidden\n", seen, hidden);
	assert_true(seen > 4000 && hidden > 0);
}

/* Digits only (dates, their check digits): no single wrong digit stays hidden. */
static void test_every_wrong_check_digit(void **state)
{
	(void)state;
	for (char digit = '0'; digit <= '9'; digit++) {
		static const int columns[] = {10, 20, 28, 43, 44};
		static const enum mrz_check_id ids[] = {MRZ_CHECK_DIGIT_NUMBER,
			MRZ_CHECK_DIGIT_BIRTH_DATE, MRZ_CHECK_DIGIT_EXPIRY_DATE,
			MRZ_CHECK_DIGIT_OPTIONAL, MRZ_CHECK_DIGIT_COMPOSITE};
		for (int i = 0; i < 5; i++) {
			char second[64];
			const char *lines[2] = {subjects[0].lines[0], second};
			struct mrz m;
			bool right = subjects[0].lines[1][columns[i] - 1] == digit;

			strcpy(second, subjects[0].lines[1]);
			second[columns[i] - 1] = digit;
			mrz_parse(lines, 2, &today, &m);
			assert_int_equal(
				result_of(&m, ids[i]), right ? MRZ_SUCCESSFUL : MRZ_FAILED);
		}
	}
}

/* Neighbouring weights differ by 4, 2 and 6: two neighbours exchanged stay hidden when their values
 * are equal modulo 5. */
static void test_exchanged_neighbours(void **state)
{
	(void)state;
	for (char a = '0'; a <= '9'; a++)
		for (char b = '0'; b <= '9'; b++)
			for (int at = 0; at < 5; at++) {
				char text[] = "000000", turned[] = "000000";
				text[at] = turned[at + 1] = a;
				text[at + 1] = turned[at] = b;
				assert_int_equal(
					mrz_check_digit(text, 6) == mrz_check_digit(turned, 6),
					(a - b) % 5 == 0);
			}
}

/* --- writing and reading back
 * ------------------------------------------------------------------------- */

static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static void random_text(uint64_t *seed, char *out, int least, int most, const char *alphabet)
{
	int n = least + (int)(next_random(seed) % (uint64_t)(most - least + 1));
	size_t letters = strlen(alphabet);

	for (int i = 0; i < n; i++)
		out[i] = alphabet[next_random(seed) % letters];
	out[n] = '\0';
}

static void test_round_trip(void **state)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
			  both[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	static const char *const codes[] = {"", "I", "AC", "PD", "V", "VB"};
	static const int optional_max[] = {0, 15, 7, 14, 16, 8};
	uint64_t seed = 0x9e3779b97f4a7c15u;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char number[32], surname[32], given[32], optional[32], optional_2[32];
		enum mrz_format format = (enum mrz_format)(1 + round % 5);
		struct mrz_fields f = {.format = format,
			.document_code = codes[format],
			.issuer = round % 3 ? "D" : "XOM",
			.nationality = round % 2 ? "XXA" : "GBN",
			.sex = "MF<"[round % 3]};
		struct mrz_text text;
		const char *lines[3] = {text.lines[0], text.lines[1], text.lines[2]};
		struct mrz m;
		bool is_long = format <= MRZ_TD2 && round % 7 == 0;

		random_text(&seed, number, is_long ? 10 : 1, is_long ? 13 : 9, both);
		random_text(&seed, surname, 1, 12, letters);
		random_text(&seed, given, 0, 12, letters);
		random_text(&seed, optional, 0, is_long ? 0 : optional_max[format], both);
		random_text(&seed, optional_2, 0, format == MRZ_TD1 ? 11 : 0, both);
		f.number = number;
		f.surname = surname;
		f.given_names = given;
		f.optional = optional;
		f.optional_2 = optional_2;
		f.birth = (struct mrz_date){1930 + (int)(next_random(&seed) % 95),
			1 + (int)(next_random(&seed) % 12), 1 + (int)(next_random(&seed) % 28)};
		f.expiry = (struct mrz_date){2027 + (int)(next_random(&seed) % 40),
			1 + (int)(next_random(&seed) % 12), 1 + (int)(next_random(&seed) % 28)};
		assert_int_equal(mrz_compose(&f, &text), 0);
		assert_int_equal(mrz_parse(lines, text.count, &today, &m), MRZ_SUCCESSFUL);
		assert_int_equal(m.format, format);
		assert_string_equal(m.document_code, f.document_code);
		assert_string_equal(m.issuer, f.issuer);
		assert_string_equal(m.nationality, f.nationality);
		assert_string_equal(m.number, number);
		assert_string_equal(m.surname, surname);
		assert_string_equal(m.given_names, given);
		assert_string_equal(m.optional, optional);
		assert_string_equal(m.optional_2, optional_2);
		assert_int_equal(m.sex, f.sex == '<' ? 0 : f.sex);
		assert_memory_equal(&m.birth, &f.birth, sizeof(f.birth));
		assert_memory_equal(&m.expiry, &f.expiry, sizeof(f.expiry));
		assert_false(m.name_truncated);
	}
}

static struct mrz_fields plain(void)
{
	return (struct mrz_fields){.format = MRZ_TD3,
		.document_code = "P",
		.issuer = "D",
		.number = "C01X00T47",
		.surname = "MUSTERMANN",
		.given_names = "ERIKA",
		.nationality = "D",
		.birth = {1964, 8, 12},
		.sex = 'F',
		.expiry = {2027, 2, 28}};
}

static void write_name(const char *surname, const char *given, const char *expected)
{
	struct mrz_fields f = plain();
	struct mrz_text text;

	f.surname = surname;
	f.given_names = given;
	assert_int_equal(mrz_compose(&f, &text), 0);
	assert_string_equal(text.lines[0] + 5, expected);
}

/* Doc 9303-4 4.2.3 (examples of names and of truncated names), and what follows from its rule. */
static void test_names_written(void **state)
{
	(void)state;
	write_name(
		"VAN DER MUELLEN", "HENDRIK JOHANNES", "VAN<DER<MUELLEN<<HENDRIK<JOHANNES<<<<<<");
	write_name("O'CONNOR", "ENYA SIOBHAN", "OCONNOR<<ENYA<SIOBHAN<<<<<<<<<<<<<<<<<<");
	write_name("SMITH-JONES", "SUSIE MARGARET", "SMITH<JONES<<SUSIE<MARGARET<<<<<<<<<<<<");
	write_name("ARKFREITH", NULL, "ARKFREITH<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<");
	write_name("NILAVADHANANANDA", "CHAYAPA DEJTHAMRONG KRASUANG",
		"NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K");
	write_name("PAPANDROPOULOUS", "JONATHON ALEC", "PAPANDROPOULOUS<<JONATHON<ALEC<<<<<<<<<");
	/* the cut falls behind a component: the one before gives up a letter */
	write_name("NILAVADHANANANDA", "CHAYAPA DEJTHAMRONGS KRASUANG",
		"NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K");
	/* behind a component of one letter: the nearest longer one gives it */
	write_name("NILAVADHANANANDA", "CHAYAPA DEJTHAMRON K LUANG",
		"NILAVADHANANANDA<<CHAYAPA<DEJTHAMRO<K<L");
	/* a primary identifier that leaves no place for the secondary is cut to leave three */
	write_name("BENNELONG WOOLOOMOOLOO WARRANDYTE WARNAMBOOL", "DINGO POTOROO",
		"BENNELONG<WOOLOOMOOLOO<WARRANDYTE<WA<<D");
	write_name("BENNELONG WOOLOOMOOLOO WARRANDYTE WARNAMBOOL", "",
		"BENNELONG<WOOLOOMOOLOO<WARRANDYTE<WARNA");
}

static void refuse(struct mrz_fields f)
{
	struct mrz_text text;

	assert_int_equal(mrz_compose(&f, &text), -1);
	assert_int_equal(text.count, 0);
}

static void test_what_is_not_written(void **state)
{
	struct mrz_fields f = plain();

	(void)state;
	f.format = MRZ_UNKNOWN;
	refuse(f);
	f = plain(), f.number = "C01X00T477"; /* ten characters: TD3 has no long numbers */
	refuse(f);
	f = plain(), f.number = "";
	refuse(f);
	f = plain(), f.number = "C01x";
	refuse(f);
	f = plain(), f.number = NULL;
	refuse(f);
	f = plain(), f.surname = "M\xc3\x9cLLER";
	refuse(f);
	f = plain(), f.surname = "' -";
	refuse(f);
	f = plain(), f.given_names = "ERIK4";
	refuse(f);
	f = plain(), f.issuer = "GERM";
	refuse(f);
	f = plain(), f.issuer = "D1";
	refuse(f);
	f = plain(), f.sex = 'X';
	refuse(f);
	f = plain(), f.birth.month = 13;
	refuse(f);
	f = plain(), f.birth = (struct mrz_date){2001, 2, 29};
	refuse(f);
	f = plain(), f.optional = "123456789012345";
	refuse(f);
	f = plain(), f.optional_2 = "1"; /* TD1 only */
	refuse(f);
	f = plain(), f.format = MRZ_TD1, f.document_code = "I",
	f.number = "ABCDEFGHI1234567890123"; /* 22, 23 */
	assert_int_equal(mrz_compose(&f, &(struct mrz_text){0}), 0);
	f.number = "ABCDEFGHI12345678901234";
	refuse(f);
	f.number = "ABCDEFGHI1234567890123", f.optional = "1";
	refuse(f);
}

/* --- codes, calendar, words
 * ----------------------------------------------------------------------------- */

static void test_countries(void **state)
{
	int known = 0, iso = 0;
	char code[4] = {0};

	(void)state;
	/* Every code that can be written: the lookup must find exactly the rows, whatever the
	 * table's order. */
	for (code[0] = 'A'; code[0] <= 'Z'; code[0]++)
		for (code[1] = 'A'; code[1] <= 'Z'; code[1]++)
			for (code[2] = 'A'; code[2] <= 'Z'; code[2]++) {
				const struct mrz_country *c = mrz_country(code);
				if (c == NULL)
					continue;
				assert_string_equal(c->code, code);
				known++;
				iso += c->source == MRZ_ISO;
			}
	assert_int_equal(iso, 248); /* ISO 3166-1 has 249 alpha-3 codes; DEU is not adopted */
	assert_int_equal(known, 248 + 34); /* DEU and the extensions but D, which has one letter */
	assert_string_equal(mrz_country("D")->alpha_2, "DE");
	assert_int_equal(mrz_country("DEU")->source, MRZ_IN_USE);
	assert_int_equal(mrz_country("RKS")->source, MRZ_IN_USE);
	assert_int_equal(mrz_country("UTO")->source, MRZ_SPECIMEN);
	assert_false(mrz_country("XXA")->issues);
	assert_null(mrz_country(""));
	assert_null(mrz_country("DE"));
	assert_null(mrz_country("D<<"));
	assert_null(mrz_country("FRAU"));
	assert_string_equal(mrz_country_of_alpha_2("AF")->code, "AFG");
	assert_string_equal(mrz_country_of_alpha_2("DE")->code, "D");
	assert_string_equal(mrz_country_of_alpha_2("GB")->code, "GBR");
	assert_null(mrz_country_of_alpha_2("YU"));
	assert_null(mrz_country_of_alpha_2("de"));
	assert_null(mrz_country_of_alpha_2("QZ"));
	assert_null(mrz_country_of_alpha_2(""));
}

static void test_calendar(void **state)
{
	(void)state;
	assert_int_equal(mrz_date_days(&(struct mrz_date){1970, 1, 1}), 0);
	assert_int_equal(mrz_date_days(&(struct mrz_date){2000, 3, 1}),
		11017); /* date -u -d 2000-03-01 +%s / 86400 */
	assert_int_equal(mrz_date_days(&(struct mrz_date){2026, 1, 15}), 20468);
	assert_int_equal(mrz_date_days(&(struct mrz_date){1969, 12, 31}), -1);
	assert_int_equal(mrz_date_days(&(struct mrz_date){1900, 3, 1}), -25508);
	assert_true(mrz_date_valid(&(struct mrz_date){2000, 2, 29}));
	assert_false(mrz_date_valid(&(struct mrz_date){1900, 2, 29}));
	assert_false(mrz_date_valid(&(struct mrz_date){2026, 4, 31}));
	assert_false(mrz_date_valid(&(struct mrz_date){2026, 0, 1}));
	assert_false(mrz_date_valid(&(struct mrz_date){0, 1, 1}));
}

static void test_documentation_names_every_word(void **state)
{
	static char text[DOC_MAX];
	FILE *file = fopen(*state, "r");
	char word[80];

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	for (int i = 0; i < MRZ_CHECKS; i++) {
		snprintf(word, sizeof(word), "`%s`", mrz_check_name((enum mrz_check_id)i));
		if (strstr(text, word) == NULL)
			fail_msg("docs/document-checks.md lacks check %s", word);
	}
	for (int i = 1; i < MRZ_REASONS; i++) {
		snprintf(word, sizeof(word), "| `%s` |", mrz_reason_key((enum mrz_reason)i));
		if (strstr(text, word) == NULL)
			fail_msg("docs/document-checks.md lacks reason %s", word);
	}
	assert_string_equal(mrz_check_name(MRZ_CHECKS), "");
	assert_string_equal(mrz_reason_key(MRZ_REASONS), "");
}

/* --- splitting
 * -------------------------------------------------------------------------------------------- */

static void test_split(void **state)
{
	static const char text[] =
		"\n \t\nAAA\r\nBBB\r\n\r\n  CCC \t\n\nD\rE\rF\r\rG\nH\nI\nJ\nK\n\nL";
	struct mrz_splitter s;
	struct mrz_group g;

	(void)state;
	mrz_split_begin(&s, text, strlen(text));
	assert_true(mrz_split(&s, &g));
	assert_int_equal(g.count, 2);
	assert_int_equal(g.first_line, 3);
	assert_string_equal(g.pointers[0], "AAA");
	assert_string_equal(g.pointers[1], "BBB");
	assert_true(mrz_split(&s, &g));
	assert_int_equal(g.count, 1);
	assert_int_equal(g.first_line, 6);
	assert_string_equal(g.pointers[0], "CCC");
	assert_true(mrz_split(&s, &g));
	assert_int_equal(g.count, 3);
	assert_string_equal(g.pointers[2], "F");
	assert_true(mrz_split(&s, &g));
	assert_int_equal(g.count, 5); /* counted, though only four are kept */
	assert_string_equal(g.pointers[3], "J");
	assert_true(mrz_split(&s, &g));
	assert_string_equal(g.pointers[0], "L"); /* no line end at the end of the text */
	assert_false(mrz_split(&s, &g));
	mrz_split_begin(&s, "", 0);
	assert_false(mrz_split(&s, &g));
}

static void test_split_long_line(void **state)
{
	char text[300];
	struct mrz_splitter s;
	struct mrz_group g;
	struct mrz m;

	(void)state;
	memset(text, 'A', sizeof(text));
	text[150] = '\n';
	mrz_split_begin(&s, text, sizeof(text));
	assert_true(mrz_split(&s, &g));
	assert_int_equal(strlen(g.pointers[0]), MRZ_INPUT_MAX);
	assert_int_equal(mrz_parse(g.pointers, g.count, &today, &m), MRZ_FAILED);
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[] = {cmocka_unit_test(test_documentation_names_every_word),
		cmocka_unit_test(test_check_digit_vectors),
		cmocka_unit_test(test_every_substitution),
		cmocka_unit_test(test_every_wrong_check_digit),
		cmocka_unit_test(test_exchanged_neighbours), cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_names_written), cmocka_unit_test(test_what_is_not_written),
		cmocka_unit_test(test_countries), cmocka_unit_test(test_calendar),
		cmocka_unit_test(test_split), cmocka_unit_test(test_split_long_line)};

	if (argc != 2)
		return 2;
	tests[0].initial_state = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}

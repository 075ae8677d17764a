/* SPDX-License-Identifier: Apache-2.0
 * Transliteration by the tables of ICAO Doc 9303-3 section 6, the spellings that must meet, the
 * people that must not, birth dates, and what holds for any two names: symmetry, identity,
 * truncation. Expected letters are the document's, typed in. Must never read a file.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "match/csv.h"
#include "match/people.h"

struct table_row {
	const char *letters, *zone; /* zone: words, in the order of the letters */
};

/* Doc 9303-3 section 6: A (first alternative), B, C, of each in order of code; then Greek by ELOT
 * 743. */
static const struct table_row tables[] = {
	{"À Á Â Ã Ä Å Æ Ç È É Ê Ë Ì Í Î Ï Ð Ñ Ò Ó Ô Õ Ö Ø Ù Ú Û Ü Ý Þ",
		"A A A A AE AA AE C E E E E I I I I D N O O O O OE OE U U U UE Y TH"},
	{"Ā Ă Ą Ć Ĉ Ċ Č Ď Đ Ē Ĕ Ė Ę Ě Ĝ Ğ Ġ Ģ Ĥ Ħ Ĩ Ī Ĭ Į İ ı Ĳ Ĵ Ķ Ĺ Ļ Ľ Ŀ Ł Ń Ņ Ň Ŋ",
		"A A A C C C C D D E E E E E G G G G H H I I I I I I IJ J K L L L L L N N N N"},
	{"Ō Ŏ Ő Œ Ŕ Ŗ Ř Ś Ŝ Ş Š Ţ Ť Ŧ Ũ Ū Ŭ Ů Ű Ų Ŵ Ŷ Ÿ Ź Ż Ž ẞ ß",
		"O O O OE R R R S S S S T T T U U U U U U W Y Y Z Z Z SS SS"},
	{"ö ü ä å ø œ ñ þ ž š ł", "OE UE AE AA OE OE N TH Z S L"},
	{"А Б В Г Д Е Ё Ж З И І Й К Л М Н О П Р С Т У Ф Х Ц Ч Ш Щ Ы Ъ Э Ю Я",
		"A B V G D E E ZH Z I I I K L M N O P R S T U F KH TS CH SH SHCH Y IE E IU IA"},
	{"Є Ї Ґ Ѕ Ј Љ Њ Џ ж ц щ ю я", "IE I G DZ J LJ NJ DZ ZH TS SHCH IU IA"},
	{"ء آ أ ؤ إ ئ ا ب ة ت ث ج ح خ د ذ ر ز س ش ص ض ط ظ ع غ",
		"XE XAA XAE U I XI A B XTA T XTH J XH XKH D XDH R Z S XSH XSS XDZ XTT XZZ E G"},
	{"ف ق ك ل م ن ه و ى ي پ چ ژ ک گ ی", "F Q K L M N H W XAY Y P XC XJ XKK XGG XYA"},
	{"Α Β Γ Δ Ε Ζ Η Θ Ι Κ Λ Μ Ν Ξ Ο Π Ρ Σ Τ Υ Φ Χ Ψ Ω ΟΥ ς ά",
		"A V G D E Z I TH I K L M N X O P R S T Y F CH PS O OU S A"},
};

static void zone_is(const char *utf8, const char *expected)
{
	char out[MATCH_TEXT_SIZE];
	assert_int_equal(match_transliterate(utf8, out, sizeof out), PN_OK);
	assert_string_equal(out, expected);
}

static void test_tables(void **state)
{
	(void)state;
	for (size_t i = 0; i < PN_COUNT(tables); i++)
		zone_is(tables[i].letters, tables[i].zone);
}

static void test_zone(void **state)
{
	char out[8];
	(void)state;
	/* Doc 9303-3 4.6 and the worked example of section 6 C */
	zone_is("van der Müllen", "VAN DER MUELLEN");
	zone_is("O'Connor,  Enya-Siobhán", "OCONNOR ENYA SIOBHAN");
	zone_is("ابو بكر محمد بن زكريا الرازي", "ABW BKR MXHMD BN ZKRYA ALRAZY");
	zone_is("", "");
	zone_is("o\xCC\x88", "O");
	assert_int_equal(match_transliterate("\xE6\x9D\x8E", out, sizeof out), PN_EFORMAT);
	assert_int_equal(match_transliterate("A\xC0\x80", out, sizeof out), PN_EFORMAT);
	assert_int_equal(match_transliterate("\xED\xA0\x80", out, sizeof out), PN_EFORMAT);
	assert_int_equal(match_transliterate("\xC3", out, sizeof out), PN_EFORMAT);
	assert_int_equal(match_transliterate("ABCDEFGH", out, sizeof out), PN_ELIMIT);
	assert_string_equal(out, "");
}

static void folds_alike(const char *a, const char *b)
{
	char x[MATCH_WORD_SIZE], y[MATCH_WORD_SIZE];
	match_fold(a, x);
	match_fold(b, y);
	assert_string_equal(x, y);
}

static void test_alternatives(void **state)
{
	(void)state;
	folds_alike("MUELLER", "MULLER");
	folds_alike("MUXXLLER", "MULLER");
	folds_alike("GOEDEL", "GODEL");
	folds_alike("AAS", "AS");
	folds_alike("JAEGER", "JAGER");
	folds_alike("NUNXXEZ", "NUNEZ");
	folds_alike("WEISS", "WEIS");
	folds_alike("XKHALD", "KHALD");
	folds_alike("YULIA", "IULIIA");
	folds_alike("IVANOV", "IWANOW");
	folds_alike("FATIMA", "FATIMAH");
	folds_alike("HUSSAIN", "HUSEIN");
}

static struct match_result compare(const char *a, const char *b)
{
	struct match_name x, y;
	struct match_person none = {0};
	struct match_result r;
	if (match_name_read_line(a, &x) != PN_OK || match_name_read_line(b, &y) != PN_OK)
		fail_msg("cannot read: %s | %s", a, b);
	match_compare(&x, &none, &y, &none, NULL, &r);
	return r;
}

static const char *const same[][2] = {
	{"PUTIN<<VLADIMIR", "Vladimir Putin"},
	{"Vladimir Vladimirovich Putin", "PUTIN<<VLADIMIR"},
	{"MUELLER<<JOERG", "Muller, Jorg"},
	{"Иванов<<Юрий", "IVANOV<<YURI"},
	{"محمد حسين", "MUHAMMAD HUSSAIN"},
	{"Παπαδόπουλος<<Γεώργιος", "PAPADOPOULOS<<GEORGIOS"},
	{"SMITH/JOHNPAULMR", "SMITH<<JOHN PAUL"},
	{"ABDUL RAHMAN<<OMAR", "ABDULRAHMAN<<UMAR"},
	{"DE LA CRUZ<<MARIA", "CRUZ<<MARIA"},
	{"GATES<<WILLIAM", "Bill Gates"},
	{"AL GHAZALI<<MUHAMMAD", "Mohammed Alghazali"},
	{"ERIKSSON<<ANNA", "ERICSSON<<ANNA"},
	{"GARCIA LOPEZ<<JUAN", "GARCIA<<JUAN"},
	{"TCHAIKOVSKY<<PIOTR", "CHAIKOVSKII<<PETR"},
};

static const char *const different[][2] = {
	{"George Bush", "George Habbash"},
	{"SMITH<<JOHN", "SMITH<<MARY"},
	{"KHAN<<IMRAN", "KHAN<<SALMAN"},
	{"GARCIA<<JUAN", "MARTINEZ<<PABLO"},
	{"IVANOV<<SERGEI", "PETROV<<SERGEI"},
};

static void test_pairs(void **state)
{
	(void)state;
	for (size_t i = 0; i < PN_COUNT(same); i++) {
		struct match_result r = compare(same[i][0], same[i][1]);
		if (match_decide_pair(&r) != MATCH_ALERT)
			fail_msg("%s | %s: %.3f", same[i][0], same[i][1], match_score(&r));
	}
	for (size_t i = 0; i < PN_COUNT(different); i++) {
		struct match_result r = compare(different[i][0], different[i][1]);
		if (match_decide_pair(&r) == MATCH_ALERT)
			fail_msg(
				"%s | %s: %.3f", different[i][0], different[i][1], match_score(&r));
	}
}

static void test_symmetry_and_identity(void **state)
{
	(void)state;
	for (size_t i = 0; i < PN_COUNT(same) + PN_COUNT(different); i++) {
		const char *const *p = i < PN_COUNT(same) ? same[i] : different[i - PN_COUNT(same)];
		struct match_result ab = compare(p[0], p[1]), ba = compare(p[1], p[0]);
		assert_true(fabs(ab.name_score - ba.name_score) < 1e-5);
		assert_true(fabs(ab.name_bits - ba.name_bits) < 1e-3);
		for (size_t k = 0; k < 2; k++) {
			struct match_result own = compare(p[k], p[k]);
			assert_true(own.name_score > 0.9999);
			assert_true(own.name_score >= ab.name_score - 1e-5);
		}
	}
}

/* Every cut of a long name finds the whole; uncut it would not be the same. */
static void test_truncation(void **state)
{
	static const char whole[] = "NILAVADHANANANDA<<CHAYAPA DEJTHAMRONG KRASUANG";
	struct match_person none = {0};
	(void)state;
	for (size_t n = strlen("NILAVADHANANANDA<<CHAYAPA"); n <= strlen(whole); n++) {
		char cut[64];
		struct match_name q, e;
		struct match_result r;
		memcpy(cut, whole, n);
		cut[n] = '\0';
		assert_int_equal(match_name_read_line(cut, &q), PN_OK);
		assert_int_equal(match_name_read_line(whole, &e), PN_OK);
		q.truncated = true;
		match_compare(&q, &none, &e, &none, NULL, &r);
		assert_true(r.name_score > 0.9);
		assert_int_equal(r.query_missing, 0);
	}
	assert_true(match_zone_is_full("NILAVADHANANANDA", "CHAYAPA DEJTHAMRONG K", 39));
	assert_false(match_zone_is_full("ERIKSSON", "ANNA MARIA", 39));
}

static void test_jaro_winkler(void **state)
{
	(void)state;
	/* Winkler, Overview of Record Linkage (2006), table 6 */
	assert_true(fabs(match_jaro_winkler("MARTHA", 6, "MARHTA", 6) - 0.961) < 0.001);
	assert_true(fabs(match_jaro_winkler("DWAYNE", 6, "DUANE", 5) - 0.840) < 0.001);
	assert_true(fabs(match_jaro_winkler("DIXON", 5, "DICKSONX", 8) - 0.813) < 0.001);
	assert_true(match_jaro_winkler("ABC", 3, "XYZ", 3) == 0);
}

static void birth_is(const char *a, const char *b, enum match_birth_agreement expected)
{
	struct match_birth x, y;
	assert_true(people_birth(a, &x));
	assert_true(people_birth(b, &y));
	assert_int_equal(match_birth_compare(x, y), expected);
	assert_int_equal(match_birth_compare(y, x), expected);
}

static void test_birth(void **state)
{
	struct match_birth b;
	(void)state;
	birth_is("1974-08-12", "1974-08-12", MATCH_BIRTH_EXACT);
	birth_is("1974-08-12", "1974-08", MATCH_BIRTH_PARTIAL);
	birth_is("1974-00-00", "19740812", MATCH_BIRTH_PARTIAL);
	birth_is("1974-08-12", "1974-12-08", MATCH_BIRTH_FLIPPED);
	birth_is("1974-08-12", "1974-01-01", MATCH_BIRTH_DUMMY);
	birth_is("1974-08-12", "1974-08-13", MATCH_BIRTH_SLIP);
	birth_is("1974-08-12", "1984-08-12", MATCH_BIRTH_SLIP);
	birth_is("1974-08-12", "1975-08-12", MATCH_BIRTH_SLIP);
	birth_is("1974-08-12", "1974-02-28", MATCH_BIRTH_YEAR);
	birth_is("1974", "1975-03-01", MATCH_BIRTH_NEAR);
	birth_is("1974-08-12", "", MATCH_BIRTH_UNKNOWN);
	birth_is("1974-08-12", "1990-02-28", MATCH_BIRTH_OTHER);
	assert_false(people_birth("1974-13-01", &b));
	assert_false(people_birth("12.08.1974", &b));
	assert_false(people_birth("1974-08", &b) && b.day != 0);
	assert_false(people_birth("197x", &b));
}

static double bits_of(const char *a, const char *b)
{
	struct match_birth x, y;
	assert_true(people_birth(a, &x));
	assert_true(people_birth(b, &y));
	assert_true(match_birth_bits(x, y) == match_birth_bits(y, x));
	return match_birth_bits(x, y);
}

static void test_birth_bits(void **state)
{
	(void)state;
	/* a year and its month are one in 720, a year one in 60 */
	assert_true(bits_of("1974-08-12", "1974-08") > bits_of("1974-08-12", "1974") + 3);
	/* the next day, the next decade, digits exchanged; not just any digit */
	assert_true(bits_of("1974-08-12", "1974-08-13") > bits_of("1974-08-12", "1974-08-17"));
	assert_true(bits_of("1974-08-12", "1974-08-21") > bits_of("1974-08-12", "1974-08-17"));
	assert_true(bits_of("1974-08-12", "1974-09-12") > bits_of("1974-08-12", "1974-03-12"));
	assert_true(bits_of("1974-08-12", "1984-08-12") > bits_of("1974-08-12", "1978-08-12"));
	assert_true(bits_of("1974-08-12", "1974-08-12") > bits_of("1974-08-12", "1974-12-08"));
	assert_true(bits_of("1974-08-12", "") == 0);
	assert_true(bits_of("1974-08-12", "1990-02-28") < bits_of("1974-08-12", "1974-02-28"));
}

/* A fold takes TH and IE together: a slip beside them is still one slip. */
static void test_slips_of_spelling(void **state)
{
	struct match_result r = compare("SCHULZ<<THIEO", "SCHULZ<<THGEO");
	(void)state;
	assert_int_equal(r.pair_count, 2);
	r = compare("CHOOE<<SONG IL", "CHOE<<SONG IL");
	assert_int_equal(r.pair_count, 3);
}

static void test_particulars_weigh(void **state)
{
	struct match_name a, b;
	struct match_person x = {{1974, 8, 12}, 'F', "NOR"}, y = {{1974, 8, 12}, 'M', "SWE"};
	struct match_result same_person, other;
	(void)state;
	assert_int_equal(match_name_read("ERIKSSON", "ANNA", &a), PN_OK);
	assert_int_equal(match_name_read("ERIKSSON", "ANNA", &b), PN_OK);
	match_compare(&a, &x, &b, &x, NULL, &same_person);
	match_compare(&a, &x, &b, &y, NULL, &other);
	assert_true(same_person.bits > other.bits);
	assert_true(other.sex_differs && other.nationality_differs);
	/* a common name says less */
	struct match_result common = compare("KHAN<<MUHAMMAD", "KHAN<<MUHAMMAD");
	assert_true(common.name_bits < same_person.name_bits);
	assert_int_equal(match_decide(&match_policy_default, &common, 1000000), MATCH_NONE);
}

static void test_titles(void **state)
{
	struct match_name n;
	(void)state;
	assert_int_equal(match_name_read("SMITH", "MR JOHN DR", &n), PN_OK);
	assert_int_equal(n.count, 2);
	/* somebody may be called like a title */
	assert_int_equal(match_name_read("MISS", "", &n), PN_OK);
	assert_int_equal(n.count, 1);
	assert_int_equal(match_name_read(" - ", "", &n), PN_EINVAL);
}

static void row_is(
	struct csv_reader *r, int expected, unsigned line, size_t count, const char *first)
{
	static struct csv_row row;
	assert_int_equal(csv_next(r, &row), expected);
	assert_int_equal(r->line, line);
	if (expected == PN_OK) {
		assert_int_equal(row.count, count);
		assert_string_equal(row.field[0], first);
	}
}

static void test_csv(void **state)
{
	static const char good[] = "# list=x\r\na,b\r\n\n\"x, \"\"y\"\"\nz\",2\nlast,\n";
	struct csv_reader r;
	(void)state;
	csv_open(&r, good, strlen(good));
	row_is(&r, PN_OK, 2, 2, "a");
	row_is(&r, PN_OK, 4, 2, "x, \"y\"\nz");
	row_is(&r, PN_OK, 6, 2, "last");
	row_is(&r, PN_ENOTFOUND, 6, 0, "");
	csv_open(&r, "a,b\n\"c\"d,e\n", 11);
	row_is(&r, PN_OK, 1, 2, "a");
	row_is(&r, PN_EFORMAT, 2, 0, "");
	csv_open(&r, "\"open", 5);
	row_is(&r, PN_EFORMAT, 1, 0, "");
	csv_open(&r, "a\0b", 3);
	row_is(&r, PN_EFORMAT, 1, 0, "");
}

static void test_nationalities(void **state)
{
	static const char text[] = "id,name,nationality\n1,A,af; DEU;??;usa\n2,B,\n3,C,Norway\n";
	static struct csv_row row;
	struct people_columns c;
	struct csv_reader r;
	const char *at = NULL;
	char state_of[4];
	(void)state;
	csv_open(&r, text, strlen(text));
	assert_int_equal(csv_next(&r, &row), PN_OK);
	assert_int_equal(people_head(&row, &c), PN_OK);
	assert_int_equal(csv_next(&r, &row), PN_OK);
	assert_true(people_nationality(&row, &c, &at, state_of));
	assert_string_equal(state_of, "AFG");
	assert_true(people_nationality(&row, &c, &at, state_of));
	assert_string_equal(state_of, "D");
	assert_true(people_nationality(&row, &c, &at, state_of));
	assert_string_equal(state_of, "USA");
	assert_false(people_nationality(&row, &c, &at, state_of));
	for (unsigned i = 0; i < 2; i++) {
		at = NULL;
		assert_int_equal(csv_next(&r, &row), PN_OK);
		assert_false(people_nationality(&row, &c, &at, state_of));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_zone),
		cmocka_unit_test(test_alternatives),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_symmetry_and_identity),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_jaro_winkler),
		cmocka_unit_test(test_birth),
		cmocka_unit_test(test_birth_bits),
		cmocka_unit_test(test_slips_of_spelling),
		cmocka_unit_test(test_particulars_weigh),
		cmocka_unit_test(test_titles),
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_nationalities),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

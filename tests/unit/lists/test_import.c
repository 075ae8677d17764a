/* SPDX-License-Identifier: Apache-2.0
 * Whole files of every format. The shapes are typed in from what their publishers document: the schema of the United
 * Nations' consolidated list (un.org/sc/resources/sc-sanctions.xsd), OFAC's SDN data specification (dat_spec.txt, 25 September
 * 2023), OpenSanctions' "Entity structure" page and FollowTheMoney's schemata. The people are invented; the lines
 * that must come out were written by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collect.h"

static const struct lists_options plain = {
	.issuer = "un", .purpose = "border", .handling = "second-line", .weak_handling = "weak-alias"};

#define UN_HEAD                                                                                    \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"                                             \
	"<CONSOLIDATED_LIST dateGenerated=\"2026-02-27T00:00:09.554Z\">\n"
#define UN_TAIL "</CONSOLIDATED_LIST>\n"

static const char un_text[] = UN_HEAD
	"<INDIVIDUALS>\n"
	"<INDIVIDUAL>\n" /* line 4 */
	"<DATAID>1</DATAID><VERSIONNUM>1</VERSIONNUM>\n"
	"<FIRST_NAME>ABD AL-KARIM</FIRST_NAME><SECOND_NAME>TESTI</SECOND_NAME><THIRD_NAME>AL-BADRI</THIRD_NAME>\n"
	"<UN_LIST_TYPE>DRC</UN_LIST_TYPE><REFERENCE_NUMBER>CDi.901 </REFERENCE_NUMBER><GENDER>Male</GENDER>\n"
	"<COMMENTS1>Was seen &amp; heard; in March.</COMMENTS1>\n"
	"<NATIONALITY><VALUE>Democratic Republic of the Congo</VALUE></NATIONALITY>\n"
	"<INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>J\xC3\xA9r\xC3\xB4me Testi (\xE6\x9D\x8E); Karim Testi</ALIAS_NAME></INDIVIDUAL_ALIAS>\n"
	"<INDIVIDUAL_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME>\xE2\x80\x9CPharaoh\xE2\x80\x9D</ALIAS_NAME></INDIVIDUAL_ALIAS>\n"
	"<INDIVIDUAL_ALIAS><QUALITY/><ALIAS_NAME/></INDIVIDUAL_ALIAS>\n"
	"<INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>\xE6\x9D\x8E</ALIAS_NAME></INDIVIDUAL_ALIAS>\n"
	"<INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>EXACT</TYPE_OF_DATE><DATE>1971-01-01</DATE></INDIVIDUAL_DATE_OF_BIRTH>\n"
	"<INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>APPROXIMATELY</TYPE_OF_DATE><YEAR>1973</YEAR></INDIVIDUAL_DATE_OF_BIRTH>\n"
	"<INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>BETWEEN</TYPE_OF_DATE><FROM_YEAR>1975</FROM_YEAR><TO_YEAR>1976</TO_YEAR>"
	"</INDIVIDUAL_DATE_OF_BIRTH>\n"
	"<INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>EXACT</TYPE_OF_DATE><NOTE>Nov. 1979 </NOTE></INDIVIDUAL_DATE_OF_BIRTH>\n"
	"<INDIVIDUAL_DOCUMENT><TYPE_OF_DOCUMENT>Passport</TYPE_OF_DOCUMENT><NUMBER>OB 0243318</NUMBER>"
	"<ISSUING_COUNTRY>Democratic Republic of the Congo</ISSUING_COUNTRY><NOTE>expired</NOTE></INDIVIDUAL_DOCUMENT>\n"
	"<INDIVIDUAL_DOCUMENT><TYPE_OF_DOCUMENT>National Identification Number</TYPE_OF_DOCUMENT><NUMBER>1-78-09-44621-80</NUMBER>"
	"</INDIVIDUAL_DOCUMENT>\n"
	"<INDIVIDUAL_DOCUMENT/>\n"
	"</INDIVIDUAL>\n"
	"<INDIVIDUAL><FIRST_NAME>HASSAN BIN TESTI</FIRST_NAME><REFERENCE_NUMBER>QDi.902</REFERENCE_NUMBER></INDIVIDUAL>\n"
	"<INDIVIDUAL><REFERENCE_NUMBER>QDi.903</REFERENCE_NUMBER></INDIVIDUAL>\n" /* line 23 */
	"</INDIVIDUALS>\n<ENTITIES><ENTITY><FIRST_NAME>TEST TRADING</FIRST_NAME><REFERENCE_NUMBER>CDe.001</REFERENCE_NUMBER></ENTITY>"
	"</ENTITIES>\n" UN_TAIL;

static const char *const un_lines[] = {
	"un:CDi.901,person,,,,AL BADRI,ABD AL KARIM TESTI,TESTI<<JEROME;TESTI<<KARIM,1971-01-01;1973-00-00;1975-00-00;1976-00-00;1979-11-00,"
	"M,COD,un,border,second-line,,",
	"un:CDi.901,person,,,,PHARAOH,,,1971-01-01;1973-00-00;1975-00-00;1976-00-00;1979-11-00,M,COD,un,border,weak-alias,,",
	"un:CDi.901,document,OB0243318,COD,,,,,,,,un,border,second-line,,",
	"un:QDi.902,person,,,,BIN TESTI,HASSAN,,,,,un,border,second-line,,", NULL};

static void test_un(void **state)
{
	static const size_t chunks[] = {1, 7, 65536};
	(void)state;
	for (size_t i = 0; i < PN_COUNT(chunks); i++) {
		struct collected c;
		const char *const texts[] = {un_text, NULL};
		assert_int_equal(collect(LISTS_UN, &plain, texts, chunks[i], &c), PN_OK);
		expect_lines(&c, un_lines);
		assert_int_equal(c.counts.rows, 4);
		assert_int_equal(c.counts.entries, 2);
		assert_int_equal(c.counts.weak_names, 1);
		assert_int_equal(c.counts.dummy_births, 1);
		assert_int_equal(c.counts.partial_births, 4);
		assert_int_equal(c.tolds, 4);
		assert_true(was_told(&c, 4, LISTS_NAME_LETTERS));
		assert_true(was_told(&c, 4, LISTS_DOCUMENT_ISSUER));
		assert_true(was_told(&c, 23, LISTS_NO_NAME));
		assert_int_equal(c.counts.told[LISTS_ORGANISATION], 1);
		collected_free(&c);
	}
}

static void un_is_refused(const char *text, enum lists_reason why)
{
	struct collected c;
	const char *const texts[] = {text, NULL};
	assert_int_equal(collect(LISTS_UN, &plain, texts, 4096, &c), PN_EFORMAT);
	assert_int_equal(c.counts.told[why], 1);
	collected_free(&c);
}

static void test_un_refused(void **state)
{
	char deep[4096] = UN_HEAD;
	char *long_tag = calloc(1, 3 * 1024 * 1024);
	(void)state;
	un_is_refused("", LISTS_NOT_XML);
	un_is_refused("<sdnList/>", LISTS_NOT_THE_LIST);
	un_is_refused(UN_HEAD "<INDIVIDUALS>", LISTS_NOT_XML);
	un_is_refused(UN_HEAD "<INDIVIDUALS></ENTITIES>" UN_TAIL, LISTS_NOT_XML);
	/* entities: expanded, and from elsewhere */
	un_is_refused("<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><CONSOLIDATED_LIST>&b;</CONSOLIDATED_LIST>",
		LISTS_DECLARATION);
	un_is_refused("<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><CONSOLIDATED_LIST>&a;</CONSOLIDATED_LIST>",
		LISTS_DECLARATION);
	un_is_refused("<!DOCTYPE CONSOLIDATED_LIST SYSTEM \"http://localhost/x.dtd\"><CONSOLIDATED_LIST/>", LISTS_DECLARATION);
	for (int i = 0; i < 40; i++)
		strcat(deep, "<INDIVIDUALS>");
	un_is_refused(deep, LISTS_TOO_DEEP);
	assert_non_null(long_tag);
	strcpy(long_tag, UN_HEAD "<A B=\"");
	memset(long_tag + strlen(long_tag), 'x', 2 * 1024 * 1024);
	un_is_refused(long_tag, LISTS_TOO_DEEP);
	free(long_tag);
}

/* More names and birth dates than a line may hold: several lines, all of them, none too long. */
static void test_many(void **state)
{
	enum { ALIASES = 70, SIZE = 65536 };
	char *text = malloc(SIZE);
	size_t n, aliases = 0;
	struct collected c;
	const char *texts[] = {text, NULL};
	(void)state;
	assert_non_null(text);
	n = (size_t)snprintf(text, SIZE, UN_HEAD "<INDIVIDUALS><INDIVIDUAL><REFERENCE_NUMBER>X1</REFERENCE_NUMBER>"
						"<FIRST_NAME>A</FIRST_NAME><SECOND_NAME>B</SECOND_NAME>");
	for (int i = 0; i < ALIASES; i++)
		n += (size_t)snprintf(text + n, SIZE - n, "<INDIVIDUAL_ALIAS><ALIAS_NAME>%cX%c %080d%c</ALIAS_NAME></INDIVIDUAL_ALIAS>",
			'A' + i % 26, 'A' + i / 26, 0, 'Z');
	for (int i = 0; i < 10; i++)
		n += (size_t)snprintf(text + n, SIZE - n,
			"<INDIVIDUAL_DATE_OF_BIRTH><YEAR>%d</YEAR></INDIVIDUAL_DATE_OF_BIRTH>", 1960 + i);
	snprintf(text + n, SIZE - n, "</INDIVIDUAL></INDIVIDUALS>" UN_TAIL);
	assert_int_equal(collect(LISTS_UN, &plain, texts, 4096, &c), PN_OK);
	assert_int_equal(c.counts.names, ALIASES + 1);
	assert_int_equal(c.tolds, 0);
	for (size_t i = 0; i < c.lines; i++) {
		assert_true(strncmp(c.line[i], "un:X1,person,,,,", 16) == 0);
		if (strstr(c.line[i], "1968-00-00;1969-00-00,") == NULL)
			assert_non_null(strstr(c.line[i], "1960-00-00;1961-00-00;1962-00-00;1963-00-00;1964-00-00;1965-00-00;"
							  "1966-00-00;1967-00-00,"));
		aliases++;
		for (const char *p = c.line[i]; (p = strstr(p, "<<")) != NULL; p++)
			aliases++;
	}
	assert_int_equal(aliases, 2 * (ALIASES + 1));
	collected_free(&c);
	free(text);
}

static const char sdn[] =
	"36,\"TEST AIRLINES\",-0- ,\"CUBA\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n"
	"90001,\"TESTOV, Pyotr Andreyevich\",\"individual\",\"RUSSIA-EO14024\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"DOB 14 Mar 1971; "
	"alt. DOB circa 1972; POB Tver, Russia; nationality Russia; Gender Male; Passport 7512345678 (Russia) expires 12 Mar "
	"2015; National ID No. 1234567890 (Russia); Tax ID No. 55 (Russia); a.k.a. 'PETYA'.\"\r\n"
	"90002,\"AL TESTI, Dr. Mira\",\"individual\",\"SDGT] [IRAN\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"DOB 1958 to 1960; citizen Iran; alt. "
	"citizen Iraq; Gender Female\"\r\n"
	"90003,\"EXAMPLE VESSEL\",\"vessel\",\"IRAN\",-0- ,\"H3DZ\",\"Bulk Carrier\",\"45000\",\"28000\",\"Iran\",-0- ,-0- \r\n"
	"90004,\"BROKEN, Row\",\"individual\r\n" /* line 5 */
	"90005,\"SINGLENAME\",\"individual\",\"SDGT\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n"
	"90006,\"SHORT, Row\"\r\n\x1A";
static const char alt[] = "36,12,\"aka\",\"AERO-TEST\",-0- \r\n90001,13,\"aka\",\"TESTOFF, Peter\",-0- \r\n77777,1,\"aka\",\"NOBODY\",-0- \r\n\x1A";
static const char add[] = "90001,25,\"1 Test Street\",\"Tver\",\"Russia\",-0- \r\n\x1A";
static const char comments[] = "90002,\"; Passport A1234567 (Iran).\"\r\n\x1A";

static void test_ofac(void **state)
{
	static const char *const expected[] = {
		"ofac:90001,person,,,,TESTOV,PYOTR ANDREYEVICH,TESTOFF<<PETER,1971-03-14;1972-00-00,M,RUS,ofac,border,second-line,,",
		"ofac:90001,person,,,,PETYA,,,1971-03-14;1972-00-00,M,RUS,ofac,border,weak-alias,,",
		"ofac:90001,document,7512345678,RUS,,,,,,,,ofac,border,second-line,,",
		"ofac:90001,document,1234567890,RUS,,,,,,,,ofac,border,second-line,,",
		"ofac:90002,person,,,,AL TESTI,DR MIRA,,1958-00-00;1959-00-00;1960-00-00,F,IRN;IRQ,ofac,border,second-line,,",
		"ofac:90002,document,A1234567,IRN,,,,,,,,ofac,border,second-line,,",
		"ofac:90005,person,,,,SINGLENAME,,,,,,ofac,border,second-line,,", NULL};
	const char *const orders[][5] = {{sdn, alt, add, comments, NULL}, {sdn, comments, add, alt, NULL}};
	struct lists_options o = plain;
	(void)state;
	o.issuer = "ofac";
	for (size_t i = 0; i < PN_COUNT(orders); i++) {
		struct collected c;
		assert_int_equal(collect(LISTS_OFAC, &o, orders[i], 13, &c), PN_OK);
		expect_lines(&c, expected);
		assert_true(was_told(&c, 1, LISTS_ORGANISATION));
		assert_true(was_told(&c, 5, LISTS_BAD_ROW));
		assert_true(was_told(&c, 7, LISTS_UNKNOWN_ENTRY)); /* two columns: remarks of nobody */
		assert_int_equal(c.counts.told[LISTS_ORGANISATION], 3);
		assert_int_equal(c.counts.told[LISTS_UNKNOWN_ENTRY], 2);
		assert_int_equal(c.counts.told[LISTS_ADDRESS], 1);
		assert_int_equal(c.tolds, 7);
		collected_free(&c);
	}
}

/* "records separated by carriage returns (ASCII character 13)" */
static void test_ofac_carriage_returns(void **state)
{
	static const char text[] = "1,\"ONE, A\",\"individual\",\"X\",-0-,-0-,-0-,-0-,-0-,-0-,-0-,-0-\r"
				   "2,\"TWO, B\",\"individual\",\"X\",-0-,-0-,-0-,-0-,-0-,-0-,-0-,-0-\r";
	const char *const texts[] = {text, NULL};
	struct collected c;
	(void)state;
	assert_int_equal(collect(LISTS_OFAC, &plain, texts, 1, &c), PN_OK);
	assert_int_equal(c.lines, 2);
	assert_int_equal(c.tolds, 0);
	collected_free(&c);
}

/* The examples of OpenSanctions' page, and what surrounds them in a file. */
static const char ftm[] =
	"{\"id\": \"passport-entity-id\", \"schema\": \"Passport\", \"properties\": {\"holder\": [\"person-entity-id\"], \"number\": [\"CJ "
	"7261817\"], \"country\": [\"us\"]}}\n"
	"{\"id\": \"person-entity-id\", \"schema\": \"Person\", \"properties\": {\"name\": [\"John Doe\"], \"nationality\": [\"us\", \"au\", \"us\", \"de\", \"nz\", \"fr\"], "
	"\"birthDate\": [\"1982\"]}}\n"
	"{\"id\":\"NK-2\",\"schema\":\"Person\",\"target\":true,\"properties\":{\"name\":[\"\xD0\x98\xD0\xB2\xD0\xB0\xD0\xBD "
	"\xD0\xA2\xD0\xB5\xD1\x81\xD1\x82\xD0\xBE\xD0\xB2\",\"Ivan Testov\"],\"firstName\":[\"Ivan\"],\"lastName\":[\"Testov\"],"
	"\"alias\":[\"\xE6\x9D\x8E\"],\"weakAlias\":[\"Vanya\"],\"birthDate\":[\"1961-02\",\"1961-02-03\"],\"gender\":[\"male\"],"
	"\"nationality\":[\"ru\"],\"passportNumber\":[\"7512345678\",\"12\"],\"idNumber\":[\"998877665\"],\"topics\":[\"sanction\"]}}\n"
	"{\"id\":\"c1\",\"schema\":\"Company\",\"properties\":{\"name\":[\"Test Ltd\"]}}\n"
	"{\"id\":\"s1\",\"schema\":\"Sanction\",\"properties\":{\"entity\":[\"NK-2\"]}}\n"
	"{\"id\":\"i1\",\"schema\":\"Identification\",\"properties\":{\"holder\":[\"c1\"],\"number\":[\"5544332\"],\"country\":[\"ru\"]}}\n"
	"{\"id\":\"i2\",\"schema\":\"Identification\",\"properties\":{\"holder\":[\"NK-2\"],\"number\":[\"5544333\"],\"country\":[\"ru\"],"
	"\"type\":[\"National Identity Card\"]}}\n"
	"{\"id\":\"i3\",\"schema\":\"Identification\",\"properties\":{\"holder\":[\"NK-2\"],\"number\":[\"5544334\"],\"country\":[\"ru\"],"
	"\"type\":[\"Tax ID\"]}}\n"
	"{\"id\":\"r\",\"schema\":\"Person\",\"target\":false,\"properties\":{\"name\":[\"Wife Testova\"]}}\n"
	"{\"id\":\"NK-2\",\"schema\":\"Person\",\"properties\":{\"name\":[\"Again Testov\"]}}\n"
	"{\"id\":\"\",\"schema\":\"Person\",\"properties\":{\"name\":[\"No Id\"]}}\n"
	"{\"id\":\"n\",\"schema\":\"Person\",\"properties\":{\"birthDate\":[\"1961\"]}}\n"
	"not json\n"
	"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n"
	"{\"id\":\"twice\",\"id\":\"twice\",\"schema\":\"Person\"}\n"
	"{\"id\":\"x\",\"properties\":{}}\n"
	"{\"id\":\"cut\",\"schema\":\"Per";

static void test_ftm(void **state)
{
	static const char *const expected[] = {
		"os:person-entity-id,person,,,,DOE,JOHN,,1982-00-00,,USA;AUS;D;NZL,os,border,second-line,,",
		/* Doc 9303-3 table B for the name in Cyrillic */
		"os:NK-2,person,,,,TESTOV,IVAN,,1961-02-00;1961-02-03,M,RUS,os,border,second-line,,",
		"os:NK-2,person,,,,VANYA,,,1961-02-00;1961-02-03,M,RUS,os,border,weak-alias,,",
		"os:NK-2,document,7512345678,,,,,,,,,os,border,second-line,,",
		"os:person-entity-id,document,CJ7261817,USA,,,,,,,,os,border,second-line,,",
		"os:NK-2,document,5544333,RUS,,,,,,,,os,border,second-line,,", NULL};
	const char *const texts[] = {ftm, NULL};
	struct lists_options o = plain;
	struct collected c;
	(void)state;
	o.issuer = "os";
	assert_int_equal(collect(LISTS_FTM, &o, texts, 100, &c), PN_OK);
	expect_lines(&c, expected);
	assert_int_equal(c.counts.rows, 17);
	assert_int_equal(c.counts.entries, 2);
	assert_true(was_told(&c, 2, LISTS_NATIONALITIES));
	assert_true(was_told(&c, 3, LISTS_NAME_LETTERS));
	assert_int_equal(c.counts.told[LISTS_DOCUMENT_ISSUER], 2); /* "12", and the idNumber */
	assert_true(was_told(&c, 4, LISTS_ORGANISATION));
	assert_true(was_told(&c, 5, LISTS_OTHER_THING));
	assert_true(was_told(&c, 6, LISTS_NOT_ITS_DOCUMENT));
	assert_true(was_told(&c, 8, LISTS_DOCUMENT_KIND));
	assert_true(was_told(&c, 9, LISTS_NOT_A_TARGET));
	assert_true(was_told(&c, 10, LISTS_TWICE));
	assert_true(was_told(&c, 11, LISTS_NO_REFERENCE));
	assert_true(was_told(&c, 12, LISTS_NO_NAME));
	assert_true(was_told(&c, 13, LISTS_BAD_JSON));
	assert_true(was_told(&c, 14, LISTS_BAD_JSON));
	assert_true(was_told(&c, 15, LISTS_BAD_JSON));
	assert_true(was_told(&c, 16, LISTS_NO_SCHEMA));
	assert_true(was_told(&c, 17, LISTS_BAD_JSON));
	assert_int_equal(c.tolds, 17);
	collected_free(&c);
	o.topics = "crime,sanction";
	o.weak = LISTS_WEAK_DROP;
	assert_int_equal(collect(LISTS_FTM, &o, texts, 100, &c), PN_OK);
	assert_int_equal(c.counts.entries, 1);
	assert_int_equal(c.counts.told[LISTS_NAME_WEAK], 1);
	assert_int_equal(c.counts.weak_names, 0);
	collected_free(&c);
}

static const char own[] =
	"reference_of_nothing,entry_id,surname,given_names,aliases,weak_aliases,birth_date,sex,nationality,document_number,issuer,"
	"document_status,kind,authority,purpose,handling_code,valid_from,valid_until\n"
	"x,A-17,M\xC3\xBCller,\"J\xC3\xB6rg, Hans\",\"O'Connor, Enya;SIOBHAN<<\",Kiki,12 Mar 1980;1981,F,Ireland,X1234567,Norway,stolen,,police,"
	"border,seize,2026-01-01,2026-12-31\n"
	"x,A-18,,,,,,,,X7,NOR,lost,document,,,,,\n"
	"x,A-19,,,,,,,,,NOR,,document,,,,,\n"
	"x,A-20,Name,,,,,,,,,burnt,,,,,,\n"
	"x,A-21,Name,,,,,,,,,,,,,,2026-13-01,\n"
	"x,A-22,Name,,,,,,,,,,not_this_person,,,,,\n"
	"x,A-23,Name,,,,,,,,,,ship,,,,,\n"
	"x,A 24,Name,,,,31 Feb 1980,X,Nowhere,,,,,,,,,\n"
	"x,A-25,Name\n"
	"x,A-26,\xFF,,,,,,,,,,,,,,,\n"
	"x,A-27,\"unclosed,,,,,,,,,,,,,,,\n"
	"x,A-28,Last,,,,,,,,,,,,,,,\n";

static void test_csv(void **state)
{
	static const char *const expected[] = {
		"own:A-17,person,,,,MUELLER,JOERG HANS,OCONNOR<<ENYA;SIOBHAN<<,1980-03-12;1981-00-00,F,IRL,police,border,seize,"
		"2026-01-01,2026-12-31",
		"own:A-17,person,,,,KIKI,,,1980-03-12;1981-00-00,F,IRL,police,border,weak-alias,2026-01-01,2026-12-31",
		"own:A-17,document,X1234567,NOR,stolen,,,,,,,police,border,seize,2026-01-01,2026-12-31",
		"own:A-18,document,X7,NOR,lost,,,,,,,own,border,second-line,,",
		/* printf 'A 24' | sha256sum */
		"own:h-af8d936163b1437173c3ca6aa9b9ce43,person,,,,NAME,,,,,,own,border,second-line,,",
		"own:A-28,person,,,,LAST,,,,,,own,border,second-line,,", NULL};
	const char *const texts[] = {own, NULL};
	struct lists_options o = plain;
	struct collected c;
	(void)state;
	o.issuer = "own";
	assert_int_equal(collect(LISTS_CSV, &o, texts, 50, &c), PN_OK);
	assert_true(was_told(&c, 1, LISTS_COLUMN));
	expect_lines(&c, expected);
	assert_true(was_told(&c, 4, LISTS_NO_NUMBER));
	assert_true(was_told(&c, 5, LISTS_BAD_CODE));
	assert_true(was_told(&c, 6, LISTS_BAD_CODE));
	assert_true(was_told(&c, 7, LISTS_DISMISSAL));
	assert_true(was_told(&c, 8, LISTS_BAD_KIND));
	assert_true(was_told(&c, 9, LISTS_BIRTH_FORM) && was_told(&c, 9, LISTS_SEX) && was_told(&c, 9, LISTS_COUNTRY));
	assert_true(was_told(&c, 10, LISTS_BAD_COLUMNS));
	assert_true(was_told(&c, 11, LISTS_BAD_TEXT));
	assert_true(was_told(&c, 12, LISTS_BAD_ROW));
	collected_free(&c);
}

/* What an import has written is read again as it stands: so lists are merged. */
static void test_csv_of_lists(void **state)
{
	const char head[] = "# list=un version=7 issued=2026-06-30T12:00:00Z\n"
			    "entry_id,kind,document_number,issuer,document_status,surname,given_names,aliases,birth_date,sex,"
			    "nationality,authority,purpose,handling_code,valid_from,valid_until\n";
	char text[4096];
	const char *texts[] = {text, NULL};
	struct lists_options o = {.purpose = "other"};
	struct collected c;
	size_t n = (size_t)snprintf(text, sizeof text, "%s", head);
	(void)state;
	for (size_t i = 0; un_lines[i] != NULL; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s\n", un_lines[i]);
	assert_int_equal(collect(LISTS_CSV, &o, texts, 64, &c), PN_OK);
	expect_lines(&c, un_lines);
	assert_int_equal(c.tolds, 0);
	collected_free(&c);
}

static void test_csv_heads(void **state)
{
	const char *const semicolons[] = {"entry_id;name;sex\n1;\"Testi; Ann\";f\n", NULL};
	const char *const bad[] = {"", "a,b,c\n1,2,3\n", "entry_id,sex\n1,M\n", "surname\nX\n", NULL};
	struct collected c;
	(void)state;
	assert_int_equal(collect(LISTS_CSV, &plain, semicolons, 64, &c), PN_OK);
	assert_int_equal(c.lines, 1);
	assert_string_equal(c.line[0], "un:1,person,,,,ANN,TESTI,,,F,,un,border,second-line,,");
	collected_free(&c);
	for (size_t i = 0; bad[i] != NULL; i++) {
		const char *const one[] = {bad[i], NULL};
		assert_int_equal(collect(LISTS_CSV, &plain, one, 64, &c), PN_EFORMAT);
		assert_int_equal(c.counts.told[LISTS_NO_HEAD], 1);
	}
}

static void test_options(void **state)
{
	const char *const texts[] = {un_text, NULL};
	struct lists_options o = plain;
	struct collected c;
	(void)state;
	o.issuer = NULL;
	assert_int_equal(collect(LISTS_UN, &o, texts, 64, &c), PN_EINVAL);
	o.issuer = "a,b";
	assert_int_equal(collect(LISTS_UN, &o, texts, 64, &c), PN_EINVAL);
	o = plain;
	o.purpose = "two words";
	assert_int_equal(collect(LISTS_UN, &o, texts, 64, &c), PN_EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_un),
		cmocka_unit_test(test_un_refused),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_ofac),
		cmocka_unit_test(test_ofac_carriage_returns),
		cmocka_unit_test(test_ftm),
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_csv_of_lists),
		cmocka_unit_test(test_csv_heads),
		cmocka_unit_test(test_options),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 * The files with text in them: worked examples of ICAO Doc 9303-10 appendix A, BSI's reference data set, documents issued
 * by hw/sim/chip, and files composed from the tables of section 4.7. Must never compare with what a parser gave before.
 */
#include "helper.h"

#define MRZ "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10"

static void com_of_the_appendix(void **state)
{
	struct bytes f = {.size = 0};
	struct lds_com com;
	struct lds_notes n;
	(void)state;
	add(&f, "60 16 5F01 04 30313037 5F36 06 303430303030 5C 04 6175766C"); /* A.1 */
	assert_int_equal(lds_com(as(&f), &com, &n), 0);
	clean(&n);
	assert_int_equal(com.groups, 1u << 1 | 1u << 2 | 1u << 4 | 1u << 12);
	assert_memory_equal(com.version.bytes, "0107", 4);
	assert_memory_equal(com.unicode.bytes, "040000", 6);
}

static void com_that_is_not_in_order(void **state)
{
	struct bytes f = {.size = 0};
	struct lds_com com;
	struct lds_notes n;
	(void)state;
	add(&f, "60 14 5F01 03 303137 5F36 06 303430303030 5C 03 61 99 61 0000");
	assert_int_equal(lds_com(as(&f), &com, &n), 0);
	assert_int_equal(n.count, 3);
	assert_int_equal(n.note[0].what, LDS_TRAILING);
	assert_int_equal(n.note[0].at, f.size - 2);
	assert_int_equal(n.note[1].what, LDS_LENGTH);
	assert_int_equal(n.note[1].tag, 0x5f01);
	assert_int_equal(n.note[1].at, 5);
	assert_int_equal(n.note[2].what, LDS_TWICE);
	assert_int_equal(com.version.size, 0);
	assert_int_equal(com.groups, 1u << 1);
	assert_int_equal(com.unknown_tags, 1);
	f.size = 0;
	add(&f, "60 05 5C 01 61 53 00");
	assert_int_equal(lds_com(as(&f), &com, &n), PN_EFORMAT);
	assert_int_equal(n.unknown, 1);
	assert_int_equal(n.count, 2);
	assert_int_equal(n.note[0].what, LDS_MISSING);
	assert_int_equal(n.note[0].tag, 0x5f01);
	assert_int_equal(n.note[1].tag, 0x5f36);
	f.size = 0;
	add(&f, "61 00");
	assert_int_equal(lds_com(as(&f), &com, &n), PN_EFORMAT);
	only(&n, LDS_TAG, 0, 0x61);
	assert_int_equal(lds_com((struct emrtd_bytes){f.b, 0}, &com, &n), PN_EFORMAT);
	only(&n, LDS_MISSING, 0, 0x60);
}

static void atr_info(void **state)
{
	struct bytes f = {.size = 0};
	struct lds_atr_info a;
	struct lds_notes n;
	(void)state;
	/* Table 29; 1000 and 65535 bytes, another object, and the file's unused end. */
	add(&f, "47 03 84 01 E0 7F66 09 02 02 03E8 02 03 00FFFF 4F 01 00 000000");
	assert_int_equal(lds_atr_info(as(&f), &a, &n), 0);
	assert_int_equal(n.count, 0);
	assert_int_equal(n.unknown, 1);
	assert_true(a.select_by_name && a.short_identifiers && !a.record_numbers);
	assert_true(a.command_chaining && a.extended_length && a.extended_length_information);
	assert_int_equal(a.command_max, 1000);
	assert_int_equal(a.response_max, 65535);
	f.size = 0;
	add(&f, "47 01 80 7F66 03 02 01 FF");
	assert_int_equal(lds_atr_info(as(&f), &a, &n), 0);
	assert_int_equal(a.capabilities_size, 1);
	assert_false(a.extended_length);
	assert_int_equal(a.command_max, 0); /* a negative number is none */
	assert_int_equal(n.count, 2);
	assert_int_equal(n.note[0].what, LDS_LENGTH);
	assert_int_equal(n.note[1].what, LDS_MISSING);
	f.size = 0;
	add(&f, "47 03 84");
	assert_int_equal(lds_atr_info(as(&f), &a, &n), PN_EFORMAT);
	only(&n, LDS_ENCODING, 0, 0);
}

static void zone_of(const char *mrz, const char *head)
{
	struct bytes f = {.size = 0};
	struct emrtd_bytes zone;
	struct lds_notes n;
	char text[96];
	add(&f, head);
	memcpy(f.b + f.size, mrz, strlen(mrz));
	f.size += strlen(mrz);
	assert_int_equal(lds_dg1(as(&f), &zone, &n), 0);
	clean(&n);
	assert_int_equal(zone.size, strlen(mrz));
	assert_memory_equal(zone.bytes, mrz, zone.size);
	lds_zone(as(&f), text);
	assert_string_equal(text, mrz);
	f.b[f.size - 1] = 'a';
	assert_int_equal(lds_dg1(as(&f), &zone, &n), PN_EFORMAT);
	only(&n, LDS_CHARACTERS, f.size - 1, 0x5f1f);
	assert_int_equal(zone.size, strlen(mrz));
	/* Still a zone, which must not look like one that was not read: it differs from what is printed. */
	f.b[f.size - 2] = '\0';
	lds_zone(as(&f), text);
	assert_int_equal(strlen(text), strlen(mrz));
	assert_memory_equal(text, mrz, strlen(mrz) - 2);
	assert_string_equal(text + strlen(mrz) - 2, "??");
}

static void zones_of_the_appendix(void **state)
{
	(void)state;
	zone_of("I<NLDXI85935F86999999990<<<<<<7208148F1108268NLD<<<<<<<<<<<4VAN<DER<STEEN<<MARIANNE<LOUISE",
		"61 5D 5F1F 5A"); /* A.2.1 */
	zone_of("I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<D23145890<UTO7408122F1204159<<<<<<<6", "61 4B 5F1F 48"); /* A.2.2 */
	zone_of(MRZ, "61 81 5B 5F1F 58"); /* a length longer than needed */
}

static void zones_that_are_none(void **state)
{
	struct bytes f = {.size = 0};
	struct emrtd_bytes zone;
	struct lds_notes n;
	(void)state;
	add(&f, "61 08 5F1F 05 'P<UTO'");
	assert_int_equal(lds_dg1(as(&f), &zone, &n), PN_EFORMAT);
	only(&n, LDS_LENGTH, 5, 0x5f1f);
	f.size = 0;
	add(&f, "61 02 53 00");
	assert_int_equal(lds_dg1(as(&f), &zone, &n), PN_EFORMAT);
	only(&n, LDS_MISSING, 2, 0x5f1f);
	f.size = 0;
	add(&f, "61 5D 5F1F 5A 'P<UTO'");
	assert_int_equal(lds_dg1(as(&f), &zone, &n), PN_EFORMAT);
	only(&n, LDS_ENCODING, 0, 0);
	assert_null(zone.bytes);
	char text[96];
	lds_zone(as(&f), text);
	assert_string_equal(text, "");
	lds_zone((struct emrtd_bytes){NULL, 0}, text);
	assert_string_equal(text, "");
}

static void holder_of_the_appendix(void **state)
{
	struct bytes f = {.size = 0};
	struct lds_dg11 d;
	struct lds_notes n;
	(void)state;
	/* A.5. The telephone number is printed there as 16125551212 with length 0E; the text above it and the length of
	 * the whole, 63, go with 1-612-555-1212. */
	add(&f, "6B 63 5C 0A 5F0E 5F11 5F42 5F12 5F13 5F0E 0D 'SMITH<<JOHN<J' 5F11 0A 'ANYTOWN<MN' "
		"5F42 17 '123 MAPLE RD<ANYTOWN<MN' 5F12 0E '1-612-555-1212' 5F13 0C 'TRAVEL<AGENT'");
	assert_int_equal(f.size, 0x63 + 2);
	assert_int_equal(lds_dg11(as(&f), &d, &n), 0);
	clean(&n);
	assert_true(text_is(&d.name, "SMITH<<JOHN<J"));
	assert_true(text_is(&d.place_of_birth, "ANYTOWN<MN"));
	assert_true(text_is(&d.address, "123 MAPLE RD<ANYTOWN<MN"));
	assert_true(text_is(&d.telephone, "1-612-555-1212"));
	assert_true(text_is(&d.profession, "TRAVEL<AGENT"));
	assert_null(d.custody.bytes.bytes);
	assert_false(d.birth.there);
}

static void holder_with_everything(void **state)
{
	struct bytes f = {.size = 0};
	struct lds_dg11 d;
	struct lds_notes n;
	(void)state;
	add(&f, "5C 18 5F0E 5F0F 5F10 5F2B 5F11 5F42 5F12 5F13 5F14 5F15 5F17 5F18 "
		"5F0E 04 C385'S<' A0 0F 02 01 02 5F0F 03 'A<B' 5F0F 03 'C<D' 5F10 02 'ID' 5F2B 04 19641100 "
		"5F11 01 'a' 5F42 01 'b' 5F12 01 'c' 5F13 01 'd' 5F14 01 'e' 5F15 01 'f' 5F17 01 'g' 5F18 01 'h'");
	wrap(&f, 0, 0x6b);
	assert_int_equal(lds_dg11(as(&f), &d, &n), 0);
	clean(&n);
	assert_true(text_is(&d.name, "\xc3\x85S<"));
	assert_int_equal(d.other_names, 2);
	assert_true(text_is(&d.other_name[0], "A<B"));
	assert_true(text_is(&d.other_name[1], "C<D"));
	assert_true(text_is(&d.personal_number, "ID"));
	assert_true(d.birth.there && d.birth.bcd); /* the day is not known, which 4.7.11.1 writes as 00 */
	assert_int_equal(d.birth.year, 1964);
	assert_int_equal(d.birth.month, 11);
	assert_int_equal(d.birth.day, 0);
	const struct lds_text *const rest[] = {&d.place_of_birth, &d.address, &d.telephone, &d.profession, &d.title,
		&d.summary, &d.other_documents, &d.custody};
	for (size_t i = 0; i < PN_COUNT(rest); i++) {
		const char letter[] = {(char)('a' + i), '\0'};
		assert_true(text_is(rest[i], letter));
	}
}

static void holder_with_oddities(void **state)
{
	static const struct {
		const char *content;
		enum lds_problem what;
		uint32_t tag;
		int rc;
	} cases[] = {
		{"5C 02 5F10 5F10 02 C328", LDS_CHARACTERS, 0x5f10, 0},           /* no UTF-8 */
		{"5C 02 5F10 5F10 03 EDA080", LDS_CHARACTERS, 0x5f10, 0},         /* a surrogate */
		{"5C 02 5F10 5F10 02 C0AF", LDS_CHARACTERS, 0x5f10, 0},           /* too long a form */
		{"5C 02 5F10 5F10 03 'A' 1B 'B'", LDS_CHARACTERS, 0x5f10, 0},     /* a control */
		{"5C 02 5F10 5F10 02 C29B", LDS_CHARACTERS, 0x5f10, 0},           /* CSI of eight bits */
		{"5C 04 5F10 5F11 5F10 01 'A'", LDS_LISTED_ONLY, 0x5f11, 0},      /* listed, not there */
		{"5C 02 5F10 5F10 01 'A' 5F11 01 'B'", LDS_NOT_LISTED, 0x5f11, 0}, /* there, not listed */
		{"5C 02 5F10 5F10 01 'A' 5F10 01 'B'", LDS_TWICE, 0x5f10, 0},
		{"5C 02 5F2B 5F2B 08 '19640230'", LDS_DATE, 0x5f2b, 0},
		{"5C 02 5F2B 5F2B 08 '19630229'", LDS_DATE, 0x5f2b, 0},
		{"5C 02 5F2B 5F2B 08 '19000229'", LDS_DATE, 0x5f2b, 0},
		{"5C 02 5F2B 5F2B 08 '19641301'", LDS_DATE, 0x5f2b, 0},
		{"5C 02 5F2B 5F2B 08 '1964O229'", LDS_DATE, 0x5f2b, 0},
		{"5C 02 5F2B 5F2B 04 190A0101", LDS_DATE, 0x5f2b, 0},
		{"5C 02 5F2B 5F2B 06 '640229'", LDS_LENGTH, 0x5f2b, 0},
		{"5C 02 5F0F A0 08 02 01 02 5F0F 02 'AB'", LDS_COUNT, 0xa0, 0},
		{"5C 01 A0 A0 05 5F0F 02 'AB'", LDS_MISSING, 0x02, 0},
		{"5C 02 5F0F 5F0F 02 'AB'", LDS_MISPLACED, 0x5f0f, 0},
		{"5C 02 5F16 5F16 03 'GIF'", LDS_IMAGE, 0x5f16, 0},
		{"5C 34 5F10 C0C1C2C3C4C5C6C7C8C9CACBCCCDCECFD0D1D2D3D4D5D6D7D8D9DADBDCDDDEE0E1E2E3E4E5E6E7E8E9EAEBECEDEEF0F1F2 "
		 "5F10 01 'A'",
			LDS_TOO_MANY, 0x5c, 0},
		{"5F10 01 'A'", LDS_MISSING, 0x5c, PN_EFORMAT},
		{"5C 02 5F10 5F10 02 'A'", LDS_ENCODING, 0, PN_EFORMAT},
	};
	(void)state;
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		struct bytes f = {.size = 0};
		struct lds_dg11 d;
		struct lds_notes n;
		add(&f, cases[i].content);
		wrap(&f, 0, 0x6b);
		assert_int_equal(lds_dg11(as(&f), &d, &n), cases[i].rc);
		/* A list that is too long also lists what is not there, up to the bound. */
		if (cases[i].what == LDS_TOO_MANY ? n.count < 2 : n.count != 1)
			fail_msg("%s: %zu notes", cases[i].content, n.count);
		if (n.note[0].what != cases[i].what || n.note[0].tag != cases[i].tag)
			fail_msg("%s: %zu notes, first %s %X", cases[i].content, n.count,
				n.count > 0 ? lds_problem_name(n.note[0].what) : "", n.note[0].tag);
	}
}

/* An object that the standard does not name, in the list and in the file: the list is right about it. */
static void holder_with_more_than_the_standard(void **state)
{
	struct bytes f = {.size = 0};
	struct lds_dg11 d;
	struct lds_notes n;
	(void)state;
	add(&f, "5C 05 5F10 5F60 C1 5F10 01 'A' 5F60 01 'B' C1 00");
	wrap(&f, 0, 0x6b);
	assert_int_equal(lds_dg11(as(&f), &d, &n), 0);
	assert_int_equal(n.count, 0);
	assert_int_equal(n.unknown, 2);
}

static void document_with_everything(void **state)
{
	struct bytes f = {.size = 0};
	struct lds_dg12 d;
	struct lds_notes n;
	(void)state;
	add(&f, "5C 10 5F19 5F26 5F1A 5F1B 5F1C 5F1D 5F55 5F56 5F19 06 'Office' 5F26 08 '20240229' "
		"A0 08 02 01 01 5F1A 02 'AB' 5F1B 01 'e' 5F1C 01 't' 5F1D 04 FFD8FFD9 5F55 07 20240301235959 5F56 01 's'");
	wrap(&f, 0, 0x6c);
	assert_int_equal(lds_dg12(as(&f), &d, &n), 0);
	clean(&n);
	assert_true(text_is(&d.authority, "Office"));
	assert_true(d.issued.there && !d.issued.bcd);
	assert_int_equal(d.issued.year, 2024);
	assert_int_equal(d.issued.month, 2);
	assert_int_equal(d.issued.day, 29);
	assert_int_equal(d.other_persons, 1);
	assert_true(text_is(&d.other_person[0], "AB"));
	assert_true(text_is(&d.endorsements, "e") && text_is(&d.tax_exit, "t") && text_is(&d.system, "s"));
	assert_int_equal(d.front.kind, LDS_IMAGE_JPEG);
	assert_true(d.front.whole);
	assert_null(d.rear.bytes.bytes);
	assert_true(d.personalized.there && d.personalized.bcd);
	assert_int_equal(d.personalized.hour, 23);
	assert_int_equal(d.personalized.second, 59);
	f.size = 0;
	add(&f, "5C 02 5F26 5F26 08 '20240200'"); /* only DG11 knows unknown days */
	wrap(&f, 0, 0x6c);
	assert_int_equal(lds_dg12(as(&f), &d, &n), 0);
	only(&n, LDS_DATE, 9, 0x5f26);
}

static void persons_of_the_appendix(void **state)
{
	struct bytes f = {.size = 0};
	struct lds_dg16 d;
	struct lds_notes n;
	(void)state;
	/* A.6 */
	add(&f, "70 81A2 02 01 02 A1 4C 5F50 08 '20020101' 5F51 10 'SMITH<<CHARLES<R' 5F52 0B '19525551212' "
		"5F53 1D '123 MAPLE RD<ANYTOWN<MN<55100' A2 4F 5F50 08 '20020315' 5F51 0D 'BROWN<<MARY<J' "
		"5F52 0B '14155551212' 5F53 23 '49 REDWOOD LN<OCEAN BREEZE<CA<94000'");
	assert_int_equal(lds_dg16(as(&f), &d, &n), 0);
	clean(&n);
	assert_int_equal(d.stated, 2);
	assert_int_equal(d.count, 2);
	assert_true(text_is(&d.person[0].name, "SMITH<<CHARLES<R"));
	assert_true(text_is(&d.person[1].address, "49 REDWOOD LN<OCEAN BREEZE<CA<94000"));
	assert_true(text_is(&d.person[1].telephone, "14155551212"));
	assert_int_equal(d.person[1].recorded.month, 3);
	f.b[5] = 3; /* says one more than there are */
	assert_int_equal(lds_dg16(as(&f), &d, &n), 0);
	only(&n, LDS_COUNT, 3, 0x02);
	f.size = 0;
	add(&f, "70 1A 02 01 01 A1 15 5F50 04 20000229 5F51 03 'A<B' 5F52 03 '123' 5340");
	assert_int_equal(lds_dg16(as(&f), &d, &n), PN_EFORMAT); /* an object longer than its template */
	only(&n, LDS_ENCODING, 26, 0);
	f.size = 0;
	add(&f, "70 18 02 01 01 A1 13 5F50 04 20000229 5F51 03 'A<B' 5F52 03 '123'");
	assert_int_equal(lds_dg16(as(&f), &d, &n), 0);
	only(&n, LDS_MISSING, 5, 0x5f53);
	assert_true(d.person[0].recorded.there && d.person[0].recorded.bcd);
	f.size = 0;
	add(&f, "02 01 14");
	for (unsigned i = 0; i < 20; i++)
		add(&f, "A1 00");
	wrap(&f, 0, 0x70);
	assert_int_equal(lds_dg16(as(&f), &d, &n), 0);
	assert_int_equal(d.count, LDS_OTHERS_MAX);
	assert_true(n.count > LDS_NOTES_MAX); /* counted beyond what is kept */
}

static void displayed_images(void **state)
{
	struct bytes f = {.size = 0};
	struct lds_displayed d;
	struct lds_notes n;
	(void)state;
	add(&f, "67 21 02 01 02 5F43 0A FFD8 FFE1 0002 FFD9 'ab' 5F43 0E FFD8 FFE0 0002 FFC0 0004 0000 FFD9");
	assert_int_equal(lds_displayed(as(&f), 7, &d, &n), 0);
	assert_int_equal(d.stated, 2);
	assert_int_equal(d.count, 2);
	only(&n, LDS_IMAGE_TAIL, 16, 0x5f43);
	assert_int_equal(d.picture[0].bytes.size, 8); /* an Exif segment comes first, and two bytes are no part of it */
	assert_int_equal(d.picture[0].tail, 2);
	assert_int_equal(d.picture[1].width, 0); /* a frame header without room for a size */
	assert_int_equal(lds_displayed(as(&f), 5, &d, &n), PN_EFORMAT);
	only(&n, LDS_TAG, 0, 0x67);
	f.size = 0;
	add(&f, "65 03 02 01 01");
	assert_int_equal(lds_displayed(as(&f), 5, &d, &n), PN_EFORMAT);
	assert_true(noted(&n, LDS_COUNT) && noted(&n, LDS_MISSING));
	assert_int_equal(lds_displayed(as(&f), 6, &d, &n), PN_EINVAL);
}

static void keys(void **state)
{
	struct bytes f = {.size = 0};
	struct lds_dg15 d;
	struct lds_notes n;
	(void)state;
	add(&f, "06 07 2A8648CE3D0201 06 08 2A8648CE3D030107");
	wrap(&f, 0, 0x30);
	size_t key = f.size;
	add(&f, "00 04");
	for (unsigned i = 0; i < 64; i++)
		add(&f, "11");
	wrap(&f, key, 0x03);
	wrap(&f, 0, 0x30);
	wrap(&f, 0, 0x6f);
	assert_int_equal(lds_dg15(as(&f), &d, &n), 0);
	clean(&n);
	assert_int_equal(d.kind, LDS_KEY_EC);
	assert_int_equal(d.bits, 256);
	assert_int_equal(d.curve.size, 8);
	f.size = 0;
	add(&f, "6F 04 30 02 30 00");
	assert_int_equal(lds_dg15(as(&f), &d, &n), PN_EFORMAT);
	only(&n, LDS_ENCODING, 4, 0x30);
}

static void an_issued_document(void **state)
{
	const struct sim_passport_config c = {.mrz = MRZ,
		.face_size = 600,
		.full_name = "ERIKSSON<<ANNA<MARIA",
		.personal_number = "ZE 184226 B",
		.place_of_birth = "Zenith",
		.address = "1 Nowhere<Zenith",
		.telephone = "+999 1",
		.profession = "Pilot",
		.authority = "Passport Office of Utopia",
		.issued = "20070416",
		.response_most = 1000,
		.aa = SIM_AA_EC,
		.open = true};
	struct sim_passport *p = issue(&c);
	struct emrtd_bytes zone;
	struct lds_com com;
	struct lds_atr_info atr;
	struct lds_dg11 holder;
	struct lds_dg12 document;
	struct lds_dg15 key;
	struct lds_notes n;
	(void)state;
	assert_int_equal(lds_com(issued(p, 0x011e), &com, &n), 0);
	clean(&n);
	assert_int_equal(com.groups, 1u << 1 | 1u << 2 | 1u << 11 | 1u << 12 | 1u << 14 | 1u << 15);
	assert_int_equal(lds_dg1(issued(p, 0x0101), &zone, &n), 0);
	clean(&n);
	assert_memory_equal(zone.bytes, MRZ, 88);
	assert_int_equal(lds_dg11(issued(p, 0x010b), &holder, &n), 0);
	clean(&n);
	assert_true(text_is(&holder.name, c.full_name) && text_is(&holder.personal_number, c.personal_number));
	assert_true(text_is(&holder.place_of_birth, c.place_of_birth) && text_is(&holder.address, c.address));
	assert_true(text_is(&holder.telephone, c.telephone) && text_is(&holder.profession, c.profession));
	assert_int_equal(lds_dg12(issued(p, 0x010c), &document, &n), 0);
	clean(&n);
	assert_true(text_is(&document.authority, c.authority));
	assert_int_equal(document.issued.year, 2007);
	assert_int_equal(document.issued.day, 16);
	assert_int_equal(lds_dg15(issued(p, 0x010f), &key, &n), 0);
	clean(&n);
	assert_int_equal(key.kind, LDS_KEY_EC);
	assert_int_equal(lds_atr_info(issued(p, 0x10000 | 0x2f01), &atr, &n), 0);
	clean(&n);
	assert_true(atr.extended_length);
	assert_true(atr.response_max >= 1000);
	sim_passport_free(p);
}

/* A count of other names that are not there is one of the faults the virtual passport knows. */
static void an_issued_document_that_miscounts(void **state)
{
	struct sim_passport_config c = {.mrz = MRZ, .face_size = 600, .full_name = "A<<B", .open = true};
	struct lds_dg11 holder;
	struct lds_notes n;
	(void)state;
	assert_int_equal(sim_chip_fault_parse("dg11-count", c.faults), 0);
	struct sim_passport *p = issue(&c);
	assert_int_equal(lds_dg11(issued(p, 0x010b), &holder, &n), 0);
	assert_true(noted(&n, LDS_LENGTH)); /* 255 as one byte is a negative number */
	assert_true(text_is(&holder.name, "A<<B"));
	assert_int_equal(holder.other_names, 0);
	sim_passport_free(p);
}

static void the_reference_data_set(void **state)
{
	struct bytes f = {.size = 0};
	struct emrtd_bytes zone;
	struct lds_com com;
	struct lds_dg15 key;
	struct lds_notes n;
	(void)state;
	if (!reference("EF_COM.bin", &f))
		skip();
	/* 60 17 5F01 04 "0107" 5F36 06 "040000" 5C 05 61 75 63 76 6E, as it stands in the file. */
	assert_int_equal(lds_com(as(&f), &com, &n), 0);
	clean(&n);
	assert_int_equal(com.groups, 1u << 1 | 1u << 2 | 1u << 3 | 1u << 4 | 1u << 14);
	assert_true(reference("Datagroup1.bin", &f));
	assert_int_equal(lds_dg1(as(&f), &zone, &n), 0);
	clean(&n);
	assert_int_equal(zone.size, 88);
	assert_memory_equal(zone.bytes, "P<D<<MUSTERMANN<<ERIKA<", 23);
	assert_true(reference("Datagroup15.bin", &f));
	assert_int_equal(lds_dg15(as(&f), &key, &n), 0);
	clean(&n);
	assert_int_equal(key.kind, LDS_KEY_RSA);
	assert_int_equal(key.bits, 1024);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(com_of_the_appendix), cmocka_unit_test(com_that_is_not_in_order),
		cmocka_unit_test(atr_info), cmocka_unit_test(zones_of_the_appendix), cmocka_unit_test(zones_that_are_none),
		cmocka_unit_test(holder_of_the_appendix), cmocka_unit_test(holder_with_everything),
		cmocka_unit_test(holder_with_oddities),
		cmocka_unit_test(holder_with_more_than_the_standard), cmocka_unit_test(document_with_everything),
		cmocka_unit_test(persons_of_the_appendix), cmocka_unit_test(displayed_images), cmocka_unit_test(keys),
		cmocka_unit_test(an_issued_document), cmocka_unit_test(an_issued_document_that_miscounts),
		cmocka_unit_test(the_reference_data_set)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 * DG2: the worked example of ICAO Doc 9303-10 A.3, BSI's reference data set, documents issued by hw/sim/chip, records
 * composed from the byte layouts of ISO/IEC 19794-5:2005 and the ASN.1 of ISO/IEC 39794-5, and images composed from
 * ISO/IEC 10918-1 and 15444-1. Must never compare with what a parser gave before.
 */
#include "emrtd/lds/face.h"
#include "helper.h"

/* 48 x 64: SOI, APP0, SOF0, SOS with a stuffed FF and a restart marker in its data, EOI. */
#define JPEG "FFD8 FFE0 0004 4A46 FFC0 000B 08 0040 0030 01 01 11 00 FFDA 0008 01 01 00 00 3F 00 12 FF00 34 FFD0 56 FFD9"
/* 48 x 64: SOC, SIZ, SOT with the length of its tile-part, SOD, data, EOC. */
#define SIZ                                                                                                            \
	"FF51 0029 0000 00000030 00000040 00000000 00000000 00000030 00000040 00000000 00000000 0001 07 01 01"
#define J2K "FF4F " SIZ " FF90 000A 0000 00000012 00 01 FF93 A1B2C3D4 FFD9"
#define J2K_OPEN "FF4F " SIZ " FF90 000A 0000 00000000 00 01 FF93 A1B2C3D4 FFD9"
#define HEADER "A1 0E 81 01 02 82 01 00 87 02 0101 88 02 0008"

static void box(struct bytes *f, const char *type, const char *content)
{
	size_t start = f->size;
	add(f, "00000000");
	add(f, type);
	add(f, content);
	f->b[start + 3] = (uint8_t)(f->size - start);
}

/* 48 x 64: signature, ftyp, jp2h with ihdr, jp2c; open: the last box says length 0. */
static void add_jp2(struct bytes *f, bool open)
{
	add(f, "0000000C 6A502020 0D0A870A");
	box(f, "'ftyp'", "'jp2 ' 00000000 'jp2 '");
	box(f, "'jp2h'", "00000016 'ihdr' 00000040 00000030 0003 07 07 00 00");
	size_t start = f->size;
	box(f, "'jp2c'", J2K);
	if (open)
		f->b[start + 3] = 0;
}

static void an_image(const struct bytes *f, size_t size, enum lds_image kind, size_t tail)
{
	struct lds_picture p = lds_picture(as(f));
	assert_string_equal(lds_image_name(p.kind), lds_image_name(kind));
	assert_true(p.whole);
	assert_int_equal(p.width, 48);
	assert_int_equal(p.height, 64);
	assert_int_equal(p.bytes.size, size);
	assert_int_equal(p.tail, tail);
}

static void images_end_where_they_say(void **state)
{
	static const struct {
		const char *text;
		enum lds_image kind;
	} cases[] = {{JPEG, LDS_IMAGE_JPEG}, {J2K, LDS_IMAGE_J2K}, {J2K_OPEN, LDS_IMAGE_J2K}};
	struct bytes f;
	(void)state;
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		f.size = 0;
		add(&f, cases[i].text);
		size_t size = f.size;
		an_image(&f, size, cases[i].kind, 0);
		if (i == 2) /* a tile-part without a length goes to the end */
			continue;
		add(&f, "0000FFD9");
		an_image(&f, size, cases[i].kind, 4);
	}
	f.size = 0;
	add_jp2(&f, false);
	size_t size = f.size;
	an_image(&f, size, LDS_IMAGE_JP2, 0);
	add(&f, "'junk'");
	an_image(&f, size, LDS_IMAGE_JP2, 4);
	f.size = 0;
	add_jp2(&f, true);
	add(&f, "'junk'");
	an_image(&f, size, LDS_IMAGE_JP2, 4);
}

static void images_that_are_cut(void **state)
{
	struct bytes f = {.size = 0};
	(void)state;
	for (int which = 0; which < 3; which++) {
		f.size = 0;
		if (which == 0)
			add(&f, JPEG);
		else if (which == 1)
			add(&f, J2K);
		else
			add_jp2(&f, false);
		for (size_t cut = 0; cut < f.size; cut++) {
			struct lds_picture p = lds_picture((struct emrtd_bytes){f.b, cut});
			assert_false(p.whole);
			assert_int_equal(p.bytes.size, cut);
			assert_int_equal(p.kind != LDS_IMAGE_UNKNOWN, cut >= (which == 0 ? 3 : which == 1 ? 4 : 12));
		}
	}
}

/* ISO/IEC 19794-5:2005 5.5 to 5.7: length, points, 14 bytes not said; the points; image information. */
static void add_face(struct bytes *f, unsigned points, const char *image, const char *after)
{
	size_t start = f->size;
	add(f, "00000000 0000 00 00 00 000000 0000 000000 000000");
	f->b[start + 5] = (uint8_t)points;
	for (unsigned i = 0; i < points; i++)
		add(f, "01 0C 0010 0020 0000");
	add(f, "01 01 0030 0040 01 02 0000 0000");
	add(f, image);
	add(f, after);
	f->b[start + 3] = (uint8_t)(f->size - start);
}

static void finish_record(struct bytes *f, size_t start, unsigned faces)
{
	size_t n = f->size - start;
	f->b[start + 10] = (uint8_t)(n >> 8);
	f->b[start + 11] = (uint8_t)n;
	f->b[start + 13] = (uint8_t)faces;
}

static void finish_group(struct bytes *f, size_t block, uint32_t tag)
{
	wrap(f, block, tag);
	wrap(f, 3, 0x7f60);
	wrap(f, 0, 0x7f61);
	wrap(f, 0, 0x75);
}

static size_t begin(struct bytes *f)
{
	f->size = 0;
	add(f, "02 01 01 " HEADER);
	return f->size;
}

static void record_of_2005(void **state)
{
	struct bytes f;
	struct lds_dg2 d;
	struct lds_notes n;
	size_t block = begin(&f);
	(void)state;
	add(&f, "46414300 30313000 00000000 0000");
	add_face(&f, 2, JPEG, "");
	add_face(&f, 0, J2K, "");
	finish_record(&f, block, 2);
	finish_group(&f, block, 0x5f2e);
	assert_int_equal(lds_dg2(as(&f), &d, &n), 0);
	clean(&n);
	assert_int_equal(d.stated, 1);
	assert_int_equal(d.templates, 1);
	assert_int_equal(d.count, 2);
	assert_int_equal(d.face[0].owner, 0x0101);
	assert_int_equal(d.face[0].type, 8);
	assert_int_equal(d.face[0].points, 2);
	assert_int_equal(d.face[0].width, 48);
	assert_int_equal(d.face[0].height, 64);
	assert_int_equal(d.face[0].picture.kind, LDS_IMAGE_JPEG);
	assert_int_equal(d.face[1].picture.kind, LDS_IMAGE_J2K); /* whatever the record's own code says */
	assert_int_equal(d.face[1].points, 0);
}

/* Bytes after the image are tolerated and told, whether the record counts them or not. */
static void bytes_after_the_image(void **state)
{
	struct bytes f;
	struct lds_dg2 d;
	struct lds_notes n;
	size_t block = begin(&f);
	(void)state;
	add(&f, "46414300 30313000 00000000 0000");
	add_face(&f, 0, JPEG, "000000");
	finish_record(&f, block, 1);
	add(&f, "'tail'");
	finish_group(&f, block, 0x5f2e);
	assert_int_equal(lds_dg2(as(&f), &d, &n), 0);
	assert_int_equal(n.count, 2);
	assert_true(noted(&n, LDS_RECORD_LENGTH) && noted(&n, LDS_IMAGE_TAIL));
	assert_int_equal(d.count, 1);
	assert_int_equal(d.face[0].picture.tail, 3);
	assert_int_equal(f.b[(size_t)(d.face[0].picture.bytes.bytes - f.b) + d.face[0].picture.bytes.size - 1], 0xd9);
}

/* Lengths of record, face or both that are one byte off, as some passports have them, or eight: the image is whole all the
 * same, and the length is told. */
static void lengths_that_are_off(void **state)
{
	static const int off[] = {-8, -1, 1, 8};
	(void)state;
	for (size_t i = 0; i < PN_COUNT(off); i++)
		for (unsigned which = 1; which <= 3; which++) {
			struct bytes f;
			struct lds_dg2 d;
			struct lds_notes n;
			size_t block = begin(&f);
			add(&f, "46414300 30313000 00000000 0000");
			add_face(&f, 1, JPEG, "");
			finish_record(&f, block, 1);
			if (which & 1)
				f.b[block + 11] = (uint8_t)(f.b[block + 11] + off[i]);
			if (which & 2)
				f.b[block + 17] = (uint8_t)(f.b[block + 17] + off[i]);
			finish_group(&f, block, 0x5f2e);
			assert_int_equal(lds_dg2(as(&f), &d, &n), 0);
			assert_true(noted(&n, LDS_RECORD_LENGTH));
			assert_false(noted(&n, LDS_IMAGE_STRUCTURE));
			assert_int_equal(d.count, 1);
			assert_true(d.face[0].picture.whole);
			assert_int_equal(d.face[0].picture.tail, 0);
			assert_int_equal(d.face[0].points, 1);
		}
}

/* Only the last face may be without its own length: where the next begins is not guessed. */
static void a_first_face_that_lies(void **state)
{
	struct bytes f;
	struct lds_dg2 d;
	struct lds_notes n;
	size_t block = begin(&f);
	(void)state;
	add(&f, "46414300 30313000 00000000 0000");
	add_face(&f, 0, JPEG, "");
	add_face(&f, 0, J2K, "");
	finish_record(&f, block, 2);
	f.b[block + 16] = 0x0f;
	finish_group(&f, block, 0x5f2e);
	assert_int_equal(lds_dg2(as(&f), &d, &n), PN_EFORMAT);
	assert_true(noted(&n, LDS_RECORD_LENGTH) && noted(&n, LDS_COUNT));
	assert_int_equal(d.count, 0);
}

static void records_that_lie(void **state)
{
	static const struct {
		size_t at; /* byte of the record */
		uint8_t value;
		enum lds_problem what;
		bool usable;
	} cases[] = {
		{0, 'X', LDS_FORMAT, false},
		{5, '2', LDS_VERSION, false},         /* version 030 is another layout */
		{11, 0xff, LDS_RECORD_LENGTH, true},  /* the record claims more than there is */
		{13, 2, LDS_COUNT, true},             /* one face more than there is */
		{17, 0xff, LDS_RECORD_LENGTH, true},  /* the only face claims more than there is */
		{17, 4, LDS_RECORD_LENGTH, false},    /* less than its own header */
		{13, 0, LDS_RECORD_LENGTH, false},    /* no face, and bytes of one */
		{18, 0xff, LDS_RECORD_LENGTH, false}, /* 65280 feature points */
		{37, 0x31, LDS_IMAGE_SIZE, true},     /* another width than the image's */
		{46, 0, LDS_IMAGE, false},            /* no image by its first bytes */
	};
	(void)state;
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		struct bytes f;
		struct lds_dg2 d;
		struct lds_notes n;
		size_t block = begin(&f);
		add(&f, "46414300 30313000 00000000 0000");
		add_face(&f, 0, JPEG, "");
		finish_record(&f, block, 1);
		f.b[block + cases[i].at] = cases[i].value;
		finish_group(&f, block, 0x5f2e);
		assert_int_equal(lds_dg2(as(&f), &d, &n), cases[i].usable ? 0 : PN_EFORMAT);
		if (!noted(&n, cases[i].what))
			fail_msg("byte %zu: %s was not told", cases[i].at, lds_problem_name(cases[i].what));
	}
}

/* Doc 9303-10 4.5.6: 7F2E, A1, 65; then the ASN.1 module id-icao-iso-iec-39794-5-ed-1-v1, whose tags are implicit but for
 * choices. imageDataFormat jpeg is 2. */
static void record_of_2019(void **state)
{
	struct bytes f;
	struct lds_dg2 d;
	struct lds_notes n;
	size_t block = begin(&f);
	(void)state;
	size_t face = f.size;
	add(&f, "A0 07 80 01 03 81 02 07E3"); /* VersionBlock: generation 3, year 2019 */
	size_t blocks = f.size;
	add(&f, "80 01 00"); /* representationId */
	size_t representation = f.size, image = f.size;
	add(&f, JPEG);
	wrap(&f, image, 0x80);
	add(&f, "A1 0D A0 03 80 01 02 A7 06 80 01 30 81 01 40"); /* imageDataFormat, imageSizeBlock */
	wrap(&f, representation, 0xa0);
	wrap(&f, representation, 0xa0);
	wrap(&f, representation, 0xa1);
	add(&f, "A9 0A 30 03 A0 01 00 30 03 A0 01 00"); /* two landmarks */
	wrap(&f, blocks, 0x30);
	wrap(&f, blocks, 0xa1);
	wrap(&f, face, 0x65);
	wrap(&f, face, 0xa1);
	finish_group(&f, block, 0x7f2e);
	assert_int_equal(lds_dg2(as(&f), &d, &n), 0);
	clean(&n);
	assert_int_equal(d.count, 1);
	assert_int_equal(d.face[0].record, LDS_FACE_39794_5);
	assert_int_equal(d.face[0].points, 2);
	assert_int_equal(d.face[0].width, 48);
	assert_int_equal(d.face[0].height, 64);
	assert_int_equal(d.face[0].format, 2);
	assert_int_equal(d.face[0].picture.kind, LDS_IMAGE_JPEG);
	assert_true(d.face[0].picture.whole);
}

/* A.3. The lengths printed there for the header (26) and the file (82319EC) do not go with its own parts; those of 7F60
 * and 7F61 do, and from them follow 28 and 82319E. */
static void template_of_the_appendix(void **state)
{
	static struct bytes f;
	struct lds_dg2 d;
	struct lds_notes n;
	(void)state;
	f.size = 0;
	add(&f, "75 82319E 7F61 823199 02 01 01 7F60 823191 A1 28 80 02 0101 81 01 02 83 07 20020315133000 "
		"85 08 2002040120070331 86 04 00010001 87 02 0101 88 02 0008 5F2E 823162");
	memset(f.b + f.size, 0, 0x3162);
	f.size += 0x3162;
	assert_int_equal(lds_dg2(as(&f), &d, &n), PN_EFORMAT); /* its 12642 bytes are no record */
	assert_true(noted(&n, LDS_FORMAT));
	size_t block = f.size - 0x3162;
	struct bytes record = {.size = 0};
	add(&record, "46414300 30313000 00003162 0001");
	add_face(&record, 0, JPEG, "");
	memcpy(f.b + block, record.b, record.size);
	f.b[block + 16] = 0x31; /* the rest of the block is the face's */
	f.b[block + 17] = 0x54;
	assert_int_equal(lds_dg2(as(&f), &d, &n), 0);
	only(&n, LDS_IMAGE_TAIL, block + record.size, 0x5f2e);
	assert_int_equal(d.face[0].created.year, 2002);
	assert_int_equal(d.face[0].created.hour, 13);
	assert_int_equal(d.face[0].created.minute, 30);
	assert_int_equal(d.face[0].valid_from.month, 4);
	assert_int_equal(d.face[0].valid_through.year, 2007);
	assert_int_equal(d.face[0].valid_through.day, 31);
}

static void templates_that_lack_something(void **state)
{
	static const struct {
		const char *group;
		enum lds_problem what;
	} cases[] = {
		{"02 01 00", LDS_MISSING},
		{"02 01 01 7F60 00", LDS_MISSING},
		{"02 01 01 7F60 04 5F2E 01 00", LDS_FORMAT},
		{"02 01 01 7F60 05 7F2E 02 A1 00", LDS_MISSING},
		{"02 01 01 7F60 05 7F2E 02 A1 05", LDS_ENCODING},
		{"02 01 01 7F60 13 7F2E 10 A1 0E 65 0C A0 08 80 01 04 81 03 0007E3 A1 00", LDS_VERSION},
		{"02 01 01 7F60 13 7F2E 10 A1 0E 65 0C A0 08 80 01 03 81 03 0007E3 A1 00", LDS_COUNT},
		{"02 01 02 7F60 00", LDS_COUNT},
		{"7F60 03 A1 05 00", LDS_ENCODING},
	};
	(void)state;
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		struct bytes f = {.size = 0};
		struct lds_dg2 d;
		struct lds_notes n;
		add(&f, cases[i].group);
		wrap(&f, 0, 0x7f61);
		wrap(&f, 0, 0x75);
		assert_int_equal(lds_dg2(as(&f), &d, &n), PN_EFORMAT);
		if (!noted(&n, cases[i].what))
			fail_msg("%s: %s was not told", cases[i].group, lds_problem_name(cases[i].what));
	}
}

static void an_issued_document(void **state)
{
	static const char mrz[] = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10";
	struct bytes image = {.size = 0};
	struct lds_dg2 d;
	struct lds_notes n;
	(void)state;
	add_jp2(&image, false);
	const struct sim_passport_config c = {.mrz = mrz,
		.face = image.b,
		.face_size = image.size,
		.face_kind = SIM_FACE_JPEG_2000,
		.open = true};
	struct sim_passport *p = issue(&c);
	assert_int_equal(lds_dg2(issued(p, 0x0102), &d, &n), 0);
	assert_int_equal(n.count, 1); /* the issuer always writes 413 x 531 into the record */
	assert_int_equal(n.note[0].what, LDS_IMAGE_SIZE);
	assert_int_equal(d.count, 1);
	assert_int_equal(d.face[0].width, 413);
	assert_int_equal(d.face[0].height, 531);
	assert_int_equal(d.face[0].picture.kind, LDS_IMAGE_JP2);
	assert_int_equal(d.face[0].picture.bytes.size, image.size);
	assert_memory_equal(d.face[0].picture.bytes.bytes, image.b, image.size);
	sim_passport_free(p);
}

/* Its record says 337 x 449 (0151 and 01C1 at byte 91), its image 413 x 531 (019D and 0213 in ihdr). */
static void the_reference_data_set(void **state)
{
	static struct bytes f;
	struct lds_dg2 d;
	struct lds_notes n;
	(void)state;
	f.size = 0;
	if (!reference("Datagroup2.bin", &f))
		skip();
	assert_int_equal(lds_dg2(as(&f), &d, &n), 0);
	assert_true(noted(&n, LDS_IMAGE_SIZE));
	assert_int_equal(d.count, 1);
	assert_int_equal(d.face[0].width, 337);
	assert_int_equal(d.face[0].height, 449);
	assert_int_equal(d.face[0].picture.kind, LDS_IMAGE_JP2);
	assert_int_equal(d.face[0].picture.width, 413);
	assert_int_equal(d.face[0].picture.height, 531);
	assert_true(d.face[0].picture.whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(images_end_where_they_say), cmocka_unit_test(images_that_are_cut),
		cmocka_unit_test(record_of_2005), cmocka_unit_test(bytes_after_the_image),
		cmocka_unit_test(lengths_that_are_off), cmocka_unit_test(a_first_face_that_lies), cmocka_unit_test(records_that_lie),
		cmocka_unit_test(record_of_2019), cmocka_unit_test(template_of_the_appendix),
		cmocka_unit_test(templates_that_lack_something), cmocka_unit_test(an_issued_document),
		cmocka_unit_test(the_reference_data_set)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

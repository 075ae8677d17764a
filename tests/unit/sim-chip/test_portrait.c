/* SPDX-License-Identifier: Apache-2.0
 * The portraits of the simulation: what DG2 holds is read by the contents' parser, decoded by libjpeg or OpenJPEG without a warning, of the size
 * that its record states, of as many bytes as were asked for, in colour and not plain, and another for another seed. Must never
 * look at the generator's own numbers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* jpeglib.h wants stdio.h first */
#include <jpeglib.h>
#include <openjpeg.h>

#include "emrtd/lds/face.h"
#include "sim/chip/passport.h"
#include "sim/chip/portrait.h"

static const char zone[] = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10";

struct picture {
	unsigned width, height, channels;
	uint8_t least, most; /* of the first channel */
	unsigned long sum;
};

static struct picture decode_jpeg(const uint8_t *bytes, size_t size)
{
	struct jpeg_decompress_struct d;
	struct jpeg_error_mgr errors;
	static uint8_t row[3 * 1000];
	JSAMPROW rows = row;
	d.err = jpeg_std_error(&errors);
	jpeg_create_decompress(&d);
	jpeg_mem_src(&d, bytes, size);
	assert_int_equal(jpeg_read_header(&d, TRUE), JPEG_HEADER_OK);
	assert_true(jpeg_start_decompress(&d));
	struct picture p = {d.output_width, d.output_height, (unsigned)d.output_components, 255, 0, 0};
	assert_true(p.width * p.channels <= sizeof row);
	while (d.output_scanline < d.output_height) {
		assert_int_equal(jpeg_read_scanlines(&d, &rows, 1), 1);
		for (unsigned i = 0; i < p.width * p.channels; i += p.channels) {
			p.least = row[i] < p.least ? row[i] : p.least;
			p.most = row[i] > p.most ? row[i] : p.most;
			p.sum = p.sum * 31 + row[i];
		}
	}
	assert_true(jpeg_finish_decompress(&d));
	assert_int_equal(errors.num_warnings, 0);
	jpeg_destroy_decompress(&d);
	return p;
}

struct source {
	const uint8_t *bytes;
	size_t at, size;
};

static OPJ_SIZE_T take(void *bytes, OPJ_SIZE_T n, void *self)
{
	struct source *s = self;
	if (s->at == s->size)
		return (OPJ_SIZE_T)-1;
	n = n < s->size - s->at ? n : s->size - s->at;
	memcpy(bytes, s->bytes + s->at, n);
	s->at += n;
	return n;
}

static OPJ_OFF_T pass_over(OPJ_OFF_T by, void *self)
{
	struct source *s = self;
	assert_true(by >= 0 && (size_t)by <= s->size - s->at);
	s->at += (size_t)by;
	return by;
}

static OPJ_BOOL seek(OPJ_OFF_T to, void *self)
{
	struct source *s = self;
	assert_true(to >= 0 && (size_t)to <= s->size);
	s->at = (size_t)to;
	return OPJ_TRUE;
}

static void complains(const char *text, void *count)
{
	fputs(text, stderr);
	++*(unsigned *)count;
}

static struct picture decode_jp2(const uint8_t *bytes, size_t size)
{
	struct source source = {bytes, 0, size};
	unsigned complaints = 0;
	opj_dparameters_t how;
	opj_image_t *image = NULL;
	opj_codec_t *codec = opj_create_decompress(OPJ_CODEC_JP2);
	opj_stream_t *stream = opj_stream_create(4096, OPJ_TRUE);
	opj_stream_set_user_data(stream, &source, NULL);
	opj_stream_set_user_data_length(stream, size);
	opj_stream_set_read_function(stream, take);
	opj_stream_set_skip_function(stream, pass_over);
	opj_stream_set_seek_function(stream, seek);
	opj_set_default_decoder_parameters(&how);
	assert_true(opj_setup_decoder(codec, &how));
	opj_set_warning_handler(codec, complains, &complaints);
	opj_set_error_handler(codec, complains, &complaints);
	assert_true(opj_decoder_set_strict_mode(codec, OPJ_TRUE));
	assert_true(opj_read_header(stream, codec, &image));
	assert_true(opj_decode(codec, stream, image));
	assert_true(opj_end_decompress(codec, stream));
	assert_int_equal(complaints, 0);
	struct picture p = {image->x1, image->y1, image->numcomps, 255, 0, 0};
	for (size_t i = 0; i < (size_t)p.width * p.height; i++) {
		int value = image->comps[0].data[i];
		value = value < 0 ? 0 : value > 255 ? 255 : value;
		p.least = value < p.least ? (uint8_t)value : p.least;
		p.most = value > p.most ? (uint8_t)value : p.most;
		p.sum = p.sum * 31 + (unsigned)value;
	}
	opj_image_destroy(image);
	opj_stream_destroy(stream);
	opj_destroy_codec(codec);
	return p;
}

static struct picture of_passport(const struct sim_office *office, enum sim_face kind, uint32_t seed, size_t size)
{
	struct sim_passport_config c = {.mrz = zone, .open = true, .face_size = size, .face_kind = kind,
		.portrait = true, .portrait_seed = seed};
	struct sim_passport *p;
	struct lds_dg2 dg2;
	struct lds_notes notes = {0};
	struct picture picture = {0};
	assert_int_equal(sim_passport_issue(office, &c, &p), 0);
	const struct sim_chip_config *chip = sim_passport_chip(p);
	for (size_t i = 0; i < chip->file_count; i++) {
		if (chip->files[i].id != 0x0102)
			continue;
		assert_int_equal(lds_dg2((struct emrtd_bytes){chip->files[i].bytes, chip->files[i].size}, &dg2, &notes), 0);
		assert_int_equal(notes.count, 0);
		assert_int_equal(dg2.count, 1);
		assert_int_equal(dg2.face[0].picture.bytes.size, size);
		const uint8_t *bytes = dg2.face[0].picture.bytes.bytes;
		assert_int_equal(dg2.face[0].picture.kind, kind == SIM_FACE_JPEG ? LDS_IMAGE_JPEG : LDS_IMAGE_JP2);
		picture = kind == SIM_FACE_JPEG ? decode_jpeg(bytes, size) : decode_jp2(bytes, size);
		assert_int_equal(picture.width, dg2.face[0].width);
		assert_int_equal(picture.height, dg2.face[0].height);
	}
	sim_passport_free(p);
	return picture;
}

static void decodes(void **state)
{
	static const size_t sizes[] = {SIM_PORTRAIT_LEAST, 12000, 15000, 15001, 18000, 70000};
	const struct sim_office_config c = {"UT", SIM_EC_P256, SIM_EC_P256, 1790000000};
	struct sim_office *office = sim_office_new(&c);
	unsigned long before = 0;
	(void)state;
	assert_non_null(office);
	for (size_t i = 0; i < 2 * (sizeof sizes / sizeof sizes[0]); i++) {
		const struct picture p = of_passport(office, i % 2 == 0 ? SIM_FACE_JPEG : SIM_FACE_JPEG_2000, (uint32_t)i, sizes[i / 2]);
		/* 35 by 45 mm at 300 dpi */
		assert_int_equal(p.width, 413);
		assert_int_equal(p.height, 531);
		assert_int_equal(p.channels, 3);
		assert_true(p.most - p.least > 100);
		assert_true(p.sum != before);
		before = p.sum;
	}
	sim_office_free(office);
}

/* The least size goes for every seed: the largest of many at the lowest quality. */
static void least_is_enough(void **state)
{
	(void)state;
	for (uint32_t seed = 0; seed < 40; seed++) {
		struct sim_der d = {0};
		assert_true(sim_portrait(&d, SIM_FACE_JPEG, seed * 77777, SIM_PORTRAIT_LEAST));
		assert_int_equal(d.size, SIM_PORTRAIT_LEAST);
		sim_der_free(&d);
	}
}

static void too_small(void **state)
{
	struct sim_der d = {0};
	(void)state;
	assert_false(sim_portrait(&d, SIM_FACE_JPEG, 1, 500));
	assert_int_equal(d.size, 0);
	sim_der_free(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes),
		cmocka_unit_test(least_is_enough),
		cmocka_unit_test(too_small),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

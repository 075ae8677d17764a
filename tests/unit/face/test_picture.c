/* SPDX-License-Identifier: Apache-2.0
 * Pictures: what libjpeg's and OpenJPEG's own encoders wrote comes back, and bombs, cuts and odd
 * forms are refused with their reason. Must never compare with a value that the decoder under test
 * gave.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* jpeglib.h wants stdio.h first */
#include <jpeglib.h>
#include <openjpeg.h>

#include "face/picture.h"
#include "jp2_writer.h"

static uint8_t ramp(unsigned x, unsigned y, unsigned c)
{
	return (uint8_t)(c == 0 ? 20 + 4 * x : c == 1 ? 30 + 3 * y : 200 - x - y);
}

/* parts: 1 grey, 3 colour, 4 inks. scans: each component in a scan of its own. */
static void write_jpeg(struct jp2_file *f, unsigned side, int parts, bool progressive, bool scans)
{
	static const jpeg_scan_info each[3] = {
		{1, {0}, 0, 63, 0, 0}, {1, {1}, 0, 63, 0, 0}, {1, {2}, 0, 63, 0, 0}};
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr errors;
	unsigned long size = JP2_WRITER_ROOM;
	uint8_t row[4 * 64];
	JSAMPROW rows = row;
	c.err = jpeg_std_error(&errors);
	jpeg_create_compress(&c);
	f->bytes = malloc(JP2_WRITER_ROOM);
	jpeg_mem_dest(&c, &f->bytes, &size);
	c.image_width = c.image_height = side;
	c.input_components = parts;
	c.in_color_space = parts == 1 ? JCS_GRAYSCALE : parts == 3 ? JCS_RGB : JCS_CMYK;
	jpeg_set_defaults(&c);
	jpeg_set_quality(&c, 100, TRUE);
	if (progressive)
		jpeg_simple_progression(&c);
	if (scans) {
		c.scan_info = each;
		c.num_scans = 3;
	}
	jpeg_start_compress(&c, TRUE);
	for (unsigned y = 0; y < side; y++) {
		for (unsigned i = 0; i < side * (unsigned)parts; i++)
			row[i] = ramp(i / (unsigned)parts, y, i % (unsigned)parts);
		jpeg_write_scanlines(&c, &rows, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	f->size = size;
}

static void write_jp2(
	struct jp2_file *f, unsigned side, unsigned parts, unsigned bits, bool boxes, unsigned tile)
{
	opj_image_cmptparm_t part[4] = {{0}};
	opj_cparameters_t how;
	for (unsigned i = 0; i < parts; i++) {
		part[i].dx = part[i].dy = 1;
		part[i].w = part[i].h = side;
		part[i].prec = bits;
	}
	opj_image_t *image =
		opj_image_create(parts, part, parts == 3 ? OPJ_CLRSPC_SRGB : OPJ_CLRSPC_GRAY);
	image->x1 = image->y1 = side;
	for (unsigned c = 0; c < parts; c++)
		for (unsigned i = 0; i < side * side; i++)
			image->comps[c].data[i] = ramp(i % side, i / side, c);
	opj_set_default_encoder_parameters(&how);
	how.tcp_numlayers = 1;
	how.cp_disto_alloc = 1;
	how.numresolution = side > 1 ? 2 : 1;
	how.tcp_mct = parts == 3;
	how.tile_size_on = tile > 0;
	how.cp_tdx = how.cp_tdy = (int)tile;
	assert_true(jp2_write(image, &how, boxes, f));
	opj_image_destroy(image);
}

static void is_ramp(const struct jp2_file *f, unsigned side, bool colour, int off)
{
	struct face_picture p;
	assert_int_equal(face_picture_decode(f->bytes, f->size, &p), PN_OK);
	assert_int_equal(p.width, side);
	assert_int_equal(p.height, side);
	for (unsigned i = 0; i < side * side * 3; i++)
		assert_true(abs(p.pixels[i] -
				    ramp(i / 3 % side, i / 3 / side, colour ? i % 3 : 0)) <= off);
	face_picture_free(&p);
	assert_null(p.pixels);
}

static void gives(const uint8_t *bytes, size_t size, int expected)
{
	struct face_picture p;
	assert_int_equal(face_picture_decode(bytes, size, &p), expected);
	assert_null(p.pixels);
}

static void jpeg(void **state)
{
	struct jp2_file f;
	(void)state;
	for (unsigned k = 0; k < 4; k++) {
		write_jpeg(&f, 32, k == 1 ? 1 : 3, k == 2, k == 3);
		is_ramp(&f, 32, k != 1, 12); /* chrominance at half the resolution */
		/* Cut before the last scan's end: never a picture with grey below. */
		for (size_t size = 0; size + 3 < f.size; size++)
			gives(f.bytes, size, size < 3 ? PN_EUNSUPPORTED : PN_EFORMAT);
		free(f.bytes);
	}
	write_jpeg(&f, 1, 3, false, false);
	is_ramp(&f, 1, true, 3);
	free(f.bytes);
	write_jpeg(&f, 16, 4, false, false);
	gives(f.bytes, f.size, PN_EUNSUPPORTED);
	free(f.bytes);
}

static size_t find(const struct jp2_file *f, uint8_t marker, size_t from)
{
	for (size_t i = from; i + 1 < f->size; i++)
		if (f->bytes[i] == 0xff && f->bytes[i + 1] == marker)
			return i;
	fail();
	return 0;
}

static void jpeg_bombs(void **state)
{
	static const unsigned sides[][2] = {
		{20000, 20000}, {65500, 1}, {1, 65500}, {4096, 1025}, {4097, 8}};
	struct jp2_file f;
	(void)state;
	write_jpeg(&f, 32, 3, false, false);
	const size_t frame = find(&f, 0xc0, 0);
	for (size_t i = 0; i < PN_COUNT(sides); i++) {
		f.bytes[frame + 5] = (uint8_t)(sides[i][1] >> 8);
		f.bytes[frame + 6] = (uint8_t)sides[i][1];
		f.bytes[frame + 7] = (uint8_t)(sides[i][0] >> 8);
		f.bytes[frame + 8] = (uint8_t)sides[i][0];
		gives(f.bytes, f.size, PN_ELIMIT);
	}
	free(f.bytes);
	/* The last scan again and again: each goes over the whole picture. */
	write_jpeg(&f, 32, 3, false, true);
	const size_t scan = find(&f, 0xda, find(&f, 0xda, find(&f, 0xda, 0) + 2) + 2),
		     end = find(&f, 0xd9, scan);
	uint8_t *bomb = malloc(end + 200 * (end - scan) + 2);
	size_t size = end;
	memcpy(bomb, f.bytes, end);
	for (unsigned i = 0; i < 200; i++, size += end - scan)
		memcpy(bomb + size, f.bytes + scan, end - scan);
	memcpy(bomb + size, f.bytes + end, 2);
	gives(bomb, size + 2, PN_ELIMIT);
	free(bomb);
	free(f.bytes);
}

static void jp2(void **state)
{
	struct jp2_file f;
	(void)state;
	for (unsigned k = 0; k < 4; k++) {
		write_jp2(&f, 32, k == 1 ? 1 : 3, 8, k != 2, k == 3 ? 8 : 0);
		is_ramp(&f, 32, k != 1, 0);
		for (size_t size = 0; size < f.size; size += 1 + size / 16)
			gives(f.bytes, size,
				size < (k == 2 ? 4 : 8) ? PN_EUNSUPPORTED : PN_EFORMAT);
		for (size_t less = 1; less < 40; less++) /* at the end byte by byte */
			gives(f.bytes, f.size - less, PN_EFORMAT);
		free(f.bytes);
	}
	write_jp2(&f, 1, 3, 8, true, 0);
	is_ramp(&f, 1, true, 0);
	free(f.bytes);
	write_jp2(&f, 16, 4, 8, true, 0);
	gives(f.bytes, f.size, PN_EUNSUPPORTED);
	free(f.bytes);
	write_jp2(&f, 16, 1, 12, true, 0);
	gives(f.bytes, f.size, PN_EUNSUPPORTED);
	free(f.bytes);
}

static void put32(uint8_t *b, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		b[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void jp2_bombs(void **state)
{
	static const uint32_t sides[][2] = {
		{20000, 20000}, {4097, 8}, {4096, 1025}, {UINT32_MAX, UINT32_MAX}};
	struct jp2_file f;
	(void)state;
	write_jp2(&f, 32, 3, 8, true, 0);
	uint8_t *siz = f.bytes + find(&f, 0x51, find(&f, 0x4f, 0));
	for (size_t i = 0; i < PN_COUNT(sides); i++) {
		put32(siz + 6, sides[i][0]);
		put32(siz + 10, sides[i][1]);
		gives(f.bytes, f.size, PN_ELIMIT);
	}
	/* sizes that are allowed, in tiles of one pixel */
	put32(siz + 6, 1024);
	put32(siz + 10, 1024);
	put32(siz + 22, 1);
	put32(siz + 26, 1);
	gives(f.bytes, f.size, PN_ELIMIT);
	/* nothing between the ends; no tile at all */
	put32(siz + 6, 0);
	gives(f.bytes, f.size, PN_EFORMAT);
	put32(siz + 6, 32);
	put32(siz + 22, 0);
	gives(f.bytes, f.size, PN_EFORMAT);
	free(f.bytes);
}

static void others(void **state)
{
	static const uint8_t png[] = {0x89, 'P', 'N', 'G', 13, 10, 26, 10, 0, 0, 0, 0};
	struct face_picture p;
	(void)state;
	gives(png, sizeof png, PN_EUNSUPPORTED);
	gives(png, 0, PN_EUNSUPPORTED);
	assert_int_equal(face_picture_new(0, 5, &p), PN_EFORMAT);
	assert_int_equal(face_picture_new(UINT32_MAX, UINT32_MAX, &p), PN_ELIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jpeg),
		cmocka_unit_test(jpeg_bombs),
		cmocka_unit_test(jp2),
		cmocka_unit_test(jp2_bombs),
		cmocka_unit_test(others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

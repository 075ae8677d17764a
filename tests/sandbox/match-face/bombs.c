/* SPDX-License-Identifier: Apache-2.0
 * See bombs.h. Encoded by libjpeg and OpenJPEG, and spoilt after that.
 */
#include "bombs.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* jpeglib.h wants stdio.h first */
#include <jpeglib.h>

#include "../../unit/face/jp2_writer.h"

enum { LARGE_WIDE = 4096, LARGE_HIGH = 1024, HUGE = 20000 };

/* Noise: as many bytes for a pixel as there can be. */
static uint8_t noise(uint32_t i)
{
	i ^= i << 13;
	i = i * 2654435761U + 12345;
	return (uint8_t)(i >> 24);
}

static struct bomb jpeg(const char *name, unsigned wide, unsigned high, bool progressive)
{
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr errors;
	unsigned long size = 0;
	struct bomb b = {.name = name};
	uint8_t *row = malloc((size_t)wide * 3);
	JSAMPROW rows = row;
	assert_non_null(row);
	c.err = jpeg_std_error(&errors);
	jpeg_create_compress(&c);
	jpeg_mem_dest(&c, &b.bytes, &size);
	c.image_width = wide;
	c.image_height = high;
	c.input_components = 3;
	c.in_color_space = JCS_RGB;
	jpeg_set_defaults(&c);
	jpeg_set_quality(&c, 75, TRUE);
	if (progressive)
		jpeg_simple_progression(&c);
	jpeg_start_compress(&c, TRUE);
	for (unsigned y = 0; y < high; y++) {
		for (unsigned i = 0; i < wide * 3; i++)
			row[i] = noise(y * wide * 3 + i);
		jpeg_write_scanlines(&c, &rows, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	free(row);
	b.size = size;
	return b;
}

static struct bomb jp2(const char *name, unsigned wide, unsigned high, float rate)
{
	opj_image_cmptparm_t part[3] = {{0}};
	opj_cparameters_t how;
	struct jp2_file f;
	for (unsigned i = 0; i < 3; i++)
		part[i] = (opj_image_cmptparm_t){.dx = 1, .dy = 1, .w = wide, .h = high, .prec = 8};
	opj_image_t *image = opj_image_create(3, part, OPJ_CLRSPC_SRGB);
	assert_non_null(image);
	image->x1 = wide;
	image->y1 = high;
	for (unsigned c = 0; c < 3; c++)
		for (unsigned i = 0; i < wide * high; i++)
			image->comps[c].data[i] = noise(3 * i + c);
	opj_set_default_encoder_parameters(&how);
	how.tcp_numlayers = 1;
	how.cp_disto_alloc = 1;
	how.tcp_rates[0] = rate;
	how.tcp_mct = 1;
	how.numresolution = wide > 64 ? 6 : 1;
	assert_true(jp2_write(image, &how, true, &f));
	opj_image_destroy(image);
	return (struct bomb){name, f.bytes, f.size};
}

/* Where the first of these two bytes is, with room behind it. */
static size_t find(const struct bomb *b, uint8_t first, uint8_t second)
{
	size_t i = 0;
	while (i + 32 < b->size && (b->bytes[i] != first || b->bytes[i + 1] != second))
		i++;
	assert_true(i + 32 < b->size);
	return i;
}

static struct bomb said_to_be_huge(struct bomb b, bool of_jpeg)
{
	static const uint8_t side[] = {HUGE >> 8, HUGE & 0xff};
	if (of_jpeg) {
		uint8_t *frame = b.bytes + find(&b, 0xff, 0xc0);
		memcpy(frame + 5, side, 2);
		memcpy(frame + 7, side, 2);
	} else {
		uint8_t *siz = b.bytes + find(&b, 0xff, 0x51);
		memset(siz + 6, 0, 8);
		memcpy(siz + 8, side, 2);
		memcpy(siz + 12, side, 2);
	}
	return b;
}

static struct bomb cut(struct bomb b, const char *name)
{
	b.size /= 2;
	b.name = name;
	return b;
}

/* Its last scan, over the whole picture, five hundred times. */
static struct bomb scans(void)
{
	struct bomb b = jpeg("JPEG, 500 scans", 1024, 1024, true);
	size_t last = 0;
	for (size_t i = 0; i + 1 < b.size; i++)
		if (b.bytes[i] == 0xff && b.bytes[i + 1] == 0xda)
			last = i;
	const size_t scan = b.size - 2 - last;
	assert_true(last > 0);
	struct bomb many = {b.name, malloc(b.size + 500 * scan), last};
	assert_non_null(many.bytes);
	memcpy(many.bytes, b.bytes, last);
	for (unsigned i = 0; i < 500 && many.size + scan < (8U << 20) - 2; i++, many.size += scan)
		memcpy(many.bytes + many.size, b.bytes + last, scan);
	memcpy(many.bytes + many.size, b.bytes + b.size - 2, 2);
	many.size += 2;
	free(b.bytes);
	return many;
}

size_t bombs_make(struct bomb out[BOMBS_MAX])
{
	size_t n = 0;
	out[n++] = jpeg("JPEG, 1x1", 1, 1, false);
	out[n++] = said_to_be_huge(jpeg("JPEG, 20000x20000", 64, 64, false), true);
	out[n++] = cut(jpeg("", 640, 480, false), "JPEG, cut off");
	out[n++] = jpeg("JPEG, 4096x1024 of noise", LARGE_WIDE, LARGE_HIGH, false);
	out[n++] = jpeg("JPEG, the same, progressive", LARGE_WIDE, LARGE_HIGH, true);
	out[n++] = scans();
	out[n++] = jp2("JPEG 2000, 1x1", 1, 1, 1);
	out[n++] = said_to_be_huge(jp2("JPEG 2000, 20000x20000", 64, 64, 1), false);
	out[n++] = cut(jp2("", 256, 256, 1), "JPEG 2000, cut off");
	out[n++] = jp2("JPEG 2000, 4096x1024 of noise", LARGE_WIDE, LARGE_HIGH, 16);
	struct bomb zeros = {"zeros", calloc(1, 1 << 20), 1 << 20};
	assert_non_null(zeros.bytes);
	out[n++] = zeros;
	return n;
}

/* SPDX-License-Identifier: Apache-2.0
 * JPEG (ISO/IEC 10918-1) by libjpeg. See picture.h. Must never let libjpeg end the process or write
 * to the terminal.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
/* jpeglib.h wants stdio.h first */
#include <jpeglib.h>

#include "picture.h"

struct decoding {
	struct jpeg_decompress_struct d;
	struct jpeg_error_mgr errors;
	struct jpeg_progress_mgr progress;
	jmp_buf out;
	int result;
};

static _Noreturn void leave(struct decoding *c, int result)
{
	c->result = result;
	longjmp(c->out, 1); /* NOLINT(cert-err52-cpp): as at setjmp */
}

static void on_error(j_common_ptr common)
{
	leave(common->client_data, PN_EFORMAT);
}

/* A warning is of damaged data, which libjpeg would fill up with grey; -1 is a warning, more is
 * tracing. */
static void on_message(j_common_ptr common, int level)
{
	if (level < 0)
		leave(common->client_data, PN_EFORMAT);
}

static void on_output(j_common_ptr common)
{
	(void)common;
}

/* Each scan of a progressive picture goes over the whole of it: many small ones are a bomb. */
static void on_progress(j_common_ptr common)
{
	struct decoding *c = common->client_data;
	if (c->d.input_scan_number > FACE_PICTURE_SCANS_MAX)
		leave(c, PN_ELIMIT);
}

static void read_picture(
	struct decoding *c, const uint8_t *bytes, size_t size, struct face_picture *out)
{
	struct jpeg_decompress_struct *d = &c->d;
	jpeg_create_decompress(d);
	/* Creating clears all but err. */
	d->client_data = c;
	c->progress.progress_monitor = on_progress;
	d->progress = &c->progress;
	jpeg_mem_src(d, bytes, size);
	if (jpeg_read_header(d, TRUE) != JPEG_HEADER_OK)
		leave(c, PN_EFORMAT);
	if (d->num_components != 1 && d->num_components != 3)
		leave(c, PN_EUNSUPPORTED);
	int r = face_picture_new(d->image_width, d->image_height, out);
	if (r != PN_OK)
		leave(c, r);
	d->out_color_space = JCS_RGB;
	d->dct_method = JDCT_ISLOW;
	jpeg_start_decompress(d);
	if (d->output_width != out->width || d->output_height != out->height ||
		d->output_components != 3)
		leave(c, PN_EFORMAT);
	while (d->output_scanline < d->output_height) {
		JSAMPROW row = out->pixels + (size_t)d->output_scanline * out->width * 3;
		jpeg_read_scanlines(d, &row, 1);
	}
	jpeg_finish_decompress(d);
}

int face_picture_jpeg(const uint8_t *bytes, size_t size, struct face_picture *out)
{
	struct decoding c = {.result = PN_OK};
	*out = (struct face_picture){0};
	if (size > FACE_PICTURE_BYTES_MAX)
		return PN_ELIMIT;
	c.d.err = jpeg_std_error(&c.errors);
	c.d.client_data = &c;
	c.errors.error_exit = on_error;
	c.errors.emit_message = on_message;
	c.errors.output_message = on_output;
	if (setjmp(c.out) ==
		0) /* NOLINT(cert-err52-cpp): libjpeg has no other way out of an error */
		read_picture(&c, bytes, size, out);
	jpeg_destroy_decompress(&c.d);
	if (c.result != PN_OK)
		face_picture_free(out);
	return c.result;
}

struct encoding {
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr errors;
	jmp_buf out;
	unsigned char *bytes; /* libjpeg's until it is done, then the caller's */
	unsigned long size;
};

/* Nothing but memory can run out here: the picture is ours. */
static _Noreturn void on_encoding_error(j_common_ptr common)
{
	struct encoding *e = common->client_data;
	longjmp(e->out, 1); /* NOLINT(cert-err52-cpp): as at setjmp */
}

static void write_picture(struct encoding *e, const struct face_picture *p, int quality)
{
	struct jpeg_compress_struct *c = &e->c;
	jpeg_create_compress(c);
	c->client_data = e;
	jpeg_mem_dest(c, &e->bytes, &e->size);
	c->image_width = p->width;
	c->image_height = p->height;
	c->input_components = 3;
	c->in_color_space = JCS_RGB;
	jpeg_set_defaults(c);
	jpeg_set_quality(c, quality, TRUE);
	jpeg_start_compress(c, TRUE);
	while (c->next_scanline < c->image_height) {
		JSAMPROW row = p->pixels + (size_t)c->next_scanline * p->width * 3;
		jpeg_write_scanlines(c, &row, 1);
	}
	jpeg_finish_compress(c);
}

int face_picture_to_jpeg(const struct face_picture *p, int quality, uint8_t **bytes, size_t *size)
{
	struct encoding e = {.bytes = NULL};
	*bytes = NULL;
	*size = 0;
	if (p->pixels == NULL || quality < 1 || quality > 100)
		return PN_EINVAL;
	e.c.err = jpeg_std_error(&e.errors);
	e.c.client_data = &e;
	e.errors.error_exit = on_encoding_error;
	e.errors.output_message = on_output;
	int r = PN_ENOMEM;
	if (setjmp(e.out) == 0) { /* NOLINT(cert-err52-cpp): libjpeg has no other way out of an error */
		write_picture(&e, p, quality);
		r = PN_OK;
	}
	jpeg_destroy_compress(&e.c);
	if (r != PN_OK) {
		free(e.bytes);
		return r;
	}
	*bytes = e.bytes;
	*size = e.size;
	return PN_OK;
}

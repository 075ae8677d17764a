/* SPDX-License-Identifier: Apache-2.0
 * JPEG (ISO/IEC 10918-1) by libjpeg. See picture.h. Must never let libjpeg end the process or write
 * to the terminal.
 */
#include <setjmp.h>
#include <stdio.h>
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

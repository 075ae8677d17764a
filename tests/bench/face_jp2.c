/* SPDX-License-Identifier: Apache-2.0
 * A portrait as a document's chip holds it: JPEG 2000 of about so many bytes, by OpenJPEG. Must never be linked into the product.
 */
#include <openjpeg.h>
#include <stdlib.h>
#include <string.h>

#include "face_bench.h"

enum { ROOM = 1 << 20 };

struct file {
	uint8_t *bytes;
	size_t at, size;
};

static OPJ_SIZE_T put(void *bytes, OPJ_SIZE_T n, void *self)
{
	struct file *f = self;
	if (n > ROOM - f->at)
		return (OPJ_SIZE_T)-1;
	memcpy(f->bytes + f->at, bytes, n);
	f->at += n;
	f->size = f->at > f->size ? f->at : f->size;
	return n;
}

static OPJ_BOOL seek(OPJ_OFF_T to, void *self)
{
	((struct file *)self)->at = (size_t)to;
	return OPJ_TRUE;
}

static OPJ_OFF_T skip_over(OPJ_OFF_T by, void *self)
{
	((struct file *)self)->at += (size_t)by;
	return by;
}

void face_bench_jp2(const struct face_picture *p, size_t about, uint8_t **out, size_t *size)
{
	struct file f = {malloc(ROOM), 0, 0};
	opj_image_cmptparm_t part[3] = {{0}};
	opj_cparameters_t how;
	for (unsigned i = 0; i < 3; i++)
		part[i] = (opj_image_cmptparm_t){.dx = 1, .dy = 1, .w = p->width, .h = p->height, .prec = 8};
	opj_image_t *image = opj_image_create(3, part, OPJ_CLRSPC_SRGB);
	if (f.bytes == NULL || image == NULL)
		face_bench_fail("no memory");
	image->x1 = p->width;
	image->y1 = p->height;
	for (size_t i = 0; i < (size_t)p->width * p->height; i++)
		for (unsigned c = 0; c < 3; c++)
			image->comps[c].data[i] = p->pixels[3 * i + c];
	opj_set_default_encoder_parameters(&how);
	how.tcp_numlayers = 1;
	how.cp_disto_alloc = 1;
	how.tcp_rates[0] = (float)((size_t)p->width * p->height * 3) / (float)about;
	how.irreversible = 1;
	how.tcp_mct = 1;
	opj_codec_t *codec = opj_create_compress(OPJ_CODEC_JP2);
	opj_stream_t *stream = opj_stream_create(1 << 16, OPJ_FALSE);
	if (codec == NULL || stream == NULL)
		face_bench_fail("no memory");
	opj_stream_set_user_data(stream, &f, NULL);
	opj_stream_set_write_function(stream, put);
	opj_stream_set_seek_function(stream, seek);
	opj_stream_set_skip_function(stream, skip_over);
	if (!opj_setup_encoder(codec, &how, image) || !opj_start_compress(codec, image, stream) || !opj_encode(codec, stream) ||
		!opj_end_compress(codec, stream))
		face_bench_fail("the portrait cannot be compressed");
	opj_stream_destroy(stream);
	opj_destroy_codec(codec);
	opj_image_destroy(image);
	*out = f.bytes;
	*size = f.size;
}

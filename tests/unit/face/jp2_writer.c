/* SPDX-License-Identifier: Apache-2.0
 * See jp2_writer.h.
 */
#include "jp2_writer.h"

#include <stdlib.h>
#include <string.h>

static OPJ_SIZE_T put(void *bytes, OPJ_SIZE_T n, void *self)
{
	struct jp2_file *f = self;
	if (f->at > JP2_WRITER_ROOM || n > JP2_WRITER_ROOM - f->at)
		return (OPJ_SIZE_T)-1;
	memcpy(f->bytes + f->at, bytes, n);
	f->at += n;
	f->size = f->at > f->size ? f->at : f->size;
	return n;
}

static OPJ_BOOL seek(OPJ_OFF_T to, void *self)
{
	((struct jp2_file *)self)->at = (size_t)to;
	return OPJ_TRUE;
}

static OPJ_OFF_T skip_over(OPJ_OFF_T by, void *self)
{
	((struct jp2_file *)self)->at += (size_t)by;
	return by;
}

bool jp2_write(opj_image_t *image, opj_cparameters_t *how, bool boxes, struct jp2_file *out)
{
	*out = (struct jp2_file){malloc(JP2_WRITER_ROOM), 0, 0};
	opj_codec_t *codec = opj_create_compress(boxes ? OPJ_CODEC_JP2 : OPJ_CODEC_J2K);
	opj_stream_t *stream = opj_stream_create(1 << 16, OPJ_FALSE);
	bool good = out->bytes != NULL && codec != NULL && stream != NULL;
	if (good) {
		opj_stream_set_user_data(stream, out, NULL);
		opj_stream_set_write_function(stream, put);
		opj_stream_set_seek_function(stream, seek);
		opj_stream_set_skip_function(stream, skip_over);
		good = opj_setup_encoder(codec, how, image) && opj_start_compress(codec, image, stream) && opj_encode(codec, stream) &&
		       opj_end_compress(codec, stream);
	}
	opj_stream_destroy(stream);
	opj_destroy_codec(codec);
	return good;
}

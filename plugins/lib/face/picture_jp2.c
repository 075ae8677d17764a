/* SPDX-License-Identifier: Apache-2.0
 * JPEG 2000 (ISO/IEC 15444-1) by OpenJPEG. See picture.h: sizes are read from the codestream here,
 * before OpenJPEG sees a byte, because it allocates for each tile before it can be asked. Must
 * never believe one header where two differ.
 */
#include <openjpeg.h>
#include <stdbool.h>
#include <string.h>

#include "picture.h"

enum { BOX_HEAD = 8, SIZ_BYTES = 38 };

static const uint32_t codestream_box = 0x6a703263, soc_siz = 0xff4fff51;

struct source {
	const uint8_t *bytes;
	size_t at, size;
};

static OPJ_SIZE_T take(void *to, OPJ_SIZE_T n, void *self)
{
	struct source *s = self;
	if (s->at == s->size)
		return (OPJ_SIZE_T)-1;
	n = n < s->size - s->at ? n : s->size - s->at;
	memcpy(to, s->bytes + s->at, n);
	s->at += n;
	return n;
}

static OPJ_OFF_T pass_over(OPJ_OFF_T by, void *self)
{
	struct source *s = self;
	if (by < 0 || (uint64_t)by > s->size - s->at)
		return -1;
	s->at += (size_t)by;
	return by;
}

static OPJ_BOOL seek(OPJ_OFF_T to, void *self)
{
	struct source *s = self;
	if (to < 0 || (uint64_t)to > s->size)
		return OPJ_FALSE;
	s->at = (size_t)to;
	return OPJ_TRUE;
}

static uint32_t get32(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* The first codestream: of the file itself, or of its boxes (I.4, I.5.4). NULL: there is none. */
static const uint8_t *find_codestream(const uint8_t *bytes, size_t size, size_t *left)
{
	size_t at = 0;
	if (size >= 4 && get32(bytes) == soc_siz) {
		*left = size;
		return bytes;
	}
	while (size - at >= BOX_HEAD) {
		const uint32_t length = get32(bytes + at);
		if (get32(bytes + at + 4) == codestream_box &&
			(length == 0 || length >= BOX_HEAD)) {
			*left = (length == 0 || length > size - at ? size - at : length) - BOX_HEAD;
			return bytes + at + BOX_HEAD;
		}
		if (length < BOX_HEAD || length > size - at)
			return NULL;
		at += length;
	}
	return NULL;
}

/* The codestream ends with EOC (A.4.4), whatever zeros pad the file: newer OpenJPEG takes one that is cut between two tiles for
 * whole, and leaves the rest grey. */
static bool is_whole(const uint8_t *bytes, size_t size)
{
	while (size > 2 && bytes[size - 1] == 0)
		size--;
	return size > 2 && bytes[size - 2] == 0xff && bytes[size - 1] == 0xd9;
}

/* SIZ (A.5.1): where the picture and its tiles begin and end, and its components. */
static int check_sizes(const uint8_t *bytes, size_t size, uint32_t *width, uint32_t *height)
{
	size_t left = 0;
	const uint8_t *c = find_codestream(bytes, size, &left);
	if (c == NULL || left < 4 + SIZ_BYTES || get32(c) != soc_siz)
		return PN_EFORMAT;
	if (!is_whole(c, left))
		return PN_EFORMAT;
	const uint64_t x1 = get32(c + 8), y1 = get32(c + 12), x0 = get32(c + 16),
		       y0 = get32(c + 20);
	const uint64_t tile_w = get32(c + 24), tile_h = get32(c + 28), tile_x = get32(c + 32),
		       tile_y = get32(c + 36);
	const unsigned components = (unsigned)c[40] << 8 | c[41];
	if (x1 <= x0 || y1 <= y0 || tile_w == 0 || tile_h == 0 || tile_x > x0 || tile_y > y0)
		return PN_EFORMAT;
	if (components != 1 && components != 3)
		return PN_EUNSUPPORTED;
	if (left < 42 + (size_t)3 * components)
		return PN_EFORMAT;
	for (unsigned i = 0; i < components; i++) /* 8 bits without a sign, not subsampled */
		if (c[42 + 3 * i] != 7 || c[43 + 3 * i] != 1 || c[44 + 3 * i] != 1)
			return PN_EUNSUPPORTED;
	if (x1 - x0 > FACE_PICTURE_SIDE_MAX || y1 - y0 > FACE_PICTURE_SIDE_MAX ||
		(x1 - x0) * (y1 - y0) > FACE_PICTURE_PIXELS_MAX ||
		((x1 - tile_x + tile_w - 1) / tile_w) * ((y1 - tile_y + tile_h - 1) / tile_h) >
			FACE_PICTURE_TILES_MAX)
		return PN_ELIMIT;
	*width = (uint32_t)(x1 - x0);
	*height = (uint32_t)(y1 - y0);
	return PN_OK;
}

static void complains(const char *text, void *count)
{
	(void)text;
	++*(unsigned *)count;
}

static uint8_t byte_of(int v)
{
	return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

/* A picture that says it is in luminance and chrominance (sYCC of IEC 61966-2-1 amendment 1) is
 * turned; one of one component is grey. */
static bool put_pixels(const opj_image_t *image, struct face_picture *out)
{
	const bool colour = image->numcomps == 3,
		   ycc = colour && image->color_space == OPJ_CLRSPC_SYCC;
	if (image->numcomps != 1 && image->numcomps != 3)
		return false;
	for (unsigned c = 0; c < image->numcomps; c++)
		if (image->comps[c].data == NULL || image->comps[c].w != out->width ||
			image->comps[c].h != out->height || image->comps[c].prec != 8 ||
			image->comps[c].sgnd != 0)
			return false;
	for (size_t i = 0; i < (size_t)out->width * out->height; i++) {
		const int a = image->comps[0].data[i], b = colour ? image->comps[1].data[i] : a,
			  c = colour ? image->comps[2].data[i] : a;
		uint8_t *to = out->pixels + 3 * i;
		if (ycc) {
			const double y = byte_of(a), cb = byte_of(b) - 128, cr = byte_of(c) - 128;
			to[0] = byte_of((int)(y + 1.402 * cr + 0.5));
			to[1] = byte_of((int)(y - 0.344136 * cb - 0.714136 * cr + 0.5));
			to[2] = byte_of((int)(y + 1.772 * cb + 0.5));
		} else {
			to[0] = byte_of(a);
			to[1] = byte_of(b);
			to[2] = byte_of(c);
		}
	}
	return true;
}

/* Of a picture that was decoded: its planes are freed as they are. */
static void wipe_planes(opj_image_t *image)
{
	for (unsigned c = 0; c < image->numcomps; c++)
		if (image->comps[c].data != NULL)
			explicit_bzero(image->comps[c].data, sizeof(OPJ_INT32) * image->comps[c].w * image->comps[c].h);
}

static int decode(struct source *source, bool boxes, struct face_picture *out)
{
	opj_dparameters_t how;
	opj_image_t *image = NULL;
	unsigned complaints = 0;
	opj_codec_t *codec = opj_create_decompress(boxes ? OPJ_CODEC_JP2 : OPJ_CODEC_J2K);
	opj_stream_t *stream = opj_stream_create(1 << 16, OPJ_TRUE);
	bool ok = codec != NULL && stream != NULL, decoded = false;
	if (ok) {
		opj_stream_set_user_data(stream, source, NULL);
		opj_stream_set_user_data_length(stream, source->size);
		opj_stream_set_read_function(stream, take);
		opj_stream_set_skip_function(stream, pass_over);
		opj_stream_set_seek_function(stream, seek);
		opj_set_default_decoder_parameters(&how);
		opj_set_warning_handler(codec, complains, &complaints);
		opj_set_error_handler(codec, complains, &complaints);
		ok = opj_setup_decoder(codec, &how) &&
		     opj_decoder_set_strict_mode(codec, OPJ_TRUE) &&
		     opj_read_header(stream, codec, &image) && complaints == 0 &&
		     (decoded = opj_decode(codec, stream, image)) && opj_end_decompress(codec, stream) &&
		     complaints == 0;
	}
	ok = ok && put_pixels(image, out);
	if (decoded)
		wipe_planes(image);
	opj_image_destroy(image);
	opj_stream_destroy(stream);
	opj_destroy_codec(codec);
	return ok ? PN_OK : PN_EFORMAT;
}

int face_picture_jp2(const uint8_t *bytes, size_t size, struct face_picture *out)
{
	struct source source = {bytes, 0, size};
	uint32_t width = 0, height = 0;
	*out = (struct face_picture){0};
	if (size > FACE_PICTURE_BYTES_MAX)
		return PN_ELIMIT;
	int r = check_sizes(bytes, size, &width, &height);
	if (r == PN_OK)
		r = face_picture_new(width, height, out);
	if (r == PN_OK)
		r = decode(&source, get32(bytes) != soc_siz, out);
	if (r != PN_OK)
		face_picture_free(out);
	return r;
}

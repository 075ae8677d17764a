/* SPDX-License-Identifier: Apache-2.0
 * A drawn picture as JPEG 2000 (ISO/IEC 15444-1) of just as many bytes as are wanted, by OpenJPEG. Must never be used on anything
 * but the simulation's own drawings.
 */
#include <openjpeg.h>
#include <stdlib.h>
#include <string.h>

#include "sim/chip/portrait_internal.h"

enum { CHANNELS = 3, BOX_HEAD = 8, RESOLUTIONS = 5 };

/* What the encoder writes; it seeks back to fill in the length of its boxes. */
struct sink {
	uint8_t *bytes;
	size_t at, size, room;
};

static OPJ_SIZE_T put(void *bytes, OPJ_SIZE_T n, void *self)
{
	struct sink *s = self;
	if (n > s->room - s->at)
		return (OPJ_SIZE_T)-1;
	memcpy(s->bytes + s->at, bytes, n);
	s->at += n;
	s->size = s->at > s->size ? s->at : s->size;
	return n;
}

static OPJ_BOOL seek(OPJ_OFF_T to, void *self)
{
	struct sink *s = self;
	if (to < 0 || (size_t)to > s->room)
		return OPJ_FALSE;
	s->at = (size_t)to;
	return OPJ_TRUE;
}

static OPJ_OFF_T skip(OPJ_OFF_T by, void *self)
{
	return seek((OPJ_OFF_T)((struct sink *)self)->at + by, self) ? by : -1;
}

static opj_image_t *image_of(const uint8_t *pixels)
{
	opj_image_cmptparm_t part[CHANNELS] = {{0}};
	for (unsigned i = 0; i < CHANNELS; i++) {
		part[i].dx = part[i].dy = 1;
		part[i].w = SIM_PORTRAIT_WIDTH;
		part[i].h = SIM_PORTRAIT_HEIGHT;
		part[i].prec = 8;
	}
	opj_image_t *image = opj_image_create(CHANNELS, part, OPJ_CLRSPC_SRGB);
	if (image == NULL)
		return NULL;
	image->x1 = SIM_PORTRAIT_WIDTH;
	image->y1 = SIM_PORTRAIT_HEIGHT;
	for (size_t i = 0; i < (size_t)SIM_PORTRAIT_WIDTH * SIM_PORTRAIT_HEIGHT; i++)
		for (unsigned k = 0; k < CHANNELS; k++)
			image->comps[k].data[i] = pixels[CHANNELS * i + k];
	return image;
}

static bool encode(opj_image_t *image, float ratio, struct sink *sink)
{
	opj_cparameters_t how;
	opj_codec_t *codec = opj_create_compress(OPJ_CODEC_JP2);
	opj_stream_t *stream = opj_stream_create(1 << 16, OPJ_FALSE);
	opj_set_default_encoder_parameters(&how);
	how.tcp_numlayers = 1;
	how.cp_disto_alloc = 1;
	how.tcp_rates[0] = ratio;
	how.irreversible = 1;
	how.tcp_mct = 1;
	how.numresolution = RESOLUTIONS;
	bool ok = codec != NULL && stream != NULL;
	if (ok) {
		opj_stream_set_user_data(stream, sink, NULL);
		opj_stream_set_write_function(stream, put);
		opj_stream_set_seek_function(stream, seek);
		opj_stream_set_skip_function(stream, skip);
		ok = opj_setup_encoder(codec, &how, image) && opj_start_compress(codec, image, stream) && opj_encode(codec, stream) &&
		     opj_end_compress(codec, stream);
	}
	opj_stream_destroy(stream);
	opj_destroy_codec(codec);
	return ok;
}

static uint32_t get32(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static void put32(uint8_t *b, uint32_t n)
{
	for (unsigned i = 0; i < 4; i++)
		b[i] = (uint8_t)(n >> (24 - 8 * i));
}

/* A box of a type that nobody knows, before the codestream's: readers pass over it (ISO/IEC 15444-1, I.2.2). */
static bool fill(struct sink *sink, size_t size)
{
	static const uint32_t codestream = 0x6a703263, nobody = 0x66726565;
	size_t missing = size - sink->size, at = 0;
	uint8_t *b = sink->bytes;
	while (sink->size - at >= BOX_HEAD && get32(b + at + 4) != codestream && get32(b + at) >= BOX_HEAD &&
		get32(b + at) <= sink->size - at)
		at += get32(b + at);
	if (sink->size - at < BOX_HEAD || get32(b + at + 4) != codestream)
		return false;
	memmove(b + at + missing, b + at, sink->size - at);
	if (missing > 0) {
		memset(b + at, 0, missing);
		put32(b + at, (uint32_t)missing);
		put32(b + at + 4, nobody);
	}
	return true;
}

bool sim_jp2(struct sim_der *out, const uint8_t *pixels, size_t size)
{
	static const float shares[] = {0.97F, 0.9F, 0.8F, 0.6F}; /* the encoder may go a little over what it is told */
	const float raw = (float)SIM_PORTRAIT_WIDTH * SIM_PORTRAIT_HEIGHT * CHANNELS;
	struct sink sink = {malloc(size), 0, 0, size};
	opj_image_t *image = sink.bytes != NULL ? image_of(pixels) : NULL;
	bool fits = false;
	if (image == NULL)
		goto out;
	for (size_t i = 0; i < sizeof shares / sizeof shares[0] && !fits; i++) {
		sink.at = sink.size = 0;
		fits = encode(image, raw / ((float)size * shares[i]), &sink) && (sink.size == size || sink.size + BOX_HEAD <= size);
	}
	fits = fits && fill(&sink, size);
	if (fits)
		sim_der_put(out, sink.bytes, size);
	opj_image_destroy(image);
out:
	free(sink.bytes);
	return fits;
}

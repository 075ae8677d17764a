/* SPDX-License-Identifier: Apache-2.0
 * The reference engine behind face.h: align as dlib does (image_transforms/interpolation.h,
 * get_face_chip_details: size 150, padding 0.25), measure, embed with dlib's ResNet-29, the mean of
 * the face and its mirror image. Must never keep a face after a call.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine_internal.h"

static const float padding = 0.25F;
/* dlib's mean positions, of a face's square of side 1. */
static const float mean_points[5][2] = {{0.8595674595992F, 0.2134981538014F},
	{0.6460604764104F, 0.2289674387677F}, {0.1205750620789F, 0.2137274526848F},
	{0.3340850613712F, 0.2290642403242F}, {0.4901123135679F, 0.6277975316475F}};
/* What face-api subtracts before it divides by 255. */
static const float mean_colour[3] = {122.782F, 117.001F, 104.298F};

bool face_align(const struct face_frame *frame, const struct face_found *face, float *chip)
{
	float chip_points[5][2];
	struct face_map map;
	for (unsigned i = 0; i < 10; i++) {
		chip_points[i / 2][i % 2] =
			(padding + mean_points[i / 2][i % 2]) / (2 * padding + 1) * FACE_CHIP;
		if (!isfinite(face->points[i / 2][i % 2]))
			return false;
	}
	if (!face_map_fit((const float(*)[2])chip_points, (const float(*)[2])face->points, 5, &map))
		return false;
	face_warp(frame, &map, FACE_CHIP, chip);
	return true;
}

static float grey(const float *p)
{
	return 0.299F * p[0] + 0.587F * p[1] + 0.114F * p[2];
}

void face_measure(float *chip, const struct face_found *face, struct face_quality *out)
{
	const float(*p)[2] = face->points;
	double sum = 0, clipped = 0, first = 0, second = 0;
	const double inner = (double)(FACE_CHIP - 2) * (FACE_CHIP - 2);
	/* Grey values where the colours were: each is read before anything is written over it. */
	for (size_t i = 0; i < (size_t)FACE_CHIP * FACE_CHIP; i++) {
		const float v = grey(chip + 3 * i);
		chip[i] = v;
		sum += (double)v;
		clipped += v < 4 || v > 251;
	}
	for (size_t y = 1; y + 1 < FACE_CHIP; y++)
		for (size_t x = 1; x + 1 < FACE_CHIP; x++) {
			const float *at = chip + y * FACE_CHIP + x;
			const double l = (double)(at[-1] + at[1] + at[-FACE_CHIP] + at[FACE_CHIP] - 4 * at[0]);
			first += l;
			second += l * l;
		}
	out->eye_distance = hypotf((p[0][0] + p[1][0] - p[2][0] - p[3][0]) / 2,
		(p[0][1] + p[1][1] - p[2][1] - p[3][1]) / 2);
	out->yaw = face->angles[0];
	out->pitch = face->angles[1];
	out->roll = face->angles[2];
	out->sharpness =
		(float)(second / inner - first / inner * first / inner);
	out->brightness = (float)(sum / (FACE_CHIP * FACE_CHIP) / 255);
	out->clipped = (float)(clipped / (FACE_CHIP * FACE_CHIP));
	out->eyes_open = out->mouth_closed = NAN;
}

bool face_embedding_fits(const struct face_net *n)
{
	const struct face_shape in = face_net_input(n);
	if (face_net_outputs(n) != 1 || in.height != FACE_CHIP || in.width != FACE_CHIP ||
		in.channels != 3)
		return false;
	const struct face_shape out = face_net_output(n, 0);
	return (size_t)out.height * out.width * out.channels == FACE_EMBEDDING;
}

void face_embed(struct face_net *n, const float *chip, float out[FACE_EMBEDDING])
{
	memset(out, 0, FACE_EMBEDDING * sizeof *out);
	for (unsigned mirrored = 0; mirrored < 2; mirrored++) {
		float *in = face_net_place(n);
		for (unsigned y = 0; y < FACE_CHIP; y++)
			for (unsigned x = 0; x < FACE_CHIP; x++, in += 3) {
				const float *from =
					chip + 3 * ((size_t)y * FACE_CHIP +
							   (mirrored ? FACE_CHIP - 1 - x : x));
				for (unsigned c = 0; c < 3; c++)
					in[c] = (from[c] - mean_colour[c]) / 255;
			}
		face_net_run(n);
		for (unsigned i = 0; i < FACE_EMBEDDING; i++)
			out[i] += face_net_value(n, 0)[i] / 2;
	}
	face_net_wipe(n);
}

static void reference_close(void *self)
{
	struct face_reference *r = self;
	if (r == NULL)
		return;
	face_net_free(r->detector);
	face_net_free(r->landmarks);
	face_net_free(r->embedding);
	explicit_bzero(r, sizeof *r);
	free(r);
}

static int open_net(const struct face_opening *o, const char *slot,
	bool (*fits)(const struct face_net *), struct face_net **out)
{
	for (uint32_t i = 0; i < o->file_count; i++) {
		if (strcmp(o->files[i].slot, slot) != 0)
			continue;
		int r = face_net_new(o->files[i].bytes, o->files[i].size, out);
		return r != PN_OK ? r : fits(*out) ? PN_OK : PN_EFORMAT;
	}
	return PN_ENOTFOUND;
}

static int reference_open(const struct face_opening *o, void **self)
{
	struct face_reference *r = calloc(1, sizeof *r);
	*self = NULL;
	if (r == NULL)
		return PN_ENOMEM;
	int rc = open_net(o, "detector", face_detector_fits, &r->detector);
	if (rc == PN_OK)
		rc = open_net(o, "landmarks", face_landmarks_fit, &r->landmarks);
	if (rc == PN_OK)
		rc = open_net(o, "embedding", face_embedding_fits, &r->embedding);
	if (rc == PN_OK)
		*self = r;
	else
		reference_close(r);
	return rc;
}

static int reference_detect(void *self, const struct face_frame *frame, struct face_found *faces,
	uint32_t room, uint32_t *count)
{
	struct face_reference *r = self;
	struct face_box boxes[FACE_FACES_MAX];
	*count = 0;
	if (!face_frame_usable(frame))
		return PN_EINVAL;
	unsigned found = face_detect_boxes(
		r->detector, frame, boxes, room < FACE_FACES_MAX ? room : FACE_FACES_MAX);
	for (unsigned i = 0; i < found; i++)
		*count += face_find_points(r->landmarks, frame, &boxes[i], &faces[*count]);
	explicit_bzero(boxes, sizeof boxes);
	return PN_OK;
}

static int reference_quality(void *self, const struct face_frame *frame,
	const struct face_found *face, struct face_quality *out)
{
	struct face_reference *r = self;
	if (!face_frame_usable(frame) || !face_align(frame, face, r->chip))
		return PN_EINVAL;
	face_measure(r->chip, face, out);
	explicit_bzero(r->chip, sizeof r->chip);
	return PN_OK;
}

static int reference_extract(void *self, const struct face_frame *frame,
	const struct face_found *face, uint8_t *templ, uint32_t *size)
{
	struct face_reference *r = self;
	float v[FACE_EMBEDDING];
	if (*size < sizeof v)
		return PN_ELIMIT;
	if (!face_frame_usable(frame) || !face_align(frame, face, r->chip))
		return PN_EINVAL;
	face_embed(r->embedding, r->chip, v);
	memcpy(templ, v, sizeof v);
	*size = sizeof v;
	explicit_bzero(v, sizeof v);
	explicit_bzero(r->chip, sizeof r->chip);
	return PN_OK;
}

static int reference_fuse(
	void *self, const uint8_t *const *templates, uint32_t count, uint32_t size, uint8_t *out)
{
	float sum[FACE_EMBEDDING] = {0}, v[FACE_EMBEDDING];
	(void)self;
	if (count == 0 || size != sizeof v)
		return PN_EINVAL;
	for (uint32_t i = 0; i < count; i++) {
		memcpy(v, templates[i], sizeof v);
		for (unsigned k = 0; k < FACE_EMBEDDING; k++)
			sum[k] += v[k] / (float)count;
	}
	memcpy(out, sum, sizeof sum);
	explicit_bzero(sum, sizeof sum);
	explicit_bzero(v, sizeof v);
	return PN_OK;
}

/* One less the Euclidean distance: dlib's own measure, turned so that more is more alike. */
static int reference_compare(void *self, const uint8_t *a, uint32_t a_size, const uint8_t *b,
	uint32_t b_size, float *score)
{
	float v[FACE_EMBEDDING], w[FACE_EMBEDDING];
	double sum = 0;
	(void)self;
	if (a_size != sizeof v || b_size != sizeof w)
		return PN_EINVAL;
	memcpy(v, a, sizeof v);
	memcpy(w, b, sizeof w);
	for (unsigned i = 0; i < FACE_EMBEDDING; i++)
		sum += ((double)v[i] - (double)w[i]) * ((double)v[i] - (double)w[i]);
	explicit_bzero(v, sizeof v);
	explicit_bzero(w, sizeof w);
	if (!isfinite(sum))
		return PN_EFORMAT;
	*score = (float)(1 - sqrt(sum));
	return PN_OK;
}

const struct face_engine *face_reference_engine(void)
{
	static const struct face_engine engine = {.struct_size = sizeof engine,
		.abi = FACE_ABI,
		.vendor = "postern",
		.name = "reference",
		.version = "1",
		.template_format = "dlib29-mirror-mean",
		.slots = FACE_DETECTOR | FACE_QUALITY | FACE_MATCHER,
		.template_max = FACE_EMBEDDING * sizeof(float),
		.open = reference_open,
		.close = reference_close,
		.detect = reference_detect,
		.quality = reference_quality,
		.extract = reference_extract,
		.fuse = reference_fuse,
		.compare = reference_compare};
	return &engine;
}

/* SPDX-License-Identifier: Apache-2.0
 * postern-sim-faces MODELS FOLDER: portraits of people who look ahead, cut out of the photographs that come with the reference models,
 * as FOLDER/N.jpg: what simulated chips hold and a simulated camera sees. Must never be given another photograph: the places below
 * are of these.
 */
#include <stdio.h>
#include <stdlib.h>

#include "face/picture.h"
#include "face/warp.h"

enum { SIDE = 400, QUALITY = 78 };

/* The middle of a face, how wide the square around it is, and how far it is turned (radians). */
static const struct {
	const char *file;
	float x, y, wide, angle;
} people[] = {
	{"sample1.jpg", 1563, 340, 320, 0.7F},
	{"sample3.jpg", 691, 485, 380, 0},
	{"sample5.jpg", 860, 243, 320, 0.15F},
	{"sample3.jpg", 1189, 382, 400, 0.2F},
	{"sample6.jpg", 353, 644, 400, -0.1F},
	{"sample3.jpg", 1569, 457, 380, 0},
};

static int read_photograph(const char *models, const char *name, struct face_picture *out)
{
	char path[4096];
	uint8_t *bytes = malloc(FACE_PICTURE_BYTES_MAX);
	snprintf(path, sizeof path, "%s/samples/%s", models, name);
	FILE *f = bytes != NULL ? fopen(path, "rbe") : NULL;
	int r = PN_EIO;
	if (f != NULL) {
		const size_t size = fread(bytes, 1, FACE_PICTURE_BYTES_MAX, f);
		fclose(f);
		r = face_picture_jpeg(bytes, size, out);
	}
	free(bytes);
	return r;
}

static int write_portrait(const char *folder, size_t number, const struct face_picture *p)
{
	char path[4096];
	uint8_t *bytes;
	size_t size;
	int r = face_picture_to_jpeg(p, QUALITY, &bytes, &size);
	if (r != PN_OK)
		return r;
	snprintf(path, sizeof path, "%s/%zu.jpg", folder, number);
	FILE *f = fopen(path, "wbe");
	bool ok = f != NULL && fwrite(bytes, 1, size, f) == size;
	if (f != NULL)
		ok = fclose(f) == 0 && ok;
	free(bytes);
	return ok ? PN_OK : PN_EIO;
}

static int cut(const struct face_picture *photograph, size_t number, const char *folder)
{
	const struct face_frame whole = {.struct_size = sizeof whole, .width = photograph->width, .height = photograph->height,
		.stride = photograph->width * 3, .format = FACE_RGB24, .pixels = photograph->pixels};
	const struct face_map m = face_map_square(people[number].x, people[number].y, people[number].wide, people[number].angle, SIDE);
	float *square = malloc(sizeof *square * SIDE * SIDE * 3);
	struct face_picture p;
	int r = square == NULL ? PN_ENOMEM : face_picture_new(SIDE, SIDE, &p);
	if (r == PN_OK) {
		face_warp(&whole, &m, SIDE, square);
		for (size_t i = 0; i < (size_t)SIDE * SIDE * 3; i++)
			p.pixels[i] = (uint8_t)square[i];
		r = write_portrait(folder, number, &p);
		face_picture_free(&p);
	}
	free(square);
	return r;
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: postern-sim-faces MODELS FOLDER\n");
		return 2;
	}
	for (size_t i = 0; i < PN_COUNT(people); i++) {
		struct face_picture p;
		int r = read_photograph(argv[1], people[i].file, &p);
		if (r == PN_OK) {
			r = cut(&p, i, argv[2]);
			face_picture_free(&p);
		}
		if (r != PN_OK) {
			fprintf(stderr, "postern-sim-faces: %s, %s/%zu.jpg: %s\n", people[i].file, argv[2], i, pn_err_name(r));
			return 1;
		}
	}
	return 0;
}

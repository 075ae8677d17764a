/* SPDX-License-Identifier: Apache-2.0
 * What the parts of bench-face share: a portrait as a chip holds it, frames as a camera gives them, and figures. Must never
 * hold a photograph of a traveller.
 */
#ifndef POSTERN_BENCH_FACE_H
#define POSTERN_BENCH_FACE_H
#include "face/picture.h"

enum { FACE_BENCH_FRAMES = 8, FACE_BENCH_SAMPLES_MAX = 1000 };

struct face_bench {
	const char *models;	    /* a folder that any user can read */
	struct face_picture face;   /* the holder's portrait, 413 x 531 as in a document */
	uint8_t *dg2;		    /* the same as JPEG 2000 */
	size_t dg2_size;
	uint8_t *frames;	    /* FACE_BENCH_FRAMES scenes of the holder, one after the other; each of SCENE_BYTES */
};

struct face_samples {
	double ms[FACE_BENCH_SAMPLES_MAX];
	unsigned count;
};

_Noreturn void face_bench_fail(const char *why);
/* Milliseconds of this thread's processor time, and of the clock. */
double face_bench_cpu(void);
double face_bench_wall(void);
void face_bench_add(struct face_samples *s, double ms);
/* Sorts them; p of 100. */
double face_bench_at(struct face_samples *s, unsigned p);
void face_bench_jp2(const struct face_picture *p, size_t about, uint8_t **out, size_t *size);
/* The plugin itself in its sandbox, seen from the core's side: answers, heartbeats, orders, memory. */
void face_bench_asked(const struct face_bench *b);
#endif

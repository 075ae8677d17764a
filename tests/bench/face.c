/* SPDX-License-Identifier: Apache-2.0
 * What a face costs: the stages of one frame, the networks by each kernel beside what the processor could do at most, the pictures' decoders,
 * and match-face in its sandbox as the core sees it. Goals stand beside the figures; nothing passes or fails.
 *
 *   bench-face MODELS PORTRAITS   (folders that any user can read: the second is postern-sim-faces')
 *
 * "at most" is measured in the same run: multiply-adds a second of the same kernel on a panel and rows that stay in the nearest cache, times the
 * multiplications that the networks' own files ask for. Must never be read across machines where it speaks of processor time.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "face/kernel.h"
#include "face/model.h"
#include "face/matcher.h"
#include "face/net.h"
#include "face_bench.h"
#include "face_stage.h"
#include "scene.h"

enum { ROUNDS = 60, PORTRAIT_WIDTH = 413, PORTRAIT_HEIGHT = 531, DG2_BYTES = 16000, FILE_BYTES = 32 << 20, PEAK_DEPTH = 96, PEAK_ROWS = 12 };
enum { LARGE_WIDTH = 1280, LARGE_HEIGHT = 720, LARGE_BYTES = LARGE_WIDTH * LARGE_HEIGHT * 3, LARGE_FRAMES = 3 };

void face_bench_fail(const char *why)
{
	fprintf(stderr, "bench-face: %s\n", why);
	exit(1);
}

static double ms_of(clockid_t id)
{
	struct timespec t;
	clock_gettime(id, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

double face_bench_cpu(void)
{
	return ms_of(CLOCK_THREAD_CPUTIME_ID);
}

double face_bench_wall(void)
{
	return ms_of(CLOCK_MONOTONIC);
}

void face_bench_add(struct face_samples *s, double ms)
{
	if (s->count < FACE_BENCH_SAMPLES_MAX)
		s->ms[s->count++] = ms;
}

static int by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

double face_bench_at(struct face_samples *s, unsigned p)
{
	qsort(s->ms, s->count, sizeof s->ms[0], by_size);
	return s->count > 0 ? s->ms[(size_t)(s->count - 1) * p / 100] : NAN;
}

static void tell(const char *what, struct face_samples *s, const char *goal)
{
	printf("%-34s p50 %6.2f ms  p99 %6.2f ms%s\n", what, face_bench_at(s, 50), face_bench_at(s, 99), goal);
}

static uint8_t *read_file(const char *folder, const char *name, size_t *size)
{
	char path[4096];
	uint8_t *bytes = malloc(FILE_BYTES);
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *f = bytes != NULL ? fopen(path, "rbe") : NULL;
	if (f == NULL)
		face_bench_fail(path);
	*size = fread(bytes, 1, FILE_BYTES, f);
	fclose(f);
	return bytes;
}

/* --- pictures ------------------------------------------------------------------------------------------------------- */

/* The middle of the square portrait, in a document's proportions. */
static void make_portrait(const struct face_picture *from, struct face_picture *out)
{
	if (face_picture_new(PORTRAIT_WIDTH, PORTRAIT_HEIGHT, out) != PN_OK)
		face_bench_fail("no memory");
	const double scale = (double)from->height / PORTRAIT_HEIGHT;
	for (uint32_t y = 0; y < out->height; y++)
		for (uint32_t x = 0; x < out->width; x++) {
			const double left = (double)from->width / 2 + ((double)x - PORTRAIT_WIDTH / 2.0) * scale;
			const size_t at = (size_t)(y * scale) * from->width + (size_t)(left < 0 ? 0 : left);
			memcpy(out->pixels + 3 * ((size_t)y * out->width + x), from->pixels + 3 * at, 3);
		}
}

static void set_up(struct face_bench *b, const char *models, const char *portraits)
{
	static const struct scene holder = {.condition = SCENE_WELL, .who = 0, .other = 0};
	struct face_picture p;
	size_t size;
	uint8_t *bytes = read_file(portraits, "0.jpg", &size);
	*b = (struct face_bench){.models = models, .frames = malloc((size_t)FACE_BENCH_FRAMES * SCENE_BYTES)};
	if (b->frames == NULL || face_picture_jpeg(bytes, size, &p) != PN_OK)
		face_bench_fail("the portrait is none");
	make_portrait(&p, &b->face);
	face_bench_jp2(&b->face, DG2_BYTES, &b->dg2, &b->dg2_size);
	for (uint32_t i = 0; i < FACE_BENCH_FRAMES; i++)
		scene_draw(&p, 1, &holder, i, b->frames + (size_t)i * SCENE_BYTES);
	face_picture_free(&p);
	free(bytes);
}

static void decode(const char *what, const uint8_t *bytes, size_t size, const char *goal)
{
	struct face_samples s = {.count = 0};
	struct face_picture p;
	char about[100];
	for (unsigned i = 0; i < ROUNDS; i++) {
		const double begun = face_bench_cpu();
		if (face_picture_decode(bytes, size, &p) != PN_OK)
			face_bench_fail(what);
		face_bench_add(&s, face_bench_cpu() - begun);
		face_picture_free(&p);
	}
	snprintf(about, sizeof about, "  %zu bytes%s", size, goal);
	tell(what, &s, about);
}

static void decoders(const struct face_bench *b)
{
	const struct face_picture frame = {SCENE_WIDTH, SCENE_HEIGHT, b->frames};
	uint8_t *jpeg;
	size_t size;
	decode("portrait 413 x 531, JPEG 2000", b->dg2, b->dg2_size, " (goal 10 ms)");
	if (face_picture_to_jpeg(&b->face, 80, &jpeg, &size) != PN_OK)
		face_bench_fail("no JPEG");
	decode("the same as JPEG", jpeg, size, "");
	free(jpeg);
	if (face_picture_to_jpeg(&frame, 85, &jpeg, &size) != PN_OK)
		face_bench_fail("no JPEG");
	decode("frame 640 x 480, JPEG", jpeg, size, "");
	free(jpeg);
}

/* --- networks ------------------------------------------------------------------------------------------------------- */

static int32_t int_at(const uint8_t *b)
{
	return (int32_t)((uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24);
}

/* Of the convolutions, from the file alone (net.h); each value's height and width follow from those of what it is made of. */
static double multiplications(const uint8_t *file)
{
	enum { MOST = 257 };
	const uint8_t *head = file + 8, *op = head + 24 + 4 * (size_t)int_at(head + 16);
	int32_t height[MOST] = {int_at(head)}, width[MOST] = {int_at(head + 4)}, channels[MOST] = {int_at(head + 8)};
	double sum = 0;
	for (int32_t i = 0; i < int_at(head + 12) && i + 1 < MOST; i++, op += 48) {
		const int32_t kind = int_at(op), a = int_at(op + 4), b = int_at(op + 8), size = int_at(op + 12), step = int_at(op + 16),
			      around = int_at(op + 20) + int_at(op + 24);
		channels[i + 1] = int_at(op + 28);
		height[i + 1] = kind == 3 ? (height[a] > height[b] ? height[a] : height[b]) : kind == 6 ? 1 : (height[a] + around - size) / step + 1;
		width[i + 1] = kind == 3 ? (width[a] > width[b] ? width[a] : width[b]) : kind == 6 ? 1 : (width[a] + around - size) / step + 1;
		if (kind <= 2)
			sum += (double)height[i + 1] * width[i + 1] * channels[i + 1] * size * size * (kind == 1 ? channels[a] : 1);
	}
	return sum;
}

/* Multiply-adds of a millisecond, best of many. */
static double peak(const struct face_kernel *kernel)
{
	static _Alignas(64) float panel[PEAK_DEPTH * FACE_PANEL], rows[PEAK_ROWS * PEAK_DEPTH], bias[FACE_PANEL], out[PEAK_ROWS * FACE_PANEL];
	const struct face_product p = {.rows = rows, .panel = panel, .bias = bias, .out = out, .count = PEAK_ROWS, .depth = PEAK_DEPTH,
		.wide = FACE_PANEL, .stride = FACE_PANEL};
	double best = 0;
	for (unsigned r = 0; r < 50; r++) {
		const double begun = face_bench_cpu();
		for (unsigned i = 0; i < 1000; i++)
			kernel->multiply(&p);
		const double rate = 1000.0 * PEAK_ROWS * PEAK_DEPTH * FACE_PANEL / (face_bench_cpu() - begun);
		best = rate > best ? rate : best;
	}
	return best;
}

static void networks(const char *models)
{
	static const struct {
		const char *file, *what;
		unsigned times; /* in a frame */
	} nets[] = {{"blazeface.net", "detector", 1}, {"facemesh.net", "landmarks", 1}, {"dlib29.net", "embedding", 2}};
	double rate[2] = {peak(&face_kernel_plain), 0}, frame[2] = {0, 0}, least[2] = {0, 0};
	for (size_t i = 0; i < sizeof nets / sizeof nets[0]; i++) {
		struct face_net *n;
		size_t size;
		uint8_t *file = read_file(models, nets[i].file, &size);
		if (face_net_new(file, size, &n) != PN_OK)
			face_bench_fail(nets[i].file);
#if defined(__x86_64__)
		if (strcmp(face_net_kernel(n), "plain") != 0 && rate[1] == 0)
			rate[1] = peak(&face_kernel_avx2);
#endif
		for (unsigned fast = rate[1] != 0; fast < 2; fast--) {
			struct face_samples s = {.count = 0};
			const double floor_ms = multiplications(file) / rate[fast];
			char what[64], about[64];
			if (fast == 0)
				face_net_use_plain(n);
			for (unsigned r = 0; r < ROUNDS; r++) {
				const double begun = face_bench_cpu();
				face_net_run(n);
				face_bench_add(&s, face_bench_cpu() - begun);
			}
			snprintf(what, sizeof what, "%s, kernel %s", nets[i].what, face_net_kernel(n));
			snprintf(about, sizeof about, "  at most speed %5.2f ms, ratio %.2f", floor_ms, face_bench_at(&s, 50) / floor_ms);
			tell(what, &s, about);
			frame[fast] += nets[i].times * face_bench_at(&s, 50);
			least[fast] += nets[i].times * floor_ms;
			if (fast == 0)
				break;
		}
		face_net_free(n);
		free(file);
	}
	for (unsigned fast = 0; fast < 2; fast++)
		if (rate[fast] != 0)
			printf("a frame's networks, kernel %-6s     %6.2f ms, at most speed %.2f ms, ratio %.2f\n", fast ? "avx2" : "plain", frame[fast], least[fast],
				frame[fast] / least[fast]);
}

/* --- a frame -------------------------------------------------------------------------------------------------------- */

static struct face_frame frame_at(const struct face_bench *b, unsigned i)
{
	return (struct face_frame){.struct_size = sizeof(struct face_frame), .width = SCENE_WIDTH, .height = SCENE_HEIGHT, .stride = SCENE_WIDTH * 3,
		.format = FACE_RGB24, .pixels = b->frames + (size_t)(i % FACE_BENCH_FRAMES) * SCENE_BYTES};
}

static void stages(const struct face_bench *b, struct face_matcher *m)
{
	struct face_samples look = {.count = 0}, detect = {.count = 0}, quality = {.count = 0}, embed = {.count = 0};
	static uint8_t templ[FACE_TEMPLATE_MAX];
	for (unsigned i = 0; i < ROUNDS; i++) {
		const struct face_frame f = frame_at(b, i);
		struct face_found found[4];
		struct face_quality q = {.struct_size = sizeof q};
		struct camera_look seen;
		uint32_t count = 0, size = sizeof templ;
		double t[5] = {face_bench_cpu()};
		camera_look_at(f.pixels, f.width, f.height, f.stride, 3, &seen);
		t[1] = face_bench_cpu();
		if (m->engine[0]->detect(m->self[0], &f, found, 4, &count) != PN_OK || count != 1)
			face_bench_fail("no face in the scene");
		t[2] = face_bench_cpu();
		if (m->engine[1]->quality(m->self[1], &f, &found[0], &q) != PN_OK)
			face_bench_fail("no quality");
		t[3] = face_bench_cpu();
		if (m->engine[2]->extract(m->self[2], &f, &found[0], templ, &size) != PN_OK)
			face_bench_fail("no template");
		t[4] = face_bench_cpu();
		face_bench_add(&look, t[1] - t[0]);
		face_bench_add(&detect, t[2] - t[1]);
		face_bench_add(&quality, t[3] - t[2]);
		face_bench_add(&embed, t[4] - t[3]);
	}
	tell("is it seen at all", &look, "");
	tell("detector and landmarks", &detect, "");
	tell("quality", &quality, "");
	tell("embedding, face and mirror image", &embed, "");
}

/* The scene half as large again in the middle of what camera-v4l2 asks a camera for by default, with grey on both sides. */
static uint8_t *large_frames(const struct face_bench *b)
{
	enum { LEFT = (LARGE_WIDTH - SCENE_WIDTH * 3 / 2) / 2 };
	uint8_t *out = malloc((size_t)LARGE_FRAMES * LARGE_BYTES);
	if (out == NULL)
		face_bench_fail("no memory");
	memset(out, 128, (size_t)LARGE_FRAMES * LARGE_BYTES);
	for (size_t i = 0; i < LARGE_FRAMES; i++)
		for (size_t y = 0; y < LARGE_HEIGHT; y++)
			for (size_t x = 0; x < SCENE_WIDTH * 3 / 2; x++)
				memcpy(out + i * LARGE_BYTES + 3 * (y * LARGE_WIDTH + LEFT + x),
					b->frames + i * SCENE_BYTES + 3 * (y * 2 / 3 * SCENE_WIDTH + x * 2 / 3), 3);
	return out;
}

/* As match-face does it, from the query's bytes to the session, one session after the other. */
static void whole_frames(const struct face_bench *b, struct face_stage *stage, const struct face_frame *as, uint32_t count, const char *what)
{
	static const char crossing[] = "01J00000000000000000000001";
	struct face_samples s = {.count = 0}, taking = {.count = 0};
	const uint32_t bytes = as->height * as->stride;
	Postern__FaceFrame frame[FACE_BENCH_FRAMES], *list[FACE_BENCH_FRAMES];
	Postern__MatchFace q = POSTERN__MATCH_FACE__INIT;
	Postern__FaceMatched matched;
	Postern__ReferenceTaken taken;
	for (unsigned i = 0; i < count; i++) {
		postern__face_frame__init(&frame[i]);
		frame[i].format = POSTERN__FRAME_FORMAT__FRAME_RGB24;
		frame[i].width = as->width;
		frame[i].height = as->height;
		frame[i].offset = i * bytes;
		frame[i].size = bytes;
		list[i] = &frame[i];
	}
	q.frames = list;
	q.n_frames = count;
	for (unsigned r = 0; r < ROUNDS / count + 1; r++) {
		double begun = face_bench_cpu();
		face_stage_take(stage, crossing, b->dg2, b->dg2_size, &taken);
		face_bench_add(&taking, face_bench_cpu() - begun);
		if (taken.result != POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL || !face_stage_begin(stage, crossing, &q, as->pixels, &matched))
			face_bench_fail("no reference");
		for (unsigned i = 0; i < count; i++) {
			begun = face_bench_cpu();
			face_stage_look(stage, &q, i, as->pixels, (size_t)count * bytes);
			face_bench_add(&s, face_bench_cpu() - begun);
		}
		face_stage_decide(stage, &q, as->pixels, (size_t)count * bytes, &matched);
		if (matched.result != POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL)
			face_bench_fail("the holder is not matched");
		face_stage_shown(stage);
	}
	tell(what, &s, "  (goal 40 ms)");
	if (as->width == SCENE_WIDTH)
		tell("the chip's portrait, whole", &taking, "");
}

int main(int argc, char **argv)
{
	static struct face_stage stage;
	struct face_bench b;
	struct face_matcher matcher;
	struct face_folder *folder;
	char why_text[200] = "";
	struct text why;
	const struct face_engine *engine = face_reference_engine();
	if (argc != 3)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	set_up(&b, argv[1], argv[2]);
	text_init(&why, why_text, sizeof why_text);
	if (face_folder_load(argv[1], &folder, &why) != PN_OK)
		face_bench_fail(why_text);
	const struct face_opening o = {.struct_size = sizeof o, .file_count = folder->model->files_count, .files = folder->files};
	if (face_matcher_open(&engine, 1, &o, &matcher) != PN_OK)
		face_bench_fail("the engine does not open");
	face_folder_drop_files(folder);
	stage.matcher = &matcher;
	stage.folder = folder;
	stage.settings.limits = face_limits_default;
	stage.settings.frames_min = 3;
	stage.settings.attempts = 1;
	if (face_model_threshold(folder->model, 0.001, &stage.settings.threshold) != PN_OK)
		face_bench_fail("no threshold");
	printf("processor time, %u rounds; a camera's frames of 640 x 480\n", (unsigned)ROUNDS);
	stages(&b, &matcher);
	struct face_frame as = frame_at(&b, 0);
	uint8_t *large = large_frames(&b);
	whole_frames(&b, &stage, &as, FACE_BENCH_FRAMES, "a frame, whole");
	as.width = LARGE_WIDTH;
	as.height = LARGE_HEIGHT;
	as.stride = LARGE_WIDTH * 3;
	as.pixels = large;
	whole_frames(&b, &stage, &as, LARGE_FRAMES, "a frame of 1280 x 720, whole");
	free(large);
	networks(argv[1]);
	decoders(&b);
	face_stage_forget(&stage);
	face_matcher_close(&matcher);
	face_folder_free(folder);
	face_bench_asked(&b);
	face_picture_free(&b.face);
	free(b.dg2);
	free(b.frames);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 * `postern face`: the reference matcher by hand. Must never say that two pictures match by a
 * threshold that the models' table has not.
 */
#include "face.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "face/engines.h"
#include "face/picture.h"
#include "json/json.h"

int face_tool_open(struct cli *cli, struct face_tool *t)
{
	char why_text[256] = "";
	struct text why;
	const char *folder = cli_value(cli, "model");
	const struct face_engine *engines[FACE_ENGINES_MAX];
	size_t engine_count;
	text_init(&why, why_text, sizeof why_text);
	*t = (struct face_tool){0};
	int r = face_folder_load(folder, &t->folder, &why);
	if (r != PN_OK)
		return cli_fail(cli, r == PN_EIO ? CLI_UNAVAILABLE : CLI_USAGE, "--model %s: %s",
			folder, why_text);
	const struct face_opening opening = {.struct_size = sizeof opening,
		.file_count = t->folder->model->files_count,
		.files = t->folder->files,
		.folder = folder};
	r = face_engines_of(t->folder, engines, &engine_count);
	if (r == PN_EUNSUPPORTED) {
		face_folder_free(t->folder);
		t->folder = NULL;
		return cli_fail(cli, CLI_USAGE, "--model %s: has ONNX files; this build has no OpenCV (docs/face.md)", folder);
	}
	r = face_matcher_open(engines, engine_count, &opening, &t->matcher);
	face_folder_drop_files(t->folder);
	if (r == PN_OK)
		return CLI_OK;
	face_folder_free(t->folder);
	t->folder = NULL;
	return cli_fail(cli, CLI_USAGE,
		"--model %s: its networks are not what their slots are called (%s)", folder,
		pn_err_name(r));
}

void face_tool_close(struct face_tool *t)
{
	if (t->folder == NULL)
		return;
	face_matcher_close(&t->matcher);
	face_folder_free(t->folder);
	t->folder = NULL;
}

/* One number of a PGM's head, and the one white space after it. */
static bool pgm_number(const uint8_t *bytes, size_t size, size_t *at, uint32_t *out)
{
	uint32_t v = 0;
	size_t digits = 0;
	while (*at < size && strchr(" \t\r\n", bytes[*at]) != NULL && bytes[*at] != '\0')
		++*at;
	for (; *at < size && bytes[*at] >= '0' && bytes[*at] <= '9' && digits < 6; digits++)
		v = v * 10 + (uint32_t)(bytes[(*at)++] - '0');
	*out = v;
	return digits > 0 && *at < size && strchr(" \t\r\n", bytes[*at]) != NULL &&
	       bytes[*at] != '\0';
}

/* Netpbm's pgm(5), binary, 8 bits, without comments: what ORL's faces are in. */
static int read_pgm(const uint8_t *bytes, size_t size, struct face_picture *out)
{
	uint32_t width, height, most;
	size_t at = 2;
	*out = (struct face_picture){0};
	if (!pgm_number(bytes, size, &at, &width) || !pgm_number(bytes, size, &at, &height) ||
		!pgm_number(bytes, size, &at, &most) || most != 255)
		return PN_EFORMAT;
	at++;
	int r = face_picture_new(width, height, out);
	if (r == PN_OK && size - at < (size_t)width * height) {
		face_picture_free(out);
		r = PN_EFORMAT;
	}
	for (size_t i = 0; r == PN_OK && i < (size_t)width * height * 3; i++)
		out->pixels[i] = bytes[at + i / 3];
	return r;
}

int face_tool_capture(struct cli *cli, struct face_tool *t, const char *path,
	const struct face_limits *limits, struct face_capture *out)
{
	uint8_t *bytes = NULL;
	size_t size = 0;
	struct face_picture p;
	int r = cli_read_file(path, FACE_PICTURE_BYTES_MAX, &bytes, &size);
	if (r != PN_OK)
		return cli_fail(cli, r == PN_ELIMIT ? CLI_USAGE : CLI_UNAVAILABLE, "%s: %s", path,
			pn_err_name(r));
	if (size >= 2 && memcmp(bytes, "P5", 2) == 0)
		r = read_pgm(bytes, size, &p);
	else
		r = face_picture_decode(bytes, size, &p);
	explicit_bzero(bytes, size);
	free(bytes);
	if (r != PN_OK)
		return cli_fail(cli, CLI_USAGE, "%s: no picture that can be decoded (%s)", path,
			pn_err_name(r));
	const struct face_frame frame = {.struct_size = sizeof frame,
		.width = p.width,
		.height = p.height,
		.stride = p.width * 3,
		.format = FACE_RGB24,
		.pixels = p.pixels};
	r = face_matcher_capture(&t->matcher, &frame, limits, out);
	face_picture_free(&p);
	return r == PN_OK ? CLI_OK : cli_fail(cli, CLI_USAGE, "%s: %s", path, pn_err_name(r));
}

void face_tool_faults(uint32_t faults, struct text *out)
{
	for (uint32_t bit = 1; bit <= faults; bit <<= 1)
		if ((faults & bit) != 0)
			text_add(out, "%s%s", out->len > 0 ? " " : "",
				face_fault_name((enum face_fault)bit));
}

static void put_measure(struct json *j, const char *name, float value, float scale)
{
	if (isfinite(value))
		json_number(j, name, lroundf(value * scale));
	else
		json_null(j, name);
}

static void show(struct cli *cli, struct json *j, const char *path, const struct face_capture *c)
{
	char faults[200] = "";
	struct text t;
	const struct face_quality *q = &c->quality;
	text_init(&t, faults, sizeof faults);
	face_tool_faults(c->faults, &t);
	if (!cli->json) {
		fprintf(cli->out,
			"%s\n  faces %u, eyes %.0f pixels apart, yaw %.0f, pitch %.0f, roll %.0f, "
			"sharpness %.0f, brightness %.2f, clipped %.2f\n"
			"  eyes open, mouth closed: not assessed\n  %s\n",
			path, q->faces, (double)q->eye_distance, (double)q->yaw, (double)q->pitch,
			(double)q->roll, (double)q->sharpness, (double)q->brightness,
			(double)q->clipped, faults[0] != '\0' ? faults : "no fault");
		return;
	}
	json_object(j, NULL);
	json_string(j, "file", path);
	json_unsigned(j, "faces", q->faces);
	put_measure(j, "eye_distance_pixels", q->eye_distance, 1);
	put_measure(j, "yaw_degrees", q->yaw, 1);
	put_measure(j, "pitch_degrees", q->pitch, 1);
	put_measure(j, "roll_degrees", q->roll, 1);
	put_measure(j, "sharpness", q->sharpness, 1);
	put_measure(j, "brightness_permille", q->brightness, 1000);
	put_measure(j, "clipped_permille", q->clipped, 1000);
	put_measure(j, "eyes_open_permille", q->eyes_open, 1000);
	put_measure(j, "mouth_closed_permille", q->mouth_closed, 1000);
	json_string(j, "faults", faults);
	json_end_object(j);
}

/* table NULL: nobody measured a threshold for what was asked. */
static int tell(struct cli *cli, struct json *j, bool scored, float score,
	const struct face_threshold *table)
{
	const char *result = !scored || table == NULL        ? "undetermined"
			     : (double)score >= table->score ? "match"
							     : "no match";
	if (cli->json) {
		json_end_array(j);
		json_string(j, "result", result);
		if (scored)
			json_number(j, "score_permille", lroundf(score * 1000));
		else
			json_null(j, "score_permille");
		if (table != NULL) {
			json_number(j, "threshold_permille", lround(table->score * 1000));
			json_number(j, "fmr_millionths", lround(table->fmr * 1e6));
			json_string(j, "measured_on", table->about);
		}
		json_end_object(j);
		json_finish(j);
	} else {
		if (scored)
			fprintf(cli->out, "score      %.3f\n", (double)score);
		if (table != NULL)
			fprintf(cli->out, "threshold  %.3f: false match rate %g, measured on %s\n",
				table->score, table->fmr, table->about);
		else
			fputs("threshold  none: the models' table has none for that false match "
			      "rate\n",
				cli->out);
		fprintf(cli->out, "result     %s\n", result);
	}
	return strcmp(result, "match") == 0 ? CLI_OK : CLI_FINDING;
}

static int verify_with(
	struct cli *cli, struct face_tool *tool, struct face_capture *captures, double fmr)
{
	const struct face_capture *probes[FACE_PROBES_MAX];
	const struct face_threshold *table = NULL;
	const size_t count = cli->argument_count - 1;
	struct json j;
	float score = 0;
	bool whole = true;
	for (size_t i = 0; i <= count; i++) {
		int r = face_tool_capture(
			cli, tool, cli->arguments[i], &face_limits_default, &captures[i]);
		if (r != CLI_OK)
			return r;
		whole = whole && captures[i].size > 0;
		if (i > 0)
			probes[i - 1] = &captures[i];
	}
	if (whole &&
		face_matcher_score(&tool->matcher, &captures[0], probes, count, &score) != PN_OK)
		whole = false;
	json_begin(&j, cli->out, true);
	if (cli->json) {
		json_object(&j, NULL);
		json_string(&j, "model", tool->folder->model->name);
		json_string(&j, "model_sha256", tool->folder->digest);
		json_array(&j, "pictures");
	}
	for (size_t i = 0; i <= count; i++)
		show(cli, &j, cli->arguments[i], &captures[i]);
	if (face_model_threshold(tool->folder->model, fmr, &table) != PN_OK)
		table = NULL;
	return tell(cli, &j, whole, score, table);
}

static int verify(struct cli *cli)
{
	struct face_tool tool;
	const char *text = cli_value(cli, "fmr");
	char *end = NULL;
	const double fmr = text != NULL ? strtod(text, &end) : 0.001;
	if ((end != NULL && *end != '\0') || !(fmr > 0 && fmr < 1))
		return cli_fail(cli, CLI_USAGE, "--fmr %s: expected a rate between 0 and 1", text);
	struct face_capture *captures = calloc(cli->argument_count, sizeof *captures);
	if (captures == NULL)
		return cli_fail(cli, CLI_UNAVAILABLE, "out of memory");
	int r = face_tool_open(cli, &tool);
	if (r == CLI_OK)
		r = verify_with(cli, &tool, captures, fmr);
	face_tool_close(&tool);
	explicit_bzero(captures, cli->argument_count * sizeof *captures);
	free(captures);
	return r;
}

const struct cli_command face_commands[] = {
	{"face", "verify", "REFERENCE PROBE...", 2, 1 + FACE_PROBES_MAX,
		"Compare faces in pictures, one to one",
		"JPEG, JPEG 2000 or binary PGM. Several probes of one person are fused, as a lane "
		"fuses its frames. Exit status 1\n"
		"when they do not match, when a face is missing, or when the table has no "
		"threshold for that rate. The reference\n"
		"matcher is not certified: see docs/face.md.",
		{{"model", "DIR", "folder of models, with model.json", true},
			{"fmr", "RATE", "false match rate of the threshold (default: 0.001)",
				false}},
		verify},
	{"face", "eval", "", 0, 0,
		"Measure false matches and false non-matches on pictures of one's own",
		"Pictures lie as DIR/PERSON/FILE, as LFW's and ORL's do. With --pairs, those "
		"of LFW's pairs.txt are compared; without,\n"
		"every picture with every other. A picture without a face matches nothing, and is "
		"counted.",
		{{"model", "DIR", "folder of models, with model.json", true},
			{"dir", "DIR", "folder of pictures", true},
			{"pairs", "FILE", "LFW's pairs.txt", false}},
		face_eval},
	{0},
};

/* SPDX-License-Identifier: Apache-2.0
 * `postern face eval`: rates over many pairs (ISO/IEC 19795-1: false match rate, false non-match
 * rate, DET). Scores are counted in bins of a ten-thousandth, so that millions of pairs need no
 * memory. Must never leave out a pair because its pictures are hard.
 */
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "face.h"
#include "json/json.h"

enum {
	PICTURES_MAX = 50000,
	NAME_BYTES = 200,
	PATH_BYTES = 4096,
	BINS = 40000,
	PER_UNIT = 10000,
	LOWEST = -3,
	PAIRS_BYTES_MAX = 16 << 20
};

struct picture {
	char name[NAME_BYTES]; /* PERSON/FILE */
	size_t person;         /* length of PERSON */
	uint32_t size;         /* of the template; 0: no face */
	uint8_t *templ;
};

struct rates {
	uint64_t genuine[BINS], impostor[BINS]; /* by score, from LOWEST on */
	uint64_t genuine_count, impostor_count;
};

struct eval {
	struct cli *cli;
	struct face_tool tool;
	const char *folder;
	struct picture *pictures;
	size_t count;
	uint64_t faceless;
	struct rates rates;
};

static void pair(struct eval *e, const struct picture *a, const struct picture *b, bool genuine)
{
	const struct face_engine *engine = e->tool.matcher.engine[2];
	float score = LOWEST;
	if (a->size == 0 || b->size == 0 ||
		engine->compare(e->tool.matcher.self[2], a->templ, a->size, b->templ, b->size,
			&score) != PN_OK)
		score = LOWEST;
	long bin = (long)floorf((score - LOWEST) * PER_UNIT);
	bin = bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin;
	if (genuine) {
		e->rates.genuine[bin]++;
		e->rates.genuine_count++;
	} else {
		e->rates.impostor[bin]++;
		e->rates.impostor_count++;
	}
}

static int take(struct eval *e, const char *person, const char *file, size_t *at)
{
	char path[PATH_BYTES];
	struct face_capture *c;
	struct picture *p = &e->pictures[e->count];
	if (e->count == PICTURES_MAX)
		return cli_fail(e->cli, CLI_USAGE, "more than %d pictures", PICTURES_MAX);
	if (snprintf(p->name, sizeof p->name, "%s/%s", person, file) >= (int)sizeof p->name ||
		snprintf(path, sizeof path, "%s/%s", e->folder, p->name) >= (int)sizeof path)
		return cli_fail(e->cli, CLI_USAGE, "%s/%s: too long a name", person, file);
	c = malloc(sizeof *c);
	if (c == NULL)
		return cli_fail(e->cli, CLI_UNAVAILABLE, "out of memory");
	int r = face_tool_capture(e->cli, &e->tool, path, NULL, c);
	if (r == CLI_OK) {
		p->person = strlen(person);
		p->size = c->size;
		p->templ = malloc(c->size + 1);
		if (p->templ != NULL)
			memcpy(p->templ, c->templ, c->size);
		else
			p->size = 0;
		e->faceless += c->size == 0;
		*at = e->count++;
	}
	explicit_bzero(c, sizeof *c);
	free(c);
	return r;
}

static int visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static int take_person(struct eval *e, const char *person)
{
	char path[PATH_BYTES];
	struct dirent **files = NULL;
	size_t at;
	int r = CLI_OK;
	if (snprintf(path, sizeof path, "%s/%s", e->folder, person) >= (int)sizeof path)
		return cli_fail(e->cli, CLI_USAGE, "%s: too long a name", person);
	int n = scandir(path, &files, visible, alphasort);
	if (n < 0) /* a file beside the folders of persons, as ORL's README */
		return errno == ENOTDIR
			       ? CLI_OK
			       : cli_fail(e->cli, CLI_UNAVAILABLE, "%s: cannot be read", path);
	for (int i = 0; i < n; i++) {
		if (r == CLI_OK)
			r = take(e, person, files[i]->d_name, &at);
		free(files[i]);
	}
	free(files);
	return r;
}

static int every_pair(struct eval *e)
{
	struct dirent **persons = NULL;
	int r = CLI_OK, n = scandir(e->folder, &persons, visible, alphasort);
	if (n < 0)
		return cli_fail(e->cli, CLI_UNAVAILABLE, "%s: cannot be read", e->folder);
	for (int i = 0; i < n; i++) {
		if (r == CLI_OK)
			r = take_person(e, persons[i]->d_name);
		free(persons[i]);
	}
	free(persons);
	for (size_t a = 0; r == CLI_OK && a < e->count; a++)
		for (size_t b = a + 1; b < e->count; b++) {
			const struct picture *p = &e->pictures[a], *q = &e->pictures[b];
			pair(e, p, q,
				p->person == q->person && memcmp(p->name, q->name, p->person) == 0);
		}
	return r;
}

/* LFW's names: PERSON/PERSON_0001.jpg. A picture that was taken before is not taken again. */
static int take_numbered(struct eval *e, const char *person, const char *number, size_t *at)
{
	char file[NAME_BYTES], name[2 * NAME_BYTES];
	char *end;
	const long n = strtol(number, &end, 10);
	if (*end != '\0' || n < 0 || n > 9999 ||
		snprintf(file, sizeof file, "%s_%04ld.jpg", person, n) >= (int)sizeof file)
		return cli_fail(e->cli, CLI_USAGE, "--pairs: %s %s is no picture", person, number);
	snprintf(name, sizeof name, "%s/%s", person, file);
	for (size_t i = 0; i < e->count; i++)
		if (strcmp(e->pictures[i].name, name) == 0) {
			*at = i;
			return CLI_OK;
		}
	return take(e, person, file, at);
}

static int one_line(struct eval *e, char *line)
{
	char *field[5] = {0}, *rest = line;
	size_t fields = 0, a = 0, b = 0;
	while (fields < 5 && (field[fields] = strtok_r(rest, " \t\r", &rest)) != NULL)
		fields++;
	if (fields < 3) /* the head says how many there are */
		return CLI_OK;
	if (fields == 5)
		return cli_fail(e->cli, CLI_USAGE, "--pairs: a line of more than four fields");
	int r = take_numbered(e, field[0], field[1], &a);
	if (r == CLI_OK)
		r = fields == 3 ? take_numbered(e, field[0], field[2], &b)
				: take_numbered(e, field[2], field[3], &b);
	if (r == CLI_OK)
		pair(e, &e->pictures[a], &e->pictures[b], fields == 3);
	return r;
}

static int listed_pairs(struct eval *e, const char *path)
{
	uint8_t *bytes = NULL;
	size_t size = 0;
	int r = cli_read_file(path, PAIRS_BYTES_MAX, &bytes, &size);
	if (r != PN_OK)
		return cli_fail(e->cli, CLI_UNAVAILABLE, "%s: %s", path, pn_err_name(r));
	char *text = malloc(size + 1), *rest = text;
	r = text != NULL ? CLI_OK : cli_fail(e->cli, CLI_UNAVAILABLE, "out of memory");
	if (text != NULL) {
		memcpy(text, bytes, size);
		text[size] = '\0';
	}
	for (char *line; r == CLI_OK && (line = strsep(&rest, "\n")) != NULL;)
		r = one_line(e, line);
	free(text);
	free(bytes);
	return r;
}

struct point {
	double fmr, fnmr, threshold; /* of the pairs: rates at this threshold */
	bool there;
};

/* The lowest threshold whose false match rate is at most fmr. */
static struct point at_rate(const struct rates *r, double fmr)
{
	uint64_t above = 0, below = 0;
	long bin = BINS;
	struct point p = {.there = r->impostor_count > 0 && r->genuine_count > 0 &&
				   fmr * (double)r->impostor_count >= 1};
	while (bin > 1 && (double)(above + r->impostor[bin - 1]) <= fmr * (double)r->impostor_count)
		above += r->impostor[--bin];
	for (long i = 0; i < bin; i++)
		below += r->genuine[i];
	if (p.there) {
		p.fmr = (double)above / (double)r->impostor_count;
		p.fnmr = (double)below / (double)r->genuine_count;
		p.threshold = LOWEST + (double)bin / PER_UNIT;
	}
	return p;
}

static void show(struct eval *e)
{
	static const double wanted[] = {
		0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001, 0.00001};
	const struct rates *r = &e->rates;
	FILE *out = e->cli->out;
	struct json j;
	json_begin(&j, out, true);
	if (e->cli->json) {
		json_object(&j, NULL);
		json_string(&j, "model", e->tool.folder->model->name);
		json_string(&j, "model_sha256", e->tool.folder->digest);
		json_unsigned(&j, "pictures", e->count);
		json_unsigned(&j, "without_face", e->faceless);
		json_unsigned(&j, "genuine_pairs", r->genuine_count);
		json_unsigned(&j, "impostor_pairs", r->impostor_count);
		json_array(&j, "det");
	} else {
		fprintf(out,
			"pictures   %zu, %llu without a face\npairs      %llu genuine, %llu "
			"impostor\nFMR        FNMR       threshold\n",
			e->count, (unsigned long long)e->faceless,
			(unsigned long long)r->genuine_count,
			(unsigned long long)r->impostor_count);
	}
	for (size_t i = 0; i < PN_COUNT(wanted); i++) {
		const struct point p = at_rate(r, wanted[i]);
		if (!e->cli->json) {
			if (p.there)
				fprintf(out, "%-10g %-10.5f %.4f\n", wanted[i], p.fnmr,
					p.threshold);
			else
				fprintf(out, "%-10g too few pairs\n", wanted[i]);
			continue;
		}
		if (!p.there)
			continue;
		json_object(&j, NULL);
		json_number(&j, "fmr_at_most_millionths", lround(wanted[i] * 1e6));
		json_number(&j, "fmr_millionths", lround(p.fmr * 1e6));
		json_number(&j, "fnmr_millionths", lround(p.fnmr * 1e6));
		json_number(&j, "threshold_ten_thousandths", lround(p.threshold * PER_UNIT));
		json_end_object(&j);
	}
	if (e->cli->json) {
		json_end_array(&j);
		json_end_object(&j);
		json_finish(&j);
	}
}

int face_eval(struct cli *cli)
{
	const char *pairs = cli_value(cli, "pairs");
	struct eval *e = calloc(1, sizeof *e);
	int r = CLI_UNAVAILABLE;
	if (e == NULL)
		return cli_fail(cli, CLI_UNAVAILABLE, "out of memory");
	e->cli = cli;
	e->folder = cli_value(cli, "dir");
	e->pictures = calloc(PICTURES_MAX, sizeof *e->pictures);
	if (e->pictures == NULL) {
		cli_fail(cli, CLI_UNAVAILABLE, "out of memory");
		goto out;
	}
	r = face_tool_open(cli, &e->tool);
	if (r == CLI_OK)
		r = pairs != NULL ? listed_pairs(e, pairs) : every_pair(e);
	if (r == CLI_OK)
		show(e);
	face_tool_close(&e->tool);
	for (size_t i = 0; i < e->count; i++) {
		if (e->pictures[i].templ != NULL)
			explicit_bzero(e->pictures[i].templ, e->pictures[i].size);
		free(e->pictures[i].templ);
	}
out:
	free(e->pictures);
	free(e);
	return r;
}

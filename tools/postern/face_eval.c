/* SPDX-License-Identifier: Apache-2.0
 * `postern face eval`: rates over every pair of a folder of pictures, or over those of a list of LFW's form. Must never leave out a pair
 * because its pictures are hard, nor a line of the list because it is odd.
 */
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "face.h"
#include "face_rates.h"
#include "json/json.h"

enum {
	PICTURES_MAX = 50000,
	NAME_BYTES = 200,
	PATH_BYTES = 4096,
	PAIRS_BYTES_MAX = 16 << 20,
	PAIRS_MAX = 2000000,
	FOLDS_MAX = 1000
};

struct picture {
	char name[NAME_BYTES]; /* PERSON/FILE */
	size_t person;         /* length of PERSON */
	uint32_t size;         /* of the template; 0: no face */
	uint8_t *templ;
};

struct eval {
	struct cli *cli;
	struct face_tool tool;
	const char *folder;
	struct picture *pictures;
	size_t count;
	uint64_t faceless;
	struct face_rates rates;
	/* Of a list: its head's numbers, 0 without; and its pairs. */
	uint32_t folds, each;
	struct face_rates_pair *pairs;
	size_t pairs_count;
};

static float pair(struct eval *e, const struct picture *a, const struct picture *b, bool genuine)
{
	const struct face_engine *engine = e->tool.matcher.engine[2];
	float score = -INFINITY;
	if (a->size == 0 || b->size == 0 ||
		engine->compare(e->tool.matcher.self[2], a->templ, a->size, b->templ, b->size,
			&score) != PN_OK)
		score = -INFINITY;
	face_rates_add(&e->rates, score, genuine);
	return score;
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
			(void)pair(e, p, q,
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

/* "10 300", the folds and how many pairs of one person, and as many of two, are in each; or how many there are, of a list without folds. */
static bool is_head(const char *const *field, size_t fields, uint32_t *folds, uint32_t *each)
{
	unsigned long n[2] = {0};
	for (size_t i = 0; i < fields; i++) {
		char *end;
		n[i] = strtoul(field[i], &end, 10);
		if (*end != '\0' || n[i] == 0 || n[i] > PAIRS_MAX)
			return false;
	}
	if (fields == 2 && (n[0] > FOLDS_MAX || n[0] * n[1] * 2 > PAIRS_MAX))
		return false;
	*folds = fields == 2 ? (uint32_t)n[0] : 0;
	*each = fields == 2 ? (uint32_t)n[1] : 0;
	return true;
}

static int add_pair(struct eval *e, char *const *field, size_t fields)
{
	size_t a = 0, b = 0;
	if (e->pairs_count == PAIRS_MAX || (e->each > 0 && e->pairs_count == (size_t)e->folds * e->each * 2))
		return cli_fail(e->cli, CLI_USAGE, "--pairs: more pairs than %s", e->each > 0 ? "its head says" : "this reads");
	int r = take_numbered(e, field[0], field[1], &a);
	if (r == CLI_OK)
		r = fields == 3 ? take_numbered(e, field[0], field[2], &b)
				: take_numbered(e, field[2], field[3], &b);
	if (r != CLI_OK)
		return r;
	const float score = pair(e, &e->pictures[a], &e->pictures[b], fields == 3);
	e->pairs[e->pairs_count] = (struct face_rates_pair){score, fields == 3, e->each > 0 ? (uint32_t)(e->pairs_count / ((size_t)e->each * 2)) : 0};
	e->pairs_count++;
	return CLI_OK;
}

static int one_line(struct eval *e, char *line, bool first)
{
	char *field[5] = {0}, *rest = line;
	size_t fields = 0;
	while (fields < 5 && (field[fields] = strtok_r(rest, " \t\r", &rest)) != NULL)
		fields++;
	if (fields == 0 || (first && fields < 3 && is_head((const char *const *)field, fields, &e->folds, &e->each)))
		return CLI_OK;
	if (fields < 3 || fields == 5)
		return cli_fail(e->cli, CLI_USAGE, "--pairs: \"%s...\" is no pair", field[0]);
	return add_pair(e, field, fields);
}

static int each_line(struct eval *e, char *text)
{
	int r = CLI_OK;
	bool first = true;
	for (char *line, *rest = text; r == CLI_OK && (line = strsep(&rest, "\n")) != NULL; first = false)
		r = one_line(e, line, first);
	if (r == CLI_OK && e->pairs_count != (size_t)e->folds * e->each * 2 && e->each > 0)
		r = cli_fail(e->cli, CLI_USAGE, "--pairs: its head says %zu pairs, and there are %zu", (size_t)e->folds * e->each * 2, e->pairs_count);
	return r;
}

static int listed_pairs(struct eval *e, const char *path)
{
	uint8_t *bytes = NULL;
	size_t size = 0;
	int r = cli_read_file(path, PAIRS_BYTES_MAX, &bytes, &size);
	if (r != PN_OK)
		return cli_fail(e->cli, CLI_UNAVAILABLE, "%s: %s", path, pn_err_name(r));
	char *text = malloc(size + 1);
	e->pairs = calloc(PAIRS_MAX, sizeof *e->pairs);
	if (text != NULL && e->pairs != NULL) {
		memcpy(text, bytes, size);
		text[size] = '\0';
		r = each_line(e, text);
	} else {
		r = cli_fail(e->cli, CLI_UNAVAILABLE, "out of memory");
	}
	free(text);
	free(bytes);
	return r;
}

/* Over the list's folds; told with the rest. */
static void show_accuracy(struct eval *e, struct json *j)
{
	struct face_rates_accuracy a;
	if (e->folds < 2 || face_rates_folds(e->pairs, e->pairs_count, e->folds, &a) != PN_OK)
		return;
	if (!e->cli->json) {
		fprintf(e->cli->out, "accuracy   %.5f, standard error %.5f, over %u folds\n", a.mean, a.error, e->folds);
		return;
	}
	json_object(j, "accuracy");
	json_unsigned(j, "folds", e->folds);
	json_number(j, "mean_millionths", lround(a.mean * 1e6));
	json_number(j, "standard_error_millionths", lround(a.error * 1e6));
	json_end_object(j);
}

static void show(struct eval *e)
{
	static const double wanted[] = {
		0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001, 0.00001};
	const struct face_rates *r = &e->rates;
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
		const struct face_rates_point p = face_rates_at(r, wanted[i]);
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
		json_number(&j, "threshold_ten_thousandths", lround(p.threshold * FACE_RATES_PER_UNIT));
		json_end_object(&j);
	}
	if (e->cli->json)
		json_end_array(&j);
	show_accuracy(e, &j);
	if (e->cli->json) {
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
	free(e->pairs);
	free(e->pictures);
	free(e);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0
 * A core's metrics are OpenMetrics 1.0 text: read here by a small parser of its own, written after
 * the grammar of that specification (github.com/prometheus/OpenMetrics,
 * specification/OpenMetrics.md, "ABNF" and "Overall Structure"). The parser is itself shown texts
 * that it must refuse.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka.h needs those above it */
#include <cmocka.h>

#include "base/metrics.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

struct exposition {
	const char *at, *why;
	char families[128][96];
	size_t count, samples;
	char family[96], type[16]; /* the current family */
	bool has_help, has_type, has_sample;
};

static bool no(struct exposition *e, const char *why)
{
	e->why = why;
	return false;
}

static bool eat(struct exposition *e, const char *what)
{
	size_t n = strlen(what);
	if (strncmp(e->at, what, n) != 0)
		return false;
	e->at += n;
	return true;
}

/* metricname = metricname-initial-char 0*metricname-char */
static bool name(struct exposition *e, char out[96])
{
	size_t n = strspn(e->at, LETTERS DIGITS "_:");
	if (n == 0 || n > 95 || strchr(DIGITS, e->at[0]) != NULL)
		return no(e, "metric name");
	memcpy(out, e->at, n);
	out[n] = '\0';
	e->at += n;
	return true;
}

/* escaped-string: \\, \" and \n are the only escapes; ends before end, which is not eaten */
static bool escaped(struct exposition *e, char end)
{
	for (; *e->at != end; e->at++) {
		if (*e->at == '\0' || *e->at == '\n')
			return no(e, "text ends");
		if (*e->at == '\\') {
			e->at++;
			if (strchr("\\\"n", *e->at) == NULL || *e->at == '\0')
				return no(e, "escape");
		}
	}
	return true;
}

/* A new family begins with its metadata, and never comes twice. */
static bool enter(struct exposition *e, const char *family)
{
	if (strcmp(e->family, family) == 0)
		return e->has_sample ? no(e, "metadata after samples") : true;
	for (size_t i = 0; i < e->count; i++)
		if (strcmp(e->families[i], family) == 0)
			return no(e, "family twice");
	if (e->count == 128)
		return no(e, "too many families");
	snprintf(e->families[e->count++], 96, "%s", family);
	snprintf(e->family, 96, "%s", family);
	strcpy(e->type, "unknown");
	e->has_help = e->has_type = e->has_sample = false;
	return true;
}

static bool descriptor(struct exposition *e)
{
	char family[96];
	static const char *const types[] = {"counter", "gauge", "histogram", "gaugehistogram",
		"stateset", "info", "summary", "unknown"};
	bool help = eat(e, "# HELP ");
	if (!help && !eat(e, "# TYPE "))
		return no(e, "comment");
	if (!name(e, family) || !enter(e, family))
		return false;
	if (!eat(e, " "))
		return no(e, "blank");
	if (help) {
		if (e->has_help)
			return no(e, "HELP twice");
		e->has_help = true;
		if (!escaped(e, '\n'))
			return false;
		return eat(e, "\n");
	}
	if (e->has_type)
		return no(e, "TYPE twice");
	e->has_type = true;
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		size_t n = strlen(types[i]);
		if (strncmp(e->at, types[i], n) == 0 && e->at[n] == '\n') {
			snprintf(e->type, sizeof e->type, "%s", types[i]);
			e->at += n + 1;
			return true;
		}
	}
	return no(e, "type");
}

static bool labels(struct exposition *e)
{
	if (!eat(e, "{"))
		return true;
	if (eat(e, "}"))
		return true;
	do {
		size_t n = strspn(e->at, LETTERS DIGITS "_");
		if (n == 0 || strchr(DIGITS, e->at[0]) != NULL)
			return no(e, "label name");
		e->at += n;
		if (!eat(e, "=\"") || !escaped(e, '"') || !eat(e, "\""))
			return no(e, "label value");
	} while (eat(e, ","));
	return eat(e, "}") || no(e, "labels end");
}

static bool sample(struct exposition *e)
{
	char of[96];
	if (!name(e, of))
		return false;
	size_t n = strlen(e->family);
	const char *suffix = strncmp(of, e->family, n) == 0 && n > 0 ? of + n : NULL;
	if (suffix == NULL)
		return no(e, "sample outside its family");
	bool counter = strcmp(e->type, "counter") == 0;
	if (counter ? strcmp(suffix, "_total") != 0 : *suffix != '\0')
		return no(e, "suffix");
	if (!labels(e))
		return false;
	if (!eat(e, " "))
		return no(e, "blank before value");
	char *end;
	double value = strtod(e->at, &end);
	if (end == e->at || *end != '\n' || strspn(e->at, DIGITS "+-.eE") != (size_t)(end - e->at))
		return no(e, "value");
	if (counter && value < 0)
		return no(e, "negative counter");
	e->at = end + 1;
	e->has_sample = true;
	e->samples++;
	return true;
}

static bool parse(struct exposition *e, const char *text)
{
	*e = (struct exposition){.at = text};
	while (*e->at != '\0') {
		if (eat(e, "# EOF\n") || strcmp(e->at, "# EOF") == 0)
			return *e->at == '\0' || strcmp(e->at, "# EOF") == 0 ||
			       no(e, "text after EOF");
		if (*e->at == '#' ? !descriptor(e) : !sample(e))
			return false;
	}
	return no(e, "no EOF");
}

static void the_parser_refuses(void **state)
{
	static const char *const wrong[] = {
		"",
		"# TYPE a counter\na_total 1\n",
		"# TYPE a counter\na 1\n# EOF\n",
		"# TYPE a counter\na_total -1\n# EOF\n",
		"# TYPE a gauge\na_total 1\n# EOF\n",
		"# TYPE a guage\na 1\n# EOF\n",
		"# TYPE a gauge\n# TYPE a gauge\na 1\n# EOF\n",
		"# TYPE a gauge\na 1\n# HELP a late\n# EOF\n",
		"# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n# TYPE a gauge\na 2\n# EOF\n",
		"# TYPE a gauge\nb 1\n# EOF\n",
		"# TYPE a gauge\na{u=x} 1\n# EOF\n",
		"# TYPE a gauge\na{u=\"x} 1\n# EOF\n",
		"# TYPE a gauge\na{u=\"\\x\"} 1\n# EOF\n",
		"# TYPE a gauge\na{1=\"x\"} 1\n# EOF\n",
		"# TYPE a gauge\na one\n# EOF\n",
		"# TYPE a gauge\na  1\n# EOF\n",
		"# TYPE 1a gauge\n1a 1\n# EOF\n",
		"# TYPE a-b gauge\na-b 1\n# EOF\n",
		"# TYPE a gauge\na 1\n# EOF\na 1\n",
		"# a comment\n# EOF\n",
	};
	struct exposition e;
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		if (parse(&e, wrong[i]))
			fail_msg("accepted: %s", wrong[i]);
	assert_true(parse(&e, "# EOF\n"));
	assert_true(
		parse(&e, "# TYPE a counter\n# HELP a Say \\\"x\\\".\na_total{u=\"y\",v=\"\\\\\"} "
			  "1\n# TYPE b gauge\nb -1.5e3\n# EOF\n"));
	assert_int_equal(e.samples, 2);
}

static void exposition_is_open_metrics(void **state)
{
	static char buffer[64 * 1024];
	struct metrics m = {0};
	struct exposition e;
	struct text t;
	(void)state;
	for (int i = 0; i < METRIC_COUNT_; i++) {
		metrics_set(&m, (enum metric)i, i);
		metrics_add(&m, (enum metric)i, 1000000000000);
	}
	text_init(&t, buffer, sizeof buffer);
	metrics_print(&m, "lane-1", &t);
	text_add(&t, "# EOF\n");
	assert_false(t.truncated);
	if (!parse(&e, buffer))
		fail_msg("%s before: %.80s", e.why, e.at);
	assert_int_equal(e.count, METRIC_COUNT_);
	assert_int_equal(e.samples, METRIC_COUNT_);
	assert_non_null(
		strstr(buffer, "\npostern_crossings_total{unit=\"lane-1\"} 1000000000000\n"));
	/* one unit label, and no other: a label's value could come from a person */
	for (const char *at = buffer; (at = strchr(at, '{')) != NULL; at++)
		assert_int_equal(strncmp(at, "{unit=\"lane-1\"} ", 16), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_parser_refuses),
		cmocka_unit_test(exposition_is_open_metrics),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

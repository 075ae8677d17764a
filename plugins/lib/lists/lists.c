/* SPDX-License-Identifier: Apache-2.0
 * The importers behind one function. Must never begin with options that a list's reader would refuse.
 */
#include "lists/lists.h"

#include <string.h>

#include "lists/internal.h"

static const struct {
	enum lists_fate fate;
	const char *name, *text;
} reasons[] = {
#define REASON(code, fate, text) {fate, #code, text},
#include "lists/reasons.def"
#undef REASON
};

enum lists_fate lists_reason_fate(enum lists_reason r)
{
	return reasons[r].fate;
}

const char *lists_reason_text(enum lists_reason r)
{
	return reasons[r].text;
}

const char *lists_reason_name(enum lists_reason r)
{
	return reasons[r].name;
}

enum { ISSUER_MAX = 24 }; /* so that a reference's hash fits behind it */

static bool good_code(const char *s)
{
	return s == NULL || is_code(s);
}

static bool good_options(enum lists_format format, const struct lists_options *o)
{
	if (o->issuer == NULL ? format != LISTS_CSV : o->issuer[0] == '\0' || strlen(o->issuer) > ISSUER_MAX)
		return false;
	return good_code(o->issuer) && good_code(o->purpose) && good_code(o->handling) && good_code(o->weak_handling);
}

static int one_by_one(struct import *im, enum lists_format format, const struct lists_source *sources, size_t count)
{
	int r = PN_OK;
	for (size_t i = 0; i < count && r == PN_OK; i++) {
		im->file = (unsigned)i;
		r = format == LISTS_UN ? import_un(im, &sources[i]) : import_csv(im, &sources[i]);
	}
	return r;
}

int lists_import(enum lists_format format, const struct lists_options *options,
	const struct lists_source *sources, size_t count, const struct lists_sink *sink,
	struct lists_counts *counts)
{
	struct import im = {.options = options, .sink = sink, .counts = counts, .ended = PN_OK};
	memset(counts, 0, sizeof *counts);
	if (count == 0 || count > LISTS_FILES_MAX || !good_options(format, options))
		return PN_EINVAL;
	switch (format) {
	case LISTS_UN:
	case LISTS_CSV:
		return one_by_one(&im, format, sources, count);
	case LISTS_OFAC:
		return import_ofac(&im, sources, count);
	case LISTS_FTM:
		return import_ftm(&im, sources, count);
	}
	return PN_EINVAL;
}

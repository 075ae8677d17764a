/* SPDX-License-Identifier: Apache-2.0
 * An entry as lines of a watchlist (postern-watchlist(5)). Where it has more names or birth dates than a line
 * may hold it stands on several. Must never write a line that the list's reader refuses.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "lists/internal.h"

static const char *either(const char *own, const char *other)
{
	return own[0] != '\0' ? own : other != NULL ? other : "";
}

static void put(struct import *im, const struct text *t)
{
	if (im->ended != PN_OK)
		return;
	if (t->truncated)
		im->ended = PN_ELIMIT;
	else
		im->ended = im->sink->line(im->sink->ctx, t->at);
	im->counts->lines += im->ended == PN_OK;
}

/* ",AUTHORITY,PURPOSE,HANDLING,FROM,UNTIL" */
static void tail(struct import *im, const struct entry *e, const char *handling, struct text *t)
{
	text_add(t, ",%s,%s,%s,%s,%s", either(e->authority, im->options->issuer), either(e->purpose, im->options->purpose),
		handling, e->valid_from, e->valid_until);
}

void write_document(struct import *im, const char *id, const struct entry *e, const struct entry_document *d)
{
	char line[LISTS_LINE_MAX];
	struct text t;
	text_init(&t, line, sizeof line);
	text_add(&t, "%s,document,%s,%s,%s,,,,,,", id, d->number, d->issuer, e->status);
	tail(im, e, either(e->handling, im->options->handling), &t);
	put(im, &t);
	im->counts->documents++;
	explicit_bzero(line, sizeof line);
}

/* Names of one kind, weak or not, from *at; as many as a line takes. */
static void person_line(struct import *im, const char *id, const struct entry *e, bool weak, size_t *at,
	const char *births)
{
	enum { TAIL_MAX = 384 };
	char line[LISTS_LINE_MAX];
	struct text t;
	size_t aliases = 0, room = sizeof line - TAIL_MAX - strlen(births);
	const char *handling = either(e->handling, im->options->handling);
	text_init(&t, line, sizeof line);
	text_add(&t, "%s,person,,,,%s,%s,", id, e->name[*at].surname, e->name[*at].given);
	for (++*at; *at < e->names && aliases < ALIASES_A_LINE; ++*at) {
		const struct entry_name *n = &e->name[*at];
		if (n->weak != weak)
			continue;
		if (t.len + strlen(n->surname) + strlen(n->given) + 3 > room)
			break;
		text_add(&t, "%s%s<<%s", aliases++ > 0 ? ";" : "", n->surname, n->given);
	}
	text_add(&t, ",%s,%.1s,", births, &e->sex);
	for (size_t i = 0; i < e->nationalities; i++)
		text_add(&t, "%s%s", i > 0 ? ";" : "", e->nationality[i]);
	tail(im, e, weak ? either("", im->options->weak_handling) : handling, &t);
	put(im, &t);
	explicit_bzero(line, sizeof line);
}

static void persons(struct import *im, const char *id, const struct entry *e, bool weak, const char *births)
{
	for (size_t at = 0; at < e->names;) {
		if (e->name[at].weak == weak)
			person_line(im, id, e, weak, &at, births);
		else
			at++;
	}
}

void write_entry(struct import *im, const char *id, const struct entry *e)
{
	size_t at = 0;
	for (size_t i = 0; i < e->names; i++) {
		im->counts->names += !e->name[i].weak;
		im->counts->weak_names += e->name[i].weak;
	}
	do {
		char births[BIRTHS_A_LINE * 16];
		struct text t;
		text_init(&t, births, sizeof births);
		births[0] = '\0';
		for (size_t n = 0; n < BIRTHS_A_LINE && at < e->births; n++, at++)
			text_add(&t, "%s%04u-%02u-%02u", n > 0 ? ";" : "", e->birth[at].year, e->birth[at].month,
				e->birth[at].day);
		persons(im, id, e, false, births);
		persons(im, id, e, true, births);
	} while (at < e->births);
	for (size_t i = 0; i < e->documents; i++)
		write_document(im, id, e, &e->document[i]);
}

/* SPDX-License-Identifier: Apache-2.0
 * Reads and walks walks. Must never guess: a word it does not know is an error.
 */
#include "walks.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 4096u
#define WALKS_MAX 640u

enum what { STEP_AFTER, STEP_EVENT, STEP_TIMEOUT };

struct step {
	enum what what;
	size_t walk; /* STEP_AFTER */
	enum gate_event event;
	struct gate_env env;
	uint8_t state, count, actions[GATE_ACTIONS_MAX];
	bool anew; /* the same state, and its time begins anew */
	uint32_t timeout_ms;
	unsigned line;
};

struct walk {
	char name[64];
	bool tail; /* only played by others */
	size_t first, count;
	struct gate_env env;
};

struct walks {
	struct step steps[STEPS_MAX];
	struct walk walks[WALKS_MAX];
	size_t step_count, count;
	unsigned line;
};

static int named(const char *(*name)(unsigned), unsigned count, const char *word)
{
	for (unsigned i = 0; i < count; i++)
		if (strcmp(name(i), word) == 0)
			return (int)i;
	return -1;
}

static int leaf_named(const char *word)
{
	static const char *const words[] = {
		"UNKNOWN", "LOCKED", "CLOSED", "MOVING", "OPEN", "OBSTRUCTED", "FORCED", "FAULT"};
	for (int i = 0; i < 8; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return -1;
}

static bool set_leaf(uint8_t *leaf, const char *word)
{
	int position = leaf_named(word);
	*leaf = (uint8_t)(position < 0 ? 0 : position);
	return position >= 0;
}

static bool set_env(struct gate_env *e, const char *key, const char *value)
{
	const struct {
		const char *key;
		bool *flag;
	} flags[] = {{"document", &e->document_present}, {"object", &e->sensed.object_left},
		{"fire", &e->sensed.fire}, {"estop", &e->sensed.estop},
		{"mains", &e->sensed.mains_ok}, {"ups_low", &e->sensed.ups_low},
		{"tamper", &e->sensed.tamper}, {"key", &e->sensed.key_reset},
		{"maintenance", &e->sensed.maintenance}, {"well", &e->sensed.self_test_ok},
		{"officer", &e->officer_present}, {"lists", &e->lists_ok},
		{"clock", &e->clock_trusted}, {"journal", &e->journal_ok},
		{"serving", &e->may_serve}};
	if (strcmp(key, "entry") == 0)
		return set_leaf(&e->sensed.entry_leaf, value);
	if (strcmp(key, "exit") == 0)
		return set_leaf(&e->sensed.exit_leaf, value);
	if (strcmp(key, "in") == 0) {
		e->sensed.occupants_known = *value != '?';
		e->sensed.occupants = (uint8_t)(*value == '?' ? 0 : *value - '0');
		return strchr("012?", *value) != NULL && value[1] == 0;
	}
	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
		if (strcmp(flags[i].key, key) == 0) {
			*flags[i].flag = *value == '1';
			return strcmp(value, "0") == 0 || strcmp(value, "1") == 0;
		}
	return false;
}

static bool read_outcome(struct step *s, char **rest)
{
	char *word = strtok_r(NULL, " \t\n", rest);
	size_t n = word == NULL ? 0 : strlen(word);
	if (n < 2 || word[n - 1] != ':')
		return false;
	word[n - 1] = 0;
	s->anew = word[n - 2] == '+';
	if (s->anew)
		word[n - 2] = 0;
	int state = named(gate_state_name, GATE_STATE_COUNT_, word);
	s->state = (uint8_t)state;
	if (state < 0)
		return false;
	while ((word = strtok_r(NULL, " \t\n", rest)) != NULL) {
		int action = named(gate_action_name, GATE_ACTION_COUNT_, word);
		if (strcmp(word, "-") == 0)
			continue;
		if (action < 0 || s->count == GATE_ACTIONS_MAX)
			return false;
		s->actions[s->count++] = (uint8_t)action;
	}
	return true;
}

static bool read_event(
	struct walk *w, struct step *s, const char *word, char **rest, const char *variant)
{
	char given[64];
	int event = named(gate_event_name, GATE_EVENT_COUNT_, word);
	char *pair;
	s->what = STEP_EVENT;
	s->event = (enum gate_event)event;
	if (event < 0)
		return false;
	while ((pair = strtok_r(NULL, " \t\n", rest)) != NULL && strcmp(pair, ">") != 0) {
		snprintf(given, sizeof given, "%s", *pair == '$' ? variant : pair);
		pair = given;
		char *value = strchr(pair, '=');
		if (value == NULL)
			return false;
		*value++ = 0;
		if (!set_env(&w->env, pair, value))
			return false;
	}
	s->env = w->env;
	return pair != NULL && read_outcome(s, rest);
}

static bool begin_walk(struct walks *ws, const char *name, const char *variant, bool tail)
{
	if (name == NULL || ws->count == WALKS_MAX)
		return false;
	struct walk *w = &ws->walks[ws->count++];
	snprintf(w->name, sizeof w->name, "%s%s%s", name, *variant ? "/" : "", variant);
	w->tail = tail;
	w->first = ws->step_count;
	w->env = (struct gate_env){.sensed = {.entry_leaf = GATE_LEAF_LOCKED,
					   .exit_leaf = GATE_LEAF_LOCKED,
					   .occupants_known = true,
					   .mains_ok = true,
					   .self_test_ok = true},
		.officer_present = true,
		.lists_ok = true,
		.clock_trusted = true,
		.journal_ok = true,
		.may_serve = true};
	return true;
}

static bool read_after(struct walks *ws, struct walk *w, struct step *s, const char *name)
{
	s->what = STEP_AFTER;
	for (size_t i = 0; name != NULL && i + 1 < ws->count; i++)
		if (strcmp(ws->walks[i].name, name) == 0) {
			s->walk = i;
			w->env = ws->walks[i].env;
			return true;
		}
	return false;
}

static bool read_one(struct walks *ws, char *line, const char *variant)
{
	char *rest = NULL, *word = strtok_r(line, " \t\n", &rest);
	if (word == NULL || *word == '#')
		return true;
	if (strcmp(word, "walk") == 0 || strcmp(word, "tail") == 0)
		return begin_walk(ws, strtok_r(NULL, " \t\n", &rest), variant, *word == 't');
	if (ws->count == 0 || ws->step_count == STEPS_MAX)
		return false;
	struct walk *w = &ws->walks[ws->count - 1];
	struct step *s = &ws->steps[ws->step_count++];
	w->count++;
	s->line = ws->line;
	if (strcmp(word, "after") == 0 || strcmp(word, "then") == 0) {
		word = strtok_r(NULL, " \t\n", &rest);
		return read_after(ws, w, s, word != NULL && *word == '$' ? variant : word);
	}
	if (strcmp(word, "timeout") == 0) {
		word = strtok_r(NULL, " \t\n", &rest);
		s->what = STEP_TIMEOUT;
		s->timeout_ms = word == NULL ? 0 : (uint32_t)strtoul(word, NULL, 10);
		return word != NULL;
	}
	return read_event(w, s, *word == '$' ? variant : word, &rest, variant);
}

/* The words after "|" of a line that begins a walk; none. */
static char *variants_of(char *line)
{
	char *bar = strchr(line, '|');
	if (bar == NULL || (strncmp(line, "walk ", 5) != 0))
		return NULL;
	*bar = 0;
	return bar + 1;
}

/* Reads the walk that begins at the file's place once for each of its variants. */
static bool read_walk(struct walks *ws, FILE *f, const char *head, char *variants)
{
	char line[512], first[512], *rest = NULL;
	const char *variant = variants == NULL ? "" : strtok_r(variants, " \n", &rest);
	long place = ftell(f), before = place;
	unsigned number = ws->line;
	while (variant != NULL) {
		ws->line = number;
		snprintf(first, sizeof first, "%s", head);
		bool well = read_one(ws, first, variant) && fseek(f, place, SEEK_SET) == 0;
		for (before = place; well && fgets(line, sizeof line, f) != NULL;
			before = ftell(f)) {
			if (strncmp(line, "walk ", 5) == 0 || strncmp(line, "tail ", 5) == 0)
				break;
			ws->line++;
			well = read_one(ws, line, variant);
		}
		if (!well)
			return false;
		variant = variants == NULL ? NULL : strtok_r(NULL, " \n", &rest);
	}
	return fseek(f, before, SEEK_SET) == 0;
}

static bool read_file(struct walks *ws, const char *path)
{
	FILE *f = fopen(path, "r");
	char line[512];
	bool well = f != NULL;
	ws->line = 0;
	while (well && fgets(line, sizeof line, f) != NULL) {
		ws->line++;
		if (*line == '#' || *line == '\n')
			continue;
		char *variants = variants_of(line);
		well = read_walk(ws, f, line, variants);
	}
	if (!well)
		fprintf(stderr, "%s:%u: not understood\n", path, ws->line);
	if (f != NULL)
		fclose(f);
	return well;
}

static int is_text(const struct dirent *d)
{
	const char *end = strrchr(d->d_name, '.');
	return end != NULL && strcmp(end, ".txt") == 0;
}

struct walks *walks_read(const char *folder)
{
	struct walks *ws = calloc(1, sizeof *ws);
	struct dirent **files = NULL;
	char path[4096];
	int count = scandir(folder, &files, is_text, alphasort);
	bool well = ws != NULL && count > 0;
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, files[i]->d_name);
		well = well && read_file(ws, path);
		free(files[i]);
	}
	free(files);
	if (!well || ws->count == 0) {
		free(ws);
		return NULL;
	}
	return ws;
}

void walks_free(struct walks *walks)
{
	free(walks);
}

size_t walks_count(const struct walks *walks)
{
	return walks->count;
}

static bool same(
	const struct step *s, uint8_t before, const struct gate *g, const struct gate_actions *a)
{
	bool restarts = s->anew || before != s->state;
	return a->row != GATE_ROW_NONE && g->state == s->state && a->count == s->count &&
	       a->restart_timer == restarts && memcmp(a->list, s->actions, a->count) == 0;
}

static void say(const struct step *s, const struct gate *g, const struct gate_actions *a,
	char *detail, size_t size)
{
	int n = snprintf(detail, size, "line %u: %s led to %s%s:", s->line,
		gate_event_name(s->event), gate_state_name(g->state), a->restart_timer ? "+" : "");
	for (uint8_t i = 0; i < a->count && n > 0 && (size_t)n < size; i++)
		n += snprintf(detail + n, size - (size_t)n, " %s", gate_action_name(a->list[i]));
}

static bool step_walks(const struct walks *ws, const struct step *s, const struct gate_table *t,
	const struct gate_timing *timing, struct gate *g, char *detail, size_t size)
{
	struct gate_actions a;
	if (s->what == STEP_AFTER) {
		const struct walk *w = &ws->walks[s->walk];
		for (size_t i = 0; i < w->count; i++)
			if (!step_walks(ws, &ws->steps[w->first + i], t, timing, g, detail, size))
				return false;
		return true;
	}
	if (s->what == STEP_TIMEOUT) {
		uint32_t is = gate_timeout_table(t, g, timing);
		if (is != s->timeout_ms && detail != NULL)
			snprintf(detail, size, "line %u: timeout %u", s->line, is);
		return is == s->timeout_ms;
	}
	uint8_t before = g->state;
	gate_step_table(t, g, s->event, &s->env, g, &a);
	if (same(s, before, g, &a))
		return true;
	if (detail != NULL)
		say(s, g, &a, detail, size);
	return false;
}

const char *walks_broken(const struct walks *walks, const struct gate_table *table,
	const struct gate_timing *timing, char *detail, size_t size)
{
	for (size_t i = 0; i < walks->count; i++) {
		const struct walk *w = &walks->walks[i];
		struct gate g;
		if (w->tail)
			continue;
		gate_boot(&g, strncmp(w->name, "unfinished", 10) == 0);
		for (size_t k = 0; k < w->count; k++)
			if (!step_walks(walks, &walks->steps[w->first + k], table, timing, &g,
				    detail, size))
				return w->name;
	}
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0
 * Walks a YAML document by a libcyaml schema and tells every problem; then lets libcyaml load it.
 * Must never accept what libcyaml would refuse, and is stricter where libcyaml guesses: numbers are
 * decimal, truth values are true and false, enumerations are words.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/yaml_file.h"

enum { KEYS_MAX = 256 }; /* of one map: each is compared with those before it */

/* Where the walk is, for messages: "units[0].plugins[2].options". */
struct place {
	const struct place *up;
	const char *key;
	size_t index;
};

static void print_place(const struct place *at, struct text *out)
{
	if (at->up != NULL)
		print_place(at->up, out);
	if (at->key != NULL)
		text_add(out, "%s%s", out->len > 0 ? "." : "", at->key);
	else if (at->up != NULL)
		text_add(out, "[%zu]", at->index);
}

struct walk {
	struct yaml_file *file;
	struct yaml_problems *problems;
};

static void wrong(struct walk *w, const struct place *at, const yaml_node_t *node, const char *is,
	const char *expected)
{
	char buffer[160];
	struct text name;
	text_init(&name, buffer, sizeof buffer);
	print_place(at, &name);
	yaml_problem(w->problems, node, "%s %s, expected %s", name.len > 0 ? buffer : "the file",
		is, expected);
}

static bool is_secret(const char *key)
{
	size_t n = key == NULL ? 0 : strlen(key);
	return n >= 7 && strcmp(key + n - 7, "_secret") == 0;
}

static void wrong_value(
	struct walk *w, const struct place *at, const yaml_node_t *node, const char *expected)
{
	char is[80];
	const char *value = yaml_scalar(node);
	if (is_secret(at->key))
		snprintf(is, sizeof is, "has a wrong value");
	else if (value[0] == '\0')
		snprintf(is, sizeof is, "is empty");
	else
		snprintf(is, sizeof is, "is \"%.60s\"", value);
	wrong(w, at, node, is, expected);
}

static const char *shape(const yaml_node_t *node)
{
	switch (node->type) {
	case YAML_SCALAR_NODE:
		return node->data.scalar.length == 0 ? "is empty" : "is a single value";
	case YAML_SEQUENCE_NODE:
		return "is a list";
	case YAML_MAPPING_NODE:
		return "is a map";
	case YAML_NO_NODE:
	default:
		return "is nothing";
	}
}

static void words(const cyaml_schema_value_t *s, struct text *out)
{
	text_add(out, "one of ");
	for (uint32_t i = 0; i < s->enumeration.count; i++)
		text_add(out, "%s%s", i > 0 ? ", " : "", s->enumeration.strings[i].str);
}

/* What a value of s looks like, for a reader who has to write one. */
static void kind_of(const cyaml_schema_value_t *s, struct text *out)
{
	if (s->type == CYAML_ENUM)
		words(s, out);
	else if (s->type == CYAML_INT || s->type == CYAML_UINT)
		text_add(out, "a whole number there");
	else if (s->type == CYAML_BOOL)
		text_add(out, "true or false there");
	else if (s->type == CYAML_SEQUENCE || s->type == CYAML_FLAGS)
		text_add(out, "a list there");
	else if (s->type == CYAML_MAPPING || s->type == CYAML_IGNORE)
		text_add(out, "a map there");
	else
		text_add(out, "a text there");
}

static void check_word(struct walk *w, const cyaml_schema_value_t *s, const struct place *at,
	const yaml_node_t *node)
{
	char buffer[256];
	struct text expected;
	const char *value = yaml_scalar(node);
	text_init(&expected, buffer, sizeof buffer);
	words(s, &expected);
	if (value == NULL) {
		wrong(w, at, node, shape(node), buffer);
		return;
	}
	for (uint32_t i = 0; i < s->enumeration.count; i++)
		if (strcmp(s->enumeration.strings[i].str, value) == 0)
			return;
	wrong_value(w, at, node, buffer);
}

static bool fits(const cyaml_schema_value_t *s, int64_t value)
{
	unsigned bits = s->data_size * 8;
	if (s->type == CYAML_UINT)
		return value >= 0 && (bits >= 63 || value < (int64_t)1 << bits);
	return bits >= 64 ||
	       (value >= -((int64_t)1 << (bits - 1)) && value < (int64_t)1 << (bits - 1));
}

static void check_scalar(struct walk *w, const cyaml_schema_value_t *s, const struct place *at,
	const yaml_node_t *node)
{
	const char *value = yaml_scalar(node), *expected = "a single value";
	int64_t number;
	bool ok = true;
	if (s->type == CYAML_INT || s->type == CYAML_UINT)
		expected = "a whole number";
	else if (s->type == CYAML_BOOL)
		expected = "true or false";
	else if (s->type == CYAML_STRING)
		expected = "text";
	if (value == NULL) {
		wrong(w, at, node, shape(node), expected);
		return;
	}
	if (s->type == CYAML_INT || s->type == CYAML_UINT) {
		ok = yaml_integer(value, &number);
		if (ok && !fits(s, number)) {
			expected = s->type == CYAML_UINT
					   ? "a whole number that is not negative and not so large"
					   : "a whole number that is not so large";
			ok = false;
		}
	} else if (s->type == CYAML_BOOL) {
		ok = strcmp(value, "true") == 0 || strcmp(value, "false") == 0;
	} else if (s->type == CYAML_STRING) {
		size_t n = node->data.scalar.length;
		ok = n > 0 && n >= s->string.min && n <= s->string.max && strlen(value) == n;
		if (n > s->string.max)
			expected = "a shorter text";
	} else {
		ok = false; /* no schema of ours has another type: never let one pass unchecked */
	}
	if (!ok)
		wrong_value(w, at, node, expected);
}

static void check_value(
	struct walk *w, const cyaml_schema_value_t *s, const struct place *at, yaml_node_t *node);

static void check_list(
	struct walk *w, const cyaml_schema_value_t *s, const struct place *at, yaml_node_t *node)
{
	if (node->type != YAML_SEQUENCE_NODE) {
		wrong(w, at, node, shape(node), "a list");
		return;
	}
	size_t count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
	if (s->type == CYAML_FLAGS) {
		cyaml_schema_value_t word = *s;
		word.type = CYAML_ENUM;
		for (size_t i = 0; i < count; i++)
			check_word(w, &word, &(struct place){at, NULL, i},
				yaml_item(w->file, node, i));
		return;
	}
	if (count < s->sequence.min || count > s->sequence.max) {
		char is[48], expected[64];
		snprintf(is, sizeof is, "has %zu entries", count);
		if (s->sequence.max == CYAML_UNLIMITED)
			snprintf(expected, sizeof expected, "at least %u", s->sequence.min);
		else
			snprintf(expected, sizeof expected, "%u to %u", s->sequence.min,
				s->sequence.max);
		wrong(w, at, node, is, expected);
		return;
	}
	for (size_t i = 0; i < count; i++)
		check_value(w, s->sequence.entry, &(struct place){at, NULL, i},
			yaml_item(w->file, node, i));
}

/* Distance of two short words, at most 2 counted: enough to see a slip of the finger. */
static bool alike(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	unsigned row[34];
	if (n > 32 || m > 32 || n < 3)
		return false;
	for (unsigned j = 0; j <= m; j++)
		row[j] = j;
	for (size_t i = 1; i <= n; i++) {
		unsigned diagonal = row[0];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			unsigned best = diagonal + (a[i - 1] != b[j - 1]);
			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[m] <= 2;
}

static void unknown_key(struct walk *w, const cyaml_schema_value_t *s, const struct place *at,
	const yaml_node_t *key)
{
	char is[80], buffer[400];
	struct text expected;
	const char *name = yaml_scalar(key);
	text_init(&expected, buffer, sizeof buffer);
	snprintf(is, sizeof is, "has an unknown key \"%.40s\"", name);
	for (const cyaml_schema_field_t *f = s->mapping.fields; f->key != NULL; f++)
		if (alike(name, f->key)) {
			text_add(&expected, "perhaps \"%s\"", f->key);
			wrong(w, at, key, is, buffer);
			return;
		}
	text_add(&expected, "one of ");
	for (const cyaml_schema_field_t *f = s->mapping.fields; f->key != NULL; f++)
		text_add(&expected, "%s%s", f == s->mapping.fields ? "" : ", ", f->key);
	wrong(w, at, key, is, buffer);
}

/* Keys are plain text and come once. */
static bool check_key(
	struct walk *w, const struct place *at, const yaml_node_t *map, yaml_node_t *key)
{
	const char *name = yaml_scalar(key);
	if (name == NULL || name[0] == '\0') {
		wrong(w, at, key, "has a key that is not plain text", "a name");
		return false;
	}
	if (strlen(name) != key->data.scalar.length) {
		wrong(w, at, key, "has a key with a NUL in it", "a name");
		return false;
	}
	size_t i = 0;
	yaml_node_t *first, *value;
	while (yaml_map_next(w->file, map, &i, &first, &value) && first != key)
		if (yaml_scalar(first) != NULL && strcmp(yaml_scalar(first), name) == 0) {
			char is[80], expected[48];
			snprintf(is, sizeof is, "has the key \"%.40s\" twice", name);
			snprintf(expected, sizeof expected, "only the one in line %u",
				yaml_line(first));
			wrong(w, at, key, is, expected);
			return false;
		}
	return true;
}

static void check_map(
	struct walk *w, const cyaml_schema_value_t *s, const struct place *at, yaml_node_t *node)
{
	yaml_node_t *key, *value;
	size_t i = 0;
	if (node->type != YAML_MAPPING_NODE) {
		wrong(w, at, node, shape(node), "a map of keys to values");
		return;
	}
	if (yaml_map_size(node) > KEYS_MAX) {
		wrong(w, at, node, "has too many keys", "at most 256");
		return;
	}
	while (yaml_map_next(w->file, node, &i, &key, &value)) {
		const cyaml_schema_field_t *f;
		if (!check_key(w, at, node, key))
			continue;
		if (s->type == CYAML_IGNORE) {
			if (yaml_scalar(value) == NULL)
				wrong(w, &(struct place){at, yaml_scalar(key), 0}, value,
					shape(value), "a single value");
			continue;
		}
		for (f = s->mapping.fields; f->key != NULL; f++)
			if (strcmp(f->key, yaml_scalar(key)) == 0)
				break;
		if (f->key == NULL)
			unknown_key(w, s, at, key);
		else
			check_value(w, &f->value, &(struct place){at, f->key, 0}, value);
	}
	if (s->type == CYAML_IGNORE)
		return;
	for (const cyaml_schema_field_t *f = s->mapping.fields; f->key != NULL; f++)
		if ((f->value.flags & CYAML_FLAG_OPTIONAL) == 0 &&
			yaml_get(w->file, node, f->key) == NULL) {
			char is[80], buffer[256];
			struct text expected;
			text_init(&expected, buffer, sizeof buffer);
			kind_of(&f->value, &expected);
			snprintf(is, sizeof is, "has no key \"%s\"", f->key);
			wrong(w, at, node, is, buffer);
		}
}

static void check_value(
	struct walk *w, const cyaml_schema_value_t *s, const struct place *at, yaml_node_t *node)
{
	if (s->type == CYAML_MAPPING || s->type == CYAML_IGNORE)
		check_map(w, s, at, node);
	else if (s->type == CYAML_SEQUENCE || s->type == CYAML_SEQUENCE_FIXED ||
		 s->type == CYAML_FLAGS)
		check_list(w, s, at, node);
	else if (s->type == CYAML_ENUM)
		check_word(w, s, at, node);
	else
		check_scalar(w, s, at, node);
}

int yaml_file_check(
	struct yaml_file *f, const cyaml_schema_value_t *schema, struct yaml_problems *p)
{
	struct walk w = {f, p};
	unsigned before = p->count;
	if (f->root == NULL)
		return PN_EFORMAT;
	check_value(&w, schema, &(struct place){0}, f->root);
	return p->count == before ? PN_OK : PN_EFORMAT;
}

static const cyaml_config_t loading = {
	.log_fn = NULL,
	.mem_fn = cyaml_mem,
	.log_level = CYAML_LOG_ERROR,
	.flags = CYAML_CFG_NO_ALIAS,
};

int yaml_file_load(struct yaml_file *f, const cyaml_schema_value_t *schema, void **data,
	unsigned *count, struct yaml_problems *p)
{
	cyaml_data_t *loaded = NULL;
	*data = NULL;
	int r = yaml_file_check(f, schema, p);
	if (r != PN_OK)
		return r;
	cyaml_err_t e = cyaml_load_data(f->bytes, f->size, &loading, schema, &loaded, count);
	if (e != CYAML_OK) {
		yaml_problem(p, NULL, "cannot be loaded: %s, expected what the schema says",
			cyaml_strerror(e));
		return e == CYAML_ERR_OOM ? PN_ENOMEM : PN_EFORMAT;
	}
	*data = loaded;
	return PN_OK;
}

void yaml_data_free(const cyaml_schema_value_t *schema, void *data, unsigned count)
{
	if (data != NULL)
		cyaml_free(&loading, schema, data, count);
}

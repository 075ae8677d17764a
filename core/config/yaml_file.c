/* SPDX-License-Identifier: Apache-2.0
 * Reading a YAML file and finding one's way in it. Must never follow an alias, and never read past
 * YAML_FILE_MAX.
 */
#include "config/yaml_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void tell(struct yaml_problems *p, unsigned line, const char *what)
{
	if (line == 0)
		text_add(p->out, "%s: %s\n", p->file, what);
	else
		text_add(p->out, "%s:%u: %s\n", p->file, line, what);
	p->count++;
}

void yaml_problem(struct yaml_problems *p, const yaml_node_t *node, const char *fmt, ...)
{
	char what[512];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	if (n < 0)
		what[0] = '\0';
	/* What a file says must not move the cursor of the terminal it is shown on. */
	for (char *c = what; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	tell(p, yaml_line(node), what);
}

static int read_file(struct yaml_file *f, struct yaml_problems *p)
{
	struct stat st;
	size_t got = 0;
	int r = PN_OK;
	int fd = open(p->file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) != 0) {
		yaml_problem(p, NULL, "cannot be read: %s, expected a YAML file", strerror(errno));
		r = PN_EIO;
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		yaml_problem(p, NULL, "cannot be read: not a regular file, expected a YAML file");
		r = PN_EIO;
		goto out;
	}
	f->bytes = malloc(YAML_FILE_MAX + 1);
	if (f->bytes == NULL) {
		r = PN_ENOMEM;
		goto out;
	}
	while (got <= YAML_FILE_MAX) {
		ssize_t n = read(fd, f->bytes + got, YAML_FILE_MAX + 1 - got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			yaml_problem(p, NULL, "cannot be read: %s, expected a YAML file",
				strerror(errno));
			r = PN_EIO;
			goto out;
		}
		if (n == 0)
			break;
		got += (size_t)n;
	}
	f->size = got;
	if (got > YAML_FILE_MAX) {
		yaml_problem(p, NULL, "is too large, expected at most %d bytes", YAML_FILE_MAX);
		r = PN_ELIMIT;
	}
out:
	if (fd >= 0)
		close(fd);
	return r;
}

static void tell_syntax(struct yaml_problems *p, const yaml_parser_t *parser)
{
	const char *what = parser->problem != NULL ? parser->problem : "not readable";
	char line[256];
	snprintf(line, sizeof line, "is not YAML: %s, expected valid YAML", what);
	tell(p, (unsigned)parser->problem_mark.line + 1, line);
}

/* Refuses what the document loader would resolve silently. libyaml's own depth limit bounds
 * nesting. */
static int scan_events(struct yaml_file *f, struct yaml_problems *p)
{
	yaml_parser_t parser;
	yaml_event_t event;
	yaml_event_type_t type = YAML_NO_EVENT;
	unsigned documents = 0, before = p->count;
	if (!yaml_parser_initialize(&parser))
		return PN_ENOMEM;
	yaml_parser_set_input_string(&parser, f->bytes, f->size);
	while (type != YAML_STREAM_END_EVENT) {
		if (!yaml_parser_parse(&parser, &event)) {
			tell_syntax(p, &parser);
			break;
		}
		type = event.type;
		unsigned line = (unsigned)event.start_mark.line + 1;
		if (type == YAML_ALIAS_EVENT)
			tell(p, line, "an alias (*) is not allowed, expected the value itself");
		if (type == YAML_DOCUMENT_START_EVENT && ++documents == 2)
			tell(p, line, "a second document begins, expected one document");
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return p->count == before ? PN_OK : PN_EFORMAT;
}

static int parse(struct yaml_file *f, struct yaml_problems *p)
{
	yaml_parser_t parser;
	int r = scan_events(f, p);
	if (r != PN_OK)
		return r;
	if (!yaml_parser_initialize(&parser))
		return PN_ENOMEM;
	yaml_parser_set_input_string(&parser, f->bytes, f->size);
	if (yaml_parser_load(&parser, &f->document)) {
		f->parsed = true;
		f->root = yaml_document_get_root_node(&f->document);
	} else {
		tell_syntax(p, &parser);
		r = PN_EFORMAT;
	}
	yaml_parser_delete(&parser);
	if (r == PN_OK && f->root == NULL) {
		yaml_problem(p, NULL, "is empty, expected a YAML document");
		r = PN_EFORMAT;
	}
	return r;
}

int yaml_file_open(struct yaml_file *f, struct yaml_problems *p)
{
	*f = (struct yaml_file){0};
	int r = read_file(f, p);
	return r == PN_OK ? parse(f, p) : r;
}

int yaml_file_parse(struct yaml_file *f, const uint8_t *bytes, size_t size, struct yaml_problems *p)
{
	*f = (struct yaml_file){0};
	if (size > YAML_FILE_MAX) {
		yaml_problem(p, NULL, "is too large, expected at most %d bytes", YAML_FILE_MAX);
		return PN_ELIMIT;
	}
	f->bytes = malloc(size + 1);
	if (f->bytes == NULL)
		return PN_ENOMEM;
	if (size > 0)
		memcpy(f->bytes, bytes, size);
	f->size = size;
	return parse(f, p);
}

void yaml_file_close(struct yaml_file *f)
{
	if (f->parsed)
		yaml_document_delete(&f->document);
	free(f->bytes);
	*f = (struct yaml_file){0};
}

yaml_node_t *yaml_get(struct yaml_file *f, const yaml_node_t *map, const char *key)
{
	if (map == NULL || map->type != YAML_MAPPING_NODE)
		return NULL;
	for (const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
		pair < map->data.mapping.pairs.top; pair++) {
		const char *name = yaml_scalar(yaml_document_get_node(&f->document, pair->key));
		if (name != NULL && strcmp(name, key) == 0)
			return yaml_document_get_node(&f->document, pair->value);
	}
	return NULL;
}

yaml_node_t *yaml_item(struct yaml_file *f, const yaml_node_t *list, size_t index)
{
	if (list == NULL || list->type != YAML_SEQUENCE_NODE)
		return NULL;
	size_t count = (size_t)(list->data.sequence.items.top - list->data.sequence.items.start);
	if (index >= count)
		return NULL;
	return yaml_document_get_node(&f->document, list->data.sequence.items.start[index]);
}

const char *yaml_scalar(const yaml_node_t *node)
{
	if (node == NULL || node->type != YAML_SCALAR_NODE)
		return NULL;
	return (const char *)node->data.scalar.value;
}

unsigned yaml_line(const yaml_node_t *node)
{
	return node == NULL ? 0 : (unsigned)node->start_mark.line + 1;
}

size_t yaml_map_size(const yaml_node_t *map)
{
	if (map == NULL || map->type != YAML_MAPPING_NODE)
		return 0;
	return (size_t)(map->data.mapping.pairs.top - map->data.mapping.pairs.start);
}

bool yaml_map_next(struct yaml_file *f, const yaml_node_t *map, size_t *at, yaml_node_t **key,
	yaml_node_t **value)
{
	if (*at >= yaml_map_size(map))
		return false;
	const yaml_node_pair_t *pair = map->data.mapping.pairs.start + (*at)++;
	*key = yaml_document_get_node(&f->document, pair->key);
	*value = yaml_document_get_node(&f->document, pair->value);
	return true;
}

bool yaml_integer(const char *text, int64_t *value)
{
	const char *digits = text[0] == '-' ? text + 1 : text;
	char *end;
	if (*digits == '\0' || strspn(digits, "0123456789") != strlen(digits))
		return false;
	if (digits[0] == '0' && digits[1] != '\0')
		return false; /* libcyaml would read it as octal */
	errno = 0;
	long long v = strtoll(text, &end, 10);
	if (errno != 0 || *end != '\0')
		return false;
	*value = v;
	return true;
}

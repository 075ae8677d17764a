/* SPDX-License-Identifier: Apache-2.0
 * Finds the line of a key in a YAML text by walking libyaml's document tree.
 * Must never be used to read values.
 */
#include "host/yaml_place.h"

#include <stdbool.h>
#include <string.h>
#include <yaml.h>

static bool open_document(yaml_document_t *doc, const char *bytes, size_t size)
{
	yaml_parser_t parser;
	if (!yaml_parser_initialize(&parser))
		return false;
	yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, size);
	bool ok = yaml_parser_load(&parser, doc) != 0;
	yaml_parser_delete(&parser);
	return ok;
}

static bool is_scalar(const yaml_node_t *node, const char *text)
{
	return node != NULL && node->type == YAML_SCALAR_NODE &&
	       node->data.scalar.length == strlen(text) &&
	       memcmp(node->data.scalar.value, text, node->data.scalar.length) == 0;
}

static yaml_node_t *member(yaml_document_t *doc, yaml_node_t *map, const char *key)
{
	if (map == NULL || map->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top;
		p++)
		if (is_scalar(yaml_document_get_node(doc, p->key), key))
			return yaml_document_get_node(doc, p->value);
	return NULL;
}

static unsigned line_of(const yaml_node_t *node)
{
	return (unsigned)node->start_mark.line + 1;
}

unsigned yaml_place(const char *bytes, size_t size, const char *key, int index, const char *subkey)
{
	yaml_document_t doc;
	if (!open_document(&doc, bytes, size))
		return 1;
	unsigned line = 1;
	yaml_node_t *node = member(&doc, yaml_document_get_root_node(&doc), key);
	if (node != NULL) {
		line = line_of(node);
		if (index >= 0 && node->type == YAML_SEQUENCE_NODE) {
			yaml_node_item_t *item = node->data.sequence.items.start + index;
			yaml_node_t *entry = item < node->data.sequence.items.top
						     ? yaml_document_get_node(&doc, *item)
						     : NULL;
			yaml_node_t *sub = subkey ? member(&doc, entry, subkey) : NULL;
			if (entry != NULL)
				line = line_of(sub ? sub : entry);
		}
	}
	yaml_document_delete(&doc);
	return line;
}

unsigned yaml_place_key(const char *bytes, size_t size, const char *key, unsigned line)
{
	yaml_document_t doc;
	unsigned found = 0;
	if (!open_document(&doc, bytes, size))
		return 0;
	for (int i = 1; yaml_document_get_node(&doc, i) != NULL; i++) {
		yaml_node_t *map = yaml_document_get_node(&doc, i);
		if (map->type != YAML_MAPPING_NODE)
			continue;
		for (yaml_node_pair_t *p = map->data.mapping.pairs.start;
			p < map->data.mapping.pairs.top; p++) {
			yaml_node_t *k = yaml_document_get_node(&doc, p->key);
			if (is_scalar(k, key) && line_of(k) >= line &&
				(found == 0 || line_of(k) < found))
				found = line_of(k);
		}
	}
	yaml_document_delete(&doc);
	return found;
}

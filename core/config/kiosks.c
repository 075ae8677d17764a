/* SPDX-License-Identifier: Apache-2.0
 * The kiosks of a unit: each plugin that has the key says at which it stands, and all of one name are one kiosk. Must never accept
 * a kiosk whose results no gate redeems, nor a gate that redeems and has none.
 */
#include <string.h>

#include "config/internal.h"

enum { VALID_MAX_S = 86400 };

static bool known(const struct config_unit *u, const char *name)
{
	for (unsigned i = 0; i < u->kiosks_count; i++)
		if (strcmp(u->kiosks[i], name) == 0)
			return true;
	return false;
}

static void add(struct loading *l, const yaml_node_t *node, struct config_unit *u, const char *name)
{
	if (!config_is_name(name) || strcmp(name, u->name) == 0)
		yaml_problem(l->problems, node, "kiosk \"%s\" is not a kiosk's name, expected " CONFIG_NAME_FORM ", and not the unit's",
			name);
	else if (!known(u, name) && u->kiosks_count == CONFIG_KIOSKS_MAX)
		yaml_problem(l->problems, node, "kiosk \"%s\" is one too many, expected at most %d", name, CONFIG_KIOSKS_MAX);
	else if (!known(u, name))
		u->kiosks[u->kiosks_count++] = name;
}

void config_kiosks(struct loading *l, const yaml_node_t *map, struct config_unit *u)
{
	const yaml_node_t *results = yaml_get(l->file, map, "kiosk_results");
	const yaml_node_t *valid = yaml_get(l->file, results, "valid_s");
	bool redeems = u->role == CONFIG_GATE && u->topology == CONFIG_SEGREGATED;
	for (unsigned i = 0; i < u->plugins_count; i++) {
		const yaml_node_t *plugin = yaml_item(l->file, yaml_get(l->file, map, "plugins"), i);
		const yaml_node_t *node = yaml_get(l->file, plugin, "kiosk");
		if (node == NULL)
			continue;
		add(l, node, u, u->plugins[i].kiosk);
		if (l->look && !redeems)
			yaml_problem(l->problems, node, "kiosk is given in unit \"%s\", expected only where a lane file says segregated",
				u->name);
	}
	if (l->look && !redeems && results != NULL)
		yaml_problem(l->problems, results, "kiosk_results is given in unit \"%s\", expected only where a lane file says segregated",
			u->name);
	if (redeems && u->kiosks_count == 0)
		yaml_problem(l->problems, map, "unit \"%s\" has a segregated lane and no kiosk, expected a plugin with the key kiosk", u->name);
	if (valid != NULL && (u->kiosk_results.valid_s < 1 || u->kiosk_results.valid_s > VALID_MAX_S))
		yaml_problem(l->problems, valid, "valid_s is %u, expected 1 to %d", u->kiosk_results.valid_s, VALID_MAX_S);
}

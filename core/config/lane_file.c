/* SPDX-License-Identifier: Apache-2.0
 * The one thing that the core reads of a lane's description: its topology, since a table of core/gate
 * belongs to it. The rest is its hardware's, and that plugin's to read; that it was these bytes stands in
 * the configuration's hash. Must never guess a topology.
 */
#include <openssl/evp.h>
#include <string.h>

#include "config/internal.h"

static const char *const words[] = {[CONFIG_TWO_STEP] = "two-step", [CONFIG_ONE_STEP] = "one-step",
	[CONFIG_SEGREGATED] = "segregated"};
_Static_assert(PN_COUNT(words) == CONFIG_TOPOLOGIES_, "a word for each");

static bool find(const char *word, enum config_topology *out)
{
	for (size_t i = 0; word != NULL && i < PN_COUNT(words); i++)
		if (strcmp(words[i], word) == 0) {
			*out = (enum config_topology)i;
			return true;
		}
	return false;
}

static void tell(struct yaml_problems *p, const yaml_node_t *node, const char *word)
{
	char expected[128] = "";
	struct text t;
	text_init(&t, expected, sizeof expected);
	for (size_t i = 0; i < PN_COUNT(words); i++)
		text_add(&t, "%s%s", i == 0 ? "" : " or ", words[i]);
	if (node == NULL)
		yaml_problem(p, NULL, "has no topology, expected %s", expected);
	else
		yaml_problem(p, node, "topology is \"%s\", expected %s", word != NULL ? word : "",
			expected);
}

static bool add_to_hash(struct config *c, const struct yaml_file *f)
{
	uint8_t both[2 * CONFIG_HASH_SIZE];
	memcpy(both, c->hash, CONFIG_HASH_SIZE);
	return EVP_Digest(f->bytes, f->size, both + CONFIG_HASH_SIZE, NULL, EVP_sha256(), NULL) == 1 &&
	       EVP_Digest(both, sizeof both, c->hash, NULL, EVP_sha256(), NULL) == 1;
}

void config_lane_file(struct loading *l, const char *path, enum config_topology *out)
{
	struct yaml_problems p = {path, l->problems->out, 0};
	struct yaml_file f;
	int r = yaml_file_open(&f, &p);
	if (r == PN_OK) {
		const yaml_node_t *node = yaml_get(&f, f.root, "topology");
		if (!find(yaml_scalar(node), out))
			tell(&p, node, yaml_scalar(node));
		else if (!add_to_hash(l->config, &f))
			yaml_problem(&p, NULL, "cannot be hashed, expected a machine that can");
	} else if (p.count == 0) {
		yaml_problem(&p, NULL, "cannot be read: %s, expected a lane file", pn_err_name(r));
	}
	yaml_file_close(&f);
	l->problems->count += p.count;
}

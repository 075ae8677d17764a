/* SPDX-License-Identifier: Apache-2.0
 * What a lane file says of the side of steel and people, read by itself: words in lines, no more of YAML than these files use. Must
 * never use the controller's reader of lane files, whose oracle this is.
 */
#include <string.h>

#include "sim/lane/lane.h"

#define ALL_LINES ((UINT64_C(1) << SIM_LANE_LINES) - 1)

/* What follows that word at the beginning of the line; NULL: it begins otherwise. */
static const char *after(const char *line, const char *word)
{
	size_t n = strlen(word);
	return strncmp(line, word, n) == 0 ? line + n : NULL;
}

static bool is_word(const char *text, const char *word)
{
	size_t n = strlen(word);
	return strncmp(text, word, n) == 0 && strchr(" ,}\r\n", text[n]) != NULL;
}

static bool has_line(const char *name, struct sim_lane_setup *out)
{
	for (unsigned i = 0; i < SIM_LANE_LINES; i++)
		if (is_word(name, sim_lane_line_name((enum sim_lane_line)i))) {
			out->absent &= ~(UINT64_C(1) << i);
			return true;
		}
	return false;
}

bool sim_lane_built(const char *text, struct sim_lane_setup *out)
{
	static const char *const topologies[] = {"two-step", "one-step", "segregated"};
	const char *topology = NULL, *drive = NULL, *value;
	bool good = true;
	*out = (struct sim_lane_setup){.stroke_ms = 900, .bolt_ms = 120, .relay_hold_ms = 300, .escape = {true, true}, .absent = ALL_LINES};
	for (const char *line = text; line != NULL && *line != '\0'; line = strchr(line, '\n'), line += line != NULL) {
		topology = (value = after(line, "topology: ")) != NULL ? value : topology;
		drive = (value = after(line, "drive: ")) != NULL ? value : drive;
		if ((value = after(line, "  - {line: ")) != NULL)
			good = good && has_line(value, out);
	}
	if (topology == NULL || drive == NULL)
		return false;
	out->drive_latches = is_word(drive, "pulse");
	for (unsigned i = 0; i < sizeof topologies / sizeof topologies[0]; i++)
		if (is_word(topology, topologies[i])) {
			out->topology = (enum sim_topology)i;
			return good && (out->drive_latches || is_word(drive, "hold")) && out->absent != ALL_LINES;
		}
	return false;
}

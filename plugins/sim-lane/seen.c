/* SPDX-License-Identifier: Apache-2.0
 * See seen.h.
 */
#include "seen.h"

#include <stdio.h>

#include "base/err.h"

static const char *condition_of(const struct traveller *who)
{
	static const struct {
		enum traveller_kind kind;
		const char *condition;
	} known[] = {{TRAVELLER_FACE_SWAP, "swapped"}, {TRAVELLER_BESIDE, "two"}, {TRAVELLER_HIDES_FACE, "nobody"}, {TRAVELLER_OUT_OF_FOCUS, "blurred"},
		{TRAVELLER_LENS_COVERED, "black"}, {TRAVELLER_CAMERA_FREEZES, "frozen"}, {TRAVELLER_SCREEN_REPLAY, "screen"},
		{TRAVELLER_PRINTED_FACE, "print"}, {TRAVELLER_NO_INFRARED, "no-infrared"},
		{TRAVELLER_CAMERA_BLINDED, "flooded"}, {TRAVELLER_CAMERA_SILENT, "stalled"}, {TRAVELLER_CAMERA_UNPLUGGED, "unplugged"}};
	for (size_t i = 0; i < PN_COUNT(known); i++)
		if (known[i].kind == who->kind)
			return known[i].condition;
	return "well";
}

static int face_of(const struct traveller *who)
{
	return who->kind == TRAVELLER_SEATED ? SEEN_SEATED : who->kind == TRAVELLER_TALL ? SEEN_TALL : 0;
}

size_t seen_line(const struct traveller *who, const struct seen *seen, char out[SEEN_LINE_MAX])
{
	const bool another = who->kind == TRAVELLER_IMPOSTOR || traveller_shows_another(who->kind);
	const char *condition = seen->somebody ? condition_of(who) : "nobody";
	int n = snprintf(out, SEEN_LINE_MAX, "%u %s", who->index + another, condition);
	const int down = seen->camera_at - face_of(who);
	if (seen->somebody && down != 0)
		n += snprintf(out + n, SEEN_LINE_MAX - (size_t)n, " down=%d", down);
	if (seen->somebody && seen->turn_degrees != 0)
		n += snprintf(out + n, SEEN_LINE_MAX - (size_t)n, " turn=%d", seen->turn_degrees);
	n += snprintf(out + n, SEEN_LINE_MAX - (size_t)n, "\n");
	return (size_t)n;
}

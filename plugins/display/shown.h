/* SPDX-License-Identifier: Apache-2.0
 * What a traveller's display shows, as the text that its page is sent. Pure. Must never hold anything of a person, nor show a guidance
 * that may be old: whoever looks at a display walks by it.
 */
#ifndef POSTERN_DISPLAY_SHOWN_H
#define POSTERN_DISPLAY_SHOWN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { SHOWN_TEXT_MAX = 512, SHOWN_NAME_MAX = 24 };

struct shown {
	bool told;	   /* a guidance has come since the core (re)started */
	bool silent;	   /* the host has given the core up */
	uint32_t guidance; /* postern.Guidance */
	uint32_t permille, remaining_ms;
	uint32_t advice; /* postern.FaceAdvice */
	bool walk_in;	 /* TAKE_DOCUMENT: and then walk in */
	uint64_t told_ms; /* when it came, monotonic */
};

/* How the lane stands, told once to every page. */
struct shown_lane {
	const char *name;	/* what travellers read on it: letters, digits, "-", " "; "" none */
	const char *exit;	/* "ahead", "left", "right" as seen by who stands in the chamber */
	const char *languages;	/* "en,fr": the buttons, in this order */
};

/* The guidance of a ShowGuidance's bytes, at now_ms. An undecodable one tells nothing: what stood stays until it is stale. */
int shown_take(struct shown *s, const uint8_t *bytes, size_t size, uint64_t now_ms) PN_MUST_CHECK;
/* The name in the schema without its prefix, "PRESENT_DOCUMENT", or "WAIT" when nothing may be shown: nothing was told, or the core
 * was last heard more than stale_ms before now. heard_ms 0: never. */
const char *shown_name(const struct shown *s, uint64_t heard_ms, uint64_t now_ms, uint32_t stale_ms);
/* {"type":"state","show":...}; the remaining time is as of now, in whole tenths of a second. The length. */
size_t shown_text(const struct shown *s, uint64_t heard_ms, uint64_t now_ms, uint32_t stale_ms, char out[SHOWN_TEXT_MAX]);
/* {"type":"lane",...}. PN_EINVAL: a value that the page does not know, or that would need quoting. */
int shown_lane_text(const struct shown_lane *lane, char out[SHOWN_TEXT_MAX]) PN_MUST_CHECK;
#endif

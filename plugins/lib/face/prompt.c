/* SPDX-License-Identifier: Apache-2.0
 * See prompt.h.
 */
#include "prompt.h"

#include <math.h>
#include <string.h>

static void ask(struct face_prompt *p, enum face_side side, uint32_t elapsed_ms)
{
	p->side = side;
	p->since_ms = elapsed_ms;
	p->turned = p->astray = p->back = 0;
}

static enum face_side drawn(bool lot)
{
	return lot ? FACE_LEFT : FACE_RIGHT;
}

void face_prompt_begin(struct face_prompt *p, uint32_t wanted, float ahead, uint32_t elapsed_ms, bool lot)
{
	*p = (struct face_prompt){.state = FACE_PROMPT_ASKS, .wanted = wanted < 1 ? 1 : wanted, .ahead = ahead};
	ask(p, drawn(lot), elapsed_ms);
}

bool face_prompt_is_ahead(const struct face_prompt *p, float yaw)
{
	return fabsf(yaw - p->ahead) <= FACE_PROMPT_AHEAD_DEGREES;
}

void face_prompt_see(struct face_prompt *p, float yaw, bool same)
{
	const float turn = p->side == FACE_RIGHT ? p->ahead - yaw : yaw - p->ahead;
	if (p->state != FACE_PROMPT_ASKS || !isfinite(turn))
		return;
	if (p->side == FACE_AHEAD)
		p->back += same && face_prompt_is_ahead(p, yaw);
	else if (turn <= -FACE_PROMPT_TURN_DEGREES)
		p->astray++; /* whoever it is */
	else
		p->turned += same && turn >= FACE_PROMPT_TURN_DEGREES;
}

/* It was the right side, or the wrong one: in either case the head comes back first. */
static void answered(struct face_prompt *p, uint32_t elapsed_ms)
{
	if (p->astray >= FACE_PROMPT_FRAMES) {
		p->mistakes++;
		ask(p, FACE_AHEAD, elapsed_ms);
	} else if (p->turned >= FACE_PROMPT_FRAMES) {
		p->done++;
		ask(p, FACE_AHEAD, elapsed_ms);
	}
}

enum face_prompt_state face_prompt_next(struct face_prompt *p, uint32_t elapsed_ms, bool lot)
{
	if (p->state != FACE_PROMPT_ASKS)
		return p->state;
	const bool late = elapsed_ms - p->since_ms >= FACE_PROMPT_MS;
	const enum face_side side = p->side;
	if (side != FACE_AHEAD)
		answered(p, elapsed_ms);
	if (p->mistakes > FACE_PROMPT_MISTAKES)
		p->state = FACE_PROMPT_FAILED;
	else if (side == FACE_AHEAD && p->back > 0 && p->done == p->wanted)
		p->state = FACE_PROMPT_DONE;
	else if (side == FACE_AHEAD && p->back > 0)
		ask(p, drawn(lot), elapsed_ms);
	else if (late && p->side == side)
		p->state = FACE_PROMPT_FAILED;
	return p->state;
}

void face_prompt_decide(const struct face_prompt *p, struct face_pad *out)
{
	*out = (struct face_pad){.struct_size = sizeof *out, .decision = FACE_PAD_UNDETERMINED, .level = FACE_PAD_HEURISTIC};
	memcpy(out->mechanism, FACE_PROMPT_MECHANISM, sizeof FACE_PROMPT_MECHANISM);
	if (p->wanted > 0)
		out->score = (float)p->done / (float)p->wanted;
	if (p->state == FACE_PROMPT_DONE)
		out->decision = FACE_PAD_BONA_FIDE;
}

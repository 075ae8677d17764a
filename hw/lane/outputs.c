/* SPDX-License-Identifier: Apache-2.0
 * What is driven: locks and drives as the leaves ask, lamps and sounds as the guidance says, contacts for the site. Must never
 * show "go" at an entry that lets nobody in.
 */
#include "lane/internal.h"

#define GUIDANCE(name) POSTERN__GUIDANCE__GUIDANCE_##name
#define B(name) LANE_HW_BIT(LANE_HW_##name)

#define ENTRY_STOP (B(entry_red) | B(entry_cross))
#define ENTRY_WAIT (B(entry_amber) | B(entry_cross))
#define ENTRY_GO (B(entry_green) | B(entry_arrow))
#define EXIT_STOP (B(exit_red) | B(exit_cross))
#define EXIT_WAIT (B(exit_amber) | B(exit_cross))
#define EXIT_GO (B(exit_green) | B(exit_arrow))
/* A spoken message is started by a pulse of that length. */
#define VOICE_NS (500 * NS_PER_MS)

static uint64_t guide(uint32_t guidance)
{
	switch (guidance) {
	case GUIDANCE(PRESENT_DOCUMENT):
		return ENTRY_GO | EXIT_STOP | B(reader_light);
	case GUIDANCE(KEEP_DOCUMENT):
	case GUIDANCE(TRY_AGAIN):
		return ENTRY_WAIT | EXIT_STOP | B(reader_light);
	case GUIDANCE(TAKE_DOCUMENT):
		return ENTRY_WAIT | EXIT_STOP | B(reader_light) | B(voice);
	case GUIDANCE(WALK_IN):
		return ENTRY_GO | EXIT_STOP;
	case GUIDANCE(LOOK_HERE):
		return ENTRY_STOP | EXIT_WAIT;
	case GUIDANCE(WALK_OUT):
		return ENTRY_STOP | EXIT_GO;
	case GUIDANCE(WAIT_OFFICER):
	case GUIDANCE(ONE_PERSON):
		return ENTRY_STOP | EXIT_WAIT | B(voice);
	case GUIDANCE(GO_BACK):
		return ENTRY_STOP | EXIT_STOP | B(voice) | B(buzzer);
	case GUIDANCE(EMERGENCY):
		return ENTRY_STOP | EXIT_GO | B(voice) | B(buzzer);
	default:
		return ENTRY_STOP | EXIT_STOP;
	}
}

static uint64_t shown(const struct lane_hw *l)
{
	uint32_t guidance = l->guidance;
	if (l->core_gone)
		guidance = l->returning ? GUIDANCE(GO_BACK) : GUIDANCE(CLOSED);
	if (l->emergency)
		guidance = GUIDANCE(EMERGENCY);
	uint64_t on = guide(guidance);
	if (l->now - l->guidance_ns >= VOICE_NS)
		on &= ~B(voice);
	return on;
}

static bool serves(const struct lane_hw *l)
{
	return !l->core_gone && !l->emergency && l->guidance != GUIDANCE(CLOSED) && l->guidance != GUIDANCE(UNSPECIFIED) &&
	       l->guidance != GUIDANCE(OTHER_LANE);
}

static uint64_t leaf_outputs(const struct lane_hw *l, enum leaf_id id)
{
	const struct leaf *f = &l->leaf[id];
	const struct leaf_lines *n = &leaf_lines[id];
	return (f->unlock && l->now >= f->unlock_from_ns ? LANE_HW_BIT(n->unlock) : 0) |
	       (f->open_drive ? LANE_HW_BIT(n->open_drive) : 0) | (f->close_drive ? LANE_HW_BIT(n->close_drive) : 0);
}

static bool calls(const struct lane_hw *l)
{
	const uint32_t loud = UINT32_C(1) << LANE_HW_TROUBLE_FORCED | UINT32_C(1) << LANE_HW_TROUBLE_INTRUSION |
			      UINT32_C(1) << LANE_HW_TROUBLE_WRONG_WAY | UINT32_C(1) << LANE_HW_TROUBLE_RETURN_PATH |
			      UINT32_C(1) << LANE_HW_TROUBLE_BUTTON;
	return l->emergency || line_rings(l, LANE_HW_tamper) || (l->troubles & loud) != 0;
}

/* From what is asserted to the levels of the lines that there are. */
static uint64_t levels(const struct lane_hw_description *d, uint64_t asserted)
{
	uint64_t raw = 0;
	for (unsigned i = 0; i < LANE_HW_LINES; i++) {
		const struct lane_hw_wiring *w = &d->line[i];
		bool on = (asserted & LANE_HW_BIT(i)) != 0, closed = on == (w->contact == LANE_HW_CLOSES);
		if (lane_hw_line_info((enum lane_hw_line)i)->output && w->present && closed == w->closed_level)
			raw |= LANE_HW_BIT(i);
	}
	return raw;
}

uint64_t lane_hw_output_lines(const struct lane_hw_description *d)
{
	uint64_t lines = 0;
	for (unsigned i = 0; i < LANE_HW_LINES; i++)
		if (lane_hw_line_info((enum lane_hw_line)i)->output && d->line[i].present)
			lines |= LANE_HW_BIT(i);
	return lines;
}

uint64_t lane_hw_safe_outputs(const struct lane_hw_description *d)
{
	uint64_t asserted = 0;
	for (unsigned i = 0; i < LANE_HW_LINES; i++)
		if (lane_hw_line_info((enum lane_hw_line)i)->safe)
			asserted |= LANE_HW_BIT(i);
	return levels(d, asserted);
}

uint64_t lane_hw_outputs(const struct lane_hw *l)
{
	uint64_t on = shown(l) | leaf_outputs(l, ENTRY) | leaf_outputs(l, EXIT) | camera_outputs(l);
	if (l->kick)
		on |= B(watchdog_kick);
	if (!serves(l))
		on |= B(out_of_service);
	if (calls(l))
		on |= B(alarm) | B(buzzer);
	return levels(&l->d, on);
}

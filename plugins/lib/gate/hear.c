/* SPDX-License-Identifier: Apache-2.0
 * GateCommand, ShowGuidance and MoveCamera off the bus. Must never keep a message.
 */
#include "gate/hear.h"

#include "bus.pb-c.h"

static bool hear_command(struct lane_hw *hw, const struct postern_message *m, uint64_t now_ns)
{
	Postern__GateCommand *c = postern__gate_command__unpack(NULL, m->size, m->bytes);
	if (c == NULL)
		return false;
	lane_hw_command(hw, (uint32_t)c->command, c->command_id, c->record_hash.len == 0, now_ns);
	postern__gate_command__free_unpacked(c, NULL);
	return true;
}

static bool hear_guidance(struct lane_hw *hw, const struct postern_message *m, uint64_t now_ns)
{
	Postern__ShowGuidance *s = postern__show_guidance__unpack(NULL, m->size, m->bytes);
	if (s == NULL)
		return false;
	lane_hw_guidance(hw, (uint32_t)s->guidance, now_ns);
	postern__show_guidance__free_unpacked(s, NULL);
	return true;
}

static bool hear_move(struct lane_hw *hw, const struct postern_message *m, uint64_t now_ns)
{
	Postern__MoveCamera *c = postern__move_camera__unpack(NULL, m->size, m->bytes);
	if (c == NULL)
		return false;
	lane_hw_move_camera(hw, (uint32_t)c->direction, c->ms, c->move_id, now_ns);
	postern__move_camera__free_unpacked(c, NULL);
	return true;
}

bool gate_hear(struct lane_hw *hw, const struct postern_message *m, uint64_t now_ns)
{
	if (m->body == POSTERN__ENVELOPE__BODY_GATE_COMMAND)
		return hear_command(hw, m, now_ns);
	if (m->body == POSTERN__ENVELOPE__BODY_MOVE_CAMERA)
		return hear_move(hw, m, now_ns);
	return m->body == POSTERN__ENVELOPE__BODY_SHOW_GUIDANCE && hear_guidance(hw, m, now_ns);
}

/* SPDX-License-Identifier: Apache-2.0
 * GateSensed and troubles on the bus. Must never count as told what the core has not taken.
 */
#include "gate/tell.h"

#include "bus.pb-c.h"

#define TELL_EVERY_NS UINT64_C(200000000)

_Static_assert(POSTERN__LEAF_POSITION__LEAF_FAULT == 7 && POSTERN__CAMERA_DRIVE__CAMERA_DRIVE_FAULT == 5,
	"lane_hw_sensed carries the schema's values");
_Static_assert((int)POSTERN__LANE_TOPOLOGY__TOPOLOGY_TWO_STEP == (int)LANE_HW_TWO_STEP + 1 &&
		       (int)POSTERN__LANE_TOPOLOGY__TOPOLOGY_ONE_STEP == (int)LANE_HW_ONE_STEP + 1 &&
		       (int)POSTERN__LANE_TOPOLOGY__TOPOLOGY_SEGREGATED == (int)LANE_HW_SEGREGATED + 1,
	"the schema's values, after its UNSPECIFIED");

static void report(struct gate_tell *t, const struct lane_hw_sensed *s, uint64_t now_ns)
{
	Postern__GateSensed m = POSTERN__GATE_SENSED__INIT;
	uint8_t buffer[128];
	m.entry_leaf = (Postern__LeafPosition)s->entry_leaf;
	m.exit_leaf = (Postern__LeafPosition)s->exit_leaf;
	m.occupants = s->occupants;
	m.occupants_known = s->occupants_known;
	m.object_left = s->object_left;
	m.fire_alarm = s->fire_alarm;
	m.emergency_stop = s->emergency_stop;
	m.mains_ok = s->mains_ok;
	m.ups_low = s->ups_low;
	m.tamper = s->tamper;
	m.self_test_ok = s->self_test_ok;
	m.key_reset = s->key_reset;
	m.in_maintenance = s->in_maintenance;
	m.last_command_id = s->last_command_id;
	m.topology = (Postern__LaneTopology)(s->topology + 1);
	m.camera = (Postern__CameraDrive)s->camera;
	m.last_move_id = s->last_move_id;
	size_t n = postern__gate_sensed__get_packed_size(&m);
	if (n > sizeof buffer)
		return; /* cannot be: seventeen small fields */
	postern__gate_sensed__pack(&m, buffer);
	if (t->host->report(t->host->ctx, POSTERN__ENVELOPE__BODY_GATE_SENSED, NULL, buffer, n) != 0)
		return; /* the core reads nothing: tried again in the next turn */
	t->told = *s;
	t->told_ns = now_ns;
	t->has_told = true;
}

void gate_tell(struct gate_tell *t, struct lane_hw *hw, uint64_t now_ns)
{
	struct lane_hw_sensed s;
	const char *key;
	bool active;
	lane_hw_sense(hw, &s);
	if (!t->has_told || !lane_hw_sensed_same(&s, &t->told) || now_ns - t->told_ns >= TELL_EVERY_NS)
		report(t, &s, now_ns);
	while (lane_hw_trouble(hw, &key, &active))
		t->host->trouble(t->host->ctx, key, active);
}

uint64_t gate_tell_next_ns(const struct gate_tell *t)
{
	return t->told_ns + TELL_EVERY_NS;
}

void gate_tell_anew(struct gate_tell *t)
{
	t->has_told = false;
}

/* SPDX-License-Identifier: Apache-2.0
 * From two snapshots, s_ the last and n_ the new one, to the events between them, put into pend[]: gate_derive() a second time, by
 * hand. Included by the world and by conform.pml.in, which holds it to the shipped one. The two kinds of alarm are one here.
 * Must never read anything else.
 */
#define PUT(happened, event) if :: (happened) -> pend[pends] = event; pends++ :: else -> skip fi
#define UNTOLD(leaf) (leaf == GATE_LEAF_UNKNOWN || leaf == GATE_LEAF_FAULT)

/* The events between the last snapshot and the new one: gate_derive(). */
inline derive() {
	PUT(n_fire && !(s_fire || s_estop), E_EMERGENCY);
	PUT(n_tamper && !s_tamper, E_TAMPER);
	PUT((UNTOLD(n_entry) || UNTOLD(n_exit) || !n_well) &&
		!(UNTOLD(s_entry_leaf) || UNTOLD(s_exit_leaf) || !s_self_test_ok), E_SENSOR_LOST);
	PUT((n_entry == GATE_LEAF_FORCED || n_exit == GATE_LEAF_FORCED) &&
		!(s_entry_leaf == GATE_LEAF_FORCED || s_exit_leaf == GATE_LEAF_FORCED), E_LEAF_FORCED);
	if
	:: !n_known -> PUT(s_occupants_known, E_OCCUPANCY_LOST)
	:: else ->
		i = (s_occupants_known -> s_occupants : 0);
		PUT(n_in >= 1 && i == 0, E_PERSON_ENTERED);
		PUT(n_in >= 2 && i < 2, E_SECOND_PERSON);
		PUT(n_in == 1 && i >= 2, E_BACK_TO_ONE);
		PUT(n_in == 0 && (i > 0 || !s_occupants_known), E_CHAMBER_EMPTY)
	fi;
	PUT(s_entry_leaf == GATE_LEAF_LOCKED && n_entry != GATE_LEAF_LOCKED, E_ENTRY_UNLOCKED);
	PUT(n_entry == GATE_LEAF_LOCKED && s_entry_leaf != n_entry, E_ENTRY_LOCKED);
	PUT(n_entry == GATE_LEAF_OPEN && s_entry_leaf != n_entry, E_ENTRY_OPENED);
	PUT(n_entry == GATE_LEAF_OBSTRUCTED && s_entry_leaf != n_entry, E_ENTRY_OBSTRUCTED);
	PUT(s_exit_leaf == GATE_LEAF_LOCKED && n_exit != GATE_LEAF_LOCKED, E_EXIT_UNLOCKED);
	PUT(n_exit == GATE_LEAF_LOCKED && s_exit_leaf != n_exit, E_EXIT_LOCKED);
	PUT(n_exit == GATE_LEAF_OPEN && s_exit_leaf != n_exit, E_EXIT_OPENED);
	PUT(n_exit == GATE_LEAF_OBSTRUCTED && s_exit_leaf != n_exit, E_EXIT_OBSTRUCTED);
	PUT(n_object && !s_object_left, E_OBJECT_LEFT);
	PUT(!n_object && s_object_left, E_OBJECT_CLEARED);
	PUT(!n_mains && s_mains_ok, E_MAINS_LOST);
	PUT(n_mains && !s_mains_ok, E_MAINS_BACK);
	PUT(n_low && !s_ups_low, E_UPS_LOW);
	PUT(n_maint && !s_maintenance, E_MAINTENANCE_ON);
	PUT(!n_maint && s_maintenance, E_MAINTENANCE_OFF);
	PUT(n_key && !n_fire && !(s_key_reset && !s_fire && !s_estop), E_EMERGENCY_CLEARED);
	s_entry_leaf = n_entry; s_exit_leaf = n_exit; s_occupants = n_in; s_occupants_known = n_known;
	s_object_left = n_object; s_fire = n_fire; s_estop = false; s_mains_ok = n_mains; s_ups_low = n_low;
	s_tamper = n_tamper; s_maintenance = n_maint; s_self_test_ok = n_well; s_key_reset = n_key
}

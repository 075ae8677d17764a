/* SPDX-License-Identifier: Apache-2.0
 * Every table that spin verifies: a further lane is a further line. Must never hold a copy of a
 * table.
 */
#ifndef POSTERN_SPIN_TABLES_H
#define POSTERN_SPIN_TABLES_H
#include "gate/table.h"

struct spin_table {
	const char *name;
	const struct gate_table *table;
};

static const struct spin_table spin_tables[] = {
	{"two_step", &gate_two_step},
	{"one_step", &gate_one_step},
	{"segregated", &gate_redeem},
	{"free", &gate_free},
};
#endif

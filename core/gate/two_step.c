/* SPDX-License-Identifier: Apache-2.0
 * The integrated two-step lane as data. Must never hold logic: that is step.c.
 */
#define TABLE_DEF "gate/two_step.def"
#define TABLE_NAME gate_two_step
#define TABLE_TOPOLOGY GATE_TWO_STEP
#include "gate/table_of.h"

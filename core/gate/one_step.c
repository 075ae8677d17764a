/* SPDX-License-Identifier: Apache-2.0
 * The one-step mantrap as data. Must never hold logic: that is step.c.
 */
#define TABLE_DEF "gate/one_step.def"
#define TABLE_NAME gate_one_step
#define TABLE_TOPOLOGY GATE_ONE_STEP
#include "gate/table_of.h"

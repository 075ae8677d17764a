/* SPDX-License-Identifier: Apache-2.0
 * The gate of a segregated lane as data. Must never hold logic: that is step.c.
 */
#define TABLE_DEF "gate/redeem.def"
#define TABLE_NAME gate_redeem
#define TABLE_TOPOLOGY GATE_SEGREGATED
#include "gate/table_of.h"

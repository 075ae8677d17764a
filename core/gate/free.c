/* SPDX-License-Identifier: Apache-2.0
 * The lane ordered free, as data. Must never hold logic: that is step.c.
 */
#define TABLE_DEF "gate/free.def"
#define TABLE_NAME gate_free
#define TABLE_TOPOLOGY GATE_FREE
#include "gate/table_of.h"

/* SPDX-License-Identifier: Apache-2.0
 * A kiosk as data. Must never hold logic: that is step.c.
 */
#define TABLE_DEF "gate/kiosk.def"
#define TABLE_NAME gate_kiosk
#define TABLE_TOPOLOGY GATE_KIOSK
#include "gate/table_of.h"

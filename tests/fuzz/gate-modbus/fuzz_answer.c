/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a controller's answer. The first byte chooses tables and request, the rest is the answer. Must never be taken as good when
 * it is not the one form that the request asks for, nor say anything of a line that is not in the block.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "modbus/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void place(struct lane_hw_description *lane, struct wiring_controller *c, unsigned line, enum wiring_table table, unsigned n)
{
	bool bits = table == WIRING_COIL || table == WIRING_DISCRETE_INPUT;
	lane->line[line].present = true;
	/* with holes, as maps have them */
	c->point[line] = (struct wiring_point){true, table, (uint16_t)(bits ? n * (lane_hw_line_info((enum lane_hw_line)line)->output ? 1 : 3)
									    : n / 11),
		(uint8_t)(bits ? 0 : n % 11), true};
}

static void make(struct bus_plan *plan, enum wiring_table in, enum wiring_table out)
{
	struct lane_hw_description lane;
	struct wiring_controller c;
	char error[WIRING_ERROR_MAX];
	memset(&c, 0, sizeof c);
	c.unit = 17;
	lane_hw_description_default(&lane);
	for (unsigned i = 0; i < LANE_HW_LINES; i++) {
		bool output = lane_hw_line_info((enum lane_hw_line)i)->output;
		place(&lane, &c, i, output ? out : in, output ? i - LANE_HW_watchdog_kick : i + (in == out ? 300u : 0u));
	}
	if (bus_plan_make(&lane, &c, plan, error, sizeof error) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bus_plan plan;
	uint64_t levels = 0, again = 0;
	uint8_t asked[BUS_ADU_MAX];
	if (size == 0)
		return 0;
	make(&plan, (enum wiring_table)(data[0] & 3), data[0] & 4 ? WIRING_COIL : WIRING_HOLDING_REGISTER);
	const struct bus_request r = {(enum bus_kind)((data[0] >> 3 & 3) % 3), 0, plan.safe};
	const struct bus_block *b = r.kind == BUS_READ ? &plan.read[0] : &plan.write[0];
	size_t n = bus_request_bytes(&plan, &r, asked);
	if (n < 6 || n > BUS_ADU_MAX)
		abort();
	enum bus_result result = bus_answer(&plan, &r, data + 1, size - 1, &levels);
	if ((levels & ~b->lines) != 0 || (result != BUS_GOOD && levels != 0))
		abort();
	if (bus_answer(&plan, &r, data + 1, size - 1, &again) != result || again != levels)
		abort();
	if (result == BUS_GOOD && (size < 3 || data[1] != asked[0] || data[2] != asked[1]))
		abort();
	if (result == BUS_GOOD && r.kind == BUS_WRITE && (size != 7 || memcmp(data + 1, asked, 6) != 0))
		abort();
	if (result == BUS_GOOD && r.kind != BUS_WRITE && size != 4u + data[3])
		abort();
	return 0;
}

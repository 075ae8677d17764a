/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a lane file, as a board file and as a controller file. Must never take a lane that cannot work, two lines in one place,
 * an output where nothing can be written, a bus whose loss is noticed too late, or refuse without naming file and line.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wiring/controller.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void refused(const char *error)
{
	if (strncmp(error, "FILE:", 5) != 0 || error[5] < '0' || error[5] > '9' || strstr(error, ", expected ") == NULL)
		abort();
}

static void controller_is_well(const struct wiring_controller *c)
{
	if ((c->poll_ms + c->timeout_ms) * c->lost_after > WIRING_BUS_LOST_MS_MAX || c->timeout_ms == 0 || c->lost_after == 0)
		abort();
	for (unsigned i = 0; i < LANE_HW_LINES; i++) {
		const struct wiring_point *p = &c->point[i];
		if (!p->present)
			continue;
		if (lane_hw_line_info((enum lane_hw_line)i)->output && p->table != WIRING_COIL && p->table != WIRING_HOLDING_REGISTER)
			abort();
		for (unsigned k = 0; k < i; k++)
			if (c->point[k].present && c->point[k].table == p->table && c->point[k].address == p->address &&
				c->point[k].bit == p->bit)
				abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct lane_hw_description lane;
	static struct wiring_board board;
	static struct wiring_controller controller;
	char error[8 * WIRING_ERROR_MAX] = "";
	enum lane_hw_line line;
	if (wiring_lane_parse("FILE", data, size, &lane, error, sizeof error) != 0)
		refused(error);
	else if (lane_hw_description_check(&lane, &line) != NULL)
		abort();
	if (wiring_controller_parse("FILE", data, size, &controller, error, sizeof error) != 0)
		refused(error);
	else
		controller_is_well(&controller);
	if (wiring_board_parse("FILE", data, size, &board, error, sizeof error) != 0) {
		refused(error);
		return 0;
	}
	for (unsigned i = 0; i < LANE_HW_LINES; i++)
		for (unsigned k = 0; k < i; k++)
			if (board.pin[i].present && board.pin[k].present && board.pin[i].chip == board.pin[k].chip &&
				board.pin[i].offset == board.pin[k].offset && strcmp(board.pin[i].name, board.pin[k].name) == 0)
				abort();
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a lane file and as a board file. Must never take a lane that cannot work, two lines in one place, or refuse without
 * naming file and line.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wiring/wiring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void refused(const char *error)
{
	if (strncmp(error, "FILE:", 5) != 0 || error[5] < '0' || error[5] > '9' || strstr(error, ", expected ") == NULL)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct lane_hw_description lane;
	static struct wiring_board board;
	char error[8 * WIRING_ERROR_MAX] = "";
	enum lane_hw_line line;
	if (wiring_lane_parse("FILE", data, size, &lane, error, sizeof error) != 0)
		refused(error);
	else if (lane_hw_description_check(&lane, &line) != NULL)
		abort();
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

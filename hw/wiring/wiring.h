/* SPDX-License-Identifier: Apache-2.0
 * The two files that describe a lane's hardware: the lane file (hw/lanes: which lines there are, how their contacts act, times)
 * and the board file (hw/boards: where each line is connected). Read by libcyaml; every problem is told as
 * "FILE:LINE: what is wrong, what is expected". Must never drive or read a line.
 */
#ifndef POSTERN_WIRING_H
#define POSTERN_WIRING_H
#include "lane/lane.h"

enum { WIRING_CHIPS_MAX = 4, WIRING_FILE_MAX = 64 * 1024, WIRING_NAME_MAX = 32, WIRING_ERROR_MAX = 512 };

enum wiring_bias { WIRING_AS_IS, WIRING_NO_BIAS, WIRING_PULL_UP, WIRING_PULL_DOWN };
enum wiring_drive { WIRING_PUSH_PULL, WIRING_OPEN_DRAIN, WIRING_OPEN_SOURCE };

struct wiring_chip {
	char device[WIRING_NAME_MAX]; /* the name under which a plugin is granted it: chip0 to chip3 */
	char label[WIRING_NAME_MAX];  /* as the kernel has it (gpiodetect) */
};

/* Where a line is connected. */
struct wiring_pin {
	bool present;
	uint8_t chip;
	char name[WIRING_NAME_MAX]; /* the kernel's name of the line; "": by offset */
	uint32_t offset;
	bool closed_level; /* what is read, or driven, when the circuit is closed */
	enum wiring_bias bias;
	enum wiring_drive drive;
};

struct wiring_board {
	char name[40];
	struct wiring_chip chip[WIRING_CHIPS_MAX];
	unsigned chips;
	struct wiring_pin pin[LANE_HW_LINES];
};

/* 0, or -1 with a sentence in error. The file may be hostile. */
int wiring_lane_load(const char *path, struct lane_hw_description *out, char *error, size_t size);
int wiring_board_load(const char *path, struct wiring_board *out, char *error, size_t size);
/* The same from memory; path is for messages only. */
int wiring_lane_parse(const char *path, const uint8_t *bytes, size_t count, struct lane_hw_description *out, char *error, size_t size);
int wiring_board_parse(const char *path, const uint8_t *bytes, size_t count, struct wiring_board *out, char *error, size_t size);
/* Every line of the lane is connected, and the board's levels go into the description. -1: the sentence names board_path. */
int wiring_join(struct lane_hw_description *lane, const struct wiring_board *board, const char *board_path, char *error, size_t size);
#endif

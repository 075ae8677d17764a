/* SPDX-License-Identifier: Apache-2.0
 * A chip whose random numbers are given, and exchanges written as hexadecimal text. Must never be
 * used outside tests.
 */
#ifndef POSTERN_TEST_SIM_CHIP_SCRIPT_H
#define POSTERN_TEST_SIM_CHIP_SCRIPT_H
#include "sim/chip/chip.h"

/* Hexadecimal text, blanks allowed. */
struct bytes {
	uint8_t at[4096];
	size_t size;
};
struct bytes hex(const char *text);

/* What draw() gives, by kind; NULL: fails. */
struct given {
	const char *number[SIM_DRAW_M1 + 1];
};
size_t draw_given(void *given, enum sim_chip_draw what, uint8_t *out, size_t size, size_t room);

/* Sends and compares; fails the test with both texts. */
void says(struct sim_chip *chip, const char *command, const char *response);
EVP_PKEY *ec_key(const char *curve, const char *secret);
EVP_PKEY *dh_key(const char *group);
#endif

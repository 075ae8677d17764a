/* SPDX-License-Identifier: Apache-2.0
 * A terminal of the plainest kind, written from ICAO Doc 9303-11 appendix D: BAC, 3DES secure
 * messaging, SELECT and READ BINARY. It shares no line with the chip nor with the reader's library.
 * Must never be used outside tests.
 */
#ifndef POSTERN_TEST_SIM_CHIP_TERMINAL_H
#define POSTERN_TEST_SIM_CHIP_TERMINAL_H
#include "sim/chip/chip.h"

struct terminal {
	struct sim_chip *chip;
	uint8_t enc[16], mac[16], ssc[8];
	uint8_t reply[SIM_CHIP_RESPONSE_MAX]; /* the last response, with status */
	size_t reply_size;
	uint8_t data[SIM_CHIP_RESPONSE_MAX]; /* its plain data */
	size_t data_size;
	int link; /* what sim_chip_apdu() said */
};

/* What is wrong with a response; 0: nothing. */
enum terminal_fault {
	T_GOOD,
	T_LINK = -1, /* under two bytes */
	T_BARE = -2, /* no protected response */
	T_CHECKSUM = -3,
	T_STATUS = -4,     /* DO99 absent or other than the status word */
	T_CRYPTOGRAM = -5, /* padding, indicator, length */
};

/* The status word of a plain command, or T_LINK. */
int terminal_plain(struct terminal *t, const uint8_t *command, size_t size);
/* SELECT AID, GET CHALLENGE, EXTERNAL AUTHENTICATE; 0x9000, or the status word or fault where it
 * ended; -9: the chip's answer does not prove the key. */
int terminal_bac(struct terminal *t, const char *mrz_information);
/* A protected command; le 0: none, up to 256 (short). The status word or a fault. */
int terminal_send(struct terminal *t, uint8_t ins, uint8_t p1, uint8_t p2, const uint8_t *data,
	size_t size, size_t le);
/* SELECT and READ BINARY in chunks to the length in the file's own header. Bytes, or a status word
 * / fault below 0 as -0x6xxx. */
int terminal_read(struct terminal *t, unsigned id, uint8_t *out, size_t room, size_t chunk);
#endif

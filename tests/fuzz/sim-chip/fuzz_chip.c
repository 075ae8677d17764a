/* SPDX-License-Identifier: Apache-2.0
 * Any commands to the virtual passport, honest or with one fault. First byte: which passport;
 * second: a fault, one more than its number, 0 for none; then commands, each after two bytes of
 * length. Its random numbers are those of the worked examples of Doc 9303-11, so that the corpus
 * can open it. A response has a status word unless the link is at fault, and no byte of DG1 comes
 * in the clear from a passport that is closed. Must never reach a socket.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hex.h"
#include "sim/chip/chip.h"

static const uint8_t group[] = {
	0x61, 12, 'F', 'O', 'R', ' ', 'N', 'O', ' ', 'E', 'Y', 'E', 'S', '.'};
static const uint8_t com[] = {0x60, 0x14, 0x5F, 0x01, 0x04, 0x30, 0x31, 0x30, 0x36, 0x5F, 0x36,
	0x06, 0x30, 0x34, 0x30, 0x30, 0x30, 0x30, 0x5C, 0x02, 0x61, 0x75};
static const uint8_t access[] = {0x31, 0x00};
static const struct sim_chip_file files[] = {{0x0101, group, sizeof group},
	{0x011e, com, sizeof com}, {SIM_MF | 0x011c, access, sizeof access}};

static const char *const numbers[][SIM_DRAW_M1 + 1] = {
	{"4608F91988702212", "0B4F80323EB3191CB04970CB4052790B", "00", "01", "01", "00"},
	{"4608F91988702212", "0B4F80323EB3191CB04970CB4052790B", "00", "01", "01", "00"},
	{"00", "00", "3F00C4D39D153F2B2A214A078D899B22",
		"498FF49756F2DC1587840041839A85982BE7761D14715FB091EFA7BCE9058560",
		"107CF58696EF6155053340FD633392BA81909DF7B9706F226F32086C7AFF974A", "00"},
	{"00", "00", "2923BE84E16CD6AE529049F1F1BBE9EB", "01",
		"107CF58696EF6155053340FD633392BA81909DF7B9706F226F32086C7AFF974A", "00"},
};

static size_t draw(void *context, enum sim_chip_draw what, uint8_t *out, size_t size, size_t room)
{
	const char *text = ((const char *const *)context)[what];
	size_t n = strlen(text) / 2;
	(void)size;
	return n <= room && hex_decode(out, n, text) == PN_OK ? n : 0;
}

static struct sim_chip *make(unsigned kind, unsigned fault)
{
	struct sim_chip_config c = {.files = files, .file_count = 3, .draw = draw};
	struct sim_chip *chip = NULL;
	kind %= 4;
	c.draw_context = (void *)(uintptr_t)numbers[kind];
	c.open = kind == 0;
	c.bac = kind == 1;
	c.mrz_information = kind == 2 ? "T22000129364081251010318" : "L898902C<369080619406236";
	c.can = "123456";
	if (kind >= 2) {
		c.pace[0] = (struct sim_chip_pace){kind == 2 ? SIM_GM : SIM_IM, SIM_AES_128, 13};
		c.pace_count = 1;
	}
	if (fault > 0 && fault <= SIM_FAULTS)
		c.faults[fault - 1].on = true;
	if (sim_chip_new(&c, &chip) != PN_OK)
		abort();
	return chip;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t response[SIM_CHIP_RESPONSE_MAX];
	if (size < 2)
		return 0;
	unsigned kind = data[0], fault = data[1];
	bool link = fault > 0 && fault <= SIM_FAULTS &&
		    strcmp(sim_chip_fault_layer((enum sim_chip_fault)(fault - 1)), "LINK") == 0;
	struct sim_chip *chip = make(kind, fault);
	data += 2;
	size -= 2;
	for (unsigned i = 0; i < 64 && size >= 2; i++) {
		size_t n = (size_t)data[0] << 8 | data[1], out = sizeof response;
		data += 2;
		size -= 2;
		if (n > size)
			n = size;
		int err = sim_chip_apdu(chip, data, n, response, &out);
		if (!link && (err != PN_OK || out < 2 || sim_chip_announced(chip) != out))
			abort();
		if (kind % 4 != 0 && fault != SIM_FAULT_SM_PLAIN_DATA + 1 &&
			memmem(response, out, group + 2, sizeof group - 2) != NULL)
			abort();
		data += n;
		size -= n;
	}
	sim_chip_free(chip);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 * A virtual passport that comes to a reader waiting on 127.0.0.1:PORT: chip_player PORT CSCA_FILE. Opens by BAC, holds
 * EF.SOD, DG1 and DG2 of a State of its own, whose certificate it writes to CSCA_FILE first. Must never listen anywhere.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/crypto.h>
#include <openssl/objects.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "sim/chip/chip.h"
#include "sim/state/state.h"

#define ZONE "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10"

static bool get(int fd, uint8_t *out, size_t size)
{
	for (ssize_t n; size > 0; out += n, size -= (size_t)n)
		if ((n = recv(fd, out, size, 0)) <= 0)
			return false;
	return true;
}

static bool reply(int fd, const uint8_t *bytes, size_t size)
{
	static uint8_t packet[2 + SIM_CHIP_RESPONSE_MAX];
	packet[0] = (uint8_t)(size >> 8);
	packet[1] = (uint8_t)size;
	memcpy(packet + 2, bytes, size);
	return send(fd, packet, size + 2, MSG_NOSIGNAL) == (ssize_t)(size + 2);
}

static void play(int fd, struct sim_chip *chip)
{
	static uint8_t command[65600], response[SIM_CHIP_RESPONSE_MAX];
	uint8_t head[2], atr[33];
	while (get(fd, head, 2)) {
		size_t n = (size_t)head[0] << 8 | head[1], size = sizeof response;
		if (!get(fd, command, n))
			return;
		if (n == 1 && command[0] == 4) {
			if (!reply(fd, atr, sim_chip_atr(chip, atr)))
				return;
		} else if (n == 1) {
			sim_chip_power(chip, command[0] != 0);
		} else if (sim_chip_apdu(chip, command, n, response, &size) != 0 || !reply(fd, response, size)) {
			return;
		}
	}
}

static int come(unsigned short port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (int i = 0; i < 200; i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
			return fd;
		close(fd);
		usleep(50000);
	}
	return -1;
}

int main(int argc, char **argv)
{
	uint8_t dg1[93] = "\x61\x5b\x5f\x1f\x58", dg2[2004] = {0x75, 0x82, 0x07, 0xd0};
	int64_t now = (int64_t)time(NULL);
	size_t sod_size = 0, size = 0;
	struct sim_chip *chip = NULL;
	if (argc != 3)
		return 2;
	memcpy(dg1 + 5, ZONE, 88);
	struct sim_state *s = sim_state_new(&(struct sim_state_config){"UT", SIM_EC_P256, now - 1000000, now + 100000000});
	struct sim_signer *d =
		s != NULL ? sim_signer_new(s, &(struct sim_signer_config){SIM_EC_P256, now - 90000, now + 1000000, NULL, "P", false, false}) : NULL;
	const struct sim_group groups[] = {{1, dg1, sizeof dg1}, {2, dg2, sizeof dg2}};
	uint8_t *sod = d != NULL ? sim_sod(d, NID_sha256, NID_sha256, groups, 2, SIM_SOD_PLAIN, now - 80000, &sod_size) : NULL;
	if (sod == NULL)
		return 1;
	uint8_t *csca = sim_der(sim_state_csca(s), &size);
	FILE *f = fopen(argv[2], "wb");
	if (f == NULL || fwrite(csca, 1, size, f) != size || fclose(f) != 0)
		return 1;
	const struct sim_chip_file files[] = {{0x11d, sod, sod_size}, {0x101, dg1, sizeof dg1}, {0x102, dg2, sizeof dg2}};
	const struct sim_chip_config config = {
		.files = files, .file_count = 3, .bac = true, .mrz_information = "L898902C3674081221204159"};
	int fd = sim_chip_new(&config, &chip) == 0 ? come((unsigned short)strtoul(argv[1], NULL, 10)) : -1;
	if (fd < 0)
		return 1;
	play(fd, chip);
	close(fd);
	sim_chip_free(chip);
	sim_signer_free(d);
	sim_state_free(s);
	OPENSSL_free(sod);
	OPENSSL_free(csca);
	return 0;
}

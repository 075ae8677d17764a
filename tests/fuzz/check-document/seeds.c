/* SPDX-License-Identifier: Apache-2.0
 * Writes the seed corpus of inspect_chip into a folder: queries with the files of virtual passports, sound and wrong. Usage:
 * seeds FOLDER STAMP. Keys are made anew each time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "document.pb-c.h"
#include "emrtd/bundle.h"
#include "sim/chip/passport.h"

enum { NOW = 1790000000, ROOM = 300000 };

static const char zone[] = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10";

static size_t query(uint8_t *out, Postern__ChipAccess access)
{
	char lines[2][45], *line[2] = {lines[0], lines[1]};
	Postern__ChipProof proven = POSTERN__CHIP_PROOF__INIT, failed = POSTERN__CHIP_PROOF__INIT;
	Postern__ChipRead read = POSTERN__CHIP_READ__INIT;
	Postern__InspectChip q = POSTERN__INSPECT_CHIP__INIT;
	for (int i = 0; i < 2; i++)
		snprintf(lines[i], sizeof lines[i], "%.44s", zone + 44 * i);
	proven.result = POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL;
	failed.result = POSTERN__CHECK_RESULT__CHECK_FAILED;
	failed.cause = (char *)(uintptr_t)"aa-signature";
	read.result = POSTERN__CHIP_RESULT__CHIP_READ;
	read.access = access;
	read.chip_authentication = read.mapping = &proven;
	read.active_authentication = &failed;
	q.read = &read;
	q.n_mrz_lines = 2;
	q.mrz_lines = line;
	q.wall_ms = (int64_t)NOW * 1000;
	size_t size = postern__inspect_chip__pack(&q, out + 2);
	out[0] = (uint8_t)(size >> 8);
	out[1] = (uint8_t)size;
	return size + 2;
}

static int bundle(const struct sim_passport *p, uint8_t *out, size_t *used)
{
	const struct sim_chip_config *c = sim_passport_chip(p);
	for (size_t i = 0; i < c->file_count; i++) {
		unsigned id = c->files[i].id;
		if (id == (SIM_MF | 0x011d))
			id = EMRTD_BUNDLE_CARD_SECURITY;
		else if (id == (SIM_MF | 0x011c))
			id = EMRTD_BUNDLE_CARD_ACCESS;
		else if (id != EMRTD_BUNDLE_SOD && (id < 0x0101 || id > 0x0110))
			continue;
		if (emrtd_bundle_add(out, ROOM, used, id, EMRTD_BUNDLE_WHOLE, c->files[i].bytes, c->files[i].size) != 0)
			return 1;
	}
	return emrtd_bundle_add(out, ROOM, used, EMRTD_BUNDLE_GROUP + 16, EMRTD_BUNDLE_ABSENT, NULL, 0) != 0;
}

static int make(const char *folder, const struct sim_office *office, uint8_t *out, int n)
{
	static const char *const faults[] = {NULL, NULL, "forged-dg1", "recursion", "dg-missing", "csca-unknown"};
	struct sim_passport_config c = {.mrz = zone, .bac = true, .face_size = 200, .full_name = "A<<B", .aa = n & 1 ? SIM_AA_RSA : SIM_AA_EC};
	struct sim_passport *p = NULL;
	char path[1024];
	c.ca[0] = (struct sim_passport_ca){SIM_AES_128, 13, -1, false};
	c.ca_count = 1;
	c.pace[0] = (struct sim_chip_pace){n & 1 ? SIM_CAM : SIM_GM, SIM_AES_128, 13};
	c.pace_count = 1;
	if (faults[n] != NULL && sim_chip_fault_parse(faults[n], c.faults) != 0)
		return 1;
	if (sim_passport_issue(office, &c, &p) != 0)
		return 1;
	size_t size = query(out, n & 1 ? POSTERN__CHIP_ACCESS__CHIP_ACCESS_PACE : POSTERN__CHIP_ACCESS__CHIP_ACCESS_BAC);
	int wrong = bundle(p, out, &size);
	snprintf(path, sizeof path, "%s/passport-%d", folder, n);
	FILE *f = wrong ? NULL : fopen(path, "wb");
	wrong = f == NULL || fwrite(out, 1, size, f) != size;
	if (f != NULL)
		wrong |= fclose(f) != 0;
	sim_passport_free(p);
	return wrong;
}

int main(int argc, char **argv)
{
	const struct sim_office_config config = {"UT", SIM_EC_P256, SIM_EC_P256, NOW};
	if (argc != 3 || (mkdir(argv[1], 0755) != 0 && access(argv[1], W_OK) != 0))
		return 2;
	struct sim_office *office = sim_office_new(&config);
	uint8_t *out = malloc(ROOM);
	int wrong = office == NULL || out == NULL;
	for (int n = 0; n < 6 && !wrong; n++)
		wrong = make(argv[1], office, out, n);
	free(out);
	sim_office_free(office);
	FILE *stamp = wrong ? NULL : fopen(argv[2], "w");
	return stamp == NULL || fclose(stamp) != 0;
}

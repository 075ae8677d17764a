/* SPDX-License-Identifier: Apache-2.0
 * Files of a virtual passport and lists of its State: make_document FOLDER. DG1, DG2, DG11, DG12, DG14, DG15, EF.COM,
 * EF.ATR-INFO; csca.cer; deviations.dl, older.dl and stranger.dl. Must never use a real State's data.
 */
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "sim/chip/passport.h"

static int save(const char *folder, const char *name, const uint8_t *bytes, size_t size)
{
	char path[1024];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *f = bytes != NULL ? fopen(path, "wb") : NULL;
	if (f == NULL)
		return 1;
	int wrong = fwrite(bytes, 1, size, f) != size;
	return fclose(f) != 0 || wrong;
}

static int files(const char *folder, const struct sim_passport *p)
{
	static const struct {
		unsigned id;
		const char *name;
	} names[] = {{0x101, "DG1"}, {0x102, "DG2"}, {0x10b, "DG11"}, {0x10c, "DG12"}, {0x10e, "DG14"}, {0x10f, "DG15"},
		{0x11e, "EF.COM"}, {SIM_MF | 0x2f01, "EF.ATR-INFO"}};
	const struct sim_chip_config *c = sim_passport_chip(p);
	int wrong = 0;
	for (size_t n = 0; n < sizeof names / sizeof names[0]; n++)
		for (size_t i = 0; i < c->file_count; i++)
			if (c->files[i].id == names[n].id)
				wrong |= save(folder, names[n].name, c->files[i].bytes, c->files[i].size);
	return wrong;
}

static int list(const char *folder, const char *name, struct sim_state *by, const struct sim_deviation *d, int64_t at_s)
{
	size_t size = 0, content_size = 0;
	uint8_t *content = sim_deviations(d, 1, &content_size);
	uint8_t *out = content != NULL ? sim_deviation_list(by, content, content_size, at_s, SIM_LIST_PLAIN, &size) : NULL;
	int wrong = save(folder, name, out, size);
	OPENSSL_free(content);
	OPENSSL_free(out);
	return wrong;
}

static int lists(const char *folder, int64_t now)
{
	const struct sim_state_config config = {"UT", SIM_EC_P256, now - 1000000, now + 100000000};
	const struct sim_signer_config signing = {SIM_EC_P256, now - 90000, now + 1000000, NULL, "P", false, false};
	struct sim_state *s = sim_state_new(&config), *stranger = sim_state_new(&config);
	struct sim_signer *signer = s != NULL ? sim_signer_new(s, &signing) : NULL;
	const struct sim_deviation d = {.signer = signer, .type = "2.23.136.1.1.7.2.4", .parameter = -1};
	size_t size = 0;
	int wrong = signer == NULL || stranger == NULL;
	if (!wrong) {
		uint8_t *der = sim_der(sim_state_csca(s), &size);
		wrong = save(folder, "csca.cer", der, size) | list(folder, "deviations.dl", s, &d, now - 100) |
			list(folder, "older.dl", s, &d, now - 200) | list(folder, "stranger.dl", stranger, &d, now - 50);
		OPENSSL_free(der);
	}
	sim_signer_free(signer);
	sim_state_free(s);
	sim_state_free(stranger);
	return wrong;
}

int main(int argc, char **argv)
{
	int64_t now = (int64_t)time(NULL);
	const struct sim_office_config office = {"UT", SIM_EC_P256, SIM_EC_P256, now};
	const struct sim_passport_config config = {
		.mrz = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10",
		.face_size = 800,
		.face_kind = SIM_FACE_JPEG,
		.full_name = "\xc3\x85SE\033[2J<<ANNA",
		.place_of_birth = "Zenith",
		.authority = "Office",
		.issued = "20070416",
		.aa = SIM_AA_EC,
		.ca = {{.cipher = SIM_AES_128, .parameter = 12, .id = -1}},
		.ca_count = 1,
		.open = true};
	struct sim_passport *p = NULL;
	if (argc != 2)
		return 2;
	struct sim_office *o = sim_office_new(&office);
	int wrong = o == NULL || sim_passport_issue(o, &config, &p) != 0 || files(argv[1], p) != 0 || lists(argv[1], now) != 0;
	sim_passport_free(p);
	sim_office_free(o);
	return wrong;
}

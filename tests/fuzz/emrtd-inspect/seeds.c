/* SPDX-License-Identifier: Apache-2.0
 * Writes the seed corpus of the inspection into a folder: objects and lists of a State made for the purpose. Usage: seeds
 * FOLDER STAMP. Keys are made anew each time.
 */
#include <openssl/crypto.h>
#include <openssl/objects.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/state/state.h"

#define NOW INT64_C(1767225600)

static int save(const char *folder, const char *name, char what, const uint8_t *bytes, size_t size)
{
	char path[1024];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *f = bytes != NULL ? fopen(path, "wb") : NULL;
	if (f == NULL)
		return 1;
	int wrong = fputc(what, f) == EOF || fwrite(bytes, 1, size, f) != size;
	return fclose(f) != 0 || wrong;
}

static int make(const char *folder)
{
	static const uint8_t dg1[] = "a DG1", dg15[] = "a DG15";
	static const struct sim_group groups[] = {{1, dg1, 5}, {15, dg15, 6}};
	static const unsigned forms[] = {SIM_SOD_PLAIN, SIM_SOD_NO_ATTRIBUTES, SIM_SOD_BY_KEY_ID | SIM_SOD_V1,
		SIM_SOD_NO_CERTIFICATE | SIM_SOD_DATA_TYPE};
	static const enum sim_key keys[] = {SIM_EC_P256, SIM_EC_EXPLICIT, SIM_RSA_2048, SIM_EC_P384};
	struct sim_state *s = sim_state_new(&(struct sim_state_config){"DE", SIM_EC_P256, NOW - 1000000, NOW + 100000000});
	int wrong = s == NULL;
	size_t size;
	for (size_t i = 0; i < 4 && !wrong; i++) {
		char name[32];
		struct sim_signer *d =
			sim_signer_new(s, &(struct sim_signer_config){keys[i], NOW - 1000, NOW + 1000000, NULL, "P", false, false});
		uint8_t *sod = d != NULL ? sim_sod(d, NID_sha256, NID_sha256, groups, 2, forms[i], NOW - 100, &size) : NULL;
		snprintf(name, sizeof name, "sod-%zu", i);
		wrong = save(folder, name, 0, sod, size);
		OPENSSL_free(sod);
		static const uint8_t infos[] = "\x31\x14\x30\x12\x06\x0a\x04\x00\x7f\x00\x07\x02\x02\x04\x06\x02\x02\x01\x02\x02\x01\x0d";
		uint8_t *card = d != NULL ? sim_signed(d, "0.4.0.127.0.7.3.2.1", infos, sizeof infos - 1, NID_sha256, NOW - 100, &size) : NULL;
		snprintf(name, sizeof name, "card-security-%zu", i);
		wrong |= save(folder, name, 0, card, size);
		OPENSSL_free(card);
		const struct sim_signer *revoked[] = {d};
		uint8_t *crl = d != NULL ? sim_crl(s, revoked, 1, NOW - 10, NOW + 10, &size) : NULL;
		snprintf(name, sizeof name, "crl-%zu", i);
		wrong |= save(folder, name, 2, crl, size);
		OPENSSL_free(crl);
		sim_signer_free(d);
	}
	if (!wrong) {
		X509 *own = sim_state_csca(s);
		uint8_t *list = sim_master_list(s, &own, 1, NOW, SIM_LIST_PLAIN, &size);
		wrong = save(folder, "list", 1, list, size);
		OPENSSL_free(list);
		uint8_t *der = sim_der(own, &size);
		wrong |= save(folder, "certificate", 3, der, size);
		OPENSSL_free(der);
	}
	static const char defects[] = "# a comment\ndefect\tNO\t*\t*\tkeys known to others\naccept\tDE\t"
				      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\tpa.dg.hash\tDG14\n";
	wrong |= save(folder, "defects", 4, (const uint8_t *)defects, sizeof defects - 1);
	sim_state_free(s);
	return wrong;
}

int main(int argc, char **argv)
{
	if (argc != 3 || (mkdir(argv[1], 0755) != 0 && access(argv[1], W_OK) != 0))
		return 2;
	if (make(argv[1]))
		return 1;
	FILE *stamp = fopen(argv[2], "w");
	return stamp == NULL || fclose(stamp) != 0;
}

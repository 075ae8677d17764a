/* SPDX-License-Identifier: Apache-2.0
 * See office_day.h.
 */
#include "office_day.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "sim/chip/store.h"

void office_day_begin(struct office_day *d, int kind, uint32_t count)
{
	char error[640] = "";
	struct tm day;
	memset(d, 0, sizeof *d);
	strcpy(d->folder, "sim-lane-XXXXXX");
	assert_non_null(mkdtemp(d->folder));
	snprintf(d->passports, sizeof d->passports, "%s/passports", d->folder);
	d->now_s = (int64_t)time(NULL);
	time_t t = (time_t)d->now_s;
	gmtime_r(&t, &day);
	d->today = (struct traveller_date){day.tm_year + 1900, day.tm_mon + 1, day.tm_mday};
	d->scenario.seed = 6;
	strcpy(d->scenario.own_state, "NOR");
	for (int i = 0; i < TRAVELLER_KINDS; i++)
		d->scenario.mix.weight[i] = kind < 0 || kind == i;
	if (passports_issue(&d->scenario, d->today, d->now_s, 0, count, false, d->folder, NULL, NULL, error, sizeof error) != 0)
		fail_msg("%s", error);
}

static void remove_folder(const char *folder)
{
	char path[400];
	DIR *dir = opendir(folder);
	for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
		if (unlink(path) != 0)
			remove_folder(path);
	}
	if (dir != NULL)
		closedir(dir);
	rmdir(folder);
}

void office_day_end(struct office_day *d)
{
	remove_folder(d->folder);
}

struct traveller office_day_traveller(const struct office_day *d, uint32_t index)
{
	struct traveller t;
	traveller_make(&t, d->scenario.seed, index, &d->scenario.mix, d->scenario.own_state, d->today);
	return t;
}

static void load(const struct office_day *d, const char *name, uint8_t **bytes, size_t *size)
{
	char path[400];
	snprintf(path, sizeof path, "%s/trust/%s", d->folder, name);
	assert_int_equal(sim_store_read(path, bytes, size), PN_OK);
}

void office_day_trust(const struct office_day *d, struct trust *t)
{
	char path[400];
	uint8_t *bytes = NULL;
	size_t size = 0;
	trust_init(t);
	load(d, "root.cer", &bytes, &size);
	assert_int_equal(trust_add_certificate(t, bytes, size, true), TRUST_USABLE);
	free(bytes);
	load(d, "list.ml", &bytes, &size);
	assert_int_equal(trust_add_master_list(t, bytes, size, true, NULL), TRUST_OK);
	free(bytes);
	snprintf(path, sizeof path, "%s/trust", d->folder);
	DIR *dir = opendir(path);
	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir)) != NULL;) {
		if (strncmp(e->d_name, "crl-", 4) != 0)
			continue;
		load(d, e->d_name, &bytes, &size);
		assert_int_equal(trust_add_crl(t, bytes, size), TRUST_OK);
		free(bytes);
	}
	closedir(dir);
}

int office_day_read(const char *zone, bool extended, office_day_transmit *transmit, int (*again)(void *), void *self,
	struct emrtd_document *out)
{
	const struct emrtd_channel channel = {.self = self, .transmit = transmit, .command_max = extended ? 4096 : 0,
		.response_max = extended ? 4096 : 0};
	const struct emrtd_policy policy = {.without_cam = false};
	struct emrtd_password password;
	memset(out, 0, sizeof *out);
	assert_int_equal(emrtd_password_from_zone(&password, zone), 0);
	const struct emrtd_wish wish = {.password = &password, .policy = &policy, .groups = 1u << 2 | 1u << 11 | 1u << 12};
	struct emrtd_session *s = emrtd_open(&channel);
	assert_non_null(s);
	int err = emrtd_document_read(s, &wish, out);
	if (err == PN_EIO && again != NULL && again(self) == 0) {
		emrtd_reset(s);
		err = emrtd_document_read(s, &wish, out);
	}
	emrtd_close(s);
	return err;
}

void office_day_inspect(const struct office_day *d, const struct traveller *t, const struct trust *trust,
	const struct emrtd_document *read, struct inspection *out)
{
	char dg1[96] = "", printed[96] = "";
	if (read->group[1].whole && read->group[1].size == 93)
		memcpy(dg1, read->group[1].bytes + 5, 88);
	snprintf(printed, sizeof printed, "%s%s", t->mrz[0], t->mrz[1]);
	struct inspect_input in = {.sod = {read->sod.whole ? read->sod.bytes : NULL, read->sod.size},
		.issuer = t->issuer,
		.document_code = "P",
		.dg1_mrz = dg1,
		.optical_mrz = printed,
		.card_security = {read->card_security.whole ? read->card_security.bytes : NULL, read->card_security.size},
		.access = &read->access,
		.at_s = d->now_s,
		.trust = trust};
	for (unsigned n = 1; n < EMRTD_GROUPS; n++) {
		if (read->group[n].whole)
			in.group[n] = (struct inspect_file){read->group[n].bytes, read->group[n].size};
		in.absent |= (uint32_t)read->group[n].absent << n;
	}
	inspect(&in, out);
}

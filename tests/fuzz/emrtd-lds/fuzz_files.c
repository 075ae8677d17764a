/* SPDX-License-Identifier: Apache-2.0
 * The files with text in them: the first byte says as which file the rest is read. Must never take a view that leaves the
 * file, or a refusal without a note.
 */
#include "views.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int details(unsigned what, struct emrtd_bytes f, struct lds_notes *n)
{
	static struct lds_dg11 a;
	static struct lds_dg12 b;
	static struct lds_dg16 c;
	int rc;
	if (what == 11) {
		rc = lds_dg11(f, &a, n);
		const struct lds_text *all[] = {&a.name, &a.personal_number, &a.place_of_birth, &a.address, &a.telephone,
			&a.profession, &a.title, &a.summary, &a.other_documents, &a.custody};
		for (size_t i = 0; i < PN_COUNT(all); i++)
			view_text(f, all[i]);
		for (size_t i = 0; i < a.other_names; i++)
			view_text(f, &a.other_name[i]);
		view_date(&a.birth);
		view_picture(f, &a.citizenship);
	} else if (what == 12) {
		rc = lds_dg12(f, &b, n);
		const struct lds_text *all[] = {&b.authority, &b.endorsements, &b.tax_exit, &b.system};
		for (size_t i = 0; i < PN_COUNT(all); i++)
			view_text(f, all[i]);
		for (size_t i = 0; i < b.other_persons; i++)
			view_text(f, &b.other_person[i]);
		view_date(&b.issued);
		view_date(&b.personalized);
		view_picture(f, &b.front);
		view_picture(f, &b.rear);
	} else {
		rc = lds_dg16(f, &c, n);
		for (size_t i = 0; i < c.count; i++) {
			view_text(f, &c.person[i].name);
			view_text(f, &c.person[i].telephone);
			view_text(f, &c.person[i].address);
			view_date(&c.person[i].recorded);
		}
	}
	return rc;
}

static int displayed(unsigned what, struct emrtd_bytes f, struct lds_notes *n)
{
	static struct lds_displayed d;
	int rc = lds_displayed(f, what, &d, n);
	if (d.count > LDS_PICTURES_MAX)
		abort();
	for (size_t i = 0; i < d.count; i++)
		view_picture(f, &d.picture[i]);
	return rc;
}

static int plain(unsigned what, struct emrtd_bytes f, struct lds_notes *n)
{
	struct lds_com com;
	struct lds_atr_info atr;
	struct lds_dg15 key;
	struct emrtd_bytes v = {NULL, 0};
	char zone[96];
	int rc;
	if (what == 0) {
		rc = lds_com(f, &com, n);
		view(f, com.version);
		view(f, com.unicode);
		if ((com.groups & 1) != 0 || com.groups >> 17 != 0)
			abort();
	} else if (what == 3) {
		rc = lds_atr_info(f, &atr, n);
	} else if (what == 13) {
		rc = lds_dg13(f, &v, n);
	} else if (what == 15) {
		rc = lds_dg15(f, &key, n);
		view(f, key.curve);
	} else {
		rc = lds_dg1(f, &v, n);
		lds_zone(f, zone);
		if (strlen(zone) != v.size || (rc == 0 && v.size == 0))
			abort();
	}
	view(f, v);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lds_notes notes;
	int rc;
	if (size == 0)
		return 0;
	unsigned what = data[0] % 17;
	const struct emrtd_bytes f = {data + 1, size - 1};
	if (what == 11 || what == 12 || what == 16)
		rc = details(what, f, &notes);
	else if (what == 5 || what == 7)
		rc = displayed(what, f, &notes);
	else
		rc = plain(what, f, &notes);
	view_notes(f, &notes, rc);
	return 0;
}

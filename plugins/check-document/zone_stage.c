/* SPDX-License-Identifier: Apache-2.0
 * See zone_stage.h.
 */
#include "zone_stage.h"

#include <limits.h>
#include <string.h>

_Static_assert((int)MRZ_SUCCESSFUL == POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL, "one vocabulary");
_Static_assert((int)MRZ_FAILED == POSTERN__CHECK_RESULT__CHECK_FAILED, "one vocabulary");
_Static_assert((int)MRZ_UNDETERMINED == POSTERN__CHECK_RESULT__CHECK_UNDETERMINED, "one vocabulary");
_Static_assert((int)MRZ_NOT_PERFORMED == POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED, "one vocabulary");
_Static_assert((int)MRZ_ABORTED == POSTERN__CHECK_RESULT__CHECK_ABORTED, "one vocabulary");
_Static_assert((int)MRZ_TD1 == POSTERN__DOCUMENT_FORMAT__FORMAT_TD1, "one list of formats");
_Static_assert((int)MRZ_TD2 == POSTERN__DOCUMENT_FORMAT__FORMAT_TD2, "one list of formats");
_Static_assert((int)MRZ_TD3 == POSTERN__DOCUMENT_FORMAT__FORMAT_TD3, "one list of formats");
_Static_assert((int)MRZ_MRVA == POSTERN__DOCUMENT_FORMAT__FORMAT_MRVA, "one list of formats");
_Static_assert((int)MRZ_MRVB == POSTERN__DOCUMENT_FORMAT__FORMAT_MRVB, "one list of formats");

static void set_date(Postern__Date *to, const struct mrz_date *from)
{
	postern__date__init(to);
	to->year = (uint32_t)from->year;
	to->month = (uint32_t)from->month;
	to->day = (uint32_t)from->day;
}

static void fill_document(struct zone_stage *z)
{
	struct mrz *m = &z->mrz;
	Postern__Document *d = &z->document;

	postern__document__init(d);
	d->format = (Postern__DocumentFormat)m->format;
	d->document_code = m->document_code;
	d->issuer = m->issuer;
	d->number = m->number;
	d->surname = m->surname;
	d->given_names = m->given_names;
	d->name_truncated = m->name_truncated;
	d->nationality = m->nationality;
	set_date(&z->birth, &m->birth);
	set_date(&z->expiry, &m->expiry);
	d->birth_date = &z->birth;
	d->expiry_date = &z->expiry;
	z->sex[0] = m->sex;
	d->sex = z->sex;
	d->optional_data = m->optional;
	d->optional_data_2 = m->optional_2;
	d->age_years = m->age_years;
	d->days_to_expiry =
		m->days_known ? m->days_to_expiry : INT32_MIN; /* unknown counts as long expired */
}

static void fill_check(struct zone_stage *z, int id)
{
	struct mrz_check *from = &z->mrz.checks[id];
	Postern__Check *to = &z->checks[id];

	postern__check__init(to);
	to->name = (char *)(uintptr_t)mrz_check_name((enum mrz_check_id)id);
	to->field = (char *)(uintptr_t)mrz_check_field((enum mrz_check_id)id);
	to->result = (Postern__CheckResult)from->result;
	to->reason = (char *)(uintptr_t)mrz_reason_key(from->reason);
	to->expected = from->expected;
	to->found = from->found;
	z->list[id] = to;
}

void zone_stage(const Postern__CheckDocument *q, struct zone_stage *z)
{
	const char *lines[MRZ_LINES_MAX] = {0};
	struct mrz_date reference = {0};

	memset(z, 0, sizeof *z);
	if (q->reference_date != NULL && q->reference_date->year <= 9999) {
		reference.year = (int)q->reference_date->year;
		reference.month =
			q->reference_date->month <= 12 ? (int)q->reference_date->month : 0;
		reference.day = q->reference_date->day <= 31 ? (int)q->reference_date->day : 0;
	}
	for (size_t i = 0; i < q->n_mrz_lines && i < MRZ_LINES_MAX; i++)
		lines[i] = q->mrz_lines[i];
	postern__document_checked__init(&z->answer);
	z->answer.overall =
		(Postern__CheckResult)mrz_parse(lines, q->n_mrz_lines, &reference, &z->mrz);
	fill_document(z);
	for (int i = 0; i < MRZ_CHECKS; i++)
		fill_check(z, i);
	z->answer.document = &z->document;
	z->answer.n_checks = MRZ_CHECKS;
	z->answer.checks = z->list;
}

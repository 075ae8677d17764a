/* SPDX-License-Identifier: Apache-2.0
 * A document as the reading library leaves it, in the form in which a report takes it. Must never copy a file.
 */
#include <string.h>

#include "emrtd/report/report.h"

static struct emrtd_bundle_file file_of(const struct emrtd_read_file *f)
{
	if (f->whole && f->size > 0)
		return (struct emrtd_bundle_file){EMRTD_BUNDLE_WHOLE, f->bytes, f->size};
	return (struct emrtd_bundle_file){f->absent ? EMRTD_BUNDLE_ABSENT : EMRTD_BUNDLE_NOT_READ, NULL, 0};
}

static enum report_claim claim_of(enum emrtd_proof proof, const struct emrtd_failure *failure)
{
	const char *cause = failure->err != 0 ? emrtd_cause_key(failure->cause) : "";
	switch (proof) {
	case EMRTD_PROVEN:
		return report_claim(INSPECT_SUCCESSFUL, "");
	case EMRTD_REFUTED:
		return report_claim(INSPECT_FAILED, cause);
	case EMRTD_PENDING:
		return report_claim(INSPECT_UNDETERMINED, cause);
	case EMRTD_NOT_PERFORMED:
		break;
	}
	return report_claim(INSPECT_NOT_PERFORMED, cause);
}

void report_of_document(
	const struct emrtd_document *d, bool complete, struct emrtd_bundle *files, struct report_chip *chip)
{
	memset(files, 0, sizeof *files);
	if (d->access.card_access_size > 0)
		files->card_access = (struct emrtd_bundle_file){
			EMRTD_BUNDLE_WHOLE, d->access.card_access, d->access.card_access_size};
	files->card_security = file_of(&d->card_security);
	files->sod = file_of(&d->sod);
	for (unsigned n = 1; n < EMRTD_BUNDLE_GROUPS; n++)
		files->group[n] = file_of(&d->group[n]);
	*chip = (struct report_chip){.access = d->access.access,
		.fell_back = d->access.fell_back,
		.complete = complete,
		.ca = claim_of(d->chip, &d->chip_failure),
		.aa = claim_of(d->active, &d->active_failure),
		.cam = claim_of(d->mapping, &d->mapping_failure)};
}

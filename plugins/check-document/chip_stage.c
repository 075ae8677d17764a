/* SPDX-License-Identifier: Apache-2.0
 * See chip_stage.h.
 */
#include "chip_stage.h"

#include <string.h>

#include "emrtd/lds/face.h"

_Static_assert((int)INSPECT_SUCCESSFUL == POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL, "one vocabulary");
_Static_assert((int)INSPECT_FAILED == POSTERN__CHECK_RESULT__CHECK_FAILED, "one vocabulary");
_Static_assert((int)INSPECT_UNDETERMINED == POSTERN__CHECK_RESULT__CHECK_UNDETERMINED, "one vocabulary");
_Static_assert((int)INSPECT_NOT_PERFORMED == POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED, "one vocabulary");
_Static_assert((int)INSPECT_ABORTED == POSTERN__CHECK_RESULT__CHECK_ABORTED, "one vocabulary");

static enum report_claim claim(const Postern__ChipProof *p)
{
	if (p == NULL || p->result == POSTERN__CHECK_RESULT__CHECK_RESULT_UNSPECIFIED)
		return REPORT_CLAIM_NONE;
	return report_claim((enum inspect_result)p->result, p->cause);
}

static void read_chip(const Postern__ChipRead *r, struct report_chip *chip)
{
	memset(chip, 0, sizeof *chip);
	if (r == NULL)
		return;
	switch (r->access) {
	case POSTERN__CHIP_ACCESS__CHIP_ACCESS_BAC:
		chip->access = EMRTD_ACCESS_BAC;
		break;
	case POSTERN__CHIP_ACCESS__CHIP_ACCESS_BAC_AFTER_PACE:
		chip->access = EMRTD_ACCESS_BAC;
		chip->fell_back = true;
		break;
	case POSTERN__CHIP_ACCESS__CHIP_ACCESS_PACE:
		chip->access = EMRTD_ACCESS_PACE;
		break;
	default:
		chip->access = EMRTD_ACCESS_NONE;
		break;
	}
	chip->complete = r->result == POSTERN__CHIP_RESULT__CHIP_READ;
	chip->ca = claim(r->chip_authentication);
	chip->aa = claim(r->active_authentication);
	chip->cam = claim(r->mapping);
}

/* Lines as received, without what is no character of a zone; "" when they are too many for one. */
static void join(const Postern__InspectChip *q, char out[REPORT_ZONE_MAX])
{
	size_t n = 0;
	out[0] = '\0';
	for (size_t i = 0; i < q->n_mrz_lines; i++)
		for (const char *c = q->mrz_lines[i]; *c != '\0'; c++) {
			if (*c <= ' ')
				continue;
			if (n + 1 == REPORT_ZONE_MAX) {
				explicit_bzero(out, REPORT_ZONE_MAX);
				return;
			}
			out[n++] = *c;
			out[n] = '\0';
		}
}

static void fill(const struct chip_settings *s, struct chip_stage *c)
{
	postern__chip_inspected__init(&c->answer);
	for (size_t i = 0; i < c->report.count; i++) {
		const struct report_check *from = &c->report.check[i];
		Postern__Check *to = &c->checks[i];

		postern__check__init(to);
		to->name = (char *)(uintptr_t)from->name;
		to->field = (char *)(uintptr_t)from->field;
		to->reason = (char *)(uintptr_t)from->reason;
		to->result = (Postern__CheckResult)from->result;
		c->list[i] = to;
	}
	c->answer.n_checks = c->report.count;
	c->answer.checks = c->list;
	c->answer.overall = (Postern__CheckResult)c->report.overall;
	c->answer.trust_version = (char *)(uintptr_t)s->trust_version;
	c->answer.signer_country = c->report.inspection.signer_country;
}

/* For an officer's eyes, whatever the checks say of it: the newest face of DG2, as the chip has it. */
static void find_portrait(const struct emrtd_bundle *files, struct chip_stage *c)
{
	const struct emrtd_bundle_file *file = &files->group[2];
	struct lds_notes notes = {0};
	struct lds_dg2 dg2;

	if (file->state != EMRTD_BUNDLE_WHOLE ||
		lds_dg2((struct emrtd_bytes){file->bytes, file->size}, &dg2, &notes) != 0 || dg2.count == 0)
		return;
	const struct lds_picture *p = &dg2.face[0].picture;
	if (p->bytes.bytes == NULL || (p->kind != LDS_IMAGE_JPEG && p->kind != LDS_IMAGE_JP2) ||
		p->bytes.size > CHIP_STAGE_PORTRAIT_MAX)
		return;
	c->portrait = p->bytes.bytes;
	c->portrait_size = p->bytes.size;
	c->answer.portrait_type = (char *)(uintptr_t)(p->kind == LDS_IMAGE_JPEG ? "image/jpeg" : "image/jp2");
}

void chip_stage(const Postern__InspectChip *q, const uint8_t *blob, size_t blob_size, const struct chip_settings *s,
	struct chip_stage *out)
{
	char zone[REPORT_ZONE_MAX];
	struct emrtd_bundle files;
	struct report_chip chip;
	const struct report_input in = {.files = &files,
		.chip = &chip,
		.zone = zone,
		.zone_required = true,
		.proof_required = s->require_proof,
		.at_s = q->wall_ms / 1000,
		.trust = s->trust,
		.trust_age_max_days = s->trust_age_max_days,
		.refuse_sha1 = s->refuse_sha1};

	bool read = false;

	read_chip(q->read, &chip);
	join(q, zone);
	out->portrait = NULL;
	out->portrait_size = 0;
	if (blob == NULL || blob_size == 0)
		report_aborted(REPORT_WHY_NO_FILES, &out->report);
	else if (blob_size > EMRTD_BUNDLE_MAX || emrtd_bundle_read(blob, blob_size, &files) != PN_OK)
		report_aborted(REPORT_WHY_FILES_FORM, &out->report);
	else
		read = true;
	if (read)
		report_make(&in, &out->report);
	explicit_bzero(zone, sizeof zone);
	fill(s, out);
	if (read)
		find_portrait(&files, out);
}

/* SPDX-License-Identifier: Apache-2.0
 * The report of one chip: passive authentication first, then what rests on it. Must never keep a byte of a file or of a zone.
 */
#include "emrtd/report/report.h"

#include <string.h>

#include "emrtd/lds/lds.h"
#include "emrtd/report/internal.h"
#include "mrz/mrz.h"

static const struct {
	const char *name, *field;
} checks[] = {
#define REPORT_CHECK(id, name, field) {name, field},
#include "emrtd/report/checks.def"
#undef REPORT_CHECK
};

static const char *const reasons[] = {
#define REPORT_REASON(id, key) key,
#include "emrtd/report/reasons.def"
#undef REPORT_REASON
};

static const char *const group_fields[SOD_GROUPS] = {"dg", "dg1", "dg2", "dg3", "dg4", "dg5", "dg6", "dg7", "dg8", "dg9",
	"dg10", "dg11", "dg12", "dg13", "dg14", "dg15", "dg16"};

const char *report_check_name(enum report_check_id id)
{
	return (unsigned)id < REPORT_CHECK_COUNT_ ? checks[id].name : "";
}

const char *report_reason_key(enum report_reason reason)
{
	return (unsigned)reason < REPORT_REASON_COUNT_ ? reasons[reason] : "";
}

static const struct {
	const char *colour, *symbol;
} looks[] = {[INSPECT_SUCCESSFUL] = {"green", "+"},
	[INSPECT_FAILED] = {"red", "X"},
	[INSPECT_UNDETERMINED] = {"yellow", "?"},
	[INSPECT_NOT_PERFORMED] = {"grey", "-"},
	[INSPECT_ABORTED] = {"black", "!"}};

/* What is no result looks like the most careful one. */
static size_t look_of(enum inspect_result r)
{
	return (unsigned)r >= INSPECT_SUCCESSFUL && (unsigned)r <= INSPECT_ABORTED ? (size_t)r : INSPECT_UNDETERMINED;
}

const char *report_colour(enum inspect_result result)
{
	return looks[look_of(result)].colour;
}

const char *report_symbol(enum inspect_result result)
{
	return looks[look_of(result)].symbol;
}

/* Issuer and kind of document, which no zone's personal part is needed for. */
static void kind_of(const char *zone, char issuer[4], char code[3])
{
	char lines[3][MRZ_WIDTH_MAX + 1];
	const char *p[3];
	struct mrz m;
	size_t n = strlen(zone), count = n == 90 ? 3 : 2, each = n / count;
	issuer[0] = code[0] = '\0';
	if (n != 90 && n != 88 && n != 72)
		return;
	for (size_t i = 0; i < count; i++) {
		memcpy(lines[i], zone + i * each, each);
		lines[i][each] = '\0';
		p[i] = lines[i];
	}
	mrz_parse(p, count, NULL, &m);
	memcpy(issuer, m.issuer, sizeof m.issuer);
	memcpy(code, m.document_code, sizeof m.document_code);
	explicit_bzero(&m, sizeof m);
	explicit_bzero(lines, sizeof lines);
}

/* EF.CardAccess that is larger than any reader takes is cut, and then contradicts every signed list. */
static void opened(const struct report_input *in, struct emrtd_access_report *out)
{
	const struct emrtd_bundle_file *f = &in->files->card_access;
	memset(out, 0, sizeof *out);
	out->access = in->chip->access;
	out->fell_back = in->chip->fell_back;
	if (in->chip->cam != REPORT_CLAIM_NONE)
		out->mapping = EMRTD_CHIP_AUTHENTICATION;
	out->card_access_size = f->size < sizeof out->card_access ? f->size : sizeof out->card_access;
	if (f->bytes != NULL)
		memcpy(out->card_access, f->bytes, out->card_access_size);
}

static void passive(const struct report_input *in, struct inspection *out)
{
	char chip_zone[REPORT_ZONE_MAX], issuer[4], code[3];
	struct emrtd_access_report access;
	const struct emrtd_bundle *f = in->files;
	lds_zone((struct emrtd_bytes){f->group[1].bytes, f->group[1].size}, chip_zone);
	kind_of(chip_zone[0] != '\0' ? chip_zone : in->zone, issuer, code);
	if (in->chip != NULL)
		opened(in, &access);
	struct inspect_input i = {.sod = {f->sod.bytes, f->sod.size},
		.card_security = {f->card_security.bytes, f->card_security.size},
		.access = in->chip != NULL ? &access : NULL,
		.issuer = issuer,
		.document_code = code,
		.dg1_mrz = chip_zone,
		.optical_mrz = in->zone,
		.at_s = in->at_s,
		.trust = in->trust,
		.trust_age_max_days = in->trust_age_max_days,
		.refuse_sha1 = in->refuse_sha1};
	for (unsigned n = 1; n < SOD_GROUPS; n++) {
		i.group[n] = (struct inspect_file){f->group[n].bytes, f->group[n].size};
		i.absent |= (uint32_t)(f->group[n].state == EMRTD_BUNDLE_ABSENT) << n;
	}
	inspect(&i, out);
	explicit_bzero(chip_zone, sizeof chip_zone);
}

static void add(struct report *r, const char *name, const char *field, enum inspect_result result, const char *reason)
{
	if (r->count < REPORT_CHECKS_MAX)
		r->check[r->count++] = (struct report_check){name, field, reason, result};
}

static void add_finding(struct report *r, enum report_check_id id, struct report_finding f)
{
	add(r, checks[id].name, checks[id].field, f.result, reasons[f.reason]);
}

static void add_passive(struct report *r)
{
	for (size_t n = 0; n < r->inspection.count; n++) {
		const struct inspect_check *c = &r->inspection.check[n];
		char text[8];
		const char *field =
			c->id == INSPECT_DG_HASH ? group_fields[c->group % SOD_GROUPS] : inspect_check_field(c, text);
		add(r, inspect_check_name(c->id), field, c->result, inspect_reason_key(c->reason));
	}
}

/* What DG14 says of chip authentication. */
static enum report_offer offered(const struct emrtd_bundle_file *dg14)
{
	struct emrtd_security_infos infos;
	if (dg14->bytes == NULL || emrtd_security_infos(&infos, (struct emrtd_bytes){dg14->bytes, dg14->size}) != 0)
		return REPORT_OFFER_FORM;
	if (infos.key_count > 0)
		return REPORT_OFFERED;
	return infos.malformed > 0 ? REPORT_OFFER_FORM : REPORT_NOT_OFFERED; /* it may be what is malformed */
}

static void add_proofs(struct report *r, const struct report_input *in)
{
	const struct report_chip *chip = in->chip;
	enum report_offer offer = offered(&in->files->group[14]);
	enum report_key dg14 = report_group_key(&r->inspection, in->files, 14),
			dg15 = report_group_key(&r->inspection, in->files, 15),
			card_security = report_card_security_key(&r->inspection);
	bool by_ca = chip->ca == REPORT_CLAIM_PROVEN && dg14 == REPORT_KEY_PROVEN;
	bool doubt = r->inspection.active_key_in_doubt;
	bool by_aa = chip->aa == REPORT_CLAIM_PROVEN && dg15 == REPORT_KEY_PROVEN && !doubt;
	bool by_cam = chip->cam == REPORT_CLAIM_PROVEN && card_security == REPORT_KEY_PROVEN;
	struct report_finding proof[3] = {report_proof(chip->ca, dg14, offer, by_aa || by_cam),
		report_proof(chip->aa, dg15, REPORT_OFFERED, by_ca || by_cam),
		chip->cam != REPORT_CLAIM_NONE ?
			report_proof(chip->cam, card_security, REPORT_OFFERED, false) :
			(struct report_finding){INSPECT_NOT_PERFORMED, REPORT_WHY_NOT_USED}};
	if (doubt && proof[1].result == INSPECT_SUCCESSFUL)
		proof[1] = (struct report_finding){INSPECT_UNDETERMINED, REPORT_WHY_KEY_IN_DOUBT};
	add_finding(r, REPORT_CA, proof[0]);
	add_finding(r, REPORT_AA, proof[1]);
	add_finding(r, REPORT_CAM, proof[2]);
	add_finding(r, REPORT_PROOF, report_together(proof, in->proof_required));
}

/* What may be missing without doubt about the document: groups nobody read, but for DG1; a revocation list that the State does
 * not publish; EF.COM, which nobody signs; a limit of age that nobody set; a proof that the document does not offer; a word of
 * the State's about access; EF.CardSecurity, which is read for the mapping only, whose own check speaks of it then. */
static bool may_be_missing(const struct report_check *c, bool zone_required)
{
	static const char *const names[] = {"pa.com", "pa.trust.age", "pa.signer.revocation", "pa.card_security", "chip.ca",
		"chip.aa", "chip.cam", "chip.proof"};
	for (size_t i = 0; i < PN_COUNT(names); i++)
		if (strcmp(c->name, names[i]) == 0)
			return true;
	if (strcmp(c->name, "pa.dg.hash") == 0)
		return strcmp(c->field, "dg1") != 0;
	if (strcmp(c->name, "chip.access") == 0) /* in a chip that was there, not knowing how it was opened weighs */
		return strcmp(c->reason, inspect_reason_key(INSPECT_WHY_NO_SIGNED_LIST)) == 0 || !zone_required;
	return strcmp(c->name, "chip.mrz") == 0 && !zone_required;
}

static bool weighs(const struct report_check *c, bool zone_required)
{
	return c->result != INSPECT_SUCCESSFUL &&
	       !(c->result == INSPECT_NOT_PERFORMED && may_be_missing(c, zone_required));
}

enum inspect_result report_worst(const struct report *r, const char *but)
{
	bool failed = false, aborted = false, open = r->count == 0;
	for (size_t i = 0; i < r->count; i++) {
		bool w = weighs(&r->check[i], r->zone_required) && strcmp(r->check[i].name, but) != 0;
		failed |= w && r->check[i].result == INSPECT_FAILED;
		aborted |= w && r->check[i].result == INSPECT_ABORTED;
		open |= w;
	}
	if (failed)
		return INSPECT_FAILED;
	if (aborted)
		return INSPECT_ABORTED;
	return open ? INSPECT_UNDETERMINED : INSPECT_SUCCESSFUL;
}

const struct report_check *report_decisive(const struct report *r)
{
	static const enum inspect_result order[] = {INSPECT_FAILED, INSPECT_ABORTED, INSPECT_UNDETERMINED, INSPECT_NOT_PERFORMED};
	for (size_t o = 0; o < PN_COUNT(order) && r->overall != INSPECT_SUCCESSFUL; o++)
		for (size_t i = 0; i < r->count; i++)
			if (r->check[i].result == order[o] && weighs(&r->check[i], r->zone_required))
				return &r->check[i];
	return NULL;
}

void report_aborted(enum report_reason reason, struct report *out)
{
	memset(out, 0, sizeof *out);
	add_finding(out, REPORT_READ, (struct report_finding){INSPECT_ABORTED, reason});
	out->overall = report_worst(out, "");
}

void report_make(const struct report_input *in, struct report *out)
{
	if (in->at_s <= 0) {
		report_aborted(REPORT_WHY_NO_TIME, out);
		return;
	}
	memset(out, 0, sizeof *out);
	out->zone_required = in->zone_required;
	if (in->chip != NULL)
		add_finding(out, REPORT_READ,
			in->chip->complete ? (struct report_finding){INSPECT_SUCCESSFUL, REPORT_WHY_NONE} :
					     (struct report_finding){INSPECT_UNDETERMINED, REPORT_WHY_READ_INCOMPLETE});
	passive(in, &out->inspection);
	add_passive(out);
	if (in->chip != NULL)
		add_proofs(out, in);
	out->overall = report_worst(out, "");
}

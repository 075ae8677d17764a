/* SPDX-License-Identifier: Apache-2.0
 * See xml.h.
 */
#include "emrtd/report/xml.h"

#include <string.h>

#include "base/text.h"
#include "emrtd/report/internal.h"

/* ' name="value"'. Characters that no code or key has are written as '?': nothing of a document can become markup. */
static void attribute(struct text *t, const char *name, const char *value)
{
	text_add(t, " %s=\"", name);
	for (const char *c = value; *c != '\0'; c++) {
		bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
			     strchr("._- :()", *c) != NULL;
		text_add(t, "%c", plain ? *c : '?');
	}
	text_add(t, "\"");
}

static void result(struct text *t, enum inspect_result r)
{
	attribute(t, "result", mrz_result_name((enum mrz_result)r));
	attribute(t, "colour", report_colour(r));
	text_add(t, " symbol=\"%s\"", report_symbol(r));
}

static void check(struct text *t, const char *id, const char *field, enum inspect_result r, const char *reason)
{
	text_add(t, "    <check");
	attribute(t, "id", id);
	attribute(t, "field", field);
	result(t, r);
	if (reason[0] != '\0')
		attribute(t, "reason", reason);
	text_add(t, "/>\n");
}

static void optical(struct text *t, const struct mrz *m)
{
	text_add(t, "  <optical");
	result(t, m != NULL ? (enum inspect_result)m->overall : INSPECT_NOT_PERFORMED);
	if (m == NULL) {
		text_add(t, "/>\n");
		return;
	}
	text_add(t, ">\n");
	for (int i = 0; i < MRZ_CHECKS; i++)
		check(t, mrz_check_name((enum mrz_check_id)i), mrz_check_field((enum mrz_check_id)i),
			(enum inspect_result)m->checks[i].result, mrz_reason_key(m->checks[i].reason));
	text_add(t, "  </optical>\n");
}

/* The check that holds the chip against the print. */
static const char *combined(void)
{
	return inspect_check_name(INSPECT_DG1_MRZ);
}

static void part(struct text *t, const struct report *r, bool of_both)
{
	for (size_t i = 0; i < r->count; i++)
		if ((strcmp(r->check[i].name, combined()) == 0) == of_both)
			check(t, r->check[i].name, r->check[i].field, r->check[i].result, r->check[i].reason);
}

static void electronic(struct text *t, const struct report_xml *log)
{
	text_add(t, "  <electronic");
	result(t, report_worst(log->report, combined()));
	if (log->access[0] != '\0')
		attribute(t, "access", log->access);
	if (log->report->inspection.signer_country[0] != '\0')
		attribute(t, "signerCountry", log->report->inspection.signer_country);
	if (log->trust_version[0] != '\0')
		attribute(t, "trust", log->trust_version);
	if (log->exchanges > 0)
		text_add(t, " exchanges=\"%u\"", log->exchanges);
	if (log->read_ms > 0)
		text_add(t, " readMs=\"%u\"", log->read_ms);
	text_add(t, ">\n");
	part(t, log->report, false);
	text_add(t, "  </electronic>\n");
}

/* As the results of a whole are combined everywhere: failed, aborted, undetermined, successful. */
static enum inspect_result worse(enum inspect_result a, enum inspect_result b)
{
	static const enum inspect_result order[] = {INSPECT_FAILED, INSPECT_ABORTED, INSPECT_UNDETERMINED};
	for (size_t i = 0; i < PN_COUNT(order); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return a == INSPECT_SUCCESSFUL && b == INSPECT_SUCCESSFUL ? INSPECT_SUCCESSFUL : INSPECT_UNDETERMINED;
}

int report_xml(const struct report_xml *log, char *out, size_t room, size_t *size)
{
	struct text t;
	enum inspect_result whole = log->report->overall;
	text_init(&t, out, room);
	if (log->optical != NULL)
		whole = worse(whole, (enum inspect_result)log->optical->overall);
	text_add(&t, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<documentCheck xmlns=\"urn:postern:document-check:1\" "
		     "vocabulary=\"BSI TR-03135\" personalData=\"false\"");
	text_add(&t, " date=\"%04d-%02d-%02d\"", log->year, log->month, log->day);
	result(&t, whole);
	text_add(&t, ">\n  <system");
	attribute(&t, "software", log->software);
	attribute(&t, "version", log->version);
	text_add(&t, "/>\n  <document");
	attribute(&t, "format", log->format);
	attribute(&t, "code", log->code);
	attribute(&t, "issuer", log->issuer);
	text_add(&t, "/>\n");
	optical(&t, log->optical);
	electronic(&t, log);
	text_add(&t, "  <combined>\n");
	part(&t, log->report, true);
	text_add(&t, "  </combined>\n</documentCheck>\n");
	*size = t.len;
	return t.truncated ? PN_ELIMIT : PN_OK;
}

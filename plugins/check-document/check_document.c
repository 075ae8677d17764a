/* SPDX-License-Identifier: Apache-2.0
 * Plugin check-document: answers check_document with the document as read and every check made on
 * it. A query goes through the stages below in order; each adds its checks to one list, and the
 * overall result is the most careful of theirs. Must never keep anything of a document after its
 * answer, and never answer `successful` for what was not checked.
 */
#include "base/arena.h"
#include "base/err.h"
#include "document.pb-c.h"
#include "mrz/mrz.h"
#include "postern/plugin.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { CHECK_DOCUMENT = 30, DOCUMENT_CHECKED = 31 };

#define ARENA_SIZE 65536u
#define ANSWER_MAX 16384u
#define CHECKS_MAX 64u /* hw/mrz's, and room for the stages to come */

_Static_assert((int)MRZ_SUCCESSFUL == POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL, "one vocabulary");
_Static_assert((int)MRZ_FAILED == POSTERN__CHECK_RESULT__CHECK_FAILED, "one vocabulary");
_Static_assert(
	(int)MRZ_UNDETERMINED == POSTERN__CHECK_RESULT__CHECK_UNDETERMINED, "one vocabulary");
_Static_assert(
	(int)MRZ_NOT_PERFORMED == POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED, "one vocabulary");
_Static_assert((int)MRZ_ABORTED == POSTERN__CHECK_RESULT__CHECK_ABORTED, "one vocabulary");
_Static_assert((int)MRZ_TD1 == POSTERN__DOCUMENT_FORMAT__FORMAT_TD1, "one list of formats");
_Static_assert((int)MRZ_TD2 == POSTERN__DOCUMENT_FORMAT__FORMAT_TD2, "one list of formats");
_Static_assert((int)MRZ_TD3 == POSTERN__DOCUMENT_FORMAT__FORMAT_TD3, "one list of formats");
_Static_assert((int)MRZ_MRVA == POSTERN__DOCUMENT_FORMAT__FORMAT_MRVA, "one list of formats");
_Static_assert((int)MRZ_MRVB == POSTERN__DOCUMENT_FORMAT__FORMAT_MRVB, "one list of formats");

struct checker {
	const struct postern_host *host;
	struct arena arena; /* the decoded query; wiped after the answer */
	uint8_t memory[ARENA_SIZE];
	uint8_t answer[ANSWER_MAX];
};

/* One query on its way through the stages. Strings point into the query or into mrz. */
struct inspection {
	const Postern__CheckDocument *query;
	struct mrz mrz;
	Postern__Date birth, expiry;
	char sex[2];
	Postern__Document document;
	Postern__Check checks[CHECKS_MAX];
	Postern__Check *list[CHECKS_MAX];
	size_t count;
	Postern__CheckResult overall;
};

static void *arena_take(void *data, size_t size)
{
	return arena_alloc(data, size);
}

static void arena_leave(void *data, void *pointer)
{
	(void)data;
	(void)pointer;
}

static void add_check(struct inspection *in, const char *name, const char *field,
	enum mrz_result result, const char *reason, const char *expected, const char *found)
{
	Postern__Check *check;

	if (in->count == CHECKS_MAX)
		return;
	check = &in->checks[in->count];
	postern__check__init(check);
	check->name = (char *)name;
	check->field = (char *)field;
	check->result = (Postern__CheckResult)result;
	check->reason = (char *)reason;
	check->expected = (char *)expected;
	check->found = (char *)found;
	in->list[in->count++] = check;
}

static void set_date(Postern__Date *to, const struct mrz_date *from)
{
	postern__date__init(to);
	to->year = (uint32_t)from->year;
	to->month = (uint32_t)from->month;
	to->day = (uint32_t)from->day;
}

static void fill_document(struct inspection *in)
{
	struct mrz *m = &in->mrz;
	Postern__Document *d = &in->document;

	postern__document__init(d);
	d->format = (Postern__DocumentFormat)m->format;
	d->document_code = m->document_code;
	d->issuer = m->issuer;
	d->number = m->number;
	d->surname = m->surname;
	d->given_names = m->given_names;
	d->name_truncated = m->name_truncated;
	d->nationality = m->nationality;
	set_date(&in->birth, &m->birth);
	set_date(&in->expiry, &m->expiry);
	d->birth_date = &in->birth;
	d->expiry_date = &in->expiry;
	in->sex[0] = m->sex;
	d->sex = in->sex;
	d->optional_data = m->optional;
	d->optional_data_2 = m->optional_2;
	d->age_years = m->age_years;
	d->days_to_expiry =
		m->days_known ? m->days_to_expiry : INT32_MIN; /* unknown counts as long expired */
}

/* Stage: the machine readable zone (Doc 9303 parts 3 to 7). */
static void inspect_mrz(struct inspection *in)
{
	const Postern__CheckDocument *q = in->query;
	const char *lines[MRZ_LINES_MAX] = {0};
	struct mrz_date reference = {0};

	if (q->reference_date != NULL && q->reference_date->year <= 9999) {
		reference.year = (int)q->reference_date->year;
		reference.month =
			q->reference_date->month <= 12 ? (int)q->reference_date->month : 0;
		reference.day = q->reference_date->day <= 31 ? (int)q->reference_date->day : 0;
	}
	for (size_t i = 0; i < q->n_mrz_lines && i < MRZ_LINES_MAX; i++)
		lines[i] = q->mrz_lines[i];
	in->overall = (Postern__CheckResult)mrz_parse(lines, q->n_mrz_lines, &reference, &in->mrz);
	fill_document(in);
	for (int i = 0; i < MRZ_CHECKS; i++) {
		struct mrz_check *c = &in->mrz.checks[i];
		add_check(in, mrz_check_name((enum mrz_check_id)i),
			mrz_check_field((enum mrz_check_id)i), c->result, mrz_reason_key(c->reason),
			c->expected, c->found);
	}
}

/* The stages in their order. A chip's Passive Authentication (Doc 9303-11, -12: data group hashes,
 * SOD signature, document signer and its CSCA, revocation, DG1 against the zone) is a stage after
 * the zone: it gets the same inspection, adds its checks under "chip." names, and lowers `overall`
 * by the same order. */
static void (*const stages[])(struct inspection *in) = {inspect_mrz};

static void answer(struct checker *c, uint64_t query_id, struct inspection *in)
{
	Postern__DocumentChecked out = POSTERN__DOCUMENT_CHECKED__INIT;
	size_t size;

	out.document = &in->document;
	out.n_checks = in->count;
	out.checks = in->list;
	out.overall = in->overall;
	size = postern__document_checked__get_packed_size(&out);
	if (size > sizeof(c->answer)) {
		c->host->log(c->host->ctx, POSTERN_ERROR, "check_document.answer_too_large", "");
		return; /* the declared default, refer, answers for us */
	}
	postern__document_checked__pack(&out, c->answer);
	if (c->host->answer(c->host->ctx, query_id, DOCUMENT_CHECKED, c->answer, size) != 0)
		c->host->log(c->host->ctx, POSTERN_WARNING, "check_document.answer_refused", "");
	explicit_bzero(c->answer, size);
}

static void checker_message(void *self, const struct postern_message *message)
{
	struct checker *c = self;
	ProtobufCAllocator allocator = {arena_take, arena_leave, &c->arena};
	struct inspection in = {0};

	if (message->body != CHECK_DOCUMENT)
		return;
	in.query = postern__check_document__unpack(&allocator, message->size, message->bytes);
	if (in.query != NULL) {
		for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++)
			stages[i](&in);
		answer(c, message->query_id, &in);
		c->host->count(c->host->ctx, "documents_total", 1);
		if (in.overall != POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL)
			c->host->count(c->host->ctx, "documents_not_successful_total", 1);
	} else {
		c->host->log(c->host->ctx, POSTERN_WARNING, "check_document.query_undecodable", "");
	}
	arena_wipe(&c->arena);
	explicit_bzero(&in, sizeof(in));
}

static int checker_init(const struct postern_host *host, void **self)
{
	struct checker *c;

	if (!POSTERN_HOST_HAS(host, count))
		return PN_EUNSUPPORTED;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return PN_ENOMEM;
	c->host = host;
	arena_init(&c->arena, c->memory, sizeof(c->memory));
	*self = c;
	return 0;
}

static void checker_stop(void *self)
{
	explicit_bzero(self, sizeof(struct checker));
	free(self);
}

POSTERN_PLUGIN(.name = "check-document", .version = "0.1.0", .init = checker_init,
	.message = checker_message, .stop = checker_stop);

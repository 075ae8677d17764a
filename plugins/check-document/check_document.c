/* SPDX-License-Identifier: Apache-2.0
 * Plugin check-document: answers check_document with the document as read and every check made on its zone, and inspect_chip with
 * every check made on its chip. One file for each: zone_stage.c, chip_stage.c. Must never keep anything of a document after its
 * answer, and never answer `successful` for what was not checked.
 */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "bus.pb-c.h"
#include "chip_stage.h"
#include "postern/plugin.h"
#include "trust_store.h"
#include "zone_stage.h"

enum { RELOAD_MS = 2000 };

#define ARENA_SIZE 65536u
#define ANSWER_MAX 16384u

struct checker {
	const struct postern_host *host;
	struct arena arena; /* the decoded query; wiped after the answer */
	uint8_t memory[ARENA_SIZE];
	uint8_t answer[ANSWER_MAX];
	union {
		struct zone_stage zone;
		struct chip_stage chip;
	} stage; /* wiped after the answer */
	struct trust_store store;
	uint32_t trust_age_max_days;
	bool refuse_sha1, require_proof;
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

static void log_event(const struct checker *c, enum postern_log_level level, const char *event, const char *detail)
{
	c->host->log(c->host->ctx, level, event, detail);
}

/* blob NULL: nothing beside it. */
static void answer(struct checker *c, uint64_t query_id, uint32_t body, const ProtobufCMessage *message, const uint8_t *blob,
	size_t blob_size)
{
	const struct postern_host *h = c->host;
	int r;
	size_t size = protobuf_c_message_get_packed_size(message);

	if (size > sizeof(c->answer)) {
		log_event(c, POSTERN_ERROR, "check_document.answer_too_large", "");
		return; /* the declared default, refer, answers for us */
	}
	protobuf_c_message_pack(message, c->answer);
	if (blob != NULL)
		r = h->answer_blob(h->ctx, query_id, body, c->answer, size, blob, blob_size);
	else
		r = h->answer(h->ctx, query_id, body, c->answer, size);
	if (r != 0)
		log_event(c, POSTERN_WARNING, "check_document.answer_refused", "");
	explicit_bzero(c->answer, size);
}

static void count(struct checker *c, const char *all, const char *others, Postern__CheckResult overall)
{
	c->host->count(c->host->ctx, all, 1);
	if (overall != POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL)
		c->host->count(c->host->ctx, others, 1);
}

static bool check_zone(struct checker *c, ProtobufCAllocator *allocator, const struct postern_message *m)
{
	const Postern__CheckDocument *q = postern__check_document__unpack(allocator, m->size, m->bytes);
	struct zone_stage *z = &c->stage.zone;

	if (q == NULL)
		return false;
	zone_stage(q, z);
	answer(c, m->query_id, POSTERN__ENVELOPE__BODY_DOCUMENT_CHECKED, &z->answer.base, NULL, 0);
	count(c, "documents_total", "documents_not_successful_total", z->answer.overall);
	return true;
}

static bool inspect_chip(struct checker *c, ProtobufCAllocator *allocator, const struct postern_message *m)
{
	const Postern__InspectChip *q = postern__inspect_chip__unpack(allocator, m->size, m->bytes);
	const struct chip_settings settings = {.trust = c->store.trust,
		.trust_version = c->store.version,
		.trust_age_max_days = c->trust_age_max_days,
		.refuse_sha1 = c->refuse_sha1,
		.require_proof = c->require_proof};
	struct chip_stage *s = &c->stage.chip;

	if (q == NULL)
		return false;
	chip_stage(q, m->blob, m->blob_size, &settings, s);
	answer(c, m->query_id, POSTERN__ENVELOPE__BODY_CHIP_INSPECTED, &s->answer.base, s->portrait, s->portrait_size);
	count(c, "chips_total", "chips_not_successful_total", s->answer.overall);
	return true;
}

static void checker_message(void *self, const struct postern_message *message)
{
	struct checker *c = self;
	ProtobufCAllocator allocator = {arena_take, arena_leave, &c->arena};
	bool decoded = true;

	if (message->body == POSTERN__ENVELOPE__BODY_CHECK_DOCUMENT)
		decoded = check_zone(c, &allocator, message);
	else if (message->body == POSTERN__ENVELOPE__BODY_INSPECT_CHIP)
		decoded = inspect_chip(c, &allocator, message);
	if (!decoded)
		log_event(c, POSTERN_WARNING, "check_document.query_undecodable", "");
	arena_wipe(&c->arena);
	explicit_bzero(&c->stage, sizeof(c->stage));
}

static void load(struct checker *c)
{
	int r = trust_store_load(&c->store);

	if (r == PN_OK)
		log_event(c, POSTERN_INFO, "trust.loaded", c->store.version);
	else
		log_event(c, POSTERN_ERROR, "trust.not_verified", c->store.why[0] != '\0' ? c->store.why : pn_err_name(r));
	c->host->trouble(c->host->ctx, "trust.bad_folder", r != PN_OK);
}

static void checker_tick(void *self, uint64_t now_ms)
{
	struct checker *c = self;

	(void)now_ms;
	if (trust_store_changed(&c->store))
		load(c);
	c->host->trouble(c->host->ctx, "trust.old",
		trust_store_old(&c->store, (int64_t)time(NULL), c->trust_age_max_days));
	if (c->host->wake_after(c->host->ctx, RELOAD_MS) != 0)
		c->host->fail(c->host->ctx, "check_document.no_timer");
}

static int checker_init(const struct postern_host *host, void **self)
{
	struct checker *c;

	if (!POSTERN_HOST_HAS(host, answer_blob))
		return PN_EUNSUPPORTED;
	/* Its configuration file is read here, in the wide layer. */
	if (OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG | OPENSSL_INIT_LOAD_CRYPTO_STRINGS, NULL) != 1)
		return PN_ECRYPTO;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return PN_ENOMEM;
	c->host = host;
	c->trust_age_max_days = (uint32_t)host->option_int(host->ctx, "trust_age_max_days");
	c->refuse_sha1 = host->option_bool(host->ctx, "refuse_sha1") != 0;
	c->require_proof = host->option_bool(host->ctx, "require_chip_proof") != 0;
	arena_init(&c->arena, c->memory, sizeof(c->memory));
	trust_store_init(&c->store, host->folder(host->ctx, "csca"), host->folder(host->ctx, "trust"));
	if (trust_store_changed(&c->store) || c->store.folder != NULL)
		load(c);
	*self = c;
	return 0;
}

static int checker_start(void *self)
{
	struct checker *c = self;

	return c->store.folder != NULL ? c->host->wake_after(c->host->ctx, RELOAD_MS) : 0;
}

static void checker_stop(void *self)
{
	struct checker *c = self;

	trust_store_free(&c->store);
	explicit_bzero(c, sizeof(*c));
	free(c);
}

POSTERN_PLUGIN(.name = "check-document", .version = "0.2.0", .init = checker_init, .start = checker_start,
	.message = checker_message, .tick = checker_tick, .stop = checker_stop);

/* SPDX-License-Identifier: Apache-2.0
 * The registry plugin: takes the gates' journals in over mutually authenticated TLS and
 * acknowledges what is durable; answers look-ups of earlier stays. Everything that needs a file, a
 * name or a new socket happens in init(). Must never serve before its store and its keys are there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registry.h"
#include "schema.h"

enum { PATH_BYTES = 4096, MODE_WAIT_MS = 1000 };

static int failed(const struct postern_host *host, const char *event, const char *detail, int err)
{
	registry_log(host, event, detail);
	return err;
}

static int path_in(char out[PATH_BYTES], const char *folder, const char *name)
{
	if (folder == NULL || strchr(name, '/') != NULL)
		return PN_EINVAL;
	int n = snprintf(out, PATH_BYTES, "%s/%s", folder, name);
	return n > 0 && n < PATH_BYTES ? 0 : PN_ELIMIT;
}

static int open_store(struct registry *r)
{
	const struct postern_host *h = r->host;
	char url[PATH_BYTES + 8] = "sqlite:", why[256] = "";
	const char *given = h->option(h->ctx, "store");
	int err = 0;
	if (given == NULL || given[0] == '\0') {
		err = path_in(url + strlen(url), h->state_folder(h->ctx), "registry.db");
		given = url;
	}
	if (err == 0)
		err = registry_store_open(given, &r->db, why, sizeof why);
	return err != 0 ? failed(h, "registry.store", why, err) : 0;
}

static int load_stays(struct registry *r)
{
	const struct postern_host *h = r->host;
	char path[PATH_BYTES], where[32];
	size_t line = 0;
	const char *name = h->option(h->ctx, "stays_file"),
		   *tenant = h->option(h->ctx, "stays_tenant");
	if (name == NULL || name[0] == '\0')
		return 0;
	if (tenant == NULL || tenant[0] == '\0')
		return failed(h, "registry.stays", "stays_tenant is not set", PN_EINVAL);
	int err = path_in(path, h->folder(h->ctx, "stays"), name);
	if (err == 0)
		err = history_load(r->db, r->history_key, tenant, path, &line);
	snprintf(where, sizeof where, "line %zu", line);
	return err != 0 ? failed(h, "registry.stays", where, err) : 0;
}

/* Files that are wrong or not there yet are a trouble, not the end: gates must be served. */
static int open_registers(struct registry *r)
{
	static const char *const options[REGISTER_KINDS_] = {[REGISTER_PERMITS] = "permits_file",
		[REGISTER_AUTHORISATIONS] = "authorisations_file",
		[REGISTER_BANS] = "bans_file"};
	const struct postern_host *h = r->host;
	char path[REGISTER_KINDS_][PATH_BYTES];
	struct registers_config c = {.tenant = h->option(h->ctx, "registers_tenant"),
		.history_key = r->history_key,
		.stale_hours = (uint32_t)h->option_int(h->ctx, "registers_stale_hours"),
		.tell = service_register_told,
		.self = r};
	bool any = false;
	for (int k = 1; k < REGISTER_KINDS_; k++) {
		const char *name = h->option(h->ctx, options[k]);
		if (name == NULL || name[0] == '\0')
			continue;
		if (path_in(path[k], h->folder(h->ctx, "registers"), name) != 0)
			return failed(h, "registry.register", options[k], PN_EINVAL);
		c.path[k] = path[k];
		any = true;
	}
	if (!any)
		return 0;
	if (c.tenant == NULL || c.tenant[0] == '\0')
		return failed(h, "registry.register", "registers_tenant is not set", PN_EINVAL);
	return registers_new(&c, &r->registers);
}

static int open_keys(struct registry *r)
{
	const struct postern_host *h = r->host;
	char path[PATH_BYTES];
	int err = path_in(path, h->folder(h->ctx, "pki"), "ack.key");
	if (err == 0)
		err = ack_key_open(path, &r->ack_key);
	if (err != 0)
		return failed(h, "registry.key", "ack.key", err);
	err = path_in(path, h->state_folder(h->ctx), "person.key");
	if (err == 0)
		err = history_key(path, r->history_key);
	return err != 0 ? failed(h, "registry.key", "person.key", err) : 0;
}

static int open_server(struct registry *r)
{
	const struct postern_host *h = r->host;
	char certificate[PATH_BYTES], key[PATH_BYTES], authority[PATH_BYTES], port[8];
	const char *pki = h->folder(h->ctx, "pki");
	struct web_config c = {.listen = h->option(h->ctx, "listen"),
		.port = (uint16_t)h->option_int(h->ctx, "port"),
		.certificate = certificate,
		.key = key,
		.client_authority = authority,
		.client_required = true,
		.machines_only = true,
		.body_max = INGEST_BODY_MAX,
		.connections_max = (unsigned)h->option_int(h->ctx, "connections"),
		.connections_per_address =
			(unsigned)h->option_int(h->ctx, "connections_per_address"),
		.idle_s = (unsigned)h->option_int(h->ctx, "idle_s"),
		.request_s = 20,
		.handle = service_handle,
		.refused = service_refused,
		.self = r};
	int err = path_in(certificate, pki, "registry.pem");
	if (err == 0)
		err = path_in(key, pki, "registry.key");
	if (err == 0)
		err = path_in(authority, pki, "ca.pem");
	if (err == 0)
		err = web_open(&c, &r->server);
	if (err != 0)
		return failed(h, "registry.server", c.listen, err);
	snprintf(port, sizeof port, "%u", web_port(r->server));
	h->log(h->ctx, POSTERN_INFO, "registry.listening", port);
	return 0;
}

static void stop(void *self)
{
	struct registry *r = self;
	service_drop(r);
	web_close(r->server);
	registers_free(r->registers);
	db_close(r->db);
	ingest_free(&r->ingest);
	ack_key_close(r->ack_key);
	explicit_bzero(r->history_key, sizeof r->history_key);
	free(r);
}

static int init(const struct postern_host *host, void **self)
{
	if (!POSTERN_HOST_HAS(host, bus_dispatch))
		return PN_EUNSUPPORTED;
	struct registry *r = calloc(1, sizeof *r);
	if (r == NULL)
		return PN_ENOMEM;
	r->host = host;
	r->history_complete = host->option_bool(host->ctx, "history_complete") != 0;
	int err = open_store(r);
	if (err == 0)
		err = open_keys(r);
	if (err == 0)
		err = load_stays(r);
	if (err == 0)
		err = open_registers(r);
	if (err == 0)
		err = open_server(r);
	if (err != 0) {
		stop(r);
		return err;
	}
	service_start(r);
	*self = r;
	return 0;
}

/* The core asks nothing of a registry. */
static void message(void *self, const struct postern_message *m)
{
	(void)self;
	(void)m;
}

/* The bus is dispatched after every turn; this only ends the wait. */
static void bus_ready(void *self)
{
	(void)self;
}

static int run(void *self)
{
	struct registry *r = self;
	r->failed = web_watch(r->server, r->host->bus_fd(r->host->ctx), bus_ready, r);
	service_turn(r, 0);
	while (r->failed == 0 && r->bus_wants_ms >= 0) {
		int ms = r->bus_wants_ms < MODE_WAIT_MS ? r->bus_wants_ms : MODE_WAIT_MS;
		service_turn(r, service_idle(r) ? ms : 0);
		service_work(r);
		service_store_ready(r);
		service_tell(r);
	}
	return r->failed;
}

POSTERN_PLUGIN(.name = "registry", .version = POSTERN_VERSION, .init = init, .message = message,
	.stop = stop, .run = run);

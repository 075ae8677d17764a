/* SPDX-License-Identifier: Apache-2.0
 * Plugin console: the officers' console of a control post. A thin shell around its parts (state.h): two servers, one for officers' browsers and
 * one for gates, turned in one thread with the bus. Must never hold a word of an officer's back, nor give one that no officer gave.
 */
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bus.pb-c.h"
#include "state.h"

enum { WAIT_MS = 10 };

static int failed(struct console *c, const char *event, int err)
{
	c->host->log(c->host->ctx, POSTERN_ERROR, event, pn_err_name(err));
	return err;
}

static void stop(void *self)
{
	struct console *c = self;
	web_close(c->officers);
	web_close(c->gates);
	proofs_stop(c->proofs);
	portrait_free(c);
	report_free(c);
	web_files_free(c->files);
	post_gates_free(c->table);
	for (size_t i = 0; i < ACCOUNTS_MAX; i++)
		EVP_PKEY_free(c->keys[i].key);
	OPENSSL_cleanse(c, sizeof *c);
	free(c);
}

static int open_parts(struct console *c)
{
	const struct postern_host *h = c->host;
	const char *page = h->folder(h->ctx, "page"), *accounts = h->folder(h->ctx, "accounts");
	char path[512], error[512];
	if (page == NULL || accounts == NULL || h->folder(h->ctx, "pki") == NULL || h->folder(h->ctx, "keys") == NULL)
		return failed(c, "console.folders", PN_ENOTFOUND);
	snprintf(path, sizeof path, "%s/accounts.yaml", accounts);
	int err = accounts_load(path, &c->accounts, error, sizeof error);
	if (err != 0)
		return failed(c, "console.accounts", err);
	err = web_files_load(page, &c->files);
	if (err != 0)
		return failed(c, "console.page", err);
	err = post_gates_new(&c->table);
	if (err == 0)
		err = post_gates_expect(c->table, h->option(h->ctx, "gates"));
	if (err != 0)
		return failed(c, "console.gates", err);
	err = lines_open(c);
	if (err != 0)
		return failed(c, "console.gates_server", err);
	err = api_open(c);
	return err != 0 ? failed(c, "console.server", err) : 0;
}

/* What the first login and the first word need is fetched while files may still be opened. */
static void warm(struct console *c)
{
	(void)password_matches(NULL, "");
	for (size_t i = 0; i < c->accounts.count; i++)
		if (role_may(c->accounts.at[i].role, ACT_DECIDE) && words_key(c, c->accounts.at[i].name) == NULL)
			c->host->log(c->host->ctx, POSTERN_WARNING, "console.no_key", c->accounts.at[i].name);
}

static int init(const struct postern_host *host, void **self)
{
	if (!POSTERN_HOST_HAS(host, core_heard_ms))
		return PN_EUNSUPPORTED;
	struct console *c = calloc(1, sizeof *c);
	if (c == NULL)
		return PN_ENOMEM;
	c->host = host;
	c->post = host->option(host->ctx, "name");
	c->demo_allowed = host->option_bool(host->ctx, "demo_accounts") != 0;
	c->gates_per_officer = (unsigned)host->option_int(host->ctx, "gates_per_officer");
	duty_init(&c->duty, (uint64_t)host->option_int(host->ctx, "turn_minutes") * 60000,
		(uint64_t)host->option_int(host->ctx, "rest_minutes") * 60000);
	guard_init(&c->guard_accounts, GUARD_ACCOUNT_FREE);
	guard_init(&c->guard_strangers, GUARD_ACCOUNT_FREE);
	guard_init(&c->guard_addresses, GUARD_ADDRESS_FREE);
	shift_begin(&c->shift, clock_wall_ms());
	int err = open_parts(c);
	if (err != 0) {
		stop(c);
		return err;
	}
	warm(c);
	*self = c;
	return 0;
}

static void message(void *self, const struct postern_message *m)
{
	struct console *c = self;
	if (m->body == POSTERN__ENVELOPE__BODY_AUDIT_DONE)
		audit_done(c, m->bytes, m->size);
}

/* The bus is dispatched, proofs are fetched and gates are heard after every turn; this only ends the wait. */
static void bus_ready(void *self)
{
	(void)self;
}

/* Whose certificate was revoked is gone within seconds. */
static void refresh(struct console *c, uint64_t now)
{
	struct web_server *servers[] = {c->gates, c->officers};
	if (now - c->refreshed_ms < REFRESH_MS)
		return;
	c->refreshed_ms = now;
	for (size_t i = 0; i < PN_COUNT(servers); i++) {
		int r = web_refresh(servers[i]);
		if (r != 0)
			c->host->log(c->host->ctx, r > 0 ? POSTERN_INFO : POSTERN_ERROR, "console.revocations", r > 0 ? "read" : pn_err_name(r));
	}
}

static int run(void *self)
{
	struct console *c = self;
	int err = proofs_start(&c->proofs, &c->proofs_fd), gates = web_heard(c->gates);
	if (err == 0)
		err = web_watch(c->officers, c->host->bus_fd(c->host->ctx), bus_ready, c);
	if (err == 0)
		err = web_watch(c->officers, c->proofs_fd, bus_ready, c);
	if (err == 0)
		err = gates >= 0 ? web_watch(c->officers, gates, bus_ready, c) : gates;
	int wants = c->host->bus_dispatch(c->host->ctx);
	while (err == 0 && wants >= 0) {
		uint64_t now;
		err = web_turn(c->gates, 0);
		if (err == 0)
			err = web_turn(c->officers, wants < WAIT_MS ? wants : WAIT_MS);
		wants = c->host->bus_dispatch(c->host->ctx);
		api_tick(c);
		now = clock_mono_ms();
		refresh(c, now);
		lines_tick(c, now);
		words_tick(c, now);
		login_tick(c, now);
	}
	return err;
}

POSTERN_PLUGIN(.name = "console", .version = POSTERN_VERSION, .init = init, .message = message, .stop = stop, .run = run);

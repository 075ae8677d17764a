/* SPDX-License-Identifier: Apache-2.0
 * Turns of monitoring: see duty.h.
 */
#include "duty.h"

#include <stddef.h>
#include <string.h>

#include "base/text.h"

void duty_init(struct duty *d, uint64_t turn_ms, uint64_t rest_ms)
{
	memset(d, 0, sizeof *d);
	d->turn_ms = turn_ms;
	d->rest_ms = rest_ms;
}

static const struct duty_row *row_of(const struct duty *d, const char *account)
{
	for (size_t i = 0; i < ACCOUNTS_MAX && d->rows[i].account[0] != '\0'; i++)
		if (strcmp(d->rows[i].account, account) == 0)
			return &d->rows[i];
	return NULL;
}

/* Is what they do now, or would begin now, still the same turn? */
static bool goes_on(const struct duty *d, const struct duty_row *r, uint64_t now_ms)
{
	return r != NULL && (r->watching || now_ms - r->ended_ms < d->rest_ms);
}

uint64_t duty_left_ms(const struct duty *d, const char *account, uint64_t now_ms)
{
	const struct duty_row *r = row_of(d, account);
	uint64_t gone = goes_on(d, r, now_ms) ? now_ms - r->began_ms : 0;
	return gone < d->turn_ms ? d->turn_ms - gone : 0;
}

uint64_t duty_rest_ms(const struct duty *d, const char *account, uint64_t now_ms)
{
	const struct duty_row *r = row_of(d, account);
	if (!goes_on(d, r, now_ms))
		return 0;
	return r->watching ? d->rest_ms : d->rest_ms - (now_ms - r->ended_ms);
}

void duty_seen(struct duty *d, const char *account, bool watching, uint64_t now_ms)
{
	struct duty_row *r = NULL;
	for (size_t i = 0; r == NULL && i < ACCOUNTS_MAX; i++)
		if (d->rows[i].account[0] == '\0' || strcmp(d->rows[i].account, account) == 0)
			r = &d->rows[i];
	if (r == NULL || (r->account[0] == '\0' && !watching))
		return;
	bool known = r->account[0] != '\0';
	if (!known)
		text_copy(r->account, sizeof r->account, account);
	if (watching && !(known && goes_on(d, r, now_ms)))
		r->began_ms = now_ms;
	if (r->watching && !watching)
		r->ended_ms = now_ms;
	r->watching = watching;
}

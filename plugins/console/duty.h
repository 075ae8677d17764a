/* SPDX-License-Identifier: Apache-2.0
 * How long officers watch: a turn of monitoring lasts so long and no longer, a rest goes before the next. Pure; monotonic milliseconds
 * come from the caller. An officer who puts a lane down and takes one up again within the rest goes on with the same turn.
 * Must never let a turn grow by being taken again.
 */
#ifndef POSTERN_CONSOLE_DUTY_H
#define POSTERN_CONSOLE_DUTY_H
#include <stdbool.h>
#include <stdint.h>

#include "account/account.h"

struct duty {
	uint64_t turn_ms, rest_ms;
	struct duty_row {
		char account[ACCOUNT_NAME_MAX]; /* "": free */
		uint64_t began_ms, ended_ms;
		bool watching;
	} rows[ACCOUNTS_MAX];
};

void duty_init(struct duty *d, uint64_t turn_ms, uint64_t rest_ms);
/* How long this officer may watch from now on; 0: a rest is due. */
uint64_t duty_left_ms(const struct duty *d, const char *account, uint64_t now_ms);
/* Until when they must rest, when duty_left_ms() is 0. */
uint64_t duty_rest_ms(const struct duty *d, const char *account, uint64_t now_ms);
/* What the lanes say: this officer watches one at least, or none. Only names of the accounts' file get here. */
void duty_seen(struct duty *d, const char *account, bool watching, uint64_t now_ms);
#endif

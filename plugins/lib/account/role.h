/* SPDX-License-Identifier: Apache-2.0
 * Who may do what at a control post: one table, role by act. Pure. Must never permit an act to a role that is not named for it.
 */
#ifndef POSTERN_ACCOUNT_ROLE_H
#define POSTERN_ACCOUNT_ROLE_H
#include <stdbool.h>

enum role { ROLE_NONE, ROLE_OFFICER, ROLE_SUPERVISOR, ROLE_ADMINISTRATOR, ROLE_AUDITOR, ROLE_COUNT };

enum act {
	ACT_SEE_LANES,	 /* tiles, alarms, queue: nothing personal */
	ACT_SEE_PERSON,	 /* a referral, with a purpose */
	ACT_DECIDE,	 /* about a referral */
	ACT_AGREE,	 /* as the second officer */
	ACT_ASSIST,	 /* both leaves by hand, and shut them */
	ACT_LOCK,	 /* no new traveller: the careful way is open to every officer */
	ACT_SERVICE,	 /* mode, out of service, back into service */
	ACT_DUTY,	 /* supervise lanes */
	ACT_ACKNOWLEDGE, /* an alarm */
	ACT_SHIFT,	 /* figures and report of the shift */
	ACT_AUDIT,	 /* who looked at whom, and why */
	ACT_COUNT
};

bool role_may(enum role role, enum act act);
/* "officer", "see-person"; "" for none. */
const char *role_name(enum role role);
const char *act_name(enum act act);
/* ROLE_NONE when there is no such role. */
enum role role_find(const char *name);
#endif

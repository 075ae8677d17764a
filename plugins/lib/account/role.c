/* SPDX-License-Identifier: Apache-2.0
 * The table of roles and acts: see role.h.
 */
#include "account/role.h"

#include <stddef.h>
#include <string.h>

#include "base/err.h"

#define BIT(name) (1u << ROLE_##name)

static unsigned who_may(enum act act)
{
	switch (act) {
	case ACT_SEE_LANES:
	case ACT_SHIFT:
		return BIT(OFFICER) | BIT(SUPERVISOR) | BIT(ADMINISTRATOR);
	case ACT_SEE_PERSON:
	case ACT_DECIDE:
	case ACT_AGREE:
	case ACT_ASSIST:
	case ACT_LOCK:
	case ACT_DUTY:
	case ACT_ACKNOWLEDGE:
		return BIT(OFFICER) | BIT(SUPERVISOR);
	case ACT_SERVICE:
		return BIT(SUPERVISOR);
	case ACT_AUDIT:
		return BIT(AUDITOR);
	case ACT_COUNT:
		return 0;
	}
	return 0;
}

bool role_may(enum role role, enum act act)
{
	return role > ROLE_NONE && role < ROLE_COUNT && (who_may(act) >> role & 1u) != 0;
}

const char *role_name(enum role role)
{
	switch (role) {
	case ROLE_OFFICER:
		return "officer";
	case ROLE_SUPERVISOR:
		return "supervisor";
	case ROLE_ADMINISTRATOR:
		return "administrator";
	case ROLE_AUDITOR:
		return "auditor";
	case ROLE_NONE:
	case ROLE_COUNT:
		break;
	}
	return "";
}

const char *act_name(enum act act)
{
	switch (act) {
	case ACT_SEE_LANES:
		return "see-lanes";
	case ACT_SEE_PERSON:
		return "see-person";
	case ACT_DECIDE:
		return "decide";
	case ACT_AGREE:
		return "agree";
	case ACT_ASSIST:
		return "assist";
	case ACT_LOCK:
		return "lock";
	case ACT_SERVICE:
		return "service";
	case ACT_DUTY:
		return "duty";
	case ACT_ACKNOWLEDGE:
		return "acknowledge";
	case ACT_SHIFT:
		return "shift";
	case ACT_AUDIT:
		return "audit";
	case ACT_COUNT:
		break;
	}
	return "";
}

enum role role_find(const char *name)
{
	for (int r = ROLE_OFFICER; r < ROLE_COUNT; r++)
		if (strcmp(role_name((enum role)r), name) == 0)
			return (enum role)r;
	return ROLE_NONE;
}

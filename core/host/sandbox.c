/* SPDX-License-Identifier: Apache-2.0
 * The order of the sandbox's steps, and the rule that only Landlock may be absent, and only where
 * that is allowed. Must never go on after a failed step.
 */
#include "host/sandbox.h"

#include <errno.h>
#include <sched.h>

#include "base/log.h"
#include "host/manifest.h"
#include "host/sandbox_steps.h"

static const char *const names[STEP_COUNT_] = {
	[STEP_NAMESPACES] = "namespaces",
	[STEP_NETWORK] = "network",
	[STEP_VIEW] = "view",
	[STEP_UID] = "uid",
	[STEP_CAPABILITIES] = "capabilities",
	[STEP_NO_NEW_PRIVS] = "no-new-privs",
	[STEP_LIMITS] = "limits",
	[STEP_LANDLOCK_WIDE] = "landlock-wide",
	[STEP_SECCOMP_WIDE] = "seccomp-wide",
	[STEP_LANDLOCK_NARROW] = "landlock-narrow",
	[STEP_SECCOMP_NARROW] = "seccomp-narrow",
};

const char *sandbox_step_name(enum sandbox_step step)
{
	return (unsigned)step < STEP_COUNT_ ? names[step] : "unknown";
}

bool sandbox_complete(void)
{
	return !SANDBOX_SANITIZED;
}

static int run(struct sandbox *s, enum sandbox_step step, int (*fn)(struct sandbox *))
{
	int rc = fn(s);
	bool landlock = step == STEP_LANDLOCK_WIDE || step == STEP_LANDLOCK_NARROW;
	if (rc == 0) {
		return PN_OK;
	} else if (landlock && !s->landlock_required && (rc == -ENOSYS || rc == -EOPNOTSUPP)) {
		pn_log(LOG_LEVEL_WARNING, "host", "sandbox.no_landlock", LK("step", names[step]));
		return PN_OK;
	}
	s->failed = step;
	s->failed_errno = -rc;
	pn_log(LOG_LEVEL_ERROR, "host", "sandbox.step_failed", LK("step", names[step]),
		LN("errno", -rc));
	return PN_EIO;
}

int sandbox_widen(struct sandbox *s)
{
	static const struct {
		enum sandbox_step step;
		int (*fn)(struct sandbox *);
	} steps[] = {
		{STEP_NAMESPACES, step_namespaces},
		{STEP_VIEW, step_view},
		{STEP_UID, step_uid},
		{STEP_CAPABILITIES, step_capabilities},
		{STEP_NO_NEW_PRIVS, step_no_new_privs},
		{STEP_LIMITS, step_limits},
		{STEP_LANDLOCK_WIDE, step_landlock_wide},
		{STEP_SECCOMP_WIDE, step_seccomp_wide},
	};
	s->active = 0;
	s->landlock_abi = sandbox_landlock_abi();
	for (size_t i = 0; i < PN_COUNT(steps); i++) {
		int rc = run(s, steps[i].step, steps[i].fn);
		if (rc != PN_OK)
			return rc;
	}
	if (!sandbox_complete())
		pn_log(LOG_LEVEL_WARNING, "host", "sandbox.sanitizer_build",
			LK("absent", "seccomp,memory-limit"));
	return PN_OK;
}

int sandbox_narrow(struct sandbox *s)
{
	/* Landlock and the wide filter hold for one thread and its children: none may have slipped
	 * in before the narrow layer. This unshare() changes nothing and fails exactly when there
	 * is a second thread. A sanitizer's run-time has none of its own at this point either. */
	if (unshare(CLONE_THREAD) != 0) {
		s->failed = STEP_LANDLOCK_NARROW;
		s->failed_errno = errno;
		pn_log(LOG_LEVEL_ERROR, "host", "sandbox.thread_before_narrow");
		return PN_EDENIED;
	}
	int rc = run(s, STEP_LANDLOCK_NARROW, step_landlock_narrow);
	return rc == PN_OK ? run(s, STEP_SECCOMP_NARROW, step_seccomp_narrow) : rc;
}

void sandbox_report(const struct sandbox *s, struct text *out)
{
	for (unsigned i = 0; i < STEP_COUNT_; i++) {
		text_add(out, "%s: %s", names[i], (s->active & 1u << i) ? "active" : "off");
		if (i == STEP_LANDLOCK_WIDE || i == STEP_LANDLOCK_NARROW)
			text_add(out, " (ABI %d)", s->landlock_abi);
		text_add(out, "\n");
	}
}

/* SPDX-License-Identifier: Apache-2.0
 * Entering the core's sandbox. Must never be looser than the core needs in its worst moment.
 */
#include "loop/core_sandbox.h"

#include <stdio.h>

#include "host/manifest.h"
#include "host/sandbox.h"

int core_sandbox_enter(const struct config *config, const struct config_unit *unit, int32_t uid, int32_t gid,
	int *landlock)
{
	char state[512];
	struct sandbox s = {
		.uid = uid,
		.gid = gid,
		.sockets = SANDBOX_UNIX_SERVER,
		.syscalls = SYSCALLS_BASE | SYSCALLS_FILES | SYSCALLS_THREADS,
		.memory_mib = 256,
		.file_mib = 64 * 1024,
		.open_files = 256,
		.threads = 4,
		.landlock_required = config->profile != CONFIG_DEMO,
		.core = true,
		.object = -1,
	};
	int r;
	snprintf(state, sizeof state, "%s/%s", config->state_folder, unit->name);
	s.folders[s.folder_count++] = (struct sandbox_folder){ state, true, false };
	s.folders[s.folder_count++] = (struct sandbox_folder){ config->run_folder, true, true };
	if (unit->trust != NULL)
		s.folders[s.folder_count++] = (struct sandbox_folder){ unit->trust, false, false };
	r = sandbox_widen(&s);
	if (r == PN_OK)
		r = sandbox_narrow(&s);
	if (r != PN_OK)
		pn_log(LOG_LEVEL_ERROR, "core", "sandbox.failed", LK("step", sandbox_step_name(s.failed)),
			LN("errno", s.failed_errno));
	*landlock = s.landlock_abi;
	if (r == PN_OK && s.landlock_abi == 0)
		pn_log(LOG_LEVEL_WARNING, "core", "sandbox.no_landlock");
	return r;
}

/* SPDX-License-Identifier: Apache-2.0
 * See access.h. Must never call an access confirmed by a list that does not speak of PACE.
 */
#include "emrtd/inspect/access.h"

enum inspect_result inspect_access(const struct emrtd_access_report *report, struct emrtd_bytes dg14,
	struct emrtd_bytes card_security, enum inspect_reason *reason)
{
	const struct emrtd_bytes lists[] = {dg14, card_security};
	bool spoken = false;
	*reason = INSPECT_WHY_NOT_READ;
	if (report == NULL || report->access == EMRTD_ACCESS_NONE)
		return INSPECT_NOT_PERFORMED;
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		struct emrtd_security_infos infos;
		if (lists[i].size == 0 || emrtd_security_infos(&infos, lists[i]) != 0 || infos.pace_count == 0)
			continue;
		spoken = true;
		if (emrtd_access_contradicted(report, &infos)) {
			*reason = INSPECT_WHY_ACCESS_DIFFERS;
			return INSPECT_FAILED;
		}
	}
	*reason = report->fell_back ? INSPECT_WHY_FELL_BACK : spoken ? INSPECT_WHY_NONE : INSPECT_WHY_NO_SIGNED_LIST;
	if (report->fell_back)
		return INSPECT_UNDETERMINED;
	return spoken ? INSPECT_SUCCESSFUL : INSPECT_NOT_PERFORMED;
}

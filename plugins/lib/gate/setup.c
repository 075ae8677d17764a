/* SPDX-License-Identifier: Apache-2.0
 * See setup.h.
 */
#include "gate/setup.h"

#include <stdio.h>
#include <string.h>

int gate_wiring_path(const struct postern_host *host, const char *option, char out[GATE_PATH_MAX])
{
	const char *folder = host->folder(host->ctx, "wiring"), *name = host->option(host->ctx, option);
	if (folder == NULL || name == NULL || strchr(name, '/') != NULL)
		return PN_EINVAL;
	int n = snprintf(out, GATE_PATH_MAX, "%s/%s", folder, name);
	return n > 0 && n < GATE_PATH_MAX ? PN_OK : PN_EINVAL;
}

int gate_refuse(const struct postern_host *host, const char *event, const char *sentence)
{
	char where[64];
	size_t n = strcspn(sentence, " ");
	const char *from = sentence;
	for (const char *p = sentence; p < sentence + n; p++)
		if (*p == '/')
			from = p + 1;
	n -= (size_t)(from - sentence);
	if (n > 0 && from[n - 1] == ':')
		n--;
	snprintf(where, sizeof where, "%.*s", (int)(n < sizeof where ? n : sizeof where - 1), from);
	host->log(host->ctx, POSTERN_ERROR, event, where);
	return PN_EINVAL;
}

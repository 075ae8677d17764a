/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a configuration file. Must never give a configuration together with a problem, or
 * neither.
 */
#include <stdint.h>
#include <stdlib.h>

#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char buffer[4096];
	struct text errors;
	struct config *c;
	text_init(&errors, buffer, sizeof buffer);
	int r = config_parse("/etc/postern/postern.yaml", data, size, &c, &errors);
	if ((r == PN_OK) != (c != NULL) || (r == PN_OK) != (errors.len == 0))
		abort();
	config_free(c);
	return 0;
}

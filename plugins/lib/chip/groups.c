/* SPDX-License-Identifier: Apache-2.0
 * See groups.h. Must never give a bit for a group that does not exist.
 */
#include "chip/groups.h"

#include <ctype.h>
#include <stdlib.h>

int chip_groups(const char *text, uint32_t *out)
{
	uint32_t groups = 0;
	for (char *end; *text != '\0'; text = end) {
		if (!isdigit((unsigned char)*text))
			return PN_EFORMAT;
		unsigned long n = strtoul(text, &end, 10);
		if (n < 1 || n > 16 || (*end != '\0' && *end != ',') || (*end == ',' && end[1] == '\0'))
			return PN_EFORMAT;
		groups |= UINT32_C(1) << n;
		if (*end == ',')
			end++;
	}
	*out = groups;
	return PN_OK;
}

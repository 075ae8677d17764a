/* SPDX-License-Identifier: Apache-2.0
 * Look-ups in the generated schema table. Must never hold schema facts of its own.
 */
#include "schema/table.h"

#include <string.h>

const struct schema_body *schema_body_find(uint32_t body)
{
	for (size_t i = 0; i < schema_body_count; i++)
		if (schema_bodies[i].body == body)
			return &schema_bodies[i];
	return NULL;
}

const struct schema_field *schema_field_find(const char *message, const char *field)
{
	for (size_t i = 0; i < schema_field_count; i++)
		if (strcmp(schema_fields[i].message, message) == 0 &&
			strcmp(schema_fields[i].field, field) == 0)
			return &schema_fields[i];
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0
 * See photograph.h. Must never print a picture.
 */
#include "photograph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"

struct face_picture photograph(const char *folder, const char *name)
{
	char path[4096];
	struct face_picture p;
	uint8_t *bytes = malloc(FACE_PICTURE_BYTES_MAX);
	assert_non_null(bytes);
	snprintf(path, sizeof path, "%s/samples/%s", folder, name);
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	size_t size = fread(bytes, 1, FACE_PICTURE_BYTES_MAX, f);
	fclose(f);
	assert_int_equal(face_picture_decode(bytes, size, &p), PN_OK);
	free(bytes);
	return p;
}

struct face_frame photograph_frame(const struct face_picture *p)
{
	return (struct face_frame){.struct_size = sizeof(struct face_frame),
		.width = p->width,
		.height = p->height,
		.stride = p->width * 3,
		.format = FACE_RGB24,
		.pixels = p->pixels};
}

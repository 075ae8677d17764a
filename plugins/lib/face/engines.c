/* SPDX-License-Identifier: Apache-2.0
 * See engines.h.
 */
#include "engines.h"

#include <stdbool.h>
#include <string.h>

#ifdef FACE_HAS_ONNX
#include "face/onnx/engine.h"
#endif

static bool has(const struct face_folder *folder, const char *slot)
{
	for (unsigned i = 0; i < folder->model->files_count; i++)
		if (strcmp(folder->model->files[i].slot, slot) == 0)
			return true;
	return false;
}

int face_engines_of(const struct face_folder *folder, const struct face_engine *out[FACE_ENGINES_MAX], size_t *count)
{
	*count = 0;
	if (has(folder, "sface")) {
#ifdef FACE_HAS_ONNX
		out[(*count)++] = face_onnx_engine();
#else
		return PN_EUNSUPPORTED;
#endif
	}
	out[(*count)++] = face_reference_engine();
	return PN_OK;
}

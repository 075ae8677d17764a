/* SPDX-License-Identifier: Apache-2.0
 * Hostile DG2. Must never take a face without an image view inside the file.
 */
#include "emrtd/lds/face.h"
#include "views.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct emrtd_bytes f = {data, size};
	struct lds_notes notes;
	struct lds_dg2 out;
	int rc = lds_dg2(f, &out, &notes);
	if (out.count > LDS_FACES_MAX || (rc == 0 && out.count == 0))
		abort();
	for (size_t i = 0; i < out.count; i++) {
		if (out.face[i].picture.bytes.bytes == NULL)
			abort();
		view_picture(f, &out.face[i].picture);
		view_date(&out.face[i].created);
		view_date(&out.face[i].valid_from);
		view_date(&out.face[i].valid_through);
	}
	view_notes(f, &notes, rc);
	return 0;
}

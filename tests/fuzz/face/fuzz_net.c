/* SPDX-License-Identifier: Apache-2.0
 * Hostile networks: what face_net_new() takes can be run. Must never read or write outside of what
 * it laid out.
 */
#include <string.h>

#include "face/net.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct face_net *n;
	if (size > 4096 || face_net_new(data, size, &n) != PN_OK)
		return 0;
	const struct face_shape in = face_net_input(n);
	/* Large maps are only laid out: one run of them costs seconds. */
	if ((size_t)in.height * in.width * in.channels <= 4096) {
		memset(face_net_place(n), 0, sizeof(float) * in.height * in.width * in.channels);
		face_net_run(n);
	}
	face_net_free(n);
	return 0;
}

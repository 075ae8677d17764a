/* SPDX-License-Identifier: Apache-2.0
 * See fuzz_lists.h. Must never read another format.
 */
#include "fuzz_lists.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_lists(LISTS_UN, data, size);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 * Responses under secure messaging. The first byte chooses the cipher (bits 0 and 1), whether the
 * command was odd (bit 2), and whether the rest is a whole response or only its data objects, to
 * which a right checksum is then added (bit 3): else nothing would get past it. What fails must
 * have wiped the keys; what passes must lie inside the response.
 */
#include <stdlib.h>
#include <string.h>

#include "emrtd/sm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 4096 };

/* DO8E over counter + 1 and the objects, then 9000; the response's size. */
static size_t complete(const struct emrtd_sm *sm, uint8_t *bytes, size_t size)
{
	static const uint8_t padding[EMRTD_BLOCK_MAX] = {0x80};
	uint8_t ssc[EMRTD_BLOCK_MAX], mac[EMRTD_MAC_SIZE];
	size_t block = emrtd_block_size(sm->cipher);
	memcpy(ssc, sm->ssc, sizeof(ssc));
	ssc[block - 1]++;
	const struct emrtd_bytes parts[] = {{ssc, block}, {bytes, size},
		{padding, sm->cipher == EMRTD_3DES ? 0 : block - size % block}};
	if (emrtd_mac(sm->cipher, sm->mac, parts, PN_COUNT(parts), mac) != 0)
		abort();
	struct emrtd_writer w = {bytes, size, size + 12, false};
	emrtd_put_tlv(&w, 0x8e, mac, sizeof(mac));
	emrtd_put(&w, "\x90\0", 2);
	return w.size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t secret[16] = {1, 2, 3};
	static const struct emrtd_sm wiped;
	uint8_t response[INPUT_MAX + 16], command[64];
	struct emrtd_sm sm = {0};
	struct emrtd_response r;
	enum emrtd_cause cause;
	size_t n = sizeof(command);
	if (size == 0 || size > INPUT_MAX)
		return 0;
	const struct emrtd_command c = {0, (data[0] & 4) != 0 ? 0xb1 : 0xb0, 0, 0, {NULL, 0}, 200};
	if (emrtd_sm_start(&sm, (enum emrtd_cipher)((data[0] & 3) + 1),
		    (struct emrtd_bytes){secret, sizeof(secret)}, NULL) != 0 ||
		emrtd_sm_wrap(&sm, &c, false, false, command, &n) != 0)
		abort();
	memcpy(response, data + 1, size - 1);
	n = (data[0] & 8) != 0 ? complete(&sm, response, size - 1) : size - 1;
	if (emrtd_sm_unwrap(&sm, response, n, &r, &cause) == 0) {
		if (!sm.live || cause != EMRTD_CAUSE_NONE || r.data.size > n ||
			(r.data.size > 0 && (r.data.bytes < response ||
						    r.data.bytes + r.data.size > response + n)))
			abort();
	} else if (memcmp(&sm, &wiped, sizeof(sm)) != 0 || r.data.bytes != NULL ||
		   cause == EMRTD_CAUSE_NONE) {
		abort();
	}
	emrtd_sm_wipe(&sm);
	return 0;
}

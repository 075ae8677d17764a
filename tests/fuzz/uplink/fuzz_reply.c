/* SPDX-License-Identifier: Apache-2.0
 * Responses as a centre may send them: byte 0 how it ended, bytes 1 and 2 the status, then the
 * body. Must never see anything but whole, known messages accepted.
 */
#include <stdlib.h>
#include <string.h>

#include "reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Postern__JournalForwarded f;
	Postern__SignedAck *ack;
	struct reply r;
	size_t answer = 0;
	const uint8_t *history;

	if (size < 3)
		return 0;
	r = (struct reply){.end = (enum reply_end)(data[0] % (REPLY_ABANDONED + 1)),
		.status = data[1] * 256 + data[2],
		.retry_after_s = (long)data[2] * data[1] * 65536 - 7,
		.body = data + 3,
		.size = size - 3};
	reply_to_journal(&r, &f, &ack);
	MUST(f.detail != NULL && f.result != POSTERN__FORWARD_RESULT__FORWARD_UNSPECIFIED);
	MUST(f.retry_after_ms <= REPLY_RETRY_MAX_MS);
	MUST((f.result == POSTERN__FORWARD_RESULT__FORWARD_ACKED) == (ack != NULL) && f.ack == ack);
	if (ack != NULL) {
		MUST(r.end == REPLY_COMPLETE && r.status == 200 && ack->signature.len == 64);
		MUST(ack->ack.len > 0 &&
			postern__signed_ack__get_packed_size(ack) <= REPLY_ACK_MAX);
		postern__signed_ack__free_unpacked(ack, NULL);
	}
	history = reply_to_lookup(&r, &answer);
	if (history != NULL)
		MUST(r.end == REPLY_COMPLETE && r.status == 200 && history == r.body &&
			answer == r.size && answer <= REPLY_ANSWER_MAX);
	return 0;
}

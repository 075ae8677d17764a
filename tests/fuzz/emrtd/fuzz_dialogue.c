/* SPDX-License-Identifier: Apache-2.0
 * A chip that answers with the input: each response is a byte of size (FF: two more bytes hold it)
 * and that many bytes; after the last the field is torn. Opening, chip and active authentication
 * are tried. Nothing that such a chip says may open a session by PACE or BAC: it knows no password.
 */
#include <stdlib.h>
#include <string.h>

#include "emrtd/emrtd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *at;
	size_t left;
	uint8_t counter;
};

static int transmit(
	void *self, const uint8_t *command, size_t size, uint8_t *response, size_t *response_size)
{
	struct input *in = self;
	(void)command;
	if (size < 4 || in->left == 0)
		return PN_EIO;
	size_t n = *in->at++;
	in->left--;
	if (n == 0xff && in->left >= 2) {
		n = (size_t)in->at[0] << 8 | in->at[1];
		in->at += 2;
		in->left -= 2;
	}
	if (n > in->left)
		n = in->left;
	if (n > *response_size)
		n = *response_size;
	memcpy(response, in->at, n);
	in->at += n;
	in->left -= n;
	*response_size = n;
	return 0;
}

static int same_random(void *self, uint8_t *out, size_t size)
{
	struct input *in = self;
	for (size_t i = 0; i < size; i++)
		out[i] = (uint8_t)(in->counter++ * 37 + 11);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct emrtd_access_report report;
	struct input in = {data, size, 0};
	const struct emrtd_channel channel = {&in, transmit, 0, 0, same_random, true};
	const struct emrtd_policy policy = {.bac_after_pace_offer = true};
	struct emrtd_password p;
	struct emrtd_session *s = emrtd_open(&channel);
	if (s == NULL || emrtd_password_from_fields(&p, "L898902C", "690806", "940623") != 0)
		abort();
	if (emrtd_access(s, &p, &policy, &report) == 0 || emrtd_state(s).secure ||
		report.access != EMRTD_ACCESS_NONE)
		abort();
	if (emrtd_failure(s).cause == EMRTD_CAUSE_NONE)
		abort();
	struct emrtd_bytes out;
	if (emrtd_read(s, 1, 0, 200, &out) == 0 && out.size > 200)
		abort();
	/* What is left, as a key of DG15 and a signature. */
	if (in.left > 8) {
		enum emrtd_cause cause;
		const uint8_t *challenge = in.at;
		const struct emrtd_bytes file = {in.at + 8, in.left - 8};
		if (emrtd_active_verify(
			    file, 0, challenge, (struct emrtd_bytes){in.at, 8}, &cause) == 0)
			abort();
	}
	emrtd_close(s);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 * What a document or a list file may hold, through the whole of the inspection: the first byte says what the rest is.
 * Must never let anything be proven: the store is empty, and what a list brings along vouches for nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "emrtd/inspect/passive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void whole(const uint8_t *bytes, size_t size)
{
	struct trust t;
	struct inspection out;
	trust_init(&t);
	const struct emrtd_access_report access = {.access = EMRTD_ACCESS_PACE, .mapping = EMRTD_CHIP_AUTHENTICATION};
	struct inspect_input in = {.sod = {bytes, size},
		.card_security = {bytes, size},
		.access = &access,
		.group[1] = {bytes, size / 2},
		.group[15] = {bytes, size},
		.issuer = "D",
		.document_code = "P",
		.at_s = INT64_C(1767225600),
		.trust = &t};
	inspect(&in, &out);
	if (out.proven != 0 || out.card_security_proven || out.overall == INSPECT_SUCCESSFUL || out.count > INSPECT_CHECKS_MAX)
		abort();
	for (size_t i = 0; i < out.count; i++) {
		char field[8];
		if (inspect_check_name(out.check[i].id)[0] == '\0' || inspect_check_field(&out.check[i], field)[0] == '\0')
			abort();
	}
	trust_free(&t);
}

static void store(int what, const uint8_t *bytes, size_t size)
{
	struct trust t;
	struct trust_report report;
	size_t line = 0;
	trust_init(&t);
	if (what == 1 && trust_add_master_list(&t, bytes, size, true, &report) == TRUST_OK)
		abort(); /* no root is pinned */
	if (what == 2)
		(void)trust_add_crl(&t, bytes, size);
	if (what == 3)
		(void)trust_add_certificate(&t, bytes, size, true);
	if (what == 4) {
		char *text = malloc(size + 1);
		if (text == NULL)
			abort();
		memcpy(text, bytes, size);
		text[size] = '\0';
		if (trust_add_defects(&t, text, &line) != TRUST_OK && t.defect_count != 0)
			abort();
		free(text);
	}
	if (t.crl_count != 0)
		abort(); /* of no CSCA that is known */
	trust_free(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] % 5 == 0)
		whole(data + 1, size - 1);
	else
		store(data[0] % 5, data + 1, size - 1);
	return 0;
}

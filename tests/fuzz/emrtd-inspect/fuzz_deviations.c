/* SPDX-License-Identifier: Apache-2.0
 * Deviation lists: the first byte says whether the rest is a list with its signature, or the content of one whose signature
 * was verified. Must never let a list enter a store that vouches for nobody, nor an entry be anything but a deviation.
 */
#include <openssl/objects.h>
#include <stdlib.h>
#include <string.h>

#include "emrtd/inspect/trust_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void content(const uint8_t *bytes, size_t size)
{
	struct trust t;
	struct trust_deviation_report r = {.deviations = 0};
	trust_init(&t);
	enum trust_error err = trust_take_deviations(&t, "UT", NID_sha256, bytes, size, &r);
	if (err == TRUST_OK ? t.defect_count != r.entries : t.defect_count != 0)
		abort();
	if (err == TRUST_OK && r.entries + r.narrowed + r.without_signer + r.without_check != r.descriptions)
		abort();
	for (size_t i = 0; i < t.defect_count; i++) {
		const struct trust_defect *d = &t.defects[i];
		if (d->effect != TRUST_DEVIATION || d->any_signer || d->id == NULL || !d->of_list || d->group > 16 ||
			d->check[0] == '\0' || strcmp(d->country, "UT") != 0)
			abort();
		for (const char *c = d->reason; *c != '\0'; c++)
			if (*c < ' ' || *c > '~')
				abort();
	}
	/* The same list again replaces itself. */
	size_t before = t.defect_count;
	memset(&r, 0, sizeof r);
	if (trust_take_deviations(&t, "UT", NID_sha256, bytes, size, &r) != err || t.defect_count != before)
		abort();
	trust_free(&t);
}

static void whole(const uint8_t *bytes, size_t size)
{
	struct trust t;
	trust_init(&t);
	if (trust_add_deviations(&t, bytes, size, NULL) == TRUST_OK || t.defect_count != 0 || t.deviation_list_count != 0)
		abort();
	trust_free(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] % 2 == 0)
		content(data + 1, size - 1);
	else
		whole(data + 1, size - 1);
	return 0;
}

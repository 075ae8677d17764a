/* SPDX-License-Identifier: Apache-2.0
 * EF.CardAccess, DG14 and EF.CardSecurity from a hostile chip: parsed, chosen from, and the domain
 * parameters of every chip authentication key built.
 */
#include <stdlib.h>

#include "emrtd/chip_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(struct emrtd_bytes file)
{
	struct emrtd_security_infos infos;
	struct emrtd_ca_choice choice;
	uint8_t order[EMRTD_INFOS_MAX];
	if (emrtd_security_infos(&infos, file) != 0)
		return;
	size_t n = emrtd_pace_order(&infos, false, order);
	if (n > infos.pace_count || infos.pace_count > EMRTD_INFOS_MAX ||
		infos.ca_count > EMRTD_INFOS_MAX || infos.key_count > EMRTD_INFOS_MAX ||
		infos.unknown_count > EMRTD_UNKNOWN_MAX)
		abort();
	for (size_t i = 0; i < n; i++) {
		if (order[i] >= infos.pace_count || infos.pace[order[i]].domain < 0)
			abort();
	}
	if (emrtd_ca_choose(&infos, &choice) == 0 &&
		(choice.key < infos.key || choice.key >= infos.key + infos.key_count))
		abort();
	if (!emrtd_security_infos_confirm(&infos, &infos) && infos.left_out == 0)
		abort();
	for (size_t i = 0; i < infos.key_count; i++) {
		struct emrtd_domain domain;
		if (emrtd_chip_key_domain(&infos.key[i], &domain) != 0)
			continue;
		if (domain.size == 0 || domain.size > EMRTD_FIELD_MAX ||
			domain.ec != infos.key[i].ecdh)
			abort();
		if (emrtd_domain_check(&domain, infos.key[i].key) > 0)
			abort();
		emrtd_domain_free(&domain);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct emrtd_bytes file = {data, size > 8192 ? 8192 : size};
	struct emrtd_bytes payload;
	use(file);
	if (emrtd_card_security_payload(file, &payload) == 0)
		use(payload);
	return 0;
}

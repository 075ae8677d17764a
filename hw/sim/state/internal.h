/* SPDX-License-Identifier: Apache-2.0
 * Between state.c, sign.c and deviations.c. Must never be included from elsewhere.
 */
#ifndef POSTERN_SIM_STATE_INTERNAL_H
#define POSTERN_SIM_STATE_INTERNAL_H
#include "sim/state/state.h"

/* A growing DER text; size 0 and bytes NULL after a failure. Freed with free(bytes). */
struct der {
	uint8_t *bytes;
	size_t size;
	bool failed;
};

void sim_state_put(struct der *d, const void *bytes, size_t size);
void sim_state_put_tagged(struct der *d, uint8_t tag, const void *bytes, size_t size);
/* SignedData by a new signer of the State's with this extended key usage (NULL: none), the CSCA beside it; freed with
 * OPENSSL_free. */
uint8_t *sim_state_sign_list(struct sim_state *by, const char *type, const char *purpose, const struct der *content,
	int64_t signed_s, size_t *size);

EVP_PKEY *sim_signer_key(const struct sim_signer *d);
EVP_PKEY *sim_state_key(const struct sim_state *s);
#endif

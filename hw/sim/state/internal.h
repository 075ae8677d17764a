/* SPDX-License-Identifier: Apache-2.0
 * Between state.c and sign.c. Must never be included from elsewhere.
 */
#ifndef POSTERN_SIM_STATE_INTERNAL_H
#define POSTERN_SIM_STATE_INTERNAL_H
#include "sim/state/state.h"

EVP_PKEY *sim_signer_key(const struct sim_signer *d);
EVP_PKEY *sim_state_key(const struct sim_state *s);
#endif

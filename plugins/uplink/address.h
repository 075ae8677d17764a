/* SPDX-License-Identifier: Apache-2.0
 * The centre's address, found once while the sandbox is wide. Must never resolve later.
 */
#ifndef POSTERN_UPLINK_ADDRESS_H
#define POSTERN_UPLINK_ADDRESS_H
#include <stdbool.h>

#include "base/err.h"

enum { ADDRESS_HOST_MAX = 254, ADDRESS_PIN_MAX = 1024 };

struct address {
	char host[ADDRESS_HOST_MAX]; /* as in the url, without brackets */
	char port[6];
	bool numeric;
	char pin[ADDRESS_PIN_MAX]; /* "HOST:PORT:ADDRESS,..." for CURLOPT_RESOLVE; "" when numeric
				    */
};

/* PN_EINVAL: not https://HOST[:PORT]. */
int address_parse(struct address *a, const char *url) PN_MUST_CHECK;
/* Fills pin. PN_ENOTFOUND. */
int address_resolve(struct address *a) PN_MUST_CHECK;
#endif

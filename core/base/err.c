/* SPDX-License-Identifier: Apache-2.0
 * Names of the error vocabulary. Must never translate from errno.
 */
#include "base/err.h"

const char *pn_err_name(int err)
{
	switch ((enum pn_err)err) {
	case PN_OK:
		return "ok";
	case PN_EINVAL:
		return "invalid argument";
	case PN_ENOMEM:
		return "out of memory";
	case PN_EIO:
		return "input/output error";
	case PN_EFORMAT:
		return "malformed";
	case PN_ELIMIT:
		return "limit reached";
	case PN_EDENIED:
		return "not permitted";
	case PN_ENOTFOUND:
		return "not found";
	case PN_ECONFLICT:
		return "conflict";
	case PN_ETIMEOUT:
		return "deadline passed";
	case PN_ECRYPTO:
		return "does not verify";
	case PN_ECLOSED:
		return "peer closed";
	case PN_EAGAIN:
		return "nothing yet";
	case PN_EUNSUPPORTED:
		return "not available here";
	}
	return "unknown error";
}

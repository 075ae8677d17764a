/* SPDX-License-Identifier: Apache-2.0
 * One error vocabulary for all of Postern: 0 is success, every failure a negative PN_E*.
 * Must never carry errno across a module's border.
 */
#ifndef POSTERN_BASE_ERR_H
#define POSTERN_BASE_ERR_H

#define PN_MUST_CHECK __attribute__((warn_unused_result))
#define PN_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define PN_COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum pn_err {
	PN_OK = 0,
	PN_EINVAL = -1,	   /* the caller's argument is wrong */
	PN_ENOMEM = -2,	   /* memory, or a bounded arena, is exhausted */
	PN_EIO = -3,	   /* the operating system refused: disk, socket, device */
	PN_EFORMAT = -4,   /* input bytes do not have the form they must have */
	PN_ELIMIT = -5,	   /* a stated bound was reached */
	PN_EDENIED = -6,   /* not permitted to this sender, in this state, to this officer */
	PN_ENOTFOUND = -7, /* no such thing */
	PN_ECONFLICT = -8, /* same key, other content; or the state has moved on */
	PN_ETIMEOUT = -9,  /* a deadline passed */
	PN_ECRYPTO = -10,  /* a signature, seal or hash does not verify, or a key is unusable */
	PN_ECLOSED = -11,  /* the peer is gone */
	PN_EAGAIN = -12,   /* nothing now; ask again */
	PN_EUNSUPPORTED = -13, /* known, but not available on this machine */
};

/* "invalid argument", "limit reached" ...; never NULL. */
const char *pn_err_name(int err);
#endif

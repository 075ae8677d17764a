/* SPDX-License-Identifier: Apache-2.0
 * Inside of plugins/lib/signed. Must never be included from outside the folder.
 */
#ifndef POSTERN_LIB_SIGNED_INTERNAL_H
#define POSTERN_LIB_SIGNED_INTERNAL_H
#include "signed/signed.h"

/* Replaces the file whole. PN_EIO. */
int signed_write(const char *path, const char *text) PN_MUST_CHECK;
/* The signature file's text. PN_ECRYPTO: no usable key. */
int signed_make(const char *key_path, const char *kind, const uint8_t digest[SIGNED_DIGEST],
	char out[SIGNED_TEXT_MAX]) PN_MUST_CHECK;
#endif

/* SPDX-License-Identifier: Apache-2.0
 * A trust folder: the files of which the trust store of passive authentication is made. By name: root*.cer vouch for
 * master lists; list-*.ml are master lists; csca-*.cer single certificates; crl-*.crl revocation lists;
 * deviations-*.dl deviation lists, one of each State; defects*.tsv known defects and deviations. Other names are an
 * error: a file that nobody reads would be trusted in vain.
 *
 * A gate takes the folder only when it is signed (lib/signed); by hand it may be read as it stands. Must never let a part
 * of it in when another part does not verify.
 */
#ifndef POSTERN_LIB_TRUST_FOLDER_H
#define POSTERN_LIB_TRUST_FOLDER_H
#include "base/err.h"
#include "base/text.h"
#include "emrtd/inspect/trust.h"
#include "signed/signed.h"

/* why: a sentence that names the file. PN_EFORMAT, PN_EIO, PN_ENOMEM. */
int trust_folder_take(const struct signed_folder *f, struct trust *t, struct text *why) PN_MUST_CHECK;
/* As it stands, signature or not: for an operator's own tools. */
int trust_folder_read(const char *folder, struct trust *t, struct text *why) PN_MUST_CHECK;
#endif

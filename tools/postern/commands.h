/* SPDX-License-Identifier: Apache-2.0
 * The groups of commands. Each array ends with a NULL group. Must never hold anything else.
 */
#ifndef POSTERN_TOOL_COMMANDS_H
#define POSTERN_TOOL_COMMANDS_H
#include "cli.h"

extern const struct cli_command account_commands[], document_commands[], face_commands[], gpio_commands[], journal_commands[], lists_diff_commands[], lists_dismiss_commands[], lists_import_commands[], lists_life_commands[], match_commands[], mrz_commands[], officer_commands[],
	pki_commands[], rules_author_commands[], rules_life_commands[], rules_test_commands[], sign_commands[], status_commands[], stay_commands[],
	traveller_commands[], trust_commands[];

int journal_faces(struct cli *cli);
int pki_show(struct cli *cli);
int rules_new(struct cli *cli);
int rules_replay(struct cli *cli);
/* "SEQ" of epoch 1, or "EPOCH:SEQ", given by an option. PN_EINVAL: told on cli->err. */
int journal_key_option(const struct cli *cli, const char *option, uint64_t *epoch, uint64_t *seq);
#endif

/* SPDX-License-Identifier: Apache-2.0
 * postern: the command-line tool. Must never do anything but name the groups of commands.
 */
#include <signal.h>

#include "commands.h"

int main(int argc, char **argv)
{
	static const struct cli_command *const groups[] = {
		status_commands,
		officer_commands,
		account_commands,
		journal_commands,
		mrz_commands,
		document_commands,
		trust_commands,
		pki_commands,
		sign_commands,
		lists_import_commands,
		lists_diff_commands,
		lists_life_commands,
		lists_dismiss_commands,
		rules_test_commands,
		rules_author_commands,
		rules_life_commands,
		stay_commands,
		gpio_commands,
		match_commands,
		face_commands,
		traveller_commands,
		NULL,
	};

	/* a reader that goes away ends the tool through the error of the write, with its message */
	signal(SIGPIPE, SIG_IGN);
	return cli_main(argc, argv, groups, stdout, stderr);
}

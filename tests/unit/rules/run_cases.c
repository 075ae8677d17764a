/* SPDX-License-Identifier: Apache-2.0
 * Runs the test cases of the packs given as arguments. Must never pass a pack with an untested
 * rule.
 */
#include <stdio.h>

#include "pack_cases.h"

static int run(const char *folder)
{
	static char message[16384];
	struct pack_cases cases = {0};
	struct pack *pack = NULL;
	struct text report;
	int r;

	text_init(&report, message, sizeof message);
	cases.report = &report;
	r = pack_load(folder, NULL, &pack, &report);
	if (r == PN_OK)
		r = pack_cases_run(pack, &cases);
	printf("%s%s: %u passed, %u failed, %u rules untested\n", message, folder, cases.passed,
		cases.failed, cases.untested);
	pack_free(pack);
	return r != PN_OK || cases.passed == 0 || cases.failed > 0 || cases.untested > 0;
}

int main(int argc, char **argv)
{
	int failed = argc < 2;

	for (int i = 1; i < argc; i++)
		failed |= run(argv[i]);
	return failed;
}

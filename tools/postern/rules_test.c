/* SPDX-License-Identifier: Apache-2.0
 * `postern rules test`: a pack's cases, run by the engine of the gates. Must never ask for a
 * signature, which comes after the test, nor call a pack good of which a rule has no case.
 */
#include <stdlib.h>

#include "commands.h"
#include "json/json.h"
#include "pack_cases.h"

enum { REPORT_BYTES = 64 * 1024 };

static void print(struct cli *cli, const struct pack_cases *cases, const char *report, int r)
{
	struct json j;

	if (!cli->json) {
		fprintf(cli->out, "%s%s: %u passed, %u failed, %u rules without cases\n", report,
			cli->arguments[0], cases->passed, cases->failed, cases->untested);
		return;
	}
	json_begin(&j, cli->out, true);
	json_object(&j, NULL);
	json_string(&j, "pack", cli->arguments[0]);
	json_bool(&j, "loads", r == PN_OK);
	json_unsigned(&j, "passed", cases->passed);
	json_unsigned(&j, "failed", cases->failed);
	json_unsigned(&j, "without_cases", cases->untested);
	json_string(&j, "report", report);
	json_end_object(&j);
	json_finish(&j);
}

static int rules_test(struct cli *cli)
{
	struct pack_cases cases = {0};
	struct pack *pack = NULL;
	struct text report;
	char *bytes = malloc(REPORT_BYTES);
	int r;

	if (bytes == NULL)
		return cli_fail(cli, CLI_UNAVAILABLE, "no memory");
	text_init(&report, bytes, REPORT_BYTES);
	cases.report = &report;
	r = pack_load(cli->arguments[0], NULL, &pack, &report);
	if (r == PN_OK)
		r = pack_cases_run(pack, &cases);
	if (r != PN_OK && (report.len == 0 || bytes[report.len - 1] != '\n'))
		text_add(&report, "\n");
	print(cli, &cases, bytes, r);
	pack_free(pack);
	free(bytes);
	return r == PN_OK && cases.passed > 0 && cases.failed == 0 && cases.untested == 0
		       ? CLI_OK
		       : CLI_FINDING;
}

const struct cli_command rules_test_commands[] = {
	{"rules", "test", "DIR", 1, 1, "Run a rule pack's cases",
		"Exit status 1 when the pack does not load, a case fails, or a rule has none.",
		{{0}}, rules_test},
	{0},
};

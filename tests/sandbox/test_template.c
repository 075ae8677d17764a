/* SPDX-License-Identifier: Apache-2.0
 * Talks to the template plugin that template.sh has built: a zone written to its device arrives as
 * a document presented. Must never be run without TEMPLATE, the path of its manifest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core_side.h"
#include "host/plugin_main.h"

static void test_template(void **state)
{
	(void)state;
	/* ICAO Doc 9303-4, Appendix B */
	static const char line1[] = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<";
	static const char line2[] = "L898902C36UTO7408122F1204159ZE184226B<<<<<10";
	char why[500] = "", fifo[64] = "/tmp/postern-template-fifo-XXXXXX", zone[200];
	struct text error;
	struct manifest *m;
	struct core_side *c = malloc(sizeof *c);
	int64_t id = geteuid() == 0 ? 64003 : SPEC_KEEP_UID;
	struct named_value device = {"line", fifo}, option = {"silence_ms", "100"};
	text_init(&error, why, sizeof why);
	if (manifest_load(getenv("TEMPLATE"), &m, &error) != PN_OK)
		fail_msg("%s", why);
	close(mkstemp(fifo));
	unlink(fifo);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	struct plugin_request r = {.unit = "lane-1",
		.instance = "lane-1/reader",
		.manifest_path = getenv("TEMPLATE"),
		.manifest = m,
		.uid = id,
		.gid = id,
		.devices = &device,
		.device_count = 1,
		.options = &option,
		.option_count = 1};
	assert_non_null(c);
	if (core_side_start(c, &r, &error) != PN_OK)
		fail_msg("%s", why);
	int fd = open(fifo, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(fd >= 0);
	unlink(fifo);
	assert_int_equal(core_side_greet(c, 1, 500, 5000), PN_OK);
	assert_int_equal(core_side_await(c, POSTERN__ENVELOPE__BODY_READER_STATUS, 2000), PN_OK);
	assert_true(c->message.envelope->reader_status->ready);

	int n = snprintf(zone, sizeof zone, "%s\r\n%s\r\n\r\n", line1, line2);
	assert_int_equal(write(fd, zone, (size_t)n), n);
	assert_int_equal(
		core_side_await(c, POSTERN__ENVELOPE__BODY_DOCUMENT_PRESENTED, 2000), PN_OK);
	const Postern__DocumentPresented *p = c->message.envelope->document_presented;
	assert_int_equal(p->n_mrz_lines, 2);
	assert_string_equal(p->mrz_lines[0], line1);
	assert_string_equal(p->mrz_lines[1], line2);
	assert_int_equal(core_side_await(c, POSTERN__ENVELOPE__BODY_COUNT, 2000), PN_OK);
	assert_string_equal(c->message.envelope->count->metric, "zones_total");

	/* half a zone, then silence */
	assert_int_equal(write(fd, line1, 10), 10);
	assert_int_equal(
		core_side_await(c, POSTERN__ENVELOPE__BODY_DOCUMENT_UNREADABLE, 2000), PN_OK);

	assert_int_equal(core_side_tell(c, 0, POSTERN__ENVELOPE__BODY_STOP, NULL, 0), PN_OK);
	int status = core_side_status(c, 3000);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == HOST_EXIT_STOPPED);
	core_side_end(c);
	close(fd);
	manifest_free(m);
	free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_template)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

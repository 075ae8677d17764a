/* SPDX-License-Identifier: Apache-2.0
 * gate-gpio as it runs in a lane: its own uid, no path to a device, the chip as a descriptor alone. A machine without a GPIO chip
 * cannot show the lines themselves (tests/hil does); here everything up to the kernel's word about the chip happens behind the real
 * sandbox, and what is no chip ends the process orderly, not by the filter. Must never pass when the plugin was killed.
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
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core_side.h"
#include "host/plugin_main.h"

static struct manifest *manifest;
static char manifest_path[512];
static char wiring[] = "/tmp/postern-wiring-XXXXXX";
static const char *const wiring_files[] = {"gpio-sim.yaml", "two-step.yaml"};

/* A build may lie where another uid cannot reach it, as below /root; what is installed never does. */
static int copy_wiring(void)
{
	if (mkdtemp(wiring) == NULL || chmod(wiring, 0755) != 0)
		return -1;
	for (size_t i = 0; i < PN_COUNT(wiring_files); i++) {
		char from[512], to[512];
		snprintf(from, sizeof from, "%s/%s", getenv("WIRING"), wiring_files[i]);
		snprintf(to, sizeof to, "%s/%s", wiring, wiring_files[i]);
		int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
		bool good = in >= 0 && out >= 0 && sendfile(out, in, NULL, 1 << 20) > 0 && fchmod(out, 0644) == 0;
		if (in >= 0)
			close(in);
		if (out >= 0)
			close(out);
		if (!good)
			return -1;
	}
	return 0;
}

static void remove_wiring(void)
{
	for (size_t i = 0; i < PN_COUNT(wiring_files); i++) {
		char path[512];
		snprintf(path, sizeof path, "%s/%s", wiring, wiring_files[i]);
		unlink(path);
	}
	rmdir(wiring);
}

/* The status of a process with these grants. */
static int status_with(const char *chip, const char *board)
{
	const struct named_value devices[] = {{"chip0", chip}}, folders[] = {{"wiring", wiring}},
				 options[] = {{"board", board}};
	int64_t id = geteuid() == 0 ? 64006 : SPEC_KEEP_UID;
	const struct plugin_request r = {.unit = "lane-1", .instance = "lane-1/gate", .manifest_path = manifest_path,
		.manifest = manifest, .uid = id, .gid = id, .devices = devices, .device_count = 1, .folders = folders,
		.folder_count = 1, .options = options, .option_count = 1};
	char why[500] = "";
	struct text error;
	struct core_side *c = malloc(sizeof *c);
	text_init(&error, why, sizeof why);
	assert_non_null(c);
	if (core_side_start(c, &r, &error) != PN_OK)
		fail_msg("%s", why);
	int status = core_side_status(c, 20000);
	core_side_end(c);
	free(c);
	return status;
}

static void test_no_chip(void **state)
{
	(void)state;
	int status = status_with("/dev/null", "gpio-sim.yaml");
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), HOST_EXIT_INIT);
}

static void test_no_board(void **state)
{
	(void)state;
	int status = status_with("/dev/null", "missing.yaml");
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), HOST_EXIT_INIT);
	status = status_with("/dev/null", "../etc/passwd"); /* a name, not a path */
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), HOST_EXIT_INIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_no_chip), cmocka_unit_test(test_no_board)};
	char why[500] = "";
	struct text error;
	text_init(&error, why, sizeof why);
	snprintf(manifest_path, sizeof manifest_path, "%s/gate-gpio/gate-gpio.plugin", getenv("PLUGINS"));
	if (manifest_load(manifest_path, &manifest, &error) != PN_OK) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	if (copy_wiring() != 0) {
		perror(wiring);
		return 1;
	}
	int rc = cmocka_run_group_tests(tests, NULL, NULL);
	remove_wiring();
	manifest_free(manifest);
	return rc;
}

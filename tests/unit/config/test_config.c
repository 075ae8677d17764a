/* SPDX-License-Identifier: Apache-2.0
 * Configuration: what is accepted means what it says, and every file in bad/ is refused with
 * exactly the lines it expects ("# expect: LINE: text", % stands for the folder). Must never pass
 * over a file of bad/.
 */
#include <dirent.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
/* cmocka.h needs the four above it */
#include <cmocka.h>

#include "config/config.h"
#include "config/yaml_file.h"

static const char *folder; /* tests/unit/config */

struct loaded {
	struct config *config;
	struct text errors;
	char buffer[8192];
	int result;
};

static struct loaded *load(const char *path)
{
	struct loaded *l = calloc(1, sizeof *l);
	assert_non_null(l);
	text_init(&l->errors, l->buffer, sizeof l->buffer);
	l->result = config_load(path, &l->config, &l->errors);
	return l;
}

static void unload(struct loaded *l)
{
	config_free(l->config);
	free(l);
}

static void path_of(char *out, const char *name)
{
	snprintf(out, PATH_MAX, "%s/%s", folder, name);
}

static void everything_said(void **state)
{
	char path[PATH_MAX], expected[2 * PATH_MAX];
	(void)state;
	path_of(path, "good/gate.yaml");
	struct loaded *l = load(path);
	assert_string_equal(l->buffer, "");
	assert_int_equal(l->result, PN_OK);
	const struct config *c = l->config;
	assert_int_equal(c->profile, CONFIG_DEMO);
	assert_string_equal(c->tenant, "UTO");
	snprintf(expected, sizeof expected, "%s/good/state", folder);
	assert_string_equal(c->state_folder, expected);
	assert_string_equal(c->run_folder, "/run/postern");
	assert_int_equal(c->plugin_folders_count, 2);
	snprintf(expected, sizeof expected, "%s/good/lists", folder);
	assert_string_equal(c->plugin_folders[0], expected);
	assert_int_equal(c->clock, CONFIG_CLOCK_OPERATOR_ASSERTED);
	assert_int_equal(c->user.first_uid, 70000);
	assert_int_equal(c->user.core_uid, 70100);
	assert_int_equal(c->log_level, LOG_LEVEL_DEBUG);
	assert_int_equal(c->units_count, 2);
	const struct config_unit *u = config_unit_find(c, "lane-1");
	assert_non_null(u);
	assert_int_equal(u->line, 13);
	assert_int_equal(u->role, CONFIG_GATE);
	assert_int_equal(u->direction, CONFIG_ENTRY);
	assert_int_equal(u->mode, CONFIG_CONTROLLED);
	snprintf(expected, sizeof expected, "%s/good/lane.yaml", folder);
	assert_string_equal(u->lane, expected);
	assert_int_equal(u->topology, CONFIG_ONE_STEP);
	assert_int_equal(u->journal.free_space_floor_mib, 128);
	assert_int_equal(u->journal.retention_hours, 24);
	assert_int_equal(u->journal.failed_faces_hours, 12);
	assert_int_equal(u->heartbeat_ms, 100);
	assert_int_equal(u->stale_after_ms, 400);
	assert_true(u->officer_required);
	assert_int_equal(u->face, CONFIG_FACE_ASSISTED);
	assert_int_equal(u->plugins_count, 4);
	const struct config_plugin *p = config_plugin_find(u, "reader");
	assert_non_null(p);
	assert_int_equal(p->options.count, 3);
	assert_string_equal(config_pair_find(&p->options, "baud"), "9600");
	assert_string_equal(config_pair_find(&p->options, "odd key"), "a: b");
	assert_null(config_pair_find(&p->options, "none"));
	assert_string_equal(config_pair_find(&p->devices, "line"), "reader-line");
	assert_int_equal(p->devices.at[0].line, 29);
	p = config_plugin_find(u, "watchlist");
	assert_int_equal(p->memory_mib, 96);
	snprintf(expected, sizeof expected, "%s/good/lists", folder);
	assert_string_equal(config_pair_find(&p->folders, "lists"), expected);
	assert_int_equal(
		config_plugin_find(u, "uplink")->sockets, CONFIG_INET_CLIENT | CONFIG_UNIX_CLIENT);
	assert_int_equal(config_plugin_find(u, "uplink")->connect_ports_count, 2);
	assert_int_equal(config_plugin_find(u, "uplink")->connect_ports[1], 8443);
	assert_int_equal(config_plugin_find(u, "uplink")->bind_ports_count, 0);
	assert_int_equal(u->start_limit_ms, 60000);
	assert_int_equal(config_unit_find(c, "centre")->plugins[0].sockets, CONFIG_INET_SERVER);
	assert_string_equal(config_unit_find(c, "centre")->time_zone, "UTC");
	assert_int_equal(config_device_find(c, "reader-line")->side, CONFIG_SLAVE);
	assert_string_equal(config_device_find(c, "watchdog")->path, "/dev/watchdog");
	assert_null(config_device_find(c, "none"));
	assert_int_equal(config_allows_simulated(c, p, &l->errors), PN_OK);
	unload(l);
}

static void defaults(void **state)
{
	char path[PATH_MAX], expected[2 * PATH_MAX];
	(void)state;
	path_of(path, "good/least.yaml");
	assert_int_equal(chmod(path, 0644), 0);
	struct loaded *l = load(path);
	assert_string_equal(l->buffer, "");
	assert_int_equal(l->result, PN_OK);
	const struct config_unit *u = &l->config->units[0];
	assert_int_equal(l->config->clock, CONFIG_CLOCK_SYSTEM);
	assert_int_equal(l->config->user.first_uid, 64000);
	assert_int_equal(l->config->user.core_uid, 64000);
	assert_int_equal(l->config->log_level, LOG_LEVEL_INFO);
	assert_int_equal(u->mode, CONFIG_LOCKED);
	assert_null(u->lane);
	assert_int_equal(u->topology, CONFIG_TWO_STEP);
	assert_int_equal(u->journal.free_space_floor_mib, 64);
	assert_int_equal(u->journal.retention_hours, 72);
	assert_int_equal(u->journal.failed_faces_hours, 0);
	assert_int_equal(u->heartbeat_ms, 100);
	assert_int_equal(u->stale_after_ms, 1000);
	assert_false(u->officer_required);
	assert_int_equal(u->face, CONFIG_FACE_UNATTENDED);
	assert_int_equal(u->plugins[0].sockets, 0);
	assert_int_equal(u->plugins[0].memory_mib, 0);
	assert_int_equal(
		config_allows_simulated(l->config, &u->plugins[0], &l->errors), PN_EDENIED);
	snprintf(expected, sizeof expected,
		"%s:16: plugin \"gate-gpio\" is simulated, expected a real device in a production "
		"profile\n",
		path);
	assert_string_equal(l->buffer, expected);
	unload(l);
}

/* Expectations of a bad file, as the loader should tell them. */
static void read_expected(const char *path, char *out, size_t size)
{
	char line[1024], bad[PATH_MAX];
	struct text t;
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	path_of(bad, "bad");
	text_init(&t, out, size);
	while (fgets(line, sizeof line, f) != NULL) {
		if (strncmp(line, "# expect: ", 10) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		const char *what = line + 10;
		size_t digits = strspn(what, "0123456789");
		if (digits > 0 && what[digits] == ':') /* FILE:LINE: text, else FILE: text */
			text_add(&t, "%s:", path);
		else
			text_add(&t, "%s: ", path);
		for (; *what != '\0'; what++) {
			if (*what == '%')
				text_add(&t, "%s", bad);
			else
				text_add(&t, "%c", *what);
		}
		text_add(&t, "\n");
	}
	fclose(f);
	assert_false(t.truncated);
}

static int is_bad_file(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void every_bad_file(void **state)
{
	char bad[PATH_MAX], path[2 * PATH_MAX], expected[8192];
	struct dirent **names;
	(void)state;
	path_of(bad, "bad");
	int count = scandir(bad, &names, is_bad_file, alphasort);
	assert_true(count >= 50);
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof path, "%s/%s", bad, names[i]->d_name);
		assert_int_equal(chmod(path, 0644), 0);
		struct loaded *l = load(path);
		read_expected(path, expected, sizeof expected);
		assert_string_not_equal(expected, "");
		assert_string_equal(l->buffer, expected);
		assert_int_equal(l->result, PN_EFORMAT);
		assert_null(l->config);
		unload(l);
		free(names[i]);
	}
	free(names);
}

static void missing_file(void **state)
{
	(void)state;
	struct loaded *l = load("/nonexistent/postern.yaml");
	assert_int_equal(l->result, PN_EIO);
	assert_string_equal(l->buffer, "/nonexistent/postern.yaml: cannot be read: No such file or "
				       "directory, expected a YAML file\n");
	unload(l);
	l = load("/");
	assert_int_equal(l->result, PN_EIO);
	assert_string_equal(
		l->buffer, "/: cannot be read: not a regular file, expected a YAML file\n");
	unload(l);
}

static void too_large(void **state)
{
	static uint8_t bytes[256 * 1024 + 1];
	char buffer[256];
	struct text errors;
	struct config *c;
	(void)state;
	memset(bytes, '#', sizeof bytes);
	text_init(&errors, buffer, sizeof buffer);
	assert_int_equal(config_parse("big", bytes, sizeof bytes, &c, &errors), PN_ELIMIT);
	assert_string_equal(buffer, "big: is too large, expected at most 262144 bytes\n");
}

/* A production file that others can write is refused; the same file in the demo profile is not. */
static void writable_by_others(void **state)
{
	char good[PATH_MAX], path[] = "/tmp/postern-config-XXXXXX", text[4096], expected[256];
	(void)state;
	path_of(good, "good/least.yaml");
	FILE *in = fopen(good, "r");
	assert_non_null(in);
	size_t n = fread(text, 1, sizeof text, in);
	fclose(in);
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, n), n);
	assert_int_equal(fchmod(fd, 0666), 0);
	struct loaded *l = load(path);
	snprintf(expected, sizeof expected,
		"%s: can be written by others (mode 666), expected only its owner in a production "
		"profile\n",
		path);
	assert_string_equal(l->buffer, expected);
	unload(l);
	assert_int_equal(fchmod(fd, 0640), 0);
	l = load(path);
	assert_int_equal(l->result, PN_OK);
	unload(l);
	close(fd);
	unlink(path);
}

/* All plugins of one name are one kiosk, in the order in which they are first named. */
static void kiosks(void **state)
{
	char path[PATH_MAX];
	(void)state;
	path_of(path, "good/kiosks.yaml");
	assert_int_equal(chmod(path, 0644), 0);
	struct loaded *l = load(path);
	assert_string_equal(l->buffer, "");
	assert_int_equal(l->result, PN_OK);
	const struct config_unit *u = &l->config->units[0];
	assert_int_equal(u->topology, CONFIG_SEGREGATED);
	assert_int_equal(u->kiosks_count, 2);
	assert_string_equal(u->kiosks[0], "kiosk-a");
	assert_string_equal(u->kiosks[1], "kiosk-b");
	assert_null(config_plugin_find(u, "reader")->kiosk);
	assert_string_equal(config_plugin_find(u, "display-a")->kiosk, "kiosk-a");
	assert_int_equal(u->kiosk_results.valid_s, 300);
	assert_true(u->kiosk_results.same_basis);
	unload(l);
	path_of(path, "good/least.yaml");
	l = load(path);
	assert_int_equal(l->config->units[0].kiosk_results.valid_s, 600);
	assert_false(l->config->units[0].kiosk_results.same_basis);
	assert_int_equal(l->config->units[0].kiosks_count, 0);
	unload(l);
}

/* What a lane file may say, and how it is told what it may not: of that file, and in which line. */
static void topologies(void **state)
{
	static const struct {
		const char *text, *told; /* %s: the lane file */
		enum config_topology topology;
	} cases[] = {
		{"schema: 1\ntopology: two-step\nlines: []\n", "", CONFIG_TWO_STEP},
		{"topology: one-step\n", "", CONFIG_ONE_STEP},
		{"name: a\ntopology: three-step\n",
			"%s:2: topology is \"three-step\", expected two-step or one-step or segregated\n", 0},
		{"topology: [one-step]\n", "%s:1: topology is \"\", expected two-step or one-step or segregated\n", 0},
		{"name: a\n", "%s: has no topology, expected two-step or one-step or segregated\n", 0},
		{"", "%s: is empty, expected a YAML document\n", 0},
	};
	char config[] = "/tmp/postern-config-XXXXXX", lane[] = "/tmp/postern-lane-XXXXXX", expected[512];
	(void)state;
	int fd = mkstemp(config), lane_fd = mkstemp(lane);
	assert_true(fd >= 0 && lane_fd >= 0);
	assert_true(dprintf(fd, "schema: 1\nprofile: demo\ntenant: UTO\nstate_folder: /tmp\nrun_folder: /run/postern\n"
				"plugin_folders: [/tmp]\nunits:\n  - {name: lane-1, role: gate, crossing_point: UTO-01, "
				"time_zone: UTC, direction: entry, lane: %s}\n", lane) > 0);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(ftruncate(lane_fd, 0), 0);
		assert_int_equal(pwrite(lane_fd, cases[i].text, strlen(cases[i].text), 0), strlen(cases[i].text));
		struct loaded *l = load(config);
		bool good = cases[i].told[0] == '\0';
		if (good)
			expected[0] = '\0';
		else
			snprintf(expected, sizeof expected, "%s%s", lane, cases[i].told + 2);
		assert_string_equal(l->buffer, expected);
		assert_int_equal(l->result, good ? PN_OK : PN_EFORMAT);
		if (good)
			assert_int_equal(l->config->units[0].topology, cases[i].topology);
		unload(l);
	}
	close(fd);
	close(lane_fd);
	unlink(config);
	unlink(lane);
}

/* What the command prints in the folder good: coreutils as the independent implementation. */
static void hash_as(const char *name, const char *in_shell)
{
	char path[PATH_MAX], command[2 * PATH_MAX], expected[65] = "", got[65];
	path_of(path, name);
	struct loaded *l = load(path);
	assert_int_equal(l->result, PN_OK);
	config_hash(l->config, got);
	snprintf(command, sizeof command, "cd '%s/good' && %s", folder, in_shell);
	FILE *f = popen(command, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%64s", expected), 1);
	pclose(f);
	assert_string_equal(got, expected);
	unload(l);
}

static void hash_of_bytes(void **state)
{
	(void)state;
	hash_as("good/least.yaml", "sha256sum least.yaml");
	hash_as("good/gate.yaml", "sha256sum gate.yaml lane.yaml | cut -c -64 | tr -d '\\n' | tr a-f A-F | basenc --base16 -d | sha256sum");
}

/* The general loader, with a schema of its own: a secret's value is never told, another's is. */
struct keys {
	uint32_t pin_secret, pin;
};

static void secrets_are_not_told(void **state)
{
	static const cyaml_schema_field_t fields[] = {
		CYAML_FIELD_UINT("pin_secret", CYAML_FLAG_DEFAULT, struct keys, pin_secret),
		CYAML_FIELD_UINT("pin", CYAML_FLAG_DEFAULT, struct keys, pin),
		CYAML_FIELD_END,
	};
	static const cyaml_schema_value_t schema = {
		CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct keys, fields)};
	static const char wrong[] = "pin_secret: hunter2\npin: other\n",
			  right[] = "pin_secret: 12\npin: 7\n";
	char buffer[512];
	struct text out;
	struct yaml_problems p = {.file = "k", .out = &out};
	struct yaml_file f;
	void *data;
	(void)state;
	text_init(&out, buffer, sizeof buffer);
	assert_int_equal(yaml_file_parse(&f, (const uint8_t *)wrong, sizeof wrong - 1, &p), PN_OK);
	assert_int_equal(yaml_file_load(&f, &schema, &data, NULL, &p), PN_EFORMAT);
	assert_null(data);
	assert_int_equal(p.count, 2);
	assert_string_equal(buffer, "k:1: pin_secret has a wrong value, expected a whole number\n"
				    "k:2: pin is \"other\", expected a whole number\n");
	yaml_file_close(&f);
	p.count = 0;
	assert_int_equal(yaml_file_parse(&f, (const uint8_t *)right, sizeof right - 1, &p), PN_OK);
	assert_int_equal(yaml_file_load(&f, &schema, &data, NULL, &p), PN_OK);
	assert_int_equal(((struct keys *)data)->pin_secret, 12);
	assert_int_equal(((struct keys *)data)->pin, 7);
	yaml_data_free(&schema, data, 0);
	yaml_file_close(&f);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_said),
		cmocka_unit_test(defaults),
		cmocka_unit_test(every_bad_file),
		cmocka_unit_test(missing_file),
		cmocka_unit_test(too_large),
		cmocka_unit_test(writable_by_others),
		cmocka_unit_test(kiosks),
		cmocka_unit_test(topologies),
		cmocka_unit_test(hash_of_bytes),
		cmocka_unit_test(secrets_are_not_told),
	};
	if (argc != 2)
		return 2;
	folder = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 * Manifests: what is read, and every way to be wrong with its line; options against them; the
 * grant; the spec's form. The expected sentences are typed in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "host/spec.h"
#include "postern/plugin.h"

#define HEAD "name: r\nkind: reader\nversion: 0.1.0\nabi: {major: 1, minor: 0}\nsummary: s\n"

static int parse(const char *yaml, struct manifest **m, char *why, size_t size)
{
	struct text error;
	text_init(&error, why, size);
	return manifest_parse("x.plugin", yaml, strlen(yaml), m, &error);
}

static struct manifest *good(const char *yaml)
{
	char why[600] = "";
	struct manifest *m;
	if (parse(yaml, &m, why, sizeof why) != PN_OK)
		fail_msg("%s", why);
	return m;
}

static void test_read(void **state)
{
	(void)state;
	struct manifest *m = good(
		"name: uplink\nkind: document-check\nversion: 1.2.3\nabi: {major: 1, minor: 0}\n"
		"summary: one line\nsimulated: true\n"
		"devices: [{name: line, about: a line, required: true}]\n"
		"folders: [{name: lists, about: lists}]\nstate_folder: true\n"
		"sockets: inet-client, unix-client\nsyscalls: [base, net, threads]\nmemory_mib: "
		"96\n"
		"metrics: [{name: a_total, help: h}]\n"
		"options:\n"
		"  - {name: baud, type: int, min: -5, max: 100, default: 7, unit: baud, about: "
		"speed}\n"
		"  - {name: mode, type: string, values: [a, b], default: b, about: mode}\n"
		"  - {name: on, type: bool, about: whether}\n");
	assert_int_equal(m->kind, POSTERN__PLUGIN_KIND__KIND_DOCUMENT_CHECK);
	assert_int_equal(m->abi.major, 1);
	assert_int_equal(m->simulated, MANIFEST_YES);
	assert_int_equal(m->state_folder, MANIFEST_YES);
	assert_int_equal(m->sockets, SOCKETS_INET_CLIENT | SOCKETS_UNIX_CLIENT);
	assert_int_equal(m->syscalls, SYSCALLS_BASE | SYSCALLS_NET | SYSCALLS_THREADS);
	assert_int_equal(m->memory_mib, 96);
	assert_int_equal(m->devices_count, 1);
	assert_int_equal(m->devices[0].required, MANIFEST_YES);
	assert_int_equal(m->folders[0].required, MANIFEST_NO);
	assert_int_equal(m->options_count, 3);
	assert_int_equal(*m->options[0].min, -5);
	assert_string_equal(m->options[1].values[1], "b");
	manifest_free(m);
	m = good(HEAD);
	assert_int_equal(m->syscalls, SYSCALLS_BASE);
	assert_int_equal(m->memory_mib, 64);
	assert_int_equal(m->sockets, 0);
	manifest_free(m);
}

static void test_wrong(void **state)
{
	(void)state;
	static const struct {
		const char *yaml, *starts, *holds;
	} cases[] = {
		{"", "x.plugin:1: ", "empty"},
		{"name: [\n", "x.plugin:1: ", "expected the plugin's name"},
		{HEAD "colour: red\n",
			"x.plugin:6: unknown key 'colour', expected one of: name, kind", "options"},
		{HEAD "devices: [{name: a, about: b, path: c}]\n", "x.plugin:6: unknown key 'path'",
			"expected one of: name, about, required"},
		{"name: r\nkind: reader\nversion: 0.1.0\nsummary: s\n",
			"x.plugin:", "'abi' is missing"},
		{HEAD "memory_mib: lots\n", "x.plugin:6: 'memory_mib'",
			"expected a whole number of MiB"},
		{HEAD "memory_mib: 7\n", "x.plugin:6: 'memory_mib' is out of range",
			"from 8 to 65536"},
		{HEAD "simulated: maybe\n", "x.plugin:6: 'simulated'", "expected true or false"},
		{HEAD "sockets: inet\n", "x.plugin:6: unknown word in 'sockets'", "inet-client"},
		{HEAD "sockets: inet-client\n", "x.plugin:", "'net' must be asked for together"},
		{HEAD "syscalls: [base, exec]\n", "x.plugin:6: unknown set in 'syscalls'", "files"},
		{HEAD "options:\n  - {name: a, type: float, about: b}\n", "x.plugin:7: 'type'",
			"expected one of string, int, bool"},
		{HEAD "options:\n  - {name: a, type: int, about: b}\n  - {name: a, type: int, "
		      "about: b}\n",
			"x.plugin:8: the same option twice", "expected"},
		{HEAD "options:\n  - {name: a, type: int, min: 3, default: 2, about: b}\n",
			"x.plugin:7: the default does not suit", "expected"},
		{HEAD "options:\n  - {name: a, type: string, min: 3, about: b}\n",
			"x.plugin:7: 'min' and 'max'", "expected"},
		{"name: R\nkind: reader\nversion: 1\nabi: {major: 1, minor: 0}\nsummary: s\n",
			"x.plugin:1: not a plugin's name", "lower-case"},
		{"name: r\nkind: toaster\nversion: 1\nabi: {major: 1, minor: 0}\nsummary: s\n",
			"x.plugin:2: unknown kind", "expected a plugin kind"},
	};
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		char why[600] = "";
		struct manifest *m;
		int rc = parse(cases[i].yaml, &m, why, sizeof why);
		if (rc != PN_EFORMAT || m != NULL ||
			strncmp(why, cases[i].starts, strlen(cases[i].starts)) != 0 ||
			strstr(why, cases[i].holds) == NULL || strchr(why, '\n') != NULL)
			fail_msg("case %zu: rc %d: %s", i, rc, why);
	}
}

static void test_missing_file(void **state)
{
	(void)state;
	char why[600] = "";
	struct text error;
	struct manifest *m;
	text_init(&error, why, sizeof why);
	assert_int_equal(manifest_load("/nonexistent/a.plugin", &m, &error), PN_EIO);
	assert_non_null(strstr(why, "/nonexistent/a.plugin:0: cannot be read"));
}

static void test_options(void **state)
{
	(void)state;
	struct manifest *m = good(HEAD
		"options:\n"
		"  - {name: baud, type: int, min: 10, max: 20, default: 12, unit: baud, about: b}\n"
		"  - {name: mode, type: string, values: [a, b], about: b}\n"
		"  - {name: on, type: bool, about: b}\n"
		"  - {name: must, type: string, required: true, about: the thing}\n");
	static const struct {
		const char *name, *value;
		int rc;
		const char *holds;
	} cases[] = {
		{"baud", "15", PN_OK, ""},
		{"baud", "9", PN_EINVAL, "expected at least 10 and at most 20 (baud)"},
		{"baud", "21", PN_EINVAL, "out of range"},
		{"baud", "0x10", PN_EINVAL, "expected a whole number"},
		{"baud", "15 ", PN_EINVAL, "expected a whole number"},
		{"mode", "a", PN_OK, ""},
		{"mode", "c", PN_EINVAL, "expected one of: a, b"},
		{"on", "true", PN_OK, ""},
		{"on", "yes", PN_EINVAL, "expected true or false"},
		{"speed", "1", PN_EINVAL,
			"unknown option 'speed', expected one of: baud, mode, on, must"},
		{"must", "again", PN_EINVAL, "given twice"},
	};
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		char why[400] = "";
		struct text error;
		size_t bad;
		const struct named_value given[] = {{"must", "x"}, {cases[i].name, cases[i].value}};
		text_init(&error, why, sizeof why);
		int rc = manifest_check_options(m, given, 2, &bad, &error);
		if (rc != cases[i].rc || strstr(why, cases[i].holds) == NULL ||
			(rc != PN_OK && bad != 1))
			fail_msg("case %zu: rc %d: %s", i, rc, why);
	}
	char why[400] = "";
	struct text error;
	size_t bad;
	text_init(&error, why, sizeof why);
	assert_int_equal(manifest_check_options(m, NULL, 0, &bad, &error), PN_EINVAL);
	assert_non_null(strstr(why, "option 'must' is missing, expected the thing"));
	assert_string_equal(manifest_option_value(&m->options[0], NULL, 0), "12");
	manifest_free(m);
}

struct memory {
	struct arena arena;
	unsigned char bytes[2 * SPEC_MAX_BYTES];
};

static int make(const struct plugin_request *r, struct memory *memory, struct plugin_spec *spec,
	char *why, size_t size)
{
	struct text error;
	text_init(&error, why, size);
	arena_init(&memory->arena, memory->bytes, sizeof memory->bytes);
	return plugin_spec_make(r, &memory->arena, spec, &error);
}

static void test_grant(void **state)
{
	(void)state;
	static struct memory memory;
	char why[400] = "";
	struct plugin_spec spec;
	struct manifest *m = good(HEAD "devices: [{name: line, about: the line, required: true}]\n"
				       "sockets: inet-client\nsyscalls: [net]\n");
	const struct named_value line[] = {{"line", "/dev/null"}},
				 other[] = {{"line", "/dev/null"}, {"disk", "/dev/sda"}},
				 relative[] = {{"line", "null"}};
	struct plugin_request r = {.unit = "u",
		.instance = "i",
		.manifest_path = "/opt/p/r.plugin",
		.manifest = m,
		.uid = 7,
		.gid = 8,
		.devices = line,
		.device_count = 1,
		.sockets_allowed = SOCKETS_INET_CLIENT};
	assert_int_equal(make(&r, &memory, &spec, why, sizeof why), PN_OK);
	assert_string_equal(spec.object, "/opt/p/r.so");
	assert_true(spec.landlock_required);
	assert_int_equal(spec.sockets, SOCKETS_INET_CLIENT);
	r.demo = true;
	assert_int_equal(make(&r, &memory, &spec, why, sizeof why), PN_OK);
	assert_false(spec.landlock_required);
	r.sockets_allowed = 0;
	assert_int_equal(make(&r, &memory, &spec, why, sizeof why), PN_EDENIED);
	r.sockets_allowed = ~0u;
	r.device_count = 0;
	assert_int_equal(make(&r, &memory, &spec, why, sizeof why), PN_EDENIED);
	r.devices = other;
	r.device_count = 2;
	assert_int_equal(make(&r, &memory, &spec, why, sizeof why), PN_EINVAL);
	r.devices = relative;
	r.device_count = 1;
	assert_int_equal(make(&r, &memory, &spec, why, sizeof why), PN_EINVAL);
	r.devices = line;
	r.state_folder = "/var/lib/x";
	assert_int_equal(make(&r, &memory, &spec, why, sizeof why), PN_EDENIED);
	r.state_folder = NULL;
	r.demo = false;
	m->simulated = MANIFEST_YES;
	assert_int_equal(make(&r, &memory, &spec, why, sizeof why), PN_EDENIED);
	m->simulated = MANIFEST_NO;
	m->abi.major = 2;
	assert_int_equal(make(&r, &memory, &spec, why, sizeof why), PN_EDENIED);
	m->abi.major = 1;
	m->abi.minor = POSTERN_ABI_MINOR + 1;
	assert_int_equal(make(&r, &memory, &spec, why, sizeof why), PN_EDENIED);
	manifest_free(m);
}

/* What lets the demonstration's accounts in is no option of a production machine's, whatever its value. */
static void test_demo_options(void **state)
{
	(void)state;
	static struct memory memory;
	char why[400] = "";
	struct plugin_spec spec;
	struct manifest *m = good(HEAD "options: [{name: demo_accounts, type: bool, default: false, about: let them in}]\n");
	const struct named_value yes[] = {{"demo_accounts", "true"}}, no[] = {{"demo_accounts", "false"}};
	struct plugin_request r = {.unit = "u",
		.instance = "i",
		.manifest_path = "/opt/p/r.plugin",
		.manifest = m,
		.uid = 7,
		.gid = 8,
		.options = yes,
		.option_count = 1};
	assert_int_equal(make(&r, &memory, &spec, why, sizeof why), PN_EDENIED);
	assert_non_null(strstr(why, "demo_accounts"));
	r.options = no;
	assert_int_equal(make(&r, &memory, &spec, why, sizeof why), PN_EDENIED);
	r.option_count = 0;
	assert_int_equal(make(&r, &memory, &spec, why, sizeof why), PN_OK);
	r.options = yes;
	r.option_count = 1;
	r.demo = true;
	assert_int_equal(make(&r, &memory, &spec, why, sizeof why), PN_OK);
	manifest_free(m);
}

static void test_spec_form(void **state)
{
	(void)state;
	static struct memory memory;
	struct plugin_spec out, spec = {.instance = "lane-1/r",
					.unit = "lane-1",
					.name = "r",
					.version = "1",
					.manifest = "/p/r.plugin",
					.object = "/p/r.so",
					.kind = POSTERN__PLUGIN_KIND__KIND_READER,
					.uid = 64000,
					.gid = SPEC_KEEP_UID,
					.memory_mib = 32,
					.device_count = 1,
					.option_count = 1,
					.bind_port_count = 1};
	char bytes[2048];
	size_t used;
	spec.devices[0] = (struct spec_device){.name = "line", .fd = 5};
	spec.options[0] = (struct named_value){"text", "two words\nand 3 \"lines\""};
	spec.bind_ports[0] = 8443;
	assert_int_equal(spec_encode(&spec, bytes, sizeof bytes, &used), PN_OK);
	assert_memory_equal(bytes, "instance 8 lane-1/r\nunit 6 lane-1\n", 34);
	arena_init(&memory.arena, memory.bytes, sizeof memory.bytes);
	assert_int_equal(spec_decode(bytes, used, &memory.arena, &out), PN_OK);
	assert_string_equal(out.options[0].value, spec.options[0].value);
	assert_int_equal(out.devices[0].fd, 5);
	assert_int_equal(out.uid, 64000);
	assert_int_equal(out.gid, SPEC_KEEP_UID);
	assert_int_equal(out.bind_ports[0], 8443);
	assert_int_equal(out.kind, POSTERN__PLUGIN_KIND__KIND_READER);
	assert_false(out.landlock_required);
	for (size_t cut = 0; cut < used;
		cut++) { /* a cut record is refused, a cut between records lacks a key or passes */
		arena_init(&memory.arena, memory.bytes, sizeof memory.bytes);
		int rc = spec_decode(bytes, cut, &memory.arena, &out);
		assert_true(rc == PN_EFORMAT || (rc == PN_OK && bytes[cut - 1] == '\n'));
	}
	static const char *const wrong[] = {"", "x", "instance", "instance 3 ab\n",
		"instance 99999 a\n", "instance -1 a\n", "colour 3 red\n", "uid 1 x\n",
		"memory_mib 2 -1\n", "landlock 5 maybe\n", "device.a 4 5000\n"};
	for (size_t i = 0; i < PN_COUNT(wrong); i++) {
		arena_init(&memory.arena, memory.bytes, sizeof memory.bytes);
		assert_int_not_equal(
			spec_decode(wrong[i], strlen(wrong[i]), &memory.arena, &out), PN_OK);
	}
	assert_int_equal(spec_encode(&spec, bytes, 100, &used), PN_ELIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_missing_file),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_grant), cmocka_unit_test(test_demo_options),
		cmocka_unit_test(test_spec_form),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

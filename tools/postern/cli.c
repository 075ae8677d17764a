/* SPDX-License-Identifier: Apache-2.0
 * Finds the command, parses its options by its table, prints help. See cli.h. Must never know what
 * a command does.
 */
#include "cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct cli_option common[] = {
	{"json", NULL, "print JSON", false},
	{"help", NULL, "print this", false},
};

static size_t option_index(const struct cli_command *c, const char *name, size_t size)
{
	for (size_t i = 0; i < CLI_OPTIONS_MAX && c->options[i].name != NULL; i++)
		if (strlen(c->options[i].name) == size &&
			strncmp(c->options[i].name, name, size) == 0)
			return i;
	return CLI_OPTIONS_MAX;
}

const char *cli_value(const struct cli *cli, const char *option)
{
	size_t i = option_index(cli->command, option, strlen(option));

	return i == CLI_OPTIONS_MAX ? NULL : cli->values[i];
}

const char *cli_each(const struct cli *cli, const char *option, size_t *at)
{
	for (; *at < cli->repeated_count; (*at)++)
		if (strcmp(cli->command->options[cli->repeated[*at].option].name, option) == 0)
			return cli->repeated[(*at)++].value;
	return NULL;
}

bool cli_flag(const struct cli *cli, const char *option)
{
	return cli_value(cli, option) != NULL;
}

static void say_name(const struct cli *cli)
{
	fprintf(cli->err, "postern %s%s%s: ", cli->command->group, cli->command->name ? " " : "",
		cli->command->name ? cli->command->name : "");
}

int cli_fail(const struct cli *cli, int exit_status, const char *fmt, ...)
{
	va_list ap;

	say_name(cli);
	va_start(ap, fmt);
	vfprintf(cli->err, fmt, ap);
	va_end(ap);
	fputc('\n', cli->err);
	return exit_status;
}

int cli_number(
	const struct cli *cli, const char *option, long min, long max, long fallback, long *out)
{
	const char *s = cli_value(cli, option);
	char *end;

	*out = fallback;
	if (s == NULL)
		return 0;
	errno = 0;
	*out = strtol(s, &end, 10);
	if (errno != 0 || end == s || *end != '\0' || *out < min || *out > max) {
		cli_fail(cli, CLI_USAGE, "--%s %s: expected a number from %ld to %ld", option, s,
			min, max);
		return PN_EINVAL;
	}
	return 0;
}

static int digits(const char *s, size_t n)
{
	int v = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		v = v * 10 + (s[i] - '0');
	}
	return v;
}

int cli_date(const char *s, int *year, int *month, int *day)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int leap;

	if (strlen(s) != 10 || s[4] != '-' || s[7] != '-')
		return PN_EFORMAT;
	*year = digits(s, 4);
	*month = digits(s + 5, 2);
	*day = digits(s + 8, 2);
	if (*year < 1 || *month < 1 || *month > 12 || *day < 1)
		return PN_EFORMAT;
	leap = *month == 2 && (*year % 4 == 0 && (*year % 100 != 0 || *year % 400 == 0));
	return *day <= days[*month - 1] + leap ? 0 : PN_EFORMAT;
}

void cli_today(int *year, int *month, int *day)
{
	time_t now = time(NULL);
	struct tm t;

	gmtime_r(&now, &t);
	*year = t.tm_year + 1900;
	*month = t.tm_mon + 1;
	*day = t.tm_mday;
}

/* Until end of file, an error or the limit. *bytes is NULL when there was no memory. */
static int read_stream(FILE *f, size_t limit, uint8_t **bytes, size_t *have)
{
	size_t room = 65536;

	*have = 0;
	*bytes = malloc(room + 1);
	while (*bytes != NULL) {
		*have += fread(*bytes + *have, 1, room - *have, f);
		if (*have > limit)
			return PN_ELIMIT;
		if (*have < room)
			return ferror(f) ? PN_EIO : 0;
		room *= 2;
		uint8_t *more = realloc(*bytes, room + 1);
		if (more == NULL)
			free(*bytes);
		*bytes = more;
	}
	return PN_ENOMEM;
}

int cli_read_file(const char *path, size_t limit, uint8_t **out, size_t *size)
{
	bool standard = strcmp(path, "-") == 0;
	FILE *f = standard ? stdin : fopen(path, "re");
	uint8_t *bytes;
	size_t have;
	int r;

	if (f == NULL)
		return errno == ENOENT ? PN_ENOTFOUND : PN_EIO;
	r = read_stream(f, limit, &bytes, &have);
	if (!standard)
		fclose(f);
	if (r != 0) {
		free(bytes);
		return r;
	}
	bytes[have] = '\0';
	*out = bytes;
	*size = have;
	return 0;
}

/* --- help --- */

static void print_option(FILE *out, const struct cli_option *o)
{
	int n = fprintf(out, "  --%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");

	fprintf(out, "%*s%s%s\n", n < 28 ? 28 - n : 1, "", o->help,
		o->required ? " (required)" : "");
}

static void help_command(FILE *out, const struct cli_command *c)
{
	fprintf(out, "usage: postern %s%s%s [options]%s%s\n\n%s\n\n", c->group, c->name ? " " : "",
		c->name ? c->name : "", c->arguments[0] ? " " : "", c->arguments, c->summary);
	if (c->detail != NULL)
		fprintf(out, "%s\n\n", c->detail);
	fprintf(out, "options:\n");
	for (size_t i = 0; i < CLI_OPTIONS_MAX && c->options[i].name != NULL; i++)
		print_option(out, &c->options[i]);
	for (size_t i = 0; i < PN_COUNT(common); i++)
		print_option(out, &common[i]);
	fprintf(out, "\nexit status: 0 done, 1 done with a finding, 2 usage, 3 not available\n");
}

static void help_all(FILE *out, const struct cli_command *const *commands, const char *group)
{
	fprintf(out, "usage: postern COMMAND [options] [arguments]\n\ncommands:\n");
	for (size_t i = 0; commands[i] != NULL; i++)
		for (const struct cli_command *c = commands[i]; c->group != NULL; c++) {
			int n;
			if (group != NULL && strcmp(group, c->group) != 0)
				continue;
			n = fprintf(out, "  %s%s%s", c->group, c->name ? " " : "",
				c->name ? c->name : "");
			fprintf(out, "%*s%s\n", n < 28 ? 28 - n : 1, "", c->summary);
		}
	fprintf(out, "\n`postern COMMAND --help` tells the options; postern(1) the rest.\n");
}

/* One line per command, "GROUP [NAME]:OPTION=,OPTION,...": what the shell completion reads. */
static void list_words(FILE *out, const struct cli_command *const *commands)
{
	for (size_t i = 0; commands[i] != NULL; i++)
		for (const struct cli_command *c = commands[i]; c->group != NULL; c++) {
			fprintf(out, "%s%s%s:", c->group, c->name ? " " : "",
				c->name ? c->name : "");
			for (size_t o = 0; o < CLI_OPTIONS_MAX && c->options[o].name != NULL; o++)
				fprintf(out, "--%s%s,", c->options[o].name,
					c->options[o].value ? "=" : "");
			fprintf(out, "--json,--help\n");
		}
}

/* --- parsing --- */

static const struct cli_command *find(const struct cli_command *const *commands, int argc,
	char **argv, int *used, bool *group_known)
{
	for (size_t i = 0; commands[i] != NULL; i++)
		for (const struct cli_command *c = commands[i]; c->group != NULL; c++) {
			if (strcmp(c->group, argv[1]) != 0)
				continue;
			*group_known = true;
			*used = c->name != NULL ? 3 : 2;
			if (c->name == NULL || (argc > 2 && strcmp(c->name, argv[2]) == 0))
				return c;
		}
	return NULL;
}

static bool repeats(const struct cli_option *o)
{
	size_t n = o->value != NULL ? strlen(o->value) : 0;

	return n > 3 && strcmp(o->value + n - 3, "...") == 0;
}

/* One word that begins with "--"; *i moves over a value taken from the next word. */
static int take_option(struct cli *cli, int argc, char **argv, int *i)
{
	const char *name = argv[*i] + 2, *equals = strchr(name, '=');
	size_t size = equals ? (size_t)(equals - name) : strlen(name);
	size_t at = option_index(cli->command, name, size);

	if (at == CLI_OPTIONS_MAX && size == 4 && strncmp(name, "json", 4) == 0 && equals == NULL) {
		cli->json = true;
		return 0;
	}
	if (at == CLI_OPTIONS_MAX) {
		say_name(cli);
		fprintf(cli->err, "unknown option --%.*s (try --help)\n", (int)size, name);
		return PN_EINVAL;
	}
	if (cli->values[at] != NULL && !repeats(&cli->command->options[at])) {
		cli_fail(cli, CLI_USAGE, "--%s is given twice", cli->command->options[at].name);
		return PN_EINVAL;
	}
	if (cli->command->options[at].value == NULL) {
		cli->values[at] = "";
		if (equals == NULL)
			return 0;
		cli_fail(cli, CLI_USAGE, "--%s takes no value", cli->command->options[at].name);
		return PN_EINVAL;
	}
	if (equals == NULL && *i + 1 >= argc) {
		cli_fail(cli, CLI_USAGE, "--%s needs a value: %s", cli->command->options[at].name,
			cli->command->options[at].value);
		return PN_EINVAL;
	}
	cli->values[at] = equals ? equals + 1 : argv[++*i];
	if (!repeats(&cli->command->options[at]))
		return 0;
	if (cli->repeated_count == CLI_REPEATED_MAX) {
		cli_fail(cli, CLI_USAGE, "--%s is given too often", cli->command->options[at].name);
		return PN_EINVAL;
	}
	cli->repeated[cli->repeated_count].option = at;
	cli->repeated[cli->repeated_count++].value = cli->values[at];
	return 0;
}

static int parse(struct cli *cli, int argc, char **argv, int from)
{
	bool options_end = false;

	for (int i = from; i < argc; i++) {
		if (!options_end && strcmp(argv[i], "--") == 0) {
			options_end = true;
		} else if (!options_end && argv[i][0] == '-' && argv[i][1] != '\0') {
			if (argv[i][1] != '-')
				return cli_fail(
					cli, CLI_USAGE, "unknown option %s (try --help)", argv[i]);
			if (take_option(cli, argc, argv, &i) != 0)
				return CLI_USAGE;
		} else {
			/* argv is compacted: at most as many arguments as words already read */
			cli->arguments[cli->argument_count++] = argv[i];
		}
	}
	for (size_t i = 0; i < CLI_OPTIONS_MAX && cli->command->options[i].name != NULL; i++)
		if (cli->command->options[i].required && cli->values[i] == NULL)
			return cli_fail(cli, CLI_USAGE, "--%s %s is required",
				cli->command->options[i].name, cli->command->options[i].value);
	if (cli->argument_count < cli->command->min_arguments)
		return cli_fail(
			cli, CLI_USAGE, "expected %s (try --help)", cli->command->arguments);
	if (cli->argument_count > cli->command->max_arguments)
		return cli_fail(cli, CLI_USAGE, "unexpected argument \"%s\" (try --help)",
			cli->arguments[cli->command->max_arguments]);
	return CLI_OK;
}

static bool is_help(const char *s)
{
	return strcmp(s, "--help") == 0 || strcmp(s, "-h") == 0;
}

static int dispatch(
	int argc, char **argv, const struct cli_command *const *commands, FILE *out, FILE *err)
{
	struct cli cli = {.out = out, .err = err};
	bool group_known = false;
	int used = 0, r;

	if (argc < 2) {
		help_all(err, commands, NULL);
		return CLI_USAGE;
	}
	if (is_help(argv[1]) || strcmp(argv[1], "help") == 0) {
		help_all(out, commands, NULL);
		return CLI_OK;
	}
	if (strcmp(argv[1], "--version") == 0) {
		fprintf(out, "postern %s\n", POSTERN_VERSION);
		return CLI_OK;
	}
	if (strcmp(argv[1], "--list-commands") == 0) {
		list_words(out, commands);
		return CLI_OK;
	}
	cli.command = find(commands, argc, argv, &used, &group_known);
	if (cli.command == NULL && group_known && argc > 2 && is_help(argv[2])) {
		help_all(out, commands, argv[1]);
		return CLI_OK;
	}
	if (cli.command == NULL) {
		if (group_known && argc > 2)
			fprintf(err, "postern: no command \"%s %s\"\n", argv[1], argv[2]);
		else if (!group_known)
			fprintf(err, "postern: no command \"%s\"\n", argv[1]);
		help_all(err, commands, group_known ? argv[1] : NULL);
		return CLI_USAGE;
	}
	for (int i = used; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (is_help(argv[i])) {
			help_command(out, cli.command);
			return CLI_OK;
		}
	cli.arguments = argv + used;
	r = parse(&cli, argc, argv, used);
	return r == CLI_OK ? cli.command->run(&cli) : r;
}

int cli_main(int argc, char **argv, const struct cli_command *const *commands, FILE *out, FILE *err)
{
	int r = dispatch(argc, argv, commands, out, err);

	if (fflush(out) == 0 && !ferror(out))
		return r;
	fprintf(err, "postern: cannot write the output: %s\n", strerror(errno));
	return CLI_UNAVAILABLE;
}

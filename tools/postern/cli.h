/* SPDX-License-Identifier: Apache-2.0
 * The frame of the command-line tool: one table of commands, of which parsing, --help and the shell
 * completion are made. Must never let a command read argv itself: what is not in its table does not
 * exist.
 */
#ifndef POSTERN_TOOL_CLI_H
#define POSTERN_TOOL_CLI_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

/* What the process ends with; postern(1) documents them. */
enum cli_exit {
	CLI_OK = 0,
	CLI_FINDING = 1,     /* done, and the answer is no: a check failed, a journal was altered */
	CLI_USAGE = 2,       /* the command line or an input file is not as it must be */
	CLI_UNAVAILABLE = 3, /* a daemon, a file or a device cannot be reached */
};

enum { CLI_OPTIONS_MAX = 16, CLI_REPEATED_MAX = 64 };

struct cli_option {
	const char *name;  /* without the dashes */
	const char *value; /* what it takes, as --help shows it; NULL: nothing; ends with "...": may be
			      given again and again */
	const char *help;
	bool required;
};

struct cli;

struct cli_command {
	const char *group, *name; /* name NULL: the group is the command */
	const char *arguments;    /* "" or "FILE..." */
	unsigned min_arguments, max_arguments;
	const char *summary;
	const char *detail;                         /* more for --help, or NULL */
	struct cli_option options[CLI_OPTIONS_MAX]; /* ends with a NULL name; --json and --help come
						       by themselves */
	int (*run)(struct cli *cli);
};

struct cli {
	const struct cli_command *command;
	const char
		*values[CLI_OPTIONS_MAX]; /* as in command->options; "" for a flag that was given */
	struct {
		size_t option; /* index in command->options */
		const char *value;
	} repeated[CLI_REPEATED_MAX]; /* of the options that may be, in their order */
	size_t repeated_count;
	char **arguments;
	unsigned argument_count;
	bool json;
	FILE *out, *err;
};

/* NULL when it was not given. */
const char *cli_value(const struct cli *cli, const char *option);
/* The values of an option that may be repeated, one after the other: *at begins as 0. NULL after the
 * last. */
const char *cli_each(const struct cli *cli, const char *option, size_t *at);
bool cli_flag(const struct cli *cli, const char *option);
/* A decimal number from min to max; fallback when not given. PN_EINVAL: told on cli->err. */
int cli_number(const struct cli *cli, const char *option, long min, long max, long fallback,
	long *out) PN_MUST_CHECK;
/* "postern GROUP NAME: ..." on cli->err; returns exit_status. */
int cli_fail(const struct cli *cli, int exit_status, const char *fmt, ...) PN_PRINTF(3, 4);

/* "YYYY-MM-DD" of the proleptic Gregorian calendar. PN_EFORMAT. */
int cli_date(const char *s, int *year, int *month, int *day) PN_MUST_CHECK;
/* The machine's date in UTC. */
void cli_today(int *year, int *month, int *day);

/* A whole file, "-" for standard input. PN_ELIMIT: over limit. Freed by the caller. */
int cli_read_file(const char *path, size_t limit, uint8_t **out, size_t *size) PN_MUST_CHECK;

int cli_main(
	int argc, char **argv, const struct cli_command *const *commands, FILE *out, FILE *err);
#endif

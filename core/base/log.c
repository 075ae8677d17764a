/* SPDX-License-Identifier: Apache-2.0
 * Structured diagnostics on stderr, with the priority prefix journald understands.
 * Must never gain a field type for personal data. The two process-wide settings are set once at
 * start.
 */
#include "base/log.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"

static struct {
	char who[64];
	enum log_level threshold;
} settings = {.who = "postern", .threshold = LOG_LEVEL_INFO};

void log_identify(const char *who)
{
	snprintf(settings.who, sizeof settings.who, "%s", who);
}

void log_threshold(enum log_level level)
{
	settings.threshold = level;
}

static size_t put(char *line, size_t at, size_t size, const char *s)
{
	for (; *s != '\0' && at + 5 < size; s++) {
		unsigned char c = (unsigned char)*s;
		if (c < 0x20 || c > 0x7e) {
			static const char hex[] = "0123456789abcdef";
			line[at++] = '\\';
			line[at++] = 'x';
			line[at++] = hex[c >> 4];
			line[at++] = hex[c & 15];
		} else {
			line[at++] = (char)c;
		}
	}
	return at;
}

/* A value that could be taken for more than one field stands in quotes. */
static size_t put_value(char *line, size_t at, size_t size, const char *s)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:@+-,";
	char one[3] = {0};
	if (*s != '\0' && s[strspn(s, plain)] == '\0')
		return put(line, at, size, s);
	at = put(line, at, size, "\"");
	for (; *s != '\0'; s++) {
		one[0] = *s;
		one[1] = '\0';
		if (*s == '"' || *s == '\\') {
			one[0] = '\\';
			one[1] = *s;
		}
		at = put(line, at, size, one);
	}
	return put(line, at, size, "\"");
}

void log_write(
	enum log_level level, const char *group, const char *event, const struct log_field *fields)
{
	static const char *const names[] = {"debug", "info", "warning", "error"};
	static const char *const journald[] = {"<7>", "<6>", "<4>", "<3>"};
	char line[1024], num[64];
	size_t at = 0;
	if (level < settings.threshold)
		return;
	if (getenv("JOURNAL_STREAM") != NULL) {
		at = put(line, at, sizeof line, journald[level]);
	} else {
		struct timespec now;
		struct tm utc;
		clock_gettime(CLOCK_REALTIME, &now);
		gmtime_r(&now.tv_sec, &utc);
		size_t n = strftime(num, sizeof num, "%Y-%m-%dT%H:%M:%S", &utc);
		snprintf(num + n, sizeof num - n, ".%03ldZ ", now.tv_nsec / 1000000);
		at = put(line, at, sizeof line, num);
		at = put(line, at, sizeof line, names[level]);
		line[at++] = ' ';
	}
	at = put(line, at, sizeof line, settings.who);
	line[at++] = ' ';
	at = put(line, at, sizeof line, group);
	at = put(line, at, sizeof line, ": ");
	at = put(line, at, sizeof line, event);
	for (; fields->kind != LOG_END; fields++) {
		at = put(line, at, sizeof line, " ");
		at = put(line, at, sizeof line, fields->name);
		at = put(line, at, sizeof line, "=");
		if (fields->kind == LOG_KEY) {
			at = put_value(line, at, sizeof line, fields->key ? fields->key : "-");
		} else if (fields->kind == LOG_ERR) {
			at = put(line, at, sizeof line, "\"");
			at = put(line, at, sizeof line, pn_err_name((int)fields->num));
			at = put(line, at, sizeof line, "\"");
		} else {
			snprintf(num, sizeof num, "%lld", (long long)fields->num);
			at = put(line, at, sizeof line, num);
		}
	}
	line[at++] = '\n';
	if (write(STDERR_FILENO, line, at) < 0)
		return; /* a log that cannot be written must not stop the lane */
}

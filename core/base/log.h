/* SPDX-License-Identifier: Apache-2.0
 * Diagnostics, never the journal. One structured line per event: to journald when stderr is its
 * stream, else "time level group: event key=value ..." on stderr. Must never print personal data:
 * values enter only through the typed fields below, and there is no field type for a document, a
 * name, a date of birth or bytes read from a person or a chip. Strings are for catalogue keys, file
 * names, instance names and identifiers; anything outside [ -~] is escaped, and a value with a
 * blank, a quote or an equals sign stands in quotes, so that no value can pass for another field.
 */
#ifndef POSTERN_BASE_LOG_H
#define POSTERN_BASE_LOG_H
#include <stdint.h>

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };

enum log_field_kind { LOG_KEY, LOG_NUM, LOG_ERR, LOG_END };

struct log_field {
	enum log_field_kind kind;
	const char *name;
	const char *key; /* LOG_KEY */
	int64_t num;     /* LOG_NUM, LOG_ERR (PN_E*) */
};

#define LK(name_, value_) ((struct log_field){LOG_KEY, (name_), (value_), 0})
#define LN(name_, value_) ((struct log_field){LOG_NUM, (name_), NULL, (int64_t)(value_)})
#define LE(err_) ((struct log_field){LOG_ERR, "error", NULL, (err_)})

/* group: "bus", "journal" ...; event: a catalogue key such as "plugin.lost". */
#ifdef __cppcheck__ /* cppcheck knows no __VA_OPT__; it checks the arguments of a plain call instead */
#define pn_log(level, group, ...) log_checked((level), (group), __VA_ARGS__)
#else
#define pn_log(level, group, event, ...)                                                           \
	log_write((level), (group), (event),                                                       \
		(const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){LOG_END, 0, 0, 0}})
#endif

void log_write(
	enum log_level level, const char *group, const char *event, const struct log_field *fields);
/* Who speaks: "supervisor", "lane-1", "lane-1/reader". Copied; process-wide, set once at start. */
void log_identify(const char *who);
void log_threshold(enum log_level level);
#endif

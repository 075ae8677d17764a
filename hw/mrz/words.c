/* SPDX-License-Identifier: Apache-2.0
 * The stable words of a report: names of checks, fields, reasons, results, formats. Must never hold
 * a sentence.
 */
#include "mrz.h"

static const struct {
	const char *name, *field;
} checks[] = {
#define MRZ_CHECK(id, name, field) {name, field},
#include "checks.def"
#undef MRZ_CHECK
};

static const char *const reasons[] = {
#define MRZ_REASON(id, key) key,
#include "reasons.def"
#undef MRZ_REASON
};

const char *mrz_check_name(enum mrz_check_id id)
{
	return (unsigned)id < MRZ_CHECKS ? checks[id].name : "";
}

const char *mrz_check_field(enum mrz_check_id id)
{
	return (unsigned)id < MRZ_CHECKS ? checks[id].field : "";
}

const char *mrz_reason_key(enum mrz_reason reason)
{
	return (unsigned)reason < MRZ_REASONS ? reasons[reason] : "";
}

const char *mrz_result_name(enum mrz_result result)
{
	static const char *const names[] = {
		"unspecified", "successful", "failed", "undetermined", "not_performed", "aborted"};

	return (unsigned)result < sizeof(names) / sizeof(names[0]) ? names[result] : names[0];
}

const char *mrz_format_name(enum mrz_format format)
{
	static const char *const names[] = {"unknown", "TD1", "TD2", "TD3", "MRV-A", "MRV-B"};

	return (unsigned)format < sizeof(names) / sizeof(names[0]) ? names[format] : names[0];
}

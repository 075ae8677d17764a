/* SPDX-License-Identifier: Apache-2.0
 * The lane's mode over a restart of its core: an officer's word stands until an officer or another configuration changes it. Every
 * record says the mode and the configuration under which it was written; the newest one is asked. Must never open a lane that was
 * locked when its core ended, unless the configuration is another one since, nor let anybody pass unchecked on an order whose officer the
 * core no longer knows to be on duty: a lane that was free starts as it is configured.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "loop/core_run.h"

#define RECORDS_LOOKED_AT 256u /* those of the newest may be of a kind that knows no lane */
#define FOUND 1

struct last {
	const char *lane;
	Postern__LaneMode mode;
	char config_hash[65];
};

/* Of this lane, not of a kiosk that stands at the same gate. */
static bool tells(const Postern__RecordClear *r, const char *lane)
{
	bool a_mode = r->mode == POSTERN__LANE_MODE__MODE_LOCKED || r->mode == POSTERN__LANE_MODE__MODE_CONTROLLED ||
		      r->mode == POSTERN__LANE_MODE__MODE_FREE;
	return a_mode && strcmp(r->lane, lane) == 0 && r->versions != NULL && r->versions->config_hash[0] != '\0';
}

static int look_at(void *context, const struct journal_row *row)
{
	struct last *last = context;
	Postern__RecordClear *clear = postern__record_clear__unpack(NULL, row->clear_size, row->clear);
	int r = 0;
	if (clear == NULL)
		return PN_EFORMAT;
	if (tells(clear, last->lane)) {
		last->mode = clear->mode;
		snprintf(last->config_hash, sizeof last->config_hash, "%s", clear->versions->config_hash);
		r = FOUND;
	}
	postern__record_clear__free_unpacked(clear, NULL);
	return r;
}

static const char *word(Postern__LaneMode mode)
{
	return mode == POSTERN__LANE_MODE__MODE_LOCKED ? "locked" : "controlled";
}

int mode_recall(struct core *c)
{
	char path[512];
	const struct journal_query q = { .newest_first = true, .limit = RECORDS_LOOKED_AT };
	struct last last = { .lane = c->unit->name };
	Postern__LaneMode *mode = &c->lane.config.record.mode;
	int r;
	snprintf(path, sizeof path, "%s/%s/journal.db", c->config->state_folder, c->unit->name);
	r = journal_show(path, &q, look_at, &last);
	if (r != PN_OK && r != FOUND) {
		pn_log(LOG_LEVEL_ERROR, "core", "lane.mode_not_recalled", LE(r));
		return r;
	}
	if (r != FOUND || strcmp(last.config_hash, c->config_hash) != 0 || last.mode == *mode)
		return PN_OK;
	if (last.mode == POSTERN__LANE_MODE__MODE_FREE) {
		pn_log(LOG_LEVEL_WARNING, "core", "lane.free_over", LK("is", word(*mode)));
		return PN_OK;
	}
	*mode = last.mode;
	pn_log(LOG_LEVEL_INFO, "core", "lane.mode_recalled", LK("is", word(*mode)));
	return PN_OK;
}

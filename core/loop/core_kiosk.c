/* SPDX-License-Identifier: Apache-2.0
 * The kiosks of a gate's core: lanes without leaves beside its own, one store of results for all, filled from the journal when the core
 * starts. Must never serve on a store that is not what the journal says.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "kiosk/mark.h"
#include "loop/core_run.h"

enum { DRIFT_MS = 2000 }; /* of the two clocks between two beats */
#define OLD_MS (INT64_C(25) * 3600 * 1000) /* no result is good for longer: config valid_s */

struct lane *kiosks_lane(struct core *c, size_t station)
{
	return station == 0 ? &c->lane : &c->kiosks[station - 1].lane;
}

size_t kiosks_station(const struct core *c, uint64_t number)
{
	uint64_t station = number >> CORE_STATION_SHIFT;
	return station <= c->kiosk_count ? (size_t)station : 0;
}

/* By the configuration: plugins are there before the lanes are. */
size_t kiosks_named(const struct core *c, const char *name)
{
	for (unsigned i = 0; name != NULL && i < c->unit->kiosks_count; i++)
		if (strcmp(c->unit->kiosks[i], name) == 0)
			return (size_t)i + 1;
	return 0;
}

bool kiosks_share(Postern__PluginKind kind)
{
	return kind == POSTERN__PLUGIN_KIND__KIND_DOCUMENT_CHECK || kind == POSTERN__PLUGIN_KIND__KIND_WATCHLIST ||
	       kind == POSTERN__PLUGIN_KIND__KIND_RULES || kind == POSTERN__PLUGIN_KIND__KIND_UPLINK ||
	       kind == POSTERN__PLUGIN_KIND__KIND_FACE_MATCH;
}

bool kiosks_crossing(const struct core *c)
{
	bool active = c->has_lane && c->lane.crossing.active;
	for (size_t i = 0; i < c->kiosk_count; i++)
		active |= c->kiosks[i].lane.crossing.active;
	return active;
}

/* --- the key ------------------------------------------------------------------------------------------------------- */

static int make_key(int fd, uint8_t key[KEYED_KEY_MIN])
{
	if (getrandom(key, KEYED_KEY_MIN, 0) != KEYED_KEY_MIN || write(fd, key, KEYED_KEY_MIN) != KEYED_KEY_MIN || fsync(fd) != 0)
		return PN_EIO;
	return PN_OK;
}

/* Made at the first start. One that is cut short names nobody: it is made anew, and results before it are unknown. */
static int load_key(const struct core *c, uint8_t key[KEYED_KEY_MIN])
{
	char path[512];
	int fd, r = PN_OK;
	ssize_t n;
	snprintf(path, sizeof path, "%s/%s/kiosk.key", c->config->state_folder, c->unit->name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		pn_log(LOG_LEVEL_ERROR, "kiosk", "kiosk.no_key", LN("errno", errno));
		return PN_EIO;
	}
	n = read(fd, key, KEYED_KEY_MIN);
	if (n >= 0 && n < KEYED_KEY_MIN) {
		pn_log(LOG_LEVEL_INFO, "kiosk", "kiosk.key_made");
		r = ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0 ? make_key(fd, key) : PN_EIO;
	} else if (n < 0) {
		r = PN_EIO;
	}
	close(fd);
	return r;
}

/* --- the journal --------------------------------------------------------------------------------------------------- */

struct restoring {
	struct core *c;
	struct kiosk_now now;
	struct journal_query from; /* the oldest record that can still matter, and on */
	int64_t newest_wall_ms;
	unsigned marks;
};

/* Newest first: what is older than any result can be says nothing of one that is open. */
static int look_back(void *context, const struct journal_row *row)
{
	struct restoring *r = context;
	if (row->wall_ms > r->newest_wall_ms)
		r->newest_wall_ms = row->wall_ms;
	r->from.from_epoch = row->epoch;
	r->from.from_seq = row->seq;
	return row->wall_ms < r->now.wall_ms - OLD_MS ? 1 : 0;
}

static int restore(void *context, const struct journal_row *row)
{
	struct restoring *r = context;
	Postern__RecordClear *clear = postern__record_clear__unpack(NULL, row->clear_size, row->clear);
	int result = PN_EFORMAT;
	if (clear != NULL && clear->kiosk != NULL)
		result = kiosk_restore(&r->c->results.results, clear->kiosk, &r->now);
	if (clear != NULL)
		postern__record_clear__free_unpacked(clear, NULL);
	r->marks++;
	return result;
}

static void record_void(struct core *c)
{
	Postern__RecordClear clear = POSTERN__RECORD_CLEAR__INIT;
	struct kiosk_mark mark;
	pn_log(LOG_LEVEL_WARNING, "kiosk", "kiosk.void", LN("era", c->results.results.era));
	kiosk_mark_void(&mark, c->results.results.era);
	clear.kind = POSTERN__RECORD_KIND__RECORD_KIOSK;
	clear.wall_ms = clock_wall_ms();
	clear.lane = c->unit->name;
	clear.kiosk = &mark.mark;
	records_append(c, TAG_OWN, &clear, NULL);
}

/* Of results that are void. */
static void drop_faces(struct core *c)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__DropFace d = POSTERN__DROP_FACE__INIT;
	e.body_case = POSTERN__ENVELOPE__BODY_DROP_FACE;
	e.drop_face = &d;
	if (plugins_send(c, POSTERN__PLUGIN_KIND__KIND_FACE_MATCH, &e, -1) != PN_OK)
		pn_log(LOG_LEVEL_DEBUG, "kiosk", "kiosk.no_faces");
}

static struct kiosk_now now_of(struct core *c)
{
	struct lane_input in;
	core_input(c, &in, LANE_TICK);
	return (struct kiosk_now){ in.mono_ms, in.wall_ms, lane_trusts(in.clock_quality) };
}

static int restore_all(struct core *c)
{
	char path[512];
	struct restoring r = { .c = c, .now = now_of(c), .newest_wall_ms = INT64_MIN };
	const struct journal_query back = { .newest_first = true };
	int result;
	snprintf(path, sizeof path, "%s/%s/journal.db", c->config->state_folder, c->unit->name);
	result = journal_show(path, &back, look_back, &r);
	r.from.kind = POSTERN__RECORD_KIND__RECORD_KIOSK;
	if (result >= 0)
		result = journal_show(path, &r.from, restore, &r);
	if (result != PN_OK) {
		pn_log(LOG_LEVEL_ERROR, "kiosk", "kiosk.not_restored", LE(result));
		return result;
	}
	if (kiosk_restored(&c->results.results, r.newest_wall_ms, &r.now))
		record_void(c);
	pn_log(LOG_LEVEL_INFO, "kiosk", "kiosk.restored", LN("marks", r.marks), LN("era", c->results.results.era));
	return PN_OK;
}

/* --- life ---------------------------------------------------------------------------------------------------------- */

static void init_lane(struct core *c, size_t i, const struct lane_config *gate)
{
	struct lane *lane = &c->kiosks[i].lane;
	struct lane_config lc = *gate;
	lc.record.lane = c->unit->kiosks[i];
	lc.topology = GATE_KIOSK;
	lc.officer_required = false; /* nobody passes here */
	lc.face_assisted = gate->face_assisted && gate->has[POSTERN__PLUGIN_KIND__KIND_CAMERA];
	for (int k = 0; k < LANE_KINDS; k++)
		lc.has[k] = (c->kiosk_kinds[i] >> k & 1u) != 0 || (kiosks_share((Postern__PluginKind)k) && gate->has[k]);
	lane_init(lane, &lc);
	lane->next_query_id = lane->next_tag = ((uint64_t)(i + 1) << CORE_STATION_SHIFT) + 1;
}

int kiosks_start(struct core *c, struct lane_config *gate)
{
	const struct kiosk_policy policy = { .valid_ms = c->unit->kiosk_results.valid_s * 1000, .drift_ms = DRIFT_MS,
		.same_basis = c->unit->kiosk_results.same_basis };
	int r;
	c->kiosk_count = c->unit->kiosks_count;
	if (c->kiosk_count == 0)
		return PN_OK;
	kiosk_store_init(&c->results, &policy);
	r = load_key(c, c->results.key);
	if (r == PN_OK)
		r = restore_all(c);
	if (r != PN_OK) {
		kiosk_store_wipe(&c->results);
		return r;
	}
	gate->kiosk = &c->results;
	for (size_t i = 0; i < c->kiosk_count; i++)
		init_lane(c, i, gate);
	return PN_OK;
}

void kiosks_beat(struct core *c)
{
	struct kiosk_now now;
	if (c->kiosk_count == 0)
		return;
	now = now_of(c);
	if (kiosk_store_look(&c->results, &now)) {
		record_void(c);
		drop_faces(c);
	}
}

void kiosks_stop(struct core *c)
{
	for (size_t i = 0; i < c->kiosk_count; i++)
		lane_wipe(&c->kiosks[i].lane);
	kiosk_store_wipe(&c->results);
}
